import type { Demand } from '../account.js'
import type { LimitAccount, RejectionReason } from '../types.js'
import type { SharedAccount } from './ledger.js'

/** How long the usage of the other processes is taken as known, in milliseconds. */
const knownFor = 5_000

type Limited = 'parallel' | 'budget' | 'requests' | 'tokens'
const order: readonly Limited[] = ['parallel', 'budget', 'requests', 'tokens']

export interface ShareRefusal {
  readonly kind: Exclude<RejectionReason['kind'], 'cooldown' | 'probing' | 'unreachable'>
  readonly account: SharedAccount
  readonly limits: LimitAccount
}

/**
 * Checks a call against this process's share of the limits, without the shared state: usage that all processes had when it was last
 * reached still counts until it leaves the window, and each of the others is assumed to have used since then as much as this one. All
 * of them together thus stay within the limits, if they had reached it at the same time. An account without any known usage takes one
 * call of each process.
 */
export function exceedsShare(
  accounts: readonly (readonly [SharedAccount, LimitAccount])[],
  demand: Demand,
  now: number,
  processes: number,
): ShareRefusal | undefined {
  for (const kind of order) {
    for (const [account, limits] of accounts) {
      if (exceeds[kind](account, limits, demand, now, processes)) return { kind, account, limits }
    }
  }
  return undefined
}

type Check = (account: SharedAccount, limits: LimitAccount, demand: Demand, now: number, processes: number) => boolean

const exceeds: Readonly<Record<Limited, Check>> = {
  parallel: ({ state, others }, { parallel }, _demand, now, processes) => {
    if (parallel === undefined) return false
    const theirs = isKnown({ others }, now) ? others.inFlight : 0
    return Math.max(mirrored(state.inFlight, processes), state.inFlight + theirs) + 1 > parallel
  },

  budget: ({ state, others }, { budget }, { estimate, most }, now, processes) => {
    if (budget === undefined || !state.budget) return false
    const own = state.budget.spent(now) + state.budget.reserved
    const before = Math.min(own, others.own.spent + others.own.reserved)
    const amount = state.budget.holds === 0 ? estimate : most
    return others.spent + others.reserved + before + (own - before + amount) * processes > budget
  },

  requests: (account, { requests }, _demand, now, processes) => {
    if (requests === undefined) return false
    const { state, others, granted } = account
    const { own } = others
    if (isKnown(account, now)) {
      const since = granted.requests - own.granted.requests
      return isOver(requests, own.requests + others.requests, since, 1, processes)
    }
    const part = remaining(account, now, processes)
    return isShareOver(requests, state.rates.first, own.requests, others.requests, part, 1, processes)
  },

  tokens: (account, { tokens, inputTokens, outputTokens }, demand, now, processes) => {
    const { state, others, granted } = account
    const { own } = others
    const known = isKnown(account, now)
    const part = known ? 1 : remaining(account, now, processes)
    const exceedsIn = (name: 'tokens' | 'inputTokens' | 'outputTokens', limit: number | undefined, used: number) =>
      limit !== undefined &&
      (known
        ? isOver(limit, own[name] + others[name], granted[name] - own.granted[name], demand[name], processes)
        : isShareOver(limit, used, own[name], others[name], part, demand[name], processes))
    return (
      exceedsIn('tokens', tokens, state.rates.second) ||
      exceedsIn('inputTokens', inputTokens, state.split?.first ?? 0) ||
      exceedsIn('outputTokens', outputTokens, state.split?.second ?? 0)
    )
  },
}

/** Calls of all processes such that one more for each stays within a limit; the first call of a process is always allowed. */
const mirrored = (own: number, processes: number) => (own === 0 ? 0 : (own + 1) * processes - 1)

/**
 * Whether the usage of the other processes is as good as known: Redis answers, though too late for decisions. The others may still decide
 * there, and take what leaves the window; this process takes its share of what was free.
 */
const isKnown = ({ others }: Pick<SharedAccount, 'others'>, now: number) => now - others.at < knownFor

/**
 * @param known usage of all processes
 * @param since what this process has granted after that
 */
function isOver(limit: number, known: number, since: number, amount: number, processes: number): boolean {
  // without any usage one call of each process passes, unless the limit allows none
  return known + since === 0 ? limit === 0 && amount > 0 : known + (since + amount) * processes > limit
}

/**
 * @param own usage of this process in the window
 * @param then the same when the others were last known
 * @param others their usage at that time
 * @param part the part of that usage which is still in the window
 */
function isShareOver(
  limit: number,
  own: number,
  then: number,
  others: number,
  part: number,
  amount: number,
  processes: number,
): boolean {
  const before = Math.min(own, then * part)
  return isOver(limit, before + Math.round(others * part), own - before, amount, processes)
}

/** The part of the others' usage that is still in the window. */
function remaining({ state, others, totals, calls }: SharedAccount, now: number, processes: number): number {
  state.expire(now)
  if (others.own.requests > 0) {
    // their usage leaves the window as that of this process does, since they had the same traffic
    const since = Math.max(0, totals[0] + calls.size - others.own.total)
    return Math.min(1, Math.max(0, (state.rates.first - since) / others.own.requests))
  }
  const { duration } = state.spec.rates
  if (!duration) return 1
  // without a trace of their timing, the capacity that may have returned is shared by all
  const gone = (now - others.at) / duration.ms
  return gone >= 1 ? 0 : 1 - gone / processes
}
