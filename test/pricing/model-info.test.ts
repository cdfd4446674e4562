import { describe, expect, test } from 'vitest'
import { type Capability, knownModels, maxTokens, modelInfo, pricingInfo, supports } from '../../pricing/index.js'

describe('modelInfo()', () => {
  test('describes a chat model', () => {
    expect(modelInfo('anthropic/claude-sonnet-4-20250514')).toMatchObject({
      provider: 'anthropic',
      mode: 'chat',
      contextWindow: 200_000,
      maxOutputTokens: 64_000,
      inputModalities: expect.arrayContaining(['text', 'image']),
      abilities: expect.arrayContaining(['tools', 'responseSchema', 'reasoning', 'promptCaching']),
      prices: { input: 3, output: 15, cacheRead: 0.3 },
    })
  })

  test('describes models of other modes', () => {
    expect(modelInfo('openai/text-embedding-3-large')).toMatchObject({ mode: 'embedding', dimensions: 3072 })
    expect(modelInfo('cohere/rerank-v3.5')).toMatchObject({ mode: 'rerank', prices: { perSearchUnit: 0.002 } })
    expect(modelInfo('openai/whisper-1')).toMatchObject({ mode: 'transcription' })
  })

  test('has a smaller input limit than context window for some models', () => {
    expect(modelInfo('openai/gpt-5')).toMatchObject({ contextWindow: 400_000, maxInputTokens: 272_000 })
  })

  test('is undefined for unknown models, as are maxTokens() and supports()', () => {
    expect(modelInfo('nobody/knows')).toBeUndefined()
    expect(maxTokens('nobody/knows')).toBeUndefined()
    expect(supports('nobody/knows', 'vision')).toBeUndefined()
  })

  test('has limits and abilities that maxTokens() and supports() read', () => {
    expect(maxTokens('openai/gpt-4o')).toBe(16_384)
    expect(supports('openai/gpt-4o', 'vision')).toBe(true)
    expect(supports('openai/gpt-4o', 'reasoning')).toBe(false)
    expect(supports('openai/o3', 'reasoning')).toBe(true)
    expect(supports('gemini/gemini-2.5-flash', 'audioInput')).toBe(true)
    expect(() => supports('openai/gpt-4o', 'telepathy' as Capability)).toThrow('telepathy')
  })
})

describe('the table', () => {
  test('lists the ids of a provider, and of all', () => {
    expect(knownModels('openai')).toContain('openai/gpt-4o')
    expect(knownModels('openai').every((id) => id.startsWith('openai/'))).toBe(true)
    expect(knownModels()).toContain('anthropic/claude-sonnet-4-5')
    expect(knownModels('nobody')).toEqual([])
    expect(knownModels('openai').filter((id) => modelInfo(id) === undefined)).toEqual([])
  })

  test('reports its date, size and sources', () => {
    const { asOf, rows, providers, sources } = pricingInfo()
    expect(asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    expect(rows).toBeGreaterThanOrEqual(2300)
    expect(providers).toBeGreaterThanOrEqual(97)
    expect(sources).toHaveLength(5)
  })
})
