import type { EmbeddingParams } from '../../../src/types/embedding.js'
import type { Dialect, EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { decodeEmbedding } from '../openai/embeddings.js'
import { errorFacts } from '../openai/errors.js'
import type { OpenAIQuirks } from '../openai/quirks.js'
import { rerankDialect } from './index.js'

/** Models that also embed images, at a separate path. */
export const isMultimodal = (model: string): boolean => model.startsWith('voyage-multimodal-')

/** https://docs.voyageai.com/reference/embeddings-api */
function encodeEmbedding(params: EmbeddingParams, context: EncodeContext<OpenAIQuirks>): Encoded {
  const report = new Report(context)
  const { input, dimensions, encoding_format: format, user, model: _, extra_body: __, ...own } = params
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input]
  if (!inputs.every((item) => typeof item === 'string')) {
    throw report.invalid('input', 'must be texts or images: Voyage does not embed token ids.')
  }
  if (user) report.dropped('user', 'Voyage has no user ids.')
  const multimodal = isMultimodal(context.model)
  const given = own as Record<string, unknown>
  // base64 of integers would be read as floats
  const plain = given.output_dtype === undefined || given.output_dtype === null || given.output_dtype === 'float'
  const base64 = plain && format !== 'float'
  const body: Record<string, unknown> = {
    model: context.model,
    ...(multimodal ? { inputs: inputs.map(contentOf) } : { input: inputs }),
    ...(base64 && { [multimodal ? 'output_encoding' : 'encoding_format']: 'base64' }),
    ...(dimensions !== undefined && dimensions !== null && { output_dimension: dimensions }),
  }
  for (const [name, value] of Object.entries(given)) if (value !== undefined && value !== null) body[name] = value
  return report.warnings.length > 0 ? { body, warnings: report.warnings } : { body }
}

/** An image (data URI or URL) or a text. https://docs.voyageai.com/reference/multimodal-embeddings-api */
function contentOf(input: string): { content: Record<string, string>[] } {
  if (/^data:image\/[\w.+-]+;base64,/i.test(input)) return { content: [{ type: 'image_base64', image_base64: input }] }
  if (/^https?:\/\/\S+\.(?:png|jpe?g|gif|webp)$/i.test(input))
    return { content: [{ type: 'image_url', image_url: input }] }
  return { content: [{ type: 'text', text: input }] }
}

/** Voyage AI: embeddings close to OpenAI's, and rerank. https://docs.voyageai.com/reference */
export const voyage: Dialect<OpenAIQuirks> = Object.freeze({
  framing: 'sse',
  embedding: Object.freeze({
    maxInputs: ({ quirks }: EncodeContext<OpenAIQuirks>) => quirks.maxInputs,
    encode: encodeEmbedding,
    decode: decodeEmbedding,
  }),
  rerank: rerankDialect({ host: 'Voyage', topN: 'top_k', maxTokensPerDoc: false, records: 'text' }),
  error: errorFacts,
} satisfies Dialect<OpenAIQuirks>)
