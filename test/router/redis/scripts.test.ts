import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, budget, candidate, granted, refused, sleep, stateOf } from './parts.js'
import { hasRedis, RedisServer } from './server.js'

describe.skipIf(!hasRedis)('what processes agree on in Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  let count = 0
  const two = (options = {}) => {
    const { url } = server
    const namespace = `n${count++}`
    return [stateOf({ url, namespace, ...options }), stateOf({ url, namespace, ...options })] as const
  }
  it('requests: the first with room, in order of preference', async () => {
    const [a, b] = two()
    const asked = ask([candidate('x', { rpm: 2 }), candidate('y', { rpm: 1 })])
    expect([granted(await a.reserve(asked)).id, granted(await b.reserve(asked)).id]).toEqual(['x', 'x'])
    expect(granted(await a.reserve(asked))).toMatchObject({ id: 'y', index: 1 })
    const { reasons } = refused(await b.reserve(asked))
    expect(reasons.map(({ kind }) => kind)).toEqual(['requests', 'requests'])
    expect(reasons[0]?.retryAfterMs).toBeGreaterThan(59_000)
    expect(reasons[0]?.retryAfterMs).toBeLessThanOrEqual(60_251)
    expect(b.heard.usage.map(({ requests, inFlight }) => [requests, inFlight])).toEqual([
      [2, 2],
      [1, 1],
    ])
    await Promise.all([a.close(), b.close()])
  })

  it('room comes back when the window has passed, and never sooner', async () => {
    const [a, b] = two({ window: 1_200 })
    const asked = ask([candidate('x', { rpm: 1 })])
    const at = Date.now()
    granted(await a.reserve(asked))
    const { reasons } = refused(await b.reserve(asked))
    await sleep((reasons[0]?.retryAfterMs ?? 0) + 5)
    expect(Date.now() - at).toBeGreaterThanOrEqual(1_200)
    granted(await b.reserve(asked))
    await Promise.all([a.close(), b.close()])
  })

  it('tokens: set aside by estimate, corrected by what was used; more than the limit goes alone', async () => {
    const [a, b] = two()
    const asked = (tokens: number) => ask([candidate('x', { tpm: 1_000 })], tokens)
    const lease = granted(await a.reserve(asked(900)))
    expect(refused(await b.reserve(asked(200))).reasons[0]?.kind).toBe('tokens')
    a.settle(lease, { tokens: 100, cost: 0 })
    await sleep(50)
    const second = granted(await b.reserve(asked(200)))
    expect(b.heard.usage[0]).toMatchObject({ tokens: 100, requests: 1 })
    b.settle(second, { tokens: 0, cost: 0, refused: true })
    a.settle(lease, { tokens: 100, cost: 0 })
    await sleep(50)
    granted(await a.reserve(asked(1)))
    expect(a.heard.usage[0]?.requests).toBe(1)
    const alone = ask([candidate('large', { tpm: 10 })], 50)
    granted(await a.reserve(alone))
    expect(refused(await b.reserve(alone)).reasons[0]?.kind).toBe('tokens')
    await Promise.all([a.close(), b.close()])
  })

  it('calls under way, and those of a process that stays silent are forgotten', async () => {
    const [a, b] = two({ leaseTtl: 600 })
    const asked = ask([candidate('x', { maxParallelRequests: 1 })])
    const lease = granted(await a.reserve(asked))
    await sleep(1_000)
    // the heartbeat has kept it
    expect(refused(await b.reserve(asked)).reasons[0]?.kind).toBe('parallel')
    a.settle(lease, { tokens: 0, cost: 0 })
    await sleep(50)
    granted(await b.reserve(asked))
    await b.close()
    await sleep(700)
    granted(await a.reserve(asked))
    await a.close()
  })

  it('a place is free again when the time of its call is over', async () => {
    const [a] = two()
    granted(await a.reserve(ask([candidate('x', { maxParallelRequests: 1 })], 0, 200)))
    await sleep(250)
    granted(await a.reserve(ask([candidate('x', { maxParallelRequests: 1 })], 0, 200)))
    await a.close()
  })

  it('cooldowns, then one call of all processes goes first', async () => {
    const [a, b] = two()
    const asked = ask([candidate('x')])
    granted(await a.reserve(asked))
    a.cooldown('x', { until: Date.now() + 300, reason: 'a rate limit' })
    await sleep(50)
    expect(refused(await b.reserve(asked)).reasons[0]).toMatchObject({
      kind: 'cooldown',
      reason: 'rests after a rate limit',
    })
    expect(b.heard.usage[0]?.cooldown?.reason).toBe('a rate limit')
    await sleep(300)
    const first = granted(await b.reserve(asked))
    expect(b.heard.usage[0]).toMatchObject({ halfOpen: true, cooldown: undefined })
    expect(refused(await a.reserve(asked)).reasons[0]?.kind).toBe('probing')
    b.settle(first, { tokens: 0, cost: 0, latency: { callMs: 100, firstTokenMs: 20, tokens: 10 } })
    await sleep(50)
    granted(await a.reserve(asked))
    granted(await a.reserve(asked))
    expect(a.heard.usage[0]).toMatchObject({
      halfOpen: false,
      latency: { callMs: 100, perTokenMs: 10, firstTokenMs: 20 },
    })
    await Promise.all([a.close(), b.close()])
  })

  it.each([
    ['rolling', { maxBudget: 1, budgetDuration: '1m' }],
    ['calendar', { maxBudget: 1, budgetDuration: '1mo', budgetWindow: 'calendar' }],
    ['for ever', { maxBudget: 1 }],
  ] as const)('money: %s', async (_, options) => {
    const [a, b] = two()
    const asked = (most: number, estimate = most) =>
      ask([candidate('x', { budgets: [budget(options)], most, estimate })])
    const lease = granted(await a.reserve(asked(0.6)))
    expect(refused(await b.reserve(asked(0.5))).reasons[0]?.kind).toBe('budget')
    a.settle(lease, { tokens: 0, cost: 0.4 })
    await sleep(50)
    const second = granted(await b.reserve(asked(0.6)))
    // a second settlement of the same call counts for nothing
    a.settle(lease, { tokens: 0, cost: 0.4 })
    b.settle(second, { tokens: 0, cost: 0.1 })
    await sleep(50)
    // nobody else is at it: the estimate will do
    const third = granted(await a.reserve(asked(5, 0.5)))
    expect(refused(await b.reserve(asked(0.001))).reasons[0]?.reason).toMatch(/\$0\.5000 of \$1 spent.*set aside/)
    a.settle(third, { tokens: 0, cost: 0.5 })
    await sleep(50)
    const { reasons } = refused(await b.reserve(asked(0.001)))
    if ('budgetDuration' in options) expect(reasons[0]?.retryAfterMs).toBeGreaterThan(1_000)
    else expect(reasons[0]?.retryAfterMs).toBeUndefined()
    await Promise.all([a.close(), b.close()])
  })

  it('money of a process that died is free again', async () => {
    const [a, b] = two({ leaseTtl: 300 })
    const asked = ask([candidate('x', { budgets: [budget({ maxBudget: 1 })], most: 0.8, estimate: 0.8 })])
    granted(await a.reserve(asked))
    await a.close()
    expect(refused(await b.reserve(asked)).reasons[0]?.kind).toBe('budget')
    await sleep(350)
    granted(await b.reserve(asked))
    await b.close()
  })

  it('a decision is one round trip, and a call two', async () => {
    const [a] = two()
    const asked = ask(['x', 'y', 'z'].map((id) => candidate(id, { rpm: 1_000, budgets: [budget({ maxBudget: 1 })] })))
    a.settle(granted(await a.reserve(asked)), { tokens: 1, cost: 0 })
    await sleep(50)
    const watching = await server.client()
    await watching.configResetStat()
    for (let i = 0; i < 50; i++) a.settle(granted(await a.reserve(asked)), { tokens: 1, cost: 0 })
    await sleep(50)
    const stats = await watching.info('commandstats')
    const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
    expect([calls('evalsha'), calls('eval'), calls('script\\|load')]).toEqual([100, 0, 0])
    await a.close()
  })

  it('every key of a namespace has the same hash tag', async () => {
    const [a] = two({ keyPrefix: 'tagged' })
    const asked = ask([candidate('{odd}', { budgets: [budget({ maxBudget: 1 })] })])
    granted(await a.reserve(asked))
    const watching = await server.client()
    const keys = await watching.keys('*tagged*')
    expect(keys.length).toBeGreaterThan(3)
    expect(keys.every((key) => /^\{tagged:n\d+\}:/.test(key))).toBe(true)
    await a.close()
  })
})
