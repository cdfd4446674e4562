import type { Usage } from './chat.js'
import type { CallMeta } from './meta.js'

/** Parameters of a text completion in snake_case: https://platform.openai.com/docs/api-reference/completions/create */
export interface TextCompletionParams {
  /** Name of the model. */
  model: string
  /** The text to continue; several texts give several choices. Token ids, for hosts that have the endpoint. */
  prompt: string | readonly string[] | readonly number[] | readonly (readonly number[])[]
  /** Text after the completion, for models that fill in the middle. */
  suffix?: string | null
  /** Repeat the prompt in front of the completion. @default false */
  echo?: boolean | null
  /** Maximum tokens of the completion. @default 16 at most hosts */
  max_tokens?: number | null
  /** Sampling temperature, 0 to 2. @default 1 */
  temperature?: number | null
  /** Nucleus sampling: considers only the most likely tokens with this total probability, 0 to 1. @default 1 */
  top_p?: number | null
  /** Completions per prompt. @default 1 */
  n?: number | null
  /** Candidates per prompt, of which the best `n` are returned. @default 1 */
  best_of?: number | null
  /** Number of alternatives per token, 0 to 5. */
  logprobs?: number | null
  /** Texts that end the completion. */
  stop?: string | readonly string[] | null
  /** Penalty for tokens that occurred before, -2 to 2. @default 0 */
  presence_penalty?: number | null
  /** Penalty by the number of occurrences before, -2 to 2. @default 0 */
  frequency_penalty?: number | null
  /** Bias by token id, -100 to 100. */
  logit_bias?: Record<string, number> | null
  /** Seed for repeatable sampling. */
  seed?: number | null
  /** Id of the end user. */
  user?: string
  /** Stream the completion. @default false */
  stream?: boolean | null
  /** Settings of the stream. */
  stream_options?: { include_usage?: boolean } | null
  /** Merged last into the provider's body, unchanged. */
  extra_body?: Record<string, unknown>
}

/** Probabilities of tokens, as parallel lists. */
export interface TextLogprobs {
  /** The tokens. */
  tokens: string[]
  /** Logarithm of the probability of each token; null for the first token of an echoed prompt. */
  token_logprobs: (number | null)[]
  /** Alternatives of each token. */
  top_logprobs: (Record<string, number> | null)[] | null
  /** Position of each token in the text, in characters. */
  text_offset: number[]
}

/** One completion. */
export interface TextChoice {
  /** Index of the choice: all choices of the first prompt come first. */
  index: number
  /** The completion. */
  text: string
  /** Probabilities of the tokens, if requested. */
  logprobs?: TextLogprobs | null
  /** `stop`, `length`, `content_filter`, or a reason of the host. Null until a stream has ended. */
  finish_reason: 'stop' | 'length' | 'content_filter' | (string & {}) | null
}

/** A text completion: https://platform.openai.com/docs/api-reference/completions/object */
export interface TextCompletion {
  /** Id of the answer. */
  id: string
  object: 'text_completion'
  /** Unix time in seconds. */
  created: number
  /** The answering model, as named by the provider. */
  model: string
  /** The completions. */
  choices: TextChoice[]
  /** Tokens, as the host reports them. `meta.usage` has them by llmux's definition. */
  usage?: Usage
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}

/** A part of a streamed text completion. */
export type TextCompletionChunk = Omit<TextCompletion, 'meta' | 'usage'> & {
  /** Tokens, in the last chunk, with `stream_options: { include_usage: true }`. */
  usage?: Usage | null
}
