import { describe, expect, it } from 'vitest'
import { type Body, bodyOf, encode, models, turnsOf, warningsOf } from './helpers.js'

const user = { role: 'user', content: 'Hi' }
const call = (id: string, name = 'f', args = '{}') => ({ id, type: 'function', function: { name, arguments: args } })
const asks = (...ids: string[]) => ({ role: 'assistant', content: null, tool_calls: ids.map((id) => call(id)) })
const result = (id: string, content: unknown = 'ok', more: Body = {}) => ({
  role: 'tool',
  tool_call_id: id,
  content,
  ...more,
})
const toolResult = (toolUseId: string, text = 'ok') => ({ toolResult: { toolUseId, content: [{ text }] } })
const toolUse = (toolUseId: string, input = {}) => ({ toolUse: { toolUseId, name: 'f', input } })

describe('messages', () => {
  it('moves instructions into the first turn for models without them', () => {
    const request = {
      messages: [{ role: 'system', content: 'Be brief.' }, user],
      model: 'amazon.titan-text-express-v1',
    }
    const body = bodyOf(request)
    expect(body).not.toHaveProperty('system')
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'Be brief.' }, { text: 'Hi' }] }])
    expect(warningsOf(request)?.join()).toContain('before the first user message')
  })

  it('encodes instructions and turns', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
      user,
      { role: 'assistant', content: 'Hello' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'A' },
          { type: 'text', text: ' ' },
          { type: 'text', text: 'B' },
        ],
      },
    ]
    expect(bodyOf({ messages })).toEqual({
      system: [{ text: 'Be brief.' }, { text: 'Be kind.' }],
      messages: [
        { role: 'user', content: [{ text: 'Hi' }] },
        { role: 'assistant', content: [{ text: 'Hello' }] },
        { role: 'user', content: [{ text: 'A' }, { text: 'B' }] },
      ],
    })
  })

  it('merges neighbours, begins with the user and moves late instructions to the front', () => {
    const messages = [
      { role: 'assistant', content: 'Welcome' },
      user,
      { role: 'system', content: 'Now in French.' },
      { role: 'user', content: 'Go' },
    ]
    const { body, warnings } = encode({ messages })
    expect(body).toEqual({
      system: [{ text: 'Now in French.' }],
      messages: [
        { role: 'user', content: [{ text: 'Begin.' }] },
        { role: 'assistant', content: [{ text: 'Welcome' }] },
        { role: 'user', content: [{ text: 'Hi' }, { text: 'Go' }] },
      ],
    })
    expect(warnings?.map(({ type }) => type)).toEqual(['changed', 'repaired'])
  })

  it('puts results right after their calls, before the text of the user', () => {
    const messages = [user, asks('a', 'b'), result('b'), { role: 'user', content: 'And?' }, result('a', 'late')]
    expect(turnsOf(messages).slice(1)).toEqual([
      { role: 'assistant', content: [toolUse('a'), toolUse('b')] },
      { role: 'user', content: [toolResult('b'), toolResult('a', 'late'), { text: 'And?' }] },
    ])
    expect(warningsOf({ messages })?.join()).toContain('repaired 4 messages[4]: the tool result was moved up')
  })

  it('marks failed results if the model supports it', () => {
    const messages = [user, asks('a'), result('a', 'no such city', { is_error: true })]
    const failed = (model: string) => turnsOf(messages, model)[2]?.content[0]?.toolResult
    expect(failed(models.claude)).toHaveProperty('status', 'error')
    expect(failed(models.llama)).not.toHaveProperty('status')
    expect(warningsOf({ messages, model: models.llama })?.join()).toContain('messages[2].is_error')
  })

  it('fills empty results and encodes images, documents and JSON', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
    const pdf = { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a report.pdf' } }
    const messages = [user, asks('a', 'b'), result('a', ''), result('b', [image, pdf, { json: { a: 1 } }])]
    expect(turnsOf(messages)[2]?.content).toEqual([
      toolResult('a', '(no output)'),
      {
        toolResult: {
          toolUseId: 'b',
          content: [
            { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
            { document: { format: 'pdf', name: 'a report', source: { bytes: 'JVBERi0=' } } },
            { json: { a: 1 } },
          ],
        },
      },
    ])
  })

  it('renames foreign ids and names consistently', () => {
    const id = `call|${'x'.repeat(80)}`
    const messages = [user, { ...asks(), tool_calls: [call(id, 'my.tool')] }, result(id)]
    const { body, encodeState } = encode({
      messages,
      tools: [{ type: 'function', function: { name: 'my.tool' } }],
    })
    const [, asked, answered] = body.messages as { content: Record<string, Body>[] }[]
    const wireId = asked?.content[0]?.toolUse?.toolUseId
    expect(wireId).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(answered?.content[0]?.toolResult?.toolUseId).toBe(wireId)
    expect(asked?.content[0]?.toolUse?.name).toBe('my_tool')
    expect(encodeState).toEqual({ names: { my_tool: 'my.tool' } })
  })

  it('separates calls that share an id', () => {
    const turns = turnsOf([user, asks('call_0'), result('call_0', 'one'), asks('call_0'), result('call_0', 'two')])
    expect(turns[3]?.content[0]?.toolUse).toHaveProperty('toolUseId', 'call_0_2')
    expect(turns[4]?.content[0]).toEqual(toolResult('call_0_2', 'two'))
  })

  it.each([
    [[user, result('x')], "messages[1]' answers the tool call 'x', which no earlier assistant message makes."],
    [[user, asks('a'), result('a'), result('a')], "messages[3]' answers the tool call 'a' a second time."],
    [[user, asks('a'), user], "messages[1].tool_calls[0]' calls 'f' (a) without a result"],
    [[user, { role: 'robot', content: '' }], "messages[1]' must have the role"],
    [[{ role: 'user', content: '' }], "messages[0]' must have content"],
    [[], "messages' must be a non-empty array"],
    [
      [{ role: 'user', content: [{ type: 'hologram' }] }],
      "messages[0].content[0]' must be a part of the type text, image_url, video_url, input_audio or file; got 'hologram'",
    ],
  ])('rejects invalid histories: %#', (messages, text) => {
    expect(() => encode({ messages })).toThrow(text)
  })

  it('keeps a summary as a message and drops other foreign parts with a warning', () => {
    const content_blocks = [
      { type: 'compaction', content: 'The user has a boat.' },
      { type: 'mcp_tool_use', id: 's', name: 'search', input: {} },
    ]
    const content_parts = [{ text: 'Noted.' }, { executableCode: { code: '1' } }]
    const message = {
      role: 'assistant',
      content: 'Noted.',
      provider_specific_fields: { content_blocks, content_parts },
    }
    const { body, warnings } = encode({ messages: [message, { role: 'user', content: 'Which?' }] })
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'Summary of the conversation so far:\n\nThe user has a boat.' }] },
      { role: 'assistant', content: [{ text: 'Noted.' }] },
      { role: 'user', content: [{ text: 'Which?' }] },
    ])
    expect(warnings?.map((warning) => warning.message).join()).toMatch(/summary.*mcp_tool_use.*executableCode/)
  })

  it('continues an assistant message if the model supports it', () => {
    const messages = [user, { role: 'assistant', content: 'The answer is ' }]
    expect(turnsOf(messages)[1]).toEqual({ role: 'assistant', content: [{ text: 'The answer is' }] })
    expect(() => turnsOf(messages, 'us.anthropic.claude-opus-4-7-v1')).toThrow(
      "messages[1]' must not be an assistant message at the end",
    )
  })
})

