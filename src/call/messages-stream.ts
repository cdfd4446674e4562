import { toHttpError } from '../http-error.js'
import type { MessagesEvent, MessagesResponse } from '../types/wires.js'
import type { StreamEncoding } from './answer-stream.js'
import { WireStream, wireText } from './wire-stream.js'

/**
 * A streamed answer of Anthropic's Messages API: iterate it for the API's own events, or ask for the whole. Leaving a `for await` loop
 * closes the connection.
 */
export class MessagesStream extends WireStream<MessagesEvent, MessagesResponse> {
  protected readonly wire: StreamEncoding<MessagesEvent> = messagesWire

  /** The same as `final()`, under the name that Anthropic's package has for it. */
  finalMessage(): Promise<MessagesResponse> {
    return this.final()
  }
}

const messagesWire: StreamEncoding<MessagesEvent> = Object.freeze({
  event: wireText((event: MessagesEvent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
  error: (error: unknown) => `event: error\ndata: ${JSON.stringify(toHttpError(error, 'anthropic').body)}\n\n`,
  last: '',
})
