import type { FinishReason } from '../../../src/types/chat.js'

/**
 * OpenAI's word for Anthropic's. `pause_turn` is a long turn that the caller may send back to have it continued; that is
 * told by the native reason. https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
 */
const reasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['compaction', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
])

export const finishReason = (native: string): FinishReason => reasons.get(native) ?? 'stop'
