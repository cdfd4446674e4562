import type { FinishReason } from '../../../src/types/chat.js'

/** OpenAI's word for Cohere's, of v2 and of v1. https://docs.cohere.com/reference/chat (finish_reason) */
const reasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['ERROR_LIMIT', 'length'],
  // the answer is cut where the time ran out
  ['TIMEOUT', 'length'],
  ['TOOL_CALL', 'tool_calls'],
  ['ERROR_TOXIC', 'content_filter'],
])

export const finishReason = (native: string): FinishReason => reasons.get(native) ?? 'stop'
