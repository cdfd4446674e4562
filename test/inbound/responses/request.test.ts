import { describe, expect, it } from 'vitest'
import type { InboundContext } from '../../../providers/inbound/contract.js'
import { responsesWire, withoutBridgedReasoning } from '../../../providers/inbound/responses/index.js'
import { BadRequestError } from '../../../src/errors.js'
import type { Warning } from '../../../src/types/meta.js'
import type { ResponsesParams } from '../../../src/types/responses.js'

/** Decodes a request. Fields are those of the wire, which has more than our types. */
function decode(request: Record<string, unknown>, more: Pick<InboundContext, 'webSearch'> = {}) {
  const warnings: Warning[] = []
  const context = { model: 'm', created: 1, id: 'abc', warn: (warning: Warning) => warnings.push(warning), ...more }
  const chat = responsesWire.decodeRequest({ model: 'm', ...request } as unknown as ResponsesParams, context)
  return { ...chat, warnings: warnings.map((warning) => ('param' in warning ? warning.param : warning.type)) }
}

const call = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'read', arguments: '{"path":"a"}' }
const result = { type: 'function_call_output', call_id: 'c1', output: 'text of a' }

describe('input of a Responses request', () => {
  it('becomes a user message if it is a string', () => {
    expect(decode({ input: 'Hello', instructions: 'Be brief' }).messages).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'Hello' },
    ])
  })

  it('keeps roles, texts, images, files and audio', () => {
    const { messages, warnings } = decode({
      input: [
        {
          role: 'developer',
          content: [
            { type: 'input_text', text: 'one' },
            { type: 'input_text', text: 'two' },
          ],
        },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'Look' },
            { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,BBBB', filename: 'a.pdf' },
            { type: 'input_file', file_url: 'https://example.com/b.pdf' },
            { type: 'input_audio', input_audio: { data: 'CCCC', format: 'wav' } },
          ],
          internal_chat_message_metadata_passthrough: { turn_id: 't' },
        },
      ],
    })
    expect(messages).toEqual([
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,BBBB', filename: 'a.pdf' } },
          { type: 'file', file: { file_id: 'https://example.com/b.pdf' } },
          { type: 'input_audio', input_audio: { data: 'CCCC', format: 'wav' } },
        ],
      },
    ])
    expect(warnings).toEqual([])
  })

  it('joins reasoning, text and calls of one turn, and puts results after their calls', () => {
    const second = { ...call, id: 'fc_2', call_id: 'c2', name: 'list', arguments: '' }
    const { messages } = decode({
      input: [
        { role: 'user', content: 'Read a' },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'I think.' }], content: null },
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'I will look.', annotations: [] }],
        },
        call,
        second,
        { role: 'user', content: 'Hurry' },
        { ...result, call_id: 'c2', output: [{ type: 'input_text', text: 'a b' }] },
        result,
      ],
    })
    expect(messages).toEqual([
      { role: 'user', content: 'Read a' },
      {
        role: 'assistant',
        content: 'I will look.',
        reasoning_content: 'I think.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } },
          { id: 'c2', type: 'function', function: { name: 'list', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c2', content: 'a b' },
      { role: 'tool', tool_call_id: 'c1', content: 'text of a' },
      { role: 'user', content: 'Hurry' },
    ])
  })

  it('has two turns if a result is between them', () => {
    const roles = decode({
      input: [{ role: 'user', content: 'Hi' }, call, result, { ...call, call_id: 'c2' }, { ...result, call_id: 'c2' }],
    }).messages.map(({ role }) => role)
    expect(roles).toEqual(['user', 'assistant', 'tool', 'assistant', 'tool'])
  })

  it('keeps images in the result of a tool', () => {
    const output = [
      { type: 'input_text', text: 'A picture' },
      { type: 'input_image', image_url: 'https://example.com/a.png' },
    ]
    expect(
      decode({
        input: ['Hi', call]
          .map((item) => (item === 'Hi' ? { role: 'user', content: 'Hi' } : item))
          .concat([{ ...result, output } as never]),
      }).messages[2],
    ).toEqual({
      role: 'tool',
      tool_call_id: 'c1',
      content: [
        { type: 'text', text: 'A picture' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      ],
    })
  })

  it('turns calls of custom tools and of a shell into calls of functions', () => {
    const { messages } = decode({
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'custom_tool_call', call_id: 'c1', name: 'apply_patch', input: '*** Begin "Patch"' },
        { type: 'custom_tool_call_output', call_id: 'c1', output: 'done' },
        { type: 'local_shell_call', id: 'l', call_id: 'c2', status: 'completed', action: { command: ['ls'] } },
        { type: 'local_shell_call_output', id: 'o', call_id: 'c2', output: 'a.txt' },
      ],
    })
    expect(messages.slice(1)).toMatchObject([
      {
        tool_calls: [
          {
            function: {
              name: 'apply_patch',
              arguments: '{"input":"*** Begin "Patch""}'.replaceAll('"Patch"', '\\"Patch\\"'),
            },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'done' },
      { tool_calls: [{ function: { name: 'local_shell', arguments: '{"command":["ls"]}' } }] },
      { role: 'tool', tool_call_id: 'c2', content: 'a.txt' },
    ])
  })

  it('drops items of tools that the API ran, with a warning', () => {
    const { messages, warnings } = decode({
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } },
        { type: 'code_interpreter_call', id: 'ci_1', code: '1', outputs: null },
        { type: 'tool_search_call', call_id: null, execution: 'server', arguments: {} },
        { type: 'from_the_future', id: 'f' },
        { type: 'item_reference', id: 'rs_gone' },
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAA' },
        { role: 'assistant', content: 'Hello' },
      ],
    })
    expect(messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ])
    expect(warnings).toEqual(['input[1]', 'input[2]', 'input[3]', 'input[4]', 'input[5]', 'input[6].encrypted_content'])
  })

  it('names the item that the answer would be wrong without', () => {
    const hello = { role: 'user', content: 'Hi' }
    const refused: [unknown[] | unknown, RegExp][] = [
      [[hello, { type: 'item_reference', id: 'msg_gone' }], /^'input\[1\]' refers to the unknown item 'msg_gone'/],
      [[hello, result], /^'input\[1\]' must answer a call of the input; got the call_id 'c1'/],
      [[hello, { type: 'compaction', encrypted_content: 'x' }], /^'input\[1\]' is a compaction of another API/],
      [[hello, { ...call, name: undefined }], /^'input\[1\].name' must be a string/],
      [
        [{ role: 'robot', content: 'x' }],
        /^'input\[0\].role' must be user, assistant, system or developer; got 'robot'/,
      ],
      [[{ role: 'user', content: 7 }], /^'input\[0\].content' must be a string or an array of parts; got number/],
      [[{ role: 'user', content: [{ type: 'input_image' }] }], /^'input\[0\].content\[0\]' must have 'image_url'/],
      [[], /^'input' must be a string or a non-empty array/],
      [7, /^'input' must be a string or an array of items; got number/],
    ]
    for (const [input, message] of refused) {
      expect(() => decode({ input }), String(message)).toThrow(message)
      expect(() => decode({ input })).toThrow(BadRequestError)
    }
  })
})

