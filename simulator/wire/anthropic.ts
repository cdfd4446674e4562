import type { Answer, Speech } from '../answer.js'
import { sign } from '../digest.js'
import type { Frame } from '../frames.js'
import { isRecord, type Json, parseJson, record, string } from '../json.js'
import { anthropicError, errorBody, invalid, requestId } from './anthropic-errors.js'
import { findFault, findVertexFault } from './anthropic-refusals.js'
import { readMessages } from './anthropic-request.js'
import { endsWith, googleMethod, modelInPath, type Route, type Wire, type WireRequest } from './wire.js'

const resetAt = '2023-11-14T22:13:21Z'

/** https://docs.anthropic.com/en/api/messages */
export const anthropic: Wire = {
  name: 'anthropic',
  framing: 'sse',
  route(method, path, headers) {
    if (method === 'POST' && endsWith(path, '/messages')) return { operation: 'chat' }
    if (method === 'POST' && endsWith(path, '/messages/count_tokens')) return { operation: 'count-tokens' }
    if (method === 'POST' && onVertex(path)) return vertexRoute(path)
    // both APIs use this path; the version header distinguishes them
    const ours = headers['anthropic-version'] !== undefined
    if (ours && method === 'GET' && (endsWith(path, '/models') || modelInPath(path) !== undefined))
      return { operation: 'models' }
    return ours ? { operation: 'unknown' } : undefined
  },
  key: (headers) =>
    headers['x-api-key'] ?? headers['x-goog-api-key'] ?? /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1],
  headers: (request) => ({
    'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
    'anthropic-ratelimit-input-tokens-limit': '2000000',
    'anthropic-ratelimit-input-tokens-remaining': '1999000',
    'anthropic-ratelimit-input-tokens-reset': resetAt,
    'anthropic-ratelimit-output-tokens-limit': '400000',
    'anthropic-ratelimit-output-tokens-remaining': '400000',
    'anthropic-ratelimit-output-tokens-reset': resetAt,
    'anthropic-ratelimit-requests-limit': '4000',
    'anthropic-ratelimit-requests-remaining': '3999',
    'anthropic-ratelimit-requests-reset': resetAt,
    'anthropic-ratelimit-tokens-limit': '2400000',
    'anthropic-ratelimit-tokens-remaining': '2399000',
    'anthropic-ratelimit-tokens-reset': resetAt,
    'request-id': requestId(request),
  }),
  refuseKey(request, key) {
    const message = key === undefined ? 'x-api-key header is required' : 'invalid x-api-key'
    return anthropicError(request, { status: 401, message })
  },
  refuse(request) {
    if (request.operation === 'unknown') {
      return { status: 404, body: errorBody(request, 'not_found_error', 'Not Found') }
    }
    if (request.operation === 'models') return undefined
    const vertex = onVertex(request.path)
    if (!vertex && request.headers['anthropic-version'] === undefined) {
      return invalid(request, 'anthropic-version: header is required')
    }
    const { model, operation, body } = request
    // counting needs no max_tokens
    const counting = operation === 'count-tokens' && { max_tokens: 1 }
    const fault = vertex
      ? (findVertexFault(request) ?? findFault({ ...counting, ...body, model }))
      : findFault({ ...counting, ...body })
    return fault === undefined ? undefined : invalid(request, fault)
  },
  error: anthropicError,
  errorInside(request, status = 529) {
    const wish = { status, ...((status === 502 || status === 503) && { message: 'Internal server error' }) }
    const { body } = anthropicError(request, wish)
    return { body: record(body), frame: { event: 'error', data: JSON.stringify(body), part: 'close' } }
  },
  read: ({ body }) => readMessages(body),
  whole,
  frames,
  keepAlive: (eol) => `event: ping${eol}data: {"type": "ping"}${eol}${eol}`,
  models({ path }, models) {
    const card = (id: string): Json => ({ type: 'model', id, display_name: id, created_at: '2023-11-14T22:13:20Z' })
    const id = modelInPath(path)
    if (id !== undefined) return card(id)
    return { data: models.map(card), has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null }
  },
  countTokens: ({ prompt }) => ({
    input_tokens: prompt.fresh + prompt.cacheRead + prompt.cacheWrite5m + prompt.cacheWrite1h,
  }),
}

