import { looksLikeBase64 } from './media.js'
import type { EncodeScope } from './scope.js'
import { type Block, isBlock } from './wire.js'

/**
 * Thinking from the history, as far as Anthropic signed it: a block of anyone else, or one without its signature, is
 * refused by the API. A block without text is whole: its signature holds the thinking.
 * https://platform.claude.com/docs/en/build-with-claude/thinking#preserving-thinking-blocks
 */
export function ownThinking(blocks: unknown, index: number, scope: EncodeScope): Block[] {
  if (!Array.isArray(blocks) || blocks.length === 0) return []
  if (scope.facts.thinking === 'none') {
    scope.report.repaired(index, `messages[${index}]: thinking_blocks were left out, as this model doesn't think.`)
    return []
  }
  return blocks.flatMap((block: unknown) => {
    const good = isBlock(block) ? signed(block) : undefined
    if (!good) {
      scope.report.repaired(
        index,
        `messages[${index}]: a thinking block was left out, as it carries no signature of Anthropic's.`,
      )
    }
    return good ?? []
  })
}

function signed(block: Block): Block | undefined {
  if (block.type === 'redacted_thinking') {
    const { data, cache_control: _, type, ...foreign } = block
    if (Object.keys(foreign).length > 0 || typeof data !== 'string' || !looksLikeBase64(data)) return undefined
    return { type, data }
  }
  if (block.type !== 'thinking') return undefined
  const { thinking, signature, cache_control: _, type, ...foreign } = block
  // other dialects tag their blocks with fields of their own; every recorded signature of Anthropic's begins with E
  if (Object.keys(foreign).length > 0 || typeof signature !== 'string') return undefined
  if (!signature.startsWith('E') || !looksLikeBase64(signature)) return undefined
  return { type, thinking: typeof thinking === 'string' ? thinking : '', signature }
}

export const isThinking = ({ type }: Block): boolean => type === 'thinking' || type === 'redacted_thinking'
