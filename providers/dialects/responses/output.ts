import type { AnswerMessage } from '../../../src/types/chat.js'
import type { Annotation, CustomToolCall, FunctionToolCall, ImagePart } from '../../../src/types/messages.js'
import { withField } from '../openai/kit.js'
import { type Fields, fieldsIn, gap, isFields, textIn } from './kit.js'

/** The items of an answer, as a chat message has them. */

/** The text of a message item; its refusals are apart. */
export const textOf = (item: Fields): string =>
  fieldsIn(item.content)
    .map((part) => (part.type === 'output_text' ? (textIn(part, 'text') ?? '') : ''))
    .join('')

const refusalOf = (item: Fields): string =>
  fieldsIn(item.content)
    .map((part) => (part.type === 'refusal' ? (textIn(part, 'refusal') ?? '') : ''))
    .join('')

/** Summaries of a reasoning, and where a host shows the reasoning itself, that. */
export function reasoningOf(item: Fields): string {
  const summary = fieldsIn(item.summary).map((part) => textIn(part, 'text') ?? '')
  const content = fieldsIn(item.content).map((part) => textIn(part, 'text') ?? '')
  return [...content, ...summary].filter(Boolean).join(gap)
}

/** https://platform.openai.com/docs/api-reference/responses/object (output) */
export function messageOf(output: readonly Fields[], provider: string): AnswerMessage {
  const message: AnswerMessage = { role: 'assistant', content: null, refusal: null }
  const reasoning: string[] = []
  const calls: (FunctionToolCall | CustomToolCall)[] = []
  for (const item of output) {
    switch (item.type) {
      case 'message':
        addMessage(item, message)
        break
      case 'reasoning':
        reasoning.push(reasoningOf(item))
        break
      case 'function_call':
      case 'custom_tool_call':
        calls.push(callOf(item))
        break
      case 'image_generation_call': {
        const image = imageOf(item)
        if (image) message.images = [...(message.images ?? []), image]
      }
    }
  }
  const thought = reasoning.filter(Boolean).join(gap)
  if (thought) message.reasoning_content = thought
  if (calls.length > 0) message.tool_calls = calls
  const kept = keptItems(output, provider)
  if (kept) message.provider_specific_fields = { ...message.provider_specific_fields, ...kept }
  return message
}

function addMessage(item: Fields, message: AnswerMessage): void {
  const text = textOf(item)
  const before = message.content ? message.content + gap : ''
  if (text || message.content === null) {
    const said = fieldsIn(item.content).some((part) => part.type === 'output_text')
    if (said) message.content = before + text
  }
  const refusal = refusalOf(item)
  if (refusal) message.refusal = (message.refusal ?? '') + refusal
  let offset = before.length
  for (const part of fieldsIn(item.content)) {
    for (const note of fieldsIn(part.annotations)) addNote(note, offset, message)
    offset += part.type === 'output_text' ? (textIn(part, 'text') ?? '').length : 0
  }
}

/** A citation of a URL is OpenAI's own in chat too; those of files are kept beside it. */
export function addNote(
  note: Fields,
  offset: number,
  into: { annotations?: Annotation[]; provider_specific_fields?: Fields },
): void {
  const annotation = citationOf(note, offset)
  if (annotation) into.annotations = [...(into.annotations ?? []), annotation]
  else {
    const others = into.provider_specific_fields?.annotations
    const notes = [...(Array.isArray(others) ? others : []), note]
    into.provider_specific_fields = withField(into.provider_specific_fields, 'annotations', notes)
  }
}

function citationOf(note: Fields, offset: number): Annotation | undefined {
  const url = textIn(note, 'url')
  if (note.type !== 'url_citation' || !url) return undefined
  const place = (value: unknown) => (typeof value === 'number' ? value + offset : 0)
  const [start_index, end_index] = [place(note.start_index), place(note.end_index)]
  return { type: 'url_citation', url_citation: { url, title: textIn(note, 'title') || url, start_index, end_index } }
}

export function callOf(item: Fields): FunctionToolCall | CustomToolCall {
  const id = callId(item)
  const name = textIn(item, 'name') ?? ''
  if (item.type === 'custom_tool_call')
    return { id, type: 'custom', custom: { name, input: textIn(item, 'input') ?? '' } }
  return { id, type: 'function', function: { name, arguments: textIn(item, 'arguments') ?? '' } }
}

export const callId = (item: Fields): string => textIn(item, 'call_id') || textIn(item, 'id') || ''

export function imageOf(item: Fields): ImagePart | undefined {
  const data = textIn(item, 'result')
  if (!data) return undefined
  const format = textIn(item, 'output_format') || 'png'
  return { type: 'image_url', image_url: { url: `data:image/${format};base64,${data}` } }
}

/** What of an answer goes back in a later turn, as it stands in the message's `provider_specific_fields`. */
export interface KeptItems {
  readonly output_items: readonly Fields[]
  /** Whose they are: nobody else can read them. */
  readonly output_items_of: string
}

/**
 * The items as they came, where the chat message does not say all that the next turn needs: reasoning, whose encrypted form goes
 * back with the very items around it, calls of the provider's own tools, and what was said in which phase.
 */
export const keptItems = (output: readonly Fields[], provider: string): (KeptItems & Fields) | undefined =>
  output.some(saysMore) ? { output_items: output, output_items_of: provider } : undefined

const saysMore = (item: Fields): boolean => {
  switch (item.type) {
    case 'function_call':
    case 'custom_tool_call':
      return item.namespace !== undefined
    case 'message':
      return item.phase === 'commentary'
    case 'reasoning':
      return item.encrypted_content != null || isFields(item.content) || !!textIn(item, 'id')
    default:
      return true
  }
}
