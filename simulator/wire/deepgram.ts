import { idOf } from '../digest.js'
import type { FaultReason } from '../fault.js'
import { type Json, string } from '../json.js'
import { speechOf, transcript } from './media.js'
import { openai } from './openai.js'
import type { ErrorWish, Wire, WireError, WireRequest } from './wire.js'

const queryOf = (path: string): URLSearchParams => new URLSearchParams(path.split('?')[1] ?? '')

/** Deepgram: the model and all settings are in the query. https://developers.deepgram.com/reference/deepgram-api-overview */
export const deepgram: Wire = {
  ...openai,
  name: 'deepgram',
  route(method, path) {
    const [, name] = /\/v1\/(listen|speak)(?:\?|$)/.exec(path) ?? []
    if (method !== 'POST' || name === undefined) return undefined
    return { operation: name === 'listen' ? 'transcription' : 'speech', model: queryOf(path).get('model') ?? '' }
  },
  key: (headers) => /^(?:Token|Bearer) (.+)$/i.exec(headers.authorization ?? '')?.[1],
  headers: ({ seed }) => ({ 'dg-request-id': idOf(seed, 'request').toLowerCase() }),
  refuseKey: () => problem(401, 'INVALID_AUTH', 'Invalid credentials.'),
  refuse({ operation, body }) {
    if (operation !== 'speech' || string(body.text)) return undefined
    return problem(
      400,
      'PAYLOAD_ERROR',
      "Failed to deserialize JSON payload. Please specify exactly one of 'text' or 'url'.",
    )
  },
  error: deepgramError,
  media({ operation, body, path, model }) {
    const query = queryOf(path)
    if (operation === 'transcription') return { body: transcription(query, model) }
    const type =
      query.get('container') === 'wav' ? 'audio/wav' : (types[query.get('encoding') ?? 'mp3'] ?? 'audio/mpeg')
    const text = string(body.text) ?? ''
    const { headers, ...reply } = speechOf(text, type)
    return { ...reply, headers: { ...headers, 'dg-model-name': model, 'dg-char-count': String([...text].length) } }
  },
}

const types: Readonly<Record<string, string>> = {
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  linear16: 'audio/l16',
}

/** https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded */
function transcription(query: URLSearchParams, model: string): Json {
  const speaker = query.get('diarize') === 'true' ? { speaker: 0 } : {}
  const words = transcript.split(' ').map((written, at) => ({
    word: written.toLowerCase().replace(/\W/g, ''),
    punctuated_word: written,
    start: at * 0.5,
    end: at * 0.5 + 0.5,
    confidence: 0.99,
    ...speaker,
  }))
  const utterance = { start: 0, end: 2.5, confidence: 0.99, channel: 0, transcript, words, ...speaker, id: 'simulated' }
  return {
    metadata: {
      request_id: 'simulated',
      duration: 3,
      channels: 1,
      models: ['simulated'],
      model_info: { simulated: { name: model } },
    },
    results: {
      channels: [
        {
          alternatives: [{ transcript, confidence: 0.99, words }],
          ...(query.get('detect_language') === 'true' && { detected_language: 'en', language_confidence: 0.98 }),
        },
      ],
      ...(query.get('utterances') === 'true' && { utterances: [utterance] }),
    },
  }
}

const problem = (status: number, err_code: string, err_msg: string): WireError => ({
  status,
  body: { err_code, err_msg, request_id: 'simulated' },
})

const reasons: Readonly<Record<FaultReason, readonly [status: number, code: string, message: string]>> = {
  quota: [402, 'ASR_PAYMENT_REQUIRED', 'Project does not have enough credits for an ASR request.'],
  'context-window': [413, 'PAYLOAD_TOO_LARGE', 'Input text exceeds maximum character limit of 2000.'],
  'content-policy': [400, 'Bad Request', 'The request was not accepted.'],
  image: [400, 'Bad Request', 'The request was not accepted.'],
}

const usual: Readonly<Record<number, readonly [code: string, message: string]>> = {
  401: ['INVALID_AUTH', 'Invalid credentials.'],
  403: ['INSUFFICIENT_PERMISSIONS', 'Project does not have access to the requested model.'],
  429: ['TOO_MANY_REQUESTS', 'Too many requests. Please try again later.'],
}

/** https://developers.deepgram.com/docs/errors */
function deepgramError(_: WireRequest, { status, reason, message }: ErrorWish): WireError {
  const [usualStatus, code, words] = reason
    ? reasons[reason]
    : [500, ...(usual[status ?? 500] ?? (['INTERNAL_SERVER_ERROR', 'An internal error occurred.'] as const))]
  return problem(status ?? usualStatus, code, message ?? words)
}
