import { ResponsesStream } from '../call/responses-stream.js'
import { BadRequestError, NotFoundError } from '../errors.js'
import type { ResponsesResponse } from '../types/responses.js'
import { type Action, type ActionInput, events, json, send, type WithMeta } from './action.js'
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
    const headers = input.headers(answer.meta)
    if (answer instanceof ResponsesStream) {
      if (kept) answer.whenOver((failure, soFar) => void (failure ?? finish(soFar() as ResponsesResponse)))
      const writer = new ResponsesEventWriter(previous)
      return events(headers, streamBody(answer.texts(writer.write), writer.fail))
    }
    // the next call of the client may reach another process
    await finish(answer)
    return json(headers, withPrevious(answer, previous))
  },
}

/** `POST /v1/responses/compact`: of a conversation, or of a stored response with its input. */
export const compactResponse: Action = {
  spec: 'compactResponse',
  async run(input) {
    await resolveReferences(input)
    const answer = (await send(input, 'compactResponse')) as WithMeta
    return json(input.headers(answer.meta), answer)
  },
}

/** The answer as the API has it: without the SDK's own field. */
export function withPrevious(
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
        if (id === undefined) return item
        return (await store.item(id, context)) ?? ((await store.isForeign?.(id, context)) ? withoutId(item, id) : item)
      }),
    )
  }
  if (typeof previous !== 'string' || previous === '') return
  const stored = await store.get(previous, context)
  if (!stored) {
    // the provider may know the answer, under the account that all owners share
    if (!(await store.isForeign?.(previous, context))) return
    throw new BadRequestError(`Previous response with id '${previous.slice(0, 200)}' not found.`, {
      param: 'previous_response_id',
    })
  }
  delete params.previous_response_id
  params.input = [...stored.input, ...itemsOf(stored.response.output), ...itemsOf(params.input)]
}

/** An item without an id that the provider must not look up. */
function withoutId(item: unknown, id: string): unknown {
  const { id: _, ...rest } = item as Readonly<Record<string, unknown>>
  // reasoning may have its text beside the id
  if (rest.type === 'reasoning') return rest
  throw new NotFoundError(`Item with id '${id.slice(0, 200)}' not found.`, { param: 'input' })
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
    const { model } = call.params
    await store?.put(id, { response, input, ...(typeof model === 'string' && { model }) }, call.context, call)
  } catch {} // an answer that can't be kept is delivered all the same
}
