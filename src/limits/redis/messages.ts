import { type Demand, demandOf, type WindowSpec } from '../account.js'
import { calendarPeriod } from '../duration.js'
import type { KnownUsage, LimitAccount, LimitCandidate, ReserveRequest, Settlement, SharedUsage } from '../types.js'
import {
  dollars,
  type EndedCall,
  type Ledger,
  type Observed,
  type OwnUsage,
  type SharedAccount,
  units,
} from './ledger.js'
import { keepMs, slots } from './scripts.js'

/** One candidate with its accounts, by index into the accounts of the request. */
export interface PlannedCandidate {
  readonly candidate: LimitCandidate
  readonly demand: Demand
  readonly at: readonly number[]
}

/** A request with every account once. */
export interface Plan {
  readonly accounts: readonly SharedAccount[]
  readonly limits: readonly LimitAccount[]
  readonly candidates: readonly PlannedCandidate[]
}

export function planOf(request: ReserveRequest, ledger: Ledger, now: number): Plan {
  const accounts: SharedAccount[] = []
  const limits: LimitAccount[] = []
  const candidates = request.candidates.map((candidate): PlannedCandidate => {
    const at = new Set<number>()
    for (const limit of candidate.accounts) {
      const account = ledger.get(limit, now)
      let index = accounts.indexOf(account)
      if (index < 0) {
        index = accounts.push(account) - 1
        limits.push(limit)
      }
      at.add(index)
    }
    return { candidate, demand: demandOf(request, candidate), at: [...at] }
  })
  return { accounts, limits, candidates }
}

export interface ReserveSettings {
  /** Id of the call. */
  readonly id: string
  readonly processId: string
  readonly leaseTtl: number
  readonly trialTtl: number
  readonly timeout: number
  readonly waitedMs: number | undefined
  /** Whether an account that the server does not know is seeded before its first grant. */
  readonly seeded: boolean
  /** Wall time of the server. */
  readonly now: number
}

/** The argument of the script `reserve`. */
export function reserveMessage({ accounts, limits, candidates }: Plan, settings: ReserveSettings): object {
  const { id, processId, leaseTtl, trialTtl, timeout, waitedMs, seeded, now } = settings
  const [{ demand } = { demand: undefined }] = candidates
  return {
    id,
    p: processId,
    x: leaseTtl,
    y: Math.ceil(timeout),
    z: trialTtl,
    ...(waitedMs !== undefined && { q: Math.round(waitedMs) }),
    n: [Math.ceil(demand?.tokens ?? 0), Math.ceil(demand?.inputTokens ?? 0), Math.ceil(demand?.outputTokens ?? 0)],
    A: accounts.map((account, index) => {
      const { requests, tokens, inputTokens, outputTokens, parallel, budget } = limits[index] ?? account.limits
      return {
        ...windowsOf(account, now),
        e: account.epoch,
        ...(account.confirmed > 0 && { v: account.confirmed }),
        ...(seeded && { g: 1 }),
        r: requests,
        t: tokens,
        i: inputTokens,
        o: outputTokens,
        p: parallel,
        ...(budget !== undefined && { l: units(budget) }),
      }
    }),
    c: candidates.map(({ at, demand: { estimate, most } }) => ({
      a: at.map((index) => index + 1),
      e: units(estimate),
      m: units(most),
    })),
  }
}

/** One account in the script `report`. */
export interface ReportItem {
  readonly account: SharedAccount
  readonly version: number
  readonly ended: readonly EndedCall[]
  /** Usage of this process that the message has, if that of all processes is asked for. */
  readonly own: OwnUsage | undefined
  readonly message: object
}

export interface ReportExtras {
  /** Latency of the call that ended: complete, per output token, to the first content; -1 if unknown. */
  readonly latency?: readonly [number, number, number] | undefined
  /** Whether the calls in flight are renewed. */
  readonly renew?: boolean | undefined
  /** Whether the usage of all processes is asked for. */
  readonly observe?: boolean | undefined
  /** Requests, tokens and money in 10⁻⁹ US dollars that are known from elsewhere. */
  readonly known?: readonly [number, number, number] | undefined
}

