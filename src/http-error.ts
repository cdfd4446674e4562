import { type AnyLLMError, type ErrorCode, LLMError } from './errors.js'

/** The API whose error format a client expects. `openai` covers Chat Completions and Responses. */
export type HttpErrorDialect = 'openai' | 'anthropic' | 'gemini'

/** https://platform.openai.com/docs/guides/error-codes */
export interface OpenAIErrorBody {
  /** The error in OpenAI's form. */
  error: { message: string; type: string; param: string | null; code: string | null }
}

/** https://docs.anthropic.com/en/api/errors */
export interface AnthropicErrorBody {
  /** Always `error`. */
  type: 'error'
  /** The error in Anthropic's form. */
  error: { type: string; message: string }
}

/** https://cloud.google.com/apis/design/errors#http_mapping */
export interface GeminiErrorBody {
  /** The error in Google's form; `details` has a `RetryInfo` if a delay is known. */
  error: { code: number; message: string; status: string; details?: { '@type': string; retryDelay: string }[] }
}

/** Body of an error response, by dialect. */
export interface HttpErrorBodies {
  /** OpenAI's form. */
  openai: OpenAIErrorBody
  /** Anthropic's form. */
  anthropic: AnthropicErrorBody
  /** Google's form. */
  gemini: GeminiErrorBody
}

/** An HTTP response for an error. */
export interface HttpError<Dialect extends HttpErrorDialect = HttpErrorDialect> {
  /** HTTP status, from 400 to 599. */
  status: number
  /** `content-type`, and `retry-after` (seconds) or `x-should-retry: false` if they apply. */
  headers: Record<string, string>
  /** Plain object for `JSON.stringify()`. */
  body: HttpErrorBodies[Dialect]
}

/**
 * Turns an error into the HTTP response that a client of the given API understands: status, headers and body. Use it in servers
 * that answer with llmux.
 *
 * Errors of the client (invalid requests, rate limits, unknown models) keep their message. Failures of the server or of a provider,
 * wrong provider credentials among them, become a 5xx with a general message: log `error` itself. An `AuthenticationError` or
 * `PermissionDeniedError` without a `provider` is the server's own refusal and stays 401 or 403. Values that are no `LLMError` give 500.
 *
 * @param dialect the client's API. @default 'openai'
 * @example
 * app.use((error, request, response, next) => {
 *   const { status, headers, body } = toHttpError(error)
 *   response.status(status).set(headers).json(body)
 * })
 */
export function toHttpError<Dialect extends HttpErrorDialect = 'openai'>(
  error: unknown,
  dialect?: Dialect,
): HttpError<Dialect>
export function toHttpError(error: unknown, dialect: HttpErrorDialect = 'openai'): HttpError {
  const known = reasonOf(error)
  const kind = kindOf(known)
  const status = kind.status[dialect] ?? kind.status.openai
  const message = known && status < 500 ? known.message.replace(serverAddress, 'The model server') : kind.message
  const seconds = retryAfterSeconds(known)
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (seconds !== undefined) headers['retry-after'] = String(seconds)
  // the SDKs of OpenAI and Anthropic retry these statuses unless this header forbids it
  if (known && !known.retryable && (status === 429 || status >= 500)) headers['x-should-retry'] = 'false'
  return { status, headers, body: bodies[dialect]({ kind, status, message, param: known?.param, seconds }) }
}

/** The error of a call; for an aborted one the reason of the abort, if that is an error of this package. */
function reasonOf(error: unknown): AnyLLMError | undefined {
  if (!LLMError.is(error)) return undefined
  return error.code === 'aborted' && LLMError.is(error.cause) ? error.cause : error
}

/** A server of the application's own in a message: its address is none of the client's business. */
const serverAddress = /The server at https?:\/\/\S+/g

interface Kind {
  /** Status by dialect; `openai` is the default of the others. */
  readonly status: { readonly openai: number; readonly anthropic?: number; readonly gemini?: number }
  /** Message in place of the error's own, for failures that are not the client's. */
  readonly message: string
  /** OpenAI's `type` and `code`. */
  readonly openai: readonly [type: string, code: string | null]
  /** Anthropic's `type`. */
  readonly anthropic: string
  /** Google's canonical status. */
  readonly gemini: string
}

const invalid = (code: string | null, status: Kind['status'] = { openai: 400 }): Kind => ({
  status,
  message: 'The request is invalid.',
  openai: ['invalid_request_error', code],
  anthropic: 'invalid_request_error',
  gemini: 'INVALID_ARGUMENT',
})

const failed = (code: string): Kind => ({
  status: { openai: 502, gemini: 500 },
  message: 'The model provider failed to answer.',
  openai: ['server_error', code],
  anthropic: 'api_error',
  gemini: 'INTERNAL',
})

