import { AbortError, APIConnectionError } from '../errors.js'
import { WaitQueue } from './queue.js'
import type { LimitStore, Rejection, Reservation, ReserveRequest, Settlement } from './types.js'

/** Options of a wait for capacity. */
export interface LimitWaitOptions {
  /** Longest wait in milliseconds. @default 30_000 */
  maxWaitMs?: number | undefined
  /** Lower numbers go first. @default 0 */
  priority?: number | undefined
  /** Ends the wait with an `AbortError`. */
  signal?: AbortSignal | undefined
}

/** Polling interval in milliseconds if a store does not name a time. */
const pollMs = 500

/**
 * Lets calls wait for capacity in a {@link LimitStore}: by priority, then in order of arrival. Settle through the queue, so that
 * waiting calls learn of returned capacity at once. A store in Redis also keeps the order among processes.
 * @example
 * const queue = new LimitQueue(memoryLimits())
 * const found = await queue.reserve({ candidates: [{ id: 'call', accounts: [{ key: 'key:7f3a', parallel: 5 }] }] })
 * if ('index' in found) queue.settle(found, { tokens: 120, cost: 0.002 })
 */
export class LimitQueue {
  readonly #store: LimitStore
  readonly #queue = new WaitQueue<Reservation>()

  constructor(store: LimitStore) {
    this.#store = store
  }

  /** Number of waiting calls. */
  get size(): number {
    return this.#queue.size
  }

  /**
   * Reserves as soon as there is capacity. Returns the last rejection if that takes longer than `maxWaitMs`, and at once if time alone
   * does not bring capacity.
   * @throws {AbortError} if `signal` is aborted
   * @throws {APIConnectionError} if the queue is closed
   */
  async reserve(request: ReserveRequest, options: LimitWaitOptions = {}): Promise<Reservation | Rejection> {
    const { maxWaitMs = 30_000, priority, signal } = options
    const kind = JSON.stringify(request.candidates.map(({ accounts }) => accounts.map(({ key }) => key)))
    const isFirst = !this.#queue.hasKind(kind)
    let last = isFirst ? await this.#store.reserve({ ...request, waitedMs: 0 }) : undefined
    if (last && ('index' in last || !canWait(last))) return last
    if (last) this.#queue.wakeIn(waitOf(last))
    const found = await this.#queue.wait({
      kind,
      maxWaitMs,
      priority,
      signal,
      attempt: async (waitedMs) => {
        const next = await this.#store.reserve({ ...request, waitedMs })
        if ('index' in next) return next
        last = next
        this.#queue.wakeIn(waitOf(next))
        return undefined
      },
      giveBack: (reservation) => this.release(reservation),
      failure: (reason) =>
        reason === 'aborted'
          ? new AbortError('The call was aborted while it waited for capacity.', { cause: signal?.reason })
          : new APIConnectionError('The queue is closed. Create a new LimitQueue.', { retryable: false }),
    })
    return found ?? last ?? { reasons: [] }
  }

  /** Settles a reservation and wakes waiting calls. */
  settle(reservation: Reservation, settlement: Settlement): void {
    this.#store.settle(reservation, settlement)
    this.#queue.wake()
  }

  /** Returns the capacity of a call that was never sent, and wakes waiting calls. */
  release(reservation: Reservation): void {
    this.#store.release(reservation)
    this.#queue.wake()
  }

  /** Ends all waits with an error. The store stays open. */
  close(): void {
    this.#queue.close()
  }
}

const waitOf = ({ reasons }: Rejection) => Math.min(pollMs, ...reasons.map(({ retryAfterMs = pollMs }) => retryAfterMs))

/** Whether the end of another call or time brings capacity. */
const canWait = ({ reasons }: Rejection) =>
  reasons.some(({ kind, retryAfterMs }) => kind !== 'budget' || retryAfterMs !== undefined)
