import type { AccountUsage, LimitStore, Reservation, SettledRecord } from 'llmux'
import type { Directory } from '../keys/directory.js'
import { callerFor, checkCustomer, checkModel, checkTags, deniedBy, resolveAlias } from '../keys/model-access.js'
import type { Customers } from '../ledger/customers.js'
import type { Ledger } from '../ledger/ledger.js'
import { type RowFacts, rowOf, withoutKey } from '../ledger/row.js'
import type { SpendBook } from '../ledger/spend-book.js'
import type { Booking } from '../ledger/spool.js'
import { forbidden, refusalOf } from '../refusal.js'
import type { BudgetMode, OverBudget } from '../store/rows.js'
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
import { accountsOf, accountsUntil, type BudgetAccount, type CallAccounts, subjectsOf } from './accounts.js'
import { AdmittedCall } from './admitted.js'
import { customerOf, metadataOf, priorityOf, refuseTags, tagsOf, waitOf } from './call-facts.js'
import { CallIds } from './call-ids.js'
import { costOf, type Estimate, estimateCall } from './estimate.js'
import { Expectations } from './learned.js'
import { toDollars, toNanos } from './money.js'
import { Reserver, type Seed } from './reserving.js'
import { RunningStreams, StreamWatch } from './running.js'

interface Parts {
  readonly directory: Directory
  readonly catalog: Catalog
  readonly ledger: Ledger
  readonly book: SpendBook
  readonly customers: Customers
  readonly limits: LimitStore | ((seed: Seed) => LimitStore) | undefined
  settings(): ControlSettings
  notify(event: ControlEvent): void
  now(): number
}

/** Creates the admission of calls: access, limits and budgets in one step, and the booking at the end. */
export function createAdmission(parts: Parts): Admission {
  return new CallAdmission(parts)
}

/** A call that has capacity. */
export interface Granted {
  readonly model: string
  readonly accounts: CallAccounts
  readonly estimate: Estimate
  readonly reservation: Reservation
  /** Budgets that did not reserve the worst case. */
  readonly expected: readonly BudgetAccount[]
}

interface CallersAccounts {
  readonly settings: ControlSettings
  readonly found: Map<string, CallAccounts>
  until: number
}

const mostWatched = 50_000
/** Longer than it takes until the sums of other processes are read. */
const watchAgainMs = 1_500

