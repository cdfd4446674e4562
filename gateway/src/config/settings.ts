import { dirname, resolve } from 'node:path'
import type { RedisAddress } from '../redis.js'
import { readJwt } from '../sso/jwt-settings.js'
import { readSignIn } from '../sso/sign-in-settings.js'
import type { ControlSettings } from '../types.js'
import { type AlertSettings, readAlerts } from './alerts.js'
import { type Checker, isMap, Section } from './checker.js'
import { oneOf, readControl } from './control-settings.js'
import { cacheKeys } from './keys.js'
import { isWeakKey } from './master-key.js'
import { type OtelSettings, readOtel } from './otel.js'

export interface CacheSettings {
  readonly store: 'memory' | 'redis'
  /** Milliseconds. */
  readonly ttl: number | undefined
  readonly namespace: string | undefined
  /** Only calls that ask for the cache use it. */
  readonly optIn: boolean
  readonly redis: RedisAddress | undefined
}

/** A path that is sent on to another server. */
export interface PassThroughSetting {
  readonly path: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly includeSubpath: boolean
  /** US dollars of each request. */
  readonly cost: number | undefined
}

/** Everything but deployments and routing. */
export interface Settings {
  readonly masterKey: string | undefined
  readonly permitWeakMasterKey: boolean
  readonly saltKey: string | undefined
  readonly databaseUrl: string | undefined
  readonly redis: RedisAddress | undefined
  /** Gateways that share limits through Redis, as long as it has not been reached. */
  readonly processes: number
  readonly storeModels: boolean
  readonly cache: CacheSettings | undefined
  readonly callbacks: readonly string[]
  readonly redactCallbacks: boolean
  /** A line of the log for each call. */
  readonly logCalls: boolean
  /** Whether providers get the `traceparent` of clients. */
  /** Undefined: with traces alone. */
  readonly forwardTraceparent: boolean | undefined
  readonly otel: OtelSettings
  readonly metrics: {
    readonly public: boolean
    /** A port of its own, which then is the only one with metrics. */
    readonly port: number | undefined
    readonly host: string | undefined
  }
  readonly alerts: AlertSettings | undefined
  /** A table of prices in LiteLLM's form. */
  readonly pricesUrl: string | undefined
  readonly control: ControlSettings
  /** Lower case. */
  readonly keyHeader: string | undefined
  readonly allowedIps: readonly string[] | undefined
  /** Names of this server in the `host` header, lower case, without port. */
  readonly allowedHosts: readonly string[] | undefined
  readonly trustForwardedFor: boolean
  readonly maxBodyBytes: number
  readonly maxBytesInFlight: number
  /** Bytes of all answers whose readers are waited for. Undefined: a quarter of the heap. */
  readonly maxUnreadBytes: number | undefined
  /** Longest wait for a reader that takes nothing, in milliseconds. */
  readonly readerTimeout: number
  readonly maxParallelRequests: number | undefined
  readonly userHeader: string | undefined
  readonly enforceUser: boolean
  /** Fields that bodies of calls must have, and further ones for keys without a user. */
  readonly enforcedParams: { readonly all: readonly string[]; readonly service: readonly string[] }
  readonly forcedModels: { readonly chat?: string; readonly embedding?: string; readonly moderation?: string }
  readonly healthChecks: { readonly intervalMs: number } | undefined
  readonly healthDetails: boolean
  readonly alwaysUsage: boolean
  /** Whether calls of one key stay on one deployment. */
  readonly callerAffinity: boolean
  readonly passThrough: readonly PassThroughSetting[]
  /** Pass-through requests while hooks are configured: for admins alone, or past the hooks. */
  readonly hooksOnPassThrough: 'refuse' | 'skip'
  readonly corsOrigins: readonly string[]
  readonly drainMs: number
  readonly onDisconnect: 'abort' | 'drain'
  /** Defaults of deployments. */
  readonly dropParams: boolean | undefined
  readonly attemptTimeout: number | undefined
  readonly deploymentParallelRequests: number | undefined
}

const textsIn = (value: unknown) => (Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [])

const mebibyte = 1024 * 1024

export interface SettingsSections {
  readonly general: Section
  readonly litellm: Section
  readonly router: Section
  readonly own: Section
  readonly top: Section
}

