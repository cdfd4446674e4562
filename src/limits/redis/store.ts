import { randomBytes } from 'node:crypto'
import type { Clock } from '../../call/clock.js'
import { type AccountHold, type ActualUsage, actualOf, type Demand, demandOf } from '../account.js'
import { CandidateHealth, restingReason, trialReason } from '../health.js'
import { limitReason, pollMs } from '../reasons.js'
import type {
  AccountUsage,
  Cooldown,
  KnownUsage,
  LimitAccount,
  LimitCandidate,
  LocalCall,
  Rejection,
  RejectionReason,
  Reservation,
  ReserveRequest,
  Settlement,
  SharedUsage,
} from '../types.js'
import { Breaker } from './breaker.js'
import { CommandTimeout, Connection, type RedisClient } from './connection.js'
import { Keys } from './keys.js'
import { Ledger, type SharedAccount, units } from './ledger.js'
import {
  healthMessage,
  observedIn,
  type Plan,
  type PlannedCandidate,
  type ReportExtras,
  type ReportItem,
  type ReportReply,
  type ReserveReply,
  type Row,
  reportItem,
  reserveMessage,
  sharedUsage,
  usageMessage,
} from './messages.js'
import { configurationError, isSlotMoving } from './refusals.js'
import { type Script, scripts } from './scripts.js'
import { exceedsShare } from './share.js'

/** The options of `redisLimits()` with their defaults. */
export interface Settings {
  readonly maker: string
  readonly url: string | undefined
  readonly client: RedisClient | undefined
  readonly keyPrefix: string
  readonly namespace: string
  readonly commandTimeout: number
  readonly connectTimeout: number
  readonly leaseTtl: number
  readonly onLoss: 'local' | 'reject'
  readonly processes: number
  readonly allowedFails: number
  readonly seed: ((accounts: readonly LimitAccount[]) => Promise<readonly (KnownUsage | undefined)[]>) | undefined
  readonly clockOffset: (() => number) | undefined
}

/** Receives what the store learns. */
export interface StoreObserver {
  readonly clock: Clock
  update(usage: readonly SharedUsage[]): void
  changed(state: 'shared' | 'local', error: Error | undefined, processes: number): void
}

/** Longest wait for the trial call after a cooldown, in milliseconds. */
const longestTrial = 10_000
/** Trials without success after which the connection is made again: a broken one may look intact for a quarter of an hour. */
const trialsPerConnection = 3
/** Time limit of commands that no call waits for, in milliseconds. */
const backgroundTimeout = 2_000
/** Interval in which the process registers itself, in milliseconds. */
const presenceMs = 2_000
/** First and longest wait before a report is sent again, in milliseconds. */
const retryMs = 100
const longestRetryMs = 1_000
const accountsPerReport = 50
/** Settled accounts whose totals one heartbeat compares with those of the server. */
const verifiedPerBeat = 100
/** Calls whose settlement may wait for Redis. The oldest ones are left to expire. */
const mostEnded = 10_000
const mostCandidates = 50_000

type Holds = readonly (readonly [SharedAccount, AccountHold])[]

class RedisReservation implements Reservation {
  readonly index: number
  readonly id: string
  readonly lease: string
  /** The slot of the first account that counts the call, by the server's time. */
  readonly slot: number
  /** Whether Redis granted it, or else this process alone. */
  readonly shared: boolean
  readonly #holds: Holds
  #settled = false

  constructor(index: number, id: string, lease: string, holds: Holds, shared: boolean, slot: number) {
    this.index = index
    this.id = id
    this.lease = lease
    this.#holds = holds
    this.shared = shared
    this.slot = slot
  }

