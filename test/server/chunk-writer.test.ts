import { describe, expect, it } from 'vitest'
import { chunkWriter } from '../../src/server/sse.js'
import type { ChatCompletionChunk, Delta } from '../../src/types/chat.js'

const chunkOf = (delta: Delta, more: object = {}, choice: object = {}): ChatCompletionChunk => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt "4"',
  choices: [{ index: 0, delta, finish_reason: null, ...choice }],
  ...more,
})

describe('chunkWriter()', () => {
  it('writes every chunk as JSON.stringify() would', () => {
    const write = chunkWriter()
    const chunks = [
      chunkOf({ role: 'assistant', content: '' }),
      ...['plain', 'Grüße 😀', 'a "quote"', 'back\\slash', 'line\nbreak', '\u2028\u007f\u0000', '\ud800', ''].map(
        (content) => chunkOf({ content }),
      ),
      chunkOf({ content: 'a' }, { system_fingerprint: 'fp_"1"' }),
      chunkOf({ content: 'b' }, { system_fingerprint: 'fp_"1"' }),
      chunkOf({ content: 'b' }, { service_tier: 'flex' }),
      chunkOf({ content: 'b' }, { id: 'other' }),
      chunkOf({ content: 'b' }, { model: 'other' }),
      chunkOf({ content: 'c', reasoning_content: 'd' }),
      chunkOf({ content: 'c' }, {}, { index: 1 }),
      chunkOf({ content: 'c' }, {}, { logprobs: { content: [], refusal: null } }),
      chunkOf({ content: 'c' }, {}, { native_finish_reason: 'x' }),
      chunkOf({ content: 'c' }, {}, { finish_reason: 'stop' }),
      chunkOf({}, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }),
    ]
    for (const chunk of chunks) {
      const text = write(chunk)
      expect(text.slice(-2)).toBe('\n\n')
      expect(JSON.parse(text.slice('data: '.length))).toEqual(chunk)
    }
  })
})
