import { describe, expect, it } from 'vitest'
import { type EncodeContext, ProviderFault } from '../../../providers/contract.js'
import type { GeminiQuirks } from '../../../providers/dialects/gemini/index.js'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/index.js'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import { type Body, contextOf, decodeContext, embedding, freeze } from './helpers.js'

const encode = (params: Body, context: Partial<EncodeContext<GeminiQuirks>> = {}) => {
  const model = context.model ?? 'gemini-embedding-001'
  return embedding.encode(freeze({ model, ...params }) as unknown as EmbeddingParams, contextOf(model, context))
}
const decode = (body: unknown) => embedding.decode(freeze(body), decodeContext())

describe('encodeEmbedding', () => {
  // shape seen in recordings; https://ai.google.dev/api/embeddings
  it('writes a batch with settings for each text', () => {
    const request = {
      model: 'models/gemini-embedding-001',
      outputDimensionality: 3,
      taskType: 'RETRIEVAL_QUERY',
      title: 't',
    }
    expect(
      encode({ input: ['a', 'b'], dimensions: 3, input_type: 'search_query', title: 't', encoding_format: 'base64' })
        .body,
    ).toEqual({
      requests: [
        { ...request, content: { parts: [{ text: 'a' }] } },
        { ...request, content: { parts: [{ text: 'b' }] } },
      ],
    })
    expect(encode({ input: 'a', task_type: 'CLUSTERING' }, { model: 'models/x' }).body).toEqual({
      requests: [{ model: 'models/x', content: { parts: [{ text: 'a' }] }, taskType: 'CLUSTERING' }],
    })
  })

  it('sends data URIs as images', () => {
    expect(encode({ input: 'data:image/png;base64,AAAA' }).body).toMatchObject({
      requests: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] } }],
    })
  })

  it('rejects token ids and drops user', () => {
    expect(() => encode({ input: [1, 2] })).toThrow('token ids')
    expect(encode({ input: 'a', user: 'u' }).warnings).toMatchObject([{ param: 'user' }])
  })

  it('sends images to the multimodal model of Vertex AI', () => {
    const model = 'multimodalembedding@001'
    const context = contextOf(model, { quirks: { embeddings: 'predict', maxInputs: 250 } })
    const ask = (input: string) => embedding.encode({ model, input, dimensions: 256 }, context).body
    const parameters = { dimension: 256 }
    expect(ask('a')).toEqual({ instances: [{ text: 'a' }], parameters })
    expect(ask('data:image/png;base64,aGk=')).toEqual({
      instances: [{ image: { bytesBase64Encoded: 'aGk=', mimeType: 'image/png' } }],
      parameters,
    })
    expect(embedding.maxInputs(context)).toBe(1)
  })

  it('decodes vectors of texts and images from the simulator', async () => {
    const { dispatcher } = mockProvider()
    const account = { authToken: 'any', project: 'p', location: 'us-east5' }
    const client = createClient({ dispatcher, providers: { vertex_ai: account } })
    const input = ['a', 'data:image/png;base64,aGk=']
    const { data } = await client.embedding({ model: 'vertex_ai/multimodalembedding@001', input, dimensions: 128 })
    expect(data.map(({ embedding: vector }) => vector.length)).toEqual([128, 128])
    expect(data[0]?.embedding).not.toEqual(data[1]?.embedding)
  })

  it('writes a prediction for Vertex AI', () => {
    const quirks = { embeddings: 'predict' as const, maxInputs: 250 }
    const input = ['a', 'b']
    expect(encode({ input, dimensions: 3, task_type: 'X', title: 't', auto_truncate: false }, { quirks }).body).toEqual(
      {
        instances: [
          { content: 'a', task_type: 'X', title: 't' },
          { content: 'b', task_type: 'X', title: 't' },
        ],
        parameters: { outputDimensionality: 3, autoTruncate: false },
      },
    )
    expect(encode({ input }, { quirks }).body).toEqual({ instances: [{ content: 'a' }, { content: 'b' }] })
    expect(embedding.maxInputs(contextOf('text-embedding-005', { quirks }))).toBe(250)
    expect(embedding.maxInputs(contextOf('gemini-embedding-001', { quirks }))).toBe(1)
    expect(embedding.maxInputs(contextOf('x'))).toBe(100)
  })
})

describe('decodeEmbedding', () => {
  const data = [
    { object: 'embedding', index: 0, embedding: [1] },
    { object: 'embedding', index: 1, embedding: [2] },
  ]

  it('keeps the order of vectors in batches, single answers and predictions', () => {
    expect(decode({ embeddings: [{ values: [1] }, { values: [2] }], usageMetadata: { promptTokenCount: 7 } })).toEqual({
      object: 'list',
      model: 'gemini-asked',
      data,
      usage: { prompt_tokens: 7, total_tokens: 7 },
    })
    expect(decode({ embedding: { values: [1] } })).toMatchObject({
      data: data.slice(0, 1),
      usage: { prompt_tokens: 0 },
    })
    const prediction = (value: number) => ({
      embeddings: { values: [value], statistics: { token_count: 4, truncated: false } },
    })
    expect(decode({ predictions: [prediction(1), prediction(2)] })).toMatchObject({ data, usage: { prompt_tokens: 8 } })
  })

  it.each([[null], [[]], [{}], [{ embeddings: 5 }], [{ embeddings: [{}] }], [{ embeddings: [null] }]])(
    'that is none is a fault: %j',
    (body) => {
      expect(() => decode(body)).toThrow(ProviderFault)
    },
  )

  it('throws the error of an answer', () => {
    const body = { error: { code: 400 } }
    expect(() => decode(body)).toThrow(expect.objectContaining({ body }))
  })
})
