import type { ChatCompletion } from '../../../src/types/chat.js'
import type { ImagePart } from '../../../src/types/messages.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { AnswerBuilder } from '../../shared/answer-builder.js'
import type { EncodeState } from '../../shared/encode-state.js'
import { isOwnCall, spoken } from './assistant.js'
import { citationsOf } from './citations.js'
import { finishReason } from './finish-reason.js'
import { extraFields } from './keep.js'
import { thinkingBlock } from './reasoning-blocks.js'
import { answerExtras, serviceTier, usageOf } from './usage.js'
import { type Block, inner, isFields, textIn, type WireAnswer } from './wire.js'

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
  const memo = context.encodeState as EncodeState | undefined
  const native = typeof wire.stopReason === 'string' ? wire.stopReason : undefined
  const parts = new AnswerBuilder(memo)
  for (const block of blocks) readBlock(parts, block)
  const message = parts.message(null, extraFields(blocks, memo))

  const answer: Decoded<ChatCompletion> = {
    id: context.fallbackId,
    object: 'chat.completion',
    created: context.created,
    model: context.model,
    choices: [parts.choice(message, native, finishReason)],
  }
  const usage = usageOf(wire.usage)
  if (usage) answer.usage = usage
  const tier = serviceTier(wire)
  if (tier) answer.service_tier = tier
  const extras = answerExtras(wire)
  if (extras) answer.provider_specific_fields = extras
  return answer
}

function readBlock(parts: AnswerBuilder, block: Block): void {
  const reasoning = inner(block, 'reasoningContent')
  if (reasoning) {
    parts.addReasoning(textIn(inner(reasoning, 'reasoningText') ?? {}, 'text'))
    const thinking = thinkingBlock(reasoning)
    if (thinking) parts.thinking.push(thinking)
    return
  }
  if (isOwnCall(block)) {
    const use = inner(block, 'toolUse') ?? {}
    return parts.addCall(textIn(use, 'toolUseId') ?? '', textIn(use, 'name') ?? '', use.input)
  }
  const image = imageOf(block)
  if (image) parts.images.push(image)
  else parts.addText(spoken(block), (start, length) => citationsOf(block, start, length))
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html */
export function imageOf(block: Block): ImagePart | undefined {
  const image = inner(block, 'image')
  const bytes = image && textIn(inner(image, 'source') ?? {}, 'bytes')
  if (!bytes) return undefined
  return { type: 'image_url', image_url: { url: `data:image/${textIn(image, 'format') ?? 'png'};base64,${bytes}` } }
}
