import type { AnyUsage, Billing } from '../call/billing.js'
import type { CacheOutcome } from '../call/cache-outcome.js'
import type { Clock } from '../call/clock.js'
import type { Lifetime } from '../call/lifetime.js'
import type { MetaSource } from '../call/meta.js'
import type { CallRecorder } from '../call/observer.js'
import type { LLMError } from '../errors.js'
import type { Origin } from './entry.js'

/** The parts of a call that the cache reads and writes. */
export interface CacheableCall extends MetaSource {
  readonly clock: Clock
  readonly lifetime: Lifetime
  readonly recorder: CallRecorder | undefined
  cache: CacheOutcome | undefined
  nativeFinishReason: string | undefined
  firstTokenAt: number | undefined
  /** Records the origin of a cached answer, for calls without a provider so far. */
  answeredBy?(origin: Origin): void
  settle(usage: AnyUsage | undefined, billing?: Billing, error?: LLMError): void
}
