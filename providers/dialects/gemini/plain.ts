import type { AnswerMessage, ChatCompletion, Choice } from '../../../src/types/chat.js'
import type { DecodeContext, Decoded } from '../../contract.js'
import type { GeminiQuirks } from './scope.js'
import { decodeUsage, serviceTier, usageExtras } from './usage.js'
import {
  answerFields,
  decodeFinishReason,
  type Fields,
  isFields,
  nativeReason,
  toSnake,
  type WireUsage,
} from './wire.js'

/**
 * Decodes an answer with one text, which most answers are, in one pass. Undefined for all other answers: the reader of streams joins their
 * parts and sources, which took ten times as long as this.
 */
export function decodePlain(body: unknown, context: DecodeContext<GeminiQuirks>): Decoded<ChatCompletion> | undefined {
  if (context.encodeState !== undefined || !isFields(body)) return undefined
  const { candidates, usageMetadata, responseId, modelVersion, createTime } = body
  if (!Array.isArray(candidates) || candidates.length !== 1 || !hasKnownFields(body)) return undefined
  const choice = plainChoice(candidates[0])
  if (choice === undefined) return undefined
  const time = typeof createTime === 'string' ? Date.parse(createTime) : Number.NaN
  const answer: Decoded<ChatCompletion> = {
    id: typeof responseId === 'string' && responseId !== '' ? responseId : context.fallbackId,
    object: 'chat.completion',
    created: Number.isFinite(time) ? Math.floor(time / 1000) : context.created,
    model:
      typeof modelVersion === 'string' && modelVersion !== '' ? modelVersion.replace(/^models\//, '') : context.model,
    choices: [choice],
  }
  if (!isFields(usageMetadata)) return answer
  const counts = usageMetadata as WireUsage
  const usage = decodeUsage(counts)
  if (usage) answer.usage = usage
  const tier = serviceTier(counts)
  if (tier) answer.service_tier = tier
  const extras = usageExtras(counts)
  if (extras) answer.provider_specific_fields = { usage: extras }
  return answer
}

/** Whether nothing is there that has another place than those read here, such as the feedback on a blocked prompt. */
function hasKnownFields(body: Fields): boolean {
  for (const name in body) {
    if (!answerFields.has(name) && body[name] !== null) return false
  }
  return (body.error === undefined || body.error === null) && !isFields(body.promptFeedback)
}

function plainChoice(candidate: unknown): Choice | undefined {
  if (!isFields(candidate) || !(candidate.index === 0 || candidate.index === undefined)) return undefined
  const message = plainMessage(candidate.content)
  const native = nativeReason(candidate.finishReason)
  // its warning belongs to the reader
  if (message === undefined || native === 'CONTINUATION') return undefined
  const choice: Choice = {
    index: 0,
    message,
    finish_reason: decodeFinishReason(native ?? '', false),
    logprobs: null,
  }
  if (native !== undefined) choice.native_finish_reason = native
  let rest: Fields | undefined
  for (const name in candidate) {
    switch (name) {
      case 'index':
      case 'content':
      case 'finishReason':
      case 'tokenCount':
        break
      case 'avgLogprobs': {
        const value = candidate[name]
        if (value === null || value === undefined || typeof value === 'object') return undefined
        rest ??= {}
        rest[toSnake(name)] = value
        break
      }
      // sources, ratings, log probabilities, a message
      default:
        return undefined
    }
  }
  if (rest) choice.provider_specific_fields = rest
  return choice
}

function plainMessage(content: unknown): AnswerMessage | undefined {
  const parts = isFields(content) ? content.parts : undefined
  const part: unknown = Array.isArray(parts) && parts.length === 1 ? parts[0] : undefined
  if (!isFields(part)) return undefined
  const { text, thoughtSignature } = part
  if (typeof text !== 'string' || text === '') return undefined
  for (const name in part) if (name !== 'text' && name !== 'thoughtSignature') return undefined
  const message: AnswerMessage = { role: 'assistant', content: text, refusal: null }
  if (thoughtSignature !== undefined) message.provider_specific_fields = { thought_signature: thoughtSignature }
  return message
}
