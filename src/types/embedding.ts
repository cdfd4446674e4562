import type { CallMeta } from './meta.js'
import type { EmbeddingUsage } from './usage.js'

export type { EmbeddingUsage }

/**
 * Parameters of an embedding request in snake_case.
 * https://platform.openai.com/docs/api-reference/embeddings/create
 */
export interface EmbeddingParams {
  /** `provider/model`, or the name of a known model. */
  model: string
  /**
   * One text, several texts, or token ids. Lists beyond the provider's limits are split and rejoined in order. Images are data
   * URIs (`data:image/png;base64,…`), for models that support them.
   */
  input: string | readonly string[] | readonly number[] | readonly (readonly number[])[]
  /** Length of the vectors, for models with a variable length. @default the model's */
  dimensions?: number
  /** Encoding on the wire; vectors are returned decoded in both cases. @default 'base64' if supported, since it is smaller */
  encoding_format?: 'float' | 'base64'
  /** Id of your end user, for abuse detection. */
  user?: string
  /** Merged last into the provider's body, unchanged. */
  extra_body?: Record<string, unknown>
}

/** The vector of one input. */
export interface Embedding<Vector = number[]> {
  object: 'embedding'
  /** Position of the input. */
  index: number
  /** The vector. */
  embedding: Vector
}

/** Vectors, in the order of the inputs. Assignable to `CreateEmbeddingResponse` of the `openai` package, if it has a usage. */
export interface EmbeddingResponse<Vector = number[]> {
  object: 'list'
  /** The answering model, as named by the provider. */
  model: string
  /** Vectors in the order of the inputs. */
  data: Embedding<Vector>[]
  /** Token usage of all requests. Absent if the provider reports none. */
  usage?: EmbeddingUsage
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}
