import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { provider } from '../../../providers/voyage.js'
import { embed, encodeContext, ranked, ranking, vectors } from './helpers.js'

const png = 'data:image/png;base64,iVBORw0KGgo='

describe('an embedding of Voyage', () => {
  it('is asked for in base64, under the names that Voyage has', () => {
    expect(
      embed(provider, { input: ['a', 'b'], dimensions: 256, input_type: 'query', truncation: false }).body,
    ).toEqual({
      model: 'm',
      input: ['a', 'b'],
      encoding_format: 'base64',
      output_dimension: 256,
      input_type: 'query',
      truncation: false,
    })
    expect(embed(provider, { input: 'a', encoding_format: 'float' }).body).toEqual({ model: 'm', input: ['a'] })
  })

  it('of whole numbers comes as numbers', () => {
    expect(embed(provider, { input: 'a', output_dtype: 'int8', encoding_format: 'base64' }).body).toEqual({
      model: 'm',
      input: ['a'],
      output_dtype: 'int8',
    })
  })

  it('may be of images, with models that read them, at a path of their own', () => {
    const model = 'voyage-multimodal-3'
    expect(embed(provider, { input: ['a', png, 'https://e.com/a.jpg'] }, model).body).toEqual({
      model,
      inputs: [
        { content: [{ type: 'text', text: 'a' }] },
        { content: [{ type: 'image_base64', image_base64: png }] },
        { content: [{ type: 'image_url', image_url: 'https://e.com/a.jpg' }] },
      ],
      output_encoding: 'base64',
    })
    const path = (name: string) => provider.address.path('embedding', name, false, {}, '/v1')
    expect([path(model), path('voyage-3.5')]).toEqual(['/multimodalembeddings', '/embeddings'])
  })

  it('takes texts only, a thousand at a time', () => {
    expect(() => embed(provider, { input: [1] })).toThrow(expect.objectContaining({ param: 'input' }))
    expect(provider.dialect.embedding?.maxInputs(encodeContext(provider, 'm'))).toBe(1000)
    expect(embed(provider, { input: 'a', user: 'u' }).warnings).toMatchObject([{ param: 'user' }])
  })

  it('is read, with the only count that there is', () => {
    // shape seen in recorded traffic
    const data = [
      { object: 'embedding', embedding: 'AACAPw==', index: 1 },
      { object: 'embedding', embedding: [0.5], index: 0, text: null },
    ]
    expect(vectors(provider, { object: 'list', data, model: 'voyage-3.5', usage: { total_tokens: 12 } })).toEqual({
      object: 'list',
      model: 'voyage-3.5',
      data: [
        { object: 'embedding', index: 0, embedding: [0.5] },
        { object: 'embedding', index: 1, embedding: 'AACAPw==' },
      ],
      usage: { prompt_tokens: 12, total_tokens: 12 },
    })
    expect(() => vectors(provider, { detail: 'no' })).toThrow(ProviderFault)
  })
})

describe('a rerank of Voyage', () => {
  it('limits its results by top_k', () => {
    expect(ranked(provider, { top_n: 2, return_documents: true, truncation: true }).body).toEqual({
      model: 'r',
      query: 'q',
      documents: ['a', 'b'],
      top_k: 2,
      truncation: true,
    })
  })

  it('has no limit for a document', () => {
    expect(() => ranked(provider, { max_tokens_per_doc: 5 })).toThrow(
      expect.objectContaining({ params: ['max_tokens_per_doc'] }),
    )
    expect(ranked(provider, { max_tokens_per_doc: 5 }, true).body).not.toHaveProperty('max_tokens_per_doc')
  })

  it('is read', () => {
    // shape seen in recorded traffic
    const data = [
      { relevance_score: 0.69, index: 0 },
      { relevance_score: 0.49, index: 2 },
    ]
    expect(ranking(provider, { object: 'list', data, model: 'rerank-2-lite', usage: { total_tokens: 43 } })).toEqual({
      id: 'f1',
      model: 'rerank-2-lite',
      results: [
        { index: 0, relevance_score: 0.69 },
        { index: 2, relevance_score: 0.49 },
      ],
      usage: { total_tokens: 43 },
    })
  })
})

it('reads its errors', () => {
  // shape seen in recorded traffic
  const body = { detail: 'Provided API key is invalid.' }
  expect(provider.dialect.error({ status: 401, body, text: JSON.stringify(body) })).toMatchObject({
    kind: 'authentication',
    message: body.detail,
  })
})

it('has frozen address and credentials', () => {
  expect(provider.address.base).toBe('https://api.voyageai.com/v1')
  expect(provider.address.path('rerank', 'm', false, {}, '/v1')).toBe('/rerank')
  expect(provider.auth.schemes[0]?.env).toEqual(['VOYAGE_API_KEY'])
  for (const part of [provider, provider.address, provider.auth, provider.dialect, provider.quirks]) {
    expect(Object.isFrozen(part)).toBe(true)
  }
})
