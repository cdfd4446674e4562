import { describe, expect, it } from 'vitest'
import type { Ask, Lease, NoRoom, RouterState, Settlement, StateHost } from '../../src/router/state.js'
import { dep, failure, held, messages, nothing, setup, sleep, turns } from './helpers.js'

/** A shared state that answers as slowly as one over a network. */
function slowState(answer: (ask: Ask) => Lease | NoRoom | undefined, ms = 10) {
  const settled: { lease: Lease; settlement: Settlement }[] = []
  const state: RouterState & { host?: StateHost; up: boolean } = {
    up: true,
    get connected() {
      return this.up
    },
    attach(host) {
      this.host = host
    },
    async reserve(ask) {
      await sleep(ms)
      return answer(ask)
    },
    settle: (lease, settlement) => void settled.push({ lease, settlement }),
    cooldown: () => {},
    recovered: () => {},
    close: async () => {},
  }
  return { state, settled }
}
const first = ({ candidates }: Ask): Lease => ({ index: 0, id: candidates[0]?.id ?? '' })

describe('a shared state', () => {
  it('decides, and is told how it went', async () => {
    const { state, settled } = slowState(({ candidates }) => ({ index: candidates.length - 1, id: 'lease' }))
    const at = setup({ modelList: [dep('a', { tpm: 1_000 }), dep('b', { tpm: 1_000 })], state })
    at.mock.reply({ text: 'x', usage: { promptTokens: 3, completionTokens: 4 } })
    await at.ask()
    expect(settled).toMatchObject([{ lease: { id: 'lease' }, settlement: { tokens: 7, cost: 0 } }])
    expect(held(at.router)).toEqual(nothing)
  })

  it('may be an object of any kind: it is used as it is', async () => {
    const { state } = slowState(first)
    const at = setup({ modelList: ['a'], state })
    expect(at.router.snapshot().state).toBe('shared')
    state.up = false
    expect(at.router.snapshot().state).toBe('local')
    expect(await at.ask()).toBe('a')
  })

  it('out of reach leaves the decision to this process', async () => {
    const { state } = slowState(() => undefined)
    const at = setup({ modelList: ['a', 'b'], state })
    await at.ask()
    expect(held(at.router)).toEqual(nothing)
  })

  it.each(['abort', 'maxWait'])('gets back the room that came when the call was over: %s', async (how) => {
    let room = false
    const { state, settled } = slowState(
      (ask) =>
        room
          ? first(ask)
          : { reasons: ask.candidates.map(() => ({ kind: 'parallel', reason: 'is full', retryAfterMs: undefined })) },
      30,
    )
    const at = setup({ modelList: ['a'], state, queue: { maxWait: how === 'maxWait' ? 25 : 5_000 } })
    const stop = new AbortController()
    const call = failure(at.router.completion({ model: 'gpt', messages, signal: stop.signal }))
    await sleep(45)
    expect(at.router.snapshot().waiting).toBe(1)
    room = true
    // somebody asks for the call that waits
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

  it('brings news of other processes', async () => {
    const { state } = slowState(first)
    const at = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })], state })
    const until = at.clock.wall() + 5_000
    const others = { halfOpen: false, latency: undefined }
    state.host?.update([
      { id: 'a', requests: 7, tokens: 70, inFlight: 3, cooldown: { until, reason: 'a rate limit' }, ...others },
      { id: 'gone', requests: 1, tokens: 1, inFlight: 1, cooldown: undefined, ...others },
    ])
    expect(at.router.deployment('a')).toMatchObject({ status: 'cooldown', requests: 7, tokens: 70 })
    expect(await at.ask()).toBe('b')
    state.host?.changed('local', new Error('gone'), 2)
    expect(at.events.at(-1)).toMatchObject({ type: 'state', state: 'local' })
  })
})
