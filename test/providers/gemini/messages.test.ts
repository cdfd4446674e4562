import { describe, expect, it } from 'vitest'
import { anthropic } from '../../../providers/dialects/anthropic/index.js'
import { BadRequestError } from '../../../src/errors.js'
import { answer, bodyOf, contextOf, decode, encode, fixture, paramsOf, turnsOf } from './helpers.js'

const user = (content: unknown = 'Hi') => ({ role: 'user', content })
const assistant = (content: unknown, more: object = {}) => ({ role: 'assistant', content, ...more })
const call = (id: string, name = 'f', args = '{}') => ({ id, type: 'function', function: { name, arguments: args } })
const result = (id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id: id, content })
const refusal = (messages: unknown) => {
  try {
    encode({ messages })
  } catch (error) {
    expect(error).toBeInstanceOf(BadRequestError)
    return (error as BadRequestError).message
  }
  throw new Error('nothing was thrown')
}
const foreign = 'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I='

describe('tool conversations', () => {
  it('encodes turns', () => {
    const { request, body } = fixture('request-tools')
    expect(bodyOf(request)).toEqual(body)
  })

  it('moves results right after their calls', () => {
    const { body, warnings } = encode({
      messages: [
        user(),
        assistant(null, { tool_calls: [call('a'), call('b')] }),
        result('b'),
        user('wait'),
        result('a'),
      ],
    })
    const response = (id: string) => ({ functionResponse: { id, name: 'f', response: { output: 'ok' } } })
    expect(body.contents).toEqual([
      { role: 'user', parts: [{ text: 'Hi' }] },
      {
        role: 'model',
        parts: [{ functionCall: { id: 'a', name: 'f', args: {} } }, { functionCall: { id: 'b', name: 'f', args: {} } }],
      },
      { role: 'user', parts: [response('b'), response('a'), { text: 'wait' }] },
    ])
    expect(warnings).toEqual([{ type: 'repaired', messageIndex: 4, message: expect.stringContaining('moved up') }])
  })

  it.each([
    ['plain', { output: 'plain' }],
    ['42', { output: '42' }],
    ['{"a":1}', { a: 1 }],
    ['[1]', { output: [1] }],
    ['{"a":', { output: '{"a":' }],
    ['', { output: '' }],
    [[{ type: 'text', text: 'a' }, 'b'], { output: 'ab' }],
  ])('encodes the result %j as an object', (content, response) => {
    const turns = turnsOf([user(), assistant('', { tool_calls: [call('a')] }), result('a', content)])
    expect(turns[2]?.parts).toEqual([{ functionResponse: { id: 'a', name: 'f', response } }])
  })

  it('marks failed results', () => {
    const turns = turnsOf([
      user(),
      assistant('', { tool_calls: [call('a')] }),
      { ...result('a', 'no'), is_error: true },
    ])
    expect(turns[2]?.parts).toEqual([{ functionResponse: { id: 'a', name: 'f', response: { error: 'no' } } }])
  })

  it('puts images into results if the model supports it, and after them otherwise', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    const audio = { type: 'input_audio', input_audio: { data: 'BBBB', format: 'wav' } }
    const messages = [user(), assistant('', { tool_calls: [call('a')] }), result('a', [image, audio])]
    const picture = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }
    const sound = { inlineData: { mimeType: 'audio/wav', data: 'BBBB' } }
    const told = { text: 'Files returned by f:' }
    const functionResponse = { id: 'a', name: 'f', response: { output: '' } }
    expect(turnsOf(messages, 'gemini-3-flash-preview')[2]?.parts).toEqual([
      { functionResponse: { ...functionResponse, parts: [picture] } },
      told,
      sound,
    ])
    expect(turnsOf(messages, 'gemini-2.5-flash')[2]?.parts).toEqual([{ functionResponse }, told, picture, sound])
  })

  it('encodes legacy functions and custom tools', () => {
    const turns = turnsOf([
      user(),
      assistant(null, { function_call: { name: 'f', arguments: '{"a":1}' } }),
      { role: 'function', name: 'f', content: 'ok' },
      assistant(null, { tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: 'select' } }] }),
      result('c'),
    ])
    expect(turns.slice(1)).toEqual([
      { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 1 } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'ok' } } }] },
      { role: 'model', parts: [{ functionCall: { id: 'c', name: 'sql', args: { input: 'select' } } }] },
      { role: 'user', parts: [{ functionResponse: { id: 'c', name: 'sql', response: { output: 'ok' } } }] },
    ])
  })

  it('renames invalid tool names consistently', () => {
    const { body, encodeState } = encode({
      messages: [user(), assistant('', { tool_calls: [call('a', '1 get/it')] }), result('a')],
      tools: [
        { type: 'function', function: { name: '1 get/it' } },
        { type: 'function', function: { name: '_1_get_it' } },
      ],
    })
    expect(body.tools).toEqual([{ functionDeclarations: [{ name: '_1_get_it_2' }, { name: '_1_get_it' }] }])
    expect(JSON.stringify(body.contents)).not.toContain('1 get/it')
    expect(encodeState).toEqual({ names: { _1_get_it_2: '1 get/it' } })
  })

  it.each([
    [[result('a')], "messages[0]' answers the tool call"],
    [[user(), assistant('', { tool_calls: [call('a')] })], "messages[1].tool_calls[0]' calls 'f' (a), and no later"],
    [[user(), assistant('', { tool_calls: [call('a')] }), result('a'), result('a')], 'a second time'],
    [[user(), { role: 'tool', content: 'x' }], "must have a 'tool_call_id'"],
    [[user(), assistant('', { tool_calls: [{ function: { name: 'f' } }] })], "must be a tool call with an 'id'"],
    [
      [user(), assistant('', { tool_calls: [{ id: 'a', function: {} }] })],
      "must be a tool call with a 'function.name'",
    ],
    [[user(), assistant('', { tool_calls: 5 })], 'must be an array of tool calls'],
    [[user(), { role: 'function', name: 'g', content: '' }], "answers the function 'g'"],
    [[{ role: 'wizard', content: 'x' }], "got 'wizard'"],
    [[null], 'must be a message object'],
    [[], "messages' must be a non-empty array"],
  ])('rejects %j', (messages, why) => {
    expect(refusal(messages)).toContain(why)
  })
})

