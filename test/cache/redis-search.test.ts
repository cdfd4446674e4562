import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, createClientPool, createCluster, RESP_TYPES } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseSearchReply } from '../../src/cache/redis-index.js'
import { systemClock } from '../../src/call/clock.js'
import {
  type CacheFailure,
  type CacheSettings,
  type RedisIndexClient,
  type RedisIndexOptions,
  redisCache,
  redisIndex,
  semanticCache,
} from '../../src/index.js'
import { messageOf, simulated, user } from '../helpers/simulated.js'
import { type RedisServer, redisMissing, redisSearchMissing, startRedis, startRedisSearch } from './redis-server.js'

const { sim, client } = simulated()
const model = 'openai/gpt-4o'
afterEach(() => {
  vi.restoreAllMocks()
})

/** Questions that begin alike are alike: by less than a degree for each word more. */
const embed = async (text: string) => {
  const words = text.split(' ').length
  const angle = text.startsWith('weather') ? words / 100 : words
  return [Math.cos(angle), Math.sin(angle)]
}

const vector = (...values: number[]) => {
  const length = Math.hypot(...values)
  return Float32Array.from(values, (value) => value / length)
}

let prefixes = 0
const newPrefix = () => `test${prefixes++}:`

/** This machine may be busy: how long a call waits is for the tests that are about it. */
const patient = { commandTimeout: 3_000 }

interface Given {
  readonly url: string
  readonly prefix?: string
  readonly index?: RedisIndexOptions
  readonly cache?: Partial<CacheSettings>
}

/** One process: a client, its store, its index, and what goes wrong. */
async function process({ url, prefix = newPrefix(), index: options, cache }: Given) {
  const failures: CacheFailure[] = []
  const store = redisCache({ url, keyPrefix: `${prefix}answers:`, ...patient })
  const index = redisIndex({ url, keyPrefix: `${prefix}vectors:`, ...patient, ...options })
  await Promise.all([store.connect(), index.connect()])
  const onError = (failure: CacheFailure) => {
    failures.push(failure)
  }
  const llm = client({ cache: { store: semanticCache({ embed, threshold: 0.99, store, index }), onError, ...cache } })
  const ask = async (text: string, more: object = {}) => {
    const answer = await llm.completion({ model, messages: user(text), ...more })
    return { answer, ...answer.meta.cache }
  }
  return { llm, ask, failures, store, index, prefix, close: () => Promise.all([store.close(), index.close()]) }
}

async function raw<Answer>(url: string, work: (redis: ReturnType<typeof newClient>) => Promise<Answer>) {
  const redis = newClient(url)
  await redis.connect()
  try {
    return await work(redis)
  } finally {
    redis.destroy()
  }
}
const newClient = (url: string) => createClient({ url }).on('error', () => {})

const vectorsOf = (url: string, prefix: string) => raw(url, (redis) => redis.keys(`${prefix}vectors:*`))

