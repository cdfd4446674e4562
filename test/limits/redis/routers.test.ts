import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mockProvider } from '../../../simulator/mock.js'
import { redisState } from '../../../src/limits/redis/index.js'
import { Router } from '../../../src/router/router.js'
import type { RouterEvent } from '../../../src/types/observe.js'
import { Fleet } from './fleet.js'
import { mostInSpan, sleep, until } from './helpers.js'
import { hasRedis, RedisServer } from './server.js'

const messages = [{ role: 'user' as const, content: 'Hello' }]

describe.skipIf(!hasRedis)('two Routers over one Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  let count = 0
  const pair = (more: { params?: object; options?: object } = {}) => {
    const namespace = `n${count++}`
    const mock = mockProvider({ reply: 'Hello' })
    const make = () => {
      const router = new Router({
        modelList: ['x', 'y'].map((id, order) => ({
          id,
          modelName: 'gpt',
          params: { model: `openai/${id}`, apiKey: 'any', order, ...more.params },
        })),
        state: redisState({ url: server.url, namespace, commandTimeout: 1_000, connectTimeout: 5_000 }),
        client: { dispatcher: mock.dispatcher },
        ...more.options,
      })
      const events: RouterEvent[] = []
      router.on('*', (event) => events.push(event))
      const call = () => router.completion({ model: 'gpt', messages }).then(({ meta }) => meta.router?.deployment)
      return { router, events, call, [Symbol.asyncDispose]: () => router.close() }
    }
    return { mock, a: make(), b: make() }
  }
  const types = (events: readonly RouterEvent[]) =>
    events.map(({ type }) => type).filter((type) => !['pick', 'success'].includes(type))

  it('stay away from a deployment that failed for the other, and try it once after its cooldown', async () => {
    const { mock, a, b } = pair({ options: { cooldownTime: 400, allowedFails: 0 } })
    await using _ = a
    await using __ = b
    expect([await a.call(), await b.call()]).toEqual(['x', 'x'])
    mock.fail({ kind: 'status', status: 500 })
    expect(await a.call()).toBe('y')
    await sleep(20)
    const sent = mock.requests.length
    expect(await b.call()).toBe('y')
    expect(mock.requests.length).toBe(sent + 1)
    expect(types(b.events)).toEqual(['cooldown'])
    await sleep(450)
    b.events.length = 0
    a.events.length = 0
    const asked = await Promise.all([a.call(), b.call(), a.call(), b.call()])
    expect(asked.filter((id) => id === 'x').length).toBeGreaterThanOrEqual(1)
    expect([...types(a.events), ...types(b.events)].filter((type) => type === 'probe')).toHaveLength(1)
    await sleep(50)
    expect([await a.call(), await b.call()]).toEqual(['x', 'x'])
  })

  it('count the usage of the other', async () => {
    const { a, b } = pair({ params: { rpm: 3 }, options: { enforceLimits: true, queue: false } })
    await using _ = a
    await using __ = b
    expect([await a.call(), await a.call(), await b.call()]).toEqual(['x', 'x', 'x'])
    expect([await b.call(), await a.call(), await b.call()]).toEqual(['y', 'y', 'y'])
    await expect(a.call()).rejects.toThrow(/used its 3 requests a minute/)
    expect(b.router.snapshot()).toMatchObject({ state: 'shared' })
  })

  it('wait for each other when a limit of calls in flight is reached', async () => {
    const { mock, a, b } = pair({ params: { maxParallelRequests: 1, order: 0 } })
    await using _ = a
    await using __ = b
    await Promise.all([a, b, a, b, a, b, a, b].map(({ call }) => call()))
    expect(mock.requests.length).toBe(8)
  })

  it('share redisLimits() within one process, which the last of them leaves open', async () => {
    const { redisLimits } = await import('../../../src/limits/redis/index.js')
    const mock = mockProvider({ reply: 'Hello' })
    const limits = redisLimits({
      url: server.url,
      namespace: `n${count++}`,
      commandTimeout: 1_000,
      connectTimeout: 5_000,
    })
    const make = () =>
      new Router({
        modelList: [{ id: 'x', modelName: 'gpt', params: { model: 'openai/x', apiKey: 'any', rpm: 3 } }],
        enforceLimits: true,
        queue: false,
        state: limits,
        client: { dispatcher: mock.dispatcher },
      })
    const [one, other] = [make(), make()]
    await one.completion({ model: 'gpt', messages })
    await other.completion({ model: 'gpt', messages })
    await one.close()
    await other.completion({ model: 'gpt', messages })
    await expect(other.completion({ model: 'gpt', messages })).rejects.toThrow(/used its 3 requests a minute/)
    await other.close()
    expect(await limits.usage({ key: 'deployment:x', requests: 3 })).toMatchObject({ requests: 3, inFlight: 0 })
    await limits.close()
  })
})

