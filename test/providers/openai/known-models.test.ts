import { describe, expect, it } from 'vitest'
import { knownModels, nearMatches, providerOfBareModel } from '../../../providers/known-models.js'
import { withoutChat } from './known-models.test-d.js'

describe('a bare name', () => {
  it.each([
    ['gpt-4o', 'openai'],
    ['gpt-4o-2024-08-06', 'openai'],
    ['o3-mini', 'openai'],
    ['gpt-5.2', 'openai'],
    ['text-embedding-3-small', 'openai'],
    ['ft:gpt-4o-2024-08-06:acme::id', 'openai'],
    ['claude-sonnet-4-20250514', 'anthropic'],
    ['claude-3-5-sonnet-latest', 'anthropic'],
    ['claude-sonnet-4-5', 'anthropic'],
    ['claude-opus-4-6', 'anthropic'],
  ])('%s is of %s', (name, provider) => {
    expect(providerOfBareModel(name)).toBe(provider)
  })

  it.each(['', 'gpt', 'gpt-4o ', 'GPT-4O', 'ft:mine:acme::id', 'ft:gpt-4o', 'constructor', 'openai/gpt-4o'])(
    '%j is of nobody',
    (name) => {
      expect(providerOfBareModel(name)).toBeUndefined()
    },
  )

  it('goes to OpenAI even if it is refused there, with OpenAI’s own explanation', () => {
    for (const name of Object.keys(withoutChat)) expect(providerOfBareModel(name)).toBe('openai')
  })

  it('is in one table, made once', () => {
    expect(knownModels()).toBe(knownModels())
    expect(new Set(knownModels().values())).toEqual(new Set(['openai', 'anthropic']))
  })
})

describe('suggestions', () => {
  const prefixes = ['openai', 'anthropic', 'openrouter', 'groq']

  it.each([
    ['gpt4o', 'gpt-4o'],
    ['gpt-4o-min', 'gpt-4o-mini'],
    ['GPT-4O', 'gpt-4o'],
    ['claude-sonnet-4.5', 'claude-sonnet-4-5'],
    ['claude-4-5-sonnet', 'claude-sonnet-4-5'],
    ['opnai/gpt-4o', 'openai/gpt-4o'],
    ['open-router/a/b', 'openrouter/a/b'],
  ])('by %s is %s, first of all', (written, meant) => {
    expect(nearMatches(written, 3, prefixes)[0]).toBe(meant)
  })

  it('are a few names at most, and none without a close one', () => {
    expect(nearMatches('my-own-model', 3, prefixes)).toEqual([])
    expect(nearMatches('zzzzzzzz/x', 3, prefixes)).toEqual([])
    expect(nearMatches('gpt-4')).toHaveLength(3)
    expect(nearMatches('x'.repeat(100_000), 3, prefixes)).toEqual([])
  })
})
