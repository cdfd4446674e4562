import type { Clock } from '../call/clock.js'
import { nextTurn } from '../platform/index.js'
import type { CallbackSet, CallEvent } from '../types/observe.js'

const handlers = {
  start: 'onStart',
  retry: 'onRetry',
  fallback: 'onFallback',
  firstToken: 'onFirstToken',
  chunk: 'onChunk',
  cacheHit: 'onCacheHit',
  success: 'onSuccess',
  failure: 'onFailure',
} as const satisfies Record<CallEvent['type'], keyof CallbackSet>

export const wants = (callbacks: CallbackSet, type: CallEvent['type']): boolean =>
  typeof callbacks[handlers[type]] === 'function'

/** Maximum number of pending handlers. */
const parallel = 16
/** Time budget of handlers before other work gets a turn, in milliseconds. */
const slice = 5

interface Item {
  readonly callbacks: CallbackSet
  readonly event: CallEvent
  readonly sequence: number
}

/** Delivers events to callbacks asynchronously, in order and isolated from the calls. */
export class Delivery {
  readonly stats = { delivered: 0, failed: 0, dropped: 0, late: 0 }
  readonly #most: number
  readonly #timeout: number
  readonly #clock: Clock
  #queue: Item[] = []
  #head = 0
  #sequence = 0
  #taken = 0
  #scheduled = false
  readonly #underWay = new Set<number>()
  readonly #drains = new Set<{ readonly until: number; readonly settle: () => void }>()

  constructor(most: number, timeout: number, clock: Clock) {
    this.#most = most
    this.#timeout = timeout
    this.#clock = clock
  }

  get waiting(): number {
    return this.#queue.length - this.#head
  }

  /** Total number of queued events so far. */
  get count(): number {
    return this.#sequence
  }

  put(callbacks: CallbackSet, event: CallEvent): void {
    if (this.waiting >= this.#capacityFor(event.type)) {
      this.stats.dropped++
      return
    }
    this.#queue.push({ callbacks, event, sequence: ++this.#sequence })
    this.#schedule()
  }

  /** Reserves capacity for success and failure events: chunks may use half of the queue, other events three quarters. */
  #capacityFor(type: CallEvent['type']): number {
    if (type === 'success' || type === 'failure') return this.#most
    return Math.ceil(this.#most * (type === 'chunk' ? 0.5 : 0.75))
  }

  /** Resolves when all events queued so far are delivered, at the latest after twice the handler timeout. */
  drain(): Promise<void> {
    const until = this.#sequence
    if (this.#reached(until)) return Promise.resolve()
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer)
        this.#drains.delete(drain)
        resolve()
      }
      const drain = { until, settle }
      // referenced: an awaited drain must keep the process alive
      const timer = setTimeout(settle, this.#timeout * 2)
      this.#drains.add(drain)
    })
  }

  #reached(until: number): boolean {
    if (this.#taken < until) return false
    for (const sequence of this.#underWay) if (sequence <= until) return false
    return true
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    nextTurn(() => {
      this.#scheduled = false
      this.#run()
    })
  }

  #run(): void {
    const began = this.#clock.now()
    while (this.waiting > 0 && this.#underWay.size < parallel) {
      const item = this.#queue[this.#head++] as Item
      this.#taken = item.sequence
      this.#deliver(item)
      if (this.#clock.now() - began > slice) break
    }
    if (this.waiting === 0 || this.#head > 1_000) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    if (this.waiting > 0 && this.#underWay.size < parallel) this.#schedule()
    for (const { until, settle } of [...this.#drains]) if (this.#reached(until)) settle()
  }

  #deliver({ callbacks, event, sequence }: Item): void {
    try {
      const handler = callbacks[handlers[event.type]] as ((event: CallEvent) => unknown) | undefined
      const returned = handler?.call(callbacks, event)
      if (!isThenable(returned)) {
        this.stats.delivered++
        return
      }
      this.#underWay.add(sequence)
      const end = (count: 'delivered' | 'failed' | 'late') => {
        if (!this.#underWay.delete(sequence)) return
        clearTimeout(timer)
        this.stats[count]++
        this.#schedule()
      }
      const timer = setTimeout(() => end('late'), this.#timeout)
      timer.unref?.()
      Promise.resolve(returned).then(
        () => end('delivered'),
        () => end('failed'),
      )
    } catch {
      this.stats.failed++
    }
  }
}

/** Waits for a user callback, for a limited time. Its errors are ignored. */
export async function within(ms: number, work: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await Promise.race([work(), end])
  } catch {
    // errors of user callbacks are ignored
  } finally {
    clearTimeout(timer)
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
