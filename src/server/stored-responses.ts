import { ResponsesStream } from '../call/responses-stream.js'
import { BadRequestError, LLMError } from '../errors.js'
import type { ResponsesResponse } from '../types/responses.js'
import { type Action, type ActionInput, events, json } from './action.js'
import { unknownResponse } from './errors.js'
import { withPrevious } from './responses.js'
import { ResponsesEventWriter } from './responses-events.js'
import { streamBody } from './sse.js'
import type { StoredResponse } from './types.js'

/**
 * Stored responses. The store decides whose they are: its answers are for their owner, and only their hosts are asked, for the state of a
 * background response.
 */

/** `GET /v1/responses/{id}`, with `stream` and `starting_after` */
export const storedResponse: Action = {
  async run(input) {
    const stored = await own(input)
    const query = queryOf(input)
    if (query.get('stream') === 'true') return streamed(input, stored, query)
    if (!unfinished.has(stored.response.status)) return json(input.headers(undefined), stored.response)
    const include = [...query.getAll('include[]'), ...query.getAll('include')]
    const answer = await ask(input, 'retrieve', stored, include.length > 0 ? { include } : {})
    if (!answer) return json(input.headers(undefined), stored.response)
    return json(input.headers(answer.meta), await renew(input, stored, answer))
  },
}

/** `POST /v1/responses/{id}/cancel` */
export const cancelResponse: Action = {
  async run(input) {
    const stored = await own(input)
    const answer = await ask(input, 'cancel', stored, {})
    if (!answer) throw new BadRequestError('Only background responses can be cancelled.', { param: 'response_id' })
    return json(input.headers(answer.meta), await renew(input, stored, answer))
  },
}

/** `DELETE /v1/responses/{id}`: at the host, and here */
export const deleteResponse: Action = {
  async run(input) {
    const { id = '' } = input.call.route
    const stored = await own(input)
    try {
      await ask(input, 'delete', stored, {})
    } catch (error) {
      // a host that stores none, or has removed it, has nothing to delete
      if (!LLMError.is(error) || (error.code !== 'bad_request' && error.code !== 'not_found')) throw error
    }
    await requireStore(input).delete(id, input.call.context)
    return json(input.headers(undefined), { id, object: 'response', deleted: true })
  },
}

const unfinished: ReadonlySet<unknown> = new Set(['queued', 'in_progress'])

/** The stored response, if it is the caller's. */
async function own(input: ActionInput): Promise<StoredResponse> {
  const { id = '' } = input.call.route
  const stored = await requireStore(input).get(id, input.call.context)
  if (!stored) throw unknownResponse(id)
  return stored
}

/** Asks the host of a response; undefined if there is none. */
async function ask(
  { target, call, options }: ActionInput,
  method: 'retrieve' | 'cancel' | 'delete',
  { model }: StoredResponse,
  more: object,
): Promise<ResponsesResponse | undefined> {
  const { storedResponses } = target
  if (!storedResponses || model === undefined) return undefined
  const { signal } = options ?? {}
  const request = { ...more, ...(signal && { signal }), model, response_id: call.route.id }
  return (await storedResponses[method](request as never)) as ResponsesResponse
}

/** Keeps the new state of a response. */
async function renew(
  { call, store }: ActionInput,
  stored: StoredResponse,
  answer: ResponsesResponse,
): Promise<Record<string, unknown>> {
  const { previous_response_id: previous, model } = stored.response
  // the name of the model stays that of the creation
  const response = {
    ...withPrevious(answer, typeof previous === 'string' ? previous : undefined),
    ...(model !== undefined && { model }),
  }
  await store?.put(String(stored.response.id), { ...stored, response }, call.context)
  return response
}

/** The events of a background response, after the last one that the client has. */
async function streamed(input: ActionInput, stored: StoredResponse, query: URLSearchParams) {
  const after = query.get('starting_after')
  const place = after === null ? undefined : Number(after)
  if (place !== undefined && !Number.isInteger(place)) {
    throw new BadRequestError(`'starting_after' must be the number of an event; got '${after?.slice(0, 200)}'.`, {
      param: 'starting_after',
    })
  }
  const more = { stream: true, ...(place !== undefined && { starting_after: place }) }
  const answer = (await ask(input, 'retrieve', stored, more)) as unknown
  if (!(answer instanceof ResponsesStream)) {
    throw new BadRequestError('Only background responses can be streamed again.', { param: 'stream' })
  }
  const { previous_response_id: previous, model } = stored.response
  answer.whenOver((failure, soFar) => {
    if (!failure) renew(input, stored, soFar() as ResponsesResponse).catch(() => {})
  })
  const writer = new ResponsesEventWriter(
    typeof previous === 'string' ? previous : undefined,
    typeof model === 'string' ? model : undefined,
  )
  return events(input.headers(answer.meta), streamBody(answer.texts(writer.write), writer.fail))
}

const queryOf = ({ call }: ActionInput): URLSearchParams =>
  new URLSearchParams(call.request.url.slice(call.request.url.indexOf('?') + 1))

const mostItems = 100

/** `GET /v1/responses/{id}/input_items`, with `order`, `limit` and `after`. Items without an id get one that stays the same. */
export const inputItems: Action = {
  async run(input) {
    const { id = '' } = input.call.route
    const stored = await own(input)
    const query = queryOf(input)
    const items = stored.input.map((item, at) => withId(item, id, at))
    if (query.get('order') !== 'asc') items.reverse()
    const after = query.get('after')
    const start = after === null ? 0 : items.findIndex((item) => item.id === after) + 1
    if (after !== null && start === 0) {
      throw new BadRequestError(`'after' must be the id of an item; got '${after.slice(0, 200)}'.`, { param: 'after' })
    }
    const limit = Number(query.get('limit') ?? 20)
    if (!Number.isInteger(limit) || limit < 1 || limit > mostItems) {
      throw new BadRequestError(
        `'limit' must be an integer from 1 to ${mostItems}; got '${query.get('limit')?.slice(0, 200)}'.`,
        { param: 'limit' },
      )
    }
    const data = items.slice(start, start + limit)
    return json(input.headers(undefined), {
      object: 'list',
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: start + limit < items.length,
    })
  },
}

/** An item in the form of the list: the content of a message is an array there. */
function withId(raw: unknown, of: string, at: number): Record<string, unknown> {
  const item = raw as Readonly<Record<string, unknown>>
  const type = item.type ?? 'message'
  const { content } = item
  const text = item.role === 'assistant' ? 'output_text' : 'input_text'
  const parts = type === 'message' && typeof content === 'string' ? { content: [{ type: text, text: content }] } : {}
  return { id: `${type === 'message' ? 'msg' : 'item'}_${of}_${at}`, ...item, type, ...parts }
}

function requireStore({ store }: ActionInput) {
  if (!store) throw new BadRequestError('This server does not keep responses.')
  return store
}
