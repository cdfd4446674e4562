import type { Conversation } from '../conversation.js'
import { clip, countTokens, hash, pieces, vectorOf } from '../digest.js'
import { type Json, list, number, record, string } from '../json.js'
import { frames, whole } from './cohere-answer.js'
import { cohereError, invalid, refuseKey, uuidOf } from './cohere-errors.js'
import { refuse } from './cohere-refusals.js'
import { readChat } from './cohere-request.js'
import { rank } from './rank.js'
import { endsWith, type Route, type Wire, type WireRequest } from './wire.js'

const defaultDimensions = 16

/** Cohere's own API, version 2. https://docs.cohere.com/reference/about */
export const cohere: Wire = {
  name: 'cohere',
  framing: 'sse',
  route(method, path): Route | undefined {
    if (method !== 'POST') return undefined
    if (endsWith(path, '/v2/chat')) return { operation: 'chat' }
    if (endsWith(path, '/v2/embed')) return { operation: 'embedding' }
    if (endsWith(path, '/v2/rerank')) return { operation: 'rerank' }
    return endsWith(path, '/v1/tokenize') ? { operation: 'count-tokens' } : undefined
  },
  key: (headers) => /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1],
  headers: ({ seed }) => ({
    'x-debug-trace-id': hash(seed, 'trace').toString('hex').slice(0, 32),
    'x-envoy-upstream-service-time': '12',
    'x-endpoint-monthly-call-limit': '1000',
    'x-trial-endpoint-call-limit': '40',
    'x-trial-endpoint-call-remaining': '39',
  }),
  refuseKey,
  refuse(request) {
    if (request.operation === 'unknown') return invalid(request, `${clip(request.path, 200)} not found`, 404)
    return refuse(request)
  },
  error: cohereError,
  errorInside(request, status = 500) {
    // an error event can't be plain text
    const wish = { status, ...(status === 502 && { message: 'bad gateway' }) }
    const body = record(cohereError(request, wish).body)
    const delta = { error: body.message, finish_reason: 'ERROR' }
    const end = { type: 'message-end', delta }
    return { body, frame: { event: 'message-end', data: JSON.stringify(end), part: 'close' } }
  },
  read: readChat,
  whole,
  frames,
  embeddings,
  rerank({ body, seed }, scores) {
    const most = number(body.top_n)
    const results = rank(string(body.query) ?? '', list(body.documents), scores, most)
    return {
      id: uuidOf(seed),
      results: results.map(({ index, score }) => ({ index, relevance_score: score })),
      meta: meta({ search_units: Math.ceil(list(body.documents).length / 100) }),
    }
  },
  countTokens(_: Conversation, { body }) {
    const strings = pieces(string(body.text) ?? '', 4)
    const tokens = strings.map((piece) => hash(piece).readUInt16LE(0))
    return { tokens, token_strings: strings, meta: { api_version: { version: '1' } } }
  },
}

function meta(billed: Json): Json {
  return { api_version: { version: '2' }, billed_units: billed }
}

function embeddings({ body, seed }: WireRequest, vectors: readonly (readonly number[])[] | undefined): Json {
  const inputs = [...list(body.texts), ...list(body.images), ...list(body.inputs)]
  const dimensions = number(body.output_dimension) ?? defaultDimensions
  const texts = inputs.map((input) => string(input) ?? JSON.stringify(input))
  const floats = texts.map((text, index) => vectors?.[index] ?? vectorOf(text, dimensions))
  const types = body.embedding_types === undefined ? ['float'] : list(body.embedding_types)
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0)
  return {
    id: uuidOf(seed),
    texts: list(body.texts),
    embeddings: Object.fromEntries(types.map((type) => [type, floats.map((vector) => cast(vector, String(type)))])),
    meta: meta({ input_tokens: tokens }),
    response_type: 'embeddings_by_type',
  }
}

function cast(vector: readonly number[], type: string): readonly number[] | string {
  const bytes = (): number[] => vector.map((value) => Math.round(value * 127))
  switch (type) {
    case 'base64':
      return Buffer.from(Float32Array.from(vector).buffer).toString('base64')
    case 'int8':
      return bytes()
    case 'uint8':
      return bytes().map((value) => value + 128)
    case 'binary':
    case 'ubinary':
      return packed(vector).map((value) => (type === 'binary' ? value - 128 : value))
    default:
      return vector
  }
}

/** One bit per dimension, eight per number. */
function packed(vector: readonly number[]): number[] {
  const out: number[] = []
  for (let at = 0; at < vector.length; at += 8) {
    out.push(vector.slice(at, at + 8).reduce((bits, value) => bits * 2 + (value > 0 ? 1 : 0), 0))
  }
  return out
}
