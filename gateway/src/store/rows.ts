/** Limits and budgets that every subject has, in the names of LiteLLM's tables. `null` is no limit. */
export interface SubjectLimits {
  /** US dollars per `budget_duration`, or in all. */
  max_budget: number | null
  /** US dollars after which an alert is sent. */
  soft_budget: number | null
  /** `30d`, `monthly`, … @default never ends */
  budget_duration: string | null
  /** Requests in any 60 seconds. */
  rpm_limit: number | null
  /** Tokens in any 60 seconds. */
  tpm_limit: number | null
  /** Calls in flight. */
  max_parallel_requests: number | null
  /** Budget, and optionally limits, of single models. */
  model_max_budget: Record<string, unknown>
  /** Further budgets: `[{ budget_limit, time_period }]` or `[{ max_budget, budget_duration }]`. */
  budget_limits: readonly unknown[] | null
  /** Input tokens in any 60 seconds. */
  itpm_limit?: number | null
  /** Output tokens in any 60 seconds. */
  otpm_limit?: number | null
  /** Requests in a calendar month. */
  monthly_request_limit?: number | null
  /** Of the caller's budgets the strictest mode holds for a call. @default that of the gateway */
  budget_mode?: BudgetMode | null
  /** Calls on a used-up budget. @default that of the gateway */
  over_budget?: OverBudget | null
  /** Cheaper models by model, for calls on a used-up budget. */
  budget_fallbacks?: Record<string, unknown> | null
}

export type BudgetMode = 'strict' | 'clamp' | 'expected'
export type OverBudget = 'refuse' | 'downgrade' | 'alert'

/** Fields of every stored row. */
export interface StoredRow {
  /** ISO 8601. */
  created_at: string
  created_by: string
  updated_at: string
  updated_by: string
  /** Counts manual changes of the spend: counters of an older epoch are dead. */
  spend_epoch: number
}

/** A virtual key. */
export interface KeyRow extends SubjectLimits, StoredRow {
  /** Hex SHA-256 of the key. */
  token: string
  /** `sk-...` and the last four characters. */
  key_name: string
  key_alias: string | null
  user_id: string | null
  team_id: string | null
  organization_id: string | null
  budget_id: string | null
  models: readonly string[]
  aliases: Record<string, string>
  metadata: Record<string, unknown>
  permissions: Record<string, unknown>
  allowed_routes: readonly string[]
  key_type: string
  blocked: boolean | null
  /** ISO 8601. */
  expires: string | null
  rotation_count: number
  /** Fields that are stored and returned but have no effect here. */
  extra: Record<string, unknown>
}

/** Member of a team. */
export interface TeamMember {
  user_id: string
  user_email: string | null
  role: 'admin' | 'user'
}

/** A team. */
export interface TeamRow extends SubjectLimits, StoredRow {
  team_id: string
  team_alias: string | null
  organization_id: string | null
  members_with_roles: readonly TeamMember[]
  models: readonly string[]
  aliases: Record<string, string>
  metadata: Record<string, unknown>
  blocked: boolean
  extra: Record<string, unknown>
}

/** Limits of one member within a team. */
export interface MembershipRow extends SubjectLimits, StoredRow {
  /** `{team_id}/{user_id}`. */
  id: string
  team_id: string
  user_id: string
  budget_id: string | null
  allowed_models: readonly string[] | null
  blocked?: boolean
}

/** A person, or an owner of keys. */
export interface UserRow extends SubjectLimits, StoredRow {
  user_id: string
  user_alias: string | null
  user_email: string | null
  user_role: string | null
  teams: readonly string[]
  models: readonly string[]
  metadata: Record<string, unknown>
  blocked: boolean
  extra: Record<string, unknown>
}

/** An end user of an application, named by `user` of a request. */
export interface CustomerRow extends StoredRow {
  user_id: string
  alias: string | null
  blocked: boolean
  budget_id: string | null
  allowed_model_region: string | null
  default_model: string | null
  extra: Record<string, unknown>
}

/** A budget that several subjects refer to. */
export interface BudgetRow extends SubjectLimits, StoredRow {
  budget_id: string
  /** Whether all subjects that refer to it spend it together. @default each has the whole budget */
  shared?: boolean
  blocked?: boolean
  extra: Record<string, unknown>
}

/** A tag with its own models and limits. */
export interface TagRow extends SubjectLimits, StoredRow {
  name: string
  description: string | null
  models: readonly string[]
  budget_id: string | null
  blocked?: boolean
  extra: Record<string, unknown>
}

/** An organization: a label over teams. */
export interface OrganizationRow extends SubjectLimits, StoredRow {
  organization_id: string
  organization_alias: string | null
  budget_id: string | null
  models: readonly string[]
  blocked?: boolean
  metadata: Record<string, unknown>
  extra: Record<string, unknown>
}

/** One settled call in the ledger. Money is in integers of 10⁻⁹ US dollars. */
export interface LedgerRow {
  /** `x-litellm-call-id`. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly durationMs: number
  readonly operation: string
  readonly path: string
  readonly keyHash: string
  readonly keyAlias: string | null
  readonly userId: string | null
  readonly teamId: string | null
  readonly organizationId: string | null
  readonly customerId: string | null
  readonly tags: readonly string[]
  /** Name in the request. */
  readonly modelGroup: string
  /** `provider/model` that answered. */
  readonly model: string
  readonly provider: string
  /** Id of the deployment. */
  readonly deployment: string
  /** `success`, `refused`, `aborted`, or the code of the error. */
  readonly outcome: string
  /** HTTP status of a failure. */
  readonly errorStatus: number | null
  readonly errorMessage: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  readonly cacheHit: boolean
  readonly stream: boolean
  readonly nanos: number
  readonly costState: 'known' | 'estimated' | 'unknown'
  readonly metadata: Readonly<Record<string, unknown>>
  readonly ip: string | null
  /** Milliseconds to the first content of a stream. */
  readonly firstTokenMs?: number | null
  readonly cacheWriteTokens?: number | null
  readonly reasoningTokens?: number | null
  readonly retries?: number | null
  readonly fallbacks?: number | null
  /** The cost of a cached answer without the cache. */
  readonly savedNanos?: number | null
  readonly providerRequestId?: string | null
  readonly detail?: CallDetail | null
}

/** Facts of a call that no sum needs, stored as JSON. */
export interface CallDetail {
  /** Usage as the provider reported it, for a later rating. */
  readonly usage?: Readonly<Record<string, unknown>> | undefined
  /** Parts, rates and origin of the cost, in US dollars. */
  readonly cost?: Readonly<Record<string, unknown>> | undefined
  readonly attempts?: readonly Readonly<Record<string, unknown>>[] | undefined
  /** Headers of the request that changed or explain the call. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}
