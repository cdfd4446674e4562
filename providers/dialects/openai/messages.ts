import type { AssistantMessage, Message } from '../../../src/types/messages.js'
import type { EncodeContext } from '../../contract.js'
import type { Report } from '../../report.js'
import { partOf } from './content.js'
import { checkHistory, checkMessage } from './history.js'
import { type Fields, isFields } from './kit.js'
import { reportLost } from './lost.js'
import { moveMedia } from './media.js'
import type { OpenAIQuirks } from './quirks.js'
import { mergedDetails } from './reasoning-details.js'
import { newIds } from './tool-ids.js'

/** What the translation of messages needs. */
export interface MessageKit {
  readonly context: EncodeContext<OpenAIQuirks>
  readonly report: Report
}

type Ids = ReadonlyMap<string, string> | undefined

/**
 * The messages as the host takes them. The very list that was given, where nothing has to change.
 * @throws {BadRequestError} naming the message, where it is none or its history can't be
 */
export function messagesOf(messages: readonly Message[], kit: MessageKit): readonly unknown[] {
  const { report, context } = kit
  const { quirks } = context
  if (!Array.isArray(messages) || messages.length === 0) {
    throw report.invalid(
      'messages',
      "it is a list with at least one message, such as { role: 'user', content: 'Hello' }",
    )
  }
  const ids = newIds(messages, quirks.toolIds)
  let changed: unknown[] | undefined
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as Message
    checkMessage(message, index, report)
    const sent = translate(message, index, ids, kit)
    if (sent !== message && !changed) changed = messages.slice(0, index)
    changed?.push(sent)
  }
  if (quirks.strictHistory) checkHistory(messages, report)
  const all = changed ?? messages
  return quirks.mediaInToolResults ? all : moveMedia(all, report)
}

/** The message itself where nothing changes, else a copy of it. One look at each field decides. */
function translate(message: Message, index: number, ids: Ids, kit: MessageKit): unknown {
  const { quirks } = kit.context
  let copy: Fields | undefined
  for (const name in message) {
    const value = (message as unknown as Fields)[name]
    const sent = fieldOf(name, value, message, index, ids, kit)
    if (sent === value) continue
    copy ??= { ...message }
    if (sent === undefined) delete copy[name]
    else copy[name] = sent
  }
  if (message.role !== 'assistant') return copy ?? message
  copy = replay(message, copy, quirks)
  reportLost(message, copy ?? message, index, kit.report)
  return copy ?? message
}

/** What is sent of a field: the value itself, another, or undefined for nothing. */
function fieldOf(name: string, value: unknown, message: Message, index: number, ids: Ids, kit: MessageKit): unknown {
  const { quirks } = kit.context
  switch (name) {
    // fields of answers and of other dialects, which OpenAI's own API refuses in a history; what is replayed is put back
    case 'reasoning_content':
      return quirks.replayReasoning === 'reasoning_content' && value ? value : undefined
    case 'thinking_blocks':
    case 'provider_specific_fields':
    case 'annotations':
    case 'parsed':
    case 'is_error':
      return undefined
    case 'images':
      // of an answer; with the user they are a field of Ollama's, and a host that has none should say so
      return message.role === 'assistant' ? undefined : value
    case 'prefix':
      return quirks.prefix ? value : undefined
    case 'cache_control':
      return quirks.cacheControl && value ? value : undefined
    case 'role':
      return value === 'developer' && quirks.developerAsSystem ? 'system' : value
    case 'content':
      return Array.isArray(value) ? contentOf(value, message.role, index, kit) : value
    case 'tool_calls':
      return Array.isArray(value) ? callsOf(value, index, ids, kit) : (value ?? undefined)
    case 'tool_call_id':
      return ids?.get(value as string) ?? value
    case 'audio':
      // an answer's audio goes back by its id; its data would be refused
      return isFields(value) && 'data' in value ? { id: value.id } : value
    case 'refusal':
    case 'function_call':
      return value === null ? undefined : value
    default:
      return value
  }
}

