import { type Decoded, ProviderFault } from '../../providers/contract.js'
import { toHttpError } from '../http-error.js'
import { base64, concat } from '../platform/index.js'
import type { Framer } from '../transport/framer.js'
import type { BytesResponse } from '../types/bytes.js'
import type { MediaUsage } from '../types/usage.js'
import { AnswerStream, type ReadableStreamOptions, type StreamEncoding } from './answer-stream.js'
import type { Billing } from './billing.js'
import type { Call } from './call.js'
import { isJSON } from './json-response.js'
import type { StreamAccumulator } from './stream-accumulator.js'

/**
 * A streamed answer of bytes, such as speech: iterate it for the parts as they arrive, or ask for the whole. Leaving a `for await`
 * loop closes the connection.
 * @example
 * const stream = await client.speech({ model: 'openai/gpt-4o-mini-tts', input: 'Hello', voice: 'alloy', stream: true })
 * return new Response(stream.toReadableStream(), { headers: { 'content-type': stream.contentType } })
 */
export class ByteStream<Answer extends BytesResponse = BytesResponse> extends AnswerStream<Uint8Array, Answer> {
  protected readonly wire: StreamEncoding<Uint8Array> = events

  /** Media type of the bytes, such as `audio/mpeg`. */
  get contentType(): string {
    const type = contentTypeOf(this.meta.headers)
    // audio inside of JSON has its type there
    return isJSON(this.meta.headers) ? this.soFar.content_type : type
  }

  /**
   * The bytes as they arrive, for a response of your own. Cancelling it closes the connection to the provider.
   * @throws {BadRequestError} if the stream has been read already
   */
  override toReadableStream(_?: ReadableStreamOptions): ReadableStream<Uint8Array> {
    const parts = this.items()
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await parts.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await parts.return()
      },
    })
  }
}

/** Bytes as OpenAI's events of speech, for clients that ask for events. */
const events: StreamEncoding<Uint8Array> = Object.freeze({
  event: (part: Uint8Array) => `data: ${JSON.stringify({ type: 'speech.audio.delta', audio: base64(part) })}\n\n`,
  error: (error: unknown) => `data: ${JSON.stringify(toHttpError(error).body)}\n\n`,
  last: 'data: {"type":"speech.audio.done"}\n\n',
})

/** The functions of an operation that a stream of bytes needs. */
export interface ByteDecoder {
  /** Decodes an answer that came as a whole. */
  decode(body: unknown): Decoded<BytesResponse>
  /** Usage of the answer, known from its request or from its headers. */
  usage(): MediaUsage | undefined
}

/** Accumulates the bytes of one attempt. */
export class ByteAccumulator implements StreamAccumulator<Uint8Array, BytesResponse> {
  readonly #call: Call
  readonly #decoder: ByteDecoder
  readonly #parts: Uint8Array[] = []
  #whole: Decoded<BytesResponse> | undefined
  #ended = false
  started = false
  readonly done = false
  readonly nativeFinishReason = undefined

  constructor(call: Call, decoder: ByteDecoder) {
    this.#call = call
    this.#decoder = decoder
  }

  framer(out: Uint8Array[]): Framer {
    return {
      push: (bytes) => {
        this.started = true
        out.push(bytes)
      },
      end: () => {
        this.#ended = true
      },
    }
  }

  push(): void {
    throw new ProviderFault('it sent events in place of bytes')
  }

  /** An end that the framer has not seen is a broken connection. */
  end(): boolean {
    return this.#ended && this.started
  }

  pushAnswer(body: unknown, out: Uint8Array[]): void {
    this.#whole = this.#decoder.decode(body)
    this.started = true
    this.#ended = true
    out.push(this.#whole.data)
  }

  add(part: Uint8Array): 'content' {
    this.#parts.push(part)
    return 'content'
  }

  get usage(): MediaUsage | undefined {
    return this.#whole?.usage ?? this.#decoder.usage()
  }

  answer(): Decoded<BytesResponse> {
    if (this.#whole) return this.#whole
    const { usage } = this
    return {
      data: concat(this.#parts),
      content_type: contentTypeOf(this.#call.headers),
      model: this.#call.model,
      ...(usage && { usage }),
    }
  }

  partial(): never {
    throw new TypeError('Bytes have no form of a chat answer.')
  }

  billing(): Billing {
    return { answeredModel: this.#whole?.model ?? this.#call.model }
  }
}

/** The media type in response headers. */
export const contentTypeOf = (headers: Readonly<Record<string, string | string[] | undefined>>): string => {
  const { 'content-type': type } = headers
  return (Array.isArray(type) ? type[0] : type) ?? 'application/octet-stream'
}
