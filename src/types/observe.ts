import type { AnyLLMError } from '../errors.js'
import type { BytesResponse } from './bytes.js'
import type { CacheMeta } from './cache.js'
import type { ChatCompletion, ChatCompletionChunk } from './chat.js'
import type { DecideResponse } from './decision.js'
import type { EmbeddingResponse } from './embedding.js'
import type { Attempt, CallCost, CallMeta } from './meta.js'
import type { RerankResponse } from './rerank.js'
import type { ResponsesResponse } from './responses.js'
import type { TextCompletion } from './text-completion.js'
import type { GenerateContentResponse, MessagesResponse } from './wires.js'

/** Fields of every event of a call. Events contain copies only, and no credentials. */
export interface CallEventBase {
  /** Id of the call, the same in all its events. */
  readonly callId: string
  /** The caller's `traceId`, or the call's id. */
  readonly traceId: string
  /** Operation of the call. */
  readonly operation: CallMeta['operation']
  /** Prefix of the model string. Empty until a bare model name is resolved or a Router has selected a deployment. */
  readonly provider: string
  /** Model requested from the provider; for a Router's call the name of the group until a deployment has answered. */
  readonly model: string
  /** Model group of a Router's call. */
  readonly modelGroup: string | undefined
  /** Deployment of a Router's call. */
  readonly deployment: string | undefined
  /** True for a streamed call. */
  readonly stream: boolean
  /** Copy of the request's parameters with truncated base64, without fields excluded by `redact`. */
  readonly request: Readonly<Record<string, unknown>>
  /** Tags of the call. */
  readonly tags: readonly string[]
  /** Metadata of the request. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** User of the request. */
  readonly user: string | undefined
  /** Start of the call, in milliseconds since 1970. */
  readonly startTime: number
  /** Time of the event, in milliseconds since 1970. */
  readonly time: number
  /** Result of the callback's own `capture()` at the start of the call. */
  readonly captured: unknown
}

/** Times in milliseconds since the start of the call. */
export interface CallTimings {
  /** Time spent in a Router's queue. */
  readonly queueMs: number | undefined
  /** Time to the response headers. */
  readonly headersMs: number | undefined
  /** Time to the first content of a stream. */
  readonly firstTokenMs: number | undefined
  /** Time to the end of the call. */
  readonly totalMs: number
}

/** A call starts. */
export interface StartEvent extends CallEventBase {
  readonly type: 'start'
}

/** An attempt failed and will be retried. */
export interface RetryEvent extends CallEventBase {
  readonly type: 'retry'
  /** Error of the failed attempt. */
  readonly error: AnyLLMError
  /** Number of attempts so far. */
  readonly attempt: number
  /** Delay before the next attempt, in milliseconds. */
  readonly delayMs: number
}

/** A Router switches to another model group. */
export interface FallbackEvent extends CallEventBase {
  readonly type: 'fallback'
  /** Error of the failed group. */
  readonly error: AnyLLMError
  /** The failed model group. */
  readonly from: string
  /** The next model group. */
  readonly to: string
}

/** The first content of a stream arrived. */
export interface FirstTokenEvent extends CallEventBase {
  readonly type: 'firstToken'
  /** Time since the start of the call, in milliseconds. */
  readonly firstTokenMs: number
}

/** A chunk of a stream arrived. */
export interface ChunkEvent extends CallEventBase {
  readonly type: 'chunk'
  /** Copy of the chunk; empty if excluded by `redact`. */
  readonly chunk: ChatCompletionChunk | Readonly<Record<string, unknown>>
}

/** A cached answer was found. */
export interface CacheHitEvent extends CallEventBase {
  readonly type: 'cacheHit'
  /** Cache key of the answer. */
  readonly key: string
  /** Age of the answer, in milliseconds. */
  readonly ageMs: number
}

/** An answer of any operation. */
export type AnyAnswer =
  | ChatCompletion
  | EmbeddingResponse<number[] | Float32Array>
  | RerankResponse
  | ResponsesResponse
  | TextCompletion
  | DecideResponse
  | MessagesResponse
  | GenerateContentResponse
  | BytesResponse

interface EndEvent extends CallEventBase {
  readonly usage: CallMeta['usage']
  readonly cost: CallCost | undefined
  readonly timings: CallTimings
  readonly attempts: readonly Attempt[]
  readonly cache: CacheMeta
  readonly requestId: string | undefined
  readonly status: number | undefined
}

/** A call succeeded. */
export interface SuccessEvent extends EndEvent {
  readonly type: 'success'
  /** Copy of the complete answer with truncated base64 and vectors. Undefined if excluded by `redact`. */
  readonly answer: Readonly<Record<string, unknown>> | undefined
  /** Id of the answer. */
  readonly responseId: string | undefined
  /** The answering model, as named by the answer. */
  readonly responseModel: string | undefined
  /** Finish reasons of all choices. */
  readonly finishReasons: readonly string[]
}

/** A call failed. */
export interface FailureEvent extends EndEvent {
  readonly type: 'failure'
  /** Copy of the error. */
  readonly error: AnyLLMError
  /** Copy of the partial answer of a stream. */
  readonly answer: Readonly<Record<string, unknown>> | undefined
}

/** An event of a call. */
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

/** An attempt that is about to be sent. */
export interface AttemptStart {
  readonly operation: CallEventBase['operation']
  readonly provider: string
  readonly model: string
  /** Place among the attempts of the call, from 1. */
  readonly number: number
  /** Start of the call, in milliseconds since 1970. */
  readonly startTime: number
  /** Time of the attempt, in milliseconds since 1970. */
  readonly time: number
  /** Result of the callback's own `capture()` at the start of the call. */
  readonly captured: unknown
}

