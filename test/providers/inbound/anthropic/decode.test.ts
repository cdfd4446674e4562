import { describe, expect, it } from 'vitest'
import {
  anthropicWire,
  decodeCountRequest,
  encodeCount,
  withoutSeals,
} from '../../../../providers/inbound/anthropic/index.js'
import type { MessagesRequest } from '../../../../providers/inbound/anthropic/wire.js'
import { seal } from '../../../../providers/inbound/seal.js'
import type { Warning } from '../../../../src/types/meta.js'

const hello = [{ role: 'user', content: 'Hello' }]

function decode(request: Partial<MessagesRequest>) {
  const warnings: Warning[] = []
  const context = { model: 'wise', created: 1, id: 'a1', warn: (warning: Warning) => warnings.push(warning) }
  const params = anthropicWire.decodeRequest({ model: 'wise', max_tokens: 64, messages: hello, ...request }, context)
  return { params, warnings }
}

const messagesOf = (messages: MessagesRequest['messages'], more: Partial<MessagesRequest> = {}) =>
  decode({ ...more, messages }).params.messages

describe('a Messages request', () => {
  it('becomes chat parameters', () => {
    const { params, warnings } = decode({
      system: 'Be brief.',
      stream: true,
      stop_sequences: ['END'],
      temperature: 0,
      top_p: 0.5,
      top_k: 40,
      metadata: { user_id: 'u-7' },
      service_tier: 'standard_only',
      thinking: { type: 'enabled', budget_tokens: 2048, display: 'summarized' },
      output_config: { effort: 'low', format: { type: 'json_schema', schema: { type: 'object' } } },
      betas: ['interleaved-thinking-2025-05-14'],
    })
    expect(params).toEqual({
      model: 'wise',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
      max_tokens: 64,
      temperature: 0,
      top_p: 0.5,
      top_k: 40,
      stop: ['END'],
      stream: true,
      stream_options: { include_usage: true },
      user: 'u-7',
      service_tier: 'default',
      thinking: { type: 'enabled', budget_tokens: 2048, display: 'summarized' },
      reasoning_effort: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
      },
    })
    expect(warnings).toEqual([])
  })

  it('accepts the older place of the output format', () => {
    const { params } = decode({ output_format: { type: 'json_schema', schema: { type: 'array' } } })
    expect(params.response_format).toMatchObject({ json_schema: { schema: { type: 'array' } } })
  })

  it.each([
    [
      { type: 'adaptive', display: 'omitted' },
      { type: 'adaptive', display: 'omitted' },
    ],
    [{ type: 'disabled' }, { type: 'disabled' }],
    [{ type: 'between_tools' }, { type: 'adaptive' }],
  ])('keeps the thinking %j', (thinking, expected) => {
    expect(decode({ thinking }).params.thinking).toEqual(expected)
  })

  it('warns of fields that other APIs do not have, and of new ones', () => {
    const { warnings } = decode({
      container: 'c1',
      context_management: { edits: [] },
      brand_new: 1,
      inference_geo: null,
    })
    expect(warnings.map((warning) => 'param' in warning && warning.param)).toEqual([
      'container',
      'context_management',
      'brand_new',
    ])
  })

  it.each([
    [
      'messages',
      { messages: [] as MessagesRequest['messages'] },
      "'messages' must be a non-empty array of messages; got an empty array.",
    ],
    [
      'a role',
      { messages: [{ role: 'tool', content: '' }] },
      "'messages[0].role' must be 'user', 'assistant' or 'system'; got 'tool'.",
    ],
    [
      'a content',
      { messages: [{ role: 'user', content: 5 }] },
      "'messages[0].content' must be a string or an array of content blocks; got 5.",
    ],
    [
      'a block',
      { messages: [{ role: 'user', content: ['x'] }] },
      "'messages[0].content[0]' must be a content block with a 'type'; got 'x'.",
    ],
    ['max_tokens', { max_tokens: 'ten' as unknown as number }, "'max_tokens' must be a number; got 'ten'."],
    ['a budget', { thinking: { type: 'enabled' } }, "'thinking.budget_tokens' must be a number; got undefined."],
    ['tools', { tools: {} }, "'tools' must be an array of tools; got an object."],
  ])('rejects %s of the wrong shape, naming the place', (_, request, message) => {
    expect(() => decode(request)).toThrow(message)
  })

  it('is counted without a limit of the answer', () => {
    const params = decodeCountRequest({ model: 'wise', messages: hello }, { model: 'wise', created: 1, id: 'a1' })
    expect(params).toEqual({ model: 'wise', messages: hello })
    expect(encodeCount(12)).toEqual({ input_tokens: 12 })
  })
})