/** @param newEpoch for the account if the server has lost it */
export function reportItem(
  account: SharedAccount,
  extras: ReportExtras,
  newEpoch: string,
  wall: number,
  ahead: number,
): ReportItem {
  const { resync, totals, version, confirmed, epoch } = account
  const ended = [...account.ended.values()]
  const { latency, renew, known } = extras
  const message = {
    ...windowsOf(account, wall + ahead),
    e: epoch,
    T: [...totals],
    V: version,
    ...(confirmed > 0 && { v: confirmed }),
    ...(ended.length > 0 && {
      L: ended.map(({ id, used }) => [
        id,
        used.requests,
        Math.round(used.tokens),
        Math.round(used.inputTokens),
        Math.round(used.outputTokens),
      ]),
    }),
    ...((renew || resync) && account.calls.size > 0 && { K: renewals(account, wall) }),
    ...(resync && resyncOf(account, newEpoch, wall)),
    ...(latency && { lat: latency }),
    ...(known && { sd: known }),
  }
  return { account, version, ended, own: extras.observe ? account.own(wall) : undefined, message }
}

/** A cooldown, or its end, of the account that carries the health of a candidate. */
export const healthMessage = (
  account: SharedAccount,
  wall: number,
  health: { readonly ms: number; readonly reason: string } | undefined,
) => ({
  ...windowsOf(account, wall),
  e: account.epoch,
  ...(health ? { cd: [Math.ceil(health.ms), health.reason] } : { ok: 1 }),
})

export const usageMessage = (account: SharedAccount, now: number) => ({ A: [windowsOf(account, now)] })

function renewals({ calls }: SharedAccount, wall: number) {
  const list: (readonly [string, number, number, number, number, number])[] = []
  for (const { id, hold, deadline } of calls.values()) {
    const { tokens, inputTokens, outputTokens, money } = hold
    const left = Math.max(1, Math.ceil(deadline - wall))
    list.push([id, left, Math.ceil(tokens), Math.ceil(inputTokens), Math.ceil(outputTokens), units(money?.amount ?? 0)])
  }
  return list
}

/** Usage of this process by time, newest first, and the part of the sums that others used. */
function resyncOf({ state, others }: SharedAccount, newEpoch: string, wall: number) {
  state.expire(wall)
  const age = (at: number) => Math.max(0, Math.round(wall - at))
  const split = new Map(state.split?.entries().map(({ at, first, second }) => [at, [first, second] as const]))
  const rates = state.rates.entries().map(({ at, first, second }) => {
    const [input = 0, output = 0] = split.get(at) ?? []
    return [age(at), first, Math.round(second), Math.round(input), Math.round(output)] as const
  })
  const money = (state.budget?.entries(wall) ?? []).map(({ at, cost }) => [age(at), units(cost)] as const)
  const seen = Number.isFinite(others.at)
  const { requests, tokens, inputTokens, outputTokens, spent } = others
  return {
    ne: newEpoch,
    j: rates.reverse(),
    jc: money.reverse(),
    ...(seen && {
      ob: [
        age(others.at),
        requests,
        Math.round(tokens),
        Math.round(inputTokens),
        Math.round(outputTokens),
        isSamePeriod(state.spec.budget, others.at, wall) ? units(spent) : 0,
      ],
    }),
  }
}

const isSamePeriod = (spec: WindowSpec | undefined, one: number, other: number) =>
  !spec?.calendar || !spec.duration || calendarPeriod(one, spec.duration).to === calendarPeriod(other, spec.duration).to

