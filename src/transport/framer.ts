/** Cuts the bytes of a stream into events. Synchronous: events come out of `push` and `end` themselves. */
export interface Framer {
  push(bytes: Buffer): void
  /** The bytes are over: what has no final blank line is delivered too. */
  end(): void
}

export type OnEvent = (event: string | undefined, data: string) => void
