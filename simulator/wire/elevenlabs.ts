import { idOf } from '../digest.js'
import type { FaultReason } from '../fault.js'
import { type Json, string } from '../json.js'
import { speechOf, transcript } from './media.js'
import { openai } from './openai.js'
import { type ErrorWish, endsWith, type Wire, type WireError, type WireRequest } from './wire.js'

/** ElevenLabs: speech and transcription. https://elevenlabs.io/docs/api-reference/introduction */
export const elevenlabs: Wire = {
  ...openai,
  name: 'elevenlabs',
  route(method, path) {
    if (method !== 'POST') return undefined
    if (/\/text-to-speech\/[^/?]+(?:\/stream)?(?:\?|$)/.test(path)) return { operation: 'speech' }
    return endsWith(path, '/speech-to-text') ? { operation: 'transcription' } : undefined
  },
  key: (headers) => headers['xi-api-key'],
  headers: ({ seed }) => ({ 'request-id': idOf(seed, 'request') }),
  refuseKey: () => problem(401, 'invalid_api_key', 'Invalid API key'),
  refuse({ operation, body }) {
    const needed = operation === 'speech' ? 'text' : 'file'
    if (body[needed] !== undefined) return undefined
    const detail = [{ type: 'missing', loc: ['body', needed], msg: 'Field required', input: null }]
    return { status: 422, body: { detail } }
  },
  error: elevenlabsError,
  media({ operation, body, path }) {
    if (operation === 'transcription') return { body: transcription(body) }
    const format = /[?&]output_format=([a-z]+)/.exec(path)?.[1] ?? 'mp3'
    return speechOf(string(body.text) ?? '', types[format] ?? 'audio/mpeg')
  },
}

const types: Readonly<Record<string, string>> = { pcm: 'audio/pcm', opus: 'audio/opus', ulaw: 'audio/basic' }

/** https://elevenlabs.io/docs/api-reference/speech-to-text/convert */
function transcription({ diarize }: Json): Json {
  const tokens = transcript.split(/(?= )|(?<= )/)
  const words = tokens.map((text, at) => ({
    text,
    start: at * 0.5,
    end: at * 0.5 + 0.5,
    type: text === ' ' ? 'spacing' : 'word',
    logprob: -0.1,
    ...(diarize === 'true' && { speaker_id: 'speaker_0' }),
  }))
  return {
    language_code: 'eng',
    language_probability: 0.98,
    text: transcript,
    words,
    transcription_id: 'simulated',
    audio_duration_secs: 3,
  }
}

const problem = (status: number, code: string, message: string): WireError => ({
  status,
  body: { detail: { status: code, message } },
})

const reasons: Readonly<Record<FaultReason, readonly [status: number, code: string, message: string]>> = {
  quota: [401, 'quota_exceeded', 'This request exceeds your quota of 10000. You have 0 credits remaining.'],
  'context-window': [400, 'max_character_limit_exceeded', 'A maximum of 10000 characters is allowed.'],
  'content-policy': [403, 'content_against_policy', 'The text violates the terms of service.'],
  image: [400, 'bad_request', 'The request was not accepted.'],
}

const usual: Readonly<Record<number, readonly [code: string, message: string]>> = {
  401: ['invalid_api_key', 'Invalid API key'],
  404: ['voice_not_found', 'A voice with this id was not found.'],
  429: ['too_many_concurrent_requests', 'Too many concurrent requests.'],
}

/** https://elevenlabs.io/docs/developers/resources/error-messages */
function elevenlabsError(_: WireRequest, { status, reason, message }: ErrorWish): WireError {
  const [usualStatus, code, words] = reason
    ? reasons[reason]
    : [500, ...(usual[status ?? 500] ?? (['internal_error', 'An internal error occurred.'] as const))]
  return problem(status ?? usualStatus, code, message ?? words)
}