function onVertex(path: string): boolean {
  return googleMethod(path)?.publisher === 'anthropic'
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude */
function vertexRoute(path: string): Route {
  const { model, name } = googleMethod(path) ?? {}
  if (model === 'count-tokens') return { operation: 'count-tokens' }
  if (name !== 'rawPredict' && name !== 'streamRawPredict') return { operation: 'unknown', model }
  return { operation: 'chat', model }
}

interface Block {
  readonly whole: Json
  /** A block as a stream opens it. */
  readonly start: Json
  readonly deltas: readonly { readonly delta: Json; readonly content: boolean }[]
}

function whole(answer: Answer, request: WireRequest): Json {
  const speech = answer.choices[0]
  return {
    ...message(answer),
    content: speech ? blocks(speech, request).map((block) => block.whole) : [],
    ...stop(speech, request),
    ...(answer.tally && {
      usage: { ...inputUsage(answer.tally), ...outputUsage(answer.tally), service_tier: 'standard' },
    }),
  }
}

function frames(answer: Answer, request: WireRequest): Frame[] {
  const speech = answer.choices[0]
  const frame = (part: Frame['part'], data: Json): Frame => ({
    event: string(data.type) ?? '',
    data: JSON.stringify(data),
    part,
  })
  const usage = answer.tally && { usage: { ...inputUsage(answer.tally), output_tokens: 1, service_tier: 'standard' } }
  const empty = { ...message(answer), content: [], stop_reason: null, stop_sequence: null, ...usage }
  const out = [frame('open', { type: 'message_start', message: empty })]
  for (const [index, block] of (speech ? blocks(speech, request) : []).entries()) {
    out.push(frame('open', { type: 'content_block_start', index, content_block: block.start }))
    if (index === 0) out.push({ event: 'ping', data: '{"type": "ping"}', part: 'open' })
    for (const { delta, content } of block.deltas) {
      out.push(frame(content ? 'content' : 'open', { type: 'content_block_delta', index, delta }))
    }
    out.push(frame('open', { type: 'content_block_stop', index }))
  }
  const { cache_creation: _, ...counted } = answer.tally ? inputUsage(answer.tally) : {}
  const total = answer.tally && { usage: { ...counted, ...outputUsage(answer.tally) } }
  out.push(frame('close', { type: 'message_delta', delta: stop(speech, request), ...total }))
  out.push(frame('mark', { type: 'message_stop' }))
  return out
}

function message(answer: Answer): Json {
  return { model: answer.model, id: `msg_${answer.id}`, type: 'message', role: 'assistant' }
}

function blocks(speech: Speech, request: WireRequest): Block[] {
  const out: Block[] = []
  if (speech.reasoning !== '') out.push(thinkingBlock(speech, request))
  if (speech.text !== '') {
    out.push({
      whole: { type: 'text', text: speech.text },
      start: { type: 'text', text: '' },
      deltas: speech.textPieces.map((text) => ({ delta: { type: 'text_delta', text }, content: true })),
    })
  }
  for (const call of speech.toolCalls) {
    const head = { type: 'tool_use', id: call.givenId ?? `toolu_${call.id}`, name: call.name }
    const input = parseJson(call.arguments)
    out.push({
      whole: { ...head, input: isRecord(input) ? input : {} },
      start: { ...head, input: {} },
      // the first delta is always empty, and for `{}` it is the only one
      deltas: ['', ...(call.arguments === '{}' ? [] : call.argumentPieces)].map((json) => ({
        delta: { type: 'input_json_delta', partial_json: json },
        content: true,
      })),
    })
  }
  return out
}

function thinkingBlock(speech: Speech, request: WireRequest): Block {
  const omitted = record(request.body.thinking).display === 'omitted'
  const thinking = omitted ? '' : speech.reasoning
  const signature = sign(thinking)
  const thoughts = (omitted ? [] : speech.reasoningPieces).map((piece) => ({
    delta: { type: 'thinking_delta', thinking: piece },
    content: true,
  }))
  return {
    whole: { type: 'thinking', thinking, signature },
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [...thoughts, { delta: { type: 'signature_delta', signature }, content: false }],
  }
}

function stop(speech: Speech | undefined, request: WireRequest): Json {
  const usual = speech && speech.toolCalls.length > 0 ? 'tool_calls' : 'stop'
  const reason = stopReason(speech?.finishReason ?? usual)
  if (reason !== 'stop_sequence') return { stop_reason: reason, stop_sequence: null }
  const stops = request.body.stop_sequences
  return { stop_reason: reason, stop_sequence: Array.isArray(stops) ? (stops[0] ?? null) : null }
}

function stopReason(finishReason: string): string {
  switch (finishReason) {
    case 'stop':
      return 'end_turn'
    case 'length':
      return 'max_tokens'
    case 'tool_calls':
      return 'tool_use'
    case 'content_filter':
      return 'refusal'
    default:
      return finishReason
  }
}

function inputUsage({ prompt }: NonNullable<Answer['tally']>): Json {
  return {
    input_tokens: prompt.fresh,
    cache_creation_input_tokens: prompt.cacheWrite5m + prompt.cacheWrite1h,
    cache_read_input_tokens: prompt.cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: prompt.cacheWrite5m,
      ephemeral_1h_input_tokens: prompt.cacheWrite1h,
    },
  }
}

function outputUsage({ spoken, reasoning }: NonNullable<Answer['tally']>): Json {
  return { output_tokens: spoken + reasoning, output_tokens_details: { thinking_tokens: reasoning } }
}
