import type { Decoded } from '../../providers/contract.js'
import { AbortError, BadRequestError, got } from '../errors.js'
import { toHttpError } from '../http-error.js'
import type { ChatCompletion } from '../types/chat.js'
import type { CallMeta } from '../types/meta.js'
import type { Pipe } from './pipe.js'

/** Parts of a stream, made by its reader. */
export interface StreamParts<Item, Answer> {
  readonly pipe: Pipe<Item>
  readonly meta: CallMeta
  /** The answer so far. */
  soFar(): Decoded<Answer> & { readonly meta: CallMeta }
  /** The same as a chat answer, for `partial` of an error; undefined if it can't be assembled. */
  partial(): ChatCompletion | undefined
  /** The complete answer, validated if the request has a schema. */
  complete(): Promise<Answer>
  /** Ends the call with this error. */
  cancel(error: AbortError): void
}

/** Text form of a stream's items, for `toReadableStream()`. */
export interface StreamEncoding<Item> {
  event(item: Item): string
  /** Text of an error that ends the stream. */
  error(error: unknown): string
  /** Text after the last item. */
  readonly last: string
}

/** The text of a stream, for servers. @internal */
export interface TextSource {
  /** The next text; undefined at the end. */
  next(): Promise<string | undefined>
  /** Ends the call, because the client has left. */
  leave(): void
  /** Text after the last item. */
  readonly last: string
}

export interface ReadableStreamOptions {
  /** `sse` is OpenAI's wire format, `ndjson` one item per line. @default 'sse' */
  format?: 'sse' | 'ndjson' | undefined
  /**
   * For a stream that fails: `throw` errors the `ReadableStream`, which breaks the connection of a server; `event` writes the
   * body of `toHttpError(error)` as the last event.
   * @default 'throw'
   */
  onError?: 'throw' | 'event' | undefined
}

/** A streamed answer: its items once, and the complete answer at its end. */
export abstract class AnswerStream<Item, Answer> implements AsyncIterable<Item> {
  readonly #parts: StreamParts<Item, Answer>
  #iterated = false
  #failure: Error | undefined
  #settled: Promise<Answer> | undefined

  constructor(parts: StreamParts<Item, Answer>) {
    this.#parts = parts
    parts.pipe.onEnd((failure) => {
      this.#failure = failure
    })
  }

  /** Metadata of the call: `usage` and `cost` are known after the end of the stream. */
  get meta(): CallMeta {
    return this.#parts.meta
  }

  /**
   * The items, once.
   * @throws {StreamInterruptedError} from the loop, if the connection closes before the end of the answer
   */
  [Symbol.asyncIterator](): AsyncIterator<Item, undefined> {
    return this.items()
  }

  /** The items as the pipe has them, once. */
  protected items(): Pipe<Item> {
    if (this.#iterated) {
      throw new BadRequestError(
        'This stream has been read already. Its answer is in final(); for the chunks again, keep them.',
      )
    }
    this.#iterated = true
    return this.#parts.pipe
  }

  /** The items as the pipe has them, for code that makes another stream of them. @internal */
  rawItems(): AsyncIterator<Item, undefined> {
    return this.items()
  }

  /**
   * The complete answer, in the form of a call without `stream`. Reads the stream itself unless a loop does; the chunks are then
   * discarded.
   * @throws {LLMError} the error that ended the stream
   */
  final(): Promise<Answer> {
    if (!this.#settled) {
      this.#settled = this.#final()
      // the caller may drop the promise; a failure must not become an unhandled rejection
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
    if (!pipe.over) await new Promise<void>((resolve) => pipe.onEnd(() => resolve()))
    if (this.#failure) throw this.#failure
    return this.#parts.complete()
  }

  /** The answer so far, whether it was read or not. */
  get soFar(): Decoded<Answer> & { readonly meta: CallMeta } {
    return this.#parts.soFar()
  }

  /** Calls back once, at the end of the stream. For observers. */
  whenOver(
    told: (failure: Error | undefined, soFar: () => Decoded<Answer> & { readonly meta: CallMeta }) => void,
  ): void {
    this.#parts.pipe.onEnd((failure) => told(failure, () => this.#parts.soFar()))
  }

  /** Lifts the back-pressure of a slow reader, because other calls wait for the end. */
  runOn(): void {
    this.#parts.pipe.runOn()
  }

  /** Ends the call and closes its connection. A loop over the stream throws an `AbortError` with the answer so far on `partial`. */
  abort(reason?: unknown): void {
    this.#parts.cancel(new AbortError('The stream was aborted.', { cause: reason, partial: this.#parts.partial() }))
  }

  /** Server-sent events of this stream. */
  protected abstract readonly wire: StreamEncoding<Item>

  /**
   * The stream as bytes, for a response of your own. Cancelling it closes the connection to the provider.
   * @throws {BadRequestError} if an option is invalid, or the stream has been read already
   * @example
   * return new Response(stream.toReadableStream({ onError: 'event' }), { headers: { 'content-type': 'text/event-stream' } })
   */
  toReadableStream({ format = 'sse', onError = 'throw' }: ReadableStreamOptions = {}): ReadableStream<Uint8Array> {
    checkChoice('format', format, ['sse', 'ndjson'])
    checkChoice('onError', onError, ['throw', 'event'])
    const items = this.items()
    const encoder = new TextEncoder()
    const { event, error: errorText, last } = format === 'sse' ? this.wire : lines
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        let result: IteratorResult<Item, undefined>
        try {
          result = await items.next()
        } catch (error) {
          if (onError === 'throw') throw error
          controller.enqueue(encoder.encode(errorText(error)))
          controller.close()
          return
        }
        if (!result.done) return controller.enqueue(encoder.encode(event(result.value)))
        if (last) controller.enqueue(encoder.encode(last))
        controller.close()
      },
      async cancel() {
        await items.return()
      },
    })
  }

  /**
   * The server-sent events of the stream in as few texts as possible, for servers: a text has all events that wait.
   * @internal
   * @param event writes an item. @default as `toReadableStream()` does
   */
  texts(event: (item: Item) => string = this.wire.event): TextSource {
    const items = this.items()
    const textOf = (first: IteratorResult<Item, undefined>) => {
      if (first.done) return undefined
      let text = event(first.value)
      for (const item of items.takeWaiting()) text += event(item)
      return text
    }
    return {
      // an async function would take another promise for each packet
      next: () => items.next().then(textOf),
      leave: () => void items.return(),
      last: this.wire.last,
    }
  }

  /** `await using stream = …` closes the connection when the block is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.pipe.return()
  }
}

const lines: StreamEncoding<unknown> = Object.freeze({
  event: (item: unknown) => `${JSON.stringify(item)}\n`,
  error: (error: unknown) => `${JSON.stringify(toHttpError(error).body)}\n`,
  last: '',
})

function checkChoice(name: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return
  throw new BadRequestError(`'${name}' must be ${allowed.map((one) => `'${one}'`).join(' or ')}; ${got(value)}.`, {
    param: name,
  })
}
