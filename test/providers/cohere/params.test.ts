import { describe, expect, it } from 'vitest'
import { hints } from '../../../providers/report.js'
import { bodyOf, encode } from './helpers.js'

const tool = (name: string, more: object = {}) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} }, ...more },
})
const thinker = 'command-a-reasoning-08-2025'
const warningsOf = (request: Record<string, unknown>) => encode(request).warnings

describe('parameters', () => {
  it('have the names that Cohere gives them', () => {
    expect(
      bodyOf({
        temperature: 0,
        top_p: 0.9,
        top_k: 40,
        stop: 'END',
        max_tokens: 10,
        presence_penalty: 0.5,
        frequency_penalty: 0,
        seed: 0,
        logprobs: true,
        stream: true,
        stream_options: { include_usage: true },
      }),
    ).toEqual({
      model: 'command-a-03-2025',
      messages: [{ role: 'user', content: 'Hi' }],
      temperature: 0,
      p: 0.9,
      k: 40,
      stop_sequences: ['END'],
      max_tokens: 10,
      presence_penalty: 0.5,
      frequency_penalty: 0,
      seed: 0,
      logprobs: true,
      stream: true,
    })
  })

  it('that are null are not there, and the newer limit wins', () => {
    expect(
      bodyOf({ temperature: null, stop: null, tools: undefined, max_tokens: 5, max_completion_tokens: 6 }),
    ).toEqual({
      model: 'command-a-03-2025',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 6,
      stream: false,
    })
    expect(bodyOf({ stop: ['A', 'B'] }).stop_sequences).toEqual(['A', 'B'])
  })

  it('that are Cohere’s own pass untouched', () => {
    const own = {
      documents: ['a', { id: 'd', data: { text: 'b' } }],
      citation_options: { mode: 'FAST' },
      safety_mode: 'STRICT',
      priority: 3,
      k: 7,
      stop_sequences: ['X'],
    }
    expect(bodyOf({ ...own, top_k: 5, stop: 'Y' })).toMatchObject(own)
  })

  it('are brought into the range that Cohere takes', () => {
    const request = { top_p: 0, presence_penalty: 1.5 }
    expect(bodyOf(request)).toMatchObject({ p: 0.01, presence_penalty: 1 })
    expect(warningsOf(request)).toMatchObject([
      { type: 'changed', param: 'top_p' },
      { type: 'changed', param: 'presence_penalty' },
    ])
    expect(bodyOf({ top_p: 1 }).p).toBe(0.99)
    expect(warningsOf({ top_p: 1 })).toBeUndefined()
  })

  const vain = {
    n: 2,
    logit_bias: { 1: 1 },
    top_logprobs: 3,
    prediction: { type: 'content', content: 'x' },
    modalities: ['text', 'audio'],
    audio: { format: 'wav', voice: 'alloy' },
    verbosity: 'low',
    web_search_options: {},
    store: true,
    service_tier: 'flex',
    frequency_penalty: -1,
  } as const

  it('that it has nothing for are refused in one error that names them all', () => {
    expect(() => encode(vain)).toThrow(
      expect.objectContaining({
        code: 'unsupported_params',
        params: Object.keys(vain).filter((name) => !hints.has(name)),
      }),
    )
  })

  it('that it has nothing for are left out and reported under dropParams', () => {
    const { body, warnings } = encode(vain as never, { dropParams: true })
    expect(Object.keys(body).sort()).toEqual(['messages', 'model', 'stream'])
    expect(warnings?.map((warning) => 'param' in warning && warning.param).toSorted()).toEqual(
      Object.keys(vain).toSorted(),
    )
  })

  it('are ignored at their default value', () => {
    expect(
      bodyOf({
        n: 1,
        logit_bias: {},
        top_logprobs: 0,
        modalities: ['text'],
        store: false,
        service_tier: 'auto',
        parallel_tool_calls: true,
        reasoning_effort: 'none',
        thinking: { type: 'disabled' },
        response_format: { type: 'text' },
      }),
    ).toEqual({ model: 'command-a-03-2025', messages: [{ role: 'user', content: 'Hi' }], stream: false })
  })

  it('are dropped with a warning if they don’t affect the answer', () => {
    const { body, warnings } = encode({ user: 'u', metadata: { a: 1 }, prompt_cache_key: 'k', safety_identifier: 's' })
    expect(Object.keys(body).sort()).toEqual(['messages', 'model', 'stream'])
    expect(warnings).toHaveLength(4)
    expect(warnings?.every(({ type }) => type === 'dropped')).toBe(true)
  })
})

describe('thinking', () => {
  it.each([
    [{ reasoning_effort: 'none' }, { type: 'disabled' }, 0],
    [{ reasoning_effort: 'low' }, { type: 'enabled', token_budget: 1024 }, 1],
    [{ reasoning_effort: 'high' }, { type: 'enabled' }, 0],
    [{ reasoning_effort: 'something' }, { type: 'enabled' }, 0],
    [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, { type: 'enabled', token_budget: 2048 }, 0],
    [{ thinking: { type: 'enabled', token_budget: 7 } }, { type: 'enabled', token_budget: 7 }, 0],
    [{ thinking: { type: 'adaptive', display: 'summarized' } }, { type: 'enabled' }, 0],
    [{ thinking: { type: 'disabled' }, reasoning_effort: 'high' }, { type: 'disabled' }, 0],
  ])('%j is %j', (request, thinking, warnings) => {
    const encoded = encode({ ...request, model: thinker })
    expect(encoded.body.thinking).toEqual(thinking)
    expect(encoded.warnings ?? []).toHaveLength(warnings)
  })

  it('is refused by models that do not', () => {
    expect(() => encode({ reasoning_effort: 'high' })).toThrow(
      expect.objectContaining({ params: ['reasoning_effort'] }),
    )
    expect(() => encode({ thinking: { type: 'adaptive' } })).toThrow(expect.objectContaining({ params: ['thinking'] }))
    expect(bodyOf({ model: 'command-new', reasoning_effort: 'high' }).thinking).toEqual({ type: 'enabled' })
  })
})

