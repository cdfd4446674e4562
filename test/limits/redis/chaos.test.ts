import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RedisClient } from '../../../src/limits/redis/index.js'
import type { Reservation } from '../../../src/limits/types.js'
import { sleep, storeOf, until } from './helpers.js'
import { hasRedis, RedisServer } from './server.js'

type Fault = 'none' | 'late' | 'lost answer' | 'lost command' | 'moving'
type Options = { keys: string[]; arguments: string[] }

/** A client whose next commands meet a fault. */
function unreliable(client: RedisClient) {
  const state = { fault: 'none' as Fault }
  const run = async (send: () => Promise<unknown>, { keys }: Options) => {
    const { fault } = state
    if (fault === 'lost command') throw new Error('Socket closed unexpectedly')
    if (fault === 'moving' && keys.length > 1)
      throw new Error('TRYAGAIN Multiple keys request during rehashing of slot')
    const answer = await send()
    if (fault === 'late') await sleep(60)
    if (fault === 'lost answer') throw new Error('Socket closed unexpectedly')
    return answer
  }
  return {
    state,
    client: {
      isReady: true,
      evalSha: (sha: string, options: Options) => run(() => client.evalSha(sha, options), options),
      eval: (source: string, options: Options) => run(() => client.eval(source, options), options),
    },
  }
}

type Step =
  | { kind: 'call'; by: number; tokens: number; cents: number; refused: boolean }
  | { kind: 'end'; by: number }
  | { kind: 'fault'; by: number; fault: Fault }
  | { kind: 'flush' | 'evict' | 'pause' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      by: fc.nat(2),
      tokens: fc.nat(50),
      cents: fc.nat(9),
      refused: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), by: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      by: fc.nat(2),
      fault: fc.constantFrom<Fault>('none', 'late', 'lost answer', 'lost command', 'moving'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'evict' as const, 'pause' as const) }) },
)

const calls = { kind: 'call' as const, tokens: 0, cents: 0, refused: false }
/** The announcement of a call that was granted alone, one command for each account, is overtaken by the report of its end. */
const overtaken: Step[] = [
  { ...calls, by: 2 },
  { kind: 'flush' },
  { kind: 'fault', by: 0, fault: 'moving' },
  { kind: 'end', by: 2 },
  { ...calls, by: 0 },
]

describe.skipIf(!hasRedis)('redisLimits() under any sequence of faults', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('knows in the end exactly the usage of all calls', async () => {
    const raw = await server.client()
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const namespace = `chaos${runs++}`
        const team = { key: 'team', budget: 1_000, counted: true }
        const parts = [0, 1, 2].map(() => {
          const link = unreliable(raw)
          const store = storeOf({ client: link.client, namespace, commandTimeout: 40, leaseTtl: 600 })
          return { link, store, open: [] as { found: Reservation; tokens: number; cents: number; refused: boolean }[] }
        })
        const expected = { requests: 0, tokens: 0, cents: 0 }
        let released = 0
        let calls = 0
        const end = (part: (typeof parts)[number]) => {
          const call = part.open.shift()
          if (!call) return
          const { found, tokens, cents, refused } = call
          if (refused) {
            part.store.release(found)
            released++
          } else {
            part.store.settle(found, { tokens, cost: cents / 100 })
            expected.requests++
            expected.tokens += tokens
            expected.cents += cents
          }
        }
        for (const one of steps) {
          if (one.kind === 'flush') await raw.flushAll()
          else if (one.kind === 'evict') await raw.del(`{llmux:${namespace}}:account:team`)
          else if (one.kind === 'pause') await sleep(30)
          else if ('by' in one) {
            const part = parts[one.by]
            if (!part) continue
            if (one.kind === 'fault') part.link.state.fault = one.fault
            else if (one.kind === 'end') end(part)
            else if (one.kind === 'call') {
              const { tokens, cents, refused } = one
              const candidates = [{ id: 'x', accounts: [{ key: 'x', counted: true }, team], estimate: 0.1 }]
              const found = await part.store.reserve({ candidates, tokens: 20 })
              calls++
              if ('index' in found) part.open.push({ found, tokens, cents, refused })
            }
          }
        }
        for (const part of parts) {
          part.link.state.fault = 'none'
          while (part.open.length > 0) end(part)
        }
        await until(() => parts.every(({ store }) => store.connected))
        const [first] = parts
        const seen = async () => {
          const usage = await first?.store.usage(team)
          const cents = Math.round((usage?.spent ?? 0) * 100)
          const { requests = 0, tokens = 0, inFlight, reserved } = usage ?? {}
          // a call that another process observed before its release may count until it leaves the window; as long as it does, so
          // do the estimates of the calls that were observed with it
          const surplus = Math.max(0, requests - expected.requests)
          if (surplus > released) return { requests, tokens, cents, inFlight, reserved }
          const estimates = Math.max(0, tokens - expected.tokens)
          return {
            requests: requests - surplus,
            tokens: surplus > 0 && estimates <= calls * 20 ? tokens - estimates : tokens,
            ...{ cents, inFlight, reserved },
          }
        }
        const right = { ...expected, inFlight: 0, reserved: 0 }
        await until(async () => JSON.stringify(await seen()) === JSON.stringify(right), 2_500).catch(() => {})
        expect(await seen()).toEqual(right)
        await Promise.all(parts.map(({ store }) => store.close()))
      }),
      { numRuns: Number(process.env.LLMUX_CHAOS_RUNS ?? 6), examples: [[overtaken], [overtaken], [overtaken]] },
    )
  }, 300_000)
})
