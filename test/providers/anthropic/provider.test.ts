import { describe, expect, it } from 'vitest'
import { provider } from '../../../providers/anthropic.js'
import { claudeRules } from '../../../providers/models/index.js'

describe('the provider', () => {
  it('has the address and the credentials of calls', () => {
    expect(provider.address.base).toBe('https://api.anthropic.com')
    expect(provider.address.path('chat', 'claude', false, {}, '')).toBe('/v1/messages')
    expect(provider.auth.schemes.map(({ option, env, header, prefix }) => [option, env[0], header, prefix])).toEqual([
      ['apiKey', 'ANTHROPIC_API_KEY', 'x-api-key', undefined],
      ['authToken', 'ANTHROPIC_AUTH_TOKEN', 'authorization', 'Bearer '],
    ])
    expect(provider.headers).toEqual({ 'anthropic-version': '2023-06-01' })
  })

  it('is frozen', () => {
    expect(Object.isFrozen(provider)).toBe(true)
    expect(Object.isFrozen(provider.quirks)).toBe(true)
    expect(Object.isFrozen(claudeRules('claude-opus-5'))).toBe(true)
    expect(Object.isFrozen(claudeRules('unknown'))).toBe(true)
  })
})

describe('the facts of a model', () => {
  it.each([
    'claude-sonnet-4-5-20250929',
    'claude-sonnet-4-5-latest',
    'claude-sonnet-4-5@20250929',
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'anthropic/claude-sonnet-4.5',
  ])('are found under %s', (id) => {
    expect(claudeRules(id)).toBe(claudeRules('claude-sonnet-4-5'))
  })

  it('are not guessed from a part of the name', () => {
    expect(claudeRules('my-claude-3-haiku-tuned').maxOutput).toBeUndefined()
    expect(claudeRules('claude-sonnet-4')).not.toBe(claudeRules('claude-sonnet-4-5'))
    expect(claudeRules('claude-sonnet-4-0')).toBe(claudeRules('claude-sonnet-4-20250514'))
  })
})