describe('thought signatures', () => {
  const history = (first: object, more: object = {}) => [
    user(),
    assistant(null, { tool_calls: [{ ...call('a'), ...first }, call('b')], ...more }),
    result('a'),
    result('b'),
  ]
  const sent = (messages: unknown[], model: string) =>
    turnsOf(messages, model)[1]?.parts.map((part) => part.thoughtSignature)

  it('are sent back with their calls', () => {
    const own = history({ provider_specific_fields: { thought_signature: 'EpA' } })
    expect(sent(own, 'gemini-3-pro-preview')).toEqual(['EpA', undefined])
    expect(sent(own, 'gemini-2.5-flash')).toEqual(['EpA', undefined])
    expect(sent(own, 'gemini-2.0-flash')).toEqual([undefined, undefined])
  })

  it('are read from the fields of Google’s OpenAI-compatible endpoint', () => {
    const extra_content = { google: { thought_signature: 'EpB' } }
    expect(sent(history({ extra_content }), 'gemini-3-pro-preview')).toEqual(['EpB', undefined])
    expect(sent(history({ provider_specific_fields: { extra_content } }), 'gemini-3-pro-preview')).toEqual([
      'EpB',
      undefined,
    ])
  })

  it('get a placeholder for calls of other models', () => {
    expect(sent(history({}), 'gemini-3-flash-preview')).toEqual([foreign, undefined])
    expect(sent(history({}), 'gemini-9-ultra')).toEqual([foreign, undefined])
    expect(sent(history({}), 'gemini-2.5-pro')).toEqual([undefined, undefined])
  })
})

describe('histories for other providers', () => {
  it('marks thinking blocks as Gemini’s', () => {
    const parts = [{ text: 'Hm.', thought: true, thoughtSignature: 'EqAB' }, { text: 'Hello' }]
    const { message } = decode(answer(parts)).choices[0] ?? {}
    const params = paramsOf({ messages: [user(), message, user('more')], stream: false }, 'claude-opus-5')
    const encoded = anthropic.chat?.encode(params, { ...contextOf('claude-opus-5'), quirks: {}, provider: 'anthropic' })
    expect(encoded?.body.messages).toMatchObject([{}, { role: 'assistant', content: 'Hello' }, {}])
  })
})

