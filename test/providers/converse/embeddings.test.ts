import { describe, expect, it } from 'vitest'
import type { EmbeddingDialect } from '../../../providers/contract.js'
import { converse } from '../../../providers/dialects/converse/index.js'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/index.js'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import { decodeContext, freeze } from './helpers.js'

const embedding = converse.embedding as EmbeddingDialect<unknown>
const context = (model: string) => ({ provider: 'bedrock', model, dropParams: false, ownHost: true, quirks: undefined })
const bodyOf = (params: Partial<EmbeddingParams> & Record<string, unknown>, model: string) =>
  embedding.encode(freeze({ model, input: 'hi', ...params } as EmbeddingParams), context(model)).body
const decode = (body: unknown, model: string) => embedding.decode(freeze(body), { ...decodeContext(), model })

const titan = 'amazon.titan-embed-text-v2:0'
const cohere = 'cohere.embed-english-v3'

describe('embeddings', () => {
  // Titan 2 and both of Cohere as seen in recordings; the others from the pages named in embedders.ts
  it.each([
    ['amazon.titan-embed-text-v1', {}, { inputText: 'hi' }],
    [titan, { dimensions: 256, normalize: true }, { inputText: 'hi', dimensions: 256, normalize: true }],
    [
      'amazon.titan-embed-image-v1',
      { dimensions: 384 },
      { inputText: 'hi', embeddingConfig: { outputEmbeddingLength: 384 } },
    ],
    [cohere, { input: ['a', 'b'], input_type: 'search_query' }, { texts: ['a', 'b'], input_type: 'search_query' }],
    [
      'us.cohere.embed-v4:0',
      { dimensions: 512 },
      { texts: ['hi'], input_type: 'search_document', embedding_types: ['float'], output_dimension: 512 },
    ],
    [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      { dimensions: 1024 },
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_INDEX',
          embeddingDimension: 1024,
          text: { truncationMode: 'END', value: 'hi' },
        },
      },
    ],
  ])('encode for %s', (model, params, body) => {
    expect(bodyOf(params, model)).toEqual(body)
  })

  const png = 'data:image/png;base64,iVBORw0KGgo='
  const jpg = 'data:image/jpg;base64,/9j/'

  it.each([
    ['amazon.titan-embed-image-v1', png, { inputImage: 'iVBORw0KGgo=' }],
    [cohere, [png, jpg], { images: [png, jpg], input_type: 'image' }],
    ['us.cohere.embed-v4:0', [png], { images: [png], input_type: 'search_document', embedding_types: ['float'] }],
    [
      'us.cohere.embed-v4:0',
      ['hi', png],
      {
        inputs: [{ content: [{ type: 'text', text: 'hi' }] }, { content: [{ type: 'image_url', image_url: png }] }],
        input_type: 'search_document',
        embedding_types: ['float'],
      },
    ],
    [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      jpg,
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_INDEX',
          image: { detailLevel: 'STANDARD_IMAGE', format: 'jpeg', source: { bytes: '/9j/' } },
        },
      },
    ],
  ])('send images to %s', (model, input, body) => {
    expect(bodyOf({ input }, model)).toEqual(body)
  })

  it('reject mixed inputs for models without them', () => {
    expect(() => bodyOf({ input: ['hi', png] }, cohere)).toThrow(/texts only or images only/)
  })

  it.each(['amazon.titan-embed-image-v1', cohere, 'cohere.embed-v4:0', 'amazon.nova-2-multimodal-embeddings-v1:0'])(
    'of images come from %s, as the simulator has it',
    async (model) => {
      const { dispatcher } = mockProvider()
      const client = createClient({ dispatcher, providers: { bedrock: { apiKey: 'any', region: 'us-east-1' } } })
      const { data } = await client.embedding({ model: `bedrock/${model}`, input: [png, jpg] })
      expect(new Set(data.map(({ embedding: vector }) => vector.join())).size).toBe(2)
    },
  )

  it('limit inputs per request', () => {
    expect(embedding.maxInputs(context(titan))).toBe(1)
    expect(embedding.maxInputs(context(cohere))).toBe(96)
  })

  it.each([
    [titan, { embedding: [1, 2], embeddingsByType: { float: [1, 2] }, inputTextTokenCount: 11 }, [[1, 2]], 11],
    [cohere, { embeddings: [[1], [2]], response_type: 'embeddings_floats' }, [[1], [2]], 0],
    [cohere, { embeddings: { float: [[1], [2]] }, response_type: 'embeddings_by_type' }, [[1], [2]], 0],
    ['amazon.nova-2-multimodal-embeddings-v1:0', { embeddings: [{ embeddingType: 'TEXT', embedding: [3] }] }, [[3]], 0],
  ])('decode from %s: %o', (model, body, vectors, tokens) => {
    const answer = decode(body, model)
    expect(answer.data.map((item) => item.embedding)).toEqual(vectors)
    expect(answer.data.map(({ index }) => index)).toEqual(vectors.map((_, index) => index))
    expect(answer.usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens })
  })

  it('reject unknown models and token ids', () => {
    expect(() => bodyOf({ dimensions: 3 }, cohere)).toThrow('dimensions')
    expect(() => bodyOf({ input: [[1, 2]] }, titan)).toThrow("input[0]' must be a string")
    expect(() => bodyOf({}, 'amazon.nova-lite-v1:0')).toThrow('must be a known embedding model')
    expect(() => decode({ message: 'no' }, titan)).toThrow('has no vectors')
    expect(() => decode(undefined, titan)).toThrow('not an object')
  })
})
