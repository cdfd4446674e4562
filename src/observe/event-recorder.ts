import type { Clock } from '../call/clock.js'
import type { CallRecorder } from '../call/observer.js'
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
  ObserveOptions,
  Redact,
  SuccessEvent,
} from '../types/observe.js'
import { channels, hasSubscribers } from './channels.js'
import { type Delivery, wants } from './delivery.js'
import { attemptsCopy, contentParams, errorCopy, redacts, sanitized } from './sanitize.js'

/** A call as the caller made it. */
export interface ObservedCall {
  readonly operation: CallMeta['operation']
  readonly request: Readonly<Record<string, unknown>>
  readonly callbacks: readonly Callback[] | undefined
  /** True if `model` is the name of a Router's model group. */
  readonly routed: boolean
}

/** The observer settings that a recorder needs. */
export interface RecorderSettings {
  readonly clock: Clock
  readonly redact: Redact | undefined
  readonly beforeSend: ObserveOptions['beforeSend']
}

/** Options of llmux, as opposed to parameters of the request. */
const isOption = /[A-Z]/
const options: ReadonlySet<string> = new Set([
  ...[
    'callbacks',
    'cache',
    'headers',
    'signal',
    'timeout',
    'dispatcher',
    'fetch',
    'tags',
    'fallbacks',
    'priority',
    'resume',
  ],
  ...['region', 'location', 'organization', 'project', 'redact', 'coalesce'],
])

type Mutable<Event> = { -readonly [Field in keyof Event]: Event[Field] }

/** Turns the course of one call into events for callbacks and diagnostics channels. Never throws. */
export class EventRecorder implements CallRecorder {
  readonly #settings: RecorderSettings
  readonly #delivery: Delivery
  readonly #callbacks: readonly CallbackSet[]
  readonly #captured: readonly unknown[]
  readonly #call: ObservedCall
  readonly #callId: string
  readonly #startTime: number
  readonly #startedAt: number
  /** A copy from the start of the call: the caller may change the original meanwhile. */
  readonly #request: Record<string, unknown>
  #attempt: Partial<Attempt> | undefined
  #queueMs: number | undefined
  #hasFirstToken = false
  #ended = false
  /** False if no observer reads messages and answers. */
  readonly #content: boolean
  /** True if a callback handles single chunks. */
  readonly chunks: boolean
  /** True if a callback adds headers to attempts. */
  readonly propagates: boolean

  constructor(
    settings: RecorderSettings,
    delivery: Delivery,
    callbacks: readonly CallbackSet[],
    call: ObservedCall,
    callId: string,
  ) {
    this.#settings = settings
    this.#delivery = delivery
    this.#callbacks = callbacks
    this.#call = call
    this.#callId = callId
    this.#startTime = settings.clock.wall()
    this.#startedAt = settings.clock.now()
    this.chunks = callbacks.some((one) => wants(one, 'chunk'))
    this.propagates = callbacks.some(({ attemptHeaders }) => attemptHeaders !== undefined)
    this.#content =
      settings.beforeSend !== undefined || callbacks.some(({ content }) => content !== false) || hasSubscribers()
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
      return sanitized(parameters, this.#settings.redact)
    } catch {
      // a getter of the request threw; the call itself reports it
      return {}
    }
  }

  start(): void {
    this.#notify('start', () => ({ type: 'start', ...this.#base() }))
  }

  /** Sets the deployment that a Router tries next. */
  attempt(attempt: Partial<Attempt>): void {
    this.#attempt = attempt
  }

  target(provider: string, model: string): void {
    this.#attempt = { ...this.#attempt, provider, model }
  }

  attemptHeaders(provider: string, model: string, number: number): Readonly<Record<string, string>> {
    const found: Record<string, string> = {}
    for (const [index, one] of this.#callbacks.entries()) {
      try {
        const added = one.attemptHeaders?.({
          ...{ operation: this.#call.operation, provider, model, number },
          ...{ startTime: this.#startTime, time: this.#settings.clock.wall(), captured: this.#captured[index] },
        })
        for (const [name, value] of Object.entries(added ?? {})) {
          // only lower-case names replace each other, and a line break would begin another header
          if (typeof value === 'string' && /^[\x20-\x7e]*$/.test(value)) found[name.toLowerCase()] = value
        }
      } catch {
        this.#delivery.stats.failed++
      }
    }
    return found
  }

  queued(ms: number): void {
    this.#queueMs = (this.#queueMs ?? 0) + ms
  }

  retry(error: AnyLLMError, attempt: number, delayMs: number): void {
    this.#notify('retry', () => ({ type: 'retry', ...this.#base(), error: this.#errorCopy(error), attempt, delayMs }))
  }

  fallback(error: AnyLLMError, from: string, to: string): void {
    this.#notify('fallback', () => ({ type: 'fallback', ...this.#base(), error: this.#errorCopy(error), from, to }))
    this.#attempt = { modelGroup: to }
  }

  firstToken(): void {
    // a resumed stream already had its first token
    if (this.#hasFirstToken) return
    this.#hasFirstToken = true
    const firstTokenMs = this.#elapsed()
    this.#notify('firstToken', () => ({ type: 'firstToken', ...this.#base(), firstTokenMs }))
  }

  chunk(chunk: object): void {
    this.#notify('chunk', () => ({
      type: 'chunk',
      ...this.#base(),
      chunk:
        !this.#content || redacts(this.#settings.redact, 'chunk')
          ? {}
          : sanitized(chunk as Readonly<Record<string, unknown>>, undefined),
    }))
  }

