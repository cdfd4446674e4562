import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type HttpErrorDialect, LLMError, toHttpError } from 'llmux'
import { type RefusalDetails, refusalOf, refusalResponse, refuse } from '../refusal.js'

/** An error response in the dialect of a client. */
export interface ErrorResponse {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

/** Statuses of errors by their code, as LiteLLM answers them. The provider's own status takes precedence. */
const kinds: Readonly<Record<string, { readonly status: number; readonly type: string; readonly own?: true }>> = {
  bad_request: { status: 400, type: 'invalid_request_error' },
  unsupported_params: { status: 400, type: 'invalid_request_error' },
  image_fetch: { status: 400, type: 'invalid_request_error' },
  context_window_exceeded: { status: 400, type: 'invalid_request_error' },
  content_policy_violation: { status: 400, type: 'invalid_request_error' },
  unprocessable_entity: { status: 422, type: 'invalid_request_error' },
  authentication: { status: 401, type: 'authentication_error' },
  permission_denied: { status: 403, type: 'permission_error' },
  not_found: { status: 404, type: 'not_found_error' },
  rate_limit: { status: 429, type: 'rate_limit_error' },
  quota_exceeded: { status: 429, type: 'insufficient_quota' },
  budget_exceeded: { status: 429, type: 'budget_exceeded' },
  no_deployments_available: { status: 429, type: 'all_deployments_in_cooldown' },
  overloaded: { status: 503, type: 'overloaded_error' },
  service_unavailable: { status: 503, type: 'service_unavailable_error' },
  internal_server: { status: 500, type: 'internal_server_error', own: true },
  invalid_response: { status: 502, type: 'bad_gateway_error' },
  api_connection: { status: 503, type: 'service_unavailable_error' },
  stream_interrupted: { status: 502, type: 'bad_gateway_error' },
  json_schema_validation: { status: 502, type: 'bad_gateway_error' },
  timeout: { status: 408, type: 'timeout_error' },
  aborted: { status: 499, type: 'invalid_request_error' },
}

/** The status of an error that has none of a provider. */
export const statusOfCode = (code: string): number | undefined => kinds[code]?.status

/** Codes whose messages could name addresses inside of the network. */
const inside: ReadonlySet<string> = new Set(['api_connection', 'invalid_response', 'stream_interrupted'])

/** Words of OpenAI that clients look for in `error.code`. */
const words: Readonly<Record<string, string>> = {
  context_window_exceeded: 'context_length_exceeded',
  content_policy_violation: 'content_policy_violation',
}

/** The response for any error, in the one envelope of the dialect. */
export function errorResponse(error: unknown, dialect: HttpErrorDialect): ErrorResponse {
  const refusal =
    error instanceof Error
      ? (refusalOf(error) ?? timeoutOf(error) ?? databaseOf(error) ?? depthOf(error) ?? detailsOf(error, dialect))
      : undefined
  if (refusal) {
    const message = 'message' in refusal ? String(refusal.message) : (error as Error).message
    const { status, headers, body } = refusalResponse(new Error(message), refusal, dialect)
    return { status, headers, body: JSON.stringify(body) }
  }
  const { status, headers, body } = toHttpError(error, dialect)
  return { status, headers, body: JSON.stringify(withCode(body, status)) }
}

/** A query that PostgreSQL has ended at its statement timeout. */
function timeoutOf(error: Error): (RefusalDetails & { readonly message: string }) | undefined {
  if ((error as NodeJS.ErrnoException).code !== '57014') return undefined
  return {
    status: 503,
    type: 'service_unavailable_error',
    message: 'The database took too long. Choose a shorter range of time, or fewer names.',
  }
}

/** A database that can't be reached, is read-only or has no room. The log has the details. */
function databaseOf(error: Error): (RefusalDetails & { readonly message: string }) | undefined {
  const code = String((error as NodeJS.ErrnoException).code ?? '')
  const full = code === '53100' || /database or disk is full/.test(error.message)
  const readOnly = code === '25006' || /readonly database/.test(error.message)
  const gone = /^(08|57P|53300$|ECONNREFUSED$|ECONNRESET$|EPIPE$|ETIMEDOUT$|ENOTFOUND$|EAI_AGAIN$)/.test(code)
  const unreachable = gone || /^(Connection terminated|timeout exceeded when trying to connect)/.test(error.message)
  if (!full && !readOnly && !unreachable) return undefined
  const reason = full ? 'has no room left' : readOnly ? 'is read-only' : "can't be reached"
  return {
    status: 503,
    type: 'service_unavailable_error',
    message: `The database ${reason}. Nothing was changed; try again later.`,
    headers: { 'retry-after': '5' },
  }
}

/** A body whose nesting is deeper than the call stack. */
function depthOf(error: Error): (RefusalDetails & { readonly message: string }) | undefined {
  if (!(error instanceof RangeError) || !error.message.includes('call stack')) return undefined
  return { status: 400, type: 'invalid_request_error', message: 'The body must not be nested so deep.' }
}

/** An error of the Router or of a provider. */
function detailsOf(
  given: unknown,
  dialect: HttpErrorDialect,
): (RefusalDetails & { readonly message: string }) | undefined {
  if (!LLMError.is(given)) return undefined
  const error = firstGroup(given)
  const kind = kinds[error.code]
  if (!kind) return undefined
  const own = error.status
  // clients of Anthropic turn to another model after its own status
  const overloaded = dialect === 'anthropic' && error.code === 'overloaded' && own === 529
  const status = overloaded || (kind.own && own !== undefined && own >= 500 && own <= 599) ? own : kind.status
  const message =
    status >= 500 && inside.has(error.code) ? toHttpError(given).body.error.message : withoutAddress(error.message)
  return {
    status,
    message,
    type: kind.type,
    param: error.param,
    code: words[error.code] ?? (status === 400 && isUnknownPrevious(given) ? 'previous_response_not_found' : undefined),
    retryAfterMs: error.retryAfterMs,
    headers: !error.retryable && (status === 429 || status >= 500) ? { 'x-should-retry': 'false' } : undefined,
  }
}

/** Clients send the whole conversation after the code for it. */
const isUnknownPrevious = ({ param, provider, providerCode }: LLMError) =>
  providerCode === 'previous_response_not_found' || (param === 'previous_response_id' && provider === undefined)

/** Addresses of providers may be those of an inner network. */
const withoutAddress = (message: string) =>
  message
    .replace(/ at https?:\/\/[^\s'"]+/g, '')
    .replace(/https?:\/\/(127\.|10\.|192\.168\.|localhost)[^\s'"]*/g, 'the provider')

interface Failure {
  readonly code: string
  readonly message: string
  readonly status: number | undefined
  readonly param: string | undefined
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
}

/** After fallbacks that failed as well, the client learns how the model failed that it has asked for. */
function firstGroup(error: Failure & Pick<LLMError, 'attempts'>): Failure {
  const { attempts } = error
  const group = attempts[0]?.modelGroup
  const last = attempts.at(-1)
  if (group === undefined || last?.modelGroup === group || last?.outcome !== error.code) return error
  const own = attempts.filter((attempt) => attempt.modelGroup === group).at(-1)
  if (!own || own.outcome === 'success') return error
  const others = [...new Set(attempts.map(({ modelGroup }) => modelGroup))].slice(1).join(', ')
  const { retryable, retryAfterMs } = error
  return {
    code: own.outcome,
    message: `${own.message ?? error.message} The fallbacks failed as well: ${others}.`,
    status: own.status,
    param: undefined,
    retryable,
    retryAfterMs,
  }
}

/** LiteLLM's clients read the status as `code`. */
function withCode(body: object, status: number): object {
  const error: unknown = Reflect.get(body, 'error')
  if (typeof error !== 'object' || error === null || !('param' in error)) return body
  return { error: { ...error, code: Reflect.get(error, 'code') ?? String(status) } }
}

/** Completes an error that the SDK's handler has written itself, such as one for bad JSON. */
export function completeError(body: string, status: number): string {
  try {
    return JSON.stringify(withCode(JSON.parse(body) as object, status))
  } catch {
    return body
  }
}

/** The dialect of an unknown or broken request, by its path and headers. */
export function dialectOf(path: string, headers: Readonly<Record<string, unknown>>): HttpErrorDialect {
  if (headers['anthropic-version'] !== undefined || /\/messages(\/|$)/.test(path)) return 'anthropic'
  if (/^\/v1(beta|alpha)\d*\//.test(path) || /\/models\/[^/]+:\w+$/.test(path)) return 'gemini'
  return 'openai'
}

/** Answers bytes that are no HTTP request in OpenAI's envelope, and closes the connection. */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const [status, text] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ([431, 'The headers must have at most 16 kB.'] as const)
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'The request took too long to arrive.'] as const)
        : ([400, 'The request is no valid HTTP.'] as const)
  const { body } = errorResponse(refuse(text, { status, type: 'invalid_request_error' }), 'openai')
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json\r\n`
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
