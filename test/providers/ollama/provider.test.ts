import { expect, it } from 'vitest'
import { hostToBase, provider } from '../../../providers/ollama.js'

it('has an address and needs no key', () => {
  expect(provider.address.base).toBe('http://localhost:11434')
  expect(provider.address.env).toEqual(['OLLAMA_API_BASE', 'OLLAMA_HOST'])
  expect(provider.auth.required).toBe(false)
  expect(provider.dialect.framing).toBe('ndjson')
})

it.each([
  ['localhost', 'http://localhost:11434'],
  ['127.0.0.1:11434', 'http://127.0.0.1:11434'],
  ['0.0.0.0', 'http://localhost:11434'],
  ['0.0.0.0:8080', 'http://localhost:8080'],
  [':11435', 'http://localhost:11435'],
  ['[::]:11434', 'http://localhost:11434'],
  ['[::1]', 'http://[::1]:11434'],
  ['http://gpu.lan', 'http://gpu.lan'],
  ['https://ollama.example.com/', 'https://ollama.example.com'],
  ['http://gpu.lan:1234/base', 'http://gpu.lan:1234/base'],
  ['ollama.com', 'https://ollama.com'],
  ['  gpu.lan  ', 'http://gpu.lan:11434'],
])('takes OLLAMA_HOST %s for %s', (value, base) => {
  expect(hostToBase(value)).toBe(base)
})

it('is frozen', () => {
  for (const part of [provider, provider.address, provider.auth, provider.dialect])
    expect(Object.isFrozen(part)).toBe(true)
})
