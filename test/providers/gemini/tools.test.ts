import { describe, expect, it } from 'vitest'
import { BadRequestError, UnsupportedParamsError } from '../../../src/errors.js'
import { type Body, bodyOf, encode } from './helpers.js'

const tool = (name: string, more: object = {}) => ({ type: 'function' as const, function: { name, ...more } })
const parameters = { type: 'object', properties: { a: { type: ['string', 'null'], format: 'uri', const: 'x' } } }

describe('functions', () => {
  it('share one tool and use JSON Schema', () => {
    const tools = [tool('f', { description: 'F.', parameters }), tool('g')]
    expect(bodyOf({ tools, functions: [{ name: 'h', parameters: {} }] }).tools).toEqual([
      {
        functionDeclarations: [
          {
            name: 'f',
            description: 'F.',
            parametersJsonSchema: {
              type: 'object',
              properties: { a: { type: ['string', 'null'], format: 'uri', enum: ['x'] } },
            },
          },
          { name: 'g' },
          { name: 'h', parametersJsonSchema: { type: 'object', properties: {} } },
        ],
      },
    ])
  })

  it('use OpenAPI schemas with older models and some hosts', () => {
    const declared = [
      {
        functionDeclarations: [
          {
            name: 'f',
            parameters: { type: 'OBJECT', properties: { a: { type: 'STRING', nullable: true, enum: ['x'] } } },
          },
          { name: 'g' },
        ],
      },
    ]
    const tools = [tool('f', { parameters }), tool('g', { parameters: { type: 'object', properties: {} } })]
    expect(bodyOf({ tools, model: 'gemini-1.5-pro-002' }).tools).toEqual(declared)
    expect(bodyOf({ tools }, { quirks: { jsonSchema: false } }).tools).toEqual(declared)
  })

  it('drop strict with a warning', () => {
    expect(encode({ tools: [tool('f', { strict: true })] }).warnings).toMatchObject([
      { type: 'dropped', param: 'tools[0].function.strict' },
    ])
  })

  it('reject parallel_tool_calls: false', () => {
    expect(() => encode({ tools: [tool('f')], parallel_tool_calls: false })).toThrow(UnsupportedParamsError)
    expect(encode({ parallel_tool_calls: false }).body).toEqual(encode({}).body)
  })

  it.each([[null], [{}], [{ type: 'function' }], [{ type: 'function', function: {} }], [{ name: 'f' }]])(
    'that are none are refused: %j',
    (bad) => {
      expect(() => encode({ tools: [bad] as unknown as [] })).toThrow(BadRequestError)
      expect(() => encode({ tools: [bad] as unknown as [] })).toThrow('tools[0]')
    },
  )
})

describe('server tools', () => {
  it.each([
    [{ googleSearch: {} }, { googleSearch: {} }],
    [{ google_search: {}, codeExecution: null }, { googleSearch: {} }],
    [{ type: 'google_search' }, { googleSearch: {} }],
    [{ type: 'google_search', time_range_filter: { a: 1 } }, { googleSearch: { time_range_filter: { a: 1 } } }],
    [{ type: 'googleMaps', googleMaps: { enableWidget: true } }, { googleMaps: { enableWidget: true } }],
    [{ type: 'code_execution' }, { codeExecution: {} }],
    [{ url_context: {} }, { urlContext: {} }],
    [{ fileSearch: { file_search_store_names: ['a'] } }, { fileSearch: { file_search_store_names: ['a'] } }],
    [{ type: 'web_search_preview' }, { googleSearch: {} }],
    [{ type: 'web_search_20250305', name: 'web_search', max_uses: 5 }, { googleSearch: {} }],
    [{ type: 'code_interpreter', container: { type: 'auto' } }, { codeExecution: {} }],
    [{ type: 'web_fetch_20250910', name: 'web_fetch' }, { urlContext: {} }],
  ])('encode %j', (given, sent) => {
    expect(bodyOf({ tools: [given] as unknown as [] }).tools).toEqual([sent])
  })

  it('replace those of other providers and reject unknown ones', () => {
    expect(encode({ tools: [{ type: 'web_search_preview' }] }).warnings).toMatchObject([
      { type: 'changed', param: 'tools[0]' },
    ])
    expect(() => encode({ tools: [{ type: 'mcp', server_url: 'x' }] })).toThrow("no tool of the type 'mcp'")
  })

  it('accept functionDeclarations', () => {
    const tools = [tool('f'), { functionDeclarations: [{ name: 'g' }], google_search: {} }] as unknown as []
    expect(bodyOf({ tools, model: 'gemini-2.5-flash' }).tools).toEqual([
      { functionDeclarations: [{ name: 'f' }, { name: 'g' }] },
      { googleSearch: {} },
    ])
  })

  it('add Google Search for web_search_options once', () => {
    const user_location = { type: 'approximate' as const, approximate: { city: 'Oslo' } }
    const { body, warnings } = encode({ web_search_options: { user_location }, tools: [{ type: 'google_search' }] })
    expect(body.tools).toEqual([{ googleSearch: {} }])
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'web_search_options.user_location' }])
    expect(bodyOf({ web_search_options: {} }).tools).toEqual([{ googleSearch: {} }])
  })

  it('combine with functions if the model supports it', () => {
    const tools = [tool('f'), { type: 'google_search' }]
    expect(bodyOf({ tools, model: 'gemini-3-flash' }).toolConfig).toEqual({ includeServerSideToolInvocations: true })
    expect(bodyOf({ tools })).not.toHaveProperty('toolConfig')
  })
})

