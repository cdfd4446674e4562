import type { Clock } from '../../call/clock.js'

const firstDelay = 250
const longestDelay = 5_000
const longestIfAnswering = 1_000

/** Stops asking Redis after some failures in a row, and plans the next trial. */
export class Breaker {
  readonly #clock: Clock
  readonly #allowed: number
  #failures = 0
  #trials = 0
  open = false

  /** @param allowed failures in a row that open it */
  constructor(clock: Clock, allowed: number) {
    this.#clock = clock
    this.#allowed = allowed
  }

  /** Returns whether this failure opened it. */
  fail(atOnce = false): boolean {
    this.#failures++
    if (this.open || (!atOnce && this.#failures < this.#allowed)) return false
    this.open = true
    this.#trials = 0
    return true
  }

  succeed(): void {
    this.#failures = 0
  }

  close(): void {
    this.#failures = 0
    this.open = false
  }

  /**
   * Milliseconds to the next trial: longer each time, and different in every process.
   * @param answers whether Redis answers, though too late for decisions
   */
  delay(answers = false): number {
    const delay = Math.min(answers ? longestIfAnswering : longestDelay, firstDelay * 2 ** this.#trials++)
    return delay * (0.5 + this.#clock.random())
  }
}
