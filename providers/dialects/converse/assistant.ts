import type { AssistantMessage } from '../../../src/types/messages.js'
import { assistantText } from '../../shared/calls.js'
import { cachePoint, partsToBlocks, textBlock } from './content.js'
import type { Kit } from './kit.js'
import { reasoningBlocks } from './reasoning-blocks.js'
import { type Block, type Fields, inner, isFields, textIn } from './wire.js'

/** The blocks of an assistant turn: reasoning first, then text, then the calls. */
export function assistantBlocks(
  message: AssistantMessage,
  toolUses: readonly Block[],
  index: number,
  kit: Kit,
): Block[] {
  const kept = keptBlocks(message, toolUses, index, kit)
  if (kept) return kept
  const where = `messages[${index}]`
  const parts: unknown[] = Array.isArray(message.content) ? message.content : []
  // the same reasoning may stand in both places
  const thinking = message.thinking_blocks?.length ? message.thinking_blocks : parts.filter(isThinking)
  const reasoning = reasoningBlocks(thinking, index, kit)
  const rest = Array.isArray(message.content)
    ? parts.filter((part) => !isThinking(part) && !isCall(part))
    : message.content
  const said = partsToBlocks(rest, where, kit)
  if (said.length === 0 && message.refusal) said.push(...textBlock(message.refusal))
  if (message.reasoning_content && reasoning.length === 0 && thinking.length === 0) {
    kit.report.repaired(index, `${where}: reasoning_content was left out: only what Claude signed can be sent back.`)
  }
  if (message.audio) kit.report.repaired(index, `${where}: audio was left out: Bedrock takes none from the assistant.`)
  if (message.images?.length) {
    kit.report.repaired(index, `${where}: images were left out: Bedrock takes them from the user only.`)
  }
  const blocks = [...reasoning, ...said, ...toolUses]
  if (message.cache_control) cachePoint(blocks, message.cache_control, where, kit)
  return blocks
}

const isThinking = (part: unknown) => isFields(part) && (part.type === 'thinking' || part.type === 'redacted_thinking')
const isCall = (part: unknown) => isFields(part) && (part.type === 'tool_use' || part.type === 'server_tool_use')

/** Calls that stand in the content, as Anthropic's blocks. */
export function callsInContent({ content }: AssistantMessage): { id: string; name: string; input: Fields }[] {
  const parts: unknown[] = Array.isArray(content) ? content : []
  return parts
    .filter(isFields)
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({ id: String(id), name: String(name), input: isFields(input) ? input : {} }))
}

/**
 * The turn as it came, where the decoder kept it because OpenAI's shape couldn't hold it (system tools, citations, reasoning between
 * calls). Undefined where there is none, or where the caller has changed what it says.
 */
function keptBlocks(
  message: AssistantMessage,
  toolUses: readonly Block[],
  index: number,
  kit: Kit,
): Block[] | undefined {
  const kept = message.provider_specific_fields?.converse_content
  if (!Array.isArray(kept) || kept.length === 0 || !kept.every(isFields)) return undefined
  if (kept.map(spoken).join('') !== assistantText(message) || kept.filter(isOwnCall).length !== toolUses.length) {
    kit.report.repaired(
      index,
      `messages[${index}]: the message was changed since the model wrote it, so the blocks kept beside it (system tools, ` +
        'citations) were left out.',
    )
    return undefined
  }
  let call = 0
  const blocks = kept.flatMap((block): Block[] => {
    if (isOwnCall(block)) {
      const current = toolUses[call++]
      return current ? [current] : []
    }
    if ('reasoningContent' in block) return replayable(block, kit) ? [block] : []
    if ('text' in block) return textBlock(textIn(block, 'text') ?? '')
    // what was hidden in an answer has no content, and the API takes a citation only with the words that it stands behind
    return 'citationsContent' in block && spoken(block) === '' ? [] : [block]
  })
  if (message.cache_control) cachePoint(blocks, message.cache_control, `messages[${index}]`, kit)
  return blocks
}

/** A call that the caller answers. */
export const isOwnCall = (block: Block): boolean => {
  const use = inner(block, 'toolUse')
  return use !== undefined && use.type !== 'server_tool_use'
}

function replayable(block: Block, kit: Kit): boolean {
  const reasoning = inner(block, 'reasoningContent') ?? {}
  const signature = inner(reasoning, 'reasoningText')?.signature
  const { reasoning: way } = kit.facts
  return (way === 'claude' || way === 'unknown') && (typeof signature === 'string' || 'redactedContent' in reasoning)
}

/** The words of a block that belong to `content`. */
export function spoken(block: Block): string {
  const text = textIn(block, 'text')
  if (text !== undefined) return text
  const content = inner(block, 'citationsContent')?.content
  if (!Array.isArray(content)) return ''
  return content.map((part: unknown) => (isFields(part) ? (textIn(part, 'text') ?? '') : '')).join('')
}