describe('a system prompt', () => {
  it('of several texts becomes one', () => {
    const system = [
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.' },
    ]
    expect(messagesOf(hello, { system })[0]).toEqual({ role: 'system', content: 'One.\n\nTwo.' })
  })

  it('keeps its cache marks', () => {
    const system = [
      { type: 'text', text: 'One.', cache_control: { type: 'ephemeral', ttl: '1h' } },
      { type: 'text', text: 'Two.' },
    ]
    expect(messagesOf(hello, { system })[0]).toEqual({ role: 'system', content: system })
  })

  it('in the middle of a conversation stays there', () => {
    const messages = messagesOf([...hello, { role: 'system', content: 'Now in French.' }])
    expect(messages).toEqual([
      { role: 'user', content: 'Hello' },
      { role: 'system', content: 'Now in French.' },
    ])
  })
})

describe('a user turn', () => {
  const partsOf = (content: unknown[]) => messagesOf([{ role: 'user', content }])[0]?.content

  it('keeps texts, images and their marks', () => {
    const mark = { type: 'ephemeral' }
    expect(
      partsOf([
        { type: 'text', text: 'See', cache_control: mark },
        { type: 'image', source: { type: 'base64', media_type: 'image/webp', data: 'AAAA' }, cache_control: mark },
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        { type: 'image', source: { type: 'file', file_id: 'file_1' } },
      ]),
    ).toEqual([
      { type: 'text', text: 'See', cache_control: mark },
      { type: 'image_url', image_url: { url: 'data:image/webp;base64,AAAA' }, cache_control: mark },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'file', file: { file_id: 'file_1', format: 'image/png' } },
    ])
  })

  it('keeps documents with title, context and citations', () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'Facts.' }
    expect(
      partsOf([
        { type: 'document', source, title: 'Facts', context: 'old', citations: { enabled: true } },
        { type: 'document', source: { type: 'file', file_id: 'file_2' }, title: 'b.pdf' },
      ]),
    ).toEqual([
      { type: 'document', source, title: 'Facts', context: 'old', citations: { enabled: true } },
      { type: 'file', file: { file_id: 'file_2', filename: 'b.pdf' } },
    ])
  })

  it('sends search results as text', () => {
    const content = [
      { type: 'search_result', title: 'T', source: 'https://s', content: [{ type: 'text', text: 'found' }] },
    ]
    const { params, warnings } = decode({ messages: [{ role: 'user', content }] })
    expect(params.messages[0]).toEqual({ role: 'user', content: 'T\nhttps://s\n\nfound' })
    expect(warnings).toMatchObject([{ type: 'changed' }])
  })

  it('leaves out blocks without an equivalent, with a warning', () => {
    const content = [
      { type: 'text', text: 'Run it.' },
      { type: 'container_upload', file_id: 'file_3' },
    ]
    const { params, warnings } = decode({ messages: [{ role: 'user', content }] })
    expect(params.messages).toEqual([{ role: 'user', content: 'Run it.' }])
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'messages[0].content[1]' }])
  })

  it('with tool results becomes tool messages, then the rest', () => {
    const mark = { type: 'ephemeral' }
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
    const messages = messagesOf([
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: 'sunny', cache_control: mark },
          { type: 'tool_result', tool_use_id: 't2', content: [{ type: 'text', text: 'no' }], is_error: true },
          { type: 'tool_result', tool_use_id: 't3', content: [{ type: 'text', text: 'shot' }, image] },
          { type: 'tool_result', tool_use_id: 't4' },
          { type: 'text', text: 'Go on.' },
        ],
      },
    ])
    expect(messages).toEqual([
      { role: 'tool', tool_call_id: 't1', content: 'sunny', cache_control: mark },
      { role: 'tool', tool_call_id: 't2', content: 'no', is_error: true },
      {
        role: 'tool',
        tool_call_id: 't3',
        content: [
          { type: 'text', text: 'shot' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      { role: 'tool', tool_call_id: 't4', content: '' },
      { role: 'user', content: 'Go on.' },
    ])
  })
})

