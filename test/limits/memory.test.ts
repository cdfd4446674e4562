import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BadRequestError } from '../../src/errors.js'
import { Budget } from '../../src/limits/budget.js'
import { memoryLimits } from '../../src/limits/memory.js'
import type { LimitAccount, Rejection, Reservation, ReserveRequest } from '../../src/limits/types.js'
import { PeriodWindow, RollingWindow } from '../../src/limits/window.js'

const minute = 60_000

function setup(start = 1_700_000_000_000) {
  let now = start
  const clock = { wall: () => now, now: () => now, random: () => 0.5 }
  const limits = memoryLimits({ clock })
  const request = (
    accounts: readonly LimitAccount[],
    more: Partial<ReserveRequest> & { cost?: number; most?: number } = {},
  ) => {
    const { cost = 0, most = cost, ...rest } = more
    return limits.reserve({ candidates: [{ id: 'call', accounts, estimate: cost, most }], ...rest })
  }
  const advance = (ms: number) => {
    now += ms
  }
  return { limits, request, advance, now: () => now }
}

function granted(found: Reservation | Rejection): Reservation {
  if ('reasons' in found) throw new Error(`refused: ${JSON.stringify(found)}`)
  return found
}

function refused(found: Reservation | Rejection) {
  if (!('reasons' in found)) throw new Error('granted')
  return found.reasons[0]
}

