import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasHostedTools, usesResponses } from '../../../providers/api-choice.js'
import { provider as azure } from '../../../providers/azure.js'
import type { RouteRequest } from '../../../providers/contract.js'
import { type Simulator, startSimulator } from '../../../simulator/index.js'
import { createClient, UnsupportedParamsError } from '../../../src/index.js'
import { bodyOf, encode, own, quirksOf } from './helpers.js'

/** Models of OpenAI that accept parts of a request on one API only, or with some efforts only. */

const tools = [{ type: 'function', function: { name: 'clock', parameters: { type: 'object', properties: {} } } }]

const asked = (params: Record<string, unknown>, more: Partial<RouteRequest> = {}): RouteRequest => ({
  operation: 'chat',
  baseModel: undefined,
  params,
  ownHost: true,
  ...more,
})

const refusedOf = (request: Record<string, unknown>, baseModel?: string): readonly string[] => {
  try {
    encode(request, { model: String(request.model), baseModel })
    return []
  } catch (error) {
    if (error instanceof UnsupportedParamsError) return error.params
    throw error
  }
}

describe('the choice of the API', () => {
  it.each([
    // the model has no other
    ['gpt-5-pro', {}, true],
    ['gpt-5.5-pro', {}, true],
    ['gpt-5.9-codex', {}, true],
    ['o3-deep-research', {}, true],
    ['responses/gpt-4.1', {}, true],
    // function tools
    ['gpt-4.1', { tools }, false],
    ['gpt-5', { tools, reasoning_effort: 'high' }, false],
    ['gpt-5.2', { tools, reasoning_effort: 'high' }, false],
    ['gpt-5.4', { tools }, false],
    ['gpt-5.4-mini', { tools, reasoning_effort: 'low' }, true],
    ['gpt-5.4', { tools, reasoning_effort: 'none' }, false],
    ['gpt-5.4', { tools, thinking: { type: 'enabled', budget_tokens: 2000 } }, true],
    ['gpt-5.5', { tools }, true],
    ['gpt-5.5', { tools: [] }, false],
    ['gpt-5.5', {}, false],
    ['gpt-5.6-luna', { tools }, true],
    ['gpt-5.6-luna', { tools, thinking: { type: 'disabled' } }, false],
    ['gpt-6-sol', { tools }, true],
    ['gpt-6-luna', { tools, reasoning_effort: 'none' }, false],
    ['gpt-6-astra', { tools }, true],
    ['gpt-6-astra', { tools, reasoning_effort: 'none' }, true],
    ['gpt-6.2-sol', { tools, reasoning_effort: 'low' }, true],
    ['gpt-6.7-luna', { tools }, true],
    // efforts of the Responses API
    ['gpt-6.1-sol', { reasoning_effort: 'max' }, true],
    ['gpt-6.1-sol', { reasoning_effort: 'xhigh' }, false],
    ['gpt-5.5', { reasoning_effort: 'max' }, false],
    // tools that OpenAI runs
    ['gpt-4.1', { tools: [{ type: 'web_search' }] }, true],
    ['gpt-4o', { web_search_options: {} }, true],
    ['gpt-4o', { web_search_options: undefined }, false],
    ['gpt-4o-mini-search-preview-2025-03-11', { web_search_options: {} }, false],
    ['gpt-5-search-api', { web_search_options: {} }, false],
    ['unheard-of', { tools: [{ type: 'mcp', server_label: 'a' }] }, true],
    ['gpt-4.1', { tools: [{ type: 'custom', custom: { name: 'sql' } }] }, false],
  ])('%s with %j: Responses is %s', (model, params, expected) => {
    expect(usesResponses(model, asked(params))).toBe(expected)
  })

  it('follows baseModel, not the name of a deployment', () => {
    expect(usesResponses('mine', asked({ tools }))).toBe(false)
    expect(usesResponses('mine', asked({ tools }, { baseModel: 'azure/gpt-6.1-sol' }))).toBe(true)
    expect(usesResponses('gpt-6.1-sol', asked({ tools }, { baseModel: 'gpt-4o' }))).toBe(false)
  })

  it('leaves servers of the caller to decide for themselves', () => {
    expect(usesResponses('gpt-6.1-sol', asked({ tools }, { ownHost: false }))).toBe(false)
    expect(usesResponses('responses/gpt-6.1-sol', asked({ tools }, { ownHost: false }))).toBe(true)
  })

  it('concerns chat only', () => {
    expect(usesResponses('gpt-6.1-sol', asked({ tools }, { operation: 'responses' }))).toBe(false)
  })

  it('distinguishes hosted tools from functions and from tools of other dialects', () => {
    expect(hasHostedTools({ tools })).toBe(false)
    expect(hasHostedTools({ tools: [{ name: 'f', input_schema: {} }] })).toBe(false)
    expect(hasHostedTools({ tools: 'none' })).toBe(false)
    expect(hasHostedTools({})).toBe(false)
    expect(hasHostedTools({ tools: [...tools, { type: 'code_interpreter' }] })).toBe(true)
  })
})

