import { describe, expect, it } from 'vitest'
import { ProviderFault, type RerankDialect } from '../../../providers/contract.js'
import { defaultShape, rerankDialect } from '../../../providers/dialects/rerank/index.js'
import { provider } from '../../../providers/jina.js'
import { decodeContext, encodeContext, freeze } from './helpers.js'

const rerank = rerankDialect(defaultShape) as RerankDialect
const decode = (body: unknown) => rerank.decode(body, decodeContext(provider as never))

describe('a rerank of any server', () => {
  it('encodes the request', () => {
    const params = freeze({ model: 'm', query: 'q', documents: ['a', { text: 'b' }], top_n: 1, return_documents: true })
    expect(rerank.encode(params, encodeContext(provider, 'm')).body).toEqual({
      model: 'm',
      query: 'q',
      documents: ['a', 'b'],
      top_n: 1,
    })
  })

  it('may have scores below zero, and is read best first', () => {
    // shape seen in recordings of llama.cpp
    const body = {
      model: 'bge',
      object: 'list',
      results: [
        { index: 0, relevance_score: -4.5 },
        { index: 1, relevance_score: 0.8 },
        { index: 2, relevance_score: -4.5 },
      ],
      usage: { prompt_tokens: 55, total_tokens: 55 },
    }
    expect(rerank.decode(freeze(body), decodeContext(provider))).toMatchObject({
      results: [{ index: 1 }, { index: 0 }, { index: 2 }],
      usage: { prompt_tokens: 55, total_tokens: 55 },
    })
  })

  it('may come with documents and an id', () => {
    // shape seen in recordings of vLLM
    const results = [{ index: 0, document: { text: 'a', multi_modal: null }, relevance_score: 1 }]
    expect(rerank.decode(freeze({ id: 'rerank-1', model: 'm', results }), decodeContext(provider))).toEqual({
      id: 'rerank-1',
      model: 'm',
      results: [{ index: 0, relevance_score: 1 }],
    })
  })

  it('may be a plain list, as SGLang and TEI send it', () => {
    const list = [
      { score: 0.1, document: 'b', index: 1 },
      { score: 0.95, document: 'a', index: 0 },
    ]
    expect(decode(list).results).toEqual([
      { index: 0, relevance_score: 0.95 },
      { index: 1, relevance_score: 0.1 },
    ])
    expect(() => decode([{ score: 0.1 }])).toThrow(ProviderFault)
    expect(decode([]).results).toEqual([])
  })

  it('throws the error of a failed rerank', () => {
    for (const body of [{ error: { message: 'no' } }, { message: 'no' }, { detail: 'no' }]) {
      expect(() => rerank.decode(freeze(body), decodeContext(provider))).toThrow(expect.objectContaining({ body }))
    }
  })
})
