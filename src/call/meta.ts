import { costOf } from '../../pricing/index.js'
import type { CallCost, CallMeta } from '../types/meta.js'
import type { Call } from './call.js'
import { rateLimits, requestId, visibleHeaders } from './headers.js'

/** `meta` of an answer. Everything is worked out when it is read: most callers read none of it. */
class Meta implements CallMeta {
  readonly #call: Call
  constructor(call: Call) {
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
    const { estimated, usage: billed = usage, ...terms } = billing
    const cost = costOf({ ...terms, provider: provider.id, model, usage: billed, baseModel }, registry)
    return estimated ? { ...cost, estimated } : cost
  }
  get usage() {
    return this.#call.usage
  }
  get requestId() {
    return requestId(this.#call.headers)
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
    return noCache
  }
  get warnings() {
    return this.#call.warnings
  }
  get nativeFinishReason() {
    return this.#call.nativeFinishReason
  }
  /** Getters of a class do not show in JSON or `inspect` by themselves. */
  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = {}
    for (const name of names) json[name] = this[name]
    return json
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
  'timeToFirstTokenMs',
  'retries',
  'attempts',
  'cache',
  'warnings',
  'nativeFinishReason',
] as const satisfies readonly (keyof CallMeta)[]

const noCache = Object.freeze({ hit: false })

export const metaOf = (call: Call): CallMeta => new Meta(call)

/** Puts `meta` on an answer, out of sight of JSON, spreads and comparisons. */
export function withMeta<Answer extends object>(answer: Answer, meta: CallMeta): Answer & { readonly meta: CallMeta } {
  return Object.defineProperty(answer, 'meta', { value: meta, enumerable: false }) as Answer & {
    readonly meta: CallMeta
  }
}
