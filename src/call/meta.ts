import { type CostOfRequest, costOf, type ModelRegistry } from '../../pricing/index.js'
import type { HeaderMap, ResponseHeaders } from '../transport/exchange.js'
import type { Attempt, CallCost, CallMeta, RouterMeta, Warning } from '../types/meta.js'
import type { AnyUsage, Billing } from './billing.js'
import type { CacheOutcome } from './cache-outcome.js'
import type { Clock } from './clock.js'
import { rateLimits, receivedId, requestId, visibleHeaders } from './response-headers.js'

/** Source of `meta`: a call, or an answer from a cache. */
export interface MetaSource {
  readonly operation: CallMeta['operation']
  readonly provider: { readonly id: string }
  readonly model: string
  readonly usage: AnyUsage | undefined
  readonly billing: Billing
  readonly baseModel: string | undefined
  readonly registry: ModelRegistry
  readonly headers: HeaderMap
  /** The same, before they are parsed. */
  readonly received?: ResponseHeaders | undefined
  readonly status: number
  readonly clock: Clock
  readonly startedAt: number
  readonly finishedAt: number | undefined
  readonly headersAt: number | undefined
  readonly firstTokenAt: number | undefined
  readonly attempts: readonly Attempt[]
  readonly cache: CacheOutcome | undefined
  readonly observer: { readonly router?: RouterMeta; readonly cache?: CacheOutcome | undefined } | undefined
  readonly warnings: readonly Warning[]
  readonly nativeFinishReason: string | undefined
}

/** `meta` of an answer. Everything is computed on access: most callers read none of it. */
class Meta implements CallMeta {
  readonly #call: MetaSource
  constructor(call: MetaSource) {
    this.#call = call
  }
  get operation() {
    return this.#call.operation
  }
  get provider() {
    return this.#call.provider.id
  }
  get model() {
    return this.#call.model
  }
  get cost(): CallCost {
    const { provider, model, usage, billing, baseModel, registry } = this.#call
    const { usage: billed = usage } = billing
    const { meta, saved } = this.#note ?? noNote
    const { hit } = meta
    // fields by name: every observed call reads its cost, and rest patterns took half of the time
    const priced: CostOfRequest = {
      provider: provider.id,
      model,
      baseModel,
      answeredModel: billing.answeredModel,
      serviceTier: billing.serviceTier,
      speed: billing.speed,
      dataResidency: billing.dataResidency,
      batch: billing.batch,
      completionWindow: billing.completionWindow,
      at: billing.at,
      usage: hit ? (saved ?? billed) : billed,
      cached: hit,
    }
    const cost: CallCost = costOf(priced, registry)
    if (hit) return cost
    if (billing.estimated) cost.estimated = true
    const spared = saved && costOf({ ...priced, usage: saved }, registry).total
    if (spared !== undefined) cost.saved = spared
    return cost
  }
  get usage() {
    return this.#call.usage
  }
  get requestId() {
    const { received } = this.#call
    return received ? receivedId(received) : requestId(this.#call.headers)
  }
  get status() {
    return this.#call.status
  }
  get headers() {
    return visibleHeaders(this.#call.headers)
  }
  get rateLimits() {
    return rateLimits(this.#call.headers, this.#call.clock.wall())
  }
  get latencyMs() {
    const call = this.#call
    return (call.finishedAt ?? call.clock.now()) - call.startedAt
  }
  get timeToHeadersMs() {
    const { headersAt, startedAt } = this.#call
    return headersAt === undefined ? undefined : headersAt - startedAt
  }
  get timeToFirstTokenMs() {
    const { firstTokenAt, startedAt } = this.#call
    return firstTokenAt === undefined ? undefined : firstTokenAt - startedAt
  }
  get retries() {
    return this.#call.attempts.filter((attempt) => attempt.delayMs !== undefined).length
  }
  get attempts() {
    return this.#call.attempts
  }
  get cache() {
    return (this.#note ?? noNote).meta
  }
  get #note() {
    return this.#call.cache ?? this.#call.observer?.cache
  }
  get router() {
    return this.#call.observer?.router
  }
  get warnings() {
    return this.#call.warnings
  }
  get nativeFinishReason() {
    return this.#call.nativeFinishReason
  }
  /** Class getters are invisible to JSON and `inspect`. */
  toJSON(): Record<string, unknown> {
    return jsonOf(this)
  }
  [Symbol.for('nodejs.util.inspect.custom')](): Record<string, unknown> {
    return this.toJSON()
  }
}

const names = [
  'operation',
  'provider',
  'model',
  'cost',
  'usage',
  'requestId',
  'status',
  'headers',
  'rateLimits',
  'latencyMs',
  'timeToHeadersMs',
  'timeToFirstTokenMs',
  'retries',
  'attempts',
  'cache',
  'router',
  'warnings',
  'nativeFinishReason',
] as const satisfies readonly (keyof CallMeta)[]

/** `meta` of one answer from several consecutive calls: cost and usage are sums, the rest is that of the last call. */
class JoinedMeta {
  readonly #parts: readonly CallMeta[]
  readonly #usage: () => CallMeta['usage']

  static {
    for (const name of names) {
      if (name in JoinedMeta.prototype) continue
      Object.defineProperty(JoinedMeta.prototype, name, {
        get(this: JoinedMeta) {
          return this.#last[name]
        },
      })
    }
  }

  constructor(parts: readonly CallMeta[], usage: () => CallMeta['usage']) {
    this.#parts = parts
    this.#usage = usage
  }

  get #last(): CallMeta {
    return this.#parts.at(-1) as CallMeta
  }

  get cost(): CallCost {
    if (this.#parts.length === 1) return this.#last.cost
    const costs = this.#parts.map((part) => part.cost)
    const unknown = costs.find(({ total }) => total === undefined)
    if (unknown) return unknown
    return { total: costs.reduce((sum, { total = 0 }) => sum + total, 0), estimated: true }
  }

  get usage(): CallMeta['usage'] {
    return this.#parts.length === 1 ? this.#last.usage : this.#usage()
  }

  get timeToHeadersMs(): number | undefined {
    return this.#parts[0]?.timeToHeadersMs
  }

  get timeToFirstTokenMs(): number | undefined {
    return this.#parts[0]?.timeToFirstTokenMs
  }

  toJSON(): Record<string, unknown> {
    return jsonOf(this as unknown as CallMeta)
  }

  [Symbol.for('nodejs.util.inspect.custom')](): Record<string, unknown> {
    return this.toJSON()
  }
}

function jsonOf(meta: CallMeta): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  for (const name of names) json[name] = meta[name]
  return json
}

/** @param parts may grow while the answer arrives */
export const joinedMeta = (parts: readonly CallMeta[], usage: () => CallMeta['usage']): CallMeta =>
  new JoinedMeta(parts, usage) as unknown as CallMeta

const noNote: CacheOutcome = Object.freeze({ meta: Object.freeze({ hit: false }) })

export const metaOf = (call: MetaSource): CallMeta => new Meta(call)

/** Puts `meta` on an answer, invisible to JSON, spreads and comparisons. */
export function withMeta<Answer extends object>(answer: Answer, meta: CallMeta): Answer & { readonly meta: CallMeta } {
  return Object.defineProperty(answer, 'meta', { value: meta, enumerable: false }) as Answer & {
    readonly meta: CallMeta
  }
}
