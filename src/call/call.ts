import type { Dispatcher } from 'undici'
import type { ModelRegistry } from '../../pricing/index.js'
import type { DecodeContext, Following, Operation, Provider } from '../../providers/contract.js'
import type { LLMError } from '../errors.js'
import type { HeaderMap } from '../transport/exchange.js'
import type { ChatCompletion, Usage } from '../types/chat.js'
import type { EmbeddingUsage } from '../types/embedding.js'
import type { Attempt, Warning } from '../types/meta.js'
import type { CallOptions } from '../types/options.js'
import type { RerankUsage } from '../types/rerank.js'
import type { Clock } from './clock.js'
import type { FailureScene } from './failure.js'
import type { Lifetime } from './lifetime.js'
import type { CacheNote } from './meta.js'
import type { CallObserver, CallWatch } from './observer.js'
import type { Target } from './target.js'

/** The options of a call with every default filled in. */
export interface Limits {
  readonly timeout: number
  readonly headersTimeout: number
  readonly firstTokenTimeout: number
  readonly idleTimeout: number
  readonly maxRetries: number
  readonly maxRetryDelay: number
  readonly maxResponseBytes: number
  readonly maxMediaBytes: number
  readonly allowPrivateMedia: boolean
}

export const defaultLimits: Limits = Object.freeze({
  timeout: 600_000,
  headersTimeout: 0,
  firstTokenTimeout: 0,
  idleTimeout: 0,
  maxRetries: 2,
  maxRetryDelay: 60_000,
  maxResponseBytes: 256 * 1024 * 1024,
  maxMediaBytes: 20 * 1024 * 1024,
  allowPrivateMedia: false,
})

export const limitsOf = (options: CallOptions, defaults: Limits): Limits => ({
  timeout: options.timeout ?? defaults.timeout,
  headersTimeout: options.headersTimeout ?? defaults.headersTimeout,
  firstTokenTimeout: options.firstTokenTimeout ?? defaults.firstTokenTimeout,
  idleTimeout: options.idleTimeout ?? defaults.idleTimeout,
  maxRetries: options.maxRetries ?? defaults.maxRetries,
  maxRetryDelay: options.maxRetryDelay ?? defaults.maxRetryDelay,
  maxResponseBytes: options.maxResponseBytes ?? defaults.maxResponseBytes,
  maxMediaBytes: options.maxMediaBytes ?? defaults.maxMediaBytes,
  allowPrivateMedia: options.allowPrivateMedia ?? defaults.allowPrivateMedia,
})

export const quirksOf = ({ quirks, ownQuirks }: Provider, ownHost: boolean): unknown =>
  ownHost && ownQuirks !== undefined ? ownQuirks : quirks

export type AnyUsage = Usage | EmbeddingUsage | RerankUsage

/** What an answer says of its price, and when it was given. */
export interface Billing {
  answeredModel?: string | undefined
  serviceTier?: string | null | undefined
  speed?: string | undefined
  dataResidency?: string | undefined
  batch?: boolean | undefined
  /** Milliseconds since 1970. */
  at?: number
  /** What is billed, where that is less than what was read (Cohere leaves out its own instructions). */
  usage?: AnyUsage | undefined
  /** True where the usage is counted and not told. */
  estimated?: boolean
}

/** Anthropic says in its usage how and where it served a call; the dialect keeps that beside the answer. */
export function billingOf(
  answer: Pick<ChatCompletion, 'model' | 'service_tier' | 'provider_specific_fields'>,
): Billing {
  const billing: Billing = { answeredModel: answer.model, serviceTier: answer.service_tier }
  const { usage: said, billed_units: units } = answer.provider_specific_fields ?? {}
  if (units && typeof units === 'object') billing.usage = billedUsage(units as Readonly<Record<string, unknown>>)
  if (said && typeof said === 'object') {
    const { speed, inference_geo: geo, service_tier: tier } = said as Readonly<Record<string, unknown>>
    if (typeof speed === 'string') billing.speed = speed
    if (typeof geo === 'string') billing.dataResidency = geo
    if (tier === 'batch') billing.batch = true
  }
  return billing
}

function billedUsage(units: Readonly<Record<string, unknown>>): AnyUsage | undefined {
  const { input_tokens: input, output_tokens: output, search_units: searches } = units
  if (typeof input !== 'number' && typeof output !== 'number') return undefined
  const prompt = typeof input === 'number' ? input : 0
  const completion = typeof output === 'number' ? output : 0
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  return typeof searches === 'number' ? { ...usage, search_units: searches } : usage
}

