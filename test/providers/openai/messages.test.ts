import { describe, expect, it } from 'vitest'
import { BadRequestError } from '../../../src/errors.js'
import { type Body, bodyOf, encode, freeze, quirksOf, sentOf, user } from './helpers.js'

const anyHost = quirksOf({})
const call = (id: string, more: Body = {}) => ({
  id,
  type: 'function',
  function: { name: 'now', arguments: '{}' },
  ...more,
})
const caller = (...ids: string[]) => ({ role: 'assistant', content: null, tool_calls: ids.map((id) => call(id)) })
const callsIn = (message: Body | undefined) => (message?.tool_calls ?? []) as Body[]
const result = (id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id: id, content })

describe('a history that OpenAI takes', () => {
  const clean = freeze([
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }], name: 'dev' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
        { type: 'file', file: { file_id: 'file-1' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      ],
    },
    { role: 'assistant', content: 'Let me look.', tool_calls: [call('call_1')] },
    result('call_1', [{ type: 'text', text: 'noon' }]),
    { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }], audio: { id: 'audio_1' } },
    { role: 'user', content: 'Go on.', name: 'ann' },
  ])

  it('is sent as the very list that was given, to OpenAI and to others', () => {
    expect(bodyOf({ messages: clean }).messages).toBe(clean)
    expect(bodyOf({ messages: clean }, anyHost).messages).toBe(clean)
  })

  it('keeps unchanged messages beside changed ones', () => {
    const messages = [user, { role: 'assistant', content: 'A', reasoning_content: 'B' }, user]
    const sent = sentOf(messages)
    expect(sent[0]).toBe(messages[0])
    expect(sent[1]).toEqual({ role: 'assistant', content: 'A' })
    expect(sent[2]).toBe(messages[2])
  })
})

describe('an answer of any provider in the history', () => {
  const answer = {
    role: 'assistant',
    content: 'Noon.',
    refusal: null,
    reasoning_content: 'Look at the clock.',
    thinking_blocks: [{ type: 'thinking', thinking: 'Look at the clock.', signature: 'EqAB' }],
    annotations: [{ type: 'url_citation', url_citation: { url: 'https://example.com' } }],
    images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
    parsed: { hour: 12 },
    prefix: true,
    function_call: null,
    tool_calls: [],
    cache_control: { type: 'ephemeral' },
    provider_specific_fields: { container: 'c' },
  }

  it('is sent without fields that OpenAI refuses', () => {
    expect(sentOf([user, answer])[1]).toEqual({ role: 'assistant', content: 'Noon.' })
  })

  it('loses its images, unlike a message of the user', () => {
    const seen = { role: 'user', content: 'What is this?', images: ['AAAA'] }
    expect(sentOf([seen])[0]).toEqual(seen)
  })

  it('is sent with its reasoning to the hosts that want it, under their name', () => {
    expect(sentOf([user, answer], anyHost)[1]).toEqual({
      role: 'assistant',
      content: 'Noon.',
      reasoning_content: 'Look at the clock.',
    })
    expect(sentOf([user, answer], quirksOf({ replayReasoning: 'reasoning' }))[1]).toEqual({
      role: 'assistant',
      content: 'Noon.',
      reasoning: 'Look at the clock.',
    })
  })

  it('is sent with the details of its reasoning to OpenRouter, the pieces of a stream put together', () => {
    const details = [
      { type: 'reasoning.text', text: 'Look at ', index: 0, format: 'anthropic-claude-v1' },
      { type: 'reasoning.text', text: 'the clock.', index: 0 },
      { type: 'reasoning.text', signature: 'EqAB', index: 0 },
      { type: 'reasoning.summary', summary: 'Clock', index: 1 },
      { type: 'reasoning.summary', summary: 'Watch', index: 2 },
      { type: 'reasoning.encrypted', data: 'AAAA', index: 1, id: 'rs_1' },
      { type: 'reasoning.encrypted', data: 'BBBB', index: 1, id: 'rs_2' },
    ]
    const message = { ...answer, provider_specific_fields: { reasoning_details: details } }
    const context = quirksOf({ replayReasoning: 'reasoning', replayDetails: true })
    expect(sentOf([user, message], context)[1]).toEqual({
      role: 'assistant',
      content: 'Noon.',
      reasoning_details: [
        {
          type: 'reasoning.text',
          text: 'Look at the clock.',
          index: 0,
          format: 'anthropic-claude-v1',
          signature: 'EqAB',
        },
        details[3],
        details[4],
        details[5],
        details[6],
      ],
    })
    expect(sentOf([user, answer], context)[1]).toMatchObject({ reasoning: 'Look at the clock.' })
  })

  it('is sent with the mark of a prefill to the hosts that know it', () => {
    expect(sentOf([user, answer], quirksOf({ prefix: true }))[1]).toMatchObject({ prefix: true })
  })

  it('gives its audio back by its id only', () => {
    const audio = { id: 'audio_1', data: 'UklGRg==', transcript: 'Hi', expires_at: 1 }
    expect(sentOf([user, { role: 'assistant', content: null, audio }])[1]).toEqual({
      role: 'assistant',
      content: null,
      audio: { id: 'audio_1' },
    })
  })

  it('replays its tool calls without fields of llmux, and with fields of the host', () => {
    const signature = { google: { thought_signature: 'EqAB' } }
    const calls = [
      call('call_1', { index: 0, provider_specific_fields: { extra_content: signature, other: 1 } }),
      call('call_2'),
    ]
    const messages = [user, { role: 'assistant', content: null, tool_calls: calls }, result('call_1'), result('call_2')]
    expect(sentOf(messages)[1]?.tool_calls).toEqual([call('call_1'), call('call_2')])
    const sent = sentOf(messages, anyHost)[1]?.tool_calls as unknown[]
    expect(sent).toEqual([call('call_1', { extra_content: signature }), call('call_2')])
    expect(sent[1]).toBe(calls[1])
  })
})

