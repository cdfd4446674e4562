import { type GatewayConfig, loadConfig, parseConfig } from '../config/config.js'
import { importLitellm } from '../import/litellm.js'
import { findMasterKey } from '../master-key.js'
import { migrate, schemaVersion } from '../store/migrations.js'
import { openStore } from '../store/open.js'
import type { Flags } from './flags.js'

interface Place {
  readonly data: string
  readonly config: GatewayConfig
}

/** Database and folder that a start with the same flags would use. */
function placeOf(flags: Flags): Place {
  const file = flags.config ?? process.env.CONFIG_FILE_PATH
  return {
    data: flags.data ?? process.env.LLMUX_DATA ?? './llmux-data',
    config: file === undefined ? parseConfig('{"model_list": []}') : loadConfig(file),
  }
}

/** Brings the schema up to date, as a step of a deployment. @returns the exit code */
export async function migrateCommand(flags: Flags, out: (text: string) => void): Promise<number> {
  const { data, config } = placeOf(flags)
  const sql = await openStore({ data, databaseUrl: config.settings.databaseUrl })
  try {
    const steps = await migrate(sql)
    out(
      steps.length > 0
        ? `The schema is now at version ${schemaVersion}.`
        : `The schema is at version ${schemaVersion}.`,
    )
    return 0
  } finally {
    await sql.close()
  }
}

/** Copies a database of LiteLLM. @returns the exit code */
export async function importCommand(
  source: string | undefined,
  flags: Flags,
  out: (text: string) => void,
): Promise<number> {
  if (source === undefined || !/^postgres(ql)?:\/\//.test(source)) {
    out(
      "Name LiteLLM's database: llmux-gateway import postgresql://user:password@host:5432/litellm --config config.yaml",
    )
    return 2
  }
  const { data, config } = placeOf(flags)
  const { masterKey, databaseUrl, saltKey } = config.settings
  const { counts, problems } = await importLitellm({
    source,
    data,
    databaseUrl,
    masterKey: findMasterKey(masterKey, data).value,
    saltKey,
    sourceSaltKey: flags.salt_key,
  })
  for (const [name, count] of Object.entries(counts)) out(`${String(count).padStart(8)} ${name.replaceAll('_', ' ')}`)
  for (const problem of problems) out(problem)
  out('Rows that existed are unchanged. Keys work as they are: clients change nothing.')
  return problems.length > 0 ? 1 : 0
}
