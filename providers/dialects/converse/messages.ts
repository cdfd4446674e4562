import type { AssistantMessage, CacheControl, Message } from '../../../src/types/messages.js'
import { assistantText, readCalls } from '../../shared/calls.js'
import { compactionSummary, reportForeignParts } from '../../shared/foreign.js'
import { type Entry, type HistoryWriter, readHistory, type ToolResult } from '../../shared/history.js'
import { renameFields } from '../../shared/property-names.js'
import { alternateTurns, beginWithUser, type Draft, endWithText } from '../../shared/turns.js'
import { addCachePoint, encodeParts, textBlock } from './content.js'
import type { EncodeScope } from './scope.js'
import { canReplay, encodeReasoningBlocks } from './thinking.js'
import { type Block, contentText, type Fields, isClientCall, isFields, type Turn, textIn } from './wire.js'

export interface Conversation {
  readonly system: Block[]
  readonly turns: Turn[]
}

/**
 * Encodes the history: instructions apart, user and assistant turns in alternation, each tool result right after its call. Untidy
 * histories are repaired and reported; impossible ones are rejected with the message's index.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
export function encodeMessages(messages: readonly Message[], scope: EncodeScope): Conversation {
  const { system, entries } = readHistory(messages, writer, scope)
  return { system, turns: arrangeTurns(entries, system, scope) }
}

const writer: HistoryWriter<Block, EncodeScope> = {
  api: 'Converse',
  model: 'the model',
  parts: encodeParts,
  user(content, where, answer, scope) {
    if (!Array.isArray(content)) return encodeParts(content, where, scope)
    const rest = content.filter((part: unknown, position) => {
      if (!isFields(part) || part.type !== 'tool_result') return true
      const place = `${where}.content[${position}]`
      answer(part.tool_use_id, place, (wireId) => encodeResult(wireId, part, place, scope))
      return false
    })
    return encodeParts(rest, where, scope)
  },
  assistant(message, index, note, scope) {
    reportForeignParts(message, 'converse_content', index, scope.report)
    const calls = readCalls(message, index, scope.report)
    // Anthropic's histories have their calls in the content
    for (const call of callsInContent(message)) {
      if (!calls.some(({ id }) => id === call.id)) calls.push({ ...call, where: `messages[${index}].content` })
    }
    const toolUses = calls.map((call): Block => {
      const aliases = scope.properties?.get(call.name)
      const sent = aliases && (renameFields(call.input, (field) => aliases.wire(field)) as Fields)
      const { id: toolUseId, name, input } = note(sent ? { ...call, input: sent } : call)
      return { toolUse: { toolUseId, name, input } }
    })
    return encodeAssistant(message, toolUses, index, scope)
  },
  before(message, index, { report }) {
    const summary = compactionSummary(message, index, report)
    return summary === undefined ? [] : [{ text: summary }]
  },
  result: encodeResult,
  setCacheControl: addCachePoint,
}

/** The blocks of an assistant turn: reasoning, text, calls. */
function encodeAssistant(
  message: AssistantMessage,
  toolUses: readonly Block[],
  index: number,
  scope: EncodeScope,
): Block[] {
  const restored = restoreBlocks(message, toolUses, index, scope)
  if (restored) return restored
  const where = `messages[${index}]`
  const { report } = scope
  const parts: unknown[] = Array.isArray(message.content) ? message.content : []
  // the same reasoning may be in both places
  const thinking = message.thinking_blocks?.length ? message.thinking_blocks : parts.filter(isThinking)
  const reasoning = encodeReasoningBlocks(thinking, index, scope)
  const rest = Array.isArray(message.content)
    ? parts.filter((part) => !isThinking(part) && !isCall(part))
    : message.content
  const content = encodeParts(rest, where, scope)
  if (content.length === 0 && message.refusal) content.push(...textBlock(message.refusal))
  if (message.reasoning_content && reasoning.length === 0 && thinking.length === 0) {
    report.repaired(
      index,
      `${where}: reasoning_content was left out, as only Claude's signed thinking can be sent back.`,
    )
  }
  if (message.audio) {
    report.repaired(index, `${where}: the audio was left out, as Bedrock accepts none from the assistant.`)
  }
  if (message.images?.length) {
    report.repaired(index, `${where}: the images were left out, as Bedrock accepts images of the user only.`)
  }
  const blocks = [...reasoning, ...content, ...toolUses]
  if (message.cache_control) addCachePoint(blocks, message.cache_control, where, scope)
  return blocks
}

