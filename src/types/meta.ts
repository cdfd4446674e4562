import type { CacheMeta } from './cache.js'
import type { Usage } from './chat.js'
import type { EmbeddingUsage } from './embedding.js'
import type { RerankUsage } from './rerank.js'

/** Something that llmux changed or left out of a request, and why. Returned in `meta.warnings`, never printed. */
export type Warning =
  | { type: 'dropped'; param: string; message: string }
  | { type: 'changed'; param: string; message: string }
  | { type: 'emulated'; feature: string; message: string }
  | { type: 'repaired'; messageIndex: number; message: string }

/** One try of a call. */
export interface Attempt {
  provider: string
  model: string
  /** `success`, or the `code` of the error that ended it: of a stream, also one that came after its first content. */
  outcome: string
  /** When it began, in milliseconds since the call did. */
  startMs?: number
  /** From sending to the whole answer, or to the first content chunk of a stream; in milliseconds. */
  durationMs: number
  status?: number
  /** Why it failed. */
  message?: string
  /** How long llmux then waited before it tried again, in milliseconds. */
  delayMs?: number
  /** The Router's deployment that was called. */
  deployment?: string
  /** The model group that it was chosen for. */
  modelGroup?: string
  /** Why it was chosen. */
  reason?: string
}

/** Which way a call went through a Router. */
export interface RouterMeta {
  /** The name that was asked for. */
  requested: string
  /** The group that answered: another one after a fallback. */
  modelGroup: string
  /** The deployment that answered. */
  deployment: string
  /** Its label in an A/B split. */
  variant?: string
  /** How many groups or deployments the call fell back to. */
  fallbacks: number
}

/** Rate limits as the provider's headers told them. Resets are milliseconds from the answer. */
export interface RateLimits {
  requests?: RateLimit
  tokens?: RateLimit
  inputTokens?: RateLimit
  outputTokens?: RateLimit
}

export interface RateLimit {
  limit?: number
  remaining?: number
  resetMs?: number
}

/**
 * What a call cost, in US dollars. `total` is undefined where the price is unknown, and `reason` says why. The parts are
 * disjoint and add up to `total`; they are absent where the provider told its own total.
 */
export interface CallCost {
  total: number | undefined
  /** Uncached text and images. */
  input?: number
  cacheRead?: number
  cacheWrite?: number
  /** Text and images, without reasoning and audio. */
  output?: number
  reasoning?: number
  /** Heard and spoken. */
  audio?: number
  /** Fees that are not for tokens: web searches, search units, requests, images, pages. */
  tools?: number
  /** Cost of other models that took part in the call, such as Anthropic's advisor. Absent if there was none. */
  auxiliary?: number
  /** The rates that were applied, in US dollars per million tokens. */
  rates?: object
  /** Who says so: the provider's answer, a registered model, or the price table. */
  source?: 'provider' | 'registry' | 'table'
  /** The row of the table. */
  row?: string
  /** The date of the price table. */
  asOf?: string
  reason?: 'unknown_model' | 'missing_usage' | 'invalid_request'
  /** The ids most like the unknown one. */
  near?: readonly string[]
  /** What an answer out of a cache would have cost: its `total` is 0. Of a list of embeddings, what those would that were there. */
  saved?: number
  /** True where the provider gave no usage, because the stream was left or cut: it is counted on what had arrived. */
  estimated?: true
}

/** How a call went. */
export interface CallMeta {
  readonly operation: 'chat' | 'embedding' | 'rerank' | 'responses' | 'moderation'
  /** The provider that answered: the prefix of the model string. */
  readonly provider: string
  /** The model as it was asked of the provider. */
  readonly model: string
  readonly cost: CallCost
  /** Usage: for streams also when it was not asked for. Undefined until a stream has ended, and where the provider gave none. */
  readonly usage: Usage | EmbeddingUsage | RerankUsage | undefined
  readonly requestId: string | undefined
  /** HTTP status; 0 for an answer out of a cache. */
  readonly status: number
  /** Response headers, lower case; cookies left out. */
  readonly headers: Readonly<Record<string, string>>
  readonly rateLimits: RateLimits
  /** From the call to the whole answer, in milliseconds; for a stream that is under way, until now. */
  readonly latencyMs: number
  /** From the call to the response headers of the try that was answered, in milliseconds. */
  readonly timeToHeadersMs: number | undefined
  /** From the call to the first content of a stream, in milliseconds. */
  readonly timeToFirstTokenMs: number | undefined
  readonly retries: number
  readonly attempts: readonly Attempt[]
  /** What a cache had to do with it. */
  readonly cache: CacheMeta
  /** Of calls through a Router. */
  readonly router: RouterMeta | undefined
  readonly warnings: readonly Warning[]
  /** The first choice's finish reason in the provider's own word. */
  readonly nativeFinishReason: string | undefined
}
