import type { Message } from '../../../src/types/messages.js'
import { readCalls } from '../../shared/calls.js'
import { type HistoryWriter, readHistory } from '../../shared/history.js'
import { assistantBlocks, callsInContent } from './assistant.js'
import { cachePoint, partsToBlocks } from './content.js'
import type { Kit } from './kit.js'
import { resultBlocks } from './results.js'
import { arrangeTurns } from './turns.js'
import { type Block, isFields, type Turn } from './wire.js'

export interface Conversation {
  readonly system: Block[]
  readonly turns: Turn[]
}

/**
 * The history in Converse's terms: instructions apart, user and assistant turns by turns, every tool result right after its call.
 * What is merely untidy is repaired and reported; what can't be told is refused, naming the message.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
export function encodeMessages(messages: readonly Message[], kit: Kit): Conversation {
  const { system, entries } = readHistory(messages, writer, kit)
  return { system, turns: arrangeTurns(entries, system, kit) }
}

const writer: HistoryWriter<Block, Kit> = {
  api: 'Converse',
  model: 'the model',
  parts: partsToBlocks,
  user(content, where, answer, kit) {
    if (!Array.isArray(content)) return partsToBlocks(content, where, kit)
    const rest = content.filter((part: unknown, position) => {
      if (!isFields(part) || part.type !== 'tool_result') return true
      const place = `${where}.content[${position}]`
      answer(part.tool_use_id, place, (wireId) => resultBlocks(wireId, part, place, kit))
      return false
    })
    return partsToBlocks(rest, where, kit)
  },
  assistant(message, index, note, kit) {
    const calls = readCalls(message, index, kit.report)
    // calls may also stand in the content, as Anthropic's blocks
    for (const call of callsInContent(message)) {
      if (!calls.some(({ id }) => id === call.id)) calls.push({ ...call, where: `messages[${index}].content` })
    }
    const toolUses = calls.map((call): Block => {
      const { id: toolUseId, name, input } = note(call)
      return { toolUse: { toolUseId, name, input } }
    })
    return assistantBlocks(message, toolUses, index, kit)
  },
  result: resultBlocks,
  setCacheControl: cachePoint,
}
