import { describe, expect, test } from 'vitest'
import { type CostTerms, costOf, costPerToken, ModelRegistry } from '../../pricing/index.js'

const noon = '2026-11-22T12:00:00Z'
const tokens = (prompt: number, completion = 0) => ({ prompt_tokens: prompt, completion_tokens: completion })
const rates = (model: string, terms: Partial<CostTerms> = {}) =>
  costPerToken({ model, usage: tokens(1000, 1000), at: noon, ...terms }).rates

describe('a context tier', () => {
  test.each([
    ['gemini/gemini-2.5-pro', 200_000, 1.25],
    ['gemini/gemini-2.5-pro', 200_001, 2.5],
    ['openai/gpt-5.4', 272_000, 2.5],
    ['openai/gpt-5.4', 272_001, 5],
    ['xai/grok-4.3', 199_999, 1.25],
    ['xai/grok-4.3', 200_000, 2.5],
    ['xai/grok-4', 127_999, 3],
    ['xai/grok-4', 128_000, 6],
    ['dashscope/qwen3-max', 32_000, 1.2],
    ['dashscope/qwen3-max', 32_001, 2.4],
    ['dashscope/qwen3-max', 128_001, 3],
  ])('%s with %d prompt tokens', (model, prompt, input) => {
    expect(rates(model, { usage: tokens(prompt) })?.input).toBe(input)
  })

  test('is selected by all prompt tokens, cached ones included, and not by output tokens', () => {
    const usage = { ...tokens(250_000, 500_000), prompt_tokens_details: { cached_tokens: 249_000 } }
    expect(rates('gemini/gemini-2.5-pro', { usage })).toMatchObject({ input: 2.5, cacheRead: 0.25, output: 15 })
    expect(rates('gemini/gemini-2.5-pro', { usage: tokens(100_000, 500_000) })?.output).toBe(10)
  })

  test('applies to batch and flex calls too; priority costs the standard rate if it is not offered for the tier', () => {
    const usage = tokens(300_000, 1000)
    expect(rates('openai/gpt-5.4', { usage, batch: true })?.input).toBe(2.5)
    expect(rates('openai/gpt-5.4', { usage, serviceTier: 'flex' })?.input).toBe(2.5)
    expect(rates('openai/gpt-5.4', { usage, serviceTier: 'priority' })?.input).toBe(5)
  })
})

describe('a service tier', () => {
  test.each([
    ['openai/gpt-5.5', 'priority', 12.5],
    ['openai/gpt-5.5', 'fast', 12.5],
    ['openai/gpt-5.5', 'flex', 2.5],
    ['openai/gpt-5.5', 'default', 5],
    ['openai/gpt-5.5', 'auto', 5],
    ['openai/gpt-5.5', 'scale', 5],
    ['openai/gpt-5.5', 'never-heard-of', 5],
    ['openai/gpt-4.1-nano', 'flex', 0.1],
    ['gemini/gemini-3.1-pro-preview', 'ON_DEMAND_PRIORITY', 3.6],
    ['gemini/gemini-3.1-pro-preview', 'ON_DEMAND', 2],
    ['anthropic/claude-opus-4-6', 'priority', 5],
    ['anthropic/claude-opus-4-6', 'batch', 2.5],
  ])('%s served as %s', (model, serviceTier, input) => {
    expect(rates(model, { serviceTier })?.input).toBe(input)
  })

  test('multiplies with the region, as Anthropic’s fast mode does', () => {
    expect(rates('anthropic/claude-opus-4-6', { speed: 'fast', dataResidency: 'us' })?.input).toBe(33)
    expect(rates('anthropic/claude-opus-4-8', { speed: 'fast' })?.input).toBe(10)
    expect(rates('anthropic/claude-haiku-4-5', { speed: 'fast' })?.input).toBe(1)
  })

  test('combines with data residency, which costs more only for models and regions with an uplift', () => {
    expect(rates('openai/gpt-5.4', { dataResidency: 'us' })?.input).toBe(2.75)
    expect(rates('openai/gpt-5.4', { dataResidency: 'global' })?.input).toBe(2.5)
    expect(rates('openai/gpt-4.1', { dataResidency: 'eu' })?.input).toBe(2)
  })
})

