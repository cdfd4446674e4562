import { describe, expect, it } from 'vitest'
import { assemble, chunksOf, decode, encode, eventsOf, turnsOf } from './helpers.js'

const answer = (more: object) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5',
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 2 },
  ...more,
})

const tool = (parameters: object, more: object = {}) => ({
  type: 'function',
  function: { name: 'f', parameters, ...more },
})

describe('parameters of 2026', () => {
  it.each([
    ['compaction', { instructions: 'Short' }, 'compact-2026-09-04'],
    ['thread', { id: 'thread_1' }, 'message-threads-2026-08-12'],
    ['fallback_credit_token', 'credit_1', 'fallback-credit-2026-07-01'],
    ['billing_policy', { type: 'user_profile' }, 'user-profiles-billing-2026-10-01'],
    ['container', { skills: [{ type: 'anthropic', skill_id: 'pptx' }] }, 'skills-2025-10-02'],
  ])('%s is sent with its beta flag', (name, value, flag) => {
    const { body, headers } = encode({ [name]: value })
    expect(body).toHaveProperty(name, value)
    expect(headers).toEqual({ 'anthropic-beta': flag })
  })

  it('sends workspace and user profile as headers', () => {
    const { body, headers } = encode({ workspace_id: 'wrkspc_1', user_profile_id: 'up_1' })
    expect(headers).toEqual({ 'anthropic-workspace-id': 'wrkspc_1', 'anthropic-user-profile-id': 'up_1' })
    expect(body).not.toHaveProperty('workspace_id')
    expect(body).not.toHaveProperty('user_profile_id')
  })

  it("drops OpenAI's cache options with a warning, and rejects its moderation", () => {
    const { body, warnings } = encode({ prompt_cache_options: { mode: 'explicit' } })
    expect(body).not.toHaveProperty('prompt_cache_options')
    expect(warnings).toEqual([expect.objectContaining({ type: 'dropped', param: 'prompt_cache_options' })])
    expect(() => encode({ moderation: { mode: 'block' } })).toThrow(/moderation/)
  })

  it.each([
    [{ mode: 'explicit' }, { type: 'ephemeral' }],
    [{ mode: 'explicit', ttl: '30m' }, { type: 'ephemeral' }],
    [
      { mode: 'explicit', ttl: '12h' },
      { type: 'ephemeral', ttl: '1h' },
    ],
  ])('turns the cache breakpoint %j into cache_control', (breakpoint, cache_control) => {
    const content = [
      { type: 'text', text: 'A long text', prompt_cache_breakpoint: breakpoint },
      { type: 'text', text: 'A question', prompt_cache_breakpoint: null },
    ]
    expect(turnsOf([{ role: 'user', content }])[0]?.content).toEqual([
      { type: 'text', text: 'A long text', cache_control },
      { type: 'text', text: 'A question' },
    ])
  })

  it('follows the model behind an opaque name', () => {
    const request = { model: 'my-claude', temperature: 0.5 }
    const { body } = encode(request, { baseModel: 'claude-opus-4-8', dropParams: true })
    expect(body).not.toHaveProperty('temperature')
  })
})

describe('the schema of a tool', () => {
  const byId = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }
  const byText = {
    type: 'object',
    properties: { query: { type: 'string' }, id: { type: 'number' } },
    required: ['query'],
  }

  it.each(['anyOf', 'oneOf'])('has the branches of %s at its root merged', (name) => {
    const { body, warnings } = encode({ tools: [tool({ type: 'object', [name]: [byId, byText] })] })
    expect(body).toHaveProperty('tools.0.input_schema', {
      type: 'object',
      properties: { id: { anyOf: [{ type: 'string' }, { type: 'number' }] }, query: { type: 'string' } },
      description: 'Give the fields of one of these alternatives: id; query, id (optional).',
    })
    expect(warnings).toEqual([expect.objectContaining({ type: 'changed', param: 'tools[0].function.parameters' })])
  })

  it('requires the properties of all branches of allOf, and resolves references', () => {
    const parameters = { allOf: [byId, { $ref: '#/$defs/byText' }], $defs: { byText } }
    expect(encode({ tools: [tool(parameters)] }).body).toHaveProperty('tools.0.input_schema.required', ['id', 'query'])
  })

  it('joins the discriminators of a union', () => {
    const branch = (kind: string) => ({ type: 'object', properties: { kind: { const: kind } }, required: ['kind'] })
    const { body } = encode({ tools: [tool({ oneOf: [branch('a'), branch('b')] })] })
    expect(body).toHaveProperty('tools.0.input_schema.properties', { kind: { enum: ['a', 'b'] } })
    expect(body).toHaveProperty('tools.0.input_schema.required', ['kind'])
  })

  it('must be an object', () => {
    expect(() => encode({ tools: [tool([])] })).toThrow(/tools\[0\]\.function\.parameters.*an empty array/)
  })

  it('is not strict with maps, tuples and recursion', () => {
    for (const property of [
      { type: 'object', additionalProperties: { type: 'number' } },
      { type: 'array', prefixItems: [{ type: 'string' }], items: false },
      { $ref: '#' },
    ]) {
      const parameters = { type: 'object', properties: { p: property }, required: ['p'], additionalProperties: false }
      const { body, warnings } = encode({ tools: [tool(parameters, { strict: true })] })
      expect(body).toHaveProperty('tools.0.input_schema.properties.p', property)
      expect(body).not.toHaveProperty('tools.0.strict')
      expect(warnings).toEqual([expect.objectContaining({ param: 'tools[0].function.strict' })])
    }
  })
})

