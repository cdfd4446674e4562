import { countTokens, idOf, vectorOf } from '../digest.js'
import { type Json, list, number, record, string } from '../json.js'
import { invalid } from './converse-errors.js'
import type { WireError, WireRequest } from './wire.js'

type Vectors = readonly (readonly number[])[]

/** A family of embedding models with its own body format. */
interface Embedder {
  readonly fields: readonly string[]
  readonly sizes: readonly number[]
  /** The texts, if any. */
  texts(body: Json): readonly unknown[] | undefined
  size(body: Json): unknown
  answer(vectors: Vectors, request: WireRequest, texts: readonly string[]): Json
  fault?(body: Json): string | undefined
}

const one = ({ inputText }: Json): readonly unknown[] | undefined => (inputText === undefined ? undefined : [inputText])
const tokensOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + countTokens(text), 0)

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
const titan1: Embedder = {
  fields: ['inputText'],
  sizes: [1536],
  texts: one,
  size: () => undefined,
  answer: ([embedding], _request, texts) => ({ embedding, inputTextTokenCount: tokensOf(texts) }),
}

const titan2: Embedder = {
  ...titan1,
  fields: ['inputText', 'dimensions', 'normalize', 'embeddingTypes'],
  sizes: [1024, 512, 256],
  size: ({ dimensions }) => dimensions,
  answer: ([embedding], { body }, texts) => ({
    embedding,
    ...(list(body.embeddingTypes).includes('float') && { embeddingsByType: { float: embedding } }),
    inputTextTokenCount: tokensOf(texts),
  }),
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html */
const titanImage: Embedder = {
  ...titan1,
  fields: ['inputText', 'inputImage', 'embeddingConfig'],
  sizes: [1024, 384, 256],
  texts: ({ inputText, inputImage }) =>
    inputText === undefined && inputImage === undefined ? undefined : [inputText ?? inputImage],
  size: ({ embeddingConfig }) => record(embeddingConfig).outputEmbeddingLength,
}

const inputTypes: readonly unknown[] = ['search_document', 'search_query', 'classification', 'clustering', 'image']

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html */
const cohere3: Embedder = {
  fields: ['texts', 'images', 'input_type', 'truncate', 'embedding_types'],
  sizes: [1024],
  texts: ({ texts, images }) => (Array.isArray(texts) ? texts : Array.isArray(images) ? images : undefined),
  size: () => undefined,
  answer(vectors, { body, seed }, texts) {
    const named = Array.isArray(body.embedding_types)
    return {
      id: idOf(seed, 'embedding'),
      texts,
      ...(named
        ? { embeddings: { float: vectors }, response_type: 'embeddings_by_type' }
        : { embeddings: vectors, response_type: 'embeddings_floats' }),
    }
  },
  fault({ input_type: type, texts, truncate }) {
    if (type === undefined) return '#: required key [input_type] not found'
    if (!inputTypes.includes(type)) return `#/input_type: ${String(type)} is not a valid enum value`
    if (list(texts).length > 96) return '#/texts: expected maximum item count: 96'
    if (truncate !== undefined && !['NONE', 'START', 'END', 'LEFT', 'RIGHT'].includes(String(truncate))) {
      return `#/truncate: ${String(truncate)} is not a valid enum value`
    }
    return undefined
  },
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html */
const cohere4: Embedder = {
  ...cohere3,
  fields: [...cohere3.fields, 'inputs', 'output_dimension', 'max_tokens'],
  sizes: [1536, 1024, 512, 256],
  texts: (body) =>
    Array.isArray(body.inputs) ? body.inputs.map((input) => JSON.stringify(input)) : cohere3.texts(body),
  size: ({ output_dimension }) => output_dimension,
}

/** https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html */
const nova: Embedder = {
  fields: ['schemaVersion', 'taskType', 'singleEmbeddingParams'],
  sizes: [3072, 1024, 384, 256],
  texts({ singleEmbeddingParams }) {
    const { text, image } = record(singleEmbeddingParams)
    const value = record(text).value ?? record(record(image).source).bytes
    return value === undefined ? undefined : [value]
  },
  size: ({ singleEmbeddingParams }) => record(singleEmbeddingParams).embeddingDimension,
  answer: ([embedding], { body }) => {
    const { image } = record(body.singleEmbeddingParams)
    return { embeddings: [{ embeddingType: image === undefined ? 'TEXT' : 'IMAGE', embedding }] }
  },
  fault({ taskType, singleEmbeddingParams }) {
    if (taskType !== 'SINGLE_EMBEDDING') return '#/taskType: it is not SINGLE_EMBEDDING'
    const { embeddingPurpose, text, image } = record(singleEmbeddingParams)
    if (typeof embeddingPurpose !== 'string')
      return '#/singleEmbeddingParams: required key [embeddingPurpose] not found'
    if (image !== undefined) {
      return record(image).format === undefined
        ? '#/singleEmbeddingParams/image: required key [format] not found'
        : undefined
    }
    if (record(text).truncationMode === undefined)
      return '#/singleEmbeddingParams/text: required key [truncationMode] not found'
    return undefined
  },
}

/** By substring of the model id, longest first. */
const embedders: readonly (readonly [name: string, embedder: Embedder])[] = [
  ['titan-embed-text-v2', titan2],
  ['titan-embed-image', titanImage],
  ['titan-embed', titan1],
  ['multimodal-embeddings', nova],
  ['cohere.embed-v4', cohere4],
  ['cohere.embed', cohere3],
]

function embedderOf(model: string): Embedder | undefined {
  return embedders.find(([name]) => model.includes(name))?.[1]
}

export function isEmbedder(model: string): boolean {
  return embedderOf(model) !== undefined
}

/** The token count for the response header. */
export function embeddingTokens(body: Json): number {
  const texts = embedders.map(([, embedder]) => embedder.texts(body)).find((found) => found !== undefined)
  return tokensOf((texts ?? []).filter((text) => typeof text === 'string'))
}

export function findEmbeddingFault({ model, body }: WireRequest): WireError | undefined {
  const embedder = embedderOf(model)
  if (!embedder) return invalid('The provided model identifier is invalid.')
  const fault = findFault(embedder, body)
  return fault === undefined
    ? undefined
    : invalid(`Malformed input request: ${fault}, please reformat your input and try again.`)
}

function findFault(embedder: Embedder, body: Json): string | undefined {
  const stranger = Object.keys(body).find((name) => !embedder.fields.includes(name))
  if (stranger !== undefined) return `#: extraneous key [${stranger}] is not permitted`
  const texts = embedder.texts(body)
  if (!texts) return `#: required key [${embedder.fields[0] ?? ''}] not found`
  if (texts.length === 0) return '#/texts: expected minimum item count: 1, found: 0'
  const bad = texts.findIndex((text) => typeof text !== 'string' || text === '')
  if (bad >= 0) return `#/${bad}: expected a text that is not empty`
  const size = embedder.size(body)
  if (size !== undefined && !embedder.sizes.includes(number(size) ?? -1)) {
    return `#: ${String(size)} is not a valid enum value: it is one of ${embedder.sizes.join(', ')}`
  }
  return embedder.fault?.(body)
}

export function converseEmbeddings(request: WireRequest, scripted: Vectors | undefined): Json {
  const embedder = embedderOf(request.model)
  if (!embedder) return {}
  const texts = (embedder.texts(request.body) ?? []).map((text) => string(text) ?? '')
  const size = number(embedder.size(request.body)) ?? embedder.sizes[0] ?? 1024
  return embedder.answer(
    texts.map((text, index) => scripted?.[index] ?? vectorOf(text, size)),
    request,
    texts,
  )
}
