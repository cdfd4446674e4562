import type { HandlerCallOptions } from 'llmux/server'
import type { CacheSettings, Settings } from '../config/settings.js'
import { badRequest, refuse } from '../refusal.js'
import type { Principal } from '../types.js'
import type { LlmRequest } from './llm-request.js'

/** Fields of a body that name a destination or a credential: refused instead of ignored, so that no client relies on them. */
export const forbiddenFields = [
  ...[
    'api_base',
    'base_url',
    'api_key',
    'api_version',
    'user_config',
    'custom_llm_provider',
    'litellm_credential_name',
  ],
  ...[
    'extra_headers',
    'callbacks',
    'success_callback',
    'failure_callback',
    'langfuse_public_key',
    'langfuse_secret_key',
  ],
  ...['langfuse_host', 'slack_webhook_url', 'aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'],
  ...[
    'aws_bedrock_runtime_endpoint',
    'aws_sts_endpoint',
    'aws_role_name',
    'aws_profile_name',
    'aws_web_identity_token',
  ],
  ...['azure_ad_token', 'vertex_project', 'vertex_ai_project', 'credentials'],
  ...['vertex_credentials', 'vertex_ai_credentials', 'litellm_params', 'model_list', 'proxy_server_request'],
  ...['apiBase', 'apiKey', 'baseUrl', 'authToken', 'onSettled', 'dispatcher', 'proxy'],
] as const

/** Fields of a body that are for the gateway or for LiteLLM, and not for a model. */
const ownFields = [
  ...['cache', 'caching', 'fallbacks', 'context_window_fallback_dict', 'num_retries', 'max_retries', 'timeout'],
  ...['stream_timeout', 'request_timeout', 'litellm_metadata', 'tags', 'guardrails', 'policies', 'no-log', 'priority'],
  ...['prompt_id', 'prompt_variables', 'prompt_version', 'mock_response', 'mock_timeout', 'mock_tool_calls'],
  ...['litellm_call_id', 'litellm_trace_id', 'litellm_session_id', 'drop_params', 'allowed_openai_params', 'use-cache'],
  ...['disable_fallbacks', 'model_info', 'specific_deployment', 'custom_prompt_dict', 'secret_fields'],
] as const

const kinds: ReadonlyMap<string, 'forbidden' | 'own'> = new Map([
  ...ownFields.map((name) => [name, 'own'] as const),
  ...forbiddenFields.map((name) => [name, 'forbidden'] as const),
])

// `extra_headers` of a client library never reaches a server; a field of that name is a mistake of some other kind
const forbiddenField = (name: string) =>
  refuse(`'${name}' must not be in a body: the gateway decides on addresses and credentials.`, {
    status: 401,
    type: 'auth_error',
    param: name,
  })

type Params = Record<string, unknown>

const none: Params = Object.freeze({})
type Headers = Readonly<Record<string, string | undefined>>

/** Options of a call that its body and headers ask for. Their fields are removed from the parameters of the model. */
export function takeOptions(
  params: Params,
  ignored: Readonly<Record<string, unknown>>,
  headers: Headers,
  chat: boolean,
): CallWishes {
  // a body has a few fields, the lists have a hundred; and `delete` of a field that is not there still makes an object slow
  let own: Params = none
  for (const fields of [ignored, params]) {
    for (const name in fields) {
      const kind = kinds.get(name)
      if (kind === undefined) {
        if (fields === params && name.startsWith('mock_testing_'))
          throw badRequest(`'${name}' must not be in a body: calls can't be made to fail here.`, name)
        continue
      }
      const value = fields[name]
      if (kind === 'forbidden') {
        if (isGiven(value)) throw forbiddenField(name)
        continue
      }
      if (value !== undefined && (fields === ignored || isGiven(value))) {
        if (own === none) own = {}
        own[name] = value
      }
      if (fields === params) delete params[name]
    }
  }
  // LiteLLM's clients use it for their own labels, which are no matter of a provider; OpenAI stores it with `store` only
  if (chat && params.metadata !== undefined && params.store !== true) delete params.metadata
  const seconds = own.timeout ?? own.request_timeout ?? headers['x-litellm-timeout']
  const retries = own.num_retries ?? own.max_retries ?? headers['x-litellm-num-retries']
  const stream = own.stream_timeout ?? headers['x-litellm-stream-timeout']
  const timeout = positive('timeout', seconds)
  const streamTimeout = positive('stream_timeout', stream)
  const numRetries = retries === undefined || retries === null ? undefined : Number(retries)
  if (numRetries !== undefined && (!Number.isInteger(numRetries) || numRetries < 0 || numRetries > 10))
    throw badRequest(`'num_retries' must be a whole number from 0 to 10; got ${String(retries)}.`, 'num_retries')
  const session = headers['x-llmux-session-id'] ?? headers['x-litellm-session-id'] ?? own.litellm_session_id
  return {
    options: {
      ...(typeof session === 'string' && session !== '' && { session: session.slice(0, 500) }),
      ...(timeout !== undefined && { timeout: timeout * 1000 }),
      ...(streamTimeout !== undefined && { firstTokenTimeout: streamTimeout * 1000 }),
      ...(numRetries !== undefined && { numRetries }),
    },
    cache: cacheOf(own.cache, own.caching),
    fallbacks: own.disable_fallbacks === true ? [] : fallbacksOf(own.fallbacks),
  }
}

