import { describe, expect, it } from 'vitest'
import { LLMError } from '../../../src/index.js'
import { bodyOf, encode } from './helpers.js'

describe('a chat request as a Responses request', () => {
  it('names the parameters as that API does', () => {
    expect(
      bodyOf({
        max_tokens: 100,
        reasoning_effort: 'high',
        verbosity: 'low',
        parallel_tool_calls: false,
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } },
        user: 'u',
        stream: true,
        stream_options: { include_usage: true },
      }),
    ).toEqual({
      model: 'gpt-5-codex',
      input: [{ role: 'user', content: 'Hello' }],
      store: false,
      max_output_tokens: 100,
      reasoning: { effort: 'high' },
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'x', schema: { type: 'object' }, strict: true } },
      parallel_tool_calls: false,
      user: 'u',
      stream: true,
      include: ['reasoning.encrypted_content'],
    })
  })

  it('asks models that do not reason for no encrypted reasoning', () => {
    expect(bodyOf({}, { model: 'gpt-4o' })).not.toHaveProperty('include')
  })

  it('keeps the summary that is asked for, beside the effort', () => {
    const params = { reasoning_effort: 'low', reasoning: { summary: 'auto' } }
    expect(bodyOf(params).reasoning).toEqual({ effort: 'low', summary: 'auto' })
  })

  it("translates Anthropic's thinking to an effort", () => {
    const { body, warnings } = encode({ thinking: { type: 'enabled', budget_tokens: 2048, display: 'summarized' } })
    expect(body.reasoning).toEqual({ effort: 'low', summary: 'auto' })
    expect(warnings).toMatchObject([{ type: 'changed', param: 'thinking' }])
  })

  it('flattens tools and their choice, and keeps them as lax as they are in chat', () => {
    const body = bodyOf({
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object', properties: {} } } },
        {
          type: 'custom',
          custom: { name: 'c', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
        },
        { type: 'web_search' },
      ],
      tool_choice: { type: 'function', function: { name: 'f' } },
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { city: 'Rome' } },
      },
    })
    expect(body.tools).toEqual([
      { type: 'function', name: 'f', description: 'd', parameters: { type: 'object', properties: {} }, strict: false },
      { type: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
      { type: 'web_search' },
      { type: 'web_search', search_context_size: 'low', user_location: { type: 'approximate', city: 'Rome' } },
    ])
    expect(body.tool_choice).toEqual({ type: 'function', name: 'f' })
  })

  it('names every parameter without a counterpart, or leaves it out with a warning', () => {
    const params = {
      n: 2,
      seed: 1,
      logit_bias: { 1: 2 },
      presence_penalty: 1,
      temperature: 0.5,
      background: true,
    }
    try {
      encode(params, { model: 'o1-pro' })
      expect.unreachable()
    } catch (error) {
      if (!LLMError.is(error) || error.code !== 'unsupported_params') throw error
      expect(error.params.toSorted()).toEqual([
        'background',
        'logit_bias',
        'n',
        'presence_penalty',
        'seed',
        'temperature',
      ])
    }
    const { body, warnings } = encode(params, { model: 'o1-pro', dropParams: true })
    expect(Object.keys(body).toSorted()).toEqual(['include', 'input', 'model', 'store'])
    expect(warnings).toHaveLength(6)
  })

  it('passes unknown parameters', () => {
    expect(bodyOf({ previous_response_id: 'resp_1', truncation: 'auto' } as object)).toMatchObject({
      previous_response_id: 'resp_1',
      truncation: 'auto',
    })
  })

  it('has a place for images, files and documents', () => {
    const { input } = bodyOf({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==' } },
            { type: 'file', file: { file_id: 'file_1' } },
            { type: 'file', file: { file_id: 'https://example.com/a.pdf' } },
            { type: 'document', source: { type: 'text', data: 'words' } },
          ],
        },
      ],
    })
    expect(input).toEqual([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' },
          { type: 'input_file', filename: 'file.pdf', file_data: 'data:application/pdf;base64,AA==' },
          { type: 'input_file', file_id: 'file_1' },
          { type: 'input_file', file_url: 'https://example.com/a.pdf' },
          { type: 'input_text', text: 'words' },
        ],
      },
    ])
  })

  it('refuses audio with the place', () => {
    const part = { type: 'input_audio' as const, input_audio: { data: '', format: 'wav' } }
    expect(() => bodyOf({ messages: [{ role: 'user', content: [part] }] })).toThrow(
      /messages\[0\]\.content\[0\].*no audio/,
    )
  })

  it('contains tool calls and their results, of custom tools too', () => {
    const { input } = bodyOf({
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'Go' },
        {
          role: 'assistant',
          content: 'Well.',
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
            { id: 'b', type: 'custom', custom: { name: 'c', input: 'x' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'image_url', image_url: 'https://example.com/a.png' }] },
        { role: 'tool', tool_call_id: 'b', content: 'done' },
      ],
    })
    expect(input).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: 'Well.' },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'b', name: 'c', input: 'x' },
      {
        type: 'function_call_output',
        call_id: 'a',
        output: [{ type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' }],
      },
      { type: 'custom_tool_call_output', call_id: 'b', output: 'done' },
    ])
  })

  it('refuses a history whose calls have no results', () => {
    const call = { id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
    expect(() => bodyOf({ messages: [{ role: 'assistant', tool_calls: [call] }] })).toThrow(/'a' has no result/)
  })

  it('does not change its input', () => {
    const params = {
      messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'x' }] }],
      tools: [{ type: 'function' as const, function: { name: 'f' } }],
      reasoning_effort: 'low',
    }
    const before = structuredClone(params)
    bodyOf(params)
    expect(params).toEqual(before)
  })
})

