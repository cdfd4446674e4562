import { findKeys } from '../keys/key-search.js'
import { lifeMs } from '../limits/durations.js'
import { badRequest, forbidden } from '../refusal.js'
import type { KeyRow } from '../store/rows.js'
import { newKey } from '../store/secrets.js'
import type { SqlRunner } from '../store/sql.js'
import type { AdminContext } from './context.js'
import { checkRates, defined, type Fields, flag, keyId, limits, object, others, text, texts, word } from './fields.js'

/** Fields that LiteLLM keeps in the metadata. */
const metadataFields = [
  'tags',
  'model_rpm_limit',
  'model_tpm_limit',
  'tag_rpm_limit',
  'guardrails',
  'prompts',
  'enforced_params',
  'disable_global_guardrails',
  'allowed_passthrough_routes',
]

/** Fields that are kept and shown. */
const extraFields = [
  'agent_id',
  'project_id',
  'config',
  'router_settings',
  'tpd_limit',
  'policies',
  'access_group_ids',
  'allowed_cache_controls',
  'object_permission',
  'budget_fallbacks',
  'temp_budget_increase',
  'temp_budget_expiry',
  'auto_rotate',
  'rotation_interval',
]

const keyTypes = ['default', 'llm_api', 'management', 'read_only'] as const

const routesOfType: Readonly<Record<string, readonly string[]>> = {
  llm_api: ['llm_api_routes'],
  management: ['management_routes'],
  read_only: ['info_routes'],
}

/** Fields of a key that a body sets. */
export function fieldsOf(context: AdminContext, body: Fields, before: KeyRow | undefined): Partial<KeyRow> {
  const type = word(body, 'key_type', keyTypes)
  const routes = texts(body, 'allowed_routes')
  const typed = type ? routesOfType[type] : undefined
  const life = text(body, 'duration')
  return defined({
    ...limits(body),
    key_alias: text(body, 'key_alias'),
    user_id: text(body, 'user_id'),
    // forms send an empty text for an id that was not chosen
    team_id: text(body, 'team_id') === '' ? (before ? undefined : null) : text(body, 'team_id'),
    organization_id: text(body, 'organization_id') === '' ? null : text(body, 'organization_id'),
    budget_id: text(body, 'budget_id'),
    models: body.models === undefined ? undefined : (texts(body, 'models') ?? []),
    aliases: body.aliases === undefined ? undefined : aliasesOf(body),
    permissions: body.permissions === undefined ? undefined : (object(body, 'permissions') ?? {}),
    allowed_routes: typed && !routes?.length ? typed : routes === null ? [] : routes,
    key_type: type ?? undefined,
    blocked: flag(body, 'blocked'),
    expires: life === undefined ? undefined : expiry(context, life),
    metadata: metadataOf(body, before?.metadata),
    extra: { ...before?.extra, ...others(body, extraFields) },
  })
}

function aliasesOf(body: Fields): Record<string, string> {
  const found = object(body, 'aliases') ?? {}
  for (const target of Object.values(found)) {
    if (typeof target !== 'string')
      throw badRequest(
        `'aliases' must map names to names of models; got ${JSON.stringify(target)?.slice(0, 80)}.`,
        'aliases',
      )
  }
  return found as Record<string, string>
}

function metadataOf(body: Fields, before: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const given = object(body, 'metadata')
  const moved = others(body, metadataFields)
  texts(body, 'tags')
  checkRates(body, 'model_rpm_limit', 'model_tpm_limit', 'tag_rpm_limit')
  if (given === undefined && Object.keys(moved).length === 0) return undefined
  const found = { ...(given === undefined ? before : given), ...moved }
  for (const [name, value] of Object.entries(moved)) if (value === null) delete found[name]
  return found
}

/** Reads the life of a key; `null` and `-1` are for ever. */
function expiry(context: AdminContext, life: string | null): string | null {
  if (life === null || life === '-1' || life === '') return null
  const ms = lifeMs(life)
  if (ms === undefined)
    throw badRequest(`'duration' must be a duration such as '30s', '1h' or '30d'; got '${life}'.`, 'duration')
  return new Date(context.now() + ms).toISOString()
}

/** @param holders keys with the alias, as the change has read them */
export function checkAlias(holders: readonly KeyRow[], alias: string | null | undefined, token: string): void {
  if (alias && holders.some((row) => row.key_alias === alias && row.token !== token)) {
    throw badRequest(`A key with the alias '${alias}' exists. Choose another alias.`, 'key_alias', 'bad_request_error')
  }
}

/** The rows that a change of keys looks at, read within the change. */
export class KeyReads {
  readonly #context: AdminContext
  readonly #keys: readonly string[]
  readonly #alias: string | null | undefined
  /** Keys with the alias. */
  holders: readonly KeyRow[] = []

  /**
   * @param keys values or hashes
   * @param alias the new alias
   */
  constructor(context: AdminContext, keys: readonly string[], alias?: unknown) {
    this.#context = context
    this.#keys = keys.map(keyId)
    this.#alias = typeof alias === 'string' ? alias : undefined
  }

  readonly before = async (tx: SqlRunner): Promise<void> => {
    const { directory } = this.#context
    await directory.read(tx, 'keys', this.#keys)
    await this.#context.book.read(
      tx,
      this.#keys.map((id) => `key:${id}`),
    )
    if (this.#alias) this.holders = await findKeys(directory, tx, { key_alias: this.#alias }, { limit: 2 })
  }
}

export function keyValue(context: AdminContext, chosen: string | null | undefined): string {
  if (!chosen) return newKey()
  if (context.settings().customKeys === false)
    throw forbidden("This gateway does not accept chosen keys: leave out 'key'.")
  if (!chosen.startsWith('sk-')) throw badRequest("'key' must start with 'sk-'.", 'key')
  if (chosen.length < 8) throw badRequest("'key' must have at least 8 characters.", 'key')
  return chosen
}
