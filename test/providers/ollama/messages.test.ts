import { describe, expect, it } from 'vitest'
import { BadRequestError } from '../../../src/errors.js'
import { chat, decode, encode, encodeContext, fixture, freeze, turnsOf } from './helpers.js'

const ask = { role: 'user', content: 'Weather?' }
const call = (id: string, name: string, text = '{"city":"Oslo"}') => ({
  id,
  type: 'function',
  function: { name, arguments: text },
})
const calls = (...list: unknown[]) => ({ role: 'assistant', content: null, tool_calls: list })
const data = 'iVBORw0KGgo='
const png = `data:image/png;base64,${data}`
const remote = 'https://e.com/a.png'

describe('a conversation', () => {
  it('with tools becomes messages of Ollama', () => {
    expect(
      turnsOf([
        { role: 'developer', content: 'Be brief.' },
        ask,
        { ...calls(call('a', 'weather'), call('b', 'now', '')), reasoning_content: 'Look.' },
        { role: 'tool', tool_call_id: 'b', content: 'noon' },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'sunny' }] },
        { role: 'system', content: 'Hurry.' },
        ask,
      ]),
    ).toEqual([
      { role: 'system', content: 'Be brief.' },
      ask,
      {
        role: 'assistant',
        content: '',
        thinking: 'Look.',
        tool_calls: [
          { id: 'a', function: { name: 'weather', arguments: { city: 'Oslo' } } },
          { id: 'b', function: { name: 'now', arguments: {} } },
        ],
      },
      { role: 'tool', content: 'noon', tool_name: 'now', tool_call_id: 'b' },
      { role: 'tool', content: 'sunny', tool_name: 'weather', tool_call_id: 'a' },
      { role: 'system', content: 'Hurry.' },
      ask,
    ])
  })

  it('continues Ollama’s own answers', () => {
    const { body } = fixture('answer-thinking-tools')
    const [, turn] = turnsOf([ask, decode(structuredClone(body)).choices[0]?.message])
    expect(turn).toEqual({
      ...body.message,
      tool_calls: [
        { id: 'call_x1', function: { name: 'weather', arguments: { city: 'Oslo' } } },
        { id: 'call_x2', function: { name: 'now', arguments: {} } },
      ],
    })
  })

  it('maps function calls of the old kind and custom tools', () => {
    expect(
      turnsOf([
        ask,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'done' },
        calls({ id: 'c', type: 'custom', custom: { name: 'sql', input: 'select 1' } }),
      ]).slice(1),
    ).toEqual([
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: {} } }] },
      { role: 'tool', content: 'done', tool_name: 'f' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c', function: { name: 'sql', arguments: { input: 'select 1' } } }],
      },
    ])
  })

  it.each([
    [[ask, calls(call('a', ''))], 'messages[1].tool_calls[0]'],
    [[ask, { role: 'assistant', tool_calls: 'x' }], 'messages[1].tool_calls'],
    [[ask, { role: 'tool', content: 'x' }], 'messages[1]'],
    [[ask, { role: 'robot', content: 'x' }], 'messages[1]'],
    [[null], 'messages[0]'],
    [[{ role: 'user', content: 5 }], 'messages[0].content'],
    [[{ role: 'user', content: [5] }], 'messages[0].content[0]'],
    [[{ role: 'user', content: [{ type: 'hologram' }] }], 'messages[0].content[0]'],
    [[{ role: 'user', content: [{ type: 'text' }] }], 'messages[0].content[0]'],
    [[ask, { role: 'user', content: [{ type: 'image_url', image_url: { url: remote } }] }], 'messages[1].content[0]'],
    [
      [{ role: 'user', content: [{ type: 'image_url', image_url: 'data:image/png;base64,???' }] }],
      'messages[0].content[0]',
    ],
    [
      [{ role: 'user', content: [{ type: 'image_url', image_url: 'data:text/plain;base64,AAAA' }] }],
      'messages[0].content[0]',
    ],
    [[{ role: 'user', content: [{ type: 'image_url' }] }], 'messages[0].content[0]'],
    [[], 'messages'],
  ])('rejects an invalid history with its place: %j', (messages, param) => {
    expect(() => encode({ messages })).toThrow(BadRequestError)
    expect(() => encode({ messages })).toThrow(expect.objectContaining({ param }))
  })
})

