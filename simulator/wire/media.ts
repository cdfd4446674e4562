import { type Json, number, record, string } from '../json.js'
import type { RawReply } from '../reply.js'
import { badRequest } from './openai-errors.js'
import type { WireError, WireRequest } from './wire.js'

/** Images and audio in OpenAI's API. The simulated files are small and valid. */

const createdAt = 1_764_000_000

/** A transparent image of one pixel. */
export const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

export const transcript = 'This is a simulated transcription.'

/** Fields of a form. Files become their names. */
export function formFields(text: string, contentType: string | undefined): Json | undefined {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/i.exec(contentType ?? '')?.[1]
  if (boundary === undefined) return undefined
  const fields: Record<string, unknown> = {}
  for (const part of text.split(`--${boundary}`).slice(1, -1)) {
    const end = part.indexOf('\r\n\r\n')
    const head = part.slice(0, end)
    const name = /name="([^"]*)"/.exec(head)?.[1]
    if (name === undefined) continue
    const value = /filename="([^"]*)"/.exec(head)?.[1] ?? part.slice(end + 4, -2)
    const before = fields[name]
    fields[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value]
  }
  return fields
}

/** https://platform.openai.com/docs/api-reference/audio, https://platform.openai.com/docs/api-reference/images */
export function refuseMedia({ operation, body, model, path }: WireRequest): WireError | undefined {
  if (path.endsWith('/get_result')) return undefined
  const needed = {
    speech: ['input', 'voice'],
    transcription: ['file'],
    imageGeneration: ['prompt'],
    imageEdit: ['prompt'],
  }[operation as string]
  if (model === '') return badRequest('you must provide a model parameter')
  const missing = needed?.find((name) => body[name] === undefined)
  return missing
    ? badRequest(`Missing required parameter: '${missing}'.`, missing, 'missing_required_parameter')
    : undefined
}

/** The answer to a request for images or audio. */
export function media(request: WireRequest): RawReply {
  switch (request.operation) {
    case 'speech':
      return speech(request.body)
    case 'transcription':
      return transcription(request)
    default:
      return images(request)
  }
}

const speechTypes: Json = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
}

function speech({ input, response_format: format }: Json): RawReply {
  return speechOf(string(input) ?? '', String(speechTypes[string(format) ?? 'mp3'] ?? 'audio/mpeg'))
}

/** Ten bytes for each character of the text. */
export const speechOf = (text: string, type: string): RawReply => ({
  headers: { 'content-type': type },
  body: Uint8Array.from({ length: 10 * text.length }, (_, at) => at % 256),
})

function transcription({ body, model }: WireRequest): RawReply {
  const usage = model.startsWith('gpt-')
    ? {
        type: 'tokens',
        input_tokens: 30,
        input_token_details: { audio_tokens: 30, text_tokens: 0 },
        output_tokens: 6,
        total_tokens: 36,
      }
    : { type: 'duration', seconds: 3 }
  if (isTrue(body.stream) && model !== 'whisper-1') {
    const deltas = transcript.split(/(?<= )/).map((delta) => ({ type: 'transcript.text.delta', delta }))
    return { events: [...deltas, { type: 'transcript.text.done', text: transcript, usage }].map(named) }
  }
  switch (body.response_format) {
    case 'text':
      return { headers: plainText, body: `${transcript}\n` }
    case 'srt':
      return { headers: plainText, body: `1\n00:00:00,000 --> 00:00:03,000\n${transcript}\n\n` }
    case 'vtt':
      return { headers: plainText, body: `WEBVTT\n\n00:00:00.000 --> 00:00:03.000\n${transcript}\n\n` }
    case 'verbose_json': {
      const segments = [{ id: 0, seek: 0, start: 0, end: 3, text: transcript }]
      return { body: { task: 'transcribe', language: 'english', duration: 3, text: transcript, segments, usage } }
    }
    default:
      return { body: { text: transcript, usage } }
  }
}

const plainText = { 'content-type': 'text/plain; charset=utf-8' }

function images({ operation, body, model, path }: WireRequest): RawReply {
  const count = number(Number(body.n ?? 1)) ?? 1
  // https://docs.fireworks.ai/api-reference/generate-a-new-image-from-a-text-prompt
  if (path.includes('/text_to_image'))
    return { body: { id: 'simulated', base64: [pixel], finishReason: 'SUCCESS', seed: 1 } }
  if (path.endsWith('/get_result'))
    return { body: { id: body.id, status: 'Ready', result: { sample: 'https://images.example/0.png' } } }
  if (path.includes('/workflows/')) return { body: { request_id: 'simulated' } }
  const counted = model.startsWith('gpt-image')
  const usage = {
    input_tokens: 12,
    input_tokens_details: { text_tokens: 12, image_tokens: 0 },
    output_tokens: 100 * count,
    total_tokens: 12 + 100 * count,
  }
  const about = counted ? { background: 'opaque', output_format: 'png', quality: 'high', size: '1024x1024' } : {}
  if (isTrue(body.stream)) {
    const kind = operation === 'imageEdit' ? 'image_edit' : 'image_generation'
    const partial = Array.from({ length: Number(body.partial_images ?? 0) }, (_, index) => ({
      type: `${kind}.partial_image`,
      b64_json: pixel,
      partial_image_index: index,
      created_at: createdAt,
      ...about,
    }))
    return {
      events: [...partial, { type: `${kind}.completed`, b64_json: pixel, created_at: createdAt, ...about, usage }].map(
        named,
      ),
    }
  }
  const asUrl = !counted && body.response_format !== 'b64_json'
  const data = Array.from({ length: count }, (_, at) =>
    asUrl ? { url: `https://images.example/${at}.png` } : { b64_json: pixel },
  )
  return { body: { created: createdAt, data, ...about, ...(counted && { usage }) } }
}

const isTrue = (value: unknown): boolean => value === true || value === 'true'

const named = (data: Json) => ({ event: String(record(data).type), data })

/** Imagen's answer: https://ai.google.dev/gemini-api/docs/imagen */
export function imagen({ body }: WireRequest): RawReply {
  const count = number(record(body.parameters).sampleCount) ?? 4
  const predictions = Array.from({ length: count }, () => ({ mimeType: 'image/png', bytesBase64Encoded: pixel }))
  return { body: { predictions } }
}
