import type { Clock } from '../call/clock.js'

/** The time over which a limit counts. */
export interface LimitWindow {
  /** `30s`, `15m`, `12h`, `1d`, `1w`, `1mo`. @default never ends */
  readonly duration?: string | undefined
  /**
   * `rolling` counts any span of `duration`; `calendar` starts again with each UTC hour, day, week (Monday) or month.
   * @default 'rolling'
   */
  readonly type?: 'rolling' | 'calendar' | undefined
}

/**
 * A named account with its limits, as plain data. An account comes into being with its first use, and every use may bring other
 * limits: that is how budgets and rate limits are changed at run time. A limit that is `undefined` does not apply.
 */
export interface LimitAccount {
  /** Unique in its store, for example `key:7f3a`, `team:search`, `deployment:east`. */
  readonly key: string
  /** Requests in any `window`. */
  readonly requests?: number | undefined
  /** Tokens in any `window`, input and output together. */
  readonly tokens?: number | undefined
  /** Input tokens in any `window`. */
  readonly inputTokens?: number | undefined
  /** Output tokens in any `window`. */
  readonly outputTokens?: number | undefined
  /** The window of the four limits above. @default { duration: '1m', type: 'rolling' } */
  readonly window?: LimitWindow | undefined
  /** Calls that may be in flight at the same time. */
  readonly parallel?: number | undefined
  /** US dollars in `budgetWindow`. */
  readonly budget?: number | undefined
  /** @default {} (never ends) */
  readonly budgetWindow?: LimitWindow | undefined
  /** Counts requests and tokens even without a limit on them, so that usage can be read. @default false */
  readonly counted?: boolean | undefined
}

/** One alternative of a {@link ReserveRequest}. */
export interface LimitCandidate {
  /** Identifies the alternative to the caller, for example a deployment. */
  readonly id: string
  /** All of them must have capacity. The first one carries the cooldown and the latency of the candidate. */
  readonly accounts: readonly LimitAccount[]
  /** Expected cost in US dollars. @default 0 */
  readonly estimate?: number | undefined
  /** Highest possible cost in US dollars, held until the call is settled. @default estimate */
  readonly most?: number | undefined
  /** Whether this would be the trial call after a cooldown. */
  readonly probe?: boolean | undefined
}

/** A call that asks for capacity. */
export interface ReserveRequest {
  /** In order of preference, at least one: the first whose accounts all have capacity is taken. */
  readonly candidates: readonly LimitCandidate[]
  /** Estimated tokens, input and output together. @default inputTokens + outputTokens */
  readonly tokens?: number | undefined
  /** Estimated input tokens. @default 0 */
  readonly inputTokens?: number | undefined
  /** Estimated output tokens. @default 0 */
  readonly outputTokens?: number | undefined
  /** Longest duration of the call in milliseconds; after it the reservation expires. @default 600_000 */
  readonly timeout?: number | undefined
  /**
   * Milliseconds that the call has waited in a queue, and `undefined` for a call that does not queue. Stores that several processes
   * share let the call that has waited longest go first.
   */
  readonly waitedMs?: number | undefined
}

/** Capacity reserved on every account of one candidate. */
export interface Reservation {
  /** Index of the candidate. */
  readonly index: number
  /** Id of the candidate. */
  readonly id: string
  /** True if a store of several processes was out of reach, and this one decided by its share of the limits. */
  readonly alone?: boolean | undefined
}

/** No candidate has capacity. Nothing was reserved. */
export interface Rejection {
  /** The reason of each candidate, in the order of the request. */
  readonly reasons: readonly RejectionReason[]
}

/** Why one candidate has no capacity. */
export interface RejectionReason {
  readonly kind: 'cooldown' | 'probing' | 'parallel' | 'budget' | 'requests' | 'tokens' | 'unreachable'
  /** One clause for an error message, such as `has used its 60 requests per minute`. */
  readonly reason: string
  /** When capacity may return, in milliseconds; `undefined` if time alone does not bring it. */
  readonly retryAfterMs: number | undefined
  /** The account that refused. */
  readonly account?: string | undefined
}

/** Actual usage of a call that has ended. */
export interface Settlement {
  /** Tokens, input and output together; `undefined` if unknown, and the estimate stays. */
  readonly tokens: number | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  /** US dollars. */
  readonly cost: number
  /** Whether the provider never received the call, so that it does not count as a request. @default false */
  readonly refused?: boolean | undefined
  /** Duration and time to first content in milliseconds, and output tokens; absent if the call is no measure of speed. */
  readonly latency?:
    | { readonly callMs: number; readonly firstTokenMs: number | undefined; readonly tokens: number }
    | undefined
}

/** A call that ended without a reservation, such as a health check. */
export interface LocalCall {
  /** Id of the candidate. */
  readonly id: string
  /** When it began, in milliseconds since 1970. */
  readonly at: number
  readonly accounts: readonly LimitAccount[]
  readonly tokens: number
  /** US dollars. */
  readonly cost: number
}

