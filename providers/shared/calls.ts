import type { AssistantMessage } from '../../src/types/messages.js'
import { type Fields, isFields } from '../fields.js'
import type { Report } from '../report.js'

/** A tool call of the history. */
export interface CallInHistory {
  /** The caller's id; undefined for a legacy function call, which is answered by name. */
  readonly id: string | undefined
  readonly name: string
  readonly input: Fields
  /** `messages[1].tool_calls[0]` */
  readonly where: string
}

/** Reads the calls of an assistant message from `tool_calls` and `function_call`. */
export function readCalls(message: AssistantMessage, index: number, report: Report): CallInHistory[] {
  const calls: CallInHistory[] = []
  const list = message.tool_calls ?? []
  if (!Array.isArray(list))
    throw report.invalid(`messages[${index}].tool_calls`, 'must be an array of tool calls', list)
  for (const [position, call] of list.entries()) {
    const where = `messages[${index}].tool_calls[${position}]`
    if (typeof call?.id !== 'string' || call.id === '')
      throw report.invalid(where, "must have 'id', a non-empty string")
    if (call.type === 'custom') {
      // an OpenAI custom tool has free text; calls here have fields
      calls.push({ id: call.id, name: call.custom.name, input: { input: call.custom.input }, where })
      continue
    }
    const name = call.function?.name
    if (typeof name !== 'string' || name === '')
      throw report.invalid(where, "must have 'function.name', a non-empty string")
    calls.push({ id: call.id, name, input: parseArguments(call.function.arguments, where, report), where })
  }
  const legacy = message.function_call
  if (legacy) {
    const where = `messages[${index}].function_call`
    calls.push({ id: undefined, name: legacy.name, input: parseArguments(legacy.arguments, where, report), where })
  }
  return calls
}

export function parseArguments(text: unknown, where: string, report: Report): Fields {
  if (isFields(text)) return text
  if (text === undefined || text === null || (typeof text === 'string' && text.trim() === '')) return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(String(text))
  } catch {
    throw report.invalid(where, `has arguments that are not JSON: ${String(text).slice(0, 80)}`)
  }
  if (!isFields(parsed)) throw report.invalid(where, 'has arguments that are not a JSON object.')
  return parsed
}

/** The text of an assistant message, to compare with the blocks stored beside it. */
export function assistantText({ content }: AssistantMessage): string {
  if (!Array.isArray(content)) return content ?? ''
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
