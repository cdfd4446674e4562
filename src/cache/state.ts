import { channel } from 'node:diagnostics_channel'
import { LLMError } from '../errors.js'
import type { CacheFailure } from '../types/cache.js'
import type { Flight } from './flight.js'
import { type Given, type Plan, planOf } from './plan.js'

const failures = channel('llmux:cache:error')

/** How long a client that is closed waits for its store, in milliseconds. */
const longestDrain = 5_000

/** What the calls of one client share of its cache. */
export class CacheState {
  /** Calls that others wait for, by their keys. */
  readonly flights = new Map<string, Flight>()
  readonly #own: Plan | undefined
  readonly #writes = new Set<Promise<void>>()

  /** @param option what the client or the Router was given for `cache` */
  constructor(option: Given) {
    this.#own = option ? planOf(option, undefined) : undefined
  }

  /** How a call uses the cache; undefined where it doesn't. */
  planFor(ofCall: Given): Plan | undefined {
    if (ofCall === undefined || ofCall === null) return this.#own
    return ofCall === false ? undefined : planOf(ofCall, this.#own)
  }

  /** Waits for writes that are under way, but not for a store that never answers. */
  async drain(): Promise<void> {
    if (this.#writes.size === 0) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, longestDrain)
    })
    await Promise.race([Promise.all(this.#writes), late])
    clearTimeout(timer)
  }

  /** Does something that no call waits for. */
  behind(plan: Plan, operation: CacheFailure['operation'], key: string, work: () => unknown): void {
    try {
      const done = work()
      if (!isThenable(done)) return
      const write = Promise.resolve(done)
        .then(nothing, (error) => void tell(plan, { operation, error: asError(error), key }))
        .finally(() => this.#writes.delete(write))
      this.#writes.add(write)
    } catch (error) {
      tell(plan, { operation, error: asError(error), key })
    }
  }
}

/** What goes wrong with a cache is told, and never thrown. @returns it in words */
export function tell(plan: Plan, failure: CacheFailure): string {
  if (failures.hasSubscribers) failures.publish(failure)
  try {
    const told: unknown = plan.onError?.(failure)
    if (told instanceof Promise) told.catch(nothing)
  } catch {
    // whoever listens can't break the call
  }
  return failure.error.message
}

export const asError = (error: unknown): Error =>
  error instanceof Error || LLMError.is(error) ? error : new Error(String(error))

const nothing = () => {}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