export interface CallWishes {
  readonly options: HandlerCallOptions
  /** Undefined: as configured. */
  readonly cache: CacheWish | undefined
  /** Groups that the client names. */
  readonly fallbacks: readonly string[] | undefined
}

export interface CacheWish {
  readonly read: boolean
  readonly write: boolean
  /** Milliseconds. */
  readonly ttl?: number
  /** Milliseconds. */
  readonly maxAge?: number
  readonly namespace?: string
  /** Asks for the cache if it is off by default. */
  readonly use: boolean
}

const isGiven = (value: unknown) => value !== undefined && value !== null

function positive(name: string, value: unknown): number | undefined {
  if (!isGiven(value)) return undefined
  const number = Number(value)
  if (!(number > 0)) throw badRequest(`'${name}' must be a number of seconds above 0; got ${String(value)}.`, name)
  return number
}

function cacheOf(value: unknown, caching: unknown): CacheWish | undefined {
  if (caching === false) return { read: false, write: false, use: false }
  if (typeof value !== 'object' || value === null)
    return caching === true ? { read: true, write: true, use: true } : undefined
  const given = value as Params
  const ttl = Number(given.ttl)
  const maxAge = Number(given['s-maxage'] ?? given.s_maxage)
  return {
    read: given['no-cache'] !== true,
    write: given['no-store'] !== true,
    use: given['use-cache'] !== false,
    ...(ttl > 0 && { ttl: ttl * 1000 }),
    ...(maxAge > 0 && { maxAge: maxAge * 1000 }),
    ...(typeof given.namespace === 'string' && { namespace: given.namespace.slice(0, 200) }),
  }
}

function fallbacksOf(value: unknown): readonly string[] | undefined {
  if (!isGiven(value)) return undefined
  if (!Array.isArray(value)) throw badRequest("'fallbacks' must be a list of models.", 'fallbacks')
  return value.slice(0, 10).map((target: unknown) => {
    if (typeof target === 'string') return target
    const model = typeof target === 'object' && target !== null ? (target as Params).model : undefined
    if (typeof model !== 'string') throw badRequest("'fallbacks' must be a list of models.", 'fallbacks')
    return model
  })
}

/** Operations with answers that the SDK caches. */
const cachedOperations: ReadonlySet<string> = new Set(['chat', 'completion', 'embedding', 'rerank'])

/** Cache options of a call. `cacheable` is false without a cache. */
export function cacheOptions(
  { cache }: CallWishes,
  configured: CacheSettings | undefined,
  cacheable: boolean,
  operation: string,
  stream: boolean,
): HandlerCallOptions {
  if (!configured || !cacheable || !cachedOperations.has(operation)) return {}
  if (!cache && configured.optIn) return { cache: false }
  if (cache && ((!cache.read && !cache.write) || (configured.optIn && !cache.use))) return { cache: false }
  // as in LiteLLM, streams and complete answers do not share entries
  const namespace = `${cache?.namespace ?? configured.namespace ?? ''}${stream ? ':stream' : ''}`
  return {
    cache: {
      ...(cache?.maxAge !== undefined && { maxAge: cache.maxAge }),
      ...(cache?.read === false && { maxAge: 0 }),
      ...(cache?.write === false && { noStore: true }),
      ...(cache?.ttl !== undefined && { ttl: cache.ttl }),
      ...(namespace !== '' && { namespace }),
    },
  }
}

/** Headers of a client that a provider may see. */
export function forwarded(headers: LlmRequest['headers'], trace: boolean): HandlerCallOptions {
  const names = trace ? ['anthropic-beta', 'traceparent', 'tracestate'] : ['anthropic-beta']
  const found = names.flatMap((name) => (headers[name] ? [[name, headers[name]] as const] : []))
  return found.length > 0 ? { headers: Object.fromEntries(found) } : {}
}

/** Fields that the body of a call must have. */
export function enforcedFor({ key, userId }: Principal, { enforcedParams }: Settings): readonly string[] {
  const own = key?.metadata.enforced_params
  const named = Array.isArray(own) ? own.filter((name) => typeof name === 'string') : []
  const { all, service } = enforcedParams
  return key ? [...all, ...(userId === null ? service : []), ...named] : all
}
