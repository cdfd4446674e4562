import type { Dispatcher } from 'undici'
import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import type { RerankRequest } from '../../src/types/options.js'
import { rejection } from '../helpers/simulated.js'

/** A rerank of two documents, with what the host receives. */
async function rank(model: string, answer: Record<string, unknown>, options: Partial<RerankRequest> = {}) {
  const mock = mockProvider({ reply: { raw: { body: answer } } })
  const urls: string[] = []
  let body: unknown
  const dispatcher = {
    dispatch(sent: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
      urls.push(decodeURIComponent(`${sent.origin}${sent.path}`))
      body = JSON.parse(String(sent.body))
      // the mock checks the parts of Cohere's request
      const known = JSON.stringify({ model: 'm', query: 'q', documents: ['a', 'b'] })
      return mock.dispatcher.dispatch({ ...sent, path: '/v1/rerank', body: known }, handler)
    },
    close: () => mock.close(),
    destroy: () => mock.close(),
  }
  const client = createClient({ dispatcher: dispatcher as unknown as Dispatcher, maxRetries: 0 })
  const documents = ['Paris', { text: 'Oslo' }]
  const request = { model, query: 'q', documents, apiKey: 'k', ...options }
  const { results, usage, meta } = await client.rerank(request)
  return { results, usage, cost: meta.cost, url: urls[0], body }
}

const scored = [
  { index: 1, relevance_score: 0.9 },
  { index: 0, relevance_score: 0.2 },
]

describe('rerank of hosts with an API of their own', () => {
  it('reaches Cohere on Bedrock over InvokeModel', async () => {
    const ranked = await rank('bedrock/cohere.rerank-v3-5:0', { results: scored }, { region: 'eu-central-1', top_n: 2 })
    expect(ranked).toMatchObject({
      url: 'https://bedrock-runtime.eu-central-1.amazonaws.com/model/cohere.rerank-v3-5:0/invoke',
      body: { query: 'q', documents: ['Paris', 'Oslo'], top_n: 2, api_version: 2 },
      results: scored,
      usage: undefined,
      cost: { total: undefined },
    })
  })

  it('reaches Amazon on Bedrock, which knows no version of the API', async () => {
    const { body } = await rank('bedrock/amazon.rerank-v1:0', { results: scored }, { region: 'us-west-2' })
    expect(body).toEqual({ query: 'q', documents: ['Paris', 'Oslo'] })
  })

  it('reaches a model behind a profile by its base model', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc'
    const options = { baseModel: 'bedrock/cohere.rerank-v3-5:0' }
    expect((await rank(`bedrock/${arn}`, { results: scored }, options)).body).toMatchObject({ api_version: 2 })
  })

  it('reaches DeepInfra at its inference API, with one score per document', async () => {
    const answer = { scores: [0.2, 0.9], input_tokens: 12, inference_status: { status: 'succeeded', cost: 0.0001 } }
    expect(await rank('deepinfra/Qwen/Qwen3-Reranker-8B', answer, { top_n: 1 })).toMatchObject({
      url: 'https://api.deepinfra.com/v1/inference/Qwen/Qwen3-Reranker-8B',
      body: { queries: ['q'], documents: ['Paris', 'Oslo'] },
      results: [{ index: 1, relevance_score: 0.9 }],
      usage: { prompt_tokens: 12, total_tokens: 12, cost: 0.0001 },
      cost: { total: 0.0001, source: 'provider' },
    })
  })

  it('reaches NVIDIA at the path of the model, with logits', async () => {
    const answer = {
      rankings: [
        { index: 1, logit: 3.5 },
        { index: 0, logit: -9.25 },
      ],
      usage: { prompt_tokens: 20, total_tokens: 20 },
    }
    expect(await rank('nvidia_nim/nvidia/llama-3.2-nv-rerankqa-1b-v2', answer)).toMatchObject({
      url: 'https://ai.api.nvidia.com/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking',
      body: {
        model: 'nvidia/llama-3.2-nv-rerankqa-1b-v2',
        query: { text: 'q' },
        passages: [{ text: 'Paris' }, { text: 'Oslo' }],
      },
      results: [
        { index: 1, relevance_score: 3.5 },
        { index: 0, relevance_score: -9.25 },
      ],
      usage: { total_tokens: 20 },
    })
  })

  it('reaches a NIM of the caller below its base', async () => {
    const answer = { rankings: [{ index: 0, logit: 1 }] }
    const { url } = await rank('nvidia_nim/nvidia/reranker', answer, { apiBase: 'http://nim.test:8000/v1' })
    expect(url).toBe('http://nim.test:8000/v1/ranking')
  })

  it.each([
    ['https://r.services.ai.azure.com', 'https://r.services.ai.azure.com/providers/cohere/v2/rerank'],
    ['https://rerank.eastus2.models.ai.azure.com/v1', 'https://rerank.eastus2.models.ai.azure.com/v1/rerank'],
  ])('reaches Cohere on Azure AI at %s', async (apiBase, url) => {
    const answer = { results: scored, meta: { billed_units: { search_units: 1 } } }
    const options = { apiBase, max_tokens_per_doc: 100 }
    expect(await rank('azure_ai/Cohere-rerank-v4.0-pro', answer, options)).toMatchObject({
      url,
      body: { model: 'Cohere-rerank-v4.0-pro', query: 'q', documents: ['Paris', 'Oslo'], max_tokens_per_doc: 100 },
      usage: { search_units: 1 },
    })
  })

  it.each([
    ['deepinfra/m', { scores: ['x'] }],
    ['nvidia_nim/n/m', { rankings: [null] }],
    ['bedrock/cohere.rerank-v3-5:0', { results: [{ index: 0 }] }],
  ])('%s fails with an answer that has no ranking', async (model, answer) => {
    const error = await rejection(rank(model, answer, { region: 'us-east-1' }))
    expect(error).toMatchObject({ name: 'InvalidResponseError' })
  })

  it('rejects a limit per document that a host does not know', async () => {
    const call = rank('deepinfra/m', {}, { max_tokens_per_doc: 10 })
    await expect(call).rejects.toMatchObject({ code: 'unsupported_params' })
  })
})
