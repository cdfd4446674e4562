import type { AssistantMessage } from '../../src/types/messages.js'
import { type Fields, isFields } from '../fields.js'
import type { Report } from '../report.js'

/** Fields of `provider_specific_fields` in which dialects store the parts of an answer, with the kinds that OpenAI's message repeats. */
const storedParts: Readonly<Record<string, (part: Fields) => boolean>> = {
  content_blocks: ({ type }) => repeated.has(type),
  output_items: ({ type }) => repeated.has(type),
  content_parts: (part) => part.text !== undefined || part.functionCall !== undefined || part.image !== undefined,
  converse_content: (part) =>
    ['text', 'reasoningContent', 'toolUse', 'image', 'citationsContent'].some((kind) => kind in part),
}

const repeated: ReadonlySet<unknown> = new Set([
  ...['text', 'tool_use', 'thinking', 'redacted_thinking', 'compaction'],
  ...['message', 'reasoning', 'function_call', 'custom_tool_call'],
])

/**
 * Warns of the parts of another provider's answer that don't go back with the history.
 * @param own the field that the dialect restores itself
 */
export function reportForeignParts(message: AssistantMessage, own: string, index: number, report: Report): void {
  const fields: unknown = message.provider_specific_fields
  if (!isFields(fields)) return
  for (const [name, isRepeated] of Object.entries(storedParts)) {
    const parts: unknown = name === own ? undefined : fields[name]
    const lost = Array.isArray(parts) ? parts.filter(isFields).filter((part) => !isRepeated(part)) : []
    if (lost.length === 0) continue
    const kinds = [...new Set(lost.map((part) => (typeof part.type === 'string' ? part.type : Object.keys(part)[0])))]
    report.repaired(index, `messages[${index}]: parts of another provider were left out (${kinds.join(', ')}).`)
  }
}

/** Anthropic's summary of the conversation before a message, as the text of a user message. */
export function compactionSummary(message: AssistantMessage, index: number, report: Report): string | undefined {
  const blocks: unknown = message.provider_specific_fields?.content_blocks
  const block = Array.isArray(blocks) ? blocks.filter(isFields).find(({ type }) => type === 'compaction') : undefined
  if (typeof block?.content !== 'string' || block.content === '') return undefined
  report.repaired(index, `messages[${index}]: the summary of the conversation before it was sent as a user message.`)
  return `Summary of the conversation so far:\n\n${block.content}`
}
