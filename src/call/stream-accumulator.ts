import type { Decoded } from '../../providers/contract.js'
import type { ChatCompletion } from '../types/chat.js'
import type { AnyUsage, Billing } from './billing.js'

/**
 * Accumulates one attempt of a stream: decodes its events to items and assembles the answer from them. The items of chat are
 * chunks, those of the Responses API its own events.
 */
export interface StreamAccumulator<Item, Answer> {
  /** Decodes one event and appends its items to `out`. */
  push(event: string | undefined, data: string, out: Item[]): void
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
