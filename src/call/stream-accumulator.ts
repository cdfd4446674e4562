import type { Decoded } from '../../providers/contract.js'
import type { ChatCompletion } from '../types/chat.js'
import type { AnyUsage, Billing } from './billing.js'

/**
 * What one try of a stream makes of its events: the decoder of the dialect, and the answer that is put together as its items
 * pass. Chat has chunks for items, the Responses API its own events.
 */
export interface StreamAccumulator<Item, Answer> {
  /** Takes one event and appends what it makes to `out`. */
  push(event: string | undefined, data: string, out: Item[]): void
  /** True once the provider has said that nothing can follow. */
  readonly done: boolean
  /** The bytes are over. Appends what was held back; false where the answer was cut. */
  end(out: Item[]): boolean
  /** A whole answer that came in place of a stream, as items. */
  pushAnswer(body: unknown, out: Item[]): void
  /** Notes an item, and says what it is to the reader: nothing at all, something, or content. */
  add(item: Item): 'hidden' | 'quiet' | 'content'
  /** True once there is anything. */
  readonly started: boolean
  readonly usage: AnyUsage | undefined
  readonly nativeFinishReason: string | undefined
  /** The answer so far. */
  answer(): Decoded<Answer>
  /** The same as a chat answer, for `partial` of an error. */
  partial(): Decoded<ChatCompletion>
  /** What the answer so far says of its price. */
  billing(): Billing
}