function contentOf(parts: readonly unknown[], role: Message['role'], index: number, kit: MessageKit): unknown {
  let changed: unknown[] | undefined
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]
    const sent = partOf(part, `messages[${index}].content[${at}]`, kit)
    if (sent !== part && !changed) changed = parts.slice(0, at)
    if (sent !== undefined) changed?.push(sent)
  }
  const content = changed ?? parts
  // no list may be empty, and only an assistant may have said nothing
  return content.length > 0 ? content : role === 'assistant' ? null : ''
}

function callsOf(calls: readonly unknown[], index: number, ids: Ids, { report, context }: MessageKit): unknown {
  let changed: unknown[] | undefined
  for (let at = 0; at < calls.length; at++) {
    const call = calls[at]
    if (!isFields(call)) throw report.invalid(`messages[${index}].tool_calls[${at}]`, 'a tool call is an object')
    const sent = callOf(call, ids, context.quirks)
    if (sent !== call && !changed) changed = calls.slice(0, at)
    changed?.push(sent)
  }
  return calls.length === 0 ? undefined : (changed ?? calls)
}

/** The index belongs to a stream; what a host put on its call goes back to a host that is not known to refuse it. */
function callOf(call: Fields, ids: Ids, quirks: OpenAIQuirks): Fields {
  const id = ids?.get(call.id as string)
  if (id === undefined && !('provider_specific_fields' in call) && !('index' in call)) return call
  const { provider_specific_fields: extras, index: _, ...rest } = call
  if (!quirks.openaiModels && isFields(extras) && extras.extra_content) rest.extra_content = extras.extra_content
  if (id !== undefined) rest.id = id
  return rest
}

/** What the host's own answers carried and it wants back: reasoning, and OpenRouter's notes on the files it has read. */
function replay(message: AssistantMessage, copy: Fields | undefined, quirks: OpenAIQuirks): Fields | undefined {
  const extras = quirks.replayDetails ? message.provider_specific_fields : undefined
  const replayed: Fields = {}
  // the details hold the text too
  if (Array.isArray(extras?.reasoning_details)) replayed.reasoning_details = mergedDetails(extras.reasoning_details)
  else if (quirks.replayReasoning === 'reasoning' && message.reasoning_content) {
    replayed.reasoning = message.reasoning_content
  } else if (quirks.replayReasoning === 'parts' && message.reasoning_content) {
    replayed.content = thoughtParts(copy ? copy.content : message.content, message.reasoning_content)
  } else if (quirks.replayReasoning === 'summary' && message.thinking_blocks) {
    const content = signedParts(copy ? copy.content : message.content, message.thinking_blocks)
    if (content === undefined) return copy
    replayed.content = content
  } else if (!Array.isArray(extras?.annotations)) return copy
  if (Array.isArray(extras?.annotations)) replayed.annotations = extras.annotations
  return { ...(copy ?? message), ...replayed }
}

/** Only what was signed is taken back. https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models */
function signedParts(content: unknown, blocks: NonNullable<AssistantMessage['thinking_blocks']>): unknown {
  const parts = blocks.flatMap((block) =>
    block.type === 'thinking' && block.signature
      ? [{ type: 'reasoning', summary: [{ type: 'summary_text', text: block.thinking, signature: block.signature }] }]
      : [],
  )
  if (parts.length === 0) return undefined
  return [...parts, ...(Array.isArray(content) ? content : content ? [{ type: 'text', text: content }] : [])]
}

/** Mistral's own shape of a turn that was thought about. https://docs.mistral.ai/capabilities/reasoning */
function thoughtParts(content: unknown, reasoning: string): unknown {
  const said = Array.isArray(content) ? content : content ? [{ type: 'text', text: content }] : []
  if (said.some((part) => isFields(part) && part.type === 'thinking')) return content
  return [{ type: 'thinking', thinking: [{ type: 'text', text: reasoning }] }, ...said]
}
