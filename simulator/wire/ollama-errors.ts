import type { FaultReason } from '../fault.js'
import type { ErrorWish, WireError, WireRequest } from './wire.js'

/** https://docs.ollama.com/api/errors */
function words(status: number, model: string): string {
  switch (status) {
    case 401:
      return 'unauthorized'
    case 403:
      return 'this model requires a subscription, upgrade for access: https://ollama.com/upgrade'
    case 404:
      return `model '${model}' not found`
    case 429:
      return 'too many concurrent requests'
    case 502:
      return 'remote model is unavailable'
    case 503:
      return 'server busy, please try again.  maximum pending requests exceeded'
    default:
      return status >= 500 ? 'llama runner process has terminated: exit status 2' : 'the request could not be processed'
  }
}

function wordsOf(reason: FaultReason): readonly [status: number, message: string] {
  switch (reason) {
    case 'quota':
      return [429, 'you have reached your weekly usage limit, upgrade for higher limits: https://ollama.com/upgrade']
    case 'context-window':
      return [400, 'the input length exceeds the context length']
    case 'content-policy':
      // the server has no such status; a proxy in front of it might
      return [400, 'the request was refused by a content policy']
    case 'image':
      return [400, 'invalid image input']
  }
}

export function ollamaError({ model }: WireRequest, { status, reason, message }: ErrorWish): WireError {
  const [usual, said] = reason ? wordsOf(reason) : [500, words(status ?? 500, model)]
  return ollamaFailure(status ?? usual, message ?? said)
}

export function ollamaFailure(status: number, error: string): WireError {
  return { status, body: { error }, contentType: 'application/json; charset=utf-8' }
}
