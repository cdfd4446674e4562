import { calendarPeriod, type Duration, parseDuration } from './duration.js'
import type { BudgetOptions, BudgetSnapshot } from './types.js'
import { RollingWindow } from './window.js'

/** What a call set aside of a budget. */
export interface BudgetHold {
  readonly budget: Budget
  readonly amount: number
}

/**
 * US dollars in a time. A call sets aside what it may cost at most and gives back what it did not need. So the budget is
 * only overshot where a call that ran alone cost more than it could be estimated at.
 */
export class Budget {
  readonly key: string
  limit: number
  readonly duration: Duration | undefined
  readonly calendar: boolean
  reserved = 0
  holds = 0
  readonly #rolling: RollingWindow | undefined
  #spent = 0
  #periodEnds = Number.NEGATIVE_INFINITY
  /** What other processes had spent and set aside, by the last news. */
  #others = 0
  /** While the shared state is out of reach: who shares what is left, and what this process had taken before. */
  #apart: { readonly processes: number; readonly before: number } | undefined

  constructor(key: string, { maxBudget, budgetDuration, budgetWindow }: BudgetOptions) {
    this.key = key
    this.limit = maxBudget
    this.duration = budgetDuration === undefined ? undefined : parseDuration(budgetDuration)
    this.calendar = budgetWindow === 'calendar'
    if (this.duration && !this.calendar) this.#rolling = new RollingWindow(this.duration.ms)
  }

  spent(now: number): number {
    if (this.#rolling) {
      this.#rolling.expire(now)
      return Math.max(0, this.#rolling.first)
    }
    this.#turn(now)
    return this.#spent
  }

  /** Whether a call may begin that costs `estimate`, and `most` at the very most. */
  fits(now: number, estimate: number, most: number): boolean {
    const spent = this.spent(now)
    if (this.#apart) return this.#fitsApart(spent, estimate, most)
    if (spent + this.reserved + most <= this.limit) return true
    // the worst case does not fit. A call that runs alone may still go by its estimate
    return this.holds === 0 && spent < this.limit && spent + estimate <= this.limit
  }

  /** What all processes together have spent and set aside. */
  hear(now: number, total: number): void {
    this.#others = Math.max(0, total - this.spent(now) - this.reserved)
  }

  /** From now on each of so many processes spends its part of what is left; undefined: they agree on each call again. */
  setApart(now: number, processes: number | undefined): void {
    if (processes !== undefined && this.#apart) return
    this.#apart = processes === undefined ? undefined : { processes, before: this.spent(now) + this.reserved }
  }

  /** What was spent here, as far as it still counts. */
  entries(now: number): { at: number; cost: number }[] {
    if (this.spent(now) <= 0) return []
    if (!this.#rolling) return [{ at: now, cost: this.#spent }]
    return this.#rolling.entries().map(({ at, first }) => ({ at, cost: first }))
  }

  #fitsApart(spent: number, estimate: number, most: number): boolean {
    const { processes, before } = this.#apart ?? { processes: 1, before: 0 }
    const since = Math.max(0, spent + this.reserved - before)
    const amount = this.holds === 0 ? estimate : most
    return this.#others + Math.min(before, spent + this.reserved) + (since + amount) * processes <= this.limit
  }

  hold(amount: number): BudgetHold {
    this.reserved += amount
    this.holds++
    return { budget: this, amount }
  }

  /** The call is over and cost this much. */
  settle(now: number, { amount }: BudgetHold, cost: number): void {
    this.holds--
    this.reserved = this.holds === 0 ? 0 : this.reserved - amount
    this.spend(now, cost)
  }

  spend(now: number, cost: number): void {
    if (this.#rolling) this.#rolling.add(now, cost, 0)
    else {
      this.#turn(now)
      this.#spent += cost
    }
  }

  /** When there will be more, in milliseconds from now; undefined where time alone does not bring it. */
  freesIn(now: number): number | undefined {
    if (this.#rolling) return this.#rolling.first > 0 ? this.#rolling.freesIn(now, 0, 0) : undefined
    this.#turn(now)
    return this.duration ? this.#periodEnds - now : undefined
  }

  snapshot(now: number): BudgetSnapshot {
    return { key: this.key, limit: this.limit, spent: this.spent(now), reserved: this.reserved }
  }

  #turn(now: number): void {
    if (!this.duration || now < this.#periodEnds) return
    this.#periodEnds = calendarPeriod(now, this.duration).to
    this.#spent = 0
  }
}
