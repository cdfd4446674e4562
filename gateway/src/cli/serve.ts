import type { GatewayConfig } from '../config/config.js'
import { type ConfigSource, readSource } from '../config/source.js'
import type { Gateway, GatewayOptions } from '../gateway.js'
import { jsonLog, type Log } from '../log.js'
import { findMasterKey, isLoopback, type MasterKey } from '../master-key.js'
import { prepareFolder } from '../store/folder.js'
import type { Flags } from './flags.js'

/** The parts of a gateway that a start shows and decides by. */
interface Started {
  readonly config: GatewayConfig
  readonly masterKey: MasterKey
}

/** Options of a gateway, or of each of its workers, that the command line names. */
export function gatewayOptions(flags: Flags): GatewayOptions & { readonly data: string; readonly log: Log } {
  const json = jsonLog()
  return {
    config: configOf(flags),
    data: flags.data ?? process.env.LLMUX_DATA ?? './llmux-data',
    log: flags.debug ? json : { ...json, info: () => {} },
  }
}

/** Runs the gateway until a signal. @returns the exit code */
export async function serve(flags: Flags, out: (text: string) => void): Promise<number> {
  const workers = wholeNumber('--num_workers', flags.num_workers ?? process.env.NUM_WORKERS ?? '1', 1, 256)
  const port = wholeNumber('--port', flags.port ?? process.env.PORT ?? '4000', 0, 65_535)
  return workers > 1 ? serveMany(flags, port, workers, out) : serveAlone(flags, port, out)
}

async function serveAlone(flags: Flags, port: number, out: (text: string) => void): Promise<number> {
  const options = gatewayOptions(flags)
  const { createGateway } = await import('../gateway.js')
  const gateway = await createGateway(options)
  const host = flags.host ?? process.env.HOST ?? defaultHost(flags, gateway)
  let url: string
  try {
    ;({ url } = await gateway.listen({ port, host }))
  } catch (error) {
    await gateway.close()
    throw readable(error, host, port)
  }
  const link = isLoopback(host) ? await gateway.dashboardLink(url) : undefined
  welcome(flags, gateway, url, link, out)
  return untilSignal(gateway, options.log)
}

/** Several processes on one port: an owner of the state, and workers that take the calls. */
async function serveMany(flags: Flags, port: number, workers: number, out: (text: string) => void): Promise<number> {
  const { config: source, data, log } = gatewayOptions(flags)
  const config = readSource(source, process.env)
  const { databaseUrl, drainMs } = config.settings
  prepareFolder(data)
  // workers find the key in its file
  const masterKey = findMasterKey(config.settings.masterKey, data)
  const host = flags.host ?? process.env.HOST ?? defaultHost(flags, { config, masterKey })
  const { supervise } = await import('../workers/supervisor.js')
  return supervise({
    ...{ workers, port, host, drainMs, log },
    data: databaseUrl === undefined ? data : undefined,
    explain: (error) => readable(error, host, port) as Error,
    ready: async (url, link) => {
      welcome(flags, { config, masterKey }, url, isLoopback(host) ? await link() : undefined, out)
      out(`${workers} workers take calls.`)
    },
  })
}

function wholeNumber(flag: string, given: string, least: number, most: number): number {
  const value = given.trim() === '' ? Number.NaN : Number(given)
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(`${flag} must be a whole number from ${least} to ${most}; got '${given}'.`)
  return value
}

/** An error of the operating system, with the flag that avoids it. */
function readable(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return new Error(`Port ${port} of ${host} is in use. Set another one with --port.`)
  if (code === 'EACCES') return new Error(`Port ${port} of ${host} is not permitted. Set another one with --port.`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new Error(`--host must be an address of this machine; got '${host}'.`)
  return error
}

function configOf(flags: Flags): ConfigSource {
  const file = flags.config ?? process.env.CONFIG_FILE_PATH
  if (file !== undefined) return file
  const litellm_settings = {
    ...(flags.drop_params && { drop_params: true }),
    ...(flags.max_budget !== undefined && { max_budget: flags.max_budget }),
  }
  const model = flags.model
  const params = {
    model: model ?? '*',
    ...(flags.api_base !== undefined && { api_base: flags.api_base }),
    ...(flags.api_version !== undefined && { api_version: flags.api_version }),
    ...(flags.request_timeout !== undefined && { timeout: flags.request_timeout }),
    ...(flags.temperature !== undefined && { temperature: Number(flags.temperature) }),
    ...(flags.max_tokens !== undefined && { max_tokens: Number(flags.max_tokens) }),
  }
  return { model_list: [{ model_name: flags.alias ?? model ?? '*', litellm_params: params }], litellm_settings }
}

/** Public only with a configuration and a key that can't be guessed. */
function defaultHost(flags: Flags, { masterKey, config }: Started): string {
  const configured = flags.config !== undefined || process.env.CONFIG_FILE_PATH !== undefined
  const safe = masterKey.weakness === undefined || config.settings.permitWeakMasterKey
  return configured && safe && !masterKey.created ? '0.0.0.0' : '127.0.0.1'
}

function welcome(
  flags: Flags,
  { masterKey, config }: Started,
  url: string,
  link: string | undefined,
  out: (text: string) => void,
): void {
  const shown = url.replace('0.0.0.0', '127.0.0.1')
  out(`llmux-gateway listens on ${url}`)
  // logs of a public gateway are read by others
  out(link ? `Dashboard, signed in by this link once and within 15 minutes: ${link}` : `Dashboard: ${shown}/ui/`)
  if (masterKey.created) out(`Admin key, shown once and kept in ${masterKey.file}: ${masterKey.value}`)
  else if (masterKey.file) out(`The admin key is in ${masterKey.file}.`)
  if (masterKey.weakness) {
    const { hostname } = new URL(url)
    out(
      `WARNING: the master key is weak: ${masterKey.weakness}.${isLoopback(hostname) ? '' : ' Anyone who reaches this address may find it.'}`,
    )
  }
  for (const { treatment, file, line, path, note } of config.lines)
    if (treatment === 'unset' || treatment === 'dangerous') out(`${file}:${line}: ${path}: ${note}`)
  const named = flags.config !== undefined || flags.model !== undefined || process.env.CONFIG_FILE_PATH !== undefined
  if (!named && !Object.keys(process.env).some((name) => /_API_KEY$|^AWS_|^GOOGLE_|^VERTEX/.test(name)))
    out(
      'No key of a provider is set. Set OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY or another one; Ollama needs none.',
    )
  const model = config.models.find(({ modelName }) => !modelName.includes('*'))?.modelName ?? 'gpt-4o-mini'
  const key = masterKey.created ? masterKey.value : masterKey.file ? `$(cat ${masterKey.file})` : '$LITELLM_MASTER_KEY'
  out(
    `\n  curl ${shown}/v1/chat/completions -H "authorization: Bearer ${key}" -H 'content-type: application/json' \\\n    -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'\n`,
  )
}

function untilSignal(gateway: Gateway, log: Log): Promise<number> {
  return new Promise((resolve) => {
    let ending = false
    const end = () => {
      if (ending) process.exit(130)
      ending = true
      gateway.close().then(
        () => resolve(0),
        (error: unknown) => {
          log.error(`The gateway did not end cleanly: ${error instanceof Error ? error.message : String(error)}`)
          resolve(1)
        },
      )
    }
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
    process.on('SIGHUP', () => {
      // failures are logged, and the old configuration stays
      gateway.reload().catch(() => {})
    })
  })
}
