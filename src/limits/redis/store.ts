import type { Clock } from '../../call/clock.js'
import { actualOf, type Demand } from '../account.js'
import { restingReason, trialReason } from '../health.js'
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
import { Candidates } from './candidates.js'
import { CommandTimeout } from './connection.js'
import { Keys } from './keys.js'
import { Ledger, type OwnUsage, type SharedAccount } from './ledger.js'
import {
  knownOf,
  latencyOf,
  observedIn,
  type Plan,
  type PlannedCandidate,
  planOf,
  type ReserveReply,
  type Row,
  reserveMessage,
  sharedUsage,
  usageMessage,
} from './messages.js'
import { isReply, isSlotMoving } from './refusals.js'
import { Reporter } from './reporter.js'
import { RedisReservation } from './reservation.js'
import { scripts } from './scripts.js'
import { Session } from './session.js'
import { backgroundTimeout, type Settings } from './settings.js'
import { exceedsShare } from './share.js'

/** Receives the news of the store. */
export interface StoreObserver {
  readonly clock: Clock
  update(usage: readonly SharedUsage[]): void
  changed(state: 'shared' | 'local', error: Error | undefined, processes: number): void
}

/** Longest wait for the trial call after a cooldown, in milliseconds. */
const longestTrial = 10_000
const defaultTimeout = 600_000
const nothing = { requests: 0, tokens: 0, inputTokens: 0, outputTokens: 0, cost: 0 }

/** Limits in Redis, once they are used. */
export class RedisStore {
  readonly #settings: Settings
  readonly #observer: StoreObserver
  readonly #clock: Clock
  readonly #ledger: Ledger
  readonly #session: Session
  readonly #reporter: Reporter
  readonly #candidates: Candidates
  #closed = false

  constructor(settings: Settings, observer: StoreObserver) {
    const { clock } = observer
    const keys = new Keys(settings.keyPrefix, settings.namespace)
    this.#settings = settings
    this.#observer = observer
    this.#clock = clock
    this.#session = new Session(settings, clock, keys, {
      lost: (error) => {
        this.#reporter.markLost()
        observer.changed('local', error, this.#session.processes)
      },
      catchUp: () => this.#reporter.catchUp(),
      back: () => observer.changed('shared', undefined, this.#session.processes),
      beat: (forgotten) => {
        if (forgotten) this.#reporter.markLost()
        return forgotten ? this.#reporter.catchUp() : this.#reporter.renew()
      },
    })
    this.#ledger = new Ledger(keys, this.#session.id)
    this.#candidates = new Candidates(this.#ledger, clock)
    this.#reporter = new Reporter(this.#session, this.#ledger, clock, settings)
  }

  get connected(): boolean {
    return this.#session.shared
  }

