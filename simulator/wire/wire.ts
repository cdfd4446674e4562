import type { Answer } from '../answer.js'
import type { Conversation } from '../conversation.js'
import type { FaultReason } from '../fault.js'
import type { Frame } from '../frames.js'
import type { Framing } from '../framing.js'
import type { Json } from '../json.js'
import type { SimulatedOperation, WireName } from '../reply.js'

export type Headers = Readonly<Record<string, string>>

/** A request as a carrier brings it. Header names are lower case. */
export interface Incoming {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Headers
  readonly text: string
}

/** What method, path and headers say about a request. */
export interface Route {
  readonly operation: SimulatedOperation
  /** Where it stands in the path. @default the body's `model` */
  readonly model?: string | undefined
  /** Where the path decides. @default the body's `stream`; where it has none, the wire's `streamsByDefault` */
  readonly stream?: boolean
}

/** What the wires know of a request. */
export interface WireRequest {
  readonly operation: SimulatedOperation
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Headers
  readonly body: Json
  /** From the path, or else from the body; an empty text where neither has one. */
  readonly model: string
  /** Whether a stream is asked for. Always false where it isn't a chat. */
  readonly stream: boolean
  /** Ids are made from it: the same for the same request. */
  readonly seed: string
}

/** An answer that is not streamed. */
export type WireBody = Json | readonly unknown[]

/** An error in the provider's own words. */
export interface WireError {
  readonly status: number
  /** An object is sent as JSON, a text as `contentType` says. */
  readonly body: WireBody | string
  readonly contentType?: string
  readonly headers?: Headers
}

/** Which error is wanted. */
export interface ErrorWish {
  /** @default the provider's status for the reason, else 500 */
  readonly status?: number | undefined
  readonly reason?: FaultReason | undefined
  /** For providers that say it in the body. The header is not theirs to write. */
  readonly retryAfterMs?: number | undefined
  /** @default the provider's usual words */
  readonly message?: string | undefined
}

/** One provider's API: how its requests are read and its answers are written. A new one is a file beside this. */
export interface Wire {
  readonly name: WireName
  /** How the events of a stream are written. */
  readonly framing: Framing
  /** Ends the lines of a stream, where a script doesn't say. @default '\n' */
  readonly lineEnding?: '\n' | '\r\n'
  /** Whether a chat is streamed where neither path nor body says. @default false */
  readonly streamsByDefault?: boolean
  /**
   * What a request asks for, or undefined where it is not for this wire. Only the end of the path is looked at, and the body where
   * two wires share a path.
   */
  route(method: string, path: string, headers: Headers, body: Json): Route | undefined
  /** The key that the request shows. */
  key(headers: Headers, path: string): string | undefined
  /** Headers of every answer, without the content type. */
  headers(request: WireRequest): Headers
  /** The 401 for a key that is wrong, or missing. */
  refuseKey(request: WireRequest, key: string | undefined): WireError
  /** What the real API would not accept of this request. */
  refuse(request: WireRequest): WireError | undefined
  error(request: WireRequest, wish: ErrorWish): WireError
  /** The body of the error that stands in a 200 answer, and as an event. */
  errorInside(request: WireRequest, status: number | undefined): { readonly body: Json; readonly frame: Frame }
  /** Reads a request for a chat, or one that counts its tokens. */
  read(request: WireRequest): Conversation
  whole(answer: Answer, request: WireRequest): WireBody
  /** Headers of a whole answer that depend on what it says. */
  answerHeaders?(answer: Answer): Headers
  /** What is said at once to a request whose answer is fetched with another. It takes no reply and no fault: they are for the answer. */
  receipt?(request: WireRequest): WireError | undefined
  frames(answer: Answer, request: WireRequest): Frame[]
  /** What is sent to keep a silent stream alive. Left out where the API has nothing for that. */
  keepAlive?(eol: string): string
  /** `vectors` is what a script wants, one for each input. */
  embeddings?(request: WireRequest, vectors: readonly (readonly number[])[] | undefined): WireBody
  /** `scores` is what a script wants, one for each document. */
  rerank?(request: WireRequest, scores: readonly number[] | undefined): WireBody
  moderations?(request: WireRequest): WireBody
  models?(request: WireRequest, models: readonly string[]): WireBody
  countTokens?(conversation: Conversation, request: WireRequest): WireBody
}

/** Whether a path ends so, whatever the base in front of it and the query behind it. */
export function endsWith(path: string, suffix: string): boolean {
  const query = path.indexOf('?')
  return (query < 0 ? path : path.slice(0, query)).endsWith(suffix)
}

/** The model's id in `/models/{id}`; undefined where the path is not one. */
export function modelInPath(path: string): string | undefined {
  const match = /\/models\/([^/?]+)(?:\?|$)/.exec(path)
  return match?.[1] === undefined ? undefined : decodeURIComponent(match[1])
}

/**
 * What stands behind the model in a path of Google's: `/models/{id}:rawPredict`, with the publisher where it is Vertex AI's
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
