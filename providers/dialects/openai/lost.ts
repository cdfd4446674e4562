import type { AssistantMessage } from '../../../src/types/messages.js'
import type { Report } from '../../report.js'
import { isFields } from './kit.js'

/** Tells what an assistant said that does not go back with the history, `sent` being what does. */
export function reportLost(message: AssistantMessage, sent: unknown, index: number, report: Report): void {
  const { reasoning_content: text, thinking_blocks: blocks, images } = message
  if ((text || blocks?.length) && !carriesReasoning(sent)) {
    report.repaired(index, `messages[${index}]: the reasoning was left out, as the provider takes none back.`)
  }
  if (images?.length) {
    report.repaired(index, `messages[${index}]: images were left out: the provider takes them from the user only.`)
  }
}

function carriesReasoning(sent: unknown): boolean {
  if (!isFields(sent)) return false
  const { content } = sent
  if (Array.isArray(content) && content.some((part) => isFields(part) && reasoningParts.has(part.type))) return true
  return Boolean(sent.reasoning_content || sent.reasoning || sent.reasoning_details)
}

const reasoningParts: ReadonlySet<unknown> = new Set(['thinking', 'reasoning'])
