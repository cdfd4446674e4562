import { expect, it } from 'vitest'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import * as bodies from './body.test-d.js'
import { bodyOf, embedding, encodeContext } from './helpers.js'

it('writes a request with everything in it as the SDK takes it', () => {
  const mark = { cache_control: { type: 'ephemeral' } }
  const { messages, tools, ...same } = bodies.everything
  expect(
    bodyOf({
      ...same,
      messages: [
        { ...messages[0], ...mark },
        {
          role: 'user',
          name: 'ann',
          content: [
            { type: 'text', text: 'Weather in Oslo and Rome?', ...mark },
            { type: 'text', text: '' },
            { type: 'image_url', image_url: 'https://example.com/map.png' },
            { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
            { type: 'file', file: { file_data: 'JVBERi0=' }, citations: { enabled: true } },
            { type: 'document', title: 'Etna', source: { type: 'base64', data: 'JVBERi0=' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'EqAB' },
            { type: 'text', text: 'Let me look.' },
          ],
          refusal: null,
          reasoning_content: 'Hm.',
          thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 'EqAB' }],
          provider_specific_fields: { stop_sequence: null },
          tool_calls: [{ ...messages[2]?.tool_calls?.[0], provider_specific_fields: { caller: 'x' } }],
        },
        {
          role: 'tool',
          tool_call_id: 'call_1',
          is_error: false,
          content: [
            { type: 'text', text: 'A chart.' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', format: 'image/png' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          audio: { id: 'audio_1', data: 'UklGRg==', transcript: 'x', expires_at: 1 },
        },
        { role: 'user', content: 'And the sea?' },
      ],
      tools: tools.map((tool) => ({ ...tool, ...mark })) as never,
      stream_options: { include_obfuscation: false },
      reasoning_effort: null,
    }),
  ).toEqual(bodies.everything)
})

it('writes a request to a reasoning model as the SDK takes it', () => {
  const { model, messages } = bodies.reasoning
  expect(bodyOf({ model, messages, max_tokens: 100, thinking: { type: 'enabled', budget_tokens: 4000 } })).toEqual(
    bodies.reasoning,
  )
})

it('writes a request for embeddings as the SDK takes it', () => {
  const { encoding_format: _, ...params } = bodies.embeddings
  const context = encodeContext({ model: params.model })
  expect(embedding.encode(params satisfies EmbeddingParams, context).body).toEqual(bodies.embeddings)
})
