const slots = 120

/**
 * Two sums over the time that has just passed (requests and tokens of a minute, dollars of a day), in 120 slots. A slot counts
 * until all of it has gone by, so that no span of the window's length ever holds more than the sums say.
 */
export class RollingWindow {
  first = 0
  second = 0
  /** The number of the oldest slot that holds something. */
  oldest = Number.POSITIVE_INFINITY
  readonly #slotMs: number
  /** Slots that hold something, oldest first: number, first, second. */
  #ring: number[] = []
  #head = 0

  constructor(windowMs: number) {
    this.#slotMs = windowMs / slots
  }

  /** Adds, and returns the slot, by which {@link amend} finds it again. */
  add(now: number, first: number, second: number): number {
    const slot = Math.floor(now / this.#slotMs)
    const ring = this.#ring
    const last = ring.length - 3
    if (last >= this.#head && ring[last] === slot) {
      ring[last + 1] = (ring[last + 1] ?? 0) + first
      ring[last + 2] = (ring[last + 2] ?? 0) + second
    } else {
      if (this.#head >= ring.length) this.oldest = slot
      ring.push(slot, first, second)
    }
    this.first += first
    this.second += second
    return slot
  }

  /** Corrects what was added in a slot; what has left the window stays gone. */
  amend(slot: number, first: number, second: number): void {
    const ring = this.#ring
    for (let at = ring.length - 3; at >= this.#head; at -= 3) {
      if (ring[at] !== slot) continue
      ring[at + 1] = (ring[at + 1] ?? 0) + first
      ring[at + 2] = (ring[at + 2] ?? 0) + second
      this.first += first
      this.second += second
      return
    }
  }

  /** The slot before which everything is too old: for {@link expireBefore} of windows of the same length. */
  horizon(now: number): number {
    return Math.floor(now / this.#slotMs) - slots
  }

  /** Lets go what is older than the window. */
  expire(now: number): void {
    this.expireBefore(this.horizon(now))
  }

  expireBefore(oldest: number): void {
    if (this.oldest >= oldest) return
    const ring = this.#ring
    while (this.#head < ring.length && (ring[this.#head] ?? 0) < oldest) {
      this.first -= ring[this.#head + 1] ?? 0
      this.second -= ring[this.#head + 2] ?? 0
      this.#head += 3
    }
    this.oldest = ring[this.#head] ?? Number.POSITIVE_INFINITY
    if (this.#head >= ring.length) {
      this.#ring = []
      this.#head = 0
      // sums of fractions: nothing is left, so nothing is what they are
      this.first = 0
      this.second = 0
    } else if (this.#head > 3 * slots) {
      this.#ring = ring.slice(this.#head)
      this.#head = 0
    }
  }

  /** What the slots hold, with the end of each in milliseconds since 1970. */
  entries(): { at: number; first: number; second: number }[] {
    const entries: { at: number; first: number; second: number }[] = []
    const ring = this.#ring
    for (let at = this.#head; at < ring.length; at += 3) {
      const slotEnd = ((ring[at] ?? 0) + 1) * this.#slotMs
      entries.push({ at: slotEnd, first: ring[at + 1] ?? 0, second: ring[at + 2] ?? 0 })
    }
    return entries
  }

  /** When the sums will have fallen by this much, in milliseconds from now. */
  freesIn(now: number, first: number, second: number): number {
    const ring = this.#ring
    let goneFirst = 0
    let goneSecond = 0
    for (let at = this.#head; at < ring.length; at += 3) {
      goneFirst += ring[at + 1] ?? 0
      goneSecond += ring[at + 2] ?? 0
      if (goneFirst >= first && goneSecond >= second) {
        return Math.max(1, ((ring[at] ?? 0) + slots + 1) * this.#slotMs - now)
      }
    }
    // it was used elsewhere: nothing here says when
    return this.#slotMs
  }
}
