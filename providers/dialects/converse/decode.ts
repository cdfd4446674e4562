import type { AnswerMessage, ChatCompletion } from '../../../src/types/chat.js'
import type { Annotation, FunctionToolCall, ImagePart } from '../../../src/types/messages.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { isOwnCall, spoken } from './assistant.js'
import { citationsOf } from './citations.js'
import { finishReason } from './finish-reason.js'
import { answerText, extraFields } from './keep.js'
import type { Memo } from './kit.js'
import { thinkingBlock } from './reasoning-blocks.js'
import { answerExtras, serviceTier, usageOf } from './usage.js'
import { type Block, type Fields, inner, isFields, textIn, type WireAnswer } from './wire.js'

/** An answer of Converse as a chat completion. It has neither id nor time nor model of its own. */
export function decode(body: unknown, context: DecodeContext<unknown>): Decoded<ChatCompletion> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const wire = body as WireAnswer
  const content = wire.output?.message?.content
  if (!Array.isArray(content)) {
    const isError = wire.output === undefined && (typeof body.message === 'string' || body.__type !== undefined)
    throw new ProviderFault(
      isError ? 'its answer was an error' : "its answer has no 'output.message.content'",
      isError ? body : undefined,
    )
  }
  const blocks = content.filter(isFields)
  const memo = context.memo as Memo | undefined
  const native = typeof wire.stopReason === 'string' ? wire.stopReason : undefined
  const parts = readBlocks(blocks, memo)

  const answer: Decoded<ChatCompletion> = {
    id: context.fallbackId,
    object: 'chat.completion',
    created: context.created,
    model: context.model,
    choices: [
      {
        index: 0,
        message: messageOf(parts, blocks, memo),
        finish_reason:
          parts.answered && parts.calls.length === 0 && native === 'tool_use' ? 'stop' : finishReason(native ?? ''),
        logprobs: null,
        ...(native !== undefined && { native_finish_reason: native }),
      },
    ],
  }
  const usage = usageOf(wire.usage)
  if (usage) answer.usage = usage
  const tier = serviceTier(wire)
  if (tier) answer.service_tier = tier
  const extras = answerExtras(wire)
  if (extras) answer.provider_specific_fields = extras
  return answer
}

interface Parts {
  content: string | undefined
  reasoning: string | undefined
  thinking: NonNullable<AnswerMessage['thinking_blocks']>
  calls: FunctionToolCall[]
  images: ImagePart[]
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
    images: [],
    annotations: [],
    citations: [],
    answered: false,
  }
  for (const block of blocks) readBlock(parts, block, memo)
  return parts
}

function readBlock(parts: Parts, block: Block, memo: Memo | undefined): void {
  const reasoning = inner(block, 'reasoningContent')
  if (reasoning) return readReasoning(parts, reasoning)
  if (isOwnCall(block)) return readCall(parts, inner(block, 'toolUse') ?? {}, memo)
  const image = imageOf(block)
  if (image) {
    parts.images.push(image)
    return
  }
  if (parts.answered) return
  const text = spoken(block)
  // words may yet turn out to stand before the answer's tool: nothing can point into them
  const cited = memo?.json ? undefined : citationsOf(block, parts.content?.length ?? 0, text.length)
  if (text !== '') parts.content = (parts.content ?? '') + text
  if (cited) {
    parts.annotations.push(...cited.annotations)
    parts.citations.push(...cited.citations)
  }
}

function readReasoning(parts: Parts, reasoning: Fields): void {
  const text = textIn(inner(reasoning, 'reasoningText') ?? {}, 'text')
  if (text) parts.reasoning = parts.reasoning === undefined ? text : `${parts.reasoning}\n\n${text}`
  const block = thinkingBlock(reasoning)
  if (block) parts.thinking.push(block)
}

function readCall(parts: Parts, use: Fields, memo: Memo | undefined): void {
  const name = textIn(use, 'name') ?? ''
  if (memo?.json?.name === name) {
    // words around the call are no JSON: they are kept as `preamble`
    parts.content = answerText(use.input, memo.json)
    parts.answered = true
    return
  }
  parts.calls.push({
    id: textIn(use, 'toolUseId') ?? '',
    type: 'function',
    function: { name: memo?.names?.[name] ?? name, arguments: JSON.stringify(use.input ?? {}) },
  })
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html */
export function imageOf(block: Block): ImagePart | undefined {
  const image = inner(block, 'image')
  const bytes = image && textIn(inner(image, 'source') ?? {}, 'bytes')
  if (!bytes) return undefined
  return { type: 'image_url', image_url: { url: `data:image/${textIn(image, 'format') ?? 'png'};base64,${bytes}` } }
}

function messageOf(parts: Parts, blocks: readonly Block[], memo: Memo | undefined): AnswerMessage {
  const message: AnswerMessage = { role: 'assistant', content: parts.content ?? null, refusal: null }
  if (parts.reasoning !== undefined) message.reasoning_content = parts.reasoning
  if (parts.calls.length > 0) message.tool_calls = parts.calls
  if (parts.thinking.length > 0) message.thinking_blocks = parts.thinking
  if (parts.images.length > 0) message.images = parts.images
  if (parts.annotations.length > 0) message.annotations = parts.annotations
  const extras = extraFields(blocks, memo)
  const citations = parts.citations.length > 0 ? { citations: parts.citations } : undefined
  if (citations || extras) message.provider_specific_fields = { ...citations, ...extras }
  return message
}
