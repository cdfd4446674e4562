import type { CallWatch } from '../call/observer.js'
import type { AnyLLMError } from '../errors.js'
import type { CacheMeta } from '../types/cache.js'
import type { Attempt, CallMeta } from '../types/meta.js'
import type {
  AnyAnswer,
  Callback,
  CallbackSet,
  CallEvent,
  CallEventBase,
  FailureEvent,
  SuccessEvent,
} from '../types/observe.js'
import { anybodyListens, channels } from './channels.js'
import { type Delivery, wants } from './delivery.js'
import type { Hub } from './hub.js'
import { attemptsCopy, contentParams, errorCopy, redacts, sanitized } from './sanitize.js'

/** A call, as its caller made it. */
export interface Watched {
  readonly operation: CallMeta['operation']
  readonly request: Readonly<Record<string, unknown>>
  readonly callbacks: readonly Callback[] | undefined
  /** Whether `model` names a Router's group. */
  readonly routed: boolean
}

/** Options of llmux, which are none of a call's parameters. */
const isOption = /[A-Z]/
const options: ReadonlySet<string> = new Set([
  ...['callbacks', 'cache', 'headers', 'signal', 'timeout', 'dispatcher', 'tags', 'fallbacks', 'priority', 'resume'],
  ...['region', 'location', 'organization', 'project', 'redact', 'coalesce'],
])

/** One call that somebody wants to know of. Nothing that it does throws. */
export class Watch implements CallWatch {
  readonly #hub: Hub
  readonly #delivery: Delivery
  readonly #callbacks: readonly CallbackSet[]
  readonly #captured: readonly unknown[]
  readonly #call: Watched
  readonly #callId: string
  readonly #startTime: number
  readonly #startedAt: number
  /** Copied when the call begins: the caller may change its own while it runs. */
  readonly #request: Record<string, unknown>
  #attempt: Partial<Attempt> | undefined
  #queueMs: number | undefined
  #begun = false
  #over = false
  /** Whether anybody reads what is asked and answered. */
  readonly #content: boolean
  /** Whether every chunk of a stream is asked for. */
  readonly chunks: boolean

