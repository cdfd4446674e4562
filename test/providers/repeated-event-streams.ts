import { provider as anthropicProvider } from '../../providers/anthropic.js'
import type { DecodeContext, Dialect } from '../../providers/contract.js'
import { anthropic } from '../../providers/dialects/anthropic/index.js'
import { openai, openaiQuirks } from '../../providers/dialects/openai/index.js'
import type { ChatCompletionChunk } from '../../src/types/chat.js'

/** The chunks of a stream with these texts. */
export function decodeStream(
  dialect: 'openai' | 'anthropic',
  texts: readonly string[],
  padded: boolean,
): ChatCompletionChunk[] {
  let padding = 0
  const pad = () => (padded ? { obfuscation: 'x'.repeat(++padding) } : {})
  const events = dialect === 'openai' ? openaiEvents(texts, pad) : anthropicEvents(texts, pad)
  const context: DecodeContext = {
    provider: dialect,
    model: dialect === 'openai' ? 'gpt-4o' : 'claude-sonnet-4-5',
    quirks: dialect === 'openai' ? openaiQuirks : anthropicProvider.quirks,
    encodeState: undefined,
    created: 1_700_000_000,
    fallbackId: 'chatcmpl-made',
  }
  const { chat } = (dialect === 'openai' ? openai : anthropic) as Dialect
  const decoder = chat?.stream(context)
  const out: ChatCompletionChunk[] = []
  for (const data of events) decoder?.push(undefined, data, out)
  decoder?.end(out)
  return out
}

function openaiEvents(texts: readonly string[], pad: () => object): string[] {
  const common = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-4o' }
  const chunk = (delta: object, finish: string | null = null) =>
    JSON.stringify({
      ...common,
      service_tier: 'default',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      usage: null,
      ...pad(),
    })
  const usage = { prompt_tokens: 5, completion_tokens: texts.length, total_tokens: 5 + texts.length }
  return [
    chunk({ role: 'assistant', content: '' }),
    ...texts.map((content) => chunk({ content })),
    chunk({}, 'stop'),
    JSON.stringify({ ...common, choices: [], usage }),
    '[DONE]',
  ]
}

function anthropicEvents(texts: readonly string[], pad: () => object): string[] {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [] }
  const usage = { input_tokens: 5, output_tokens: 1 }
  return [
    { type: 'message_start', message: { ...message, stop_reason: null, usage } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...texts.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text }, ...pad() })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: texts.length } },
    { type: 'message_stop' },
  ].map((one) => JSON.stringify(one))
}
