import { AnswerStream } from './answer-stream.js'
import { RawEvent } from './raw-event.js'

/** A stream whose events may be a provider's own, which are parsed for readers only. */
export abstract class WireStream<Event extends object, Answer> extends AnswerStream<Event, Answer> {
  override [Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    const items = this.items()
    return {
      async next() {
        const result = await items.next()
        return result.done ? result : { value: parsed(result.value), done: false }
      },
      return: () => items.return(),
    }
  }
}

const parsed = <Event extends object>(event: Event | RawEvent): Event =>
  event instanceof RawEvent ? (event.parse() as Event) : event

/** The text of an event: a provider's own, or the JSON of one that was translated. */
export const wireText =
  <Event extends object>(write: (event: Event) => string): ((event: Event | RawEvent) => string) =>
  (event) =>
    event instanceof RawEvent ? event.text : write(event)
