import type { Message } from '../../../src/types/messages.js'
import type { EncodeContext } from '../../contract.js'
import type { Report } from '../../report.js'
import { partOf } from './content.js'
import { checkHistory } from './history.js'
import { type Fields, isFields } from './kit.js'
import type { OpenAIQuirks } from './quirks.js'
import { shortIds } from './tool-ids.js'

/** What the translation of messages needs. */
export interface MessageKit {
  readonly context: EncodeContext<OpenAIQuirks>
  readonly report: Report
}

const roles: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function'])

/** Fields of answers, and of other dialects, that OpenAI's own API refuses in a history. */
const foreign = [
  'reasoning_content',
  'thinking_blocks',
  'provider_specific_fields',
  'annotations',
  'images',
  'parsed',
  'prefix',
  'is_error',
  'cache_control',
] as const

/**
 * The messages as the host takes them. The very list that was given, where nothing has to change.
 * @throws {BadRequestError} naming the message, where it is none or its history can't be
 */
export function messagesOf(messages: readonly Message[], kit: MessageKit): readonly unknown[] {
  const { quirks } = kit.context
  let changed: unknown[] | undefined
  const ids = shortIds(messages, quirks.longestToolId)
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as Message
    checkMessage(message, index, kit)
    const sent = translate(message, index, ids, kit)
    if (sent !== message && !changed) changed = messages.slice(0, index)
    changed?.push(sent)
  }
  if (quirks.strictHistory) checkHistory(messages, kit.report)
  const all = changed ?? messages
  return quirks.mediaInToolResults ? all : moveMedia(all, kit.report)
}

function checkMessage(message: Message, index: number, { report }: MessageKit): void {
  if (!isFields(message)) throw report.bad(`messages[${index}]`, 'a message is an object such as { role, content }')
  if (!roles.has(message.role)) {
    throw report.bad(
      `messages[${index}].role`,
      `${JSON.stringify(message.role) ?? 'nothing'} is no role; there are ${[...roles].join(', ')}`,
    )
  }
  const { content } = message
  if (typeof content === 'string' || Array.isArray(content)) return
  if ((content === null || content === undefined) && (message.role === 'assistant' || message.role === 'function'))
    return
  throw report.bad(
    `messages[${index}].content`,
    `it is a text or a list of parts, not ${content === null ? 'null' : typeof content}`,
  )
}

function translate(
  message: Message,
  index: number,
  ids: ReadonlyMap<string, string> | undefined,
  kit: MessageKit,
): unknown {
  const { quirks } = kit.context
  let copy: Fields | undefined
  const edit = (): Fields => {
    copy ??= { ...message }
    return copy
  }
  for (const name of foreign) {
    if (!(name in message) || (name === 'cache_control' && quirks.cacheControl)) continue
    // hosts that take the mark of a prefill are those that know more than OpenAI
    if (name === 'prefix' && quirks.replayReasoning) continue
    if (name === 'reasoning_content' && name === quirks.replayReasoning && message.role === 'assistant') continue
    delete edit()[name]
  }
  if (message.role === 'developer' && quirks.developerAsSystem) edit().role = 'system'
  if (Array.isArray(message.content)) {
    const content = contentOf(message.content, index, kit)
    if (content !== message.content) edit().content = content
  }
  if (message.role === 'assistant') {
    replay(message, edit, quirks)
    if (message.tool_calls) translateCalls(message.tool_calls, edit, ids)
  }
  if (message.role === 'tool' && ids?.has(message.tool_call_id)) edit().tool_call_id = ids.get(message.tool_call_id)
  return copy ?? message
}

function contentOf(parts: readonly unknown[], index: number, kit: MessageKit): unknown {
  let changed: unknown[] | undefined
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]
    const sent = partOf(part, `messages[${index}].content[${at}]`, kit)
    if (sent !== part && !changed) changed = parts.slice(0, at)
    if (sent !== undefined) changed?.push(sent)
  }
  const content = changed ?? parts
  return content.length === 0 ? '' : content
}

/** Earlier reasoning goes back to the hosts that want it. */
function replay(message: Message & { role: 'assistant' }, edit: () => Fields, quirks: OpenAIQuirks): void {
  const field = quirks.replayReasoning
  if (field && field !== 'reasoning_content' && message.reasoning_content) edit()[field] = message.reasoning_content
  if (quirks.replayDetails) {
    const { reasoning_details: details, annotations } = message.provider_specific_fields ?? {}
    if (details !== undefined) edit().reasoning_details = details
    // what a file said, so that it is not read and paid for again
    if (annotations !== undefined) edit().annotations = annotations
  }
}

function translateCalls(
  calls: readonly unknown[],
  edit: () => Fields,
  ids: ReadonlyMap<string, string> | undefined,
): void {
  if (calls.length === 0) {
    delete edit().tool_calls
    return
  }
  const needed = calls.some(
    (call) => isFields(call) && ('provider_specific_fields' in call || 'index' in call || ids?.has(String(call.id))),
  )
  if (!needed) return
  edit().tool_calls = calls.map((call) => {
    if (!isFields(call)) return call
    const { provider_specific_fields: _, index: __, ...rest } = call
    const id = ids?.get(String(rest.id))
    return id === undefined ? rest : { ...rest, id }
  })
}

/** OpenAI takes only text in tool messages: images and files follow in a user message, behind the last result of the turn. */
function moveMedia(messages: readonly unknown[], report: Report): readonly unknown[] {
  let changed: unknown[] | undefined
  let waiting: unknown[] = []
  const flush = () => {
    if (waiting.length > 0) changed?.push({ role: 'user', content: waiting })
    waiting = []
  }
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as Fields
    if (message.role !== 'tool') flush()
    const content = message.role === 'tool' && Array.isArray(message.content) ? message.content : undefined
    const media = content?.filter((part) => isFields(part) && part.type !== 'text') ?? []
    if (media.length === 0) {
      changed?.push(message)
      continue
    }
    changed ??= messages.slice(0, index)
    const text = content?.filter((part) => !media.includes(part)) ?? []
    const id = String(message.tool_call_id)
    report.repaired(
      index,
      `messages[${index}]: the images or files of the result of ${id} were put into a user message behind it.`,
    )
    changed.push({ ...message, content: text.length > 0 ? text : 'The result is in the next message.' })
    waiting.push({ type: 'text', text: `From the result of tool call ${id}:` }, ...media)
  }
  flush()
  return changed ?? messages
}