it('A Router without a Redis decides within its share', async () => {
  const mock = mockProvider({ reply: 'Hello' })
  const router = new Router({
    modelList: [{ id: 'x', modelName: 'gpt', params: { model: 'openai/x', apiKey: 'any', rpm: 9 } }],
    enforceLimits: true,
    queue: false,
    // nothing listens on port 1
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

describe.skipIf(!hasRedis)('Routers whose Redis is lost', () => {
  it('fail no call in three processes, and use it again when it is back', async () => {
    await using fleet = new Fleet()
    await using server = await RedisServer.start()
    const limit = 60
    const started = await Promise.all(
      [1, 2, 3].map(() =>
        fleet.start({
          // longer than a busy machine takes: only a server that is gone is lost
          ...{ url: server.url, namespace: 'loss', mode: 'router', commandTimeout: 10_000 },
          ...{ limit, runFor: 150_000, width: 5 },
        }),
      ),
    )
    const latest = started.map(({ child }) => {
      const news = { state: '', calls: 0 }
      child.on('message', (message) => {
        if (message === 'local' || message === 'shared') news.state = message
        if (message === 'call') news.calls++
      })
      return news
    })
    await Promise.all(started.map(({ said }) => said))
    // the first ones may take all calls of the minute
    await until(() => latest.some(({ calls }) => calls > 0), 60_000)
    await sleep(1_000)
    await server.kill()
    await until(() => latest.every(({ state }) => state === 'local'), 60_000)
    await sleep(3_000)
    await server.restart()
    await until(() => latest.every(({ state }) => state === 'shared'), 60_000)
    await sleep(3_000)
    for (const { child } of started) if (child.connected) child.send('stop')
    const results = await Promise.all(started.map(({ result }) => result))
    const times = results.flatMap((result) => result.times)
    for (const { errors = [] } of results) expect(errors).toEqual([])
    // alone no process knows when the others used their share: near the limit, and no herd (three times the limit without it)
    expect(mostInSpan(times, 60_000)).toBeLessThanOrEqual(2 * limit * 2)
    expect(times.length).toBeGreaterThan(limit)
  }, 240_000)

  it.each([
    ['with its data', true],
    ['empty', false],
  ])(
    'count on when it comes back %s',
    async (_, durable) => {
      await using server = await RedisServer.start(durable)
      const mock = mockProvider({ reply: 'Hello' })
      const options = { url: server.url, namespace: 'counts', commandTimeout: 500, connectTimeout: 5_000 }
      const prices = { input: 1_000, output: 1_000 }
      const router = new Router({
        modelList: [
          { id: 'x', modelName: 'gpt', params: { model: 'openai/x', apiKey: 'any', rpm: 100, maxBudget: 10, prices } },
        ],
        enforceLimits: true,
        state: redisState(options),
        client: { dispatcher: mock.dispatcher },
      })
      const events: string[] = []
      router.on('state', ({ state }) => events.push(state))
      let cost = 0
      const call = async () => {
        cost += (await router.completion({ model: 'gpt', messages, max_tokens: 10 })).meta.cost.total ?? 0
      }
      for (let i = 0; i < 4; i++) await call()
      await server.kill()
      await until(() => router.snapshot().state === 'local')
      for (let i = 0; i < 3; i++) await call()
      await server.restart()
      await until(() => router.snapshot().state === 'shared')
      for (let i = 0; i < 2; i++) await call()
      await sleep(150)
      expect(events).toEqual(['local', 'shared'])
      const other = redisState(options)
      const usage = await other.usage({ key: 'deployment:x', requests: 100, budget: 10 })
      expect(usage).toMatchObject({ requests: 9, inFlight: 0, reserved: 0 })
      expect(usage.spent).toBeCloseTo(cost, 6)
      await other.close()
      await router.close()
    },
    30_000,
  )
})