  async reserve(request: ReserveRequest): Promise<Reservation | Rejection> {
    await this.#session.start()
    if (this.#session.misconfigured) throw this.#session.misconfigured
    if (this.#closed || !this.#session.shared) return this.#decideAlone(request)
    return this.#decide(request)
  }

  async #decide(request: ReserveRequest, isRetry = false): Promise<Reservation | Rejection> {
    const { leaseTtl, commandTimeout, seed } = this.#settings
    const wall = this.#clock.wall()
    const plan = this.#planOf(request, wall)
    const { timeout = defaultTimeout, waitedMs } = request
    const id = this.#session.newId()
    const [unlimited] = plan.candidates
    if (plan.accounts.length === 0 && unlimited) return new RedisReservation(0, unlimited.candidate.id, id, [], 0)
    try {
      const lost = plan.accounts.filter((account) => account.resync)
      if (lost.length > 0) await this.#reporter.report(lost, {}, commandTimeout)
      const trialTtl = Math.min(leaseTtl, longestTrial)
      const argument = reserveMessage(plan, {
        ...{ id, processId: this.#session.id, leaseTtl, trialTtl, timeout, waitedMs },
        ...{ seeded: seed !== undefined, now: wall + this.#session.ahead },
      })
      const names = plan.accounts.map(({ name }) => name)
      const reply = JSON.parse(
        await this.#session.run(scripts.reserve, names, argument, commandTimeout),
      ) as ReserveReply
      this.#session.decided(reply.now)
      if (!reply.k) return this.#accept(reply, plan, id, timeout)
      if (isRetry) return this.#decideAlone(request)
      await this.#introduce(reply.k.flatMap((at) => plan.accounts[at - 1] ?? []))
      return await this.#decide(request, true)
    } catch (error) {
      if (isSlotMoving(error) && request.candidates.length > 1) return this.#decideOneByOne(request)
      if (this.#session.misconfigured) throw this.#session.misconfigured
      const owns = plan.accounts.map((account) => account.own(wall))
      const found = this.#decideAlone(request, id)
      this.#reconcile(error, plan, id, owns, found instanceof RedisReservation ? found.accounts : [])
      return found
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
    const plan = planOf(request, this.#ledger, now)
    for (const { candidate, at } of plan.candidates) {
      const carrier = plan.accounts[at[0] ?? 0]
      if (carrier) this.#candidates.carry(candidate.id, carrier)
    }
    return plan
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
      candidates.map(({ candidate, at: [first = -1] }) => sharedUsage(candidate.id, rows[first], now)),
    )
    const chosen = reply.i === undefined ? undefined : candidates[reply.i - 1]
    if (chosen && reply.i !== undefined) {
      const { candidate, demand, at } = chosen
      const holds = at.flatMap((index) => {
        const account = accounts[index]
        const limit = limits[index]
        return account && limit ? [this.#hold(account, limit, demand, id, now, timeout)] : []
      })
      return new RedisReservation(reply.i - 1, candidate.id, id, holds, reply.s ?? 0)
    }
    return { reasons: candidates.map((one, index) => this.#reasonOf(one, reply.w?.[index], plan, rows)) }
  }

  #hold(account: SharedAccount, limits: LimitAccount, demand: Demand, id: string, now: number, timeout: number) {
    const hold = account.state.reserve(now, limits, demand)
    account.begin({ id, hold, deadline: now + timeout })
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

  /**
   * After a decision alone: the server may have carried the command out. A call that was granted has the same id there, so that it counts
   * once, and is announced in case the server refused it. Capacity of other accounts is returned.
   * @param taken accounts of the call that was granted alone
   */
  #reconcile(error: unknown, plan: Plan, id: string, owns: readonly OwnUsage[], taken: readonly SharedAccount[]): void {
    if (taken.length > 0) this.#reporter.announce(taken)
    if (isReply(error)) return
    const giveBack = (accounts: readonly SharedAccount[]) => {
      const others = accounts.filter((account) => !taken.includes(account))
      if (others.length > 0) this.#endEverywhere(others, id)
    }
    if (!(error instanceof CommandTimeout)) return giveBack(plan.accounts)
    error.late
      .then((text) => {
        const { i, u = [] } = JSON.parse(text) as ReserveReply
        const now = this.#clock.wall()
        for (const [index, account] of plan.accounts.entries()) {
          const row = u[index]
          // late, but newer than what was known
          if (row) account.observe(now, observedIn(row), owns[index])
        }
        const at = i === undefined ? [] : (plan.candidates[i - 1]?.at ?? [])
        giveBack(at.flatMap((index) => plan.accounts[index] ?? []))
      })
      .catch(() => giveBack(plan.accounts))
  }

  #endEverywhere(accounts: readonly SharedAccount[], id: string): void {
    for (const account of accounts) {
      account.version++
      this.#reporter.end(account, id, nothing)
    }
    this.#reporter.retryLater()
  }

  /** Decides within this process's share of the limits. */
  #decideAlone(request: ReserveRequest, id = this.#session.newId()): Reservation | Rejection {
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
      const reason =
        this.#candidates.healthOf(candidate.id)?.refusal(now) ?? this.#shareReason(candidate, pairs, demand, now)
      if (reason) reasons.push(reason)
      else {
        const timeout = request.timeout ?? defaultTimeout
        const holds = pairs.map(([account, limit]) => this.#hold(account, limit, demand, id, now, timeout))
        return new RedisReservation(index, candidate.id, id, holds, 0, true)
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
    const found = exceedsShare(pairs, demand, now, this.#session.processes)
    if (!found) return undefined
    const { kind, limits, account } = found
    const { state, others } = account
    const used = {
      tokens: state.rates.second + others.tokens,
      spent: (state.budget?.spent(now) ?? 0) + others.spent,
      reserved: state.budget?.reserved ?? 0,
      // the next decision may reach Redis again
      freesIn: !this.#session.shared
        ? state.freesIn(now, kind, { ...limits, requests: state.rates.first }, demand)
        : pollMs,
    }
    const reason = limitReason(kind, candidate, limits, used, false)
    return {
      ...reason,
      reason: `${reason.reason} (by this process's share, one of ${this.#session.processes}, without Redis)`,
    }
  }

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
      this.#reporter.end(account, lease, used)
    }
    if (settlement.latency) this.#candidates.healthOf(id)?.settle(now, true, settlement.latency)
    this.#reporter.send(
      holds.map(([account]) => account),
      latencyOf(settlement),
    )
  }

  note({ id, at, accounts, tokens, cost }: LocalCall): void {
    const now = this.#clock.wall()
    const used = { requests: 1, tokens, inputTokens: 0, outputTokens: 0, cost }
    for (const [index, limits] of accounts.entries()) {
      const account = this.#ledger.get(limits, now)
      if (index === 0) this.#candidates.carry(id, account)
      account.state.count(Math.min(at, now), used)
      account.book(used)
      if (account.epoch === '') account.resync = true
    }
    void this.#session.start().then(() => this.#reporter.retryLater())
  }

  async seed(limits: LimitAccount, usage: KnownUsage): Promise<void> {
    const now = this.#clock.wall()
    const account = this.#ledger.get(limits, now)
    await this.#session.start()
    if (this.#session.misconfigured) throw this.#session.misconfigured
    if (account.epoch === '') account.resync = true
    account.version++
    await this.#reporter.report([account], { known: knownOf(usage) }, backgroundTimeout)
  }

  async usage(limits: LimitAccount): Promise<AccountUsage> {
    await this.#session.start()
    if (this.#session.misconfigured) throw this.#session.misconfigured
    const now = this.#clock.wall()
    const account = this.#ledger.get(limits, now)
    if (this.#session.shared) {
      try {
        const text = await this.#session.run(
          scripts.usage,
          [account.name],
          usageMessage(account, now + this.#session.ahead),
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
    this.#candidates.coolDown(id, cooldown)
    this.#reporter.setCooldown(this.#candidates.carrierOf(id), cooldown)
  }

  recovered(id: string): void {
    this.#candidates.recovered(id)
    this.#reporter.setCooldown(this.#candidates.carrierOf(id), undefined)
  }

  /** Reports accounts that the server does not know, after a look into the ledger of the user. */
  async #introduce(accounts: readonly SharedAccount[]): Promise<void> {
    const { seed, commandTimeout } = this.#settings
    const known = (await seed?.(accounts.map(({ limits }) => limits))) ?? []
    for (const [index, account] of accounts.entries()) {
      account.resync = true
      const usage = known[index]
      await this.#reporter.report(
        [account],
        usage ? { known: knownOf(usage) } : {},
        Math.max(commandTimeout, backgroundTimeout),
      )
    }
  }

  /** Sends pending reports, deregisters the process, and closes the connection if it is its own. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#session.stop()
    await this.#session.start()
    await this.#reporter.close()
    await this.#session.close()
  }
}
