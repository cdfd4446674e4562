import {
  type AccountUsage,
  type LimitStore,
  type LLMError,
  memoryLimits,
  type Rejection,
  type RejectionReason,
  type Reservation,
  type SettledRecord,
} from 'llmux'
import type { Directory } from '../keys/directory.js'
import { callerFor, checkModel, checkTags, deniedBy, resolveAlias } from '../keys/model-access.js'
import type { Customers } from '../ledger/customers.js'
import type { Ledger } from '../ledger/ledger.js'
import { type RowFacts, rowOf, withoutKey } from '../ledger/row.js'
import type { SpendBook } from '../ledger/spend-book.js'
import { forbidden } from '../refusal.js'
import type {
  Admission,
  AdmissionCall,
  Admitted,
  Catalog,
  ControlEvent,
  ControlSettings,
  NotedCall,
  Principal,
} from '../types.js'
import {
  accountsOf,
  type BudgetAccount,
  type CallAccounts,
  currentPeriod,
  effectiveLimits,
  subjectsOf,
  total,
} from './accounts.js'
import { customerOf, metadataOf, tagsOf } from './call-facts.js'
import { costOf, type Estimate, estimateCall } from './estimate.js'
import { Expectations } from './learned.js'
import { toDollars, toNanos } from './money.js'
import { budgetRefusal, rateRefusal } from './refusals.js'

/** Longest life of a reservation: longer than any stream. */
const leaseMs = 60 * 60_000
/** Longest wait for calls in flight whose reservation may be returned. */
const longestWaitMs = 20_000
const mostWaiting = 2_000

interface Parts {
  readonly directory: Directory
  readonly catalog: Catalog
  readonly ledger: Ledger
  readonly book: SpendBook
  readonly customers: Customers
  readonly limits: LimitStore | undefined
  settings(): ControlSettings
  notify(event: ControlEvent): void
  now(): number
}

/** Creates the admission of calls: access, limits and budgets in one step, and the booking at the end. */
export function createAdmission(parts: Parts): Admission {
  return new CallAdmission(parts)
}

