import type { Clock } from '../call/clock.js'
import type { Budget, BudgetHold } from '../limits/budget.js'
import type { Cooldown } from '../limits/types.js'
import type { LatencyView } from './types.js'

/** One place to look for room: a deployment with its limits, and the budgets that would pay. */
export interface Candidate {
  readonly id: string
  /** In any 60 seconds. Undefined where the limit only steers, or there is none. */
  readonly rpm: number | undefined
  readonly tpm: number | undefined
  readonly maxParallelRequests: number | undefined
  readonly budgets: readonly Budget[]
  /** What the call may cost here, in US dollars: by estimate, and at most. Both 0 without budgets. */
  readonly estimate: number
  readonly most: number
  /** True where this call tries out a deployment after its cooldown. */
  readonly probe: boolean
}

/** What a decision is made from. */
export interface Ask {
  /** In order of preference; at least one. */
  readonly candidates: readonly Candidate[]
  /** Estimated tokens of prompt and answer. */
  readonly tokens: number
  /** How long the call may take, in milliseconds: its place is free again after that, whatever becomes of the process. */
  readonly timeout: number
}

/** How one deployment stands, as every process sees it. */
export interface SharedUsage {
  readonly id: string
  readonly requests: number
  readonly tokens: number
  readonly inFlight: number
  readonly cooldown: Cooldown | undefined
  /** Its cooldown is over, and nobody has had an answer from it since: one call of all processes goes first. */
  readonly halfOpen: boolean
  /** What all processes measured; undefined where that is old or nothing. */
  readonly latency: LatencyView | undefined
}

/** Room that was taken. */
export interface Lease {
  /** Which of the candidates. */
  readonly index: number
  readonly id: string
}

/** No candidate had room. */
export interface NoRoom {
  /** For each candidate, why. */
  readonly reasons: readonly RoomReason[]
}

export interface RoomReason {
  readonly kind: 'cooldown' | 'probing' | 'parallel' | 'budget' | 'requests' | 'tokens' | 'unreachable'
  readonly reason: string
  readonly retryAfterMs: number | undefined
}

/** How a call with a lease ended. */
export interface Settlement {
  /** Tokens that it really used; undefined where nobody knows, and the estimate stands. */
  readonly tokens: number | undefined
  /** US dollars. */
  readonly cost: number
  /** True where the provider never heard of the call: it was no request. */
  readonly refused?: boolean
  /** Whole time and time to first content in milliseconds, output tokens; absent for calls that say nothing about speed. */
  readonly latency?: { readonly callMs: number; readonly firstTokenMs: number | undefined; readonly tokens: number }
}

/** A call that this process decided by itself: the shared state was out of reach, or it was a health check. It is over. */
export interface LocalCall {
  readonly id: string
  /** When it began, in milliseconds since 1970. */
  readonly at: number
  readonly tokens: number
  readonly holds: readonly BudgetHold[]
  /** US dollars. */
  readonly cost: number
}

/** What this process has counted, in all: for a shared state that has forgotten everything. Times as in {@link LocalCall}. */
export interface LocalCounts {
  readonly deployments: readonly {
    readonly id: string
    readonly entries: readonly { readonly at: number; readonly requests: number; readonly tokens: number }[]
  }[]
  readonly budgets: readonly {
    readonly budget: Budget
    readonly entries: readonly { readonly at: number; readonly cost: number }[]
  }[]
}

/**
 * Where a Router keeps what several processes must agree on: usage, calls under way, cooldowns, latency and budgets. Each
 * process also counts for itself, and goes on with that where the shared state is gone.
 */
export interface RouterState {
  /** Told once, by the Router that uses it. */
  attach?(host: StateHost): void
  /**
   * Takes room on the first candidate that has it, in one step that no other process can come between. Undefined where the
   * state is out of reach: then this process's own counts decide.
   */
  reserve(ask: Ask): Promise<Lease | NoRoom | undefined>
  /** Gives room back and corrects the estimates. Never throws. */
  settle(lease: Lease, settlement: Settlement): void
  /** Counts a call that went without a lease. Never throws. */
  note?(call: LocalCall): void
  cooldown(id: string, cooldown: Cooldown): void
  recovered(id: string): void
  /** Whether the state can be reached just now. */
  readonly connected: boolean
  /** What is still to be written, and then the connection's end. */
  close(): Promise<void>
}

/** What a state tells its Router. */
export interface StateHost {
  readonly clock: Clock
  /** News of other processes. `requests` and `tokens` are those before the call that it came with. */
  update(usage: readonly SharedUsage[]): void
  /**
   * The state was lost, or is back.
   * @param processes how many used it when it was last heard: each keeps to its part of the limits until it is back
   */
  changed(state: 'shared' | 'local', error: Error | undefined, processes: number): void
  counts(): LocalCounts
}
