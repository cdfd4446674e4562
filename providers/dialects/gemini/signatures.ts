import type { FunctionToolCall, ThinkingBlock } from '../../../src/types/messages.js'
import { isFields, type Part, textIn } from './wire.js'

/**
 * Thought signatures: what the model has thought, sealed, on the part that came of it. They go back on the same parts.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */

/**
 * What the API takes for calls that another model made: newer models demand a signature. It is the base64, as of every signature, of
 * `skip_thought_signature_validator`; so it stands in recorded requests that were answered.
 */
export const foreignSignature = 'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I='

/** Marks thinking blocks as Gemini's: other providers refuse what they did not sign. */
export const thinkingFormat = 'google-gemini-v1'

export interface GeminiThinkingBlock extends ThinkingBlock {
  format: typeof thinkingFormat
}

export const thinkingBlock = (thinking: string, signature: string | undefined): GeminiThinkingBlock => ({
  type: 'thinking',
  thinking,
  ...(signature !== undefined && { signature }),
  format: thinkingFormat,
})

export const isOwnThinking = (block: unknown): block is GeminiThinkingBlock =>
  isFields(block) && block.type === 'thinking' && block.format === thinkingFormat

/** The signature kept with a call; also where Google's OpenAI-compatible endpoint puts it. */
export function signatureOf(holder: unknown): string | undefined {
  if (!isFields(holder)) return undefined
  const fields = isFields(holder.provider_specific_fields) ? holder.provider_specific_fields : undefined
  const own = textIn(fields, 'thought_signature')
  if (own !== undefined) return own
  const extra = isFields(fields?.extra_content) ? fields.extra_content : holder.extra_content
  return isFields(extra) && isFields(extra.google) ? textIn(extra.google, 'thought_signature') : undefined
}

export const withSignature = (part: Part, signature: string | undefined): Part =>
  signature === undefined ? part : { ...part, thoughtSignature: signature }

/** A call of an answer, with its signature beside it. */
export function signed(call: FunctionToolCall, signature: string | undefined): FunctionToolCall {
  return signature === undefined ? call : { ...call, provider_specific_fields: { thought_signature: signature } }
}

/** Gives the first call of a turn the signature that newer models demand, where it has none. */
export function sealCalls(parts: Part[]): Part[] {
  const first = parts.findIndex((part) => part.functionCall !== undefined)
  const part = parts[first]
  if (!part || part.thoughtSignature !== undefined) return parts
  return parts.with(first, { ...part, thoughtSignature: foreignSignature })
}
