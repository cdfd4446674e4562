import type { CallMeta } from './meta.js'
import type { CallOptions } from './options.js'

/** A text or an image to classify. */
export type ModerationPart =
  | {
      type: 'text'
      /** The text. */
      text: string
    }
  | {
      type: 'image_url'
      /** URL of the image, `https:` or `data:`. */
      image_url: { url: string }
    }

/** Parameters of a moderation request in snake_case: https://platform.openai.com/docs/api-reference/moderations/create */
export interface ModerationParams {
  /** Name of the model. @default 'omni-moderation-latest' */
  model?: string
  /** A text, several texts (one result each), or the parts of one message (one result). */
  input: string | readonly string[] | readonly ModerationPart[]
  /** Merged last into the provider's body, unchanged. */
  extra_body?: Record<string, unknown>
}

/** A moderation request. */
export type ModerationRequest = Omit<ModerationParams, 'model'> &
  CallOptions & {
    /** `provider/model`. @default 'openai/omni-moderation-latest' */
    model?: string | undefined
  }

/** Classification of one input. */
export interface ModerationResult {
  /** True if any category is true. */
  flagged: boolean
  /** Result by the provider's category name: `hate`, `self-harm/intent`, `violence`, … */
  categories: Record<string, boolean>
  /** Confidence by category, 0 to 1. */
  category_scores: Record<string, number>
  /** Input types that each score is based on, for multimodal models. */
  category_applied_input_types?: Record<string, string[]>
}

/** Result of a moderation request. */
export interface ModerationResponse {
  /** Id of the answer. */
  id: string
  /** The answering model, as named by the provider. */
  model: string
  /** One result per input. */
  results: ModerationResult[]
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}
