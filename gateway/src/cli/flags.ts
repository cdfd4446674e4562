import { nearest } from '../config/suggest.js'

/** Flags of the command line. */
export interface Flags {
  config?: string
  port?: string
  host?: string
  data?: string
  model?: string
  alias?: string
  api_base?: string
  api_version?: string
  request_timeout?: string
  max_tokens?: string
  temperature?: string
  max_budget?: string
  num_workers?: string
  salt_key?: string
  drop_params?: boolean
  debug?: boolean
  help?: boolean
  version?: boolean
}

const withValue = [
  ...['config', 'port', 'host', 'data', 'model', 'alias', 'api_base', 'api_version', 'request_timeout', 'max_tokens'],
  ...['temperature', 'max_budget', 'num_workers', 'salt_key'],
] as const
const switches = ['drop_params', 'debug', 'help', 'version'] as const

const short: Readonly<Record<string, string>> = { '-c': 'config', '-h': 'help', '-v': 'version', '-m': 'model' }
const synonyms: Readonly<Record<string, string>> = { detailed_debug: 'debug' }

/** Flags of LiteLLM without an effect here, with the number of their values. */
const ignored: Readonly<Record<string, readonly [values: 0 | 1, reason: string]>> = {
  telemetry: [1, 'there is no telemetry'],
  run_gunicorn: [0, 'there is one server'],
  run_hypercorn: [0, 'there is one server'],
  use_prisma_db_push: [0, 'migrations run at the start'],
  use_prisma_migrate: [0, 'migrations run at the start'],
  enforce_prisma_migration_check: [0, 'a failed migration always ends the start'],
  use_v2_migration_resolver: [0, 'migrations run at the start'],
  max_requests_before_restart: [1, 'memory does not grow with the number of requests'],
  keepalive_timeout: [1, 'connections stay open for 75 seconds'],
  log_config: [1, 'the log is JSON on standard error'],
  loop_type: [1, 'there is one event loop'],
  local: [0, 'prices are always local'],
  use_queue: [0, 'there is no queue'],
  run_granian: [0, 'there is one server'],
  granian_threads: [1, 'there is one server'],
  use_legacy_migration_resolver: [0, 'migrations run at the start'],
  max_requests_before_restart_jitter: [1, 'memory does not grow with the number of requests'],
  timeout_worker_healthcheck: [1, 'a worker that ends is replaced at once'],
  reload: [0, 'SIGHUP reads the configuration again'],
  save: [0, 'flags are not stored'],
  add_function_to_prompt: [0, 'tools are sent as tools'],
}

/** Flags of LiteLLM that would be missed, with the number of their values. */
const refused: Readonly<Record<string, readonly [values: 0 | 1, alternative: string]>> = {
  ssl_keyfile_path: [1, 'Let a proxy in front of the gateway end TLS'],
  ssl_certfile_path: [1, 'Let a proxy in front of the gateway end TLS'],
  ciphers: [1, 'Let a proxy in front of the gateway end TLS'],
  skip_server_startup: [0, 'Use the command migrate'],
  validate_config: [0, 'Use the command check'],
  prometheus_metrics_port: [1, 'Set llmux_settings.metrics_port'],
  limit_concurrency: [1, 'Set general_settings.global_max_parallel_requests'],
  iam_token_db_auth: [0, 'Put the token into DATABASE_URL'],
  azure_postgresql_auth: [0, 'Put the token into DATABASE_URL'],
}

const commands = ['serve', 'check', 'migrate', 'import'] as const

export interface Parsed {
  readonly command: (typeof commands)[number]
  readonly flags: Flags
  readonly rest: readonly string[]
  readonly problems: readonly string[]
  readonly notes: readonly string[]
}

/** Reads the command line. Dashes and underscores in flags are the same. */
export function parseFlags(args: readonly string[]): Parsed {
  const flags: Record<string, string | boolean> = {}
  const rest: string[] = []
  const problems: string[] = []
  const notes: string[] = []
  const queue = [...args]
  let command: Parsed['command'] = 'serve'
  const named = commands.find((one) => one === queue[0])
  if (named) {
    command = named
    queue.shift()
  }
  for (let given = queue.shift(); given !== undefined; given = queue.shift()) {
    if (!given.startsWith('-')) {
      rest.push(given)
      continue
    }
    const [head = '', inline] = split(given)
    const written = short[head] ?? head.replace(/^--/, '').replaceAll('-', '_')
    const name = synonyms[written] ?? written
    if (switches.some((one) => one === name)) flags[name] = true
    else if (withValue.some((one) => one === name)) {
      const value = inline ?? queue.shift()
      if (value === undefined) problems.push(`${head} must have a value.`)
      else flags[name] = value
    } else if (Object.hasOwn(ignored, name)) {
      const [values, reason] = ignored[name] ?? [0, '']
      if (values === 1 && inline === undefined) queue.shift()
      notes.push(`${head} has no effect: ${reason}.`)
    } else if (Object.hasOwn(refused, name)) {
      const [values, alternative] = refused[name] ?? [0, '']
      if (values === 1 && inline === undefined) queue.shift()
      problems.push(`${head} is not supported. ${alternative}.`)
    } else {
      const near = nearest(name, [...withValue, ...switches])
      problems.push(`${head} is not a flag.${near ? ` Did you mean --${near}?` : ' See --help.'}`)
    }
  }
  if (command === 'serve' && rest.length > 0)
    problems.push(`'${rest[0]}' is not a command. Use ${commands.map((one) => `'${one}'`).join(', ')}.`)
  return { command, flags: flags as Flags, rest, problems, notes }
}

function split(given: string): readonly [head: string, value: string | undefined] {
  const at = given.indexOf('=')
  return at < 0 ? [given, undefined] : [given.slice(0, at), given.slice(at + 1)]
}
