import { BadRequestError, got } from '../errors.js'
import { Budget, type BudgetHold } from './budget.js'
import { type Duration, parseDuration } from './duration.js'
import type { LimitAccount, LimitCandidate, LimitWindow, RejectionReason, ReserveRequest, Settlement } from './types.js'
import { PeriodWindow, RollingWindow, type UsageWindow } from './window.js'

/** A window as the stores calculate with it. Without a duration it never ends. */
export interface WindowSpec {
  readonly duration: Duration | undefined
  readonly calendar: boolean
}

/** The windows of an account. Accounts with the same key and other windows are counted apart. */
export interface AccountSpec {
  readonly rates: WindowSpec
  readonly budget: WindowSpec | undefined
  /** Whether requests and tokens are counted. */
  readonly counted: boolean
  /** Whether input and output tokens are counted apart. */
  readonly split: boolean
  /** Identifies the windows: empty for a minute without a budget. */
  readonly suffix: string
}

const minute: WindowSpec = { duration: { count: 1, unit: 'm', ms: 60_000 }, calendar: false }
const specs = new WeakMap<LimitAccount, AccountSpec>()

/**
 * Checks an account and returns its windows.
 * @throws {BadRequestError} if the account is malformed
 */
export function specOf(account: LimitAccount): AccountSpec {
  const known = specs.get(account)
  if (known) return known
  checkAccount(account)
  const { window, budget, budgetWindow, requests, tokens, inputTokens, outputTokens, counted } = account
  const split = inputTokens !== undefined || outputTokens !== undefined
  const rates = window ? windowOf(account, 'window', window) : minute
  const money = budget === undefined ? undefined : windowOf(account, 'budgetWindow', budgetWindow ?? {})
  const spec: AccountSpec = {
    rates,
    budget: money,
    counted: counted === true || split || requests !== undefined || tokens !== undefined,
    split,
    suffix: `${rates === minute ? '' : `#${nameOf(rates)}`}${money?.duration ? `$${nameOf(money)}` : ''}`,
  }
  specs.set(account, spec)
  return spec
}

const nameOf = ({ duration, calendar }: WindowSpec) => (duration ? `${duration.ms}${calendar ? 'c' : ''}` : 'all')

function windowOf({ key }: LimitAccount, name: string, { duration, type = 'rolling' }: LimitWindow): WindowSpec {
  if (type !== 'rolling' && type !== 'calendar') {
    throw wrong(key, name, `'type' must be 'rolling' or 'calendar'; ${got(type)}.`)
  }
  if (duration === undefined) return { duration: undefined, calendar: false }
  const parsed = typeof duration === 'string' ? parseDuration(duration) : undefined
  if (!parsed) {
    throw wrong(
      key,
      name,
      `'duration' must be a duration such as '30s', '15m', '12h', '1d', '1w' or '1mo'; ${got(duration)}.`,
    )
  }
  return { duration: parsed, calendar: type === 'calendar' }
}

const limitNames = ['requests', 'tokens', 'inputTokens', 'outputTokens', 'parallel', 'budget'] as const

function checkAccount(account: LimitAccount): void {
  if (typeof account !== 'object' || account === null || typeof account.key !== 'string' || account.key === '') {
    throw new BadRequestError(
      `An account must be an object with a 'key', such as { key: 'team:search', requests: 60 }; ${got(account)}.`,
      {
        param: 'accounts',
      },
    )
  }
  for (const name of limitNames) {
    const limit = account[name]
    if (limit === undefined || (typeof limit === 'number' && limit >= 0)) continue
    throw wrong(account.key, name, `it must be a number, 0 or more; ${got(limit)}.`)
  }
}

const wrong = (key: string, name: string, message: string) =>
  new BadRequestError(`'${name}' of the account '${key}' is invalid: ${message}`, { param: name })

const budgetFor = (key: string, { duration, calendar }: WindowSpec) =>
  new Budget(key, {
    maxBudget: 0,
    budgetDuration: duration && `${duration.count}${duration.unit}`,
    budgetWindow: calendar ? 'calendar' : 'rolling',
  })

const makeWindow = ({ duration, calendar }: WindowSpec): UsageWindow =>
  duration && !calendar ? new RollingWindow(duration.ms) : new PeriodWindow(duration)

/** Capacity that a call needs on each account. */
export interface Demand {
  readonly tokens: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly estimate: number
  readonly most: number
}

export function demandOf(
  { tokens, inputTokens = 0, outputTokens = 0 }: ReserveRequest,
  { estimate = 0, most = estimate }: LimitCandidate,
): Demand {
  return { tokens: tokens ?? inputTokens + outputTokens, inputTokens, outputTokens, estimate, most }
}

/** Capacity reserved on one account. */
export interface AccountHold {
  readonly state: AccountState
  readonly slot: number
  readonly splitSlot: number
  readonly tokens: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly money: BudgetHold | undefined
}

/** Actual usage of one call. */
export interface ActualUsage {
  readonly requests: number
  readonly tokens: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
}

