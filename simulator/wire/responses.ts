import type { Answer, Speech, SpokenCall } from '../answer.js'
import { createdAt } from '../digest.js'
import type { Frame } from '../frames.js'
import { type Json, record, records, string } from '../json.js'
import { openai } from './openai.js'
import { badRequest } from './openai-errors.js'
import { readChat } from './openai-request.js'
import { compacted, isStoredPath, keepResponse, storedResponse } from './stored-responses.js'
import { endsWith, type Wire, type WireError, type WireRequest } from './wire.js'

/** OpenAI's Responses API. https://platform.openai.com/docs/api-reference/responses */
export const responses: Wire = {
  ...openai,
  route(method, path) {
    if (method === 'POST' && endsWith(path, '/responses')) return { operation: 'chat' }
    if (method === 'POST' && endsWith(path, '/responses/compact')) return { operation: 'compactResponse' }
    return isStoredPath(method, path) ? { operation: 'storedResponse' } : undefined
  },
  refuse: ({ body, operation }) => (operation === 'chat' ? refuse(body) : undefined),
  stored: (request) => storedResponse(request, openai.key(request.headers, request.path)),
  compacted,
  errorInside(request, status) {
    const { body } = openai.errorInside(request, status)
    const event = { type: 'error', sequence_number: 0, ...body }
    return { body, frame: { event: 'error', data: JSON.stringify(event), part: 'close' } }
  },
  read: ({ body }) => readChat(asChat(body)),
  whole(answer, request) {
    const events = frames(answer, request).map(({ event, data }) => ({ event: event ?? '', data }))
    const key = openai.key(request.headers, request.path)
    return keepResponse(request, key, responseOf(answer, request, outputOf(answer)), events)
  },
  frames(answer, request) {
    const all = frames(answer, request)
    const events = all.map(({ event, data }) => ({ event: event ?? '', data }))
    const key = openai.key(request.headers, request.path)
    keepResponse(request, key, responseOf(answer, request, outputOf(answer)), events)
    return all
  },
}

function refuse(body: Json): WireError | undefined {
  if (body.messages !== undefined) {
    return badRequest(
      "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'.",
      'messages',
    )
  }
  if (body.input === undefined && body.prompt === undefined && body.previous_response_id === undefined) {
    return badRequest("Missing required parameter: 'input'.", 'input', 'missing_required_parameter')
  }
  const nameless = records(body.tools).findIndex((tool) => tool.type === 'function' && typeof tool.name !== 'string')
  if (nameless >= 0) {
    const param = `tools[${nameless}].name`
    return badRequest(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter')
  }
  const roles = records(body.input).findIndex(({ role }) => role === 'tool' || role === 'function')
  if (roles >= 0) {
    const message = "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
    return badRequest(message, `input[${roles}]`, 'invalid_value')
  }
  const answered = new Set(records(body.input).flatMap((item) => (outputs.has(item.type) ? [item.call_id] : [])))
  const open = records(body.input).find((item) => calls.has(item.type) && !answered.has(item.call_id))
  return open && badRequest(`No tool output found for function call ${String(open.call_id)}.`, 'input')
}

const calls: ReadonlySet<unknown> = new Set(['function_call', 'custom_tool_call'])
const outputs: ReadonlySet<unknown> = new Set(['function_call_output', 'custom_tool_call_output'])

/** Converts the request to a chat request. */
function asChat(body: Json): Json {
  const { format } = record(body.text)
  return {
    messages: messagesOf(body),
    tools: records(body.tools).map((tool) => ({ type: tool.type, function: tool })),
    tool_choice: string(record(body.tool_choice).name) ? { function: body.tool_choice } : body.tool_choice,
    response_format: { ...record(format), json_schema: format },
    reasoning_effort: record(body.reasoning).effort,
    max_completion_tokens: body.max_output_tokens,
  }
}

function messagesOf({ input, instructions }: Json): Json[] {
  const first = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : []
  if (typeof input === 'string') return [...first, { role: 'user', content: input }]
  const messages: Record<string, unknown>[] = [...first]
  for (const item of records(input)) {
    if (outputs.has(item.type)) {
      messages.push({ role: 'tool', tool_call_id: item.call_id, content: item.output })
    } else if (calls.has(item.type)) {
      const call = { id: item.call_id, function: { name: item.name, arguments: item.arguments } }
      const last = messages.at(-1)
      if (last?.role === 'assistant') last.tool_calls = [...records(last.tool_calls), call]
      else messages.push({ role: 'assistant', content: '', tool_calls: [call] })
    } else if (item.role !== undefined) {
      messages.push({ role: item.role, content: contentOf(item.content) })
    }
  }
  return messages
}

const contentOf = (content: unknown): unknown =>
  typeof content === 'string'
    ? content
    : records(content).map((part) =>
        part.type === 'input_image' ? { type: 'image_url', image_url: part.image_url } : { ...part, type: 'text' },
      )

function outputOf(answer: Answer): Json[] {
  const [speech] = answer.choices
  if (!speech) return []
  const out: Json[] = []
  if (speech.reasoning !== '') out.push(thoughtOf(answer, speech.reasoning))
  if (speech.text !== '' || speech.toolCalls.length === 0) out.push(messageOf(answer, speech.text, 'completed'))
  return [...out, ...speech.toolCalls.map((call) => callOf(call, call.arguments, 'completed'))]
}

const thoughtOf = ({ id }: Answer, text: string): Json => ({
  id: `rs_${id}`,
  type: 'reasoning',
  summary: text === '' ? [] : [{ type: 'summary_text', text }],
  encrypted_content: `gAAAAA${id}`,
})

const messageOf = ({ id }: Answer, text: string, status: string): Json => ({
  id: `msg_${id}`,
  type: 'message',
  status,
  role: 'assistant',
  content: status === 'completed' ? [{ type: 'output_text', text, annotations: [], logprobs: [] }] : [],
})

const callOf = (call: SpokenCall, written: string, status: string): Json => ({
  id: `fc_${call.id}`,
  type: 'function_call',
  status,
  arguments: written,
  call_id: call.givenId ?? `call_${call.id}`,
  name: call.name,
})

function responseOf(answer: Answer, { body }: WireRequest, output: readonly Json[], open = false): Json {
  const reason = answer.choices[0]?.finishReason
  const cut = reason === 'length' ? 'max_output_tokens' : reason === 'content_filter' ? reason : undefined
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: createdAt,
    status: open ? 'in_progress' : cut ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: cut && !open ? { reason: cut } : null,
    instructions: body.instructions ?? null,
    metadata: body.metadata ?? {},
    model: answer.model,
    output,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    service_tier: 'default',
    store: body.store ?? true,
    usage: open || !answer.tally ? null : usage(answer.tally),
  }
}

