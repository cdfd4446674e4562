import { createCluster, createSentinel } from 'redis'
import { describe, expect, it } from 'vitest'
import type { RedisClient } from '../../../src/limits/redis/index.js'
import { ask, candidate, drain, granted, sleep, storeOf, type TestStore, until } from './helpers.js'
import { hasRedis, RedisServer } from './server.js'

const team = { key: 'team', budget: 1 }
/** A call of one cent. */
const cent = ask([candidate('x', { requests: 1_000, accounts: [team], estimate: 0.01 })])
const centsOf = async (store: TestStore) => Math.round((await store.usage(team)).spent * 100)

/** Spends cents until the test stops it, and counts them. */
function spender(store: TestStore, pauseMs: number) {
  const counted = { cents: 0, errors: [] as unknown[], stop: async () => {} }
  let isRunning = true
  const work = (async () => {
    while (isRunning) {
      try {
        const found = await store.reserve(cent)
        if ('index' in found) {
          counted.cents++
          store.settle(found, { tokens: 1, cost: 0.01 })
        }
      } catch (error) {
        counted.errors.push(error)
      }
      await sleep(pauseMs)
    }
  })()
  counted.stop = () => {
    isRunning = false
    return work
  }
  return counted
}

describe.skipIf(!hasRedis)('redisLimits() over createSentinel()', () => {
  it.each([
    ['that has nothing', 0],
    ['that lags by half', 30],
  ])(
    'keeps to a budget when a replica %s is promoted, and counts everything again',
    async (_, known) => {
      await using master = await RedisServer.start(false, false, ['--repl-diskless-sync-delay', '0'])
      await using replica = await RedisServer.start(false, false, ['--replicaof', '127.0.0.1', String(master.port)])
      const [onMaster, onReplica] = [await master.client(), await replica.client()]
      await until(async () => (await onMaster.info('replication')).includes('state=online'))
      await using sentinel = await RedisServer.sentinel(master, 'main')
      const onSentinel = await sentinel.client()
      await until(async () => (await onSentinel.sendCommand<unknown[]>(['SENTINEL', 'REPLICAS', 'main'])).length > 0)

      const connect = async () => {
        const client = createSentinel({
          name: 'main',
          sentinelRootNodes: [{ host: '127.0.0.1', port: sentinel.port }],
          scanInterval: 200,
        })
        client.on('error', () => {})
        await client.connect()
        return client
      }
      const clients = [await connect(), await connect()]
      const stores = clients.map((client) =>
        storeOf({ client: client as unknown as RedisClient, leaseTtl: 900, processes: 2 }),
      )
      for (const store of stores) {
        for (let i = 0; i < known / 2; i++) store.settle(granted(await store.reserve(cent)), { tokens: 1, cost: 0.01 })
      }
      await sleep(200)
      // a wrong password keeps the replica from following
      await onReplica.configSet('masterauth', 'wrong')
      await onMaster.sendCommand(['CLIENT', 'KILL', 'TYPE', 'replica'])
      const spent = stores.map((store) => spender(store, 10))
      await until(() => spent.reduce((sum, { cents }) => sum + cents, known) >= 60)
      await master.kill()
      // Sentinel closes the connections to a server that it promotes, so a question may be cut
      const info = () => onReplica.info('replication').catch(() => '')
      await until(async () => (await info()).includes('role:master'))
      await until(() => stores.every(({ connected, observed }) => connected && observed.events.length >= 2))
      await sleep(1_500)
      for (const one of spent) await one.stop()

      const total = spent.reduce((sum, { cents }) => sum + cents, known)
      expect(spent.flatMap(({ errors }) => errors)).toEqual([])
      expect(total).toBeGreaterThanOrEqual(100)
      // what the replica lacked, and what one process spent alone, can be spent again until it is reported
      expect(total).toBeLessThanOrEqual(100 + 60 - known + 20)
      await until(async () => (await centsOf(stores[0] as TestStore)) === total)
      for (const store of stores) expect((await drain(store, cent)).length).toBe(0)
      for (const store of stores) await store.close()
      for (const client of clients) client.destroy()
    },
    60_000,
  )
})

describe.skipIf(!hasRedis)('redisLimits() over createCluster()', () => {
  it.each([
    ['a node that has slots', true],
    ['a new node, which clients do not know', false],
  ])(
    'keeps to a budget while its slot moves to %s',
    async (_, isKnown) => {
      await using from = await RedisServer.start(false, true)
      await using to = await RedisServer.emptyNode()
      const [source, target] = [await from.client(), await to.client()]
      await source.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(to.port), String(to.busPort)])
      await until(async () => (await target.clusterInfo()).includes('cluster_state:ok'))
      await until(async () => (await source.clusterInfo()).includes('cluster_known_nodes:2'))
      const ids = await Promise.all(
        [source, target].map(async (node) => String(await node.sendCommand(['CLUSTER', 'MYID']))),
      )
      const [sourceId = '', targetId = ''] = ids
      const slot = String(await source.clusterKeySlot('{llmux:moves}'))
      const give = async (one: string) => {
        for (const node of [target, source]) await node.sendCommand(['CLUSTER', 'SETSLOT', one, 'NODE', targetId])
      }
      if (isKnown) await give(slot === '0' ? '1' : '0')

      const connect = async () => {
        const client = createCluster({ rootNodes: [{ url: from.url }] })
        client.on('error', () => {})
        await client.connect()
        return client
      }
      const clients = [await connect(), await connect()]
      const stores = clients.map((client) => storeOf({ client, namespace: 'moves', leaseTtl: 900, processes: 2 }))
      const spent = stores.map((store) => spender(store, 15))
      const total = () => spent.reduce((sum, { cents }) => sum + cents, 0)
      await until(() => total() >= 20)
      await target.sendCommand(['CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId])
      await source.sendCommand(['CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId])
      for (;;) {
        const keys = await source.sendCommand<string[]>(['CLUSTER', 'GETKEYSINSLOT', slot, '1'])
        if (keys.length === 0) break
        await sleep(200)
        await source.sendCommand(['MIGRATE', '127.0.0.1', String(to.port), '', '0', '1000', 'KEYS', ...keys])
      }
      await sleep(200)
      await give(slot)
      const moved = total()
      await until(() => total() > moved + 5 || total() >= 100)
      await sleep(3_000)
      for (const one of spent) await one.stop()
      expect(spent.flatMap(({ errors }) => errors)).toEqual([])
      expect(total()).toBeGreaterThanOrEqual(100)
      // the first process that is back may spend again what the other one spent alone, which is at most its share
      expect(total()).toBeLessThanOrEqual(isKnown ? 102 : 140)
      if (isKnown) expect(stores.map(({ observed }) => observed.events)).toEqual([[], []])
      await until(async () => (await centsOf(stores[0] as TestStore)) === total())
      for (const store of stores) await store.close()
      for (const client of clients) client.destroy()
    },
    60_000,
  )
})