/** The actual usage of a settled call; estimates stay for everything that is unknown. */
export function actualOf(
  hold: AccountHold,
  { tokens, inputTokens, outputTokens, cost, refused }: Settlement,
): ActualUsage {
  if (refused) return { requests: 0, tokens: 0, inputTokens: 0, outputTokens: 0, cost }
  const split = inputTokens !== undefined && outputTokens !== undefined ? inputTokens + outputTokens : undefined
  return {
    requests: 1,
    tokens: tokens ?? split ?? hold.tokens,
    inputTokens: inputTokens ?? hold.inputTokens,
    outputTokens: outputTokens ?? hold.outputTokens,
    cost,
  }
}

type Limited = Exclude<RejectionReason['kind'], 'cooldown' | 'probing' | 'unreachable'>

/** Usage of one account by this process. */
export class AccountState {
  readonly key: string
  spec: AccountSpec
  /** Requests and tokens. */
  readonly rates: UsageWindow
  /** Input and output tokens, once they are limited. */
  split: UsageWindow | undefined
  /** Money, once it is limited. */
  budget: Budget | undefined
  inFlight = 0

  constructor(limits: LimitAccount, spec = specOf(limits)) {
    this.key = limits.key
    this.spec = spec
    this.rates = makeWindow(spec.rates)
    this.adopt(limits)
  }

  /** Adds the counters that changed limits of the same windows need. */
  adopt(limits: LimitAccount): void {
    const spec = specOf(limits)
    if (spec.split) this.split ??= makeWindow(spec.rates)
    if (spec.budget) this.budget ??= budgetFor(this.key, spec.budget)
    this.spec = spec
  }

  expire(now: number): void {
    this.rates.expire(now)
    this.split?.expire(now)
  }

  /** Whether nothing of it counts any more. */
  isIdle(now: number): boolean {
    if (this.inFlight > 0 || (this.budget && (this.budget.holds > 0 || this.budget.spent(now) > 0))) return false
    this.expire(now)
    return this.rates.first === 0 && this.rates.second === 0
  }

  /** The limit that the call would exceed, by the counts of this process. */
  exceeded(now: number, limits: LimitAccount, demand: Demand): Limited | undefined {
    const { requests, tokens, inputTokens, outputTokens, parallel, budget } = limits
    if (parallel !== undefined && this.inFlight >= parallel) return 'parallel'
    if (budget !== undefined && this.budget) {
      this.budget.limit = budget
      if (!this.budget.fits(now, demand.estimate, demand.most)) return 'budget'
    }
    this.expire(now)
    if (requests !== undefined && this.rates.first + 1 > requests) return 'requests'
    if (isOver(tokens, this.rates.second, demand.tokens)) return 'tokens'
    if (this.split && isOver(inputTokens, this.split.first, demand.inputTokens)) return 'tokens'
    if (this.split && isOver(outputTokens, this.split.second, demand.outputTokens)) return 'tokens'
    return undefined
  }

  /** Milliseconds until the exceeded limit allows the call; `undefined` if time alone does not. */
  freesIn(now: number, kind: Limited, limits: LimitAccount, demand: Demand): number | undefined {
    const { requests = 0, tokens, inputTokens, outputTokens } = limits
    const { rates, split } = this
    switch (kind) {
      case 'parallel':
        return undefined
      case 'budget':
        return this.budget?.freesIn(now)
      case 'requests':
        return rates.freesIn(now, rates.first + 1 - requests, 0)
      default:
        if (isOver(tokens, rates.second, demand.tokens)) {
          return rates.freesIn(now, 0, excess(tokens, rates.second, demand.tokens))
        }
        return split?.freesIn(
          now,
          excess(inputTokens, split.first, demand.inputTokens),
          excess(outputTokens, split.second, demand.outputTokens),
        )
    }
  }

  reserve(now: number, limits: LimitAccount, demand: Demand): AccountHold {
    const { tokens, inputTokens, outputTokens, most } = demand
    this.inFlight++
    const slot = this.rates.add(now, 1, tokens)
    const splitSlot = this.split ? this.split.add(now, inputTokens, outputTokens) : 0
    const money = this.budget?.hold(Math.min(most, limits.budget ?? most))
    return { state: this, slot, splitSlot, tokens, inputTokens, outputTokens, money }
  }

  settle(now: number, hold: AccountHold, actual: ActualUsage): void {
    this.inFlight--
    this.rates.amend(hold.slot, actual.requests - 1, actual.tokens - hold.tokens)
    this.split?.amend(hold.splitSlot, actual.inputTokens - hold.inputTokens, actual.outputTokens - hold.outputTokens)
    if (hold.money) this.budget?.settle(now, hold.money, actual.cost)
    else this.budget?.spend(now, actual.cost)
  }

  /** Counts usage without a reservation. */
  count(now: number, { requests, tokens, inputTokens, outputTokens, cost }: ActualUsage): void {
    this.rates.add(now, requests, tokens)
    this.split?.add(now, inputTokens, outputTokens)
    if (cost > 0) this.budget?.spend(now, cost)
  }
}

/** Amount that must leave the window before the call fits; for an oversized call everything. */
const excess = (limit: number | undefined, used: number, needed: number) =>
  limit === undefined ? 0 : Math.max(0, Math.min(used, used + needed - limit))

/** A call that is larger than the limit itself goes when nothing else counts: otherwise it never would. A limit of 0 lets none pass. */
export const isOver = (limit: number | undefined, used: number, needed: number): boolean =>
  limit !== undefined && (used > 0 || limit === 0) && used + needed > limit
