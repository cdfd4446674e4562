import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BadRequestError } from '../../../src/errors.js'
import { type RedisClient, redisLimits, redisState } from '../../../src/limits/redis/index.js'
import { ask, candidate, drain, granted, observer, refused, sleep, storeOf, until } from './helpers.js'
import { hasRedis, RedisServer } from './server.js'

const team = { key: 'team', budget: 1 }
/** A call of one cent. */
const cent = ask([candidate('x', { requests: 100, accounts: [team], estimate: 0.01 })])

describe('redisLimits() without a server', () => {
  it('decides within the share of this process', async () => {
    await using store = storeOf({ url: 'redis://127.0.0.1:1', processes: 3 })
    const taken = await drain(store, ask([candidate('x', { requests: 9 })]))
    expect(taken).toHaveLength(3)
    expect(store.observed.events).toEqual([{ state: 'local', error: expect.any(Error), processes: 3 }])
    expect(store.connected).toBe(false)
    const { reasons } = refused(await store.reserve(ask([candidate('x', { requests: 9 })])))
    expect(reasons[0]?.reason).toBe(
      "has used its 9 requests a minute (by this process's share, one of 3, without Redis)",
    )
    expect(reasons[0]?.retryAfterMs).toBeGreaterThan(50_000)
    const money = { key: 'team', budget: 3 }
    const spend = ask([candidate('y', { accounts: [money], estimate: 0.5 })])
    for (const one of await drain(store, spend)) store.settle(one, { tokens: 0, cost: 0.5 })
    expect(await store.usage(money)).toMatchObject({ spent: 1, reserved: 0 })
  })

  it("lets calls wait with onLoss 'reject'", async () => {
    await using store = storeOf({ url: 'redis://127.0.0.1:1', onLoss: 'reject' })
    expect(refused(await store.reserve(cent)).reasons[0]).toMatchObject({ kind: 'unreachable', retryAfterMs: 500 })
    expect(store.connected).toBe(true)
  })

  it('rejects invalid options at once', () => {
    expect(() => redisState({ namespace: 'a{b}' })).toThrow(BadRequestError)
    expect(() => redisState({ commandTimeout: 0 })).toThrow(
      "'commandTimeout' of redisState() must be a number, 1 or more; got 0.",
    )
    expect(() => redisState({ url: 'redis://x', client: {} as never })).toThrow(/not both/)
    expect(() => redisState({ ttl: 5 } as never)).toThrow(/Unknown option 'ttl'/)
    expect(() => redisState({ seed: async () => [] } as never)).toThrow(/Unknown option 'seed'/)
    expect(() => redisState('redis://x' as never)).toThrow(/options of redisState\(\) must be an object/)
    expect(() => redisState({ url: 'localhost:6379' })).toThrow(/must be a string that begins with redis:/)
    expect(() => redisLimits({ url: 'http://localhost' })).toThrow(/must be a string that begins with redis:/)
    expect(() => redisLimits({ onLoss: 'ignore' as never })).toThrow(
      "'onLoss' of redisLimits() must be 'local' or 'reject'; got 'ignore'.",
    )
  })

  it('belongs to one Router as redisState(), and to any number as redisLimits()', async () => {
    const state = redisState()
    state.attach?.(observer())
    expect(() => state.attach?.(observer())).toThrow(/one Router/)
    expect(state.detach).toBeUndefined()
    const limits = redisLimits()
    const [one, other] = [observer(), observer()]
    limits.attach?.(one)
    limits.attach?.(other)
    limits.detach?.(one)
    await limits.close()
    expect(refused(await limits.reserve(cent)).reasons[0]?.kind).toBe('unreachable')
  })

  it.each([
    ['MOVED 866 127.0.0.1:7001', /one node of a Redis Cluster.*createCluster\(\)/],
    ["NOPERM User app has no permissions to run the 'evalsha' command", /Grant at least: ~\{llmux:\*/],
    ["ERR unknown command 'EVALSHA', with args beginning with: ", /has no Lua scripts/],
    ['NOAUTH Authentication required.', /Check user and password/],
  ])('reports a server that refuses with "%s" as a wrong configuration, and recovers', async (message, text) => {
    let refuses = true
    const answer = async (_: string, { arguments: [argument = ''] }: { arguments: string[] }) => {
      if (refuses) throw new Error(message)
      const { c, A = [] } = JSON.parse(argument) as { c?: unknown; A?: unknown[] }
      return JSON.stringify({ now: Date.now(), n: 2, ...(c ? { i: 1, u: A.map(() => ({ r: 0, t: 0, f: 0 })) } : {}) })
    }
    await using store = storeOf({ client: { isReady: true, evalSha: answer, eval: answer } as RedisClient })
    await expect(store.reserve(cent)).rejects.toThrow(BadRequestError)
    await expect(store.reserve(cent)).rejects.toThrow(text)
    expect(store.observed.events).toMatchObject([{ state: 'local', error: expect.any(BadRequestError) }])
    refuses = false
    await until(() => store.connected)
    granted(await store.reserve(cent))
    // once it has worked, a refusal is an outage: calls go on within their share
    refuses = true
    granted(await store.reserve(ask([candidate('y')])))
    expect(store.observed.events.at(-1)).toMatchObject({ state: 'local', error: expect.any(BadRequestError) })
  })

  it('keeps to its share while only heartbeats pass, which count fewer processes', async () => {
    let isLost = false
    const answer = async (_: string, { arguments: [argument = ''] }: { arguments: string[] }) => {
      if ('ttl' in JSON.parse(argument)) return JSON.stringify({ now: Date.now(), n: isLost ? 1 : 3 })
      isLost = true
      throw new Error('LOADING Redis is loading the dataset in memory')
    }
    await using store = storeOf({ client: { isReady: true, evalSha: answer, eval: answer } as RedisClient })
    const asked = ask([candidate('x', { requests: 9 })])
    expect(await drain(store, asked)).toHaveLength(3)
    await until(() => !store.connected)
    await sleep(600)
    refused(await store.reserve(asked))
  })

  it('shares what was left with the other processes, and not what they had used', async () => {
    let isLost = false
    const answer = async (_: string, { arguments: [argument = ''] }: { arguments: string[] }) => {
      const { c, A = [] } = JSON.parse(argument) as { c?: unknown; A?: unknown[] }
      if (!c) return JSON.stringify({ now: Date.now(), n: 4 })
      if (isLost) throw new Error('TRYAGAIN Multiple keys request during rehashing of slot')
      return JSON.stringify({ now: Date.now(), i: 1, u: A.map(() => ({ r: 60, t: 600, f: 0 })) })
    }
    const client = { isReady: true, evalSha: answer, eval: answer } as RedisClient
    for (const [limits, tokens] of [
      [{ requests: 100 }, 0],
      [{ tokens: 1_000 }, 10],
    ] as const) {
      isLost = false
      await using store = storeOf({ client })
      const asked = ask([candidate('x', limits)], tokens)
      granted(await store.reserve(asked))
      isLost = true
      // 40 calls were left: 10 for each process, one of which has been made
      expect(await drain(store, asked)).toHaveLength(9)
    }
  })

  it('keeps to its share when a single decision is late or refused', async () => {
    const client = {
      isReady: true,
      evalSha: async (_: string, { arguments: [argument = ''] }: { arguments: string[] }) => {
        const { c } = JSON.parse(argument) as { c?: unknown }
        if (c) throw new Error('TRYAGAIN Multiple keys request during rehashing of slot')
        return JSON.stringify({ now: Date.now(), n: 5 })
      },
      eval: async () => '',
    }
    await using store = storeOf({ client })
    expect(await drain(store, ask([candidate('x', { requests: 10 })]))).toHaveLength(2)
    expect(store.observed.events).toEqual([])
  })
})

/** A client of the real server that can misbehave. */
function faulty(client: RedisClient) {
  const faults = { delayEvery: 0, delayMs: 0, singleKeyOnly: false, commands: 0 }
  const run = async (method: 'evalSha' | 'eval', script: string, options: { keys: string[]; arguments: string[] }) => {
    faults.commands++
    if (faults.singleKeyOnly && options.keys.length > 1)
      throw new Error('TRYAGAIN Multiple keys request during rehashing of slot')
    const isLate = faults.delayEvery > 0 && faults.commands % faults.delayEvery === 0
    const answer = await client[method](script, options)
    if (isLate) await sleep(faults.delayMs)
    return answer
  }
  return {
    faults,
    client: {
      isReady: true,
      evalSha: (sha: string, options: { keys: string[]; arguments: string[] }) => run('evalSha', sha, options),
      eval: (source: string, options: { keys: string[]; arguments: string[] }) => run('eval', source, options),
    },
  }
}

describe.skipIf(!hasRedis)('redisLimits() and a server that', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  let count = 0
  const space = (at = server) => ({ url: at.url, namespace: `loss${count++}` })
  const accountKey = ({ namespace }: { namespace: string }, key: string) => `{llmux:${namespace}}:account:${key}`
  const spend = async (store: ReturnType<typeof storeOf>, calls: number) => {
    for (let i = 0; i < calls; i++) store.settle(granted(await store.reserve(cent)), { tokens: 1, cost: 0.01 })
    await sleep(60)
  }
  const centsOf = async (store: ReturnType<typeof storeOf>) => Math.round((await store.usage(team)).spent * 100)

  describe('has a clock that goes back', () => {
    it('frees capacity a minute later all the same, and leaks none', async () => {
      let offset = 0
      await using store = storeOf({ ...space(), clockOffset: () => offset })
      const asked = ask([
        candidate('x', {
          requests: 10,
          accounts: [{ key: 'money', budget: 1, budgetWindow: { duration: '1m' } }],
          estimate: 0.1,
        }),
      ])
      const use = async (most: number) => {
        const taken = await drain(store, asked, most)
        for (const one of taken) store.settle(one, { tokens: 1, cost: 0.1 })
        await sleep(40)
        return taken.length
      }
      expect(await use(5)).toBe(5)
      offset -= 3_600_000
      expect(await use(99)).toBe(5)
      const { retryAfterMs = 0 } = refused(await store.reserve(asked)).reasons[0] ?? {}
      expect(retryAfterMs).toBeLessThanOrEqual(60_500)
      offset += 61_000
      expect(await use(99)).toBe(10)
      // the clock is right again
      offset = 0
      expect(await use(99)).toBe(10)
      for (let minute = 1; minute < 5; minute++) {
        offset += 61_000
        expect(await use(99)).toBe(10)
      }
    })

    it('opens one more window at most when it jumps ahead and back', async () => {
      let offset = 0
      await using store = storeOf({ ...space(), clockOffset: () => offset })
      const asked = ask([candidate('x', { requests: 10 })])
      expect((await drain(store, asked)).length).toBe(10)
      offset = 7_200_000
      expect((await drain(store, asked)).length).toBe(10)
      offset = 0
      expect((await drain(store, asked)).length).toBe(0)
      offset = 61_000
      expect((await drain(store, asked)).length).toBe(10)
    })

    it('never reopens a calendar budget', async () => {
      let offset = 0
      await using store = storeOf({ ...space(), clockOffset: () => offset })
      const budgetWindow = { duration: '1h', type: 'calendar' } as const
      const asked = ask([candidate('x', { accounts: [{ key: 'hour', budget: 1, budgetWindow }], estimate: 1 })])
      store.settle(granted(await store.reserve(asked)), { tokens: 1, cost: 1 })
      await sleep(40)
      offset = -3_600_000
      refused(await store.reserve(asked))
    })
  })

  describe('forgets everything', () => {
    it('counts the usage of all processes once again', async () => {
      const options = space()
      const [a, b] = [storeOf({ ...options, leaseTtl: 900 }), storeOf({ ...options, leaseTtl: 900 })]
      await spend(a, 6)
      await spend(b, 4)
      // a knows what b has used
      await spend(a, 1)
      const looking = await server.client()
      await looking.flushAll()
      await spend(a, 5)
      // nothing of b is missing although b has been silent since
      expect(await centsOf(a)).toBe(16)
      await spend(b, 5)
      await sleep(800)
      expect([await centsOf(a), await centsOf(b)]).toEqual([21, 21])
      expect(await a.usage({ key: 'deployment:x', requests: 100 })).toMatchObject({ requests: 21, inFlight: 0 })
      await Promise.all([a.close(), b.close()])
    })

    it('learns the calls in flight again, with the money that they hold', async () => {
      const options = space()
      await using store = storeOf({ ...options, leaseTtl: 900 })
      const asked = ask([candidate('x', { parallel: 2, accounts: [team], estimate: 0.4 })])
      const held = granted(await store.reserve(asked))
      await (await server.client()).flushAll()
      await sleep(800)
      expect(await store.usage(team)).toMatchObject({ reserved: 0.4 })
      const other = storeOf(options)
      granted(await other.reserve(asked))
      refused(await other.reserve(asked))
      store.settle(held, { tokens: 1, cost: 0.1 })
      await sleep(60)
      expect(await store.usage(team)).toMatchObject({ spent: 0.1, reserved: 0.4 })
      await other.close()
    })

    it('is noticed by idle processes within their heartbeat', async () => {
      const options = space()
      const [a, b] = [storeOf({ ...options, leaseTtl: 900 }), storeOf({ ...options, leaseTtl: 900 })]
      await spend(b, 7)
      await (await server.client()).flushAll()
      await sleep(700)
      expect(await centsOf(a)).toBe(7)
      await Promise.all([a.close(), b.close()])
    })

    it('takes over the usage of a ledger', async () => {
      const options = space()
      const seed = async () => [undefined, { spent: 0.9 }]
      await using store = storeOf({ ...options, seed })
      await spend(store, 5)
      expect(await centsOf(store)).toBe(95)
      await (await server.client()).flushAll()
      await spend(store, 2)
      expect(await centsOf(store)).toBe(97)
      await store.seed(team, { spent: 0.99 })
      await store.seed(team, { spent: 0.5 })
      expect(await centsOf(store)).toBe(99)
      await spend(store, 1)
      refused(await store.reserve(cent))
    })
  })

  it('evicts one account: the next decision notices, and all of it is counted again', async () => {
    const options = space()
    const [a, b] = [storeOf(options), storeOf(options)]
    await spend(a, 30)
    await spend(b, 30)
    await spend(a, 1)
    // of the processes that spent, only one is left
    await b.close()
    const looking = await server.client()
    await looking.del(accountKey(options, 'team'))
    expect(await drain(a, cent)).toHaveLength(39)
    expect((await a.usage({ key: 'deployment:x', requests: 100 })).requests).toBe(100)
    await a.close()
  })

  it('returns to an older state: each process adds the missing part', async () => {
    const options = space()
    const [a, b] = [storeOf({ ...options, leaseTtl: 600 }), storeOf({ ...options, leaseTtl: 600 })]
    await spend(a, 10)
    await spend(b, 10)
    const looking = await server.client()
    const restore = async () => {
      const keys = await looking.sendCommand(['KEYS', accountKey(options, '*')])
      const dumps = await Promise.all(
        (keys as unknown as string[]).map(async (key) => [key, await looking.hGetAll(key)] as const),
      )
      return async () => {
        for (const [key, fields] of dumps) {
          await looking.del(key)
          await looking.hSet(key, fields)
        }
      }
    }
    const back = await restore()
    await spend(a, 15)
    await spend(b, 5)
    await back()
    // the process that asks next brings its part at once, the other within its heartbeat
    await spend(a, 1)
    expect(await centsOf(a)).toBeGreaterThanOrEqual(36)
    await sleep(700)
    expect([await centsOf(a), await centsOf(b)]).toEqual([41, 41])
    expect((await a.usage({ key: 'deployment:x', requests: 100 })).requests).toBe(41)
    await Promise.all([a.close(), b.close()])
  })

  it.each([
    ['with its data', true],
    ['empty', false],
  ])(
    'is restarted %s: counts are complete again',
    async (_, durable) => {
      await using own = await RedisServer.start(durable)
      await using store = storeOf(space(own))
      await spend(store, 4)
      await own.kill()
      await until(() => !store.connected)
      await spend(store, 3)
      const held = granted(await store.reserve(cent))
      await own.restart()
      await until(() => store.connected)
      await spend(store, 2)
      expect(store.observed.events.map(({ state }) => state)).toEqual(['local', 'shared'])
      expect(await centsOf(store)).toBe(9)
      expect(await store.usage(team)).toMatchObject({ reserved: 0.01 })
      store.settle(held, { tokens: 1, cost: 0.01 })
      await sleep(60)
      expect(await store.usage({ key: 'deployment:x', requests: 100 })).toMatchObject({ requests: 10, inFlight: 0 })
    },
    30_000,
  )

  it('is restarted from an old snapshot: the difference is added', async () => {
    await using own = await RedisServer.start()
    const options = space(own)
    const [a, b] = [storeOf({ ...options, leaseTtl: 900 }), storeOf({ ...options, leaseTtl: 900 })]
    await spend(a, 5)
    await spend(b, 5)
    await (await own.client()).sendCommand(['SAVE'])
    await spend(a, 6)
    await spend(b, 4)
    await own.kill()
    await until(() => !a.connected && !b.connected)
    await own.restart()
    await until(() => a.connected && b.connected)
    expect([await centsOf(a), await centsOf(b)]).toEqual([20, 20])
    expect((await a.usage({ key: 'deployment:x', requests: 100 })).requests).toBe(20)
    await Promise.all([a.close(), b.close()])
  }, 30_000)

  it('is slow: costs a call its commandTimeout, then nothing', async () => {
    await using own = await RedisServer.start()
    await using store = storeOf({ ...space(own), commandTimeout: 50 })
    const asked = ask([candidate('x', { parallel: 3 })])
    store.settle(granted(await store.reserve(asked)), { tokens: 0, cost: 0 })
    await sleep(20)
    await (await own.client()).sendCommand(['CLIENT', 'PAUSE', '1500', 'ALL'])
    const took: number[] = []
    for (let i = 0; i < 6; i++) {
      const at = performance.now()
      const found = await store.reserve(asked)
      if ('index' in found) store.settle(found, { tokens: 0, cost: 0 })
      took.push(performance.now() - at)
    }
    expect(Math.max(...took)).toBeLessThan(200)
    expect(Math.max(...took.slice(3))).toBeLessThan(20)
    expect(store.connected).toBe(false)
    await until(() => store.connected)
    expect(store.observed.events.map(({ state }) => state)).toEqual(['local', 'shared'])
    await sleep(150)
    // late reservations were given back
    expect(await drain(store, asked)).toHaveLength(3)
  }, 30_000)

  it('always needs longer than commandTimeout: stays local, but learns everything', async () => {
    const own = faulty(await server.client())
    const options = space()
    await using store = storeOf({
      namespace: options.namespace,
      client: own.client,
      commandTimeout: 60,
      allowedFails: 2,
    })
    await spend(store, 2)
    Object.assign(own.faults, { delayEvery: 1, delayMs: 120 })
    for (let i = 0; i < 3; i++) await spend(store, 1)
    expect(store.connected).toBe(false)
    await using other = storeOf(options)
    await until(async () => (await centsOf(other)) === 5)
    expect(store.connected).toBe(false)
  }, 20_000)

  it('needs 60 ms for every answer: is used with the default options', async () => {
    const own = faulty(await server.client())
    Object.assign(own.faults, { delayEvery: 1, delayMs: 60 })
    await using store = storeOf({ namespace: space().namespace, client: own.client, commandTimeout: undefined })
    const asked = ask([candidate('x', { requests: 4 })])
    expect(await drain(store, asked)).toHaveLength(4)
    expect(store.observed.events).toEqual([])
  })

  it('answers some commands late: knows everything soon after the last call', async () => {
    const own = faulty(await server.client())
    const options = space()
    await using store = storeOf({
      namespace: options.namespace,
      client: own.client,
      commandTimeout: 80,
      allowedFails: 50,
    })
    await spend(store, 1)
    Object.assign(own.faults, { delayEvery: 3, delayMs: 150 })
    for (let i = 0; i < 20; i++) {
      const found = await store.reserve(cent)
      if ('index' in found) store.settle(found, { tokens: 1, cost: 0.01 })
    }
    await using other = storeOf(options)
    await sleep(700)
    expect(await centsOf(other)).toBe(21)
    expect(await other.usage({ key: 'deployment:x', requests: 100 })).toMatchObject({ requests: 21, inFlight: 0 })
  }, 20_000)

  it('answers late: a call that was granted alone counts once, and at once', async () => {
    const own = faulty(await server.client())
    const options = space()
    const limits = { requests: 9, parallel: 9 }
    await using store = storeOf({
      namespace: options.namespace,
      client: own.client,
      commandTimeout: 100,
      allowedFails: 50,
    })
    await using other = storeOf(options)
    const asked = ask([candidate('x', limits)])
    granted(await other.reserve(ask([candidate('y')])))
    granted(await store.reserve(ask([candidate('y')])))
    Object.assign(own.faults, { delayEvery: 1, delayMs: 400 })
    const found = granted(await store.reserve(asked))
    expect(found.alone).toBe(true)
    const seen = async () => {
      const { requests, inFlight } = await other.usage({ key: 'deployment:x', ...limits })
      return `${requests} ${inFlight}`
    }
    await until(async () => (await seen()) === '1 1')
    // the late answers and the reports have arrived
    await sleep(1_000)
    expect(await seen()).toBe('1 1')
    store.settle(found, { tokens: 0, cost: 0 })
    await until(async () => (await seen()) === '1 0')
  }, 30_000)

  it('answers late: the others count what it granted beyond the limit, and it learns of the limit', async () => {
    const own = faulty(await server.client())
    const options = space()
    const limits = { requests: 3 }
    await using store = storeOf({
      namespace: options.namespace,
      client: own.client,
      commandTimeout: 100,
      allowedFails: 50,
      processes: 2,
    })
    await using other = storeOf(options)
    const asked = ask([candidate('x', limits)])
    granted(await store.reserve(ask([candidate('y')])))
    expect(await drain(other, asked)).toHaveLength(3)
    Object.assign(own.faults, { delayEvery: 1, delayMs: 400 })
    // nothing is known of the others yet
    const found = granted(await store.reserve(asked))
    await until(async () => (await other.usage({ key: 'deployment:x', ...limits })).requests === 4)
    expect((await other.usage({ key: 'deployment:x', ...limits })).inFlight).toBe(4)
    await sleep(1_000)
    store.settle(found, { tokens: 0, cost: 0, refused: true })
    refused(await store.reserve(asked))
  }, 30_000)

  it('always answers late: shares what the others leave, and nothing of a limit that they have reached', async () => {
    const own = faulty(await server.client())
    const options = space()
    const window = { duration: '2m' }
    await using store = storeOf({
      namespace: options.namespace,
      client: own.client,
      commandTimeout: 60,
      allowedFails: 1,
    })
    await using other = storeOf(options)
    const asked = ask([candidate('x', { requests: 40, window })])
    granted(await other.reserve(asked))
    granted(await store.reserve(asked))
    Object.assign(own.faults, { delayEvery: 1, delayMs: 120 })
    await until(async () => {
      await store.reserve(ask([candidate('y')]))
      return !store.connected
    })
    expect((await drain(store, asked)).length).toBeLessThanOrEqual(19)
    const rest = await drain(other, asked)
    // by the next trial it knows, and before that it has no more than its share
    await until(async () => (await other.usage({ key: 'deployment:x', requests: 40, window })).requests >= 40)
    await until(async () => {
      await sleep(500)
      return 'reasons' in (await store.reserve(asked))
    })
    expect(rest.length).toBeGreaterThan(10)
  }, 30_000)

  it('moves a slot: candidates with one account are decided one by one, settlements are not lost', async () => {
    const own = faulty(await server.client())
    const options = space()
    await using store = storeOf({ namespace: options.namespace, client: own.client })
    await using other = storeOf(options)
    await spend(store, 3)
    own.faults.singleKeyOnly = true
    const asked = ask([candidate('x', { requests: 4 }), candidate('y', { requests: 2 })])
    const ids = (await drain(store, asked)).map(({ id, index }) => `${id}${index}`)
    expect(ids).toEqual(['x0', 'y1', 'y1'])
    expect(refused(await other.reserve(asked)).reasons.map(({ kind }) => kind)).toEqual(['requests', 'requests'])
    // a call of two accounts is decided by the share of this process
    const found = granted(await store.reserve(cent))
    store.settle(found, { tokens: 1, cost: 0.01 })
    await until(async () => (await centsOf(other)) === 4, 3_000)
    expect(store.observed.events).toEqual([])
  })

  it('forgets its scripts: they are loaded again', async () => {
    await using store = storeOf(space())
    granted(await store.reserve(cent))
    await (await server.client()).scriptFlush()
    granted(await store.reserve(cent))
    expect(store.observed.events).toEqual([])
  })

  it('knows EVAL only: is used with it', async () => {
    await using own = await RedisServer.start(false, false, ['--rename-command', 'EVALSHA', ''])
    const options = space(own)
    await using store = storeOf(options)
    await using other = storeOf(options)
    const asked = ask([candidate('x', { requests: 2 })])
    granted(await store.reserve(asked))
    granted(await other.reserve(asked))
    refused(await store.reserve(asked))
  })

  it('gives a user the documented rights: needs no others', async () => {
    await using own = await RedisServer.start()
    const looking = await own.client()
    const rights = '~{llmux:* +evalsha +eval +time +@hash +@sortedset +@keyspace +hello +client +ping'
    await looking.sendCommand(['ACL', 'SETUSER', 'app', 'on', '>secret', ...rights.split(' ')])
    await using store = storeOf({
      ...space(own),
      url: own.url.replace('redis://', 'redis://app:secret@'),
      leaseTtl: 300,
    })
    store.settle(granted(await store.reserve(cent)), { tokens: 1, cost: 0.01 })
    store.cooldown('y', { until: Date.now() + 1_000, reason: 'a rate limit' })
    await sleep(300)
    expect(await centsOf(store)).toBe(1)
    expect(store.observed.events).toEqual([])
    await using wrong = storeOf({ url: own.url.replace('redis://', 'redis://app:wrong@') })
    await expect(wrong.reserve(cent)).rejects.toThrow(/does not accept the credentials/)
  })

  it('is a Cluster: works over createCluster(), and works as one node of it that owns the slot', async () => {
    await using own = await RedisServer.start(false, true)
    const cluster = createCluster({ rootNodes: [{ url: own.url }] })
    cluster.on('error', () => {})
    await cluster.connect()
    const store = storeOf({ client: cluster })
    const daily = { key: 'daily', budget: 1, budgetWindow: { duration: '1d' } }
    const asked = ask(['x', 'y'].map((id) => candidate(id, { requests: 5, accounts: [team, daily], estimate: 0.1 })))
    store.settle(granted(await store.reserve(asked)), { tokens: 5, cost: 0.1 })
    store.cooldown('y', { until: Date.now() + 1_000, reason: 'a rate limit' })
    await sleep(50)
    expect(await store.usage(daily)).toMatchObject({ spent: 0.1 })
    await store.close()
    expect(store.observed.events).toEqual([])
    cluster.destroy()
  }, 20_000)

  it('serves a client of the user: leaves it open', async () => {
    const own = await server.client()
    const store = storeOf({ client: own, namespace: space().namespace })
    granted(await store.reserve(cent))
    await store.close()
    expect(await own.ping()).toBe('PONG')
  })

  it('knows how many processes there are', async () => {
    await using own = await RedisServer.start()
    const options = { ...space(own), leaseTtl: 900 }
    await using a = storeOf(options)
    await using b = storeOf(options)
    const c = storeOf(options)
    for (const store of [a, b, c]) granted(await store.reserve(cent))
    await c.close()
    await sleep(400)
    await own.kill()
    await until(() => !a.connected)
    expect(a.observed.events[0]).toMatchObject({ state: 'local', processes: 2 })
  }, 20_000)
})
