import type { AssistantMessage, Message } from '../../../src/types/messages.js'
import { type CallInHistory, readCalls } from '../../shared/calls.js'
import { type HistoryWriter, readHistory, type ToolResult, type WireCall } from '../../shared/history.js'
import { assistantBlocks } from './assistant.js'
import { partsToBlocks, setCacheControl } from './content.js'
import type { EncodeScope } from './scope.js'
import { arrangeTurns } from './turns.js'
import { type Block, isFields, type Turn } from './wire.js'

export interface Conversation {
  readonly system: Block[]
  readonly turns: Turn[]
}

/**
 * The history in Anthropic's terms: instructions apart, user and assistant turns by turns, every tool result right after
 * its call. What is merely untidy is repaired and reported; what can't be told is refused, naming the message.
 * https://platform.claude.com/docs/en/build-with-claude/working-with-messages
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
 */
export function encodeMessages(messages: readonly Message[], scope: EncodeScope): Conversation {
  const { system, entries } = readHistory(messages, writer, scope)
  return { system, turns: arrangeTurns(entries, system, scope) }
}

const writer: HistoryWriter<Block, EncodeScope> = {
  api: 'Claude',
  model: 'Claude',
  parts: partsToBlocks,
  user: (content, where, answer, scope) =>
    partsToBlocks(content, where, scope).filter((block) => {
      if (block.type !== 'tool_result') return true
      answer(block.tool_use_id, where, (wireId) => [{ ...block, tool_use_id: wireId }])
      return false
    }),
  assistant: assistantTurn,
  result: resultBlocks,
  setCacheControl,
}

function assistantTurn(
  message: AssistantMessage,
  index: number,
  note: (call: CallInHistory) => WireCall,
  scope: EncodeScope,
): Block[] {
  const toolUse = (call: CallInHistory): Block => ({ type: 'tool_use', ...note(call) })
  const toolUses = readCalls(message, index, scope.report).map(toolUse)
  // calls may also stand in the content, as blocks of Anthropic's own
  return assistantBlocks(message, toolUses, index, scope).map((block, position) => {
    if (block.type !== 'tool_use' || toolUses.some(({ id }) => id === block.id)) return block
    const where = `messages[${index}].content[${position}]`
    const input = isFields(block.input) ? block.input : {}
    return { ...block, ...toolUse({ id: String(block.id), name: String(block.name), input, where }) }
  })
}

function resultBlocks(
  wireId: string,
  { content, is_error, cache_control }: ToolResult,
  where: string,
  scope: EncodeScope,
): Block[] {
  const blocks = partsToBlocks(content, where, scope)
  const [only] = blocks
  const plain = blocks.length === 1 && only?.type === 'text' && Object.keys(only).length === 2
  const result: Block = { type: 'tool_result', tool_use_id: wireId }
  if (only) result.content = plain ? only.text : blocks
  if (is_error) result.is_error = true
  if (cache_control) result.cache_control = cache_control
  return [result]
}