function usage({ prompt, spoken, reasoning }: NonNullable<Answer['tally']>): Json {
  const input = prompt.fresh + prompt.cacheRead + prompt.cacheWrite5m + prompt.cacheWrite1h
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: prompt.cacheRead },
    output_tokens: spoken + reasoning,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + spoken + reasoning,
  }
}

function frames(answer: Answer, request: WireRequest): Frame[] {
  const out: Frame[] = []
  const say = (type: string, part: Frame['part'], fields: Json) =>
    out.push({ event: type, data: JSON.stringify({ type, sequence_number: out.length, ...fields }), part })
  const begun = responseOf(answer, request, [], true)
  say('response.created', 'open', { response: begun })
  say('response.in_progress', 'open', { response: begun })
  const [speech] = answer.choices
  if (speech) items(answer, speech, say)
  const response = responseOf(answer, request, outputOf(answer))
  say(response.status === 'incomplete' ? 'response.incomplete' : 'response.completed', 'close', { response })
  return out
}

type Say = (type: string, part: Frame['part'], fields: Json) => void

function items(answer: Answer, speech: Speech, say: Say): void {
  let index = 0
  if (speech.reasoning !== '') {
    const place = { item_id: `rs_${answer.id}`, output_index: index, summary_index: 0 }
    say('response.output_item.added', 'open', { output_index: index, item: thoughtOf(answer, '') })
    say('response.reasoning_summary_part.added', 'open', { ...place, part: { type: 'summary_text', text: '' } })
    for (const delta of speech.reasoningPieces)
      say('response.reasoning_summary_text.delta', 'content', { ...place, delta })
    say('response.reasoning_summary_text.done', 'open', { ...place, text: speech.reasoning })
    say('response.output_item.done', 'open', { output_index: index, item: thoughtOf(answer, speech.reasoning) })
    index++
  }
  if (speech.text !== '' || speech.toolCalls.length === 0) {
    const place = { item_id: `msg_${answer.id}`, output_index: index, content_index: 0 }
    say('response.output_item.added', 'open', { output_index: index, item: messageOf(answer, '', 'in_progress') })
    say('response.content_part.added', 'open', { ...place, part: { type: 'output_text', text: '', annotations: [] } })
    for (const delta of speech.textPieces)
      say('response.output_text.delta', 'content', { ...place, delta, logprobs: [] })
    say('response.output_text.done', 'open', { ...place, text: speech.text, logprobs: [] })
    say('response.output_item.done', 'open', { output_index: index, item: messageOf(answer, speech.text, 'completed') })
    index++
  }
  for (const call of speech.toolCalls) {
    const place = { item_id: `fc_${call.id}`, output_index: index }
    say('response.output_item.added', 'open', { output_index: index, item: callOf(call, '', 'in_progress') })
    for (const delta of call.argumentPieces)
      say('response.function_call_arguments.delta', 'content', { ...place, delta })
    say('response.function_call_arguments.done', 'open', { ...place, name: call.name, arguments: call.arguments })
    say('response.output_item.done', 'open', { output_index: index, item: callOf(call, call.arguments, 'completed') })
    index++
  }
}