describe('a call with tools', () => {
  let simulator: Simulator
  const client = createClient({ proxy: false, maxRetries: 0, providers: { azure: { apiKey: 'k' } } })
  const messages = [{ role: 'user' as const, content: 'What time is it?' }]

  beforeAll(async () => {
    simulator = await startSimulator()
  })
  afterAll(async () => {
    await client.close()
    await simulator.close()
  })

  it.each([false, true])('goes to the Responses API of Azure and comes back as a chat (stream: %s)', async (stream) => {
    simulator.reply({ toolCalls: [{ name: 'clock', arguments: {} }] })
    const request = {
      model: 'azure/night-desk',
      baseModel: 'azure/gpt-6.1-sol',
      apiBase: simulator.url,
      messages,
      tools: tools as never,
    }
    const answer = stream
      ? await (await client.completion({ ...request, stream: true })).final()
      : await client.completion(request)
    expect(simulator.requests.at(-1)).toMatchObject({
      path: expect.stringContaining('/responses'),
      body: { model: 'night-desk', tools: [{ type: 'function', name: 'clock' }] },
    })
    expect(answer).toMatchObject({
      object: 'chat.completion',
      choices: [
        { finish_reason: 'tool_calls', message: { tool_calls: [{ function: { name: 'clock', arguments: '{}' } }] } },
      ],
    })
  })
})

describe('sampling parameters', () => {
  const sampling = { temperature: 0.2, top_p: 0.5 }

  it.each([
    ['gpt-4o', {}, []],
    ['gpt-5', {}, ['temperature', 'top_p']],
    ['gpt-5.2', {}, []],
    ['gpt-5.2', { reasoning_effort: 'low' }, ['temperature', 'top_p']],
    ['gpt-5.5', {}, ['temperature', 'top_p']],
    ['gpt-5.5', { reasoning_effort: 'none' }, []],
    ['gpt-6-sol', { reasoning_effort: 'none' }, []],
    ['gpt-6-astra', {}, ['temperature', 'top_p']],
    ['gpt-6.2-astra', {}, ['temperature', 'top_p']],
    ['gpt-7', {}, ['temperature', 'top_p']],
    ['unheard-of', {}, []],
  ])('of %s with %j are refused: %j', (model, more, refused) => {
    expect(refusedOf({ model, ...sampling, ...more })).toEqual(refused)
  })

  it('pass with their default values', () => {
    expect(refusedOf({ model: 'gpt-6-astra', temperature: 1, top_p: 1, presence_penalty: 0, logprobs: false })).toEqual(
      [],
    )
  })

  it('follow baseModel', () => {
    expect(refusedOf({ model: 'mine', ...sampling })).toEqual([])
    expect(refusedOf({ model: 'mine', ...sampling }, 'gpt-6.2-sol')).toEqual(['temperature', 'top_p'])
    expect(bodyOf({ model: 'mine', max_tokens: 9 }, { baseModel: 'gpt-5' })).toMatchObject({ max_completion_tokens: 9 })
    expect(bodyOf({ model: 'mine', max_tokens: 9 }, { baseModel: 'gpt-4o' })).toMatchObject({ max_tokens: 9 })
  })

  it('are left out with a warning if the caller accepts that', () => {
    const { body, warnings } = encode({ model: 'gpt-6.1-sol', ...sampling }, { dropParams: true })
    expect(body).not.toHaveProperty('temperature')
    expect(warnings).toMatchObject([
      { type: 'dropped', param: 'temperature' },
      { type: 'dropped', param: 'top_p' },
    ])
  })

  it('follow the rules of the maker at Azure too', () => {
    expect(azure.quirks).toMatchObject({ rulesOfMakers: ['openai'], metadataNeedsStore: true })
  })
})

