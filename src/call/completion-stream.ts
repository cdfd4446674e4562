import { toHttpError } from '../http-error.js'
import type { ChatCompletion, ChatCompletionChunk } from '../types/chat.js'
import { AnswerStream, type StreamEncoding } from './answer-stream.js'

/**
 * A streamed answer: iterate it for the chunks, or ask for the whole. Leaving a `for await` loop closes the connection.
 *
 * @example
 * const stream = await completion({ model: 'gpt-4o', messages, stream: true })
 * for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
 * const { usage } = await stream.final()
 */
export class CompletionStream<Parsed = unknown> extends AnswerStream<ChatCompletionChunk, ChatCompletion<Parsed>> {
  protected readonly wire: StreamEncoding<ChatCompletionChunk> = openaiWire

  /** The text of the first choice, when it has all come. */
  async text(): Promise<string> {
    const { choices } = await this.final()
    return choices[0]?.message.content ?? ''
  }
}

const openaiWire: StreamEncoding<ChatCompletionChunk> = Object.freeze({
  event: (chunk: ChatCompletionChunk) => `data: ${JSON.stringify(chunk)}\n\n`,
  error: (error: unknown) => `data: ${JSON.stringify(toHttpError(error).body)}\n\n`,
  last: 'data: [DONE]\n\n',
})
