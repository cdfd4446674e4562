import { baseModel } from './models.js'
import { type Fields, isFields } from './wire.js'

/** A family of embedding models: what it is sent, and where its vectors are. */
export interface Embedder {
  readonly maxInputs: number
  /** Whether the size of the vectors can be chosen. */
  readonly dimensions: boolean
  body(texts: readonly string[], dimensions: number | undefined): Fields
  /** Undefined where there are none. */
  vectors(body: Fields): number[][] | undefined
}

const isVector = (value: unknown): value is number[] => Array.isArray(value) && typeof value[0] === 'number'
const one = ({ embedding }: Fields): number[][] | undefined => (isVector(embedding) ? [embedding] : undefined)
const all = (value: unknown): number[][] | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(isVector) ? value : undefined

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
const titan1: Embedder = Object.freeze({
  maxInputs: 1,
  dimensions: false,
  body: ([inputText]: readonly string[]) => ({ inputText }),
  vectors: one,
})

const titan2: Embedder = Object.freeze({
  ...titan1,
  dimensions: true,
  body: ([inputText]: readonly string[], dimensions: number | undefined) => ({
    inputText,
    ...(dimensions !== undefined && { dimensions }),
  }),
})

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html */
const titanImage: Embedder = Object.freeze({
  ...titan1,
  dimensions: true,
  body: ([inputText]: readonly string[], dimensions: number | undefined) => ({
    inputText,
    ...(dimensions !== undefined && { embeddingConfig: { outputEmbeddingLength: dimensions } }),
  }),
})

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html */
const cohere3: Embedder = Object.freeze({
  maxInputs: 96,
  dimensions: false,
  // what the text is for must be said: `input_type: 'search_query'` for questions
  body: (texts: readonly string[]) => ({ texts, input_type: 'search_document' }),
  // a list, or lists by type; some recorded answers are OpenAI-shaped
  vectors: ({ embeddings, data }: Fields) =>
    all(isFields(embeddings) ? (embeddings.float ?? Object.values(embeddings)[0]) : embeddings) ??
    all(Array.isArray(data) ? data.map((item: unknown) => (isFields(item) ? item.embedding : undefined)) : undefined),
})

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html */
const cohere4: Embedder = Object.freeze({
  ...cohere3,
  dimensions: true,
  body: (texts: readonly string[], dimensions: number | undefined) => ({
    texts,
    input_type: 'search_document',
    embedding_types: ['float'],
    ...(dimensions !== undefined && { output_dimension: dimensions }),
  }),
})

/** https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html */
const nova: Embedder = Object.freeze({
  maxInputs: 1,
  dimensions: true,
  body: ([value]: readonly string[], dimensions: number | undefined) => ({
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: 'GENERIC_INDEX',
      ...(dimensions !== undefined && { embeddingDimension: dimensions }),
      text: { truncationMode: 'END', value },
    },
  }),
  vectors: ({ embeddings }: Fields) =>
    all(
      Array.isArray(embeddings)
        ? embeddings.map((item: unknown) => (isFields(item) ? item.embedding : undefined))
        : undefined,
    ),
})

/** By the beginning of the id, the longer ones first. */
const embedders: readonly (readonly [start: string, Embedder])[] = [
  ['amazon.titan-embed-text-v2', titan2],
  ['amazon.titan-embed-image', titanImage],
  ['amazon.titan-embed', titan1],
  ['amazon.nova-2-multimodal-embeddings', nova],
  ['cohere.embed-v4', cohere4],
  ['cohere.embed', cohere3],
]

export function embedderOf(model: string): Embedder | undefined {
  const id = baseModel(model)
  return embedders.find(([start]) => id.startsWith(start))?.[1]
}
