import { describe, expect, it } from 'vitest'
import { LimitQueue } from '../../src/limits/limit-queue.js'
import { memoryLimits } from '../../src/limits/memory.js'
import type { Rejection, Reservation, ReserveRequest } from '../../src/limits/types.js'

const one: ReserveRequest = { candidates: [{ id: 'call', accounts: [{ key: 'a', parallel: 1 }] }] }
const turns = () => new Promise((resolve) => setTimeout(resolve, 5))

function granted(found: Reservation | Rejection): Reservation {
  if ('reasons' in found) throw new Error(`rejected: ${JSON.stringify(found)}`)
  return found
}

describe('LimitQueue', () => {
  it('lets calls go by priority, then in order of arrival', async () => {
    const queue = new LimitQueue(memoryLimits())
    const held = granted(await queue.reserve(one))
    const order: string[] = []
    const call = async (name: string, priority?: number) => {
      const found = granted(await queue.reserve(one, { priority }))
      order.push(name)
      queue.settle(found, { tokens: 0, cost: 0 })
    }
    const calls = [call('first'), call('second'), call('urgent', -1)]
    await turns()
    expect(queue.size).toBe(3)
    queue.settle(held, { tokens: 0, cost: 0 })
    await Promise.all(calls)
    expect(order).toEqual(['urgent', 'first', 'second'])
    expect(queue.size).toBe(0)
  })

  it('returns the rejection after maxWaitMs', async () => {
    const queue = new LimitQueue(memoryLimits())
    granted(await queue.reserve(one))
    expect(await queue.reserve(one, { maxWaitMs: 20 })).toMatchObject({ reasons: [{ kind: 'parallel', account: 'a' }] })
  })

  it('rejects at once if time brings no budget back', async () => {
    const queue = new LimitQueue(memoryLimits())
    const spend: ReserveRequest = { candidates: [{ id: 'call', accounts: [{ key: 'a', budget: 1 }], estimate: 1 }] }
    queue.settle(granted(await queue.reserve(spend)), { tokens: 0, cost: 1 })
    expect(await queue.reserve(spend, { maxWaitMs: 60_000 })).toMatchObject({ reasons: [{ kind: 'budget' }] })
  })

  it('does not let calls of one account wait for another', async () => {
    const queue = new LimitQueue(memoryLimits())
    granted(await queue.reserve(one))
    const waiting = queue.reserve(one, { maxWaitMs: 200 })
    await turns()
    granted(await queue.reserve({ candidates: [{ id: 'call', accounts: [{ key: 'b', parallel: 1 }] }] }))
    expect(await waiting).toHaveProperty('reasons')
  })

  it('ends waits that are aborted, and all of them when it closes', async () => {
    const queue = new LimitQueue(memoryLimits())
    granted(await queue.reserve(one))
    const stop = new AbortController()
    const aborted = queue.reserve(one, { signal: stop.signal })
    const closed = queue.reserve(one)
    const outcomes = Promise.allSettled([aborted, closed])
    await turns()
    stop.abort()
    queue.close()
    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { name: 'AbortError' } },
      { status: 'rejected', reason: { name: 'APIConnectionError' } },
    ])
    await expect(queue.reserve(one)).rejects.toThrow('The queue is closed')
  })
})