describe('the time of a call', () => {
  test.each([
    ['openai/o3', '2025-06-09T23:59:59Z', 10],
    ['openai/o3', '2025-06-10T00:00:00Z', 2],
    ['openai/gpt-5.6', '2026-08-20T23:59:59.999Z', 5],
    ['openai/gpt-5.6', '2026-08-21T00:00:00Z', 4],
    ['gemini/gemini-3.8-flash', '2026-12-31T23:59:59Z', 0.75],
    ['gemini/gemini-3.8-flash', '2027-01-01T00:00:00Z', 1.5],
    ['deepseek/deepseek-v4-flash', '2026-08-16T15:59:59Z', 0.14],
    ['deepseek/deepseek-v4-flash', '2026-08-16T16:00:00Z', 0.22],
    ['deepseek/deepseek-v4-flash', '2026-08-22T02:00:00Z', 0.44],
    ['deepseek/deepseek-v4-flash', '2026-08-29T02:00:00Z', 0.22],
    ['deepseek/deepseek-v4-flash', '2026-09-22T00:59:59Z', 0.15],
    ['deepseek/deepseek-v4-flash', '2026-09-22T01:00:00Z', 0.3],
    ['deepseek/deepseek-v4-flash', '2026-09-22T03:59:59Z', 0.3],
    ['deepseek/deepseek-v4-flash', '2026-09-22T04:00:00Z', 0.15],
    ['deepseek/deepseek-v4-flash', '2026-09-22T09:59:00+00:00', 0.3],
    ['deepseek/deepseek-v4-flash', '2026-09-20T02:00:00Z', 0.15],
    ['anthropic/claude-opus-4-6', '2026-03-12T12:00:00Z', 5],
  ])('%s at %s', (model, at, input) => {
    expect(rates(model, { at })?.input).toBe(input)
  })

  test('may be a Date, a number or a string; other values leave the cost undefined', () => {
    for (const at of [new Date('2025-06-01'), Date.UTC(2025, 5, 1), '2025-06-01']) {
      expect(rates('openai/o3', { at })?.input).toBe(10)
    }
    for (const at of ['yesterday', Number.NaN, new Date(Number.NaN)])
      expect(costPerToken({ model: 'openai/o3', usage: tokens(1000), at })).toMatchObject({
        total: undefined,
        reason: 'invalid_request',
      })
  })

  test('keeps search fees with earlier cards', () => {
    const usage = { ...tokens(0), server_tool_use: { web_search_requests: 2 } }
    expect(costPerToken({ model: 'gemini/gemini-3.8-flash', usage, at: noon }).tools).toBe(0.028)
  })
})

describe('a search fee', () => {
  test('is charged once per grounded answer by Gemini 2 and per search by Gemini 3', () => {
    const usage = { ...tokens(0), server_tool_use: { web_search_requests: 3 } }
    expect(costPerToken({ model: 'gemini/gemini-2.5-flash', usage }).total).toBe(0.035)
    expect(costPerToken({ model: 'gemini/gemini-3.1-pro-preview', usage }).total).toBe(0.042)
  })

  test('depends on the size of the search context at Perplexity', () => {
    const usage = { ...tokens(0), server_tool_use: { web_search_requests: 1 } }
    const fee = (searchContextSize?: 'low' | 'medium' | 'high') =>
      costPerToken({ model: 'perplexity/sonar', usage, searchContextSize }).tools
    expect([fee(), fee('low'), fee('medium'), fee('high')]).toEqual([0.005, 0.005, 0.008, 0.012])
  })

  test.each([
    ['cohere/rerank-v3.5', { search_units: 3 }, 0.006],
    ['openai/whisper-1', { input_audio_seconds: 60 }, 0.006],
    ['openai/tts-1', { characters: 2000 }, 0.03],
    ['openai/dall-e-3', { images: 2 }, 0.08],
  ])('%s', (model, usage, dollars) => {
    expect(costPerToken({ model, usage }).total).toBe(dollars)
  })

  test('is not the fee of a reranker: without search units its usage is missing', () => {
    expect(costPerToken({ model: 'cohere/rerank-v3.5', usage: tokens(0) })).toMatchObject({ reason: 'missing_usage' })
  })
})

describe('costOf()', () => {
  const call = { provider: 'openai', usage: tokens(1000), at: noon }
  test('uses the price of the snapshot that answered', () => {
    expect(costOf({ ...call, model: 'gpt-4o', answeredModel: 'gpt-4o-2024-05-13' }).total).toBe(0.005)
    expect(costOf({ ...call, model: 'gpt-4o', answeredModel: 'what-is-this' }).total).toBe(0.0025)
  })

  test('uses the model that answered for an Azure deployment, unless there is a base model', () => {
    const azure = { ...call, provider: 'azure', model: 'my-prod-chat', answeredModel: 'gpt-4.1-2025-04-14' }
    expect(costOf(azure).total).toBe(0.002)
    expect(costOf({ ...azure, baseModel: 'azure/gpt-4o' }).total).toBe(0.0025)
  })

  test('uses the region of the requested id', () => {
    const model = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'
    const answeredModel = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
    expect(costOf({ ...call, provider: 'bedrock', model, answeredModel }).total).toBe(0.003)
  })

  test('prefers the registered price of the requested model', () => {
    const registry = new ModelRegistry()
    registry.register('openai/gpt-4o', { input: 1 })
    expect(costOf({ ...call, model: 'gpt-4o', answeredModel: 'gpt-4o-2024-05-13' }, registry).total).toBe(0.001)
  })
})

describe('a cached answer', () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 }

  test('costs nothing and reports the amount saved', () => {
    const { total } = costPerToken({ model: 'openai/gpt-4o', usage })
    const cached = costPerToken({ model: 'openai/gpt-4o', usage, cached: true })
    expect(cached).toMatchObject({ total: 0, saved: total, source: 'table' })
    expect(total).toBeGreaterThan(0)
  })

  test('omits the amount saved if no price is known', () => {
    const cached = costPerToken({ model: 'openai/of-nobody', usage, cached: true })
    expect(cached.total).toBe(0)
    expect(cached).not.toHaveProperty('saved')
  })
})
