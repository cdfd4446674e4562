import { hash } from '../digest.js'
import type { FaultReason } from '../fault.js'
import type { Frame } from '../frames.js'
import type { Json } from '../json.js'
import type { ErrorWish, WireError, WireRequest } from './wire.js'

type Words = readonly [type: string, message: string]

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (errors) */
function words(status: number): Words {
  switch (status) {
    case 401:
      return ['UnrecognizedClientException', 'The security token included in the request is invalid.']
    case 403:
      return ['AccessDeniedException', "You don't have access to the model with the specified model ID."]
    case 404:
      return ['ResourceNotFoundException', 'Could not resolve the foundation model from the provided model identifier.']
    case 408:
      return ['ModelTimeoutException', 'Model has timed out in processing the request. Try your request again.']
    case 409:
      return ['ConflictException', 'Error occurred because of a conflict while performing an operation.']
    case 424:
      return ['ModelErrorException', 'The request failed due to an error while processing the model.']
    case 429:
      return ['ThrottlingException', 'Too many requests, please wait before trying again.']
    case 503:
      return ['ServiceUnavailableException', 'Bedrock is unable to process your request.']
    default:
      return status >= 500
        ? [
            'InternalServerException',
            'The system encountered an unexpected error during processing. Try your request again.',
          ]
        : ['ValidationException', 'The request could not be processed.']
  }
}

function wordsOf(reason: FaultReason): Words {
  switch (reason) {
    case 'quota':
      return ['ServiceQuotaExceededException', 'Your request exceeds the service quota for your account.']
    case 'context-window':
      return ['ValidationException', 'The model returned the following errors: Input is too long for requested model.']
    case 'content-policy':
      return [
        'ValidationException',
        'The model returned the following errors: Output blocked by content filtering policy',
      ]
    case 'image':
      return ['ValidationException', 'The model returned the following errors: Could not process image']
  }
}

/** Statuses of a proxy in front of the API, without an exception name. */
const strangers: ReadonlyMap<number, string> = new Map([
  [402, 'Payment Required'],
  [413, 'Request Entity Too Large'],
  [422, 'Unprocessable Entity'],
  [502, 'Bad Gateway'],
  [504, 'Endpoint request timed out'],
  [529, 'Site is overloaded'],
])

export function converseError(_request: WireRequest, { status, reason, message }: ErrorWish): WireError {
  const strange = reason === undefined && status !== undefined ? strangers.get(status) : undefined
  if (strange !== undefined && status !== undefined) return { status, body: { message: message ?? strange } }
  const [type, usual] = reason ? wordsOf(reason) : words(status ?? 500)
  return exception(status ?? (reason === undefined ? 500 : 400), type, message ?? usual)
}

/** The exception name is in a header; the body has only the message. */
export function exception(status: number, type: string, message: string): WireError {
  return {
    status,
    body: { message },
    headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/` },
  }
}

export function invalid(message: string): WireError {
  return exception(400, 'ValidationException', message)
}

/** In a stream an exception is an event, from a fixed list. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html */
export function exceptionInside(status: number | undefined): { readonly body: Json; readonly frame: Frame } {
  const [event, body] = inside(status)
  return { body, frame: { event, exception: true, data: JSON.stringify(body), part: 'close' } }
}

function inside(status: number | undefined): readonly [event: string, body: Json] {
  switch (status) {
    case undefined:
    case 424: {
      const [, message] = words(424)
      return ['modelStreamErrorException', { message, originalStatusCode: 500, originalMessage: message }]
    }
    case 429:
      return ['throttlingException', { message: words(429)[1] }]
    case 503:
      return ['serviceUnavailableException', { message: words(503)[1] }]
    default:
      return [
        status >= 500 ? 'internalServerException' : 'validationException',
        { message: words(status >= 500 ? 500 : 400)[1] },
      ]
  }
}

export function refuseConverseKey({ headers }: WireRequest, key: string | undefined): WireError {
  if (key === undefined) return exception(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
  if (/^Bearer /i.test(headers.authorization ?? '')) {
    return exception(403, 'AccessDeniedException', 'Authentication failed: Please make sure your API Key is valid.')
  }
  return exception(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.')
}

export function converseRequestId({ seed }: WireRequest): string {
  const hex = hash(seed, 'request').toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
