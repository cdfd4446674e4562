import type { ChatCompletion } from './types/chat.js'
import type { Attempt } from './types/meta.js'

const brand = Symbol.for('llmux.error')

/** What is known of a failure. */
export interface ErrorDetails {
  /** HTTP status, where there was an answer. */
  status?: number | undefined
  provider?: string | undefined
  model?: string | undefined
  /** The provider's id of the request: quote it to their support. */
  requestId?: string | undefined
  /** How long the provider asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined
  /** The provider's own code or type, as it stood in the error body. */
  providerCode?: string | undefined
  /** The request field that the provider objects to. */
  param?: string | undefined
  /** The provider's error body, parsed where it was JSON. Credentials are blotted out. */
  body?: unknown
  /** What had arrived of a streamed answer before it failed. */
  partial?: ChatCompletion | undefined
  /** Overrides what the class says about trying again. */
  retryable?: boolean | undefined
  cause?: unknown
}

/**
 * Base of every error that llmux throws. `code` is a literal, so a `switch` narrows; `LLMError.is()`
 * recognises errors of another copy of the package too (ESM beside CommonJS).
 */
export abstract class LLMError extends Error {
  abstract readonly code: ErrorCode
  /** True where the same call may succeed later or elsewhere. */
  readonly retryable: boolean
  readonly status: number | undefined
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  readonly providerCode: string | undefined
  readonly param: string | undefined
  readonly body: unknown
  /** What had arrived of a streamed answer before it failed. Not enumerable. */
  declare readonly partial: ChatCompletion | undefined
  /** Every try of the call, the last one included. */
  attempts: readonly Attempt[] = []

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.status = details.status
    this.provider = details.provider
    this.model = details.model
    this.requestId = details.requestId
    this.retryAfterMs = details.retryAfterMs
    this.providerCode = details.providerCode
    this.param = details.param
    this.body = details.body
    this.retryable = details.retryable ?? new.target.retryable
    Object.defineProperty(this, 'partial', { value: details.partial, enumerable: false, configurable: true })
  }

  /** Whether calls that fail so are worth another try, where the failure itself says nothing about it. */
  protected static readonly retryable: boolean = false

  get [brand](): true {
    return true
  }

  /** Whether `value` is an error of llmux, of whichever copy of the package. */
  static is(value: unknown): value is AnyLLMError {
    return typeof value === 'object' && value !== null && brand in value
  }

  /** What a log needs, and nothing that a log must not have. */
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

/** 403: the key is good, but may not do this. */
export class PermissionDeniedError extends LLMError {
  override readonly name = 'PermissionDeniedError' as const
  readonly code = 'permission_denied'
}

/** 404: no such model, deployment or path. */
export class NotFoundError extends LLMError {
  override readonly name = 'NotFoundError' as const
  readonly code = 'not_found'
}

/** 400 and its like: the request is wrong, and will be wrong again. Also thrown before anything is sent. */
export class BadRequestError extends LLMError {
  override readonly name: string = 'BadRequestError'
  readonly code:
    | 'bad_request'
    | 'context_window_exceeded'
    | 'content_policy_violation'
    | 'unsupported_params'
    | 'image_fetch' = 'bad_request'
}

/** The prompt, or prompt and answer together, are longer than the model's window. */
export class ContextWindowExceededError extends BadRequestError {
  override readonly name = 'ContextWindowExceededError' as const
  override readonly code = 'context_window_exceeded'
}

/** The provider's safety system refused the prompt or the answer. */
export class ContentPolicyViolationError extends BadRequestError {
  override readonly name = 'ContentPolicyViolationError' as const
  override readonly code = 'content_policy_violation'
}

/** The target can't honour a parameter. `dropParams: true` leaves it out and reports it in `meta.warnings`. */
export class UnsupportedParamsError extends BadRequestError {
  override readonly name = 'UnsupportedParamsError' as const
  override readonly code = 'unsupported_params'
  /** The parameters, as they are named in the request. */
  readonly params: readonly string[]
  constructor(message: string, details: ErrorDetails & { params: readonly string[] }) {
    super(message, details)
    this.params = details.params
  }
}

/** An image or file that the request points at could not be had. */
export class ImageFetchError extends BadRequestError {
  override readonly name = 'ImageFetchError' as const
  override readonly code = 'image_fetch'
}

/** 422: well-formed, and still not acceptable. */
export class UnprocessableEntityError extends LLMError {
  override readonly name = 'UnprocessableEntityError' as const
  readonly code = 'unprocessable_entity'
}

/** 429: too much in too short a time. Try later, or elsewhere; see `retryAfterMs`. */
export class RateLimitError extends LLMError {
  override readonly name = 'RateLimitError' as const
  readonly code = 'rate_limit'
  protected static override readonly retryable = true
}

