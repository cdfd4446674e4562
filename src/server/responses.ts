import { ResponsesStream } from '../call/responses-stream.js'
import { BadRequestError } from '../errors.js'
import type { ResponsesResponse } from '../types/responses.js'
import { type Action, type ActionInput, events, json, send } from './action.js'
import { unknownResponse } from './errors.js'
import { ResponsesEventWriter } from './responses-events.js'
import { streamBody } from './sse.js'

/** OpenAI's Responses API. The store answers for ids that the provider of the next call may not know. */
export const responses: Action = {
  spec: 'responses',
  async run(input) {
    const { params } = input.call
    const given = params.previous_response_id
    const previous = typeof given === 'string' && given !== '' ? given : undefined
    await resolveReferences(input)
    const kept = params.store !== false && input.store !== undefined
    const sent = itemsOf(params.input)
    const answer = (await send(input, 'responses')) as ResponsesResponse | ResponsesStream
    const finish = (response: ResponsesResponse) =>
      kept ? keep(input, withPrevious(response, previous), sent) : undefined
    if (answer instanceof ResponsesStream) {
      if (kept) answer.whenOver((failure, soFar) => void (failure ?? finish(soFar() as ResponsesResponse)))
      const writer = new ResponsesEventWriter(previous)
      return events(input.headers(answer.meta), streamBody(answer.texts(writer.write), writer.fail))
    }
    // the next call of the client may reach another process
    await finish(answer)
    return json(input.headers(answer.meta), withPrevious(answer, previous))
  },
}

/** The answer as the API has it: without the SDK's own field. */
function withPrevious(
  { output_text: _, ...response }: ResponsesResponse,
  previous: string | undefined,
): Record<string, unknown> {
  return previous === undefined ? response : { ...response, previous_response_id: previous }
}

/** Puts the items of the previous response, and those that are named by id, into the input. Unknown ids are left to the provider. */
async function resolveReferences({ call, store }: ActionInput): Promise<void> {
  const { params, context } = call
  if (!store) return
  const { previous_response_id: previous } = params
  const { input } = params
  if (Array.isArray(input) && input.some((item) => referenceIn(item) !== undefined)) {
    params.input = await Promise.all(
      input.map(async (item: unknown) => {
        const id = referenceIn(item)
        return (id === undefined ? undefined : await store.item(id, context)) ?? item
      }),
    )
  }
  if (typeof previous !== 'string' || previous === '') return
  const stored = await store.get(previous, context)
  if (!stored) return
  delete params.previous_response_id
  params.input = [...stored.input, ...itemsOf(stored.response.output), ...itemsOf(params.input)]
}

/**
 * The id of a reference to an item, which the AI SDK sends in its place, or of reasoning that came back without its encrypted content.
 * The type of a reference is optional.
 */
function referenceIn(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { type, id, encrypted_content: content } = item as Readonly<Record<string, unknown>>
  const refers = type === 'item_reference' || (type === 'reasoning' && !content) || Object.keys(item).length === 1
  return typeof id === 'string' && refers ? id : undefined
}

function itemsOf(input: unknown): readonly unknown[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  return Array.isArray(input) ? input : []
}

async function keep(
  { store, call }: ActionInput,
  response: Record<string, unknown>,
  input: readonly unknown[],
): Promise<void> {
  const { id } = response
  if (typeof id !== 'string' || id === '') return
  try {
    await store?.put(id, { response, input }, call.context)
  } catch {} // an answer that can't be kept is delivered all the same
}

/** `GET /v1/responses/{id}` */
export const storedResponse: Action = {
  async run(input) {
    const { id = '' } = input.call.route
    const stored = await requireStore(input).get(id, input.call.context)
    if (!stored) throw unknownResponse(id)
    return json(input.headers(undefined), stored.response)
  },
}

/** `DELETE /v1/responses/{id}` */
export const deleteResponse: Action = {
  async run(input) {
    const { id = '' } = input.call.route
    if (!(await requireStore(input).delete(id, input.call.context))) throw unknownResponse(id)
    return json(input.headers(undefined), { id, object: 'response', deleted: true })
  },
}

const mostItems = 100

/** `GET /v1/responses/{id}/input_items`, with `order`, `limit` and `after`. Items without an id get one that stays the same. */
export const inputItems: Action = {
  async run(input) {
    const { route, request, context } = input.call
    const { id = '' } = route
    const stored = await requireStore(input).get(id, context)
    if (!stored) throw unknownResponse(id)
    const query = new URLSearchParams(request.url.slice(request.url.indexOf('?') + 1))
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
