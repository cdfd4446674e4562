import type { LimitStore, SettledRecord } from 'llmux'
import type { ContentSettings, Contents } from './ledger/contents.js'
import type { LedgerReader } from './ledger/reader.js'
import type { Booking } from './ledger/spool.js'
import type { Seed } from './limits/reserving.js'
import type { StreamCommands } from './redis.js'
import type { JwtSettings } from './sso/jwt-settings.js'
import type { SignInSettings } from './sso/sign-in-settings.js'
import type { Sessions, SignIn } from './sso/types.js'
import type { SqlOwners } from './store/response-owners.js'
import type {
  BudgetMode,
  KeyRow,
  LedgerRow,
  MembershipRow,
  OrganizationRow,
  OverBudget,
  TeamRow,
  UserRow,
} from './store/rows.js'
import type { Sql } from './store/sql.js'
import type { SharedTexts } from './store/sql-texts.js'
import type { Bus } from './workers/shared.js'

export type * from './sso/types.js'

/** Rights on the management routes. `service` is a virtual key that belongs to no user. */
export type Role = 'proxy_admin' | 'proxy_admin_viewer' | 'internal_user' | 'internal_user_viewer' | 'service'

/** The authenticated caller. */
export interface Principal {
  /** True for the master key. */
  readonly master: boolean
  readonly role: Role
  /** Hex SHA-256 of the key; `litellm_proxy_master_key` for the master key. */
  readonly keyHash: string
  readonly keyName: string | null
  readonly keyAlias: string | null
  readonly userId: string | null
  readonly userEmail: string | null
  readonly teamId: string | null
  readonly teamAlias: string | null
  readonly organizationId: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  /** Undefined for the master key. */
  readonly key: KeyRow | undefined
  readonly team: TeamRow | undefined
  readonly user: UserRow | undefined
  readonly membership: MembershipRow | undefined
  readonly organization?: OrganizationRow | undefined
  /** Team of a virtual key: its user has no rights outside of it. Undefined for personal keys, the master key and tokens. */
  readonly confinedTo?: string | undefined
  /** The same caller in other teams, which count if this one may not use the model. */
  readonly alternatives?: readonly Principal[] | undefined
  /** Customer that a token names. */
  readonly customerId?: string | undefined
}

/** Knowledge of the configured models that admission needs. */
export interface Catalog {
  /** Names that clients may use: groups and aliases, without hidden ones. */
  models(): readonly string[]
  /** Whether the Router can serve the name: a group, an alias (also a hidden one) or a wildcard. */
  has(model: string): boolean
  /** The group behind an alias; the name itself otherwise. */
  resolve(model: string): string
  /** The team that alone may use a group, which is its own model. */
  teamOf(model: string): string | undefined
  /** The group of a team's own model of this name. */
  teamModel(teamId: string, model: string): string | undefined
  /** The group of a name, as callers know it: without the team of a team's own model. */
  callName(model: string): string
  /** Names in `model_info.access_groups` of the group. */
  accessGroups(model: string): readonly string[]
  /** Highest prices of the group's deployments in US dollars per token; undefined if one of them has no price. */
  prices(model: string): ModelPrice | undefined
}

/** Price of a model group. */
export interface ModelPrice {
  /** US dollars per input token. */
  readonly input: number
  /** US dollars per output token. */
  readonly output: number
  /** Largest number of output tokens. */
  readonly maxOutput: number | undefined
}

