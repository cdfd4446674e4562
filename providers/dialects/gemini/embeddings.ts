import type { EmbeddingParams, EmbeddingResponse } from '../../../src/types/embedding.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { namedModel } from '../../models/index.js'
import { Report } from '../../report.js'
import { parseDataURI } from '../../shared/media.js'
import type { GeminiQuirks } from './scope.js'
import { type Fields, isFields, type Part, toCamel } from './wire.js'

/** With `predict`, newer models take one text per request. https://docs.cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings */
export function maxInputs({ model, quirks }: EncodeContext<GeminiQuirks>): number {
  if (quirks.embeddings === 'predict' && (model.startsWith('gemini-embedding-') || isMultimodal(model))) return 1
  return quirks.maxInputs ?? 100
}

const isMultimodal = (model: string): boolean => model.startsWith('multimodalembedding')

/** Cohere's names of task types. https://ai.google.dev/gemini-api/docs/embeddings#task-types */
const taskTypes: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['search_document', 'RETRIEVAL_DOCUMENT'],
  ['search_query', 'RETRIEVAL_QUERY'],
  ['classification', 'CLASSIFICATION'],
  ['clustering', 'CLUSTERING'],
])

/** https://ai.google.dev/api/embeddings#method:-models.batchembedcontents */
export function encodeEmbedding(params: EmbeddingParams, context: EncodeContext<GeminiQuirks>): Encoded {
  const report = new Report(context)
  const { model: _, input, dimensions, encoding_format: __, user, extra_body: ___, ...others } = params
  const texts = typeof input === 'string' ? [input] : input
  if (!texts.every((text): text is string => typeof text === 'string')) {
    throw report.invalid('input', 'must be a string or an array of strings; Gemini takes no token ids.')
  }
  if (user !== undefined) report.dropped('user', 'Left out: Gemini takes no user id.')
  const { input_type: kind, ...own } = others as Fields
  const taskType = kind === undefined ? undefined : (taskTypes.get(kind) ?? String(kind).toUpperCase())
  const multimodal = context.quirks.embeddings === 'predict' && isMultimodal(namedModel(context))
  if (multimodal && taskType !== undefined) report.dropped('input_type', 'Left out: this model has no task types.')
  const body = multimodal
    ? predictMultimodal(texts, dimensions, own)
    : context.quirks.embeddings === 'predict'
      ? predict(texts, dimensions, taskType, own)
      : batch(texts, { model: context.model, dimensions, taskType, own })
  return { body, ...(report.warnings.length > 0 && { warnings: report.warnings }) }
}

interface Batch {
  readonly model: string
  readonly dimensions: number | undefined
  readonly taskType: string | undefined
  readonly own: Fields
}

/** Each text has its own settings. */
function batch(texts: readonly string[], { model, dimensions, taskType, own }: Batch): Fields {
  const settings: Fields = {
    ...(dimensions !== undefined && { outputDimensionality: dimensions }),
    ...(taskType !== undefined && { taskType }),
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [toCamel(name), value])),
  }
  const name = /^(?:models|tunedModels)\//.test(model) ? model : `models/${model}`
  return { requests: texts.map((text) => ({ model: name, content: { parts: [encodeInput(text)] }, ...settings })) }
}

/** Newer models embed images and files too, passed as data URIs. */
function encodeInput(text: string): Part {
  const media = text.startsWith('data:') ? parseDataURI(text) : undefined
  return media ? { inlineData: { mimeType: media.type, data: media.data } } : { text }
}

/** https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api */
function predict(
  texts: readonly string[],
  dimensions: number | undefined,
  taskType: string | undefined,
  own: Fields,
): Fields {
  const { task_type = taskType, title, ...rest } = own
  const parameters: Fields = {
    ...(dimensions !== undefined && { outputDimensionality: dimensions }),
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [toCamel(name), value])),
  }
  return {
    instances: texts.map((content) => ({
      content,
      ...(task_type !== undefined && { task_type }),
      ...(title !== undefined && { title }),
    })),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  }
}

/** https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/multimodal-embeddings-api */
function predictMultimodal(inputs: readonly string[], dimension: number | undefined, own: Fields): Fields {
  const parameters: Fields = {
    ...(dimension !== undefined && { dimension }),
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [toCamel(name), value])),
  }
  return {
    instances: inputs.map((input) => {
      const media = input.startsWith('data:image/') ? parseDataURI(input) : undefined
      return media ? { image: { bytesBase64Encoded: media.data, mimeType: media.type } } : { text: input }
    }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  }
}

/** Answers of batchEmbedContents, embedContent and predict. A missing usage is given as 0 tokens. */
export function decodeEmbedding(
  body: unknown,
  context: DecodeContext<GeminiQuirks>,
): Decoded<EmbeddingResponse<number[] | string>> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (body.error) throw new ProviderFault('its answer was an error', body)
  const vectors = body.embeddings ?? body.predictions ?? (body.embedding ? [body.embedding] : undefined)
  if (!Array.isArray(vectors)) throw new ProviderFault("its answer has no 'embeddings'")
  let counted = 0
  const data = vectors.map((item: unknown, index) => {
    const own = isFields(item) ? (item.textEmbedding ?? item.imageEmbedding) : undefined
    if (Array.isArray(own)) return { object: 'embedding' as const, index, embedding: own as number[] }
    const vector = isFields(item) && isFields(item.embeddings) ? item.embeddings : item
    if (!isFields(vector) || !Array.isArray(vector.values)) throw new ProviderFault(`its vector ${index} is not one`)
    counted += tokensOf(vector.statistics)
    return { object: 'embedding' as const, index, embedding: vector.values as number[] }
  })
  const usage = isFields(body.usageMetadata) ? body.usageMetadata.promptTokenCount : undefined
  const tokens = typeof usage === 'number' ? usage : counted
  return { object: 'list', model: context.model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

function tokensOf(statistics: unknown): number {
  const count = isFields(statistics) ? (statistics.token_count ?? statistics.tokenCount) : undefined
  return typeof count === 'number' ? count : 0
}
