/**
 * The interfaces that a provider is made of: provider = dialect × address × auth × framing × quirks.
 * A provider imports types, errors and this file, and nothing else of the house.
 */
import type { ChatCompletion, ChatCompletionChunk, ChatParams, Usage } from '../src/types/chat.js'
import type { EmbeddingParams, EmbeddingResponse } from '../src/types/embedding.js'
import type { Media } from '../src/types/media.js'
import type { Warning } from '../src/types/meta.js'
import type { ModerationParams, ModerationResponse } from '../src/types/moderation.js'
import type { RerankParams, RerankResponse } from '../src/types/rerank.js'
import type { ResponsesEvent, ResponsesParams, ResponsesResponse } from '../src/types/responses.js'

/** Operation of a call. */
export type Operation = 'chat' | 'embedding' | 'rerank' | 'responses' | 'moderation'

/** Paths of the operations that a provider has. */
export type Paths = Readonly<Partial<Record<Operation, string>>>

/**
 * How a streamed body is cut into events: server-sent events, one JSON document a line, the binary messages of AWS (the
 * event is then the `:event-type` or `:exception-type`, the data the payload), or such messages with pieces of a stream of
 * server-sent events in them (SageMaker).
 */
export type Framing = 'sse' | 'ndjson' | 'aws-event-stream' | 'aws-sse'

/** What a dialect makes, before the call's `meta` is put on it. */
export type Decoded<Answer> = Omit<Answer, 'meta'>

/** What a translator may know of the world. It reads no clock, no environment and no randomness of its own. */
export interface EncodeContext<Quirks = unknown> {
  /** The provider's prefix, for messages. */
  readonly provider: string
  /** The model as the provider names it: the model string without its prefix. */
  readonly model: string
  /** The model behind that name, if the caller gave one (`baseModel`): its rules hold, see `modelRules()`. */
  readonly baseModel?: string | undefined
  /** True where the caller accepts that unsupported parameters are left out. */
  readonly dropParams: boolean
  /** True where the call goes to the provider's own host, false where the caller gave another `apiBase`. */
  readonly ownHost: boolean
  /** What `remoteMedia` asked for, by URL. */
  readonly media?: ReadonlyMap<string, Media>
  /** The provider's own options, where its body has them (a project). */
  readonly settings?: Settings
  /** Differences of the provider from others with the same dialect. */
  readonly quirks: Quirks
}

/** Input of a decoder besides the body. */
export interface DecodeContext<Quirks = unknown> {
  /** Prefix of the provider, for messages. */
  readonly provider: string
  /** Model requested from the provider. */
  readonly model: string
  /** Differences of the provider from others with the same dialect. */
  readonly quirks: Quirks
  /** What `encode` wanted to remember (renamed tools, an emulated feature). */
  readonly encodeState: unknown
  /** Unix time in seconds, for providers that send none. */
  readonly created: number
  /** An id for answers of providers that send none. */
  readonly fallbackId: string
  /** Headers of the answer, lower case, for providers that count in them. */
  readonly headers?: ResponseHeaders
}

/** Response headers with lower-case names. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A request in the provider's own terms. */
export interface Encoded {
  /** Body of the request, before it is serialised. */
  readonly body: Record<string, unknown>
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /** Changes made to the request. */
  readonly warnings?: readonly Warning[]
  /** Handed to the decoder of the same call. */
  readonly encodeState?: unknown
}

/** Chat completions of an API. */
export interface ChatDialect<Quirks = unknown> {
  /** The `http(s):` URLs in the messages that the API can't take as URLs: they are fetched, and given to `encode` as `context.media`. */
  remoteMedia?(params: ChatParams, context: EncodeContext<Quirks>): readonly string[]
  /**
   * Translates a request. `params.response_format` is never a schema object here, `params.stream` is set,
   * `params.extra_body` has been taken out (the call merges it last).
   * @throws {BadRequestError} naming the message index, where the messages can't be translated
   * @throws {UnsupportedParamsError} naming every parameter that the target can't honour, unless `dropParams`
   */
  encode(params: ChatParams, context: EncodeContext<Quirks>): Encoded
  /** @throws {ProviderFault} where the body is an error or not an answer */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<ChatCompletion>
  /** Creates the decoder of one streamed answer. */
  stream(context: DecodeContext<Quirks>): ChatStreamDecoder
}

