import { baseModel } from './models.js'
import { type Fields, isFields } from './wire.js'

/** A family of embedding models: what it is sent, and where its vectors are. */
export interface Embedder {
  readonly maxInputs: number
  /** Whether the size of the vectors can be chosen. */
  readonly dimensions: boolean
  /** Where texts and images can't be sent together. */
  readonly apart?: boolean
  /** Images stand among the inputs as data URIs, for the models that read them. */
  body(inputs: readonly string[], dimensions: number | undefined): Fields
  /** Undefined where there are none. */
  vectors(body: Fields): number[][] | undefined
}

/** An image, as everywhere in llmux's embeddings: `data:image/png;base64,…` */
const imageIn = (input: string | undefined): { type: string; data: string } | undefined => {
  const [head, type = ''] = /^data:image\/([\w.+-]+);base64,/i.exec(input?.slice(0, 128) ?? '') ?? []
  return input !== undefined && head !== undefined
    ? { type: type.toLowerCase(), data: input.slice(head.length) }
    : undefined
}

export const isImage = (input: string): boolean => imageIn(input) !== undefined

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
  body: ([input]: readonly string[], dimensions: number | undefined) => {
    const image = imageIn(input)
    return {
      ...(image ? { inputImage: image.data } : { inputText: input }),
      ...(dimensions !== undefined && { embeddingConfig: { outputEmbeddingLength: dimensions } }),
    }
  },
})

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html */
const cohere3: Embedder = Object.freeze({
  maxInputs: 96,
  dimensions: false,
  apart: true,
  // what the text is for must be said: `input_type: 'search_query'` for questions
  body: (inputs: readonly string[]) =>
    inputs.some(isImage) ? { images: inputs, input_type: 'image' } : { texts: inputs, input_type: 'search_document' },
  // a list, or lists by type; some recorded answers are OpenAI-shaped
  vectors: ({ embeddings, data }: Fields) =>
    all(isFields(embeddings) ? (embeddings.float ?? Object.values(embeddings)[0]) : embeddings) ??
    all(Array.isArray(data) ? data.map((item: unknown) => (isFields(item) ? item.embedding : undefined)) : undefined),
})

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html */
const cohere4: Embedder = Object.freeze({
  ...cohere3,
  dimensions: true,
  apart: false,
  body: (inputs: readonly string[], dimensions: number | undefined) => ({
    ...together(inputs),
    input_type: 'search_document',
    embedding_types: ['float'],
    ...(dimensions !== undefined && { output_dimension: dimensions }),
  }),
})

function together(inputs: readonly string[]): Fields {
  if (!inputs.some(isImage)) return { texts: inputs }
  if (inputs.every(isImage)) return { images: inputs }
  const contentOf = (input: string) =>
    isImage(input) ? { type: 'image_url', image_url: input } : { type: 'text', text: input }
  return { inputs: inputs.map((input) => ({ content: [contentOf(input)] })) }
}

/** https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html */
const nova: Embedder = Object.freeze({
  maxInputs: 1,
  dimensions: true,
  body: ([value]: readonly string[], dimensions: number | undefined) => ({
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: 'GENERIC_INDEX',
      ...(dimensions !== undefined && { embeddingDimension: dimensions }),
      ...novaInput(value),
    },
  }),
  vectors: ({ embeddings }: Fields) =>
    all(
      Array.isArray(embeddings)
        ? embeddings.map((item: unknown) => (isFields(item) ? item.embedding : undefined))
        : undefined,
    ),
})

function novaInput(value: string | undefined): Fields {
  const image = imageIn(value)
  if (!image) return { text: { truncationMode: 'END', value } }
  const format = image.type === 'jpg' ? 'jpeg' : image.type
  return { image: { detailLevel: 'STANDARD_IMAGE', format, source: { bytes: image.data } } }
}

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
