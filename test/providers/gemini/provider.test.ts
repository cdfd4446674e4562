import { describe, expect, it } from 'vitest'
import type { Operation } from '../../../providers/contract.js'
import { provider } from '../../../providers/gemini.js'
import { geminiRules } from '../../../providers/models/index.js'

describe('the provider', () => {
  it('defines addresses and credentials', () => {
    const { base } = provider.address
    const path = (operation: Operation, model: string, stream: boolean, basePath = '') =>
      provider.address.path(operation, model, stream, {}, basePath)
    expect(base).toBe('https://generativelanguage.googleapis.com')
    expect(path('chat', 'gemini-3-flash', false)).toBe('/v1beta/models/gemini-3-flash:generateContent')
    expect(path('chat', 'gemini-3-flash', true)).toBe('/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse')
    expect(path('chat', 'tunedModels/my-1', false)).toBe('/v1beta/tunedModels/my-1:generateContent')
    expect(path('chat', 'x', false, '/proxy/v1')).toBe('/models/x:generateContent')
    expect(path('chat', 'models/a?b', false)).toBe('/v1beta/models/a%3Fb:generateContent')
    expect(path('embedding', 'gemini-embedding-001', false)).toBe(
      '/v1beta/models/gemini-embedding-001:batchEmbedContents',
    )
    expect(provider.auth.schemes).toEqual([
      { option: 'apiKey', env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], header: 'x-goog-api-key' },
    ])
  })

  it.each(['..', '.', '../../x', 'models/..', 'tunedModels/../x'])("rejects the model name '%s'", (model) => {
    expect(() => provider.address.path('chat', model, false, {}, '')).toThrow('must not contain the path segment')
  })

  it('is frozen', () => {
    const { address, auth, quirks, dialect } = provider
    for (const part of [provider, address, address.env, auth, auth.schemes, quirks, dialect, dialect.chat]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    expect(Object.isFrozen(geminiRules('gemini-2.5-pro'))).toBe(true)
    expect(Object.isFrozen(geminiRules('gemini-2.5-pro').budget)).toBe(true)
    expect(Object.isFrozen(geminiRules('unknown'))).toBe(true)
  })
})

describe('model facts', () => {
  it.each([
    ['gemini-2.5-flash', 'gemini-2.5-flash-preview-05-20'],
    ['gemini-2.5-flash', 'models/gemini-2.5-flash'],
    ['gemini-2.5-flash-lite', 'gemini-2.5-flash-lite-preview-09-2025'],
    ['gemini-2.5-flash-tts', 'gemini-2.5-flash-preview-tts'],
    ['gemini-2.0-flash', 'gemini-2.0-flash-001'],
    ['gemini-2.0-flash', 'gemini-2.0-flash-exp'],
    ['gemini-2.0-flash-image-generation', 'gemini-2.0-flash-exp-image-generation'],
    ['gemini-2.0-flash-thinking', 'gemini-2.0-flash-thinking-exp-01-21'],
    ['gemini-1.5-pro', 'gemini-1.5-pro-latest'],
    ['gemini-3.1-pro', 'publishers/google/models/gemini-3.1-pro-preview'],
    ['gemini-3-pro-image', 'gemini-3-pro-image-preview@default'],
  ])('finds %s as %s', (id, name) => {
    expect(geminiRules(name)).toBe(geminiRules(id))
  })

  it('ignores partial matches of names', () => {
    expect(geminiRules('my-gemini-2.0-flash')).toBe(geminiRules('unknown'))
    expect(geminiRules('gemini-2.5-flash-image').budget).toBeUndefined()
  })
})
