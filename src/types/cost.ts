/**
 * Cost of a call in US dollars. The parts are disjoint and add up to `total`. They are absent if there is no price, or if the
 * provider reported the total itself.
 */
export interface CallCost {
  /** Undefined if there is no price; `reason` gives the cause. Never a guessed 0. */
  total: number | undefined
  /** Uncached text and images. */
  input?: number
  /** Tokens read from the prompt cache. */
  cacheRead?: number
  /** Tokens written to the prompt cache. */
  cacheWrite?: number
  /** Text and images, without reasoning and audio. */
  output?: number
  /** Reasoning tokens. */
  reasoning?: number
  /** Audio input and output. */
  audio?: number
  /** Fees that are not for tokens: web searches, file searches, search units, requests, images, pages, seconds, characters. */
  tools?: number
  /** Cost of other models that took part in the call, such as Anthropic's advisor. Absent if there was none. */
  auxiliary?: number
  /** Rates that were applied, in US dollars. */
  rates?: object
  /** Origin of the price: the provider's answer, a registered model, or the price table. */
  source?: 'provider' | 'registry' | 'table'
  /** Row of the table: `openai/gpt-4o`. */
  row?: string
  /** Date of the price table: `2026-09-23`. */
  asOf?: string
  /** Reason for a missing total. */
  reason?: 'unknown_model' | 'missing_usage' | 'invalid_request'
  /** Ids similar to the unknown one. */
  near?: readonly string[]
  /** For a cached answer, whose `total` is 0: the cost without the cache; for embeddings, of the cached vectors. Absent if unknown. */
  saved?: number
  /** True if the provider reported no usage because the stream was abandoned or broken: the usage is estimated from the partial answer. */
  estimated?: true
}
