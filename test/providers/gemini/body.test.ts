import { expect, it } from 'vitest'
import * as bodies from './body.test-d.js'
import { bodyOf } from './helpers.js'

it('writes tools and turns in the types of the SDK', () => {
  expect(
    bodyOf({
      model: 'gemini-3-flash-preview',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Weather in Oslo?' },
        {
          role: 'assistant',
          content: 'Looking.',
          tool_calls: [
            {
              id: 'c1',
              type: 'function',
              function: { name: 'get_weather', arguments: '{"city":"Oslo"}' },
              provider_specific_fields: { thought_signature: 'EqAB' },
            },
          ],
        },
        {
          role: 'tool',
          tool_call_id: 'c1',
          content: [
            { type: 'text', text: 'rain' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
        { role: 'user', content: 'And tomorrow?' },
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
      web_search_options: {},
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
      temperature: 0,
      top_p: 0.5,
      top_k: 40,
      max_tokens: 500,
      stop: 'END',
      seed: 1,
      n: 2,
      logprobs: true,
      top_logprobs: 3,
      reasoning_effort: 'low',
      service_tier: 'flex',
      safety_settings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
    }),
  ).toEqual(bodies.tools)
})

it('writes content, thinking and schemas in the types of the SDK', () => {
  const video_metadata = { fps: 1, start_offset: '10s' }
  expect(
    bodyOf({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            { type: 'file', file: { file_data: 'data:video/mp4;base64,AAAA', video_metadata } },
            { type: 'file', file: { file_id: 'gs://bucket/a' } },
          ],
        },
      ],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'x', schema: { type: 'object', properties: { a: { const: 'x' } } } },
      },
      thinking: { type: 'enabled', budget_tokens: 2000 },
      cached_content: 'cachedContents/x',
    }),
  ).toEqual(bodies.content)
})

it('writes speech settings in the types of the SDK', () => {
  expect(bodyOf({ audio: { voice: 'Kore', format: 'pcm16' } })).toEqual(bodies.speech)
})

it('writes OpenAPI schemas in the types of the SDK', () => {
  const schema = { type: 'object', properties: { a: { type: ['string', 'null'] } } }
  expect(
    bodyOf({
      model: 'gemini-1.5-flash',
      tools: [{ type: 'code_execution' }],
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    }),
  ).toEqual(bodies.older)
})
