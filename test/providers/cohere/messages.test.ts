import { describe, expect, it } from 'vitest'
import { BadRequestError } from '../../../src/errors.js'
import { assemble, bodyOf, chunksOf, decode, encode, eventsOf, fixture, turnsOf } from './helpers.js'

const ask = { role: 'user', content: 'Weather in Oslo and Rome?' }
const call = (id: string, name = 'weather', text = '{"city":"Oslo"}') => ({
  id,
  type: 'function',
  function: { name, arguments: text },
})
const calls = (...list: unknown[]) => ({ role: 'assistant', content: null, tool_calls: list })
const result = (id: string, content: unknown = 'sunny') => ({ role: 'tool', tool_call_id: id, content })
const thinker = 'command-a-reasoning-08-2025'

describe('a conversation with tools', () => {
  it('becomes messages of v2 chat', () => {
    expect(
      turnsOf([
        { role: 'system', content: 'Be brief.' },
        ask,
        { ...calls(call('a'), call('b', 'weather', '{"city":"Rome"}')), reasoning_content: 'Both.' },
        result('a'),
        result('b', [{ type: 'text', text: 'rain' }]),
        { role: 'assistant', content: 'Sun and rain.' },
        { role: 'user', content: 'Thanks' },
      ]),
    ).toEqual([
      { role: 'system', content: 'Be brief.' },
      ask,
      { role: 'assistant', tool_plan: 'Both.', tool_calls: [call('a'), call('b', 'weather', '{"city":"Rome"}')] },
      { role: 'tool', tool_call_id: 'a', content: 'sunny' },
      { role: 'tool', tool_call_id: 'b', content: 'rain' },
      { role: 'assistant', content: 'Sun and rain.' },
      { role: 'user', content: 'Thanks' },
    ])
  })

  it('continues Cohere’s own answers unchanged', () => {
    for (const [name, model] of [
      ['answer-plan-tools', 'command-a-03-2025'],
      ['answer-plan-tools', thinker],
      ['answer-thinking-citations', thinker],
    ] as const) {
      const { body } = fixture(name)
      const whole = decode(structuredClone(body)).choices[0]?.message
      const streamed = assemble(chunksOf(eventsOf(body)).chunks).choices[0]?.message
      for (const message of [whole, streamed]) {
        const answers = (message?.tool_calls ?? []).map(({ id }) => result(id))
        expect(turnsOf([ask, message, ...answers, ask], model)[1]).toEqual(body.message)
      }
    }
  })

  it('sends text beside calls as their plan', () => {
    // https://github.com/vercel/ai/issues/5794
    const { body, warnings } = encode({
      messages: [ask, { ...calls(call('a')), content: 'Let me look.' }, result('a')],
    })
    expect((body.messages as unknown[])[1]).toEqual({
      role: 'assistant',
      tool_plan: 'Let me look.',
      tool_calls: [call('a')],
    })
    expect(warnings).toEqual([expect.objectContaining({ type: 'repaired', messageIndex: 1 })])
  })

  it('moves results directly after their calls', () => {
    const { body, warnings } = encode({
      messages: [ask, calls(call('a'), call('b')), result('b'), { role: 'user', content: 'Hurry' }, result('a')],
    })
    expect(
      (body.messages as { role: string; tool_call_id?: string }[]).map((turn) => turn.tool_call_id ?? turn.role),
    ).toEqual(['user', 'assistant', 'b', 'a', 'user'])
    expect(warnings).toEqual([expect.objectContaining({ type: 'repaired', messageIndex: 4 })])
  })

  it('separates calls whose ids restart in every turn', () => {
    const turns = turnsOf([ask, calls(call('0')), result('0'), calls(call('0')), result('0', 'rain')])
    expect(turns[3]?.tool_calls).toMatchObject([{ id: '0_2' }])
    expect(turns[4]).toMatchObject({ tool_call_id: '0_2', content: 'rain' })
  })

  it('maps function calls of the old kind and custom tools', () => {
    const turns = turnsOf([
      ask,
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '' } },
      { role: 'function', name: 'f', content: 'done' },
      calls({ id: 'c', type: 'custom', custom: { name: 'sql', input: 'select 1' } }),
      result('c'),
    ])
    expect(turns[1]?.tool_calls).toEqual([call('call_f', 'f', '{}')])
    expect(turns[2]).toEqual({ role: 'tool', tool_call_id: 'call_f', content: 'done' })
    expect(turns[3]?.tool_calls).toEqual([call('c', 'sql', '{"input":"select 1"}')])
  })

  it('gives tools names that Cohere takes, the same everywhere', () => {
    const { body, encodeState } = encode({
      messages: [ask, calls(call('a', 'get.weather')), result('a')],
      tools: ['get.weather', 'get_weather', '2nd', 'plain'].map((name) => ({ type: 'function', function: { name } })),
    })
    const names = (body.tools as { function: { name: string } }[]).map((tool) => tool.function.name)
    expect(names).toEqual(['get_weather_2', 'get_weather', '_2nd', 'plain'])
    expect(body.messages).toMatchObject([{}, { tool_calls: [{ function: { name: 'get_weather_2' } }] }, {}])
    expect(encodeState).toEqual({ names: { get_weather_2: 'get.weather', _2nd: '2nd' } })
    expect(encode({ tools: [{ type: 'function', function: { name: 'plain' } }] })).not.toHaveProperty('encodeState')
  })

  it('sends results that are documents, and images behind them', () => {
    const document = { type: 'document', document: { id: 'd', data: { text: 'x' } } }
    const image = { type: 'image_url', image_url: { url: 'https://e.com/a.png' } }
    const { body, warnings } = encode({
      messages: [
        ask,
        calls(call('a'), call('b'), call('c')),
        result('a', [document, { type: 'document', title: 'T', source: { type: 'text', data: 'y' } }]),
        result('b', [image]),
        result('c', ''),
      ],
    })
    expect((body.messages as unknown[]).slice(2)).toEqual([
      {
        role: 'tool',
        tool_call_id: 'a',
        content: [document, { type: 'document', document: { data: { title: 'T', text: 'y' } } }],
      },
      { role: 'tool', tool_call_id: 'b', content: 'The result is in the next message.' },
      { role: 'tool', tool_call_id: 'c', content: '(no output)' },
      { role: 'user', content: [{ type: 'text', text: 'From the result of tool call b:' }, image] },
    ])
    expect(warnings).toEqual([expect.objectContaining({ type: 'repaired', messageIndex: 3 })])
  })

  it.each([
    [[ask, result('x')], 'messages[1]'],
    [[ask, calls(call('a')), result('a'), result('a')], 'messages[3]'],
    [[ask, calls(call('a'))], 'messages[1].tool_calls[0]'],
    [[ask, calls({ type: 'function', function: { name: 'f' } })], 'messages[1].tool_calls[0]'],
    [[ask, calls(call('a', ''))], 'messages[1].tool_calls[0]'],
    [[ask, { role: 'function', name: 'f', content: '' }], 'messages[1]'],
    [[ask, { role: 'tool', content: 'x' }], 'messages[1]'],
    [[ask, { role: 'robot', content: 'x' }], 'messages[1]'],
    [[ask, null], 'messages[1]'],
    [[{ role: 'user', content: 5 }], 'messages[0].content'],
    [[{ role: 'user', content: [{ text: 'x' }] }], 'messages[0].content[0]'],
    [
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'gs://b/a.png' } }] }],
      'messages[0].content[0]',
    ],
    [[{ role: 'user', content: [{ type: 'hologram' }] }], 'messages[0].content[0]'],
    [[ask, { role: 'user', content: ' ' }], 'messages[1]'],
    [[], 'messages'],
  ])('rejects an invalid history with its place: %j', (messages, param) => {
    expect(() => encode({ messages })).toThrow(BadRequestError)
    expect(() => encode({ messages })).toThrow(expect.objectContaining({ param }))
  })
})

