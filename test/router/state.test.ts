import { describe, expect, it } from 'vitest'
import { memoryLimits } from '../../src/limits/memory.js'
import type {
  LimitObserver,
  Rejection,
  Reservation,
  ReserveRequest,
  RouterState,
  Settlement,
} from '../../src/limits/types.js'
import { dep, failure, held, messages, nothing, setup, sleep, turns } from './helpers.js'

/** A shared state that answers as slowly as one over a network. */
function slowState(answer: (request: ReserveRequest) => Reservation | Rejection | undefined, ms = 10) {
  const settled: { reservation: Reservation; settlement: Settlement }[] = []
  const state: RouterState & { observer?: LimitObserver; up: boolean } = {
    up: true,
    get connected() {
      return this.up
    },
    attach(observer) {
      this.observer = observer
    },
    async reserve(request) {
      await sleep(ms)
      return answer(request)
    },
    settle: (reservation, settlement) => void settled.push({ reservation, settlement }),
    cooldown: () => {},
    recovered: () => {},
    close: async () => {},
  }
  return { state, settled }
}
const first = ({ candidates }: ReserveRequest): Reservation => ({ index: 0, id: candidates[0]?.id ?? '' })

describe('a shared state', () => {
  it('makes the decision and receives the settlement', async () => {
    const { state, settled } = slowState(({ candidates }) => ({ index: candidates.length - 1, id: 'lease' }))
    const at = setup({ modelList: [dep('a', { tpm: 1_000 }), dep('b', { tpm: 1_000 })], state })
    at.mock.reply({ text: 'x', usage: { promptTokens: 3, completionTokens: 4 } })
    await at.ask()
    expect(settled).toMatchObject([{ reservation: { id: 'lease' }, settlement: { tokens: 7, cost: 0 } }])
    expect(held(at.router)).toEqual(nothing)
  })

  it('is used as it is, whatever its class', async () => {
    const { state } = slowState(first)
    const at = setup({ modelList: ['a'], state })
    expect(at.router.snapshot().state).toBe('shared')
    state.up = false
    expect(at.router.snapshot().state).toBe('local')
    expect(await at.ask()).toBe('a')
  })

  it('leaves the decision to the process while it is out of reach', async () => {
    const { state } = slowState(() => undefined)
    const at = setup({ modelList: ['a', 'b'], state })
    await at.ask()
    expect(held(at.router)).toEqual(nothing)
  })

  it.each(['abort', 'maxWait'])('gets back capacity that arrives after the call has ended: %s', async (how) => {
    let room = false
    const { state, settled } = slowState(
      (request) =>
        room
          ? first(request)
          : {
              reasons: request.candidates.map(() => ({ kind: 'parallel', reason: 'is full', retryAfterMs: undefined })),
            },
      30,
    )
    const at = setup({ modelList: ['a'], state, queue: { maxWait: how === 'maxWait' ? 25 : 5_000 } })
    const stop = new AbortController()
    const call = failure(at.router.completion({ model: 'gpt', messages, signal: stop.signal }))
    await sleep(45)
    expect(at.router.snapshot().waiting).toBe(1)
    room = true
    // wakes the queue
    at.router.addDeployment(dep('b', {}, 'other'))
    await turns()
    if (how === 'abort') stop.abort()
    expect(await call).toMatchObject({ code: how === 'abort' ? 'aborted' : 'no_deployments_available' })
    await sleep(60)
    expect(settled).toMatchObject([{ settlement: { tokens: 0, cost: 0 } }])
    expect(held(at.router)).toEqual(nothing)
    expect(at.router.deployment('a')).toMatchObject({ requests: 0 })
    expect(at.mock.requests).toHaveLength(0)
  })

  it('reports the usage and cooldowns of other processes', async () => {
    const { state } = slowState(first)
    const at = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })], state })
    const until = at.clock.wall() + 5_000
    const others = { halfOpen: false, latency: undefined }
    state.observer?.update?.([
      { id: 'a', requests: 7, tokens: 70, inFlight: 3, cooldown: { until, reason: 'a rate limit' }, ...others },
      { id: 'gone', requests: 1, tokens: 1, inFlight: 1, cooldown: undefined, ...others },
    ])
    expect(at.router.deployment('a')).toMatchObject({ status: 'cooldown', requests: 7, tokens: 70 })
    expect(await at.ask()).toBe('b')
    state.observer?.changed?.('local', new Error('gone'), 2)
    expect(at.events.at(-1)).toMatchObject({ type: 'state', state: 'local' })
  })

  it('is asked about every deployment before a call is rejected', async () => {
    const batches: number[] = []
    const { state } = slowState(({ candidates }) => {
      batches.push(candidates.length)
      const index = candidates.findIndex(({ id }) => id === 'last')
      if (index >= 0) return { index, id: 'last' }
      return { reasons: candidates.map(() => ({ kind: 'requests', reason: 'is full', retryAfterMs: 1_000 })) }
    }, 0)
    const full = Array.from({ length: 150 }, (_, index) => dep(`full-${index}`))
    const at = setup({ modelList: [...full, dep('last', { order: 1 })], state, queue: false })
    expect(await at.ask()).toBe('last')
    expect(batches).toEqual([8, 16, 32, 64, 31])
  })

  it('receives the accounts of a call as plain data', async () => {
    let seen: ReserveRequest | undefined
    const { state } = slowState((request) => {
      seen = request
      return first(request)
    })
    const params = { rpm: 9, tpm: 900, maxParallelRequests: 3, maxBudget: 5, prices: { input: 1, output: 1 } }
    const budgets = { router: { maxBudget: 50, budgetDuration: '1d' }, tags: { team: { maxBudget: 2 } } }
    const at = setup({ modelList: [dep('a', params)], state, budgets, enforceLimits: true })
    await at.ask({ tags: ['team'], max_tokens: 10 })
    expect(seen?.candidates[0]).toMatchObject({
      id: 'a',
      accounts: [
        { key: 'deployment:a', requests: 9, tokens: 900, parallel: 3, budget: 5, counted: true },
        { key: 'router', budget: 50, budgetWindow: { duration: '1d', type: 'rolling' } },
        { key: 'tag:team', budget: 2 },
      ],
    })
    expect(seen?.candidates[0]?.most).toBeGreaterThan(0)
  })

  it('may be memoryLimits(), which two Routers share', async () => {
    const state = memoryLimits()
    const options = { modelList: [dep('a', { rpm: 3 })], enforceLimits: true, queue: false as const, state }
    const [one, two] = [setup(options), setup(options)]
    await one.ask()
    await two.ask()
    await one.ask()
    for (const at of [one, two]) {
      const error = await failure(at.router.completion({ model: 'gpt', messages }))
      expect(error.code).toBe('no_deployments_available')
    }
    await one.router.close()
    expect((await failure(two.router.completion({ model: 'gpt', messages }))).code).toBe('no_deployments_available')
  })
})
