import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../src/index.js'
import { startHosts } from '../helpers/hosts.js'
import { user } from '../helpers/simulated.js'

afterEach(() => vi.unstubAllEnvs())

const key = 'KEY-OF-THE-ENVIRONMENT'

/** The headers and path of a call, as one text; empty if nothing was sent. */
async function sent(request: object, client: object = {}): Promise<string> {
  await using hosts = await startHosts(() => ({ status: 400, body: { error: { message: 'no' } } }))
  await using llm = createClient({ dispatcher: hosts.dispatcher, maxRetries: 0, ...client })
  await llm.completion({ model: 'openai/m', messages: user('Hi'), ...request }).catch(() => {})
  return JSON.stringify(hosts.seen)
}

describe('a key of the environment', () => {
  // providers without an address of their own: the base is always configured
  const homeless = [
    ['azure', 'AZURE_API_KEY', { apiVersion: '2024-10-21' }],
    ['hosted_vllm', 'HOSTED_VLLM_API_KEY', {}],
    ['litellm_proxy', 'LITELLM_PROXY_API_KEY', {}],
    ['databricks', 'DATABRICKS_TOKEN', {}],
  ] as const

  it.each(homeless)('of %s stays away from the base of a call', async (provider, name, options) => {
    vi.stubEnv(name, key)
    const request = { model: `${provider}/m`, apiBase: 'http://elsewhere.test', ...options }
    expect(await sent(request)).not.toContain(key)
  })

  it.each(homeless)("of %s goes to the client's base", async (provider, name, options) => {
    vi.stubEnv(name, key)
    const client = { providers: { [provider]: { apiBase: 'http://mine.test' } } }
    expect(await sent({ model: `${provider}/m`, ...options }, client)).toContain(key)
    const elsewhere = { model: `${provider}/m`, apiBase: 'http://elsewhere.test', ...options }
    expect(await sent(elsewhere, client)).not.toContain(key)
    const same = { model: `${provider}/m`, apiBase: 'http://mine.test/v1', ...options }
    expect(await sent(same, client)).toContain(key)
  })

  it.each(['openai', 'anthropic', 'groq', 'mistral'])('of %s goes to its own host only', async (provider) => {
    vi.stubEnv(`${provider.toUpperCase()}_API_KEY`, key)
    expect(await sent({ model: `${provider}/m` })).toContain(key)
    expect(await sent({ model: `${provider}/m`, apiBase: 'http://elsewhere.test' })).not.toContain(key)
    const client = { providers: { [provider]: { apiBase: 'http://elsewhere.test' } } }
    expect(await sent({ model: `${provider}/m` }, client)).not.toContain(key)
  })

  it('is explained if it was withheld and the server rejects the call', async () => {
    vi.stubEnv('HOSTED_VLLM_API_KEY', key)
    await using hosts = await startHosts(() => ({ status: 401, body: { error: { message: 'no' } } }))
    await using llm = createClient({ dispatcher: hosts.dispatcher, maxRetries: 0 })
    const request = { model: 'hosted_vllm/m', messages: user('Hi'), apiBase: 'http://elsewhere.test' }
    await expect(llm.completion(request)).rejects.toThrow(
      'The key in HOSTED_VLLM_API_KEY has no base URL configured and was not sent to http://elsewhere.test: pass apiKey together with apiBase.',
    )
  })
})

it('keeps the client secret of a service principal from the base of a call', async () => {
  vi.stubEnv('DATABRICKS_CLIENT_ID', 'id-1')
  vi.stubEnv('DATABRICKS_CLIENT_SECRET', key)
  const text = await sent({ model: 'databricks/m', apiBase: 'http://elsewhere.test' })
  expect(text).not.toContain(key)
  expect(text).not.toContain(Buffer.from(`id-1:${key}`).toString('base64'))
})

describe('a credential in a header', () => {
  const headers = { authorization: 'CREDENTIAL-1', 'x-api-key': 'CREDENTIAL-2', 'x-team': 'blue' }

  it('of a provider stays away from the base of a call', async () => {
    const client = { providers: { openai: { apiKey: 'k', headers } } }
    const elsewhere = await sent({ apiBase: 'http://elsewhere.test/v1' }, client)
    expect(elsewhere).not.toContain('CREDENTIAL')
    expect(elsewhere).toContain('blue')
    expect(await sent({}, client)).toContain('CREDENTIAL-1')
    expect(await sent({ apiBase: 'https://api.openai.com/v1' }, client)).toContain('CREDENTIAL-2')
  })

  it("goes to the client's base", async () => {
    const client = { providers: { openai: { headers, apiBase: 'http://mine.test/v1' } } }
    expect(await sent({}, client)).toContain('CREDENTIAL-1')
  })

  it('of a call goes with the call', async () => {
    expect(await sent({ apiBase: 'http://elsewhere.test/v1', headers })).toContain('CREDENTIAL-1')
  })
})

it('shows no login of a malformed URL', async () => {
  for (const options of [{ proxy: 'httpx://user:PASSWORD@' }, { proxy: '//user:PASS/WORD@host' }]) {
    expect(() => createClient(options)).toThrow(/^'proxy' must be/)
    expect(() => createClient(options)).not.toThrow(/PASSWORD/)
  }
  for (const apiBase of ['httpx://user:PASSWORD@host', 'ftp://user:PASSWORD@', 'https://user:PASSWORD@host/v1']) {
    const error = await createClient()
      .completion({ model: 'openai/m', messages: user('Hi'), apiKey: 'k', apiBase })
      .catch((error: unknown) => String(error))
    expect(error).toContain('apiBase')
    expect(error).not.toContain('PASSWORD')
  }
})