/**
 * Callbacks for the events of calls. Handlers run asynchronously after the fact. Their errors are counted, their promises are
 * awaited in the background, and nothing affects the call.
 */
export interface CallbackSet {
  /** Name in `callbackStats()`. */
  readonly name?: string
  /**
   * Set to false if the handlers don't read content (`messages`, `input`, `tools`, `answer`, chunks, …). If all sets do, events
   * omit it and save copying it. @default true
   */
  readonly content?: boolean
  /** Called in the caller's context at the start of a call. Its result is `captured` in every event. */
  capture?(): unknown
  /**
   * Called before each attempt, within the call, so keep it short. The headers that it returns are sent to the provider, such as
   * `traceparent`.
   */
  attemptHeaders?(attempt: AttemptStart): Readonly<Record<string, string>> | undefined
  /** Called when a call starts. */
  onStart?: Handler<StartEvent>
  /** Called before a retry. */
  onRetry?: Handler<RetryEvent>
  /** Called when a Router falls back to another model group. */
  onFallback?: Handler<FallbackEvent>
  /** Called at the first content of a stream. */
  onFirstToken?: Handler<FirstTokenEvent>
  /** Called for every chunk of a stream. */
  onChunk?: Handler<ChunkEvent>
  /** Called when a cached answer is used. */
  onCacheHit?: Handler<CacheHitEvent>
  /** Called when a call succeeds. */
  onSuccess?: Handler<SuccessEvent>
  /** Called when a call fails. */
  onFailure?: Handler<FailureEvent>
  /** Sends pending data. Called by `flush()` and `close()`. */
  flush?(): Promise<void>
  /** Releases resources. Called once by `close()`, after the last `flush()`. */
  close?(): Promise<void>
  /** Returns metrics in Prometheus' text format, for `metrics()` of a client or Router. */
  metrics?(): Promise<string>
  /** Called by a Router created with the set, to subscribe to the Router's own events. */
  follow?(router: Followed): unknown
  /** Returns delivery statistics, for `senders` in `callbackStats()`. */
  stats?(): SenderStats
}

/** The part of a Router that {@link CallbackSet.follow} receives. */
export interface Followed {
  /** Subscribes to events of the Router. @returns a function that unsubscribes */
  on<Type extends RouterEventType>(
    type: Type,
    listener: (event: Extract<RouterEvent, { type: Type }>) => void,
  ): () => void
  /** Subscribes to events of the Router. @returns a function that unsubscribes */
  on(type: '*', listener: (event: RouterEvent) => void): () => void
}

/** An event of a Router. */
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

/** Type of a Router's event. */
export type RouterEventType = RouterEvent['type']

/** Delivery statistics of an observability service. */
export interface SenderStats {
  /** Events accepted by the service. */
  sent: number
  /** Events refused by the service, or not sent after all retries. */
  failed: number
  /** Events dropped because the queue was full. */
  dropped: number
  /** Queued events. */
  waiting: number
}

/** Common interface of pino, winston, bunyan and `console`. Fields come first, as in pino. */
export interface Logger {
  /** Logs details. */
  debug(fields: Readonly<Record<string, unknown>>, message: string): unknown
  /** Logs finished calls. */
  info(fields: Readonly<Record<string, unknown>>, message: string): unknown
  /** Logs retries and fallbacks. */
  warn(fields: Readonly<Record<string, unknown>>, message: string): unknown
  /** Logs failed calls. */
  error(fields: Readonly<Record<string, unknown>>, message: string): unknown
}

/** A set of handlers, or a function called for every success. */
export type Callback = CallbackSet | ((event: SuccessEvent) => unknown)

/**
 * Content excluded from events: all of it, or by name: fields of the request (`messages`, `input`, `tools`, …), and `answer`,
 * `chunk`, `metadata`, `user`, `error` (messages of providers, which may quote the prompt).
 */
export type Redact = boolean | readonly string[]

/** Options for observing calls. */
export interface ObserveOptions {
  /** Callbacks for every call. */
  callbacks?: readonly Callback[] | undefined
  /** Content excluded from events and logs. @default false */
  redact?: Redact | undefined
  /**
   * Changes an event before any observer sees it; drops it if nothing is returned. Runs synchronously within the call, so keep it
   * short.
   */
  beforeSend?: ((event: CallEvent) => CallEvent | undefined | null) | undefined
  /**
   * Maximum number of undelivered events; further events are dropped and counted. The last quarter is reserved for success and
   * failure events. @default 10_000
   */
  callbackQueue?: number | undefined
  /** Maximum time to wait for the promise of a handler, in milliseconds. @default 10_000 */
  callbackTimeout?: number | undefined
  /**
   * Logs calls as structured records without content: successes at `info`, failures at `error`, retries and fallbacks at `warn`,
   * the rest at `debug`. pino, or any object with its four methods.
   */
  logger?: Logger | undefined
}

/** Delivery statistics of events, from `callbackStats()`. */
export interface CallbackStats {
  /** Completed handler calls. */
  delivered: number
  /** Handlers that threw or rejected, and events for which `beforeSend` failed. */
  failed: number
  /** Events dropped because the queue was full. */
  dropped: number
  /** Handlers that exceeded `callbackTimeout`. */
  late: number
  /** Undelivered events. */
  waiting: number
  /** Statistics of callback sets that send events on, by their `name`. */
  senders: Readonly<Record<string, SenderStats>>
}
