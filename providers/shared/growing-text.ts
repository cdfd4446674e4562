/** Pieces that wait to be joined. */
const most = 32

/**
 * A text that grows by small pieces. A piece of a stream is a slice that keeps its whole packet in memory, and `+=` would keep all of them,
 * ten times the text, until the end; `join()` copies them.
 */
export class GrowingText {
  #joined = ''
  #pieces: string[] | undefined

  add(piece: string): void {
    if (this.#pieces === undefined) this.#pieces = [piece]
    else if (this.#pieces.push(piece) >= most) this.#join()
  }

  get value(): string {
    this.#join()
    return this.#joined
  }

  #join(): void {
    const pieces = this.#pieces
    if (pieces === undefined) return
    this.#pieces = undefined
    const text = pieces.join('')
    this.#joined = this.#joined === '' ? text : this.#joined + text
  }
}
