import {
  type KnownUsage,
  type LimitAccount,
  LimitQueue,
  type LimitStore,
  memoryLimits,
  type RejectionReason,
  type Reservation,
  type Settlement,
} from 'llmux'
import type { Ledger } from '../ledger/ledger.js'
import type { SpendBook } from '../ledger/spend-book.js'
import type { ControlSettings } from '../types.js'
import type { BudgetAccount, CallAccounts, RateAccount, SpendPlace } from './accounts.js'
import type { Estimate } from './estimate.js'
import { toDollars } from './money.js'
import { budgetRefusal, countersAway, rateRefusal } from './refusals.js'

/** Longest life of a reservation: longer than any stream. */
const leaseMs = 60 * 60_000
/** Longest wait for calls in flight whose reservation may be returned. */
const longestWaitMs = 20_000
const mostWaiting = 2_000
const mostSeeded = 50_000
/** Longest wait for the database before the sums in memory are used. */
const seedMs = 1_000

/** Looks up usage of accounts that the store does not know, before their first grant. */
export type Seed = (accounts: readonly LimitAccount[]) => Promise<readonly (KnownUsage | undefined)[]>

interface Parts {
  readonly book: SpendBook
  readonly ledger: Ledger
  readonly limits: LimitStore | ((seed: Seed) => LimitStore) | undefined
  settings(): ControlSettings
  now(): number
}

/** How a call waits. */
export interface WaitOptions {
  readonly signal: AbortSignal | undefined
  /** Longest wait for rate limits in milliseconds; 0 refuses at once. */
  readonly waitMs: number
  /** Lower numbers go first. */
  readonly priority: number
  /** Whether only the rest of a budget may be spent, never one call more. */
  readonly strict: boolean
  /** Estimates the call. Ended calls may have taught a better estimate meanwhile. */
  estimate(): Estimate
}

/** Reserves all limits and budgets of a call in one step. The ledger is the truth for money: counters may have been lost. */
export class Reserver {
  readonly store: LimitStore
  readonly #parts: Parts
  readonly #queue: LimitQueue
  /** Where the usage of accounts is kept. */
  readonly #places = new WeakMap<LimitAccount, readonly SpendPlace[]>()
  readonly #seeded = new Map<string, number>()
  #waiting = new Set<() => void>()

  constructor(parts: Parts) {
    this.#parts = parts
    const { limits } = parts
    this.store =
      typeof limits === 'function' ? limits((accounts) => this.#usageOf(accounts)) : (limits ?? memoryLimits())
    this.#queue = new LimitQueue(this.store)
  }

  /** Reads the sums of accounts that are not in memory; undefined if there is nothing to wait for. */
  prepare(accounts: CallAccounts): Promise<void> | undefined {
    const { book } = this.#parts
    return accounts.spend.every(({ subject }) => book.knows(subject)) ? undefined : this.#read(accounts)
  }

  async #read({ spend, budgets, rates }: CallAccounts): Promise<void> {
    const { ledger } = this.#parts
    await ledger.read(spend.map(({ subject }) => subject))
    // other processes may have added to the sums while they were not in memory
    for (const { account } of [...budgets, ...rates]) this.#seeded.delete(account.key)
  }

  /** US dollars spent in the current period of a budget. */
  spent({ name, counted }: BudgetAccount): number {
    const { book } = this.#parts
    return toDollars(book.sum(name, counted))
  }

