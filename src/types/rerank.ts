import type { CallMeta } from './meta.js'

/** The snake_case half of a rerank request. https://docs.cohere.com/reference/rerank */
export interface RerankParams {
  model: string
  query: string
  /** Texts, or records whose fields are ranked together (where the model can). */
  documents: readonly (string | Readonly<Record<string, unknown>>)[]
  /** The most results. @default all of them */
  top_n?: number
  /** Puts the documents into the results. @default false */
  return_documents?: boolean
  /** The fields of the records that count. */
  rank_fields?: readonly string[]
  /** The most tokens of a document that are read. */
  max_tokens_per_doc?: number
  /** Merged into the provider's body last, untouched. */
  extra_body?: Record<string, unknown>
}

export interface RerankUsage {
  /** What the provider bills: searches (Cohere), where it does. */
  search_units?: number
  /** Tokens read, where the provider counts them. */
  prompt_tokens?: number
  total_tokens?: number
  /** What the provider itself says that the call cost, in US dollars. */
  cost?: number
}

export interface RerankResult {
  /** The place of the document in the request. */
  index: number
  /** From 0 to 1 with most providers; comparable within one answer only. */
  relevance_score: number
  /** With `return_documents`, the document as it was given. */
  document?: string | Readonly<Record<string, unknown>>
}

/** Documents in the order of their relevance to a query. */
export interface RerankResponse {
  id: string
  model: string
  results: RerankResult[]
  usage?: RerankUsage
  /** How the call went. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}