const isThinking = (part: unknown) => isFields(part) && (part.type === 'thinking' || part.type === 'redacted_thinking')
const isCall = (part: unknown) => isFields(part) && (part.type === 'tool_use' || part.type === 'server_tool_use')

/** Calls in the content, as Anthropic's blocks. */
function callsInContent({ content }: AssistantMessage): { id: string; name: string; input: Fields }[] {
  const parts: unknown[] = Array.isArray(content) ? content : []
  return parts
    .filter(isFields)
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({ id: String(id), name: String(name), input: isFields(input) ? input : {} }))
}

/**
 * The blocks that the decoder stored because OpenAI's message can't express them (system tools, citations, reasoning between calls).
 * Undefined without stored blocks, or if the caller changed the message.
 */
function restoreBlocks(
  message: AssistantMessage,
  toolUses: readonly Block[],
  index: number,
  scope: EncodeScope,
): Block[] | undefined {
  const stored = message.provider_specific_fields?.converse_content
  if (!Array.isArray(stored) || stored.length === 0 || !stored.every(isFields)) return undefined
  if (
    stored.map(contentText).join('') !== assistantText(message) ||
    stored.filter(isClientCall).length !== toolUses.length
  ) {
    scope.report.repaired(
      index,
      `messages[${index}]: the message was changed after the model wrote it, so its stored blocks (system tools, citations) were left out.`,
    )
    return undefined
  }
  let call = 0
  const blocks = stored.flatMap((block): Block[] => {
    if (isClientCall(block)) {
      const current = toolUses[call++]
      return current ? [current] : []
    }
    if ('reasoningContent' in block) return canReplay(block, scope) ? [block] : []
    if ('text' in block) return textBlock(textIn(block, 'text') ?? '')
    // the API accepts citations only with the text that they support
    return 'citationsContent' in block && contentText(block) === '' ? [] : [block]
  })
  if (message.cache_control) addCachePoint(blocks, message.cache_control, `messages[${index}]`, scope)
  return blocks
}

/**
 * The result of a tool. Cache points follow a result and are never inside it.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html
 */
function encodeResult(
  toolUseId: string,
  { content, is_error, cache_control: mark }: ToolResult,
  where: string,
  scope: EncodeScope,
): Block[] {
  const all = encodeParts(content, where, scope)
  const points = all.filter((block) => 'cachePoint' in block)
  const parts = all.filter((block) => !('cachePoint' in block) && block.text !== '\n')
  // some models refuse an empty list, and all refuse an empty text
  const result: Block = { toolUseId, content: parts.length > 0 ? parts : [{ text: '(no output)' }] }
  if (is_error === true && scope.facts.resultStatus) result.status = 'error'
  else if (is_error === true) {
    scope.report.dropped(`${where}.is_error`, `Left out: ${scope.facts.who} takes no status of a tool result.`)
  }
  const blocks: Block[] = [{ toolResult: result }]
  if (mark) addCachePoint(blocks, mark as CacheControl, where, scope)
  else if (points[0]) blocks.push(points[0])
  return blocks
}

const besideDocuments = 'See the attached document.'

/** Orders entries as the API requires: user and assistant in alternation, the user first, instructions apart. */
function arrangeTurns(entries: readonly Entry<Block>[], system: Block[], scope: EncodeScope): Turn[] {
  const { report, facts } = scope
  const turns = alternateTurns(entries, system, { systemTurns: false, why: 'models answer users' }, report)
  endWithText(turns, () => facts.claude?.prefill !== false, trimEnd, report)
  for (const turn of turns) addTextToDocuments(turn, scope)
  beginWithUser(turns, (text) => ({ text }), report)
  return turns.map(({ role, blocks }) => ({ role: role === 'assistant' ? role : 'user', content: blocks }))
}

function trimEnd(block: Block): Block {
  const text = textIn(block, 'text')
  return text === undefined || text === text.trimEnd() ? block : { text: text.trimEnd() }
}

/** A document requires a text in the same turn. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html */
function addTextToDocuments(turn: Draft<Block>, scope: EncodeScope): void {
  const { blocks, index } = turn
  if (turn.role !== 'user' || !blocks.some((block) => 'document' in block)) return
  if (blocks.some((block) => textIn(block, 'text')?.trim())) return
  turn.blocks = [...blocks, { text: besideDocuments }]
  scope.report.repaired(
    index,
    `messages[${index}]: '${besideDocuments}' was added, as Bedrock requires a text beside a document.`,
  )
}