describe('content', () => {
  it('is one text and bare images', () => {
    const content = [
      { type: 'text', text: 'See' },
      { type: 'image_url', image_url: { url: png, detail: 'high' } },
      { type: 'image_url', image_url: data },
      { type: 'text', text: 'this.' },
      { type: 'file', file: { file_data: 'data:text/csv;base64,YSxi', filename: 'a.csv' } },
      { type: 'file', file: { file_data: png } },
      { type: 'document', title: 'T', source: { type: 'text', data: 'body' } },
    ]
    expect(turnsOf([{ role: 'user', content }])).toEqual([
      { role: 'user', content: 'See\nthis.\na.csv:\na,b\nT:\nbody', images: [data, data, data] },
    ])
  })

  it('by address is asked for, and sent inline', () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: remote } },
          { type: 'image_url', image_url: remote },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'file', file: { file_id: 'https://e.com/b.txt' } },
          { type: 'image_url', image_url: png },
        ],
      },
    ]
    const params = freeze({ model: 'm', messages }) as never
    expect(chat.remoteMedia?.(params, encodeContext())).toEqual([remote, 'https://e.com/b.txt'])
    const media = new Map([
      [remote, { type: 'image/png', data: 'AAAA' }],
      ['https://e.com/b.txt', { type: 'text/plain', data: 'aGk=' }],
    ])
    expect(turnsOf(messages, { media })).toEqual([
      { role: 'user', content: '', images: ['AAAA', 'AAAA'] },
      { role: 'user', content: 'hi', images: [data] },
    ])
    const wrong = new Map([[remote, { type: 'application/pdf', data: 'AAAA' }]])
    expect(() => turnsOf(messages, { media: wrong })).toThrow(
      expect.objectContaining({ param: 'messages[0].content[0]' }),
    )
  })

  it('of results may be images', () => {
    const content = [{ type: 'image_url', image_url: { url: png } }]
    expect(turnsOf([ask, calls(call('a', 'draw')), { role: 'tool', tool_call_id: 'a', content }])[2]).toEqual({
      role: 'tool',
      content: '',
      images: [data],
      tool_name: 'draw',
      tool_call_id: 'a',
    })
  })

  it('that Ollama has nothing for is named all at once, or left out', () => {
    const content = [
      { type: 'text', text: 'See' },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { type: 'video_url', video_url: { url: 'https://e.com/a.mp4' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=' } },
      { type: 'document', source: { type: 'base64', data: 'JVBERi0=' } },
    ]
    const messages = [{ role: 'user', content }]
    const params = [1, 2, 3, 4].map((index) => `messages[0].content[${index}]`)
    expect(() => encode({ messages })).toThrow(expect.objectContaining({ code: 'unsupported_params', params }))
    const { body, warnings } = encode({ messages }, { dropParams: true })
    expect(body.messages).toEqual([{ role: 'user', content: 'See' }])
    expect(warnings).toHaveLength(4)
  })
})

describe('a history that began elsewhere', () => {
  it('keeps its reasoning as text', () => {
    const signed = [
      { type: 'thinking', thinking: 'Look', signature: 'EqAB' },
      { type: 'redacted_thinking', data: 'EmwK' },
      { type: 'thinking', thinking: 'up', signature: 'EqAC' },
    ]
    const text = { type: 'text', text: 'Sunny.' }
    const { body, warnings } = encode({
      messages: [
        ask,
        { role: 'assistant', content: 'Sunny.', thinking_blocks: signed },
        { role: 'assistant', content: [...signed, text] },
      ],
    })
    const turn = { role: 'assistant', content: 'Sunny.', thinking: 'Look\n\nup' }
    expect(body.messages).toEqual([ask, turn, turn])
    expect(warnings).toMatchObject([
      { type: 'repaired', messageIndex: 1 },
      { type: 'repaired', messageIndex: 2 },
    ])
  })

  it('drops content of other providers with a warning', () => {
    const { body, warnings } = encode({
      messages: [
        { ...ask, name: 'Ann' },
        {
          role: 'assistant',
          content: null,
          refusal: 'No.',
          audio: { id: 'a' },
          images: [{ type: 'image_url', image_url: png }],
        },
        { role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }] },
      ],
    })
    expect(body.messages).toEqual([ask, { role: 'assistant', content: 'No.' }, { role: 'user', content: 'Hi' }])
    expect(warnings).toMatchObject([
      { type: 'dropped', param: 'messages[0].name' },
      { type: 'repaired', messageIndex: 1 },
      { type: 'repaired', messageIndex: 1 },
    ])
  })
})
