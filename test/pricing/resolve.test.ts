import { describe, expect, test } from 'vitest'
import { costPerToken, ModelRegistry } from '../../pricing/index.js'

const at = '2026-11-22T12:00:00Z'
const usage = { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 }
const small = { prompt_tokens: 1000, completion_tokens: 0, total_tokens: 1000 }
const rowOf = (model: string) => costPerToken({ model, usage: small, at }).row
const rate = (model: string) => costPerToken({ model, usage: small, at }).rates?.input

describe('a model string', () => {
  test.each([
    ['gpt-4o', 'openai/gpt-4o'],
    ['claude-opus-4-5', 'anthropic/claude-opus-4-5'],
    ['gemini-2.5-flash', 'gemini/gemini-2.5-flash'],
    ['OpenAI/GPT-4o', 'openai/gpt-4o'],
    ['gemini/models/gemini-2.5-flash', 'gemini/gemini-2.5-flash'],
    ['google/gemini-2.5-flash', 'gemini/gemini-2.5-flash'],
    ['vertex/gemini-2.5-flash', 'vertex_ai/gemini-2.5-flash'],
    ['together/openai/gpt-oss-120b', 'together_ai/openai/gpt-oss-120b'],
    ['bedrock/converse/us.amazon.nova-pro-v1:0', 'bedrock/amazon.nova-pro-v1:0'],
    ['bedrock/arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0', 'bedrock/amazon.nova-pro-v1:0'],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', 'bedrock/anthropic.claude-haiku-4-5-20251001'],
    ['openai/ft:gpt-4o-mini-2024-07-18:my-org::abc123', 'openai/ft:gpt-4o-mini-2024-07-18'],
    ['anthropic/claude-opus-latest', 'anthropic/claude-opus-latest'],
    ['gpt-sol-latest', 'openai/gpt-sol-latest'],
    ['cohere_chat/command-a-03-2025', 'cohere/command-a-03-2025'],
    ['amazon-nova/nova-pro-v1', 'amazon_nova/nova-pro-v1'],
    ['text-embedding-005', 'vertex_ai/text-embedding-005'],
    ['azure/global/gpt-4.1', 'azure/gpt-4.1'],
    ['bedrock/us-east-1/amazon.nova-pro-v1:0', 'bedrock/amazon.nova-pro-v1:0'],
  ])('%s resolves to %s', (model, row) => {
    expect(rowOf(model)).toBe(row)
  })

  test.each([
    ['openrouter/openai/gpt-5.5', 'openai/gpt-5.5'],
    ['openrouter/anthropic/claude-sonnet-4.5', 'anthropic/claude-sonnet-4-5'],
    ['openrouter/anthropic/claude-opus-4.5:thinking', 'anthropic/claude-opus-4-5'],
    ['openrouter/google/gemini-2.5-flash:nitro', 'gemini/gemini-2.5-flash'],
    ['openrouter/x-ai/grok-4', 'xai/grok-4'],
    ['vercel_ai_gateway/openai/gpt-5.5', 'openai/gpt-5.5'],
  ])('%s costs as much as %s: the gateway adds no margin', (model, row) => {
    expect(rowOf(model)).toBe(row)
    expect(costPerToken({ model, usage: small, at }).total).toBe(costPerToken({ model: row, usage: small, at }).total)
  })

  test.each([
    ['openrouter/openai/gpt-oss-120b', 'the price depends on the host'],
    ['openrouter/google/gemma-3-27b-it', 'the price depends on the host'],
    ['openrouter/deepseek/deepseek-v4', 'the price depends on the host'],
    ['openrouter/openai/gpt-4o:online', 'the search has a fee'],
    ['openrouter/openai/gpt-4o:free', 'the price is another one'],
    ['openrouter/openrouter/auto', 'the model is unknown'],
    ['helicone/openai/gpt-4o', 'the terms are unknown'],
  ])('%s has no price, because %s', (model) => {
    expect(costPerToken({ model, usage: small, at })).toMatchObject({ total: undefined, reason: 'unknown_model' })
  })

  test('resolves to a dated id with its own price before the undated id', () => {
    expect(rate('openai/gpt-4o-2024-05-13')).toBe(5)
    expect(rate('openai/gpt-4o-2024-08-06')).toBe(2.5)
  })

  test.each([
    'openai/gpt-4o-something-else',
    'openai/gpt-4',
    'openai/gpt-5.4-pro-max',
    'anthropic/claude-sonnet-4-9',
    'bedrock/amazon.titan-embed-text-v3:0',
    'openai/my-gpt-4o',
    'anthropic/claude-opus',
    'openai/gpt-sol',
    'mistral/mistral',
  ])('%s does not resolve to a similar model', (model) => {
    const { row, reason, total, near } = costPerToken({ model, usage: small, at })
    if (row !== undefined) expect(row).toBe(model)
    else expect({ reason, total }).toEqual({ reason: 'unknown_model', total: undefined })
    expect(Array.isArray(near) || row !== undefined).toBe(true)
  })

  test.each([
    ['bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0', 3],
    ['bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3],
    ['bedrock/us-east-1/anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3],
    ['bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3],
    ['bedrock/us.anthropic.claude-3-5-sonnet-20241022-v2:0', 3],
    ['azure/eu/gpt-4o', 2.75],
    ['azure/eu/gpt-6-sol', 2.4],
    ['bedrock/claude_platform/claude-opus-4-7', 5],
    ['azure/gpt-4o', 2.5],
    ['azure/global-standard/gpt-4o', 2.5],
    ['vertex_ai/claude-sonnet-4-5@20250929', 3],
  ])('%s costs $%d per million input tokens in its region', (model, dollars) => {
    expect(rate(model)).toBe(dollars)
  })

  test('resolves to the base model for an Azure deployment, and to nothing without one', () => {
    expect(costPerToken({ model: 'azure/my-prod-chat', usage: small, at })).toMatchObject({ reason: 'unknown_model' })
    const cost = costPerToken({ model: 'azure/eu/my-prod-chat', baseModel: 'azure/gpt-4.1', usage: small, at })
    expect(cost.row).toBe('azure/gpt-4.1')
  })

  test.each([
    [
      'bedrock/arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/a1b2',
      'bedrock/us.anthropic.claude-sonnet-4-6',
      3.3,
    ],
    [
      'bedrock/arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/a1b2',
      'bedrock/global.anthropic.claude-sonnet-4-6',
      3,
    ],
    ['vertex_ai/4821973645', 'vertex_ai/gemini-2.5-flash', 0.3],
    ['hosted_vllm/assistant', 'together_ai/openai/gpt-oss-120b', 0.15],
  ])('resolves to the base model for %s with %s', (model, baseModel, dollars) => {
    expect(costPerToken({ model, baseModel, usage: small, at }).rates?.input).toBe(dollars)
  })

  test('resolves to the base model even if the deployment is named after another model', () => {
    const cost = costPerToken({ model: 'azure/gpt-4o', baseModel: 'azure/gpt-4.1-nano', usage: small, at })
    expect(cost.rates?.input).toBe(0.1)
  })

  test('suggests similar ids for an unknown provider or model', () => {
    const cost = costPerToken({ model: 'opennai/gpt-4o', usage, at })
    expect(cost).toMatchObject({ total: undefined, reason: 'unknown_model' })
    expect(cost.near).toContain('openai/gpt-4o')
    expect(costPerToken({ model: 'openai/gpt-4oo', usage, at }).near).toContain('openai/gpt-4o')
  })

  test('resolves to a registered model before the table: by provider and model, then by model', () => {
    const registry = new ModelRegistry()
    registry.register('gpt-4o', { input: 7 })
    expect(costPerToken({ model: 'azure/gpt-4o', usage: small, at }, registry)).toMatchObject({
      source: 'registry',
      total: 0.007,
    })
    registry.register('azure/gpt-4o', { input: 9 })
    expect(costPerToken({ model: 'azure/gpt-4o', usage: small, at }, registry).total).toBe(0.009)
    expect(costPerToken({ model: 'openai/gpt-4o', usage: small, at }, registry).total).toBe(0.007)
  })

  test('resolves to a registered deployment before its base model', () => {
    const registry = new ModelRegistry()
    registry.register('azure/mine', { input: 1 })
    const cost = costPerToken({ model: 'azure/mine', baseModel: 'azure/gpt-4.1', usage: small, at }, registry)
    expect(cost).toMatchObject({ total: 0.001, source: 'registry' })
  })
})