describe('parameters of a Responses request', () => {
  it('become those of chat', () => {
    const {
      messages: _,
      warnings,
      ...chat
    } = decode({
      input: 'Hi',
      max_output_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      reasoning: { effort: 'low', summary: 'auto' },
      text: {
        verbosity: 'low',
        format: { type: 'json_schema', name: 'city', schema: { type: 'object' }, strict: true, description: null },
      },
      top_logprobs: 2,
      include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
      metadata: { team: 'a' },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      safety_identifier: 's',
      store: false,
      stream: true,
      parallel_tool_calls: false,
      client_metadata: { a: 1 },
      truncation: 'disabled',
      background: false,
      previous_response_id: null,
    })
    expect(chat).toEqual({
      model: 'm',
      max_completion_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      reasoning_effort: 'low',
      verbosity: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'city', schema: { type: 'object' }, strict: true },
      },
      top_logprobs: 2,
      logprobs: true,
      metadata: { team: 'a' },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      safety_identifier: 's',
      stream: true,
    })
    expect(warnings).toEqual([])
  })

  it('are dropped with a warning if chat has none', () => {
    const { warnings } = decode({
      input: 'Hi',
      truncation: 'auto',
      max_tool_calls: 3,
      include: ['web_search_call.action.sources'],
      from_the_future: 1,
    })
    expect(warnings).toEqual(['truncation', 'max_tool_calls', 'include', 'from_the_future'])
  })

  it('are refused if the answer would be wrong without them', () => {
    for (const [name, value] of [
      ['background', true],
      ['prompt', { id: 'p' }],
      ['conversation', 'conv_1'],
      ['previous_response_id', 'resp_gone'],
    ] as const) {
      expect(() => decode({ input: 'Hi', [name]: value }), name).toThrow(new RegExp(`^'${name}' must be`))
    }
  })
})

