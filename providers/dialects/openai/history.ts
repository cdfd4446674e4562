import type { Message } from '../../../src/types/messages.js'
import type { Report } from '../../report.js'
import { isFields } from './kit.js'

const roles: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function'])

/** What no host can read. @throws {BadRequestError} naming the place */
export function checkMessage(message: Message, index: number, report: Report): void {
  const where = `messages[${index}]`
  if (!isFields(message)) throw report.invalid(where, 'a message is an object such as { role, content }')
  if (!roles.has(message.role)) {
    const said = JSON.stringify(message.role) ?? 'nothing'
    throw report.invalid(`${where}.role`, `${said} is no role; there are ${[...roles].join(', ')}`)
  }
  const { content } = message
  if (typeof content !== 'string' && !Array.isArray(content)) {
    const may = (content === null || content === undefined) && ['assistant', 'function'].includes(message.role)
    if (!may) throw report.invalid(`${where}.content`, `it is a text or a list of parts, not ${kindOf(content)}`)
  }
  if (message.role === 'tool' && typeof message.tool_call_id !== 'string') {
    throw report.invalid(`${where}.tool_call_id`, 'it is the id of the tool call that this message answers')
  }
  if (message.role === 'assistant' && message.tool_calls != null && !Array.isArray(message.tool_calls)) {
    throw report.invalid(`${where}.tool_calls`, `it is a list of tool calls, not ${kindOf(message.tool_calls)}`)
  }
}

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value)

/**
 * What OpenAI refuses in a history, told with the place before anything is sent: every call must be answered, right behind the
 * message that made it, and every result must answer one.
 */
export function checkHistory(messages: readonly Message[], report: Report): void {
  let open: Set<string> | undefined
  let caller = -1
  const settle = () => {
    if (!open || open.size === 0) return
    const list = [...open].map((id) => `'${id}'`).join(', ')
    throw report.invalid(
      `messages[${caller}].tool_calls`,
      `no tool message answers ${list}; every call needs its result right behind it`,
    )
  }
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as Message
    if (message.role === 'tool') {
      if (open?.delete(message.tool_call_id)) continue
      throw report.invalid(
        `messages[${index}]`,
        `this is the result of tool call '${message.tool_call_id}', and the assistant message before it made no such call ` +
          '(or it is answered already)',
      )
    }
    settle()
    if (message.role === 'assistant' && message.tool_calls && message.tool_calls.length > 0) {
      open = new Set(message.tool_calls.map((call) => call.id))
      caller = index
    }
  }
  settle()
}
