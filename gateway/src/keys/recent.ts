/**
 * The values that were used last, up to a bound. Two generations: a use of the old one moves a value to the young one, and a full young
 * one replaces the old. That costs nothing for values in use, and keeps no list in order.
 */
export class Recent<Value> {
  readonly #half: number
  readonly #dropped: () => void
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  /**
   * @param half values that are kept for sure; at most twice as many are in memory
   * @param dropped called when values are dropped to make room
   */
  constructor(half: number, dropped: () => void = () => {}) {
    this.#half = half
    this.#dropped = dropped
  }

  /** Notes a use. */
  get(id: string): Value | undefined {
    const young = this.#young.get(id)
    if (young !== undefined) return young
    const old = this.#old.get(id)
    if (old !== undefined) this.set(id, old)
    return old
  }

  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id)
  }

  set(id: string, value: Value): void {
    this.#old.delete(id)
    if (this.#young.size >= this.#half && !this.#young.has(id)) {
      if (this.#old.size > 0) this.#dropped()
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(id, value)
  }

  delete(id: string): void {
    this.#young.delete(id)
    this.#old.delete(id)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  *entries(): Generator<[string, Value]> {
    yield* this.#young
    yield* this.#old
  }
}
