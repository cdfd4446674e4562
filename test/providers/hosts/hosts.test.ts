import type { Dispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CompatibleRow, compatible } from '../../../providers/compatible.js'
import { defaultQuirks } from '../../../providers/dialects/openai/index.js'
import { hosts } from '../../../providers/hosts/index.js'
import { loadProvider, providerIds } from '../../../providers/registry.js'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/client.js'
import { rejection } from '../../helpers/simulated.js'

const messages = [{ role: 'user', content: 'Hi' }] as const
const each = hosts.map((row) => [row.id, row] as const)
const before = JSON.stringify(hosts)

function frozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(frozen)
}

const unique = (values: readonly string[]) => values.filter((value, index) => values.indexOf(value) !== index)
const needsKey = (row: CompatibleRow) => compatible(row).auth.required !== false

beforeEach(() => {
  for (const name of hosts.flatMap(({ env = [], baseEnv = [] }) => [...env, ...baseEnv])) vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

/** Answers in process and records the URL of each request. */
function recorder() {
  const mock = mockProvider()
  const urls: string[] = []
  const dispatcher = {
    dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
      urls.push(`${options.origin}${options.path}`)
      // the mock selects the API by the path
      const path = options.path.endsWith('/embeddings') ? '/v1/embeddings' : '/v1/chat/completions'
      return mock.dispatcher.dispatch({ ...options, path }, handler)
    },
    close: () => mock.close(),
    destroy: () => mock.close(),
  }
  return { mock, urls, client: createClient({ dispatcher: dispatcher as unknown as Dispatcher }) }
}

describe('the built-in hosts', () => {
  it('number at least 100', async () => {
    const all = await providerIds()
    console.info(`${hosts.length} hosts, ${all.length} prefixes`)
    expect(hosts.length).toBeGreaterThanOrEqual(100)
    expect(unique(all)).toEqual([])
  })

  it('are sorted by id', () => {
    const ids = hosts.map(({ id }) => id)
    expect(ids).toEqual([...ids].sort())
  })

  it('have unique prefixes that no other provider uses', () => {
    const ids = hosts.map(({ id }) => id)
    expect(unique(ids)).toEqual([])
    for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/)
    for (const id of ['openai', 'anthropic', 'azure', 'gemini', 'vertex_ai']) expect(ids).not.toContain(id)
  })

  it('have addresses without a trailing slash, and http on loopback only', () => {
    for (const { id, base, paths = {} } of hosts) {
      for (const path of Object.values(paths)) expect([id, path]).toEqual([id, expect.stringMatching(/^\/.*[^/]$/)])
      if (base === undefined) continue
      const { protocol, hostname, href, search, hash, username } = new URL(base)
      const loopback = hostname === 'localhost' || hostname === '127.0.0.1'
      expect([id, protocol]).toEqual([id, loopback ? 'http:' : 'https:'])
      expect([id, base.endsWith('/'), search, hash, username]).toEqual([id, false, '', '', ''])
      expect([id, href.replace(/\/$/, '')]).toEqual([id, base])
    }
  })

  it('have a base or a variable for one', () => {
    for (const { id, base, baseEnv = [] } of hosts)
      expect([id, base !== undefined || baseEnv.length > 0]).toEqual([id, true])
  })

  it('use environment variables that belong to no other host', () => {
    const foreign = ['OPENAI_API_KEY', 'OPENAI_API_BASE', 'OPENAI_BASE_URL', 'ANTHROPIC_API_KEY', 'API_KEY', 'TOKEN']
    const owners = new Map<string, string>()
    for (const row of hosts) {
      const { id, env = [], baseEnv = [] } = row
      // two prefixes of one host share everything except the prefix
      const host = JSON.stringify({ ...row, id: '' })
      expect([id, unique([...env, ...baseEnv])]).toEqual([id, []])
      for (const name of [...env, ...baseEnv]) {
        expect(name).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/)
        expect(foreign).not.toContain(name)
        expect([id, name, owners.get(name) ?? host]).toEqual([id, name, host])
        owners.set(name, host)
      }
    }
  })

  it('give a valid address for the page with keys', () => {
    for (const { keyUrl } of hosts) if (keyUrl !== undefined) expect(keyUrl).toMatch(/^https:\/\/[^/]+\.[a-z]+(\/|$)/)
  })

  it('require a key except for self-hosted servers and OVHcloud', () => {
    const keyless = hosts.filter((row) => !needsKey(row)).map(({ id }) => id)
    expect(keyless.sort()).toEqual([
      'custom_openai',
      'docker_model_runner',
      'hosted_vllm',
      'infinity',
      'lemonade',
      'litellm_proxy',
      'llamacpp',
      'llamafile',
      'lm_studio',
      'mistralrs',
      'oobabooga',
      'openai_like',
      'ovhcloud',
      'sglang',
      'tgi',
      'vllm',
      'xinference',
    ])
  })

  it.each(each)('include %s, whose provider is frozen', (id, row) => {
    const { chat = '/chat/completions', embedding = '/embeddings' } = row.paths ?? {}
    const provider = compatible(row)
    expect(provider).toMatchObject({ id, name: row.name })
    expect(provider.address).toMatchObject({ base: row.base, env: row.baseEnv })
    expect(provider.address.path('chat', 'm', false, {}, '/v1')).toBe(chat)
    expect(provider.address.path('embedding', 'm', false, {}, '/v1')).toBe(embedding)
    expect(provider.auth.schemes).toEqual([
      { option: 'apiKey', env: row.env, header: 'authorization', prefix: 'Bearer ' },
    ])
    expect(frozen(provider)).toBe(true)
    expect(Object.keys(provider.quirks).sort()).toEqual(Object.keys(defaultQuirks).sort())
  })
})