describe('instructions', () => {
  it('become one system message at the front', () => {
    const { body, warnings } = encode({
      messages: [
        { role: 'system', content: 'A' },
        { role: 'developer', content: [{ type: 'text', text: 'B' }] },
        ask,
        { role: 'system', content: 'C' },
        { role: 'user', content: 'Go' },
      ],
    })
    expect(body.messages).toEqual([{ role: 'system', content: 'A\n\nB\n\nC' }, ask, { role: 'user', content: 'Go' }])
    expect(warnings).toEqual([expect.objectContaining({ type: 'changed', param: 'messages' })])
  })

  it('alone get a user message to answer', () => {
    const { body, warnings } = encode({ messages: [{ role: 'system', content: 'A' }] })
    expect(body.messages).toHaveLength(2)
    expect(warnings).toEqual([expect.objectContaining({ type: 'repaired', messageIndex: 0 })])
  })
})

describe('content', () => {
  it('maps text, images and files', () => {
    const png = 'data:image/png;base64,iVBORw0KGgo='
    const content = [
      { type: 'text', text: 'See', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: '' },
      { type: 'image_url', image_url: { url: 'https://e.com/a.png', detail: 'high' } },
      { type: 'image_url', image_url: png },
      { type: 'image_url', image_url: { url: 'data:image/png;charset=utf-8;base64,iVBORw0KGgo=' } },
      { type: 'file', file: { file_data: 'data:text/csv;base64,YSxi', filename: 'a.csv' } },
      { type: 'file', file: { file_data: png } },
      { type: 'document', title: 'T', source: { type: 'text', data: 'body' } },
    ]
    expect(turnsOf([{ role: 'user', content }])[0]?.content).toEqual([
      { type: 'text', text: 'See' },
      { type: 'image_url', image_url: { url: 'https://e.com/a.png', detail: 'high' } },
      { type: 'image_url', image_url: { url: png } },
      { type: 'image_url', image_url: { url: png } },
      { type: 'text', text: 'a.csv:\na,b' },
      { type: 'image_url', image_url: { url: png } },
      { type: 'text', text: 'T\nbody' },
    ])
  })

  it('that Cohere has nothing for is named all at once, or left out', () => {
    const content = [
      { type: 'text', text: 'See' },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { type: 'video_url', video_url: { url: 'https://e.com/a.mp4' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } },
    ]
    const messages = [{ role: 'user', content }]
    const params = [1, 2, 3, 4].map((index) => `messages[0].content[${index}]`)
    expect(() => encode({ messages })).toThrow(expect.objectContaining({ code: 'unsupported_params', params }))
    const { body, warnings } = encode({ messages }, { dropParams: true })
    expect(body.messages).toEqual([{ role: 'user', content: 'See' }])
    expect(warnings).toHaveLength(4)
  })

  it('that is empty is left out', () => {
    const { body, warnings } = encode({
      messages: [
        { role: 'user', content: '' },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'Hi', name: 'Ann' },
      ],
    })
    expect(body.messages).toEqual([{ role: 'user', content: 'Hi' }])
    expect(warnings).toMatchObject([
      { type: 'repaired', messageIndex: 0 },
      { type: 'repaired', messageIndex: 1 },
      { type: 'dropped', param: 'messages[2].name' },
    ])
  })
})

