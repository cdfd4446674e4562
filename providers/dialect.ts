/** The interfaces of a dialect: the translation between llmux and one wire format. */
import type { ChatCompletion, ChatCompletionChunk, ChatParams, Usage } from '../src/types/chat.js'
import type { EmbeddingParams, EmbeddingResponse } from '../src/types/embedding.js'
import type { Media } from '../src/types/media.js'
import type { Warning } from '../src/types/meta.js'
import type { PlainOperation } from '../src/types/operation.js'
import type { RerankParams, RerankResponse } from '../src/types/rerank.js'
import type { ResponsesEvent, ResponsesParams, ResponsesResponse } from '../src/types/responses.js'
import type { Settings } from './authentication.js'

/**
 * Framing of a streamed body: server-sent events, one JSON document per line, the binary messages of AWS (the event is the
 * `:event-type` or `:exception-type`, the data is the payload), or such messages around a stream of server-sent events (SageMaker).
 */
export type Framing = 'sse' | 'ndjson' | 'aws-event-stream' | 'aws-sse'

/** An answer as the dialect decodes it; the call adds `meta`. */
export type Decoded<Answer> = Omit<Answer, 'meta'>

/** Input of an encoder besides the parameters. Encoders read no clock, no environment and no randomness. */
export interface EncodeContext<Quirks = unknown> {
  /** The provider's prefix, for messages. */
  readonly provider: string
  /** The provider's name of the model: the model string without its prefix. */
  readonly model: string
  /** The model behind that name, if the caller gave one (`baseModel`): its rules hold, see `modelRules()`. */
  readonly baseModel?: string | undefined
  /** True if unsupported parameters are left out instead of refused. */
  readonly dropParams: boolean
  /** False if the caller gave an `apiBase` other than the provider's own host. */
  readonly ownHost: boolean
  /** The media requested by `remoteMedia`, by URL. */
  readonly media?: ReadonlyMap<string, Media>
  /** The provider's own options, for bodies that contain them (a project). */
  readonly settings?: Settings
  /** Differences of the provider from others with the same dialect. */
  readonly quirks: Quirks
  /** True if the body is only written, by `writeJSON()`: parts of it may be JSON that is kept from an earlier call. */
  readonly keeps?: boolean
}

/** Input of a decoder besides the body. */
export interface DecodeContext<Quirks = unknown> {
  /** Prefix of the provider, for messages. */
  readonly provider: string
  /** Model requested from the provider. */
  readonly model: string
  /** The model behind that name, if the caller gave one (`baseModel`): its rules hold, see `modelRules()`. */
  readonly baseModel?: string | undefined
  /** Differences of the provider from others with the same dialect. */
  readonly quirks: Quirks
  /** State from `encode` of the same call (renamed tools, an emulated feature). */
  readonly encodeState: unknown
  /** Unix time in seconds, for providers that send none. */
  readonly created: number
  /** An id for answers of providers that send none. */
  readonly fallbackId: string
  /** Headers of the answer, lower case, for providers that count in them. */
  readonly headers?: ResponseHeaders
  /** Adds a warning to the call's `meta`. */
  warn?(warning: Warning): void
}

/** Response headers with lower-case names. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A request in the provider's own terms. */
export interface Encoded {
  /** Body of the request, before it is serialised. */
  readonly body: Record<string, unknown>
  /** Files, beside `body`: the request is then sent as `multipart/form-data`, with the fields of `body` as texts. */
  readonly files?: readonly FormFile[]
  /** A body that is one file, in place of JSON: it is sent as it is, and `body` is left out. */
  readonly raw?: Omit<FormFile, 'field' | 'name'>
  /** What follows the path of the address, for APIs that have a voice or parameters there: `/alloy/stream?format=mp3`. */
  readonly subpath?: string
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /** Changes made to the request. */
  readonly warnings?: readonly Warning[]
  /** Handed to the decoder of the same call. */
  readonly encodeState?: unknown
}

/** A file of a form. */
export interface FormFile {
  /** Name of its field. */
  readonly field: string
  /** Name of the file; its ending shows most hosts the format. */
  readonly name: string
  /** Media type. */
  readonly type: string
  /** Content of the file. */
  readonly data: FileContent
}

/** Bytes in memory, or a source of them. */
export type FileContent = Uint8Array | FileSource

/** A file that is not in memory. Every attempt of a call reads it anew. */
export interface FileSource {
  /** Its length in bytes, if it is known. */
  readonly size: number | undefined
  /** Opens it at its beginning. Leaving the loop closes it. */
  open(): AsyncIterable<Uint8Array>
}