describe('a call to a built-in host', () => {
  it.each(each)('reaches %s with the key from the environment', async (id, row) => {
    const { env: [keyName = ''] = [], baseEnv: [baseName = ''] = [] } = row
    if (row.base === undefined) vi.stubEnv(baseName, 'https://my.example/api/v1/')
    vi.stubEnv(keyName, 'key-of-the-test')
    const base = row.base ?? 'https://my.example/api/v1'
    const { mock, urls, client } = recorder()

    const answer = await client.completion({ model: `${id}/some/model`, messages })
    expect(answer.choices[0]?.message.content).toEqual(expect.any(String))
    expect(urls).toEqual([`${base}${row.paths?.chat ?? '/chat/completions'}`])
    expect(mock.requests[0]).toMatchObject({
      headers: { authorization: 'Bearer key-of-the-test' },
      body: { model: 'some/model', messages },
    })

    await client.embedding({ model: `${id}/some/model`, input: 'Hi' })
    expect(urls[1]).toBe(`${base}${row.paths?.embedding ?? '/embeddings'}`)

    const stream = await client.completion({ model: `${id}/some/model`, messages, stream: true, max_tokens: 9 })
    for await (const _ of stream);
    expect(urls[2]).toBe(urls[0])
    expect(mock.requests.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer key-of-the-test'))

    expect(frozen(hosts)).toBe(true)
    expect(frozen(await loadProvider(id))).toBe(true)
    expect(JSON.stringify(hosts)).toBe(before)
  })

  it.each(each)('reads each environment variable of %s', async (id, row) => {
    for (const name of row.env ?? []) {
      for (const baseName of row.baseEnv ?? []) {
        vi.stubEnv(name, `key of ${name}`)
        vi.stubEnv(baseName, `https://${id.replace(/[^a-z0-9]/g, '-')}.example`)
        const { mock, urls, client } = recorder()
        await client.completion({ model: `${id}/m`, messages })
        expect(new URL(urls[0] ?? '').hostname).toMatch(/\.example$/)
        expect(mock.requests[0]?.headers.authorization).toBe(`Bearer key of ${name}`)
        vi.stubEnv(name, '')
        vi.stubEnv(baseName, '')
      }
    }
  })

  it.each(hosts.filter(needsKey).map((row) => [row.id, row] as const))(
    'names the missing key of %s',
    async (id, row) => {
      const { urls, client } = recorder()
      const [baseName] = row.baseEnv ?? []
      if (row.base === undefined && baseName) vi.stubEnv(baseName, 'https://my.example/v1')
      const error = await rejection(client.completion({ model: `${id}/m`, messages }))
      expect(error).toMatchObject({ code: 'authentication', provider: id })
      for (const name of row.env ?? []) expect(String(error)).toContain(name)
      expect(urls).toEqual([])
    },
  )

  it.each(hosts.filter(({ base }) => base === undefined).map((row) => [row.id, row] as const))(
    'names the missing address of %s',
    async (id, { baseEnv = [] }) => {
      const { urls, client } = recorder()
      const error = await rejection(client.completion({ model: `${id}/m`, messages, apiKey: 'k' }))
      expect(error).toMatchObject({ code: 'bad_request', param: 'apiBase' })
      for (const name of baseEnv) expect(String(error)).toContain(name)
      expect(urls).toEqual([])
    },
  )

  // addresses from recorded traffic
  it.each([
    ['ai21', 'https://api.ai21.com/studio/v1/chat/completions'],
    ['avian', 'https://api.avian.io/v1/chat/completions'],
    ['crusoe', 'https://api.inference.crusoecloud.com/v1/chat/completions'],
    ['doubleword', 'https://api.doubleword.ai/v1/chat/completions'],
    ['github', 'https://models.github.ai/inference/chat/completions'],
    ['huggingface', 'https://router.huggingface.co/v1/chat/completions'],
    ['llamacpp', 'http://127.0.0.1:9931/v1/chat/completions'],
    ['nebius', 'https://api.tokenfactory.nebius.com/v1/chat/completions'],
    ['novita', 'https://api.novita.ai/v3/openai/chat/completions'],
    ['venice', 'https://api.venice.ai/api/v1/chat/completions'],
    ['vercel_ai_gateway', 'https://ai-gateway.vercel.sh/v1/chat/completions'],
    ['writer', 'https://api.writer.com/v1/chat'],
    ['zai', 'https://api.z.ai/api/paas/v4/chat/completions'],
  ])('is sent by %s to %s', async (id, url) => {
    const { urls, client } = recorder()
    await client.completion({ model: `${id}/m`, messages, apiKey: 'k' })
    expect(urls).toEqual([url])
  })

  it.each([
    ['databricks', 'DATABRICKS', 'https://my-workspace.azuredatabricks.net/serving-endpoints'],
    ['cloudflare', 'CLOUDFLARE', 'https://api.cloudflare.com/client/v4/accounts/my-account/ai/v1'],
    ['snowflake', 'SNOWFLAKE', 'https://my-account.snowflakecomputing.com/api/v2/cortex/v1'],
  ])('is sent by %s to the address in %s_API_BASE', async (id, name, base) => {
    vi.stubEnv(`${name}_API_BASE`, base)
    const { urls, client } = recorder()
    await client.completion({ model: `${id}/m`, messages, apiKey: 'k' })
    expect(urls).toEqual([`${base}/chat/completions`])
  })

  it('sends thinking to Vercel and Snowflake in OpenRouter’s form', async () => {
    for (const id of ['vercel_ai_gateway', 'snowflake']) {
      const { mock, client } = recorder()
      const thinking = { type: 'enabled', budget_tokens: 2000 } as const
      await client.completion({ model: `${id}/m`, messages, apiKey: 'k', apiBase: 'https://my.example/v1', thinking })
      expect(mock.requests[0]?.body).toMatchObject({ reasoning: { max_tokens: 2000 } })
      expect(mock.requests[0]?.body).not.toHaveProperty('thinking')
    }
  })

  it('renames the output limit for Snowflake and Poe', async () => {
    const { mock, client } = recorder()
    const apiBase = 'https://my.example/v1'
    await client.completion({ model: 'snowflake/m', messages, apiKey: 'k', apiBase, max_tokens: 5 })
    await client.completion({ model: 'poe/m', messages, apiKey: 'k', max_completion_tokens: 5 })
    expect(mock.requests[0]?.body).toMatchObject({ max_completion_tokens: 5 })
    expect(mock.requests[0]?.body).not.toHaveProperty('max_tokens')
    expect(mock.requests[1]?.body).toMatchObject({ max_tokens: 5 })
    expect(mock.requests[1]?.body).not.toHaveProperty('max_completion_tokens')
  })

  it('reaches chat and embeddings of Perplexity at different paths', async () => {
    const { urls, client } = recorder()
    await client.completion({ model: 'perplexity/m', messages, apiKey: 'k' })
    await client.embedding({ model: 'perplexity/m', input: 'Hi', apiKey: 'k' }).catch(() => undefined)
    expect(urls).toEqual(['https://api.perplexity.ai/chat/completions', 'https://api.perplexity.ai/v1/embeddings'])
  })

  it('accepts the base of Heroku with and without /v1', async () => {
    vi.stubEnv('HEROKU_API_KEY', 'k')
    for (const base of ['https://eu.inference.heroku.com', 'https://eu.inference.heroku.com/v1']) {
      vi.stubEnv('HEROKU_API_BASE', base)
      const { urls, client } = recorder()
      await client.completion({ model: 'heroku/m', messages })
      expect(urls).toEqual(['https://eu.inference.heroku.com/v1/chat/completions'])
    }
  })
})
