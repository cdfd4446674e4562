import type { ChatParams } from '../../../src/types/chat.js'
import { isFields } from '../../fields.js'
import type { InboundContext, InboundWire } from '../contract.js'
import { decodeRequest } from './decode.js'
import { encodeAnswer } from './encode.js'
import { GeminiStream } from './stream.js'
import { type CountTokensRequest, fieldIn, type GenerateContentAnswer, type GenerateContentRequest } from './wire.js'

export { withoutSeals } from './native.js'
export type { CountTokensRequest, GenerateContentAnswer, GenerateContentRequest } from './wire.js'

/** Google's Gemini API as the API of a client. */
export const geminiWire: InboundWire<GenerateContentRequest, GenerateContentAnswer, GenerateContentAnswer> =
  Object.freeze({
    decodeRequest,
    encodeAnswer,
    streamEncoder: (_: GenerateContentRequest, context: InboundContext) => new GeminiStream(context),
  })

/** Translates a request to `countTokens`: contents alone, or a whole request inside. https://ai.google.dev/api/tokens */
export function decodeCountRequest(request: CountTokensRequest, context: InboundContext): ChatParams {
  const whole = fieldIn(request, 'generateContentRequest')
  return decodeRequest({ ...(isFields(whole) ? whole : request), model: context.model }, context)
}

/** The answer to a request to count tokens. */
export const encodeCount = (tokens: number): { totalTokens: number } => ({ totalTokens: tokens })