describe('fields of other dialects', () => {
  it('are left out of tool results', () => {
    const messages = [user, caller('call_1'), { ...result('call_1'), is_error: true, name: 'now' }]
    expect(sentOf(messages)[2]).toEqual({ ...result('call_1'), name: 'now' })
  })

  it('pass if they are unknown', () => {
    expect(sentOf([{ ...user, novelty: 1 }])).toEqual([{ ...user, novelty: 1 }])
  })

  it.each(['message', 'part'])('are stripped of cache marks on a %s, except for hosts that take them', (place) => {
    const mark = { cache_control: { type: 'ephemeral' } }
    const parts = [
      { type: 'text', text: 'A' },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
    ]
    const plain = { role: 'user', content: parts }
    const marked =
      place === 'part' ? { role: 'user', content: parts.map((part) => ({ ...part, ...mark })) } : { ...plain, ...mark }
    expect(sentOf([marked])).toEqual([plain])
    expect(sentOf([marked], quirksOf({ cacheControl: true }))[0]).toBe(marked)
  })
})

describe('the developer role', () => {
  it('is a system message for hosts without the role developer', () => {
    const message = { role: 'developer', content: 'Be brief.' }
    expect(sentOf([message])[0]).toBe(message)
    expect(sentOf([message], quirksOf({ developerAsSystem: true }))).toEqual([{ role: 'system', content: 'Be brief.' }])
  })
})

