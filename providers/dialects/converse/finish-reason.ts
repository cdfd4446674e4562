import type { FinishReason } from '../../../src/types/chat.js'

/** OpenAI's word for Converse's. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (stopReason) */
const reasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
])

export const finishReason = (native: string): FinishReason => reasons.get(native) ?? 'stop'
