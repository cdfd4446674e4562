import type { Dispatcher } from 'undici'
import type { ModelRegistry } from '../../pricing/index.js'
import type { CallOperation, DecodeContext, FileContent, PollRequest, Provider } from '../../providers/contract.js'
import type { LLMError } from '../errors.js'
import { type HeaderMap, type HttpMethod, parsedHeaders, type ResponseHeaders } from '../transport/exchange.js'
import type { Attempt, Warning } from '../types/meta.js'
import type { AnyUsage, Billing } from './billing.js'
import type { CacheOutcome } from './cache-outcome.js'
import type { CallLimits } from './call-limits.js'
import type { Clock } from './clock.js'
import type { ErrorContext } from './failure.js'
import type { Lifetime } from './lifetime.js'
import type { CallObserver, CallRecorder } from './observer.js'
import type { Target } from './target.js'

export const quirksOf = ({ quirks, ownQuirks }: Provider, ownHost: boolean): unknown =>
  ownHost && ownQuirks !== undefined ? ownQuirks : quirks

/** State of one in-flight call, shared by the pipeline stages; `meta` reads from it afterwards. */
export class Call {
  readonly operation: CallOperation
  /** Whether the text of the answer is kept. */
  readonly keepsText: boolean
  /** Form of the answer. */
  readonly answer: 'json' | 'bytes'
  readonly provider: Provider
  readonly model: string
  readonly target: Target
  readonly limits: CallLimits
  readonly clock: Clock
  readonly lifetime: Lifetime
  warnings: readonly Warning[]
  readonly encodeState: unknown
  readonly registry: ModelRegistry
  readonly baseModel: string | undefined
  readonly attempts: Attempt[]
  readonly startedAt: number
  /** The larger call that this one is part of, such as a Router's. */
  observer: CallObserver | undefined
  readonly recorder: CallRecorder | undefined
  /** Provides the connections. */
  readonly connect: () => Dispatcher | Promise<Dispatcher>
  /** Cancels the pending job at the provider. Best effort: failures are ignored. */
  readonly cancelJob: (call: Call, pollRequest: PollRequest) => void
  /** The request as JSON, as a form or as a file, released at the end of the call. */
  body: string | FileContent
  /** HTTP method. @default 'POST' */
  method: HttpMethod | undefined
  /** The request that polls for the answer, after an attempt got a receipt. */
  pollRequest: PollRequest | undefined
  status = 0
  /** Headers of the current attempt. */
  received: ResponseHeaders = noHeaders
  headersAt: number | undefined
  firstTokenAt: number | undefined
  finishedAt: number | undefined
  usage: AnyUsage | undefined
  /** Facts beside the usage that `cost` depends on. */
  billing: Billing = {}
  nativeFinishReason: string | undefined
  cache: CacheOutcome | undefined
  /** The attempt that answered; its stream may still break. */
  #answered: Attempt | undefined
  #broken: LLMError | undefined

  constructor(init: {
    operation: CallOperation
    keepsText: boolean
    answer: 'json' | 'bytes'
    provider: Provider
    model: string
    target: Target
    limits: CallLimits
    clock: Clock
    lifetime: Lifetime
    warnings: readonly Warning[]
    encodeState: unknown
    registry: ModelRegistry
    baseModel: string | undefined
    startedAt: number
    connect: () => Dispatcher | Promise<Dispatcher>
    cancelJob: (call: Call, pollRequest: PollRequest) => void
    body: string | FileContent
    observer: CallObserver | undefined
    recorder: CallRecorder | undefined
  }) {
    this.operation = init.operation
    this.keepsText = init.keepsText
    this.answer = init.answer
    this.provider = init.provider
    this.model = init.model
    this.target = init.target
    this.limits = init.limits
    this.clock = init.clock
    this.lifetime = init.lifetime
    this.warnings = init.warnings
    this.encodeState = init.encodeState
    this.registry = init.registry
    this.baseModel = init.baseModel
    this.startedAt = init.observer?.startedAt ?? init.startedAt
    this.connect = init.connect
    this.cancelJob = init.cancelJob
    this.body = init.body
    this.observer = init.observer
    this.recorder = init.recorder
    this.attempts = init.observer?.attempts ?? []
  }

  /** Headers of the current attempt, all of them: prefer `received.get()` for a single one. */
  get headers(): HeaderMap {
    return this.received.map
  }

  errorContext(): ErrorContext {
    const { provider, model, target } = this
    return { provider, model, target, wallNow: this.clock.wall() }
  }

  decodeContext(): DecodeContext {
    return new Decoding(this)
  }

  /** Begins an attempt and resets the response of the last one. */
  beginAttempt(): void {
    this.status = 0
    this.received = noHeaders
  }

  /** Records the end of an attempt; for a stream, its first content. */
  recordAttempt(startedAt: number, error = this.#broken): void {
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

  /** Ends the call: stops its clocks and releases its request. */
  settle(usage: AnyUsage | undefined, billing: Billing = {}, error?: LLMError): void {
    this.finishedAt = this.clock.now()
    this.usage = usage
    billing.at ??= this.clock.wall()
    this.billing = billing
    this.body = ''
    this.lifetime.close()
    if (error) this.#end(error)
    const { pollRequest } = this
    if (error && pollRequest?.cancel !== undefined) this.cancelJob(this, pollRequest)
    this.observer?.settled(this, error)
  }

  /** A stream that breaks after its first content turns its successful attempt into a failed one. */
  #end(error: LLMError): void {
    this.#broken = error
    if (this.#answered) Object.assign(this.#answered, { outcome: error.code, message: error.message })
  }
}

/** Values for dialects, computed on access: most answers need none of them. */
class Decoding implements DecodeContext {
  readonly provider: string
  readonly model: string
  readonly baseModel: string | undefined
  readonly quirks: unknown
  readonly encodeState: unknown
  readonly #call: Call
  readonly #clock: Clock
  #fallbackId: string | undefined

  constructor(call: Call) {
    const { provider, model, baseModel, target, encodeState, clock } = call
    this.provider = provider.id
    this.model = model
    this.baseModel = baseModel
    this.quirks = quirksOf(provider, target.ownHost)
    this.encodeState = encodeState
    this.#call = call
    this.#clock = clock
  }

  /** Headers of the current attempt: a stream decoder is made before they arrive. */
  get headers(): HeaderMap {
    return this.#call.headers
  }

  warn(warning: Warning): void {
    this.#call.warnings = [...this.#call.warnings, warning]
  }

  get created(): number {
    return Math.floor(this.#clock.wall() / 1000)
  }

  get fallbackId(): string {
    const { wall, random } = this.#clock
    this.#fallbackId ??= `chatcmpl-${base36(wall())}${base36(Math.floor(random() * 2 ** 40))}`
    return this.#fallbackId
  }
}

/** `toString(36)` of an integer of up to 56 bits. In two parts of 31 bits at most, which V8 writes ten times faster than larger numbers. */
function base36(value: number): string {
  const high = Math.floor(value / lowPart)
  return high === 0 ? value.toString(36) : high.toString(36) + (value % lowPart).toString(36).padStart(5, '0')
}
const lowPart = 36 ** 5

const noHeaders: ResponseHeaders = parsedHeaders(Object.freeze({}))
