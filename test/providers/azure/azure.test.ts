import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { foundry, provider } from '../../../providers/azure.js'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/index.js'
import { rejection, user } from '../../helpers/simulated.js'

const names = [
  'AZURE_API_BASE',
  'AZURE_OPENAI_ENDPOINT',
  'AZURE_API_KEY',
  'AZURE_OPENAI_API_KEY',
  'AZURE_API_VERSION',
  'OPENAI_API_VERSION',
]

beforeEach(() => {
  for (const name of names) vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

const messages = user('hi')
const apiBase = 'https://my-resource.openai.azure.com'

/** The address and headers that a call makes. */
async function sent(options: object) {
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher })
  await client.completion({ model: 'azure/my-gpt', messages, apiBase, apiKey: 'k', ...options })
  const [request] = mock.requests
  return { path: request?.path, headers: request?.headers, body: request?.body as Record<string, unknown> }
}

describe('azure/', () => {
  it('puts the deployment and the version into the address, and the key into api-key', async () => {
    const { path, headers } = await sent({})
    expect(path).toBe('/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21')
    expect(headers?.['api-key']).toBe('k')
    expect(headers).not.toHaveProperty('authorization')
  })

  it('takes a version from the call, the client or the environment', async () => {
    expect((await sent({ apiVersion: '2025-04-01-preview' })).path).toContain('api-version=2025-04-01-preview')
    vi.stubEnv('AZURE_API_VERSION', '2024-06-01')
    expect((await sent({})).path).toContain('api-version=2024-06-01')
  })

  it('knows the API without dated versions, by the version or by the base', async () => {
    expect(await sent({ apiVersion: 'v1' })).toMatchObject({
      path: '/openai/v1/chat/completions',
      body: { model: 'my-gpt' },
    })
    expect((await sent({ apiVersion: 'preview' })).path).toBe('/openai/v1/chat/completions?api-version=preview')
    expect((await sent({ apiBase: `${apiBase}/openai/v1/` })).path).toBe('/openai/v1/chat/completions')
  })

  it('takes a token of Entra ID instead of a key', async () => {
    const mock = mockProvider()
    const client = createClient({ dispatcher: mock.dispatcher, providers: { azure: { authToken: 't', apiBase } } })
    await client.completion({ model: 'azure/my-gpt', messages })
    expect(mock.requests[0]?.headers.authorization).toBe('Bearer t')
  })

  it.each(['o_series', 'gpt5_series'])('refuses the series %s in front of a deployment', async (series) => {
    const mock = mockProvider()
    const client = createClient({ dispatcher: mock.dispatcher })
    const call = client.completion({ model: `azure/${series}/chat-eu`, messages, apiBase, apiKey: 'k' })
    expect(await rejection(call)).toMatchObject({
      code: 'bad_request',
      param: 'model',
      message: expect.stringMatching(/'azure\/chat-eu'.*baseModel/),
    })
    expect(mock.requests).toHaveLength(0)
  })

  it.each(['.', '..'])('refuses the deployment name %s, which leaves its path', async (name) => {
    const mock = mockProvider()
    const client = createClient({ dispatcher: mock.dispatcher })
    for (const ask of [
      () => client.completion({ model: `azure/${name}`, messages, apiBase, apiKey: 'k' }),
      () => client.completion({ model: `azure/${name}`, messages, apiBase, apiKey: 'k', stream: true }),
      () => client.embedding({ model: `azure/${name}`, input: 'a', apiBase, apiKey: 'k' }),
    ]) {
      expect(await rejection(ask())).toMatchObject({ code: 'bad_request', param: 'model' })
    }
    expect(mock.requests).toHaveLength(0)
  })

  it('names the missing setting', async () => {
    const client = createClient({ dispatcher: mockProvider().dispatcher })
    expect(await rejection(client.completion({ model: 'azure/my-gpt', messages }))).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/apiBase.*AZURE_API_BASE/),
    })
    expect(await rejection(client.completion({ model: 'azure/my-gpt', messages, apiBase }))).toMatchObject({
      code: 'authentication',
      message: expect.stringMatching(/AZURE_API_KEY.*npm install @azure\/identity/),
    })
  })

  it('keeps the results of the content filter', async () => {
    const mock = mockProvider()
    const filter = { hate: { filtered: false, severity: 'safe' } }
    const choices = [
      {
        index: 0,
        message: { role: 'assistant', content: 'ok' },
        finish_reason: 'stop',
        content_filter_results: filter,
      },
    ]
    mock.reply({
      raw: {
        body: {
          id: 'x',
          object: 'chat.completion',
          created: 1,
          model: 'gpt',
          choices,
          prompt_filter_results: [filter],
        },
      },
    })
    const client = createClient({ dispatcher: mock.dispatcher })
    const answer = await client.completion({ model: 'azure/my-gpt', messages, apiBase, apiKey: 'k' })
    expect(answer.choices[0]?.provider_specific_fields).toEqual({ content_filter_results: filter })
    expect(answer.provider_specific_fields).toEqual({ prompt_filter_results: [filter] })
  })

  it('makes embeddings', async () => {
    const mock = mockProvider()
    const client = createClient({ dispatcher: mock.dispatcher })
    await client.embedding({ model: 'azure/my-ada', input: 'a', apiBase, apiKey: 'k' })
    expect(mock.requests[0]?.path).toBe('/openai/deployments/my-ada/embeddings?api-version=2024-10-21')
  })
})

