import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import type { LocalCall, RouterState } from '../../src/limits/types.js'
// loads with the first check otherwise, after the turns that a test counts
import '../../src/router/deployments/health-requests.js'
import { dep, failure, held, messages, nothing, setup, TestClock, turns } from './helpers.js'

const prices = { input: 0, output: 1_000_000 }
const reply = { text: 'x', usage: { promptTokens: 7, completionTokens: 3 } }

describe('a health check', () => {
  it('counts in limits, budgets and calls in flight like any request', async () => {
    const at = setup(
      {
        modelList: [dep('a', { rpm: 9, tpm: 10_000, prices, maxBudget: 50 })],
        budgets: { router: { maxBudget: 60 }, providers: { openai: { maxBudget: 70 } }, tags: { x: { maxBudget: 1 } } },
      },
      { clock: new TestClock({ frozen: true }) },
    )
    at.mock.reply({ ...reply, delayMs: 120 })
    const check = at.router.healthCheck()
    await turns()
    expect(at.router.deployment('a')).toMatchObject({ inFlight: 1, requests: 1 })
    expect(await check).toMatchObject([{ healthy: true }])
    expect(at.router.deployment('a')).toMatchObject({ inFlight: 0, requests: 1, tokens: 10, picks: 0, successes: 0 })
    expect(at.router.deployment('a')?.latency.callMs).toBeUndefined()
    const spent = at.router.snapshot().budgets.map(({ key, spent }) => [key, spent])
    expect(spent).toEqual([
      ['router', 3],
      ['provider:openai', 3],
      ['tag:x', 0],
      ['deployment:a', 3],
    ])
    expect(held(at.router)).toEqual(nothing)
  })

  it('is never rejected by limits and budgets, and counts against them', async () => {
    const at = setup(
      {
        modelList: [dep('a', { rpm: 2, prices, maxBudget: 1, maxParallelRequests: 1 })],
        enforceLimits: true,
        queue: false,
      },
      { clock: new TestClock({ frozen: true }) },
    )
    at.mock.reply(reply, { times: 9 })
    for (let i = 0; i < 3; i++) expect(await at.router.healthCheck()).toMatchObject([{ healthy: true }])
    expect(at.router.deployment('a')).toMatchObject({ requests: 3, status: 'healthy' })
    const error = await failure(at.router.completion({ model: 'gpt', messages, max_tokens: 1 }))
    expect(error.message).toContain('has spent $9.00 of $1.00')
    expect(held(at.router)).toEqual(nothing)
  })

  it('uses a request and no tokens if it fails, and nothing if it was never sent', async () => {
    const at = setup(
      {
        modelList: [
          dep('a', { tpm: 999 }),
          dep('b', { tpm: 999, apiKey: undefined, model: 'mistral/b' }),
          dep('e', { model: 'openai/text-embedding-3-small', tpm: 999 }),
        ],
      },
      { clock: new TestClock({ frozen: true }) },
    )
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a' })
    const reports = await at.router.healthCheck()
    expect(reports.map(({ healthy }) => healthy)).toEqual([false, false, true])
    expect(at.router.deployment('a')).toMatchObject({ requests: 1, tokens: 0, failures: 0, status: 'unhealthy' })
    expect(at.router.deployment('b')).toMatchObject({ requests: 0, tokens: 0 })
    expect(at.router.deployment('e')?.requests).toBe(1)
    expect(at.router.deployment('e')?.tokens).toBeGreaterThan(0)
    expect(held(at.router)).toEqual(nothing)
  })

  it("takes the provider's rate limits, also from an error", async () => {
    const at = setup(
      { modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })] },
      { clock: new TestClock({ frozen: true }) },
    )
    const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' }
    at.mock.fail({ kind: 'status', status: 429, headers }, { model: 'a' })
    await at.router.healthCheck()
    expect(await at.ask()).toBe('b')
    at.clock.advance(21_000)
    expect(await at.ask()).toBe('a')
  })

  it('uses the connections, headers and fields of the deployment', async () => {
    const own = mockProvider()
    const at = setup({
      modelList: [
        dep('a', {
          dispatcher: own.dispatcher,
          headers: { 'x-team': 'blue' },
          extra_body: { route: 'x' },
          temperature: 1,
        }),
      ],
    })
    expect(await at.router.healthCheck()).toMatchObject([{ healthy: true }])
    expect(at.mock.requests).toHaveLength(0)
    expect(own.requests[0]?.headers['x-team']).toBe('blue')
    expect(own.requests[0]?.body).toMatchObject({ route: 'x', max_tokens: 16 })
    expect(own.requests[0]?.body).not.toHaveProperty('temperature')
    await own.close()
  })

  it('returns its capacity to a call that waits', async () => {
    const at = setup({ modelList: [dep('a', { maxParallelRequests: 1 })] })
    at.mock.fail({ kind: 'slow-headers', ms: 30 })
    const check = at.router.healthCheck()
    await turns()
    expect(await at.ask()).toBe('a')
    await check
    expect(at.mock.requests).toHaveLength(2)
  })

  it('is reported to the shared state', async () => {
    const noted: LocalCall[] = []
    const state: RouterState = {
      connected: true,
      reserve: async () => ({ index: 0, id: 'lease' }),
      settle: () => {},
      note: (call) => void noted.push(call),
      cooldown: () => {},
      recovered: () => {},
      close: async () => {},
    }
    const at = setup({ modelList: [dep('a', { prices, maxBudget: 50 })], state })
    at.mock.reply(reply)
    await at.router.healthCheck()
    expect(noted).toMatchObject([{ id: 'a', tokens: 10, cost: 3, accounts: [{ key: 'deployment:a', budget: 50 }] }])
  })
})

describe('enforced limits', () => {
  it('hold for an unhealthy deployment', async () => {
    const at = setup(
      { modelList: [dep('a', { rpm: 2 })], enforceLimits: true, queue: false },
      { clock: new TestClock({ frozen: true }) },
    )
    at.mock.fail({ kind: 'status', status: 500 })
    await at.router.healthCheck()
    at.mock.fail({ kind: 'status', status: 400 })
    await failure(at.router.completion({ model: 'gpt', messages }))
    expect(at.router.deployment('a')).toMatchObject({ status: 'unhealthy', requests: 2 })
    expect(await failure(at.router.completion({ model: 'gpt', messages }))).toMatchObject({
      code: 'no_deployments_available',
    })
    expect(at.mock.requests).toHaveLength(2)
  })

  it('and budgets hold for a model without JSON schemas', async () => {
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } as const
    const plain = { ...prices, abilities: ['systemMessages'] } as const
    const at = setup({ modelList: [dep('a', { prices: plain, maxBudget: 1 })], queue: false })
    const call = { model: 'gpt', messages, response_format, max_tokens: 5 }
    expect(await failure(at.router.completion(call as never))).toMatchObject({ code: 'budget_exceeded' })
    const limited = setup({ modelList: [dep('a', { prices: plain, rpm: 1 })], enforceLimits: true, queue: false })
    await limited.router.completion(call as never).catch(() => {})
    const error = await failure(limited.router.completion(call as never))
    expect(error).toMatchObject({ code: 'no_deployments_available' })
    expect(limited.mock.requests.length).toBeLessThanOrEqual(1)
  })
})
