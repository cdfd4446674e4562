import { describe, expect, it } from 'vitest'
import { provider } from '../../../providers/jina.js'
import { embed, encodeContext, ranked, ranking, vectors } from './helpers.js'

// There are no recordings of Jina: all shapes are written from https://jina.ai/embeddings, https://jina.ai/reranker and
// https://api.jina.ai/scalar

describe('an embedding of Jina', () => {
  it('encodes the request', () => {
    expect(
      embed(provider, { input: ['a', 'b'], dimensions: 64, task: 'retrieval.query', late_chunking: true }).body,
    ).toEqual({
      model: 'm',
      input: ['a', 'b'],
      dimensions: 64,
      task: 'retrieval.query',
      late_chunking: true,
    })
    expect(embed(provider, { input: 'a', encoding_format: 'base64' }).body).toMatchObject({
      input: ['a'],
      embedding_type: 'base64',
    })
    expect(embed(provider, { input: 'a', encoding_format: 'float' }).body).not.toHaveProperty('embedding_type')
  })

  it('may be of images', () => {
    expect(embed(provider, { input: ['a', 'data:image/png;base64,iVBORw0KGgo='] }).body.input).toEqual([
      'a',
      { image: 'iVBORw0KGgo=' },
    ])
  })

  it('takes no token ids', () => {
    expect(() => embed(provider, { input: [[1]] })).toThrow(expect.objectContaining({ param: 'input' }))
    expect(provider.dialect.embedding?.maxInputs(encodeContext(provider, 'm'))).toBe(512)
  })

  it('is read', () => {
    const body = {
      model: 'jina-embeddings-v3',
      object: 'list',
      usage: { total_tokens: 8, prompt_tokens: 8 },
      data: [{ object: 'embedding', index: 0, embedding: [0.1] }],
    }
    expect(vectors(provider, body)).toEqual(body)
  })
})

describe('a rerank of Jina', () => {
  it('takes texts and images as they are, other records as text', () => {
    const documents = ['a', { text: 'b' }, { image: 'https://e.com/a.png' }, { title: 'T', text: 'c' }]
    const { body, warnings } = ranked(provider, { documents, top_n: 2 })
    expect(body).toEqual({
      model: 'r',
      query: 'q',
      documents: ['a', { text: 'b' }, { image: 'https://e.com/a.png' }, 'title: T\ntext: c'],
      top_n: 2,
    })
    expect(warnings).toMatchObject([{ type: 'changed', param: 'documents' }])
  })

  it('is read, without the documents that came along', () => {
    const body = {
      model: 'jina-reranker-v2-base-multilingual',
      usage: { total_tokens: 9 },
      results: [{ index: 1, relevance_score: 0.8, document: { text: 'b' } }],
    }
    expect(ranking(provider, body)).toEqual({
      id: 'f1',
      model: 'jina-reranker-v2-base-multilingual',
      results: [{ index: 1, relevance_score: 0.8 }],
      usage: { total_tokens: 9 },
    })
  })
})

it('has frozen address and credentials', () => {
  expect(provider.id).toBe('jina_ai')
  expect(provider.address.base).toBe('https://api.jina.ai/v1')
  expect(provider.auth.schemes[0]?.env).toEqual(['JINA_AI_API_KEY', 'JINA_API_KEY'])
  for (const part of [provider, provider.address, provider.auth, provider.dialect, provider.quirks]) {
    expect(Object.isFrozen(part)).toBe(true)
  }
})
