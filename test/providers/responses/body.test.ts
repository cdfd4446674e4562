import type OpenAI from 'openai'
import { expect, it } from 'vitest'
import type { ChatParams } from '../../../src/index.js'
import { bodyOf } from './helpers.js'

/** A request with nearly everything, and what is sent for it: the compiler holds that against the types of the `openai` package. */
const request: Partial<ChatParams> = {
  messages: [
    { role: 'developer', content: 'Be brief' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Look' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        { type: 'file', file: { file_id: 'file_1' } },
      ],
    },
    {
      role: 'assistant',
      content: 'I shall',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'done' }] },
  ],
  tools: [{ type: 'function', function: { name: 'f' } }, { type: 'web_search' }],
  tool_choice: {
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
  },
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
  max_tokens: 64,
  reasoning_effort: 'low',
  service_tier: 'flex',
  metadata: { a: 'b' },
}

const body: OpenAI.Responses.ResponseCreateParamsNonStreaming = {
  model: 'gpt-5-codex',
  input: [
    { role: 'developer', content: 'Be brief' },
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'Look' },
        { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' },
        { type: 'input_file', file_id: 'file_1' },
      ],
    },
    { role: 'assistant', content: 'I shall' },
    { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'a', output: [{ type: 'input_text', text: 'done' }] },
  ],
  store: false,
  tools: [
    { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false },
    { type: 'web_search' },
  ],
  tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
  text: { format: { type: 'json_schema', name: 'x', schema: { type: 'object' } } },
  max_output_tokens: 64,
  reasoning: { effort: 'low' },
  service_tier: 'flex',
  metadata: { a: 'b' },
  include: ['reasoning.encrypted_content'],
}

it('sends bodies that the types of the openai package allow', () => {
  expect(bodyOf(request)).toEqual(body)
})