/** Usage known from elsewhere, such as a ledger in a database: an account counts at least this much. */
export interface KnownUsage {
  /** US dollars spent in the current budget window. */
  readonly spent?: number | undefined
  /** Requests in the current window. */
  readonly requests?: number | undefined
  /** Tokens in the current window. */
  readonly tokens?: number | undefined
}

/** Usage of an account by all processes. */
export interface AccountUsage {
  readonly key: string
  readonly requests: number
  readonly tokens: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly inFlight: number
  /** US dollars. */
  readonly spent: number
  /** US dollars held for calls in flight. */
  readonly reserved: number
}

/** Why calls stay away from a candidate, and until when. */
export interface Cooldown {
  /** Milliseconds since 1970. */
  readonly until: number
  readonly reason: string
  /** Whether the provider itself named the duration. */
  readonly asked?: boolean
}

/** Averages in milliseconds; `undefined` is unknown. */
export interface LatencyAverages {
  /** Per output token. */
  readonly perTokenMs: number | undefined
  /** To the first content of a stream. */
  readonly firstTokenMs: number | undefined
  /** Complete calls. */
  readonly callMs: number | undefined
}

/** Usage of a candidate's first account by all processes, as of one decision. */
export interface SharedUsage {
  /** Id of the candidate. */
  readonly id: string
  readonly requests: number
  readonly tokens: number
  readonly inFlight: number
  readonly cooldown: Cooldown | undefined
  /** Whether its cooldown has ended and no call has succeeded since: one trial call of all processes goes first. */
  readonly halfOpen: boolean
  /** Averages of all processes; `undefined` if there are none or they are old. */
  readonly latency: LatencyAverages | undefined
}

/** Receives the news of a store. The Router is one. */
export interface LimitObserver {
  /** Usage by other processes. `requests` and `tokens` exclude the call that is being decided. */
  update?(usage: readonly SharedUsage[]): void
  /**
   * The shared state was lost or is back.
   * @param processes how many used it when it was last reached: until it is back each decides within its share of the limits
   */
  changed?(state: 'shared' | 'local', error: Error | undefined, processes: number): void
  /** @default the system clock */
  readonly clock?: Clock | undefined
}

/**
 * Decides which calls may begin. `memoryLimits()` counts for one process and `redisLimits()` for many; a Router takes either as
 * its `state`, and a class of yours with these methods as well.
 */
export interface RouterState {
  /** Called once by the Router that uses the store. */
  attach?(observer: LimitObserver): void
  /** The Router that uses the store is closed. Without this method it closes the store. */
  detach?(observer: LimitObserver): void
  /**
   * Takes capacity on all accounts of the first candidate that has it, in one atomic step. `undefined` means that the store is out
   * of reach and the caller decides by its own counts.
   */
  reserve(request: ReserveRequest): Reservation | Rejection | undefined | Promise<Reservation | Rejection | undefined>
  /** Replaces the estimate by the actual usage and returns the capacity. Only the first call for a reservation counts. Never throws. */
  settle(reservation: Reservation, settlement: Settlement): void
  /** Counts a call that ended without a reservation. Never throws. */
  note?(call: LocalCall): void
  /** Keeps calls of all processes away from a candidate. Never throws. */
  cooldown(id: string, cooldown: Cooldown): void
  /** Ends the cooldown of a candidate. Never throws. */
  recovered(id: string): void
  /** Whether decisions are shared at the moment. */
  readonly connected: boolean
  /** Writes pending settlements and closes connections of the store. */
  close(): Promise<void>
}

/** A store of limits: rate limits, budgets and leases of any number of accounts. */
export interface LimitStore extends RouterState {
  reserve(request: ReserveRequest): Reservation | Rejection | Promise<Reservation | Rejection>
  note(call: LocalCall): void
  /** Returns the capacity of a call that was never sent. The same as settling it as `refused`. */
  release(reservation: Reservation): void
  /** Raises the counters of an account to usage known from elsewhere. Repeating it changes nothing; lower values are ignored. */
  seed(account: LimitAccount, usage: KnownUsage): void | Promise<void>
  /** Current usage of an account by all processes. */
  usage(account: LimitAccount): AccountUsage | Promise<AccountUsage>
}

/** A budget in US dollars, as the options of a Router have it. */
export interface BudgetOptions {
  /** US dollars. */
  maxBudget: number
  /** `30s`, `15m`, `12h`, `1d`, `1w`, `1mo`. @default never ends: the lifetime of the Router */
  budgetDuration?: string | undefined
  /** `rolling` counts any span of `budgetDuration`; `calendar` starts again with each UTC hour, day or month. @default 'rolling' */
  budgetWindow?: 'rolling' | 'calendar' | undefined
}

/** State of a budget. */
export interface BudgetSnapshot {
  /** `router`, `provider:openai`, `deployment:{id}`, `tag:{tag}`. */
  key: string
  /** US dollars. */
  limit: number
  /** US dollars. */
  spent: number
  /** US dollars held for calls in flight. */
  reserved: number
}
