import type { Dialect, ErrorFacts, ErrorKind, Failure, Operation, Provider } from '../contract.js'
import { isFields, textIn } from '../fields.js'
import { kindOfStatus, plainMessage } from '../shared/status.js'
import { speech } from './speech.js'
import { transcription } from './transcription.js'

const kinds: Readonly<Record<string, ErrorKind>> = {
  INVALID_AUTH: 'authentication',
  INSUFFICIENT_PERMISSIONS: 'permission_denied',
  ASR_PAYMENT_REQUIRED: 'quota_exceeded',
  INSUFFICIENT_BALANCE: 'quota_exceeded',
  TOO_MANY_REQUESTS: 'rate_limit',
}

/** Two generations of error bodies. https://developers.deepgram.com/docs/errors */
function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const fields = isFields(body) ? body : {}
  const code = textIn(fields, 'err_code') ?? textIn(fields, 'category')
  const message = textIn(fields, 'err_msg') ?? textIn(fields, 'message')
  const details = textIn(fields, 'details')
  return {
    kind: kinds[code ?? ''] ?? kindOfStatus(status),
    message: (details && message ? `${message} ${details}` : message) ?? plainMessage({ status, text }),
    providerCode: code,
  }
}

/** Deepgram's API. https://developers.deepgram.com/reference/deepgram-api-overview */
export const deepgram: Dialect = Object.freeze({ framing: 'sse', speech, transcription, error: errorFacts })

/** Deepgram: speech and transcription. */
export const provider: Provider = Object.freeze({
  id: 'deepgram',
  name: 'Deepgram',
  dialect: deepgram,
  address: Object.freeze({
    base: 'https://api.deepgram.com',
    env: Object.freeze(['DEEPGRAM_API_BASE']),
    ownHosts: Object.freeze(/^https:\/\/api(?:\.\w+)*\.deepgram\.com$/),
    path: (operation: Operation) => (operation === 'transcription' ? '/v1/listen' : '/v1/speak'),
  }),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['DEEPGRAM_API_KEY']),
        header: 'authorization',
        prefix: 'Token ',
      } as const),
      Object.freeze({
        option: 'authToken',
        env: Object.freeze(['DEEPGRAM_ACCESS_TOKEN']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://console.deepgram.com',
  }),
  quirks: Object.freeze({}),
} satisfies Provider)
