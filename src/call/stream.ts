import { AbortError, BadRequestError } from '../errors.js'
import type { ChatCompletion, ChatCompletionChunk } from '../types/chat.js'
import type { CallMeta } from '../types/meta.js'
import type { Pipe } from './pipe.js'

/** What a stream is made over. */
export interface StreamParts {
  readonly pipe: Pipe
  readonly meta: CallMeta
  /** The answer as far as it has come. */
  soFar(): ChatCompletion
  /** The whole answer, checked against the schema where there is one. */
  complete(): Promise<ChatCompletion>
  /** Ends the call with this error. */
  cancel(error: AbortError): void
}

/**
 * A streamed answer: iterate it for the chunks, or ask for the whole. Leaving a `for await` loop closes the connection.
 *
 * @example
 * const stream = await completion({ model: 'gpt-4o', messages, stream: true })
 * for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
 * const { usage } = await stream.final()
 */
export class CompletionStream<Parsed = unknown> implements AsyncIterable<ChatCompletionChunk> {
  readonly #parts: StreamParts
  #iterated = false
  #failure: Error | undefined
  #settled: Promise<ChatCompletion<Parsed>> | undefined

  /** Made by `completion({ stream: true })`. */
  constructor(parts: StreamParts) {
    this.#parts = parts
    parts.pipe.watch((failure) => {
      this.#failure = failure
    })
  }

  /** How the call went, so far: `usage` and `cost` are known when the stream has ended. */
  get meta(): CallMeta {
    return this.#parts.meta
  }

  /**
   * The chunks, once.
   * @throws {StreamInterruptedError} from the loop, where the connection closes before the answer's end
   */
  [Symbol.asyncIterator](): AsyncIterator<ChatCompletionChunk, undefined> {
    if (this.#iterated) {
      throw new BadRequestError(
        'This stream has been read already. Its answer is in final(); for the chunks again, keep them.',
      )
    }
    this.#iterated = true
    return this.#parts.pipe
  }

  /**
   * The whole answer, when it has come, in the shape of a call without `stream`. Reads the stream itself when nobody iterates it:
   * chunks are not kept then.
   * @throws what the stream ends with
   */
  final(): Promise<ChatCompletion<Parsed>> {
    if (!this.#settled) {
      this.#settled = this.#final()
      // asked for twice, or asked for and dropped: a failure is told through the promise that was handed out
      this.#settled.catch(() => {})
    }
    return this.#settled
  }

  async #final(): Promise<ChatCompletion<Parsed>> {
    const { pipe } = this.#parts
    if (!this.#iterated) {
      this.#iterated = true
      pipe.discard()
    }
    if (!pipe.over) await new Promise<void>((resolve) => pipe.watch(() => resolve()))
    if (this.#failure) throw this.#failure
    return (await this.#parts.complete()) as ChatCompletion<Parsed>
  }

  /** The text of the first choice, when it has all come. */
  async text(): Promise<string> {
    const { choices } = await this.final()
    return choices[0]?.message.content ?? ''
  }

  /** Ends the call and closes its connection. A loop over the stream throws an `AbortError`, with what had come on `partial`. */
  abort(reason?: unknown): void {
    this.#parts.cancel(new AbortError('The stream was aborted.', { cause: reason, partial: this.#parts.soFar() }))
  }

  /**
   * The stream as bytes, to be sent on: `sse` is OpenAI's wire (`data: {chunk}` events and `data: [DONE]`), `ndjson` one chunk
   * a line. Cancelling it closes the connection.
   * @default { format: 'sse' }
   */
  toReadableStream({ format = 'sse' }: { format?: 'sse' | 'ndjson' } = {}): ReadableStream<Uint8Array> {
    const chunks = this[Symbol.asyncIterator]()
    const encoder = new TextEncoder()
    const [before, after, last] = format === 'sse' ? ['data: ', '\n\n', 'data: [DONE]\n\n'] : ['', '\n', '']
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await chunks.next()
        if (!done) return controller.enqueue(encoder.encode(`${before}${JSON.stringify(value)}${after}`))
        if (last) controller.enqueue(encoder.encode(last))
        controller.close()
      },
      async cancel() {
        await chunks.return?.()
      },
    })
  }

  /** `await using stream = …` closes the connection when the block is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.pipe.return()
  }
}
