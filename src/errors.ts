import type { ChatCompletion } from './types/chat.js'
import type { EmbeddingResponse } from './types/embedding.js'
import type { Attempt } from './types/meta.js'

const brand = Symbol.for('llmux.error')

/** Details of a failure, all optional. */
export interface ErrorDetails {
  /** HTTP status, if the provider answered. */
  status?: number | undefined
  /** Prefix of the provider, such as `openai`. */
  provider?: string | undefined
  /** Model requested from the provider. */
  model?: string | undefined
  /** The provider's id of the request, for their support. */
  requestId?: string | undefined
  /** Delay requested by the provider before a retry, in milliseconds. */
  retryAfterMs?: number | undefined
  /** The provider's own code or type from the error body. */
  providerCode?: string | undefined
  /** The invalid field of the request. */
  param?: string | undefined
  /** The provider's error body, parsed if it was JSON. Credentials are redacted. */
  body?: unknown
  /** The partial answer of a stream that failed. */
  partial?: ChatCompletion | undefined
  /** Overrides the default of the class. */
  retryable?: boolean | undefined
  /** Underlying error, such as a socket error or the reason of an abort. */
  cause?: unknown
}

/**
 * Base class of every error that llmux throws. `code` is a literal type, so a `switch` narrows it. `LLMError.is()` also recognises
 * errors of another copy of the package, such as ESM beside CommonJS.
 */
export abstract class LLMError extends Error {
  /** Literal code of the class, for `switch`. */
  abstract readonly code: ErrorCode
  /** True if the same call may succeed later or with another provider. */
  readonly retryable: boolean
  /** HTTP status, if the provider answered. */
  readonly status: number | undefined
  /** Prefix of the provider, such as `openai`. */
  readonly provider: string | undefined
  /** Model requested from the provider. */
  readonly model: string | undefined
  /** The provider's id of the request, for their support. */
  readonly requestId: string | undefined
  /** Delay requested by the provider before a retry, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** The provider's own code or type from the error body. */
  readonly providerCode: string | undefined
  /** The invalid field of the request. */
  readonly param: string | undefined
  /** The provider's error body, parsed if it was JSON, without credentials. */
  readonly body: unknown
  /** The partial answer of a stream that failed. Not enumerable. */
  declare readonly partial: ChatCompletion | undefined
  /** The results so far of an embedding in several requests; `index` is the position of the input. Not enumerable. */
  declare readonly partialEmbedding?: EmbeddingResponse<number[] | Float32Array> | undefined
  /** All attempts of the call, including the last one. */
  attempts: readonly Attempt[] = []

  constructor(message: string, details: ErrorDetails = {}) {
    super(bounded(message), details.cause === undefined ? undefined : { cause: details.cause })
    this.status = details.status
    this.provider = details.provider
    this.model = details.model
    this.requestId = details.requestId
    this.retryAfterMs = details.retryAfterMs
    this.providerCode = details.providerCode
    this.param = details.param === undefined ? undefined : shortened(details.param, 200)
    this.body = details.body
    this.retryable = details.retryable ?? new.target.retryable
    Object.defineProperty(this, 'partial', { value: details.partial, enumerable: false, configurable: true })
  }

  /** Default of `retryable` for the class. */
  protected static readonly retryable: boolean = false

  get [brand](): true {
    return true
  }

  /** True if `value` is an error of llmux, from any copy of the package. */
  static is(value: unknown): value is AnyLLMError {
    return typeof value === 'object' && value !== null && brand in value
  }

