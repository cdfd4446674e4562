import type { ChatParams } from '../../../src/types/chat.js'
import type { AssistantMessage } from '../../../src/types/messages.js'
import { type Fields, fieldsIn, isFields } from '../../fields.js'
import { modelRules, namedModel } from '../../models/index.js'
import type { Report } from '../../report.js'
import { compactionSummary } from '../../shared/foreign.js'
import type { OpenAIQuirks } from './quirks.js'
import type { EncodeScope } from './scope.js'

/** The parts of an assistant message that hosts want back beside text and calls. */

/** Adds the reasoning and the notes on files that the host's own answers carried. */
export function replay(message: AssistantMessage, copy: Fields | undefined, quirks: OpenAIQuirks): Fields | undefined {
  const extras = quirks.replayDetails ? message.provider_specific_fields : undefined
  const replayed: Fields = {}
  // the details hold the text too
  if (Array.isArray(extras?.reasoning_details)) replayed.reasoning_details = mergedDetails(extras.reasoning_details)
  else if ((quirks.replayReasoning === 'reasoning' || quirks.replayReasoning === 'both') && message.reasoning_content) {
    replayed.reasoning = message.reasoning_content
  } else if (quirks.replayReasoning === 'parts' && message.reasoning_content) {
    replayed.content = thinkingParts(copy ? copy.content : message.content, message.reasoning_content)
  } else if (quirks.replayReasoning === 'summary' && message.thinking_blocks) {
    const content = signedParts(copy ? copy.content : message.content, message.thinking_blocks)
    if (content === undefined) return copy
    replayed.content = content
  } else if (!Array.isArray(extras?.annotations)) return copy
  if (Array.isArray(extras?.annotations)) replayed.annotations = extras.annotations
  return { ...(copy ?? message), ...replayed }
}

/** Signed reasoning only: https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models */
function signedParts(content: unknown, blocks: NonNullable<AssistantMessage['thinking_blocks']>): unknown {
  const parts = blocks.flatMap((block) =>
    block.type === 'thinking' && block.signature
      ? [{ type: 'reasoning', summary: [{ type: 'summary_text', text: block.thinking, signature: block.signature }] }]
      : [],
  )
  if (parts.length === 0) return undefined
  return [...parts, ...(Array.isArray(content) ? content : content ? [{ type: 'text', text: content }] : [])]
}

/** Mistral's form of reasoning. https://docs.mistral.ai/capabilities/reasoning */
function thinkingParts(content: unknown, reasoning: string): unknown {
  const parts = Array.isArray(content) ? content : content ? [{ type: 'text', text: content }] : []
  if (parts.some((part) => isFields(part) && part.type === 'thinking')) return content
  return [{ type: 'thinking', thinking: [{ type: 'text', text: reasoning }] }, ...parts]
}

/** Fields that a stream sends in pieces. */
const growing: ReadonlySet<string> = new Set(['text', 'summary', 'data'])

/**
 * OpenRouter's `reasoning_details`, with the pieces of a stream joined: neighbours of one type and index are one detail.
 * https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks
 */
export function mergedDetails(details: readonly unknown[]): unknown[] {
  const merged: unknown[] = []
  for (const detail of details) {
    const last = merged.at(-1)
    if (isFields(detail) && isFields(last) && isPiece(last, detail)) merged[merged.length - 1] = join(last, detail)
    else merged.push(detail)
  }
  return merged
}

/** A detail with an id or data of its own is complete. */
const isPiece = (last: Fields, next: Fields): boolean =>
  last.type === next.type &&
  last.type !== 'reasoning.encrypted' &&
  last.index === next.index &&
  last.index !== undefined &&
  !last.signature &&
  (last.id == null || next.id == null || last.id === next.id)

function join(last: Fields, next: Fields): Fields {
  const joined: Fields = { ...last }
  for (const name in next) {
    const value = next[name]
    if (value === null || value === undefined || name === '__proto__') continue
    const grows = growing.has(name) && typeof value === 'string'
    joined[name] = grows && typeof last[name] === 'string' ? last[name] + value : value
  }
  return joined
}

/** Reasoning for tool calls that come from another model, if the host refuses calls without any. */
export function placeholderReasoning(params: ChatParams, { context }: EncodeScope): string | undefined {
  if (!context.quirks.reasoningWithCalls) return undefined
  const reasoning = modelRules(namedModel(context))?.reasoning ?? 'never'
  if (reasoning === 'never' || reasoning === 'on-request') return undefined
  return params.thinking?.type === 'disabled' || params.reasoning_effort === 'none' ? undefined : 'A tool call follows.'
}

/** Anthropic's summary of the history before a message, as a message. */
export function compactionOf(message: AssistantMessage, index: number, report: Report): Fields | undefined {
  const content = compactionSummary(message, index, report)
  return content === undefined ? undefined : { role: 'user', content }
}

/** Blocks of Anthropic's that the message repeats in OpenAI's fields. */
const repeatedBlocks: ReadonlySet<unknown> = new Set([
  'text',
  'tool_use',
  'thinking',
  'redacted_thinking',
  'compaction',
])

/** Warns of the parts of an assistant message that don't go back with the history. `sent` is the message as sent. */
export function reportDropped(message: AssistantMessage, sent: unknown, index: number, report: Report): void {
  const { reasoning_content: text, thinking_blocks: blocks, images, provider_specific_fields: extras } = message
  if ((text || blocks?.length) && !carriesReasoning(sent)) {
    report.repaired(index, `messages[${index}]: the reasoning was left out, as the provider takes none back.`)
  }
  if (images?.length) {
    report.repaired(index, `messages[${index}]: images were left out: the provider takes them from the user only.`)
  }
  const others = fieldsIn(extras?.content_blocks).filter(({ type }) => !repeatedBlocks.has(type))
  if (others.length > 0) {
    const types = [...new Set(others.map(({ type }) => String(type)))].join(', ')
    report.repaired(index, `messages[${index}]: blocks of another provider were left out (${types}).`)
  }
}

function carriesReasoning(sent: unknown): boolean {
  if (!isFields(sent)) return false
  const { content } = sent
  if (Array.isArray(content) && content.some((part) => isFields(part) && reasoningParts.has(part.type))) return true
  return Boolean(sent.reasoning_content || sent.reasoning || sent.reasoning_details)
}

const reasoningParts: ReadonlySet<unknown> = new Set(['thinking', 'reasoning'])
