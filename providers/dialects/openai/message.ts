import type { AnswerMessage, Delta, ToolCallDelta } from '../../../src/types/chat.js'
import type { Annotation, CustomToolCall, FunctionToolCall } from '../../../src/types/messages.js'
import { extrasOf, type Fields, isFields, textIn } from './kit.js'

/** The message of an answer, read field by field; what OpenAI's shape has no place for is kept beside it. */

const known: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'annotations',
  'audio',
  'images',
  'reasoning',
  'reasoning_content',
  'name',
  'obfuscation',
])

/** Text and reasoning of a `content` that may be a list of parts (Mistral). */
interface Contents {
  content: string | null
  reasoning: string | undefined
}

export function contentsOf(message: Fields): Contents {
  const { content } = message
  const reasoning = reasoningText(message)
  if (typeof content === 'string') return { content, reasoning }
  if (!Array.isArray(content)) return { content: null, reasoning }
  let text: string | undefined
  let thought = reasoning
  for (const part of content) {
    if (!isFields(part)) continue
    if (part.type === 'thinking') thought = (thought ?? '') + thinkingText(part.thinking)
    else if (typeof part.text === 'string') text = (text ?? '') + part.text
  }
  return { content: text ?? null, reasoning: thought }
}

function thinkingText(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking
  if (!Array.isArray(thinking)) return ''
  return thinking.map((part) => (isFields(part) && typeof part.text === 'string' ? part.text : '')).join('')
}

const reasoningText = (message: Fields): string | undefined =>
  textIn(message, 'reasoning_content') ?? textIn(message, 'reasoning') ?? undefined

/** @param prefix of ids that are made where the host gives none */
export function messageOf(raw: Fields, prefix: string): AnswerMessage {
  const { content, reasoning } = contentsOf(raw)
  const message: AnswerMessage = { role: 'assistant', content, refusal: textIn(raw, 'refusal') ?? null }
  if (reasoning) message.reasoning_content = reasoning
  const calls = toolCallsOf(raw.tool_calls, prefix)
  if (calls.length > 0) message.tool_calls = calls
  if (isFields(raw.function_call)) {
    message.function_call = {
      name: String(raw.function_call.name ?? ''),
      arguments: argumentsOf(raw.function_call.arguments),
    }
  }
  addRare(raw, message)
  return message
}

/** Fields that few answers have; the same for messages and deltas. */
export function addRare(raw: Fields, into: AnswerMessage | Delta): void {
  const annotations = Array.isArray(raw.annotations) ? raw.annotations.filter(isFields) : []
  const citations = annotations.filter((annotation) => annotation.type === 'url_citation')
  if (citations.length > 0) into.annotations = citations as unknown as Annotation[]
  if (isFields(raw.audio)) into.audio = raw.audio as NonNullable<AnswerMessage['audio']>
  if (Array.isArray(raw.images) && raw.images.length > 0)
    into.images = raw.images as NonNullable<AnswerMessage['images']>
  const extras = extrasOf(raw, known)
  if (extras) into.provider_specific_fields = extras
  if (citations.length < annotations.length) {
    // OpenRouter's record of a file that it read
    into.provider_specific_fields = {
      ...extras,
      annotations: annotations.filter(({ type }) => type !== 'url_citation'),
    }
  }
}

function toolCallsOf(raw: unknown, prefix: string): (FunctionToolCall | CustomToolCall)[] {
  if (!Array.isArray(raw)) return []
  return raw.filter(isFields).map((call, index) => {
    const id = textIn(call, 'id') || `call_${prefix}_${index}`
    if (call.type === 'custom' && isFields(call.custom)) {
      return {
        id,
        type: 'custom',
        custom: { name: String(call.custom.name ?? ''), input: String(call.custom.input ?? '') },
      }
    }
    const fn = isFields(call.function) ? call.function : {}
    return { id, type: 'function', function: { name: String(fn.name ?? ''), arguments: argumentsOf(fn.arguments) } }
  })
}

/** Some hosts give the arguments as an object. */
export const argumentsOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)

/** A call in a delta. Hosts that stream calls whole may leave the index out: the place in the list then stands for it. */
export function toolCallDelta(
  raw: unknown,
  position: number,
  prefix: string,
  first: (index: number) => boolean,
): ToolCallDelta | undefined {
  if (!isFields(raw)) return undefined
  const index = typeof raw.index === 'number' ? raw.index : position
  const delta: ToolCallDelta = { index }
  const id = textIn(raw, 'id')
  if (first(index)) {
    delta.id = id || `call_${prefix}_${index}`
    delta.type = 'function'
  } else if (id) delta.id = id
  if (isFields(raw.function)) {
    const name = textIn(raw.function, 'name')
    const text = raw.function.arguments
    delta.function = {
      ...(name && { name }),
      ...(text !== undefined && text !== null && { arguments: argumentsOf(text) }),
    }
  }
  return delta
}
