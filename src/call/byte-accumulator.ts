import { type Decoded, ProviderFault } from '../../providers/contract.js'
import { concat } from '../platform/index.js'
import type { Framer } from '../transport/framer.js'
import type { BytesResponse } from '../types/bytes.js'
import type { MediaUsage } from '../types/usage.js'
import type { Billing } from './billing.js'
import { contentTypeOf } from './byte-stream.js'
import type { Call } from './call.js'
import type { StreamAccumulator } from './stream-accumulator.js'

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
