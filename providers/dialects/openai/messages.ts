import type { ChatParams } from '../../../src/types/chat.js'
import type { AssistantMessage, Message } from '../../../src/types/messages.js'
import { type Fields, isFields } from '../../fields.js'
import type { Report } from '../../report.js'
import { encodeContent, isEmptyContent, markLastPart, moveMedia } from './content.js'
import { compactionOf, placeholderReasoning, replay, reportDropped } from './replay.js'
import { type EncodeScope, reportMark } from './scope.js'
import { encodeCalls, newIds } from './tools.js'

type Ids = ReadonlyMap<string, string> | undefined

/**
 * The messages in the host's form. If nothing has to change, this is the caller's list itself.
 * @throws {BadRequestError} naming the message that is invalid
 */
export function encodeMessages(
  messages: readonly Message[],
  scope: EncodeScope,
  params: ChatParams,
): readonly unknown[] {
  const { report, context } = scope
  const { quirks } = context
  checkMessages(messages, report)
  const ids = newIds(messages, quirks.toolIds)
  const placeholder = placeholderReasoning(params, scope)
  let changed: unknown[] | undefined
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as Message
    const summary = message.role === 'assistant' ? compactionOf(message, index, report) : undefined
    const sent = encodeMessage(message, index, ids, placeholder, scope)
    if ((sent !== message || summary) && !changed) changed = messages.slice(0, index)
    if (summary) changed?.push(summary)
    changed?.push(sent)
  }
  if (quirks.strictHistory) checkHistory(messages, report)
  const all = changed ?? messages
  return quirks.mediaInToolResults ? all : moveMedia(all, report)
}

/** The message itself if nothing changes, otherwise a copy. Every field is looked at once. */
function encodeMessage(
  message: Message,
  index: number,
  ids: Ids,
  placeholder: string | undefined,
  scope: EncodeScope,
): unknown {
  let copy: Fields | undefined
  for (const name in message) {
    const value = (message as unknown as Fields)[name]
    const sent = encodeField(name, value, message, index, ids, scope)
    if (sent === value) continue
    copy ??= { ...message }
    if (sent === undefined) delete copy[name]
    else copy[name] = sent
  }
  if (message.role !== 'assistant') {
    return scope.context.quirks.cacheControl === 'parts' ? markLastPart(message, copy) : (copy ?? message)
  }
  copy = replay(message, withRefusal(message, copy, scope), scope.context.quirks)
  if (placeholder !== undefined && message.tool_calls?.length && !(copy ?? message).reasoning_content) {
    copy = { ...(copy ?? message), reasoning_content: placeholder }
    scope.report.repaired(index, `messages[${index}]: reasoning was added, as the model wants it with tool calls.`)
  }
  reportDropped(message, copy ?? message, index, scope.report)
  return copy ?? message
}

/** The value to send for a field; undefined to leave it out. */
function encodeField(
  name: string,
  value: unknown,
  message: Message,
  index: number,
  ids: Ids,
  scope: EncodeScope,
): unknown {
  const { quirks } = scope.context
  switch (name) {
    // fields of answers and of other dialects, which OpenAI's own API refuses in a history; `replay` adds its own
    case 'reasoning_content':
      return (quirks.replayReasoning === 'reasoning_content' || quirks.replayReasoning === 'both') && value
        ? value
        : undefined
    case 'thinking_blocks':
    case 'provider_specific_fields':
    case 'annotations':
    case 'parsed':
    case 'is_error':
      return undefined
    case 'images':
      // a field of answers; in a user message it is Ollama's, and the host should refuse it
      return message.role === 'assistant' ? undefined : value
    case 'prefix':
      return quirks.prefix ? value : undefined
    case 'cache_control':
      if (value && !quirks.cacheControl) reportMark(scope.report)
      return quirks.cacheControl && value ? value : undefined
    case 'role':
      return value === 'developer' && quirks.developerAsSystem ? 'system' : value
    case 'content':
      return Array.isArray(value) ? contentOf(value, message.role, index, scope) : value
    case 'tool_calls':
      return Array.isArray(value) ? encodeCalls(value, index, ids, scope) : (value ?? undefined)
    case 'tool_call_id':
      return ids?.get(value as string) ?? value
    case 'audio':
      // an answer's audio goes back by its id; its data would be refused
      return isFields(value) && 'data' in value ? { id: value.id } : (value ?? undefined)
    case 'refusal':
      return value === null || !quirks.refusals ? undefined : value
    case 'function_call':
      return encodeFunctionCall(value, scope)
    case 'name':
      if (message.role !== 'tool' && message.role !== 'function' && !quirks.speakerNames) {
        if (value) scope.report.dropped(`messages[${index}].name`, 'Left out: write names of speakers into the text.')
        return undefined
      }
      return message.role === 'function' && typeof value === 'string' ? (scope.names?.wire(value) ?? value) : value
    default:
      return value
  }
}