  /** Fields for a log, without credentials and without the partial answer. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, retryable, status, provider, model, requestId, retryAfterMs, providerCode, param } =
      this
    const json: Record<string, unknown> = { name, code, message, retryable, status, provider, model, requestId }
    return { ...json, retryAfterMs, providerCode, param, body: this.body, attempts: this.attempts }
  }
}

/** 401: the key is missing, wrong or revoked. */
export class AuthenticationError extends LLMError {
  override readonly name = 'AuthenticationError' as const
  readonly code = 'authentication'
}

/** 403: the key is valid but lacks permission. */
export class PermissionDeniedError extends LLMError {
  override readonly name = 'PermissionDeniedError' as const
  readonly code = 'permission_denied'
}

/** 404: unknown model, deployment or path. */
export class NotFoundError extends LLMError {
  override readonly name = 'NotFoundError' as const
  readonly code = 'not_found'
}

/** 400 and similar: the request is invalid; retrying it can't succeed. Also thrown before anything is sent. */
export class BadRequestError extends LLMError {
  override readonly name: string = 'BadRequestError'
  readonly code:
    | 'bad_request'
    | 'context_window_exceeded'
    | 'content_policy_violation'
    | 'unsupported_params'
    | 'image_fetch' = 'bad_request'
}

/** The prompt, or prompt and answer together, exceed the model's context window. */
export class ContextWindowExceededError extends BadRequestError {
  override readonly name = 'ContextWindowExceededError' as const
  override readonly code = 'context_window_exceeded'
}

/** The provider's safety system rejected the prompt or the answer. */
export class ContentPolicyViolationError extends BadRequestError {
  override readonly name = 'ContentPolicyViolationError' as const
  override readonly code = 'content_policy_violation'
}

/** The provider doesn't support a parameter. With `dropParams: true` it is dropped with a warning in `meta.warnings`. */
export class UnsupportedParamsError extends BadRequestError {
  override readonly name = 'UnsupportedParamsError' as const
  override readonly code = 'unsupported_params'
  /** The unsupported parameters, by their names in the request. */
  readonly params: readonly string[]
  constructor(message: string, details: ErrorDetails & { params: readonly string[] }) {
    super(message, details)
    this.params = details.params
  }
}

/** An image or file referenced by the request could not be downloaded. */
export class ImageFetchError extends BadRequestError {
  override readonly name = 'ImageFetchError' as const
  override readonly code = 'image_fetch'
}

/** 422: the request is well-formed but not acceptable. */
export class UnprocessableEntityError extends LLMError {
  override readonly name = 'UnprocessableEntityError' as const
  readonly code = 'unprocessable_entity'
}

/** 429: a rate limit was exceeded. Retry later or use another provider; see `retryAfterMs`. */
export class RateLimitError extends LLMError {
  override readonly name = 'RateLimitError' as const
  readonly code = 'rate_limit'
  protected static override readonly retryable = true
}

/** The account has no credit or quota left. A retry doesn't help. */
export class QuotaExceededError extends LLMError {
  override readonly name = 'QuotaExceededError' as const
  readonly code = 'quota_exceeded'
}

/** The provider is out of capacity (529, "overloaded"), independently of the caller's limits. */
export class OverloadedError extends LLMError {
  override readonly name = 'OverloadedError' as const
  readonly code = 'overloaded'
  protected static override readonly retryable = true
}

/** 5xx: the provider failed. */
export class InternalServerError extends LLMError {
  override readonly name: string = 'InternalServerError'
  readonly code: 'internal_server' | 'invalid_response' = 'internal_server'
  protected static override readonly retryable = true
}

/** The response violates the API: HTML, truncated JSON or garbage. */
export class InvalidResponseError extends InternalServerError {
  override readonly name = 'InvalidResponseError' as const
  override readonly code = 'invalid_response'
}

/** 502, 503: the provider's service is unavailable behind its front end. */
export class ServiceUnavailableError extends LLMError {
  override readonly name = 'ServiceUnavailableError' as const
  readonly code = 'service_unavailable'
  protected static override readonly retryable = true
}

/** No response: unknown host, refused or reset connection, or an invalid certificate. */
export class APIConnectionError extends LLMError {
  override readonly name = 'APIConnectionError' as const
  readonly code = 'api_connection'
  protected static override readonly retryable = true
}

/** The timeout that expired; `upstream` means that the provider reported it (408, 504). */
export type TimeoutPhase = 'total' | 'connect' | 'headers' | 'first_token' | 'idle' | 'upstream'

/** A timeout of the call expired, or the provider reported one (408, 504). */
export class TimeoutError extends LLMError {
  override readonly name = 'TimeoutError' as const
  readonly code = 'timeout'
  protected static override readonly retryable = true
  /** The timeout that expired. */
  readonly phase: TimeoutPhase
  constructor(message: string, details: ErrorDetails & { phase: TimeoutPhase }) {
    super(message, details)
    this.phase = details.phase
  }
}

/** A stream ended early: the connection closed before its end marker. `partial` has the answer so far. */
export class StreamInterruptedError extends LLMError {
  override readonly name = 'StreamInterruptedError' as const
  readonly code = 'stream_interrupted'
  protected static override readonly retryable = true
}

/** The caller's `signal` or `stream.abort()` ended the call. `cause` is the given reason. */
export class AbortError extends LLMError {
  override readonly name = 'AbortError' as const
  readonly code = 'aborted'
}

/** A budget of a Router, deployment, provider or tag is exhausted. Thrown before anything is sent. */
export class BudgetExceededError extends LLMError {
  override readonly name = 'BudgetExceededError' as const
  readonly code = 'budget_exceeded'
}

/** No deployment of a model group is available. `retryAfterMs` is the time until one may be, in milliseconds. */
export class NoDeploymentsAvailableError extends LLMError {
  override readonly name = 'NoDeploymentsAvailableError' as const
  readonly code = 'no_deployments_available'
  protected static override readonly retryable = true
  /** Each deployment of the group and why it was excluded. */
  readonly deployments: readonly { deployment: string; reason: string; retryAfterMs?: number }[]
  constructor(
    message: string,
    details: ErrorDetails & {
      deployments?: readonly { deployment: string; reason: string; retryAfterMs?: number }[]
    } = {},
  ) {
    super(message, details)
    this.deployments = details.deployments ?? []
  }
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), deployments: this.deployments }
  }
}

