import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CacheFailure, type RedisCacheOptions, redisCache } from '../../src/index.js'
import { messageOf, simulated, user } from '../helpers/simulated.js'
import { type RedisServer, redisMissing, startRedis } from './redis-server.js'

const { sim, client } = simulated()
const model = 'openai/gpt-4o'
const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.skipIf(redisMissing())('with Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  let prefixes = 0

  /** A cache that is connected, and a client of it that tells what goes wrong. */
  async function cached(options: RedisCacheOptions = {}) {
    const failures: CacheFailure[] = []
    const keyPrefix = `test${prefixes++}:`
    // this machine may be busy: how long a call waits is for the tests that are about it
    const store = redisCache({ url: server.url, keyPrefix, commandTimeout: 1_000, ...options })
    if (options.url === undefined) await store.connect()
    const llm = client({
      cache: {
        store,
        onError: (failure) => {
          failures.push(failure)
        },
      },
    })
    return { llm, store, failures, keyPrefix, ask: () => llm.completion({ model, messages: user('Hello') }) }
  }

  const newClient = () => createClient({ url: server.url })

  async function raw<Answer>(work: (redis: ReturnType<typeof newClient>) => Promise<Answer>): Promise<Answer> {
    const redis = newClient()
    await redis.connect()
    try {
      return await work(redis)
    } finally {
      await redis.close()
    }
  }

  it('shares answers among processes until they expire', async () => {
    const one = await cached()
    const first = await one.ask()
    const other = await cached({ keyPrefix: one.keyPrefix })
    const again = await other.ask()
    expect(again).toEqual(first)
    expect(again.meta.cache).toMatchObject({ hit: true })
    const [key, ttl, text] = await raw(async (redis) => {
      const [found = ''] = await redis.keys(`${one.keyPrefix}*`)
      return [found, await redis.pTTL(found), await redis.get(found)] as const
    })
    expect(key).toBe(one.keyPrefix + again.meta.cache.key)
    expect(ttl).toBeGreaterThan(3_590_000)
    expect(text).not.toContain('sk-canary')
    await one.store.close()
    await other.store.close()
  })

  it('applies the ttl of a call', async () => {
    const { llm, store, keyPrefix } = await cached()
    await llm.completion({ model, messages: user('Hello'), cache: { ttl: 500 } })
    await llm.close()
    expect(await raw((redis) => redis.keys(`${keyPrefix}*`))).toHaveLength(1)
    await soon(550)
    expect(await raw((redis) => redis.keys(`${keyPrefix}*`))).toHaveLength(0)
    await store.close()
  })

  it('stores lists of vectors', async () => {
    const { llm, store } = await cached()
    const request = { model: 'openai/text-embedding-3-small', input: ['a', 'b', 'c'] }
    const first = await llm.embedding(request)
    const again = await llm.embedding({ ...request, input: ['c', 'd', 'a'] })
    expect(again.meta.cache.elements).toEqual({ hits: 2, misses: 1 })
    expect(again.data[0]?.embedding).toEqual(first.data[2]?.embedding)
    await store.close()
  })

  it('counts foreign values as misses', async () => {
    const { ask, store, keyPrefix, failures } = await cached()
    const first = await ask()
    const key = keyPrefix + first.meta.cache.key
    await raw(async (redis) => {
      await redis.del(key)
      await redis.lPush(key, 'not a string')
    })
    expect((await ask()).meta.cache.hit).toBe(false)
    expect(failures[0]?.error.message).toContain('WRONGTYPE')
    await raw(async (redis) => {
      await redis.del(key)
      await redis.set(key, '{"v": 1}')
    })
    expect((await ask()).meta.cache.hit).toBe(false)
    await store.close()
  })

  it('uses a given client and leaves it open', async () => {
    await raw(async (redis) => {
      const { ask, store } = await cached({ client: redis as never, url: undefined })
      await ask()
      expect((await ask()).meta.cache.hit).toBe(true)
      await store.close()
      expect(redis.isReady).toBe(true)
    })
  })

  it('continues without a stalled server and recovers with it', async () => {
    await using own = await startRedis()
    const { ask, store, failures } = await cached({ url: own.url, commandTimeout: 100 })
    await store.connect()
    await ask()
    expect((await ask()).meta.cache.hit).toBe(true)
    own.freeze()
    const startedAt = performance.now()
    const answer = await ask()
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(messageOf(answer).content).toBeTruthy()
    expect(failures[0]).toMatchObject({ operation: 'get', error: { message: expect.stringContaining('100 ms') } })
    own.thaw()
    await soon(50)
    expect((await ask()).meta.cache.hit).toBe(true)
    await store.close()
  })

  it('continues without an unreachable server, backs off, and recovers', async () => {
    const own = await startRedis()
    const { ask, store, failures } = await cached({ url: own.url })
    await store.connect()
    await ask()
    expect((await ask()).meta.cache.hit).toBe(true)
    await own.stop()
    for (let at = 0; at < 4; at++) expect(messageOf(await ask()).content).toBeTruthy()
    expect(failures.length).toBeGreaterThanOrEqual(4)
    expect(failures.at(-1)?.error.message).toContain('paused for a moment')
    await using _ = await startRedis(own.port)
    await soon(600)
    await ask()
    await soon(100)
    await expect.poll(async () => (await ask()).meta.cache.hit, { timeout: 5_000 }).toBe(true)
    await store.close()
  })

  it('continues with a full server', async () => {
    await using own = await startRedis(undefined, '--maxmemory', '100kb', '--maxmemory-policy', 'noeviction')
    const { ask, llm, store, failures } = await cached({ url: own.url })
    await store.connect()
    await ask()
    await llm.close()
    expect(failures).toMatchObject([{ operation: 'set', error: { message: expect.stringContaining('OOM') } }])
    await store.close()
  })
})

it('continues without an error listener', async () => {
  const failures: CacheFailure[] = []
  const store = redisCache({ url: 'redis://127.0.0.1:1', commandTimeout: 30 })
  const llm = client({ cache: { store, onError: (failure) => failures.push(failure) } })
  const startedAt = performance.now()
  expect(messageOf(await llm.completion({ model, messages: user('Hello') })).content).toBeTruthy()
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  await llm.close()
  expect(failures.map(({ operation }) => operation)).toEqual(['get', 'set'])
  await store.close()
  expect(sim().requests).toHaveLength(1)
})

it('rejects invalid options', () => {
  expect(() => redisCache({ host: 'a' } as never)).toThrow("Unknown option 'host'")
  expect(() => redisCache({ ttl: 0 })).toThrow("'ttl'")
  expect(() => redisCache({ client: {} as never })).toThrow("'client'")
})