describe('tools of a Responses request', () => {
  const read = { type: 'function', name: 'read', description: 'Reads', parameters: { type: 'object' }, strict: null }
  const namespace = {
    type: 'namespace',
    name: 'agents',
    description: 'Agents that work in parallel.',
    tools: [
      { type: 'function', name: 'spawn', description: 'Starts one', parameters: { type: 'object' }, strict: true },
      { type: 'function', name: 'read', parameters: { type: 'object' } },
    ],
  }
  const nameOf = (tool: unknown) => (tool as { function: { name: string } }).function.name

  it('become functions under flat names', () => {
    const { tools, tool_choice } = decode({
      input: 'Hi',
      tools: [namespace, read],
      tool_choice: { type: 'function', name: 'spawn', namespace: 'agents' },
    })
    expect(tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'agents__spawn',
          description: 'Agents that work in parallel.\n\nStarts one',
          parameters: { type: 'object', properties: {} },
          strict: true,
        },
      },
      { type: 'function', function: { name: 'agents__read', parameters: { type: 'object', properties: {} } } },
      {
        type: 'function',
        function: { name: 'read', description: 'Reads', parameters: { type: 'object', properties: {} } },
      },
    ])
    expect(tool_choice).toEqual({ type: 'function', function: { name: 'agents__spawn' } })
  })

  it('never get the flat name of another tool', () => {
    const { tools } = decode({ input: 'Hi', tools: [namespace, { ...read, name: 'agents__spawn' }] })
    expect(tools?.map(nameOf)).toEqual(['agents__spawn_2', 'agents__read', 'agents__spawn'])
  })

  it('have a text parameter if they are custom', () => {
    const { tools } = decode({
      input: 'Hi',
      tools: [
        {
          type: 'custom',
          name: 'patch',
          description: 'Edits',
          format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
        },
      ],
      tool_choice: { type: 'custom', name: 'patch' },
    })
    expect(tools).toMatchObject([
      {
        type: 'function',
        function: {
          name: 'patch',
          description: `Edits\n\n'input' must match this lark grammar:\nstart: "x"`,
          parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
        },
      },
    ])
  })

  it('include those that were loaded during the conversation', () => {
    const { tools } = decode({
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'tool_search_output', call_id: null, tools: [read, read] },
        { type: 'additional_tools', role: 'developer', tools: [{ ...read, name: 'write' }] },
      ],
      tools: [{ type: 'tool_search' }],
    })
    expect(tools?.map(nameOf)).toEqual(['read', 'write'])
  })

  it('of the API are dropped with a warning, but for a web search that the model has', () => {
    const tools = [
      { type: 'web_search', search_context_size: 'low', user_location: { type: 'approximate', city: 'Rome' } },
      { type: 'image_generation' },
    ]
    expect(decode({ input: 'Hi', tools, tool_choice: 'auto' })).toMatchObject({
      warnings: ['tools (web_search)', 'tools (image_generation)'],
    })
    expect(decode({ input: 'Hi', tools })).not.toHaveProperty('tools')
    expect(decode({ input: 'Hi', tools, tool_choice: 'auto' })).not.toHaveProperty('tool_choice')
    expect(decode({ input: 'Hi', tools }, { webSearch: 'beside functions' })).toMatchObject({
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { city: 'Rome' } },
      },
      warnings: ['tools (image_generation)'],
    })
    const beside = [...tools, read]
    expect(decode({ input: 'Hi', tools }, { webSearch: 'alone' })).toHaveProperty('web_search_options')
    expect(decode({ input: 'Hi', tools: beside }, { webSearch: 'alone' })).not.toHaveProperty('web_search_options')
    const cached = [{ type: 'web_search', external_web_access: false }]
    expect(decode({ input: 'Hi', tools: cached }, { webSearch: 'beside functions' }).warnings).toEqual([
      'tools (web_search)',
    ])
  })

  it('are chosen in every form', () => {
    const choose = (tool_choice: unknown) => decode({ input: 'Hi', tools: [read], tool_choice })
    expect(choose('required').tool_choice).toBe('required')
    expect(choose({ type: 'function', name: 'read' }).tool_choice).toEqual({
      type: 'function',
      function: { name: 'read' },
    })
    const allowed = {
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'read' }, { type: 'mcp' }],
    }
    expect(choose(allowed).tool_choice).toEqual({
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'read' } }] },
    })
    expect(choose({ type: 'web_search_preview' })).toMatchObject({ warnings: ['tool_choice'] })
    expect(choose({ type: 'web_search_preview' })).not.toHaveProperty('tool_choice')
  })
})

describe('a request for a host with a Responses API', () => {
  it('loses the reasoning of bridged answers only', () => {
    const theirs = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' }
    const ours = { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'llmux1.e30=' }
    const hello = { role: 'user' as const, content: 'Hi' }
    expect(withoutBridgedReasoning({ model: 'm', input: [hello, ours, theirs] }).input).toEqual([hello, theirs])
    const untouched = { model: 'm', input: [hello, theirs] }
    expect(withoutBridgedReasoning(untouched)).toBe(untouched)
  })
})
