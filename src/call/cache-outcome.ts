import type { CacheMeta } from '../types/cache.js'
import type { AnyUsage } from './billing.js'

/** Cache outcome of a call. */
export interface CacheOutcome {
  readonly meta: CacheMeta
  /** Usage that cached vectors of an embedding list saved. */
  readonly saved?: AnyUsage | undefined
}
