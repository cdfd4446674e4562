import { systemClock } from '../../../src/call/clock.js'
import { type RedisLimitsOptions, redisLimits } from '../../../src/limits/redis/index.js'
import type {
  LimitAccount,
  LimitCandidate,
  LimitObserver,
  LimitStore,
  Rejection,
  Reservation,
  ReserveRequest,
  SharedUsage,
} from '../../../src/limits/types.js'

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export async function until(holds: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('waited in vain')
    await sleep(10)
  }
}

export interface Observer extends LimitObserver {
  readonly events: {
    readonly state: 'shared' | 'local'
    readonly error: Error | undefined
    readonly processes: number
  }[]
  usage: readonly SharedUsage[]
}

export function observer(): Observer {
  const observed: Observer = {
    clock: systemClock,
    events: [],
    usage: [],
    update: (usage) => {
      observed.usage = usage
    },
    changed: (state, error, processes) => observed.events.push({ state, error, processes }),
  }
  return observed
}

export type TestStore = LimitStore & AsyncDisposable & { observed: Observer }

export function storeOf(options: RedisLimitsOptions, observed = observer()): TestStore {
  const store = redisLimits({ connectTimeout: 5_000, commandTimeout: 1_000, ...options })
  store.attach?.(observed)
  return Object.assign(store, { observed, [Symbol.asyncDispose]: () => store.close() })
}

export interface Limits extends Omit<LimitAccount, 'key'> {
  /** Further accounts of the call. */
  readonly accounts?: readonly LimitAccount[]
  readonly estimate?: number
  readonly most?: number
}

export const candidate = (
  id: string,
  { accounts = [], estimate = 0, most = estimate, ...limits }: Limits = {},
): LimitCandidate => ({
  id,
  accounts: [{ key: `deployment:${id}`, counted: true, ...limits }, ...accounts],
  estimate,
  most,
})

export const ask = (candidates: readonly LimitCandidate[], tokens = 0, timeout = 60_000): ReserveRequest => ({
  candidates,
  tokens,
  timeout,
})

export function granted(found: Reservation | Rejection): Reservation {
  if ('index' in found) return found
  throw new Error(`refused: ${JSON.stringify(found)}`)
}

export function refused(found: Reservation | Rejection): Rejection {
  if ('reasons' in found) return found
  throw new Error(`granted: ${JSON.stringify(found)}`)
}

/** Asks until refused, and counts. */
export async function drain(store: LimitStore, request: ReserveRequest, most = 1_000): Promise<Reservation[]> {
  const taken: Reservation[] = []
  while (taken.length < most) {
    const found = await store.reserve(request)
    if ('reasons' in found) break
    taken.push(found)
  }
  return taken
}

/** Most events in any span of this many milliseconds. */
export function mostInSpan(times: readonly number[], span: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  let most = 0
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while ((sorted[to] ?? 0) - (sorted[from] ?? 0) >= span) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}
