import { type Clock, systemClock } from '../call/clock.js'
import { checkNames } from '../call/validate.js'
import { type AccountHold, AccountState, actualOf, type Demand, demandOf, specOf } from './account.js'
import { CandidateHealth } from './health.js'
import { limitReason } from './reasons.js'
import type {
  AccountUsage,
  Cooldown,
  KnownUsage,
  LimitAccount,
  LimitCandidate,
  LimitObserver,
  LimitStore,
  LocalCall,
  Rejection,
  RejectionReason,
  Reservation,
  ReserveRequest,
  Settlement,
} from './types.js'

/** Options of {@link memoryLimits}. */
export interface MemoryLimitsOptions {
  /** Replaces the system clock, for tests. */
  clock?: Clock | undefined
}

/** A {@link LimitStore} that answers without a promise. */
export interface MemoryLimits extends LimitStore {
  reserve(request: ReserveRequest): Reservation | Rejection
  usage(account: LimitAccount): AccountUsage
  seed(account: LimitAccount, usage: KnownUsage): void
}

/**
 * Limits of one process, in memory. Several Routers may share one as their `state`.
 *
 * Accounts without usage in their windows are dropped, so memory grows with the accounts in use and not with those ever seen.
 * @example
 * const limits = memoryLimits()
 * const found = limits.reserve({ candidates: [{ id: 'call', accounts: [{ key: 'key:7f3a', requests: 60 }] }] })
 * if ('reasons' in found) throw new Error(found.reasons[0]?.reason)
 * limits.settle(found, { tokens: 120, cost: 0.002 })
 */
export function memoryLimits(options: MemoryLimitsOptions = {}): MemoryLimits {
  checkNames('memoryLimits', options, ['clock'])
  return new MemoryStore(options.clock ?? systemClock)
}

const defaultTimeout = 600_000
const longestTrial = 10_000
const firstSweep = 1_000

class MemoryReservation implements Reservation {
  readonly index: number
  readonly id: string
  readonly #expires: number
  readonly holds: readonly AccountHold[]
  readonly probe: boolean
  settled = false

  constructor(index: number, id: string, holds: readonly AccountHold[], expires: number, probe: boolean) {
    this.index = index
    this.id = id
    this.holds = holds
    this.#expires = expires
    this.probe = probe
  }

  isExpired(now: number): boolean {
    return this.#expires <= now
  }
}

class MemoryStore implements MemoryLimits {
  readonly connected = true
  readonly #clock: Clock
  readonly #accounts = new Map<string, AccountState>()
  readonly #health = new Map<string, CandidateHealth>()
  readonly #reservations = new Set<MemoryReservation>()
  readonly #observers = new Set<LimitObserver>()
  #sweepAt = firstSweep
  #expireAt = firstSweep

  constructor(clock: Clock) {
    this.#clock = clock
  }

  attach(observer: LimitObserver): void {
    this.#observers.add(observer)
  }

  detach(observer: LimitObserver): void {
    this.#observers.delete(observer)
  }

  reserve(request: ReserveRequest): Reservation | Rejection {
    const now = this.#clock.wall()
    if (this.#observers.size > 0) this.#inform(request, now)
    const found = this.#find(request, now)
    // calls that never came back may be all that is in the way
    return 'reasons' in found && this.#releaseExpired(now) ? this.#find(request, now) : found
  }

  #find(request: ReserveRequest, now: number): MemoryReservation | Rejection {
    const reasons: RejectionReason[] = []
    for (let index = 0; index < request.candidates.length; index++) {
      const candidate = request.candidates[index] as LimitCandidate
      const demand = demandOf(request, candidate)
      const reason = this.#refusalOf(candidate, demand, now)
      if (!reason) return this.#take(index, candidate, demand, now, request.timeout ?? defaultTimeout)
      reasons.push(reason)
    }
    return { reasons }
  }

