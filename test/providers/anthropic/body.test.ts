import { expect, it } from 'vitest'
import * as bodies from './body.test-d.js'
import { bodyOf } from './helpers.js'

it('writes tools and turns as the SDK takes them', () => {
  expect(
    bodyOf({
      model: 'claude-sonnet-4-5',
      max_tokens: 500,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Weather in Oslo and Rome?' },
        {
          role: 'assistant',
          content: 'Let me look.',
          thinking_blocks: [{ type: 'thinking', thinking: '', signature: 'EqAB' }],
          tool_calls: [
            { id: 'toolu_01', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'toolu_01', content: 'no such city', is_error: true },
        { role: 'user', content: 'And the sea?' },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Weather.',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
          },
        },
      ],
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { city: 'Oslo' } },
      },
      tool_choice: 'auto',
      parallel_tool_calls: false,
      temperature: 0,
      stop: 'END',
      user: 'u-1',
      service_tier: 'default',
      stream: true,
    }),
  ).toEqual(bodies.tools)
})

it('writes content, thinking and schemas as the SDK takes them', () => {
  expect(
    bodyOf({
      model: 'claude-opus-5',
      messages: [
        { role: 'system', content: 'A', cache_control: { type: 'ephemeral', ttl: '1h' } },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AAAA' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } },
            { type: 'file', file: { file_data: 'data:text/plain;base64,YSxi' }, citations: { enabled: true } },
          ],
        },
        { role: 'system', content: 'Now in French.' },
      ],
      reasoning_effort: 'xhigh',
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
      cache_control: { type: 'ephemeral' },
    }),
  ).toEqual(bodies.content)
})

it('encodes beta features in the SDK’s types', () => {
  expect(
    bodyOf({
      model: 'claude-sonnet-5-5',
      max_tokens: 1,
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file_01' } }] }],
      thinking: { type: 'disabled' },
      mcp_servers: [{ type: 'url', url: 'https://mcp.example.com', name: 'docs', authorization_token: 't' }],
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    }),
  ).toEqual(bodies.beta)
})