  constructor(hub: Hub, delivery: Delivery, callbacks: readonly CallbackSet[], call: Watched, callId: string) {
    this.#hub = hub
    this.#delivery = delivery
    this.#callbacks = callbacks
    this.#call = call
    this.#callId = callId
    this.#startTime = hub.clock.wall()
    this.#startedAt = hub.clock.now()
    this.chunks = callbacks.some((one) => wants(one, 'chunk'))
    this.#content =
      hub.beforeSend !== undefined || callbacks.some(({ content }) => content !== false) || anybodyListens()
    this.#captured = callbacks.map((one) => {
      try {
        return one.capture?.()
      } catch {
        delivery.stats.failed++
        return undefined
      }
    })
    this.#request = this.#requestCopy()
  }

  #requestCopy(): Record<string, unknown> {
    try {
      const { request } = this.#call
      const parameters: Record<string, unknown> = {}
      for (const name in request) {
        if (isOption.test(name) || options.has(name) || (!this.#content && contentParams.has(name))) continue
        parameters[name] = request[name]
      }
      return sanitized(parameters, this.#hub.redact)
    } catch {
      // an object that throws when it is looked at: the call itself will say so
      return {}
    }
  }

  start(): void {
    this.#tell('start', () => ({ type: 'start', ...this.#base() }))
  }

  /** Which deployment a Router tries now. */
  attempt(attempt: Partial<Attempt>): void {
    this.#attempt = attempt
  }

  target(provider: string, model: string): void {
    this.#attempt = { ...this.#attempt, provider, model }
  }

  queued(ms: number): void {
    this.#queueMs = (this.#queueMs ?? 0) + ms
  }

  retry(error: AnyLLMError, attempt: number, delayMs: number): void {
    this.#tell('retry', () => ({ type: 'retry', ...this.#base(), error: this.#errorCopy(error), attempt, delayMs }))
  }

  fallback(error: AnyLLMError, from: string, to: string): void {
    this.#tell('fallback', () => ({ type: 'fallback', ...this.#base(), error: this.#errorCopy(error), from, to }))
    this.#attempt = { modelGroup: to }
  }

  firstToken(): void {
    // a stream that goes on elsewhere has had its first one
    if (this.#begun) return
    this.#begun = true
    const firstTokenMs = this.#elapsed()
    this.#tell('firstToken', () => ({ type: 'firstToken', ...this.#base(), firstTokenMs }))
  }

  chunk(chunk: object): void {
    this.#tell('chunk', () => ({
      type: 'chunk',
      ...this.#base(),
      chunk:
        !this.#content || redacts(this.#hub.redact, 'chunk')
          ? {}
          : sanitized(chunk as Readonly<Record<string, unknown>>, undefined),
    }))
  }

  cacheHit(key: string, ageMs: number): void {
    this.#tell('cacheHit', () => ({ type: 'cacheHit', ...this.#base(), key, ageMs }))
  }

  /** @param read gives the answer: whole, of a stream too */
  success(read: () => AnyAnswer): void {
    if (this.#over) return
    this.#over = true
    const totalMs = this.#elapsed()
    this.#tell('success', (): SuccessEvent => {
      const answer = read()
      const { meta } = answer
      const said = answer as unknown as {
        id?: string
        model?: string
        status?: string
        choices?: readonly { finish_reason?: string | null }[]
      }
      return {
        type: 'success',
        ...this.#base(meta),
        ...this.#end(meta, totalMs),
        answer: this.#answerCopy(answer),
        responseId: said.id || undefined,
        responseModel: said.model || undefined,
        finishReasons:
          said.choices?.flatMap(({ finish_reason: reason }) => reason ?? []) ?? (said.status ? [said.status] : []),
      }
    })
  }

  failure(error: AnyLLMError): void {
    if (this.#over) return
    this.#over = true
    const totalMs = this.#elapsed()
    this.#tell('failure', (): FailureEvent => {
      const { partial } = error
      const meta = partial?.meta
      return {
        type: 'failure',
        ...this.#base(meta),
        ...(error.provider !== undefined && { provider: error.provider }),
        ...this.#end(meta, totalMs),
        attempts: attemptsCopy(error.attempts, this.#hub.redact),
        requestId: error.requestId,
        status: error.status,
        error: this.#errorCopy(error),
        answer: partial && this.#answerCopy(partial),
      }
    })
  }

  #answerCopy(answer: object): Record<string, unknown> | undefined {
    const { redact } = this.#hub
    return !this.#content || redacts(redact, 'answer')
      ? undefined
      : sanitized(answer as Readonly<Record<string, unknown>>, undefined)
  }

  #errorCopy(error: AnyLLMError): AnyLLMError {
    return errorCopy(error, this.#hub.redact)
  }

  #elapsed(): number {
    return this.#hub.clock.now() - this.#startedAt
  }

  #base(meta?: CallMeta): CallEventBase {
    const { operation, request, routed } = this.#call
    const model = String(request.model ?? '')
    const slash = routed ? -1 : model.indexOf('/')
    const router = meta?.router
    const { user, tags, traceId } = request
    const { redact } = this.#hub
    const { metadata } = this.#request
    return {
      callId: this.#callId,
      traceId: typeof traceId === 'string' && traceId !== '' ? traceId : this.#callId,
      operation,
      provider: meta?.provider ?? this.#attempt?.provider ?? (slash > 0 ? model.slice(0, slash) : ''),
      model: meta?.model ?? this.#attempt?.model ?? model.slice(slash + 1),
      modelGroup: router?.modelGroup ?? this.#attempt?.modelGroup ?? (routed ? model : undefined),
      deployment: router?.deployment ?? this.#attempt?.deployment,
      stream: request.stream === true,
      request: this.#request,
      tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : none,
      metadata:
        typeof metadata === 'object' && metadata !== null && !redacts(redact, 'metadata')
          ? (metadata as Readonly<Record<string, unknown>>)
          : nothing,
      user: typeof user === 'string' && !redacts(redact, 'user') ? user : undefined,
      startTime: this.#startTime,
      time: this.#hub.clock.wall(),
      captured: undefined,
    }
  }

  #end(meta: CallMeta | undefined, totalMs: number) {
    const usage = meta?.usage
    return {
      usage: usage && copyOfUsage(usage),
      cost: meta?.cost,
      timings: {
        queueMs: this.#queueMs,
        headersMs: meta?.timeToHeadersMs,
        firstTokenMs: meta?.timeToFirstTokenMs,
        totalMs,
      },
      attempts: attemptsCopy(meta?.attempts ?? [], this.#hub.redact),
      cache: copyOfCache(meta?.cache),
      requestId: meta?.requestId,
      status: meta?.status,
    }
  }

  #tell(type: CallEvent['type'], make: () => CallEvent): void {
    const channel = type === 'chunk' ? undefined : channels[type]
    const listened = channel?.hasSubscribers === true
    if (!listened && !this.#callbacks.some((one) => wants(one, type))) return
    try {
      const event = this.#passed(make())
      if (!event) return
      if (listened) channel.publish(event)
      for (const [index, callbacks] of this.#callbacks.entries()) {
        if (wants(callbacks, type)) this.#delivery.put(callbacks, { ...event, captured: this.#captured[index] })
      }
    } catch {
      // what can't be told, or could not be masked, is not told
      this.#delivery.stats.failed++
    }
  }

  #passed(event: CallEvent): CallEvent | undefined {
    const { beforeSend } = this.#hub
    if (!beforeSend) return event
    const passed: unknown = beforeSend(event)
    if (passed === undefined || passed === null) return undefined
    // a promise of one, from an async function: too late to mask anything
    if (typeof passed !== 'object' || 'then' in passed) throw new TypeError('beforeSend gave no event')
    return passed as CallEvent
  }
}

const none: readonly string[] = Object.freeze([])
const nothing: Readonly<Record<string, unknown>> = Object.freeze({})

type AnyUsage = NonNullable<CallMeta['usage']>

function copyOfUsage(usage: AnyUsage): AnyUsage {
  const copy: Record<string, unknown> = { ...usage }
  for (const name in copy) {
    const details = copy[name]
    if (typeof details === 'object' && details !== null) copy[name] = { ...details }
  }
  return copy as unknown as AnyUsage
}

/** Whoever is told has it for himself. */
function copyOfCache(cache: CacheMeta = { hit: false }): CacheMeta {
  const { elements, embedding } = cache
  return { ...cache, ...(elements && { elements: { ...elements } }), ...(embedding && { embedding: { ...embedding } }) }
}
