import type { Report } from '../../report.js'
import { type Fields, isFields } from './kit.js'

/**
 * OpenAI takes only text in tool messages: images and files follow in a user message, behind the last result of the turn, as
 * nothing may stand between results. https://platform.openai.com/docs/api-reference/chat/create (tool message, content)
 */
export function moveMedia(messages: readonly unknown[], report: Report): readonly unknown[] {
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
    if (!content?.some(isMedia)) {
      changed?.push(message)
      continue
    }
    changed ??= messages.slice(0, index)
    const text = content.filter((part) => !isMedia(part))
    const id = String(message.tool_call_id)
    report.repaired(
      index,
      `messages[${index}]: the images or files of the result of ${id} were put into a user message behind it.`,
    )
    changed.push({ ...message, content: text.length > 0 ? text : 'The result is in the next message.' })
    waiting.push({ type: 'text', text: `From the result of tool call ${id}:` }, ...content.filter(isMedia))
  }
  flush()
  return changed ?? messages
}

const isMedia = (part: unknown): boolean => isFields(part) && part.type !== 'text'
