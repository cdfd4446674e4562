import type { EmbeddingParams, EmbeddingResponse } from '../src/types/embedding.js'
import type { RerankParams, RerankResponse } from '../src/types/rerank.js'
import {
  type DecodeContext,
  type Decoded,
  type Dialect,
  type EncodeContext,
  type Encoded,
  type Operation,
  type Provider,
  ProviderFault,
  type Settings,
} from './contract.js'
import { defaultQuirks, type OpenAIQuirks, openai } from './dialects/openai/index.js'
import { decodeRerank } from './dialects/rerank/decode.js'
import { asText } from './dialects/rerank/records.js'
import type { Fields } from './fields.js'
import { Report } from './report.js'

/** Hugging Face: its router to many hosts, and self-hosted servers (TGI for chat, TEI for embeddings and rerank). */

type Encoding = EncodeContext<OpenAIQuirks>

/** LiteLLM's `<host>/<org>/<model>` is `<org>/<model>:<host>` at the router. https://huggingface.co/docs/inference-providers */
const modelName = (model: string): string => model.replace(/^([^/:]+)\/([^/]+\/[^/:]+)$/, '$2:$1')

const withoutHost = (model: string): string => model.replace(/:[^/]*$/, '')

const encodedPath = (name: string): string => name.split('/').map(encodeURIComponent).join('/')

const textsOf = (input: EmbeddingParams['input'], report: Report): readonly string[] => {
  const all: readonly unknown[] = typeof input === 'string' ? [input] : input
  return all.map((text, index) => {
    if (typeof text !== 'string')
      throw report.invalid(`input[${index}]`, 'must be a string: Hugging Face does not accept token ids here.')
    return text
  })
}

const withoutNulls = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))

/**
 * https://huggingface.co/docs/inference-providers/tasks/feature-extraction
 * https://huggingface.github.io/text-embeddings-inference/#/Text%20Embeddings%20Inference/embed
 */
function encodeEmbedding(params: EmbeddingParams, context: Encoding): Encoded {
  const report = new Report(context)
  const { input, model: _, extra_body: __, dimensions, encoding_format: format, user, ...own } = params
  const host = /:([^/]*)$/.exec(context.model)?.[1]
  if (context.ownHost && host !== undefined && host !== 'hf-inference') {
    throw report.invalid(
      'model',
      `embeddings are served by 'hf-inference' only; got '${host}'. Remove the host from the model.`,
    )
  }
  if (dimensions && context.ownHost) report.unsupported('dimensions', 'the router does not support it')
  if (user) report.dropped('user', 'Hugging Face has no user field.')
  if (format === 'base64') report.changed('encoding_format', 'Vectors are sent as numbers; the result is the same.')
  const inputs = textsOf(input, report)
  report.throwUnsupported()
  const size = dimensions && !context.ownHost ? { dimensions } : {}
  return { body: { inputs, ...size, ...withoutNulls(own as Fields) }, warnings: report.warnings }
}

const isVector = (value: unknown): value is number[] => Array.isArray(value) && typeof value[0] === 'number'

function decodeEmbedding(body: unknown, context: DecodeContext<OpenAIQuirks>): Decoded<EmbeddingResponse<number[]>> {
  if (!Array.isArray(body)) {
    throw new ProviderFault('its answer is not a list of vectors', (body as Fields | null)?.error ? body : undefined)
  }
  const vectors: unknown[] = isVector(body) ? [body] : body
  const data = vectors.map((embedding, index) => {
    if (isVector(embedding)) return { object: 'embedding' as const, index, embedding }
    throw new ProviderFault(
      'its answer has a vector per token instead of one for the text: choose a sentence embedding model (sentence-transformers)',
    )
  })
  // TEI reports the count in a header
  const counted = context.headers?.['x-compute-tokens']
  const tokens = typeof counted === 'string' && /^\d+$/.test(counted) ? Number(counted) : 0
  return { object: 'list', model: context.model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

/** https://huggingface.github.io/text-embeddings-inference/#/Text%20Embeddings%20Inference/rerank */
function encodeRerank(params: RerankParams, context: Encoding): Encoded {
  const report = new Report(context)
  if (context.ownHost) {
    throw report.invalid(
      'model',
      'the router of Hugging Face has no rerank. Pass the apiBase of a Text Embeddings Inference server.',
    )
  }
  const { query, documents, top_n, rank_fields, max_tokens_per_doc: maxTokens, return_documents: _, ...rest } = params
  const { model: __, extra_body: ___, ...own } = rest as RerankParams & Fields
  if (maxTokens)
    report.unsupported('max_tokens_per_doc', 'Text Embeddings Inference does not support it: pass truncate: true')
  report.throwUnsupported()
  const texts = documents.map((document, index) => asText(document, rank_fields, 'text', `documents[${index}]`, report))
  const encodeState: EncodeState = { topN: top_n ?? undefined }
  return { body: { query, texts, ...withoutNulls(own) }, warnings: report.warnings, encodeState }
}

interface EncodeState {
  readonly topN: number | undefined
}

/** The server ranks all documents, so `top_n` is applied here. */
function decodeRanked(body: unknown, context: DecodeContext<OpenAIQuirks>): Decoded<RerankResponse> {
  const { topN } = (context.encodeState ?? {}) as Partial<EncodeState>
  const answer = decodeRerank(Array.isArray(body) ? { results: body } : body, context)
  return topN === undefined ? answer : { ...answer, results: answer.results.slice(0, topN) }
}

const dialect: Dialect<OpenAIQuirks> = Object.freeze({
  ...openai,
  // TEI's default limit
  embedding: Object.freeze({ maxInputs: () => 32, encode: encodeEmbedding, decode: decodeEmbedding }),
  rerank: Object.freeze({ encode: encodeRerank, decode: decodeRanked }),
} satisfies Dialect<OpenAIQuirks>)

function path(operation: Operation, model: string, _: boolean, __: Settings, base: string, ownHost = false): string {
  switch (operation) {
    case 'embedding':
      return ownHost ? `/hf-inference/models/${encodedPath(withoutHost(model))}/pipeline/feature-extraction` : '/embed'
    case 'rerank':
      return '/rerank'
    default:
      // the base of a host behind the router may contain a version: /novita/v3/openai
      return /\/v\d+\//.test(base) ? '/chat/completions' : '/v1/chat/completions'
  }
}

/** https://huggingface.co/docs/inference-providers https://huggingface.co/docs/text-generation-inference */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'huggingface',
  name: 'Hugging Face',
  dialect,
  address: Object.freeze({
    base: 'https://router.huggingface.co',
    env: Object.freeze(['HUGGINGFACE_API_BASE']),
    path,
  }),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['HF_TOKEN', 'HUGGINGFACE_API_KEY']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://huggingface.co/settings/tokens',
  }),
  modelName,
  quirks: defaultQuirks,
} satisfies Provider<OpenAIQuirks>)
