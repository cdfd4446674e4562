/**
 * The interfaces of a provider: provider = dialect × address × auth × framing × quirks.
 * Providers import nothing from `src` except types and errors.
 */
import type { Operation } from '../src/types/operation.js'
import type {
  Auth,
  AuthorizeContext,
  HeaderFields,
  OptionHeader,
  RejectedToken,
  Setting,
  Settings,
  Signable,
} from './authentication.js'
import type { CountEndpoint, Dialect } from './dialect.js'

export type * from '../src/types/operation.js'
export type * from './authentication.js'
export * from './dialect.js'

/** Paths of a provider's operations. */
export type Paths = Readonly<Partial<Record<Operation, string>>>

/** Address of a provider. */
export interface Address {
  /**
   * Base URL, without a trailing slash; a function if a setting (region, project) is part of it. Undefined if every caller has a base of
   * their own, or if a setting is missing.
   */
  readonly base: string | undefined | ((settings: Settings) => string | undefined)
  /** Origins of further hosts of the provider's own, as of a region. */
  readonly ownHosts?: RegExp
  /** An example of a base, for the error message about a missing one. */
  readonly example?: string
  /** An alternative to a base, for the same message: `pass accountId`. */
  readonly orElse?: string
  /** Environment variables that replace the base, first match wins. */
  readonly env: readonly string[]
  /** Completes a value from the environment that may be less than a URL (`OLLAMA_HOST=localhost`). */
  readonly fromEnvironment?: (value: string) => string
  /**
   * Path under the base, with its query.
   * @param basePath the path of the base itself, without a slash at its end
   * @param ownHost whether the base is the provider's own
   */
  path(
    operation: Operation,
    model: string,
    stream: boolean,
    settings: Settings,
    basePath: string,
    ownHost?: boolean,
  ): string
}

/** The next request of a job that has no answer yet. */
export interface PollRequest {
  /** Absolute URL, or the end of a path after that of the call: `/result`. Credentials are sent if its origin is that of the call. */
  readonly url: string
  /** Body, for a POST. @default a GET */
  readonly body?: string
  /** Delay before the request, in milliseconds. */
  readonly afterMs?: number
  /** True for another host of the provider's own: it gets the credential of a call to the provider's own host. */
  readonly trusted?: boolean
  /** Path that cancels the job, at the origin of the call: a POST is sent once the call is abandoned, without waiting for its response. */
  readonly cancel?: string
}

/** A provider: dialect, address, authentication and their details. */
export interface Provider<Quirks = unknown> {
  /** The prefix of its model strings. */
  readonly id: string
  /** Its name in messages. */
  readonly name: string
  /** Translation of requests, answers and errors. */
  readonly dialect: Dialect<Quirks>
  /** Base URL and paths. */
  readonly address: Address
  /** Authentication by key or token. */
  readonly auth: Auth
  /** Endpoint that counts the tokens of a prompt. */
  readonly count?: CountEndpoint
  /** Sent with every request: API versions and the like. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Selects the provider for a call, if one host has several dialects (Claude, Gemini and others on Vertex AI) or several APIs (Chat
   * Completions and Responses). It loads their code once.
   */
  readonly route?: (model: string, request?: RouteRequest) => Provider | Promise<Provider>
  /** The model's name at the provider, without prefixes that only choose an API (`invoke/` of Bedrock). */
  readonly modelName?: (model: string) => string
  /** Options of its own, given to `address` and `authorize`. */
  readonly settings?: readonly Setting[]
  /**
   * Headers that need more than a key: a signature over the request, a token that is fetched. Called before every attempt without a key
   * for `auth`. May load an optional package, and caches tokens until they expire.
   * @throws {AuthenticationError} naming the options and variables to set
   */
  readonly authorize?: (
    request: Signable,
    settings: Settings,
    context: AuthorizeContext,
  ) => HeaderFields | Promise<HeaderFields>
  /**
   * Drops a cached token that the provider has rejected. True if `authorize` can get another one: the call is then repeated once,
   * immediately.
   */
  readonly forget?: (rejected: RejectedToken) => boolean
  /**
   * For providers that start a job: the next request, or undefined if the body is the answer. Called with every JSON response of a
   * call, until the call's timeout. If an attempt fails in between, the next one continues with the same job.
   */
  readonly poll?: (body: unknown, stream: boolean) => PollRequest | undefined
  /** Headers made from options or environment (`organization`, `project`). */
  readonly optionHeaders?: readonly OptionHeader[]
  /** Differences from other providers with the same dialect. */
  readonly quirks: Quirks
  /** Replaces `quirks` for calls to the provider's own host, whose behaviour is known better than that of other servers. */
  readonly ownQuirks?: Quirks
}

/** The parts of a call that choose among the APIs of one host. */
export interface RouteRequest {
  /** Operation of the call. */
  readonly operation: Operation
  /** The model behind the name, if the caller gave one. */
  readonly baseModel: string | undefined
  /** The parameters of the call, unchecked. */
  readonly params: Readonly<Record<string, unknown>>
  /** False if the call goes to a base that is not the provider's own. */
  readonly ownHost: boolean
}
