import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../src/index.js'

afterEach(() => vi.unstubAllEnvs())

describe('validateEnvironment()', () => {
  it('finds keys of the client and of the environment', async () => {
    expect(
      await createClient({ providers: { openai: { apiKey: 'k' } } }).validateEnvironment('openai/gpt-4o'),
    ).toMatchObject({
      ok: true,
      provider: 'openai',
      model: 'gpt-4o',
      problem: undefined,
    })
    vi.stubEnv('ANTHROPIC_API_KEY', 'k')
    expect((await createClient().validateEnvironment('claude-sonnet-4-5')).ok).toBe(true)
  })

  it('names the missing variable', async () => {
    vi.stubEnv('ANTHROPIC_API_KEY', '')
    vi.stubEnv('ANTHROPIC_AUTH_TOKEN', '')
    const report = await createClient().validateEnvironment('anthropic/claude-sonnet-4-5')
    expect(report.ok).toBe(false)
    expect(report.variables).toContain('ANTHROPIC_API_KEY')
    expect(report.problem).toMatch(/ANTHROPIC_API_KEY/)
  })

  it('rejects an unknown model', async () => {
    await expect(createClient().validateEnvironment('nonsense')).rejects.toThrow(/^Unknown model 'nonsense'/)
  })
})

describe('supportedParams()', () => {
  it('differs by provider and by model', async () => {
    const client = createClient()
    const gpt = await client.supportedParams('openai/gpt-4o')
    expect(gpt).toEqual(expect.arrayContaining(['temperature', 'tools', 'logprobs', 'seed', 'n', 'response_format']))
    expect(gpt).not.toContain('top_k')
    const claude = await client.supportedParams('anthropic/claude-sonnet-4-5')
    expect(claude).toEqual(expect.arrayContaining(['temperature', 'top_k', 'thinking', 'cache_control']))
    expect(claude).not.toContain('logprobs')
    expect(claude).not.toContain('seed')
    expect(await client.supportedParams('openai/o3')).not.toContain('temperature')
  })
})