describe('an assistant turn', () => {
  const turn = (content: unknown) => messagesOf([{ role: 'assistant', content }])[0]

  it('keeps thinking with signatures, text and calls', () => {
    expect(
      turn([
        { type: 'thinking', thinking: 'Hm.', signature: 'EqM=' },
        { type: 'redacted_thinking', data: 'EmQ=' },
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 't1', name: 'look', input: { at: 'door' } },
      ]),
    ).toEqual({
      role: 'assistant',
      content: 'I look.',
      reasoning_content: 'Hm.',
      thinking_blocks: [
        { type: 'thinking', thinking: 'Hm.', signature: 'EqM=' },
        { type: 'redacted_thinking', data: 'EmQ=' },
      ],
      tool_calls: [{ id: 't1', type: 'function', function: { name: 'look', arguments: '{"at":"door"}' } }],
    })
  })

  it('keeps a cache mark at its end', () => {
    const mark = { type: 'ephemeral' }
    const call = { type: 'tool_use', id: 't1', name: 'look', input: {}, cache_control: mark }
    expect(turn([{ type: 'text', text: 'I look.' }, call])).toMatchObject({ content: 'I look.', cache_control: mark })
    expect(turn([{ type: 'text', text: 'Done.', cache_control: mark }])).toEqual({
      role: 'assistant',
      content: 'Done.',
      cache_control: mark,
    })
  })

  it('stores blocks that chat has no place for', () => {
    const blocks = [
      { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 's1', content: [] },
      { type: 'text', text: 'Found.', citations: [{ type: 'web_search_result_location', url: 'https://x' }] },
    ]
    expect(turn(blocks)).toEqual({
      role: 'assistant',
      content: 'Found.',
      provider_specific_fields: { content_blocks: blocks },
    })
  })

  it('gives sealed state back to its provider', () => {
    expect(
      turn([
        { type: 'thinking', thinking: 'Plan.', signature: seal({ block: { signature: 'g1', format: 'other' } }) },
        { type: 'thinking', thinking: '', signature: seal({ call: { thought_signature: 'g2' } }) },
        { type: 'tool_use', id: 't1', name: 'look', input: {} },
        { type: 'tool_use', id: 't2', name: 'look', input: {} },
        { type: 'thinking', thinking: '', signature: seal({ message: { output_items: ['ü'] } }) },
      ]),
    ).toEqual({
      role: 'assistant',
      content: null,
      reasoning_content: 'Plan.',
      thinking_blocks: [{ type: 'thinking', thinking: 'Plan.', signature: 'g1', format: 'other' }],
      tool_calls: [
        {
          id: 't1',
          type: 'function',
          function: { name: 'look', arguments: '{}' },
          provider_specific_fields: { thought_signature: 'g2' },
        },
        { id: 't2', type: 'function', function: { name: 'look', arguments: '{}' } },
      ],
      provider_specific_fields: { output_items: ['ü'] },
    })
  })
})

