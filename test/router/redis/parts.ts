import { systemClock } from '../../../src/call/clock.js'
import { Budget } from '../../../src/limits/budget.js'
import { type RedisStateOptions, redisState } from '../../../src/router/redis/index.js'
import type { Ask, Candidate, Lease, NoRoom, RouterState, SharedUsage, StateHost } from '../../../src/router/state.js'
import type { BudgetOptions } from '../../../src/router/types.js'

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export interface Heard extends StateHost {
  readonly events: {
    readonly state: 'shared' | 'local'
    readonly error: Error | undefined
    readonly processes: number
  }[]
  usage: readonly SharedUsage[]
}

export function host(counts: StateHost['counts'] = () => ({ deployments: [], budgets: [] })): Heard {
  const heard: Heard = {
    clock: systemClock,
    events: [],
    usage: [],
    update: (usage) => {
      heard.usage = usage
    },
    changed: (state, error, processes) => heard.events.push({ state, error, processes }),
    counts,
  }
  return heard
}

export function stateOf(options: RedisStateOptions, heard = host()): RouterState & AsyncDisposable & { heard: Heard } {
  const state = redisState({ connectTimeout: 5_000, commandTimeout: 1_000, ...options })
  state.attach?.(heard)
  return Object.assign(state, { heard, [Symbol.asyncDispose]: () => state.close() })
}

export const candidate = (id: string, limits: Partial<Candidate> = {}): Candidate => ({
  id,
  rpm: undefined,
  tpm: undefined,
  maxParallelRequests: undefined,
  budgets: [],
  estimate: 0,
  most: 0,
  probe: false,
  ...limits,
})

export const ask = (candidates: readonly Candidate[], tokens = 0, timeout = 60_000): Ask => ({
  candidates,
  tokens,
  timeout,
})

export const budget = (options: BudgetOptions, key = 'router') => new Budget(key, options)

export function granted(found: Lease | NoRoom | undefined): Lease {
  if (found && 'index' in found) return found
  throw new Error(`no lease: ${JSON.stringify(found)}`)
}

export function refused(found: Lease | NoRoom | undefined): NoRoom {
  if (found && 'reasons' in found) return found
  throw new Error(`no refusal: ${JSON.stringify(found)}`)
}

/** The most that any span of so many milliseconds holds. */
export function mostInSpan(times: readonly number[], span: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  let most = 0
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while ((sorted[to] ?? 0) - (sorted[from] ?? 0) >= span) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}
