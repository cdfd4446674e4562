import type { KnownUsage, LimitAccount } from '../types.js'
import type { RedisClient } from './connection.js'

/** The options of `redisLimits()` with their defaults. */
export interface Settings {
  readonly maker: string
  readonly url: string | undefined
  readonly client: RedisClient | undefined
  readonly keyPrefix: string
  readonly namespace: string
  readonly commandTimeout: number
  readonly connectTimeout: number
  readonly leaseTtl: number
  readonly onLoss: 'local' | 'reject'
  readonly processes: number
  readonly allowedFails: number
  readonly seed: ((accounts: readonly LimitAccount[]) => Promise<readonly (KnownUsage | undefined)[]>) | undefined
  readonly clockOffset: (() => number) | undefined
}

/** Time limit of commands that no call waits for, in milliseconds. */
export const backgroundTimeout = 2_000
