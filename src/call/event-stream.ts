import { type Decoded, ProviderFault } from '../../providers/contract.js'
import { toHttpError } from '../http-error.js'
import type { AnyUsage } from '../types/usage.js'
import { AnswerStream, type StreamEncoding } from './answer-stream.js'
import type { Billing } from './billing.js'
import type { StreamAccumulator } from './stream-accumulator.js'

/** An event with its name in `type`. */
interface TypedEvent {
  readonly type: string
}

/** An answer that was made from events. */
interface EventAnswer {
  readonly model: string
  readonly usage?: AnyUsage
}

/**
 * A streamed answer of events that the provider names, such as pieces of a transcription: iterate it for the events, or ask for the
 * whole. Leaving a `for await` loop closes the connection.
 */
export class EventStream<Event extends TypedEvent, Answer> extends AnswerStream<Event, Answer> {
  protected readonly wire: StreamEncoding<Event> = wire
}

const wire: StreamEncoding<TypedEvent> = Object.freeze({
  event: (event: TypedEvent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  error: (error: unknown) => `event: error\ndata: ${JSON.stringify({ type: 'error', ...toHttpError(error).body })}\n\n`,
  last: '',
})

/** The differences of one operation's events from another's. */
export interface EventReader<Event extends TypedEvent, Answer> {
  /** Translates an event of the host. Undefined for one that is left out. @default unchanged */
  translate?: ((event: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | undefined) | undefined
  /** True for an event with content, which ends the time to the first token. */
  hasContent(event: Event): boolean
  /** True for an event that completes the answer, or one part of it. */
  completes(event: Event): boolean
  /** The answer of the events so far. */
  answer(events: readonly Event[]): Decoded<Answer> & EventAnswer
  /** Decodes an answer that came as a whole. */
  decode(body: unknown): Decoded<Answer> & EventAnswer
  /** The events of an answer that came as a whole. */
  events(answer: Decoded<Answer>): readonly Event[]
}

/** Accumulates the events of one attempt. */
export class EventAccumulator<Event extends TypedEvent, Answer> implements StreamAccumulator<Event, Answer> {
  readonly #reader: EventReader<Event, Answer>
  readonly #events: Event[] = []
  /** An answer that came as a whole. */
  #whole: (Decoded<Answer> & EventAnswer) | undefined
  done = false
  readonly nativeFinishReason = undefined

  constructor(reader: EventReader<Event, Answer>) {
    this.#reader = reader
  }

  push(_: string | undefined, data: string, out: Event[]): void {
    if (data === '[DONE]') {
      this.done = true
      return
    }
    const event = parse(data)
    if (event.error) throw new ProviderFault('it sent an error in the stream', event)
    const { translate } = this.#reader
    const read = translate ? translate(event) : event
    if (typeof read?.type === 'string') out.push(read as unknown as Event)
  }

  end(): boolean {
    return this.#whole !== undefined || this.#events.some((event) => this.#reader.completes(event))
  }

  pushAnswer(body: unknown, out: Event[]): void {
    this.#whole = this.#reader.decode(body)
    out.push(...this.#reader.events(this.#whole))
  }

  add(event: Event): 'quiet' | 'content' {
    this.#events.push(event)
    return this.#reader.hasContent(event) ? 'content' : 'quiet'
  }

  get started(): boolean {
    return this.#whole !== undefined || this.#events.length > 0
  }

  get usage(): AnyUsage | undefined {
    return this.answer().usage
  }

  answer(): Decoded<Answer> & EventAnswer {
    return this.#whole ?? this.#reader.answer(this.#events)
  }

  partial(): never {
    throw new TypeError('These events have no form of a chat answer.')
  }

  billing(): Billing {
    return { answeredModel: this.answer().model }
  }
}

function parse(data: string): Readonly<Record<string, unknown>> {
  let event: unknown
  try {
    event = JSON.parse(data)
  } catch {
    // not JSON
  }
  if (typeof event === 'object' && event !== null) return event as Readonly<Record<string, unknown>>
  throw new ProviderFault(`its stream has an event that is no object: ${data.slice(0, 60)}`)
}
