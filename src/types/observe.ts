import type { AnyLLMError } from '../errors.js'
import type { CacheMeta } from './cache.js'
import type { ChatCompletion, ChatCompletionChunk, Usage } from './chat.js'
import type { EmbeddingResponse, EmbeddingUsage } from './embedding.js'
import type { Attempt, CallCost, CallMeta } from './meta.js'
import type { RerankResponse, RerankUsage } from './rerank.js'
import type { ResponsesResponse } from './responses.js'

/** What every event of a call says. Credentials are in none of them, and nothing in them belongs to the call: all is copied. */
export interface CallEventBase {
  /** The same for every event of one call. */
  readonly callId: string
  /** The caller's `traceId`; else the call's own id. */
  readonly traceId: string
  readonly operation: CallMeta['operation']
  /** The prefix of the model string; empty before a bare model name is resolved, or a Router has chosen a deployment. */
  readonly provider: string
  /** As it was asked of the provider; of a Router's call, the name of the group until one has answered. */
  readonly model: string
  readonly modelGroup: string | undefined
  readonly deployment: string | undefined
  readonly stream: boolean
  /**
   * The parameters of the request, messages included: a copy, with base64 cut short. Without what `redact` keeps out.
   */
  readonly request: Readonly<Record<string, unknown>>
  readonly tags: readonly string[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly user: string | undefined
  /** Milliseconds since 1970. */
  readonly startTime: number
  /** When this happened, in milliseconds since 1970. */
  readonly time: number
  /** What a callback's own `capture()` gave when the call began. */
  readonly captured: unknown
}

/** Milliseconds since the call began. */
export interface CallTimings {
  /** Waited for room in a Router. */
  readonly queueMs: number | undefined
  readonly headersMs: number | undefined
  readonly firstTokenMs: number | undefined
  readonly totalMs: number
}

export interface StartEvent extends CallEventBase {
  readonly type: 'start'
}

export interface RetryEvent extends CallEventBase {
  readonly type: 'retry'
  readonly error: AnyLLMError
  /** Tries made so far. */
  readonly attempt: number
  /** The wait before the next one, in milliseconds. */
  readonly delayMs: number
}

export interface FallbackEvent extends CallEventBase {
  readonly type: 'fallback'
  readonly error: AnyLLMError
  /** Model groups. */
  readonly from: string
  readonly to: string
}

export interface FirstTokenEvent extends CallEventBase {
  readonly type: 'firstToken'
  readonly firstTokenMs: number
}

export interface ChunkEvent extends CallEventBase {
  readonly type: 'chunk'
  readonly chunk: ChatCompletionChunk | Readonly<Record<string, unknown>>
}

export interface CacheHitEvent extends CallEventBase {
  readonly type: 'cacheHit'
  readonly key: string
  /** How old the answer is, in milliseconds. */
  readonly ageMs: number
}

export type AnyAnswer = ChatCompletion | EmbeddingResponse<number[] | Float32Array> | RerankResponse | ResponsesResponse

interface EndEvent extends CallEventBase {
  readonly usage: Usage | EmbeddingUsage | RerankUsage | undefined
  readonly cost: CallCost | undefined
  readonly timings: CallTimings
  readonly attempts: readonly Attempt[]
  readonly cache: CacheMeta
  readonly requestId: string | undefined
  readonly status: number | undefined
}

export interface SuccessEvent extends EndEvent {
  readonly type: 'success'
  /** The whole answer, of a stream too: a copy, with base64 and vectors cut short. Undefined where `redact` keeps it out. */
  readonly answer: Readonly<Record<string, unknown>> | undefined
  readonly responseId: string | undefined
  /** The model as the answer names it. */
  readonly responseModel: string | undefined
  readonly finishReasons: readonly string[]
}

export interface FailureEvent extends EndEvent {
  readonly type: 'failure'
  readonly error: AnyLLMError
  /** What had arrived of a stream. */
  readonly answer: Readonly<Record<string, unknown>> | undefined
}

export type CallEvent =
  | StartEvent
  | RetryEvent
  | FallbackEvent
  | FirstTokenEvent
  | ChunkEvent
  | CacheHitEvent
  | SuccessEvent
  | FailureEvent

type Handler<Event> = (event: Event) => unknown

/**
 * Who is told what happens to calls. Handlers run after the fact: what they throw is counted, what they return is waited for
 * in the background, and nothing of it reaches the call.
 */
export interface CallbackSet {
  /** What `callbackStats()` calls it. */
  readonly name?: string
  /**
   * Whether what was asked and answered is read: `messages`, `input`, `tools`, `answer`, chunks and their like. Where every set says
   * `false`, they are left out of events, and nobody copies them.
   * @default true
   */
  readonly content?: boolean
  /** Called in the caller's own context when the call begins; what it gives is `captured` on every event. */
  capture?(): unknown
  onStart?: Handler<StartEvent>
  onRetry?: Handler<RetryEvent>
  onFallback?: Handler<FallbackEvent>
  onFirstToken?: Handler<FirstTokenEvent>
  onChunk?: Handler<ChunkEvent>
  onCacheHit?: Handler<CacheHitEvent>
  onSuccess?: Handler<SuccessEvent>
  onFailure?: Handler<FailureEvent>
  /** What is still to be sent. Called by `flush()` and `close()`. */
  flush?(): Promise<void>
  /** Called once, by `close()`, after the last `flush()`. */
  close?(): Promise<void>
  /** Metrics in Prometheus' text format, where the set keeps them: what `metrics()` of a client or Router gives. */
  metrics?(): Promise<string>
  /** Called by a Router that is made with the set: what happens to its deployments is an event of the Router, and of no call. */
  follow?(router: Followed): unknown
  /** How sending goes, where the set sends events on: `senders` of `callbackStats()`. */
  stats?(): SenderStats
}

/** A Router, as {@link CallbackSet.follow} sees it. */
export interface Followed {
  /** @returns a function that ends it */
  on<Type extends RouterEventType>(
    type: Type,
    listener: (event: Extract<RouterEvent, { type: Type }>) => void,
  ): () => void
  on(type: '*', listener: (event: RouterEvent) => void): () => void
}

/** What happens in a Router. */
export type RouterEvent =
  | { type: 'pick'; modelGroup: string; deployment: string; reason: string; attempt: number }
  | { type: 'success'; modelGroup: string; deployment: string; durationMs: number }
  | { type: 'failure'; modelGroup: string; deployment: string; error: Error; durationMs: number }
  | { type: 'retry'; modelGroup: string; deployment: string; error: Error; delayMs: number; attempt: number }
  | { type: 'fallback'; from: string; to: string; error: Error; depth: number }
  | { type: 'cooldown'; deployment: string; reason: string; durationMs: number }
  | { type: 'probe'; deployment: string }
  | { type: 'recovered'; deployment: string }
  | { type: 'resume'; from: string; to: string; error: Error }
  | { type: 'wait'; modelGroup: string; waiting: number }
  | { type: 'warning'; message: string }
  | { type: 'state'; state: 'shared' | 'local'; error?: Error }

export type RouterEventType = RouterEvent['type']

/** How sending to a service of observation goes. */
export interface SenderStats {
  /** Events that the service has taken. */
  sent: number
  /** Events that it has refused, or that could not be sent after every retry. */
  failed: number
  /** Events that found no room. */
  dropped: number
  waiting: number
}

/** What pino, winston, bunyan and `console` have in common. Fields come first, as pino has it. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): unknown
  info(fields: Readonly<Record<string, unknown>>, message: string): unknown
  warn(fields: Readonly<Record<string, unknown>>, message: string): unknown
  error(fields: Readonly<Record<string, unknown>>, message: string): unknown
}

/** A set of handlers, or one function that is told of every success. */
export type Callback = CallbackSet | ((event: SuccessEvent) => unknown)

/**
 * What of a call's content is kept out of events: all of it, or by name: fields of the request (`messages`, `input`, `tools`, …),
 * and `answer`, `chunk`, `metadata`, `user`, `error` (what a provider says, which may quote the prompt).
 */
export type Redact = boolean | readonly string[]

export interface ObserveOptions {
  /** Who is told of every call. */
  callbacks?: readonly Callback[] | undefined
  /** What is kept out of events and logs. @default false */
  redact?: Redact | undefined
  /** Changes an event before anybody sees it, or drops it by giving nothing back. Runs at once, in the call: keep it short. */
  beforeSend?: ((event: CallEvent) => CallEvent | undefined | null) | undefined
  /**
   * Events that may wait to be delivered; more are dropped and counted. The last quarter is for how calls end.
   * @default 10_000
   */
  callbackQueue?: number | undefined
  /** How long what a handler returns is waited for, in milliseconds. @default 10_000 */
  callbackTimeout?: number | undefined
  /**
   * Told of calls in structured records without content: how they end at `info` and `error`, retries and fallbacks at `warn`, the
   * rest at `debug`. pino, or anything with its four methods.
   */
  logger?: Logger | undefined
}

/** How the delivery of events goes: `callbackStats()`. */
export interface CallbackStats {
  /** Handlers that were called, and came to their end. */
  delivered: number
  /** Handlers that threw or rejected, and events that `beforeSend` failed on. */
  failed: number
  /** Events that found the queue full. */
  dropped: number
  /** Handlers that took longer than their time. */
  late: number
  waiting: number
  /** Of sets that send events on, by their `name`. */
  senders: Readonly<Record<string, SenderStats>>
}
