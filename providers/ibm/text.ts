import type { ChatParams } from '../../src/types/chat.js'
import type { EmbeddingParams, EmbeddingResponse } from '../../src/types/embedding.js'
import type { RerankParams, RerankResponse, RerankResult } from '../../src/types/rerank.js'
import {
  type DecodeContext,
  type Decoded,
  type Dialect,
  type EncodeContext,
  type Encoded,
  type ErrorFacts,
  type Failure,
  ProviderFault,
} from '../contract.js'
import { decode as decodeChat } from '../dialects/openai/decode.js'
import { encode as encodeOpenAI } from '../dialects/openai/encode.js'
import { errorFacts as openaiFacts } from '../dialects/openai/errors.js'
import { openai } from '../dialects/openai/index.js'
import type { OpenAIQuirks } from '../dialects/openai/quirks.js'
import { OpenAIStream } from '../dialects/openai/stream.js'
import { asText } from '../dialects/rerank/records.js'
import { withFirstError } from '../error-list.js'
import { inlineImages, remoteImages } from '../inline-images.js'
import { Report } from '../report.js'

type Body = Record<string, unknown>
type Encoding = EncodeContext<OpenAIQuirks>

/** A deployment implies its model and project. */
export const isDeployment = (model: string): boolean => model.startsWith('deployment/')

/**
 * Fields that bill a call to a project or space: that of the request, else that of the settings.
 * @throws {BadRequestError} if there is neither
 */
function billingFields(own: Body, { model, settings = {} }: Encoding, report: Report): Body {
  if (isDeployment(model)) return {}
  const given = own.project_id ?? own.space_id
  if (given !== undefined && given !== null) return { model_id: model }
  if (settings.project) return { model_id: model, project_id: settings.project }
  if (settings.spaceId) return { model_id: model, space_id: settings.spaceId }
  throw report.invalid(
    'project_id',
    'watsonx.ai requires a project or a deployment space. Pass project, set WATSONX_PROJECT_ID (or WATSONX_SPACE_ID), or ' +
      'pass project_id or space_id with the call.',
  )
}

/** https://cloud.ibm.com/apidocs/watsonx-ai#text-chat: OpenAI's messages with other fields around them. */
function encode(given: ChatParams, context: Encoding): Encoded {
  const billing = billingFields(given as unknown as Body, context, new Report(context))
  const encoded = encodeOpenAI(inlineImages(given, context), context)
  const { model: _, stream: __, tool_choice: choice, ...body } = encoded.body
  const chosen = typeof choice === 'string' ? { tool_choice_option: choice } : choice ? { tool_choice: choice } : {}
  return { ...encoded, body: { ...billing, ...body, ...chosen } }
}

/** https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings */
function encodeEmbedding(params: EmbeddingParams, context: Encoding): Encoded {
  const report = new Report(context)
  const { input, model: _, extra_body: __, dimensions, encoding_format: format, user, ...own } = params
  const inputs: readonly unknown[] = typeof input === 'string' ? [input] : input
  if (!inputs.every((text) => typeof text === 'string')) {
    throw report.invalid('input', 'watsonx.ai embeds strings, not token ids.')
  }
  if (dimensions !== undefined && dimensions !== null) {
    report.unsupported('dimensions', 'models of watsonx.ai have a fixed vector size')
  }
  if (user) report.dropped('user', 'watsonx.ai has no user field.')
  if (format === 'base64') report.changed('encoding_format', 'Vectors are sent as numbers; the result is the same.')
  const body = { ...billingFields(own as Body, context, report), inputs, ...withoutNulls(own as Body) }
  report.throwUnsupported()
  return { body, warnings: report.warnings }
}

function decodeEmbedding(body: unknown, { model }: DecodeContext<OpenAIQuirks>): Decoded<EmbeddingResponse<number[]>> {
  const { results, tokens } = resultsOf(body)
  const data = results.map((result, index) => {
    const { embedding } = result
    if (!Array.isArray(embedding)) throw new ProviderFault(`its embedding ${index} is not a list of numbers`)
    return { object: 'embedding' as const, index, embedding: embedding as number[] }
  })
  return { object: 'list', model, data, usage: { prompt_tokens: tokens ?? 0, total_tokens: tokens ?? 0 } }
}

