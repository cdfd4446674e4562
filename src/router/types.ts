import type { ModelFacts, ModelPrices } from '../../pricing/index.js'
import type { ErrorClass } from '../errors.js'
import type { BudgetOptions, BudgetSnapshot, RouterState } from '../limits/types.js'
import type { CacheOption } from '../types/cache.js'
import type { ChatParams } from '../types/chat.js'
import type { ObserveOptions } from '../types/observe.js'
import type { CallOptions, ClientOptions, ProviderOptions } from '../types/options.js'
import type { OnSettled } from '../types/settled.js'

export type { BudgetOptions, BudgetSnapshot }

/** One model at one address with one credential. Its snake_case fields are defaults for the calls that it gets. */
export interface DeploymentParams
  extends Omit<CallOptions, 'signal' | 'maxRetries'>,
    Omit<ProviderOptions, 'headers'>,
    Partial<Omit<ChatParams, 'messages' | 'model' | 'stream'>> {
  /** `provider/model`. In a wildcard deployment `*` stands for what the `*` of `modelName` matched. */
  model: string
  /** Requests in any 60 seconds. */
  rpm?: number | undefined
  /** Tokens in any 60 seconds, prompt and completion together. */
  tpm?: number | undefined
  /** Requests that may be under way at the same time. Always kept. */
  maxParallelRequests?: number | undefined
  /** Share of the traffic, relative to the group's others. @default 1 where another deployment of the group has one */
  weight?: number | undefined
  /** Deployments of a lower order are used first; the next order when none of those can take the call. @default 0 */
  order?: number | undefined
  /** Where the provider's servers are: part of the address at some providers, and what `allowedRegions` looks at. */
  region?: string | undefined
  /** Calls that have one of these tags come here; `default` takes the calls whose tags no deployment has. */
  tags?: readonly string[] | undefined
  /** Milliseconds for one try here. */
  timeout?: number | undefined
  /** US dollars in `budgetDuration`. */
  maxBudget?: number | undefined
  /** `30s`, `15m`, `12h`, `1d`, `1w`, `1mo`. @default no end: the whole life of the Router */
  budgetDuration?: string | undefined
  /** `rolling` looks back, `calendar` begins anew with each hour, day or month (UTC). @default 'rolling' */
  budgetWindow?: 'rolling' | 'calendar' | undefined
  /** Prices of this deployment, where they are not the table's. */
  prices?: (ModelPrices & ModelFacts) | undefined
  /** Milliseconds to stay away from it after a failure. @default the Router's */
  cooldownTime?: number | undefined
  /** A label for A/B splits: `meta.router.variant`. */
  variant?: string | undefined
  /** A model group that gets a copy of its calls. Nobody waits for that, and nothing of it reaches the answer. */
  mirrorTo?: string | undefined
}

export interface DeploymentConfig {
  /** The name that callers ask for: the model group. `*` matches anything, as in `openai/*`. */
  modelName: string
  params: DeploymentParams
  /** @default made of `modelName` and `params`: the same in every process and after every start */
  id?: string | undefined
}

/** Where a call goes when its group can't answer it: a group, a deployment's id, or either with other parameters. */
export type FallbackTarget = string | ({ model: string } & Record<string, unknown>)
/** `[{ 'gpt-4o': ['claude'] }]`; `*` is for every group without an entry. */
export type FallbackList = readonly Readonly<Record<string, readonly FallbackTarget[]>>[]

export type StrategyName = 'simple-shuffle' | 'least-busy' | 'usage-based' | 'latency-based' | 'cost-based' | 'order'

/** What a strategy sees of a deployment. */
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
  /** Calls under way. */
  readonly inFlight: number
  /** Requests and tokens of the last 60 seconds, those under way included. */
  readonly requests: number
  readonly tokens: number
  /** Moving averages in milliseconds; undefined until something was measured. */
  readonly latency: LatencyView
  /** US dollars per token, where they are known. */
  readonly inputCost: number | undefined
  readonly outputCost: number | undefined
}

export interface LatencyView {
  /** For each output token. */
  readonly perTokenMs: number | undefined
  /** To the first content of a stream. */
  readonly firstTokenMs: number | undefined
  /** Whole calls. */
  readonly callMs: number | undefined
}

