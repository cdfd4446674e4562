import type { Message } from '../../../src/types/messages.js'
import type { Report } from '../../report.js'

/**
 * What OpenAI refuses in a history, told with the place before anything is sent: every call must be answered, right behind the
 * message that made it, and every result must answer one.
 */
export function checkHistory(messages: readonly Message[], report: Report): void {
  let open = new Set<string>()
  let caller = -1
  const settle = () => {
    if (open.size === 0) return
    const list = [...open].map((id) => `'${id}'`).join(', ')
    throw report.bad(
      `messages[${caller}].tool_calls`,
      `no tool message answers ${list}; every call needs its result right behind it`,
    )
  }
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id)) {
        throw report.bad(
          `messages[${index}]`,
          `this is the result of tool call '${message.tool_call_id}', and the assistant message before it made no such call (or it is answered already)`,
        )
      }
      continue
    }
    settle()
    if (message.role === 'assistant' && message.tool_calls) {
      open = new Set(message.tool_calls.map((call) => call.id))
      caller = index
    }
  }
  settle()
}
