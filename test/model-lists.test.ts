import { describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

/** Lists as recordings and documentation have them, with our own models. */

const mock = mockProvider()
const origins: string[] = []
const dispatcher = {
  dispatch(...[options, handler]: Parameters<typeof mock.dispatcher.dispatch>) {
    origins.push(String(options.origin))
    return mock.dispatcher.dispatch(options, handler)
  },
} as unknown as typeof mock.dispatcher
const key = { apiKey: 'k' }
const client = createClient({
  dispatcher,
  maxRetries: 0,
  providers: {
    openai: key,
    anthropic: key,
    gemini: key,
    cohere: key,
    mistral: key,
    replicate: key,
    elevenlabs: key,
    deepgram: key,
    azure: { apiKey: 'k', apiBase: 'https://resource.openai.azure.com' },
    bedrock: { region: 'eu-west-1', accessKeyId: 'AKIA', secretAccessKey: 's' },
    vertex_ai: { project: 'p', location: 'us-central1', authToken: 't' },
    watsonx: { authToken: 't', apiBase: 'https://eu-de.ml.cloud.ibm.com', project: 'p' },
    jina_ai: key,
  },
})
const answers = (...bodies: Readonly<Record<string, unknown>>[]) => {
  for (const body of bodies) mock.reply({ raw: { body } })
}
const paths = (count: number) => mock.requests.slice(-count).map(({ method, path }) => `${method} ${path}`)

describe('listModels', () => {
  it("reads OpenAI's list", async () => {
    answers({ object: 'list', data: [{ id: 'small-1', object: 'model', created: 1_700_000_000, owned_by: 'us' }] })
    const [model, ...others] = await client.listModels('openai')
    expect(others).toEqual([])
    expect(model).toEqual({
      model: 'openai/small-1',
      id: 'small-1',
      created: 1_700_000_000,
      owned_by: 'us',
      raw: { id: 'small-1', object: 'model', created: 1_700_000_000, owned_by: 'us' },
    })
    expect(paths(1)).toEqual(['GET /v1/models'])
    expect(mock.requests.at(-1)?.headers).toMatchObject({ authorization: 'Bearer k' })
  })

  it('follows the pages of Anthropic, Google and Cohere', async () => {
    const claude = { type: 'model', id: 'claude-x', display_name: 'Claude X', created_at: '2026-01-02T00:00:00Z' }
    answers({ data: [claude], has_more: true, last_id: 'claude-x' }, { data: [{ id: 'claude-y' }], has_more: false })
    expect(await client.listModels('anthropic')).toMatchObject([
      { model: 'anthropic/claude-x', name: 'Claude X', created: 1_767_312_000 },
      { id: 'claude-y' },
    ])
    expect(paths(2)).toEqual(['GET /v1/models?limit=1000', 'GET /v1/models?limit=1000&after_id=claude-x'])

    const gemini = { name: 'models/gemini-x', displayName: 'Gemini X', inputTokenLimit: 1000, outputTokenLimit: 10 }
    answers({ models: [gemini], nextPageToken: 'a/b' }, { models: [{ name: 'models/gemini-y' }] })
    expect(await client.listModels('gemini')).toMatchObject([
      { model: 'gemini/gemini-x', name: 'Gemini X', context_window: 1000, max_output_tokens: 10 },
      { id: 'gemini-y' },
    ])
    expect(paths(2)[1]).toBe('GET /v1beta/models?pageSize=1000&pageToken=a%2Fb')

    answers({ models: [{ name: 'command-x', context_length: 500 }], next_page_token: 'n' }, { models: [] })
    expect(await client.listModels('cohere')).toMatchObject([{ model: 'cohere/command-x', context_window: 500 }])

    answers({ publisherModels: [{ name: 'publishers/google/models/gemini-x' }] })
    expect(await client.listModels('vertex_ai')).toMatchObject([{ model: 'vertex_ai/gemini-x' }])
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1beta1/publishers/google/models?pageSize=100',
      headers: { authorization: 'Bearer t' },
    })
  })

  it('signs the two lists of Bedrock, at its own host', async () => {
    answers(
      { modelSummaries: [{ modelId: 'amazon.nova-x-v1:0', modelName: 'Nova X', providerName: 'Amazon' }] },
      { inferenceProfileSummaries: [{ inferenceProfileId: 'eu.amazon.nova-x-v1:0' }], nextToken: 't' },
      { inferenceProfileSummaries: [{ inferenceProfileId: 'eu.amazon.nova-y-v1:0' }] },
    )
    expect(await client.listModels('bedrock')).toMatchObject([
      { model: 'bedrock/amazon.nova-x-v1:0', name: 'Nova X', owned_by: 'Amazon' },
      { id: 'eu.amazon.nova-x-v1:0' },
      { id: 'eu.amazon.nova-y-v1:0' },
    ])
    expect(paths(3)).toEqual([
      'GET /foundation-models',
      'GET /inference-profiles?maxResults=1000',
      'GET /inference-profiles?maxResults=1000&nextToken=t',
    ])
    expect(origins.at(-1)).toBe('https://bedrock.eu-west-1.amazonaws.com')
    expect(mock.requests.at(-1)?.headers).toMatchObject({
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 .*\/eu-west-1\/bedrock\/aws4_request/),
    })
  })

  it('reads the forms of the other hosts', async () => {
    answers({ data: [{ id: 'gpt-x', status: 'succeeded' }] })
    expect(await client.listModels('azure')).toMatchObject([{ model: 'azure/gpt-x' }])
    expect(paths(1)).toEqual(['GET /openai/models?api-version=2024-10-21'])
    answers({ data: [{ id: 'mistral-x', max_context_length: 99 }] })
    expect(await client.listModels('mistral')).toMatchObject([{ context_window: 99 }])
    answers({ models: [{ name: 'llama:1b', model: 'llama:1b' }] })
    expect(await client.listModels('ollama')).toMatchObject([{ model: 'ollama/llama:1b' }])
    expect(paths(1)).toEqual(['GET /api/tags'])
    answers({ models: [{ owner: 'meta', name: 'llama' }] })
    expect(await client.listModels('replicate')).toMatchObject([{ model: 'replicate/meta/llama' }])
    answers({ resources: [{ model_id: 'ibm/x', label: 'X', model_limits: { max_sequence_length: 7 } }] })
    expect(await client.listModels('watsonx')).toMatchObject([{ model: 'watsonx/ibm/x', name: 'X', context_window: 7 }])
    answers({ stt: [{ name: 'general', canonical_name: 'nova-3' }], tts: [{ canonical_name: 'aura-2-thalia-en' }] })
    expect((await client.listModels('deepgram')).map(({ id }) => id)).toEqual(['nova-3', 'aura-2-thalia-en'])
  })

  it('works for a registered host and for a base of the call', async () => {
    client.registerProvider({ id: 'acme', base: 'https://acme.example/api' })
    answers({ data: [{ id: 'm' }] }, { data: [{ id: 'm' }] })
    expect(await client.listModels('acme')).toMatchObject([{ model: 'acme/m' }])
    await client.listModels('openai', { apiBase: 'http://localhost:9/v1', apiKey: 'x' })
    expect(paths(2)).toEqual(['GET /api/models', 'GET /v1/models'])
  })

  it('has typed errors', async () => {
    mock.reply({ raw: { status: 401, body: { error: { message: 'No.' } } } })
    expect(await rejection(client.listModels('openai'))).toMatchObject({ code: 'authentication', provider: 'openai' })
    mock.reply({ raw: { status: 404, body: { error: { message: 'No.' } } } })
    expect(await rejection(client.listModels('openai'))).toMatchObject({
      code: 'not_found',
      message: 'OpenAI has no list of models at this address. Check apiBase; its documentation has the names.',
    })
    expect(await rejection(client.listModels('jina_ai'))).toMatchObject({
      code: 'bad_request',
      message: 'Jina AI has no list of models here. Its documentation has the names.',
    })
    expect(await rejection(client.listModels('openai/gpt-4o'))).toMatchObject({ param: 'provider' })
    expect(await rejection(client.listModels('opnai'))).toMatchObject({ code: 'bad_request' })
    expect(await rejection(client.listModels('openai', { maxRetires: 1 } as never))).toMatchObject({
      message: "Unknown option 'maxRetires'. Did you mean 'maxRetries'?",
    })
  })

  it('names the near prefix of an unknown provider', async () => {
    expect(await rejection(client.listModels('openia'))).toMatchObject({
      code: 'bad_request',
      param: 'provider',
      message: "'provider' must be the prefix of a provider, such as 'openai'; got 'openia'. Did you mean 'openai'?",
    })
    const list = client.batches.list({ provider: 'antropic' })[Symbol.asyncIterator]().next()
    expect(await rejection(list)).toMatchObject({ message: expect.stringContaining("Did you mean 'anthropic'?") })
  })
})