/** A synchronous state machine: events in, chunks out. */
export interface ChatStreamDecoder {
  /**
   * Takes one event and appends the chunks that it makes to `out`. All chunks of one answer share an id, the first of each
   * choice carries `role`, and only the last carries `usage` (on a chunk with no choices, and always, where the
   * provider gives usage: the call leaves it out where the caller did not ask for it).
   * @throws {ProviderFault} where the event is an error or not JSON
   */
  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void
  /** True once the provider has said that the answer is complete and nothing can follow (`[DONE]`, `message_stop`). */
  readonly done: boolean
  /**
   * The bytes are over. Appends what was held back. Returns false where the answer was cut: neither the end mark
   * nor a finish reason had come.
   */
  end(out: ChatCompletionChunk[]): boolean
}

/** Embeddings of an API. */
export interface EmbeddingDialect<Quirks = unknown> {
  /** The most inputs that one request may have. */
  maxInputs(context: EncodeContext<Quirks>): number
  /** Translates a request. */
  encode(params: EmbeddingParams, context: EncodeContext<Quirks>): Encoded
  /** Vectors are `number[]`, or base64 text of little-endian float32, which the call decodes. */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<EmbeddingResponse<number[] | string>>
}

/** Reranking of an API. */
export interface RerankDialect<Quirks = unknown> {
  /** Translates a request. */
  encode(params: RerankParams, context: EncodeContext<Quirks>): Encoded
  /** Results in the order of their relevance; `document` is put in by the call, where it was asked for. */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<RerankResponse>
}

/** OpenAI's Responses API. */
export interface ResponsesDialect<Quirks = unknown> {
  /** Translates a request. */
  encode(params: ResponsesParams, context: EncodeContext<Quirks>): Encoded
  /** @throws {ProviderFault} where the body is an error or not an answer */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<ResponsesResponse>
  /** Usage by the one definition (`docs/usage.md`), fees for the provider's own tools included. */
  usage(response: Decoded<ResponsesResponse>): Usage | undefined
  /** Creates the decoder of one streamed answer. */
  stream(context: DecodeContext<Quirks>): ResponsesStreamDecoder
}

/** The API's own events, as they come. It says what {@link ChatStreamDecoder} says. */
export interface ResponsesStreamDecoder {
  /** @throws {ProviderFault} where the event is an error or not JSON */
  push(event: string | undefined, data: string, out: ResponsesEvent[]): void
  /** True once the answer is complete. */
  readonly done: boolean
  /** Ends the input. Returns false if the answer is incomplete. */
  end(out: ResponsesEvent[]): boolean
}

/** Moderation of an API. */
export interface ModerationDialect<Quirks = unknown> {
  /** Translates a request. */
  encode(params: ModerationParams, context: EncodeContext<Quirks>): Encoded
  /** Translates an answer. */
  decode(body: unknown, context: DecodeContext<Quirks>): Decoded<ModerationResponse>
}

/** What a failure is, read from the provider's answer: the structured body first, text only where the API gives nothing better. */
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
  /** From the body, in milliseconds. Headers are read by the call. */
  retryAfterMs?: number | undefined
  /** What the caller can do about it, one sentence, where the provider's message doesn't say. */
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
  /** Parsed JSON, or undefined where the body was not JSON. */
  readonly body: unknown
  /** The body as text. */
  readonly text: string
  /** Response headers, lower case; none for an error inside an answer. */
  readonly headers?: ResponseHeaders
}

/** An error that stands in a body whose status says 200, or a body that is no answer at all. */
export class ProviderFault extends Error {
  override readonly name = 'ProviderFault'
  /** The error body, given to `Dialect.error`; undefined where the body is not an answer and not an error either. */
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
  /** The body, out of the chat body that the dialect makes of the same request. */
  encode(chat: Readonly<Record<string, unknown>>, model: string): Record<string, unknown>
  /** Tokens of the prompt; undefined where the answer has no such number. */
  decode(body: unknown): number | undefined
  /** Whether the provider stands by the number, or calls it an estimate itself. */
  readonly exact: boolean
  /** The most characters that it takes: longer prompts are counted here. @default any number */
  readonly mostChars?: number
}