  cacheHit(key: string, ageMs: number): void {
    this.#notify('cacheHit', () => ({ type: 'cacheHit', ...this.#base(), key, ageMs }))
  }

  /** @param read returns the complete answer, also for a stream */
  success(read: () => AnyAnswer): void {
    if (this.#ended) return
    this.#ended = true
    const totalMs = this.#elapsed()
    this.#notify('success', (): SuccessEvent => {
      const answer = read()
      const { meta } = answer
      const fields = answer as unknown as {
        id?: string
        model?: string
        status?: string
        stop_reason?: string | null
        responseId?: string
        modelVersion?: string
        choices?: readonly { finish_reason?: string | null }[]
        candidates?: readonly { finishReason?: string }[]
      }
      const event = this.#end('success', meta, totalMs) as unknown as Mutable<SuccessEvent>
      event.answer = this.#answerCopy(answer)
      event.responseId = fields.id || fields.responseId || undefined
      event.responseModel = fields.model || fields.modelVersion || undefined
      event.finishReasons =
        fields.choices?.flatMap(({ finish_reason: reason }) => reason ?? []) ??
        fields.candidates?.flatMap(({ finishReason: reason }) => reason ?? []) ??
        [fields.status ?? fields.stop_reason ?? []].flat()
      return event
    })
  }

  failure(error: AnyLLMError): void {
    if (this.#ended) return
    this.#ended = true
    const totalMs = this.#elapsed()
    this.#notify('failure', (): FailureEvent => {
      const { partial } = error
      const meta = partial?.meta
      const event = this.#end('failure', meta, totalMs) as unknown as Mutable<FailureEvent>
      if (error.provider !== undefined) event.provider = error.provider
      event.attempts = attemptsCopy(error.attempts, this.#settings.redact)
      event.requestId = error.requestId
      event.status = error.status
      event.error = this.#errorCopy(error)
      event.answer = partial && this.#answerCopy(partial)
      return event
    })
  }

  #answerCopy(answer: object): Record<string, unknown> | undefined {
    const { redact } = this.#settings
    return !this.#content || redacts(redact, 'answer')
      ? undefined
      : sanitized(answer as Readonly<Record<string, unknown>>, undefined)
  }

  #errorCopy(error: AnyLLMError): AnyLLMError {
    return errorCopy(error, this.#settings.redact)
  }

  #elapsed(): number {
    return this.#settings.clock.now() - this.#startedAt
  }

  #base(meta?: CallMeta): CallEventBase {
    const { operation, request, routed } = this.#call
    const model = String(request.model ?? '')
    const slash = routed ? -1 : model.indexOf('/')
    const router = meta?.router
    const { user, tags, traceId } = request
    const { redact } = this.#settings
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
      time: this.#settings.clock.wall(),
      captured: undefined,
    }
  }

  /** The fields of an end. One literal: an object that is put together from spread ones took a quarter of an event's time. */
  #end<Type extends 'success' | 'failure'>(type: Type, meta: CallMeta | undefined, totalMs: number) {
    const base = this.#base(meta)
    const usage = meta?.usage
    return {
      type,
      callId: base.callId,
      traceId: base.traceId,
      operation: base.operation,
      provider: base.provider,
      model: base.model,
      modelGroup: base.modelGroup,
      deployment: base.deployment,
      stream: base.stream,
      request: base.request,
      tags: base.tags,
      metadata: base.metadata,
      user: base.user,
      startTime: base.startTime,
      time: base.time,
      captured: undefined as unknown,
      usage: usage && copyOfUsage(usage),
      cost: meta?.cost,
      timings: {
        queueMs: this.#queueMs,
        headersMs: meta?.timeToHeadersMs,
        firstTokenMs: meta?.timeToFirstTokenMs,
        totalMs,
      },
      attempts: attemptsCopy(meta?.attempts ?? [], this.#settings.redact),
      cache: copyOfCache(meta?.cache),
      requestId: meta?.requestId,
      status: meta?.status,
    }
  }

  #notify(type: CallEvent['type'], make: () => CallEvent): void {
    const channel = type === 'chunk' ? undefined : channels[type]
    const listened = channel?.hasSubscribers === true
    if (!listened && !this.#callbacks.some((one) => wants(one, type))) return
    try {
      const event = this.#beforeSend(make())
      if (!event) return
      if (listened) channel.publish(event)
      const { beforeSend } = this.#settings
      // one observer gets the event itself, several get a copy each: they may change it
      const shared = listened || beforeSend !== undefined || this.#callbacks.length > 1
      for (let index = 0; index < this.#callbacks.length; index++) {
        const callbacks = this.#callbacks[index] as CallbackSet
        if (!wants(callbacks, type)) continue
        const captured = this.#captured[index]
        if (!shared) (event as { captured: unknown }).captured = captured
        this.#delivery.put(callbacks, shared ? { ...event, captured } : event)
      }
    } catch {
      // an event that could not be built or redacted is dropped
      this.#delivery.stats.failed++
    }
  }

  #beforeSend(event: CallEvent): CallEvent | undefined {
    const { beforeSend } = this.#settings
    if (!beforeSend) return event
    const passed: unknown = beforeSend(event)
    if (passed === undefined || passed === null) return undefined
    // an async beforeSend would redact too late
    if (typeof passed !== 'object' || 'then' in passed) {
      throw new TypeError("'beforeSend' must return an event or nothing, synchronously.")
    }
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

/** Observers get a copy that they may change. */
function copyOfCache(cache: CacheMeta = { hit: false }): CacheMeta {
  const { elements, embedding } = cache
  return { ...cache, ...(elements && { elements: { ...elements } }), ...(embedding && { embedding: { ...embedding } }) }
}
