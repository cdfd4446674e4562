import { describe, expect, it } from 'vitest'
import { costPerToken } from '../../src/index.js'

/** Factors of the batch APIs, as the providers document them. */
const factor = (model: string, usage: Record<string, unknown>): number => {
  const of = (batch: boolean) => costPerToken({ model, usage, batch }).total ?? Number.NaN
  return of(true) / of(false)
}
const plain = { prompt_tokens: 1000, completion_tokens: 1000 }
const cached = { prompt_tokens: 1000, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 1000 } }

describe('the price of a batch', () => {
  it.each([
    'openai/gpt-4o',
    'azure/gpt-4.1',
    'anthropic/claude-haiku-4-5',
    'gemini/gemini-2.5-flash',
    'vertex_ai/gemini-2.5-pro',
    'vertex_ai/claude-sonnet-4-5',
    'bedrock/amazon.nova-lite-v1:0',
    'mistral/mistral-small-latest',
    'mistral/mistral-large-latest',
    'groq/llama-3.3-70b-versatile',
    'together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo',
  ])('is half for %s', (model) => {
    expect(factor(model, plain)).toBeCloseTo(0.5, 9)
  })

  it('is full for models of Together AI without a discount', () => {
    expect(factor('together_ai/openai/gpt-oss-120b', plain)).toBe(1)
  })

  it('halves cached reads, but not those of Gemini: a cache hit has its own discount', () => {
    expect(factor('anthropic/claude-haiku-4-5', cached)).toBeCloseTo(0.5, 9)
    expect(factor('vertex_ai/claude-sonnet-4-5', cached)).toBeCloseTo(0.5, 9)
    expect(factor('gemini/gemini-2.5-flash', cached)).toBe(1)
    expect(factor('vertex_ai/gemini-2.5-pro', cached)).toBe(1)
  })
})