describe('azure_ai/', () => {
  const base = 'https://my-resource.services.ai.azure.com'
  it('goes to the models of the catalogue', async () => {
    expect((await sent({ model: 'azure_ai/DeepSeek-V3', apiBase: base })).path).toBe(
      '/models/chat/completions?api-version=2024-05-01-preview',
    )
    expect((await sent({ model: 'azure_ai/DeepSeek-V3', apiBase: `${base}/models` })).path).toBe(
      '/models/chat/completions?api-version=2024-05-01-preview',
    )
  })

  it("serves OpenAI's models by the rules of the model", async () => {
    const apiBase = base
    const { path, body } = await sent({ model: 'azure_ai/team-chat', baseModel: 'gpt-5', apiBase, max_tokens: 7 })
    expect(path).toBe('/models/chat/completions?api-version=2024-05-01-preview')
    expect(body).toMatchObject({ model: 'team-chat', max_completion_tokens: 7 })
    expect(body).not.toHaveProperty('max_tokens')
  })

  it.each([
    [base, '/openai/v1/responses'],
    [`${base}/openai/v1`, '/openai/v1/responses'],
  ])('sends tools of models that take them on the Responses API only from %s to %s', async (apiBase, expected) => {
    const tools = [{ type: 'function', function: { name: 'tide', parameters: { type: 'object', properties: {} } } }]
    const mock = mockProvider()
    const client = createClient({ dispatcher: mock.dispatcher })
    const ask = { model: 'azure_ai/gpt-6', messages, apiBase, apiKey: 'k', tools } as const
    await client.completion(ask as never)
    expect(mock.requests[0]?.path).toBe(expected)
    expect(mock.requests[0]?.body).toMatchObject({ model: 'gpt-6', tools: [{ type: 'function', name: 'tide' }] })
    expect(await rejection(client.completion({ ...ask, apiBase: `${base}/models` } as never))).toMatchObject({
      code: 'bad_request',
      param: 'apiBase',
    })
  })

  it('sends responses() of OpenAI models to the resource', async () => {
    const mock = mockProvider()
    const client = createClient({ dispatcher: mock.dispatcher })
    await client.responses({ model: 'azure_ai/gpt-5', input: 'hi', apiBase: base, apiKey: 'k' })
    expect(mock.requests[0]?.path).toBe('/openai/v1/responses')
  })

  it("speaks Anthropic's dialect with Claude", async () => {
    const { path, headers, body } = await sent({ model: 'azure_ai/claude-sonnet-4-5', apiBase: base })
    expect(path).toBe('/anthropic/v1/messages')
    expect(headers).toMatchObject({ 'x-api-key': 'k', 'anthropic-version': '2023-06-01' })
    expect(body).toMatchObject({ model: 'claude-sonnet-4-5' })
  })
})

it('is frozen', () => {
  for (const one of [provider, foundry]) {
    expect(
      Object.isFrozen(one) && Object.isFrozen(one.address) && Object.isFrozen(one.auth) && Object.isFrozen(one.quirks),
    ).toBe(true)
  }
})
