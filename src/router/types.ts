import type { ModelFacts, ModelPrices } from '../../pricing/index.js'
import type { ErrorClass } from '../errors.js'
import type { BudgetOptions, BudgetSnapshot, RouterState } from '../limits/types.js'
import type { CacheOption } from '../types/cache.js'
import type { ChatParams } from '../types/chat.js'
import type { KnownModel } from '../types/known-models.generated.js'
import type { ObserveOptions } from '../types/observe.js'
import type { CallOptions, ClientOptions, ProviderOptions } from '../types/options.js'
import type { OnSettled } from '../types/settled.js'

export type { BudgetOptions, BudgetSnapshot }

/** One model at one address with one credential. snake_case fields are default parameters of its calls. */
export interface DeploymentParams
  extends Omit<CallOptions, 'signal' | 'maxRetries'>,
    Omit<ProviderOptions, 'headers'>,
    Partial<Omit<ChatParams, 'messages' | 'model' | 'stream'>> {
  /** `provider/model`. In a wildcard deployment `*` stands for the text that `*` in `modelName` matched. */
  model: KnownModel | (string & {})
  /** Requests in any 60 seconds. */
  rpm?: number | undefined
  /** Tokens in any 60 seconds, prompt and completion together. */
  tpm?: number | undefined
  /** Requests in flight at the same time. Always enforced. */
  maxParallelRequests?: number | undefined
  /** Share of the traffic relative to the group's other deployments. @default 1 if another deployment of the group has one */
  weight?: number | undefined
  /** Lower orders are used first, the next one if none of those can take the call. @default 0 */
  order?: number | undefined
  /** Region of the provider's servers: part of the address at some providers; `allowedRegions` selects by it. */
  region?: string | undefined
  /** Takes calls with one of these tags; `default` takes calls whose tags no deployment has. */
  tags?: readonly string[] | undefined
  /** Milliseconds for one attempt here. @default the Router's attemptTimeout */
  timeout?: number | undefined
  /** Budget in US dollars for each `budgetDuration`. */
  maxBudget?: number | undefined
  /** `30s`, `15m`, `12h`, `1d`, `1w`, `1mo`. @default never ends: the lifetime of the Router */
  budgetDuration?: string | undefined
  /** `rolling` counts any span of `budgetDuration`; `calendar` starts again with each hour, day or month (UTC). @default 'rolling' */
  budgetWindow?: 'rolling' | 'calendar' | undefined
  /** Prices and facts of this deployment. @default those of the price table */
  prices?: (ModelPrices & ModelFacts) | undefined
  /** Length of its cooldowns in milliseconds. @default the Router's */
  cooldownTime?: number | undefined
  /** Label for A/B splits: `meta.router.variant`. */
  variant?: string | undefined
  /** Model group that receives a copy of its calls. The results are discarded. */
  mirrorTo?: string | undefined
}

/** A deployment of a Router. */
export interface DeploymentConfig {
  /** The model group that callers ask for. `*` matches any text, as in `openai/*`. */
  modelName: string
  /** Model, credentials, limits and default parameters. */
  params: DeploymentParams
  /** Unique in the Router. @default derived from `modelName` and `params`: the same in every process and after every start */
  id?: string | undefined
}

/** The destination of a failed call: a group, a deployment's id, or either with other parameters. */
export type FallbackTarget = string | ({ model: string } & Record<string, unknown>)
/** `[{ 'gpt-4o': ['claude'] }]`; `*` stands for every group without an entry. */
export type FallbackList = readonly Readonly<Record<string, readonly FallbackTarget[]>>[]

/** The built-in routing strategies. */
export type StrategyName = 'simple-shuffle' | 'least-busy' | 'usage-based' | 'latency-based' | 'cost-based' | 'order'

/** A deployment as a strategy sees it. */
export interface DeploymentView {
  readonly id: string
  readonly modelName: string
  /** `provider/model`. */
  readonly model: string
  readonly provider: string
  readonly weight: number | undefined
  readonly rpm: number | undefined
  readonly tpm: number | undefined
  readonly maxParallelRequests: number | undefined
  readonly order: number
  readonly region: string | undefined
  readonly tags: readonly string[]
  readonly variant: string | undefined
  /** Calls in flight. */
  readonly inFlight: number
  /** Requests and tokens of the last 60 seconds, including calls in flight. */
  readonly requests: number
  readonly tokens: number
  /** Moving averages in milliseconds; `undefined` before the first measurement. */
  readonly latency: LatencyView
  /** US dollars per token; `undefined` if unknown. */
  readonly inputCost: number | undefined
  readonly outputCost: number | undefined
}

/** Moving averages in milliseconds. */
export interface LatencyView {
  /** Per output token. */
  readonly perTokenMs: number | undefined
  /** To the first content of a stream. */
  readonly firstTokenMs: number | undefined
  /** Complete calls. */
  readonly callMs: number | undefined
}

