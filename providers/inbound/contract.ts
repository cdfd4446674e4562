/**
 * The interface of an inbound wire: the API that a client speaks. A wire translates its requests to chat, and chat answers back, so
 * that it works with every chat model. Wires are pure, as dialects are.
 */
import type { ChatCompletion, ChatCompletionChunk, ChatParams } from '../../src/types/chat.js'
import type { Warning } from '../../src/types/meta.js'
import type { ChatDialect, Decoded } from '../contract.js'

/** Input of a wire besides the request. Wires read no clock, no environment and no randomness. */
export interface InboundContext {
  /** Model name that the client asked for. */
  readonly model: string
  /** Unix time in seconds. */
  readonly created: number
  /** Unique within the process, letters and digits: stem of the ids that the wire needs. */
  readonly id: string
  /** Web search of the provider: beside functions of the caller, or in requests without functions only. @default none */
  readonly webSearch?: ChatDialect['webSearch'] | undefined
  /** Adds a warning to the call's `meta`. */
  warn?(warning: Warning): void
}

/** Translation between one inbound API and chat. */
export interface InboundWire<
  Request extends object = object,
  Answer extends object = object,
  Event extends object = object,
> {
  /**
   * Translates a request. A part without an equivalent is dropped with a warning. Fields that the wire does not know never fail a
   * request: clients are newer than this code.
   * @throws {BadRequestError} if the answer would be wrong without the part, or the request has the wrong shape
   */
  decodeRequest(request: Request, context: InboundContext): ChatParams
  /** Translates an answer. Everything that the wire has a place for is kept. */
  encodeAnswer(answer: Decoded<ChatCompletion>, request: Request, context: InboundContext): Answer
  /** Creates the encoder of one streamed answer. */
  streamEncoder(request: Request, context: InboundContext): InboundStreamEncoder<Event>
}

/** A synchronous state machine: chunks in, events of the wire out, in the order of the wire. */
export interface InboundStreamEncoder<Event> {
  /** Takes one chunk and appends its events to `out`. The usage chunk always comes, last and without choices. */
  push(chunk: ChatCompletionChunk, out: Event[]): void
  /** Ends the answer: appends the closing events, with usage. Called for complete answers only. */
  end(out: Event[]): void
}
