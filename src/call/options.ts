/** The camelCase options of calls, clients and providers: each is listed once, with its kind and its places. */

/** Kinds of option values. `validate.ts` has a schema for each. */
export type OptionKind =
  | 'string'
  | 'milliseconds'
  | 'bytes'
  | 'count'
  | 'positive'
  | 'boolean'
  | 'function'
  | 'strings'
  | 'headers'
  | 'signal'
  | 'dispatcher'
  | 'proxy'
  | 'logger'
  /** Checked by the part that uses it. */
  | 'other'

type Place = 'call' | 'client' | 'provider'

const table = {
  apiKey: ['string', 'call', 'provider'],
  apiBase: ['string', 'call', 'provider'],
  organization: ['string', 'call', 'provider'],
  project: ['string', 'call', 'provider'],
  apiVersion: ['string', 'call', 'provider'],
  region: ['string', 'call', 'provider'],
  location: ['string', 'call', 'provider'],
  baseModel: ['string', 'call'],
  headers: ['headers', 'call', 'client', 'provider'],
  signal: ['signal', 'call'],
  timeout: ['milliseconds', 'call', 'client'],
  headersTimeout: ['milliseconds', 'call', 'client'],
  firstTokenTimeout: ['milliseconds', 'call', 'client'],
  idleTimeout: ['milliseconds', 'call', 'client'],
  maxRetries: ['count', 'call', 'client'],
  maxRetryDelay: ['milliseconds', 'call', 'client'],
  dropParams: ['boolean', 'call', 'client'],
  maxResponseBytes: ['bytes', 'call', 'client'],
  maxMediaBytes: ['bytes', 'call', 'client'],
  allowPrivateMedia: ['boolean', 'call', 'client'],
  callbacks: ['other', 'call', 'client'],
  onSettled: ['function', 'call', 'client'],
  tags: ['strings', 'call'],
  traceId: ['string', 'call'],
  cache: ['other', 'call', 'client'],
  dispatcher: ['dispatcher', 'call', 'client'],
  fetch: ['function', 'call', 'client'],
  vectorType: ['other', 'call'],
  fallbacks: ['other', 'call'],
  modelAlias: ['other', 'client'],
  providers: ['other', 'client'],
  connectTimeout: ['milliseconds', 'client'],
  proxy: ['proxy', 'client'],
  redact: ['other', 'client'],
  beforeSend: ['function', 'client'],
  callbackQueue: ['other', 'client'],
  callbackTimeout: ['other', 'client'],
  logger: ['logger', 'client'],
  authToken: ['string', 'provider'],
  accessKeyId: ['string', 'provider'],
  secretAccessKey: ['string', 'provider'],
  sessionToken: ['string', 'provider'],
  profile: ['string', 'provider'],
  credentials: ['string', 'provider'],
  accountId: ['string', 'provider'],
  spaceId: ['string', 'provider'],
  clientId: ['string', 'provider'],
  clientSecret: ['string', 'provider'],
} as const satisfies Readonly<Record<string, readonly [OptionKind, Place, ...Place[]]>>

const rules: Readonly<Record<string, readonly [OptionKind, ...Place[]]>> = table

// loops, because every import runs them
const kinds = new Map<string, OptionKind>()
for (const name in rules) kinds.set(name, (rules[name] as readonly [OptionKind])[0])

/** The kind of an option; undefined for an unknown one. */
export const kindOfOption = (name: string): OptionKind | undefined => kinds.get(name)

/** The names in certain places. */
function namesFor(matches: (places: readonly string[]) => boolean): ReadonlySet<string> {
  const names = new Set<string>()
  // no place has the name of a kind
  for (const name in rules) if (matches(rules[name] as readonly string[])) names.add(name)
  return names
}

/** Options of a call. */
export const callOptions = namesFor((places) => places.includes('call'))
/** Options of `createClient()` that calls don't have. */
export const clientOptions = namesFor((places) => places.includes('client') && !places.includes('call'))
/** Every option of `createClient()`. */
export const allClientOptions = namesFor((places) => places.includes('client'))
/** Options under `providers.<id>`. */
export const providerOptions = namesFor((places) => places.includes('provider'))
/** Options of a provider's account that a call can't change. */
export const accountOptions = namesFor((places) => places.includes('provider') && !places.includes('call'))

/** Options of a provider's account that a call can change. */
export const accountOptionsOfCalls = namesFor(
  (places) => places.includes('provider') && places.includes('call') && !places.includes('client'),
)

/** Options of a call through a Router, beside those of a call. */
export const routerCallOptions = [
  'tags',
  'allowedRegions',
  'session',
  'priority',
  'numRetries',
  'fallbacks',
  'contextWindowFallbacks',
  'contentPolicyFallbacks',
  'resume',
  'mockTestingFallbacks',
  'mockTestingContextFallbacks',
  'mockTestingContentPolicyFallbacks',
  'mockTestingRateLimitError',
] as const

/** Options and parameters by the names that other libraries give them. */
export const synonyms: Readonly<Record<string, string>> = {
  base_url: 'apiBase',
  baseUrl: 'apiBase',
  baseURL: 'apiBase',
  api_url: 'apiBase',
  num_retries: 'maxRetries',
  numRetries: 'maxRetries',
  request_timeout: 'timeout',
  stream_timeout: 'firstTokenTimeout',
  extra_headers: 'headers',
  default_headers: 'headers',
  abort_signal: 'signal',
  abortSignal: 'signal',
  maxOutputTokens: 'max_completion_tokens',
  stopSequences: 'stop',
  stop_sequences: 'stop',
  additional_drop_params: 'dropParams',
}

/** Provider parameters that resemble one of llmux's and mean something else. */
export const lookAlikes: ReadonlySet<string> = new Set([
  ...['top_a', 'models', 'min_tokens', 'images', 'inputs', 'texts', 'stop_token', 'prompts', 'tool_config'],
])

export const toCamel = (name: string) => name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
export const toSnake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Headers that may hold a credential, by their lower-case names. */
export const sensitive = /auth|key|token|secret|cookie|password/
