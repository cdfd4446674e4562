import { type Duration, parseDuration } from './duration.js'
import type { BudgetOptions, BudgetSnapshot, LimitAccount } from './types.js'
import { PeriodWindow, RollingWindow, type UsageWindow } from './window.js'

/** The amount that a call holds on a budget. */
export interface BudgetHold {
  readonly budget: Budget
  readonly amount: number
}

/**
 * US dollars in a window. A call holds its highest possible cost and returns the part that it did not need. The budget is
 * therefore only exceeded by a call that ran alone and cost more than its estimate.
 */
export class Budget {
  readonly key: string
  limit: number
  readonly duration: Duration | undefined
  readonly calendar: boolean
  /** US dollars held for calls in flight. */
  reserved = 0
  /** Number of calls in flight that hold a part. */
  holds = 0
  readonly #window: UsageWindow
  readonly #rolling: boolean
  #account: LimitAccount | undefined

  constructor(key: string, { maxBudget, budgetDuration, budgetWindow }: BudgetOptions) {
    this.key = key
    this.limit = maxBudget
    this.duration = budgetDuration === undefined ? undefined : parseDuration(budgetDuration)
    this.calendar = budgetWindow === 'calendar'
    this.#rolling = this.duration !== undefined && !this.calendar
    this.#window =
      this.duration && !this.calendar ? new RollingWindow(this.duration.ms) : new PeriodWindow(this.duration)
  }

  /** The budget as an account of a limit store. */
  get account(): LimitAccount {
    const { key, limit, duration, calendar } = this
    if (this.#account?.budget !== limit) {
      const window = duration && {
        duration: `${duration.count}${duration.unit}`,
        type: calendar ? 'calendar' : 'rolling',
      }
      this.#account = { key, budget: limit, ...(window && { budgetWindow: window as LimitAccount['budgetWindow'] }) }
    }
    return this.#account
  }

  spent(now: number): number {
    this.#window.expire(now)
    return Math.max(0, this.#window.first)
  }

  /** Whether a call fits that is expected to cost `estimate` and costs `most` at worst. */
  fits(now: number, estimate: number, most: number): boolean {
    const spent = this.spent(now)
    if (spent + this.reserved + most <= this.limit) return true
    // the worst case does not fit, but a call that runs alone may go by its estimate
    return this.holds === 0 && spent < this.limit && spent + estimate <= this.limit
  }

  hold(amount: number): BudgetHold {
    this.reserved += amount
    this.holds++
    return { budget: this, amount }
  }

  /** Ends a hold and books the actual cost. */
  settle(now: number, { amount }: BudgetHold, cost: number): void {
    this.holds--
    // sums of fractions drift: without holds exactly 0 is reserved
    this.reserved = this.holds === 0 ? 0 : this.reserved - amount
    this.spend(now, cost)
  }

  spend(now: number, cost: number): void {
    this.#window.add(now, cost, 0)
  }

  /** Milliseconds until part of the budget returns; `undefined` if time alone does not return any. */
  freesIn(now: number): number | undefined {
    if (this.#rolling && this.#window.first <= 0) return undefined
    return this.#window.freesIn(now, 0, 0)
  }

  /** Spending of this process that still counts, with times in milliseconds since 1970. */
  entries(now: number): { at: number; cost: number }[] {
    if (this.spent(now) <= 0) return []
    return this.#window.entries().map(({ at, first }) => ({ at, cost: first }))
  }

  snapshot(now: number): BudgetSnapshot {
    return { key: this.key, limit: this.limit, spent: this.spent(now), reserved: this.reserved }
  }
}