class CallAdmission implements Admission {
  readonly #parts: Parts
  readonly #limits: LimitStore
  readonly #expectations = new Expectations()
  readonly #seeded = new Map<string, number>()
  #waiting = new Set<() => void>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#limits = parts.limits ?? memoryLimits()
  }

  mayUse(principal: Principal, model: string): boolean {
    const may = (caller: Principal) =>
      deniedBy(this.#parts.catalog, caller, resolveAlias(caller, model), model) === undefined
    return may(principal) || (principal.alternatives?.some(may) ?? false)
  }

  checkBudgets(principal: Principal): void {
    const { directory, settings, now } = this.#parts
    const subjects = subjectsOf(directory, settings(), principal, null, [])
    for (const budget of accountsOf(subjects, '', [], now()).budgets) {
      if (this.#spent(budget) >= budget.limit) throw this.#overBudget(budget)
    }
  }

  async admit(caller: Principal, call: AdmissionCall): Promise<Admitted> {
    const principal = callerFor(caller, (candidate) => this.mayUse(candidate, call.model))
    const model = resolveAlias(principal, call.model)
    const tags = tagsOf(call, principal)
    const customerId = principal.customerId ?? customerOf(call)
    const { directory, catalog, settings, now } = this.#parts
    const subjects = subjectsOf(directory, settings(), principal, customerId, tags)
    const accounts = accountsOf(subjects, catalog.resolve(model), tags, now())
    const facts: RowFacts = {
      call,
      principal,
      tags,
      customerId,
      startedAt: now(),
      metadata: metadataOf(call, principal),
    }
    try {
      checkModel(catalog, principal, model, call.model)
      checkTags(directory, catalog, tags, model)
      if (customerId && directory.get('customers', customerId)?.blocked) {
        throw forbidden(`The customer '${customerId}' is blocked.`, 'permission_error', 'user')
      }
      const { estimate, reservation } = await this.#reserve(accounts, call.signal, () =>
        estimateCall(
          {
            catalog,
            expectations: this.#expectations,
            settings: settings(),
            budgets: accounts.budgets,
            spent: (budget) => this.#spent(budget),
          },
          principal,
          call,
          model,
        ),
      )
      return new AdmittedCall(this, facts, model, accounts, estimate, reservation)
    } catch (error) {
      this.refused(facts, accounts, error)
      throw error
    }
  }

  async #reserve(
    accounts: CallAccounts,
    signal: AbortSignal | undefined,
    estimated: () => Estimate,
  ): Promise<{ estimate: Estimate; reservation: Reservation }> {
    const { budgets, rates } = accounts
    // the ledger is the truth for money: counters may have been lost
    const used = budgets.find((budget) => budget.limit <= 0 || this.#spent(budget) >= budget.limit)
    if (used) throw this.#overBudget(used)
    await this.#seed(budgets)
    const strict = (this.#parts.settings().budgetMode ?? 'expected') !== 'expected'
    const counted = [...rates.map(({ account }) => account), ...budgets.map(({ account }) => account)]
    const until = Date.now() + longestWaitMs
    for (;;) {
      // calls that have ended meanwhile may have taught a better estimate
      const estimate = estimated()
      const found = await this.#limits.reserve({
        // a call that runs alone may spend the rest and one call more; in the other modes only the rest
        candidates: [{ id: 'call', accounts: counted, estimate: strict ? estimate.held : 0, most: estimate.held }],
        tokens: estimate.tokens,
        inputTokens: estimate.inputTokens,
        timeout: leaseMs,
      })
      if ('index' in found) return { estimate, reservation: found }
      const reason = found.reasons[0]
      if (!reason || Date.now() >= until || signal?.aborted || !(await this.#mayFree(reason, accounts, estimate))) {
        throw this.#refusal(found, accounts)
      }
      await this.#nextEnd(signal)
    }
  }

  /** Whether the call is only refused because calls in flight hold more than they are likely to need. */
  async #mayFree(
    { kind, account: key }: RejectionReason,
    { budgets, rates }: CallAccounts,
    estimate: Estimate,
  ): Promise<boolean> {
    if (this.#waiting.size >= mostWaiting) return false
    if (kind === 'budget') {
      const budget = budgets.find(({ account }) => account.key === key)
      if (!budget || this.#spent(budget) >= budget.limit) return false
      return (await this.#limits.usage(budget.account)).reserved > 0
    }
    if (kind !== 'tokens' || estimate.learned) return false
    const rate = rates.find(({ account }) => account.key === key)
    return rate !== undefined && (await this.#limits.usage(rate.account)).inFlight > 0
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

  /** Raises the counters to the spend that the ledger knows, once for each account and after changes by other processes. */
  async #seed(budgets: readonly BudgetAccount[]): Promise<void> {
    const { book } = this.#parts
    for (const budget of budgets) {
      const { account } = budget
      if (this.#seeded.get(account.key) === book.generation) continue
      if (this.#seeded.size > 50_000) this.#seeded.clear()
      this.#seeded.set(account.key, book.generation)
      const spent = this.#spent(budget)
      if (spent > 0) await this.#limits.seed(account, { spent })
    }
  }

  #spent({ name, period }: BudgetAccount): number {
    return toDollars(this.#parts.book.get(name, period))
  }

  #overBudget(budget: BudgetAccount): LLMError {
    const { settings, now } = this.#parts
    return budgetRefusal(budget, this.#spent(budget), settings().budgetExceededStatus ?? 422, now())
  }

  #refusal({ reasons }: Rejection, { budgets, rates }: CallAccounts): LLMError {
    const reason = reasons[0]
    const budget = budgets.find(({ account }) => account.key === reason?.account)
    if (budget) return this.#overBudget(budget)
    const rate = rates.find(({ account }) => account.key === reason?.account)
    return rateRefusal(reason, rate, this.#parts.now())
  }

  /** Writes a call that was refused before it began. */
  refused(facts: RowFacts, { spend }: Pick<CallAccounts, 'spend'>, error: unknown): void {
    this.#parts.notify({ kind: 'refused', principal: facts.principal, model: facts.call.model, error })
    this.#parts.ledger.settle({ row: rowOf(facts, undefined, error, 0, 'known', this.#parts.now()), spend })
  }

  /** Journals a call that begins. */
  began(facts: RowFacts, { spend }: CallAccounts, { typical }: Estimate): void {
    const row = rowOf(facts, undefined, undefined, toNanos(typical), 'unknown', facts.startedAt)
    this.#parts.ledger.admit({ row: { ...row, outcome: 'unknown' }, spend })
  }

  settled(
    facts: RowFacts,
    model: string,
    accounts: CallAccounts,
    estimate: Estimate,
    held: Reservation,
    record: SettledRecord,
  ) {
    const { now, ledger, catalog, settings } = this.#parts
    const cost = costOf(record, estimate, settings().unknownPrice ?? 'estimate')
    const row = rowOf(facts, record, record.error, cost.nanos, cost.state, now())
    const usage = record.usage
    const tokens = usage ? row.inputTokens + row.outputTokens : record.outcome === 'success' ? undefined : 0
    this.#limits.settle(held, {
      tokens,
      cost: toDollars(cost.nanos),
      ...(usage && { inputTokens: row.inputTokens, outputTokens: row.outputTokens }),
    })
    if (record.outcome === 'success' && !row.cacheHit) {
      this.#expectations.learn(facts.principal.keyHash, catalog.resolve(model), {
        nanos: row.nanos,
        outputTokens: row.outputTokens,
        totalTokens: row.inputTokens + row.outputTokens,
      })
    }
    ledger.settle({ row, spend: accounts.spend })
    if (facts.customerId) this.#parts.customers.seen(facts.customerId)
    this.#watch(accounts.budgets, row.nanos)
    this.#wake()
  }

  /** Reports budgets whose spend has just passed a threshold. */
  #watch(budgets: readonly BudgetAccount[], nanos: number): void {
    if (nanos === 0) return
    for (const budget of budgets) {
      const { limit, soft, subject } = budget
      const spend = this.#spent(budget)
      const before = spend - toDollars(nanos)
      const { scope, id, alias } = subject
      const event = { kind: 'budget', scope, id, alias, spend, budget: limit } as const
      const passed = (at: number) => before < at && spend >= at
      const percent = [100, 90, 80].find((step) => passed((limit * step) / 100))
      if (percent !== undefined) this.#parts.notify({ ...event, state: 'crossed', percent })
      if (soft !== undefined && passed(soft)) this.#parts.notify({ ...event, state: 'soft', percent: 0 })
    }
  }

  released(facts: RowFacts, accounts: CallAccounts, held: Reservation, error: unknown): void {
    this.#limits.release(held)
    this.#wake()
    this.#parts.ledger.release(facts.call.id)
    if (error !== undefined) this.refused(facts, accounts, error)
  }

  /** Asks a shared store for the usage of the key, so that it is known when the headers are sent: nothing waits for it. */
  sharedUsage({ rates }: CallAccounts, found: (usage: AccountUsage) => void): void {
    const rate = this.#parts.limits && keyRate(rates)
    if (!rate || (rate.account.requests === undefined && rate.account.tokens === undefined)) return
    const usage = this.#limits.usage(rate.account)
    if (usage instanceof Promise) usage.then(found, () => {})
  }

  /** @param shared usage in a shared store, if it is known */
  headers({ principal }: RowFacts, { rates }: CallAccounts, shared?: AccountUsage): Record<string, string> {
    const { book, directory, now } = this.#parts
    const found: Record<string, string> = {}
    const { key } = principal
    const period = key ? currentPeriod(effectiveLimits(directory, key), key.spend_epoch, now()) : total
    found['x-litellm-key-spend'] = String(toDollars(book.get(`key:${principal.keyHash}`, period)))
    if (key?.tpm_limit != null) found['x-litellm-key-tpm-limit'] = String(key.tpm_limit)
    if (key?.rpm_limit != null) found['x-litellm-key-rpm-limit'] = String(key.rpm_limit)
    if (key?.max_budget != null) found['x-litellm-key-max-budget'] = String(key.max_budget)
    const rate = keyRate(rates)
    const usage = rate && shared === undefined ? this.#limits.usage(rate.account) : undefined
    const current = usage instanceof Promise ? undefined : (usage ?? shared)
    const add = (name: string, limit: number | undefined, used: number | undefined) => {
      if (limit === undefined) return
      found[`x-ratelimit-api_key-limit-${name}`] = String(limit)
      if (used !== undefined) found[`x-ratelimit-api_key-remaining-${name}`] = String(Math.max(0, limit - used))
    }
    add('requests', rate?.account.requests, current?.requests)
    add('tokens', rate?.account.tokens, current?.tokens)
    return found
  }

  note({ principal, account, record, error, tags = [], ...call }: NotedCall): void {
    const { directory, settings, now } = this.#parts
    const caller = principal ?? withoutKey(account ?? '')
    const facts: RowFacts = {
      call: { ...call, params: {}, stream: false, headers: {} },
      principal: caller,
      tags,
      customerId: null,
      startedAt: record?.startTime ?? now(),
      metadata: {},
    }
    const { spend } = accountsOf(subjectsOf(directory, settings(), caller, null, tags), call.model, tags, now())
    const cost = record ? costOf(record, undefined, 'allow') : { nanos: 0, state: 'known' as const }
    this.#parts.ledger.settle({
      row: rowOf(facts, record, error ?? record?.error, cost.nanos, cost.state, now()),
      spend,
    })
  }
}

