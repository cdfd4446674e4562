import type { AnswerMessage, Delta } from '../../../src/types/chat.js'
import type { Annotation, CustomToolCall, FunctionToolCall, ThinkingBlock } from '../../../src/types/messages.js'
import { type Fields, isFields, textIn, withField } from './kit.js'

/** The message of an answer, read field by field; what OpenAI's shape has no place for is kept beside it. */

/** Text and reasoning of a `content`, which may be a list of parts (Mistral). */
interface Contents {
  content: string | null
  reasoning: string
  /** Reasoning that its host signed. */
  blocks: ThinkingBlock[]
}

/**
 * https://docs.mistral.ai/capabilities/reasoning: `{ type: 'thinking', thinking: [{ type: 'text', text }] }` beside text parts.
 * https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models: `{ type: 'reasoning', summary: [{ type:
 * 'summary_text', text, signature }] }`, of Claude.
 */
export function contentsOf(parts: readonly unknown[]): Contents {
  let content: string | null = null
  let reasoning = ''
  const blocks: ThinkingBlock[] = []
  for (const part of parts) {
    if (typeof part === 'string') content = (content ?? '') + part
    if (!isFields(part)) continue
    if (part.type === 'thinking') reasoning += thinkingText(part.thinking)
    else if (part.type === 'reasoning') reasoning += summaryText(part.summary, blocks)
    else if (typeof part.text === 'string') content = (content ?? '') + part.text
  }
  return { content, reasoning, blocks }
}

function summaryText(summary: unknown, blocks: ThinkingBlock[]): string {
  let all = ''
  for (const item of Array.isArray(summary) ? summary : []) {
    if (!isFields(item)) continue
    const text = textIn(item, 'text') ?? ''
    const signature = textIn(item, 'signature')
    if (signature) blocks.push({ type: 'thinking', thinking: text, signature })
    all += text
  }
  return all
}

function thinkingText(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking
  if (!Array.isArray(thinking)) return ''
  return thinking.map((part) => (isFields(part) ? (textIn(part, 'text') ?? '') : '')).join('')
}

/** Both names stand for the same text: hosts that send both send it twice. */
const reasoningText = (raw: Fields): string => textIn(raw, 'reasoning_content') || textIn(raw, 'reasoning') || ''

/** @param prefix of ids that are made where the host gives none */
export function messageOf(raw: Fields, prefix: string): AnswerMessage {
  const given = raw.content
  const parts = Array.isArray(given) ? contentsOf(given) : undefined
  const message: AnswerMessage = {
    role: 'assistant',
    content: parts ? parts.content : typeof given === 'string' ? given : null,
    refusal: textIn(raw, 'refusal') ?? null,
  }
  const reasoning = reasoningText(raw) || parts?.reasoning
  if (reasoning) message.reasoning_content = reasoning
  if (parts && parts.blocks.length > 0) message.thinking_blocks = parts.blocks
  for (const name in raw) {
    const value = raw[name]
    if (value !== null && value !== undefined) addField(name, value, message, prefix)
  }
  return message
}

function addField(name: string, value: unknown, message: AnswerMessage, prefix: string): void {
  switch (name) {
    case 'role':
    case 'content':
    case 'refusal':
    case 'name':
    case 'reasoning':
    case 'reasoning_content':
      return
    case 'tool_calls': {
      const calls = callsIn(value)
      if (calls.length > 0) message.tool_calls = calls.map((call, index) => toolCallOf(call, index, prefix))
      return
    }
    case 'function_call':
      // Snowflake writes fields that have nothing to say as empty objects
      if (!isFields(value) || !(value.name || value.arguments)) return
      message.function_call = { name: textIn(value, 'name') ?? '', arguments: argumentsOf(value.arguments) }
      return
    default:
      addRare(name, value, message)
  }
}

/** Fields that few answers have; the same for messages and deltas. */
export function addRare(name: string, value: unknown, into: AnswerMessage | Delta): void {
  if (name === 'audio' && isFields(value)) {
    if (!hasContent(value)) return
    into.audio = value as NonNullable<AnswerMessage['audio']>
    return
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return
    if (name === 'images') {
      into.images = value as NonNullable<AnswerMessage['images']>
      return
    }
    if (name === 'annotations') {
      const cited = value.filter((note) => isFields(note) && isFields(note.url_citation))
      if (cited.length > 0) into.annotations = cited as Annotation[]
      // OpenRouter's notes on files have no URL to cite
      if (cited.length === value.length) return
      addExtra(into, name, cited.length === 0 ? value : value.filter((note) => !cited.includes(note)))
      return
    }
  }
  addExtra(into, name, value)
}

/** A stream tells when its sound expires in a delta of its own; Snowflake has an audio in every answer, all of it empty. */
const hasContent = (fields: Fields): boolean => {
  for (const name in fields) if (fields[name]) return true
  return false
}

export function addExtra(into: { provider_specific_fields?: Fields }, name: string, value: unknown): void {
  into.provider_specific_fields = withField(into.provider_specific_fields, name, value)
}

/** Old servers of Hugging Face give a single call without a list around it. */
export const callsIn = (raw: unknown): Fields[] =>
  Array.isArray(raw) ? raw.filter(isFields) : isFields(raw) ? [raw] : []

function toolCallOf(call: Fields, index: number, prefix: string): FunctionToolCall | CustomToolCall {
  const id = idOf(call) || madeId(prefix, index)
  if (isFields(call.custom) && call.type !== 'function') {
    const { custom } = call
    return { id, type: 'custom', custom: { name: textIn(custom, 'name') ?? '', input: textIn(custom, 'input') ?? '' } }
  }
  const fn = isFields(call.function) ? call.function : {}
  const answer: FunctionToolCall = {
    id,
    type: 'function',
    function: { name: textIn(fn, 'name') ?? '', arguments: argumentsOf(fn.arguments) },
  }
  const extras = callExtras(call)
  if (extras) answer.provider_specific_fields = extras
  return answer
}

/** What a host puts on a call, and wants back (Gemini's thought signatures in `extra_content`). */
export function callExtras(call: Fields): Fields | undefined {
  let extras: Fields | undefined
  for (const name in call) {
    if (name === 'id' || name === 'index' || name === 'type' || name === 'function' || name === 'custom') continue
    const value = call[name]
    if (value === null || value === undefined) continue
    extras = withField(extras, name, value)
  }
  return extras
}

/** Some old servers number their calls. */
export const idOf = (call: Fields): string =>
  typeof call.id === 'string' ? call.id : typeof call.id === 'number' ? String(call.id) : ''

export const madeId = (prefix: string, index: number): string => `call_${prefix}_${index}`

/** Some hosts give the arguments as an object. */
export const argumentsOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)
