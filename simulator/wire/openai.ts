import type { Answer, Speech } from '../answer.js'
import { createdAt, idOf } from '../digest.js'
import type { Frame } from '../frames.js'
import { type Json, record } from '../json.js'
import { decisions, refuseDecisions } from './decisions.js'
import { media, refuseMedia } from './media.js'
import { moderations } from './moderations.js'
import { embeddings } from './openai-embeddings.js'
import { badRequest, incorrectKey, openaiError } from './openai-errors.js'
import { refuseChat, refuseEmbedding } from './openai-refusals.js'
import { readChat } from './openai-request.js'
import { refuseRerank, rerank } from './openai-rerank.js'
import { endsWith, googleMethod, modelInPath, type Route, type Wire, type WireError, type WireRequest } from './wire.js'

const fingerprint = 'fp_5111a70f00'

/** https://platform.openai.com/docs/api-reference/chat */
export const openai: Wire = {
  name: 'openai',
  framing: 'sse',
  route(method, path) {
    if (method === 'POST') return route(path)
    if (method === 'GET' && (endsWith(path, '/models') || modelInPath(path) !== undefined))
      return { operation: 'models' }
    return undefined
  },
  key: (headers) => /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? headers['api-key'],
  headers: ({ seed }) => ({
    'access-control-expose-headers': 'X-Request-ID',
    'openai-organization': 'org-simulator',
    'openai-processing-ms': '12',
    'openai-version': '2020-10-01',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-limit-tokens': '2000000',
    'x-ratelimit-remaining-requests': '9999',
    'x-ratelimit-remaining-tokens': '1999987',
    'x-ratelimit-reset-requests': '6ms',
    'x-ratelimit-reset-tokens': '0s',
    'x-request-id': `req_${idOf(seed, 'request').toLowerCase()}`,
    'set-cookie': '__cf_bm=simulator; path=/; HttpOnly; Secure',
  }),
  refuseKey(_, key) {
    if (key !== undefined) return unauthorized(incorrectKey(key), 'invalid_api_key')
    return unauthorized(
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). You can obtain an API key from https://platform.openai.com/account/api-keys.",
      null,
    )
  },
  refuse(request) {
    switch (request.operation) {
      case 'chat':
        return refuseChat(request.body, request.model)
      case 'embedding':
        return refuseEmbedding(request.body, request.model)
      case 'rerank':
        return refuseRerank(request)
      case 'decide':
        return refuseDecisions(request)
      case 'speech':
      case 'transcription':
      case 'imageGeneration':
      case 'imageEdit':
        return refuseMedia(request)
      case 'unknown':
        return { ...badRequest(`Invalid URL (${request.method} ${request.path})`), status: 404 }
      default:
        return undefined
    }
  },
  error: openaiError,
  errorInside(request, status = 500) {
    // an error event can't be HTML
    const { body } = openaiError(request, {
      status,
      ...((status === 502 || status === 504) && { message: 'Bad gateway' }),
    })
    return { body: record(body), frame: { data: JSON.stringify(body), part: 'close' } }
  },
  read: ({ body }) => readChat(body),
  whole,
  frames,
  keepAlive: (eol) => `: ping${eol}${eol}`,
  embeddings,
  rerank,
  moderations,
  decisions,
  media,
  models({ path }, models) {
    const card = (id: string): Json => ({ id, object: 'model', created: createdAt, owned_by: 'simulator' })
    const id = modelInPath(path)
    return id === undefined ? { object: 'list', data: models.map(card) } : card(id)
  },
}

function route(path: string): Route | undefined {
  // the names of Azure deployments are arbitrary
  const deployment = /\/deployments\/([^/?]+)\//.exec(path)?.[1]
  const model = deployment === undefined ? undefined : decodeURIComponent(deployment)
  if (endsWith(path, '/chat/completions')) return { operation: 'chat', model }
  if (endsWith(path, '/embeddings') || endsWith(path, '/multimodalembeddings')) return { operation: 'embedding', model }
  if (endsWith(path, '/moderations')) return { operation: 'moderation' }
  if (endsWith(path, '/decisions')) return { operation: 'decide', model }
  if (endsWith(path, '/audio/speech')) return { operation: 'speech', model }
  if (endsWith(path, '/audio/transcriptions')) return { operation: 'transcription', model }
  if (endsWith(path, '/images/generations')) return { operation: 'imageGeneration', model }
  const workflow = /\/workflows\/(.+)\/text_to_image(?:\?|$)/.exec(path)?.[1]
  if (workflow !== undefined) return { operation: 'imageGeneration', model: workflow }
  // https://docs.fireworks.ai/api-reference/generate-or-edit-image-using-flux-kontext
  const job = /\/workflows\/(.+?)(?:\/get_result)?(?:\?|$)/.exec(path)?.[1]
  if (job !== undefined) return { operation: 'imageGeneration', model: job }
  if (endsWith(path, '/images/edits')) return { operation: 'imageEdit', model }
  if (endsWith(path, '/rerank')) return { operation: 'rerank', model }
  // https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral
  const google = googleMethod(path)
  if (google?.publisher !== 'mistralai' || !/^(?:streamR|r)awPredict$/.test(google.name)) return undefined
  return { operation: 'chat', model: google.model }
}

