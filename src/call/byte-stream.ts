import { toHttpError } from '../http-error.js'
import { base64 } from '../platform/index.js'
import type { HeaderMap } from '../transport/exchange.js'
import type { BytesResponse } from '../types/bytes.js'
import { AnswerStream, type ReadableStreamOptions, type StreamEncoding } from './answer-stream.js'

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

/** The media type in response headers. */
export const contentTypeOf = (headers: HeaderMap): string => {
  const { 'content-type': type } = headers
  return (Array.isArray(type) ? type[0] : type) ?? 'application/octet-stream'
}

/** Whether the headers of a response announce JSON. */
export const isJSON = ({ 'content-type': type }: HeaderMap): boolean => /^application\/(?:.+\+)?json/.test(String(type))