describe('a content part', () => {
  const partsOf = (content: unknown[], context?: Parameters<typeof sentOf>[1]) =>
    sentOf([{ role: 'user', content }], context)[0]?.content

  it('image may be a bare URL, and is sent without its format', () => {
    expect(
      partsOf([
        { type: 'image_url', image_url: 'https://example.com/a.png' },
        { type: 'image_url', image_url: { url: 'https://example.com/b', detail: 'high', format: 'image/png' } },
      ]),
    ).toEqual([
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'image_url', image_url: { url: 'https://example.com/b', detail: 'high' } },
    ])
  })

  it('text that is empty is left out', () => {
    const text = { type: 'text', text: 'A' }
    expect(partsOf([{ type: 'text', text: '' }, text])).toEqual([text])
    expect(partsOf([{ type: 'text', text: '' }])).toBe('')
    const silent = { role: 'assistant', content: [{ type: 'text', text: '' }], tool_calls: [call('call_1')] }
    expect(sentOf([user, silent, result('call_1')])[1]?.content).toBeNull()
  })

  it('file gets a name and the form of a data URI', () => {
    expect(
      partsOf([
        { type: 'file', file: { file_data: 'JVBERi0=' } },
        { type: 'file', file: { file_data: 'YQ==', format: 'text/csv', filename: 'a.csv' } },
        { type: 'file', file: { file_data: 'data:text/plain;base64,YQ==' }, citations: { enabled: true } },
        { type: 'file', file: { file_id: 'file-1', format: 'application/pdf' } },
      ]),
    ).toEqual([
      { type: 'file', file: { filename: 'file.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      { type: 'file', file: { filename: 'a.csv', file_data: 'data:text/csv;base64,YQ==' } },
      { type: 'file', file: { filename: 'file.plain', file_data: 'data:text/plain;base64,YQ==' } },
      { type: 'file', file: { file_id: 'file-1' } },
    ])
  })

  it('file by URL is refused by OpenAI, and passed to others', () => {
    const part = { type: 'file', file: { file_id: 'https://example.com/a.pdf' } }
    expect(() => partsOf([part])).toThrow(/messages\[0\]\.content\[0\]\.file.*data: URI/)
    expect(partsOf([part], anyHost)).toEqual([part])
  })

  it('document of Anthropic becomes a file or a text', () => {
    const document = (source: Body, more: Body = {}) => ({ type: 'document', source, ...more })
    expect(
      partsOf([
        document({ type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }, { title: 'Etna.pdf' }),
        document({ type: 'base64', data: 'JVBERi0=' }),
        document({ type: 'text', media_type: 'text/plain', data: 'Etna.' }),
        document({
          type: 'content',
          content: [
            { type: 'text', text: 'A' },
            { type: 'text', text: 'B' },
          ],
        }),
        document({ type: 'content', content: 'C' }),
      ]),
    ).toEqual([
      { type: 'file', file: { filename: 'Etna.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      { type: 'text', text: 'Etna.' },
      { type: 'text', text: 'A\nB' },
      { type: 'text', text: 'C' },
    ])
    expect(() => partsOf([document({ type: 'url', url: 'https://example.com/a.pdf' })])).toThrow(
      /must have a source of type text or base64; got 'url'/,
    )
  })

  it('of thinking is left out', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm', signature: 'EqAB' },
      { type: 'redacted_thinking', data: 'EmwK' },
      { type: 'text', text: 'A' },
    ]
    expect(sentOf([user, { role: 'assistant', content }])[1]?.content).toEqual([content[2]])
  })

  it('of an unknown type passes', () => {
    const part = { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }
    expect(partsOf([part])).toEqual([part])
  })

  it.each([
    [null, "messages[0].content[0]' must be an object with a 'type'; got "],
    ['text', "messages[0].content[0]' must be an object with a 'type'; got "],
    [{ text: 'A' }, "messages[0].content[0]' must be an object with a 'type'; got "],
    [{ type: 'text' }, 'messages[0].content[0].text'],
    [{ type: 'image_url' }, 'messages[0].content[0].image_url'],
    [{ type: 'image_url', image_url: { uri: 'x' } }, 'messages[0].content[0].image_url'],
    [{ type: 'file' }, 'messages[0].content[0].file'],
    [{ type: 'file', file: {} }, 'messages[0].content[0].file'],
    [{ type: 'document' }, 'messages[0].content[0]'],
  ])('that is none is refused with its place: %j', (part, message) => {
    expect(() => partsOf([part])).toThrow(BadRequestError)
    expect(() => partsOf([part])).toThrow(message)
  })
})

describe('ids of tool calls', () => {
  const long = `toolu_${'x'.repeat(40)}`

  it('of other providers are shortened for OpenAI, in calls and results alike', () => {
    const messages = [user, caller(long, 'call_2'), result(long), result('call_2')]
    const sent = sentOf(messages)
    const [first, second] = callsIn(sent[1])
    expect(first?.id).toMatch(/^[\w-]{1,40}$/)
    expect(sent[2]?.tool_call_id).toBe(first?.id)
    expect(second).toEqual(call('call_2'))
    expect(sentOf(messages)).toEqual(sent)
    expect(bodyOf({ messages }, anyHost).messages).toBe(messages)
  })

  it('that begin alike stay apart', () => {
    const sent = sentOf([user, caller(`${long}1`, `${long}2`), result(`${long}1`), result(`${long}2`)])
    expect(sent[2]?.tool_call_id).not.toBe(sent[3]?.tool_call_id)
  })

  it('are nine letters and digits for Mistral', () => {
    const sent = sentOf(
      [user, caller('call_1', 'abcDEF123'), result('call_1'), result('abcDEF123')],
      quirksOf({ toolIds: 'nine' }),
    )
    expect(sent[2]?.tool_call_id).toMatch(/^[a-zA-Z0-9]{9}$/)
    expect(callsIn(sent[1])[0]?.id).toBe(sent[2]?.tool_call_id)
    expect(sent[3]?.tool_call_id).toBe('abcDEF123')
  })
})

describe('images and files in tool results', () => {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
  const text = { type: 'text', text: 'a chart' }
  const messages = freeze([
    user,
    caller('call_1', 'call_2'),
    result('call_1', [text, image]),
    result('call_2', [image]),
    user,
  ])

  it('follow in a user message behind the last result for hosts that take only text', () => {
    const { body, warnings } = encode({ messages })
    expect(body.messages).toEqual([
      user,
      caller('call_1', 'call_2'),
      result('call_1', [text]),
      result('call_2', 'The result is in the next message.'),
      {
        role: 'user',
        content: [
          { type: 'text', text: 'From the result of tool call call_1:' },
          image,
          { type: 'text', text: 'From the result of tool call call_2:' },
          image,
        ],
      },
      user,
    ])
    expect(warnings).toEqual([
      { type: 'repaired', messageIndex: 2, message: expect.stringContaining('messages[2]') },
      { type: 'repaired', messageIndex: 3, message: expect.stringContaining('messages[3]') },
    ])
  })

  it('stay in place for other hosts', () => {
    expect(bodyOf({ messages }, anyHost).messages).toBe(messages)
  })

  it('end a history too', () => {
    expect(sentOf(messages.slice(0, 4))).toHaveLength(5)
  })
})

describe('a history that cannot be', () => {
  it.each([
    ['nothing', [], "messages' "],
    ['no list', 'Hi', "messages' "],
    ['no message', [user, null], "messages[1]' "],
    ['a text for a message', [user, 'Hi'], "messages[1]' "],
    [
      'no role',
      [{ content: 'Hi' }],
      "messages[0].role' must be one of system, developer, user, assistant, tool, function; got undefined.",
    ],
    ['an unknown role', [user, { role: 'model', content: 'Hi' }], "; got 'model'."],
    [
      'no content',
      [user, { role: 'user' }],
      "messages[1].content' must be a string or an array of parts; got undefined.",
    ],
    ['a null content', [{ role: 'user', content: null }], "messages[0].content' must be a string"],
    ['an object content', [{ role: 'user', content: { text: 'Hi' } }], "messages[0].content' must be a string"],
    ['no id of a call', [user, { role: 'tool', content: 'ok' }], 'messages[1].tool_call_id'],
    ['calls that are no list', [{ role: 'assistant', content: null, tool_calls: {} }], 'messages[0].tool_calls'],
    ['a call that is none', [{ role: 'assistant', content: null, tool_calls: ['x'] }], 'messages[0].tool_calls[0]'],
  ])('is refused by every host with its place: %s', (_, messages, message) => {
    for (const context of [undefined, anyHost]) {
      expect(() => sentOf(messages, context)).toThrow(BadRequestError)
      expect(() => sentOf(messages, context)).toThrow(message)
    }
  })

  it.each([
    [
      'a call without a result',
      [user, caller('call_1'), user],
      "messages[1].tool_calls' must be answered directly behind the message: 'call_1' has no result.",
    ],
    [
      'at the end too',
      [user, caller('a', 'b'), result('a')],
      "messages[1].tool_calls' must be answered directly behind the message: 'b' has no result.",
    ],
    [
      'a result without a call',
      [user, result('call_1')],
      "messages[1]' must answer a call of the assistant message before it: tool call 'call_1'",
    ],
    ['a result twice', [user, caller('a'), result('a'), result('a')], "messages[3]' "],
    ['a result of an earlier turn', [user, caller('a'), result('a'), user, result('a')], "messages[4]' "],
    ['a result too late', [user, caller('a'), user, result('a')], "messages[1].tool_calls' "],
  ])('is refused for OpenAI: %s', (_, messages, message) => {
    expect(() => sentOf(messages)).toThrow(message)
    expect(() => sentOf(messages, anyHost)).not.toThrow()
  })

  it('names the place in the request of the caller, the provider and the model', () => {
    const long = `toolu_${'x'.repeat(40)}`
    expect(() => sentOf([user, caller(long)])).toThrow(long)
    try {
      sentOf([user, result('a')])
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ provider: 'openai', model: 'gpt-4o', param: 'messages[1]' })
    }
  })
})