export function readSettings(checker: Checker, sections: SettingsSections): Settings {
  const { general, litellm, router, own, top } = sections
  const { environment } = checker
  const masterKey = general.text('master_key') ?? environment.LITELLM_MASTER_KEY
  if (masterKey && isWeakKey(masterKey))
    checker.line(['general_settings', 'master_key'], 'dangerous', 'The master key is weak: see `llmux-gateway --help`.')
  const callbacks = ['callbacks', 'success_callback', 'failure_callback', 'service_callback', 'service_callbacks']
    .flatMap((key) => callbacksOf(checker, litellm, key))
    .filter((name, index, all) => all.indexOf(name) === index)
  const redis = redisAddress(router, 'redis_', environment)
  return {
    masterKey: masterKey || undefined,
    permitWeakMasterKey:
      general.flag('dangerously_permit_weak_or_unset_master_key') === true ||
      /^true$/i.test(environment.LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY ?? ''),
    saltKey: environment.LITELLM_SALT_KEY || undefined,
    databaseUrl: databaseUrl(checker, general.text('database_url') ?? environment.DATABASE_URL),
    redis,
    processes: Math.max(1, own.number('processes') ?? 1),
    storeModels: general.flag('store_model_in_db') ?? true,
    cache: readCache(checker, litellm, router, redis),
    callbacks,
    redactCallbacks: litellm.flag('turn_off_message_logging') === true,
    logCalls: litellm.flag('json_logs') === true || /^true$/i.test(environment.JSON_LOGS ?? ''),
    forwardTraceparent: litellm.flag('forward_traceparent_to_llm_provider'),
    otel: readOtel(checker, top, litellm.flag('turn_off_message_logging') === true),
    metrics: {
      public: litellm.flag('require_auth_for_metrics_endpoint') === false,
      port: own.number('metrics_port'),
      host: own.text('metrics_host'),
    },
    alerts: readAlerts(checker, general),
    pricesUrl: own.text('prices_url'),
    control: {
      ...readControl(checker, general, litellm, own),
      jwt: readJwt(checker, general),
      signIn: readSignIn(checker, general),
    },
    keyHeader: general.text('litellm_key_header_name')?.toLowerCase(),
    allowedIps: general.texts('allowed_ips'),
    allowedHosts: own.texts('allowed_hosts')?.map((host) => host.toLowerCase()),
    trustForwardedFor: general.flag('use_x_forwarded_for') === true,
    maxBodyBytes: Math.round((general.number('max_request_size_mb') ?? 32) * mebibyte),
    maxBytesInFlight: own.number('max_bytes_in_flight') ?? 1024 * mebibyte,
    maxUnreadBytes: own.number('max_unread_bytes'),
    readerTimeout: own.milliseconds('reader_timeout') ?? 300_000,
    maxParallelRequests: general.number('global_max_parallel_requests'),
    userHeader: general.text('user_header_name')?.toLowerCase(),
    enforceUser: general.flag('enforce_user_param') === true,
    enforcedParams: {
      all: general.texts('enforced_params') ?? [],
      service: textsIn(general.map('service_account_settings')?.enforced_params),
    },
    forcedModels: {
      ...optional('chat', general.text('completion_model')),
      ...optional('embedding', general.text('embedding_model')),
      ...optional('moderation', general.text('moderation_model')),
    },
    healthChecks:
      general.flag('background_health_checks') || router.flag('enable_health_check_routing')
        ? { intervalMs: general.milliseconds('health_check_interval') ?? 300_000 }
        : undefined,
    hooksOnPassThrough: oneOf(checker, own, 'hooks_on_pass_through', ['refuse', 'skip']) ?? 'refuse',
    callerAffinity: router.texts('optional_pre_call_checks')?.includes('deployment_affinity') === true,
    healthDetails: general.flag('health_check_details') !== false,
    alwaysUsage: general.flag('always_include_stream_usage') === true,
    passThrough: readPassThrough(checker, general),
    corsOrigins: own.texts('cors_origins') ??
      environment.LITELLM_CORS_ORIGINS?.split(',').map((one) => one.trim()) ?? ['*'],
    drainMs: own.milliseconds('drain_timeout') ?? 600_000,
    onDisconnect: oneOf(checker, own, 'on_disconnect', ['abort', 'drain']) ?? 'abort',
    dropParams: litellm.flag('drop_params'),
    attemptTimeout: litellm.milliseconds('request_timeout'),
    deploymentParallelRequests: general.number('max_parallel_requests'),
  }
}

/** PostgreSQL only: for anything else there is SQLite in the data folder. */
function databaseUrl(checker: Checker, url: string | undefined): string | undefined {
  if (!url) return undefined
  if (/^postgres(ql)?:/.test(url)) return url
  checker.line(
    ['general_settings', 'database_url'],
    'ignored',
    `Not an address of PostgreSQL: ${url.split(':', 1)[0]}. The gateway keeps its data in SQLite, in --data.`,
  )
  return undefined
}

const optional = <Name extends string>(name: Name, value: string | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: string }

const knownCallbacks = ['prometheus', 'langfuse', 'langfuse_otel', 'helicone', 'lunary', 'otel', 'opentelemetry']

