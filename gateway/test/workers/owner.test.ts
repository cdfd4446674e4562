import { EventEmitter } from 'node:events'
import type { LimitAccount } from 'llmux'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { refusalOf } from '../../src/refusal.js'
import { calls, Owner } from '../../src/workers/owner.js'
import { Peer, type Socket } from '../../src/workers/peer.js'
import { RemoteLimits } from '../../src/workers/remote-limits.js'
import { RemoteSql, sqlCalls } from '../../src/workers/remote-sql.js'
import { temporaryFolder } from '../control/harness.js'

/** Two ends of a socket that carries JSON. */
function sockets(): [Socket, Socket] {
  const [left, right] = [new EventEmitter(), new EventEmitter()]
  const end = (own: EventEmitter, other: EventEmitter): Socket => ({
    send: (message) => {
      const text = JSON.stringify(message)
      setImmediate(() => other.emit('message', JSON.parse(text)))
    },
    on: (event, listener) => own.on(event, listener),
  })
  return [end(left, right), end(right, left)]
}

let owner: Owner
const events = { ready: () => {}, failed: () => {} }

/** A worker of the owner, without a process. */
function hire(handlers: Record<string, (...args: never[]) => unknown> = {}) {
  const [ownerEnd, workerEnd] = sockets()
  const seat = owner.seat(ownerEnd, events)
  const peer: Peer = new Peer(workerEnd, {
    [sqlCalls.changed]: () => sql.changed(),
    [calls.ownMetrics]: () => [],
    ...handlers,
  })
  const sql = new RemoteSql(peer)
  return { peer, sql, die: seat.close }
}

beforeEach(async () => {
  owner = new Owner(temporaryFolder())
  await hire().sql.query('CREATE TABLE llmux_rows (id TEXT PRIMARY KEY)')
})
afterEach(() => owner.close())

it('gives an error of the database to the worker that caused it', async () => {
  const { sql } = hire()
  await expect(sql.query('SELECT * FROM missing')).rejects.toThrow('no such table')
})

