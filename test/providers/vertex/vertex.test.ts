import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/index.js'
import { rejection, user } from '../../helpers/simulated.js'

beforeEach(() => {
  for (const name of [
    'VERTEXAI_PROJECT',
    'VERTEX_PROJECT',
    'GOOGLE_CLOUD_PROJECT',
    'VERTEXAI_LOCATION',
    'VERTEX_LOCATION',
  ]) {
    vi.stubEnv(name, '')
  }
})
afterEach(() => vi.unstubAllEnvs())

/** The request that a call makes, whatever the answer is taken for. */
async function sent(model: string, options: object = {}) {
  const mock = mockProvider()
  const seen: { origin: string; path: string }[] = []
  const dispatcher = {
    ...mock.dispatcher,
    dispatch(given: { origin?: unknown; path: string }, handler: unknown) {
      seen.push({ origin: String(given.origin), path: given.path })
      return (mock.dispatcher.dispatch as (options: object, handler: unknown) => boolean)(given, handler)
    },
  } as unknown as typeof mock.dispatcher
  mock.reply({ raw: { body: {} } }, { times: 9 })
  const client = createClient({ dispatcher, providers: { vertex_ai: { authToken: 'token', project: 'p' } } })
  const stream = 'stream' in options
  await client.completion({ model, messages: user('hi'), maxRetries: 0, ...options }).catch(() => {})
  const [request] = mock.requests
  return { ...seen[0], headers: request?.headers, body: request?.body as Record<string, unknown>, stream }
}

describe('vertex_ai/', () => {
  it('calls Gemini at the global address or in a location', async () => {
    expect(await sent('vertex_ai/gemini-2.5-flash')).toMatchObject({
      origin: 'https://aiplatform.googleapis.com',
      path: '/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent',
      headers: { authorization: 'Bearer token' },
      body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    })
    expect(await sent('vertex_ai/gemini-2.5-flash', { location: 'europe-west4', stream: true })).toMatchObject({
      origin: 'https://europe-west4-aiplatform.googleapis.com',
      path: '/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    })
    expect((await sent('vertex_ai/gemini-2.5-flash', { location: 'eu' })).origin).toBe(
      'https://aiplatform.eu.rep.googleapis.com',
    )
  })

  it.each([
    ['gemini/4965075652664360960', 'endpoints/4965075652664360960:generateContent'],
    ['4965075652664360960', 'endpoints/4965075652664360960:generateContent'],
    ['endpoints/496', 'endpoints/496:generateContent'],
    ['gemini/gemini-2.5-pro', 'publishers/google/models/gemini-2.5-pro:generateContent'],
    ['publishers/google/models/gemini-2.5-pro', 'publishers/google/models/gemini-2.5-pro:generateContent'],
    ['openai/5678', 'endpoints/5678/chat/completions'],
    ['openai/gpt-oss-120b-maas', 'endpoints/openapi/chat/completions'],
  ])('calls %s at %s', async (model, path) => {
    for (const prefix of ['vertex_ai', 'vertex_ai_beta']) {
      expect((await sent(`${prefix}/${model}`, { location: 'us-central1' })).path).toBe(
        `/v1/projects/p/locations/us-central1/${path}`,
      )
    }
  })

  it('accepts a version in the base', async () => {
    const apiBase = 'https://aiplatform.googleapis.com/v1beta1'
    expect((await sent('vertex_ai/gemini-2.5-flash', { apiBase })).path).toBe(
      '/v1beta1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent',
    )
  })

  it('accepts penalties for Gemini 2.5 Pro, as recorded', async () => {
    const { body } = await sent('vertex_ai/gemini-2.5-pro', { presence_penalty: -1.5 })
    expect(body.generationConfig).toEqual({ presencePenalty: -1.5 })
    expect(await sent('vertex_ai/gemini-2.5-flash', { presence_penalty: -1.5 })).not.toHaveProperty('path')
  })

  it('rejects path segments as names', async () => {
    expect(await sent('vertex_ai/..')).not.toHaveProperty('path')
  })

  it("calls Claude in Anthropic's dialect", async () => {
    const { path, body } = await sent('vertex_ai/claude-sonnet-4-5@20250929')
    expect(path).toBe(
      '/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5%4020250929:rawPredict',
    )
    expect(body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', max_tokens: expect.any(Number) })
    expect(body).not.toHaveProperty('model')
    expect((await sent('vertex_ai/claude-sonnet-4-5@20250929', { stream: true })).path).toContain(':streamRawPredict')
  })

  it("calls Mistral and open models in OpenAI's dialect", async () => {
    expect((await sent('vertex_ai/mistral-large-2411')).path).toContain(
      '/publishers/mistralai/models/mistral-large-2411:rawPredict',
    )
    expect(await sent('vertex_ai/meta/llama-4-maverick-17b-128e-instruct-maas')).toMatchObject({
      path: '/v1/projects/p/locations/global/endpoints/openapi/chat/completions',
      body: { model: 'meta/llama-4-maverick-17b-128e-instruct-maas' },
    })
  })

  it('reports missing credentials and packages', async () => {
    // it comes with a development dependency
    vi.doMock('google-auth-library', () => {
      throw new Error('it is not installed')
    })
    const client = createClient({ dispatcher: mockProvider().dispatcher, providers: { vertex_ai: { project: 'p' } } })
    expect(
      await rejection(client.completion({ model: 'vertex_ai/gemini-2.5-flash', messages: user('hi') })),
    ).toMatchObject({
      code: 'authentication',
      message: expect.stringContaining('npm install google-auth-library'),
    })
    vi.doUnmock('google-auth-library')
  })

  it('needs no project with a key', async () => {
    const mock = mockProvider()
    const client = createClient({ dispatcher: mock.dispatcher, providers: { vertex_ai: { apiKey: 'k' } } })
    await client.completion({ model: 'vertex_ai/gemini-2.5-flash', messages: user('hi') })
    expect(mock.requests[0]?.path).toBe('/v1/publishers/google/models/gemini-2.5-flash:generateContent')
    expect(
      await rejection(client.completion({ model: 'vertex_ai/claude-sonnet-4-5', messages: user('hi') })),
    ).toMatchObject({ code: 'bad_request', param: 'project' })
  })

  it('hides the service account in errors', async () => {
    const client = createClient({
      dispatcher: mockProvider().dispatcher,
      providers: { vertex_ai: { credentials: '{"private_key": "canary"' } },
    })
    const error = await rejection(client.completion({ model: 'vertex_ai/gemini-2.5-flash', messages: user('hi') }))
    expect(JSON.stringify(error)).not.toContain('canary')
  })
})
