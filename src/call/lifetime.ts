import { AbortError, type LLMError, TimeoutError } from '../errors.js'
import { cancelTurn, nextTurn, type Turn } from '../platform/index.js'

/**
 * Lifetime of one call, ended by the caller's signal or by `timeout`. The current activity of the call (a request, a stream, a
 * delay) listens here, one at a time.
 */
export class Lifetime {
  /** Reason of an early end; undefined while the call may continue. */
  ended: LLMError | undefined
  #listener: ((error: LLMError) => void) | undefined
  readonly #timer: NodeJS.Timeout | undefined
  readonly #signal: AbortSignal | undefined
  readonly #deadline: number
  readonly #onAbort: (() => void) | undefined

  /**
   * @param now monotonic milliseconds, of the call's clock
   * @param scene named on the errors
   */
  constructor(
    signal: AbortSignal | undefined,
    timeoutMs: number,
    now: number,
    scene: { provider: string; model: string },
  ) {
    this.#deadline = timeoutMs > 0 ? now + timeoutMs : Number.POSITIVE_INFINITY
    this.#signal = signal
    if (signal?.aborted) {
      this.ended = aborted(signal.reason, scene)
      return
    }
    if (signal) {
      this.#onAbort = () => this.#end(aborted(signal.reason, scene))
      signal.addEventListener('abort', this.#onAbort, { once: true })
    }
    if (timeoutMs > 0 && timeoutMs <= maxTimer) {
      this.#timer = setTimeout(() => {
        this.#end(
          new TimeoutError(`The call took longer than its timeout of ${timeoutMs} ms. Raise 'timeout', or stream.`, {
            phase: 'total',
            ...scene,
          }),
        )
      }, timeoutMs)
      keepList(this.#timer, timeoutMs)
    }
  }

  /** Milliseconds left of the budget. */
  left(now: number): number {
    return this.#deadline - now
  }

  /** Sets the only listener. It is called at once if the call has already ended. */
  listen(listener: ((error: LLMError) => void) | undefined): void {
    this.#listener = listener
    if (listener && this.ended) listener(this.ended)
  }

  /** Releases the timer and the listeners. */
  close(): void {
    this.#listener = undefined
    clearTimeout(this.#timer)
    if (this.#onAbort) this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  #end(error: LLMError): void {
    if (this.ended) return
    this.ended = error
    const listener = this.#listener
    this.close()
    listener?.(error)
  }
}

/** Fake timers of tests, which count what is pending, replace it. */
const ownSetTimeout = globalThis.setTimeout
let keeper: NodeJS.Timeout | undefined

/**
 * Node.js has a list of timers for every duration, and makes and drops it for each call that is the only one in flight: 4 µs. This timer
 * does nothing and keeps no process alive, but keeps the list of the usual duration.
 */
function keepList(timer: NodeJS.Timeout | number, ms: number): void {
  if (keeper !== undefined || typeof timer !== 'object' || setTimeout !== ownSetTimeout) return
  keeper = setTimeout(() => {
    keeper = undefined
  }, ms)
  keeper.unref()
}

/** `setTimeout` fires at once beyond this (2^31 - 1 ms, 24.8 days). */
const maxTimer = 2_147_483_647

/** Waits, unless the call ends first. @throws {LLMError} the reason of the end */
export function pause(lifetime: Lifetime, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      lifetime.listen(undefined)
      resolve()
    }, ms)
    lifetime.listen((error) => {
      clearTimeout(timer)
      reject(error)
    })
  })
}

/** Waits for a promise of another owner, unless the call ends first. @throws {LLMError} the reason of the end */
export function within<Value>(lifetime: Lifetime, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    lifetime.listen(reject)
    promise.then(
      (value) => {
        lifetime.listen(undefined)
        resolve(value)
      },
      (error) => {
        lifetime.listen(undefined)
        reject(error)
      },
    )
  })
}

export const aborted = (reason: unknown, scene: { provider: string; model: string }): AbortError =>
  new AbortError('The call was aborted.', { cause: reason, ...scene })

/** A timeout of one attempt. `touch()` is cheap: it stores the time, which the timer compares when it fires. */
export class PhaseTimer {
  #timer: NodeJS.Timeout | undefined
  #turn: Turn | undefined
  /** Whether the time was up at the last check. */
  #second = false
  #touched = 0
  #ms = 0
  /** When the timer fires. */
  #due = 0
  #expire: (() => void) | undefined
  #waits: (() => boolean) | undefined

  start(ms: number, expire: () => void, waits?: () => boolean): void {
    if (ms <= 0 || ms > maxTimer) return this.stop()
    const now = performance.now()
    this.#ms = ms
    this.#touched = now
    this.#expire = expire
    this.#waits = waits
    this.#second = false
    // a timer that fires before is kept: it looks at the clock, and waits for the rest. Each phase of a stream would make one
    if (this.#timer !== undefined && this.#due <= now + ms) return
    this.stop()
    this.#wait(ms, now)
  }

  #wait(ms: number, now: number): void {
    this.#due = now + ms
    this.#timer = setTimeout(this.#look, ms)
  }

  readonly #look = () => {
    // a slow reader must not count as a silent provider
    if (this.#waits?.()) this.#touched = performance.now()
    const now = performance.now()
    const left = this.#touched + this.#ms - now
    if (left > 0.5) {
      this.#second = false
      this.#wait(Math.ceil(left), now)
    } else if (this.#second) {
      this.#timer = undefined
      this.#expire?.()
    } else {
      // if this process was busy, data may wait in the socket: read first, then check again
      this.#second = true
      this.#turn = nextTurn(this.#look)
    }
  }

  get running(): boolean {
    return this.#timer !== undefined
  }

  touch(): void {
    if (this.#timer === undefined) return
    this.#touched = performance.now()
    this.#second = false
  }

  stop(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    cancelTurn(this.#turn)
    this.#timer = undefined
    this.#second = false
  }
}