describe.skipIf(redisSearchMissing())('with a Redis that can search', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedisSearch()
  })
  afterAll(() => server.stop())

  it('finds a similar question of another process', async () => {
    const one = await process(server)
    const first = await one.ask('weather in Paris?')
    await one.llm.close()
    const other = await process({ ...server, prefix: one.prefix })
    const like = await other.ask('weather of today in Paris?')
    expect(like.answer).toEqual(first.answer)
    expect(like).toMatchObject({ hit: true, key: first.key, similarity: expect.closeTo(Math.cos(0.02), 5) })
    expect((await other.ask('something else')).hit).toBe(false)
    expect(sim().requests).toHaveLength(2)
    expect([...one.failures, ...other.failures]).toEqual([])
    await Promise.all([one.close(), other.close()])
  })

  it('requires an identical scope and sufficient similarity', async () => {
    const { ask, llm, close } = await process(server)
    await ask('weather in Paris?')
    await expect.poll(async () => (await ask('weather in Paris now?', { cache: { noStore: true } })).hit).toBe(true)
    const other = { cache: { noStore: true } }
    expect((await ask('weather in Paris at all?', { temperature: 0, ...other })).hit).toBe(false)
    expect((await ask('weather in Paris at all?', { apiKey: 'sk-other', ...other })).hit).toBe(false)
    expect((await ask('weather in Paris at all?', { cache: { namespace: 'n', noStore: true } })).hit).toBe(false)
    const history = [{ role: 'system' as const, content: 'Be terse.' }, ...user('weather in Paris at all?')]
    expect((await ask('', { messages: history, ...other })).hit).toBe(false)
    // cos 0.14 is 0.9902, cos 0.15 is 0.9888
    const words = (count: number) => `weather${' word'.repeat(count - 1)}`
    expect((await ask(words(17), other)).hit).toBe(true)
    expect((await ask(words(18), other)).hit).toBe(false)
    await llm.close()
    await close()
  })

  it('expires vectors with their answers', async () => {
    const { ask, llm, prefix, close } = await process(server)
    await ask('weather in Paris?', { cache: { ttl: 1_500 } })
    await ask('something else')
    await llm.close()
    const lives = await raw(server.url, async (redis) => {
      const keys = await redis.keys(`${prefix}vectors:*`)
      return Promise.all(keys.map((key) => redis.pTTL(key)))
    })
    const [short = 0, long = 0] = lives.sort((a, b) => a - b)
    expect(lives).toHaveLength(2)
    expect(short).toBeLessThanOrEqual(1_500)
    expect(long).toBeGreaterThan(3_590_000)
    await expect.poll(() => vectorsOf(server.url, prefix), { timeout: 5_000 }).toHaveLength(1)
    await close()
    const own = await process({ ...server, index: { ttl: 60_000 } })
    await own.ask('weather in Paris?')
    await own.llm.close()
    const [key = ''] = await vectorsOf(server.url, own.prefix)
    expect(await raw(server.url, (redis) => redis.pTTL(key))).toBeLessThanOrEqual(60_000)
    await own.close()
  })

  it('removes vectors without an answer and finds their replacement', async () => {
    const { ask, failures, prefix, close } = await process(server)
    const first = await ask('weather in Paris?')
    await expect.poll(() => vectorsOf(server.url, prefix)).toHaveLength(1)
    await raw(server.url, (redis) => redis.del(`${prefix}answers:${first.key}`))
    const second = await ask('weather of today in Paris?')
    expect(second.hit).toBe(false)
    await expect.poll(() => vectorsOf(server.url, prefix)).toEqual([expect.stringContaining(`:${second.key}`)])
    expect(await ask('weather now in Paris?')).toMatchObject({ hit: true, key: second.key })
    expect(failures).toEqual([])
    await close()
  })

  it('recreates a flushed or dropped index', async () => {
    await using own = await startRedisSearch()
    const { ask, failures, prefix, close } = await process(own)
    const likes = async (text: string) => (await ask(text, { cache: { noStore: true } })).similarity !== undefined
    await ask('weather in Paris?')
    await expect.poll(() => likes('weather of today in Paris?')).toBe(true)
    await raw(own.url, (redis) => redis.flushAll())
    expect((await ask('weather in Paris?')).hit).toBe(false)
    await expect.poll(() => likes('weather of today in Paris?')).toBe(true)
    // the vectors stay, and are found again once the new index has seen them
    await raw(own.url, (redis) => redis.ft.dropIndex(`${prefix}vectors:v1:2:FLAT`))
    expect(await likes('weather of today in Paris?')).toBe(false)
    await expect.poll(() => likes('weather of today in Paris?')).toBe(true)
    expect(failures).toEqual([])
    await close()
  })

  it('continues without a killed server and recovers with it', async () => {
    const own = await startRedisSearch()
    const { ask, failures, close } = await process(own)
    await ask('weather in Paris?')
    await expect.poll(async () => (await ask('weather of today in Paris?')).hit).toBe(true)
    await own.stop()
    for (const text of ['a', 'b b', 'c c c']) expect(messageOf((await ask(text)).answer).content).toBeTruthy()
    expect(failures.map(({ operation }) => operation)).toContain('index')
    await using _ = await startRedisSearch(own.port)
    await expect
      .poll(async () => (await ask('weather of a day in Paris?')).hit, { timeout: 10_000, interval: 200 })
      .toBe(true)
    await expect
      .poll(async () => (await ask(`weather ${Math.random()}`)).similarity, { timeout: 10_000, interval: 200 })
      .toBeGreaterThan(0.99)
    await close()
  })

  it('continues without a stalled server', async () => {
    await using own = await startRedisSearch()
    const index = redisIndex({ url: own.url, commandTimeout: 100 })
    await index.connect()
    const failures: CacheFailure[] = []
    const llm = client({ cache: { store: semanticCache({ embed, index }), onError: (one) => failures.push(one) } })
    const ask = async (text: string) => (await llm.completion({ model, messages: user(text) })).meta.cache.hit
    await ask('weather in Paris?')
    await expect.poll(() => ask('weather of today in Paris?')).toBe(true)
    own.freeze()
    const startedAt = performance.now()
    expect(await ask('weather in all of Paris now?')).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(failures[0]).toMatchObject({ operation: 'index', error: { message: expect.stringContaining('100 ms') } })
    own.thaw()
    await expect.poll(() => ask('weather of Paris, yes please, do tell?')).toBe(true)
    await index.close()
  })

  it('separates scopes with any name', async () => {
    const index = redisIndex({ url: server.url, keyPrefix: newPrefix(), ...patient })
    const scopes = ['a', 'A', 'a-b', 'a_b', 'a b', 'a,b', 'a|b', '{a}', '*', '"', '@scope:{a}', 'ä', '']
    await index.nearest('a', vector(1, 0))
    await Promise.all(scopes.map((scope, at) => index.add(scope, `n:${at}:{x} y`, vector(1, at / 100), undefined)))
    for (const [at, scope] of scopes.entries()) {
      expect(await index.nearest(scope, vector(1, 0))).toMatchObject({ key: `n:${at}:{x} y` })
    }
    expect(await index.nearest('another', vector(1, 0))).toBeUndefined()
    expect(await index.nearest('a', vector(1, 0))).toEqual({ key: 'n:0:{x} y', similarity: 1 })
    expect(await index.nearest('a', vector(-1, 0))).toEqual({ key: 'n:0:{x} y', similarity: -1 })
    await index.remove('a', 'n:0:{x} y')
    expect(await index.nearest('a', vector(1, 0))).toBeUndefined()
    expect(await index.nearest('A', vector(1, 0))).toMatchObject({ key: 'n:1:{x} y' })
    await index.close()
  })

  it('stores vectors of different lengths', async () => {
    const keyPrefix = newPrefix()
    const index = redisIndex({ url: server.url, keyPrefix, ...patient })
    const graph = redisIndex({ url: server.url, keyPrefix, algorithm: 'HNSW', ...patient })
    for (const one of [vector(1, 0), vector(1, 0, 0)]) expect(await index.nearest('s', one)).toBeUndefined()
    await index.add('s', 'two', vector(1, 0), undefined)
    await index.add('s', 'three', vector(0, 1, 0), undefined)
    // of another model, for the same answer
    await index.add('s', 'both', vector(0, 1), undefined)
    await index.add('s', 'both', vector(1, 0, 0), undefined)
    expect(await index.nearest('s', vector(1, 0.1))).toMatchObject({ key: 'two' })
    expect(await index.nearest('s', vector(0.1, 1))).toMatchObject({ key: 'both' })
    expect(await index.nearest('s', vector(1, 0.1, 0))).toMatchObject({ key: 'both' })
    expect(await index.nearest('s', vector(0, 1, 0))).toEqual({ key: 'three', similarity: 1 })
    expect(await index.nearest('s', vector(1, 0, 0, 0))).toBeUndefined()
    // another way to look, over the same vectors
    await graph.nearest('s', vector(0, 1, 0))
    await expect.poll(() => graph.nearest('s', vector(0, 1, 0))).toEqual({ key: 'three', similarity: 1 })
    await Promise.all([index.close(), graph.close()])
  })

  it('creates one index under concurrent searches', async () => {
    const keyPrefix = newPrefix()
    const indexes = [0, 1, 2].map(() => redisIndex({ url: server.url, keyPrefix, ...patient }))
    const looks = indexes.flatMap((index) => Array.from({ length: 20 }, () => index.nearest('s', vector(1, 2, 3))))
    expect(new Set(await Promise.all(looks))).toEqual(new Set([undefined]))
    const names = await raw(server.url, (redis) => redis.ft._list())
    expect(names.filter((name) => name.startsWith(keyPrefix))).toEqual([`${keyPrefix}v1:3:FLAT`])
    await Promise.all(indexes.map((index) => index.close()))
  })

  it.each(['HNSW', 'FLAT'] as const)('finds the nearest of 10,000 by %s', { timeout: 120_000 }, async (algorithm) => {
    const length = 64
    let seed = 1
    const random = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return seed / 2 ** 32 - 0.5
    }
    const newVector = () => vector(...Array.from({ length }, random))
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)
    const all = Array.from({ length: 10_000 }, newVector)
    await using own = await startRedisSearch()
    const index = redisIndex({ url: own.url, algorithm, commandTimeout: 30_000 })
    await index.nearest('0', newVector())
    // nine of ten in one scope, so that a scope is not a handful
    const scopeOf = (at: number) => (at % 10 === 0 ? '1' : '0')
    for (let from = 0; from < all.length; from += 500) {
      const some = all.slice(from, from + 500)
      await Promise.all(some.map((one, at) => index.add(scopeOf(from + at), `${from + at}`, one, undefined)))
    }
    let right = 0
    const looks = 100
    for (let look = 0; look < looks; look++) {
      const scope = `${look % 2}`
      const asked = newVector()
      let best = { key: '', similarity: -2 }
      for (const [at, one] of all.entries()) {
        const similarity = scopeOf(at) === scope ? dot(asked, one) : -2
        if (similarity > best.similarity) best = { key: `${at}`, similarity }
      }
      const found = await index.nearest(scope, asked)
      expect(scopeOf(Number(found?.key))).toBe(scope)
      expect(found?.similarity).toBeCloseTo(dot(asked, all[Number(found?.key)] ?? asked), 5)
      if (found?.key === best.key) right++
    }
    expect(right).toBeGreaterThanOrEqual(algorithm === 'FLAT' ? looks : looks * 0.95)
    await index.close()
  })

  it('uses a given client for store and index and leaves it open', async () => {
    await raw(server.url, async (redis) => {
      const prefix = newPrefix()
      const store = redisCache({ client: redis, keyPrefix: `${prefix}a:` })
      const index = redisIndex({ client: redis, keyPrefix: `${prefix}v:` })
      const llm = client({ cache: semanticCache({ embed, threshold: 0.99, store, index }) })
      await llm.completion({ model, messages: user('weather in Paris?') })
      const again = () => llm.completion({ model, messages: user('weather of today in Paris?') })
      await expect.poll(async () => (await again()).meta.cache.hit).toBe(true)
      await Promise.all([store.close(), index.close()])
      expect(redis.isReady).toBe(true)
    })
  })

  const bytes = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer, [RESP_TYPES.NUMBER]: String }
  const kinds: readonly [string, (url: string) => Yours][] = [
    ['RESP2', (url) => createClient({ url, RESP: 2 })],
    ['RESP3', (url) => createClient({ url, RESP: 3 })],
    ['RESP2 in bytes', (url) => createClient({ url, RESP: 2, commandOptions: { typeMapping: bytes } })],
    ['RESP3 in bytes', (url) => createClient({ url, RESP: 3, commandOptions: { typeMapping: bytes } })],
    ['RESP3 in Maps', (url) => createClient({ url, commandOptions: { typeMapping: { [RESP_TYPES.MAP]: Map } } })],
    ['RESP3 in lists', (url) => createClient({ url, commandOptions: { typeMapping: { [RESP_TYPES.MAP]: Array } } })],
    ['a pool', (url) => createClientPool({ url })],
    ['a Cluster', (url) => createCluster({ rootNodes: [{ url }] })],
  ]
  it.each(kinds)('accepts a client of %s', async (name, make) => {
    const folder = await mkdtemp(join(tmpdir(), 'llmux-'))
    const cluster = name === 'a Cluster' ? ['--cluster-enabled', 'yes', '--dir', folder] : []
    await using own = await startRedisSearch(undefined, ...cluster)
    if (cluster.length > 0) {
      await raw(own.url, (redis) => redis.clusterAddSlotsRange({ start: 0, end: 16_383 }))
      const state = () => raw(own.url, (redis) => redis.clusterInfo())
      await expect.poll(state, { timeout: 10_000 }).toContain('cluster_state:ok')
    }
    const redis = make(own.url)
    await redis.connect()
    const index = redisIndex({ client: redis, ...patient })
    expect(await index.nearest('s', vector(1, 0))).toBeUndefined()
    expect(await index.nearest('s', vector(1, 0))).toBeUndefined()
    await index.add('s', 'a', vector(1, 0), undefined)
    await index.add('s', 'b', vector(0, 1), undefined)
    expect(await index.nearest('s', vector(0.6, 0.8))).toEqual({ key: 'b', similarity: 0.8 })
    await index.remove('s', 'b')
    expect(await index.nearest('s', vector(0.6, 0.8))).toEqual({ key: 'a', similarity: 0.6 })
    redis.destroy()
    await own.stop()
    await rm(folder, { recursive: true })
  })

  it('explains that only database 0 is searchable', async () => {
    const index = redisIndex({ url: `${server.url}/1`, keyPrefix: newPrefix(), ...patient })
    await expect(index.nearest('s', vector(1, 0))).rejects.toThrow('needs database 0')
    await index.close()
    await expect(index.nearest('s', vector(1, 0))).rejects.toThrow('This redisIndex() is closed')
  })
})

