import { AbortError, type LLMError, TimeoutError } from '../../errors.js'
import type { RoutedCall } from './routed-call.js'

interface Waiter<Found> {
  readonly ride: RoutedCall
  readonly priority: number
  readonly order: number
  /** Calls of one kind wait for the same: when there is no room for the first, nobody asks for the others. */
  readonly kind: string
  /** It has what it waited for, or waits no longer. */
  gone: boolean
  readonly attempt: () => Found | undefined | Promise<Found | undefined>
  readonly done: (found: Found) => void
  readonly fail: (error: unknown) => void
  readonly giveBack: (found: Found) => void
}

/** `setTimeout` fires at once beyond this. */
const longest = 2_147_483_647

/**
 * Where calls wait for room: lower priority numbers first, then in order of arrival. Whoever gives room back wakes them.
 */
export class WaitQueue<Found> {
  #waiters: Waiter<Found>[] = []
  #order = 0
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #pumping = false
  #again = false
  #closed: ((ride: RoutedCall) => Error) | undefined

  get size(): number {
    return this.#waiters.length
  }

  /**
   * Waits until `attempt` finds something.
   * @param ms the longest wait
   * @param giveBack takes what was found when the call had ended meanwhile
   * @returns undefined where that was too long
   * @throws {AbortError} when the call's signal says so, and whatever `attempt` throws
   */
  wait(
    ride: RoutedCall,
    kind: string,
    ms: number,
    attempt: Waiter<Found>['attempt'],
    giveBack: Waiter<Found>['giveBack'],
  ): Promise<Found | undefined> {
    return new Promise((resolve, reject) => {
      const { signal } = ride
      if (this.#closed) return reject(this.#closed(ride))
      if (signal?.aborted) return reject(callAbortedError(signal, ride))
      const leave = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        waiter.gone = true
        this.#waiters = this.#waiters.filter((one) => one !== waiter)
      }
      const waiter: Waiter<Found> = {
        ride,
        priority: ride.options.priority ?? 0,
        order: this.#order++,
        kind,
        gone: false,
        attempt,
        done: (found) => {
          leave()
          resolve(found)
        },
        fail: (error) => {
          leave()
          reject(error)
        },
        giveBack,
      }
      const onAbort = () => {
        leave()
        reject(callAbortedError(signal, ride))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const timer = setTimeout(
        () => {
          leave()
          resolve(undefined)
        },
        Math.min(ms, longest),
      )
      const at = this.#waiters.findIndex(({ priority }) => priority > waiter.priority)
      this.#waiters.splice(at < 0 ? this.#waiters.length : at, 0, waiter)
    })
  }

  /** Nobody waits any longer, nor will: all are told why. */
  close(why: (ride: RoutedCall) => Error): void {
    this.#closed = why
    clearTimeout(this.#timer)
    for (const waiter of this.#waiters) waiter.fail(why(waiter.ride))
  }

  /** Something has changed: those who wait may look again. */
  wake(): void {
    if (this.#waiters.length === 0) return
    if (this.#pumping) {
      this.#again = true
      return
    }
    this.#pumping = true
    this.#pump().finally(() => {
      this.#pumping = false
      if (!this.#again) return
      this.#again = false
      this.wake()
    })
  }

  /** Looks again after this time, in milliseconds. */
  wakeIn(ms: number): void {
    const at = performance.now() + ms
    if (at >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY
        this.wake()
      },
      Math.min(Math.ceil(ms), longest),
    )
    this.#timer.unref()
  }

  async #pump(): Promise<void> {
    const full = new Set<string>()
    for (const waiter of [...this.#waiters]) {
      const { kind } = waiter
      if (waiter.gone || full.has(kind)) continue
      try {
        const found = waiter.attempt()
        const got = found instanceof Promise ? await found : found
        if (got === undefined) {
          full.add(kind)
        } else if (waiter.gone) waiter.giveBack(got)
        else waiter.done(got)
      } catch (error) {
        waiter.fail(error)
      }
    }
  }
}

export const callAbortedError = (signal: AbortSignal | undefined, { requested }: RoutedCall): AbortError =>
  new AbortError('The call was aborted.', { cause: signal?.reason, model: requested })

export const callTimeoutError = ({ timeout, requested }: RoutedCall, cause: LLMError | undefined): TimeoutError =>
  new TimeoutError(`The call took longer than its timeout of ${timeout} ms. Raise 'timeout', or stream.`, {
    phase: 'total',
    model: requested,
    cause,
    retryable: false,
  })
