import { describe, expect, it } from 'vitest'
import { memoryCache } from '../../src/index.js'
import { rejection, simulated } from '../helpers/simulated.js'

const { sim, client } = simulated()
const model = 'openai/text-embedding-3-small'
const sent = () => sim().requests.map(({ body }) => (body as { input: unknown }).input)

describe('embeddings', () => {
  it('requests only missing vectors and keeps the order', async () => {
    const plain = client()
    const llm = client({ cache: memoryCache() })
    const expected = await plain.embedding({ model, input: ['a', 'bb', 'ccc', 'dd'] })
    sim().reset()
    const first = await llm.embedding({ model, input: ['bb', 'a'] })
    expect(first.meta.cache).toMatchObject({ hit: false, elements: { hits: 0, misses: 2 } })
    const mixed = await llm.embedding({ model, input: ['a', 'ccc', 'bb', 'dd'] })
    expect(sent()).toEqual([
      ['bb', 'a'],
      ['ccc', 'dd'],
    ])
    const vectors = expected.data.map(({ embedding }) => embedding)
    expect(mixed.data.map(({ embedding }) => embedding)).toEqual([vectors[0], vectors[2], vectors[1], vectors[3]])
    expect(mixed.data.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    expect(mixed.meta.cache).toMatchObject({ hit: false, elements: { hits: 2, misses: 2 } })
    expect(mixed.meta.cost.saved).toBeCloseTo(first.meta.cost.total ?? Number.NaN, 12)
    const alone = await plain.embedding({ model, input: ['ccc', 'dd'] })
    expect(mixed.usage).toEqual(alone.usage)
    expect(mixed.meta.usage).toEqual(alone.usage)
  })

  it('serves a complete list from the cache at no cost', async () => {
    const llm = client({ cache: memoryCache() })
    const first = await llm.embedding({ model, input: ['a', 'b'] })
    const again = await llm.embedding({ model, input: ['b', 'a', 'b'], vectorType: 'float32' })
    expect(sim().requests.length).toBe(1)
    expect(again.usage).toEqual({ prompt_tokens: 0, total_tokens: 0 })
    expect(again.meta).toMatchObject({ cache: { hit: true, elements: { hits: 3, misses: 0 } }, cost: { total: 0 } })
    expect(again.meta.cost.saved).toBeGreaterThan(0)
    expect(again.model).toBe(first.model)
    expect(again.data[0]?.embedding).toBeInstanceOf(Float32Array)
    expect([...(again.data[1]?.embedding ?? [])]).toEqual(first.data[0]?.embedding)
    const one = await llm.embedding({ model, input: 'a' })
    expect(one.meta.cache).toMatchObject({ hit: true })
    expect(one.data[0]?.embedding).toEqual(first.data[0]?.embedding)
  })

  it('distinguishes texts, token ids and dimensions', async () => {
    const llm = client({ cache: memoryCache() })
    await llm.embedding({ model, input: '[1,2]' })
    expect((await llm.embedding({ model, input: [1, 2] })).meta.cache.hit).toBe(false)
    expect((await llm.embedding({ model, input: [[1, 2]] })).meta.cache.hit).toBe(true)
    expect((await llm.embedding({ model, input: '[1,2]', dimensions: 8 })).meta.cache.hit).toBe(false)
    expect((await llm.embedding({ model, input: '[1,2]', encoding_format: 'float' })).meta.cache.hit).toBe(true)
  })

  it('shares one request among identical lists', async () => {
    const llm = client({ cache: { store: memoryCache(), coalesce: true } })
    sim().fail({ kind: 'slow-headers', ms: 40 })
    const [one, other] = await Promise.all([
      llm.embedding({ model, input: ['a', 'b'] }),
      llm.embedding({ model, input: ['a', 'b'] }),
    ])
    expect(sim().requests.length).toBe(1)
    expect(other.data).toEqual(one.data)
    expect(other.meta.cache).toMatchObject({ hit: true, coalesced: true })
  })

  it('reports the reason of a cache failure', async () => {
    const get = () => Promise.reject(new Error('broken'))
    const llm = client({ cache: { get, set: () => {} } })
    const { meta, data } = await llm.embedding({ model, input: ['a', 'bb'] })
    expect(data).toHaveLength(2)
    expect(meta.cache).toMatchObject({ hit: false, error: 'broken', elements: { hits: 0, misses: 2 } })
  })

  it('fails the same as without a cache', async () => {
    const llm = client({ cache: memoryCache(), maxRetries: 0 })
    await llm.embedding({ model, input: ['a'] })
    expect(await rejection(llm.embedding({ model, input: [] }))).toMatchObject({ code: 'bad_request' })
    expect(await rejection(llm.embedding({ model, input: 'a', signal: AbortSignal.abort() }))).toMatchObject({
      code: 'aborted',
    })
    sim().fail({ kind: 'status', status: 400 })
    const failed = await rejection(llm.embedding({ model, input: ['a', 'z'] }))
    expect(failed).toMatchObject({ code: 'bad_request', attempts: [{ status: 400 }] })
    expect((await llm.embedding({ model, input: ['a', 'z'] })).meta.cache.elements).toEqual({ hits: 1, misses: 1 })
  })
})

it('caches a ranking', async () => {
  const llm = client({ cache: memoryCache(), providers: { jina_ai: { apiKey: 'k', apiBase: sim().base('jina_ai') } } })
  const request = { model: 'jina_ai/jina-reranker-v2', query: 'q', documents: ['a', 'b'] }
  const first = await llm.rerank(request)
  const again = await llm.rerank({ ...request })
  expect(again).toEqual(first)
  expect(again.meta.cache).toMatchObject({ hit: true })
  expect((await llm.rerank({ ...request, documents: ['b', 'a'] })).meta.cache.hit).toBe(false)
  expect(sim().requests.length).toBe(2)
})
