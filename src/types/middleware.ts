import type { AnyLLMError } from '../errors.js'
import type { ChatCompletion, ChatCompletionChunk } from './chat.js'
import type { DecideResponse } from './decision.js'
import type { EmbeddingResponse } from './embedding.js'
import type { CallMeta } from './meta.js'
import type { ModerationRequest, ModerationResponse } from './moderation.js'
import type {
  CompletionRequest,
  DecideRequest,
  EmbeddingRequest,
  GenerateContentRequest,
  MessagesRequest,
  RerankRequest,
  ResponsesRequest,
  TextCompletionRequest,
} from './options.js'
import type { RerankResponse } from './rerank.js'
import type { ResponsesEvent, ResponsesResponse } from './responses.js'
import type { TextCompletion, TextCompletionChunk } from './text-completion.js'
import type { GenerateContentEvent, GenerateContentResponse, MessagesEvent, MessagesResponse } from './wires.js'

/** Requests, answers and chunks by operation. Operations without an entry have plain objects. */
export interface MiddlewareShapes {
  /** `completion()`. */
  chat: { request: CompletionRequest; answer: ChatCompletion; chunk: ChatCompletionChunk }
  /** `responses()`. */
  responses: { request: ResponsesRequest; answer: ResponsesResponse; chunk: ResponsesEvent }
  /** `messages()`. */
  messages: { request: MessagesRequest; answer: MessagesResponse; chunk: MessagesEvent }
  /** `generateContent()`. */
  generateContent: {
    request: GenerateContentRequest
    answer: GenerateContentResponse
    chunk: GenerateContentEvent
  }
  /** `embedding()`. */
  embedding: { request: EmbeddingRequest; answer: EmbeddingResponse<number[] | Float32Array>; chunk: never }
  /** `rerank()`. */
  rerank: { request: RerankRequest; answer: RerankResponse; chunk: never }
  /** `textCompletion()`. */
  textCompletion: { request: TextCompletionRequest; answer: TextCompletion; chunk: TextCompletionChunk }
  /** `decide()`. */
  decide: { request: DecideRequest; answer: DecideResponse; chunk: never }
  /** `moderation()`. */
  moderation: { request: ModerationRequest; answer: ModerationResponse; chunk: never }
}

/** Operation of a call: that of `meta`, or `countTokens`. */
export type MiddlewareOperation = CallMeta['operation'] | 'countTokens'

type Shape<Operation, Part extends 'request' | 'answer' | 'chunk'> = Operation extends keyof MiddlewareShapes
  ? MiddlewareShapes[Operation][Part]
  : Operation extends 'countTokens'
    ? Part extends 'request'
      ? CompletionRequest
      : object
    : object

/** Fields of a call that don't depend on its operation. */
export interface MiddlewareCallBase {
  /** True if the caller asked for a stream. */
  readonly stream: boolean
  /** Values that middleware keeps during the call: shared by all middleware of the call, so use a symbol or an object as key. */
  readonly state: Map<unknown, unknown>
  /**
   * Sends a request to the rest of the chain: middleware that was added later, then the model. For a second attempt or a question on the
   * side. The result is an answer, or a stream if the request asks for one.
   */
  send(request: object): Promise<unknown>
}

/** A call before its answer. `operation` narrows the type of `request`. */
export type MiddlewareCall<Operation extends MiddlewareOperation = MiddlewareOperation> = {
  [One in Operation]: MiddlewareCallBase & {
    /** The called function: `chat`, `responses`, `embedding`, … */
    readonly operation: One
    /** The request, a copy of the caller's object: set fields, or replace it. Objects in it are the caller's: copy before a change. */
    request: Shape<One, 'request'>
  }
}[Operation]

/** A call with its answer. */
export type AnsweredCall<Operation extends MiddlewareOperation = MiddlewareOperation> = {
  [One in Operation]: MiddlewareCall<One> & {
    /** The answer; for a stream, the assembled answer at its end. Change it in place or replace it. */
    answer: Shape<One, 'answer'>
  }
}[Operation]

/** A call with a chunk of its stream. */
export type ChunkCall<Operation extends MiddlewareOperation = MiddlewareOperation> = {
  [One in Operation]: MiddlewareCall<One> & {
    /** The chunk of the stream: a chunk of chat, or an event of another API. */
    readonly chunk: Shape<One, 'chunk'>
  }
}[Operation]

/** A failed call. */
export type FailedCall<Operation extends MiddlewareOperation = MiddlewareOperation> = {
  [One in Operation]: MiddlewareCall<One> & {
    /** The error. */
    readonly error: AnyLLMError
  }
}[Operation]

/** The result of a hook: nothing, or a value that takes the place of the current one. */
// biome-ignore lint/suspicious/noConfusingVoidType: most hooks return nothing
export type HookResult<Value> = Value | undefined | void | Promise<Value | undefined | void>

/**
 * Hooks around the calls of a client, a Router or a handler. Requests pass middleware in the order of `use()`, answers and chunks in the
 * reverse order. An exception of a hook ends the call with it. Callbacks, caches and `onSettled` see the request as it was sent.
 */
export interface Middleware {
  /**
   * Called with each request. Change `call.request`; return an answer (for models that write text also a string) to skip the model; throw
   * to refuse.
   */
  onRequest?(call: MiddlewareCall): HookResult<object | string>
  /**
   * Called with each answer, and with the assembled answer at the end of a stream, before the reader sees the end. Change `call.answer`,
   * or return another one. For streams of chat, `final()` returns it.
   */
  onResponse?(call: AnsweredCall): HookResult<object>
  /**
   * Called with each chunk of a stream. Return a chunk in its place, an array for several, or an empty array for none.
   */
  onChunk?(call: ChunkCall): HookResult<object | readonly object[]>
  /** Called if the call fails, before its first chunk if it is a stream. Return an answer to recover. */
  onError?(call: FailedCall): HookResult<object>
}
