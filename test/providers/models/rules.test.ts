import { describe, expect, it } from 'vitest'
import {
  claudeRules,
  effortLevels,
  geminiRules,
  modelRuleEntries,
  modelRules,
  plainName,
} from '../../../providers/models/index.js'

describe('the table of model rules', () => {
  it('dates every entry and names its sources', () => {
    for (const { rules } of modelRuleEntries) {
      expect(rules.checked, rules.family).toMatch(/^20\d\d-\d\d-\d\d$/)
      expect(rules.sources.length, rules.family).toBeGreaterThan(0)
    }
  })

  it('lists effort levels from weakest to strongest', () => {
    for (const { rules } of modelRuleEntries) {
      const places = rules.efforts.map((level) => effortLevels.indexOf(level))
      expect(places, rules.family).toEqual(places.toSorted((one, other) => one - other))
      for (const level of rules.responsesEfforts) expect(rules.efforts, rules.family).toContain(level)
    }
  })

  it('is frozen, so that no call can change the rules of another', () => {
    for (const { rules } of modelRuleEntries) {
      expect(Object.isFrozen(rules)).toBe(true)
      for (const value of Object.values(rules)) if (typeof value === 'object') expect(Object.isFrozen(value)).toBe(true)
    }
  })
})

describe('plainName', () => {
  it.each([
    ['openai/gpt-5.5', 'gpt-5.5'],
    ['azure/responses/gpt-5.5', 'gpt-5.5'],
    ['ft:gpt-4o-mini-2024-07-18:acme::x1', 'gpt-4o-mini-2024-07-18'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-5-20250929'],
    ['claude-sonnet-4-5@20250929', 'claude-sonnet-4-5'],
    ['arn:aws:bedrock:us-east-1:1:inference-profile/eu.amazon.nova-lite-v1:0', 'nova-lite'],
    ['publishers/google/models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['openrouter/moonshotai/kimi-k2.6:free', 'kimi-k2.6'],
    ['databricks/databricks-claude-sonnet-4-5', 'claude-sonnet-4-5'],
    ['Qwen/Qwen3-32B', 'qwen3-32b'],
  ])('reduces %s to %s', (given, plain) => {
    expect(plainName(given)).toBe(plain)
  })
})

describe('modelRules', () => {
  it.each([
    ['gpt-3.5-turbo', 'gpt-3.5-turbo'],
    ['azure/gpt-35-turbo', 'gpt-3.5-turbo'],
    ['gpt-4', 'gpt-4'],
    ['gpt-4-0613', 'gpt-4'],
    ['gpt-4-turbo-2024-04-09', 'gpt-4-turbo'],
    ['gpt-4-1106-preview', 'gpt-4-turbo'],
    ['gpt-4o-mini', 'gpt-4o'],
    ['chatgpt-4o-latest', 'gpt-4o'],
    ['gpt-4.1-nano', 'gpt-4.1'],
    ['o1-mini', 'o1-mini'],
    ['o3-2025-04-16', 'o3'],
    ['o4-mini', 'o4-mini'],
    ['gpt-5-mini-2025-08-07', 'gpt-5'],
    ['gpt-5-chat-latest', 'gpt-5-chat'],
    ['gpt-5-search-api', 'gpt-5-search'],
    ['gpt-5.1-codex-max', 'gpt-5.1-codex-max'],
    ['gpt-5.3-codex', 'gpt-5.2-codex'],
    ['gpt-5.5-pro-2026-04-23', 'gpt-5.2-pro'],
    ['gpt-5.4-nano', 'gpt-5.4'],
    ['gpt-5.6-sol', 'gpt-5.6'],
    ['gpt-6-sol', 'gpt-6-sol'],
    ['gpt-6-luna', 'gpt-6-sol'],
    ['gpt-6-astra-law', 'gpt-6'],
    ['gpt-6.1-sol', 'gpt-6.1'],
    ['gpt-oss-120b', 'gpt-oss'],
    ['bedrock/openai.gpt-oss-20b-1:0', 'gpt-oss'],
    ['gpt-audio-mini', 'gpt-audio'],
    ['xai/grok-4.20-reasoning', 'grok-4'],
    ['xai/grok-4-1-fast-non-reasoning', 'grok-4-non-reasoning'],
    ['xai/grok-4.5', 'grok-4.5'],
    ['deepseek-ai/DeepSeek-V4-Pro', 'deepseek-v4'],
    ['moonshot/kimi-k3.1-pro', 'kimi-k3'],
    ['zai-org/GLM-5.2', 'glm-5.2'],
    ['Qwen/Qwen3-235B-A22B-Thinking-2507', 'qwen3-thinking'],
    ['qwen3.7-max', 'qwen3.5'],
    ['qwen3.8-27b', 'qwen3.8'],
    ['mistral-large-2512', 'mistral'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'llama-3'],
  ])('finds the family of %s', (model, family) => {
    expect(modelRules(model)?.family).toBe(family)
  })

  it.each([
    ['gpt-6.3-sol', 'gpt-6.2'],
    ['gpt-7', 'gpt-6.2'],
    ['o5-mini', 'o4-mini'],
    ['claude-opus-6', 'claude-5-5'],
    ['gemini-5-flash', 'gemini-4'],
    ['kimi-k4', 'kimi-k3'],
    ['glm-6', 'glm-5.3'],
  ])('gives %s the rules of the newest known version of its line', (model, family) => {
    expect(modelRules(model)?.family).toBe(family)
  })

  it.each(['my-deployment', 'a1b2c3d4', 'smollm2', 'gpt', 'claude', 'opus', 'gpt4all', 'o1js'])(
    'knows nothing of %s',
    (model) => {
      expect(modelRules(model)).toBeUndefined()
    },
  )

  it('keeps function tools of the newest models on the Responses API', () => {
    for (const model of ['gpt-6-astra', 'gpt-6.1-terra', 'gpt-6.2-sol-healthcare', 'gpt-6-cyber']) {
      expect(modelRules(model)).toMatchObject({ tools: 'responses', reasoning: 'always' })
    }
    expect(modelRules('gpt-5.6-luna')).toMatchObject({ tools: 'responses-while-reasoning', reasoning: 'by-default' })
    expect(modelRules('gpt-5.2')).toMatchObject({ tools: 'everywhere', reasoning: 'on-request' })
  })
})

describe('the rules of unknown models', () => {
  it('refuse nothing', () => {
    expect(claudeRules('my-profile').refused).toEqual([])
    expect(geminiRules('tunedModels/mine').refused).toEqual([])
  })
})