type Yours = RedisIndexClient & { connect(): Promise<unknown>; destroy(): void }

/** A client whose answers are the ones given, the last one again and again, and what was sent. */
function scripted(...answers: readonly unknown[]) {
  const sent: string[] = []
  const given: RedisIndexClient = {
    async sendCommand(...args: readonly unknown[]) {
      const [command] = args as unknown as [readonly unknown[]]
      sent.push(String(command[0]))
      const answer = answers[Math.min(sent.length, answers.length) - 1]
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  return { index: redisIndex({ client: given }), sent }
}

describe.skipIf(redisMissing())('with a Redis that can not search', () => {
  it('explains the requirement, continues, and pauses checks for a minute', async () => {
    await using own = await startRedis()
    const { ask, failures, prefix, llm, close } = await process(own)
    const first = await ask('weather in Paris?')
    expect(first.hit).toBe(false)
    expect((await ask('weather of today in Paris?')).hit).toBe(false)
    expect((await ask('weather in Paris?')).hit).toBe(true)
    await llm.close()
    expect(failures).toHaveLength(2)
    for (const { operation, error } of failures) {
      expect(operation).toBe('index')
      expect(error.message).toMatch(/Redis 8.*Redis Stack.*RediSearch.*valkey-search/)
    }
    expect(await vectorsOf(own.url, prefix)).toEqual([])
    await close()
  })
})

describe('redisIndex()', () => {
  const unknown = new Error("ERR unknown command 'FT.SEARCH', with args beginning with: ")
  const one = vector(1, 0)

  it("computes no vector while the server can't search", async () => {
    const { index } = scripted(unknown)
    const embedded: string[] = []
    const paid = (text: string) => {
      embedded.push(text)
      return embed(text)
    }
    const failures: CacheFailure[] = []
    const onError = (failure: CacheFailure) => failures.push(failure)
    const llm = client({ cache: { store: semanticCache({ embed: paid, index }), onError } })
    for (const text of ['a', 'b', 'c']) {
      const { meta } = await llm.completion({ model, messages: user(text) })
      expect(meta.cache.error).toMatch(/needs a server with vector search/)
    }
    expect(embedded).toEqual(['a'])
    expect(failures).toHaveLength(3)
  })

  it("pauses for a minute if the server can't search", async () => {
    const { index, sent } = scripted(unknown, unknown, [0], [1, 'x'])
    let now = 1_000
    vi.spyOn(systemClock, 'now').mockImplementation(() => now)
    const look = () => index.nearest('s', one)
    for (let at = 0; at < 20; at++) await expect(look()).rejects.toThrow('needs a server with vector search')
    await index.add('s', 'a', one, undefined)
    await index.remove('s', 'a')
    expect(sent).toEqual(['FT.SEARCH'])
    now += 60_000
    await expect(look()).rejects.toThrow('needs a server with vector search')
    now += 60_000
    await index.add('s', 'a', one, undefined)
    expect(sent).toEqual(['FT.SEARCH', 'FT.SEARCH'])
    // somebody has loaded the module
    expect(await look()).toBeUndefined()
    await index.add('s', 'a', one, undefined)
    expect(sent).toEqual(['FT.SEARCH', 'FT.SEARCH', 'FT.SEARCH', 'EVAL'])
  })

  it.each([
    'llmux:vectors:v1:2:HNSW: no such index',
    'Unknown Index name',
    'No such index llmux:vectors:v1:2:HNSW',
    'SEARCH_INDEX_NOT_FOUND Index not found: llmux:vectors:v1:2:HNSW',
    "Index with name 'llmux:vectors:v1:2:HNSW' not found in database 0",
  ])('creates its index after the error: %s', async (message) => {
    const { index, sent } = scripted(new Error(message), 'OK')
    expect(await index.nearest('s', one)).toBeUndefined()
    expect(sent).toEqual(['FT.SEARCH', 'FT.CREATE'])
  })

  it.each(['Index already exists', "Index with name 'a' already exists.", 'SEARCH_INDEX_EXISTS Index already exists'])(
    'is content where the server says: %s',
    async (message) => {
      const { index } = scripted(new Error('a: no such index'), new Error(message))
      expect(await index.nearest('s', one)).toBeUndefined()
    },
  )

  it('sends commands in the form of Cluster and Sentinel clients', async () => {
    const sent: unknown[][] = []
    const sendCommand = async (...args: readonly unknown[]) => {
      sent.push(args.slice(0, -1))
      return [0]
    }
    for (const given of [
      { sendCommand, masters: [] },
      { sendCommand, getSentinelNode: () => undefined },
    ]) {
      const index = redisIndex({ client: given, keyPrefix: 'p:' })
      await index.nearest('s', one)
      await index.remove('s', 'a')
    }
    const place = expect.stringMatching(/^p:v1:[0-9a-f]{64}:a$/)
    expect(sent).toEqual([[undefined, true], [place, false], [true], [false]])
  })

  it('reports other errors unchanged', async () => {
    const { index, sent } = scripted(new Error('NOPERM this user has no permissions to run the command'))
    for (let at = 0; at < 10; at++) await expect(index.nearest('s', one)).rejects.toThrow('NOPERM')
    expect(sent).toHaveLength(10)
  })

  it('rejects invalid options', () => {
    expect(() => redisIndex({ host: 'a' } as never)).toThrow("Unknown option 'host' of redisIndex()")
    expect(() => redisIndex({ ttl: 0 })).toThrow("'ttl' of redisIndex()")
    expect(() => redisIndex({ commandTimeout: Number.NaN })).toThrow("'commandTimeout'")
    expect(() => redisIndex({ client: {} as never })).toThrow("'client'")
    expect(() => redisIndex({ url: 'redis://a', client: scripted().index as never })).toThrow('got both')
    expect(() => redisIndex({ keyPrefix: 1 as never })).toThrow("'keyPrefix'")
    expect(() => redisIndex({ algorithm: 'hnsw' as never })).toThrow(
      "'algorithm' of redisIndex() must be 'FLAT' or 'HNSW'",
    )
    expect(() => semanticCache({ embed, index: redisCache() as never })).toThrow("'index' of semanticCache()")
  })

  it('continues without an error listener', async () => {
    const index = redisIndex({ url: 'redis://127.0.0.1:1', commandTimeout: 30 })
    const failures: CacheFailure[] = []
    const llm = client({ cache: { store: semanticCache({ embed, index }), onError: (one) => failures.push(one) } })
    expect(messageOf(await llm.completion({ model, messages: user('Hello') })).content).toBeTruthy()
    await llm.close()
    expect(failures.map(({ operation }) => operation)).toEqual(['index', 'index'])
    await index.close()
  })
})

describe('a reply of FT.SEARCH', () => {
  const text = (value: string) => Buffer.from(value)
  const row = { id: 'k', extra_attributes: { distance: '0.25' }, values: [] }
  const pairs = ['id', 'k', 'extra_attributes', ['distance', '0.25'], 'values', []]
  it.each([
    ['RESP2', [1, 'k', ['distance', '0.25']]],
    ['RESP2 with more', [2, 'k', ['other', '1', 'distance', '0.25'], 'l', ['distance', '0.5']]],
    ['RESP2 in bytes', ['1', text('k'), [text('distance'), text('0.25')]]],
    ['RESP3', { attributes: [], total_results: 1, format: 'STRING', results: [row], warning: [] }],
    ['RESP3, a number', { results: [{ id: 'k', extra_attributes: { distance: 0.25 } }] }],
    [
      'RESP3 in Maps',
      new Map([
        [
          'results',
          [
            new Map<unknown, unknown>([
              [text('id'), text('k')],
              ['extra_attributes', new Map([['distance', '0.25']])],
            ]),
          ],
        ],
      ]),
    ],
    ['RESP3 in lists', ['attributes', [], 'total_results', 1, 'results', [pairs], 'warning', []]],
    ['RESP3 as RESP2 fields', { results: [{ id: 'k', extra_attributes: ['distance', '0.25'] }] }],
  ])('is parsed: %s', (_, reply) => {
    expect(parseSearchReply(reply)).toEqual({ id: 'k', distance: 0.25 })
  })

  it.each([
    ['nothing', [0]],
    ['nothing, RESP3', { total_results: 0, results: [] }],
    ['one that has expired', [1, 'k', null]],
    ['one without a distance', [1, 'k', ['distance', 'nan']]],
    ['one with an empty distance', [1, 'k', ['distance', '']]],
    ['only names', [1, 'k']],
    ['null', null],
    ['a text', 'OK'],
    ['undefined', undefined],
  ])('contains no result: %s', (_, reply) => {
    expect(parseSearchReply(reply)).toBeUndefined()
  })
})
