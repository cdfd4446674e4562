import type { FaultReason } from '../fault.js'
import type { Json } from '../json.js'
import { type ErrorWish, googleMethod, type WireError, type WireRequest } from './wire.js'

const htmlPage =
  '<!DOCTYPE html>\n<html lang=en>\n  <title>Error 502 (Server Error)!!1</title>\n  <p><b>502.</b> <ins>That’s an error.</ins>\n  <p>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.\n'

const typePrefix = 'type.googleapis.com/google.rpc.'

/** google.rpc.Code and its usual message by status. https://ai.google.dev/gemini-api/docs/troubleshooting */
function words(status: number, request: WireRequest): readonly [code: string, message: string] {
  switch (status) {
    case 401:
      return [
        'UNAUTHENTICATED',
        'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
      ]
    case 403:
      return ['PERMISSION_DENIED', 'The caller does not have permission']
    case 404:
      return ['NOT_FOUND', notFound(request)]
    case 409:
      return ['ABORTED', 'The operation was aborted.']
    case 429:
      return ['RESOURCE_EXHAUSTED', 'Resource exhausted. Please try again later.']
    case 499:
      return ['CANCELLED', 'The operation was cancelled.']
    case 501:
      return ['UNIMPLEMENTED', 'Operation is not implemented, or supported, or enabled.']
    case 503:
      return ['UNAVAILABLE', 'The model is overloaded. Please try again later.']
    case 504:
      return ['DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.']
    default:
      return status >= 500
        ? [
            'INTERNAL',
            'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
          ]
        : ['INVALID_ARGUMENT', 'Request contains an invalid argument.']
  }
}

function notFound(request: WireRequest): string {
  const { model } = request
  if (isVertex(request)) return `Publisher Model \`publishers/google/models/${model}\` not found.`
  const method = request.operation === 'embedding' ? 'embedContent' : 'generateContent'
  return `models/${model} is not found for API version v1beta, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`
}

const quotaDetails =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.'

function wordsOf(reason: Exclude<FaultReason, 'content-policy'>): string {
  switch (reason) {
    case 'quota':
      return quotaDetails
    case 'context-window':
      return 'The input token count (1250060) exceeds the maximum number of tokens allowed (1048575).'
    case 'image':
      return 'Cannot fetch content from the provided URL. Please ensure the URL is valid and accessible by Vertex AI. Vertex AI respects robots.txt rules, so confirm the URL is allowed to be crawled. Status: URL_ERROR-ERROR_NOT_FOUND'
  }
}

export function geminiError(request: WireRequest, wish: ErrorWish): WireError {
  const { reason, message } = wish
  if (reason === 'content-policy') return blocked(request, wish.status)
  const status = wish.status ?? (reason === undefined ? 500 : reason === 'quota' ? 429 : 400)
  // the proxy in front of the API responds when the API is down
  if (status === 502 && message === undefined) {
    return { status, body: htmlPage, contentType: 'text/html; charset=UTF-8' }
  }
  const [code, usual] = words(status, request)
  const details: Json[] = []
  if (reason === 'quota') {
    const quotaId = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier'
    const quotaMetric = 'generativelanguage.googleapis.com/generate_content_free_tier_requests'
    const violation = { quotaMetric, quotaId, quotaDimensions: { model: request.model }, quotaDetails: '50' }
    details.push({ '@type': `${typePrefix}QuotaFailure`, violations: [violation] })
  }
  if (wish.retryAfterMs !== undefined) {
    details.push({ '@type': `${typePrefix}RetryInfo`, retryDelay: `${wish.retryAfterMs / 1_000}s` })
  }
  return rpcError(request, status, code, message ?? (reason ? wordsOf(reason) : usual), details)
}

/** A failed stream request returns plain JSON with the stream's content type. */
export function rpcError(
  request: WireRequest,
  status: number,
  code: string,
  message: string,
  details: readonly Json[] = [],
): WireError {
  const error = { code: status, message, status: code, ...(details.length > 0 && { details }) }
  if (request.stream) return { status, body: { error }, contentType: 'text/event-stream' }
  return { status, body: inList(request) ? [{ error }] : { error }, contentType: 'application/json; charset=UTF-8' }
}

export function invalid(request: WireRequest, message: string, details: readonly Json[] = []): WireError {
  return rpcError(request, 400, 'INVALID_ARGUMENT', message, details)
}

/** The message of the JSON parser in front of the API, which knows every field. */
export function invalidField(request: WireRequest, field: string, description: string): WireError {
  const details = [{ '@type': `${typePrefix}BadRequest`, fieldViolations: [{ field, description }] }]
  return invalid(request, description, details)
}

export function refuseKey(request: WireRequest, key: string | undefined): WireError {
  if (isVertex(request)) return geminiError(request, { status: 401 })
  if (key === undefined) {
    const message =
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API."
    return rpcError(request, 403, 'PERMISSION_DENIED', message)
  }
  const message = 'API key not valid. Please pass a valid API key.'
  return invalid(request, message, [
    {
      '@type': `${typePrefix}ErrorInfo`,
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
    { '@type': `${typePrefix}LocalizedMessage`, locale: 'en-US', message },
  ])
}

/** A prohibited prompt gets a 200 with only the block reason. */
function blocked(request: WireRequest, status = 200): WireError {
  const body = {
    promptFeedback: {
      blockReason: 'SAFETY',
      safetyRatings: [{ category: 'HARM_CATEGORY_HATE_SPEECH', probability: 'HIGH' }],
    },
    usageMetadata: { promptTokenCount: 8, totalTokenCount: 8 },
    modelVersion: request.model,
  }
  if (!request.stream) return { status, body: inList(request) ? [body] : body }
  return { status, body: `data: ${JSON.stringify(body)}\r\n\r\n`, contentType: 'text/event-stream' }
}

export function isVertex({ path }: WireRequest): boolean {
  return googleMethod(path)?.publisher !== undefined
}

/** Without `alt=sse` a stream is one JSON list, sent piece by piece. */
export function inList({ path, stream }: WireRequest): boolean {
  return !stream && googleMethod(path)?.name === 'streamGenerateContent'
}
