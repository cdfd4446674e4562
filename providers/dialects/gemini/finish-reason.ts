import type { FinishReason } from '../../../src/types/chat.js'

/** https://ai.google.dev/api/generate-content#FinishReason */
const reasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['OTHER', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['MODEL_ARMOR', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
  ['IMAGE_OTHER', 'content_filter'],
  ['NO_IMAGE', 'content_filter'],
])

/** OpenAI's word for Gemini's, which says STOP for a turn that ends with calls. */
export function finishReason(native: string, calls: boolean): FinishReason {
  const reason = reasons.get(native) ?? 'stop'
  return reason === 'stop' && calls ? 'tool_calls' : reason
}

/** Answers that are none: the model failed to write what it meant. */
const failures: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
])

export const isFailure = (native: string | undefined): boolean => native !== undefined && failures.has(native)

/** The first values of the enum, for hosts that were asked for numbers. */
const numbered = ['FINISH_REASON_UNSPECIFIED', 'STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER'] as const

export function nativeReason(reason: unknown): string | undefined {
  if (typeof reason === 'number') return numbered[reason] ?? String(reason)
  return typeof reason === 'string' && reason !== '' ? reason : undefined
}
