import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import { type Body, decodeContext, embedding, encodeContext, freeze, quirksOf } from './helpers.js'

const encode = (params: Body, context = {}) =>
  embedding.encode(
    freeze({ model: 'e', input: 'Hi', ...params }) as unknown as EmbeddingParams,
    encodeContext({ model: 'e', ...context }),
  ).body

const decode = (body: unknown) => embedding.decode(freeze(body), decodeContext())
const vector = (index: number, embedding: unknown = [0.1, 0.2]) => ({ object: 'embedding', index, embedding })

describe('an embedding request', () => {
  it('is sent unchanged, in base64 by default', () => {
    const input = freeze(['Hi', 'Ho'])
    const body = encode({ input, dimensions: 64, user: 'u', input_type: 'query' })
    expect(body).toEqual({
      model: 'e',
      input,
      dimensions: 64,
      user: 'u',
      input_type: 'query',
      encoding_format: 'base64',
    })
    expect(body.input).toBe(input)
    expect(encode({ encoding_format: 'float' })).toMatchObject({ encoding_format: 'float' })
    expect(encode({}, quirksOf({ base64Embeddings: false }))).toEqual({ model: 'e', input: 'Hi' })
  })

  it('omits null and undefined parameters', () => {
    expect(encode({ dimensions: null, user: undefined })).toEqual({
      model: 'e',
      input: 'Hi',
      encoding_format: 'base64',
    })
  })

  it('has at most 2048 inputs', () => {
    expect(embedding.maxInputs(encodeContext())).toBe(2048)
    expect(embedding.maxInputs(encodeContext(quirksOf({ maxInputs: 8 })))).toBe(8)
  })
})

describe('a host whose vectors are signed bytes', () => {
  const { quirks } = quirksOf({ base64Embeddings: false, int8Embeddings: true })

  it('is not asked for a format that it does not know', () => {
    expect(encode({}, { quirks })).not.toHaveProperty('encoding_format')
    expect(encode({ encoding_format: 'float' }, { quirks })).not.toHaveProperty('encoding_format')
    expect(encode({ encoding_format: 'base64' }, { quirks })).not.toHaveProperty('encoding_format')
    expect(encode({ encoding_format: 'base64_binary' }, { quirks })).toMatchObject({ encoding_format: 'base64_binary' })
  })

  it('is read byte by byte, with the cost of the host', () => {
    const usage = { prompt_tokens: 3, total_tokens: 3, cost: { currency: 'USD', total_cost: 1.2e-8 } }
    const answer = embedding.decode(freeze({ data: [vector(0, 'AAF/gP8=')], usage }), decodeContext(quirks))
    expect(answer.data[0]?.embedding).toEqual([0, 1, 127, -128, -1])
    expect(answer.usage).toEqual({ prompt_tokens: 3, total_tokens: 3, cost: 1.2e-8 })
  })
})

describe('vectors', () => {
  it('come in the order of the inputs, as numbers or as base64', () => {
    const body = {
      object: 'list',
      model: 'e-1',
      data: [vector(1, 'zczMPQ=='), vector(0)],
      usage: { prompt_tokens: 5, total_tokens: 5 },
    }
    expect(decode(body)).toEqual({
      object: 'list',
      model: 'e-1',
      data: [vector(0), vector(1, 'zczMPQ==')],
      usage: { prompt_tokens: 5, total_tokens: 5 },
    })
  })

  it('are counted as the host counts them', () => {
    const usage = (given: unknown) => decode({ data: [vector(0)], usage: given }).usage
    // llama.cpp and TEI give one of the two, some none; OpenRouter and Perplexity tell the cost
    expect(usage({ total_tokens: 7 })).toEqual({ prompt_tokens: 7, total_tokens: 7 })
    expect(usage({ prompt_tokens: 7 })).toEqual({ prompt_tokens: 7, total_tokens: 7 })
    expect(usage({ prompt_tokens: 7, total_tokens: 7, cost: 1e-7 })).toEqual({
      prompt_tokens: 7,
      total_tokens: 7,
      cost: 1e-7,
    })
    expect(usage(undefined)).toEqual({ prompt_tokens: 0, total_tokens: 0 })
    expect(usage({ prompt_tokens: null, total_tokens: '7' })).toEqual({ prompt_tokens: 0, total_tokens: 0 })
  })

  it('may lack an index and a model', () => {
    expect(decode({ data: [{ embedding: [1] }, { embedding: [2] }] })).toMatchObject({
      model: 'asked',
      data: [vector(0, [1]), vector(1, [2])],
    })
  })

  it.each([[null], ['x'], [[]], [{}], [{ data: {} }], [{ data: [null] }], [{ data: [{ embedding: 5 }] }]])(
    'that are none are a fault: %j',
    (body) => {
      expect(() => decode(body)).toThrow(ProviderFault)
    },
  )

  it('give way to an error', () => {
    const body = { error: { message: 'no', code: 400 } }
    expect(() => decode(body)).toThrow(expect.objectContaining({ body }))
  })
})
