import { refusalOf, refuse } from '../refusal.js'
import type { Principal } from '../types.js'

/** Failed attempts of one address within a minute before it gets 429. Known keys of that address continue to work. */
const most = 300
const windowMs = 60_000
/** Addresses in memory. The oldest is forgotten first. */
const mostAddresses = 10_000

interface Attempts {
  count: number
  readonly until: number
}

/** Counts requests without a valid key per address, so that keys can't be guessed at full speed. */
export class FailedAttempts {
  readonly #attempts = new Map<string, Attempts>()
  readonly #now: () => number

  readonly #announce: (ip: string) => void

  /**
   * @param now milliseconds
   * @param announce receives the address of each failed attempt, for the other processes
   */
  constructor(now: () => number = Date.now, announce: (ip: string) => void = () => {}) {
    this.#now = now
    this.#announce = announce
  }

  /**
   * Runs a check of a key.
   * @param ip address of the client; without one, nothing is counted
   * @throws {RateLimitError} in place of a 401, after 300 failed attempts of the address within a minute
   */
  check(ip: string | undefined, check: () => Principal): Principal {
    try {
      return check()
    } catch (error) {
      if (ip !== undefined && refusalOf(error)?.status === 401) this.#failed(ip)
      throw error
    }
  }

  /** Counts a failed attempt at another process. */
  note(ip: string): void {
    this.#count(ip)
  }

  #failed(ip: string): void {
    const attempts = this.#count(ip)
    if (attempts.count <= most) {
      this.#announce(ip)
      return
    }
    throw refuse('This address has sent too many requests without a valid key. Send a valid key, or try again later.', {
      status: 429,
      type: 'rate_limit_error',
      retryAfterMs: attempts.until - this.#now(),
      headers: { rate_limit_type: 'failed_authentication' },
    })
  }

  #count(ip: string): Attempts {
    const now = this.#now()
    let attempts = this.#attempts.get(ip)
    if (!attempts || attempts.until <= now) {
      this.#attempts.delete(ip)
      attempts = { count: 0, until: now + windowMs }
      this.#attempts.set(ip, attempts)
      if (this.#attempts.size > mostAddresses) {
        const [oldest] = this.#attempts.keys()
        if (oldest !== undefined) this.#attempts.delete(oldest)
      }
    }
    attempts.count++
    return attempts
  }
}