describe('reasoning in the history', () => {
  const thinking = { type: 'thinking', thinking: 'Hm', signature: 'EqABCg==' }
  const redacted = { type: 'redacted_thinking', data: 'EqABCg==' }
  const said = (thinking_blocks: unknown[], more: Body = {}) => [
    user,
    { role: 'assistant', content: 'x', reasoning_content: 'Hm', thinking_blocks, ...more },
    user,
  ]

  it('is sent back to Claude unchanged', () => {
    expect(turnsOf(said([thinking, redacted]))[1]?.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 'EqABCg==' } } },
      { reasoningContent: { redactedContent: Buffer.from('EqABCg==').toString('base64') } },
      { text: 'x' },
    ])
  })

  it('is dropped with a warning for other models', () => {
    for (const [model, blocks] of [
      [models.nova2, [thinking]],
      [models.claude, [{ ...thinking, signature: 'gemini' }]],
      [models.claude, []],
    ] as const) {
      expect(turnsOf(said([...blocks]), model)[1]?.content).toEqual([{ text: 'x' }])
      expect(warningsOf({ messages: said([...blocks]), model })?.join()).toContain('repaired 1 messages[1]')
    }
  })

  it('and system tools keep their order, unless the caller changed the text', () => {
    const kept = [
      { toolUse: { toolUseId: 's', name: 'nova_grounding', type: 'server_tool_use', input: {} } },
      { toolResult: { toolUseId: 's', content: [{ text: '[HIDDEN]' }] } },
      { text: 'Found' },
      { citationsContent: { citations: [{ location: { web: { url: 'https://a.example' } } }] } },
      { text: '.' },
      toolUse('a'),
    ]
    const message = { ...asks('a'), content: 'Found.', provider_specific_fields: { converse_content: kept } }
    expect(turnsOf([user, message, result('a')], models.nova2)[1]?.content).toEqual(
      kept.filter((_, index) => index !== 3),
    )
    const changed = [user, { ...message, content: 'Found it.' }, result('a')]
    expect(turnsOf(changed, models.nova2)[1]?.content).toEqual([{ text: 'Found it.' }, toolUse('a')])
    expect(warningsOf({ messages: changed })?.join()).toContain('was changed after the model wrote it')
  })
})
