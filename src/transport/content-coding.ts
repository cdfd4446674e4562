/** A body that doesn't match its `content-encoding`. */
export class ContentEncodingError extends Error {
  override readonly name = 'ContentEncodingError'

  /** By name: the build puts a copy of this class into the file of a platform. */
  static is(error: unknown): error is ContentEncodingError {
    return error instanceof Error && error.name === 'ContentEncodingError'
  }
}

/** Receives decoded bytes. */
export interface DecodedSink {
  data(chunk: Uint8Array): void
  /** All bytes were delivered. */
  end(): void
  fail(error: Error): void
}

/** Decodes one body. */
export interface Decoder {
  write(chunk: Uint8Array): void
  end(): void
  pause(): void
  resume(): void
  /** Releases the decoder. The sink receives nothing more. */
  close(): void
}
