import type { EmbeddingParams, EmbeddingResponse } from '../../../src/types/embedding.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { Report } from '../../report.js'
import { countIn, type Fields, isFields } from './wire.js'

export const maxInputs = (): number => 96

/**
 * Embeds texts and images (data URIs). Newer models require `input_type`, the purpose of the vectors.
 * https://docs.cohere.com/reference/embed
 */
export function encodeEmbedding(params: EmbeddingParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  const { input, dimensions, encoding_format: format, user, model: _, extra_body: __, ...own } = params
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input]
  const texts = inputs.filter((item): item is string => typeof item === 'string')
  if (texts.length < inputs.length)
    throw report.invalid('input', 'must be texts or images: Cohere does not embed token ids.')
  if (user) report.dropped('user', 'Cohere has no user ids.')
  const given = own as Fields
  const body: Fields = {
    model: context.model,
    ...inputFields(texts, given.input_type),
    embedding_types: [format === 'base64' ? 'base64' : 'float'],
    ...(dimensions !== undefined && dimensions !== null && { output_dimension: dimensions }),
  }
  for (const [name, value] of Object.entries(given)) if (value !== undefined && value !== null) body[name] = value
  return report.warnings.length > 0 ? { body, warnings: report.warnings } : { body }
}

const isImage = (text: string): boolean => /^data:image\/[\w.+-]+;base64,/i.test(text)

/** Models before v4 accept texts or a single image; v4 accepts both together. */
function inputFields(inputs: readonly string[], purpose: unknown): Fields {
  if (!inputs.some(isImage)) return { input_type: 'search_document', texts: inputs }
  if (inputs.every(isImage) && (purpose ?? 'image') === 'image') return { input_type: 'image', images: inputs }
  const mixed = inputs.map((item) => ({
    content: [isImage(item) ? { type: 'image_url', image_url: { url: item } } : { type: 'text', text: item }],
  }))
  return { input_type: 'search_document', inputs: mixed }
}

/** If several types were requested, the one that loses the least precision. */
const preferred = ['float', 'base64', 'int8', 'uint8', 'binary', 'ubinary'] as const

export function decodeEmbedding(body: unknown, context: DecodeContext): Decoded<EmbeddingResponse<number[] | string>> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { embeddings: given } = body
  const isError = typeof body.message === 'string'
  // v1 returned a plain list
  const type = isFields(given) ? preferred.find((name) => Array.isArray(given[name])) : undefined
  const vectors: unknown = isFields(given) && type ? given[type] : given
  if (!Array.isArray(vectors)) throw new ProviderFault("its answer has no 'embeddings'", isError ? body : undefined)
  const data = vectors.map((embedding: unknown, index) => {
    if (typeof embedding !== 'string' && !Array.isArray(embedding)) {
      throw new ProviderFault(`its vector ${index} is not one`)
    }
    return { object: 'embedding' as const, index, embedding: embedding as number[] | string }
  })
  const billed = isFields(body.meta) ? body.meta.billed_units : undefined
  const tokens = (countIn(billed, 'input_tokens') ?? 0) + (countIn(billed, 'image_tokens') ?? 0)
  const images = countIn(billed, 'images')
  return {
    object: 'list',
    model: context.model,
    data,
    usage: { prompt_tokens: tokens, total_tokens: tokens, ...(images !== undefined && { input_images: images }) },
  }
}
