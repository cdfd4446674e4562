import type { RerankParams, RerankResponse } from '../../../src/types/rerank.js'
import {
  type DecodeContext,
  type Decoded,
  type EncodeContext,
  type Encoded,
  ProviderFault,
  type RerankDialect,
} from '../../contract.js'
import { countIn, type Fields, fieldsIn, isFields } from '../../fields.js'
import { namedModel } from '../../models/index.js'
import { Report } from '../../report.js'
import { decodeRerank } from './decode.js'
import { asText } from './records.js'

/** Rerank APIs of hosts that don't follow Cohere's. */

/** The result limit, for APIs that rank every document. */
interface EncodeState {
  readonly topN: number | undefined
}

/** An API as its own part of a request, and its answer in Cohere's form. */
interface Form {
  readonly host: string
  body(query: string, texts: readonly string[], topN: number | undefined, context: EncodeContext): Fields
  /** `results` and `usage`; undefined for an answer that has neither, such as an error. */
  answer(body: Fields): Fields | undefined
}

const dialectFor = (form: Form): RerankDialect =>
  Object.freeze({
    encode: (params: RerankParams, context: EncodeContext): Encoded => encode(params, context, form),
    decode(body: unknown, context: DecodeContext): Decoded<RerankResponse> {
      const { topN } = (context.encodeState ?? {}) as Partial<EncodeState>
      const answer = decodeRerank((isFields(body) && form.answer(body)) || body, context)
      return topN === undefined ? answer : { ...answer, results: answer.results.slice(0, topN) }
    },
  })

function encode(params: RerankParams, context: EncodeContext, form: Form): Encoded {
  const report = new Report(context)
  const { query, documents, top_n, rank_fields, max_tokens_per_doc: maxTokens, return_documents: _, ...rest } = params
  const { model: __, extra_body: ___, ...own } = rest as typeof rest & Fields
  if (maxTokens !== undefined && maxTokens !== null) {
    report.unsupported('max_tokens_per_doc', `${form.host} has no such limit: shorten the documents`)
  }
  report.throwUnsupported()
  const texts = documents.map((document, index) =>
    String(asText(document, rank_fields, 'text', `documents[${index}]`, report)),
  )
  const topN = top_n ?? undefined
  const encodeState: EncodeState = { topN }
  const body: Fields = form.body(query, texts, topN, context)
  for (const [name, value] of Object.entries(own)) if (value !== undefined && value !== null) body[name] = value
  return { body, encodeState, ...(report.warnings.length > 0 && { warnings: report.warnings }) }
}

/**
 * Cohere's and Amazon's rerank models over InvokeModel.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-rerank.html
 */
export const bedrockRerank = dialectFor({
  host: 'Bedrock',
  body: (query, documents, topN, context) => ({
    query,
    documents,
    ...(topN !== undefined && { top_n: topN }),
    ...(namedModel(context).includes('cohere.') && { api_version: 2 }),
  }),
  answer: () => undefined,
})

/** https://deepinfra.com/docs/advanced/reranker: one score per document, in their order. */
export const deepinfraRerank = dialectFor({
  host: 'DeepInfra',
  body: (query, documents) => ({ queries: [query], documents }),
  answer({ scores, input_tokens: tokens, inference_status: status }) {
    if (!Array.isArray(scores)) return undefined
    const cost = isFields(status) ? status.cost : undefined
    const results = scores.map((score: unknown, index) => ({ index, relevance_score: score }))
    return { results, usage: { prompt_tokens: tokens, cost } }
  },
})

/**
 * Google's ranking API. Records have ids, and their order is that of the relevance.
 * https://cloud.google.com/generative-ai-app-builder/docs/ranking
 */
export const googleRerank = dialectFor({
  host: 'Vertex AI',
  body: (query, texts, topN, { model }) => ({
    // the name of a version or of the newest one
    model: model.includes('@') || /-\d{3}$/.test(model) ? model : `${model}@latest`,
    query,
    records: texts.map((content, index) => ({ id: String(index), content })),
    ...(topN !== undefined && { topN }),
    ignoreRecordDetailsInResponse: true,
  }),
  answer({ records }) {
    if (!Array.isArray(records)) return undefined
    // each 100 documents of a query are billed
    return { results: fieldsIn(records).map(({ id, score }) => ({ index: Number(id), relevance_score: score })) }
  },
})

/** https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/using-reranking.html: scores are logits, of any size. */
export const nvidiaRerank = dialectFor({
  host: 'NVIDIA',
  body: (query, texts, _, { model }) => ({ model, query: { text: query }, passages: texts.map((text) => ({ text })) }),
  answer({ rankings, usage }) {
    if (!Array.isArray(rankings)) return undefined
    const results = fieldsIn(rankings).map((one) => ({ index: countIn(one, 'index'), relevance_score: one.logit }))
    if (results.length < rankings.length) throw new ProviderFault('its answer has a ranking that is not one')
    return { results, usage }
  },
})