function unauthorized(message: string, code: string | null): WireError {
  return { ...badRequest(message, null, code), status: 401 }
}

function whole(answer: Answer, request: WireRequest): Json {
  return {
    id: `chatcmpl-${answer.id}`,
    object: 'chat.completion',
    created: createdAt,
    model: answer.model,
    choices: answer.choices.map((speech, index) => ({
      index,
      message: {
        role: 'assistant',
        content: speech.text === '' && speech.toolCalls.length > 0 ? null : speech.text,
        ...(speech.reasoning !== '' && { reasoning_content: speech.reasoning }),
        ...(speech.toolCalls.length > 0 && {
          tool_calls: speech.toolCalls.map((call) => ({
            id: call.givenId ?? `call_${call.id}`,
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
        }),
        refusal: null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: finishReason(speech, request),
    })),
    ...(answer.tally && { usage: usage(answer.tally) }),
    service_tier: 'default',
    system_fingerprint: fingerprint,
  }
}

function usage({ prompt, spoken, reasoning }: NonNullable<Answer['tally']>): Json {
  const input = prompt.fresh + prompt.cacheRead + prompt.cacheWrite5m + prompt.cacheWrite1h
  return {
    prompt_tokens: input,
    completion_tokens: spoken + reasoning,
    total_tokens: input + spoken + reasoning,
    prompt_tokens_details: { cached_tokens: prompt.cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function frames(answer: Answer, request: WireRequest): Frame[] {
  const counts = record(request.body.stream_options).include_usage === true && answer.tally
  const frame = (part: Frame['part'], choices: readonly Json[], tokens: Json | null): Frame => {
    const head = {
      id: `chatcmpl-${answer.id}`,
      object: 'chat.completion.chunk',
      created: createdAt,
      model: answer.model,
    }
    const tail = { service_tier: 'default', system_fingerprint: fingerprint, choices }
    return { data: JSON.stringify({ ...head, ...tail, ...(counts && { usage: tokens }) }), part }
  }
  const parts = answer.choices.map((speech) => deltas(speech, finishReason(speech, request)))
  const longest = Math.max(...parts.map((list) => list.length))
  const out: Frame[] = []
  // the choices of one answer alternate
  for (let step = 0; step < longest; step++) {
    for (const [index, list] of parts.entries()) {
      const delta = list[step]
      if (!delta) continue
      out.push(
        frame(delta.part, [{ index, delta: delta.delta, logprobs: null, finish_reason: delta.finish ?? null }], null),
      )
    }
  }
  if (counts) out.push(frame('close', [], usage(counts)))
  out.push({ data: '[DONE]', part: 'mark' })
  return out
}

interface PartDelta {
  part: Frame['part']
  delta: Json
  finish?: string
}

function finishReason(speech: Speech, { body }: WireRequest): string {
  if (speech.finishReason !== undefined) return speech.finishReason
  // as in the real API, a call named by `tool_choice` finishes with 'stop'
  const named = record(body.tool_choice).type === 'function'
  return speech.toolCalls.length > 0 && !named ? 'tool_calls' : 'stop'
}

function deltas(speech: Speech, finish: string): PartDelta[] {
  const content = speech.text === '' && (speech.toolCalls.length > 0 || speech.reasoning !== '') ? null : ''
  const out: PartDelta[] = [{ part: 'open', delta: { role: 'assistant', content, refusal: null } }]
  for (const piece of speech.reasoningPieces) out.push({ part: 'content', delta: { reasoning_content: piece } })
  for (const piece of speech.textPieces) out.push({ part: 'content', delta: { content: piece } })
  for (const [index, call] of speech.toolCalls.entries()) {
    const id = call.givenId ?? `call_${call.id}`
    const start = { index, id, type: 'function', function: { name: call.name, arguments: '' } }
    out.push({ part: 'content', delta: { tool_calls: [start] } })
    for (const piece of call.argumentPieces) {
      out.push({ part: 'content', delta: { tool_calls: [{ index, function: { arguments: piece } }] } })
    }
  }
  out.push({ part: 'close', delta: {}, finish })
  return out
}