/** What a strategy may know beside the deployments. */
export interface StrategyContext {
  readonly modelGroup: string
  readonly stream: boolean
  /** Estimated tokens of the prompt, counted when it is read. */
  readonly promptTokens: number
  /** Of deployments within this share of the lowest latency any is as good. */
  readonly latencyBuffer: number
  /** Chance, from 0 to below 1. */
  random(): number
}

/** Picks one of the deployments that can take the call; there is at least one. */
export type Strategy = (candidates: readonly DeploymentView[], context: StrategyContext) => DeploymentView

/** Counts by error class: `{ RateLimitError: 3, AuthenticationError: 0 }`. */
export type ErrorCounts = { readonly [Name in ErrorClass]?: number | undefined }

export interface QueueOptions {
  /** Calls that may wait. @default 1_000 */
  maxSize?: number | undefined
  /** The longest wait of a call, in milliseconds. @default 60_000 */
  maxWait?: number | undefined
}

export interface HealthCheckOptions {
  /** Milliseconds between two rounds. @default 300_000 */
  interval?: number | undefined
  /** Milliseconds for one check. @default 30_000 */
  timeout?: number | undefined
  /** What is asked. @default 'ping' */
  prompt?: string | undefined
}

export interface RouterOptions extends ObserveOptions {
  /**
   * Called synchronously, exactly once for every call through the Router, when it has ended: with usage, cost and all attempts. For
   * accounting. Copies by `mirrorTo` have no record.
   */
  onSettled?: OnSettled | undefined
  modelList: readonly DeploymentConfig[]
  /** @default 'simple-shuffle' */
  routingStrategy?: StrategyName | Strategy | undefined
  /** Tries after the first one, in each group. @default 2 */
  numRetries?: number | undefined
  /** Other counts for some errors: `{ RateLimitError: 3, AuthenticationError: 0 }`. */
  retryPolicy?: ErrorCounts | undefined
  /** Retry policies of single groups. */
  groupRetryPolicy?: Readonly<Record<string, ErrorCounts>> | undefined
  /** The longest wait before another try, in milliseconds. @default 60_000 */
  maxRetryDelay?: number | undefined
  /** Milliseconds for a whole call, retries, fallbacks and the whole stream included. 0 for none. @default 600_000 */
  timeout?: number | undefined
  /** Milliseconds for one try. 0 for none. @default 0 */
  attemptTimeout?: number | undefined
  /** Milliseconds to the response headers of one try. @default 0 */
  headersTimeout?: number | undefined
  /** Milliseconds to the first content of a stream, for one try. @default 0 */
  firstTokenTimeout?: number | undefined
  /** Milliseconds between contents of a stream. @default 0 */
  idleTimeout?: number | undefined

  /** Failures in a minute that a deployment may have before it is left alone. @default by failure ratio */
  allowedFails?: number | undefined
  /** The same for single errors; 0 is the first failure. */
  allowedFailsPolicy?: ErrorCounts | undefined
  /** Milliseconds to stay away from a deployment after failures, where the provider doesn't say. 0 for never. @default 5_000 */
  cooldownTime?: number | undefined

  fallbacks?: FallbackList | undefined
  /** Instead of `fallbacks` where a prompt is too long. */
  contextWindowFallbacks?: FallbackList | undefined
  /** Instead of `fallbacks` where the provider's safety system refused. */
  contentPolicyFallbacks?: FallbackList | undefined
  /** For groups that have no fallbacks of their own. */
  defaultFallbacks?: readonly FallbackTarget[] | undefined
  /** How many fallbacks one call may take. @default 5 */
  maxFallbacks?: number | undefined