describe('response_format', () => {
  const map = { type: 'object', additionalProperties: { type: 'number' } }
  const tuple = { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false }
  it.each([
    ['a map', map],
    ['a tuple', tuple],
    ['a recursive schema', { $ref: '#' }],
  ])('with %s is sent as a tool, whose schema is unchanged', (_, property) => {
    const schema = { type: 'object', properties: { p: property }, required: ['p'], additionalProperties: false }
    const { body } = encode({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })
    expect(body).not.toHaveProperty('output_config')
    expect(body).toHaveProperty('tools.0.input_schema', schema)
  })
})

describe('usage', () => {
  it('counts cache writes by lifetime', () => {
    const cache_creation = { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 2, ephemeral_12h_input_tokens: 3 }
    const usage = { input_tokens: 3, output_tokens: 2, cache_creation_input_tokens: 6, cache_creation }
    expect(decode(answer({ usage })).usage?.prompt_tokens_details).toEqual({
      cache_creation_tokens: 6,
      cache_creation_token_details: cache_creation,
    })
  })

  it('preserves unknown counters, and ignores malformed ones', () => {
    const usage = { input_tokens: 3, output_tokens: 2, iterations: 5, cache_creation: 'x', new_tokens: 4 }
    const whole = decode(answer({ usage }))
    expect(whole.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 2 })
    expect(whole.provider_specific_fields).toEqual({ usage: { new_tokens: 4 } })
  })
})

describe('malformed answers', () => {
  it.each([
    { id: 5, model: {} },
    { stop_reason: 7 },
    { stop_reason: 'refusal', stop_details: 'no' },
    { usage: 'many' },
    { content: [null, 5, 'x', { type: 5 }, { type: 'text' }, { type: 'tool_use' }] },
  ])('are read as far as possible: %j', (more) => {
    const { id, model, choices } = decode(answer(more))
    expect([typeof id, typeof model, choices.length]).toEqual(['string', 'string', 1])
  })

  it.each(['__proto__', 'constructor', -1, 1.5, null])('a stream may index blocks by %j', (index) => {
    const events = [
      { type: 'message_start', message: answer({ content: [] }) },
      { type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: 'x' } },
      { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'content_block_delta', index, delta: 'text_delta' },
      { type: 'content_block_delta', index, delta: { type: 'text_delta', text: 5 } },
      { type: 'content_block_stop', index },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: 'many' },
      { type: 'message_stop' },
    ]
    const { chunks } = chunksOf(events)
    expect(assemble(chunks).choices[0]?.message.content).toBe('Hi')
    expect('text' in Array.prototype || 'block' in Array.prototype).toBe(false)
  })
})

describe('an unknown block', () => {
  it('is kept whole and streamed, and goes back', () => {
    const content = [
      { type: 'text', text: 'Hi' },
      { type: 'hologram', data: { x: 1 } },
    ]
    const message = answer({ content })
    const whole = decode(message)
    expect(assemble(chunksOf(eventsOf(message)).chunks)).toEqual(whole)
    const history = [{ role: 'user', content: 'q' }, whole.choices[0]?.message, { role: 'user', content: 'r' }]
    expect(turnsOf(history)[1]?.content).toEqual(content)
  })
})

describe('thinking without a signature', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
  const history = (message: object) => [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: null, tool_calls: [call], ...message },
    { role: 'tool', tool_call_id: 'c', content: '1' },
  ]
  const thinking = { type: 'thinking', thinking: 'Use it.' }
  const first = (message: object, model: string, ownHost: boolean) => {
    const { messages } = encode({ messages: history(message), model }, { ownHost }).body as {
      messages: { content: { type: string }[] }[]
    }
    return messages[1]?.content[0]
  }

  it('goes back to a self-hosted server of another model', () => {
    expect(first({ thinking_blocks: [thinking] }, 'gpt-oss:20b', false)).toEqual(thinking)
    expect(first({ reasoning_content: 'Use it.' }, 'gpt-oss:20b', false)).toEqual(thinking)
  })

  it('is removed at Anthropic, and at a proxy of Claude', () => {
    expect(first({ thinking_blocks: [thinking] }, 'gpt-oss:20b', true)?.type).toBe('tool_use')
    expect(first({ thinking_blocks: [thinking] }, 'claude-sonnet-4-5', false)?.type).toBe('tool_use')
  })
})
