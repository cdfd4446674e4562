import type { LimitStore } from 'llmux'
import type { MetricDump } from '../metrics/registry.js'
import type { Sql } from '../store/sql.js'

/** News between the processes of one gateway. */
export interface Bus {
  /** Sends a value to all other processes. */
  publish(topic: string, value: unknown): void
  /** Receives the values of other processes. */
  subscribe(topic: string, receive: (value: never) => void): void
}

/** The parts of a gateway that its workers have in common. */
export interface Shared {
  /** The owner's database, used if the configuration names none. */
  readonly sql: Sql
  /** Counters of admission and of the Router, used if the configuration names no Redis. */
  readonly limits: LimitStore
  readonly state: LimitStore
  readonly bus: Bus
  /** Offers the metrics of this process to the others. */
  offerMetrics(dump: () => readonly MetricDump[]): void
  /** The metrics of all processes together. */
  metrics(): Promise<readonly MetricDump[]>
  /** Whether this process is the first to name the key within a time, so that the gateway acts once. */
  claim(key: string, ms: number): Promise<boolean>
}
