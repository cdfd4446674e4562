import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, memoryCache } from '../src/index.js'

/** A server that answers each path with the next of its bodies, without a usage unless a test adds one. */
const replies: unknown[] = []
const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(replies.length > 1 ? replies.shift() : replies[0]))
})
let apiBase = ''
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const client = createClient({ maxRetries: 0 })
const account = () => ({ apiKey: 'k', apiBase })
const reply = (...bodies: unknown[]) => void replies.splice(0, replies.length, ...bodies)
const vector = { object: 'embedding', index: 0, embedding: [1, 2] }
const missing = { total: undefined, reason: 'missing_usage' }

describe('an embedding without a token count', () => {
  it.each<[string, unknown]>([
    ['openai/text-embedding-3-small', { object: 'list', model: 'm', data: [vector] }],
    ['openai/text-embedding-3-small', { data: [vector], usage: { prompt_tokens: null } }],
    ['gemini/gemini-embedding-001', { embeddings: [{ values: [1, 2] }] }],
    ['cohere/embed-v4.0', { embeddings: { float: [[1, 2]] } }],
    ['ollama/embeddinggemma', { embeddings: [[1, 2]] }],
    ['voyage/voyage-3.5', { object: 'list', data: [vector] }],
  ])('%s has no usage and no cost', async (model, body) => {
    reply(body)
    const answer = await client.embedding({ model, input: ['a'], ...account() })
    expect(answer.data[0]?.embedding).toEqual([1, 2])
    expect('usage' in answer).toBe(false)
    expect(answer.meta.usage).toBeUndefined()
    expect(answer.meta.cost).toMatchObject(missing)
  })

  it('keeps the cost that the provider reports', async () => {
    reply({ data: [vector], usage: { cost: 0.25 } })
    const answer = await client.embedding({
      model: 'openrouter/openai/text-embedding-3-small',
      input: 'a',
      ...account(),
    })
    expect(answer.meta.cost).toMatchObject({ total: 0.25, source: 'provider' })
  })

  it('makes the usage of several requests unknown', async () => {
    const data = Array.from({ length: 2048 }, (_, index) => ({ ...vector, index }))
    reply({ data, usage: { prompt_tokens: 4, total_tokens: 4 } }, { data: [vector] })
    const input = Array.from({ length: 2049 }, () => 'a')
    const answer = await client.embedding({ model: 'openai/text-embedding-3-small', input, ...account() })
    expect(answer.data).toHaveLength(2049)
    expect(answer.usage).toBeUndefined()
    expect(answer.meta.cost).toMatchObject(missing)
  })

  it('is cached without one', async () => {
    const cached = createClient({ maxRetries: 0, cache: memoryCache() })
    reply({ data: [vector] })
    const request = { model: 'openai/text-embedding-3-small', input: ['a'], ...account() }
    expect((await cached.embedding(request)).usage).toBeUndefined()
    const again = await cached.embedding(request)
    expect(again.meta.cache).toMatchObject({ hit: true })
    // nothing was used, which is known
    expect(again.meta.cost.total).toBe(0)
    await cached.close()
  })
})

describe('other operations without a usage', () => {
  it('a rerank has no usage and no cost', async () => {
    reply({ results: [{ index: 0, relevance_score: 0.5 }] })
    const answer = await client.rerank({
      model: 'jina_ai/jina-reranker-v2',
      query: 'q',
      documents: ['a'],
      ...account(),
    })
    expect('usage' in answer).toBe(false)
    expect(answer.meta.cost).toMatchObject(missing)
  })

  it('a moderation has no usage and no cost', async () => {
    reply({
      id: 'm',
      model: 'omni-moderation-latest',
      results: [{ flagged: false, categories: {}, category_scores: {} }],
    })
    const answer = await client.moderation({ model: 'openai/omni-moderation-latest', input: 'a', ...account() })
    expect(answer.meta.usage).toBeUndefined()
    expect(answer.meta.cost.total).toBeUndefined()
  })

  it('a chat with half a usage has the other half from the total, or none', async () => {
    const chat = (usage: unknown) => ({
      id: 'c',
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
      usage,
    })
    const ask = async (usage: unknown) => {
      reply(chat(usage))
      const messages = [{ role: 'user', content: 'Hi' }] as const
      return client.completion({ model: 'openai/gpt-4o', messages, ...account() })
    }
    expect((await ask({ completion_tokens: 2, total_tokens: 9 })).usage).toMatchObject({ prompt_tokens: 7 })
    const half = await ask({ completion_tokens: 2 })
    expect(half.usage).toBeUndefined()
    expect(half.meta.cost).toMatchObject(missing)
  })
})
