import type { FinishReason } from '../../src/types/chat.js'

/** The finish reason that agrees with the message: some models end calls with their `stop`, or text with `tool_calls`. */
export function agreeWithCalls(reason: FinishReason, calls: boolean): FinishReason {
  if (reason === 'stop' && calls) return 'tool_calls'
  return reason === 'tool_calls' && !calls ? 'stop' : reason
}
