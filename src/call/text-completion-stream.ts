import { toHttpError } from '../http-error.js'
import type { TextCompletion, TextCompletionChunk } from '../types/text-completion.js'
import type { StreamEncoding } from './answer-stream.js'
import { WireStream, wireText } from './wire-stream.js'

/** A streamed text completion: iterate it for chunks, or ask for the whole. Leaving a `for await` loop closes the connection. */
export class TextCompletionStream extends WireStream<TextCompletionChunk, TextCompletion> {
  protected readonly wire: StreamEncoding<TextCompletionChunk> = completionsWire

  /** The text of the first choice, when it has all come. */
  async text(): Promise<string> {
    const { choices } = await this.final()
    return choices[0]?.text ?? ''
  }
}

const completionsWire: StreamEncoding<TextCompletionChunk> = Object.freeze({
  event: wireText((chunk: TextCompletionChunk) => `data: ${JSON.stringify(chunk)}\n\n`),
  error: (error: unknown) => `data: ${JSON.stringify(toHttpError(error).body)}\n\n`,
  last: 'data: [DONE]\n\n',
})
