import type { Provider } from '../../providers/contract.js'
import { accountOptions, sensitive } from '../call/options.js'
import type { Target } from '../call/target.js'
import type { Media } from '../types/media.js'
import type { CallOptions, ProviderOptions } from '../types/options.js'
import { canonical, digest, fields, quoted } from './canonical.js'
import type { CachedOperation } from './entry.js'
import type { CachePolicy } from './policy.js'

/** Key version. A change invalidates every stored entry. */
const version = 1
const defaultSalt = 'llmux'

/** Parameters that don't affect the answer: transport, tracking and delivery. */
const ignoredParams: Readonly<Record<CachedOperation, ReadonlySet<string>>> = {
  chat: new Set([
    ...['model', 'extra_body', 'stream', 'stream_options', 'user', 'safety_identifier', 'metadata', 'store'],
    ...['prompt_cache_key', 'prompt_cache_retention'],
  ]),
  embedding: new Set(['model', 'extra_body', 'input', 'encoding_format', 'user']),
  rerank: new Set(['model', 'extra_body']),
  textCompletion: new Set(['model', 'extra_body', 'stream', 'stream_options', 'user']),
}

/** Headers that identify a request without affecting the answer. */
const requestHeaders: ReadonlySet<string> = new Set([
  ...['traceparent', 'tracestate', 'baggage', 'b3', 'x-request-id', 'x-client-request-id', 'x-correlation-id'],
  ...['x-amzn-trace-id', 'x-cloud-trace-context', 'idempotency-key', 'x-idempotency-key', 'user-agent', 'accept'],
])

type Headers = Readonly<Record<string, string | undefined>> | undefined

/** The model, address and account that a cached answer belongs to. */
export interface KeyScope {
  readonly provider: Provider
  readonly model: string
  readonly target: Target
  readonly options: CallOptions
  readonly configured: ProviderOptions
  readonly dropParams: boolean
  /** Headers of the client, the provider and the call; later ones take precedence. */
  readonly headers: readonly Headers[]
}

/** Writes a scope as text. It contains credentials only as a salted fingerprint, and none with `shareAcrossKeys`. */
export function scopeText(scope: KeyScope, policy: Pick<CachePolicy, 'salt' | 'shareAcrossKeys'>): string {
  const { provider, model, target, options, configured, dropParams } = scope
  const { visible, secret } = splitHeaders(scope.headers)
  // usually empty: avoid allocations
  let account = none
  let place = none
  const settings: Fields = target.settings
  for (const name in settings) {
    const value = settings[name] as string
    if (accountOptions.has(name)) account = { ...account, [name]: value }
    else place = { ...place, [name]: value }
  }
  let fingerprint = ''
  if (!policy.shareAcrossKeys) {
    for (const { option, header } of provider.optionHeaders ?? noHeaders) {
      const value = options[option] ?? configured[option] ?? target.headers[header]
      if (value) account = { ...account, [option]: value }
    }
    fingerprint = credentialFingerprint(policy, target.secrets, secret, account)
  }
  const address = `${quoted(provider.id)}${quoted(model)}${quoted(target.place)}${fields(place)}`
  return `${address}${dropParams}${fields(visible)}${quoted(fingerprint)}`
}

type Fields = Readonly<Record<string, string>>

const none: Fields = Object.freeze({})
const noHeaders: readonly [] = Object.freeze([])

/** A salted hash of all credentials; empty without credentials. */
export function credentialFingerprint(
  { salt = defaultSalt }: Pick<CachePolicy, 'salt'>,
  secrets: readonly string[],
  secretHeaders: Fields,
  account = none,
): string {
  const keyOnly = account === none && secretHeaders === none
  if (keyOnly && secrets.length === 0) return ''
  if (keyOnly && salt === last.salt && isSame(secrets, last.secrets)) return last.sum
  const sum = digest(`${quoted(salt)}${canonical(secrets)}${fields(account)}${fields(secretHeaders)}`)
  if (keyOnly) last = { salt, secrets: [...secrets], sum }
  return sum
}

/** The latest fingerprint: most clients use one key. */
let last = { salt: '', secrets: [] as readonly string[], sum: '' }

const isSame = (some: readonly string[], others: readonly string[]) =>
  some.length === others.length && some.every((one, at) => one === others[at])

/** Splits the caller's headers into those that may carry credentials and the others, with lower-case names. */
export function splitHeaders(all: readonly Headers[]): { visible: Fields; secret: Fields } {
  let visible = none
  let secret = none
  for (const headers of all) {
    for (const key in headers) {
      const value = headers[key]
      const name = key.toLowerCase()
      if (value === undefined || requestHeaders.has(name)) continue
      if (sensitive.test(name)) secret = { ...secret, [name]: value }
      else visible = { ...visible, [name]: value }
    }
  }
  return { visible, secret }
}

/** The parts of a request that determine its answer. */
export interface KeyInput {
  readonly operation: CachedOperation
  readonly params: Readonly<Record<string, unknown>>
  readonly extraBody: unknown
  /** Files downloaded for providers that accept inline data only. Their content is part of the key: the content behind a URL may change. */
  readonly media?: ReadonlyMap<string, Media> | undefined
}

export function inputText({ operation, params, extraBody, media }: KeyInput): string {
  const text = fields(params, ignoredParams[operation])
  if (!extraBody && !media?.size) return `${version} ${operation} ${text}`
  const files = media && [...media].map(([url, { type, data }]) => [url, type, digest(data)])
  return `${version} ${operation} ${text}${canonical([extraBody ?? null, files ?? null])}`
}

/** The cache key. It starts with the namespace, so that a store can be cleared by prefix. */
export function cacheKey(policy: Pick<CachePolicy, 'namespace'>, scope: string, input: string): string {
  const { namespace } = policy
  const sum = digest(`${quoted(namespace)}${scope}${input}`)
  return namespace ? `${namespace}:${sum}` : sum
}
