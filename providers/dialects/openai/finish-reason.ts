import type { FinishReason } from '../../../src/types/chat.js'

/** The words of OpenAI and of the hosts that speak its wire. What nobody knows counts as a natural end; the word itself is kept. */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  ['stop_sequence', 'stop'],
  ['end_turn', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['tool_call', 'tool_calls'],
  ['tool_use', 'tool_calls'],
  ['function_call', 'function_call'],
  ['content_filter', 'content_filter'],
  ['safety', 'content_filter'],
  ['sensitive', 'content_filter'],
])

export const finishReason = (native: string): FinishReason => reasons.get(native.toLowerCase()) ?? 'stop'
