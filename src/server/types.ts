import type { CallOperation } from '../../providers/contract.js'
import type { LLMError } from '../errors.js'
import type { HttpErrorDialect } from '../http-error.js'
import type { CallMeta } from '../types/meta.js'
import type { CallMethod, PlainOperation } from '../types/operation.js'
import type { CallOptions } from '../types/options.js'
import type { SettledRecord } from '../types/settled.js'

/** A request without the objects of a platform, for servers that count microseconds. */
export interface HandlerRequest {
  /** HTTP method, upper case. */
  readonly method: string
  /** Path with its query. */
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /**
   * The body: its bytes or text, its parsed JSON, or a function that reads it. The function is called after `authorize()`, so that no
   * body is read for callers without permission.
   */
  readonly body?: Uint8Array | string | object | (() => Promise<Uint8Array | string>) | undefined
  /** Aborts the call, when the client has left. */
  readonly signal?: AbortSignal | undefined
}

/** A response without the objects of a platform. */
export interface HandlerResponse {
  /** HTTP status. */
  status: number
  /** Lower-case names. */
  headers: Record<string, string>
  /** A text, or the texts of a stream. Leaving the iteration aborts the call. */
  body: string | AsyncIterable<string> | undefined
  /** In place of `body` for answers that are no text, such as speech: the bytes, or the parts of a stream. */
  bytes?: Uint8Array | AsyncIterable<Uint8Array> | undefined
}

/** Operation of a route. */
export type RouteOperation =
  | CallOperation
  | 'completion'
  | 'countTokens'
  | 'models'
  | 'model'
  | 'storedResponse'
  | 'deleteResponse'
  | 'cancelResponse'
  | 'inputItems'

/** The destination of a request. */
export interface RouteInfo {
  /** `chat`, `completion` (`textCompletion()`), `embedding`, `messages`, … */
  readonly operation: RouteOperation
  /** The API that the client speaks. Errors have its form. */
  readonly dialect: HttpErrorDialect
  /** The model in the path (Gemini, Azure), or of `GET /v1/models/{id}`. */
  readonly model?: string | undefined
  /** The id in the path of a stored response. */
  readonly id?: string | undefined
  /** Whether a path of Gemini's asks for a stream: as server-sent events, or as one JSON array. */
  readonly stream?: 'sse' | 'array' | undefined
}

/** A call that a request leads to. */
export interface HandlerCall {
  /** The destination of the request. */
  readonly route: RouteInfo
  /** The request. */
  readonly request: HandlerRequest
  /** Parameters of the model. `beforeCall()` may change them, `model` among them. */
  readonly params: Record<string, unknown>
  /** Fields of the body that are options of llmux, such as `tags` or `timeout`: they have no effect. */
  readonly ignored: Readonly<Record<string, unknown>>
  /** The result of `authorize()`. */
  readonly context: unknown
  /** Unique id, also the header `x-request-id` of the response. */
  readonly id: string
}

/** A model in the answer of `GET /v1/models`. */
export interface ModelListing {
  /** Name for the `model` of a request. */
  id: string
  /** Unix time in seconds. @default 0 */
  created?: number
  /** Owner of the model. @default 'llmux' */
  owned_by?: string
  [field: string]: unknown
}

/** A stored answer of the Responses API, with the items that led to it. */
export interface StoredResponse {
  /** The answer. */
  readonly response: Readonly<Record<string, unknown>>
  /** Items of its request, those of the previous response included. */
  readonly input: readonly unknown[]
  /** Model that the request asked for: the host of a background response. */
  readonly model?: string | undefined
}

/** Keeps answers of the Responses API for `previous_response_id`, `item_reference` and `GET /v1/responses/{id}`. */
export interface ResponseStore {
  /**
   * Keeps an answer.
   * @param call the request that made the answer; undefined for a new state of one that is known
   */
  put(id: string, stored: StoredResponse, context: unknown, call?: HandlerCall): void | Promise<void>
  /** An answer by its id. */
  get(id: string, context: unknown): StoredResponse | undefined | Promise<StoredResponse | undefined>
  /** An output item by its id. */
  item(id: string, context: unknown): object | undefined | Promise<object | undefined>
  /**
   * Whether the provider must not be asked for an answer or an item that `get()` or `item()` did not find, for example because it
   * belongs to another owner: a request that names it is refused. @default never
   */
  isForeign?(id: string, context: unknown): boolean | Promise<boolean>
  /** Removes an answer. Returns false if the id is unknown. */
  delete(id: string, context: unknown): boolean | Promise<boolean>
}

/** Options of {@link createHandler}. */
export interface HandlerOptions {
  /**
   * Checks the caller, before the body is read. Throw an `AuthenticationError`, a `PermissionDeniedError`, a `RateLimitError` or another
   * error to refuse: the response has the form that the client expects. The result becomes `call.context`.
   */
  authorize?: ((request: HandlerRequest, route: RouteInfo) => unknown) | undefined
  /**
   * Called with the parsed request, before the call. May change `call.params` and return options of the call, such as `apiKey`, `tags`
   * or `timeout`. Throw to refuse.
   */
  beforeCall?:
    | ((call: HandlerCall) => HandlerCallOptions | undefined | Promise<HandlerCallOptions | undefined>)
    | undefined
  /** More headers for the response. Called once the status is known; for a stream, when its first content is there. */
  responseHeaders?:
    | ((
        call: HandlerCall,
        meta: CallMeta | undefined,
        error: LLMError | undefined,
      ) => Record<string, string> | undefined)
    | undefined
  /**
   * The name in `model` of a chat answer and its chunks, such as that of the request. Called after `responseHeaders`. @default the
   * provider's
   */
  answerModel?: ((call: HandlerCall, meta: CallMeta) => string | undefined) | undefined
  /** Called once for every call that was sent, when it has ended. */
  onSettled?: ((record: SettledRecord, call: HandlerCall) => void) | undefined
  /** Models for `GET /v1/models`. @default the Router's model groups; none for a client */
  models?: ((context: unknown) => readonly ModelListing[] | Promise<readonly ModelListing[]>) | undefined
  /** Store of the Responses API's answers; false for none. @default in memory, the last 1,000 answers and 64 MiB */
  store?: ResponseStore | false | undefined
  /**
   * Time of silence in a stream after which a keep-alive is sent (a comment, or Anthropic's `ping`), in milliseconds. A stream whose first
   * event takes longer starts without it: if its call fails then, the error is an event, and `responseHeaders` gets no `meta`. 0 for
   * none. @default 0
   */
  keepAlive?: number | undefined
  /** Maximum size of a body, in bytes. @default 33_554_432 (32 MiB) */
  maxBodyBytes?: number | undefined
  /** Path in front of all routes, such as `/api/llm`. @default none */
  basePath?: string | undefined
}

/** Options of one call: of a client, or of a Router. */
export type HandlerCallOptions = CallOptions & Readonly<Record<string, unknown>>

/** A client or a Router, as far as a handler uses it. */
export type HandlerTarget = Readonly<
  Record<'completion' | 'countTokens' | Exclude<CallMethod, PlainOperation>, TargetMethod> &
    Partial<Record<PlainOperation, TargetMethod>>
> & {
  /** Names of a Router's model groups. */
  readonly modelGroups?: readonly string[]
  /** Requests about responses that hosts have stored. */
  readonly storedResponses?: Readonly<Record<'retrieve' | 'cancel' | 'delete', TargetMethod>>
}

type TargetMethod = (params: never, options?: never) => Promise<unknown>