function contentOf(parts: readonly unknown[], role: Message['role'], index: number, scope: EncodeScope): unknown {
  const content = encodeContent(parts, `messages[${index}].content`, scope)
  // no list may be empty, and only an assistant may have no content
  return isEmptyContent(content) ? (role === 'assistant' ? null : '') : content
}

function encodeFunctionCall(value: unknown, { names }: EncodeScope): unknown {
  if (value === null) return undefined
  if (!names || !isFields(value) || typeof value.name !== 'string') return value
  const name = names.wire(value.name)
  return name === value.name ? value : { ...value, name }
}

/** A refusal as text, for hosts that know no refusals. */
function withRefusal(
  message: AssistantMessage,
  copy: Fields | undefined,
  { context }: EncodeScope,
): Fields | undefined {
  if (!message.refusal || context.quirks.refusals || message.content) return copy
  return { ...(copy ?? message), content: message.refusal }
}

/** Rejects anything but a list of messages. @throws {BadRequestError} naming the place */
export function checkMessages(messages: readonly Message[], report: Report): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw report.invalid(
      'messages',
      "must be a non-empty array, for example [{ role: 'user', content: 'Hello' }]",
      messages,
    )
  }
  for (let index = 0; index < messages.length; index++) checkMessage(messages[index] as Message, index, report)
}

const roles: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function'])

/** Rejects a message that no host can read. @throws {BadRequestError} naming the place */
export function checkMessage(message: Message, index: number, report: Report): void {
  const where = `messages[${index}]`
  if (!isFields(message)) throw report.invalid(where, 'must be an object such as { role, content }', message)
  if (!roles.has(message.role)) {
    throw report.invalid(`${where}.role`, `must be one of ${[...roles].join(', ')}`, (message as Fields).role)
  }
  const { content } = message
  if (typeof content !== 'string' && !Array.isArray(content)) {
    const may = (content === null || content === undefined) && ['assistant', 'function'].includes(message.role)
    if (!may) throw report.invalid(`${where}.content`, 'must be a string or an array of parts', content)
  }
  if (message.role === 'tool' && typeof message.tool_call_id !== 'string') {
    throw report.invalid(
      `${where}.tool_call_id`,
      'must be the id of the tool call that this message answers',
      message.tool_call_id,
    )
  }
  if (message.role === 'assistant' && message.tool_calls != null && !Array.isArray(message.tool_calls)) {
    throw report.invalid(`${where}.tool_calls`, 'must be an array of tool calls', message.tool_calls)
  }
}

/**
 * Rejects a history that OpenAI would refuse, naming the place: every call needs a result directly behind the message that made it, and
 * every result needs its call.
 */
export function checkHistory(messages: readonly Message[], report: Report): void {
  let open: Set<string> | undefined
  let caller = -1
  const requireResults = () => {
    if (!open || open.size === 0) return
    const list = [...open].map((id) => `'${id}'`).join(', ')
    throw report.invalid(
      `messages[${caller}].tool_calls`,
      `must be answered directly behind the message: ${list} has no result`,
    )
  }
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as Message
    if (message.role === 'tool') {
      if (open?.delete(message.tool_call_id)) continue
      throw report.invalid(
        `messages[${index}]`,
        `must answer a call of the assistant message before it: tool call '${message.tool_call_id}' is unknown or already answered`,
      )
    }
    requireResults()
    if (message.role === 'assistant' && message.tool_calls && message.tool_calls.length > 0) {
      open = new Set(message.tool_calls.map((call) => call.id))
      caller = index
    }
  }
  requireResults()
}