/** What the bytes mean. */
export interface Dialect<Quirks = unknown> {
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
  /** Moderation, if the API has it. */
  readonly moderation?: ModerationDialect<Quirks>
  /** Never throws, whatever the body is. */
  error(failure: Failure): ErrorFacts
}

/** Where calls go. */
export interface Address {
  /**
   * Base URL, without a trailing slash; a function where a setting (region, project) is part of it. Undefined where every caller
   * has a base of their own, or has not given what it is made of.
   */
  readonly base: string | undefined | ((settings: Settings) => string | undefined)
  /** Origins of further hosts of the provider's own, as of a region. */
  readonly ownHosts?: RegExp
  /** What a base looks like, for the error that says that there is none. */
  readonly example?: string
  /** What to give beside a base, for the error that says that there is none: `pass accountId`. */
  readonly orElse?: string
  /** Environment variables that replace the base, first match wins. */
  readonly env: readonly string[]
  /** Makes a base of what stands in the environment, where that may be less than a URL (`OLLAMA_HOST=localhost`). */
  readonly fromEnvironment?: (value: string) => string
  /**
   * Path under the base, with its query.
   * @param basePath the path of the base itself, without a slash at its end
   * @param ownHost whether the base is the provider's own
   */
  path(
    operation: Operation,
    model: string,
    stream: boolean,
    settings: Settings,
    basePath: string,
    ownHost?: boolean,
  ): string
}

/** Options of a provider that are neither key nor base, with the environment and the defaults behind them. */
export type Settings = Readonly<Partial<Record<SettingName, string>>>

/** Name of a provider option other than key and base URL. */
export type SettingName =
  | 'apiVersion'
  | 'region'
  | 'project'
  | 'location'
  | 'accessKeyId'
  | 'secretAccessKey'
  | 'sessionToken'
  | 'profile'
  | 'credentials'
  | 'accountId'
  | 'spaceId'
  | 'clientId'
  | 'clientSecret'

/** An option of a provider. */
export interface Setting {
  /** The option's name, on a call and under `providers`. */
  readonly option: SettingName
  /** Environment variables to look in, first match wins. */
  readonly env: readonly string[]
  /** Value without option and environment variable. */
  readonly default?: string
  /** What it looks like, for the error that says that there is none. */
  readonly example?: string
  /** True where no call can be made without it: the error then names option and variables. */
  readonly required?: boolean
  /** The credential with which the provider's own host makes do without it; with any other it is required there. */
  readonly requiredUnless?: AuthScheme['option']
  /** True where it must not be printed. */
  readonly secret?: boolean
}

