import type { CallMeta } from './meta.js'

/**
 * The snake_case half of an embedding request.
 * https://platform.openai.com/docs/api-reference/embeddings/create
 */
export interface EmbeddingParams {
  model: string
  /**
   * One text or many; or token ids. Lists beyond the provider's batch limit are split and rejoined in order. An image is a data URI
   * (`data:image/png;base64,…`), for models that read them.
   */
  input: string | readonly string[] | readonly number[] | readonly (readonly number[])[]
  dimensions?: number
  /** How the vectors travel. They arrive decoded either way. @default 'base64' where the provider has it: less to parse */
  encoding_format?: 'float' | 'base64'
  user?: string
  /** Merged into the provider's body last, untouched. */
  extra_body?: Record<string, unknown>
}

export interface EmbeddingUsage {
  prompt_tokens: number
  total_tokens: number
  /** What the provider itself says that the call cost, in US dollars. */
  cost?: number
}

export interface Embedding<Vector = number[]> {
  object: 'embedding'
  index: number
  embedding: Vector
}

/** Vectors, in the order of the inputs. Assignable to `CreateEmbeddingResponse` of the `openai` package. */
export interface EmbeddingResponse<Vector = number[]> {
  object: 'list'
  model: string
  data: Embedding<Vector>[]
  usage: EmbeddingUsage
  /** How the call went. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}
