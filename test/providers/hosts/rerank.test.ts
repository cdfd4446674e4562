import type { Dispatcher } from 'undici'
import { expect, it } from 'vitest'
import { hosts } from '../../../providers/hosts/index.js'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/client.js'

/** Where each host ranks, and the answer in its own shape: from its pages, with values of our own. */
const answers = {
  // https://docs.together.ai/reference/rerank
  together_ai: [
    'https://api.together.xyz/v1/rerank',
    { results: 'results', usage: { prompt_tokens: 9, total_tokens: 9 } },
  ],
  // https://docs.fireworks.ai/api-reference/rerank-documents
  fireworks_ai: ['https://api.fireworks.ai/inference/v1/rerank', { results: 'data', usage: { total_tokens: 9 } }],
  // https://openrouter.ai/docs/api/api-reference/rerank/create-rerank
  openrouter: ['https://openrouter.ai/api/v1/rerank', { results: 'results', usage: { search_units: 1, cost: 0.001 } }],
  aihubmix: ['https://aihubmix.com/v1/rerank', { results: 'results', usage: { total_tokens: 9 } }],
  siliconflow: ['https://api.siliconflow.com/v1/rerank', { results: 'results' }],
  xinference: ['http://127.0.0.1:9997/v1/rerank', { results: 'results' }],
  litellm_proxy: ['http://localhost:4000/rerank', { results: 'results' }],
  infinity: ['http://localhost:4000/rerank', { results: 'results', usage: { prompt_tokens: 9, total_tokens: 9 } }],
  gpustack: ['http://localhost:4000/rerank', { results: 'results' }],
  hosted_vllm: ['http://localhost:4000/rerank', { results: 'results', usage: { total_tokens: 9 } }],
  vllm: ['http://localhost:8000/v1/rerank', { results: 'results', usage: { total_tokens: 9 } }],
  llamacpp: ['http://127.0.0.1:9931/v1/rerank', { results: 'results', usage: { prompt_tokens: 9, total_tokens: 9 } }],
} as const

it('is covered for every host that offers rerank', () => {
  const ids = hosts.filter(({ rerank }) => rerank === true).map(({ id }) => id)
  expect(ids.toSorted()).toEqual(Object.keys(answers).toSorted())
})

it.each(Object.entries(answers))('%s/ reranks at its own address', async (id, [url, { results, ...shape }]) => {
  const list = [
    { index: 1, relevance_score: 0.8, document: { text: 'b' } },
    { index: 0, relevance_score: 0.1, document: { text: 'a' } },
  ]
  const mock = mockProvider({ reply: { raw: { body: { id: 'r-1', model: 'm', [results]: list, ...shape } } } })
  const urls: string[] = []
  const dispatcher = {
    dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
      urls.push(`${options.origin}${options.path}`)
      return mock.dispatcher.dispatch({ ...options, path: '/v1/rerank' }, handler)
    },
  }
  const base = hosts.find((row) => row.id === id)?.base
  const client = createClient({
    dispatcher: dispatcher as unknown as Dispatcher,
    providers: { [id]: { apiKey: 'k', ...(base === undefined && { apiBase: 'http://localhost:4000' }) } },
  })
  const answer = await client.rerank({
    model: `${id}/m`,
    query: 'q',
    documents: ['a', { text: 'b' }],
    top_n: 2,
    return_documents: true,
  })
  expect(urls).toEqual([url])
  expect(mock.requests[0]?.body).toEqual({ model: 'm', query: 'q', documents: ['a', 'b'], top_n: 2 })
  expect(answer.results).toEqual([
    { index: 1, relevance_score: 0.8, document: { text: 'b' } },
    { index: 0, relevance_score: 0.1, document: 'a' },
  ])
  if ('usage' in shape) expect(answer.usage).toEqual(shape.usage)
  await client.close()
})
