import { describe, expect, test } from 'vitest'
import { type CostTerms, costOf, costPerToken, ModelRegistry } from '../../pricing/index.js'

const noon = '2026-11-22T12:00:00Z'
const tokens = (prompt: number, completion = 0) => ({ prompt_tokens: prompt, completion_tokens: completion })
const rates = (model: string, terms: Partial<CostTerms> = {}) =>
  costPerToken({ model, usage: tokens(1000, 1000), at: noon, ...terms }).rates

describe('context tiers', () => {
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

  test('cached tokens count for the tier, output tokens do not', () => {
    const usage = { ...tokens(250_000, 500_000), prompt_tokens_details: { cached_tokens: 249_000 } }
    expect(rates('gemini/gemini-2.5-pro', { usage })).toMatchObject({ input: 2.5, cacheRead: 0.25, output: 15 })
    expect(rates('gemini/gemini-2.5-pro', { usage: tokens(100_000, 500_000) })?.output).toBe(10)
  })

  test('batch and flex keep the long tier, and where priority is not offered for it the standard rate holds', () => {
    const usage = tokens(300_000, 1000)
    expect(rates('openai/gpt-5.4', { usage, batch: true })?.input).toBe(2.5)
    expect(rates('openai/gpt-5.4', { usage, serviceTier: 'flex' })?.input).toBe(2.5)
    expect(rates('openai/gpt-5.4', { usage, serviceTier: 'priority' })?.input).toBe(5)
  })
})

describe('service tiers', () => {
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

  test('Anthropic’s fast mode and a region multiply', () => {
    expect(rates('anthropic/claude-opus-4-6', { speed: 'fast', dataResidency: 'us' })?.input).toBe(33)
    expect(rates('anthropic/claude-opus-4-8', { speed: 'fast' })?.input).toBe(10)
    expect(rates('anthropic/claude-haiku-4-5', { speed: 'fast' })?.input).toBe(1)
  })

  test('data residency costs more where the model says so, and global costs nothing more', () => {
    expect(rates('openai/gpt-5.4', { dataResidency: 'us' })?.input).toBe(2.75)
    expect(rates('openai/gpt-5.4', { dataResidency: 'global' })?.input).toBe(2.5)
    expect(rates('openai/gpt-4.1', { dataResidency: 'eu' })?.input).toBe(2)
  })
})

describe('dates and hours', () => {
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

  test('a time is a date, a number or text; anything else is refused', () => {
    for (const at of [new Date('2025-06-01'), Date.UTC(2025, 5, 1), '2025-06-01']) {
      expect(rates('openai/o3', { at })?.input).toBe(10)
    }
    expect(() => rates('openai/o3', { at: 'yesterday' })).toThrow("'at' is a time")
  })

  test('a fee for searches holds under an earlier card too', () => {
    const usage = { ...tokens(0), server_tool_use: { web_search_requests: 2 } }
    expect(costPerToken({ model: 'gemini/gemini-3.8-flash', usage, at: noon }).tools).toBe(0.028)
  })
})

describe('fees', () => {
  test('Gemini 2 asks once for a grounded prompt, Gemini 3 for each search', () => {
    const usage = { ...tokens(0), server_tool_use: { web_search_requests: 3 } }
    expect(costPerToken({ model: 'gemini/gemini-2.5-flash', usage }).total).toBe(0.035)
    expect(costPerToken({ model: 'gemini/gemini-3.1-pro-preview', usage }).total).toBe(0.042)
  })

  test('Perplexity’s depends on the size of the search context', () => {
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

  test('a reranker without search units says that usage is missing', () => {
    expect(costPerToken({ model: 'cohere/rerank-v3.5', usage: tokens(0) })).toMatchObject({ reason: 'missing_usage' })
  })
})

describe('a call', () => {
  const call = { provider: 'openai', usage: tokens(1000), at: noon }
  test('is priced as the snapshot that answered', () => {
    expect(costOf({ ...call, model: 'gpt-4o', answeredModel: 'gpt-4o-2024-05-13' }).total).toBe(0.005)
    expect(costOf({ ...call, model: 'gpt-4o', answeredModel: 'what-is-this' }).total).toBe(0.0025)
  })

  test('on Azure is priced by the model that answered, and by the base model before that', () => {
    const azure = { ...call, provider: 'azure', model: 'my-prod-chat', answeredModel: 'gpt-4.1-2025-04-14' }
    expect(costOf(azure).total).toBe(0.002)
    expect(costOf({ ...azure, baseModel: 'azure/gpt-4o' }).total).toBe(0.0025)
  })

  test('keeps the region that was asked', () => {
    const model = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'
    const answeredModel = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
    expect(costOf({ ...call, provider: 'bedrock', model, answeredModel }).total).toBe(0.003)
  })

  test('is priced by what its registry says of the model that was asked', () => {
    const registry = new ModelRegistry()
    registry.register('openai/gpt-4o', { input: 1 })
    expect(costOf({ ...call, model: 'gpt-4o', answeredModel: 'gpt-4o-2024-05-13' }, registry).total).toBe(0.001)
  })
})

describe('an answer out of a cache', () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 }

  test('costs nothing, and says what it saved', () => {
    const { total } = costPerToken({ model: 'openai/gpt-4o', usage })
    const cached = costPerToken({ model: 'openai/gpt-4o', usage, cached: true })
    expect(cached).toMatchObject({ total: 0, saved: total, source: 'table' })
    expect(total).toBeGreaterThan(0)
  })

  test('saved an unknown amount where no price is known', () => {
    const cached = costPerToken({ model: 'openai/of-nobody', usage, cached: true })
    expect(cached.total).toBe(0)
    expect(cached).not.toHaveProperty('saved')
  })
})
