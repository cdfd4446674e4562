import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mockProvider } from '../../../simulator/mock.js'
import { BadRequestError } from '../../../src/errors.js'
import { redisState } from '../../../src/router/redis/index.js'
import { Router } from '../../../src/router/router.js'
import type { RouterEvent } from '../../../src/types/observe.js'
import { Fleet } from './fleet.js'
import { ask, budget, candidate, granted, host, mostInSpan, refused, sleep, stateOf } from './parts.js'
import { hasRedis, RedisServer } from './server.js'

const messages = [{ role: 'user' as const, content: 'Hello' }]

async function until(holds: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('waited in vain')
    await sleep(10)
  }
}

describe('without a Redis', () => {
  it('calls go on, each process within its share', async () => {
    const mock = mockProvider({ reply: 'Hello' })
    const router = new Router({
      modelList: [{ id: 'x', modelName: 'gpt', params: { model: 'openai/x', apiKey: 'any', rpm: 9 } }],
      enforceLimits: true,
      queue: false,
      // nobody listens on port 1
      state: redisState({ url: 'redis://127.0.0.1:1', processes: 3 }),
      client: { dispatcher: mock.dispatcher },
    })
    const events: RouterEvent[] = []
    router.on('state', (event) => events.push(event))
    for (let i = 0; i < 3; i++) await router.completion({ model: 'gpt', messages })
    await expect(router.completion({ model: 'gpt', messages })).rejects.toThrow(/requests a minute/)
    expect(events).toEqual([{ type: 'state', state: 'local', error: expect.any(Error) }])
    expect(router.snapshot().state).toBe('local')
    await router.close()
  })

  it('calls wait where nothing is to be decided without it', async () => {
    await using state = stateOf({ url: 'redis://127.0.0.1:1', onLoss: 'reject' })
    const { reasons } = refused(await state.reserve(ask([candidate('x')])))
    expect(reasons[0]?.kind).toBe('unreachable')
    expect(state.connected).toBe(true)
  })

  it('wrong options are refused at once', () => {
    expect(() => redisState({ namespace: 'a{b}' })).toThrow(BadRequestError)
    expect(() => redisState({ commandTimeout: 0 })).toThrow(/commandTimeout/)
    expect(() => redisState({ url: 'redis://x', client: {} as never })).toThrow(/not both/)
    expect(() => redisState({ ttl: 5 } as never)).toThrow(/no option 'ttl'/)
    expect(() => redisState('redis://x' as never)).toThrow(/takes an object such as/)
    expect(() => redisState({ url: 'localhost:6379' })).toThrow(/begins with redis:/)
    expect(() => redisState({ url: 'http://localhost' })).toThrow(/begins with redis:/)
  })
})

