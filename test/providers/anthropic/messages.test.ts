import { describe, expect, it } from 'vitest'
import { BadRequestError } from '../../../src/errors.js'
import { bodyOf, encode, fixture, turnsOf } from './helpers.js'

const user = (content: unknown = 'Hi') => ({ role: 'user', content })
const assistant = (content: unknown, more: object = {}) => ({ role: 'assistant', content, ...more })
const call = (id: string, name = 'f', args = '{}') => ({ id, type: 'function', function: { name, arguments: args } })
const result = (id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id: id, content })
const refusal = (messages: unknown, context?: object) => {
  try {
    encode({ messages }, context)
  } catch (error) {
    expect(error).toBeInstanceOf(BadRequestError)
    return (error as BadRequestError).message
  }
  throw new Error('nothing was thrown')
}

describe('a conversation with tools', () => {
  it('becomes turns of the Messages API', () => {
    const { request, body } = fixture('request-tools')
    expect(bodyOf(request, { model: 'claude-sonnet-4-5' })).toEqual(body)
  })

  it('moves results directly after their calls', () => {
    const { body, warnings } = encode({
      messages: [
        user(),
        assistant(null, { tool_calls: [call('a'), call('b')] }),
        result('b'),
        user('wait'),
        result('a'),
      ],
    })
    expect(body.messages).toEqual([
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'f', input: {} },
          { type: 'tool_use', id: 'b', name: 'f', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'b', content: 'ok' },
          { type: 'tool_result', tool_use_id: 'a', content: 'ok' },
          { type: 'text', text: 'wait' },
        ],
      },
    ])
    expect(warnings).toEqual([{ type: 'repaired', messageIndex: 4, message: expect.stringContaining('moved up') }])
  })

  it('sends results that are images, documents and errors', () => {
    const parts = [
      { type: 'text', text: 'see' },
      { type: 'image_url', image_url: { url: 'data:image/jpg;base64,AAAA' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } },
    ]
    const turns = turnsOf([
      user(),
      assistant('', { tool_calls: [call('a')] }),
      { ...result('a', parts), is_error: true },
    ])
    expect(turns[2]?.content).toEqual([
      {
        type: 'tool_result',
        tool_use_id: 'a',
        is_error: true,
        content: [
          { type: 'text', text: 'see' },
          { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
            title: 'a.pdf',
          },
        ],
      },
    ])
  })

  it('rejects invalid histories with the index of the message', () => {
    expect(refusal([user(), result('x')])).toContain("messages[1]' answers the tool call 'x', which no earlier")
    expect(refusal([user(), assistant('', { tool_calls: [call('a'), call('b')] }), result('a')])).toContain(
      'messages[1].tool_calls[1]',
    )
    expect(refusal([user(), assistant('', { tool_calls: [call('a')] }), result('a'), result('a')])).toContain(
      "messages[3]' answers the tool call",
    )
    expect(refusal([])).toContain("messages' must be a non-empty array")
    expect(refusal([user(''), user('   ')])).toContain('messages[1]')
    expect(refusal([{ role: 'narrator', content: 'x' }])).toContain("'narrator'")
  })

  it('needs no tools in the request', () => {
    const { body, warnings } = encode({ messages: [user(), assistant('', { tool_calls: [call('a')] }), result('a')] })
    expect(body).not.toHaveProperty('tools')
    expect(warnings).toBeUndefined()
  })

  it('takes empty arguments for none', () => {
    const turns = turnsOf([user(), assistant('', { tool_calls: [call('a', 'f', '')] }), result('a', '')])
    expect(turns[1]?.content).toEqual([{ type: 'tool_use', id: 'a', name: 'f', input: {} }])
    expect(turns[2]?.content).toEqual([{ type: 'tool_result', tool_use_id: 'a' }])
  })

  it('gives foreign ids an alias that call and result share, and that nothing else has', () => {
    const ids = ['call:1', 'call/1', 'call_1', 'x'.repeat(200), `${'x'.repeat(200)}y`]
    const messages = [user(), assistant('', { tool_calls: ids.map((id) => call(id)) }), ...ids.map((id) => result(id))]
    const [, calls, results] = turnsOf(messages) as { content: { id?: string; tool_use_id?: string }[] }[]
    const sent = calls?.content.map(({ id }) => id) ?? []
    expect(new Set(sent).size).toBe(5)
    for (const id of sent) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(sent[2]).toBe('call_1')
    expect(results?.content.map(({ tool_use_id }) => tool_use_id)).toEqual(sent)
    expect(turnsOf(messages)).toEqual(turnsOf(messages))
  })

  it('separates calls whose ids restart in every turn', () => {
    const turn = (text: string) => [assistant('', { tool_calls: [call('call_0')] }), result('call_0', text)]
    const turns = turnsOf([user(), ...turn('one'), ...turn('two')]) as {
      content: { id?: string; tool_use_id?: string }[]
    }[]
    expect(turns[1]?.content[0]?.id).toBe('call_0')
    expect(turns[3]?.content[0]?.id).toBe('call_0_2')
    expect(turns[4]?.content[0]?.tool_use_id).toBe('call_0_2')
  })

  it('takes calls and results that are blocks of Anthropic’s own', () => {
    const own = { type: 'tool_use', id: 'call:1', name: 'f', input: { a: 1 } }
    const messages = [
      user(),
      assistant([own]),
      user([
        { type: 'text', text: 'x' },
        { type: 'tool_result', tool_use_id: 'call:1' },
      ]),
    ]
    const [, calls, answers] = turnsOf(messages) as { content: Record<string, unknown>[] }[]
    expect(calls?.content).toEqual([{ ...own, id: expect.stringMatching(/^call_1_/) }])
    expect(answers?.content).toEqual([
      { type: 'tool_result', tool_use_id: calls?.content[0]?.id },
      { type: 'text', text: 'x' },
    ])
    expect(refusal([user(), assistant([own]), user('y')])).toContain('messages[1].content[0]')
  })

  it('maps function calls of the old kind', () => {
    const messages = [
      user(),
      assistant(null, { function_call: { name: 'f', arguments: '{"a":1}' } }),
      { role: 'function', name: 'f', content: '2' },
    ]
    const turns = turnsOf(messages)
    expect(turns[1]?.content).toEqual([{ type: 'tool_use', id: 'call_f', name: 'f', input: { a: 1 } }])
    expect(turns[2]?.content).toEqual([{ type: 'tool_result', tool_use_id: 'call_f', content: '2' }])
  })
})

