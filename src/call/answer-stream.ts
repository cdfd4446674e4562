import type { Decoded } from '../../providers/contract.js'
import { AbortError, BadRequestError } from '../errors.js'
import type { ChatCompletion } from '../types/chat.js'
import type { CallMeta } from '../types/meta.js'
import type { Pipe } from './pipe.js'

/** What a stream is made over. */
export interface StreamParts<Item, Answer> {
  readonly pipe: Pipe<Item>
  readonly meta: CallMeta
  /** The answer as far as it has come. */
  soFar(): Decoded<Answer> & { readonly meta: CallMeta }
  /** The same as a chat answer, for `partial` of an error. */
  partial(): ChatCompletion
  /** The whole answer, checked against the schema where there is one. */
  complete(): Promise<Answer>
  /** Ends the call with this error. */
  cancel(error: AbortError): void
}

/** How an item of a stream is written for whoever it is sent on to. */
export interface StreamEncoding<Item> {
  event(item: Item): string
  /** What ends the stream. */
  readonly last: string
}

/** A streamed answer, whatever it is made of: the items once, the whole when it has come. */
export abstract class AnswerStream<Item, Answer> implements AsyncIterable<Item> {
  readonly #parts: StreamParts<Item, Answer>
  #iterated = false
  #failure: Error | undefined
  #settled: Promise<Answer> | undefined

  constructor(parts: StreamParts<Item, Answer>) {
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
   * The items, once.
   * @throws {StreamInterruptedError} from the loop, where the connection closes before the answer's end
   */
  [Symbol.asyncIterator](): AsyncIterator<Item, undefined> {
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
  final(): Promise<Answer> {
    if (!this.#settled) {
      this.#settled = this.#final()
      // asked for twice, or asked for and dropped: a failure is told through the promise that was handed out
      this.#settled.catch(() => {})
    }
    return this.#settled
  }

  async #final(): Promise<Answer> {
    const { pipe } = this.#parts
    if (!this.#iterated) {
      this.#iterated = true
      pipe.discard()
    }
    if (!pipe.over) await new Promise<void>((resolve) => pipe.watch(() => resolve()))
    if (this.#failure) throw this.#failure
    return this.#parts.complete()
  }

  /** The answer as far as it has come, read or not. */
  get soFar(): Decoded<Answer> & { readonly meta: CallMeta } {
    return this.#parts.soFar()
  }

  /** For those who watch the call: told once, when no more will come. */
  whenOver(
    told: (failure: Error | undefined, soFar: () => Decoded<Answer> & { readonly meta: CallMeta }) => void,
  ): void {
    this.#parts.pipe.watch((failure) => told(failure, () => this.#parts.soFar()))
  }

  /** Others wait for its end: from now on a slow reader doesn't hold it up. */
  runOn(): void {
    this.#parts.pipe.runOn()
  }

  /** Ends the call and closes its connection. A loop over the stream throws an `AbortError`, with what had come on `partial`. */
  abort(reason?: unknown): void {
    this.#parts.cancel(new AbortError('The stream was aborted.', { cause: reason, partial: this.#parts.partial() }))
  }

  /** How server-sent events of this stream are written. */
  protected abstract readonly wire: StreamEncoding<Item>

  /**
   * The stream as bytes, to be sent on: `sse` is OpenAI's wire, `ndjson` one item a line. Cancelling it closes the connection.
   * @default { format: 'sse' }
   */
  toReadableStream({ format = 'sse' }: { format?: 'sse' | 'ndjson' } = {}): ReadableStream<Uint8Array> {
    const items = this[Symbol.asyncIterator]()
    const encoder = new TextEncoder()
    const { event, last } = format === 'sse' ? this.wire : lines
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await items.next()
        if (!done) return controller.enqueue(encoder.encode(event(value)))
        if (last) controller.enqueue(encoder.encode(last))
        controller.close()
      },
      async cancel() {
        await items.return?.()
      },
    })
  }

  /** `await using stream = …` closes the connection when the block is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.pipe.return()
  }
}

const lines: StreamEncoding<unknown> = Object.freeze({
  event: (item: unknown) => `${JSON.stringify(item)}\n`,
  last: '',
})
