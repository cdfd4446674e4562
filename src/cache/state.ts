import { LLMError } from '../errors.js'
import { channel } from '../platform/index.js'
import type { CacheFailure } from '../types/cache.js'
import { type CacheInput, type CachePolicy, resolvePolicy } from './policy.js'
import type { SingleFlight } from './single-flight.js'

const failures = channel('llmux:cache:error')

/** How long `close()` waits for pending cache writes, in milliseconds. */
const maxDrainMs = 5_000

/** Cache state shared by all calls of one client or Router. */
export class CacheState {
  /** In-flight calls that identical calls may join, by flight key. */
  readonly flights = new Map<string, SingleFlight>()
  readonly #policy: CachePolicy | undefined
  readonly #writes = new Set<Promise<void>>()

  /** @param option the `cache` option of the client or Router */
  constructor(option: CacheInput) {
    this.#policy = option ? resolvePolicy(option, undefined) : undefined
  }

  /** Combines a call's `cache` option with the client's. Undefined means that the call is not cached. */
  policyFor(option: CacheInput): CachePolicy | undefined {
    if (option === undefined || option === null) return this.#policy
    return option === false ? undefined : resolvePolicy(option, this.#policy)
  }

  /** Waits for pending writes, for a limited time. */
  async drain(): Promise<void> {
    if (this.#writes.size === 0) return
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, maxDrainMs)
    })
    await Promise.race([Promise.all(this.#writes), timeout])
    clearTimeout(timer)
  }

  /** Starts work that no call waits for. Failures are reported, never thrown. */
  runInBackground(policy: CachePolicy, operation: CacheFailure['operation'], key: string, work: () => unknown): void {
    try {
      const done = work()
      if (!isThenable(done)) return
      const write = Promise.resolve(done)
        .then(noop, (error) => void reportFailure(policy, { operation, error: asError(error), key }))
        .finally(() => this.#writes.delete(write))
      this.#writes.add(write)
    } catch (error) {
      reportFailure(policy, { operation, error: asError(error), key })
    }
  }
}

/** Reports a cache failure to `onError` and the diagnostics channel. @returns the error's message */
export function reportFailure(policy: CachePolicy, failure: CacheFailure): string {
  if (failures.hasSubscribers) failures.publish(failure)
  try {
    const returned: unknown = policy.onError?.(failure)
    if (returned instanceof Promise) returned.catch(noop)
  } catch {
    // errors of user callbacks are ignored
  }
  return failure.error.message
}

export const asError = (error: unknown): Error =>
  error instanceof Error || LLMError.is(error) ? error : new Error(String(error))

const noop = () => {}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
