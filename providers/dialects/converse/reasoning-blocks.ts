import { ownThinking } from '../anthropic/thinking.js'
import { asClaude } from './claude.js'
import type { Kit } from './kit.js'
import { type Block, inner, textIn } from './wire.js'

/**
 * Reasoning from the history, as far as Claude signed it: it is the only one that takes its reasoning back.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ReasoningContentBlock.html
 */
export function reasoningBlocks(thinking: unknown, index: number, kit: Kit): Block[] {
  if (!Array.isArray(thinking) || thinking.length === 0) return []
  const { reasoning, who } = kit.facts
  if (reasoning !== 'claude' && reasoning !== 'unknown') {
    kit.report.repaired(index, `messages[${index}]: thinking_blocks were left out, as ${who} takes none back.`)
    return []
  }
  return ownThinking(thinking, index, asClaude(kit)).map((block): Block => {
    if (block.type === 'redacted_thinking') return { reasoningContent: { redactedContent: toBlob(String(block.data)) } }
    return { reasoningContent: { reasoningText: { text: block.thinking, signature: block.signature } } }
  })
}

/** A reasoning block of an answer, as the field has it. Undefined where it carries nothing that a next turn needs. */
export function thinkingBlock(reasoning: Block) {
  const redacted = textIn(reasoning, 'redactedContent')
  if (redacted !== undefined) return { type: 'redacted_thinking' as const, data: fromBlob(redacted) }
  const { text, signature } = inner(reasoning, 'reasoningText') ?? {}
  if (typeof signature !== 'string' || signature === '') return undefined
  return { type: 'thinking' as const, thinking: typeof text === 'string' ? text : '', signature }
}

/** Blobs travel as base64, and what Anthropic redacts is base64 already: the caller gets it as Anthropic gives it. */
function fromBlob(blob: string): string {
  const data = Buffer.from(blob, 'base64').toString('utf8')
  return toBlob(data) === blob ? data : blob
}

const toBlob = (data: string): string => Buffer.from(data, 'utf8').toString('base64')
