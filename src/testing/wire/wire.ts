import type { Answer } from '../answer.js'
import type { Conversation } from '../conversation.js'
import type { FaultReason } from '../fault.js'
import type { Frame } from '../frames.js'
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

/** What the wires know of a request. */
export interface WireRequest {
  readonly operation: SimulatedOperation
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: Json
  readonly model: string
  /** Ids are made from it: the same for the same request. */
  readonly seed: string
}

/** An error in the provider's own words. */
export interface WireError {
  readonly status: number
  /** An object is sent as JSON, a text as `contentType` says. */
  readonly body: Json | string
  readonly contentType?: string
  readonly headers?: Headers
}

/** Which error is wanted. */
export interface ErrorWish {
  /** @default the provider's status for the reason, else 500 */
  readonly status?: number | undefined
  readonly reason?: FaultReason | undefined
  /** @default the provider's usual words */
  readonly message?: string | undefined
}

/** One provider's API: how its requests are read and its answers are written. A new one is a file beside this. */
export interface Wire {
  readonly name: WireName
  /** What a request asks for, or undefined where it is not for this wire. Only the end of the path is looked at. */
  route(method: string, path: string, headers: Headers): SimulatedOperation | undefined
  /** The key that the request shows. */
  key(headers: Headers): string | undefined
  /** Headers of every answer, without the content type. */
  headers(request: WireRequest): Headers
  /** The 401 for a key that is wrong, or missing. */
  refuseKey(request: WireRequest, key: string | undefined): WireError
  /** What the real API would not accept of this request. */
  refuse(request: WireRequest): WireError | undefined
  error(request: WireRequest, wish: ErrorWish): WireError
  /** The body of the error that stands in a 200 answer, and as an event. */
  errorInside(request: WireRequest, status: number | undefined): { readonly body: Json; readonly frame: Frame }
  read(body: Json): Conversation
  whole(answer: Answer, request: WireRequest): Json
  frames(answer: Answer, request: WireRequest): Frame[]
  /** What is sent to keep a silent stream alive. */
  keepAlive(eol: string): string
  embeddings?(request: WireRequest, vectors: readonly (readonly number[])[] | undefined): Json
  models(request: WireRequest, models: readonly string[]): Json
  countTokens?(conversation: Conversation): Json
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