describe('histories from other providers', () => {
  it('lose foreign thinking with a warning', () => {
    const { body, warnings } = encode({
      messages: [
        user(),
        assistant(
          [
            { type: 'thinking', thinking: 'x', signature: 'Eq' },
            { type: 'text', text: 'Hello' },
          ],
          {
            thinking_blocks: [
              { type: 'thinking', thinking: 'x', signature: 'Eq' },
              { type: 'redacted_thinking', data: 'Em' },
            ],
            reasoning_content: 'x',
          },
        ),
        user('more'),
      ],
    })
    expect(body.contents).toMatchObject([{}, { role: 'model', parts: [{ text: 'Hello' }] }, {}])
    expect(warnings).toEqual([
      {
        type: 'repaired',
        messageIndex: 1,
        message: 'messages[1]: the thinking blocks of another model were left out.',
      },
    ])
  })

  it("may have calls and results in Anthropic's blocks", () => {
    const { body } = encode({
      messages: [
        user(),
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'One moment.' },
            { type: 'tool_use', id: 'a', name: 'look/up', input: { q: 1 } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: 'no', is_error: true },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
    })
    expect(body.contents).toEqual([
      { role: 'user', parts: [{ text: 'Hi' }] },
      {
        role: 'model',
        parts: [{ text: 'One moment.' }, { functionCall: { id: 'a', name: 'look_up', args: { q: 1 } } }],
      },
      {
        role: 'user',
        parts: [{ functionResponse: { id: 'a', name: 'look_up', response: { error: 'no' } } }, { text: 'And?' }],
      },
    ])
  })

  it('keep a summary as a message and lose other foreign parts with a warning', () => {
    const content_blocks = [
      { type: 'compaction', content: 'The user has a boat.' },
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'text', text: 'Noted.' },
    ]
    const message = assistant('Noted.', { provider_specific_fields: { content_blocks } })
    const { body, warnings } = encode({ messages: [message, user('Which?')] })
    expect(body.contents).toEqual([
      { role: 'user', parts: [{ text: 'Summary of the conversation so far:\n\nThe user has a boat.' }] },
      { role: 'model', parts: [{ text: 'Noted.' }] },
      { role: 'user', parts: [{ text: 'Which?' }] },
    ])
    expect(warnings).toMatchObject([
      { type: 'repaired', messageIndex: 0, message: expect.stringContaining('summary') },
      { type: 'repaired', messageIndex: 0, message: expect.stringContaining('server_tool_use') },
    ])
  })

  it('may contain refusals and Anthropic documents', () => {
    const turns = turnsOf([
      user([
        { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Read me.' } },
        { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } },
        { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'x' }] } },
      ]),
      assistant(null, { refusal: 'No.' }),
      assistant([{ type: 'refusal', refusal: 'Still no.' }]),
      user(),
    ])
    expect(turns[0]?.parts).toEqual([
      { text: 'Read me.' },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
      { fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/a.pdf' } },
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
      { text: 'x' },
    ])
    expect(turns[1]?.parts).toEqual([{ text: 'No.' }, { text: 'Still no.' }])
  })

  it('lose audio and remote images with a warning', () => {
    const images = [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }]
    const { warnings } = encode({ messages: [user(), assistant('x', { audio: { id: 'a' }, images }), user()] })
    expect(warnings?.map(({ message }) => message)).toEqual([
      expect.stringContaining('an image'),
      expect.stringContaining('audio'),
    ])
  })
})

describe('instructions', () => {
  it('are sent as systemInstruction, leading ones together', () => {
    const body = bodyOf({
      messages: [
        { role: 'system', content: 'A' },
        { role: 'developer', content: [{ type: 'text', text: 'B' }] },
        user(),
      ],
      system_instruction: 'First',
    })
    expect(body.systemInstruction).toEqual({ parts: [{ text: 'First' }, { text: 'A' }, { text: 'B' }] })
  })

  it('move to the front, or become a user message at the end', () => {
    const system = (content: string) => ({ role: 'system', content })
    const { body, warnings } = encode({
      messages: [user(), assistant('x'), system('A'), user('y'), assistant('z'), system('B')],
    })
    expect(body).toMatchObject({
      systemInstruction: { parts: [{ text: 'A' }] },
      contents: [{}, {}, { parts: [{ text: 'y' }] }, {}, { role: 'user', parts: [{ text: 'B' }] }],
    })
    expect(warnings).toHaveLength(2)
  })

  it('move into the user turn for models without instructions', () => {
    const body = bodyOf({ messages: [{ role: 'system', content: 'A' }, user()], model: 'gemma-3-27b-it' })
    expect(body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'A' }, { text: 'Hi' }] }] })
  })
})

describe('turns', () => {
  it('alternate between user and model, beginning with the user', () => {
    const { body, warnings } = encode({ messages: [assistant('x'), assistant('y'), user('a'), user('b'), user('')] })
    expect(body.contents).toEqual([
      { role: 'user', parts: [{ text: 'Begin.' }] },
      { role: 'model', parts: [{ text: 'x' }, { text: 'y' }] },
      { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
    ])
    expect(warnings?.map(({ type }) => type)).toEqual(['repaired', 'repaired'])
    expect(turnsOf([{ role: 'system', content: 'x' }])).toEqual([{ role: 'user', parts: [{ text: 'Begin.' }] }])
  })

  it('accept parts in Gemini’s own form', () => {
    const part = { inline_data: { mime_type: 'image/png', data: 'AAAA' }, media_resolution: { level: 'HIGH' } }
    expect(turnsOf([user([part])])[0]?.parts).toEqual([
      { inlineData: { mime_type: 'image/png', data: 'AAAA' }, mediaResolution: { level: 'HIGH' } },
    ])
    expect(refusal([user([{ novelty: 1 }])])).toContain("messages[0].content[0]' must be a content part with a 'type'")
    expect(refusal([user([{ type: 'novelty' }])])).toContain("got 'novelty'")
    expect(refusal([user([5])])).toContain('must be a content part')
    expect(refusal([user(5)])).toContain("messages[0].content' must be a string or an array of parts")
    expect(refusal([user([{ type: 'text' }])])).toContain("must be a text part with a 'text'")
  })
})
