import { APIConnectionError, type LLMError } from '../../errors.js'

/** Counts the calls in flight, to the end of their streams, and knows whether the Router is closed. */
export class CallTracker {
  active = 0
  /** Set once the calls that came before `close()` have begun. */
  closed = false
  /** Calls whose code is being loaded. */
  #starting = 0
  #close: (() => void) | undefined
  #waiting: (() => void)[] = []

  begin(): void {
    this.active++
  }

  end(): void {
    this.active--
    this.#settle()
  }

  /** Begins a call once its code is loaded. A Router that is closed meanwhile waits for it. */
  async start<Code, Answer>(load: () => Promise<Code>, run: (code: Code) => Promise<Answer>): Promise<Answer> {
    this.checkOpen()
    this.#starting++
    let answer: Promise<Answer>
    try {
      answer = run(await load())
    } finally {
      this.#starting--
      if (this.#starting === 0) this.#close?.()
      this.#settle()
    }
    return answer
  }

  /** Refuses new calls, and runs the function when all others have begun. */
  close(whenBegun: () => void): void {
    if (this.#close) return
    this.#close = () => {
      this.closed = true
      whenBegun()
    }
    if (this.#starting === 0) this.#close()
  }

  #settle(): void {
    if (this.active + this.#starting > 0) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting = []
  }

  /** Resolves when no call is in flight. */
  idle(): Promise<void> {
    if (this.active + this.#starting === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** @throws {APIConnectionError} if the Router is closed */
  checkOpen(): void {
    if (this.#close) throw closedError()
  }
}

export const closedError = (cause?: LLMError): LLMError =>
  new APIConnectionError('The Router is closed. Create a new one.', { retryable: false, cause })
