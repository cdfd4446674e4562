import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mockProvider } from '../../../simulator/mock.js'
import { redisState } from '../../../src/router/redis/index.js'
import { Router } from '../../../src/router/router.js'
import type { RouterEvent } from '../../../src/types/observe.js'
import { sleep } from './parts.js'
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

  it('keep away from what has failed for the other, and try it out once', async () => {
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

  it('see what the other uses', async () => {
    const { a, b } = pair({ params: { rpm: 3 }, options: { enforceLimits: true, queue: false } })
    await using _ = a
    await using __ = b
    expect([await a.call(), await a.call(), await b.call()]).toEqual(['x', 'x', 'x'])
    expect([await b.call(), await a.call(), await b.call()]).toEqual(['y', 'y', 'y'])
    await expect(a.call()).rejects.toThrow(/used its 3 requests a minute/)
    expect(b.router.snapshot()).toMatchObject({ state: 'shared' })
  })

  it('wait for each other where only so many calls may be under way', async () => {
    const { mock, a, b } = pair({ params: { maxParallelRequests: 1, order: 0 } })
    await using _ = a
    await using __ = b
    await Promise.all([a, b, a, b, a, b, a, b].map(({ call }) => call()))
    expect(mock.requests.length).toBe(8)
  })
})
