import {
  AuthenticationError,
  BadRequestError,
  BudgetExceededError,
  type ErrorDetails,
  InternalServerError,
  type LLMError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
} from 'llmux'

/** How a refusal is answered. */
export interface RefusalDetails {
  /** HTTP status. */
  readonly status: number
  /** `type` of OpenAI's envelope, such as `auth_error` or `budget_exceeded`. */
  readonly type: string
  readonly param?: string | undefined
  /** @default the status as a string */
  readonly code?: string | undefined
  /** When the call could pass, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const known = new WeakMap<object, RefusalDetails>()

/** Creates the error of a refused request. It is an `LLMError` of the class that fits the status. */
export function refuse(message: string, details: RefusalDetails): LLMError {
  const error = create(message, details)
  known.set(error, details)
  return error
}

/** Details of an error that `refuse()` created. */
export const refusalOf = (error: unknown): RefusalDetails | undefined =>
  typeof error === 'object' && error !== null ? known.get(error) : undefined

/** A text of a client in a message. */
export const cut = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text)

/** A request that can't be understood: 400. */
export const badRequest = (message: string, param?: string, type = 'invalid_request_error') =>
  refuse(message, { status: 400, type, param })

/** An unknown key, team, user, …: 404. */
export const notFound = (message: string, param?: string) =>
  refuse(message, { status: 404, type: 'not_found_error', param })

/** A key that is missing, wrong, blocked or expired: 401. */
export const unauthorized = (message: string, type = 'auth_error', param?: string) =>
  refuse(message, { status: 401, type, param })

/** A known caller without the right: 403. */
export const forbidden = (message: string, type = 'permission_error', param?: string) =>
  refuse(message, { status: 403, type, param })

/** A response for a refusal in the dialect of the client. */
export function refusalResponse(
  error: Error,
  { status, type, param, code, retryAfterMs, headers }: RefusalDetails,
  dialect: 'openai' | 'anthropic' | 'gemini',
): { status: number; headers: Record<string, string>; body: unknown } {
  const all: Record<string, string> = { 'content-type': 'application/json', ...headers }
  if (status === 429) all['retry-after'] ??= String(Math.min(60, Math.max(0, Math.ceil((retryAfterMs ?? 1000) / 1000))))
  const { message } = error
  if (dialect === 'anthropic') {
    return {
      status,
      headers: all,
      body: { type: 'error', error: { type: anthropicTypes[status] ?? 'api_error', message } },
    }
  }
  if (dialect === 'gemini') {
    return {
      status,
      headers: all,
      body: { error: { code: status, message, status: geminiStatus[status] ?? 'INTERNAL' } },
    }
  }
  return {
    status,
    headers: all,
    body: { error: { message, type, param: param ?? null, code: code ?? String(status) } },
  }
}

const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'invalid_request_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

const geminiStatus: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  422: 'FAILED_PRECONDITION',
  429: 'RESOURCE_EXHAUSTED',
}

function create(message: string, { status, type, param, retryAfterMs }: RefusalDetails): LLMError {
  const details: ErrorDetails = { status, param, retryAfterMs, retryable: false }
  if (type === 'budget_exceeded') return new BudgetExceededError(message, details)
  switch (status) {
    case 401:
      return new AuthenticationError(message, details)
    case 403:
      return new PermissionDeniedError(message, details)
    case 404:
      return new NotFoundError(message, details)
    case 422:
      return new UnprocessableEntityError(message, details)
    case 429:
      return new RateLimitError(message, { ...details, retryable: true })
    default:
      return status < 500 ? new BadRequestError(message, details) : new InternalServerError(message, details)
  }
}
