import type { CacheMeta } from './cache.js'
import type { CallCost } from './cost.js'
import type { CallOperation } from './operation.js'
import type { AnyUsage } from './usage.js'

export type { CallCost }

/** A change that llmux made to a request. Returned in `meta.warnings`, never printed. */
export type Warning =
  | {
      type: 'dropped'
      /** The dropped parameter. */
      param: string
      /** Explanation. */
      message: string
    }
  | {
      type: 'changed'
      /** The changed parameter. */
      param: string
      /** Explanation. */
      message: string
    }
  | {
      type: 'emulated'
      /** The emulated feature. */
      feature: string
      /** Explanation. */
      message: string
    }
  | {
      type: 'repaired'
      /** Index of the repaired message. */
      messageIndex: number
      /** Explanation. */
      message: string
    }

/** One attempt of a call. */
export interface Attempt {
  /** Prefix of the provider. */
  provider: string
  /** Model requested from the provider. */
  model: string
  /** `success`, or the `code` of the error that ended it, also after the first content of a stream. */
  outcome: string
  /** Start, in milliseconds since the start of the call. */
  startMs?: number
  /** Time from sending to the complete answer, or to the first content of a stream, in milliseconds. */
  durationMs: number
  /** HTTP status, if the provider answered. */
  status?: number
  /** Message of the error. */
  message?: string
  /** Delay before the next attempt, in milliseconds. */
  delayMs?: number
  /** The Router's deployment. */
  deployment?: string
  /** Model group of the deployment. */
  modelGroup?: string
  /** Reason why the deployment was selected. */
  reason?: string
}

/** The route of a call through a Router. */
export interface RouterMeta {
  /** The requested name. */
  requested: string
  /** The answering group, a different one after a fallback. */
  modelGroup: string
  /** The answering deployment. */
  deployment: string
  /** Label of the deployment in an A/B split. */
  variant?: string
  /** Number of fallbacks before the answer. */
  fallbacks: number
}

/** Rate limits from the provider's response headers. */
export interface RateLimits {
  /** Limit of requests. */
  requests?: RateLimit
  /** Limit of tokens. */
  tokens?: RateLimit
  /** Limit of input tokens. */
  inputTokens?: RateLimit
  /** Limit of output tokens. */
  outputTokens?: RateLimit
}

/** One rate limit. */
export interface RateLimit {
  /** Maximum per window. */
  limit?: number
  /** Remaining in the current window. */
  remaining?: number
  /** Time until the window resets, in milliseconds from the response. */
  resetMs?: number
}

/** Facts about a call. */
export interface CallMeta {
  /** Operation of the call. */
  readonly operation: CallOperation
  /** Prefix of the answering provider. */
  readonly provider: string
  /** Model requested from the provider. */
  readonly model: string
  /** Cost in US dollars. */
  readonly cost: CallCost
  /** Token usage, for streams even if not requested. Undefined until a stream has ended, or if the provider reported none. */
  readonly usage: AnyUsage | undefined
  /** The provider's id of the request. */
  readonly requestId: string | undefined
  /** HTTP status; 0 for a cached answer. */
  readonly status: number
  /** Response headers in lower case, without cookies. */
  readonly headers: Readonly<Record<string, string>>
  /** Rate limits from the response headers. */
  readonly rateLimits: RateLimits
  /** Time from the call to the complete answer, in milliseconds; for a running stream, until now. */
  readonly latencyMs: number
  /** Time from the call to the response headers of the successful attempt, in milliseconds. */
  readonly timeToHeadersMs: number | undefined
  /** Time from the call to the first content of a stream, in milliseconds. */
  readonly timeToFirstTokenMs: number | undefined
  /** Number of retries. */
  readonly retries: number
  /** All attempts, including the successful one. */
  readonly attempts: readonly Attempt[]
  /** Cache outcome of the call. */
  readonly cache: CacheMeta
  /** Route through a Router; undefined for direct calls. */
  readonly router: RouterMeta | undefined
  /** Changes that llmux made to the request. */
  readonly warnings: readonly Warning[]
  /** The provider's own finish reason of the first choice. */
  readonly nativeFinishReason: string | undefined
}
