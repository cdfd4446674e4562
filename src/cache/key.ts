import type { Provider } from '../../providers/contract.js'
import { accountOptions } from '../call/options.js'
import { sensitive, type Target } from '../call/target.js'
import type { Media } from '../types/media.js'
import type { CallOptions, ProviderOptions } from '../types/options.js'
import { canonical, digest, fields, quoted } from './canonical.js'
import type { Plan } from './plan.js'

/** Changes with the meaning of a key. */
const version = 1
const defaultSalt = 'llmux'

/** Parameters that don't reach the model, or that only say how the answer is to be handed over. */
const beside: Readonly<Record<'chat' | 'embedding' | 'rerank', ReadonlySet<string>>> = {
  chat: new Set([
    ...['model', 'extra_body', 'stream', 'stream_options', 'user', 'safety_identifier', 'metadata', 'store'],
    ...['prompt_cache_key', 'prompt_cache_retention'],
  ]),
  embedding: new Set(['model', 'extra_body', 'input', 'encoding_format', 'user']),
  rerank: new Set(['model', 'extra_body']),
}

/** Headers that name one request and not what is asked. */
const ofOneRequest: ReadonlySet<string> = new Set([
  ...['traceparent', 'tracestate', 'baggage', 'b3', 'x-request-id', 'x-client-request-id', 'x-correlation-id'],
  ...['x-amzn-trace-id', 'x-cloud-trace-context', 'idempotency-key', 'x-idempotency-key', 'user-agent', 'accept'],
])

type Headers = Readonly<Record<string, string | undefined>> | undefined

/** Who is asked. */
export interface Addressee {
  readonly provider: Provider
  readonly model: string
  readonly target: Target
  readonly options: CallOptions
  readonly configured: ProviderOptions
  readonly dropParams: boolean
  /** Of the client, its provider and the call: what comes later wins. */
  readonly headers: readonly Headers[]
}

/**
 * Who is asked, and as whom, as text. Credentials are in it as a salted fingerprint only; with `shareAcrossKeys`, not even so.
 */
export function addressOf(addressee: Addressee, plan: Pick<Plan, 'salt' | 'shareAcrossKeys'>): string {
  const { provider, model, target, options, configured, dropParams } = addressee
  const { shown, hidden } = headersOf(addressee.headers)
  // most calls have none of these
  let account = none
  let place = none
  const settings: Fields = target.settings
  for (const name in settings) {
    const value = settings[name] as string
    if (accountOptions.has(name)) account = { ...account, [name]: value }
    else place = { ...place, [name]: value }
  }
  let tenant = ''
  if (!plan.shareAcrossKeys) {
    for (const { option, header } of provider.optionHeaders ?? noHeaders) {
      const value = options[option] ?? configured[option] ?? target.headers[header]
      if (value) account = { ...account, [option]: value }
    }
    tenant = tenantOf(plan, target.secrets, hidden, account)
  }
  const who = `${quoted(provider.id)}${quoted(model)}${quoted(target.place)}${fields(place)}`
  return `${who}${dropParams}${fields(shown)}${quoted(tenant)}`
}

type Fields = Readonly<Record<string, string>>

const none: Fields = Object.freeze({})
const noHeaders: readonly [] = Object.freeze([])

/** A fingerprint of credentials; empty where there are none. */
export function tenantOf(
  { salt = defaultSalt }: Pick<Plan, 'salt'>,
  secrets: readonly string[],
  hidden: Fields,
  account = none,
): string {
  const only = account === none && hidden === none
  if (only && secrets.length === 0) return ''
  if (only && salt === last.salt && isSame(secrets, last.secrets)) return last.sum
  const sum = digest(`${quoted(salt)}${canonical(secrets)}${fields(account)}${fields(hidden)}`)
  if (only) last = { salt, secrets: [...secrets], sum }
  return sum
}

/** Most clients have one key. */
let last = { salt: '', secrets: [] as readonly string[], sum: '' }

const isSame = (some: readonly string[], others: readonly string[]) =>
  some.length === others.length && some.every((one, at) => one === others[at])

/** Headers that the caller gave, by lower-case names: those that may hold a credential, and the others. */
export function headersOf(all: readonly Headers[]): { shown: Fields; hidden: Fields } {
  let shown = none
  let hidden = none
  for (const given of all) {
    for (const key in given) {
      const value = given[key]
      const name = key.toLowerCase()
      if (value === undefined || ofOneRequest.has(name)) continue
      if (sensitive.test(name)) hidden = { ...hidden, [name]: value }
      else shown = { ...shown, [name]: value }
    }
  }
  return { shown, hidden }
}

/** What is asked. */
export interface Question {
  readonly operation: 'chat' | 'embedding' | 'rerank'
  readonly params: Readonly<Record<string, unknown>>
  readonly extraBody: unknown
  /** What was fetched for a provider that takes it inline only: behind a URL may be something else tomorrow. */
  readonly media?: ReadonlyMap<string, Media> | undefined
}

export function questionOf({ operation, params, extraBody, media }: Question): string {
  const asked = fields(params, beside[operation])
  if (!extraBody && !media?.size) return `${version} ${operation} ${asked}`
  const files = media && [...media].map(([url, { type, data }]) => [url, type, digest(data)])
  return `${version} ${operation} ${asked}${canonical([extraBody ?? null, files ?? null])}`
}

/** The key of an answer. Its namespace stands before it, so that a store can be swept by it. */
export function keyOf(plan: Pick<Plan, 'namespace'>, address: string, question: string): string {
  const { namespace } = plan
  const sum = digest(`${quoted(namespace)}${address}${question}`)
  return namespace ? `${namespace}:${sum}` : sum
}