/** The answer doesn't match the schema in `response_format`. `completion` has the answer. */
export class JSONSchemaValidationError extends LLMError {
  override readonly name = 'JSONSchemaValidationError' as const
  readonly code = 'json_schema_validation'
  /** Validation issues with their paths, such as `items[0].price`. */
  readonly issues: readonly { message: string; path: string }[]
  /** The answer that failed validation. */
  readonly completion: ChatCompletion | undefined
  constructor(
    message: string,
    details: ErrorDetails & {
      issues: readonly { message: string; path: string }[]
      completion?: ChatCompletion | undefined
    },
  ) {
    super(message, details)
    this.issues = details.issues
    this.completion = details.completion
  }
}

/** Every concrete error class by its name. The one list that the types below are made of. */
export interface ErrorClasses {
  AuthenticationError: AuthenticationError
  PermissionDeniedError: PermissionDeniedError
  NotFoundError: NotFoundError
  BadRequestError: BadRequestError & { readonly code: 'bad_request' }
  ContextWindowExceededError: ContextWindowExceededError
  ContentPolicyViolationError: ContentPolicyViolationError
  UnsupportedParamsError: UnsupportedParamsError
  ImageFetchError: ImageFetchError
  UnprocessableEntityError: UnprocessableEntityError
  RateLimitError: RateLimitError
  QuotaExceededError: QuotaExceededError
  OverloadedError: OverloadedError
  InternalServerError: InternalServerError & { readonly code: 'internal_server' }
  InvalidResponseError: InvalidResponseError
  ServiceUnavailableError: ServiceUnavailableError
  APIConnectionError: APIConnectionError
  TimeoutError: TimeoutError
  StreamInterruptedError: StreamInterruptedError
  AbortError: AbortError
  BudgetExceededError: BudgetExceededError
  NoDeploymentsAvailableError: NoDeploymentsAvailableError
  JSONSchemaValidationError: JSONSchemaValidationError
}

/** Every error of llmux, as a union that `switch (error.code)` narrows. */
export type AnyLLMError = ErrorClasses[keyof ErrorClasses]

/** Literal `code` of an error. */
export type ErrorCode = AnyLLMError['code']

/** Class names for tables by error, such as `{ RateLimitError: 3 }`. Aborts by the caller are never counted. */
export type ErrorClass = Exclude<keyof ErrorClasses, 'AbortError'>

/** Describes a rejected value for a message: `got 'yes'`, `got an empty array`, `got undefined`. Hides the login of a URL; never pass another credential. */
export function got(value: unknown): string {
  return `got ${description(value)}`
}

/** A text from outside as far as a message shows it, on one measure for names and values. */
export const shortened = (text: string, most = 80): string => (text.length > most ? `${text.slice(0, most)}…` : text)

/** A message quotes names and causes from outside. Its start has the problem and its end the remedy. */
function bounded(message: string): string {
  if (typeof message !== 'string' || message.length <= 4000) return message
  return `${message.slice(0, 3000)} … ${message.slice(-900)}`
}

/** The user name and password of a URL are never shown, also if it is malformed. */
const withoutLogin = (text: string): string => text.replace(/\/\/[^/\s]*@/g, '//[redacted]@')

function description(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${shortened(withoutLogin(value))}'`
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'symbol':
      return 'a symbol'
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
      return 'an object'
    default:
      return String(value)
  }
}
