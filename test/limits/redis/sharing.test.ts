import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, candidate, drain, granted, refused, sleep, storeOf } from './helpers.js'
import { hasRedis, RedisServer } from './server.js'

describe.skipIf(!hasRedis)('redisLimits() in several processes', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  let count = 0
  const two = (options = {}) => {
    const { url } = server
    const namespace = `n${count++}`
    return [storeOf({ url, namespace, ...options }), storeOf({ url, namespace, ...options })] as const
  }

  it('shares requests, and takes the first candidate with capacity', async () => {
    const [a, b] = two()
    const asked = ask([candidate('x', { requests: 2 }), candidate('y', { requests: 1 })])
    expect([granted(await a.reserve(asked)).id, granted(await b.reserve(asked)).id]).toEqual(['x', 'x'])
    expect(granted(await a.reserve(asked))).toMatchObject({ id: 'y', index: 1 })
    const { reasons } = refused(await b.reserve(asked))
    expect(reasons.map(({ kind }) => kind)).toEqual(['requests', 'requests'])
    expect(reasons[0]?.retryAfterMs).toBeGreaterThan(59_000)
    expect(reasons[0]?.retryAfterMs).toBeLessThanOrEqual(60_251)
    expect(b.observed.usage.map(({ requests, inFlight }) => [requests, inFlight])).toEqual([
      [2, 2],
      [1, 1],
    ])
    await Promise.all([a.close(), b.close()])
  })

  it('accepts a call without accounts, alone or after candidates without capacity', async () => {
    const [a, b] = two()
    const free = { id: 'free', accounts: [] }
    for (let i = 0; i < 20; i++) {
      const lease = granted(await a.reserve(ask([free])))
      expect(lease).toMatchObject({ id: 'free', index: 0 })
      a.settle(lease, { tokens: 1, cost: 0 })
    }
    const asked = ask([candidate('x', { requests: 1 }), free])
    expect([granted(await a.reserve(asked)).id, granted(await b.reserve(asked)).id]).toEqual(['x', 'free'])
    expect(b.observed.usage.map(({ requests }) => requests)).toEqual([1, 0])
    // the decisions are still shared
    expect(a.observed.events.concat(b.observed.events)).toEqual([])
    expect([a.connected, b.connected]).toEqual([true, true])
    await Promise.all([a.close(), b.close()])
  })

  it('returns capacity when the window has passed, and never sooner', async () => {
    const [a, b] = two()
    const asked = ask([candidate('x', { requests: 1, window: { duration: '1s' } })])
    const at = Date.now()
    granted(await a.reserve(asked))
    const { reasons } = refused(await b.reserve(asked))
    await sleep((reasons[0]?.retryAfterMs ?? 0) + 5)
    expect(Date.now() - at).toBeGreaterThanOrEqual(1_000)
    granted(await b.reserve(asked))
    await Promise.all([a.close(), b.close()])
  })

  it('holds the estimated tokens and corrects them by the actual ones; a call larger than the limit goes alone', async () => {
    const [a, b] = two()
    const asked = (tokens: number) => ask([candidate('x', { tokens: 1_000 })], tokens)
    const lease = granted(await a.reserve(asked(900)))
    expect(refused(await b.reserve(asked(200))).reasons[0]?.kind).toBe('tokens')
    a.settle(lease, { tokens: 100, cost: 0 })
    await sleep(50)
    const second = granted(await b.reserve(asked(200)))
    expect(b.observed.usage[0]).toMatchObject({ tokens: 100, requests: 1 })
    b.release(second)
    a.settle(lease, { tokens: 100, cost: 0 })
    await sleep(50)
    granted(await a.reserve(asked(1)))
    expect(a.observed.usage[0]?.requests).toBe(1)
    const alone = ask([candidate('large', { tokens: 10 })], 50)
    granted(await a.reserve(alone))
    expect(refused(await b.reserve(alone)).reasons[0]?.kind).toBe('tokens')
    await Promise.all([a.close(), b.close()])
  })

  it('counts input and output tokens apart', async () => {
    const [a, b] = two()
    const asked = (inputTokens: number, outputTokens: number) => ({
      candidates: [candidate('x', { inputTokens: 100, outputTokens: 50 })],
      inputTokens,
      outputTokens,
    })
    const first = granted(await a.reserve(asked(60, 10)))
    expect(refused(await b.reserve(asked(60, 1))).reasons[0]?.kind).toBe('tokens')
    expect(refused(await b.reserve(asked(1, 45))).reasons[0]?.kind).toBe('tokens')
    a.settle(first, { tokens: undefined, inputTokens: 20, outputTokens: 5, cost: 0 })
    await sleep(50)
    granted(await b.reserve(asked(60, 45)))
    expect(await a.usage({ key: 'deployment:x', inputTokens: 100 })).toMatchObject({
      tokens: 130,
      inputTokens: 80,
      outputTokens: 50,
    })
    await Promise.all([a.close(), b.close()])
  })

  it('counts calls in flight, and forgets those of a silent process', async () => {
    const [a, b] = two({ leaseTtl: 600 })
    const asked = ask([candidate('x', { parallel: 1 })])
    const lease = granted(await a.reserve(asked))
    await sleep(1_000)
    // the heartbeat has renewed it
    expect(refused(await b.reserve(asked)).reasons[0]?.kind).toBe('parallel')
    a.settle(lease, { tokens: 0, cost: 0 })
    await sleep(50)
    granted(await b.reserve(asked))
    await b.close()
    await sleep(700)
    granted(await a.reserve(asked))
    await a.close()
  })

  it('frees the place of a call when its timeout is over', async () => {
    const [a] = two()
    const asked = ask([candidate('x', { parallel: 1 })], 0, 200)
    granted(await a.reserve(asked))
    await sleep(250)
    granted(await a.reserve(asked))
    await a.close()
  })

  it('shares cooldowns, then lets one trial call of all processes go first', async () => {
    const [a, b] = two()
    const asked = ask([candidate('x')])
    granted(await a.reserve(asked))
    a.cooldown('x', { until: Date.now() + 300, reason: 'a rate limit' })
    await sleep(50)
    expect(refused(await b.reserve(asked)).reasons[0]).toMatchObject({
      kind: 'cooldown',
      reason: 'cooling down after a rate limit',
    })
    expect(b.observed.usage[0]?.cooldown?.reason).toBe('a rate limit')
    await sleep(300)
    const first = granted(await b.reserve(asked))
    expect(b.observed.usage[0]).toMatchObject({ halfOpen: true, cooldown: undefined })
    expect(refused(await a.reserve(asked)).reasons[0]?.kind).toBe('probing')
    b.settle(first, { tokens: 0, cost: 0, latency: { callMs: 100, firstTokenMs: 20, tokens: 10 } })
    await sleep(50)
    granted(await a.reserve(asked))
    granted(await a.reserve(asked))
    expect(a.observed.usage[0]).toMatchObject({
      halfOpen: false,
      latency: { callMs: 100, perTokenMs: 10, firstTokenMs: 20 },
    })
    await Promise.all([a.close(), b.close()])
  })

  it('ends a cooldown in all processes', async () => {
    const [a, b] = two()
    const asked = ask([candidate('x')])
    granted(await a.reserve(asked))
    a.cooldown('x', { until: Date.now() + 60_000, reason: 'a rate limit' })
    await sleep(50)
    refused(await b.reserve(asked))
    b.recovered('x')
    await sleep(50)
    granted(await a.reserve(asked))
    await Promise.all([a.close(), b.close()])
  })

  it('averages the latency of all processes', async () => {
    const [a, b] = two()
    const asked = ask([candidate('x')])
    const call = async (store: typeof a, callMs: number) =>
      store.settle(granted(await store.reserve(asked)), {
        tokens: 1,
        cost: 0,
        latency: { callMs, firstTokenMs: undefined, tokens: 0 },
      })
    await call(a, 100)
    await sleep(30)
    await call(b, 200)
    await sleep(30)
    granted(await a.reserve(asked))
    expect(a.observed.usage[0]?.latency?.callMs).toBeCloseTo(130)
    await Promise.all([a.close(), b.close()])
  })

  it.each([
    ['endless', {}],
    ['rolling', { duration: '1h' }],
    ['calendar', { duration: '1d', type: 'calendar' }],
  ] as const)('shares a budget (%s), held at worst and settled at cost', async (_, budgetWindow) => {
    const [a, b] = two()
    const money = { key: 'team', budget: 10, budgetWindow }
    const asked = (estimate: number, most = estimate) => ask([candidate('x', { accounts: [money], estimate, most })])
    const first = granted(await a.reserve(asked(1, 6)))
    expect(await b.usage(money)).toMatchObject({ spent: 0, reserved: 6 })
    const { reasons } = refused(await b.reserve(asked(1, 5)))
    expect(reasons[0]).toMatchObject({ kind: 'budget', account: 'team' })
    expect(reasons[0]?.reason).toBe(
      'budget team: $0.0000 of $10 spent by all processes, $6.0000 held for calls in flight',
    )
    a.settle(first, { tokens: 0, cost: 2.5 })
    await sleep(50)
    expect(await b.usage(money)).toMatchObject({ spent: 2.5, reserved: 0 })
    const second = granted(await b.reserve(asked(1, 7.5)))
    b.settle(second, { tokens: 0, cost: 7 })
    await sleep(50)
    // the worst case does not fit, but a call that runs alone may go by its estimate
    granted(await a.reserve(asked(0.5, 4)))
    refused(await b.reserve(asked(0.1)))
    await Promise.all([a.close(), b.close()])
  })

  it('releases the money that a dead process held', async () => {
    const [a, b] = two({ leaseTtl: 300 })
    const asked = ask([candidate('x', { accounts: [{ key: 'team', budget: 1 }], estimate: 0.8 })])
    granted(await a.reserve(asked))
    await a.close()
    expect(refused(await b.reserve(asked)).reasons[0]?.kind).toBe('budget')
    await sleep(350)
    granted(await b.reserve(asked))
    await b.close()
  })

  it('reserves on every account of a call or on none, and takes changed limits with the next call', async () => {
    const [a, b] = two()
    const key = { key: 'key:1', requests: 100, parallel: 50 }
    const global = { key: 'global', requests: 1_000 }
    const call = (team: number) => ({
      candidates: [{ id: 'call', accounts: [key, { key: 'team:x', budget: team }, global], estimate: 1 }],
    })
    for (const store of [a, b]) store.settle(granted(await store.reserve(call(2))), { tokens: 10, cost: 1 })
    await sleep(50)
    expect(refused(await a.reserve(call(2))).reasons[0]).toMatchObject({ kind: 'budget', account: 'team:x' })
    expect(await a.usage(key)).toMatchObject({ requests: 2, inFlight: 0 })
    expect(await a.usage(global)).toMatchObject({ requests: 2 })
    granted(await b.reserve(call(3)))
    await Promise.all([a.close(), b.close()])
  })

  it('costs one round trip for a decision and one for a settlement, with few commands inside', async () => {
    const [a] = two()
    const money = { key: 'team', budget: 1_000 }
    const asked = ask(['x', 'y', 'z'].map((id) => candidate(id, { requests: 1_000, accounts: [money] })))
    a.settle(granted(await a.reserve(asked)), { tokens: 1, cost: 0 })
    await sleep(50)
    const watching = await server.client()
    await watching.configResetStat()
    for (let i = 0; i < 50; i++) a.settle(granted(await a.reserve(asked)), { tokens: 1, cost: 0 })
    await sleep(50)
    const stats = await watching.info('commandstats')
    const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
    expect(calls('evalsha') - 100).toBeLessThanOrEqual(2)
    expect([calls('eval'), calls('script\\|load')]).toEqual([0, 0])
    await a.close()
  })

  it('gives every key of a namespace the same hash tag, and keeps prefix and namespace apart', async () => {
    const [a] = two({ keyPrefix: 'tagged' })
    granted(await a.reserve(ask([candidate('{odd}', { accounts: [{ key: 'team', budget: 1 }] })])))
    const watching = await server.client()
    const keys = await watching.keys('*tagged*')
    // the process, the deployment and the budget
    expect(keys.length).toBe(3)
    expect(keys.every((key) => /^\{tagged:n\d+\}:/.test(key))).toBe(true)
    await a.close()
    const one = storeOf({ url: server.url, keyPrefix: 'x:y', namespace: 'z' })
    const other = storeOf({ url: server.url, keyPrefix: 'x', namespace: 'y:z' })
    const asked = ask([candidate('x', { requests: 1 })])
    granted(await one.reserve(asked))
    granted(await other.reserve(asked))
    await Promise.all([one.close(), other.close()])
  })

  it('lets the call that has waited longest go first, whichever process it is in', async () => {
    const [busy, patient] = two()
    const asked = ask([candidate('x', { parallel: 1 })])
    let held = granted(await busy.reserve(asked))
    let waited = 0
    for (let round = 0; round < 5; round++) {
      // a call of the other process queues
      refused(await patient.reserve({ ...asked, waitedMs: waited }))
      waited += 20
      await sleep(5)
      busy.settle(held, { tokens: 0, cost: 0 })
      // the process in which a call ends asks at once
      const greedy = await busy.reserve({ ...asked, waitedMs: 0 })
      expect(refused(greedy).reasons[0]?.kind).toBe('parallel')
      const turn = granted(await patient.reserve({ ...asked, waitedMs: waited }))
      patient.settle(turn, { tokens: 0, cost: 0 })
      await sleep(30)
      held = granted(await busy.reserve(asked))
      waited = 0
    }
    // a place that is not claimed is lost after a quarter of a second
    refused(await patient.reserve({ ...asked, waitedMs: 10_000 }))
    busy.settle(held, { tokens: 0, cost: 0 })
    await sleep(300)
    granted(await busy.reserve(asked))
    await Promise.all([busy.close(), patient.close()])
  })

  it('bounds the hash of an account: its calls and settlements leave no trace', async () => {
    const [a] = two({ leaseTtl: 300 })
    const asked = ask([candidate('x', { requests: 100_000, budget: 1_000, window: { duration: '1s' } })], 5)
    for (let i = 0; i < 300; i++) a.settle(granted(await a.reserve(asked)), { tokens: 3, cost: 0.001 })
    await sleep(1_200)
    a.settle(granted(await a.reserve(asked)), { tokens: 3, cost: 0.001 })
    await sleep(50)
    const watching = await server.client()
    const [key] = await watching.keys(`{llmux:n${count - 1}}:account:*`)
    expect(await watching.hLen(key ?? '')).toBeLessThan(25)
    expect((await drain(a, asked, 3)).length).toBe(3)
    await a.close()
  })
})