/** The limits of the key itself, for all models and tags. */
const keyRate = (rates: CallAccounts['rates']) =>
  rates.find(({ subject, part }) => subject.scope === 'key' && part === undefined)

class AdmittedCall implements Admitted {
  readonly model: string
  readonly tags: readonly string[]
  readonly customerId: string | null
  readonly #admission: CallAdmission
  readonly #facts: RowFacts
  readonly #accounts: CallAccounts
  readonly #estimate: Estimate
  readonly #reservation: Reservation
  #usage: AccountUsage | undefined
  #ended = false

  constructor(
    admission: CallAdmission,
    facts: RowFacts,
    model: string,
    accounts: CallAccounts,
    estimate: Estimate,
    reservation: Reservation,
  ) {
    this.model = model
    this.tags = facts.tags
    this.customerId = facts.customerId
    this.#admission = admission
    this.#facts = facts
    this.#accounts = accounts
    this.#estimate = estimate
    this.#reservation = reservation
    admission.began(facts, accounts, estimate)
    admission.sharedUsage(accounts, (usage) => {
      this.#usage = usage
    })
  }

  get maxOutputTokens(): number | undefined {
    return this.#estimate.clamped
  }

  headers(): Record<string, string> {
    const found = this.#admission.headers(this.#facts, this.#accounts, this.#usage)
    if (this.maxOutputTokens !== undefined) found['x-llmux-max-tokens'] = String(this.maxOutputTokens)
    return found
  }

  settle(record: SettledRecord): void {
    if (this.#ended) return
    this.#ended = true
    this.#admission.settled(this.#facts, this.model, this.#accounts, this.#estimate, this.#reservation, record)
  }

  release(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#admission.released(this.#facts, this.#accounts, this.#reservation, error)
  }
}
