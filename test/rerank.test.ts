import { describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

/** The shape of Cohere's answers, as its documentation has it. https://docs.cohere.com/reference/rerank */
const body = {
  id: 'r-1',
  results: [
    { index: 1, relevance_score: 0.9 },
    { index: 0, relevance_score: 0.1 },
  ],
  meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
}
const documents = ['Carson City is in Nevada.', { text: 'Paris is the capital of France.' }]

function call(options: object = {}) {
  const mock = mockProvider({ reply: { raw: { body } } })
  const client = createClient({ dispatcher: mock.dispatcher, providers: { cohere: { apiKey: 'k' } } })
  const request = { model: 'cohere/rerank-v3.5', query: 'capital of France', documents: ['a', 'b'], ...options }
  return { mock, answer: client.rerank(request) }
}

describe('rerank', () => {
  it('sorts the documents by relevance and reports the cost', async () => {
    const { mock, answer } = call({ top_n: 2 })
    const { results, meta } = await answer
    expect(results).toEqual(body.results)
    expect(mock.requests[0]).toMatchObject({ path: '/v2/rerank', body: { top_n: 2, model: 'rerank-v3.5' } })
    expect(meta).toMatchObject({ operation: 'rerank', provider: 'cohere', usage: { search_units: 1 } })
    expect(meta.cost.total).toBeGreaterThan(0)
    expect(meta.cost.tools).toBe(meta.cost.total)
  })

  it('puts the documents in as they were given, when asked to', async () => {
    const { results } = await call({ documents, return_documents: true }).answer
    expect(results.map((result) => result.document)).toEqual([documents[1], documents[0]])
  })

  it('has no more results than were requested, whatever the server knows of top_n', async () => {
    expect((await call({ top_n: 1 }).answer).results).toEqual(body.results.slice(0, 1))
  })

  it('rejects an answer that ranks documents of another request', async () => {
    expect(await rejection(call({ documents: ['a'] }).answer)).toMatchObject({ code: 'invalid_response' })
  })

  it('works with llama.cpp and vLLM servers', async () => {
    for (const model of ['llamacpp/m', 'hosted_vllm/m']) {
      // recorded of llama.cpp, whose scores are no probabilities
      const usage = { prompt_tokens: 55, total_tokens: 55 }
      const results = [
        { index: 1, relevance_score: 0.8 },
        { index: 0, relevance_score: -4.7 },
      ]
      const reply = { raw: { body: { model: 'bge', object: 'list', results, usage } } }
      const mock = mockProvider({ reply })
      const client = createClient({ dispatcher: mock.dispatcher })
      const request = { model, query: 'q', documents: ['a', 'b'], apiBase: 'http://localhost:8080/v1', top_n: 9 }
      const answer = await client.rerank(request)
      expect(mock.requests[0]).toMatchObject({ path: '/v1/rerank', body: { model: 'm', top_n: 9 } })
      expect(answer).toMatchObject({ model: 'bge', results, usage })
    }
  })

  it('rejects invalid requests before anything is sent', async () => {
    for (const [options, why] of [
      [{ query: '' }, "'query'"],
      [{ documents: [] }, "'documents'"],
      [{ model: 'anthropic/claude-sonnet-4-5' }, 'no rerank models'],
      [{ topN: 5 }, "'top_n'"],
    ] as const) {
      const { mock, answer } = call(options)
      expect(await rejection(answer)).toMatchObject({ code: 'bad_request', message: expect.stringContaining(why) })
      expect(mock.requests).toHaveLength(0)
    }
  })
})
