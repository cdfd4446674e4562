import type { CallMeta } from './meta.js'

/** A text or an image that is to be judged. */
export type ModerationPart =
  | { type: 'text'; text: string }
  /** `https:` or `data:` URL. */
  | { type: 'image_url'; image_url: { url: string } }

/** The snake_case half of a moderation request: https://platform.openai.com/docs/api-reference/moderations/create */
export interface ModerationParams {
  /** @default 'omni-moderation-latest' */
  model?: string
  /** A text, several texts (a result for each), or the parts of one message (one result for all of them). */
  input: string | readonly string[] | readonly ModerationPart[]
  /** Merged into the provider's body last, untouched. */
  extra_body?: Record<string, unknown>
}

export interface ModerationResult {
  /** True where any category is. */
  flagged: boolean
  /** By the provider's name of a category: `hate`, `self-harm/intent`, `violence`, … */
  categories: Record<string, boolean>
  /** How sure the model is, from 0 to 1. */
  category_scores: Record<string, number>
  /** Which kinds of input each score is about, where the model reads several. */
  category_applied_input_types?: Record<string, string[]>
}

export interface ModerationResponse {
  id: string
  /** The model that judged, as the provider names it. */
  model: string
  results: ModerationResult[]
  /** How the call went. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}