describe('reasoning_effort', () => {
  it.each([
    ['gpt-5', 'minimal', 'minimal'],
    ['gpt-5', 'xhigh', 'high'],
    ['gpt-5.1', 'minimal', 'low'],
    ['gpt-5.5', 'max', 'xhigh'],
    ['gpt-6-astra', 'minimal', 'low'],
    ['o3', 'max', 'high'],
    ['gpt-5.5', 'something-new', 'something-new'],
  ])('of %s at %s is sent as %s', (model, given, sent) => {
    const { body, warnings = [] } = encode({ model, reasoning_effort: given as never })
    expect(body.reasoning_effort).toBe(sent)
    expect(warnings).toHaveLength(given === sent ? 0 : 1)
  })

  it('none is refused by models that always reason, with their least level', () => {
    expect(() => encode({ model: 'gpt-6.1-sol', reasoning_effort: 'none' })).toThrow(/always reasons, with 'low'/)
    expect(refusedOf({ model: 'gpt-5', reasoning_effort: 'none' })).toEqual(['reasoning_effort'])
  })

  it('is refused by models that do not reason, except for none', () => {
    expect(refusedOf({ model: 'gpt-4o', reasoning_effort: 'low' })).toEqual(['reasoning_effort'])
    expect(bodyOf({ model: 'gpt-4o', reasoning_effort: 'none' })).not.toHaveProperty('reasoning_effort')
  })

  it('follows the levels of the host for models without levels of their own', () => {
    const levels = quirksOf({ efforts: ['none', 'low', 'high'] })
    expect(bodyOf({ model: 'm', reasoning_effort: 'medium' }, levels).reasoning_effort).toBe('high')
    expect(bodyOf({ model: 'm', reasoning_effort: 'low' }, levels).reasoning_effort).toBe('low')
  })
})

describe('metadata', () => {
  const metadata = { trace: 'x' }

  it('is left out with a warning unless the answer is stored', () => {
    const { body, warnings } = encode({ metadata })
    expect(body).not.toHaveProperty('metadata')
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'metadata' }])
    expect(bodyOf({ metadata, store: true })).toMatchObject({ metadata, store: true })
    expect(bodyOf({ metadata }, quirksOf({}))).toMatchObject({ metadata })
  })
})

describe('names of tools', () => {
  const named = (name: string) => ({
    type: 'function',
    function: { name, parameters: { type: 'object', properties: {} } },
  })
  const call = (name: string) => ({ id: 'call_1', type: 'function', function: { name, arguments: '{}' } })
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: null, tool_calls: [call('fs.read')] },
    { role: 'tool', tool_call_id: 'call_1', content: 'text' },
  ]

  it('that OpenAI refuses are replaced everywhere in the request', () => {
    const request = {
      messages,
      tools: [named('fs.read'), named('fs_read')],
      tool_choice: { type: 'function', function: { name: 'fs.read' } },
    }
    const { body, encodeState } = encode(request as never)
    const sent = body as { tools: { function: { name: string } }[]; messages: { tool_calls?: unknown }[] }
    const alias = sent.tools[0]?.function.name ?? ''
    expect(alias).toMatch(/^[\w-]{1,64}$/)
    expect(alias).not.toBe('fs_read')
    expect(sent.messages[1]?.tool_calls).toMatchObject([{ function: { name: alias } }])
    expect(body.tool_choice).toEqual({ type: 'function', function: { name: alias } })
    expect(encodeState).toMatchObject({ names: { [alias]: 'fs.read' } })
  })

  it('stay if they are good, and at hosts that accept any', () => {
    const request = { tools: [named('fs-read_1')] as never }
    expect(bodyOf(request).tools).toBe(request.tools)
    const odd = { tools: [named('fs.read')] as never }
    expect(bodyOf(odd, quirksOf({})).tools).toBe(odd.tools)
  })

  it('longer than 64 characters are shortened', () => {
    const { tools: sent } = bodyOf({ tools: [named('a'.repeat(128))] as never }) as {
      tools: { function: { name: string } }[]
    }
    expect(sent[0]?.function.name.length).toBeLessThanOrEqual(64)
  })
})

