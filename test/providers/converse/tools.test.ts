import { describe, expect, it } from 'vitest'
import type { ToolChoice } from '../../../src/types/chat.js'
import { type Body, bodyOf, encode, models, warningsOf } from './helpers.js'

const tool = (name = 'f', more: Body = {}) => ({ type: 'function', function: { name, ...more } })
const spec = (name = 'f', json: Body = { type: 'object', properties: {} }) => ({
  toolSpec: { name, inputSchema: { json } },
})
const configOf = (request: Parameters<typeof encode>[0]) =>
  bodyOf(request).toolConfig as { tools: Body[]; toolChoice?: Body }
const choose = (name: string) => ({ type: 'function' as const, function: { name } })
const history = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
  { role: 'tool', tool_call_id: 'a', content: 'ok' },
]

describe('tools', () => {
  it('become specifications, strict if the model supports it', () => {
    const parameters = { type: 'object', properties: { a: { type: 'string' } } }
    const tools = [tool('f', { description: 'Does.', parameters, strict: true }), tool('g', { description: '' })]
    const closed = { ...parameters, additionalProperties: false }
    expect(configOf({ tools }).tools).toEqual([
      { toolSpec: { name: 'f', description: 'Does.', inputSchema: { json: closed }, strict: true } },
      spec('g'),
    ])
    expect(configOf({ tools, model: models.nova }).tools[0]).toEqual({
      toolSpec: { name: 'f', description: 'Does.', inputSchema: { json: parameters } },
    })
    expect(warningsOf({ tools, model: models.nova })?.join()).toContain('tools[0].function.strict')
  })

  it.each<[model: string, choice: ToolChoice, sent: Body]>([
    [models.claude, 'auto', { auto: {} }],
    [models.claude, 'required', { any: {} }],
    [models.claude, choose('g'), { tool: { name: 'g' } }],
    [
      models.nova,
      { type: 'allowed_tools' as const, allowed_tools: { mode: 'required' as const, tools: [choose('g')] } },
      { any: {} },
    ],
    [models.mistral, choose('g'), { any: {} }],
  ])('are chosen for %s by %o', (model, tool_choice, toolChoice) => {
    const config = configOf({ model, tools: [tool('f'), tool('g')], tool_choice })
    expect(config.toolChoice).toEqual(toolChoice)
    if (toolChoice.any && tool_choice !== 'required') expect(config.tools).toEqual([spec('g')])
  })

  it.each([models.claude, models.nova])('merge alternatives at the root of a schema for %s', (model) => {
    const parameters = {
      type: 'object',
      anyOf: [
        { properties: { hours: { type: 'number' } }, required: ['hours'] },
        { properties: { days: { type: 'number' } }, required: ['days'] },
      ],
    }
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters } }]
    const { body, warnings } = encode({ model, tools })
    expect(body.toolConfig).toMatchObject({
      tools: [{ toolSpec: { inputSchema: { json: { type: 'object', properties: { hours: {}, days: {} } } } } }],
    })
    expect(JSON.stringify(body.toolConfig)).not.toContain('anyOf')
    expect(warnings).toMatchObject([{ type: 'changed', param: 'tools[0].function.parameters' }])
    const other = encode({ model: models.gptOss, tools }).body.toolConfig
    expect(JSON.stringify(other)).toContain('anyOf')
  })

  it('reject unsupported choices', () => {
    const request = { tools: [tool()], tool_choice: 'required' as const }
    expect(() => encode({ ...request, model: models.llama })).toThrow("Llama takes 'auto' and 'none' only")
    expect(() => encode({ ...request, thinking: { type: 'enabled', budget_tokens: 2000 } })).toThrow('thinking budget')
    expect(() => encode({ tool_choice: 'required' })).toThrow('requires a tool, and the request has none')
    expect(() => encode({ tools: [tool()], tool_choice: choose('x') })).toThrow("names an unknown tool 'x'")
  })

  it('are rejected for models without tools', () => {
    for (const model of [models.deepseek, 'amazon.titan-text-express-v1', 'mistral.mixtral-8x7b-instruct-v0:1']) {
      expect(() => encode({ model, tools: [tool()] }), model).toThrow('tools (')
      expect(bodyOf({ model, tools: [tool()] }, { dropParams: true })).not.toHaveProperty('toolConfig')
      expect(bodyOf({ model, tools: [tool()], tool_choice: 'none' })).not.toHaveProperty('toolConfig')
    }
  })

  it('are removed by tool_choice none, or declared for the history', () => {
    expect(bodyOf({ tools: [tool()], tool_choice: 'none' })).not.toHaveProperty('toolConfig')
    for (const request of [
      { messages: history },
      { messages: history, tools: [tool()], tool_choice: 'none' as const },
    ]) {
      const { body, warnings } = encode(request)
      expect(body.toolConfig).toEqual({ tools: [spec('f')] })
      expect(body.system).toEqual([{ text: 'Do not call any tool: answer with text only.' }])
      expect(warnings?.map(({ type }) => type)).toEqual(['emulated'])
    }
  })

  it('support parallel_tool_calls: false for Claude only', () => {
    const request = { tools: [tool()], parallel_tool_calls: false, tool_choice: 'required' as const }
    const body = bodyOf(request)
    expect(body.toolConfig).toEqual({ tools: [spec()] })
    expect(body.additionalModelRequestFields).toEqual({ tool_choice: { type: 'any', disable_parallel_tool_use: true } })
    expect(() => encode({ ...request, model: models.nova })).toThrow('parallel_tool_calls')
    expect(bodyOf({ parallel_tool_calls: false, model: models.nova })).not.toHaveProperty('toolConfig')
  })

  it('of Bedrock and Anthropic are passed on', () => {
    const grounding = { systemTool: { name: 'nova_grounding' } }
    expect(configOf({ web_search_options: {}, model: models.nova2 }).tools).toEqual([grounding])
    expect(configOf({ tools: [{ type: 'system_tool', name: 'nova_grounding' }], model: models.nova2 }).tools).toEqual([
      grounding,
    ])
    const computer = { type: 'computer_20250124', name: 'computer', display_width_px: 1, display_height_px: 1 }
    expect(bodyOf({ tools: [computer] }).additionalModelRequestFields).toEqual({
      tools: [computer],
      anthropic_beta: ['computer-use-2025-01-24'],
    })
    expect(() => encode({ web_search_options: {} })).toThrow('web_search_options (Claude has no web search on Bedrock)')
    expect(() => encode({ tools: [{ type: 'mcp', server_url: 'x' }] })).toThrow("no tool of the type 'mcp'")
  })
})

