import type { ErrorFacts, ErrorKind, Provider } from '../../providers/contract.js'
import {
  APIConnectionError,
  AuthenticationError,
  BadRequestError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  type ErrorDetails,
  ImageFetchError,
  InternalServerError,
  InvalidResponseError,
  type LLMError,
  NotFoundError,
  OverloadedError,
  PermissionDeniedError,
  QuotaExceededError,
  RateLimitError,
  ServiceUnavailableError,
  TimeoutError,
  UnprocessableEntityError,
} from '../errors.js'
import type { HeaderMap } from '../transport/exchange.js'
import type { ChatCompletion } from '../types/chat.js'
import { redact } from './redact.js'
import { header, requestId, retryAfter, shouldRetry } from './response-headers.js'
import type { Target } from './target.js'

/** Context of a failure, for its error. */
export interface ErrorContext {
  readonly provider: Provider
  readonly model: string
  readonly target: Target
  readonly wallNow: number
  readonly partial?: ChatCompletion | undefined
}

/** Maximum size of an error body, in bytes. The rest is not read. */
export const errorBodyLimit = 65_536

/** Maximum time for an error body after its headers, in milliseconds: the status is known, and a retry may help. */
export const errorBodyTimeout = 3_000

type Make = new (message: string, details: ErrorDetails) => LLMError

const classes: Readonly<Record<Exclude<ErrorKind, 'timeout'>, Make>> = {
  authentication: AuthenticationError,
  permission_denied: PermissionDeniedError,
  not_found: NotFoundError,
  bad_request: BadRequestError,
  context_window_exceeded: ContextWindowExceededError,
  content_policy_violation: ContentPolicyViolationError,
  unprocessable_entity: UnprocessableEntityError,
  rate_limit: RateLimitError,
  quota_exceeded: QuotaExceededError,
  overloaded: OverloadedError,
  internal_server: InternalServerError,
  service_unavailable: ServiceUnavailableError,
  image_fetch: ImageFetchError,
  invalid_response: InvalidResponseError,
}

/** The error for a response with a status other than 2xx. */
export function errorFromResponse(scene: ErrorContext, status: number, headers: HeaderMap, rawText: string): LLMError {
  // a margin for secrets at the cut: half a secret would not be found
  const text = redact(rawText.slice(0, errorBodyLimit + 4096), scene.target.secrets).slice(0, errorBodyLimit)
  const body = parseJSON(text)
  if (status >= 300 && status < 400) return redirected(scene, status, headers)
  const facts = scene.provider.dialect.error({ status, body, text, headers })
  return errorFromFacts(scene, facts, status, headers, body ?? text)
}

/** The error for an error body inside a stream or a 200 response. */
export function errorFromBody(scene: ErrorContext, status: number, headers: HeaderMap, body: unknown): LLMError {
  const text = redact(safeStringify(body), scene.target.secrets)
  const parsed = parseJSON(text)
  const facts = scene.provider.dialect.error({ status, body: parsed, text })
  return errorFromFacts(scene, facts, status, headers, parsed ?? text.slice(0, errorBodyLimit))
}

function errorFromFacts(
  scene: ErrorContext,
  facts: ErrorFacts,
  status: number,
  headers: HeaderMap,
  body: unknown,
): LLMError {
  const { provider, model } = scene
  const named = facts.status ?? status
  const verdict = shouldRetry(headers)
  const details: ErrorDetails = {
    status: named,
    provider: provider.id,
    model,
    requestId: redacted(requestId(headers), scene) ?? idInBody(body),
    retryAfterMs: retryAfter(headers, scene.wallNow) ?? facts.retryAfterMs,
    providerCode: facts.providerCode,
    param: facts.param,
    body: body === '' ? undefined : body,
    partial: scene.partial,
    // 409 is a temporary conflict; the other classes know themselves whether they are retryable
    retryable: facts.kind === 'quota_exceeded' ? false : (verdict ?? (named === 409 ? true : undefined)),
  }
  const message = sentence(
    named >= 400 ? `${scene.target.who} answered ${named}` : `${scene.target.who} answered with an error`,
    facts.message,
    facts.hint ?? hintFor(facts.kind, scene, details),
  )
  if (facts.kind === 'timeout') return new TimeoutError(message, { ...details, phase: 'upstream' })
  return new classes[facts.kind](message, details)
}

function hintFor(
  kind: ErrorKind,
  { provider, model, target }: ErrorContext,
  details: ErrorDetails,
): string | undefined {
  switch (kind) {
    case 'authentication': {
      if (target.withheld) return target.withheld
      const names = provider.auth.schemes.flatMap((scheme) => scheme.env).join(' or ')
      return target.keySource === 'environment'
        ? `The key came from ${target.keyName}: check it.`
        : `Check the apiKey option${names ? ` or ${names}` : ''}.`
    }
    case 'permission_denied':
      return target.keySource === 'environment'
        ? `The key came from ${target.keyName}: is it the right one?`
        : undefined
    case 'not_found':
      return `The model was '${model}' at ${target.base}: check both.`
    case 'rate_limit':
      return details.retryAfterMs === undefined ? undefined : `It asks to wait ${details.retryAfterMs} ms.`
    case 'quota_exceeded':
      return 'The account has no credit or quota left: waiting does not help.'
    default:
      return undefined
  }
}

function redirected(scene: ErrorContext, status: number, headers: HeaderMap): LLMError {
  const location = headers.location
  const where = typeof location === 'string' ? ` to ${redact(location, scene.target.secrets)}` : ''
  return new BadRequestError(
    `${scene.target.who} answered ${status}, a redirect${where}. Redirects are not followed, so that keys stay with ` +
      `their host: set apiBase to the final address (it is ${scene.target.base}).`,
    { status, provider: scene.provider.id, model: scene.model, requestId: redacted(requestId(headers), scene) },
  )
}

