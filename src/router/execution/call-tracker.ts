import { APIConnectionError, type LLMError } from '../../errors.js'

/** Counts the calls in flight, to the end of their streams, and knows whether the Router is closed. */
export class CallTracker {
  active = 0
  closed = false
  #waiting: (() => void)[] = []

  begin(): void {
    this.active++
  }

  end(): void {
    this.active--
    if (this.active > 0) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting = []
  }

  /** Resolves when no call is in flight. */
  idle(): Promise<void> {
    if (this.active === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** @throws {APIConnectionError} if the Router is closed */
  checkOpen(): void {
    if (this.closed) throw closedError()
  }
}

export const closedError = (cause?: LLMError): LLMError =>
  new APIConnectionError('The Router is closed. Create a new one.', { retryable: false, cause })