export class CallAdmission implements Admission {
  readonly #parts: Parts
  readonly #reserver: Reserver
  readonly #expectations = new Expectations()
  readonly #ids = new CallIds()
  readonly #running = new RunningStreams()
  readonly #accounts = new WeakMap<Principal, CallersAccounts>()
  /** US dollars spent on budgets when they were last looked at. */
  readonly #watched = new Map<string, number>()
  readonly #later = new Map<string, BudgetAccount>()
  #timer: NodeJS.Timeout | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#reserver = new Reserver(parts)
  }

  mayUse(principal: Principal, model: string): boolean {
    const may = (caller: Principal) =>
      deniedBy(this.#parts.catalog, caller, resolveAlias(this.#parts.catalog, caller, model), model) === undefined
    return may(principal) || (principal.alternatives?.some(may) ?? false)
  }

  /** Calls on a used-up budget. */
  #modeOf({ subject }: BudgetAccount): OverBudget {
    return subject.limits.over_budget ?? this.#parts.settings().overBudget ?? 'refuse'
  }

  async admit(caller: Principal, asked: AdmissionCall): Promise<Admitted> {
    const call = { ...asked, id: this.#ids.take(asked.id) }
    const principal = callerFor(caller, (candidate) => this.mayUse(candidate, call.model))
    const tags = tagsOf(call, principal)
    const customerId = principal.customerId ?? customerOf(call)
    const { directory, catalog, settings, now } = this.#parts
    const model = resolveAlias(catalog, principal, call.model)
    if (customerId && !directory.knows('customers', customerId)) await directory.load('customers', [customerId])
    const accounts = this.#accountsOf(principal, catalog.callName(model), customerId, tags)
    const { subjects } = accounts
    const facts: RowFacts = {
      call,
      principal,
      tags,
      customerId,
      startedAt: now(),
      metadata: metadataOf(call, principal),
    }
    try {
      if (settings().rejectClientTags) refuseTags(call)
      checkModel(catalog, principal, model, call.model)
      checkTags(directory, catalog, tags, model)
      if (customerId) checkCustomer(catalog, directory.get('customers', customerId), model)
      const blocked = subjects.find((subject) => subject.blocked)
      if (blocked) {
        const param = blocked.scope === 'customer' ? 'user' : undefined
        throw forbidden(`The ${blocked.scope} '${blocked.alias ?? blocked.id}' is blocked.`, 'permission_error', param)
      }
      const granted = await this.#grant(facts, model, accounts)
      const admitted = new AdmittedCall(this, facts, model, granted)
      await this.journaled
      return admitted
    } catch (error) {
      if (refusalOf(error)?.type === 'budget_exceeded') this.#watchLater(accounts.budgets)
      this.refused(facts, accounts, error)
      await this.journaled
      throw error
    }
  }

  /**
   * The accounts of a call. They are the same for all calls of a caller within a second, and cost more to make than the rest of an
   * admission. A caller is a new object after each change of the directory.
   */
  #accountsOf(principal: Principal, group: string, customerId: string | null, tags: readonly string[]): CallAccounts {
    const { directory, settings, now } = this.#parts
    const current = settings()
    const at = now()
    let ofCaller = this.#accounts.get(principal)
    if (!ofCaller || ofCaller.until <= at || ofCaller.settings !== current) {
      ofCaller = { until: Number.POSITIVE_INFINITY, settings: current, found: new Map() }
      this.#accounts.set(principal, ofCaller)
    }
    const name = tags.length === 0 ? `${group}\n${customerId ?? ''}` : `${group}\n${customerId}\n${tags.join('\n')}`
    let found = ofCaller.found.get(name)
    if (!found) {
      found = accountsOf(subjectsOf(directory, current, principal, customerId, tags), group, tags, at)
      const until = accountsUntil(found, at)
      if (until <= at) return found
      ofCaller.until = Math.min(ofCaller.until, until)
      ofCaller.found.set(name, found)
    }
    return found
  }

  /** Reserves for the model, or for a cheaper one if a budget is used up. */
  async #grant(facts: RowFacts, model: string, accounts: CallAccounts): Promise<Granted> {
    try {
      return await this.#reserve(facts, model, accounts, false)
    } catch (error) {
      if (refusalOf(error)?.type !== 'budget_exceeded') throw error
      const { catalog, now } = this.#parts
      for (const name of this.#cheaper(accounts, catalog.callName(model))) {
        const next = resolveAlias(catalog, facts.principal, name)
        if (!catalog.has(next) || !this.mayUse(facts.principal, name)) continue
        const others = accountsOf(accounts.subjects, catalog.callName(next), facts.tags, now())
        try {
          return await this.#reserve(facts, next, others, true)
        } catch (reason) {
          if (refusalOf(reason)?.type !== 'budget_exceeded') throw reason
        }
      }
      throw error
    }
  }

  /** Models for calls on a used-up budget: of the subjects of the call, then of the gateway. */
  #cheaper({ subjects }: CallAccounts, model: string): string[] {
    const { budgetFallbacks } = this.#parts.settings()
    const lists = subjects.flatMap(({ limits }) => {
      const extra = (limits as { extra?: { budget_fallbacks?: unknown } }).extra
      return [limits.budget_fallbacks, extra?.budget_fallbacks]
    })
    return [...lists, budgetFallbacks].flatMap((map) => {
      if (typeof map !== 'object' || map === null || !Object.hasOwn(map, model)) return []
      const names: unknown = (map as Record<string, unknown>)[model]
      return [names].flat().filter((name): name is string => typeof name === 'string' && name !== model)
    })
  }

  async #reserve(facts: RowFacts, model: string, accounts: CallAccounts, downgraded: boolean): Promise<Granted> {
    const { catalog, settings } = this.#parts
    const reading = this.#reserver.prepare(accounts)
    if (reading) await reading
    const budgets = accounts.budgets.filter((budget) => {
      if (budget.limit === Number.POSITIVE_INFINITY) return false
      const mode = this.#modeOf(budget)
      return mode === 'refuse' || (mode === 'downgrade' && !downgraded)
    })
    const { budgetMode: standard = 'expected' } = settings()
    const budgetMode = strictest(
      budgets.map(({ subject: { limits, metadata } }) => limits.budget_mode ?? metadata.budget_mode ?? standard),
    )
    const { call, principal } = facts
    const { estimate, reservation } = await this.#reserver.reserve(budgets, accounts.rates, {
      signal: call.signal,
      waitMs: waitOf(principal, settings().limitWaitMs),
      priority: priorityOf(call, principal),
      strict: budgetMode !== 'expected',
      estimate: () =>
        estimateCall(
          {
            ...{ catalog, expectations: this.#expectations, settings: { ...settings(), budgetMode }, budgets },
            spent: (budget) => this.#reserver.spent(budget),
          },
          principal,
          call,
          model,
        ),
    })
    return { model, accounts, estimate, reservation, expected: budgetMode === 'expected' ? budgets : [] }
  }

  /** The watch over a stream; undefined if its worst case is reserved, or it costs nothing. */
  watch({ expected: budgets, estimate }: Granted): StreamWatch | undefined {
    const { input, typical, learned, outputPrice: price } = estimate
    if (budgets.length === 0 || price <= 0) return undefined
    return new StreamWatch({
      ...{ running: this.#running, budgets, price },
      // prompts that are cached cost less than by the count of their tokens
      input: learned ? Math.min(input, typical) : input,
      spent: (budget) => this.#reserver.spent(budget),
      overBudget: (budget) => this.#reserver.overBudget(budget, 'The stream ends here.'),
    })
  }

  /** Writes a call that was refused before it began. */
  refused(facts: RowFacts, { spend }: Pick<CallAccounts, 'spend'>, error: unknown): void {
    this.#parts.notify({ kind: 'refused', principal: facts.principal, model: facts.call.model, error })
    this.#parts.ledger.settle({
      row: rowOf(facts, undefined, error, 0, 'known', this.#parts.now()),
      spend: spend.filter(({ requests }) => !requests),
    })
  }

  /** Journals a call that begins. */
  began(facts: RowFacts, { spend }: CallAccounts, { typical }: Estimate): void {
    const row = rowOf(facts, undefined, undefined, toNanos(typical), 'unknown', facts.startedAt)
    this.#parts.ledger.admit({ row: { ...row, outcome: 'unknown' }, spend })
  }

  /** @param ended why the gateway has ended the stream of the call */
  settled(
    facts: RowFacts,
    { model, accounts, estimate, reservation }: Granted,
    record: SettledRecord,
    ended?: Error,
  ): Booking {
    const { now, ledger, catalog, settings } = this.#parts
    const cost = costOf(record, estimate, settings().unknownPrice ?? 'estimate')
    const known = rowOf(facts, record, ended ?? record.error, cost.nanos, cost.state, now())
    const row = ended && record.outcome !== 'success' ? { ...known, outcome: 'budget_exceeded' } : known
    const usage = record.usage
    const tokens = usage ? row.inputTokens + row.outputTokens : record.outcome === 'success' ? undefined : 0
    const split = usage
      ? { inputTokens: row.inputTokens, outputTokens: row.outputTokens }
      : tokens === 0
        ? { inputTokens: 0, outputTokens: 0 }
        : {}
    this.#reserver.settle(reservation, { tokens, cost: toDollars(cost.nanos), ...split }, accounts)
    if (record.outcome === 'success' && !row.cacheHit) {
      this.#expectations.learn(facts.principal.keyHash, catalog.resolve(model), {
        nanos: row.nanos,
        outputTokens: row.outputTokens,
        totalTokens: row.inputTokens + row.outputTokens,
      })
    }
    const booking = { row, spend: accounts.spend }
    ledger.settle(booking)
    if (facts.customerId) this.#parts.customers.seen(facts.customerId)
    this.#watch(accounts.budgets, row.nanos)
    this.#watchLater(accounts.budgets)
    return booking
  }

  kept(booking: Booking): Promise<void> | undefined {
    return this.#parts.ledger.kept(booking)
  }

  /** Resolves once the journal has all calls; undefined if it does. */
  get journaled(): Promise<void> | undefined {
    return this.#parts.ledger.journaled
  }

  /** Looks at budgets again once the calls of other processes are known. */
  #watchLater(budgets: readonly BudgetAccount[]): void {
    for (const budget of budgets) this.#later.set(budget.account.key, budget)
    if (this.#later.size === 0 || this.#timer) return
    this.#timer = setTimeout(() => {
      const due = [...this.#later.values()]
      this.#later.clear()
      this.#timer = undefined
      this.#watch(due, 0)
    }, watchAgainMs)
    this.#timer.unref()
  }

  /** Reports budgets whose spend has passed a threshold since this process last looked: calls of other processes count as well. */
  #watch(budgets: readonly BudgetAccount[], nanos: number): void {
    for (const budget of budgets) {
      const { limit, soft, subject, account } = budget
      const spend = this.#reserver.spent(budget)
      const before = this.#watched.get(account.key) ?? spend - toDollars(nanos)
      if (spend === before) continue
      if (this.#watched.size >= mostWatched) this.#watched.clear()
      this.#watched.set(account.key, spend)
      const { scope, id, alias } = subject
      const event = { kind: 'budget', scope, id, alias, spend, budget: limit } as const
      const passed = (at: number) => before < at && spend >= at
      const percent = [100, 90, 80].find((step) => passed((limit * step) / 100))
      if (percent !== undefined) this.#parts.notify({ ...event, state: 'crossed', percent })
      if (soft !== undefined && passed(soft)) this.#parts.notify({ ...event, state: 'soft', percent: 0 })
    }
  }

  released(facts: RowFacts, { accounts, reservation }: Granted, error: unknown): void {
    this.#reserver.release(reservation)
    this.#parts.ledger.release(facts.call.id)
    if (error !== undefined) this.refused(facts, accounts, error)
  }

  /** Asks a shared store for the usage of the key, so that it is known when the headers are sent: nothing waits for it. */
  sharedUsage({ rates }: CallAccounts, found: (usage: AccountUsage) => void): void {
    const rate = this.#parts.limits && keyRate(rates)
    if (!rate || (rate.account.requests === undefined && rate.account.tokens === undefined)) return
    const usage = this.#reserver.store.usage(rate.account)
    if (usage instanceof Promise) usage.then(found, () => {})
  }

  /** @param shared usage in a shared store, if it is known */
  headers({ principal }: RowFacts, { rates, subjects, counted }: CallAccounts, shared?: AccountUsage) {
    const found: Record<string, string> = {}
    const { key } = principal
    const spend = this.#parts.book.sum(subjects[0]?.name ?? '', counted)
    found['x-litellm-key-spend'] = String(toDollars(spend))
    if (key?.tpm_limit != null) found['x-litellm-key-tpm-limit'] = String(key.tpm_limit)
    if (key?.rpm_limit != null) found['x-litellm-key-rpm-limit'] = String(key.rpm_limit)
    if (key?.max_budget != null) found['x-litellm-key-max-budget'] = String(key.max_budget)
    const rate = keyRate(rates)
    const usage = rate && shared === undefined ? this.#reserver.store.usage(rate.account) : undefined
    const current = usage instanceof Promise ? undefined : (usage ?? shared)
    const { requests, tokens } = rate?.account ?? {}
    // names in full: one that is joined is hashed anew each time
    if (requests !== undefined) found['x-ratelimit-api_key-limit-requests'] = String(requests)
    if (requests !== undefined && current)
      found['x-ratelimit-api_key-remaining-requests'] = String(Math.max(0, requests - current.requests))
    if (tokens !== undefined) found['x-ratelimit-api_key-limit-tokens'] = String(tokens)
    if (tokens !== undefined && current)
      found['x-ratelimit-api_key-remaining-tokens'] = String(Math.max(0, tokens - current.tokens))
    return found
  }

  note({ principal, account, record, error, tags = [], ...call }: NotedCall): void {
    const { directory, settings, now } = this.#parts
    const caller = principal ?? withoutKey(account ?? '')
    const facts: RowFacts = {
      call: { ...call, id: this.#ids.take(call.id), params: {}, stream: false, headers: {} },
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

const modes: readonly BudgetMode[] = ['strict', 'clamp', 'expected']
const strictest = (given: readonly unknown[]): BudgetMode => modes.find((mode) => given.includes(mode)) ?? 'expected'