/** Further input of a strategy. */
export interface StrategyContext {
  readonly modelGroup: string
  readonly stream: boolean
  /** Estimated tokens of the prompt, counted when this is read. */
  readonly promptTokens: number
  /** Deployments within this fraction of the lowest latency are treated as equal. */
  readonly latencyBuffer: number
  /** Random number from 0 to below 1. */
  random(): number
}

/** Selects one of the deployments that can take the call; there is at least one. */
export type Strategy = (candidates: readonly DeploymentView[], context: StrategyContext) => DeploymentView

/** Counts by error class, such as `{ RateLimitError: 3, AuthenticationError: 0 }`. */
export type ErrorCounts = { readonly [Name in ErrorClass]?: number | undefined }

/** The queue of calls that wait for capacity. */
export interface QueueOptions {
  /** Calls that may wait. @default 1_000 */
  maxSize?: number | undefined
  /** Longest wait of a call in milliseconds. @default 60_000 */
  maxWait?: number | undefined
}

/** Background health checks. */
export interface HealthCheckOptions {
  /** Milliseconds between two rounds. @default 300_000 */
  interval?: number | undefined
  /** Milliseconds for one check. @default 30_000 */
  timeout?: number | undefined
  /** Content of the request. @default 'ping' */
  prompt?: string | undefined
}

/** How the calls of a session are recognised: by its name, by a stored response, or by the beginning of the prompt. */
export type AffinityKind = 'session' | 'response' | 'prompt'

/** Keeps the calls of a session on one deployment, so that its prompt cache stays warm. */
export interface AffinityOptions {
  /**
   * `session`: the option `session` of a call, else its `prompt_cache_key`. `response`: `previous_response_id` and `conversation` of the
   * Responses API. `prompt`: instructions, tools and the first turn of the user, for prompts of about 1,024 tokens or more.
   * @default all of them
   */
  by?: readonly AffinityKind[] | undefined
  /** Milliseconds after its last call for which a session stays with a deployment. @default 3_600_000 */
  ttl?: number | undefined
  /** The same for sessions that are recognised by their prompt. @default 300_000 */
  promptTtl?: number | undefined
}

/** Options of a Router. Times are milliseconds, money is US dollars. */
export interface RouterOptions extends ObserveOptions {
  /**
   * Called synchronously, exactly once for every call through the Router, when it has ended: with usage, cost and all attempts. For
   * accounting. Copies by `mirrorTo` have no record.
   */
  onSettled?: OnSettled | undefined
  /** The deployments, at least one. */
  modelList: readonly DeploymentConfig[]
  /** Selects among the deployments that can take a call: a built-in strategy, or your own function. @default 'simple-shuffle' */
  routingStrategy?: StrategyName | Strategy | undefined
  /** Retries in each group. @default 2 */
  numRetries?: number | undefined
  /** Retries by error class: `{ RateLimitError: 3, AuthenticationError: 0 }`. */
  retryPolicy?: ErrorCounts | undefined
  /** Retry policies by group. */
  groupRetryPolicy?: Readonly<Record<string, ErrorCounts>> | undefined
  /** Longest delay before a retry in milliseconds. @default 60_000 */
  maxRetryDelay?: number | undefined
  /** Milliseconds for a complete call, including retries, fallbacks and the stream to its end. 0 for none. @default 600_000 */
  timeout?: number | undefined
  /** Milliseconds for one attempt. 0 for none. @default 0 */
  attemptTimeout?: number | undefined
  /** Milliseconds to the response headers of one attempt. 0 for none. @default 0 */
  headersTimeout?: number | undefined
  /** Milliseconds to the first content of a stream, for one attempt. 0 for none. @default 0 */
  firstTokenTimeout?: number | undefined
  /** Milliseconds between two contents of a stream. 0 for none. @default 0 */
  idleTimeout?: number | undefined

  /** Failures per minute before a deployment cools down. @default by failure ratio */
  allowedFails?: number | undefined
  /** The same by error class; 0 means the first failure. */
  allowedFailsPolicy?: ErrorCounts | undefined
  /** Length of a cooldown in milliseconds if the provider names none. 0 disables cooldowns. @default 5_000 */
  cooldownTime?: number | undefined

  /** Groups that take the calls of a group that has failed: `[{ 'gpt-4o': ['claude'] }]`. */
  fallbacks?: FallbackList | undefined
  /** Replaces `fallbacks` if the prompt is too long. */
  contextWindowFallbacks?: FallbackList | undefined
  /** Replaces `fallbacks` if the provider refused the content. */
  contentPolicyFallbacks?: FallbackList | undefined
  /** Fallbacks of groups without an entry. */
  defaultFallbacks?: readonly FallbackTarget[] | undefined
  /** Most fallbacks of one call. @default 5 */
  maxFallbacks?: number | undefined