describe('an earlier answer in the history', () => {
  const items = [
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'secret', status: 'completed' },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hi' }],
    },
  ]
  const turn = (content: string, kept: object) => ({
    messages: [
      {
        role: 'assistant' as const,
        content,
        provider_specific_fields: { output_items_of: 'openai', output_items: items, ...kept },
      },
      { role: 'user' as const, content: 'Go on' },
    ],
  })
  const derived = [
    { role: 'assistant', content: 'Hi' },
    { role: 'user', content: 'Go on' },
  ]

  it('goes back as it came, with its encrypted reasoning', () => {
    const [{ status: _, ...reasoning } = { status: '' }, message] = items
    expect(bodyOf(turn('Hi', {})).input).toEqual([reasoning, message, { role: 'user', content: 'Go on' }])
  })

  it('is rebuilt if the caller has changed it, or another provider wrote it', () => {
    expect(bodyOf(turn('Ho', {})).input).toEqual([{ role: 'assistant', content: 'Ho' }, derived[1]])
    expect(bodyOf(turn('Hi', { output_items_of: 'xai' })).input).toEqual(derived)
  })

  it('is rebuilt if its reasoning is unreadable, unless the provider has stored it', () => {
    const bare = { output_items: [{ type: 'reasoning', id: 'rs_1', summary: [] }, items[1]] }
    expect(bodyOf(turn('Hi', bare)).input).toEqual(derived)
    expect(bodyOf({ ...turn('Hi', bare), store: true }).input).toEqual([...bare.output_items, derived[1]])
  })
})

describe('a request for a model with rules', () => {
  const marked = (mark: object) =>
    [{ role: 'user' as const, content: [{ type: 'text', text: 'long', ...mark }] }] as never
  const breakpoint = { prompt_cache_breakpoint: { mode: 'explicit' } }

  it('keeps breakpoints of the prompt cache, and turns marks of Anthropic into them', () => {
    const expected = [{ role: 'user', content: [{ type: 'input_text', text: 'long', ...breakpoint }] }]
    expect(bodyOf({ messages: marked(breakpoint) }, { model: 'gpt-6-sol' }).input).toEqual(expected)
    expect(
      bodyOf({ messages: marked({ cache_control: { type: 'ephemeral' } }) }, { model: 'gpt-6-sol' }).input,
    ).toEqual(expected)
  })

  it('leaves marks out with a warning if the model has none', () => {
    const { body, warnings } = encode(
      { messages: marked({ cache_control: { type: 'ephemeral' } }) },
      { model: 'gpt-5' },
    )
    expect(body.input).toEqual([{ role: 'user', content: [{ type: 'input_text', text: 'long' }] }])
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'cache_control' }])
  })

  it('raises a limit below 16, the least of the API', () => {
    const { body, warnings } = encode({ max_completion_tokens: 1 }, { model: 'gpt-4.1' })
    expect(body.max_output_tokens).toBe(16)
    expect(warnings).toMatchObject([{ type: 'changed', param: 'max_completion_tokens' }])
    expect(bodyOf({ max_tokens: 16 }, { model: 'gpt-4.1' }).max_output_tokens).toBe(16)
  })

  it('keeps efforts that only this API has', () => {
    expect(bodyOf({ reasoning_effort: 'max' as never }, { model: 'gpt-6.1-sol' }).reasoning).toEqual({ effort: 'max' })
    expect(bodyOf({ reasoning_effort: 'max' as never }, { model: 'gpt-5.5' }).reasoning).toEqual({ effort: 'xhigh' })
    expect(() => encode({ reasoning_effort: 'none' }, { model: 'gpt-6.1-sol' })).toThrow(/always reasons/)
  })

  it('refuses sampling parameters like Chat Completions', () => {
    expect(() => encode({ temperature: 0.5 }, { model: 'gpt-6.1-sol' })).toThrow(/temperature/)
    expect(bodyOf({ temperature: 0.5, reasoning_effort: 'none' }, { model: 'gpt-6-luna' }).temperature).toBe(0.5)
  })

  it('follows baseModel', () => {
    expect(() => encode({ temperature: 0.5 }, { model: 'mine', baseModel: 'azure/gpt-6.1-sol' })).toThrow(/temperature/)
  })

  it('gives tools names that OpenAI accepts, in the history too', () => {
    const call = { id: 'call_1', type: 'function' as const, function: { name: 'fs.read', arguments: '' } }
    const { body, encodeState } = encode({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: 'text' },
      ],
      tools: [{ type: 'function', function: { name: 'fs.read', parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name: 'fs.read' } },
    })
    expect(body).toMatchObject({
      tools: [{ name: 'fs_read' }],
      tool_choice: { name: 'fs_read' },
      input: [{}, { type: 'function_call', name: 'fs_read', arguments: '{}' }, {}],
    })
    expect(encodeState).toMatchObject({ names: { fs_read: 'fs.read' } })
  })
})
