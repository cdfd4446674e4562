import type { RerankParams } from '../../../src/types/rerank.js'
import type { EncodeContext, Encoded, RerankDialect } from '../../contract.js'
import { Report } from '../../report.js'
import { decodeRerank } from './decode.js'
import { asText } from './records.js'

/** Differences between hosts of Cohere's rerank API. */
export interface RerankShape {
  /** Its name, for messages. */
  readonly host: string
  /** The name of the result limit. */
  readonly topN: 'top_n' | 'top_k'
  /** Whether it accepts `max_tokens_per_doc`. */
  readonly maxTokensPerDoc: boolean
  /** Documents it accepts: text only, or also records with a single field `text` or `image`. */
  readonly records: 'media' | 'text'
}

/**
 * The rerank API of llama.cpp, vLLM and most other hosts. https://docs.cohere.com/reference/rerank
 * https://jina.ai/reranker
 */
export const defaultShape: RerankShape = Object.freeze({
  host: 'The server',
  topN: 'top_n',
  maxTokensPerDoc: false,
  records: 'text',
})

export const rerankDialect = (shape: RerankShape): RerankDialect =>
  Object.freeze({
    encode: (params: RerankParams, context: EncodeContext) => encode(params, context, shape),
    decode: decodeRerank,
  })

function encode(params: RerankParams, context: EncodeContext, shape: RerankShape): Encoded {
  const report = new Report(context)
  const { query, documents, top_n, rank_fields, max_tokens_per_doc, return_documents: _, ...rest } = params
  const { model: __, extra_body: ___, ...own } = rest
  const texts = documents.map((document, index) =>
    asText(document, rank_fields, shape.records, `documents[${index}]`, report),
  )
  if (texts.some((text, index) => text !== documents[index])) {
    report.changed('documents', `${shape.host} ranks texts: records are sent as text, one field per line.`)
  }
  if (rank_fields && documents.every((document) => typeof document === 'string')) {
    report.dropped('rank_fields', 'The documents are texts without fields.')
  }
  if (max_tokens_per_doc !== undefined && max_tokens_per_doc !== null && !shape.maxTokensPerDoc) {
    report.unsupported('max_tokens_per_doc', `${shape.host} has no such limit: shorten the documents`)
  }
  report.throwUnsupported()
  const body: Record<string, unknown> = {
    model: context.model,
    query,
    documents: texts,
    ...(top_n !== undefined && top_n !== null && { [shape.topN]: top_n }),
    ...(shape.maxTokensPerDoc && max_tokens_per_doc && { max_tokens_per_doc }),
  }
  for (const [name, value] of Object.entries(own)) if (value !== undefined && value !== null) body[name] = value
  return report.warnings.length > 0 ? { body, warnings: report.warnings } : { body }
}