/** Chat completions of an API. */
export interface ChatDialect<Quirks = unknown> {
  /** Web search of the provider: beside functions of the caller, or in requests without functions only. @default none */
  readonly webSearch?: 'beside functions' | 'alone'
  /** The `http(s):` URLs in the messages that the API can't take as URLs: they are fetched, and given to `encode` as `context.media`. */
  remoteMedia?(params: ChatParams, context: EncodeContext<Quirks>): readonly string[]
  /**
   * Translates a request. `params.response_format` is never a schema object here, `params.stream` is set,
   * `params.extra_body` has been taken out (the call merges it last).
   * @throws {BadRequestError} naming the message that can't be translated
   * @throws {UnsupportedParamsError} naming every parameter that the target does not support, unless `dropParams`
   */
  encode(params: ChatParams, context: EncodeContext<Quirks>): Encoded
  /** @throws {ProviderFault} if the body is an error or not an answer */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<ChatCompletion>
  /** Creates the decoder of one streamed answer. */
  stream(context: DecodeContext<Quirks>): ChatStreamDecoder
}

/** A synchronous state machine: events in, chunks out. */
export interface ChatStreamDecoder {
  /**
   * Takes one event and appends its chunks to `out`. All chunks of one answer share an id, the first of each choice has `role`, and only
   * the last has `usage`: on a chunk without choices, whenever the provider sends usage. The call hides it from callers that did not ask
   * for it.
   * @throws {ProviderFault} if the event is an error or not JSON
   */
  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void
  /** True after the provider's end mark (`[DONE]`, `message_stop`): nothing can follow. */
  readonly done: boolean
  /**
   * Ends the stream and appends pending chunks. Returns false if the answer was cut: it had neither its end mark nor a finish reason.
   */
  end(out: ChatCompletionChunk[]): boolean
}

/** Embeddings of an API. */
export interface EmbeddingDialect<Quirks = unknown> {
  /** Most inputs of one request. */
  maxInputs(context: EncodeContext<Quirks>): number
  /** Most tokens that one request may have, over all inputs; undefined without a limit. */
  maxTokens?(context: EncodeContext<Quirks>): number | undefined
  /** Translates a request. */
  encode(params: EmbeddingParams, context: EncodeContext<Quirks>): Encoded
  /** Vectors are `number[]`, or base64 text of little-endian float32, which the call decodes. */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<EmbeddingResponse<number[] | string>>
}

/** Reranking of an API. */
export interface RerankDialect<Quirks = unknown> {
  /** Translates a request. */
  encode(params: RerankParams, context: EncodeContext<Quirks>): Encoded
  /** Results by descending relevance. The call adds `document` if requested. */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<RerankResponse>
}

/** OpenAI's Responses API. */
export interface ResponsesDialect<Quirks = unknown> {
  /** Translates a request. */
  encode(params: ResponsesParams, context: EncodeContext<Quirks>): Encoded
  /** @throws {ProviderFault} if the body is an error or not an answer */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<ResponsesResponse>
  /** Usage by the one definition (`docs/usage.md`), fees for the provider's own tools included. */
  usage(response: Decoded<ResponsesResponse>): Usage | undefined
  /** Creates the decoder of one streamed answer. */
  stream(context: DecodeContext<Quirks>): ResponsesStreamDecoder
}

/**
 * An API of chat whose own requests and answers pass unchanged. The chat dialect reads the same answers, for usage, errors and the end of a
 * stream.
 */
export interface NativeDialect<Quirks = unknown> {
  /** Puts a request into the form of the host: its model and version fields. */
  encode(params: Readonly<Record<string, unknown>>, context: EncodeContext<Quirks>): Encoded
}

/** Passes on the API's own events. Its members work like those of {@link ChatStreamDecoder}. */
export interface ResponsesStreamDecoder {
  /** @throws {ProviderFault} if the event is an error or not JSON */
  push(event: string | undefined, data: string, out: ResponsesEvent[]): void
  /** True once the answer is complete. */
  readonly done: boolean
  /** Ends the input. Returns false if the answer is incomplete. */
  end(out: ResponsesEvent[]): boolean
}

