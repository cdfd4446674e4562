import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/index.js'
import { type Said, startHosts } from '../../helpers/hosts.js'
import { rejection, user } from '../../helpers/simulated.js'

beforeEach(() => {
  for (const name of ['HF_TOKEN', 'HUGGINGFACE_API_KEY', 'HUGGINGFACE_API_BASE']) vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

const messages = user('hi')
const answer = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}

async function chat(options: { model: string; apiBase?: string }) {
  await using hosts = await startHosts(() => ({ body: answer }))
  const client = createClient({ dispatcher: hosts.dispatcher, providers: { huggingface: { apiKey: 'hf_x' } } })
  await client.completion({ messages, ...options })
  const [seen] = hosts.seen
  return {
    url: `${seen?.origin}${seen?.path}`,
    model: ((seen?.body ?? {}) as { model?: string }).model,
    headers: seen?.headers,
  }
}

async function embed(said: Said, request: object, options: object = {}) {
  await using hosts = await startHosts(() => said)
  const client = createClient({ dispatcher: hosts.dispatcher, providers: { huggingface: { apiKey: 'hf_x' } } })
  const result = await client.embedding({ model: 'huggingface/BAAI/bge-m3', input: ['a', 'b'], ...request, ...options })
  const [seen] = hosts.seen
  return { result, url: `${seen?.origin}${seen?.path}`, body: seen?.body }
}

describe('huggingface/', () => {
  it('sends the model and host in the router’s form', async () => {
    const router = 'https://router.huggingface.co/v1/chat/completions'
    const cases = [
      ['huggingface/meta-llama/Llama-3.3-70B-Instruct', 'meta-llama/Llama-3.3-70B-Instruct'],
      ['huggingface/together/deepseek-ai/DeepSeek-R1', 'deepseek-ai/DeepSeek-R1:together'],
      ['huggingface/moonshotai/Kimi-K2-Instruct:groq', 'moonshotai/Kimi-K2-Instruct:groq'],
    ] as const
    for (const [model, wire] of cases) expect(await chat({ model })).toMatchObject({ url: router, model: wire })
    expect((await chat({ model: cases[0][0] })).headers?.authorization).toBe('Bearer hf_x')
  })

  it('accepts a dedicated endpoint with and without /v1', async () => {
    const host = 'https://abc.endpoints.huggingface.cloud'
    for (const apiBase of [host, `${host}/v1`, `${host}/v1/`]) {
      expect(await chat({ model: 'huggingface/tgi', apiBase })).toMatchObject({
        url: `${host}/v1/chat/completions`,
        model: 'tgi',
      })
    }
  })

  it('creates embeddings with the router’s pipeline', async () => {
    // recorded shape of feature-extraction with a list: a list of vectors
    const { result, url, body } = await embed({ body: [[0.1], [0.2]] }, {})
    expect(url).toBe('https://router.huggingface.co/hf-inference/models/BAAI/bge-m3/pipeline/feature-extraction')
    expect(body).toEqual({ inputs: ['a', 'b'] })
    expect(result.data.map(({ embedding }) => embedding)).toEqual([[0.1], [0.2]])
    const spelled = await embed({ body: [[0.1], [0.2]] }, { model: 'huggingface/hf-inference/BAAI/bge-m3' })
    expect(spelled.url).toBe(url)
  })

  it('rejects an answer with a vector per token', async () => {
    // recorded: facebook/bart-base answers a vector for each token
    expect(await rejection(embed({ body: [[[0.1], [0.2]], [[0.3]]] }, { maxRetries: 0 }))).toMatchObject({
      code: 'invalid_response',
      message: expect.stringMatching(/sentence-transformers/),
    })
  })

  it('creates embeddings with Text Embeddings Inference, which reports usage in a header', async () => {
    // written from documentation: https://huggingface.github.io/text-embeddings-inference
    const apiBase = 'https://tei.example.com'
    const said = { body: [[0.1], [0.2]], headers: { 'x-compute-tokens': '7' } }
    const { result, url, body } = await embed(said, { dimensions: 1, truncate: true }, { apiBase })
    expect(url).toBe('https://tei.example.com/embed')
    expect(body).toEqual({ inputs: ['a', 'b'], dimensions: 1, truncate: true })
    expect(result.usage).toEqual({ prompt_tokens: 7, total_tokens: 7 })
  })

  it('rejects unsupported input before it sends a request', async () => {
    expect(await rejection(embed({}, { model: 'huggingface/together/BAAI/bge-m3' }))).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/'hf-inference'.*'together'/),
    })
    expect(await rejection(embed({}, { dimensions: 3 }))).toMatchObject({ code: 'unsupported_params' })
    expect(await rejection(embed({}, { input: [1, 2] }))).toMatchObject({ code: 'bad_request' })
  })

  it('reranks with Text Embeddings Inference', async () => {
    // written from documentation, as above
    const body = [
      { index: 1, score: 0.99 },
      { index: 0, score: 0.1 },
    ]
    await using hosts = await startHosts(() => ({ body }))
    const client = createClient({ dispatcher: hosts.dispatcher })
    const request = { model: 'huggingface/BAAI/bge-reranker-base', query: 'q', documents: ['a', 'b'] }
    const ranked = await client.rerank({ ...request, top_n: 1, apiBase: 'https://tei.example.com' })
    expect(hosts.seen[0]).toMatchObject({ path: '/rerank', body: { query: 'q', texts: ['a', 'b'] } })
    expect(ranked.results).toEqual([{ index: 1, relevance_score: 0.99 }])
    expect(await rejection(client.rerank({ ...request, apiKey: 'k' }))).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/apiBase/),
    })
  })

  it('names the missing token', async () => {
    await using hosts = await startHosts(() => ({ body: answer }))
    const client = createClient({ dispatcher: hosts.dispatcher })
    expect(await rejection(client.completion({ model: 'huggingface/a/b', messages }))).toMatchObject({
      code: 'authentication',
      message: expect.stringMatching(/HF_TOKEN/),
    })
    expect(hosts.seen).toEqual([])
  })
})