  /** Other names of groups: `{ 'gpt-4': 'gpt-4o' }`. */
  modelGroupAlias?: Readonly<Record<string, string>> | undefined
  /** Whether `rpm` and `tpm` refuse calls, or only steer them to where there is room. @default false */
  enforceLimits?: boolean | undefined
  /** Calls that find no room wait; `false` fails them at once. */
  queue?: QueueOptions | false | undefined
  /** Context window, region and abilities are checked before a deployment is picked, where they are known. @default true */
  preCallChecks?: boolean | undefined
  /** Of deployments within this share of the lowest latency any is as good. @default 0.1 */
  latencyBuffer?: number | undefined
  /** Spending limits beside those of deployments. */
  budgets?:
    | {
        /** Of the whole Router. */
        router?: BudgetOptions | undefined
        /** By prefix. */
        providers?: Readonly<Record<string, BudgetOptions>> | undefined
        /** By tag of a call. */
        tags?: Readonly<Record<string, BudgetOptions>> | undefined
      }
    | undefined
  /** Copies of a group's calls go to another group: `{ 'gpt-4o': 'candidate' }`. */
  mirrorTo?: Readonly<Record<string, string>> | undefined
  /** Checks in the background that every deployment answers. Off unless given. */
  healthCheck?: HealthCheckOptions | boolean | undefined
  /** Where usage, cooldowns and budgets are kept: `redisState()` for several processes. @default this process's memory */
  state?: RouterState | undefined
  /** Whether calls may carry `mockTestingFallbacks` and its like. @default false */
  allowMockTesting?: boolean | undefined
  /**
   * Where answers are kept, by model group: `memoryCache()`, or `{ store, ttl, … }`. Asked before a deployment is chosen.
   * @default none
   */
  cache?: CacheOption | false | undefined
  /** Options of the client beneath: `providers`, `proxy`, `headers`, `dispatcher`, … */
  client?: Omit<ClientOptions, 'timeout' | 'maxRetries'> | undefined
}

/** What a call through a Router may say beside its parameters. */
export interface RouterCallOptions {
  /** Whose call it is, for tagged deployments and budgets of tags. */
  tags?: readonly string[] | undefined
  /** Only deployments in one of these regions. */
  allowedRegions?: readonly string[] | undefined
  /** Who goes first when calls wait: the lower number. @default 0 */
  priority?: number | undefined
  /** Tries after the first one, in each group. */
  numRetries?: number | undefined
  /** Fallbacks of this call; `false` for none. */
  fallbacks?: readonly FallbackTarget[] | false | undefined
  contextWindowFallbacks?: readonly FallbackTarget[] | undefined
  contentPolicyFallbacks?: readonly FallbackTarget[] | undefined
  /**
   * `continue` asks another deployment to go on with a stream that broke after its first content, where its model can
   * continue a text. @default an error, with what had arrived on `partial`
   */
  resume?: 'continue' | undefined
  /** Fail in the Router on purpose. Requirements `allowMockTesting`. */
  mockTestingFallbacks?: boolean | undefined
  mockTestingContextFallbacks?: boolean | undefined
  mockTestingContentPolicyFallbacks?: boolean | undefined
  mockTestingRateLimitError?: boolean | undefined
}

/** Why a deployment can't take a call just now. */
export interface Unavailable {
  deployment: string
  reason: string
  /** When it may, in milliseconds from now, where that is known. */
  retryAfterMs?: number
}

export interface CooldownView {
  /** Milliseconds from now. */
  leftMs: number
  reason: string
}

/** How the Router stands. */
export interface RouterSnapshot {
  /** Milliseconds since 1970. */
  at: number
  deployments: readonly DeploymentSnapshot[]
  budgets: readonly BudgetSnapshot[]
  /** Calls that wait for room. */
  waiting: number
  /** Calls under way, retries and waits included, and streams until their end. */
  calls: number
  /** Copies of calls that were not made, because too many were under way or the group was not there. */
  mirrorsDropped: number
  /** Where the state is kept, and whether that works: `local` while Redis is gone. */
  state: 'memory' | 'shared' | 'local'
}

export interface DeploymentSnapshot extends DeploymentView {
  readonly status: 'healthy' | 'cooldown' | 'probing' | 'unhealthy'
  readonly cooldown: CooldownView | undefined
  /** Calls since the start. */
  readonly picks: number
  readonly successes: number
  readonly failures: number
}

/** How a deployment answered a health check. */
export interface HealthReport {
  deployment: string
  modelName: string
  model: string
  healthy: boolean
  latencyMs: number
  /** Why not. */
  error?: Error
}
