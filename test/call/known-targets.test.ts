import { afterEach, describe, expect, it, vi } from 'vitest'
import { provider as gemini } from '../../providers/gemini.js'
import { provider as openai } from '../../providers/openai.js'
import { ClientContext } from '../../src/call/context.js'
import { KnownTargets } from '../../src/call/known-targets.js'
import { findTarget } from '../../src/call/target.js'
import type { CallOptions, ProviderOptions } from '../../src/types/options.js'

const chat = { operation: 'chat', model: 'm', stream: false } as const

afterEach(() => vi.unstubAllEnvs())

/** The same calls with and without memory. `isGuest` is a function of its own in each target. */
function compare(calls: readonly (readonly [options: CallOptions, configured?: ProviderOptions])[], of = openai) {
  const targets = new KnownTargets()
  for (const [options, configured = {}] of calls) {
    const { isGuest, ...known } = targets.find(of, chat, options, configured)
    const { isGuest: expected, ...fresh } = findTarget(of, chat, options, configured)
    expect(known).toEqual(fresh)
    expect(isGuest()).toBe(expected())
  }
}

describe('known targets', () => {
  it('equal those that are found for the call alone, whatever the calls before had', () => {
    const own = { apiKey: 'sk-1' }
    const base = { apiKey: 'sk-1', apiBase: 'http://127.0.0.1:1/v1' }
    compare([
      [own],
      [own],
      [{ apiKey: 'sk-2' }],
      [base],
      [base],
      [{ ...base, apiBase: 'http://127.0.0.1:2/v1' }],
      [{ ...own, organization: 'org-1' }],
      [own],
      [{ apiBase: 'http://127.0.0.1:3/v1' }, { apiKey: 'sk-3', apiBase: 'http://127.0.0.1:4/v1' }],
      [{}, { apiKey: 'sk-3', apiBase: 'http://127.0.0.1:4/v1' }],
      [{}, { apiKey: 'sk-3', apiBase: 'http://127.0.0.1:4/v1', project: 'p' }],
      [{}, { apiKey: 'sk-3' }],
    ])
  })

  it('follow the environment', () => {
    const targets = new KnownTargets()
    const find = () => targets.find(openai, chat, {}, {})
    vi.stubEnv('OPENAI_API_KEY', 'sk-first')
    expect(find().headers.authorization).toBe('Bearer sk-first')
    vi.stubEnv('OPENAI_API_KEY', 'sk-second')
    expect(find().headers.authorization).toBe('Bearer sk-second')
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:1/v1')
    expect(find().origin).toBe('http://127.0.0.1:1')
    vi.stubEnv('OPENAI_BASE_URL', '')
    expect(find().origin).toBe('https://api.openai.com')
    vi.stubEnv('OPENAI_ORG_ID', 'org-1')
    expect(find().headers['openai-organization']).toBe('org-1')
    vi.stubEnv('OPENAI_API_KEY', '')
    expect(find).toThrow('No API key for OpenAI')
  })

  it('follow options of the client that its owner changes', () => {
    const targets = new KnownTargets()
    const configured: { apiKey?: string; apiBase?: string } = { apiKey: 'sk-1' }
    const find = () => targets.find(openai, chat, {}, configured)
    expect(find().headers.authorization).toBe('Bearer sk-1')
    configured.apiKey = 'sk-2'
    expect(find().headers.authorization).toBe('Bearer sk-2')
    configured.apiBase = 'http://127.0.0.1:1/v1'
    expect(find().origin).toBe('http://127.0.0.1:1')
    delete configured.apiBase
    expect(find().origin).toBe('https://api.openai.com')
  })

  it('are forgotten when a provider is registered', () => {
    const context = new ClientContext()
    const own = { ...openai, id: 'own', address: { ...openai.address, base: 'http://127.0.0.1:1/v1' } }
    const targets = new KnownTargets()
    context.targets = targets
    const find = () => targets.find(own, chat, { apiKey: 'sk-1' }, {})
    context.register(own)
    expect(find().origin).toBe('http://127.0.0.1:1')
    own.address.base = 'http://127.0.0.1:2/v1'
    context.register(own)
    expect(find().origin).toBe('http://127.0.0.1:2')
  })

  it('have a path for each operation, stream and model', () => {
    const targets = new KnownTargets()
    const pathOf = (call: Parameters<typeof findTarget>[1]) => targets.find(gemini, call, { apiKey: 'k' }, {}).path
    expect(pathOf(chat)).toBe('/v1beta/models/m:generateContent')
    expect(pathOf({ ...chat, stream: true })).toBe('/v1beta/models/m:streamGenerateContent?alt=sse')
    expect(pathOf({ ...chat, operation: 'embedding' })).toBe('/v1beta/models/m:batchEmbedContents')
    expect(pathOf({ ...chat, model: 'n' })).toBe('/v1beta/models/n:generateContent')
    expect(pathOf(chat)).toBe('/v1beta/models/m:generateContent')
  })

  it('are copies: headers and secrets of one call do not reach the next', () => {
    const targets = new KnownTargets()
    const find = () => targets.find(openai, chat, { apiKey: 'sk-1' }, {})
    for (let at = 0; at < 3; at++) {
      const target = find()
      expect(target.headers).not.toHaveProperty('x-mine')
      expect(target.secrets).toEqual(['sk-1'])
      target.headers['x-mine'] = '1'
      target.secrets.push('token')
    }
  })
})
