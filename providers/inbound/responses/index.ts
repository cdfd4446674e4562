import type { ResponsesEvent, ResponsesParams, ResponsesResponse } from '../../../src/types/responses.js'
import type { Decoded } from '../../contract.js'
import { isFields } from '../../fields.js'
import type { InboundWire } from '../contract.js'
import { encodeAnswer } from './answer.js'
import { isPacked } from './reasoning.js'
import { decodeRequest } from './request.js'
import { ResponsesEncoder } from './stream.js'

export { ResponsesEncoder } from './stream.js'

/** OpenAI's Responses API over chat. https://platform.openai.com/docs/api-reference/responses */
export const responsesWire = Object.freeze({
  decodeRequest,
  encodeAnswer,
  streamEncoder: (params, context) => new ResponsesEncoder(params, context),
} satisfies InboundWire<ResponsesParams, Decoded<ResponsesResponse>, ResponsesEvent>)

/**
 * The request without reasoning of bridged answers, for a host with a Responses API: it refuses reasoning that it did not encrypt. The
 * request itself if there is none.
 */
export function withoutBridgedReasoning(params: ResponsesParams): ResponsesParams {
  const { input } = params
  if (!Array.isArray(input) || !input.some(isReasoningOfBridge)) return params
  return { ...params, input: input.filter((item) => !isReasoningOfBridge(item)) }
}

const isReasoningOfBridge = (item: unknown): boolean =>
  isFields(item) && item.type === 'reasoning' && isPacked(item.encrypted_content)