/** One call under way: what its stages share, and what `meta` is read from afterwards. */
export class Call {
  readonly operation: Operation
  readonly provider: Provider
  readonly model: string
  readonly target: Target
  readonly limits: Limits
  readonly clock: Clock
  readonly lifetime: Lifetime
  readonly warnings: readonly Warning[]
  readonly memo: unknown
  readonly registry: ModelRegistry
  readonly baseModel: string | undefined
  readonly attempts: Attempt[]
  readonly startedAt: number
  /** Who is told how the call goes: a Router. */
  readonly observer: CallObserver | undefined
  readonly watch: CallWatch | undefined
  /** The connections that it goes over. */
  readonly connect: () => Dispatcher | Promise<Dispatcher>
  /** JSON of the request; let go when the call is over. */
  body: string
  /** Where to go on, once a try has had a receipt for its request. */
  following: Following | undefined
  status = 0
  headers: HeaderMap = noHeaders
  headersAt: number | undefined
  firstTokenAt: number | undefined
  finishedAt: number | undefined
  usage: AnyUsage | undefined
  /** What `cost` needs beside the usage. */
  billing: Billing = {}
  nativeFinishReason: string | undefined
  cache: CacheNote | undefined
  /** The try that answered; a stream may still break. */
  #answered: Attempt | undefined
  #broken: LLMError | undefined

  constructor(init: {
    operation: Operation
    provider: Provider
    model: string
    target: Target
    limits: Limits
    clock: Clock
    lifetime: Lifetime
    warnings: readonly Warning[]
    memo: unknown
    registry: ModelRegistry
    baseModel: string | undefined
    startedAt: number
    connect: () => Dispatcher | Promise<Dispatcher>
    body: string
    observer: CallObserver | undefined
    watch: CallWatch | undefined
  }) {
    this.operation = init.operation
    this.provider = init.provider
    this.model = init.model
    this.target = init.target
    this.limits = init.limits
    this.clock = init.clock
    this.lifetime = init.lifetime
    this.warnings = init.warnings
    this.memo = init.memo
    this.registry = init.registry
    this.baseModel = init.baseModel
    this.startedAt = init.observer?.startedAt ?? init.startedAt
    this.connect = init.connect
    this.body = init.body
    this.observer = init.observer
    this.watch = init.watch
    this.attempts = init.observer?.attempts ?? []
  }

  scene(): FailureScene {
    const { provider, model, target } = this
    return { provider, model, target, wallNow: this.clock.wall() }
  }

  decodeContext(): DecodeContext {
    return new Decoding(this)
  }

  /** Another try: what the last one heard does not count. */
  begin(): void {
    this.status = 0
    this.headers = noHeaders
  }

  /** Notes how a try ended: of a stream, how it began. */
  record(startedAt: number, error = this.#broken): void {
    const { provider, model, clock, status } = this
    const attempt: Attempt = {
      provider: provider.id,
      model,
      outcome: error ? error.code : 'success',
      startMs: startedAt - this.startedAt,
      durationMs: clock.now() - startedAt,
    }
    const seen = error ? error.status : status
    if (seen !== undefined) attempt.status = seen
    if (error) attempt.message = error.message
    if (this.observer) Object.assign(attempt, this.observer.mark)
    this.attempts.push(attempt)
    if (!error) this.#answered = attempt
  }

  /** The call is over: its clocks stop, and its request is let go. */
  settle(usage: AnyUsage | undefined, billing: Billing = {}, error?: LLMError): void {
    this.finishedAt = this.clock.now()
    this.usage = usage
    this.billing = { at: this.clock.wall(), ...billing }
    this.body = ''
    this.lifetime.close()
    if (error) this.#end(error)
    const { following } = this
    if (error && following?.cancel !== undefined) {
      void import('./side.js').then(({ cancelBeside }) => cancelBeside(this, following)).catch(() => {})
    }
    this.observer?.settled(this, error)
  }

  /** A stream that breaks after its first content ends the try that had been called a success. */
  #end(error: LLMError): void {
    this.#broken = error
    if (this.#answered) Object.assign(this.#answered, { outcome: error.code, message: error.message })
  }
}

/** Read by dialects only where the provider leaves something out: nothing is made before that. */
class Decoding implements DecodeContext {
  readonly provider: string
  readonly model: string
  readonly quirks: unknown
  readonly memo: unknown
  readonly #call: Call
  readonly #clock: Clock
  #fallbackId: string | undefined

  constructor(call: Call) {
    const { provider, model, target, memo, clock } = call
    this.provider = provider.id
    this.model = model
    this.quirks = quirksOf(provider, target.ownHost)
    this.memo = memo
    this.#call = call
    this.#clock = clock
  }

  /** Those of the try that is read: the decoder of a stream is made before they have come. */
  get headers(): HeaderMap {
    return this.#call.headers
  }

  get created(): number {
    return Math.floor(this.#clock.wall() / 1000)
  }

  get fallbackId(): string {
    const { wall, random } = this.#clock
    this.#fallbackId ??= `chatcmpl-${wall().toString(36)}${Math.floor(random() * 2 ** 40).toString(36)}`
    return this.#fallbackId
  }
}

const noHeaders: HeaderMap = Object.freeze({})
