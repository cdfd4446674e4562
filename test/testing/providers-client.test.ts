import { describe, expect, it } from 'vitest'
import { messageOf, rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client: simulatedClient } = simulated()

/** One simulator for all of them: which API is meant is read from the path. */
const client = () => {
  const at = (id: string) => ({ apiKey: 'any', apiBase: sim().base(id) })
  return simulatedClient({
    providers: {
      ...Object.fromEntries(['mistral', 'groq', 'jina_ai', 'voyage', 'azure', 'azure_ai'].map((id) => [id, at(id)])),
      vertex_ai: { authToken: 'any', project: 'my-project', apiBase: sim().base('vertex_ai') },
      hosted_vllm: { apiBase: sim().base('hosted_vllm') },
    },
  })
}

const weather = {
  type: 'function' as const,
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

describe.each([
  ['mistral/mistral-large-latest', 'openai'],
  ['groq/llama-3.3-70b-versatile', 'openai'],
  ['azure/my-deployment', 'openai'],
  ['azure_ai/mistral-large', 'openai'],
  ['azure_ai/claude-sonnet-4-5', 'anthropic'],
  ['vertex_ai/claude-sonnet-4-5@20250929', 'anthropic'],
  ['vertex_ai/mistral-large-2411', 'openai'],
  ['vertex_ai/meta/llama-4-maverick-17b-128e-instruct-maas', 'openai'],
] as const)('%s', (model, wire) => {
  it('answers, whole and in pieces, and calls tools', async () => {
    const whole = await client().completion({ model, messages: user('Hello there') })
    const final = await (await client().completion({ model, messages: user('Hello there'), stream: true })).final()
    expect([messageOf(whole).content, messageOf(final).content]).toEqual(new Array(2).fill('You said: Hello there'))
    const called = await client().completion({ model, messages: user('weather in Paris'), tools: [weather] })
    expect(messageOf(called).tool_calls).toHaveLength(1)
    const name = model.slice(model.indexOf('/') + 1)
    expect(sim().requests.map((request) => [request.wire, request.model])).toEqual(new Array(3).fill([wire, name]))
  })

  it('fails by the name of its model, and in a stream', async () => {
    const failing = model.replace(/(claude|mistral-large|my-deployment|llama).*/, '$1')
    sim().fail({ kind: 'status', status: 429 }, { times: 1 })
    const error = await rejection(client().completion({ model: failing, messages: user('Hi'), maxRetries: 0 }))
    expect(error).toMatchObject({ code: 'rate_limit' })
  })
})

it('refuses what does not belong on Vertex AI', async () => {
  const path = 'publishers/anthropic/models/claude-sonnet-4-5:rawPredict'
  const ask = async (body: object) =>
    (
      await fetch(`${sim().url}/v1/projects/p/locations/global/${path}`, { method: 'POST', body: JSON.stringify(body) })
    ).text()
  const body = { max_tokens: 9, messages: user('Hi'), anthropic_version: 'vertex-2023-10-16' }
  expect(await ask(body)).toContain('You said: Hi')
  expect(await ask({ ...body, model: 'claude-sonnet-4-5' })).toContain('Extra inputs are not permitted')
  expect(await ask({ ...body, anthropic_version: '2023-06-01' })).toContain('vertex-2023-10-16')
})

it.each(['jina_ai/jina-reranker-v2-base-multilingual', 'voyage/rerank-2.5', 'hosted_vllm/bge-reranker'])(
  'ranks with %s',
  async (model) => {
    const documents = ['Paris is in France', 'Ruby is a language', 'The Ruby gem']
    const answer = await client().rerank({ model, query: 'ruby gem', documents, top_n: 2 })
    expect(answer.results.map(({ index }) => index)).toEqual([2, 1])
    expect(answer.usage?.total_tokens).toBeGreaterThan(0)
    sim().reply({ scores: [0.9, 0.1, 0.2] })
    expect((await client().rerank({ model, query: 'ruby', documents })).results[0]).toMatchObject({ index: 0 })
  },
)

it.each([
  'jina_ai/jina-embeddings-v3',
  'voyage/voyage-3.5',
  'voyage/voyage-multimodal-3',
  'azure/my-embeddings',
  'mistral/mistral-embed',
])('embeds with %s', async (model) => {
  const answer = await client().embedding({ model, input: ['a', 'b'] })
  expect(answer.data.map(({ embedding }) => embedding.length)).toEqual([16, 16])
})

it('has a base for every provider', () => {
  expect(sim().base('gemini')).toBe(sim().url)
  expect(sim().base('openai')).toBe(sim().openaiBase)
  expect(sim().base('anthropic')).toBe(sim().anthropicBase)
})
