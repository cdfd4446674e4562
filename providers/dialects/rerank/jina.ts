import type { EmbeddingParams } from '../../../src/types/embedding.js'
import type { Dialect, EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { decodeEmbedding } from '../openai/embeddings.js'
import { errorFacts } from '../openai/errors.js'
import type { OpenAIQuirks } from '../openai/quirks.js'
import { rerankDialect } from './index.js'

/** https://jina.ai/embeddings https://api.jina.ai/scalar#tag/embeddings */
function encodeEmbedding(params: EmbeddingParams, context: EncodeContext<OpenAIQuirks>): Encoded {
  const report = new Report(context)
  const { input, dimensions, encoding_format: format, user, model: _, extra_body: __, ...own } = params
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input]
  if (!inputs.every((item) => typeof item === 'string')) {
    throw report.invalid('input', 'must be texts or images: Jina does not embed token ids.')
  }
  if (user) report.dropped('user', 'Jina has no user ids.')
  const body: Record<string, unknown> = {
    model: context.model,
    input: inputs.map(inputOf),
    ...(format && format !== 'float' && { embedding_type: format }),
    ...(dimensions !== undefined && dimensions !== null && { dimensions }),
  }
  for (const [name, value] of Object.entries(own)) if (value !== undefined && value !== null) body[name] = value
  return report.warnings.length > 0 ? { body, warnings: report.warnings } : { body }
}

/** Images are sent in an object, as bare base64. */
function inputOf(input: string): unknown {
  const head = /^data:image\/[\w.+-]+;base64,/i.exec(input.slice(0, 128))
  return head ? { image: input.slice(head[0].length) } : input
}

/** Jina AI: embeddings close to OpenAI's, and rerank. https://jina.ai/api-dashboard */
export const jina: Dialect<OpenAIQuirks> = Object.freeze({
  framing: 'sse',
  embedding: Object.freeze({
    maxInputs: ({ quirks }: EncodeContext<OpenAIQuirks>) => quirks.maxInputs,
    encode: encodeEmbedding,
    decode: decodeEmbedding,
  }),
  rerank: rerankDialect({ host: 'Jina', topN: 'top_n', maxTokensPerDoc: false, records: 'media' }),
  error: errorFacts,
} satisfies Dialect<OpenAIQuirks>)
