import type { FinishReason } from '../../../src/types/chat.js'

/** Ollama says `stop` where tools are called, too; older servers and cut runs say nothing. https://docs.ollama.com/api/chat (done_reason) */
export const finishReason = (native: string | undefined, called: boolean): FinishReason =>
  native === 'length' ? 'length' : called ? 'tool_calls' : 'stop'