  /** @throws a refusal */
  async reserve(
    budgets: readonly BudgetAccount[],
    rates: readonly RateAccount[],
    { signal, waitMs, priority, strict, estimate: estimated }: WaitOptions,
  ): Promise<{ estimate: Estimate; reservation: Reservation }> {
    const used = budgets.find((budget) => budget.limit <= 0 || this.spent(budget) >= budget.limit)
    if (used) throw this.overBudget(used)
    if (!this.#isSeeded(budgets, rates)) await this.#seed(budgets, rates)
    const accounts = [...rates.map(({ account }) => account), ...budgets.map(({ account }) => account)]
    const until = Date.now() + longestWaitMs
    const queueUntil = Date.now() + waitMs
    for (;;) {
      const estimate = estimated()
      const request = {
        // a call that runs alone may spend the rest and one call more; in the other modes only the rest
        candidates: [{ id: 'call', accounts, estimate: strict ? estimate.held : 0, most: estimate.held }],
        tokens: estimate.tokens,
        inputTokens: estimate.inputTokens,
        outputTokens: estimate.tokens - estimate.inputTokens,
        timeout: leaseMs,
      }
      const maxWaitMs = queueUntil - Date.now()
      const found =
        maxWaitMs > 0 && this.#queue.size < mostWaiting
          ? await this.#queue.reserve(request, { maxWaitMs, priority, ...(signal && { signal }) })
          : await this.store.reserve(request)
      if ('index' in found) {
        if (!strict || found.alone !== true) return { estimate, reservation: found }
        // the share of a process does not include the spend of the others, and this budget must not be passed
        this.#queue.release(found)
        if (Date.now() >= until || signal?.aborted) throw countersAway()
        await this.#nextEnd(signal)
        continue
      }
      const reason = found.reasons[0]
      if (
        !reason ||
        Date.now() >= until ||
        signal?.aborted ||
        !(await this.#mayFree(reason, budgets, rates, estimate))
      ) {
        throw this.#refusal(reason, budgets, rates)
      }
      await this.#nextEnd(signal)
    }
  }

  settle(reservation: Reservation, settlement: Settlement, { budgets }: CallAccounts): void {
    this.#queue.settle(reservation, settlement)
    // the call belongs to an earlier slot than the next one: that looks at the sums again
    const { book, now } = this.#parts
    if (budgets.some(({ slotEndsAt = Number.POSITIVE_INFINITY }) => slotEndsAt <= now())) book.generation++
    this.#wake()
  }

  release(reservation: Reservation): void {
    this.#queue.release(reservation)
    this.#wake()
  }

  /** @param more a further sentence */
  overBudget(budget: BudgetAccount, more?: string) {
    const { settings, now } = this.#parts
    return budgetRefusal(budget, this.spent(budget), settings().budgetExceededStatus ?? 422, now(), more)
  }

  /** Whether the call is only refused because calls in flight hold more than they are likely to need. */
  async #mayFree(
    { kind, account: key }: RejectionReason,
    budgets: readonly BudgetAccount[],
    rates: readonly RateAccount[],
    estimate: Estimate,
  ): Promise<boolean> {
    if (this.#waiting.size >= mostWaiting) return false
    if (kind === 'budget') {
      const budget = budgets.find(({ account }) => account.key === key)
      if (!budget || this.spent(budget) >= budget.limit) return false
      return (await this.store.usage(budget.account)).reserved > 0
    }
    if (kind !== 'tokens' || estimate.learned) return false
    const rate = rates.find(({ account }) => account.key === key)
    return rate !== undefined && (await this.store.usage(rate.account)).inFlight > 0
  }

  /** Waits for the end of some call, at most for a moment. */
  #nextEnd(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        this.#waiting.delete(end)
        resolve()
      }
      const timer = setTimeout(end, 250)
      signal?.addEventListener('abort', end)
      this.#waiting.add(end)
    })
  }

  #wake(): void {
    const waiting = this.#waiting
    if (waiting.size === 0) return
    this.#waiting = new Set()
    for (const end of waiting) end()
  }

  #refusal(reason: RejectionReason | undefined, budgets: readonly BudgetAccount[], rates: readonly RateAccount[]) {
    const budget = budgets.find(({ account }) => account.key === reason?.account)
    if (budget) return this.overBudget(budget)
    const rate = rates.find(({ account }) => account.key === reason?.account)
    return rateRefusal(reason, rate, this.#parts.now())
  }

  #isSeeded(budgets: readonly BudgetAccount[], rates: readonly RateAccount[]): boolean {
    const { generation } = this.#parts.book
    for (const { account } of budgets) {
      if (this.#seeded.get(account.key) !== generation || !this.#places.has(account)) return false
    }
    for (const { account, monthly } of rates) {
      if (monthly && (this.#seeded.get(account.key) !== generation || !this.#places.has(account))) return false
    }
    return true
  }

  /** Raises the counters to the sums of the ledger, once for each account and after changes by other processes. */
  async #seed(budgets: readonly BudgetAccount[], rates: readonly RateAccount[]): Promise<void> {
    const { book } = this.#parts
    for (const { account, name, counted } of budgets) {
      if (this.#places.has(account)) continue
      this.#places.set(
        account,
        counted.map((period) => ({ subject: name, period })),
      )
    }
    for (const { account, monthly } of rates) {
      if (monthly && !this.#places.has(account)) this.#places.set(account, [{ ...monthly, requests: true }])
    }
    for (const { account } of [...budgets, ...rates]) {
      if (this.#seeded.get(account.key) === book.generation) continue
      const places = this.#places.get(account)
      if (!places) continue
      if (this.#seeded.size > mostSeeded) this.#seeded.clear()
      this.#seeded.set(account.key, book.generation)
      const usage = this.#inMemory(places)
      if (!usage) continue
      try {
        await this.store.seed(account, usage)
      } catch {
        // a store that cannot be reached decides by the process's own share; it is told again with the next call
        this.#seeded.delete(account.key)
      }
    }
  }

  #inMemory(places: readonly SpendPlace[]): KnownUsage | undefined {
    const { book } = this.#parts
    const sum = places.reduce((total, { subject, period }) => total + book.get(subject, period), 0n)
    if (sum === 0n) return undefined
    return places[0]?.requests ? { requests: Number(sum) } : { spent: toDollars(sum) }
  }

  /** Usage of accounts that a shared store has not or no longer: from the database, where other processes have written as well. */
  async #usageOf(accounts: readonly LimitAccount[]): Promise<(KnownUsage | undefined)[]> {
    const places = accounts.map((account) => this.#places.get(account) ?? [])
    const all = places.flat()
    if (all.length > 0) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, seedMs)
      })
      await Promise.race([this.#parts.ledger.reload(all), late])
      clearTimeout(timer)
    }
    return places.map((own) => (own.length === 0 ? undefined : this.#inMemory(own)))
  }
}
