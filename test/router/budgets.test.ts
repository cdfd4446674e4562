import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Budget } from '../../src/limits/budget.js'
import type { RouterOptions } from '../../src/router/types.js'
import { dep, failure, held, messages, nothing, type Setup, seeded, setup, TestClock, turns } from './helpers.js'

const frozen = () => new TestClock({ frozen: true })
/** A dollar for each token of the answer; the prompt is free. */
const prices = { input: 0, output: 1_000_000 }
const tokens = (completionTokens: number) => ({ text: 'x', usage: { promptTokens: 10, completionTokens } })
const budgetOf = ({ router }: Setup, key: string) => router.snapshot().budgets.find((one) => one.key === key)

describe('a budget', () => {
  it.each<[string, Partial<RouterOptions>, object, object]>([
    ['router', { budgets: { router: { maxBudget: 10 } } }, {}, {}],
    ['provider:openai', { budgets: { providers: { openai: { maxBudget: 10 }, anthropic: { maxBudget: 0 } } } }, {}, {}],
    ['deployment:a', {}, { maxBudget: 10 }, {}],
    ['tag:team', { budgets: { tags: { team: { maxBudget: 10 }, other: { maxBudget: 0 } } } }, {}, { tags: ['team'] }],
  ])('of %s rejects calls once it is used up', async (key, options, params, request) => {
    const at = setup({ modelList: [dep('a', { prices, ...params })], ...options })
    at.mock.reply(tokens(4), { times: 99 })
    for (let i = 0; i < 2; i++) await at.ask({ max_tokens: 5, ...request })
    expect(budgetOf(at, key)).toEqual({ key, limit: 10, spent: 8, reserved: 0 })
    const error = await failure(at.router.completion({ model: 'gpt', messages, max_tokens: 5, ...request }))
    expect(error).toMatchObject({ name: 'BudgetExceededError', code: 'budget_exceeded', retryable: false })
    expect(error.message).toContain(`has spent $8.00 of $10.00 of the budget '${key}'`)
    expect(at.mock.requests).toHaveLength(2)
    await at.ask({ max_tokens: 2, ...request })
    expect(held(at.router)).toEqual(nothing)
  })

  it('names the cost of the call if something is left', async () => {
    const at = setup({ modelList: [dep('a', { prices, maxBudget: 10 })] })
    const error = await failure(at.router.completion({ model: 'gpt', messages, max_tokens: 12 }))
    expect(error.message).toContain(
      "has spent $0.00 of $10.00 of the budget 'deployment:a', and the call may cost $12.00",
    )
  })

  it('of one deployment does not affect the others', async () => {
    const at = setup({ modelList: [dep('a', { prices, maxBudget: 3, order: 1 }), dep('b', { order: 2 })] })
    at.mock.reply(tokens(3), { times: 99 })
    expect(await at.ask({ max_tokens: 3 })).toBe('a')
    expect(await at.ask({ max_tokens: 3 })).toBe('b')
  })

  it('leads to a fallback once it is used up', async () => {
    const at = setup({
      modelList: [dep('a', { prices, maxBudget: 1 }), dep('c', {}, 'claude')],
      fallbacks: [{ gpt: ['claude'] }],
    })
    expect(await at.ask({ max_tokens: 3 })).toBe('c')
  })

  it('is held while a call is in flight, and returned when it fails', async () => {
    const at = setup({ modelList: [dep('a', { prices, maxBudget: 10 })], numRetries: 0 })
    at.mock.fail({ kind: 'slow-headers', ms: 30 })
    at.mock.fail({ kind: 'status', status: 500 })
    const slow = at.ask({ max_tokens: 6 })
    await turns()
    expect(budgetOf(at, 'deployment:a')).toMatchObject({ spent: 0, reserved: 6 })
    await slow
    const { spent } = budgetOf(at, 'deployment:a') ?? {}
    await failure(at.router.completion({ model: 'gpt', messages, max_tokens: 1 }))
    expect(budgetOf(at, 'deployment:a')).toMatchObject({ spent, reserved: 0 })
  })

  it('is charged for the received part of a stream that was left', async () => {
    const at = setup({ modelList: [dep('a', { prices, maxBudget: 10_000 })] })
    at.mock.reply({ text: 'one two three four five six', chunks: ['one two three four', ' five six'] })
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true, max_tokens: 500 })
    for await (const _ of stream) break
    const { spent = 0, reserved } = budgetOf(at, 'deployment:a') ?? {}
    expect(spent).toBeGreaterThan(0)
    expect(spent).toBeLessThan(50)
    expect(reserved).toBe(0)
  })

  it('rejects a model of unknown price, with the solution', async () => {
    const at = setup({ modelList: [dep('a', { maxBudget: 10 })] })
    const error = await failure(at.router.completion({ model: 'gpt', messages }))
    expect(error.message).toContain("the price of its model is unknown (set 'prices')")
    expect(error).toMatchObject({ code: 'no_deployments_available', retryable: false })
    expect(at.mock.requests).toHaveLength(0)
  })

  it('uses the provider and the price behind a wildcard', async () => {
    const at = setup({
      modelList: [{ id: 'any', modelName: '*', params: { model: '*' } }],
      budgets: { providers: { openai: { maxBudget: 0.000001 } } },
      client: { providers: { openai: { apiKey: 'k' }, mistral: { apiKey: 'k' } } },
    })
    const error = await failure(at.router.completion({ model: 'openai/gpt-4o', messages }))
    expect(error.code).toBe('budget_exceeded')
    expect(at.mock.requests).toHaveLength(0)
    await at.router.completion({ model: 'mistral/mistral-small-latest', messages })
    const all = setup({
      modelList: [{ id: 'any', modelName: '*', params: { model: '*' } }],
      budgets: { router: { maxBudget: 1 } },
      client: { providers: { openai: { apiKey: 'k' } } },
    })
    await all.router.completion({ model: 'openai/gpt-4o', messages })
    expect(budgetOf(all, 'router')?.spent).toBeGreaterThan(0)
  })

  it('counts a rolling window', async () => {
    const at = setup(
      { modelList: [dep('a', { prices, maxBudget: 10, budgetDuration: '1h' })], queue: false },
      { clock: frozen() },
    )
    at.mock.reply(tokens(5), { times: 99 })
    await at.ask({ max_tokens: 5 })
    at.clock.advance(1_800_000)
    await at.ask({ max_tokens: 5 })
    const error = await failure(at.router.completion({ model: 'gpt', messages, max_tokens: 5 }))
    expect(error).toMatchObject({ code: 'budget_exceeded' })
    expect(error.retryAfterMs).toBeGreaterThan(1_790_000)
    expect(error.retryAfterMs).toBeLessThanOrEqual(1_830_000)
    at.clock.advance(1_830_001)
    await at.ask({ max_tokens: 5 })
    expect(budgetOf(at, 'deployment:a')?.spent).toBe(10)
  })

  it.each([
    ['1h', Date.UTC(2026, 4, 6, 12), Date.UTC(2026, 4, 6, 13)],
    ['1d', Date.UTC(2026, 4, 6, 12), Date.UTC(2026, 4, 7)],
    ['1w', Date.UTC(2026, 4, 6, 12), Date.UTC(2026, 4, 11)],
    ['1mo', Date.UTC(2026, 4, 6, 12), Date.UTC(2026, 5, 1)],
    ['1mo', Date.UTC(2024, 1, 29, 23, 59, 59), Date.UTC(2024, 2, 1)],
    ['3mo', Date.UTC(2026, 4, 6, 12), Date.UTC(2026, 6, 1)],
  ])('counts a calendar window: %s', (budgetDuration, now, end) => {
    const budget = new Budget('x', { maxBudget: 10, budgetDuration, budgetWindow: 'calendar' })
    budget.spend(now, 10)
    expect(budget.freesIn(now)).toBe(end - now)
    expect(budget.fits(end - 1, 1, 1)).toBe(false)
    expect(budget.spent(end)).toBe(0)
    expect(budget.fits(end, 1, 1)).toBe(true)
  })

  it('lets calls wait for the part that other calls hold', async () => {
    const at = setup({ modelList: [dep('a', { prices, maxBudget: 10 })] })
    at.mock.reply({ ...tokens(3), delayMs: 20 }, { times: 9 })
    await Promise.all([at.ask({ max_tokens: 7 }), at.ask({ max_tokens: 7 })])
    expect(budgetOf(at, 'deployment:a')).toMatchObject({ spent: 6, reserved: 0 })
  })
})