describe.skipIf(!hasRedis)('a Redis that is lost', () => {
  let fleet: Fleet
  let steady: RedisServer
  beforeAll(async () => {
    fleet = new Fleet()
    steady = await RedisServer.start()
  })
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]()
    await steady[Symbol.asyncDispose]()
  })

  it('fails no call of three processes, and is used again when it is back', async () => {
    await using server = await RedisServer.start()
    const limit = 60
    const started = await Promise.all(
      [1, 2, 3].map(() =>
        fleet.start({
          ...{ url: server.url, namespace: 'loss', mode: 'router', commandTimeout: 200 },
          ...{ limit, runFor: 80_000, width: 5 },
        }),
      ),
    )
    await Promise.all(started.map(({ said }) => said))
    await sleep(2_000)
    const killed = Date.now()
    await server.kill()
    await sleep(3_000)
    await server.restart()
    // Redis comes back empty: it is told first, and then gone by
    await sleep(16_000)
    for (const { child } of started) if (child.connected) child.send('stop')
    const results = await Promise.all(started.map(({ result }) => result))
    const times = results.flatMap((result) => result.times)
    const counts = results.map((result) => ({
      before: result.times.filter((at) => at < killed).length,
      all: result.times.length,
      events: result.events.map(({ state, at }) => `${state} ${at - killed}`),
    }))
    console.log('with a restart', { most: mostInSpan(times, 60_000), limit: 2 * limit }, JSON.stringify(counts))
    for (const { errors, events } of results) {
      expect(errors).toEqual([])
      expect([events[0]?.state, events.at(-1)?.state]).toEqual(['local', 'shared'])
      expect((events[0]?.at ?? 0) - killed).toBeLessThan(1_000)
    }
    // apart, nobody knows when the others used their share: near the limit, and no herd (three times the limit without it)
    expect(mostInSpan(times, 60_000)).toBeLessThanOrEqual(2 * limit * 1.25)
    expect(times.length).toBeGreaterThanOrEqual(2 * limit * 0.95)
  }, 100_000)

  it.each([
    ['with what it knew', true],
    ['empty', false],
  ])(
    'comes back %s, and counts go on',
    async (_, durable) => {
      await using server = await RedisServer.start(durable)
      const mock = mockProvider({ reply: 'Hello' })
      const options = { url: server.url, namespace: 'counts', commandTimeout: 500, connectTimeout: 5_000 }
      const router = new Router({
        modelList: [
          { id: 'x', modelName: 'gpt', params: { model: 'openai/x', apiKey: 'any', rpm: 100, maxBudget: 10 } },
        ].map(({ params, ...one }) => ({ ...one, params: { ...params, prices: { input: 1_000, output: 1_000 } } })),
        enforceLimits: true,
        state: redisState(options),
        client: { dispatcher: mock.dispatcher },
      })
      const events: string[] = []
      router.on('state', ({ state }) => events.push(state))
      const call = () => router.completion({ model: 'gpt', messages, max_tokens: 10 })
      let cost = 0
      const add = async () => {
        cost += (await call()).meta.cost.total ?? 0
      }
      for (let i = 0; i < 4; i++) await add()
      await server.kill()
      await until(() => router.snapshot().state === 'local')
      for (let i = 0; i < 3; i++) await add()
      await server.restart()
      await until(() => router.snapshot().state === 'shared')
      for (let i = 0; i < 2; i++) await add()
      await sleep(100)
      expect(events).toEqual(['local', 'shared'])
      await using other = stateOf(options)
      const spent = budget({ maxBudget: 10 }, 'deployment:x')
      await other.reserve(ask([candidate('x', { rpm: 1, budgets: [spent], most: 100, estimate: 100 })]))
      expect(other.heard.usage[0]).toMatchObject({ requests: 9, inFlight: 0 })
      const looking = await server.client()
      expect(Number(await looking.hGet('{llmux:counts}:budget:deployment:x', 'R'))).toBeCloseTo(cost * 1e9, -2)
      expect(Number(await looking.hGet('{llmux:counts}:budget:deployment:x', 'H'))).toBe(0)
      await router.close()
    },
    30_000,
  )

  it('costs a call 50 ms when it is slow, and then nothing', async () => {
    await using server = await RedisServer.start()
    await using state = stateOf({ url: server.url, commandTimeout: 50, allowedFails: 3 })
    const asked = ask([candidate('x', { maxParallelRequests: 3 })])
    state.settle(granted(await state.reserve(asked)), { tokens: 0, cost: 0 })
    const looking = await server.client()
    const pause = looking.sendCommand(['CLIENT', 'PAUSE', '1500', 'ALL'])
    await pause
    const took: number[] = []
    for (let i = 0; i < 6; i++) {
      const at = performance.now()
      expect(await state.reserve(asked)).toBeUndefined()
      took.push(Math.round(performance.now() - at))
    }
    console.log('a slow Redis costs, in ms', took)
    expect(Math.max(...took)).toBeLessThan(120)
    expect(Math.max(...took.slice(3))).toBeLessThan(10)
    expect(state.connected).toBe(false)
    await until(() => state.connected)
    expect(state.heard.events.map(({ state: now }) => now)).toEqual(['local', 'shared'])
    // what came too late was given back
    await sleep(100)
    granted(await state.reserve(asked))
    expect(state.heard.usage[0]).toMatchObject({ inFlight: 1, requests: 1 })
  }, 30_000)

  it('loads its scripts again', async () => {
    await using state = stateOf({ url: steady.url, namespace: 'flushed' })
    granted(await state.reserve(ask([candidate('x')])))
    await (await steady.client()).scriptFlush()
    granted(await state.reserve(ask([candidate('x')])))
    expect(state.heard.events).toEqual([])
  })

  it('works with a client of the user, and leaves it open', async () => {
    const own = await steady.client()
    const state = stateOf({ client: own, namespace: 'own' })
    granted(await state.reserve(ask([candidate('x')])))
    await state.close()
    expect(await own.ping()).toBe('PONG')
  })

  it('works in a Cluster, where all keys of a script live in one slot', async () => {
    await using server = await RedisServer.start(false, true)
    const cluster = createCluster({ rootNodes: [{ url: server.url }] })
    cluster.on('error', () => {})
    await cluster.connect()
    const state = stateOf({ client: cluster })
    const budgets = [budget({ maxBudget: 1 }), budget({ maxBudget: 1, budgetDuration: '1d' }, 'tag:a')]
    const lease = granted(await state.reserve(ask(['x', 'y'].map((id) => candidate(id, { rpm: 5, budgets })))))
    state.settle(lease, { tokens: 5, cost: 0.1 })
    state.cooldown('y', { until: Date.now() + 1_000, reason: 'a rate limit' })
    await state.close()
    expect(state.heard.events).toEqual([])
    cluster.destroy()
  }, 20_000)

  it('tells how many processes there are', async () => {
    await using server = await RedisServer.start()
    await using a = stateOf({ url: server.url })
    await using b = stateOf({ url: server.url })
    const c = stateOf({ url: server.url })
    for (const state of [a, b, c]) granted(await state.reserve(ask([candidate('x')])))
    await c.close()
    granted(await a.reserve(ask([candidate('x')])))
    await server.kill()
    await until(() => !a.connected)
    expect(a.heard.events[0]).toMatchObject({ state: 'local', processes: 2 })
  }, 20_000)

  it('belongs to one Router', () => {
    const state = redisState()
    state.attach?.(host())
    expect(() => state.attach?.(host())).toThrow(/one Router/)
  })
})