/** A request that is about to be sent. */
export interface Signable {
  /** HTTP method. */
  readonly method: 'POST'
  /** Address with path and query. */
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Serialised body. */
  readonly body: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What `authorize` is given beside the request. */
export interface SignInAid {
  /** The key that is to be traded for a token, where the caller has one (`AuthScheme.traded`). */
  readonly key: string | undefined
  /** Sends a request beside the call's own (for a token), through the same connections. It has a time of its own, as several calls may wait for it. */
  readonly send: (request: AuxiliaryRequest) => Promise<AuxiliaryResponse>
}

/** An answer that says that a sign-in does not hold (401), or may not (403). */
export interface Refusal {
  /** What was sent as a bearer. */
  readonly token: string
  /** HTTP status, 401 or 403. */
  readonly status: number
  /** The provider's message. */
  readonly message: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** A request besides the call itself, such as a token exchange. */
export interface AuxiliaryRequest {
  /** HTTP method. */
  readonly method: 'GET' | 'POST'
  /** Address with path and query. */
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Serialised body. */
  readonly body?: string
}

/** Response to an auxiliary request. */
export interface AuxiliaryResponse {
  /** HTTP status. */
  readonly status: number
  /** Body as text. */
  readonly text: string
}

/** A request that goes on from an answer that was a receipt only. */
export interface PollRequest {
  /** The whole address. Credentials go along where it has the origin of the call's own. */
  readonly url: string
  /** Milliseconds to wait before. */
  readonly afterMs?: number
  /** True where it is another host of the provider's own, which gets the credential of a call to the provider's own host. */
  readonly trusted?: boolean
  /** Where to POST, at the origin of the call's own, once nobody waits for the answer any more: it is told, and not waited for. */
  readonly cancel?: string
}

/** One way to show who pays. */
export interface AuthScheme {
  /** The option that carries the credential, for messages. */
  readonly option: 'apiKey' | 'authToken'
  /** Environment variables to look in, first match wins. */
  readonly env: readonly string[]
  /** Header name, lower case. */
  readonly header: string
  /** Put before the credential: `Bearer `. */
  readonly prefix?: string
  /** True where it is not sent, but handed to `authorize`, which gets a token for it. */
  readonly traded?: boolean
}

/** Authentication of a provider. */
export interface Auth {
  /** First scheme with a credential wins. */
  readonly schemes: readonly AuthScheme[]
  /** False where the provider's servers may run without a key. @default true */
  readonly required?: boolean
  /** Where to get a key, for the error that says it is missing. */
  readonly url?: string
}

/** A provider: dialect, address, authentication and their details. */
export interface Provider<Quirks = unknown> {
  /** The prefix of its model strings. */
  readonly id: string
  /** Its name in messages. */
  readonly name: string
  /** Translation of requests, answers and errors. */
  readonly dialect: Dialect<Quirks>
  /** Base URL and paths. */
  readonly address: Address
  /** Authentication by key or token. */
  readonly auth: Auth
  /** Where it counts the tokens of a prompt without answering it. */
  readonly count?: CountEndpoint
  /** Sent with every request: API versions and the like. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * The provider that serves a model, where one host speaks several dialects (Claude, Gemini and others on Vertex AI): it loads
   * what it needs, and keeps it.
   */
  readonly route?: (model: string, request?: RouteRequest) => Provider | Promise<Provider>
  /** The model without what only chooses the way to it (`invoke/` of Bedrock), or as the provider spells it. */
  readonly modelName?: (model: string) => string
  /** Options of its own, given to `address` and `authorize`. */
  readonly settings?: readonly Setting[]
  /**
   * Headers that need more than a key: a signature over the request, a token that is fetched. Called before every try, where no
   * key was found that `auth` could send. May load an optional package, and keeps what it fetched as long as that is good.
   * @throws {AuthenticationError} saying what to set
   */
  readonly authorize?: (request: Signable, settings: Settings, aid: SignInAid) => Headers | Promise<Headers>
  /**
   * Drops a token that `authorize` had kept and the provider has refused. True where `authorize` gets another now: the call is then
   * tried once more, at once.
   */
  readonly forget?: (refusal: Refusal) => boolean
  /**
   * For providers that answer with a receipt: what to GET next, or undefined where the body is the answer. Asked of every JSON
   * answer of a call, as often as it takes, within the call's time. Where a try fails in between, the next goes on from there.
   */
  readonly poll?: (body: unknown, stream: boolean) => PollRequest | undefined
  /** Headers made from options or environment (`organization`, `project`). */
  readonly optionHeaders?: readonly OptionHeader[]
  /** Differences from other providers with the same dialect. */
  readonly quirks: Quirks
  /** Taken instead of `quirks` where the call goes to the provider's own host: there more is known than of any server. */
  readonly ownQuirks?: Quirks
}

/** The parts of a call that choose among the APIs of one host. */
export interface RouteRequest {
  /** Operation of the call. */
  readonly operation: Operation
  /** The model behind the name, if the caller gave one. */
  readonly baseModel: string | undefined
  /** The parameters of the call, unchecked. */
  readonly params: Readonly<Record<string, unknown>>
  /** False if the call goes to a base that is not the provider's own. */
  readonly ownHost: boolean
}

/** Request headers with lower-case names. */
export type Headers = Readonly<Record<string, string>>

/** A header made from an option. */
export interface OptionHeader {
  /** Name of the option. */
  readonly option: 'organization' | 'project'
  /** Environment variables for the option, first match wins. */
  readonly env: readonly string[]
  /** Name of the header, lower case. */
  readonly header: string
}
