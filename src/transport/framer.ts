/** Splits the bytes of a stream into events, returned synchronously by `push` and `end`. */
export interface Framer {
  push(bytes: Uint8Array): void
  /** Ends the input. Returns a last event without its final blank line. */
  end(): void
}

export type OnEvent = (event: string | undefined, data: string) => void

/** The first byte that is neither white space nor a byte order mark. */
export function firstByte(chunk: Uint8Array): number | undefined {
  const from = chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at]
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return byte
  }
  return undefined
}
