import type { FinishReason } from '../../../src/types/chat.js'

/**
 * The words of OpenAI and of the hosts that speak its wire. What nobody knows counts as a natural end; the word itself is kept in
 * `native_finish_reason`. A host that says `stop` and calls tools is taken at its word: OpenAI does so where `tool_choice`
 * forces the call. https://platform.openai.com/docs/api-reference/chat/object
 */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  ['stop_sequence', 'stop'],
  ['end_turn', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['max_output_tokens', 'length'],
  ['model_length', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_calls', 'tool_calls'],
  ['tool_call', 'tool_calls'],
  ['tool_use', 'tool_calls'],
  ['function_call', 'function_call'],
  ['content_filter', 'content_filter'],
  ['safety', 'content_filter'],
  ['sensitive', 'content_filter'],
  ['recitation', 'content_filter'],
  ['prohibited_content', 'content_filter'],
  ['blocklist', 'content_filter'],
  ['refusal', 'content_filter'],
])

export const finishReason = (native: string): FinishReason =>
  reasons.get(native) ?? reasons.get(native.toLowerCase()) ?? 'stop'