describe('tool_choice', () => {
  const tools = [tool('f'), tool('g')]
  const choose = (tool_choice: unknown, more: Body = {}) => {
    const body = bodyOf({ tools, tool_choice, ...more } as Body)
    return (body.toolConfig as Body | undefined)?.functionCallingConfig
  }
  const named = (name: string) => ({ type: 'function', function: { name } })
  const allowed = (mode: string, ...names: string[]) => ({
    type: 'allowed_tools',
    allowed_tools: { mode, tools: names.map(named) },
  })

  it.each([
    ['none', { mode: 'NONE' }],
    ['auto', { mode: 'AUTO' }],
    ['required', { mode: 'ANY' }],
    [named('f'), { mode: 'ANY', allowedFunctionNames: ['f'] }],
    [allowed('required', 'g', 'x'), { mode: 'ANY', allowedFunctionNames: ['g'] }],
    [allowed('auto', 'g'), { mode: 'AUTO' }],
    [
      { type: 'tool', name: 'g' },
      { mode: 'ANY', allowedFunctionNames: ['g'] },
    ],
    [{ type: 'any' }, { mode: 'ANY' }],
    [{ type: 'none' }, { mode: 'NONE' }],
    [undefined, undefined],
  ])('encodes %j as %j', (choice, config) => {
    expect(choose(choice)).toEqual(config)
  })

  it('limits names to 64 characters', () => {
    const long = 'x'.repeat(65)
    const { tools: sent } = bodyOf({ tools: [tool(long), tool('y'.repeat(64)), tool('my tool')] } as Body)
    const wire = (sent as { functionDeclarations: { name: string }[] }[])[0]?.functionDeclarations.map(
      ({ name }) => name,
    )
    expect(wire).toEqual([expect.stringMatching(/^x{60,64}$/), 'y'.repeat(64), 'my_tool'])
  })

  it('sends only the allowed tools in auto mode', () => {
    expect(bodyOf({ tools, tool_choice: allowed('auto', 'g') } as Body).tools).toEqual([
      { functionDeclarations: [{ name: 'g' }] },
    ])
  })

  it('encodes function_call', () => {
    const functions = [{ name: 'f' }]
    const config = (function_call: 'none' | { name: string }) => bodyOf({ functions, function_call }).toolConfig
    expect(config({ name: 'f' })).toEqual({ functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } })
    expect(config('none')).toEqual({ functionCallingConfig: { mode: 'NONE' } })
  })

  it('requires tools if it forces a call', () => {
    expect(choose('auto', { tools: [] })).toBeUndefined()
    expect(() => choose('required', { tools: [] })).toThrow('requires a tool, and the request has none')
    expect(() => choose('required', { tools: [{ type: 'google_search' }] })).toThrow("can't be forced")
    expect(() => choose(named('x'))).toThrow("names an unknown function 'x'")
    expect(() => choose(allowed('auto', 'x'))).toThrow('allows only functions')
    expect(() => choose('maybe')).toThrow("got 'maybe'")
    expect(() => choose({ type: 'custom', custom: { name: 'x' } })).toThrow("of the type 'custom'")
  })
})
