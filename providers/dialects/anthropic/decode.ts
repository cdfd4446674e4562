import type { AnswerMessage, ChatCompletion } from '../../../src/types/chat.js'
import type { Annotation, FunctionToolCall } from '../../../src/types/messages.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { citationsOf } from './citations.js'
import { finishReason } from './finish-reason.js'
import { answerText, extraFields, unknownFields } from './keep.js'
import type { Memo } from './kit.js'
import type { AnthropicQuirks } from './quirks.js'
import { serviceTier, usageExtras, usageOf } from './usage.js'
import { type Block, type Fields, isBlock, isFields, type WireMessage } from './wire.js'

/** An answer of the Messages API as a chat completion. https://platform.claude.com/docs/en/api/messages/create */
export function decode(body: unknown, context: DecodeContext<AnthropicQuirks>): Decoded<ChatCompletion> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (body.type === 'error' || (body.error !== undefined && body.content === undefined)) {
    throw new ProviderFault('its answer was an error', body)
  }
  if (!Array.isArray(body.content)) throw new ProviderFault("its answer has no 'content'")
  const message = body as WireMessage
  const blocks = body.content.filter(isBlock)
  const memo = context.memo as Memo | undefined
  const native = message.stop_reason ?? undefined
  const parts = readBlocks(blocks, memo)

  const answer: Decoded<ChatCompletion> = {
    id: message.id ?? context.fallbackId,
    object: 'chat.completion',
    created: context.created,
    model: message.model ?? context.model,
    choices: [
      {
        index: 0,
        message: messageOf(parts, message, blocks, memo),
        finish_reason:
          parts.answered && parts.calls.length === 0 && native === 'tool_use' ? 'stop' : finishReason(native ?? ''),
        logprobs: null,
        ...(native !== undefined && { native_finish_reason: native }),
      },
    ],
  }
  const usage = usageOf(message.usage)
  if (usage) answer.usage = usage
  const tier = serviceTier(message.usage)
  if (tier) answer.service_tier = tier
  const [extras, unknown] = [usageExtras(message.usage), unknownFields(body)]
  if (extras || unknown) answer.provider_specific_fields = { ...unknown, ...extras }
  return answer
}

interface Parts {
  content: string | undefined
  reasoning: string | undefined
  thinking: NonNullable<AnswerMessage['thinking_blocks']>
  calls: FunctionToolCall[]
  annotations: Annotation[]
  citations: Fields[]
  /** True where the tool that stands for `response_format` was called. */
  answered: boolean
}

function readBlocks(blocks: readonly Block[], memo: Memo | undefined): Parts {
  const parts: Parts = {
    content: undefined,
    reasoning: undefined,
    thinking: [],
    calls: [],
    annotations: [],
    citations: [],
    answered: false,
  }
  for (const block of blocks) readBlock(parts, block, memo)
  return parts
}

function readBlock(parts: Parts, block: Block, memo: Memo | undefined): void {
  switch (block.type) {
    case 'text': {
      const text = textOf(block.text)
      if (parts.answered || text === '') return
      // words may yet turn out to stand before the answer's tool: nothing can point into them
      const cited = memo?.json ? undefined : citationsOf(block, parts.content?.length ?? 0, text.length)
      parts.content = (parts.content ?? '') + text
      if (cited) {
        parts.annotations.push(...cited.annotations)
        parts.citations.push(...cited.citations)
      }
      return
    }
    case 'thinking': {
      const thinking = textOf(block.thinking)
      if (thinking) parts.reasoning = parts.reasoning === undefined ? thinking : `${parts.reasoning}\n\n${thinking}`
      parts.thinking.push(thinkingBlock(thinking, block.signature))
      return
    }
    case 'redacted_thinking':
      parts.thinking.push({ type: 'redacted_thinking', data: textOf(block.data) })
      return
    case 'tool_use': {
      const name = textOf(block.name)
      if (memo?.json?.name === name) {
        // words around the call are no JSON: they are kept as `preamble`
        parts.content = answerText(block.input, memo.json)
        parts.answered = true
        return
      }
      const original = memo?.names?.[name] ?? name
      const text = JSON.stringify(block.input ?? {})
      parts.calls.push({ id: textOf(block.id), type: 'function', function: { name: original, arguments: text } })
    }
  }
}

export const thinkingBlock = (thinking: string, signature: unknown) => ({
  type: 'thinking' as const,
  thinking,
  ...(typeof signature === 'string' && signature !== '' && { signature }),
})

function messageOf(parts: Parts, wire: WireMessage, blocks: readonly Block[], memo: Memo | undefined): AnswerMessage {
  const message: AnswerMessage = { role: 'assistant', content: parts.content ?? null, refusal: refusalOf(wire) ?? null }
  if (parts.reasoning !== undefined) message.reasoning_content = parts.reasoning
  if (parts.calls.length > 0) message.tool_calls = parts.calls
  if (parts.thinking.length > 0) message.thinking_blocks = parts.thinking
  if (parts.annotations.length > 0) message.annotations = parts.annotations
  const extras = extraFields(wire, blocks, memo)
  const citations = parts.citations.length > 0 ? { citations: parts.citations } : undefined
  if (citations || extras) message.provider_specific_fields = { ...citations, ...extras }
  return message
}

/** Why Claude declined, where it says so. https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback */
export function refusalOf({ stop_reason, stop_details }: WireMessage): string | undefined {
  const explanation = stop_reason === 'refusal' ? stop_details?.explanation : undefined
  return typeof explanation === 'string' && explanation !== '' ? explanation : undefined
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
