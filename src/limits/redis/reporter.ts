import type { Clock } from '../../call/clock.js'
import { type ActualUsage, actualOf } from '../account.js'
import type { Cooldown } from '../types.js'
import type { Ledger, SharedAccount } from './ledger.js'
import {
  healthMessage,
  observedIn,
  type ReportExtras,
  type ReportItem,
  type ReportReply,
  reportItem,
} from './messages.js'
import { isSlotMoving } from './refusals.js'
import { scripts } from './scripts.js'
import type { Session } from './session.js'
import { backgroundTimeout } from './settings.js'

/** First and longest wait before a report is sent again, in milliseconds. */
const retryMs = 100
const longestRetryMs = 1_000
const accountsPerReport = 50
/** Settled accounts whose totals one heartbeat compares with those of the server. */
const verifiedPerBeat = 100
/** Calls of one account whose settlement may wait for Redis. The oldest ones are left to expire. */
const mostEnded = 10_000
/** Accounts in use, whose usage by the others is asked for as long as this process decides alone. */
const inUseFor = 10_000
const mostObserved = 200

/**
 * Reports the usage of this process. A report carries the totals of each account, so one that is lost, late or repeated changes
 * nothing in the end; whatever Redis has not confirmed is sent again.
 */
export class Reporter {
  readonly #session: Session
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #leaseTtl: number
  readonly #commandTimeout: number
  /** Cooldowns and their ends that Redis has not confirmed. */
  readonly #health = new Map<SharedAccount, Cooldown | undefined>()
  readonly #sent = new Set<Promise<unknown>>()
  #renewedAt = 0
  #verified = 0
  #retries = 0
  #retryTimer: NodeJS.Timeout | undefined

  constructor(
    session: Session,
    ledger: Ledger,
    clock: Clock,
    { leaseTtl, commandTimeout }: { readonly leaseTtl: number; readonly commandTimeout: number },
  ) {
    this.#session = session
    this.#ledger = ledger
    this.#clock = clock
    this.#leaseTtl = leaseTtl
    this.#commandTimeout = commandTimeout
  }

  /** Notes that a call has ended, for the next report. */
  end(account: SharedAccount, id: string, used: ActualUsage): void {
    const { ended } = account
    if (ended.size >= mostEnded) {
      const [oldest] = ended.keys()
      if (oldest !== undefined) ended.delete(oldest)
    }
    ended.set(id, { id, used })
  }

