import type { EmbeddingParams, EmbeddingResponse } from '../../../src/types/embedding.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { namedModel } from '../../models/index.js'
import { Report } from '../../report.js'
import { baseId } from './models.js'
import { type Fields, isFields } from './wire.js'

export const maxInputs = (context: EncodeContext<unknown>): number => embedderOf(namedModel(context))?.maxInputs ?? 1

/** Bedrock has no common embeddings API: each family has its own body, for InvokeModel. */
export function encodeEmbedding(params: EmbeddingParams, context: EncodeContext<unknown>): Encoded {
  const report = new Report(context)
  const embedder = knownEmbedder(context)
  const inputs = readTexts(params.input, report)
  if (embedder.apart && inputs.some(isImage) && !inputs.every(isImage)) {
    throw report.invalid('input', 'must contain texts only or images only; this model does not combine them.')
  }
  const { model: _, input: __, dimensions, encoding_format, user, extra_body, ...own } = params
  if (encoding_format === 'base64') {
    report.changed('encoding_format', 'Bedrock sends vectors as numbers.')
  }
  if (user !== undefined && user !== null) report.unsupported('user', 'Bedrock takes none with embeddings')
  if (dimensions !== undefined && dimensions !== null && !embedder.dimensions) {
    report.unsupported('dimensions', "this model's vectors have a fixed size")
  }
  report.throwUnsupported()
  const size = embedder.dimensions ? (dimensions ?? undefined) : undefined
  const fields = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && value !== null))
  const body = { ...embedder.body(inputs, size), ...fields }
  return {
    body,
    encodeState: { model: namedModel(context) },
    ...(report.warnings.length > 0 && { warnings: report.warnings }),
  }
}

function knownEmbedder(context: EncodeContext<unknown>): Embedder {
  const embedder = embedderOf(namedModel(context))
  if (embedder) return embedder
  throw new Report(context).invalid('model', `must be a known embedding model of Bedrock; got '${context.model}'.`)
}

function readTexts(input: EmbeddingParams['input'], report: Report): string[] {
  const all: readonly unknown[] = typeof input === 'string' ? [input] : input
  return all.map((text, index) => {
    if (typeof text !== 'string')
      throw report.invalid(`input[${index}]`, 'must be a string; Bedrock takes no token ids.')
    return text
  })
}

/** Titan's token count is in the body, Cohere's in a header (recorded). */
export function decodeEmbedding(
  body: unknown,
  context: DecodeContext<unknown>,
): Decoded<EmbeddingResponse<number[] | string>> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const state = isFields(context.encodeState) ? context.encodeState : {}
  const vectors = embedderOf(String(state.model ?? context.model))?.vectors(body)
  if (!vectors)
    throw new ProviderFault('its answer has no vectors', typeof body.message === 'string' ? body : undefined)
  const tokens = typeof body.inputTextTokenCount === 'number' ? body.inputTextTokenCount : tokensIn(context.headers)
  return {
    object: 'list',
    model: context.model,
    data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

function tokensIn(headers: DecodeContext['headers']): number {
  const value = headers?.['x-amzn-bedrock-input-token-count']
  const tokens = typeof value === 'string' ? Number(value) : 0
  return Number.isInteger(tokens) && tokens > 0 ? tokens : 0
}

/** A family of embedding models: its request body and the place of its vectors. */
interface Embedder {
  readonly maxInputs: number
  /** Whether the vectors have a configurable size. */
  readonly dimensions: boolean
  /** True if texts and images can't be combined. */
  readonly apart?: boolean
  /** Images are inputs that are data URIs. */
  body(inputs: readonly string[], dimensions: number | undefined): Fields
  /** Undefined without vectors. */
  vectors(body: Fields): number[][] | undefined
}

/** An image, as everywhere in llmux's embeddings: `data:image/png;base64,…` */
const imageIn = (input: string | undefined): { type: string; data: string } | undefined => {
  const [head, type = ''] = /^data:image\/([\w.+-]+);base64,/i.exec(input?.slice(0, 128) ?? '') ?? []
  return input !== undefined && head !== undefined
    ? { type: type.toLowerCase(), data: input.slice(head.length) }
    : undefined
}

const isImage = (input: string): boolean => imageIn(input) !== undefined

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
  // required; callers pass `input_type: 'search_query'` for queries
  body: (inputs: readonly string[]) =>
    inputs.some(isImage) ? { images: inputs, input_type: 'image' } : { texts: inputs, input_type: 'search_document' },
  // an array, or arrays by type; some recorded answers have OpenAI's shape
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

/** By the start of the id, longer ones first. */
const embedders: readonly (readonly [start: string, Embedder])[] = [
  ['amazon.titan-embed-text-v2', titan2],
  ['amazon.titan-embed-image', titanImage],
  ['amazon.titan-embed', titan1],
  ['amazon.nova-2-multimodal-embeddings', nova],
  ['cohere.embed-v4', cohere4],
  ['cohere.embed', cohere3],
]

function embedderOf(model: string): Embedder | undefined {
  const id = baseId(model)
  return embedders.find(([start]) => id.startsWith(start))?.[1]
}
