/** Splits the bytes of a stream into events, returned synchronously by `push` and `end`. */
export interface Framer {
  push(bytes: Uint8Array): void
  /** Ends the input. Returns a last event without its final blank line. */
  end(): void
}

export type OnEvent = (event: string | undefined, data: string) => void