describe('tools', () => {
  it('are functions', () => {
    expect(
      bodyOf({
        tools: [tool('f', { description: 'F.', strict: false })],
        functions: [{ name: 'g' }],
        tool_choice: 'auto',
      }),
    ).toMatchObject({
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'F.', parameters: { type: 'object', properties: {} } },
        },
        { type: 'function', function: { name: 'g', parameters: { type: 'object', properties: {} } } },
      ],
    })
    expect(bodyOf({ tools: [tool('f')], tool_choice: 'auto' })).not.toHaveProperty('tool_choice')
  })

  it.each([
    ['required', ['f', 'g'], 'REQUIRED', 0],
    ['none', ['f', 'g'], 'NONE', 0],
    [{ type: 'function', function: { name: 'g' } }, ['g'], 'REQUIRED', 1],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [tool('f')] } }, ['f'], undefined, 1],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [tool('f')] } }, ['f'], 'REQUIRED', 1],
  ])('are chosen by %j', (choice, names, sent, warnings) => {
    const encoded = encode({ tools: [tool('f'), tool('g')], tool_choice: choice })
    expect((encoded.body.tools as { function: { name: string } }[]).map((one) => one.function.name)).toEqual(names)
    expect(encoded.body.tool_choice).toBe(sent)
    expect(encoded.warnings ?? []).toHaveLength(warnings)
  })

  it('of the old kind are chosen the old way', () => {
    expect(bodyOf({ functions: [{ name: 'g' }], function_call: { name: 'g' } })).toMatchObject({
      tool_choice: 'REQUIRED',
    })
  })

  it.each([
    [{ tool_choice: 'required' }],
    [{ tools: [tool('f')], tool_choice: { type: 'function', function: { name: 'x' } } }],
    [{ tools: [tool('f')], tool_choice: 'sometimes' }],
    [{ tools: [{ type: 'function' }] }],
    [{ tools: ['f'] }],
  ])('that make no sense are refused: %j', (request) => {
    expect(() => encode(request)).toThrow(expect.objectContaining({ code: 'bad_request' }))
  })

  it('are rejected if they are not functions, or limited to one call', () => {
    expect(() => encode({ tools: [tool('f'), { type: 'web_search' }], parallel_tool_calls: false })).toThrow(
      expect.objectContaining({ params: ['tools[1]', 'parallel_tool_calls'] }),
    )
  })

  it('are strict together or not at all', () => {
    expect(bodyOf({ tools: [tool('f', { strict: true })] })).toMatchObject({ strict_tools: true })
    const mixed = encode({ tools: [tool('f', { strict: true }), tool('g')] })
    expect(mixed.body).not.toHaveProperty('strict_tools')
    expect(mixed.warnings).toMatchObject([{ type: 'dropped', param: 'tools[0].function.strict' }])
  })
})

describe('response_format', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      minimum: { type: 'integer', minimum: 0 },
      tags: { type: 'array', items: { type: 'string', maxLength: 5 } },
    },
    required: ['minimum'],
  }
  const format = { type: 'json_schema', json_schema: { name: 'x', description: 'An x.', schema } } as const

  it('is native', () => {
    expect(bodyOf({ response_format: { type: 'json_object' } }).response_format).toEqual({ type: 'json_object' })
    const { body, warnings } = encode({ response_format: format })
    expect(body.response_format).toEqual({
      type: 'json_object',
      json_schema: {
        type: 'object',
        properties: { minimum: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
        required: ['minimum'],
        description: 'An x.',
      },
    })
    expect(warnings).toMatchObject([{ type: 'changed', param: 'response_format' }])
  })

  it('is an instruction beside tools and documents, which exclude it', () => {
    for (const more of [{ tools: [tool('f')] }, { documents: ['d'] }]) {
      const { body, warnings } = encode({ response_format: format, ...more })
      expect(body).not.toHaveProperty('response_format')
      expect(body.messages).toMatchObject([
        { role: 'system', content: expect.stringContaining('"required":["minimum"]') },
        {},
      ])
      expect(warnings).toMatchObject([{ type: 'emulated', feature: 'response_format' }])
    }
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ]
    const body = bodyOf({ messages, response_format: { type: 'json_object' }, tools: [tool('f')] })
    expect(body.messages).toMatchObject([
      { content: expect.stringMatching(/^Be brief\.\n\nGive your final answer/) },
      {},
    ])
  })

  it('that is none is refused', () => {
    expect(() => encode({ response_format: { type: 'xml' } })).toThrow(
      expect.objectContaining({ param: 'response_format' }),
    )
  })
})