describe('memoryLimits()', () => {
  it('reserves on all accounts or on none', () => {
    const { limits, request } = setup()
    const key = { key: 'key:a', requests: 10 }
    const team = { key: 'team:x', requests: 2 }
    const all = { key: 'global', parallel: 2 }
    const accounts = [key, team, all]
    granted(request(accounts))
    granted(request(accounts))
    expect(refused(request(accounts))).toMatchObject({ kind: 'parallel', account: 'global' })
    expect(limits.usage(key)).toMatchObject({ requests: 2, inFlight: 2 })
    expect(limits.usage(team)).toMatchObject({ requests: 2, inFlight: 2 })
    expect(limits.usage(all)).toMatchObject({ inFlight: 2 })
  })

  it('takes the first candidate whose accounts all have capacity', () => {
    const { limits } = setup()
    const global = { key: 'global', requests: 3 }
    const ask = () =>
      limits.reserve({
        candidates: [
          { id: 'a', accounts: [{ key: 'a', requests: 1 }, global] },
          { id: 'b', accounts: [{ key: 'b', requests: 5 }, global] },
        ],
      })
    expect([granted(ask()).id, granted(ask()).id, granted(ask()).id]).toEqual(['a', 'b', 'b'])
    const found = ask()
    expect('reasons' in found && found.reasons.map(({ kind, account }) => [kind, account])).toEqual([
      ['requests', 'a'],
      ['requests', 'global'],
    ])
  })

  it('settles a reservation once, whatever comes later', () => {
    const { limits, request } = setup()
    const account = { key: 'a', tokens: 1_000, budget: 10, parallel: 1 }
    const held = granted(request([account], { tokens: 100, cost: 1, most: 4 }))
    expect(limits.usage(account)).toMatchObject({ tokens: 100, reserved: 4, spent: 0, inFlight: 1 })
    limits.settle(held, { tokens: 40, cost: 2 })
    limits.settle(held, { tokens: 900, cost: 9 })
    limits.release(held)
    expect(limits.usage(account)).toMatchObject({ requests: 1, tokens: 40, reserved: 0, spent: 2, inFlight: 0 })
  })

  it('forgets a call that was never sent', () => {
    const { limits, request } = setup()
    const account = { key: 'a', requests: 1, budget: 1 }
    limits.release(granted(request([account], { tokens: 5, cost: 1 })))
    expect(limits.usage(account)).toMatchObject({ requests: 0, tokens: 0, spent: 0, reserved: 0 })
    granted(request([account]))
  })

  it('counts input and output tokens apart', () => {
    const { limits, request } = setup()
    const account = { key: 'a', inputTokens: 100, outputTokens: 50 }
    const first = granted(request([account], { inputTokens: 60, outputTokens: 10 }))
    expect(refused(request([account], { inputTokens: 60, outputTokens: 1 }))).toMatchObject({ kind: 'tokens' })
    expect(refused(request([account], { inputTokens: 1, outputTokens: 45 }))).toMatchObject({ kind: 'tokens' })
    limits.settle(first, { tokens: undefined, inputTokens: 20, outputTokens: 5, cost: 0 })
    expect(limits.usage(account)).toMatchObject({ tokens: 25, inputTokens: 20, outputTokens: 5 })
    granted(request([account], { inputTokens: 60, outputTokens: 45 }))
  })

  it('lets a call larger than the limit go alone', () => {
    const { request } = setup()
    const account = { key: 'a', tokens: 10 }
    granted(request([account], { tokens: 50 }))
    expect(refused(request([account], { tokens: 50 }))).toMatchObject({ kind: 'tokens' })
  })

  it('reports when the window has capacity again, and has it then', () => {
    const { request, advance } = setup()
    const account = { key: 'a', requests: 1, window: { duration: '1h' } }
    granted(request([account]))
    advance(1_000_000)
    const { reason, retryAfterMs = 0 } = refused(request([account])) ?? {}
    expect(reason).toBe('account a has used its 1 requests per 1h')
    advance(retryAfterMs - 1)
    refused(request([account]))
    advance(1)
    granted(request([account]))
  })

  it('starts calendar windows again with the month', () => {
    const { request, advance, limits } = setup(Date.UTC(2026, 0, 31, 23))
    const account = {
      key: 'a',
      requests: 1,
      window: { duration: '1mo', type: 'calendar' },
      budget: 5,
      budgetWindow: { duration: '1mo', type: 'calendar' },
    } as const
    limits.settle(granted(request([account], { cost: 5 })), { tokens: 1, cost: 5 })
    expect(refused(request([account], { cost: 1 }))).toMatchObject({ kind: 'budget', retryAfterMs: 3_600_000 })
    advance(3_600_000)
    granted(request([account], { cost: 5 }))
  })

  it('takes changed limits with the next call', () => {
    const { request } = setup()
    granted(request([{ key: 'a', budget: 1 }], { cost: 1 }))
    refused(request([{ key: 'a', budget: 1 }], { cost: 1 }))
    granted(request([{ key: 'a', budget: 2 }], { cost: 1 }))
  })

  it('raises an account to known usage, as often as it is repeated', () => {
    const { limits, request } = setup()
    const account = { key: 'a', budget: 10, requests: 100 }
    limits.settle(granted(request([account], { cost: 2 })), { tokens: 0, cost: 2 })
    for (let i = 0; i < 3; i++) limits.seed(account, { spent: 7, requests: 40 })
    limits.seed(account, { spent: 3 })
    expect(limits.usage(account)).toMatchObject({ spent: 7, requests: 40 })
  })

  it('returns the capacity of calls that never came back after their timeout', () => {
    const { limits, request, advance } = setup()
    const account = { key: 'a', parallel: 1, budget: 1 }
    const lost = granted(request([account], { cost: 1, timeout: 5_000 }))
    refused(request([account], { cost: 1 }))
    advance(5_000)
    granted(request([account], { cost: 1 }))
    limits.settle(lost, { tokens: 0, cost: 1 })
    expect(limits.usage(account)).toMatchObject({ inFlight: 1, spent: 0 })
  })

  it('keeps calls away during a cooldown and lets one trial call go first', () => {
    const { limits, request, advance, now } = setup()
    limits.cooldown('call', { until: now() + 1_000, reason: 'a rate limit' })
    expect(refused(request([{ key: 'a' }]))).toMatchObject({ kind: 'cooldown', retryAfterMs: 1_000 })
    advance(1_001)
    const trial = granted(request([{ key: 'a' }]))
    expect(refused(request([{ key: 'a' }]))).toMatchObject({ kind: 'probing' })
    limits.settle(trial, { tokens: 1, cost: 0, latency: { callMs: 5, firstTokenMs: undefined, tokens: 1 } })
    granted(request([{ key: 'a' }]))
  })

  it('drops accounts without usage', () => {
    const { limits, request, advance } = setup()
    for (let i = 0; i < 5_000; i++) {
      limits.release(granted(request([{ key: `k${i}`, requests: 1, budget: 1 }])))
      advance(10)
    }
    const spending = { key: 'kept', budget: 5 }
    limits.settle(granted(request([spending])), { tokens: 0, cost: 1 })
    advance(2 * minute)
    for (let i = 0; i < 3_000; i++) limits.release(granted(request([{ key: `l${i}`, requests: 1 }])))
    expect(limits.usage(spending).spent).toBe(1)
  })

  it.each([
    [{ requests: 1 }, /must be an object with a 'key'/],
    [{ key: 'a', requests: -1 }, /'requests' of the account 'a' is invalid: it must be a number, 0 or more; got -1/],
    [{ key: 'a', window: { duration: '1y' } }, /'window' of the account 'a'.*such as '30s'.*got '1y'/],
    [{ key: 'a', budget: 1, budgetWindow: { type: 'daily' } }, /'type' must be 'rolling' or 'calendar'; got 'daily'/],
  ])('rejects the malformed account %j', (account, message) => {
    const { request } = setup()
    expect(() => request([account as never])).toThrow(BadRequestError)
    expect(() => request([account as never])).toThrow(message)
  })

  it('never grants more than a limit, in any order of calls', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            wait: fc.integer({ min: 0, max: 20_000 }),
            tokens: fc.integer({ min: 1, max: 40 }),
            settle: fc.boolean(),
          }),
          {
            maxLength: 60,
          },
        ),
        (calls) => {
          const { limits, request, advance, now } = setup()
          const account = { key: 'a', tokens: 100, requests: 8 }
          const log: { at: number; tokens: number }[] = []
          for (const { wait, tokens, settle } of calls) {
            advance(wait)
            const found = request([account], { tokens })
            if ('reasons' in found) continue
            const used = settle ? Math.ceil(tokens / 2) : tokens
            if (settle) limits.settle(found, { tokens: used, cost: 0 })
            log.push({ at: now(), tokens: used })
            const recent = log.filter(({ at }) => at > now() - minute)
            expect(recent.length).toBeLessThanOrEqual(8)
            expect(recent.reduce((sum, one) => sum + one.tokens, 0)).toBeLessThanOrEqual(100)
          }
        },
      ),
    )
  })
})

