import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OpenAIQuirks } from '../../../providers/dialects/openai/quirks.js'
import { usageOf } from '../../../providers/dialects/openai/usage.js'
import { loadProvider } from '../../../providers/registry.js'
import { type Body, decodeContext } from './helpers.js'

const { quirks } = decodeContext()
const usage = (raw: unknown) => usageOf(raw, quirks)

describe('usage', () => {
  it.each([[undefined], [null], [[]], ['x'], [{}], [{ prompt_tokens: null, completion_tokens: null }]])(
    'that is none is none: %j',
    (raw) => {
      expect(usage(raw)).toBeUndefined()
    },
  )

  it('omits unknown counts', () => {
    expect(usage({ prompt_tokens: 3, completion_tokens: 4, prompt_tokens_details: null })).toEqual({
      prompt_tokens: 3,
      completion_tokens: 4,
      total_tokens: 7,
    })
    expect(usage({ prompt_tokens: 3 })).toEqual({ prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 })
  })

  it('is OpenAI’s, detail by detail', () => {
    const raw = {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 64, audio_tokens: 8 },
      completion_tokens_details: {
        reasoning_tokens: 32,
        audio_tokens: 4,
        accepted_prediction_tokens: 2,
        rejected_prediction_tokens: 1,
      },
    }
    expect(usage(raw)).toEqual(raw)
  })

  it.each<[string, Body, Body]>([
    // seen in recordings
    ['DeepSeek', { prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 }, { cached_tokens: 64 }],
    ['OpenAI', { prompt_tokens_details: { cached_tokens: 64 } }, { cached_tokens: 64 }],
    // https://platform.moonshot.ai/docs/api/chat
    ['Moonshot', { cached_tokens: 64 }, { cached_tokens: 64 }],
    // https://openrouter.ai/docs/features/prompt-caching
    [
      'OpenRouter',
      { prompt_tokens_details: { cached_tokens: 64, cache_write_tokens: 10 } },
      { cached_tokens: 64, cache_creation_tokens: 10 },
    ],
  ])('finds the cache where %s counts it', (_, counters, details) => {
    expect(usage({ prompt_tokens: 100, completion_tokens: 1, ...counters })?.prompt_tokens_details).toEqual(details)
  })

  it('puts in the reasoning that xAI counts outside', () => {
    // seen in recordings of every reasoning model of xAI
    const raw = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 115,
      completion_tokens_details: { reasoning_tokens: 100 },
    }
    expect(usage(raw)).toEqual({
      prompt_tokens: 10,
      completion_tokens: 105,
      total_tokens: 115,
      completion_tokens_details: { reasoning_tokens: 100 },
    })
    const inside = { ...raw, completion_tokens: 105 }
    expect(usage(inside)).toMatchObject({ completion_tokens: 105, total_tokens: 115 })
  })

  it("adds Gemini's thoughts behind Vercel's gateway, which no sum contains there", async () => {
    // recorded (vercel-ai-gateway-chat-stream-fa66e5896bfa, -43d9db19820c); OpenAI's counts come as they are
    const raw = (completion: number, reasoning: number) => ({
      prompt_tokens: 28,
      completion_tokens: completion,
      total_tokens: 28 + completion,
      completion_tokens_details: { reasoning_tokens: reasoning },
    })
    const provider = await loadProvider('vercel_ai_gateway')
    const read = (body: object, model: string) => usageOf(body, provider?.quirks as OpenAIQuirks, model)
    expect(read(raw(5, 48), 'google/gemini-2.5-flash')).toMatchObject({
      completion_tokens: 53,
      total_tokens: 81,
      completion_tokens_details: { reasoning_tokens: 48 },
    })
    expect(read(raw(50, 20), 'google/gemini-2.5-flash')).toMatchObject({ completion_tokens: 70, total_tokens: 98 })
    expect(read(raw(93, 64), 'openai/gpt-5')).toMatchObject({ completion_tokens: 93, total_tokens: 121 })
  })

  it.each<[string, Body, number]>([
    // seen in recordings, but the last
    ['OpenRouter', { cost: 0.0012 }, 0.0012],
    ['a free model', { cost: 0 }, 0],
    ['Perplexity', { cost: { input_tokens_cost: 0.001, total_cost: 0.006 } }, 0.006],
    ['xAI', { cost_in_usd_ticks: 37_756_000 }, 0.0037756],
    ['DeepInfra', { estimated_cost: 0.000002 }, 0.000002],
  ])('knows the cost that %s tells', (_, counters, cost) => {
    expect(usage({ prompt_tokens: 1, completion_tokens: 1, ...counters })?.cost).toBeCloseTo(cost, 12)
  })

  it('keeps the counts of server tools', () => {
    const server_tool_use = { web_search_requests: 2 }
    expect(usage({ prompt_tokens: 1, completion_tokens: 1, server_tool_use })?.server_tool_use).toEqual(server_tool_use)
  })

  it('is whole numbers of tokens, of which no part is more than its whole, whatever comes', () => {
    const count = fc.oneof(fc.nat(1000), fc.constantFrom(null, -1, Number.NaN, '7', 1.5, {}, [], undefined))
    const details = fc.oneof(
      fc.record({ cached_tokens: count, cache_write_tokens: count, audio_tokens: count, reasoning_tokens: count }),
      fc.anything(),
    )
    const raw = fc.record({
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: count,
      prompt_tokens_details: details,
      completion_tokens_details: details,
      reasoning_tokens: count,
      prompt_cache_hit_tokens: count,
      cost: fc.anything(),
    })
    fc.assert(
      fc.property(raw, (raw) => {
        const read = usage(raw)
        if (!read) return
        const { prompt_tokens_details: input = {}, completion_tokens_details: output = {} } = read
        expect(read.total_tokens).toBe(read.prompt_tokens + read.completion_tokens)
        expect((input.cached_tokens ?? 0) + (input.cache_creation_tokens ?? 0)).toBeLessThanOrEqual(read.prompt_tokens)
        expect(output.reasoning_tokens ?? 0).toBeLessThanOrEqual(read.completion_tokens)
        for (const value of [
          read.prompt_tokens,
          read.completion_tokens,
          ...Object.values(input),
          ...Object.values(output),
        ]) {
          expect(value).toBeGreaterThanOrEqual(0)
        }
        if (read.cost !== undefined) expect(read.cost).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
