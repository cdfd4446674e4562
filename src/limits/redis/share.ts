import { type Demand, isOver } from '../account.js'
import type { LimitAccount, RejectionReason } from '../types.js'
import type { SharedAccount } from './ledger.js'

type Limited = 'parallel' | 'budget' | 'requests' | 'tokens'
const order: readonly Limited[] = ['parallel', 'budget', 'requests', 'tokens']

export interface ShareRefusal {
  readonly kind: Exclude<RejectionReason['kind'], 'cooldown' | 'probing' | 'unreachable'>
  readonly account: SharedAccount
  readonly limits: LimitAccount
}

/**
 * Checks a call against this process's share of the limits, without the shared state: usage that other processes had when it was last
 * reached still counts until it leaves the window, and each of them is assumed to use as much as this one. All of them together
 * thus stay near the limits. A limit below the number of processes becomes one call for each.
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
  parallel: ({ state }, { parallel }, _demand, _now, processes) =>
    parallel !== undefined && mirrored(state.inFlight, processes) + 1 > parallel,

  budget: ({ state, others }, { budget }, { estimate, most }, now, processes) => {
    if (budget === undefined || !state.budget) return false
    const own = state.budget.spent(now) + state.budget.reserved
    const before = Math.min(own, others.own.money)
    const amount = state.budget.holds === 0 ? estimate : most
    return others.spent + others.reserved + before + (own - before + amount) * processes > budget
  },

  requests: (account, { requests }, _demand, now, processes) => {
    if (requests === undefined) return false
    const own = account.state.rates.first
    const known = own + Math.round(account.others.requests * remaining(account, now, processes))
    return Math.max(mirrored(own, processes), known) + 1 > requests
  },

  tokens: (account, { tokens, inputTokens, outputTokens }, demand, now, processes) => {
    const { state, others } = account
    const part = remaining(account, now, processes)
    const used = (own: number, other: number) => Math.max(own * processes, own + other * part)
    return (
      isOver(tokens, used(state.rates.second, others.tokens), demand.tokens) ||
      isOver(inputTokens, used(state.split?.first ?? 0, others.inputTokens), demand.inputTokens) ||
      isOver(outputTokens, used(state.split?.second ?? 0, others.outputTokens), demand.outputTokens)
    )
  },
}

/** Usage of all processes such that one more call for each stays within a limit; the first call of a process is always allowed. */
const mirrored = (own: number, processes: number) => (own === 0 ? 0 : (own + 1) * processes - 1)

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
