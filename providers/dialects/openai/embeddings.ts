import { BadRequestError } from '../../../src/errors.js'
import { fromBase64 } from '../../../src/platform/index.js'
import type { EmbeddingParams, EmbeddingResponse, EmbeddingUsage } from '../../../src/types/embedding.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { countIn, isFields, textIn } from '../../fields.js'
import { isError } from './decode.js'
import type { OpenAIQuirks } from './quirks.js'
import { costOf } from './usage.js'

export const maxInputs = ({ quirks }: EncodeContext<OpenAIQuirks>): number => quirks.maxInputs

export const maxTokens = ({ quirks }: EncodeContext<OpenAIQuirks>): number | undefined => quirks.maxInputTokens

/** https://platform.openai.com/docs/api-reference/embeddings/create */
export function encodeEmbedding(
  params: EmbeddingParams,
  { provider, model, quirks }: EncodeContext<OpenAIQuirks>,
): Encoded {
  refuseImages(params, provider)
  const body: Record<string, unknown> = { ...params, model }
  for (const name in body) if (body[name] === null || body[name] === undefined) delete body[name]
  // base64 is a quarter of the size and a fifth of the time of numbers as text; hosts without it answer with numbers
  if (quirks.base64Embeddings) body.encoding_format ??= 'base64'
  // callers of llmux get numbers for either format
  if (quirks.int8Embeddings && (body.encoding_format === 'float' || body.encoding_format === 'base64')) {
    delete body.encoding_format
  }
  return { body }
}

/** This endpoint embeds texts: of an image it would embed the letters of its data URI. Hosts with a `modality` embed images too. */
function refuseImages(params: EmbeddingParams, provider: string): void {
  const { input } = params
  if ('modality' in params) return
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input]
  const at = inputs.findIndex(
    (one) => typeof one === 'string' && /^data:(?:image|audio|video)\//i.test(one.slice(0, 16)),
  )
  if (at < 0) return
  throw new BadRequestError(
    `'input[${at}]' must be a text for the embeddings of ${provider}; got a data URI. Use a model with multimodal embeddings.`,
    { provider, param: 'input' },
  )
}

/** A missing usage is given as 0 tokens, which the caller of the dialect leaves out. */
export function decodeEmbedding(
  body: unknown,
  context: DecodeContext<OpenAIQuirks>,
): Decoded<EmbeddingResponse<number[] | string>> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (!Array.isArray(body.data)) throw new ProviderFault("its answer has no 'data'", isError(body) ? body : undefined)
  const data = body.data.map((item, position) => {
    const embedding = isFields(item) ? item.embedding : undefined
    if (typeof embedding !== 'string' && !Array.isArray(embedding)) {
      throw new ProviderFault(`its vector ${position} is not one`)
    }
    const index = isFields(item) && typeof item.index === 'number' ? item.index : position
    const bytes = context.quirks.int8Embeddings && typeof embedding === 'string'
    return {
      object: 'embedding' as const,
      index,
      embedding: bytes ? signedBytes(embedding) : (embedding as number[] | string),
    }
  })
  data.sort((one, other) => one.index - other.index)
  const raw = isFields(body.usage) ? body.usage : undefined
  const prompt = countIn(raw, 'prompt_tokens') ?? countIn(raw, 'input_tokens') ?? countIn(raw, 'total_tokens') ?? 0
  const usage: EmbeddingUsage = { prompt_tokens: prompt, total_tokens: countIn(raw, 'total_tokens') ?? prompt }
  const cost = raw && costOf(raw)
  if (cost !== undefined) usage.cost = cost
  return { object: 'list', model: textIn(body, 'model') ?? context.model, data, usage }
}

/** https://docs.perplexity.ai/docs/embeddings/best-practices: one byte a dimension; of `base64_binary`, eight dimensions a byte. */
const signedBytes = (base64: string): number[] => Array.from(new Int8Array(fromBase64(base64)))
