/** Sums of floating-point numbers are off by less than this. */
const rounding = 1e-12

/** The cost of a job: what was spent, and the highest cost of the calls in flight. */
export class Budget {
  spent = 0
  #reserved = 0
  readonly #most: number

  /** @param most US dollars */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
  }

  /** Reserves the cost of a call. False if it may exceed the budget. */
  reserve(cost: number): boolean {
    if (this.spent + this.#reserved + cost > this.#most + rounding) return false
    this.#reserved += cost
    return true
  }

  /** Replaces a reservation by the cost of the call. An unknown cost counts as reserved. */
  settle(reserved: number, cost: number | undefined): void {
    this.#reserved = Math.max(0, this.#reserved - reserved)
    this.spent += cost ?? reserved
  }
}
