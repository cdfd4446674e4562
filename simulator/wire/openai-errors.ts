import type { FaultReason } from '../fault.js'
import type { ErrorWish, WireError, WireRequest } from './wire.js'

const html = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n`

type Words = readonly [type: string, code: string | null, message: string, param?: string]

/** https://platform.openai.com/docs/guides/error-codes */
function words(status: number, model: string): Words {
  switch (status) {
    case 401:
      return ['invalid_request_error', 'invalid_api_key', incorrectKey('sk-simulator')]
    case 403:
      return [
        'request_forbidden',
        'unsupported_country_region_territory',
        'Country, region, or territory not supported',
      ]
    case 404:
      return [
        'invalid_request_error',
        'model_not_found',
        `The model \`${model}\` does not exist or you do not have access to it.`,
      ]
    case 408:
      return ['timeout', 'timeout', 'Request timed out.']
    case 409:
      return ['invalid_request_error', 'conflict', 'The resource was updated by another process. Please try again.']
    case 413:
      return ['invalid_request_error', 'request_too_large', 'Maximum content size limit (26214400) exceeded.']
    case 422:
      return [
        'invalid_request_error',
        'unprocessable_entity',
        'The request was well-formed but could not be processed.',
      ]
    case 429:
      return [
        'requests',
        'rate_limit_exceeded',
        `Rate limit reached for ${model} in organization org-simulator on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more.`,
      ]
    case 500:
      return [
        'server_error',
        null,
        'The server had an error while processing your request. Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if the error persists.',
      ]
    case 503:
      return ['server_error', 'overloaded', 'The engine is currently overloaded, please try again later.']
    default:
      return status >= 500
        ? ['server_error', null, 'The server had an error while processing your request. Sorry about that!']
        : ['invalid_request_error', null, 'The request could not be processed.']
  }
}

function wordsOf(reason: FaultReason): Words {
  switch (reason) {
    case 'quota':
      return [
        'insufficient_quota',
        'insufficient_quota',
        'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
      ]
    case 'context-window':
      return [
        'invalid_request_error',
        'context_length_exceeded',
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 140000 tokens. Please reduce the length of the messages.",
        'messages',
      ]
    case 'content-policy':
      return [
        'invalid_request_error',
        'content_policy_violation',
        'Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed by our safety system.',
      ]
    case 'image':
      return ['invalid_request_error', 'invalid_image_url', 'Error while downloading https://example.com/image.png.']
  }
}

/** OpenAI's masked form of a key: both ends and asterisks. */
export function incorrectKey(key: string): string {
  const shown = key.length <= 12 ? key : `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}`
  return `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`
}

export function openaiError(request: WireRequest, wish: ErrorWish): WireError {
  const { reason, message } = wish
  const status = wish.status ?? (reason === undefined ? 500 : reason === 'quota' ? 429 : 400)
  // the proxy in front of the API responds when the API is down
  if ((status === 502 || status === 504) && message === undefined) {
    const title = status === 502 ? '502 Bad Gateway' : '504 Gateway Time-out'
    return { status, body: html(title), contentType: 'text/html; charset=UTF-8' }
  }
  const [type, code, usual, param] = reason ? wordsOf(reason) : words(status, request.model)
  const error = { message: message ?? usual, type, param: param ?? null, code }
  if (status !== 429) return { status, body: { error } }
  return {
    status,
    body: { error },
    headers: { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' },
  }
}

export function badRequest(message: string, param: string | null = null, code: string | null = null): WireError {
  return { status: 400, body: { error: { message, type: 'invalid_request_error', param, code } } }
}