  #refusalOf(candidate: LimitCandidate, demand: Demand, now: number): RejectionReason | undefined {
    const resting = this.#health.get(candidate.id)?.refusal(now)
    if (resting) return resting
    let found: { account: LimitAccount; state: AccountState; kind: keyof typeof precedence } | undefined
    for (const account of candidate.accounts) {
      const state = this.#stateOf(account)
      const kind = state.exceeded(now, account, demand)
      if (kind && (!found || precedence[kind] < precedence[found.kind])) found = { account, state, kind }
    }
    if (!found) return undefined
    const { account, state, kind } = found
    return limitReason(
      kind,
      candidate,
      account,
      { ...usageIn(state, now), freesIn: state.freesIn(now, kind, account, demand) },
      false,
    )
  }

  #take(index: number, candidate: LimitCandidate, demand: Demand, now: number, timeout: number): MemoryReservation {
    const holds = candidate.accounts.map((account) => this.#stateOf(account).reserve(now, account, demand))
    const probe = this.#health.get(candidate.id)?.beginTrial(now, Math.min(timeout, longestTrial)) ?? false
    const reservation = new MemoryReservation(index, candidate.id, holds, now + timeout, probe)
    this.#reservations.add(reservation)
    if (this.#reservations.size > this.#expireAt) {
      this.#releaseExpired(now)
      this.#expireAt = Math.max(firstSweep, 2 * this.#reservations.size)
    }
    return reservation
  }

  settle(reservation: Reservation, settlement: Settlement): void {
    if (!(reservation instanceof MemoryReservation) || reservation.settled) return
    this.#end(reservation, settlement, this.#clock.wall())
    const { latency } = settlement
    const health = latency || reservation.probe ? this.#healthOf(reservation.id) : undefined
    health?.settle(this.#clock.wall(), reservation.probe, latency)
  }

  release(reservation: Reservation): void {
    this.settle(reservation, { tokens: 0, cost: 0, refused: true })
  }

  note({ at, accounts, tokens, cost }: LocalCall): void {
    for (const account of accounts) {
      this.#stateOf(account).count(at, { requests: 1, tokens, inputTokens: 0, outputTokens: 0, cost })
    }
  }

  seed(account: LimitAccount, { spent = 0, requests = 0, tokens = 0 }: KnownUsage): void {
    const now = this.#clock.wall()
    const state = this.#stateOf(account)
    state.expire(now)
    state.count(now, {
      requests: Math.max(0, requests - state.rates.first),
      tokens: Math.max(0, tokens - state.rates.second),
      inputTokens: 0,
      outputTokens: 0,
      cost: Math.max(0, spent - (state.budget?.spent(now) ?? 0)),
    })
  }

  usage(account: LimitAccount): AccountUsage {
    return usageIn(this.#stateOf(account), this.#clock.wall())
  }

  cooldown(id: string, cooldown: Cooldown): void {
    this.#healthOf(id).coolDown(cooldown)
  }

  recovered(id: string): void {
    this.#health.delete(id)
  }

  async close(): Promise<void> {
    this.#observers.clear()
  }

  #stateOf(account: LimitAccount): AccountState {
    const spec = specOf(account)
    const name = spec.suffix ? `${account.key}${spec.suffix}` : account.key
    let state = this.#accounts.get(name)
    if (!state) {
      state = new AccountState(account, spec)
      if (this.#accounts.size >= this.#sweepAt) this.#sweep()
      this.#accounts.set(name, state)
    } else if (state.spec !== spec) state.adopt(account)
    return state
  }

  #sweep(): void {
    const now = this.#clock.wall()
    for (const [name, state] of this.#accounts) if (state.isIdle(now)) this.#accounts.delete(name)
    for (const [id, health] of this.#health) if (health.isIdle(now)) this.#health.delete(id)
    this.#sweepAt = Math.max(firstSweep, 2 * this.#accounts.size)
  }

  #healthOf(id: string): CandidateHealth {
    let health = this.#health.get(id)
    if (!health) {
      health = new CandidateHealth()
      this.#health.set(id, health)
    }
    return health
  }

  #releaseExpired(now: number): boolean {
    let any = false
    for (const reservation of this.#reservations) {
      if (!reservation.isExpired(now)) continue
      this.#end(reservation, { tokens: undefined, cost: 0 }, now)
      any = true
    }
    return any
  }

  #end(reservation: MemoryReservation, settlement: Settlement, now: number): void {
    reservation.settled = true
    this.#reservations.delete(reservation)
    for (const hold of reservation.holds) hold.state.settle(now, hold, actualOf(hold, settlement))
  }

  #inform({ candidates }: ReserveRequest, now: number): void {
    const usage = candidates.flatMap(({ id, accounts: [account] }) => {
      if (!account) return []
      const { requests, tokens, inFlight } = usageIn(this.#stateOf(account), now)
      return { id, requests, tokens, inFlight, ...(this.#health.get(id) ?? healthy).view(now) }
    })
    for (const observer of this.#observers) observer.update?.(usage)
  }
}

const healthy = new CandidateHealth()
const precedence = { parallel: 0, budget: 1, requests: 2, tokens: 3 } as const

function usageIn(state: AccountState, now: number): AccountUsage {
  state.expire(now)
  return {
    key: state.key,
    requests: state.rates.first,
    tokens: state.rates.second,
    inputTokens: state.split?.first ?? 0,
    outputTokens: state.split?.second ?? 0,
    inFlight: state.inFlight,
    spent: state.budget?.spent(now) ?? 0,
    reserved: state.budget?.reserved ?? 0,
  }
}
