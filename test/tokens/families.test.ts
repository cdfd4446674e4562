import { describe, expect, it } from 'vitest'
import { familyOf } from '../../src/tokens/families.js'

describe('the family of a model', () => {
  it.each([
    ['gpt-4o', 'gpt-4o'],
    ['gpt-4o-mini-2024-07-18', 'gpt-4o'],
    ['openai/gpt-4.1-nano', 'gpt-4o'],
    ['openrouter/openai/gpt-4o', 'gpt-4o'],
    ['ft:gpt-4o-mini-2024-07-18:acme::abc123', 'gpt-4o'],
    ['gpt-4o-mini-search-preview-2025-03-11', 'gpt-4o-search'],
    ['chatgpt-4o-latest', 'gpt-4o'],
    ['gpt-4-0613', 'gpt-4'],
    ['gpt-4-turbo-2024-04-09', 'gpt-4'],
    ['azure/gpt-35-turbo', 'gpt-4'],
    ['text-embedding-3-large', 'gpt-4'],
    ['gpt-5-mini', 'gpt-5'],
    ['gpt-5-chat-latest', 'gpt-4o'],
    ['gpt-5.4-2026-03-05', 'gpt-5.1'],
    ['o3-mini', 'o-series'],
    ['openai.gpt-oss-120b-1:0', 'gpt-oss'],
    ['groq/openai/gpt-oss-20b', 'gpt-oss'],
    ['claude-3-opus-20240229', 'claude'],
    ['anthropic/claude-sonnet-4-20250514', 'claude'],
    ['claude-haiku-4-5@20251001', 'claude-4.5'],
    ['bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-4.5'],
    ['anthropic/claude-opus-4.7', 'claude-5'],
    ['gemini/gemini-2.5-pro', 'gemini'],
    ['models/gemini-2.0-flash-001', 'gemini-2.0'],
    ['gemini-3-pro-preview', 'gemini-3'],
    ['together/meta-llama/Llama-3.3-70B-Instruct-Turbo', 'llama-3.1'],
    ['meta-llama/Meta-Llama-3.1-8B-Instruct', 'llama-3.1'],
    ['meta.llama3-8b-instruct-v1:0', 'llama-3'],
    ['meta-llama/Llama-4-Scout-17B-16E-Instruct', 'llama-4'],
    ['deepseek-r1-distill-llama-70b', 'llama-3'],
    ['DeepSeek-V3.1', 'deepseek'],
    ['mistral-large-latest', 'mistral'],
    ['open-mixtral-8x22b', 'mistral-7b'],
    ['xai/grok-4', 'grok-4'],
    ['grok-4-1-fast-non-reasoning', 'grok'],
    ['grok-4-fast-reasoning', 'grok-4-fast'],
    ['Qwen/Qwen3.5-397B-A17B-FP8', 'qwen'],
    ['qwen2.5-vl-72b-instruct', 'qwen'],
    ['moonshotai/kimi-k2-instruct', 'kimi'],
    ['us.amazon.nova-lite-v1:0', 'nova'],
  ])('%s: %s', (model, family) => {
    expect(familyOf(model).name).toBe(family)
  })

  it.each([
    'my-deployment',
    'gpt4o',
    'my-gpt-4o',
    'gpt',
    '',
    '/',
    '-',
    'us.',
    'anthropic',
    'novax',
    'toString',
    '__proto__',
    'constructor',
  ])('is not guessed from a similar name: %j', (model) => {
    expect(familyOf(model).name).toBe('unknown')
  })

  it('is immutable', () => {
    expect(Object.isFrozen(familyOf('gpt-4o'))).toBe(true)
  })
})
