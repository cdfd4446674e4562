import type { Delta } from '../../../src/types/chat.js'
import type { Part } from './wire.js'

/**
 * Speech of an answer: 16-bit PCM, whose rate stands in the media type. A stream's pieces are base64 each for itself; they leave
 * here in threes of bytes, so that they can be put together as text.
 * https://ai.google.dev/gemini-api/docs/speech-generation
 */
export class AudioReader {
  readonly #id: string
  #rest = Buffer.alloc(0)

  constructor(id: string) {
    this.#id = id
  }

  add({ inlineData }: Part): Delta {
    const bytes = Buffer.concat([this.#rest, Buffer.from(inlineData?.data ?? '', 'base64')])
    const whole = bytes.length - (bytes.length % 3)
    this.#rest = bytes.subarray(whole)
    return {
      audio: { id: this.#id, data: bytes.toString('base64', 0, whole) },
      provider_specific_fields: { audio_mime_type: inlineData?.mimeType },
    }
  }

  end(): Delta | undefined {
    if (this.#rest.length === 0) return undefined
    const data = this.#rest.toString('base64')
    this.#rest = Buffer.alloc(0)
    return { audio: { id: this.#id, data } }
  }
}
