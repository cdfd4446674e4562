import type { LLMError } from '../errors.js'
import type { Attempt, RouterMeta } from '../types/meta.js'
import type { CacheOutcome } from './cache-outcome.js'
import type { MetaSource } from './meta.js'

/** Receives the events inside of a call, between its start and its end. */
export interface CallRecorder {
  /** Whether `chunk` must be called. */
  readonly chunks: boolean
  /** Whether `attemptHeaders` must be called. */
  readonly propagates: boolean
  /** Headers of observers for an attempt. @param number place among the attempts of the call, from 1 */
  attemptHeaders(provider: string, model: string, number: number): Readonly<Record<string, string>>
  /** The model string has been resolved. */
  target(provider: string, model: string): void
  retry(error: LLMError, attempt: number, delayMs: number): void
  firstToken(): void
  chunk(chunk: object): void
  cacheHit(key: string, ageMs: number): void
}

/** The larger call that a call is part of, such as one through a Router. */
export interface CallObserver {
  /** Start of the larger call, in monotonic milliseconds: `meta.latencyMs` counts from there. */
  readonly startedAt: number
  /** Attempts of the larger call; those of this call are added. */
  readonly attempts: Attempt[]
  /** Fields for each attempt of this call. */
  readonly mark: Partial<Attempt>
  /** `meta.router` of the answer. */
  readonly router: RouterMeta
  /** Outcome of its cache. */
  readonly cache?: CacheOutcome | undefined
  /**
   * The call has ended: answered, failed, left or cut. Called once; usage, times and headers are on the call.
   */
  settled(call: MetaSource, error: LLMError | undefined): void
}
