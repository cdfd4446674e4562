import { jsonrepair } from 'jsonrepair'
import type { AssistantMessage } from '../../src/types/messages.js'
import { type Fields, isFields, parseJSON } from '../fields.js'
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
    calls.push({ id: call.id, name, input: parseArguments(call.function.arguments, where, index, report), where })
  }
  const legacy = message.function_call
  if (legacy) {
    const where = `messages[${index}].function_call`
    calls.push({
      id: undefined,
      name: legacy.name,
      input: parseArguments(legacy.arguments, where, index, report),
      where,
    })
  }
  return calls
}

/**
 * Parses the arguments of a call. The model wrote them, so text that is not a JSON object is repaired with a warning
 * instead of rejected; beyond repair, the call keeps no arguments.
 */
export function parseArguments(text: unknown, where: string, index: number, report: Report): Fields {
  if (isFields(text)) return text
  if (text === undefined || text === null || (typeof text === 'string' && text.trim() === '')) return {}
  const given = String(text)
  const parsed = parseJSON(given)
  if (isFields(parsed)) return parsed
  const repaired = repairArguments(parsed === undefined ? given : parsed)
  report.repaired(
    index,
    `${where}: the arguments were not a JSON object (${given.slice(0, 80)}); ${repaired ? 'they were repaired' : 'they were replaced by {}'}.`,
  )
  return repaired ?? {}
}

/** The arguments of a call of an answer. Broken JSON is repaired, and anything that is not an object becomes an empty one. */
export function objectOf(text: string): Fields {
  if (text.trim() === '') return {}
  const parsed = parseJSON(text)
  return isFields(parsed) ? parsed : (repairArguments(parsed === undefined ? text : parsed) ?? {})
}

/** The input of a call, which some hosts send as JSON text. */
export function objectInput(input: unknown): unknown {
  const parsed = typeof input === 'string' ? parseJSON(input || '{}') : undefined
  return isFields(parsed) ? parsed : input
}

/** The arguments of a call as JSON text, repaired if necessary. */
export function argumentsText(given: unknown, where: string, index: number, report: Report): string {
  if (typeof given === 'string' && isFields(parseJSON(given))) return given
  return JSON.stringify(parseArguments(given, where, index, report))
}

/** The object in broken JSON, or in JSON that was encoded twice. */
export function repairArguments(given: unknown): Fields | undefined {
  if (typeof given !== 'string') return undefined
  const encodedTwice = parseJSON(given)
  if (isFields(encodedTwice)) return encodedTwice
  if (!given.includes('{')) return undefined
  try {
    const repaired: unknown = JSON.parse(jsonrepair(given))
    return isFields(repaired) ? repaired : undefined
  } catch {
    return undefined
  }
}

/** The text of an assistant message, to compare with the blocks stored beside it. */
export function assistantText({ content }: AssistantMessage): string {
  if (!Array.isArray(content)) return content ?? ''
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
