import type { Decoded } from '../../providers/contract.js'
import type { Framer } from '../transport/framer.js'
import type { ChatCompletion } from '../types/chat.js'
import type { CallMeta } from '../types/meta.js'
import type { StreamParts } from './answer-stream.js'
import type { AnyUsage, Billing } from './billing.js'

/**
 * Accumulates one attempt of a stream: decodes its events to items and assembles the answer from them. The items of chat are
 * chunks, those of the Responses API its own events.
 */
export interface StreamAccumulator<Item, Answer> {
  /** Decodes one event and appends its items to `out`. */
  push(event: string | undefined, data: string, out: Item[]): void
  /** Makes the framer of a stream that has no events. It appends items to `out`. */
  framer?(out: Item[]): Framer
  /** True after the provider's end mark. */
  readonly done: boolean
  /** Ends the input and appends held-back items. False if the answer was cut. */
  end(out: Item[]): boolean
  /** Converts a complete answer, sent in place of a stream, to items. */
  pushAnswer(body: unknown, out: Item[]): void
  /** Adds an item to the answer and returns its weight: hidden from the reader, visible, or content. */
  add(item: Item): 'hidden' | 'quiet' | 'content'
  /** True after the first item. */
  readonly started: boolean
  readonly usage: AnyUsage | undefined
  readonly nativeFinishReason: string | undefined
  /** The answer so far. */
  answer(): Decoded<Answer>
  /** The same as a chat answer, for `partial` of an error. */
  partial(): Decoded<ChatCompletion>
  /** Billing facts of the answer so far. */
  billing(): Billing
}

/** An answer with its `meta`. */
export type Complete<Answer> = Decoded<Answer> & { readonly meta: CallMeta }

/** Functions that read a stream. */
export interface StreamSetup<Item, Answer, Stream> {
  /** Makes the accumulator of an attempt. */
  read(): StreamAccumulator<Item, Answer>
  /** Estimates the usage of an answer that ended early. */
  estimate(answer: Decoded<Answer>): AnyUsage | undefined
  /** Completes the answer, with validation if the request has a schema. */
  complete(answer: Complete<Answer>): Answer | Promise<Answer>
  /** Makes the caller's stream. */
  stream(parts: StreamParts<Item, Answer>): Stream
}

/** Usage of a stream that was left or cut. Missing usage is estimated. */
export function earlyUsage<Item, Answer>(
  reading: StreamAccumulator<Item, Answer>,
  setup: Pick<StreamSetup<Item, Answer, unknown>, 'estimate'>,
): { usage: AnyUsage | undefined; billing: Billing } {
  let usage: AnyUsage | undefined
  let billing: Billing = {}
  try {
    usage = reading.usage
    const estimate = usage ? undefined : setup.estimate(reading.answer())
    billing = { ...reading.billing(), ...(estimate && { estimated: true }) }
    usage ??= estimate
  } catch {
    // an answer that can't be assembled has no known usage
  }
  return { usage, billing }
}
