import type { AssistantMessage } from '../../../src/types/messages.js'
import { assistantText } from '../../shared/calls.js'
import { partsToBlocks, setCacheControl, textBlock } from './content.js'
import type { EncodeScope } from './scope.js'
import { isThinking, ownThinking } from './thinking-blocks.js'
import { type Block, isBlock } from './wire.js'

/** The blocks of an assistant turn: thinking first, then text, then the calls. */
export function assistantBlocks(
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
  // the same thinking may stand in both places
  if (thinking.length === 0) thinking.push(...ownThinking(inContent, index, scope))
  const parts = Array.isArray(message.content)
    ? message.content.filter((part) => !(isBlock(part) && isThinking(part)))
    : message.content
  const said = partsToBlocks(parts, where, scope)
  if (said.length === 0 && message.refusal) said.push(...textBlock(message.refusal))
  const blocks = [...thinking, ...said, ...toolUses]
  if (message.reasoning_content && thinking.length === 0 && !message.thinking_blocks?.length) {
    scope.report.repaired(
      index,
      `${where}: reasoning_content was left out: Claude takes back only thinking that it signed.`,
    )
  }
  if (message.audio) scope.report.repaired(index, `${where}: audio was left out: Claude takes none.`)
  if (message.images?.length) {
    scope.report.repaired(index, `${where}: images were left out: Claude takes them from the user only.`)
  }
  setCacheControl(blocks, message.cache_control)
  return blocks
}

/**
 * The turn as it came from Claude, where the decoder kept it because OpenAI's shape couldn't hold it (server tools,
 * citations, thinking between calls). Undefined where there is none, or where the caller has changed what it says.
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
      `messages[${index}]: the message was changed since Claude wrote it, so the blocks kept beside it ` +
        '(server tools, citations) were left out.',
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
