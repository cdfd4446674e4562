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
  it('answers, streamed and not, and calls tools', async () => {
    const whole = await client().completion({ model, messages: user('Hello there') })
    const final = await (await client().completion({ model, messages: user('Hello there'), stream: true })).final()
    expect([messageOf(whole).content, messageOf(final).content]).toEqual(new Array(2).fill('You said: Hello there'))
    const called = await client().completion({ model, messages: user('weather in Paris'), tools: [weather] })
    expect(messageOf(called).tool_calls).toHaveLength(1)
    const name = model.slice(model.indexOf('/') + 1)
    expect(sim().requests.map((request) => [request.wire, request.model])).toEqual(new Array(3).fill([wire, name]))
  })

  it('fails by model name, and inside a stream', async () => {
    const failing = model.replace(/(claude|mistral-large|my-deployment|llama).*/, '$1')
    sim().fail({ kind: 'status', status: 429 }, { times: 1 })
    const error = await rejection(client().completion({ model: failing, messages: user('Hi'), maxRetries: 0 }))
    expect(error).toMatchObject({ code: 'rate_limit' })
  })
})

describe('text completion models', () => {
  const aws = { accessKeyId: 'AKIA', secretAccessKey: 'secret', region: 'us-east-1' }
  const own = () => {
    const at = (id: string) => ({ apiBase: sim().base(id) })
    const providers = {
      replicate: { ...at('replicate'), apiKey: 'any' },
      sagemaker: { ...at('sagemaker'), ...aws },
      bedrock: { ...at('bedrock'), ...aws },
    }
    return simulatedClient({ providers })
  }

  it.each([
    'replicate/meta/meta-llama-3-8b-instruct',
    'sagemaker/my-endpoint',
    'bedrock/invoke/meta.llama3-1-70b-instruct-v1:0',
    'bedrock/invoke/meta.llama2-13b-chat-v1',
    'bedrock/invoke/mistral.mistral-7b-instruct-v0:2',
    'bedrock/invoke/amazon.titan-text-express-v1',
    'bedrock/invoke/openai.gpt-oss-120b-1:0',
  ])('%s answers, whole and in pieces, and as long as it may', async (model) => {
    const messages = [
      ...user('My name is Ada.'),
      { role: 'assistant' as const, content: 'Hello.' },
      ...user('And now?'),
    ]
    const whole = await own().completion({ model, messages })
    const final = await (await own().completion({ model, messages, stream: true })).final()
    expect([messageOf(whole).content, messageOf(final).content]).toEqual(new Array(2).fill('You said: And now?'))
    sim().reply('One\n\ntwo.')
    const lines = await own().completion({ model, messages, stream: true })
    expect(await lines.text()).toBe('One\n\ntwo.')
    const cut = await own().completion({ model, messages: user('A long story, please'), max_tokens: 2 })
    expect(cut.choices[0]).toMatchObject({
      message: { content: 'You said' },
      // the others do not say why it is over, unless they are asked to
      finish_reason: model.startsWith('bedrock/') ? 'length' : 'stop',
    })
  })

  it('report detailed finish reasons on request', async () => {
    const parameters = { details: true, max_new_tokens: 2 }
    const request = { model: 'sagemaker/my-endpoint', messages: user('A long story'), extra_body: { parameters } }
    expect(await own().completion(request)).toMatchObject({
      choices: [{ message: { content: 'You said' }, finish_reason: 'length' }],
      provider_specific_fields: { details: { generated_tokens: 2 } },
    })
  })

  it('reject unknown body fields', async () => {
    const post = async (path: string, body: object) => {
      const response = await fetch(`${sim().url}${path}`, { method: 'POST', body: JSON.stringify(body) })
      return `${response.status} ${await response.text()}`
    }
    const llama = '/model/meta.llama3-8b-instruct-v1:0/invoke'
    expect(await post(llama, { prompt: 'Hi', messages: [] })).toMatch(/^400 .*extraneous key \[messages\]/)
    expect(await post(llama, {})).toMatch(/^400 .*required key \[prompt\]/)
    expect(await post('/v1/models/meta/llama/predictions', { input: {} })).toMatch(/^422 .*prompt is required/)
    expect(await post('/endpoints/e/invocations', { inputs: '' })).toMatch(/^424 .*cannot be empty/)
  })

  it('serves predictions by id, and cancels them', async () => {
    const url = `${sim().url}/v1/models/meta/llama/predictions`
    const body = JSON.stringify({ input: { prompt: 'Hi' }, stream: true })
    const made = (await (await fetch(url, { method: 'POST', body })).json()) as { urls: Record<string, string> }
    expect(made).toMatchObject({ status: 'starting', output: null })
    const { get = '', cancel = '', stream = '' } = made.urls
    expect(await (await fetch(get)).json()).toMatchObject({ status: 'succeeded', output: ['You', ' said:', ' Hi'] })
    expect(await (await fetch(stream)).text()).toBe(
      'event: output\ndata: You\n\nevent: output\ndata:  said:\n\nevent: output\ndata:  Hi\n\nevent: done\ndata: {}\n\n',
    )
    expect(await (await fetch(cancel, { method: 'POST' })).json()).toMatchObject({ status: 'canceled' })
  })
})

describe('huggingface/', () => {
  const own = () =>
    simulatedClient({ providers: { huggingface: { apiKey: 'any', apiBase: sim().base('huggingface') } } })

  it('answers like TGI, and returns embeddings and rankings like TEI', async () => {
    const answer = await own().completion({ model: 'huggingface/org/model', messages: user('Hi') })
    expect(messageOf(answer).content).toBe('You said: Hi')
    const vectors = await own().embedding({ model: 'huggingface/org/model', input: ['a', 'b'] })
    expect(vectors.data).toHaveLength(2)
    expect(vectors.usage?.prompt_tokens).toBe(2)
    const documents = ['Paris is in France', 'Ruby is a language', 'The Ruby gem']
    const ranked = await own().rerank({ model: 'huggingface/org/model', query: 'ruby gem', documents, top_n: 2 })
    expect(ranked.results.map(({ index }) => index)).toEqual([2, 1])
  })
})

it("rejects fields that Vertex AI doesn't accept", async () => {
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
