import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import { decodeContext, embedding, encodeContext, freeze } from './helpers.js'

const embed = (params: object) =>
  embedding.encode(
    freeze({ model: 'nomic-embed-text', ...params }) as EmbeddingParams,
    encodeContext({ model: 'nomic-embed-text' }),
  )

describe('an embedding', () => {
  it('encodes the request', () => {
    expect(
      embed({ input: 'a', encoding_format: 'base64', dimensions: 64, keep_alive: 0, truncate: false, num_ctx: 512 }),
    ).toEqual({
      body: {
        model: 'nomic-embed-text',
        input: 'a',
        dimensions: 64,
        keep_alive: 0,
        truncate: false,
        options: { num_ctx: 512 },
      },
    })
    expect(embed({ input: ['a', 'b'], user: 'u' })).toMatchObject({
      body: { input: ['a', 'b'] },
      warnings: [{ type: 'dropped', param: 'user' }],
    })
    expect(embed({ input: 'a', num_ctx: 1, options: { num_ctx: 2 } }).body.options).toEqual({ num_ctx: 2 })
  })

  it('rejects token ids', () => {
    expect(() => embed({ input: [1, 2] })).toThrow(expect.objectContaining({ param: 'input' }))
    expect(() => embed({ input: [[1], [2]] })).toThrow(expect.objectContaining({ param: 'input' }))
    expect(embedding.maxInputs(encodeContext())).toBeGreaterThan(1)
  })

  it('decodes the vectors', () => {
    // shape seen in recorded traffic
    const body = {
      model: 'nomic-embed-text',
      embeddings: [
        [1, 2],
        [3, 4],
      ],
      total_duration: 5,
      prompt_eval_count: 7,
    }
    expect(embedding.decode(freeze(body), decodeContext())).toEqual({
      object: 'list',
      model: 'nomic-embed-text',
      data: [
        { object: 'embedding', index: 0, embedding: [1, 2] },
        { object: 'embedding', index: 1, embedding: [3, 4] },
      ],
      usage: { prompt_tokens: 7, total_tokens: 7 },
    })
  })

  it.each([[null], [{}], [{ embeddings: [5] }], [{ error: 'no' }]])('that is %j is none', (body) => {
    expect(() => embedding.decode(body, decodeContext())).toThrow(ProviderFault)
  })
})
