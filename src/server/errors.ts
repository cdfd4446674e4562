import { LLMError, NotFoundError } from '../errors.js'
import { type HttpErrorDialect, toHttpError } from '../http-error.js'
import type { HandlerResponse } from './types.js'

const kinds = {
  404: { openai: 'unknown_url', anthropic: 'not_found_error', gemini: 'NOT_FOUND' },
  405: { openai: 'method_not_allowed', anthropic: 'invalid_request_error', gemini: 'INVALID_ARGUMENT' },
  413: { openai: 'request_too_large', anthropic: 'request_too_large', gemini: 'INVALID_ARGUMENT' },
  415: { openai: 'unsupported_media_type', anthropic: 'invalid_request_error', gemini: 'INVALID_ARGUMENT' },
  426: { openai: 'upgrade_not_supported', anthropic: 'invalid_request_error', gemini: 'FAILED_PRECONDITION' },
} as const

/** A refusal with a status that no error class has. */
export class Refusal extends Error {
  readonly status: keyof typeof kinds
  /** Methods of the path. */
  readonly allow: string | undefined
  /** Code for clients of OpenAI's API. */
  readonly code: string | null

  constructor(status: keyof typeof kinds, message: string, allow?: string, code: string | null = kinds[status].openai) {
    super(message)
    this.status = status
    this.allow = allow
    this.code = code
  }
}

/** A response that is not stored. OpenAI's error has no code. */
export const unknownResponse = (id: string): Refusal =>
  new Refusal(404, `Response with id '${id.slice(0, 200)}' not found.`, undefined, null)

/** A body above the limit. */
export const tooLarge = (limit: number): Refusal =>
  new Refusal(413, `The body of a request must have at most ${limit} bytes.`)

/** The response for an error, in the form of the client's API. */
export function errorResponse(error: unknown, dialect: HttpErrorDialect, id: string): HandlerResponse {
  const { status, headers, body } = error instanceof Refusal ? refused(error, dialect) : failed(error, dialect)
  headers['x-request-id'] = id
  if (dialect !== 'anthropic') return { status, headers, body: JSON.stringify(body) }
  headers['request-id'] = id
  return { status, headers, body: JSON.stringify({ ...body, request_id: id }) }
}

function failed(error: unknown, dialect: HttpErrorDialect): ReturnType<typeof toHttpError> {
  const response = toHttpError(error, dialect)
  if (dialect === 'openai' && LLMError.is(error) && response.status === 400 && isUnknownPrevious(error)) {
    const { body } = toHttpError(error)
    return { ...response, body: { error: { ...body.error, code: previousNotFound } } }
  }
  return response
}

/** Clients of the Responses API send the whole conversation after an error with this code. */
const previousNotFound = 'previous_response_not_found'

const isUnknownPrevious = ({ param, provider, providerCode }: LLMError): boolean =>
  providerCode === previousNotFound || (param === 'previous_response_id' && provider === undefined)

function refused(refusal: Refusal, dialect: HttpErrorDialect) {
  const { status, allow } = refusal
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (allow !== undefined) headers.allow = allow
  return { status, headers, body: bodyOf(refusal, dialect) }
}

function bodyOf({ status, message, code }: Refusal, dialect: HttpErrorDialect): object {
  const kind = kinds[status]
  switch (dialect) {
    case 'openai':
      return { error: { message, type: 'invalid_request_error', param: null, code } }
    case 'anthropic':
      return { type: 'error', error: { type: kind.anthropic, message } }
    case 'gemini':
      return { error: { code: status, message, status: kind.gemini } }
  }
}

/** An unknown model is 404, which clients know, and no invalid request. */
export function withModelStatus(error: unknown, model: unknown): unknown {
  return LLMError.is(error) && error.code === 'bad_request' && error.param === 'model' && typeof model === 'string'
    ? new NotFoundError(error.message, { param: 'model' })
    : error
}
