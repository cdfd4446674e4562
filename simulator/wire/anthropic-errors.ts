import { idOf } from '../digest.js'
import type { FaultReason } from '../fault.js'
import type { Json } from '../json.js'
import type { ErrorWish, WireError, WireRequest } from './wire.js'

type Words = readonly [type: string, message: string]

/** https://docs.anthropic.com/en/api/errors */
function words(status: number, model: string): Words {
  switch (status) {
    case 401:
      return ['authentication_error', 'invalid x-api-key']
    case 403:
      return ['permission_error', 'Your API key does not have permission to use the specified resource.']
    case 404:
      return ['not_found_error', `model: ${model}`]
    case 408:
      return ['timeout_error', 'Request timed out']
    case 409:
      return ['conflict_error', 'The request conflicts with the current state of the resource.']
    case 413:
      return ['request_too_large', 'Request exceeds the maximum size']
    case 429:
      return [
        'rate_limit_error',
        "This request would exceed your organization's rate limit of 50 requests per minute. For details, refer to: https://docs.claude.com/en/api/rate-limits.",
      ]
    case 504:
      return ['timeout_error', 'Request timed out']
    case 529:
      return ['overloaded_error', 'Overloaded']
    default:
      return status >= 500
        ? ['api_error', 'Internal server error']
        : ['invalid_request_error', 'The request could not be processed.']
  }
}

function wordsOf(reason: FaultReason): Words {
  switch (reason) {
    case 'quota':
      return [
        'invalid_request_error',
        'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
      ]
    case 'context-window':
      return ['invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum']
    case 'content-policy':
      return ['invalid_request_error', 'Output blocked by content filtering policy']
    case 'image':
      return ['invalid_request_error', 'Unable to download the file. Please verify the URL and try again.']
  }
}

export function anthropicError(request: WireRequest, wish: ErrorWish): WireError {
  const { reason, message } = wish
  const status = wish.status ?? (reason === undefined ? 500 : 400)
  // the proxy in front of the API responds when the API is down
  if ((status === 502 || status === 503) && message === undefined) {
    const body = 'upstream connect error or disconnect/reset before headers. reset reason: connection termination'
    return { status, body, contentType: 'text/plain' }
  }
  const [type, usual] = reason ? wordsOf(reason) : words(status, request.model)
  const again = status === 408 || status === 409 || status === 429 || status >= 500
  const headers: Record<string, string> = { 'x-should-retry': again && reason === undefined ? 'true' : 'false' }
  if (status === 429) headers['anthropic-ratelimit-requests-remaining'] = '0'
  return { status, body: errorBody(request, type, message ?? usual), headers }
}

export function errorBody(request: WireRequest, type: string, message: string): Json {
  return { type: 'error', error: { type, message }, request_id: requestId(request) }
}

export function requestId({ seed }: WireRequest): string {
  return `req_${idOf(seed, 'request')}`
}

export function invalid(request: WireRequest, message: string): WireError {
  const headers = { 'x-should-retry': 'false' }
  return { status: 400, body: errorBody(request, 'invalid_request_error', message), headers }
}