const unavailable = (code: string, anthropic: Pick<Kind, 'anthropic'> & { status: number }): Kind => ({
  status: { openai: 503, anthropic: anthropic.status },
  message: 'The model is currently unavailable. Try again later.',
  openai: ['server_error', code],
  anthropic: anthropic.anthropic,
  gemini: 'UNAVAILABLE',
})

const exhausted = (type: string, code: string): Kind => ({
  status: { openai: 429 },
  message: 'The rate limit is exceeded. Try again later.',
  openai: [type, code],
  anthropic: 'rate_limit_error',
  gemini: 'RESOURCE_EXHAUSTED',
})

// 529 is Anthropic's own status: clients of the other APIs know 503 only
const overloaded = unavailable('overloaded', { status: 529, anthropic: 'overloaded_error' })

const kinds: Readonly<Record<ErrorCode, Kind>> = {
  bad_request: invalid(null),
  unsupported_params: invalid('unsupported_parameter'),
  image_fetch: invalid('invalid_image_url'),
  context_window_exceeded: invalid('context_length_exceeded'),
  content_policy_violation: invalid('content_policy_violation'),
  unprocessable_entity: invalid(null, { openai: 422, anthropic: 400, gemini: 400 }),
  authentication: {
    status: { openai: 401 },
    message: 'The API key is invalid.',
    openai: ['invalid_request_error', 'invalid_api_key'],
    anthropic: 'authentication_error',
    gemini: 'UNAUTHENTICATED',
  },
  permission_denied: {
    status: { openai: 403 },
    message: 'Permission denied.',
    openai: ['invalid_request_error', 'permission_denied'],
    anthropic: 'permission_error',
    gemini: 'PERMISSION_DENIED',
  },
  not_found: {
    status: { openai: 404 },
    message: 'Not found.',
    openai: ['invalid_request_error', 'model_not_found'],
    anthropic: 'not_found_error',
    gemini: 'NOT_FOUND',
  },
  rate_limit: exhausted('rate_limit_error', 'rate_limit_exceeded'),
  quota_exceeded: exhausted('insufficient_quota', 'insufficient_quota'),
  budget_exceeded: exhausted('insufficient_quota', 'insufficient_quota'),
  overloaded,
  no_deployments_available: overloaded,
  service_unavailable: unavailable('service_unavailable', { status: 503, anthropic: 'api_error' }),
  internal_server: failed('internal_server'),
  invalid_response: failed('invalid_response'),
  api_connection: failed('api_connection'),
  stream_interrupted: failed('stream_interrupted'),
  json_schema_validation: failed('json_schema_validation'),
  timeout: {
    status: { openai: 504 },
    message: 'The model did not answer in time.',
    openai: ['server_error', 'timeout'],
    anthropic: 'timeout_error',
    gemini: 'DEADLINE_EXCEEDED',
  },
  aborted: {
    status: { openai: 499 },
    message: 'The request was cancelled.',
    openai: ['invalid_request_error', 'cancelled'],
    anthropic: 'invalid_request_error',
    gemini: 'CANCELLED',
  },
}

const internal: Kind = { ...failed('internal_error'), status: { openai: 500 }, message: 'Internal server error.' }

function kindOf(error: AnyLLMError | undefined): Kind {
  if (!error) return internal
  // the provider rejected the server's key, which is no fault of the client
  if (error.provider && (error.code === 'authentication' || error.code === 'permission_denied'))
    return failed(error.code)
  return Object.hasOwn(kinds, error.code) ? kinds[error.code] : internal
}

function retryAfterSeconds(error: AnyLLMError | undefined): number | undefined {
  const ms = error?.retryAfterMs
  return ms !== undefined && Number.isFinite(ms) && ms > 0 ? Math.ceil(ms / 1000) : undefined
}

interface BodyInput {
  readonly kind: Kind
  readonly status: number
  readonly message: string
  readonly param: string | undefined
  readonly seconds: number | undefined
}

const bodies: { readonly [Dialect in HttpErrorDialect]: (input: BodyInput) => HttpErrorBodies[Dialect] } = {
  openai: ({ kind: { openai }, status, message, param }) => ({
    error: { message, type: openai[0], param: (status < 500 && param) || null, code: openai[1] },
  }),
  anthropic: ({ kind, message }) => ({ type: 'error', error: { type: kind.anthropic, message } }),
  gemini: ({ kind, status, message, seconds }) => ({
    error: {
      code: status,
      message,
      status: kind.gemini,
      ...(seconds !== undefined && {
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds}s` }],
      }),
    },
  }),
}