/** A call that asks for admission. */
export interface AdmissionCall {
  /** Unique; `x-litellm-call-id`. */
  readonly id: string
  /** `chat`, `responses`, `messages`, `embedding`, … */
  readonly operation: string
  /** Path of the request without the query. */
  readonly path: string
  readonly model: string
  /** The parsed body. */
  readonly params: Readonly<Record<string, unknown>>
  readonly stream: boolean
  /** Lower-case header names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly ip?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Counts tokens of a running stream on budgets that did not reserve its worst case. */
export interface StreamCount {
  /** @returns the refusal that ends the stream, once a budget is used up */
  count(tokens: number): Error | undefined
  /** Whether so many tokens more of each running stream would end none of them. */
  fits(tokens: number): boolean
}

/** An admitted call. Ends with `settle()` or `release()`; only the first one counts. */
export interface Admitted {
  /** Id of the call's row: that of the request, unless another call has had it. */
  readonly id: string
  /** The model to call: aliases of the key and the team are resolved. */
  readonly model: string
  /** Tags of the key, the team, the headers and the body. */
  readonly tags: readonly string[]
  readonly customerId: string | null
  /** Output tokens that the budget pays for, under `budget_mode: clamp`; undefined if the request stays as it is. */
  readonly maxOutputTokens: number | undefined
  /** The model that was asked for, if a used-up budget led to a cheaper one. */
  readonly downgradedFrom: string | undefined
  /** Counts the answer while it streams; undefined if no budget needs it. */
  readonly streamed: StreamCount | undefined
  /** `x-litellm-key-*` and `x-ratelimit-api_key-*`. After `settle()` the spend includes this call. */
  headers(): Record<string, string>
  /** Books the call. */
  settle(record: SettledRecord): void
  /** The booked amount. */
  readonly booking: Booking | undefined
  /** Resolves once the settled call is kept as `durability` says, or at the latest after half a second. */
  kept(): Promise<void> | undefined
  /** Ends a call that never reached the Router, with the error that the client got. Without an error nothing is written. */
  release(error?: unknown): void
}

/** Admits calls and books them. */
export interface Admission {
  /**
   * Checks model access and blocks, and reserves all limits and budgets in one step.
   * @throws a refusal: see `refusal.ts`
   */
  admit(principal: Principal, call: AdmissionCall): Promise<Admitted>
  /** Whether the caller may use the model; for lists of models. */
  mayUse(principal: Principal, model: string): boolean
  /** Books a call that was made by the gateway itself or refused before admission. */
  note(call: NotedCall): void
}

/** A call outside of admission: a health check, or a call refused before its body was parsed. */
export interface NotedCall {
  readonly id: string
  readonly operation: string
  readonly path: string
  readonly model: string
  readonly principal?: Principal | undefined
  /** Used instead of the key in the ledger, such as `litellm-internal-health-check`. */
  readonly account?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly record?: SettledRecord | undefined
  readonly error?: unknown
}

/** A request to a management route. */
export interface AdminRequest {
  readonly method: string
  /** Path without the query. */
  readonly path: string
  /** Parameters of the path. */
  readonly params: Readonly<Record<string, string>>
  /** Parameters of the query; a repeated one is a list. */
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly principal: Principal
  readonly ip?: string | undefined
}

/** An answer that needs more than a JSON body with status 200. */
export class AdminAnswer {
  constructor(
    /** A JSON value; with a content type also a text, or its parts. */
    readonly body: unknown,
    readonly status: number = 200,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** A management route. The roles that may call it are checked by `authorizeRoute()`. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters as in `/key/:key/regenerate`. */
  readonly path: string
  /** Returns the JSON body, or an {@link AdminAnswer}. */
  handler(request: AdminRequest): Promise<unknown> | unknown
}

/** Rules for people who make keys. */
export interface KeyGeneration {
  readonly personal: KeyRules
  readonly team: KeyRules
}

interface KeyRules {
  /** Roles of the gateway, or within the team; undefined: those that may by default. */
  readonly roles: readonly string[] | undefined
  /** Fields that the body must have. */
  readonly required: readonly string[]
}

/** Rules over budgets and limits, from the configuration. */
export interface ControlSettings {
  /** Status of a used-up budget. @default 422 */
  readonly budgetExceededStatus?: number | undefined
  /** A model without a price on a key with a budget. @default 'estimate' */
  readonly unknownPrice?: 'refuse' | 'estimate' | 'allow' | undefined
  /** @default 'expected' */
  readonly budgetMode?: BudgetMode | undefined
  /** Calls on a used-up budget: refused, sent to a cheaper model, or only reported. @default 'refuse' */
  readonly overBudget?: OverBudget | undefined
  /** Cheaper models by model, for calls on a used-up budget. */
  readonly budgetFallbacks?: Readonly<Record<string, unknown>> | undefined
  /** US dollars for all calls together, `litellm_settings.max_budget`. */
  readonly maxBudget?: number | undefined
  readonly budgetDuration?: string | undefined
  /** Further limits for all calls together, in the names of the management routes. */
  readonly gatewayLimits?: Readonly<Record<string, unknown>> | undefined
  /**
   * `shared` keeps each ended call outside of this machine before the last event of its answer.
   * @default 'shared' with Postgres or Redis
   */
  readonly durability?: 'local' | 'shared' | undefined
  /** Milliseconds that a call waits for its limits before it is refused. @default 0 */
  readonly limitWaitMs?: number | undefined
  /** IANA name of the time zone in which budget periods begin. @default UTC */
  readonly timezone?: string | undefined
  /** US dollars of a customer without a budget of its own, `litellm_settings.max_end_user_budget`. */
  readonly maxEndUserBudget?: number | undefined
  /** Budget of a customer without one of its own, `litellm_settings.max_end_user_budget_id`. */
  readonly endUserBudgetId?: string | undefined
  /** Who makes keys besides admins. @default everybody personal ones, admins of a team those of the team */
  readonly keyGeneration?: KeyGeneration | undefined
  /** Whether the budget of a user also holds for team keys. @default false */
  readonly userBudgetOnTeamKeys?: boolean | undefined
  /** Whether calls with tags of the client are refused. @default false */
  readonly rejectClientTags?: boolean | undefined
  /** Customers that are created by calls. @default 100_000 */
  readonly maxCustomers?: number | undefined
  /** Defaults of `/key/generate`. */
  readonly defaultKeyParams?: Readonly<Record<string, unknown>> | undefined
  /** Upper bounds of `/key/generate`. */
  readonly upperboundKeyParams?: Readonly<Record<string, unknown>> | undefined
  /** Defaults of `/team/new`. */
  readonly defaultTeamParams?: Readonly<Record<string, unknown>> | undefined
  /** Defaults of `/user/new` for internal users. */
  readonly defaultUserParams?: Readonly<Record<string, unknown>> | undefined
  /** Prompts and answers are stored, masked. @default not at all */
  readonly contents?: ContentSettings | undefined
  /** Age at which rows of calls are deleted, such as `90d`; daily sums stay. @default never */
  readonly retention?: string | undefined
  /** Milliseconds that answers of the Responses API are kept. @default 30 days */
  readonly keepResponsesMs?: number | undefined
  /** Whether ids of answers without a known owner reach the providers. @default false */
  readonly passUnknownResponses?: boolean | undefined
  /** Whether keys may be chosen by the caller. @default true */
  readonly customKeys?: boolean | undefined
  /** Tokens of an identity provider as keys. */
  readonly jwt?: JwtSettings | undefined
  /** Sign-in of people with an identity provider. */
  readonly signIn?: SignInSettings | undefined
}

/** News for alerts, metrics and logs. */
export type ControlEvent =
  | {
      readonly kind: 'budget'
      /** `crossed` at 80, 90 and 100 percent, `soft` at the soft budget. */
      readonly state: 'crossed' | 'soft'
      /** `key`, `team`, `user`, `customer`, `tag`, `member`, `gateway`. */
      readonly scope: string
      readonly id: string
      readonly alias: string | null
      readonly spend: number
      /** Infinite for a soft budget alone. */
      readonly budget: number
      readonly percent: number
    }
  | {
      readonly kind: 'refused'
      readonly principal: Principal | undefined
      readonly model: string
      readonly error: unknown
    }
  | { readonly kind: 'settled'; readonly call: LedgerRow }
  | {
      readonly kind: 'audit'
      readonly action: string
      readonly table: string
      readonly id: string
      readonly by: string
    }
  | { readonly kind: 'trouble'; readonly part: 'store' | 'spool'; readonly error: Error }

/** Options of `openControl()`. */
export interface ControlOptions {
  /** A folder for SQLite and the spool. */
  readonly data: string
  /** `postgresql://…`; without it SQLite in `data`. */
  readonly databaseUrl?: string | undefined
  /** A database that is already open, used instead of SQLite in `data`. */
  readonly sql?: Sql | undefined
  /** News of the other processes of the gateway. */
  readonly bus?: Bus | undefined
  readonly masterKey: string
  /** Encrypts secrets at rest. @default derived from the master key */
  readonly saltKey?: string | undefined
  readonly catalog: Catalog
  /** Keys, and customers, that are kept in memory. @default 100_000 */
  readonly mostKept?: number | undefined
  /** @default memoryLimits() */
  readonly limits?: LimitStore | ((seed: Seed) => LimitStore) | undefined
  /** A connected Redis, for `durability: shared` while the database is unreachable. */
  readonly redis?: StreamCommands | undefined
  readonly settings?: ControlSettings | undefined
  /** Must not throw. */
  notify?(event: ControlEvent): void
  /** @default the system clock, in milliseconds since 1970 */
  now?(): number
}

/** Keys, limits and spend: everything between authentication and the ledger. */
export interface Control {
  readonly admission: Admission
  readonly routes: readonly AdminRoute[]
  /** Which database is used, and whether it answers. */
  health(): { readonly database: 'sqlite' | 'postgres'; readonly connected: boolean; readonly lagMs: number }
  /** Verifies a token of an identity provider, so that `authenticate()` knows it. Undefined for other keys. */
  prepare(token: string | undefined): Promise<void> | undefined
  /**
   * Finds the caller of a key.
   * @param ip address of the client, whose failed attempts are counted
   * @throws a refusal with status 401, or 429 after many failed attempts of the address
   */
  authenticate(token: string | undefined, ip?: string): Principal
  /**
   * Checks whether the caller may use a route, by role and by `allowed_routes`.
   * @throws a refusal with status 401 or 403
   */
  authorizeRoute(principal: Principal, method: string, path: string): void
  /** Secrets and documents of other parts, such as models added at run time: encrypted at rest. */
  readonly documents: DocumentStore
  readonly signIn: SignIn
  /** Reads for alerts, reports and metrics. */
  readonly reader: LedgerReader
  /** Replaces the row of a call whose cost was unknown. Resolves to false if the database does not answer. */
  amend(booking: Booking): Promise<boolean>
  /** E-mail of a user, or of the owner of a key. */
  emailOf(scope: string, id: string): string | null
  teamAlias(id: string): string | null
  /** Storage of prompts and answers; undefined unless it is asked for. */
  readonly contents: Contents | undefined
  readonly sessions: Sessions
  /** Texts that all replicas read. */
  readonly texts: SharedTexts
  readonly responseOwners: SqlOwners
  /** Ids of the teams that the caller administers as a member. */
  teamsOf(principal: Principal): string[]
  /** Replaces the settings after a reload. */
  configure(settings: ControlSettings): void
  /** Writes pending rows and closes the database. */
  close(): Promise<void>
}

/** Small encrypted documents by collection and id. All of them are in memory, and changes of other processes arrive within a second. */
export interface DocumentStore {
  list(collection: string): readonly { readonly id: string; readonly value: unknown }[]
  put(collection: string, id: string, value: unknown, by: string): Promise<void>
  remove(collection: string, id: string, by: string): Promise<boolean>
  /** Called after each change, also of other processes. Returns a function that ends it. */
  watch(collection: string, changed: () => void): () => void
}
