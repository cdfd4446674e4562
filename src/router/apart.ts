import type { Clock } from '../call/clock.js'
import type { RollingWindow } from '../limits/window.js'

/** What every process uses of a deployment. */
export interface SharedCounts {
  requests: number
  tokens: number
  inFlight: number
  /** Not gone by from then on, in milliseconds since 1970. */
  readonly until: number
}

interface Counted {
  readonly inFlight: number
  readonly window: RollingWindow
  readonly others: { readonly requests: number; readonly tokens: number; readonly at: number }
}

const minute = 60_000

/**
 * What every process uses, as far as one of them can tell that hears nothing of the others: as much as it does itself, or
 * what was last heard of them, as it fades out of the window. So all of them together stay near the limits.
 */
export class Apart implements SharedCounts {
  readonly until = Number.POSITIVE_INFINITY
  readonly #deployment: Counted
  readonly #processes: number
  readonly #clock: Clock
  /** Own requests when it began, and since. */
  readonly #before: number
  #since = 0

  constructor(deployment: Counted, processes: number, clock: Clock) {
    this.#deployment = deployment
    this.#before = deployment.window.first
    this.#processes = processes
    this.#clock = clock
  }

  get requests(): number {
    const { window, others } = this.#deployment
    return Math.max(this.#of(window.first), window.first + Math.round(others.requests * this.#fade()))
  }

  get tokens(): number {
    const { window, others } = this.#deployment
    return Math.max(window.second * this.#processes, window.second + others.tokens * this.#fade())
  }

  get inFlight(): number {
    return this.#of(this.#deployment.inFlight)
  }

  // worked out of the process's own counts, which whoever changes these changes too
  set requests(_: number) {
    this.#since++
  }
  set tokens(_: number) {}
  set inFlight(_: number) {}

  /** Such that one more for each process is within the limit; but the first is always let through. */
  #of(own: number): number {
    return own === 0 ? 0 : (own + 1) * this.#processes - 1
  }

  /** What the others had used leaves the window as what this process had used does, for they had the same traffic. */
  #fade(): number {
    if (this.#before > 0) return Math.max(0, (this.#deployment.window.first - this.#since) / this.#before)
    // nothing tells when they used it: what may have become free is shared by all
    const gone = (this.#clock.wall() - this.#deployment.others.at) / minute
    return gone >= 1 ? 0 : 1 - gone / this.#processes
  }
}
