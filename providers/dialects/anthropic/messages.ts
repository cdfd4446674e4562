import type { AssistantMessage, Message } from '../../../src/types/messages.js'
import { assistantText, type CallInHistory, readCalls } from '../../shared/calls.js'
import { type Entry, type HistoryWriter, readHistory, type ToolResult, type WireCall } from '../../shared/history.js'
import { renameFields } from '../../shared/property-names.js'
import { alternateTurns, beginWithUser, endWithText } from '../../shared/turns.js'
import { partsToBlocks, setCacheControl, textBlock } from './content.js'
import type { EncodeScope } from './scope.js'
import { isThinking, ownThinking } from './thinking.js'
import { type Block, type Fields, isBlock, isFields, type Turn } from './wire.js'

export interface Conversation {
  readonly system: Block[]
  readonly turns: Turn[]
}

/**
 * Encodes the history: system prompt separated, alternating turns, each tool result directly after its call. Minor
 * disorder is repaired with a warning; anything that can't be encoded throws an error naming the message.
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
  register: (call: CallInHistory) => WireCall,
  scope: EncodeScope,
): Block[] {
  const toolUse = (call: CallInHistory): Block => {
    const aliases = scope.properties?.get(call.name)
    if (!aliases) return { type: 'tool_use', ...register(call) }
    const input = renameFields(call.input, (name) => aliases.wire(name)) as Fields
    return { type: 'tool_use', ...register({ ...call, input }) }
  }
  const toolUses = readCalls(message, index, scope.report).map(toolUse)
  // calls may also be tool_use blocks in the content
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

/** The blocks of an assistant turn in order: thinking, text, calls. */
function assistantBlocks(
  message: AssistantMessage,
  toolUses: readonly Block[],
  index: number,
  scope: EncodeScope,
): Block[] {
  const kept = keptBlocks(message, toolUses, index, scope)
  if (kept) return kept
  const where = `messages[${index}]`
  const thinking = ownThinking(message.thinking_blocks, index, scope)
  const inContent = Array.isArray(message.content)
    ? message.content.filter((part) => isBlock(part) && isThinking(part))
    : []
  // the same thinking may be in both fields
  if (thinking.length === 0) thinking.push(...ownThinking(inContent, index, scope))
  const parts = Array.isArray(message.content)
    ? message.content.filter((part) => !(isBlock(part) && isThinking(part)))
    : message.content
  const said = partsToBlocks(parts, where, scope)
  if (said.length === 0 && message.refusal) said.push(...textBlock(message.refusal))
  const blocks = [...thinking, ...said, ...toolUses]
  if (message.reasoning_content && thinking.length === 0 && scope.unsignedThinking) {
    blocks.unshift({ type: 'thinking', thinking: message.reasoning_content })
  } else if (message.reasoning_content && thinking.length === 0 && !message.thinking_blocks?.length) {
    scope.report.repaired(
      index,
      `${where}: reasoning_content was removed: Claude accepts only thinking that it signed.`,
    )
  }
  if (message.audio) scope.report.repaired(index, `${where}: audio was removed: Claude does not accept it.`)
  if (message.images?.length) {
    scope.report.repaired(index, `${where}: images were removed: Claude accepts them in user messages only.`)
  }
  setCacheControl(blocks, message.cache_control)
  return blocks
}

/**
 * The original blocks of a Claude turn, preserved by the decoder because OpenAI's shape can't represent them (server
 * tools, citations, thinking between calls). Undefined if there are none or the caller edited the message.
 */
function keptBlocks(
  message: AssistantMessage,
  toolUses: readonly Block[],
  index: number,
  scope: EncodeScope,
): Block[] | undefined {
  const kept = message.provider_specific_fields?.content_blocks
  if (!Array.isArray(kept) || kept.length === 0 || !kept.every(isBlock)) return undefined
  const text = kept.map((block) => (block.type === 'text' && typeof block.text === 'string' ? block.text : '')).join('')
  const calls = kept.filter(({ type }) => type === 'tool_use')
  if (text !== assistantText(message) || calls.length !== toolUses.length) {
    scope.report.repaired(
      index,
      `messages[${index}]: the message was edited since Claude wrote it, so its original blocks ` +
        '(server tools, citations) were removed.',
    )
    return undefined
  }
  let call = 0
  const blocks = kept.flatMap((block): Block[] => {
    if (isThinking(block)) return ownThinking([block], index, scope)
    if (block.type === 'text') return typeof block.text === 'string' && block.text.trim() === '' ? [] : [block]
    if (block.type !== 'tool_use') return [block]
    const current = toolUses[call++]
    return current ? [{ ...block, ...current }] : []
  })
  setCacheControl(blocks, message.cache_control)
  return blocks
}

/**
 * Orders entries as the API requires: alternating turns, user first. Models with system turns accept them after a user
 * turn, before an assistant turn or at the end; there they keep their position and the prompt cache. Elsewhere they
 * are merged into `system`, or become a user turn when they follow the last answer.
 * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
 */
export function arrangeTurns(entries: readonly Entry<Block>[], system: Block[], scope: EncodeScope): Turn[] {
  const { report, facts } = scope
  const turns = alternateTurns(entries, system, { systemTurns: facts.systemTurns, why: 'Claude answers users' }, report)
  endWithText(turns, (blocks) => facts.prefill || isPaused(blocks), trimmed, report)
  beginWithUser(turns, (text) => ({ type: 'text', text }), report)
  return turns.map(({ role, blocks }) => ({ role, content: plainText(blocks) ?? blocks }))
}

function trimmed(block: Block): Block {
  return block.type === 'text' && typeof block.text === 'string' ? { ...block, text: block.text.trimEnd() } : block
}

/** Block types of an answer that did not pause for a server tool. */
const ordinary: ReadonlySet<string> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use'])

const isPaused = (blocks: readonly Block[]): boolean => blocks.some(({ type }) => !ordinary.has(type))

/** A single text block is sent as a string, which the API treats the same. */
function plainText(blocks: readonly Block[]): string | undefined {
  const [only] = blocks
  if (blocks.length !== 1 || only?.type !== 'text' || typeof only.text !== 'string') return undefined
  return Object.keys(only).length === 2 ? only.text : undefined
}
