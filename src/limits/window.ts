import { calendarPeriod, type Duration } from './duration.js'

const slots = 120

/** Two sums of one window: requests and tokens, input and output tokens, or dollars alone. */
export interface UsageWindow {
  readonly first: number
  readonly second: number
  /** Adds to the current slot and returns the slot, for {@link amend}. */
  add(now: number, first: number, second: number): number
  /** Corrects an earlier slot; a slot that has left the window is ignored. */
  amend(slot: number, first: number, second: number): void
  /** Drops everything that is older than the window. */
  expire(now: number): void
  /** Contents by slot, oldest first, with the end of each slot in milliseconds since 1970. */
  entries(): WindowEntry[]
  /** Milliseconds until the sums have fallen by these amounts; `undefined` if time does not lower them. */
  freesIn(now: number, first: number, second: number): number | undefined
}

export interface WindowEntry {
  readonly at: number
  readonly first: number
  readonly second: number
}

/**
 * A sliding window in 120 slots. A slot counts until it has left the window completely, so no span of the window's length ever
 * holds more than the sums.
 */
export class RollingWindow implements UsageWindow {
  first = 0
  second = 0
  /** Number of the oldest slot with contents. */
  oldest = Number.POSITIVE_INFINITY
  readonly #slotMs: number
  /** Slots with contents, oldest first: number, first, second. */
  #ring: number[] = []
  #head = 0

  constructor(windowMs: number) {
    this.#slotMs = windowMs / slots
  }

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

  /** The oldest slot that still counts, for {@link expireBefore} on windows of the same length. */
  horizon(now: number): number {
    return Math.floor(now / this.#slotMs) - slots
  }

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
      // sums of fractions drift: an empty window is exactly 0
      this.first = 0
      this.second = 0
    } else if (this.#head > 3 * slots) {
      this.#ring = ring.slice(this.#head)
      this.#head = 0
    }
  }

  entries(): WindowEntry[] {
    const entries: WindowEntry[] = []
    const ring = this.#ring
    for (let at = this.#head; at < ring.length; at += 3) {
      const slotEnd = ((ring[at] ?? 0) + 1) * this.#slotMs
      entries.push({ at: slotEnd, first: ring[at + 1] ?? 0, second: ring[at + 2] ?? 0 })
    }
    return entries
  }

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
    // other processes used it, and this window does not know when
    return this.#slotMs
  }
}

/** The sums of a calendar period, or without a duration of all time. */
export class PeriodWindow implements UsageWindow {
  first = 0
  second = 0
  readonly #duration: Duration | undefined
  #ends = Number.NEGATIVE_INFINITY
  #at = 0

  constructor(duration?: Duration) {
    this.#duration = duration
  }

  add(now: number, first: number, second: number): number {
    this.expire(now)
    this.#at = now
    this.first += first
    this.second += second
    return this.#ends
  }

  amend(period: number, first: number, second: number): void {
    if (period !== this.#ends) return
    this.first += first
    this.second += second
  }

  expire(now: number): void {
    if (!this.#duration || now < this.#ends) return
    this.#ends = calendarPeriod(now, this.#duration).to
    this.first = 0
    this.second = 0
  }

  entries(): WindowEntry[] {
    return this.first === 0 && this.second === 0 ? [] : [{ at: this.#at, first: this.first, second: this.second }]
  }

  freesIn(now: number): number | undefined {
    this.expire(now)
    return this.#duration && this.#ends - now
  }
}
