import type { LLMError } from '../errors.js'
import type { Attempt, RouterMeta } from '../types/meta.js'
import type { CacheOutcome } from './cache-outcome.js'
import type { MetaSource } from './meta.js'

/** Who wants to know of what happens inside a call. What begins and ends it is told elsewhere. */
export interface CallWatch {
  /** Whether every chunk of a stream is asked for. */
  readonly chunks: boolean
  /** The model string is resolved: who is called, and which model is asked for. */
  target(provider: string, model: string): void
  retry(error: LLMError, attempt: number, delayMs: number): void
  firstToken(): void
  chunk(chunk: object): void
  cacheHit(key: string, ageMs: number): void
}

/** Who makes a call on behalf of another, larger one, and wants to know how it went: a Router. */
export interface CallObserver {
  /** When the larger call began: `meta.latencyMs` counts from there. Monotonic milliseconds. */
  readonly startedAt: number
  /** Every try of the larger call; this call's are added to it. */
  readonly attempts: Attempt[]
  /** Noted on each of this call's tries. */
  readonly mark: Partial<Attempt>
  /** `meta.router` of the answer. */
  readonly router: RouterMeta
  /** What its cache has to say. */
  readonly cache?: CacheOutcome | undefined
  /**
   * The call is over: answered, failed, left, or cut. Usage, times and headers are on the call. Embeddings in several batches
   * settle once for each.
   */
  settled(call: MetaSource, error: LLMError | undefined): void
}
