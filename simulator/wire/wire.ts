import type { Answer } from '../answer.js'
import type { Conversation } from '../conversation.js'
import type { FaultReason } from '../fault.js'
import type { Frame } from '../frames.js'
import type { Framing } from '../framing.js'
import type { Json } from '../json.js'
import type { RawReply, SimulatedOperation, WireName } from '../reply.js'
import type { SimulatedResponses } from '../stored.js'

export type Headers = Readonly<Record<string, string>>

/** A raw request. Header names are lower case. */
export interface Incoming {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Headers
  readonly text: string
}

/** Facts about a request from method, path and headers. */
export interface Route {
  readonly operation: SimulatedOperation
  /** From the path. @default the body's `model` */
  readonly model?: string | undefined
  /** Decided by the path. @default the body's `stream`, or the wire's `streamsByDefault` */
  readonly stream?: boolean
}

/** A classified request. */
export interface WireRequest {
  readonly operation: SimulatedOperation
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Headers
  readonly body: Json
  /** From the path or the body; an empty string without either. */
  readonly model: string
  /** Whether a stream is requested. Always false for other operations than chat. */
  readonly stream: boolean
  /** Seed of ids: the same for the same request. */
  readonly seed: string
  /** Responses that the simulated host has stored. */
  readonly responses?: SimulatedResponses
}

/** An answer that is not streamed. */
export type WireBody = Json | readonly unknown[]

/** An error in the provider's format. */
export interface WireError {
  readonly status: number
  /** An object is sent as JSON, a string with `contentType`. */
  readonly body: WireBody | string
  readonly contentType?: string
  readonly headers?: Headers
}

/** The requested error. */
export interface ErrorWish {
  /** @default the provider's status for the reason, else 500 */
  readonly status?: number | undefined
  readonly reason?: FaultReason | undefined
  /** For providers that repeat it in the body. The carrier writes the header. */
  readonly retryAfterMs?: number | undefined
  /** @default the provider's usual message */
  readonly message?: string | undefined
}

/** One provider's API: reads its requests and writes its responses. Add a file in this folder for a new one. */
export interface Wire {
  readonly name: WireName
  /** Encodes the events of a stream. */
  readonly framing: Framing
  /** Default line ending of a stream. @default '\n' */
  readonly lineEnding?: '\n' | '\r\n'
  /** Whether a chat streams by default. @default false */
  readonly streamsByDefault?: boolean
  /**
   * Classifies a request; undefined if it is not for this wire. Uses the end of the path, and the body if
   * two wires share a path.
   */
  route(method: string, path: string, headers: Headers, body: Json): Route | undefined
  /** The API key of the request. */
  key(headers: Headers, path: string): string | undefined
  /** Headers of every response, without the content type. */
  headers(request: WireRequest): Headers
  /** The 401 for a wrong or missing key. */
  refuseKey(request: WireRequest, key: string | undefined): WireError
  /** Validates the request like the real API. */
  refuse(request: WireRequest): WireError | undefined
  error(request: WireRequest, wish: ErrorWish): WireError
  /** The error body inside a 200 response or stream. */
  errorInside(request: WireRequest, status: number | undefined): { readonly body: Json; readonly frame: Frame }
  /** Reads a chat or token count request. */
  read(request: WireRequest): Conversation
  whole(answer: Answer, request: WireRequest): WireBody
  /** Headers that depend on the answer. */
  answerHeaders?(answer: Answer): Headers
  /** The immediate response to a request whose answer is fetched later. Replies and faults apply to the later one. */
  receipt?(request: WireRequest): WireError | undefined
  frames(answer: Answer, request: WireRequest): Frame[]
  /** Keep-alive bytes of a silent stream. Omitted for APIs without one. */
  keepAlive?(eol: string): string
  /** `vectors` come from the script, one per input. */
  embeddings?(request: WireRequest, vectors: readonly (readonly number[])[] | undefined): WireBody
  /** `scores` come from the script, one per document. */
  rerank?(request: WireRequest, scores: readonly number[] | undefined): WireBody
  moderations?(request: WireRequest): WireBody
  /** Requests about stored responses. */
  stored?(request: WireRequest): RawReply
  /** Compacted conversations. */
  compacted?(request: WireRequest): WireBody
  decisions?(request: WireRequest): WireBody
  /** Images and audio. */
  media?(request: WireRequest): RawReply
  models?(request: WireRequest, models: readonly string[]): WireBody
  countTokens?(conversation: Conversation, request: WireRequest): WireBody
}

/** Whether a path ends with this suffix, ignoring base and query. */
export function endsWith(path: string, suffix: string): boolean {
  const query = path.indexOf('?')
  return (query < 0 ? path : path.slice(0, query)).endsWith(suffix)
}

/** The model id in `/models/{id}`, or undefined. */
export function modelInPath(path: string): string | undefined {
  const match = /\/models\/([^/?]+)(?:\?|$)/.exec(path)
  return match?.[1] === undefined ? undefined : decodeURIComponent(match[1])
}

/**
 * The method after the model in Google's paths: `/models/{id}:rawPredict`, with the publisher on Vertex AI:
 * `/publishers/{publisher}/models/{id}:rawPredict`.
 */
export function googleMethod(path: string): GoogleMethod | undefined {
  const match = /(?:\/publishers\/([^/?]+))?\/(models|tunedModels|endpoints)\/([^/:?]+):(\w+)(?:\?|$)/.exec(path)
  if (!match) return undefined
  const [, publisher, kind, id = '', name = ''] = match
  return { publisher, model: kind === 'tunedModels' ? `tunedModels/${id}` : decodeURIComponent(id), name }
}

export interface GoogleMethod {
  readonly publisher: string | undefined
  readonly model: string
  readonly name: string
}