  /** The same reservation as another candidate of the caller. */
  at(index: number): RedisReservation {
    return new RedisReservation(index, this.id, this.lease, this.#holds, this.shared, this.slot)
  }

  /** What is held, for the first who asks. */
  take(): Holds {
    if (this.#settled) return []
    this.#settled = true
    return this.#holds
  }
}

/** Limits in Redis, once they are used. */
export class RedisStore {
  readonly #settings: Settings
  readonly #observer: StoreObserver
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #breaker: Breaker
  readonly #keys: Keys
  readonly #ledger: Ledger
  /** Begins with a letter, unlike a number. */
  readonly #process = `p${randomBytes(8).toString('base64url')}`
  /** The account that carries the health of each candidate. */
  readonly #candidates = new Map<string, SharedAccount>()
  readonly #health = new Map<string, CandidateHealth>()
  /** Cooldowns and their ends that Redis has not confirmed. */
  readonly #pendingHealth = new Map<SharedAccount, Cooldown | undefined>()
  readonly #sent = new Set<Promise<unknown>>()
  #count = 0
  #processes: number
  /** The server's clock less this process's. */
  #ahead = 0
  #starting: Promise<void> | undefined
  #misconfigured: Error | undefined
  /** Whether Redis has ever decided a call. */
  #decided = false
  #registered = false
  #renewedAt = 0
  #verified = 0
  #retries = 0
  #trialTimer: NodeJS.Timeout | undefined
  #presenceTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(settings: Settings, observer: StoreObserver) {
    this.#settings = settings
    this.#observer = observer
    this.#clock = observer.clock
    this.#processes = settings.processes
    this.#keys = new Keys(settings.keyPrefix, settings.namespace)
    this.#ledger = new Ledger(this.#keys, this.#process)
    this.#breaker = new Breaker(this.#clock, settings.allowedFails)
    const { maker, client, url, connectTimeout } = settings
    this.#connection = new Connection({
      maker,
      client,
      url,
      connectTimeout,
      onLost: (error) => this.#fail(error, true),
    })
  }

  get connected(): boolean {
    return !this.#breaker.open
  }

  // --- decisions ----------------------------------------------------------------------------------------------------

  async reserve(request: ReserveRequest): Promise<Reservation | Rejection> {
    await this.#start()
    if (this.#misconfigured) throw this.#misconfigured
    if (this.#closed || this.#breaker.open) return this.#decideAlone(request)
    return this.#decide(request)
  }

  async #decide(request: ReserveRequest, isRetry = false): Promise<Reservation | Rejection> {
    const { leaseTtl, commandTimeout, seed } = this.#settings
    const wall = this.#clock.wall()
    const plan = this.#planOf(request, wall)
    const { timeout = 600_000, waitedMs } = request
    const id = this.#newId()
    try {
      const lost = plan.accounts.filter((account) => account.resync)
      if (lost.length > 0) await this.#report(lost, {}, commandTimeout)
      const trialTtl = Math.min(leaseTtl, longestTrial)
      const argument = reserveMessage(plan, {
        ...{ id, processId: this.#process, leaseTtl, trialTtl, timeout, waitedMs },
        ...{ seeded: seed !== undefined, now: wall + this.#ahead },
      })
      const names = plan.accounts.map(({ name }) => name)
      const reply = JSON.parse(await this.#run(scripts.reserve, names, argument, commandTimeout)) as ReserveReply
      this.#ahead = reply.now - this.#clock.wall()
      this.#decided = true
      if (!reply.k) return this.#accept(reply, plan, id, timeout)
      if (isRetry) return this.#decideAlone(request)
      await this.#introduce(reply.k.flatMap((at) => plan.accounts[at - 1] ?? []))
      return await this.#decide(request, true)
    } catch (error) {
      if (error instanceof CommandTimeout) this.#giveBack(error.late, plan, id)
      if (isSlotMoving(error) && request.candidates.length > 1) return this.#decideOneByOne(request)
      if (this.#misconfigured) throw this.#misconfigured
      return this.#decideAlone(request)
    }
  }

  /** While a slot of a Cluster moves, only commands with one key work: those of a candidate with one account. */
  async #decideOneByOne(request: ReserveRequest): Promise<Reservation | Rejection> {
    const reasons: RejectionReason[] = []
    for (const [index, candidate] of request.candidates.entries()) {
      const found = await this.#decide({ ...request, candidates: [candidate] })
      if (found instanceof RedisReservation) return found.at(index)
      if ('reasons' in found) reasons.push(...found.reasons)
    }
    return { reasons }
  }

  #planOf(request: ReserveRequest, now: number): Plan {
    const accounts: SharedAccount[] = []
    const limits: LimitAccount[] = []
    const candidates = request.candidates.map((candidate): PlannedCandidate => {
      const at = new Set<number>()
      for (const limit of candidate.accounts) {
        const account = this.#ledger.get(limit, now)
        let index = accounts.indexOf(account)
        if (index < 0) {
          index = accounts.push(account) - 1
          limits.push(limit)
        }
        at.add(index)
      }
      const [first = 0] = at
      const carrier = accounts[first]
      if (carrier) this.#carry(candidate.id, carrier)
      return { candidate, demand: demandOf(request, candidate), at: [...at] }
    })
    return { accounts, limits, candidates }
  }

  #carry(id: string, account: SharedAccount): void {
    if (this.#candidates.get(id) === account) return
    if (this.#candidates.size >= mostCandidates) this.#candidates.clear()
    this.#candidates.set(id, account)
  }

  #accept(reply: ReserveReply, plan: Plan, id: string, timeout: number): Reservation | Rejection {
    const now = this.#clock.wall()
    const { accounts, limits, candidates } = plan
    for (const [at, epoch] of reply.e ?? []) {
      const account = accounts[at - 1]
      if (account) account.epoch = epoch
    }
    const rows = reply.u ?? []
    for (const [index, account] of accounts.entries()) {
      const row = rows[index]
      if (row) account.observe(now, observedIn(row))
    }
    this.#observer.update(
      candidates.map(({ candidate, at: [first = 0] }) => sharedUsage(candidate.id, rows[first], now)),
    )
    const chosen = reply.i === undefined ? undefined : candidates[reply.i - 1]
    if (chosen && reply.i !== undefined) {
      const { candidate, demand, at } = chosen
      const holds = at.flatMap((index) => {
        const account = accounts[index]
        const limit = limits[index]
        return account && limit ? [this.#hold(account, limit, demand, id, now, timeout)] : []
      })
      return new RedisReservation(reply.i - 1, candidate.id, id, holds, true, reply.s ?? 0)
    }
    return { reasons: candidates.map((one, index) => this.#reasonOf(one, reply.w?.[index], plan, rows)) }
  }

  #hold(account: SharedAccount, limits: LimitAccount, demand: Demand, id: string, now: number, timeout: number) {
    const hold = account.state.reserve(now, limits, demand)
    account.calls.set(id, { id, hold, deadline: now + timeout })
    return [account, hold] as const
  }

  #reasonOf(
    { candidate, at }: PlannedCandidate,
    why: NonNullable<ReserveReply['w']>[number] | undefined,
    { limits }: Plan,
    rows: readonly Row[],
  ): RejectionReason {
    const [first = 0] = at
    const { k: kind = 'requests', a: account = first + 1, w: freesIn } = why ?? {}
    if (kind === 'cooldown') return restingReason(rows[first]?.cr ?? '', rows[first]?.cl ?? 0)
    if (kind === 'probing') return trialReason()
    const row = rows[account - 1]
    const used = row ? observedIn(row) : { tokens: 0, spent: 0, reserved: 0 }
    const limit = limits[account - 1] ?? { key: candidate.id }
    return limitReason(kind, candidate, limit, { ...used, freesIn }, true)
  }

  /** A decision that came too late: nobody uses it. */
  #giveBack(late: Promise<string>, { accounts, candidates }: Plan, id: string): void {
    late
      .then((text) => {
        const { i } = JSON.parse(text) as ReserveReply
        const chosen = i === undefined ? undefined : candidates[i - 1]
        for (const at of chosen?.at ?? []) {
          const account = accounts[at]
          if (!account) continue
          account.version++
          this.#end(account, id, { requests: 0, tokens: 0, inputTokens: 0, outputTokens: 0, cost: 0 })
        }
        this.#retryLater()
      })
      .catch(() => {})
  }

  /** Decides within this process's share of the limits. */
  #decideAlone(request: ReserveRequest): Reservation | Rejection {
    const { onLoss } = this.#settings
    if (this.#closed || onLoss === 'reject') {
      const reason = this.#closed
        ? 'the shared state is closed'
        : "the shared state is out of reach, and 'onLoss' is 'reject'"
      return { reasons: request.candidates.map(() => ({ kind: 'unreachable', reason, retryAfterMs: 500 })) }
    }
    const now = this.#clock.wall()
    const { accounts, limits, candidates } = this.#planOf(request, now)
    const reasons: RejectionReason[] = []
    for (const [index, { candidate, demand, at }] of candidates.entries()) {
      const pairs = at.flatMap((one) => {
        const account = accounts[one]
        const limit = limits[one]
        return account && limit ? [[account, limit] as const] : []
      })
      const reason = this.#health.get(candidate.id)?.refusal(now) ?? this.#shareReason(candidate, pairs, demand, now)
      if (reason) reasons.push(reason)
      else {
        const id = this.#newId()
        const timeout = request.timeout ?? 600_000
        const holds = pairs.map(([account, limit]) => this.#hold(account, limit, demand, id, now, timeout))
        return new RedisReservation(index, candidate.id, id, holds, false, 0)
      }
    }
    return { reasons }
  }

  #shareReason(
    candidate: LimitCandidate,
    pairs: readonly (readonly [SharedAccount, LimitAccount])[],
    demand: Demand,
    now: number,
  ): RejectionReason | undefined {
    const found = exceedsShare(pairs, demand, now, this.#processes)
    if (!found) return undefined
    const { kind, limits, account } = found
    const { state, others } = account
    const used = {
      tokens: state.rates.second + others.tokens,
      spent: (state.budget?.spent(now) ?? 0) + others.spent,
      reserved: state.budget?.reserved ?? 0,
      // the next decision may reach Redis again
      freesIn: this.#breaker.open
        ? state.freesIn(now, kind, { ...limits, requests: state.rates.first }, demand)
        : pollMs,
    }
    const reason = limitReason(kind, candidate, limits, used, false)
    return { ...reason, reason: `${reason.reason} (by this process's share, one of ${this.#processes}, without Redis)` }
  }

  // --- settlements --------------------------------------------------------------------------------------------------

  settle(reservation: Reservation, settlement: Settlement): void {
    if (!(reservation instanceof RedisReservation)) return
    const holds = reservation.take()
    if (holds.length === 0) return
    const now = this.#clock.wall()
    const { lease, id } = reservation
    for (const [account, hold] of holds) {
      if (!account.calls.delete(lease)) continue
      const used = actualOf(hold, settlement)
      account.state.settle(now, hold, used)
      account.book(used)
      this.#end(account, lease, used)
    }
    if (settlement.latency) this.#health.get(id)?.settle(now, true, settlement.latency)
    this.#send(
      holds.map(([account]) => account),
      latencyOf(settlement),
    )
  }

  note({ id, at, accounts, tokens, cost }: LocalCall): void {
    const now = this.#clock.wall()
    const used = { requests: 1, tokens, inputTokens: 0, outputTokens: 0, cost }
    for (const [index, limits] of accounts.entries()) {
      const account = this.#ledger.get(limits, now)
      if (index === 0) this.#carry(id, account)
      account.state.count(Math.min(at, now), used)
      account.book(used)
      if (account.epoch === '') account.resync = true
    }
    this.#retryLater()
  }

  async seed(limits: LimitAccount, usage: KnownUsage): Promise<void> {
    const now = this.#clock.wall()
    const account = this.#ledger.get(limits, now)
    await this.#start()
    if (this.#misconfigured) throw this.#misconfigured
    if (account.epoch === '') account.resync = true
    account.version++
    await this.#report([account], { known: knownOf(usage) }, backgroundTimeout)
  }

  async usage(limits: LimitAccount): Promise<AccountUsage> {
    await this.#start()
    if (this.#misconfigured) throw this.#misconfigured
    const now = this.#clock.wall()
    const account = this.#ledger.get(limits, now)
    if (!this.#breaker.open) {
      try {
        const text = await this.#run(
          scripts.usage,
          [account.name],
          usageMessage(account, now + this.#ahead),
          backgroundTimeout,
        )
        const row = (JSON.parse(text) as { u?: readonly Row[] }).u?.[0]
        if (row) return { key: limits.key, ...observedIn(row) }
      } catch {
        // the last known state is the next best answer
      }
    }
    const { state, others } = account
    state.expire(now)
    return {
      key: limits.key,
      requests: state.rates.first + others.requests,
      tokens: state.rates.second + others.tokens,
      inputTokens: (state.split?.first ?? 0) + others.inputTokens,
      outputTokens: (state.split?.second ?? 0) + others.outputTokens,
      inFlight: state.inFlight,
      spent: (state.budget?.spent(now) ?? 0) + others.spent,
      reserved: (state.budget?.reserved ?? 0) + others.reserved,
    }
  }

  cooldown(id: string, cooldown: Cooldown): void {
    let health = this.#health.get(id)
    if (!health) {
      if (this.#health.size >= mostCandidates) this.#health.clear()
      health = new CandidateHealth()
      this.#health.set(id, health)
    }
    health.coolDown(cooldown)
    this.#pendingHealth.set(this.#carrierOf(id), cooldown)
    this.#sendHealth()
  }

  recovered(id: string): void {
    this.#health.delete(id)
    this.#pendingHealth.set(this.#carrierOf(id), undefined)
    this.#sendHealth()
  }

  #carrierOf(id: string): SharedAccount {
    return this.#candidates.get(id) ?? this.#ledger.get({ key: `deployment:${id}`, counted: true }, this.#clock.wall())
  }

  #end(account: SharedAccount, id: string, used: ActualUsage): void {
    if (account.ended.size >= mostEnded) {
      const [oldest] = account.ended.keys()
      if (oldest !== undefined) account.ended.delete(oldest)
    }
    account.ended.set(id, { id, used })
  }

  // --- reports ------------------------------------------------------------------------------------------------------

  /** Sends without waiting. Reports that do not arrive are sent again. */
  #send(accounts: readonly SharedAccount[], latency: ReportExtras['latency']): void {
    if (!this.#reachable) return
    this.#track(this.#report(accounts, { latency }, this.#settings.commandTimeout).catch(() => this.#retryLater()))
  }

  get #reachable(): boolean {
    return !this.#breaker.open && !this.#misconfigured && this.#connection.ready
  }

  #track(work: Promise<unknown>): void {
    const sent = work.finally(() => this.#sent.delete(sent))
    this.#sent.add(sent)
  }

  #retryLater(): void {
    if (this.#retryTimer || this.#closed || !this.#reachable) return
    const delay = Math.min(longestRetryMs, retryMs * 2 ** this.#retries)
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined
      this.#track(this.#reportPending())
    }, delay)
    this.#retryTimer.unref()
  }

  async #reportPending(): Promise<void> {
    try {
      this.#retries++
      const pending = [...this.#ledger.accounts].filter((account) => account.unconfirmed)
      if (pending.length > 0) await this.#report(pending, {}, backgroundTimeout)
      await this.#reportHealth()
      this.#retries = 0
    } catch {
      this.#retryLater()
    }
  }

  /** Reports the totals of these accounts. Accounts that the server has lost are created again. */
  async #report(accounts: readonly SharedAccount[], extras: ReportExtras, timeout: number): Promise<void> {
    for (let from = 0; from < accounts.length; from += accountsPerReport) {
      const part = accounts.slice(from, from + accountsPerReport)
      const lost = await this.#reportOnce(part, from === 0 ? extras : { ...extras, latency: undefined }, timeout)
      if (lost.length === 0) continue
      const still = await this.#reportOnce(lost, { ...extras, latency: undefined }, timeout)
      if (still.length > 0) throw new Error('Redis loses accounts while they are reported.')
    }
  }

  async #reportOnce(
    accounts: readonly SharedAccount[],
    extras: ReportExtras,
    timeout: number,
  ): Promise<SharedAccount[]> {
    const wall = this.#clock.wall()
    const items = accounts.map((account, index) =>
      reportItem(account, index === 0 ? extras : { ...extras, latency: undefined }, this.#newId(), wall, this.#ahead),
    )
    for (const { account } of items) account.resync = false
    try {
      return await this.#deliver(items, timeout)
    } catch (error) {
      for (const { account, message } of items) if ('j' in message) account.resync = true
      throw error
    }
  }

  async #deliver(items: readonly ReportItem[], timeout: number): Promise<SharedAccount[]> {
    const argument = { x: this.#settings.leaseTtl, A: items.map(({ message }) => message) }
    const names = items.map(({ account }) => account.name)
    let reply: ReportReply
    try {
      reply = JSON.parse(await this.#run(scripts.report, names, argument, timeout)) as ReportReply
    } catch (error) {
      if (!isSlotMoving(error) || items.length === 1) throw error
      const lost: SharedAccount[] = []
      for (const item of items) lost.push(...(await this.#deliver([item], timeout)))
      return lost
    }
    for (const [at, epoch] of reply.e ?? []) {
      const account = items[at - 1]?.account
      if (account) account.epoch = epoch
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

  #sendHealth(): void {
    if (this.#reachable) this.#track(this.#reportHealth().catch(() => this.#retryLater()))
  }

  async #reportHealth(): Promise<void> {
    const wall = this.#clock.wall()
    const pending = [...this.#pendingHealth]
    this.#pendingHealth.clear()
    for (const [account, cooldown] of pending) {
      const ms = cooldown && cooldown.until - wall
      if (ms !== undefined && ms <= 0) continue
      const message = healthMessage(account, wall + this.#ahead, cooldown && { ms: ms ?? 0, reason: cooldown.reason })
      try {
        await this.#run(scripts.report, [account.name], { x: this.#settings.leaseTtl, A: [message] }, backgroundTimeout)
      } catch (error) {
        if (!this.#pendingHealth.has(account)) this.#pendingHealth.set(account, cooldown)
        throw error
      }
    }
  }

  /** Reports accounts that the server does not know, after a look into the ledger of the user. */
  async #introduce(accounts: readonly SharedAccount[]): Promise<void> {
    const { seed, commandTimeout } = this.#settings
    const known = (await seed?.(accounts.map(({ limits }) => limits))) ?? []
    for (const [index, account] of accounts.entries()) {
      account.resync = true
      const usage = known[index]
      await this.#report([account], usage ? { known: knownOf(usage) } : {}, Math.max(commandTimeout, backgroundTimeout))
    }
  }

  // --- commands -----------------------------------------------------------------------------------------------------

  async #run(script: Script, keys: string[], argument: object, timeout: number): Promise<string> {
    const { clockOffset } = this.#settings
    try {
      const text = await this.#connection.run(
        script,
        keys,
        clockOffset ? { ...argument, dt: clockOffset() } : argument,
        timeout,
      )
      this.#breaker.succeed()
      return text
    } catch (error) {
      // a slot that moves is no outage
      if (!isSlotMoving(error)) this.#fail(error, !this.#connection.ready)
      throw error
    }
  }

  #newId(): string {
    return `${this.#process}.${(this.#count++).toString(36)}`
  }

  // --- connected, lost, and back ------------------------------------------------------------------------------------

  #start(): Promise<void> {
    this.#starting ??= this.#open()
    return this.#starting
  }

  async #open(): Promise<void> {
    const { connectTimeout, commandTimeout } = this.#settings
    const began = this.#clock.now()
    try {
      await this.#connection.open()
      await this.#beat(Math.max(commandTimeout, connectTimeout - (this.#clock.now() - began)))
      this.#keepPresent()
      if ([...this.#ledger.accounts].some((account) => account.unconfirmed)) this.#retryLater()
    } catch (error) {
      this.#fail(error, true)
    }
  }

  /** @param atOnce whether one failure is enough */
  #fail(error: unknown, atOnce: boolean): void {
    if (this.#closed) return
    const wrong = configurationError(error, this.#settings.maker)
    // later it is an outage: calls that worked go on working
    if (wrong && !this.#decided) this.#misconfigured = wrong
    if (!this.#breaker.fail(atOnce || wrong !== undefined)) return
    this.#markLost()
    const reason = wrong ?? (error instanceof Error ? error : new Error(String(error)))
    this.#observer.changed('local', reason, this.#processes)
    this.#tryLater(1)
  }

  #tryLater(trials: number): void {
    if (this.#closed) return
    clearTimeout(this.#trialTimer)
    // a process may end meanwhile
    this.#trialTimer = setTimeout(() => void this.#try(trials), this.#breaker.delay())
    this.#trialTimer.unref()
  }

  /** Commands on trial, which no call waits for. If they succeed, Redis learns what it has missed. */
  async #try(trials: number): Promise<void> {
    const { commandTimeout } = this.#settings
    try {
      await this.#connection.open()
      const began = this.#clock.now()
      await this.#beat(Math.max(backgroundTimeout, commandTimeout))
      const took = this.#clock.now() - began
      const missed = [...this.#ledger.accounts].filter((account) => account.unconfirmed || account.calls.size > 0)
      await this.#report(missed, { renew: true }, backgroundTimeout)
      await this.#reportHealth()
      if (this.#closed) return
      // too slow for decisions, though not for reports
      if (took > commandTimeout) return this.#tryLater(trials + 1)
      this.#misconfigured = undefined
      this.#breaker.close()
      this.#keepPresent()
      this.#observer.changed('shared', undefined, this.#processes)
    } catch (error) {
      const wrong = configurationError(error, this.#settings.maker)
      if (wrong && !this.#decided) this.#misconfigured = wrong
      if (trials % trialsPerConnection === 0) this.#connection.destroy()
      this.#tryLater(trials + 1)
    }
  }

  #keepPresent(): void {
    if (this.#presenceTimer || this.#closed) return
    const { leaseTtl } = this.#settings
    this.#presenceTimer = setInterval(() => this.#heartbeat(), Math.min(presenceMs, leaseTtl / 3))
    this.#presenceTimer.unref()
  }

  #heartbeat(): void {
    if (this.#breaker.open || this.#closed) return
    this.#track(
      this.#beat(backgroundTimeout)
        .then((forgotten) => (forgotten ? this.#reportAll() : this.#renew()))
        .catch(() => {}),
    )
  }

  /** Registers the process. Returns whether Redis has forgotten it, and so probably everything. */
  async #beat(timeout: number): Promise<boolean> {
    const argument = { process: this.#process, ttl: this.#settings.leaseTtl, ...(this.#registered && { known: 1 }) }
    const reply = JSON.parse(await this.#run(scripts.beat, [this.#keys.processes], argument, timeout)) as {
      now: number
      n: number
      f?: number
    }
    this.#registered = true
    this.#ahead = reply.now - this.#clock.wall()
    this.#processes = Math.max(1, reply.n)
    return reply.f === 1
  }

  #reportAll(): Promise<void> {
    return this.#report(this.#markLost(), { renew: true }, backgroundTimeout)
  }

  /** The server may have lost anything: all usage that still counts must be reported by time. */
  #markLost(): SharedAccount[] {
    const now = this.#clock.wall()
    const accounts = [...this.#ledger.accounts].filter((account) => !account.isIdle(now))
    for (const account of accounts) account.resync = true
    return accounts
  }

  /** Renews the calls in flight, and compares the totals of some settled accounts. */
  async #renew(): Promise<void> {
    const wall = this.#clock.wall()
    if (wall - this.#renewedAt < this.#settings.leaseTtl / 3) return
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
    await this.#report([...open, ...settled.slice(from, from + verifiedPerBeat)], { renew: true }, backgroundTimeout)
  }

  /** Ends calls that outlived their timeout without a settlement: their estimates stand. */
  #dropExpired(account: SharedAccount, now: number): void {
    for (const { id, hold, deadline } of account.calls.values()) {
      if (deadline > now) continue
      account.calls.delete(id)
      const used = actualOf(hold, { tokens: undefined, cost: 0 })
      account.state.settle(now, hold, used)
      account.book(used)
      this.#end(account, id, used)
    }
  }

  /** Sends pending reports, deregisters, and closes the connection if it is its own. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const timer of [this.#trialTimer, this.#retryTimer, this.#presenceTimer]) clearTimeout(timer)
    await this.#starting?.catch(() => {})
    if (this.#connection.ready && !this.#breaker.open) {
      await Promise.allSettled([...this.#sent])
      const pending = [...this.#ledger.accounts].filter((account) => account.unconfirmed)
      await Promise.allSettled([
        this.#report(pending, {}, backgroundTimeout),
        this.#reportHealth(),
        this.#run(scripts.leave, [this.#keys.processes], { process: this.#process }, backgroundTimeout),
      ])
    }
    clearTimeout(this.#trialTimer)
    this.#connection.destroy()
  }
}

const knownOf = ({ requests = 0, tokens = 0, spent = 0 }: KnownUsage) =>
  [Math.round(requests), Math.round(tokens), units(spent)] as const

function latencyOf({ latency }: Settlement): ReportExtras['latency'] {
  if (!latency) return undefined
  const { callMs, firstTokenMs = -1, tokens } = latency
  return [callMs, tokens > 0 ? callMs / tokens : -1, firstTokenMs]
}
