/** A call that waits for capacity. */
export interface WaitRequest<Found> {
  /** Calls of one kind wait for the same capacity: if there is none for the first, the others are not tried. */
  readonly kind: string
  /** Lower numbers go first. @default 0 */
  readonly priority?: number | undefined
  /** Longest wait in milliseconds. */
  readonly maxWaitMs: number
  readonly signal?: AbortSignal | undefined
  /** Tries to reserve; `undefined` means that there is no capacity yet. Errors end the wait. */
  attempt(waitedMs: number): Found | undefined | Promise<Found | undefined>
  /** Returns capacity that was found after the call had ended. */
  giveBack(found: Found): void
  /** The error that ends the wait. */
  failure(reason: 'aborted' | 'closed'): Error
}

interface Waiter<Found> {
  readonly request: WaitRequest<Found>
  readonly priority: number
  readonly since: number
  /** Whether the wait is over. */
  gone: boolean
  resolve(found: Found): void
  reject(error: unknown): void
}

/** `setTimeout` fires at once beyond this. */
const longestTimer = 2_147_483_647

/** Calls that wait for capacity, by priority and then in order of arrival. Every return of capacity wakes them. */
export class WaitQueue<Found> {
  #waiters: Waiter<Found>[] = []
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #trying = false
  #tryAgain = false
  #closed = false

  get size(): number {
    return this.#waiters.length
  }

  hasKind(kind: string): boolean {
    return this.#waiters.some(({ request }) => request.kind === kind)
  }

  /**
   * Waits until `attempt` finds capacity. The first attempt comes with the next wake.
   * @returns `undefined` if that took longer than `maxWaitMs`
   * @throws the `failure` of the request when it is aborted or the queue closed, and whatever `attempt` throws
   */
  wait(request: WaitRequest<Found>): Promise<Found | undefined> {
    return new Promise((resolve, reject) => {
      const { signal, maxWaitMs, priority = 0 } = request
      if (this.#closed) return reject(request.failure('closed'))
      if (signal?.aborted) return reject(request.failure('aborted'))
      const leave = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        waiter.gone = true
        this.#waiters = this.#waiters.filter((one) => one !== waiter)
      }
      const waiter: Waiter<Found> = {
        request,
        priority,
        since: performance.now(),
        gone: false,
        resolve: (found) => {
          leave()
          resolve(found)
        },
        reject: (error) => {
          leave()
          reject(error)
        },
      }
      const onAbort = () => waiter.reject(request.failure('aborted'))
      signal?.addEventListener('abort', onAbort, { once: true })
      const timer = setTimeout(
        () => {
          leave()
          resolve(undefined)
        },
        Math.min(maxWaitMs, longestTimer),
      )
      const at = this.#waiters.findIndex((one) => one.priority > priority)
      this.#waiters.splice(at < 0 ? this.#waiters.length : at, 0, waiter)
    })
  }

  /** Ends all waits with an error, and every later one. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const { request, reject } of this.#waiters) reject(request.failure('closed'))
  }

  /** Capacity may have returned: tries the waiting calls again. */
  wake(): void {
    if (this.#waiters.length === 0) return
    if (this.#trying) {
      this.#tryAgain = true
      return
    }
    this.#trying = true
    this.#tryAll().finally(() => {
      this.#trying = false
      if (!this.#tryAgain) return
      this.#tryAgain = false
      this.wake()
    })
  }

  /** Wakes after this time in milliseconds, unless an earlier wake is planned. */
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
      Math.min(Math.ceil(ms), longestTimer),
    )
    this.#timer.unref?.()
  }

  async #tryAll(): Promise<void> {
    const full = new Set<string>()
    for (const waiter of [...this.#waiters]) {
      const { request, since } = waiter
      if (waiter.gone || full.has(request.kind)) continue
      try {
        const attempt = request.attempt(performance.now() - since)
        const found = attempt instanceof Promise ? await attempt : attempt
        if (found === undefined) full.add(request.kind)
        else if (waiter.gone) request.giveBack(found)
        else waiter.resolve(found)
      } catch (error) {
        waiter.reject(error)
      }
    }
  }
}
