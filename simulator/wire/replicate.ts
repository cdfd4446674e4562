import type { Answer } from '../answer.js'
import { idOf } from '../digest.js'
import type { FaultReason } from '../fault.js'
import type { Frame } from '../frames.js'
import { type Json, record, string } from '../json.js'
import { openai } from './openai.js'
import { readPrompt } from './prompts.js'
import { type ErrorWish, endsWith, type Route, type Wire, type WireError, type WireRequest } from './wire.js'

const createdAt = '2023-11-14T22:13:20.000Z'

interface Asked {
  readonly body: Json
  readonly model: string
}

/** Requests by prediction id, because the URL of a stream contains only the id. */
const asked = new Map<string, Asked>()
const mostAsked = 1_000

/**
 * Replicate: a prediction is complete, or has the URL of its stream.
 * https://replicate.com/docs/reference/http
 */
export const replicate: Wire = {
  ...openai,
  name: 'replicate',
  framing: 'sse',
  route(method, path, _headers, body) {
    if (method === 'GET') return known(/\/v1\/(streams|predictions)\/([A-Za-z0-9]{24})(?:\?|$)/.exec(path))
    if (/\/v1\/predictions\/[A-Za-z0-9]+\/cancel(?:\?|$)/.test(path)) return { operation: 'unknown' }
    const [, model, deployment] =
      /\/v1\/(?:models\/([^/?]+\/[^/?]+)|(deployments\/[^/?]+\/[^/?]+))\/predictions/.exec(path) ?? []
    const named = model ?? deployment ?? (endsWith(path, '/v1/predictions') ? string(body.version) : undefined)
    if (method !== 'POST' || named === undefined) return undefined
    return { operation: body.stream === true ? 'unknown' : 'chat', model: named, stream: false }
  },
  headers: ({ seed }) => ({ 'x-request-id': idOf(seed, 'request').toLowerCase() }),
  refuseKey: (request) => replicateError(request, { status: 401 }),
  refuse({ body, method, path }) {
    if (method === 'GET' || endsWith(path, '/cancel')) return undefined
    return string(record(body.input).prompt) === undefined ? problem(422, '- input: prompt is required') : undefined
  },
  error: replicateError,
  errorInside: (request, status = 500) => ({
    body: prediction(request, 'failed', { error: words(status) }),
    frame: { event: 'error', data: JSON.stringify({ detail: words(status) }), part: 'close' },
  }),
  receipt(request) {
    if (request.operation !== 'unknown') return undefined
    if (endsWith(request.path, '/cancel')) return { status: 200, body: prediction(request, 'canceled', {}) }
    const { body, model, seed } = request
    if (asked.size >= mostAsked) asked.delete(asked.keys().next().value ?? '')
    asked.set(idOf(seed, 'prediction'), { body, model })
    return { status: 201, body: prediction(request, 'starting', {}) }
  },
  read(request) {
    const { prompt, max_tokens, max_completion_tokens, stop_sequences } = record(bodyOf(request).input)
    const maxTokens = max_tokens ?? max_completion_tokens
    return readPrompt(string(prompt) ?? '', { maxTokens, stop: string(stop_sequences)?.split(',') })
  },
  whole({ choices, tally }, request) {
    const metrics = tally && {
      input_token_count: tally.prompt.fresh + tally.prompt.cacheRead,
      output_token_count: tally.spoken + tally.reasoning,
      predict_time: 0.5,
    }
    // models of images have URLs in the place of text
    const output = /flux|sdxl|imagen|recraft|gpt-image/.test(request.model)
      ? ['https://replicate.delivery/simulated.png']
      : (choices[0]?.textPieces ?? [])
    return prediction(request, 'succeeded', { output, metrics: metrics ?? {} })
  },
  frames,
}

function known(match: RegExpExecArray | null): Route | undefined {
  const [, kind, id = ''] = match ?? []
  const model = asked.get(id)?.model
  return model === undefined ? undefined : { operation: 'chat', model, stream: kind === 'streams' }
}

const idIn = ({ path, seed }: WireRequest): string =>
  /\/(?:streams|predictions)\/([A-Za-z0-9]+)/.exec(path)?.[1] ?? idOf(seed, 'prediction')

const bodyOf = (request: WireRequest): Json =>
  request.method === 'GET' ? (asked.get(idIn(request))?.body ?? {}) : request.body

/** https://replicate.com/docs/topics/predictions/lifecycle */
function prediction(request: WireRequest, status: string, more: Json): Json {
  const id = idIn(request)
  const { host } = request.headers
  const origin = host === undefined ? 'https://api.replicate.com' : `http://${host}`
  const stream = host === undefined ? 'https://stream.replicate.com' : origin
  const get = `${origin}/v1/predictions/${id}`
  return {
    id,
    model: request.model,
    version: 'hidden',
    input: bodyOf(request).input ?? {},
    logs: '',
    output: null,
    data_removed: false,
    error: null,
    status,
    created_at: createdAt,
    urls: { get, cancel: `${get}/cancel`, stream: `${stream}/v1/streams/${id}` },
    ...more,
  }
}

/** https://replicate.com/docs/topics/predictions/streaming */
function frames({ choices }: Answer): Frame[] {
  const pieces = choices[0]?.textPieces ?? []
  return [
    ...pieces.map((data): Frame => ({ event: 'output', data, part: 'content' })),
    { event: 'done', data: '{}', part: 'close' },
  ]
}

const problem = (status: number, detail: string): WireError => ({
  status,
  body: { title: titles.get(status) ?? 'Error', detail, status },
  contentType: 'application/problem+json',
})

const titles: ReadonlyMap<number, string> = new Map([
  [401, 'Unauthenticated'],
  [402, 'Insufficient credit'],
  [404, 'Not found'],
  [422, 'Input validation failed'],
])

function words(status: number): string {
  switch (status) {
    case 401:
      return 'You did not pass a valid authentication token'
    case 402:
      return 'You have insufficient credit to run this model. Go to https://replicate.com/account/billing to purchase credit.'
    case 404:
      return 'The requested resource could not be found.'
    case 429:
      return 'Request was throttled. Expected available in 1 second.'
    default:
      return status >= 500 ? 'Prediction interrupted; please retry (code: PA)' : 'The request was not accepted.'
  }
}

const reasons: Readonly<Record<FaultReason, readonly [status: number, detail: string]>> = {
  quota: [402, words(402)],
  'context-window': [422, '- input.prompt: Your input is too long.'],
  'content-policy': [
    422,
    'The input or output was flagged as sensitive. Please try again with different inputs. (E005)',
  ],
  image: [422, '- input.image: the image could not be read'],
}

/** https://replicate.com/docs/reference/http#errors */
function replicateError(_request: WireRequest, { status, reason, message }: ErrorWish): WireError {
  const [usual, detail] = reason ? reasons[reason] : [500, words(status ?? 500)]
  return problem(status ?? usual, message ?? detail)
}