/** An operation with one request and one answer. */
export interface OperationDialect<Params extends object = never, Answer extends object = object, Quirks = unknown> {
  /** True if a file may be a {@link FileSource}. The others get its bytes. @default false */
  readonly streamsFiles?: boolean
  /** Translates a request. */
  encode(params: Params, context: EncodeContext<Quirks>): Encoded
  /**
   * Translates an answer.
   * @param body parsed JSON, or the bytes of another body. Its type is in the header `content-type`
   * @throws {ProviderFault} if the body is an error or not an answer
   */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<Answer>
  /** Translates an event of a streamed answer. Undefined for an event without a counterpart. @default unchanged */
  event?(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined
}

/** The operations of an API that have one request and one answer. */
type PlainDialects<Quirks> = { readonly [Name in PlainOperation]?: OperationDialect<never, object, Quirks> }

/** Facts of a failure, read from the structured body if possible, otherwise from its text. */
export interface ErrorFacts {
  /** Class of the error. */
  kind: ErrorKind
  /** The provider's message, without decoration. */
  message: string
  /** The provider's own code or type. */
  providerCode?: string | undefined
  /** The invalid field of the request. */
  param?: string | undefined
  /** The status that an error inside a 200 answer names. */
  status?: number | undefined
  /** From the body, in milliseconds. The call reads headers itself. */
  retryAfterMs?: number | undefined
  /** Advice for the caller in one sentence, if the provider's message has none. */
  hint?: string | undefined
}

/** Class of an error, one per error class of llmux. */
export type ErrorKind =
  | 'authentication'
  | 'permission_denied'
  | 'not_found'
  | 'bad_request'
  | 'context_window_exceeded'
  | 'content_policy_violation'
  | 'unprocessable_entity'
  | 'rate_limit'
  | 'quota_exceeded'
  | 'overloaded'
  | 'internal_server'
  | 'service_unavailable'
  | 'timeout'
  | 'image_fetch'
  | 'invalid_response'

/** A failed response. */
export interface Failure {
  /** HTTP status; 200 for an error inside a stream or a 200 answer. */
  readonly status: number
  /** Parsed JSON, or undefined if the body was not JSON. */
  readonly body: unknown
  /** The body as text. */
  readonly text: string
  /** Response headers, lower case; none for an error inside an answer. */
  readonly headers?: ResponseHeaders
}

/** An error inside of a body with status 200, or a body that is not an answer. */
export class ProviderFault extends Error {
  override readonly name = 'ProviderFault'
  /** The error body, for `Dialect.error`; undefined if the body is neither an answer nor an error. */
  readonly body: unknown
  constructor(message: string, body?: unknown) {
    super(message)
    this.body = body
  }
}

/** A provider's own endpoint that counts the tokens of a prompt. */
export interface CountEndpoint {
  /**
   * Path under the base.
   * @param basePath the path of the base itself, without a slash at its end
   */
  path(model: string, settings: Settings, basePath: string): string
  /** The body, made from the encoded chat body of the same request. */
  encode(chat: Readonly<Record<string, unknown>>, model: string): Record<string, unknown>
  /** Tokens of the prompt; undefined if the answer has no such number. */
  decode(body: unknown): number | undefined
  /** False if the provider calls the number an estimate. */
  readonly exact: boolean
  /** Most characters that the endpoint accepts: longer prompts are counted locally. @default any number */
  readonly mostChars?: number
}

/** A request about a stored response. */
export type StoredAction = 'retrieve' | 'cancel' | 'delete' | 'inputItems'

/** Every request about stored responses. */
export const storedActions: readonly StoredAction[] = Object.freeze(['retrieve', 'cancel', 'delete', 'inputItems'])

/** Translation between llmux and one wire format. */
export interface Dialect<Quirks = unknown> extends PlainDialects<Quirks> {
  /** Framing of streamed bodies. */
  readonly framing: Framing
  /** Chat completions, if the API has them. */
  readonly chat?: ChatDialect<Quirks>
  /** Embeddings, if the API has them. */
  readonly embedding?: EmbeddingDialect<Quirks>
  /** Reranking, if the API has it. */
  readonly rerank?: RerankDialect<Quirks>
  /** OpenAI's Responses API, if available. */
  readonly responses?: ResponsesDialect<Quirks>
  /** Requests about stored responses that the host answers. @default none */
  readonly storedResponses?: readonly StoredAction[]
  /** Operations that the API has in OpenAI's form; a part with the name of the operation takes precedence. @default none */
  readonly operations?: readonly PlainOperation[] | 'all'
  /** Anthropic's Messages API, if `chat` is a translation of it. */
  readonly messages?: NativeDialect<Quirks>
  /** Google's generateContent, if `chat` is a translation of it. */
  readonly generateContent?: NativeDialect<Quirks>
  /** Never throws, whatever the body is. */
  error(failure: Failure): ErrorFacts
}