describe('Budget', () => {
  it('reserves exactly nothing without calls in flight, whatever the fractions', () => {
    const budget = new Budget('a', { maxBudget: 1 })
    // 0.1 + 0.2 - 0.1 - 0.2 is more than 0
    const holds = [0.1, 0.2].map((amount) => budget.hold(amount))
    for (const hold of holds) budget.settle(0, hold, 0)
    expect(budget.reserved).toBe(0)
    expect(budget.fits(0, 1, 1)).toBe(true)
  })

  it('is an account in plain data, with its current limit', () => {
    const budget = new Budget('team', { maxBudget: 5, budgetDuration: '2w', budgetWindow: 'calendar' })
    expect(budget.account).toEqual({ key: 'team', budget: 5, budgetWindow: { duration: '2w', type: 'calendar' } })
    expect(budget.account).toBe(budget.account)
    budget.limit = 6
    expect(budget.account.budget).toBe(6)
    expect(new Budget('all', { maxBudget: 1 }).account).toEqual({ key: 'all', budget: 1 })
  })
})

describe('windows', () => {
  it('ignore corrections of a slot that has left', () => {
    const rolling = new RollingWindow(minute)
    const slot = rolling.add(0, 1, 10)
    rolling.expire(2 * minute)
    rolling.amend(slot, -1, -10)
    expect([rolling.first, rolling.second]).toEqual([0, 0])
    const period = new PeriodWindow({ count: 1, unit: 'h', ms: 3_600_000 })
    const hour = period.add(0, 1, 10)
    period.add(3_600_000, 1, 3)
    period.amend(hour, -1, -10)
    expect([period.first, period.second]).toEqual([1, 3])
  })
})
