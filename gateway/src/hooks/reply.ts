import type { HandlerResponse, RouteInfo } from 'llmux/server'
import { badRequest } from '../refusal.js'

type Fields = Record<string, unknown>

export interface Reply {
  readonly id: string
  readonly model: string
  readonly text: string
  readonly stream: boolean
  readonly route: RouteInfo
}

/** Operations whose calls a hook can answer with a text. */
export const canReply = (operation: string) => operation in bodies

/** The answer of a hook in the API of the client. */
export function reply(given: Reply): HandlerResponse {
  const { operation } = given.route
  const body = bodies[operation]
  if (!body) throw badRequest(`A hook can't answer a call of '${operation}'.`)
  const stream = given.stream || given.route.stream !== undefined
  const headers: Record<string, string> = {
    'content-type': stream && given.route.stream !== 'array' ? 'text/event-stream; charset=utf-8' : 'application/json',
    'x-litellm-call-id': given.id,
    'x-litellm-response-cost': '0',
  }
  const text = stream ? events[operation]?.(given) : undefined
  return { status: 200, headers, body: text ?? JSON.stringify(body(given)) }
}

const seconds = () => Math.floor(Date.now() / 1000)
const plain = ({ id }: Reply) => id.replace(/[^\w-]/g, '').slice(0, 60)
const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const named = (event: Fields) => `event: ${event.type}\n${data(event)}`

const noTokens = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

const openai = (given: Reply, prefix: string, object: string, choices: readonly Fields[]): Fields => ({
  id: `${prefix}-${plain(given)}`,
  object,
  created: seconds(),
  model: given.model,
  choices,
})

const message = (given: Reply, content: readonly Fields[], stop: string | null): Fields => ({
  id: `msg_${plain(given)}`,
  type: 'message',
  role: 'assistant',
  model: given.model,
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage: { input_tokens: 0, output_tokens: 0 },
})

const part = (text: string): Fields => ({ type: 'output_text', text, annotations: [], logprobs: [] })
const item = (given: Reply, status: string, content: readonly Fields[]): Fields => ({
  id: `msg_${plain(given)}`,
  type: 'message',
  status,
  role: 'assistant',
  content,
})
const response = (given: Reply, status: string, output: readonly Fields[]): Fields => ({
  id: `resp_${plain(given)}`,
  object: 'response',
  created_at: seconds(),
  status,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  model: given.model,
  output,
  parallel_tool_calls: true,
  previous_response_id: null,
  store: false,
  temperature: null,
  tool_choice: 'auto',
  tools: [],
  top_p: null,
  usage:
    status === 'completed'
      ? {
          input_tokens: 0,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: 0,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 0,
        }
      : null,
})

const gemini = ({ id, model, text }: Reply): Fields => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 },
  modelVersion: model,
  responseId: id,
})

const bodies: Readonly<Record<string, (given: Reply) => Fields>> = {
  chat: (given) => ({
    ...openai(given, 'chatcmpl', 'chat.completion', [
      {
        index: 0,
        message: { role: 'assistant', content: given.text, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ]),
    usage: noTokens,
  }),
  completion: (given) => ({
    ...openai(given, 'cmpl', 'text_completion', [
      { index: 0, text: given.text, logprobs: null, finish_reason: 'stop' },
    ]),
    usage: noTokens,
  }),
  messages: (given) => message(given, [{ type: 'text', text: given.text }], 'end_turn'),
  responses: (given) => response(given, 'completed', [item(given, 'completed', [part(given.text)])]),
  generateContent: gemini,
}

const events: Readonly<Record<string, (given: Reply) => string>> = {
  chat(given) {
    const chunk = (choice: Fields) => data(openai(given, 'chatcmpl', 'chat.completion.chunk', [choice]))
    const text = chunk({ index: 0, delta: { role: 'assistant', content: given.text }, finish_reason: null })
    return `${text}${chunk({ index: 0, delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`
  },
  completion: (given) =>
    `${data(openai(given, 'cmpl', 'text_completion', [{ index: 0, text: given.text, logprobs: null, finish_reason: 'stop' }]))}data: [DONE]\n\n`,
  messages: (given) =>
    [
      { type: 'message_start', message: message(given, [], null) },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: given.text } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 0 },
      },
      { type: 'message_stop' },
    ]
      .map(named)
      .join(''),
  responses(given) {
    const item_id = `msg_${plain(given)}`
    const place = { item_id, output_index: 0, content_index: 0 }
    const done = item(given, 'completed', [part(given.text)])
    return [
      { type: 'response.created', response: response(given, 'in_progress', []) },
      { type: 'response.in_progress', response: response(given, 'in_progress', []) },
      { type: 'response.output_item.added', output_index: 0, item: item(given, 'in_progress', []) },
      { type: 'response.content_part.added', ...place, part: part('') },
      { type: 'response.output_text.delta', ...place, delta: given.text, logprobs: [] },
      { type: 'response.output_text.done', ...place, text: given.text, logprobs: [] },
      { type: 'response.content_part.done', ...place, part: part(given.text) },
      { type: 'response.output_item.done', output_index: 0, item: done },
      { type: 'response.completed', response: response(given, 'completed', [done]) },
    ]
      .map((event, sequence_number) => named({ ...event, sequence_number }))
      .join('')
  },
  generateContent: (given) => (given.route.stream === 'array' ? JSON.stringify([gemini(given)]) : data(gemini(given))),
}