function callbacksOf(checker: Checker, litellm: Section, key: string): string[] {
  return (litellm.texts(key) ?? []).flatMap((name, index) => {
    if (knownCallbacks.includes(name))
      return [name === 'langfuse_otel' ? 'langfuse' : name === 'opentelemetry' ? 'otel' : name]
    // a module of one's own, beside the configuration
    if (/\.(mjs|js)$/.test(name)) {
      const { file } = checker.document.place([...litellm.path, key, index])
      return [resolve(dirname(file), name)]
    }
    const reason = name.includes('.')
      ? 'Names Python code, which the gateway does not run. Name a module such as ./callback.mjs, or use hooks.'
      : `There is no integration of that name. Known: ${knownCallbacks.join(', ')}.`
    checker.line([...litellm.path, key, index], 'ignored', `'${name}': ${reason}`)
    return []
  })
}

/** `redis_startup_nodes: [{host, port}]`, or REDIS_CLUSTER_NODES as JSON. */
function clusterNodes(
  section: Section,
  environment: Readonly<Record<string, string | undefined>>,
): string[] | undefined {
  let given: unknown = section.list('redis_startup_nodes')
  try {
    given ??= JSON.parse(environment.REDIS_CLUSTER_NODES ?? 'null')
  } catch {} // not a list: no Cluster
  if (!Array.isArray(given)) return undefined
  const password = section.text('redis_password') ?? section.text('password') ?? environment.REDIS_PASSWORD
  const login = password ? `:${encodeURIComponent(password)}@` : ''
  return given.flatMap((node: unknown) => {
    const { host, port = 6379 } = (isMap(node) ? node : {}) as { host?: unknown; port?: unknown }
    return typeof host === 'string' ? [`redis://${login}${host}:${port}`] : []
  })
}

function redisAddress(
  section: Section,
  prefix: string,
  environment: Readonly<Record<string, string | undefined>>,
): RedisAddress | undefined {
  const nodes = clusterNodes(section, environment)
  if (nodes?.[0]) return { url: nodes[0], nodes }
  const url = section.text(`${prefix}url`) ?? environment.REDIS_URL
  if (url) return { url }
  const host = section.text(`${prefix}host`) ?? environment.REDIS_HOST
  if (!host) return undefined
  const port = section.text(`${prefix}port`) ?? environment.REDIS_PORT ?? '6379'
  const password = section.text(`${prefix}password`) ?? environment.REDIS_PASSWORD
  const user = section.text(`${prefix}username`) ?? environment.REDIS_USERNAME
  const database = section.text(`${prefix}db`)
  const secure = section.flag(`${prefix}ssl`) ?? /^true$/i.test(environment.REDIS_SSL ?? '')
  const login = password ? `${encodeURIComponent(user ?? '')}:${encodeURIComponent(password)}@` : ''
  return { url: `${secure ? 'rediss' : 'redis'}://${login}${host}:${port}${database ? `/${database}` : ''}` }
}

function readCache(
  checker: Checker,
  litellm: Section,
  router: Section,
  redis: RedisAddress | undefined,
): CacheSettings | undefined {
  if (litellm.flag('cache') !== true && router.flag('cache_responses') !== true) return undefined
  const path = ['litellm_settings', 'cache_params']
  const params = checker.section(path, litellm.map('cache_params') ?? {}, cacheKeys)
  const type = params.text('type') ?? 'redis'
  const common = {
    ttl: params.milliseconds('ttl'),
    namespace: params.text('namespace'),
    optIn: params.text('mode') === 'default_off',
  }
  if (type === 'local') return { store: 'memory', redis: undefined, ...common }
  if (type === 'redis') {
    const address = redisAddress(params, '', checker.environment) ?? redis
    if (address) return { store: 'redis', redis: address, ...common }
    checker.line(path, 'honoured', 'No address of Redis is known: answers are cached in memory.')
    return { store: 'memory', redis: undefined, ...common }
  }
  checker.problem([...path, 'type'], `'litellm_settings.cache_params.type' must be local or redis; got '${type}'.`)
  return undefined
}

function readPassThrough(checker: Checker, general: Section): PassThroughSetting[] {
  return (general.list('pass_through_endpoints') ?? []).flatMap((entry, index) => {
    const path = ['general_settings', 'pass_through_endpoints', index]
    const section = new Section(path, isMap(entry) ? entry : {})
    const from = section.text('path')
    const target = section.text('target')
    if (!from?.startsWith('/') || !target || !URL.canParse(target)) {
      checker.problem(
        path,
        `A pass-through endpoint must have a 'path' that begins with '/' and a 'target' that is a URL.`,
      )
      return []
    }
    const headers = Object.entries(section.map('headers') ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      // a reference may follow a word such as Bearer
      String(value).replace(/os\.environ\/(\w+)/g, (_, variable: string) => checker.environment[variable] ?? ''),
    ])
    return [
      {
        path: from,
        target,
        headers: Object.fromEntries(headers),
        includeSubpath: section.flag('include_subpath') === true,
        cost: section.number('cost_per_request'),
      },
    ]
  })
}
