import type { ChatParams } from '../../src/types/chat.js'
import { isFields } from '../fields.js'
import { jsonInstruction } from '../instruction.js'
import type { Report } from '../report.js'

/** Reads a history as turns of text, for models with a single text input. */

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

export interface Dialogue {
  readonly system: string
  /** Alternating turns, user first. */
  readonly turns: readonly Turn[]
}

/**
 * @param who the host's name, for messages
 * @throws {BadRequestError} naming the message that has more than text
 */
export function readDialogue({ messages, response_format }: ChatParams, who: string, report: Report): Dialogue {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw report.invalid('messages', 'must be a non-empty array.')
  }
  const system: string[] = []
  const turns: { role: Turn['role']; text: string }[] = []
  for (const [index, message] of (messages as readonly unknown[]).entries()) {
    const where = `messages[${index}]`
    if (!isFields(message))
      throw report.invalid(where, "must be a message, for example { role: 'user', content: 'Hello' }", message)
    const text = textOf(message.content, `${where}.content`, who, report)
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(text)
        continue
      case 'user':
      case 'assistant':
        break
      default:
        throw report.invalid(
          `${where}.role`,
          `must be system, user or assistant, because ${who} accepts text only`,
          message.role,
        )
    }
    if (Array.isArray(message.tool_calls) && message.tool_calls.length > 0) {
      throw report.invalid(`${where}.tool_calls`, `must be left out, because ${who} accepts text only.`)
    }
    const last = turns.at(-1)
    if (last?.role === message.role) last.text = `${last.text}\n\n${text}`
    else turns.push({ role: message.role, text })
  }
  if (turns[0]?.role === 'assistant')
    throw report.invalid('messages', 'must begin with a user message after the instructions.')
  const instruction = jsonInstruction(response_format, `${who} returns plain text only`, report)
  if (instruction !== undefined) system.push(instruction)
  return { system: system.join('\n\n'), turns }
}

/** Unknown fields are sent to the model unchanged. */
const advice = ': where the model takes one, give it as a field, by the name that the model has for it'

function textOf(content: unknown, where: string, who: string, report: Report): string {
  if (typeof content === 'string') return content
  if (content === null || content === undefined) return ''
  if (!Array.isArray(content)) throw report.invalid(where, 'must be a string or an array of parts', content)
  return content
    .map((part: unknown, at) => {
      if (typeof part === 'string') return part
      const text = isFields(part) ? part.text : undefined
      if (typeof text === 'string') return text
      const type = isFields(part) ? String(part.type) : typeof part
      throw report.invalid(
        `${where}[${at}]`,
        `must be text, because ${who} accepts nothing else${advice}; got '${type}'.`,
      )
    })
    .join('\n')
}