describe('a budget under 1,000 simultaneous calls', () => {
  /** As many as there is money for: the others are refused. */
  async function flood(at: Setup, count: number, request: (i: number) => object) {
    await Promise.allSettled(Array.from({ length: count }, (_, i) => at.ask(request(i))))
    expect(held(at.router)).toEqual(nothing)
  }

  it('is never exceeded if max_tokens bounds the calls', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer(),
        async (limit, most, seed) => {
          const chance = seeded(seed)
          await using at = setup({
            modelList: ['a', 'b', 'c'].map((id) => dep(id, { prices })),
            budgets: { router: { maxBudget: limit } },
            queue: { maxSize: 1_000, maxWait: 20_000 },
            numRetries: 0,
          })
          at.mock.reply(
            ({ body }) => tokens(Math.floor(chance() * ((body as { max_tokens: number }).max_tokens + 1))),
            {
              times: Number.POSITIVE_INFINITY,
            },
          )
          at.mock.fail({ kind: 'status', status: 500 }, { times: 5 })
          await flood(at, 1_000, () => ({ max_tokens: most }))
          const { spent = 0 } = budgetOf(at, 'router') ?? {}
          expect(spent).toBeLessThanOrEqual(limit)
          // nor is it left unused: no other call would have fitted
          if (at.mock.requests.length < 1_000) expect(spent + most).toBeGreaterThan(limit)
        },
      ),
      { numRuns: 5, endOnFailure: true },
    )
  }, 60_000)

  it('is exceeded by at most one call that costs more than expected', async () => {
    for (const limit of [100, 5_000, 20_000]) {
      await using at = setup({
        modelList: [dep('a', { prices: { ...prices, maxOutputTokens: 4_000 } })],
        budgets: { router: { maxBudget: limit } },
        numRetries: 0,
        queue: { maxSize: 1_000, maxWait: 20_000 },
      })
      // 500 are expected of an answer
      at.mock.reply(tokens(1_700), { times: Number.POSITIVE_INFINITY })
      await flood(at, 1_000, () => ({}))
      const { spent = 0 } = budgetOf(at, 'router') ?? {}
      expect(spent).toBeLessThanOrEqual(limit + 1_700)
    }
  }, 60_000)

  // with no end known to an answer, 4,096 tokens are set aside for it: those at the same time may each cost more
  it('is exceeded by at most one call of unknown length', async () => {
    await using at = setup({
      modelList: [dep('a', { prices })],
      budgets: { router: { maxBudget: 50_000 } },
      numRetries: 0,
      queue: false,
    })
    at.mock.reply(tokens(6_000), { times: Number.POSITIVE_INFINITY })
    await flood(at, 1_000, () => ({}))
    expect(budgetOf(at, 'router')?.spent).toBeLessThanOrEqual(50_000 + 6_000)
  })
})