/** The windows of an account, as the scripts know them. */
function windowsOf({ state: { spec, split, budget }, member }: SharedAccount, now: number) {
  const { rates, counted } = spec
  return {
    m: member,
    q: split ? 'rtio' : counted ? 'rt' : '',
    ...(rates.duration && (rates.calendar ? { we: endsOf(rates, now) } : { w: rates.duration.ms / slots })),
    ...(budget && { b: 1, ...(spec.budget && moneyWindow(spec.budget, now)) }),
    ...keepOf(spec.rates, spec.budget),
  }
}

const moneyWindow = (window: WindowSpec, now: number) => {
  const { duration, calendar } = window
  if (!duration) return {}
  return calendar ? { se: endsOf(window, now) } : { s: duration.ms / slots }
}

/** Ends of the calendar periods around now: the clocks of server and process differ. */
function endsOf({ duration }: WindowSpec, now: number): number[] {
  if (!duration) return []
  const { from, to } = calendarPeriod(now, duration)
  return [from, to, calendarPeriod(to, duration).to]
}

/** Usage without an end is kept for ever. */
function keepOf(rates: WindowSpec, budget: WindowSpec | undefined) {
  if (!rates.duration || (budget && !budget.duration)) return {}
  return { k: Math.max(keepMs, 2 * rates.duration.ms, 2 * (budget?.duration?.ms ?? 0)) }
}

export interface Row {
  readonly r: number
  readonly t: number
  readonly i?: number
  readonly o?: number
  readonly f: number
  readonly c?: number
  readonly h?: number
  readonly cl?: number
  readonly cr?: string
  readonly hp?: number
  readonly lc?: number
  readonly lt?: number
  readonly lf?: number
}

export interface ReserveReply {
  readonly now: number
  /** Accounts that the server does not know, from 1. */
  readonly k?: readonly number[]
  /** The candidate that was taken, from 1. */
  readonly i?: number
  readonly s?: number
  /** Whether the call is the trial call after a cooldown. */
  readonly h?: number
  readonly u?: readonly Row[]
  readonly w?: readonly {
    readonly k: 'cooldown' | 'probing' | 'parallel' | 'budget' | 'requests' | 'tokens'
    readonly a?: number
    readonly w?: number
  }[]
  readonly e?: readonly (readonly [number, string])[]
}

export interface ReportReply {
  readonly now?: number
  readonly k?: readonly number[]
  readonly e?: readonly (readonly [number, string])[]
  /** Usage of the accounts, from 1, if it was asked for. */
  readonly u?: readonly (readonly [number, Row])[]
}

export function observedIn({ r, t, i = 0, o = 0, f, c = 0, h = 0 }: Row): Observed {
  const used = {
    requests: Math.max(0, r),
    tokens: Math.max(0, t),
    inputTokens: Math.max(0, i),
    outputTokens: Math.max(0, o),
  }
  return { ...used, inFlight: f, spent: dollars(Math.max(0, c)), reserved: dollars(Math.max(0, h)) }
}

export function sharedUsage(id: string, row: Row | undefined, wall: number): SharedUsage {
  const { r = 0, t = 0, f = 0, cl, cr = '', hp, lc, lt, lf } = row ?? {}
  return {
    id,
    requests: r,
    tokens: t,
    inFlight: f,
    cooldown: cl === undefined ? undefined : { until: wall + cl, reason: cr },
    halfOpen: hp !== undefined,
    latency: lc === undefined ? undefined : { callMs: lc, perTokenMs: lt, firstTokenMs: lf },
  }
}

export const knownOf = ({ requests = 0, tokens = 0, spent = 0 }: KnownUsage) =>
  [Math.round(requests), Math.round(tokens), units(spent)] as const

export function latencyOf({ latency }: Settlement): ReportExtras['latency'] {
  if (!latency) return undefined
  const { callMs, firstTokenMs = -1, tokens } = latency
  return [callMs, tokens > 0 ? callMs / tokens : -1, firstTokenMs]
}
