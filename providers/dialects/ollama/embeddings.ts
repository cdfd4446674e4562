import type { EmbeddingParams, EmbeddingResponse } from '../../../src/types/embedding.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { Report } from '../../report.js'
import { countIn, type Fields, isFields, textIn } from './wire.js'

/** The server has no limit; this one keeps a single request from occupying the model for minutes. */
export const maxInputs = (): number => 512

const options: ReadonlySet<string> = new Set(['num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'num_thread', 'use_mmap'])

/** https://docs.ollama.com/api/embed */
export function encodeEmbedding(params: EmbeddingParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  const { input, encoding_format: _format, user, model: _model, ...rest } = params
  const first: unknown = Array.isArray(input) ? input[0] : input
  if (typeof first !== 'string') throw report.invalid('input', 'must be texts: Ollama does not embed token ids.')
  if (user) report.dropped('user', 'Ollama has no user ids.')
  const body: Fields = { model: context.model, input }
  const set: Fields = {}
  for (const [name, value] of Object.entries(rest as Fields)) {
    if (value === undefined || value === null || name === 'extra_body') continue
    if (options.has(name)) set[name] = value
    else body[name] = value
  }
  if (Object.keys(set).length > 0) body.options = isFields(body.options) ? { ...set, ...body.options } : set
  return report.warnings.length > 0 ? { body, warnings: report.warnings } : { body }
}

export function decodeEmbedding(body: unknown, context: DecodeContext): Decoded<EmbeddingResponse<number[] | string>> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (body.error) throw new ProviderFault('its answer was an error', body)
  if (!Array.isArray(body.embeddings)) throw new ProviderFault("its answer has no 'embeddings'")
  const data = body.embeddings.map((embedding: unknown, index) => {
    if (!Array.isArray(embedding)) throw new ProviderFault(`its vector ${index} is not one`)
    return { object: 'embedding' as const, index, embedding: embedding as number[] }
  })
  const tokens = countIn(body, 'prompt_eval_count') ?? 0
  return {
    object: 'list',
    model: textIn(body, 'model') || context.model,
    data,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}
