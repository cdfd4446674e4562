import { idOf } from '../digest.js'
import type { FaultReason } from '../fault.js'
import { type ErrorWish, endsWith, type WireError, type WireRequest } from './wire.js'

const trial = (calls: string): string =>
  `You are using a Trial key, which is limited to ${calls}. You can continue to use the Trial key for free or upgrade to a Production key with higher rate limits at 'https://dashboard.cohere.com/api-keys'.`

/** https://docs.cohere.com/reference/errors */
function words(status: number, model: string): string {
  switch (status) {
    case 401:
      return incorrectKey
    case 402:
      return 'Your account has reached its billing limit. Please add or update your payment method.'
    case 403:
      return 'You do not have permission to use this resource.'
    case 404:
      return `model '${model}' not found, make sure the correct model ID was used and that you have access to the model.`
    case 429:
      return trial('40 API calls / minute')
    case 498:
      return wordsOf('content-policy')
    case 499:
      return 'request cancelled'
    case 503:
      return 'service unavailable, please try again later'
    case 504:
      return 'request timed out'
    default:
      return status >= 500
        ? 'internal server error, this has been reported to our developers.'
        : 'invalid request: the request could not be processed.'
  }
}

const incorrectKey =
  'Incorrect API key provided: ***********. You can find your API key at https://dashboard.cohere.com/api-keys.'

function wordsOf(reason: FaultReason): string {
  switch (reason) {
    case 'quota':
      return trial('1000 API calls / month')
    case 'context-window':
      return 'too many tokens: size limit exceeded by 189876 tokens. Try using shorter or fewer inputs. The limit for this model is 436000 tokens.'
    case 'content-policy':
      return 'blocked input: the request may violate our Usage Guidelines, please adjust your prompt.'
    case 'image':
      return 'invalid request: failed to download image from URL.'
  }
}

const statusOfReason: Readonly<Record<FaultReason, number>> = {
  quota: 429,
  'context-window': 400,
  'content-policy': 498,
  image: 400,
}

export function cohereError(request: WireRequest, wish: ErrorWish): WireError {
  const { reason, message } = wish
  const status = wish.status ?? (reason === undefined ? 500 : statusOfReason[reason])
  // the proxy in front of the API responds when the API is down
  if (status === 502 && message === undefined) {
    return { status, body: 'upstream connect error or disconnect/reset before headers', contentType: 'text/plain' }
  }
  const usual = reason ? wordsOf(reason) : words(status, request.model)
  const type = reason === 'context-window' && { error_type: 'TOO_MANY_TOKENS' }
  return { status, body: { ...type, id: uuidOf(request.seed), message: message ?? usual } }
}

export function invalid(request: WireRequest, message: string, status = 400): WireError {
  return cohereError(request, { status, message })
}

/** Unknown fields are a separate kind of error. */
export function invalidField(request: WireRequest, name: string): WireError {
  const page = endsWith(request.path, '/embed') ? 'embed' : endsWith(request.path, '/rerank') ? 'rerank' : 'chat'
  const text = `unknown field: parameter '${name}' is not a valid field. For proper usage, please refer to https://docs.cohere.com/reference/${page}`
  return invalid(request, text, 422)
}

export function refuseKey(request: WireRequest, key: string | undefined): WireError {
  return cohereError(request, { status: 401, message: key === undefined ? 'no api key supplied' : incorrectKey })
}

/** Cohere's ids are UUIDs. */
export function uuidOf(seed: string): string {
  const hex = Buffer.from(idOf(seed, 'uuid')).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
