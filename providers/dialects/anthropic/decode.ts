import type { ChatCompletion, FinishReason } from '../../../src/types/chat.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { AnswerBuilder, type Citations } from '../../shared/answer-builder.js'
import type { EncodeState } from '../../shared/encode-state.js'
import type { AnthropicQuirks } from './quirks.js'
import { extraFields, unknownFields } from './replay.js'
import { serviceTier, usageExtras, usageOf } from './usage.js'
import { type Block, isBlock, isFields, type WireMessage } from './wire.js'

/**
 * Decodes an answer of the Messages API into a chat completion.
 * https://platform.claude.com/docs/en/api/messages/create
 */
export function decode(body: unknown, context: DecodeContext<AnthropicQuirks>): Decoded<ChatCompletion> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (body.type === 'error' || (body.error !== undefined && body.content === undefined)) {
    throw new ProviderFault('its answer was an error', body)
  }
  if (!Array.isArray(body.content)) throw new ProviderFault("its answer has no 'content'")
  const message = body as WireMessage
  const blocks = body.content.filter(isBlock)
  const encodeState = context.encodeState as EncodeState | undefined
  const native = typeof message.stop_reason === 'string' ? message.stop_reason : undefined
  if (native === undefined && blocks.length === 0) throw new ProviderFault('its answer has neither content nor an end')
  const parts = new AnswerBuilder(encodeState)
  for (const block of blocks) readBlock(parts, block, context)
  const answered = parts.message(refusalOf(message) ?? null, extraFields(message, blocks, encodeState))

  const answer: Decoded<ChatCompletion> = {
    id: textOf(message.id) || context.fallbackId,
    object: 'chat.completion',
    created: context.created,
    model: textOf(message.model) || context.model,
    choices: [parts.choice(answered, native, finishReason)],
  }
  const usage = usageOf(message.usage)
  if (usage) answer.usage = usage
  const tier = serviceTier(message.usage)
  if (tier) answer.service_tier = tier
  const extras = usageExtras(message.usage)
  const unknown = unknownFields(body)
  if (extras || unknown) answer.provider_specific_fields = { ...unknown, ...extras }
  return answer
}

function readBlock(parts: AnswerBuilder, block: Block, context: DecodeContext<AnthropicQuirks>): void {
  switch (block.type) {
    case 'text': {
      const text = textOf(block.text)
      if (text !== '') parts.addText(text, (start, length) => citationsOf(block, start, length))
      return
    }
    case 'thinking': {
      const thinking = textOf(block.thinking)
      parts.addReasoning(thinking)
      parts.thinking.push(thinkingBlock(thinking, block.signature))
      return
    }
    case 'redacted_thinking':
      parts.thinking.push({ type: 'redacted_thinking', data: textOf(block.data) })
      return
    case 'tool_use':
      // the fallback id costs a microsecond: only for hosts that send no id
      parts.addCall(
        textOf(block.id) || `call_${context.fallbackId}_${parts.calls.length}`,
        textOf(block.name),
        block.input,
      )
  }
}

export const thinkingBlock = (thinking: string, signature: unknown) => ({
  type: 'thinking' as const,
  thinking,
  ...(typeof signature === 'string' && signature !== '' && { signature }),
})

/**
 * The explanation of a refusal, if Claude gave one.
 * https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback
 */
export function refusalOf({ stop_reason, stop_details }: WireMessage): string | undefined {
  const explanation = stop_reason === 'refusal' && isFields(stop_details) ? stop_details.explanation : undefined
  return typeof explanation === 'string' && explanation !== '' ? explanation : undefined
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * Maps stop reasons. `pause_turn` is a long turn that the caller can send back to continue; `native_finish_reason`
 * keeps it. https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
 */
const reasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['compaction', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
])

export const finishReason = (native: string): FinishReason => reasons.get(native) ?? 'stop'

/**
 * Reads the citations of a text block, with the position of the cited text added.
 * https://platform.claude.com/docs/en/build-with-claude/citations
 * @param start offset of the block's text in the message content
 */
export function citationsOf(block: Block, start: number, length: number): Citations | undefined {
  const { citations } = block
  if (!Array.isArray(citations) || citations.length === 0) return undefined
  const end = start + length
  const cited: Citations = { annotations: [], citations: [] }
  for (const citation of citations) {
    if (!isFields(citation)) continue
    cited.citations.push({ ...citation, start_index: start, end_index: end })
    const url = citation.url ?? citation.source
    if (typeof url !== 'string' || !/^https?:/.test(url)) continue
    cited.annotations.push({
      type: 'url_citation',
      url_citation: {
        url,
        title: typeof citation.title === 'string' ? citation.title : '',
        start_index: start,
        end_index: end,
        ...(typeof citation.cited_text === 'string' && { content: citation.cited_text }),
      },
    })
  }
  return cited
}