  /** Sends without waiting. Reports that do not arrive are sent again. */
  send(accounts: readonly SharedAccount[], latency?: ReportExtras['latency']): void {
    if (!this.#session.reachable) return
    this.#track(this.report(accounts, { latency }, this.#commandTimeout).catch(() => this.retryLater()))
  }

  /** Sends unconfirmed reports again in a moment. */
  retryLater(): void {
    if (this.#retryTimer || !this.#session.reachable) return
    this.#retryTimer = setTimeout(
      () => {
        this.#retryTimer = undefined
        this.#track(this.#reportPending())
      },
      Math.min(longestRetryMs, retryMs * 2 ** this.#retries),
    )
    this.#retryTimer.unref?.()
  }

  /** A cooldown of the candidate that this account carries; `undefined` ends it. */
  setCooldown(account: SharedAccount, cooldown: Cooldown | undefined): void {
    this.#health.set(account, cooldown)
    if (this.#session.reachable) this.#track(this.#reportHealth().catch(() => this.retryLater()))
  }

  /** Reports the totals of these accounts. Accounts that the server has lost are created again. */
  async report(accounts: readonly SharedAccount[], extras: ReportExtras, timeout: number): Promise<void> {
    const later = { ...extras, latency: undefined }
    for (let from = 0; from < accounts.length; from += accountsPerReport) {
      const part = accounts.slice(from, from + accountsPerReport)
      const lost = await this.#reportOnce(part, from === 0 ? extras : later, timeout)
      if (lost.length === 0) continue
      const still = await this.#reportOnce(lost, later, timeout)
      if (still.length > 0) throw new Error('Redis loses accounts while they are reported.')
    }
  }

  /** The server may have lost anything: all usage that still counts must be reported by time. */
  markLost(): SharedAccount[] {
    const now = this.#clock.wall()
    const accounts = [...this.#ledger.accounts].filter((account) => !account.isIdle(now))
    for (const account of accounts) account.resync = true
    return accounts
  }

  /** Reports everything that the server may lack. */
  async catchUp(): Promise<void> {
    const since = this.#clock.wall() - inUseFor
    const accounts = [...this.#ledger.accounts]
    const missed = accounts.filter((account) => account.unconfirmed || account.calls.size > 0)
    const others = accounts.filter((account) => account.usedAt > since && !missed.includes(account))
    // should this process go on alone, it knows what the others have used meanwhile
    await this.report([...missed, ...others.slice(0, mostObserved)], { renew: true, observe: true }, backgroundTimeout)
    await this.#reportHealth()
  }

  /** Reports calls in flight that this process has granted alone, so that the others count them. */
  announce(accounts: readonly SharedAccount[]): void {
    if (!this.#session.reachable) return
    this.#track(this.report(accounts, { renew: true }, backgroundTimeout).catch(() => this.retryLater()))
  }

  /** Renews the calls in flight, and compares the totals of some settled accounts. */
  async renew(): Promise<void> {
    const wall = this.#clock.wall()
    if (wall - this.#renewedAt < this.#leaseTtl / 3) return
    this.#renewedAt = wall
    const settled: SharedAccount[] = []
    const open: SharedAccount[] = []
    for (const account of this.#ledger.accounts) {
      this.#dropExpired(account, wall)
      if (account.calls.size > 0 || account.unconfirmed) open.push(account)
      else if (account.version > 0) settled.push(account)
    }
    const from = settled.length > verifiedPerBeat ? this.#verified % settled.length : 0
    this.#verified = from + verifiedPerBeat
    await this.report([...open, ...settled.slice(from, from + verifiedPerBeat)], { renew: true }, backgroundTimeout)
  }

  /** Sends pending reports and waits for them. */
  async close(): Promise<void> {
    clearTimeout(this.#retryTimer)
    if (!this.#session.reachable) return
    await Promise.allSettled([...this.#sent])
    const pending = [...this.#ledger.accounts].filter((account) => account.unconfirmed)
    await Promise.allSettled([this.report(pending, {}, backgroundTimeout), this.#reportHealth()])
    clearTimeout(this.#retryTimer)
  }

  #track(work: Promise<unknown>): void {
    const sent = work.finally(() => this.#sent.delete(sent))
    this.#sent.add(sent)
  }

  async #reportPending(): Promise<void> {
    this.#retries++
    try {
      const pending = [...this.#ledger.accounts].filter((account) => account.unconfirmed)
      await this.report(pending, {}, backgroundTimeout)
      await this.#reportHealth()
      this.#retries = 0
    } catch {
      this.retryLater()
    }
  }

  /** Returns the accounts that the server does not know. */
  async #reportOnce(
    accounts: readonly SharedAccount[],
    extras: ReportExtras,
    timeout: number,
  ): Promise<SharedAccount[]> {
    const wall = this.#clock.wall()
    const items = accounts.map((account, index) => {
      const own = index === 0 ? extras : { ...extras, latency: undefined }
      return reportItem(account, own, this.#session.newId(), wall, this.#session.ahead)
    })
    for (const { account } of items) account.resync = false
    try {
      return await this.#deliver(items, timeout, extras.observe)
    } catch (error) {
      for (const { account, message } of items) if ('j' in message) account.resync = true
      throw error
    }
  }

  async #deliver(items: readonly ReportItem[], timeout: number, observe?: boolean): Promise<SharedAccount[]> {
    const argument = { x: this.#leaseTtl, A: items.map(({ message }) => message), ...(observe && { u: 1 }) }
    const names = items.map(({ account }) => account.name)
    let reply: ReportReply
    try {
      reply = JSON.parse(await this.#session.run(scripts.report, names, argument, timeout)) as ReportReply
    } catch (error) {
      // while a slot moves, only commands with one key work
      if (!isSlotMoving(error) || items.length === 1) throw error
      const lost: SharedAccount[] = []
      for (const item of items) lost.push(...(await this.#deliver([item], timeout, observe)))
      return lost
    }
    for (const [at, epoch] of reply.e ?? []) {
      const account = items[at - 1]?.account
      if (account) account.epoch = epoch
    }
    const now = this.#clock.wall()
    for (const [at, row] of reply.u ?? []) {
      const item = items[at - 1]
      item?.account.observe(now, observedIn(row), item.own)
    }
    const lost = new Set(reply.k)
    return items.flatMap(({ account, version, ended }, index) => {
      if (lost.has(index + 1)) {
        account.resync = true
        return account
      }
      account.confirmed = Math.max(account.confirmed, version)
      for (const call of ended) if (account.ended.get(call.id) === call) account.ended.delete(call.id)
      return []
    })
  }

  async #reportHealth(): Promise<void> {
    const wall = this.#clock.wall()
    const pending = [...this.#health]
    this.#health.clear()
    for (const [index, [account, cooldown]] of pending.entries()) {
      const ms = cooldown && cooldown.until - wall
      if (ms !== undefined && ms <= 0) continue
      const health = cooldown && { ms: ms ?? 0, reason: cooldown.reason }
      const message = healthMessage(account, wall + this.#session.ahead, health)
      try {
        await this.#session.run(scripts.report, [account.name], { x: this.#leaseTtl, A: [message] }, backgroundTimeout)
      } catch (error) {
        for (const [one, value] of pending.slice(index)) if (!this.#health.has(one)) this.#health.set(one, value)
        throw error
      }
    }
  }

  /** Ends calls that outlived their timeout without a settlement: their estimates stay. */
  #dropExpired(account: SharedAccount, now: number): void {
    for (const { id, hold, deadline } of account.calls.values()) {
      if (deadline > now) continue
      account.calls.delete(id)
      const used = actualOf(hold, { tokens: undefined, cost: 0 })
      account.state.settle(now, hold, used)
      account.book(used)
      this.end(account, id, used)
    }
  }
}
