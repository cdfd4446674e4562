import type { CallOperation } from '../../../providers/contract.js'
import type { CacheInput } from '../../cache/policy.js'
import type { CacheOutcome } from '../../call/cache-outcome.js'
import { AbortError, BadRequestError, type LLMError, TimeoutError } from '../../errors.js'
import type { EventRecorder } from '../../observe/event-recorder.js'
import { operations } from '../../operations/specs.js'
import type { Attempt } from '../../types/meta.js'
import type { RouterContext } from '../context.js'
import type { Deployment } from '../deployments/deployment.js'
import { unknownGroup } from '../group-references.js'
import type { AffinityKey } from '../selection/affinity.js'
import { Requirements } from '../selection/requirements.js'
import type { RouterCallOptions } from '../types.js'
import { splitCall } from './call-options.js'

/** Timers may fire up to this many milliseconds early. */
const timerTolerance = 2

/** The stream that a call resumes. */
interface Interrupted {
  /** The deployment whose stream broke. */
  readonly deployment: Deployment | undefined
  /** The assistant message to continue: it stays last, even if a fallback replaces the messages. */
  readonly prefix: unknown
}

/** State of one call through the Router, over all of its attempts. */
export class RoutedCall {
  readonly context: RouterContext
  readonly operation: CallOperation
  /** The model group that the caller asked for. */
  readonly requested: string
  /** Parameters and options for the deployment, without `model`. */
  readonly request: Readonly<Record<string, unknown>>
  readonly options: RouterCallOptions
  readonly stream: boolean
  /** The cache option of the call. */
  readonly cache: CacheInput
  readonly signal: AbortSignal | undefined
  /** Monotonic milliseconds. */
  readonly startedAt: number
  readonly deadline: number
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number
  readonly attempts: Attempt[]
  readonly interrupted: Interrupted | undefined
  /** Requirements of the request as given. A fallback may change them. */
  readonly requirements: Requirements
  /** Groups and deployments that were already called, once a fallback is looked for. */
  get visited(): Set<string> {
    this.#visited ??= new Set()
    return this.#visited
  }
  #visited: Set<string> | undefined
  /** The session of the call. */
  readonly affinity: AffinityKey | undefined
  fallbacks: number
  /** The error of its last attempt. */
  lastError: LLMError | undefined
  /** The deployment of its last successful attempt. */
  answeredBy: Deployment | undefined
  recorder: EventRecorder | undefined
  cacheOutcome: CacheOutcome | undefined

  /** @param before the call that this one is a part of: time, attempts and fallbacks count together */
  constructor(
    context: RouterContext,
    operation: CallOperation,
    given: object,
    before?: RoutedCall,
    interrupted?: Interrupted,
  ) {
    const { request, options, model, cache, signal, timeout } = splitCall(given)
    this.context = context
    this.operation = operation
    this.requested = model
    this.request = request
    this.options = options
    this.stream = operations[operation].stream !== undefined && request.stream === true
    this.cache = cache
    this.signal = signal
    this.timeout = before?.timeout ?? timeout ?? context.settings.timeout
    this.startedAt = before?.startedAt ?? context.clock.now()
    const deadline = this.timeout > 0 ? this.startedAt + this.timeout : Number.POSITIVE_INFINITY
    this.deadline = before?.deadline ?? deadline
    this.attempts = before?.attempts ?? []
    this.fallbacks = before?.fallbacks ?? 0
    this.recorder = before?.recorder
    this.interrupted = interrupted
    this.requirements = new Requirements(operation, model, request, interrupted !== undefined)
    this.affinity = before ? before.affinity : context.affinity.keyOf(this)
  }

  get timeLeft(): number {
    return this.deadline - this.context.clock.now()
  }

  get isLate(): boolean {
    return this.timeLeft <= timerTolerance
  }

  /** @throws {BadRequestError} if one of its own fallbacks does not exist */
  checkTargets(): void {
    const { groups } = this.context
    for (const name of ['fallbacks', 'contextWindowFallbacks', 'contentPolicyFallbacks'] as const) {
      const targets = this.options[name]
      if (!targets) continue
      for (const [index, target] of targets.entries()) {
        const model = typeof target === 'string' ? target : target.model
        if (!groups.has(model)) {
          const { message } = unknownGroup(`${name}[${index}]`, model, groups)
          throw new BadRequestError(message, { param: name })
        }
      }
    }
  }

  /** Notes the delay before the next attempt on the last one. */
  recordDelay(delayMs: number): void {
    const last = this.attempts.at(-1)
    if (last) last.delayMs = delayMs
  }

  timeoutError(cause: LLMError | undefined): TimeoutError {
    return new TimeoutError(`The call exceeded its timeout of ${this.timeout} ms. Raise 'timeout', or use a stream.`, {
      phase: 'total',
      model: this.requested,
      cause,
      retryable: false,
    })
  }

  abortError(): AbortError {
    return new AbortError('The call was aborted.', { cause: this.signal?.reason, model: this.requested })
  }
}
