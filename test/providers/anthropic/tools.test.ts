import { describe, expect, it } from 'vitest'
import { UnsupportedParamsError } from '../../../src/errors.js'
import { assemble, bodyOf, chunksOf, decode, encode, eventsOf } from './helpers.js'

const tool = (name: string, more: object = {}) => ({ type: 'function', function: { name, ...more } })

describe('tools', () => {
  it('without parameters take an empty object', () => {
    expect(bodyOf({ tools: [tool('f'), tool('g', { parameters: { properties: { a: {} } } })] }).tools).toEqual([
      { name: 'f', input_schema: { type: 'object', properties: {} } },
      { name: 'g', input_schema: { type: 'object', properties: { a: {} } } },
    ])
  })

  it('keep their cache mark and the settings that are Anthropic’s own', () => {
    const given = { ...tool('f'), cache_control: { type: 'ephemeral' }, defer_loading: true }
    expect(bodyOf({ tools: [given] }).tools).toEqual([
      {
        name: 'f',
        input_schema: { type: 'object', properties: {} },
        cache_control: { type: 'ephemeral' },
        defer_loading: true,
      },
    ])
  })

  it('of Anthropic pass as they are, with their beta flag', () => {
    const computer = { type: 'computer_20250124', name: 'computer', display_width_px: 1, display_height_px: 1 }
    const search = { type: 'web_search_20250305', name: 'web_search' }
    const { body, headers } = encode({ tools: [computer, search] })
    expect(body.tools).toEqual([computer, search])
    expect(headers).toEqual({ 'anthropic-beta': 'computer-use-2025-01-24' })
  })

  it('are strict if the model supports it', () => {
    const strict = tool('f', {
      strict: true,
      parameters: { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } },
    })
    expect(bodyOf({ tools: [strict] }).tools).toEqual([
      {
        name: 'f',
        strict: true,
        input_schema: {
          type: 'object',
          properties: { n: { type: 'integer', description: '(minimum: 1)' } },
          additionalProperties: false,
        },
      },
    ])
    const { body, warnings } = encode({ tools: [strict], model: 'claude-sonnet-4-0' })
    expect(body.tools).not.toHaveProperty('0.strict')
    expect(warnings).toEqual([{ type: 'dropped', param: 'tools[0].function.strict', message: expect.any(String) }])
  })

  it('with names that Anthropic refuses go under an alias and come back', () => {
    const names = ['a.b', 'a_b', 'ünï', 'x'.repeat(130)]
    const { body, encodeState } = encode({ tools: names.map((name) => tool(name)) })
    const sent = (body.tools as { name: string }[]).map(({ name }) => name)
    expect(new Set(sent).size).toBe(4)
    for (const name of sent) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,128}$/)
    expect(sent[1]).toBe('a_b')
    const content = sent.map((name, index) => ({ type: 'tool_use', id: `t${index}`, name, input: {} }))
    const message = {
      id: 'm',
      model: 'c',
      content,
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 1 },
    }
    const whole = decode(message, encodeState)
    expect(whole.choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function.name)).toEqual(
      names,
    )
    expect(assemble(chunksOf(eventsOf(message), encodeState).chunks)).toEqual(whole)
  })

  it('of the old kind and of OpenAI’s web search and mcp are mapped', () => {
    const { body, headers } = encode({
      functions: [{ name: 'f' }],
      function_call: { name: 'f' },
      tools: [
        {
          type: 'mcp',
          server_label: 'docs',
          server_url: 'https://mcp.example.com',
          headers: { Authorization: 'Bearer t' },
        },
      ],
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { city: 'Oslo', country: 'NO' } },
      },
    })
    expect(body.tools).toEqual([
      { name: 'f', input_schema: { type: 'object', properties: {} } },
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 1,
        user_location: { type: 'approximate', city: 'Oslo', country: 'NO' },
      },
    ])
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'f' })
    expect(body.mcp_servers).toEqual([
      { type: 'url', url: 'https://mcp.example.com', name: 'docs', authorization_token: 't' },
    ])
    expect(headers).toEqual({ 'anthropic-beta': 'mcp-client-2025-04-04' })
  })
})

describe('tool_choice', () => {
  const tools = [tool('f'), tool('g')]
  const choice = (tool_choice: unknown, more: object = {}) =>
    bodyOf({ tools, tool_choice, ...more } as never).tool_choice

  it('is mapped', () => {
    expect(choice('auto')).toEqual({ type: 'auto' })
    expect(choice('none')).toEqual({ type: 'none' })
    expect(choice('required')).toEqual({ type: 'any' })
    expect(choice({ type: 'function', function: { name: 'g' } })).toEqual({ type: 'tool', name: 'g' })
    expect(choice('required', { parallel_tool_calls: false })).toEqual({ type: 'any', disable_parallel_tool_use: true })
    expect(choice(undefined, { parallel_tool_calls: true })).toBeUndefined()
    expect(bodyOf({ tool_choice: 'auto', parallel_tool_calls: false })).not.toHaveProperty('tool_choice')
  })

  it('of allowed tools leaves the others out', () => {
    const allowed_tools = { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] }
    const body = bodyOf({ tools, tool_choice: { type: 'allowed_tools', allowed_tools } } as never)
    expect(body.tools).toHaveLength(1)
    expect(body.tool_choice).toEqual({ type: 'any' })
  })

  it('cannot force newer models, nor one that thinks on a budget', () => {
    const cases = [{ model: 'claude-opus-5-5' }, { reasoning_effort: 'low' as const }]
    for (const more of cases) {
      expect(() => encode({ tools, tool_choice: 'required', ...more })).toThrow(UnsupportedParamsError)
      const { body, warnings } = encode({ tools, tool_choice: 'required', ...more }, { dropParams: true })
      expect(body.tool_choice).toEqual({ type: 'auto' })
      expect(warnings).toContainEqual({ type: 'dropped', param: 'tool_choice', message: expect.any(String) })
    }
    expect(
      bodyOf({ tools, tool_choice: 'required', reasoning_effort: 'low', model: 'claude-opus-4-6' }).tool_choice,
    ).toEqual({ type: 'any' })
  })

  it('is rejected if it names an unknown tool', () => {
    expect(() => choice({ type: 'function', function: { name: 'h' } })).toThrow("'h'")
    expect(() => encode({ tool_choice: 'required' })).toThrow('the request has no tools')
  })
})
