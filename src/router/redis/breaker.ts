import type { Clock } from '../../call/clock.js'

const firstDelay = 250
const longestDelay = 5_000

/** Stops asking Redis after a few failures in a row, and says when to look again. */
export class Breaker {
  readonly #clock: Clock
  readonly #most: number
  #failures = 0
  #looks = 0
  open = false

  /** @param most failures in a row that open it */
  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  /** @returns true where this was the failure that opened it */
  fail(atOnce = false): boolean {
    this.#failures++
    if (this.open || (!atOnce && this.#failures < this.#most)) return false
    this.open = true
    this.#looks = 0
    return true
  }

  /** A command went through. */
  good(): void {
    this.#failures = 0
  }

  close(): void {
    this.#failures = 0
    this.open = false
  }

  /** Milliseconds to the next look: longer each time, and never the same in two processes. */
  delay(): number {
    const delay = Math.min(longestDelay, firstDelay * 2 ** this.#looks++)
    return delay * (0.5 + this.#clock.random())
  }
}
