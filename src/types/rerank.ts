import type { CallMeta } from './meta.js'
import type { RerankUsage } from './usage.js'

export type { RerankUsage }

/** Parameters of a rerank request in snake_case. https://docs.cohere.com/reference/rerank */
export interface RerankParams {
  /** `provider/model`. */
  model: string
  /** The search query. */
  query: string
  /** Texts to rank, or records with several fields if the model supports them. */
  documents: readonly (string | Readonly<Record<string, unknown>>)[]
  /** Maximum number of results. @default all documents */
  top_n?: number
  /** Include the documents in the results. @default false */
  return_documents?: boolean
  /** Fields of the records to consider. */
  rank_fields?: readonly string[]
  /** Maximum tokens read per document. */
  max_tokens_per_doc?: number
  /** Merged last into the provider's body, unchanged. */
  extra_body?: Record<string, unknown>
}

/** A ranked document. */
export interface RerankResult {
  /** Position of the document in the request. */
  index: number
  /** Relevance, 0 to 1 with most providers. Comparable within one answer only. */
  relevance_score: number
  /** The given document, with `return_documents`. */
  document?: string | Readonly<Record<string, unknown>>
}

/** Documents by relevance, most relevant first. */
export interface RerankResponse {
  /** Id of the answer. */
  id: string
  /** The answering model, as named by the provider. */
  model: string
  /** Ranked documents. */
  results: RerankResult[]
  /** Usage, if the provider reported it. */
  usage?: RerankUsage
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}