describe('structured output', () => {
  const schema = { type: 'object', properties: { city: { type: 'string', minLength: 2 } }, required: ['city'] }
  const response_format = { type: 'json_schema' as const, json_schema: { name: 'City', description: 'A city', schema } }

  it('uses the native format', () => {
    for (const model of [models.claude, models.gptOss, 'qwen.qwen3-32b-v1:0']) {
      const { body, encodeState } = encode({ response_format, model })
      const { textFormat } = body.outputConfig as { textFormat: { structure: { jsonSchema: { schema: string } } } }
      expect(textFormat).toMatchObject({
        type: 'json_schema',
        structure: { jsonSchema: { name: 'City', description: 'A city' } },
      })
      expect(JSON.parse(textFormat.structure.jsonSchema.schema)).toMatchObject({ additionalProperties: false })
      expect(encodeState).toBeUndefined()
    }
    expect(warningsOf({ response_format })?.join()).toContain('minLength')
  })

  it.each([
    [models.oldClaude, [], { tool: { name: 'respond_with_json' } }],
    [models.nova, [tool()], { any: {} }],
    [models.mistral, [], { any: {} }],
    [models.llama, [], undefined],
  ])('adds a tool for %s', (model, tools, toolChoice) => {
    const { body, encodeState, warnings } = encode({ response_format, model, tools })
    const config = body.toolConfig as { tools: Body[]; toolChoice?: Body }
    expect(config.tools.at(-1)).toMatchObject({
      toolSpec: { name: 'respond_with_json', inputSchema: { json: schema } },
    })
    expect(config.toolChoice).toEqual(toolChoice)
    expect(body.system).toEqual(toolChoice ? undefined : [{ text: expect.stringContaining('respond_with_json') }])
    expect(encodeState).toEqual({ json: { name: 'respond_with_json', wrapped: false } })
    expect(warnings?.map(({ type }) => type)).toEqual(['emulated'])
  })

  it('wraps other types, and instructs without a schema', () => {
    const list = { type: 'json_schema' as const, json_schema: { name: 'L', schema: { type: 'array', items: {} } } }
    expect(encode({ response_format: list, model: models.nova }).encodeState).toEqual({
      json: { name: 'respond_with_json', wrapped: true },
    })
    expect(bodyOf({ response_format: { type: 'json_object' } }).system).toEqual([
      { text: expect.stringContaining('JSON object') },
    ])
    expect(bodyOf({ response_format: { type: 'text' } })).not.toHaveProperty('system')
  })

  it('falls back to an instruction for models without tools', () => {
    const { body, encodeState, warnings } = encode({ response_format, model: models.deepseek })
    expect(body).not.toHaveProperty('toolConfig')
    expect(body.system).toEqual([{ text: expect.stringContaining(JSON.stringify(schema)) }])
    expect(encodeState).toBeUndefined()
    expect(warnings?.map(({ type }) => type)).toEqual(['emulated'])
  })

  it('stays callable if tool_choice forbids the other tools', () => {
    const body = bodyOf({
      messages: history,
      tools: [tool()],
      tool_choice: 'none',
      response_format,
      model: models.nova,
    })
    expect(body.toolConfig).toMatchObject({ toolChoice: { tool: { name: 'respond_with_json' } } })
    expect(body).not.toHaveProperty('system')
  })
})
