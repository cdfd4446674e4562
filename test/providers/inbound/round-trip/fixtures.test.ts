import { describe, expect, it } from 'vitest'
import type { Fields } from '../../../../providers/fields.js'
import { geminiBody, messagesBody } from './bodies.js'
import { translate } from './translate.js'

const mark = { type: 'ephemeral' }
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
const weather = {
  name: 'weather',
  description: 'Weather of a city.',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const ask = { role: 'user', content: 'Weather in Bern?' }

const messages: readonly (readonly [string, Fields])[] = [
  ['a plain question', { messages: [ask], stop_sequences: ['END'], temperature: 0.5, top_k: 3, stream: true }],
  [
    'cache marks',
    {
      system: [{ type: 'text', text: 'Be brief.', cache_control: mark }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: mark }] },
        { role: 'assistant', content: [{ type: 'text', text: 'Ho', cache_control: mark }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'So?' },
            { ...image, cache_control: mark },
          ],
        },
      ],
      tools: [{ ...weather, cache_control: mark }],
    },
  ],
  [
    'a turn with thinking, calls and results',
    {
      tools: [weather],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      messages: [
        ask,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'I ask.', signature: 'EqMA' },
            { type: 'redacted_thinking', data: 'EmQA' },
            { type: 'text', text: 'One moment.' },
            { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } },
            { type: 'tool_use', id: 'toolu_2', name: 'weather', input: { city: 'Thun' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'sun' }, image] },
            { type: 'tool_result', tool_use_id: 'toolu_2', content: 'no station', is_error: true, cache_control: mark },
            { type: 'text', text: 'And then?' },
          ],
        },
      ],
    },
  ],
  [
    'interleaved thinking and server tools',
    {
      messages: [
        ask,
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I search.' },
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'Bern' } },
            { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
            { type: 'text', text: 'Sun.', citations: [{ type: 'web_search_result_location', url: 'https://x' }] },
          ],
        },
        { role: 'user', content: 'Thanks.' },
      ],
    },
  ],
  [
    'documents',
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              source: { type: 'text', media_type: 'text/plain', data: 'Facts.' },
              title: 'T',
              citations: { enabled: true },
            },
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } },
            { type: 'text', text: 'Sum up.' },
          ],
        },
      ],
    },
  ],
  [
    'structured output',
    {
      messages: [ask],
      output_config: {
        format: {
          type: 'json_schema',
          schema: {
            type: 'object',
            properties: { sky: { type: 'string' } },
            required: ['sky'],
            additionalProperties: false,
          },
        },
      },
    },
  ],
]

const part = (text: string) => ({ role: 'user', parts: [{ text }] })
const declared = {
  name: 'weather',
  description: 'Weather of a city.',
  parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

const contents: readonly (readonly [string, Fields])[] = [
  [
    'a plain question',
    { contents: [part('Hi')], generationConfig: { temperature: 0.5, topK: 3, stopSequences: ['END'], seed: 1 } },
  ],
  [
    'a turn with thoughts, calls and results',
    {
      systemInstruction: { role: 'user', parts: [{ text: 'Be brief.' }] },
      tools: [{ functionDeclarations: [declared] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } },
      contents: [
        part('Weather?'),
        {
          role: 'model',
          parts: [
            { text: 'I ask.', thought: true, thoughtSignature: 'c2lnbg==' },
            { text: 'One moment.' },
            { functionCall: { id: 'c1', name: 'weather', args: { city: 'Bern' } }, thoughtSignature: 'c2lnbmVk' },
            { functionCall: { name: 'weather', args: { city: 'Thun' } } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { id: 'c1', name: 'weather', response: { output: 'sun' } } },
            { functionResponse: { name: 'weather', response: { error: 'no station' } } },
          ],
        },
      ],
    },
  ],
  [
    'executed code',
    {
      contents: [
        part('1+1?'),
        {
          role: 'model',
          parts: [
            { text: 'Running.' },
            { executableCode: { language: 'PYTHON', code: '1+1' }, thoughtSignature: 'c2lnbg==' },
            { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } },
            { text: 'Two.' },
          ],
        },
        part('Thanks.'),
      ],
    },
  ],
  [
    'media',
    {
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'Compare.' },
            { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
            { inlineData: { mimeType: 'audio/wav', data: 'BBBB' } },
            { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
            { fileData: { mimeType: 'video/mp4', fileUri: 'https://youtu.be/x' } },
          ],
        },
      ],
    },
  ],
  [
    'structured output',
    {
      contents: [part('Hi')],
      generationConfig: {
        responseMimeType: 'application/json',
        responseSchema: { type: 'OBJECT', properties: { sky: { type: 'STRING' } } },
        thinkingConfig: { thinkingLevel: 'HIGH' },
      },
    },
  ],
]

describe('a request that goes to chat and back to its own API', () => {
  it.each(messages)('keeps %s of the Messages API', (_, request) => {
    const given = { max_tokens: 2048, ...request }
    const { body, told } = translate('anthropic', given, 'claude-sonnet-4-5')
    expect(messagesBody(body)).toEqual(messagesBody(given))
    expect(told).toEqual([])
  })

  it.each(contents)('keeps %s of the Gemini API', (_, request) => {
    const { body, told } = translate('gemini', request, 'gemini-3-pro-preview')
    expect(geminiBody(body)).toEqual(geminiBody(request))
    expect(told).toEqual([])
  })
})
