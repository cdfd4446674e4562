import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BillableUsage, completionCost, costPerToken, ModelRegistry } from '../../pricing/index.js'

const at = '2026-11-22T12:00:00Z'
const cost = (usage: BillableUsage | null | undefined, model = 'anthropic/claude-sonnet-4-6') =>
  costPerToken({ model, usage, at })

describe('usage', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['no numbers', { prompt_tokens: null, completion_tokens: Number.NaN }],
  ])('that is %s has no cost, rather than a cost of 0', (_, usage) => {
    expect(cost(usage)).toMatchObject({ total: undefined, reason: 'missing_usage' })
  })

  test('of zero tokens costs 0', () => {
    expect(cost({ prompt_tokens: 0, completion_tokens: 0 }).total).toBe(0)
  })

  test('is billed up to its total even if its parts exceed it', () => {
    const details = { cached_tokens: 5000, cache_creation_tokens: 5000, audio_tokens: 100 }
    expect(cost({ prompt_tokens: 1000, completion_tokens: 0, prompt_tokens_details: details }).total).toBe(0.0003)
    const negative = { cached_tokens: -50, cache_creation_tokens: null }
    expect(cost({ prompt_tokens: 1000, completion_tokens: -3, prompt_tokens_details: negative }).total).toBe(0.003)
  })

  test('bills cache writes without a lifetime at the shortest one', () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 0, prompt_tokens_details: { cache_creation_tokens: 1000 } }
    expect(cost(usage)).toMatchObject({ total: 0.00375, cacheWrite: 0.00375, rates: { cacheWrite5m: 3.75 } })
  })

  test('bills cached reads at the input rate if they have no rate', () => {
    const registry = new ModelRegistry()
    registry.register('my/model', { input: 2, output: 4 })
    const usage = { prompt_tokens: 1000, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 1000 } }
    expect(costPerToken({ model: 'my/model', usage }, registry).cacheRead).toBe(0.002)
  })

  test.each([
    ['OpenRouter', { cost: 0.0123 }],
    ['Perplexity', { cost: { total_cost: 0.0123, input_tokens_cost: 1 } }],
    ['xAI', { cost_in_usd_ticks: 123_000_000 }],
    ['Venice', { cost: { usd: 0.0123, diem: 0 } }],
    ['DeepInfra', { estimated_cost: 0.0123 }],
  ])('uses the cost that %s reports', (_, reported) => {
    const usage = { prompt_tokens: 1000, completion_tokens: 1000, ...reported }
    expect(cost(usage, 'nobody/knows')).toEqual({ total: 0.0123, source: 'provider' })
  })
})

describe('usage of other models in a call', () => {
  const usage = {
    prompt_tokens: 2000,
    completion_tokens: 300,
    auxiliary_usage: [{ model: 'claude-opus-4-6', prompt_tokens: 4000, completion_tokens: 800 }],
  }

  test('is billed at the rates of those models', () => {
    const own = cost({ prompt_tokens: 2000, completion_tokens: 300 }).total ?? 0
    const other = cost({ prompt_tokens: 4000, completion_tokens: 800 }, 'anthropic/claude-opus-4-6').total ?? 0
    expect(cost(usage)).toMatchObject({ auxiliary: other, total: expect.closeTo(own + other, 12) })
  })

  test('leaves the cost undefined if it has no price', () => {
    const unnamed = [{ prompt_tokens: 4000, completion_tokens: 800 }]
    expect(cost({ ...usage, auxiliary_usage: unnamed })).toMatchObject({ total: undefined, reason: 'unknown_model' })
    const silent = [{ model: 'claude-opus-4-6' }]
    expect(cost({ ...usage, auxiliary_usage: silent })).toMatchObject({ total: undefined, reason: 'missing_usage' })
  })
})

describe('completionCost()', () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 }

  test('returns the cost recorded in meta', () => {
    const answer = { model: 'gpt-4o', usage }
    const meta = { provider: 'openai', model: 'gpt-4o', usage, cost: { total: 0 } }
    Object.defineProperty(answer, 'meta', { value: meta, enumerable: false })
    expect(completionCost(answer)).toBe(0)
  })

  test('prices an answer without meta by its model and tier', () => {
    expect(completionCost({ model: 'gpt-4o-2024-08-06', usage })).toBe(0.0035)
    expect(completionCost({ model: 'gpt-4o-2024-08-06', usage, service_tier: 'priority' })).toBe(0.00595)
    expect(completionCost({ model: 'what-is-this', usage })).toBeUndefined()
    expect(completionCost({ model: 'gpt-4o' })).toBeUndefined()
  })

  test('prices a deployment by the given base model', () => {
    const answer = {
      model: 'mine',
      usage,
      meta: { provider: 'azure', model: 'mine', usage, cost: { total: undefined } },
    }
    expect(completionCost(answer)).toBeUndefined()
    expect(completionCost(answer, { baseModel: 'azure/gpt-4o' })).toBe(0.0035)
  })
})