/** https://cloud.ibm.com/apidocs/watsonx-ai#text-rerank */
function encodeRerank(params: RerankParams, context: Encoding): Encoded {
  const report = new Report(context)
  const { query, documents, top_n, rank_fields, max_tokens_per_doc: most, return_documents: _, ...rest } = params
  const { model: __, extra_body: ___, ...own } = rest as RerankParams & Body
  const inputs = documents.map((document, index) => ({
    text: asText(document, rank_fields, 'text', `documents[${index}]`, report),
  }))
  const { parameters, ...fields } = withoutNulls(own)
  const limits = {
    ...(most !== undefined && most !== null && { truncate_input_tokens: most }),
    ...(top_n !== undefined && top_n !== null && { return_options: { top_n } }),
    ...(parameters as Body | undefined),
  }
  const body = {
    ...billingFields(own, context, report),
    query,
    inputs,
    ...(Object.keys(limits).length > 0 && { parameters: limits }),
    ...fields,
  }
  report.throwUnsupported()
  return { body, warnings: report.warnings }
}

function decodeRerank(body: unknown, { model, fallbackId }: DecodeContext<OpenAIQuirks>): Decoded<RerankResponse> {
  const { results, tokens } = resultsOf(body)
  const ranked = results.map(({ index, score }, position): RerankResult => {
    if (typeof index !== 'number' || typeof score !== 'number') {
      throw new ProviderFault(`its result ${position} has no index and score`)
    }
    return { index, relevance_score: score }
  })
  ranked.sort((one, other) => other.relevance_score - one.relevance_score)
  const usage = tokens === undefined ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } }
  return { id: fallbackId, model, results: ranked, ...usage }
}

function resultsOf(body: unknown): { results: readonly Body[]; tokens: number | undefined } {
  const { results, input_token_count: count, errors } = (body ?? {}) as Body
  if (!Array.isArray(results)) throw new ProviderFault("its answer has no 'results'", errors ? body : undefined)
  return { results: results as Body[], tokens: typeof count === 'number' ? count : undefined }
}

const withoutNulls = (fields: Body): Body =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))

/** https://cloud.ibm.com/apidocs/watsonx-ai#error-handling: `{ errors: [{ code, message }], status_code, trace }` */
function errorFacts(failure: Failure): ErrorFacts {
  const facts = openaiFacts(withFirstError(failure))
  switch (facts.providerCode) {
    case 'token_quota_reached':
      return { ...facts, kind: 'quota_exceeded' }
    case 'model_not_supported':
      return { ...facts, kind: 'not_found' }
    case 'invalid_input_argument':
      return tooLong.test(facts.message) ? { ...facts, kind: 'context_window_exceeded' } : facts
    default:
      return facts
  }
}

const tooLong = /input tokens.{0,40}(?:cannot|must not) exceed|exceeds? the (?:total )?tokens? limit/i

/** Text and chat of IBM watsonx.ai, close to OpenAI's wire format. https://cloud.ibm.com/apidocs/watsonx-ai */
export const watsonxText: Dialect<OpenAIQuirks> = Object.freeze({
  framing: openai.framing,
  chat: Object.freeze({
    // from recorded traffic: "Url must be a base64 encoded image and cannot start with 'http'"
    remoteMedia: remoteImages,
    encode,
    decode: decodeChat,
    stream: (context: DecodeContext<OpenAIQuirks>) => new OpenAIStream(context),
  }),
  embedding: Object.freeze({ maxInputs: () => 1000, encode: encodeEmbedding, decode: decodeEmbedding }),
  rerank: Object.freeze({ encode: encodeRerank, decode: decodeRerank }),
  error: errorFacts,
} satisfies Dialect<OpenAIQuirks>)
