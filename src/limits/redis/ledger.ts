import { type AccountHold, AccountState, type ActualUsage, specOf } from '../account.js'
import type { LimitAccount } from '../types.js'
import type { Keys } from './keys.js'
import { keepMs } from './scripts.js'

/** Usage of an account by all processes, as of one answer of the server. */
export interface Observed {
  readonly requests: number
  readonly tokens: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly inFlight: number
  /** US dollars. */
  readonly spent: number
  /** US dollars. */
  readonly reserved: number
}

/** Usage of an account by this process. */
export interface OwnUsage extends Observed {
  /** Requests of all time. */
  readonly total: number
  readonly granted: Granted
}

/** What a process has granted in all, by estimate. */
interface Granted {
  requests: number
  tokens: number
  inputTokens: number
  outputTokens: number
}

/** The part of {@link Observed} that other processes used, and this process's own usage at that time. */
export interface OthersUsage extends Observed {
  /** Wall time of this process. */
  readonly at: number
  readonly own: OwnUsage
}

/** A call in flight on one account. */
export interface OpenCall {
  readonly id: string
  readonly hold: AccountHold
  /** Wall time of this process after which it no longer counts. */
  readonly deadline: number
}

/** A settled call whose report was not confirmed. */
export interface EndedCall {
  readonly id: string
  readonly used: ActualUsage
}

const nothing = { requests: 0, tokens: 0, inputTokens: 0, outputTokens: 0, inFlight: 0, spent: 0, reserved: 0 }
const none: OthersUsage = { at: Number.NEGATIVE_INFINITY, ...nothing, own: { ...nothing, total: 0, granted: nothing } }

/** One account as this process knows it: its own usage, the reported part of it, and the observed usage of others. */
export class SharedAccount {
  readonly name: string
  /** As of the latest call that used it. */
  limits: LimitAccount
  state: AccountState
  /** Under this name the server keeps the totals of this process. */
  member: string
  /** Identifies the account as the server created it; empty until the server has confirmed it. */
  epoch = ''
  /** Everything settled under `member`: requests, tokens, input and output tokens, and money in 10⁻⁹ US dollars. */
  totals: [number, number, number, number, number] = [0, 0, 0, 0, 0]
  /** Version of the latest report, and of the latest one that the server confirmed. */
  version = 0
  confirmed = 0
  /** Whether the server may lack usage of this process, so that the next report must list it by time. */
  resync = false
  others: OthersUsage = none
  readonly granted: Granted = { requests: 0, tokens: 0, inputTokens: 0, outputTokens: 0 }
  readonly calls = new Map<string, OpenCall>()
  readonly ended = new Map<string, EndedCall>()
  usedAt: number

  constructor(limits: LimitAccount, name: string, member: string, now: number) {
    this.limits = limits
    this.name = name
    this.member = member
    this.state = new AccountState(limits, specOf(limits))
    this.usedAt = now
  }

  /** Whether its totals differ from those that the server confirmed. */
  get unconfirmed(): boolean {
    return this.version > this.confirmed || this.resync || this.ended.size > 0
  }

  isIdle(now: number): boolean {
    return this.calls.size === 0 && !this.unconfirmed && this.state.isIdle(now)
  }

  /** Begins again under another member, since the server forgets a member that stays silent. */
  restart(member: string): void {
    this.member = member
    this.epoch = ''
    this.totals = [0, 0, 0, 0, 0]
    this.version = 0
    this.confirmed = 0
    this.resync = false
    this.others = none
    this.state = new AccountState(this.limits, specOf(this.limits))
  }

  own(now: number): OwnUsage {
    const { state } = this
    state.expire(now)
    const { rates, split, budget, inFlight } = state
    return {
      requests: rates.first,
      tokens: rates.second,
      inputTokens: split?.first ?? 0,
      outputTokens: split?.second ?? 0,
      inFlight,
      spent: budget?.spent(now) ?? 0,
      reserved: budget?.reserved ?? 0,
      total: this.totals[0] + this.calls.size,
      granted: { ...this.granted },
    }
  }

  /** Counts a call that begins. */
  begin(call: OpenCall): void {
    const { granted } = this
    granted.requests++
    granted.tokens += call.hold.tokens
    granted.inputTokens += call.hold.inputTokens
    granted.outputTokens += call.hold.outputTokens
    this.calls.set(call.id, call)
  }

  /** @param own usage of this process that the server knew then */
  observe(now: number, seen: Observed, own = this.own(now)): void {
    this.others = {
      at: now,
      requests: Math.max(0, seen.requests - own.requests),
      tokens: Math.max(0, seen.tokens - own.tokens),
      inputTokens: Math.max(0, seen.inputTokens - own.inputTokens),
      outputTokens: Math.max(0, seen.outputTokens - own.outputTokens),
      inFlight: Math.max(0, seen.inFlight - own.inFlight),
      spent: Math.max(0, seen.spent - own.spent),
      reserved: Math.max(0, seen.reserved - own.reserved),
      own,
    }
  }

  /** Counts usage into the totals that the next report carries. */
  book({ requests, tokens, inputTokens, outputTokens, cost }: ActualUsage): void {
    const { totals } = this
    totals[0] += requests
    totals[1] += Math.round(tokens)
    totals[2] += Math.round(inputTokens)
    totals[3] += Math.round(outputTokens)
    totals[4] += units(cost)
    this.version++
  }
}

const billion = 1_000_000_000
/** US dollars in 10⁻⁹ US dollars. */
export const units = (dollars: number): number => Math.round(dollars * billion)
export const dollars = (amount: number): number => amount / billion

const firstSweep = 1_000
/** Beyond this number the accounts that were unused longest are dropped, together with the record of this process's spending there. */
const mostAccounts = 50_000

/** The accounts that this process has used. */
export class Ledger {
  readonly #keys: Keys
  readonly #processId: string
  readonly #accounts = new Map<string, SharedAccount>()
  #members = 0
  #sweepAt = firstSweep

  constructor(keys: Keys, processId: string) {
    this.#keys = keys
    this.#processId = processId
  }

  get accounts(): Iterable<SharedAccount> {
    return this.#accounts.values()
  }

  get(limits: LimitAccount, now: number): SharedAccount {
    const spec = specOf(limits)
    const name = this.#keys.account(limits.key, spec.suffix)
    let account = this.#accounts.get(name)
    if (!account) {
      if (this.#accounts.size >= this.#sweepAt) this.#sweep(now)
      account = new SharedAccount(limits, name, this.#newMember(), now)
      this.#accounts.set(name, account)
    } else if (now - account.usedAt > keepMs && account.calls.size === 0 && !account.unconfirmed) {
      account.restart(this.#newMember())
    }
    account.state.adopt(limits)
    account.limits = limits
    account.usedAt = now
    return account
  }

  #newMember(): string {
    return `${this.#processId}.${(this.#members++).toString(36)}`
  }

  #sweep(now: number): void {
    for (const [name, account] of this.#accounts) if (account.isIdle(now)) this.#accounts.delete(name)
    if (this.#accounts.size > mostAccounts) {
      const unused = [...this.#accounts].filter(([, { calls, unconfirmed }]) => calls.size === 0 && !unconfirmed)
      unused.sort(([, one], [, other]) => one.usedAt - other.usedAt)
      for (const [name] of unused.slice(0, this.#accounts.size - mostAccounts)) this.#accounts.delete(name)
    }
    this.#sweepAt = Math.max(firstSweep, 2 * this.#accounts.size)
  }
}