const counts = fc.record({
  text: fc.nat(50_000),
  read: fc.nat(50_000),
  w5: fc.nat(20_000),
  w1h: fc.nat(20_000),
  out: fc.nat(20_000),
  think: fc.nat(20_000),
})
type Counts = typeof counts extends fc.Arbitrary<infer Value> ? Value : never

const usageOf = ({ text, read, w5, w1h, out, think }: Counts): BillableUsage => ({
  prompt_tokens: text + read + w5 + w1h,
  completion_tokens: out + think,
  prompt_tokens_details: {
    cached_tokens: read,
    cache_creation_tokens: w5 + w1h,
    cache_creation_token_details: { ephemeral_5m_input_tokens: w5, ephemeral_1h_input_tokens: w1h },
  },
  completion_tokens_details: { reasoning_tokens: think },
})

const models = fc.constantFrom(
  'anthropic/claude-opus-4-6',
  'openai/gpt-5.6',
  'openai/gpt-4o',
  'mistral/mistral-large-latest',
  'bedrock/us.anthropic.claude-sonnet-4-6',
)

const alike = (one: number, other: number): void =>
  expect(Math.abs(one - other)).toBeLessThanOrEqual(1e-9 * Math.max(one, other) + 1e-15)

describe('for any usage', () => {
  test('the parts add up to the total', () => {
    fc.assert(
      fc.property(models, counts, (model, count) => {
        const {
          total = -1,
          input = 0,
          cacheRead = 0,
          cacheWrite = 0,
          output = 0,
          reasoning = 0,
          audio = 0,
          tools = 0,
        } = cost(usageOf(count), model)
        alike(total, input + cacheRead + cacheWrite + output + reasoning + audio + tools)
      }),
    )
  })

  test('a call below the context tiers costs as much as its parts', () => {
    const none: Counts = { text: 0, read: 0, w5: 0, w1h: 0, out: 0, think: 0 }
    fc.assert(
      fc.property(models, counts, (model, count) => {
        const apart = Object.entries(count).map(
          ([name, tokens]) => cost(usageOf({ ...none, [name]: tokens }), model).total ?? -1,
        )
        alike(
          cost(usageOf(count), model).total ?? -1,
          apart.reduce((sum, part) => sum + part, 0),
        )
      }),
    )
  })

  test('more tokens never cost less', () => {
    fc.assert(
      fc.property(models, counts, fc.nat(400_000), (model, count, more) => {
        const dearer = cost(usageOf({ ...count, text: count.text + more }), model).total ?? -1
        expect(dearer).toBeGreaterThanOrEqual(cost(usageOf(count), model).total ?? 0)
      }),
    )
  })

  test('the usage object is not modified', () => {
    fc.assert(
      fc.property(models, counts, (model, count) => {
        const usage = usageOf(count)
        const before = structuredClone(usage)
        cost(usage, model)
        expect(usage).toEqual(before)
      }),
      { numRuns: 20 },
    )
  })

  test('no argument makes it throw', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (model, given, terms) => {
        const request = Object.assign({}, terms, { model, usage: given }) as never
        completionCost(given as never, terms as never)
        for (const result of [costPerToken(request), costPerToken(given as never), costPerToken(terms as never)]) {
          expect(result.total === undefined ? result.reason : result.total).toBeDefined()
          expect(result.total).not.toBeNaN()
        }
      }),
    )
    const hostile = {
      get prompt_tokens(): number {
        throw new Error('no')
      },
    }
    expect(cost(hostile)).toEqual({ total: undefined, reason: 'invalid_request' })
    for (const nothing of [undefined, null, 'x', 5]) expect(completionCost(nothing as never)).toBeUndefined()
    const words = { prompt_tokens: '1000', completion_tokens: '5' } as unknown as BillableUsage
    expect(cost(words)).toMatchObject({ total: undefined, reason: 'missing_usage' })
  })

  test('any string is accepted as a model', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('constructor', '__proto__', 'toString', 'openai/__proto__', '/', 'a/')),
        (model) => {
          const { total, reason } = cost({ prompt_tokens: 1, completion_tokens: 1 }, model)
          expect(total === undefined).toBe(reason !== undefined)
        },
      ),
    )
  })
})
