import { countTokens, createdAt, idOf } from '../digest.js'
import { type Json, record, records } from '../json.js'
import type { RawEvent, RawReply } from '../reply.js'
import type { SimulatedResponse } from '../stored.js'
import { badRequest } from './openai-errors.js'
import type { WireRequest } from './wire.js'

/** The id and the rest of a path such as `/v1/responses/resp_1/cancel`. */
const pattern = /\/responses\/([^/?]+)(\/cancel|\/input_items)?(?:\?|$)/

export const isStoredPath = (method: string, path: string): boolean => {
  const [, id, rest = ''] = pattern.exec(path) ?? []
  if (id === undefined) return false
  return rest === '/cancel' ? method === 'POST' : method === 'GET' || (method === 'DELETE' && rest === '')
}

/** A background response is queued, then in progress, and complete from its second state on. */
function stateOf(stored: SimulatedResponse): Json {
  if (!stored.background) return stored.whole
  if (stored.cancelled) return { ...stored.whole, background: true, status: 'cancelled', output: [], usage: null }
  if (stored.reads >= 2) return { ...stored.whole, background: true }
  return {
    ...stored.whole,
    background: true,
    status: stored.reads === 0 ? 'queued' : 'in_progress',
    output: [],
    usage: null,
  }
}

/** Keeps a response unless the request says otherwise, and returns its state. */
export function keepResponse(
  request: WireRequest,
  key: string | undefined,
  whole: Json,
  events: readonly RawEvent[],
): Json {
  const { body, responses } = request
  const stored: SimulatedResponse = {
    ...{ key, input: body.input, whole, events },
    background: body.background === true,
    reads: 0,
    cancelled: false,
  }
  if (body.store !== false) responses?.set(String(whole.id), stored)
  return stateOf(stored)
}

/** https://platform.openai.com/docs/api-reference/responses/get and its neighbours. */
export function storedResponse(request: WireRequest, key: string | undefined): RawReply {
  const { method, path, responses } = request
  const [, id = '', rest = ''] = pattern.exec(path) ?? []
  const stored = responses?.get(decodeURIComponent(id))
  if (!stored || stored.key !== key) {
    const { body } = badRequest(`Response with id '${id}' not found.`)
    return { status: 404, body: body as Json }
  }
  if (method === 'DELETE') {
    responses?.delete(decodeURIComponent(id))
    return { body: { id, object: 'response', deleted: true } }
  }
  if (rest === '/cancel') {
    if (!stored.background) {
      const { body } = badRequest('Cannot cancel a synchronous response.')
      return { status: 400, body: body as Json }
    }
    if (stored.reads < 2) stored.cancelled = true
    return { body: stateOf(stored) }
  }
  const query = new URLSearchParams(path.slice(path.indexOf('?') + 1))
  if (rest === '/input_items') return { body: pageOf(stored, id, query) }
  if (query.get('stream') === 'true') {
    const after = Number(query.get('starting_after') ?? -1)
    stored.reads = 2
    return { events: stored.events.slice(after + 1) }
  }
  stored.reads++
  return { body: stateOf(stored) }
}

function pageOf({ input }: SimulatedResponse, id: string, query: URLSearchParams): Json {
  const given = typeof input === 'string' ? [{ role: 'user', content: input }] : records(input)
  const items = given.map((item, at) => ({ id: `msg_${id}_${at}`, type: 'message', ...item }))
  if (query.get('order') !== 'asc') items.reverse()
  const start = items.findIndex((item) => item.id === query.get('after')) + 1
  const limit = Number(query.get('limit') ?? 20)
  const data = items.slice(start, start + limit)
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
  return { object: 'list', data, ...ends, has_more: start + limit < items.length }
}

/** https://platform.openai.com/docs/api-reference/responses/compact: the messages of the user and one item for the rest. */
export function compacted({ body, seed }: WireRequest): Json {
  const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : records(body.input)
  const tokens = countTokens(JSON.stringify(input))
  const kept = input.filter(({ role }) => role === 'user').map((item) => ({ type: 'message', ...record(item) }))
  return {
    id: `resp_${idOf(seed, 'compaction')}`,
    object: 'response.compaction',
    created_at: createdAt,
    output: [...kept, { id: `cmp_${idOf(seed, 'item')}`, type: 'compaction', encrypted_content: 'gAAAAAcompacted' }],
    usage: {
      input_tokens: tokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: tokens + 20,
    },
  }
}