describe('reasoning in the history', () => {
  const said = { role: 'assistant', content: 'Sunny.' }
  const signed = [
    { type: 'thinking', thinking: 'Look', signature: 'EqAB' },
    { type: 'redacted_thinking', data: 'EmwK' },
    { type: 'thinking', thinking: 'up', signature: 'EqAC' },
  ]

  it.each([
    [{ reasoning_content: 'Look\n\nup' }],
    [{ thinking_blocks: signed }],
    [{ content: [...signed, { type: 'text', text: 'Sunny.' }] }],
  ])('of whatever model is thinking, where the model thinks: %j', (more) => {
    const [, turn] = turnsOf([ask, { ...said, ...more }, ask], thinker)
    expect(turn?.content).toEqual([
      { type: 'thinking', thinking: 'Look\n\nup' },
      { type: 'text', text: 'Sunny.' },
    ])
  })

  it('becomes the tool plan, or is removed, for models that don’t think', () => {
    const thought = { reasoning_content: 'Hm.' }
    expect(turnsOf([ask, { ...calls(call('a')), ...thought }, result('a')])[1]).toMatchObject({ tool_plan: 'Hm.' })
    const { body, warnings } = encode({ messages: [ask, { ...said, ...thought }, ask] })
    expect((body.messages as unknown[])[1]).toEqual(said)
    expect(warnings).toEqual([expect.objectContaining({ type: 'repaired', messageIndex: 1 })])
  })

  it('is removed if encrypted, as are images and audio of assistants', () => {
    const image = { type: 'image_url', image_url: { url: 'https://e.com/a.png' } }
    const { warnings } = encode({
      model: thinker,
      messages: [ask, { ...said, thinking_blocks: signed, audio: { id: 'a' }, images: [image] }, ask],
    })
    expect(warnings).toHaveLength(3)
    expect(warnings?.every((warning) => warning.type === 'repaired' && warning.messageIndex === 1)).toBe(true)
  })
})

it('does not modify its input and sends refusals of other models as text', () => {
  const body = bodyOf({ messages: [ask, { role: 'assistant', content: null, refusal: 'No.' }, ask] })
  expect(body.messages).toMatchObject([ask, { role: 'assistant', content: 'No.' }, ask])
})