  /** Other names of groups: `{ 'gpt-4': 'gpt-4o' }`. */
  modelGroupAlias?: Readonly<Record<string, string>> | undefined
  /** Whether `rpm` and `tpm` reject calls; otherwise they only steer calls to deployments with capacity. @default false */
  enforceLimits?: boolean | undefined
  /** Calls without capacity wait; `false` rejects them at once. */
  queue?: QueueOptions | false | undefined
  /** Excludes deployments whose model is known to lack an ability or context window that the call needs. @default true */
  preCallChecks?: boolean | undefined
  /**
   * Keeps the calls of one session on one deployment while that is available. `true` recognises sessions in all ways, `false` in none.
   * @default { by: ['session', 'response'] }
   */
  affinity?: AffinityOptions | boolean | undefined
  /** Deployments within this fraction of the lowest latency are treated as equal. @default 0.1 */
  latencyBuffer?: number | undefined
  /** Spending limits beside those of deployments. */
  budgets?:
    | {
        /** For all calls of the Router. */
        router?: BudgetOptions | undefined
        /** By provider prefix. */
        providers?: Readonly<Record<string, BudgetOptions>> | undefined
        /** By tag of the call. `*` is the budget of each tag without an entry, made when the tag is seen first. */
        tags?: Readonly<Record<string, BudgetOptions>> | undefined
        /** By the `user` of the request; `*` as for tags. */
        users?: Readonly<Record<string, BudgetOptions>> | undefined
      }
    | undefined
  /** Copies of a group's calls go to another group: `{ 'gpt-4o': 'candidate' }`. */
  mirrorTo?: Readonly<Record<string, string>> | undefined
  /** Checks in the background that every deployment responds. @default false */
  healthCheck?: HealthCheckOptions | boolean | undefined
  /** Store of usage, cooldowns and budgets, such as `redisState()` for several processes. @default this process's memory */
  state?: RouterState | undefined
  /** Whether calls may fail on request, with `mockTestingFallbacks` and similar options. @default false */
  allowMockTesting?: boolean | undefined
  /**
   * Cache by model group: `memoryCache()`, or `{ store, ttl, … }`. It is used before a deployment is selected.
   * @default none
   */
  cache?: CacheOption | false | undefined
  /** Options of the client beneath: `providers`, `proxy`, `headers`, `dispatcher`, … */
  client?: Omit<ClientOptions, 'timeout' | 'maxRetries'> | undefined
}

/** Options of a call that are for the Router. */
export interface RouterCallOptions {
  /** Owner of the call, for tagged deployments and budgets by tag. */
  tags?: readonly string[] | undefined
  /** Uses only deployments in these regions. */
  allowedRegions?: readonly string[] | undefined
  /** Name of the session that the call belongs to, for `affinity`. It is not sent to the provider. */
  session?: string | undefined
  /** Position in the queue: lower numbers go first. @default 0 */
  priority?: number | undefined
  /** Retries in each group. */
  numRetries?: number | undefined
  /** Fallbacks of this call; `false` for none. */
  fallbacks?: readonly FallbackTarget[] | false | undefined
  /** Replaces the fallbacks of this call if the prompt is too long. */
  contextWindowFallbacks?: readonly FallbackTarget[] | undefined
  /** Replaces the fallbacks of this call if the provider refused the content. */
  contentPolicyFallbacks?: readonly FallbackTarget[] | undefined
  /**
   * `continue` lets another deployment continue the text of a stream that broke after its first content, if its model supports
   * that. @default an error with the partial answer on `partial`
   */
  resume?: 'continue' | undefined
  /** Fail in the Router on purpose. Requirements `allowMockTesting`. */
  mockTestingFallbacks?: boolean | undefined
  /** Fails with a `ContextWindowExceededError`. */
  mockTestingContextFallbacks?: boolean | undefined
  /** Fails with a `ContentPolicyViolationError`. */
  mockTestingContentPolicyFallbacks?: boolean | undefined
  /** Fails with a `RateLimitError`. */
  mockTestingRateLimitError?: boolean | undefined
}

/** Why a deployment can't take a call at the moment. */
export interface Unavailable {
  deployment: string
  reason: string
  /** Milliseconds until it may, if known. */
  retryAfterMs?: number
}

/** A cooldown in progress. */
export interface CooldownView {
  /** Milliseconds from now. */
  leftMs: number
  reason: string
}

/** State of a Router. */
export interface RouterSnapshot {
  /** Milliseconds since 1970. */
  at: number
  deployments: readonly DeploymentSnapshot[]
  budgets: readonly BudgetSnapshot[]
  /** Calls that wait for capacity. */
  waiting: number
  /** Calls in flight, including delays and waits, and streams until their end. */
  calls: number
  /** Copies that were not sent because too many were in flight or the group had no deployments. */
  mirrorsDropped: number
  /** Location of the counters: `local` while the shared state is out of reach. */
  state: 'memory' | 'shared' | 'local'
}

/** State of a deployment. */
export interface DeploymentSnapshot extends DeploymentView {
  readonly status: 'healthy' | 'cooldown' | 'probing' | 'unhealthy'
  readonly cooldown: CooldownView | undefined
  /** Selections since the start. */
  readonly picks: number
  readonly successes: number
  readonly failures: number
}

/** Result of a health check. */
export interface HealthReport {
  deployment: string
  modelName: string
  model: string
  healthy: boolean
  latencyMs: number
  /** The reason, if it is not healthy. */
  error?: Error
}