/** The error for a 2xx response that violates the API. */
export function invalidResponse(
  scene: ErrorContext,
  status: number,
  headers: HeaderMap,
  what: string,
  text: string,
): LLMError {
  // redact before cutting: half a secret would not be found
  const start = redact(text.slice(0, errorBodyLimit), scene.target.secrets).slice(0, 200).replace(/\s+/g, ' ').trim()
  const contentType = redacted(header(headers, 'content-type'), scene)
  const type = contentType ? ` (${contentType})` : ''
  return new InvalidResponseError(
    `${scene.target.who} answered ${status}${type}, but ${what}. Is apiBase right (${scene.target.base})?` +
      // the text of a stream is not kept: the fault quotes it
      (start ? ` The answer begins: ${start}` : what.startsWith('its stream') ? '' : ' The answer is empty.'),
    {
      status,
      provider: scene.provider.id,
      model: scene.model,
      requestId: redacted(requestId(headers), scene),
      body: start || undefined,
      partial: scene.partial,
    },
  )
}

/** The error for a request without a response. */
export function connectionError(scene: ErrorContext, cause: Error): LLMError {
  const code = codeOf(cause)
  const { base } = scene.target
  const details: ErrorDetails = { provider: scene.provider.id, model: scene.model, cause, partial: scene.partial }
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new TimeoutError(`No connection to ${base} within the connect timeout.`, { ...details, phase: 'connect' })
  }
  if (code !== undefined && unsendable.has(code)) {
    const message = `The request could not be sent: ${redact(cause.message, scene.target.secrets)}. Check 'headers'.`
    return new BadRequestError(message, { ...details, param: 'headers' })
  }
  const [what, retryable] = explain(code, cause, scene)
  return new APIConnectionError(
    `Could not reach ${scene.target.ownHost ? `${scene.provider.name} at ` : ''}${base}: ${redact(what, scene.target.secrets)}`,
    {
      ...details,
      retryable,
    },
  )
}

/** Requests that undici rejects before it sends anything, such as one with an invalid header. */
const unsendable: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

/** The options that determine the provider's host, for a message. */
function hostedBy({ provider, target }: ErrorContext): string {
  if (!target.ownHost || typeof provider.address.base !== 'function') return 'apiBase'
  const { region, location } = target.settings
  if (region) return `region ('${region}')`
  return location ? `location ('${location}')` : 'apiBase'
}

function explain(code: string | undefined, cause: Error, scene: ErrorContext): [what: string, retryable: boolean] {
  switch (code) {
    case 'ECONNREFUSED':
      return ['the connection was refused. Is the server running, and is apiBase right?', true]
    case 'ENOTFOUND':
      return [`the host name is unknown. Check ${hostedBy(scene)} and DNS.`, true]
    case 'EAI_AGAIN':
      return ['the host name could not be looked up just now (EAI_AGAIN).', true]
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return [`the connection was closed before the answer (${cause.message}).`, true]
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return [`the network does not reach it (${code}). Is a proxy needed?`, true]
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return ['the client or dispatcher has been closed.', false]
    default:
      // the peer doesn't speak TLS at all; older versions of Node.js have the reason in the message only
      if (
        code &&
        /wrong.version.number|http.request|unknown.protocol|packet.length.too.long/i.test(`${code} ${cause.message}`)
      ) {
        return [`the server does not speak TLS at this address (${code}). Use http://, or check the port.`, false]
      }
      // the handshake failed, but not over the certificate
      if (
        code &&
        /ALERT|NO_PROTOCOLS|UNSUPPORTED_PROTOCOL|NO_SHARED_CIPHER|HANDSHAKE/.test(code) &&
        !/CERT|UNKNOWN_CA/.test(code)
      ) {
        return [`the TLS handshake failed (${code}). Check the TLS versions and ciphers of both sides.`, false]
      }
      if (code && /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code)) {
        return [
          `its TLS certificate was not accepted (${code}). Set NODE_EXTRA_CA_CERTS, or give a dispatcher with your own CA.`,
          false,
        ]
      }
      return [`${cause.message}${code ? ` (${code})` : ''}.`, true]
  }
}

/** Node wraps the errors of several addresses into one without a code: the first of them has it. */
function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return code
  const first = error instanceof AggregateError ? error.errors[0] : error.cause
  return first instanceof Error && first !== error ? codeOf(first) : undefined
}

const redacted = (text: string | undefined, { target }: ErrorContext) => text && redact(text, target.secrets)

function idInBody(body: unknown): string | undefined {
  const id = body && typeof body === 'object' && 'request_id' in body ? body.request_id : undefined
  return typeof id === 'string' ? id : undefined
}

function sentence(...parts: (string | undefined)[]): string {
  const [head, message, hint] = parts
  const text = message?.trim().slice(0, 2000) || 'no message'
  const end = /[.!?…]$/.test(text) ? text : `${text}.`
  return `${head}: ${end}${hint ? ` ${hint}` : ''}`
}

/** Most levels of an error body: it is printed and copied, which recursive functions can't do with thousands of levels. */
const mostLevels = 200

function isTooDeep(text: string): boolean {
  let level = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // brackets inside of strings may count too: such a body is kept as text
    if (code === 0x5b || code === 0x7b) {
      if (++level > mostLevels) return true
    } else if (code === 0x5d || code === 0x7d) level--
  }
  return false
}

function parseJSON(text: string): unknown {
  try {
    return isTooDeep(text) ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

function safeStringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return String(value)
  }
}