describe('the schema of a tool', () => {
  const tool = (parameters: object) =>
    [{ type: 'function', function: { name: 'f', strict: true, parameters } }] as never
  const sentSchema = (parameters: object, quirks = own) =>
    (
      bodyOf({ tools: tool(parameters) }, { quirks }).tools as { function: { parameters: object; strict?: boolean } }[]
    )[0]?.function

  it('has no alternatives at its root for OpenAI', () => {
    const schema = {
      type: 'object',
      anyOf: [
        { properties: { id: { type: 'string' }, kind: { const: 'one' } }, required: ['id', 'kind'] },
        { properties: { query: { type: 'string' }, kind: { const: 'many' } }, required: ['query', 'kind'] },
      ],
    }
    expect(sentSchema(schema)).toEqual({
      name: 'f',
      parameters: {
        type: 'object',
        properties: { id: { type: 'string' }, kind: { enum: ['one', 'many'] }, query: { type: 'string' } },
        required: ['kind'],
        description: 'At least one of these is required: id; or query.',
      },
    })
    expect(sentSchema(schema, quirksOf({}).quirks)?.parameters).toEqual(schema)
  })

  it('follows references of its alternatives', () => {
    const schema = {
      oneOf: [{ $ref: '#/$defs/A' }],
      $defs: { A: { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] } },
    }
    expect(sentSchema(schema)?.parameters).toMatchObject({ properties: { a: { type: 'number' } }, required: ['a'] })
  })

  it('stays the caller’s own otherwise', () => {
    const schema = { type: 'object', properties: { a: { anyOf: [{ type: 'string' }] } } }
    expect(sentSchema(schema)?.parameters).toBe(schema)
  })
})

describe('a schema of response_format', () => {
  const format = (schema: object, strict?: boolean) =>
    ({ type: 'json_schema', json_schema: { name: 'x', schema, ...(strict !== undefined && { strict }) } }) as never
  const sentFormat = (schema: object, strict?: boolean) =>
    (bodyOf({ response_format: format(schema, strict) }).response_format as { json_schema: Record<string, unknown> })
      .json_schema

  it('has anyOf for oneOf in strict mode', () => {
    const union = { oneOf: [{ type: 'string' }, { type: 'number' }] }
    const schema = { type: 'object', properties: { oneOf: union }, required: ['oneOf'], additionalProperties: false }
    expect(sentFormat(schema, true)).toMatchObject({
      strict: true,
      schema: { properties: { oneOf: { anyOf: union.oneOf } } },
    })
    expect(sentFormat(schema, false)).toMatchObject({ schema: { properties: { oneOf: union } } })
  })

  it.each([
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }], items: false }],
    ['encoded content', { type: 'string', contentEncoding: 'base64' }],
    ['an intersection', { allOf: [{ type: 'string' }] }],
  ])('is sent without strict mode if it has %s', (_, part) => {
    const schema = { type: 'object', properties: { a: part }, required: ['a'], additionalProperties: false }
    const { warnings } = encode({ response_format: format(schema, true) })
    expect(sentFormat(schema, true).strict).toBe(false)
    expect(warnings).toMatchObject([{ type: 'changed', param: 'response_format' }])
  })

  it('bounds tuples by maxItems', () => {
    const tuple = { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false }
    expect(sentFormat({ type: 'object', properties: { t: tuple } })).toMatchObject({
      schema: { properties: { t: { prefixItems: tuple.prefixItems, maxItems: 2 } } },
    })
    expect(JSON.stringify(sentFormat({ type: 'object', properties: { t: tuple } }))).not.toContain('"items":false')
  })

  it('stays the caller’s own otherwise', () => {
    const schema = {
      type: 'object',
      properties: { allOf: { type: 'string' } },
      required: ['allOf'],
      additionalProperties: false,
    }
    expect(sentFormat(schema, true).schema).toBe(schema)
  })
})

describe('fields that only OpenAI has', () => {
  const request = { moderation: { mode: 'block' }, prompt_cache_options: { mode: 'explicit' } }

  it('pass at OpenAI and at gateways', () => {
    expect(bodyOf(request)).toMatchObject(request)
    expect(bodyOf(request, quirksOf({ openaiFields: true }))).toMatchObject(request)
  })

  it('are refused at other hosts if they change the answer, and left out with a warning otherwise', () => {
    expect(() => encode(request, quirksOf({}))).toThrow(/moderation/)
    const { body, warnings } = encode(request, { ...quirksOf({}), dropParams: true })
    expect(Object.keys(body).sort()).toEqual(['messages', 'model'])
    expect(warnings).toMatchObject([
      { type: 'dropped', param: 'prompt_cache_options' },
      { type: 'dropped', param: 'moderation' },
    ])
  })
})