/** The account has no credit or quota left. Waiting does not help; paying does. */
export class QuotaExceededError extends LLMError {
  override readonly name = 'QuotaExceededError' as const
  readonly code = 'quota_exceeded'
}

/** The provider has no capacity just now (529, "overloaded"). Not the caller's limit: try elsewhere. */
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

/** The answer was not what the API promises: HTML, half a JSON, garbage. */
export class InvalidResponseError extends InternalServerError {
  override readonly name = 'InvalidResponseError' as const
  override readonly code = 'invalid_response'
}

/** 502, 503: the provider can't be reached behind its own front door. */
export class ServiceUnavailableError extends LLMError {
  override readonly name = 'ServiceUnavailableError' as const
  readonly code = 'service_unavailable'
  protected static override readonly retryable = true
}

/** No answer at all: the host is unknown, refused, reset the connection, or its certificate is bad. */
export class APIConnectionError extends LLMError {
  override readonly name = 'APIConnectionError' as const
  readonly code = 'api_connection'
  protected static override readonly retryable = true
}

/** Which clock ran out. */
export type TimeoutPhase = 'total' | 'connect' | 'headers' | 'first_token' | 'idle' | 'upstream'

/** A clock of the call ran out, or the provider says so (408, 504). */
export class TimeoutError extends LLMError {
  override readonly name = 'TimeoutError' as const
  readonly code = 'timeout'
  protected static override readonly retryable = true
  readonly phase: TimeoutPhase
  constructor(message: string, details: ErrorDetails & { phase: TimeoutPhase }) {
    super(message, details)
    this.phase = details.phase
  }
}

/** A stream ended before its end: the connection closed, and no end mark had come. What had arrived is on `partial`. */
export class StreamInterruptedError extends LLMError {
  override readonly name = 'StreamInterruptedError' as const
  readonly code = 'stream_interrupted'
  protected static override readonly retryable = true
}

/** The caller's `signal` or `stream.abort()` ended the call. The reason given is the `cause`. */
export class AbortError extends LLMError {
  override readonly name = 'AbortError' as const
  readonly code = 'aborted'
}

/** A budget of a Router, deployment, provider or tag is used up. Thrown before anything is sent. */
export class BudgetExceededError extends LLMError {
  override readonly name = 'BudgetExceededError' as const
  readonly code = 'budget_exceeded'
}

/** No deployment of a model group can take the call just now; `retryAfterMs` is when one may. */
export class NoDeploymentsAvailableError extends LLMError {
  override readonly name = 'NoDeploymentsAvailableError' as const
  readonly code = 'no_deployments_available'
  protected static override readonly retryable = true
  /** Each deployment of the group, and why it could not take the call. */
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

/** The answer is not what the schema in `response_format` asks for. The answer itself is on `completion`. */
export class JSONSchemaValidationError extends LLMError {
  override readonly name = 'JSONSchemaValidationError' as const
  readonly code = 'json_schema_validation'
  readonly issues: readonly { message: string; path: string }[]
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

/** Every error of llmux, as a union that `switch (error.code)` narrows. */
export type AnyLLMError =
  | AuthenticationError
  | PermissionDeniedError
  | NotFoundError
  | (BadRequestError & { readonly code: 'bad_request' })
  | ContextWindowExceededError
  | ContentPolicyViolationError
  | UnsupportedParamsError
  | ImageFetchError
  | UnprocessableEntityError
  | RateLimitError
  | QuotaExceededError
  | OverloadedError
  | (InternalServerError & { readonly code: 'internal_server' })
  | InvalidResponseError
  | ServiceUnavailableError
  | APIConnectionError
  | TimeoutError
  | StreamInterruptedError
  | AbortError
  | BudgetExceededError
  | NoDeploymentsAvailableError
  | JSONSchemaValidationError

export type ErrorCode = AnyLLMError['code']

/** The names of the classes, for tables by error: `{ RateLimitError: 3 }`. */
export type ErrorClass =
  | 'AuthenticationError'
  | 'PermissionDeniedError'
  | 'NotFoundError'
  | 'BadRequestError'
  | 'ContextWindowExceededError'
  | 'ContentPolicyViolationError'
  | 'UnsupportedParamsError'
  | 'ImageFetchError'
  | 'UnprocessableEntityError'
  | 'RateLimitError'
  | 'QuotaExceededError'
  | 'OverloadedError'
  | 'InternalServerError'
  | 'InvalidResponseError'
  | 'ServiceUnavailableError'
  | 'APIConnectionError'
  | 'TimeoutError'
  | 'StreamInterruptedError'
  | 'BudgetExceededError'
  | 'NoDeploymentsAvailableError'
  | 'JSONSchemaValidationError'

/** Describes a rejected value for a message: `got 'yes'`, `got an empty array`, `got undefined`. Never pass a credential. */
export function got(value: unknown): string {
  return `got ${description(value)}`
}

function description(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value.length > 80 ? `${value.slice(0, 80)}…` : value}'`
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
