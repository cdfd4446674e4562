import { toHttpError } from '../http-error.js'
import type { ResponsesEvent, ResponsesResponse } from '../types/responses.js'
import { AnswerStream, type StreamEncoding } from './answer-stream.js'

/**
 * A streamed answer of the Responses API: iterate it for the API's own events, or ask for the whole. Leaving a `for await` loop
 * closes the connection.
 *
 * @example
 * const stream = await responses({ model: 'gpt-5', input: 'Hello', stream: true })
 * for await (const event of stream) if (event.type === 'response.output_text.delta') process.stdout.write(event.delta)
 * const { output } = await stream.final()
 */
export class ResponsesStream extends AnswerStream<ResponsesEvent, ResponsesResponse> {
  protected readonly wire: StreamEncoding<ResponsesEvent> = responsesWire

  /** The same as `final()`, under the name that the `openai` package has for it. */
  finalResponse(): Promise<ResponsesResponse> {
    return this.final()
  }

  /** The text of the answer, when it has all come. */
  async text(): Promise<string> {
    const { output_text: text } = await this.final()
    return text
  }
}

const responsesWire: StreamEncoding<ResponsesEvent> = Object.freeze({
  event: (event: ResponsesEvent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  error(error: unknown) {
    const { message, code, param } = toHttpError(error).body.error
    return `event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param })}\n\n`
  },
  last: '',
})
