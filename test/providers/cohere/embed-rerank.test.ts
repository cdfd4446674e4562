import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import type { RerankParams } from '../../../src/types/rerank.js'
import { decodeContext, embedding, encodeContext, freeze, rerank } from './helpers.js'

const embed = (params: object) =>
  embedding.encode(
    freeze({ model: 'embed-v4.0', ...params }) as EmbeddingParams,
    encodeContext({ model: 'embed-v4.0' }),
  )
const vectors = (body: unknown) => embedding.decode(freeze(body), decodeContext())
const png = 'data:image/png;base64,iVBORw0KGgo='

describe('an embedding', () => {
  it('is asked for with a purpose, which can be another', () => {
    expect(embed({ input: 'a', dimensions: 256 }).body).toEqual({
      model: 'embed-v4.0',
      input_type: 'search_document',
      texts: ['a'],
      embedding_types: ['float'],
      output_dimension: 256,
    })
    expect(
      embed({ input: ['a', 'b'], input_type: 'search_query', encoding_format: 'base64', truncate: 'END' }).body,
    ).toMatchObject({ input_type: 'search_query', texts: ['a', 'b'], embedding_types: ['base64'], truncate: 'END' })
    expect(embed({ input: ['a'], embedding_types: ['int8'] }).body).toMatchObject({ embedding_types: ['int8'] })
  })

  it('may be of images, and of both', () => {
    expect(embed({ input: [png] }).body).toMatchObject({ input_type: 'image', images: [png] })
    expect(embed({ input: ['a', png] }).body).toMatchObject({
      input_type: 'search_document',
      inputs: [
        { content: [{ type: 'text', text: 'a' }] },
        { content: [{ type: 'image_url', image_url: { url: png } }] },
      ],
    })
    expect(embed({ input: [png], input_type: 'search_query' }).body).toMatchObject({
      inputs: [{}],
      input_type: 'search_query',
    })
  })

  it('takes texts only, 96 at a time', () => {
    expect(() => embed({ input: [1, 2] })).toThrow(expect.objectContaining({ param: 'input' }))
    expect(embedding.maxInputs(encodeContext())).toBe(96)
    expect(embed({ input: 'a', user: 'u' }).warnings).toMatchObject([{ type: 'dropped', param: 'user' }])
  })

  it('is read from each of its types', () => {
    // shape seen in recorded traffic; base64 written from https://docs.cohere.com/reference/embed
    const meta = { api_version: { version: '2' }, billed_units: { input_tokens: 3, image_tokens: 4 } }
    expect(
      vectors({
        id: 'e',
        embeddings: {
          float: [
            [1, 2],
            [3, 4],
          ],
        },
        texts: ['a', 'b'],
        meta,
      }),
    ).toEqual({
      object: 'list',
      model: 'command-asked',
      data: [
        { object: 'embedding', index: 0, embedding: [1, 2] },
        { object: 'embedding', index: 1, embedding: [3, 4] },
      ],
      usage: { prompt_tokens: 7, total_tokens: 7 },
    })
    expect(vectors({ embeddings: { base64: ['AACAPw=='] } }).data[0]?.embedding).toBe('AACAPw==')
    expect(vectors({ embeddings: { int8: [[1]], float: [[0.5]] } }).data[0]?.embedding).toEqual([0.5])
    expect(vectors({ embeddings: [[0.25]] }).data[0]?.embedding).toEqual([0.25])
  })

  it.each([[null], [{}], [{ embeddings: {} }], [{ embeddings: [5] }], [{ message: 'no' }]])(
    'that is %j is none',
    (body) => {
      expect(() => vectors(body)).toThrow(ProviderFault)
    },
  )
})

const ranked = (params: object) =>
  rerank.encode(
    freeze({ model: 'rerank-v3.5', query: 'q', documents: ['a', 'b'], ...params }) as RerankParams,
    encodeContext({ model: 'rerank-v3.5' }),
  )

describe('a rerank', () => {
  it('is asked for', () => {
    expect(ranked({ top_n: 1, max_tokens_per_doc: 100, return_documents: true, priority: 2 }).body).toEqual({
      model: 'rerank-v3.5',
      query: 'q',
      documents: ['a', 'b'],
      top_n: 1,
      max_tokens_per_doc: 100,
      priority: 2,
    })
  })

  it('writes records as YAML, the ranked fields only', () => {
    const documents = [
      { title: 'T', text: 'one\ntwo', n: 5, tags: ['x'], skip: null },
      { text: 'alone' },
      'plain',
      { odd: '- list', colon: 'a: b' },
    ]
    const { body, warnings } = ranked({ documents })
    expect(body.documents).toEqual([
      'title: T\ntext: "one\\ntwo"\nn: 5\ntags: ["x"]',
      'alone',
      'plain',
      'odd: "- list"\ncolon: "a: b"',
    ])
    expect(warnings).toMatchObject([{ type: 'changed', param: 'documents' }])
    const some = ranked({ documents: [{ a: 'x', b: 'y' }], rank_fields: ['b'] })
    expect(some.body).toMatchObject({ documents: ['b: y'] })
    expect(some.body).not.toHaveProperty('rank_fields')
  })

  it('refuses records with nothing to rank, naming them', () => {
    expect(() => ranked({ documents: ['a', { a: 1 }], rank_fields: ['b'] })).toThrow(
      expect.objectContaining({ param: 'documents[1]' }),
    )
    expect(() => ranked({ documents: [5] })).toThrow(expect.objectContaining({ param: 'documents[0]' }))
    expect(ranked({ rank_fields: ['b'] }).warnings).toMatchObject([{ type: 'dropped', param: 'rank_fields' }])
  })

  it('is read, best first', () => {
    // shape seen in recorded traffic
    const body = {
      id: 'r',
      results: [
        { index: 0, relevance_score: 0.1 },
        { index: 1, relevance_score: 0.9 },
      ],
      meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
    }
    expect(rerank.decode(freeze(body), decodeContext())).toEqual({
      id: 'r',
      model: 'command-asked',
      results: [
        { index: 1, relevance_score: 0.9 },
        { index: 0, relevance_score: 0.1 },
      ],
      usage: { search_units: 1 },
    })
  })

  it.each([[null], [{}], [{ results: [{}] }], [{ results: [null] }], [{ message: 'no' }]])(
    'that is %j is none',
    (body) => {
      expect(() => rerank.decode(body, decodeContext())).toThrow(ProviderFault)
    },
  )
})
