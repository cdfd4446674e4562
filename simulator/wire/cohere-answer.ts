import type { Answer, Speech, SpokenCall } from '../answer.js'
import { words } from '../digest.js'
import type { Frame } from '../frames.js'
import type { Json } from '../json.js'
import { uuidOf } from './cohere-errors.js'
import { canThink } from './cohere-request.js'
import type { WireRequest } from './wire.js'

/** https://docs.cohere.com/reference/chat */
export function whole(answer: Answer, request: WireRequest): Json {
  const speech = answer.choices[0]
  const content: Json[] = []
  const plan = planOf(speech, request)
  if (speech && speech.reasoning !== '' && plan === '') content.push({ type: 'thinking', thinking: speech.reasoning })
  if (speech && speech.text !== '') content.push({ type: 'text', text: speech.text })
  const calls = (speech?.toolCalls ?? []).map((call) => callOf(call, call.arguments))
  return {
    id: uuidOf(request.seed),
    message: {
      role: 'assistant',
      ...(plan !== '' && { tool_plan: plan }),
      ...(calls.length > 0 && { tool_calls: calls }),
      // omitted for tool calls without text
      ...((content.length > 0 || calls.length === 0) && { content }),
    },
    finish_reason: finishOf(speech),
    ...(answer.tally && { usage: usageOf(answer.tally) }),
  }
}

/** https://docs.cohere.com/docs/streaming */
export function frames(answer: Answer, request: WireRequest): Frame[] {
  const out: Frame[] = []
  const add = (part: Frame['part'], type: string, rest: Json): void => {
    out.push({ event: type, data: JSON.stringify({ type, ...rest }), part })
  }
  const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
  out.push({
    event: 'message-start',
    data: JSON.stringify({ id: uuidOf(request.seed), type: 'message-start', delta: { message } }),
    part: 'open',
  })
  const speech = answer.choices[0]
  const plan = planOf(speech, request)
  for (const piece of words(plan)) add('content', 'tool-plan-delta', { delta: { message: { tool_plan: piece } } })
  let index = 0
  const block = (type: 'thinking' | 'text', said: readonly string[]): void => {
    if (said.length === 0) return
    add('open', 'content-start', { index, delta: { message: { content: { type, [type]: '' } } } })
    for (const piece of said)
      add('content', 'content-delta', { index, delta: { message: { content: { [type]: piece } } } })
    add('open', 'content-end', { index })
    index++
  }
  if (plan === '') block('thinking', speech?.reasoningPieces ?? [])
  block('text', speech?.textPieces ?? [])
  for (const [at, call] of (speech?.toolCalls ?? []).entries()) {
    add('content', 'tool-call-start', { index: at, delta: { message: { tool_calls: callOf(call, '') } } })
    for (const piece of call.argumentPieces) {
      add('content', 'tool-call-delta', {
        index: at,
        delta: { message: { tool_calls: { function: { arguments: piece } } } },
      })
    }
    add('open', 'tool-call-end', { index: at })
  }
  const usage = answer.tally && { usage: usageOf(answer.tally) }
  add('close', 'message-end', { delta: { finish_reason: finishOf(speech), ...usage } })
  out.push({ data: '[DONE]', part: 'mark' })
  return out
}

function callOf(call: SpokenCall, json: string): Json {
  const id = call.givenId ?? `${call.name}_${call.id.slice(0, 12).toLowerCase()}`
  return { id, type: 'function', function: { name: call.name, arguments: json } }
}

/** The tool plan of models without thinking. */
function planOf(speech: Speech | undefined, { model }: WireRequest): string {
  if (!speech || speech.toolCalls.length === 0 || canThink(model)) return ''
  if (speech.reasoning !== '') return speech.reasoning
  return speech.text === '' ? `I will use ${speech.toolCalls.map(({ name }) => name).join(' and ')}.` : ''
}

function finishOf(speech: Speech | undefined): string {
  const reason = speech?.finishReason ?? (speech && speech.toolCalls.length > 0 ? 'tool_calls' : 'stop')
  switch (reason) {
    case 'stop':
      return 'COMPLETE'
    case 'length':
      return 'MAX_TOKENS'
    case 'tool_calls':
      return 'TOOL_CALL'
    case 'content_filter':
      return 'ERROR_TOXIC'
    default:
      return reason
  }
}

function usageOf({ prompt, spoken, reasoning }: NonNullable<Answer['tally']>): Json {
  const input = prompt.fresh + prompt.cacheRead + prompt.cacheWrite5m + prompt.cacheWrite1h
  return {
    // Cohere doesn't bill its own prompt template
    billed_units: { input_tokens: input, output_tokens: spoken + reasoning },
    tokens: {
      input_tokens: input,
      output_tokens: spoken + reasoning,
      ...(reasoning > 0 && { reasoning_tokens: reasoning }),
    },
    cached_tokens: prompt.cacheRead,
  }
}
