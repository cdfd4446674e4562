import type { EmbeddingParams, EmbeddingResponse } from '../../../src/types/embedding.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { Report } from '../../report.js'
import { type Embedder, embedderOf, isImage } from './embedders.js'
import { isFields } from './wire.js'

export const maxInputs = ({ model }: EncodeContext<unknown>): number => embedderOf(model)?.maxInputs ?? 1

/** Embeddings have no common API on Bedrock: the body is the model's own, for InvokeModel. */
export function encodeEmbedding(params: EmbeddingParams, context: EncodeContext<unknown>): Encoded {
  const report = new Report(context)
  const embedder = known(context)
  const inputs = textsOf(params.input, report)
  if (embedder.apart && inputs.some(isImage) && !inputs.every(isImage)) {
    throw report.invalid('input', 'has texts and images: this model takes them in calls of their own.')
  }
  const { model: _, input: __, dimensions, encoding_format, user, extra_body, ...own } = params
  if (encoding_format === 'base64') {
    report.changed('encoding_format', 'Bedrock gives vectors as numbers; they arrive decoded either way.')
  }
  if (user !== undefined && user !== null) report.unsupported('user', 'Bedrock takes none with embeddings')
  if (dimensions !== undefined && dimensions !== null && !embedder.dimensions) {
    report.unsupported('dimensions', 'this model has one size of vectors')
  }
  report.throwUnsupported()
  const size = embedder.dimensions ? (dimensions ?? undefined) : undefined
  const fields = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && value !== null))
  const body = { ...embedder.body(inputs, size), ...fields }
  return { body, ...(report.warnings.length > 0 && { warnings: report.warnings }) }
}

function known(context: EncodeContext<unknown>): Embedder {
  const embedder = embedderOf(context.model)
  if (embedder) return embedder
  throw new Report(context).invalid(
    'model',
    `is '${context.model}', which is no embedding model that llmux knows on Bedrock.`,
  )
}

function textsOf(input: EmbeddingParams['input'], report: Report): string[] {
  const all: readonly unknown[] = typeof input === 'string' ? [input] : input
  return all.map((text, index) => {
    if (typeof text !== 'string') throw report.invalid(`input[${index}]`, 'is no text: Bedrock takes no token ids.')
    return text
  })
}

/** Titan counts in the body; for Cohere, Bedrock counts in a header (recorded). */
export function decodeEmbedding(
  body: unknown,
  context: DecodeContext<unknown>,
): Decoded<EmbeddingResponse<number[] | string>> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const vectors = embedderOf(context.model)?.vectors(body)
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
