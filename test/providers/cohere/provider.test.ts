import { expect, it } from 'vitest'
import { provider } from '../../../providers/cohere.js'
import { modelFacts } from '../../../providers/dialects/cohere/models.js'

it('has the address and the credentials of calls', () => {
  const path = (operation: 'chat' | 'embedding' | 'rerank', base = '') =>
    provider.address.path(operation, 'm', true, {}, base)
  expect(provider.address.base).toBe('https://api.cohere.com')
  expect([path('chat'), path('embedding'), path('rerank')]).toEqual(['/v2/chat', '/v2/embed', '/v2/rerank'])
  expect(path('chat', '/proxy/v2')).toBe('/chat')
  expect(provider.auth.schemes).toEqual([
    { option: 'apiKey', env: ['COHERE_API_KEY', 'CO_API_KEY'], header: 'authorization', prefix: 'Bearer ' },
  ])
})

it('is frozen', () => {
  for (const part of [
    provider,
    provider.address,
    provider.auth,
    provider.dialect,
    modelFacts('command-r'),
    modelFacts('x'),
  ]) {
    expect(Object.isFrozen(part)).toBe(true)
  }
})