it('keeps the transactions of two workers apart', async () => {
  const [one, other] = [hire(), hire()]
  const order: string[] = []
  const write = ({ sql }: typeof one, name: string) =>
    sql.transaction(async (tx) => {
      order.push(`${name} begins`)
      await tx.query('INSERT INTO llmux_rows (id) VALUES (?)', [name])
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push(`${name} ends`)
    })
  await Promise.all([write(one, 'a'), write(other, 'b')])
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  expect(await one.sql.query('SELECT id FROM llmux_rows ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }])
})

it('rolls back a transaction that fails, and one whose worker ends', async () => {
  const [one, other] = [hire(), hire()]
  const failing = one.sql.transaction(async (tx) => {
    await tx.query('INSERT INTO llmux_rows (id) VALUES (?)', ['a'])
    throw new Error('changed its mind')
  })
  await expect(failing).rejects.toThrow('changed its mind')
  let inside: () => void = () => {}
  const reached = new Promise<void>((resolve) => {
    inside = resolve
  })
  const abandoned = one.sql.transaction(async (tx) => {
    await tx.query('INSERT INTO llmux_rows (id) VALUES (?)', ['b'])
    inside()
    await new Promise(() => {})
  })
  abandoned.catch(() => {})
  await reached
  one.die()
  expect(await other.sql.query('SELECT id FROM llmux_rows')).toEqual([])
})

it('announces changed rows to the other workers, and nothing else', async () => {
  const [one, other] = [hire(), hire()]
  const seen = { one: 0, other: 0 }
  one.sql.listen(() => seen.one++)
  other.sql.listen(() => seen.other++)
  await one.sql.query('SELECT 1')
  await one.sql.transaction((tx) => tx.query('SELECT 1'))
  await one.sql.transaction((tx) => tx.query('INSERT INTO llmux_rows (id) VALUES (?)', ['a']))
  await vi.waitFor(() => expect(seen).toEqual({ one: 0, other: 1 }))
})

const account: LimitAccount = { key: 'key:1', requests: 3, parallel: 2, budget: 1 }
const request = { candidates: [{ id: 'call', accounts: [account], estimate: 0.2 }], tokens: 10 }

it('counts the limits of all workers together', async () => {
  const stores = [hire(), hire()].map(({ peer }) => new RemoteLimits(peer, 'admission'))
  const [one, other] = stores as [RemoteLimits, RemoteLimits]
  const first = await one.reserve(request)
  const second = await other.reserve(request)
  const third = await other.reserve(request)
  expect([first, second].every((found) => 'index' in found)).toBe(true)
  expect(third).toMatchObject({ reasons: [{ kind: 'parallel', account: 'key:1' }] })
  if ('index' in first) one.settle(first, { tokens: 12, cost: 0.5 })
  expect(await other.usage(account)).toMatchObject({ inFlight: 1, requests: 2, spent: 0.5 })
  if ('index' in second) other.release(second)
  expect(await one.usage(account)).toMatchObject({ inFlight: 0, requests: 1 })
  await one.seed(account, { spent: 0.9 })
  expect(await other.usage(account)).toMatchObject({ spent: 0.9 })
  expect(await other.reserve(request)).toMatchObject({ reasons: [{ kind: 'budget' }] })
})

it('returns what a worker holds once it has ended', async () => {
  const [one, other] = [hire(), hire()]
  await new RemoteLimits(one.peer, 'admission').reserve(request)
  const store = new RemoteLimits(other.peer, 'admission')
  expect(await store.usage(account)).toMatchObject({ inFlight: 1, reserved: 0.2 })
  one.die()
  expect(await store.usage(account)).toMatchObject({ inFlight: 0, reserved: 0, requests: 1, tokens: 10 })
})

it('reports cooldowns of one worker to the Router of another one', async () => {
  const [one, other] = [hire(), hire()].map(({ peer }) => new RemoteLimits(peer, 'router')) as [
    RemoteLimits,
    RemoteLimits,
  ]
  const update = vi.fn()
  other.attach({ update })
  const until = Date.now() + 60_000
  one.cooldown('east', { until, reason: 'rate limit' })
  const both = [
    { id: 'east', accounts: [{ key: 'deployment:east' }] },
    { id: 'west', accounts: [{ key: 'deployment:west' }] },
  ]
  expect(await other.reserve({ candidates: both })).toMatchObject({ index: 1, id: 'west' })
  expect(update.mock.calls[0]?.[0]).toMatchObject([{ id: 'east', cooldown: { until } }, { id: 'west' }])
})

it('adds up the metrics of the workers, also of one that has ended', async () => {
  const metric = (type: 'counter' | 'gauge', value: number) => ({
    ...{ name: type, help: '', type, merge: 'sum', names: ['model'], series: [[['a'], value]] },
  })
  const one = hire({ [calls.ownMetrics]: () => [metric('counter', 2), metric('gauge', 5)] })
  const other = hire({ [calls.ownMetrics]: () => [metric('counter', 3), metric('gauge', 7)] })
  const read = async () => {
    const found = await other.peer.ask<{ name: string; series: [string[], number][] }[]>(calls.metrics)
    return Object.fromEntries(found.map(({ name, series }) => [name, series[0]?.[1]]))
  }
  expect(await read()).toMatchObject({ counter: 5, gauge: 12 })
  one.die()
  expect(await read()).toMatchObject({ counter: 5, gauge: 7 })
})

it('lets one worker claim a key within its time', async () => {
  const [one, other] = [hire().peer, hire().peer]
  expect(await one.ask(calls.claim, 'budget', 50)).toBe(true)
  expect(await other.ask(calls.claim, 'budget', 50)).toBe(false)
  await vi.waitFor(async () => expect(await other.ask(calls.claim, 'budget', 50)).toBe(true))
})

it('returns nothing twice: a call that arrives after the end of its worker is not answered', async () => {
  const [one, other] = [hire(), hire()]
  const late = new RemoteLimits(one.peer, 'admission').reserve(request)
  one.die()
  await expect(Promise.race([late, new Promise((resolve) => setTimeout(resolve, 50, 'no answer'))])).resolves.toBe(
    'no answer',
  )
  expect(await new RemoteLimits(other.peer, 'admission').usage(account)).toMatchObject({ inFlight: 0, requests: 0 })
})

it('fails a call whose value no socket carries, and no other', async () => {
  const { peer } = hire()
  const answers = await Promise.allSettled([
    peer.ask(calls.claim, 'budget', 50),
    peer.ask(calls.publish, 'topic', 1n),
    peer.ask(calls.claim, 'other', 50),
  ])
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

it('ends the open calls of a peer when its connection ends', async () => {
  const { peer } = hire()
  const open = peer.ask(calls.claim, 'budget', 50)
  peer.close(new Error('The owner has ended.'))
  await expect(open).rejects.toThrow('The owner has ended.')
  await expect(peer.ask(calls.metrics)).rejects.toThrow('The owner has ended.')
})

it('refuses a call with 503 while the owner is stopped, and returns what it reserves later', async () => {
  const [ownerEnd, workerEnd] = sockets()
  const held: unknown[] = []
  let stopped = true
  let deliver: (message: unknown) => void = () => {}
  const slowEnd: Socket = {
    send: (message) => ownerEnd.send(message),
    on: (_, listener) => {
      deliver = listener
      return ownerEnd.on('message', (message) => (stopped ? held.push(message) : listener(message)))
    },
  }
  owner.seat(slowEnd, events)
  const limits = new RemoteLimits(new Peer(workerEnd, {}), 'admission')
  const account: LimitAccount = { key: 'key:stopped', parallel: 1 }
  const request = { candidates: [{ id: 'call', accounts: [account] }] }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const refused = Promise.all(
    [limits.reserve(request), limits.usage(account)].map((asked) => asked.catch((error) => error)),
  )
  await vi.advanceTimersByTimeAsync(6_000)
  vi.useRealTimers()
  for (const error of await refused) expect(refusalOf(error)?.status).toBe(503)
  stopped = false
  for (const message of held) deliver(message)
  // the place of the refused call is free again
  await expect.poll(async () => 'index' in (await limits.reserve(request)), { timeout: 10_000 }).toBe(true)
})
