import type { ChatDialect, Decoded } from '../../providers/contract.js'
import type { ChatCompletion, ChatCompletionChunk } from '../types/chat.js'
import type { AnyUsage, Billing } from './billing.js'
import type { Call } from './call.js'
import { ChatAccumulator } from './chat-accumulator.js'
import { RawEvent } from './raw-event.js'
import type { StreamAccumulator } from './stream-accumulator.js'

type Weight = 'hidden' | 'quiet' | 'content'

/** The part that two accumulators share: chat is accumulated for usage, the end and `partial`, items are events of a wire. */
abstract class OverChat<Item extends object> implements StreamAccumulator<Item, ChatCompletion> {
  protected readonly chat: ChatAccumulator
  protected readonly chunks: ChatCompletionChunk[] = []
  /** Weights of items that were made and not added yet, in order. */
  readonly #weights: Weight[] = []
  #next = 0

  constructor(part: ChatDialect, call: Call) {
    this.chat = new ChatAccumulator(part, call.decodeContext(), true)
  }

  abstract push(event: string | undefined, data: string, out: Item[]): void
  abstract end(out: Item[]): boolean
  abstract pushAnswer(body: unknown, out: Item[]): void

  /** Adds the decoded chunks to the answer and returns the highest weight. */
  protected take(): Weight {
    let weight: Weight = 'quiet'
    for (const chunk of this.chunks) if (this.chat.add(chunk) === 'content') weight = 'content'
    this.chunks.length = 0
    return weight
  }

  protected weigh(weight: Weight): void {
    this.#weights.push(weight)
  }

  add(): Weight {
    const weight = this.#weights[this.#next++] ?? 'quiet'
    if (this.#next === this.#weights.length) {
      this.#weights.length = 0
      this.#next = 0
    }
    return weight
  }

  get done(): boolean {
    return this.chat.done
  }

  get started(): boolean {
    return this.chat.started
  }

  get usage(): AnyUsage | undefined {
    return this.chat.usage
  }

  get nativeFinishReason(): string | undefined {
    return this.chat.nativeFinishReason
  }

  answer(): Decoded<ChatCompletion> {
    return this.chat.answer()
  }

  partial(): Decoded<ChatCompletion> {
    return this.chat.partial()
  }

  billing(): Billing {
    return this.chat.billing()
  }
}

/** Encoder of one streamed answer: chunks in, events of the client's API out. */
interface Encoder<Event> {
  push(chunk: ChatCompletionChunk, out: Event[]): void
  end(out: Event[]): void
}

/** Passes a provider's events on unchanged. */
export class NativeAccumulator<Event extends object> extends OverChat<RawEvent | Event> {
  readonly #encoder: () => Encoder<Event>
  readonly #showsUsage: boolean

  /**
   * @param encoder makes the events of an answer that comes as a whole
   * @param showsUsage false to hide the event of a chat-like API that has usage only
   */
  constructor(part: ChatDialect, call: Call, encoder: () => Encoder<Event>, showsUsage = true) {
    super(part, call)
    this.#encoder = encoder
    this.#showsUsage = showsUsage
  }

  push(event: string | undefined, data: string, out: (RawEvent | Event)[]): void {
    this.chat.push(event, data, this.chunks)
    const weight = this.take()
    // an end mark that a proxy added is not part of the API
    if (data.charCodeAt(0) === OPEN_BRACKET && data.trim() === '[DONE]') return
    if (!this.#showsUsage && usageOnly.test(data)) return
    out.push(new RawEvent(event, data))
    this.weigh(weight)
  }

  end(): boolean {
    const complete = this.chat.end(this.chunks)
    this.take()
    return complete
  }

  pushAnswer(body: unknown, out: (RawEvent | Event)[]): void {
    this.chat.pushAnswer(body, this.chunks)
    const encoder = this.#encoder()
    const events: Event[] = []
    for (const chunk of this.chunks) encoder.push(chunk, events)
    encoder.end(events)
    this.take()
    for (const event of events) {
      out.push(event)
      this.weigh('content')
    }
  }
}

const OPEN_BRACKET = 0x5b
const usageOnly = /^(?=.*"usage":\s*\{).*"choices":\s*\[\s*\]/s

/** Translates the chunks of a chat stream to the events of the client's API. */
export class BridgedAccumulator<Event extends object> extends OverChat<Event> {
  readonly #encoder: Encoder<Event>

  constructor(part: ChatDialect, call: Call, encoder: Encoder<Event>) {
    super(part, call)
    this.#encoder = encoder
  }

  push(event: string | undefined, data: string, out: Event[]): void {
    try {
      this.chat.push(event, data, this.chunks)
    } finally {
      this.#encode(out)
    }
  }

  end(out: Event[]): boolean {
    const complete = this.chat.end(this.chunks)
    this.#encode(out)
    if (complete) this.#close(out)
    return complete
  }

  pushAnswer(body: unknown, out: Event[]): void {
    this.chat.pushAnswer(body, this.chunks)
    this.#encode(out)
    this.#close(out)
  }

  #encode(out: Event[]): void {
    const { chunks } = this
    if (chunks.length === 0) return
    const before = out.length
    for (const chunk of chunks) this.#encoder.push(chunk, out)
    const weight = this.take()
    for (let at = before; at < out.length; at++) this.weigh(weight)
  }

  #close(out: Event[]): void {
    const before = out.length
    this.#encoder.end(out)
    for (let at = before; at < out.length; at++) this.weigh('quiet')
  }
}