describe('tools', () => {
  const toolsOf = (tools: unknown[], more: Partial<MessagesRequest> = {}) => decode({ tools, ...more })

  it('become functions', () => {
    const { params, warnings } = toolsOf([
      {
        name: 'look',
        description: 'Looks.',
        input_schema: {
          $schema: 'http://json-schema.org/draft-07/schema#',
          type: 'object',
          properties: { at: { type: 'string' } },
        },
        cache_control: { type: 'ephemeral' },
        eager_input_streaming: true,
        strict: true,
      },
      { type: 'custom', name: 'wait', input_schema: { type: 'object' }, eager_input_streaming: true },
    ])
    expect(params.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'look',
          description: 'Looks.',
          parameters: { type: 'object', properties: { at: { type: 'string' } } },
          strict: true,
        },
        cache_control: { type: 'ephemeral' },
      },
      { type: 'function', function: { name: 'wait', parameters: { type: 'object', properties: {} } } },
    ])
    // one warning for both
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'tools[0].eager_input_streaming' }])
  })

  it.each([
    ['bash_20250124', 'bash', 'command'],
    ['text_editor_20250124', 'str_replace_editor', 'old_str'],
    ['text_editor_20250728', 'str_replace_based_edit_tool', 'insert_text'],
    ['memory_20250818', 'memory', 'new_path'],
    ['computer_20251124', 'computer', 'coordinate'],
  ])('of type %s, which the client runs, become functions with a schema', (type, name, property) => {
    const [tool] = toolsOf([{ type, name }]).params.tools ?? []
    expect(tool).toMatchObject({ type: 'function', function: { name, parameters: { properties: { [property]: {} } } } })
  })

  it('for web search become the portable parameter', () => {
    const { params, warnings } = toolsOf([
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 3,
        user_location: { type: 'approximate', city: 'Bern', region: null },
      },
    ])
    expect(params.tools).toBeUndefined()
    expect(params.web_search_options).toEqual({ user_location: { type: 'approximate', approximate: { city: 'Bern' } } })
    expect(warnings).toMatchObject([{ param: 'tools[0].max_uses' }])
  })

  it('that only Anthropic runs are left out with a warning', () => {
    const { params, warnings } = toolsOf([{ type: 'code_execution_20250825', name: 'code_execution' }], {
      tool_choice: { type: 'any' },
    })
    expect(params.tools).toBeUndefined()
    expect(params.tool_choice).toBeUndefined()
    expect(warnings).toMatchObject([{ param: 'tools[0]' }, { type: 'dropped', param: 'tool_choice' }])
  })

  const look = { name: 'look', input_schema: { type: 'object' } }
  it.each([
    [{ type: 'auto' }, { tool_choice: 'auto' }],
    [
      { type: 'any', disable_parallel_tool_use: true },
      { tool_choice: 'required', parallel_tool_calls: false },
    ],
    [{ type: 'tool', name: 'look' }, { tool_choice: { type: 'function', function: { name: 'look' } } }],
    [{ type: 'none' }, { tool_choice: 'none' }],
  ])('are chosen by %j', (tool_choice, expected) => {
    expect(toolsOf([look], { tool_choice }).params).toMatchObject(expected)
  })
})

describe('a request to Anthropic itself', () => {
  it('goes without sealed thinking', () => {
    const request: MessagesRequest = {
      model: 'wise',
      max_tokens: 1,
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: seal({}) }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'own', signature: 'EqM=' },
            { type: 'thinking', thinking: 'x', signature: seal({}) },
            { type: 'text', text: 'Ho' },
          ],
        },
      ],
    }
    expect(withoutSeals(request).messages).toEqual([
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'own', signature: 'EqM=' },
          { type: 'text', text: 'Ho' },
        ],
      },
    ])
  })

  it('stays the same object if nothing is sealed', () => {
    const request = { model: 'wise', max_tokens: 1, messages: hello }
    expect(withoutSeals(request)).toBe(request)
  })
})
