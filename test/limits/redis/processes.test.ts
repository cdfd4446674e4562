import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { slots } from '../../../src/limits/redis/scripts.js'
import { Fleet } from './fleet.js'
import { ask, candidate, granted, mostInSpan, refused, sleep, storeOf } from './helpers.js'
import { hasRedis, RedisServer } from './server.js'

describe.skipIf(!hasRedis)('several processes', () => {
  let server: RedisServer
  let fleet: Fleet
  beforeAll(async () => {
    server = await RedisServer.start()
    fleet = new Fleet()
  })
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  it('use a limit up together, and no more of it', async () => {
    const limit = 150
    const results = await fleet.run(3, {
      ...{ url: server.url, namespace: 'limit', mode: 'requests' },
      ...{ limit, window: '6s', runFor: 14_000, width: 10 },
    })
    const times = results.flatMap((result) => result.times)
    // a slot is 25 ms here, less than a busy machine needs to tell a process: the server's clock says when calls were granted
    const most = mostInSpan(
      results.flatMap((result) => result.slots),
      slots,
    )
    expect(most).toBeLessThanOrEqual(2 * limit)
    expect(most).toBeGreaterThanOrEqual(2 * limit * 0.99)
    expect(mostInSpan(times, 6_000)).toBeLessThanOrEqual(2 * limit * 1.1)
    for (const result of results) expect(result.times.length).toBeGreaterThan(10)
  }, 60_000)

  it('share a budget to the last cent', async () => {
    const results = await fleet.run(3, {
      ...{ url: server.url, namespace: 'budget', mode: 'budget' },
      ...{ limit: 2, runFor: 6_000, width: 10 },
    })
    const spent = results.reduce((sum, { cost }) => sum + cost, 0)
    // a call that ran alone went by its estimate of 1 cent, and may have cost 1.2
    expect(spent).toBeLessThanOrEqual(2.002)
    expect(spent).toBeGreaterThan(1.95)
  }, 30_000)

  it('forget the calls of one that was killed', async () => {
    const { child, said } = await fleet.start({
      ...{ url: server.url, namespace: 'killed', mode: 'hold', leaseTtl: 1_000 },
      ...{ limit: 5, runFor: 60_000, width: 5 },
    })
    expect(await said).toBe('holding')
    await using store = storeOf({ url: server.url, namespace: 'killed', leaseTtl: 1_000 })
    const asked = ask([candidate('x', { parallel: 5 })])
    await sleep(1_500)
    expect(refused(await store.reserve(asked)).reasons[0]?.kind).toBe('parallel')
    child.kill('SIGKILL')
    await sleep(1_100)
    granted(await store.reserve(asked))
    expect(store.observed.usage[0]?.inFlight).toBe(1)
  }, 30_000)
})