describe('instructions', () => {
  it('are joined unless one has cache_control', () => {
    const two = [{ role: 'system', content: 'A' }, { role: 'developer', content: 'B' }, user()]
    expect(bodyOf({ messages: two }).system).toBe('A\n\nB')
    const marked = [{ role: 'system', content: 'A', cache_control: { type: 'ephemeral', ttl: '1h' } }, user()]
    expect(bodyOf({ messages: marked }).system).toEqual([
      { type: 'text', text: 'A', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ])
  })

  it('stay between turns with models that allow it, else move to the front', () => {
    const messages = [user('1'), { role: 'system', content: 'Now in French.' }, assistant('2'), user('3')]
    expect(turnsOf(messages, 'claude-opus-5').map(({ role }) => role)).toEqual(['user', 'system', 'assistant', 'user'])
    const { body, warnings } = encode({ messages })
    expect(body.system).toBe('Now in French.')
    expect((body.messages as { role: string }[]).map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(warnings).toEqual([{ type: 'changed', param: 'messages', message: expect.stringContaining('messages[1]') }])
  })

  it('move to the front from invalid positions, and become a user message after an answer', () => {
    const instruction = { role: 'system', content: 'S' }
    const wrong = encode({
      messages: [user('1'), assistant('2'), instruction, assistant('3'), user('4')],
      model: 'claude-opus-5',
    })
    expect(wrong.body.system).toBe('S')
    expect((wrong.body.messages as { role: string }[]).map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    const last = encode({ messages: [user('1'), assistant('2'), instruction] })
    expect(last.body).not.toHaveProperty('system')
    expect((last.body.messages as unknown[]).at(-1)).toEqual(user('S'))
    expect(last.warnings).toEqual([
      { type: 'changed', param: 'messages', message: expect.stringContaining('messages[2]') },
    ])
  })

  it('alone get a user message to answer', () => {
    const { body, warnings } = encode({ messages: [{ role: 'system', content: 'Tell a joke.' }] })
    expect(body.messages).toEqual([{ role: 'user', content: 'Begin.' }])
    expect(warnings?.[0]?.type).toBe('repaired')
  })
})

describe('the order of turns', () => {
  it('is repaired: same roles merged, empty messages left out, a user first', () => {
    const { body, warnings } = encode({
      messages: [assistant('Hello!'), user('a'), user('  '), user('b'), assistant(''), user('c')],
    })
    expect(body.messages).toEqual([
      { role: 'user', content: 'Begin.' },
      { role: 'assistant', content: 'Hello!' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
          { type: 'text', text: 'c' },
        ],
      },
    ])
    expect(warnings?.map((warning) => warning.type === 'repaired' && warning.messageIndex)).toEqual([2, 4, 0])
  })

  it('may end with a prefill if the model continues it', () => {
    const messages = [user(), assistant('The answer is \n', { prefix: true })]
    expect(turnsOf(messages)[1]).toEqual({ role: 'assistant', content: 'The answer is' })
    expect(refusal(messages, { model: 'claude-sonnet-4-6' })).toContain(
      "messages[1]' must not be an assistant message at the end",
    )
  })
})

describe('content', () => {
  const parts = (...content: unknown[]) => turnsOf([user(content)])[0]?.content

  it('maps images, files and documents', () => {
    const own = {
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'x' },
      citations: { enabled: true },
    }
    expect(
      parts(
        { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
        { type: 'image_url', image_url: 'https://example.com/a.png' },
        { type: 'file', file: { file_data: 'JVBERi0xLjQ=' }, citations: { enabled: true } },
        { type: 'file', file: { file_data: 'data:text/csv;base64,YSxi', filename: 't.csv' } },
        { type: 'file', file: { file_id: 'https://example.com/b.pdf' } },
        own,
      ),
    ).toEqual([
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjQ=' },
        citations: { enabled: true },
      },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a,b' }, title: 't.csv' },
      { type: 'document', source: { type: 'url', url: 'https://example.com/b.pdf' } },
      own,
    ])
  })

  it('asks for the files beta with a file id', () => {
    const { body, headers } = encode({ messages: [user([{ type: 'file', file: { file_id: 'file_01' } }])] })
    expect(body.messages).toEqual([user([{ type: 'document', source: { type: 'file', file_id: 'file_01' } }])])
    expect(headers).toEqual({ 'anthropic-beta': 'files-api-2025-04-14' })
  })

  it.each([
    ['data:image/tiff;base64,AAAA', "got 'image/tiff'"],
    ['data:image/png,AAAA', 'must be a data URI'],
    ['data:image/png;base64,', 'must be a data URI'],
    ['gs://bucket/a.png', 'must be an https: URL'],
  ])('refuses the image %s', (url, why) => {
    const message = refusal([user('x'), user([{ type: 'image_url', image_url: { url } }])])
    expect(message).toContain('messages[1].content[0]')
    expect(message).toContain(why)
  })

  it('rejects audio', () => {
    const only = [user([{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }])]
    expect(refusal(only)).toContain('does not accept audio')
    const messages = [
      user([
        { type: 'text', text: 'a' },
        { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
      ]),
    ]
    expect(refusal(messages)).toContain('messages[0].content[1]')
    const { body, warnings } = encode({ messages }, { dropParams: true })
    expect(body.messages).toEqual([{ role: 'user', content: 'a' }])
    expect(warnings).toEqual([{ type: 'dropped', param: 'messages[0].content[1]', message: expect.any(String) }])
  })

  it('puts the mark of a message on its last block', () => {
    expect(turnsOf([{ ...user('long'), cache_control: { type: 'ephemeral' } }])[0]?.content).toEqual([
      { type: 'text', text: 'long', cache_control: { type: 'ephemeral' } },
    ])
  })
})

describe('thinking in the history', () => {
  const good = { type: 'thinking', thinking: '', signature: 'EqAB' }

  it('goes first in its turn, as it came', () => {
    const redacted = { type: 'redacted_thinking', data: 'EmwK' }
    const turns = turnsOf([user(), assistant('x', { thinking_blocks: [good, redacted] }), user()])
    expect(turns[1]?.content).toEqual([good, redacted, { type: 'text', text: 'x' }])
  })

  it.each([
    [{ type: 'thinking', thinking: 'hm' }],
    [{ type: 'thinking', thinking: 'hm', signature: '' }],
    [{ type: 'thinking', thinking: 'hm', signature: 'not base64!' }],
    [{ type: 'thinking', thinking: 'hm', signature: 'CqAB' }],
    [{ type: 'thinking', thinking: 'hm', signature: 'EqAB', provider: 'gemini' }],
  ])('of another make is left out: %j', (block) => {
    const { body, warnings } = encode({ messages: [user(), assistant('x', { thinking_blocks: [block] }), user()] })
    expect((body.messages as unknown[])[1]).toEqual(assistant('x'))
    expect(warnings).toEqual([{ type: 'repaired', messageIndex: 1, message: expect.stringContaining('signature') }])
  })

  it('as text alone is left out', () => {
    const { warnings } = encode({ messages: [user(), assistant('x', { reasoning_content: 'hm' }), user()] })
    expect(warnings).toEqual([
      { type: 'repaired', messageIndex: 1, message: expect.stringContaining('reasoning_content') },
    ])
  })
})
