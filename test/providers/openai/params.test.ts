import { describe, expect, it } from 'vitest'
import { hints } from '../../../providers/report.js'
import { UnsupportedParamsError } from '../../../src/errors.js'
import { bodyOf, encode, freeze, quirksOf, user } from './helpers.js'

const anyHost = quirksOf({})
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }

describe('parameters of OpenAI', () => {
  const request = freeze({
    model: 'gpt-4o',
    messages: [user],
    temperature: 0,
    top_p: 0.5,
    n: 2,
    stop: ['END'],
    max_tokens: 5,
    presence_penalty: 0,
    frequency_penalty: -1,
    logit_bias: { 5: 1 },
    logprobs: true,
    top_logprobs: 3,
    seed: 0,
    user: 'u',
    tools: [tool, { type: 'custom', custom: { name: 'sql' } }],
    tool_choice: { type: 'function', function: { name: 'f' } },
    parallel_tool_calls: false,
    functions: [{ name: 'f' }],
    function_call: 'auto',
    response_format: { type: 'json_object' },
    verbosity: 'low',
    modalities: ['text', 'audio'],
    audio: { format: 'wav', voice: 'alloy' },
    prediction: { type: 'content', content: 'x' },
    web_search_options: { search_context_size: 'low' },
    service_tier: 'flex',
    metadata: { team: 'a' },
    store: true,
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
    safety_identifier: 's',
  } as const)

  it('travels as it is, value by value and field by field', () => {
    for (const context of [undefined, anyHost]) {
      const { body, warnings } = encode(request, context)
      expect(body).toEqual(request)
      for (const [name, value] of Object.entries(request)) expect(body[name]).toBe(value)
      expect(warnings).toBeUndefined()
    }
  })

  it('are omitted if they are null or undefined', () => {
    const nulls = Object.fromEntries(Object.keys(request).map((name) => [name, null]))
    const undefineds = Object.fromEntries(Object.keys(request).map((name) => [name, undefined]))
    for (const nothing of [nulls, undefineds]) {
      expect(bodyOf({ ...nothing, model: 'gpt-4o', messages: [user], reasoning_effort: null })).toEqual({
        model: 'gpt-4o',
        messages: [user],
      })
    }
  })

  it('is called by the model’s own name', () => {
    expect(bodyOf({}, { model: 'meta-llama/Llama-3-8b' }).model).toBe('meta-llama/Llama-3-8b')
  })

  it('pass beside unknown fields', () => {
    const own = { num_ctx: 4096, transforms: ['middle-out'], guided_json: { type: 'object' }, zero: 0, no: false }
    expect(bodyOf(own)).toMatchObject(own)
  })
})

describe('a stream', () => {
  it('always requests usage from hosts that support it', () => {
    expect(bodyOf({ stream: true })).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(
      bodyOf({ stream: true, stream_options: { include_usage: false, include_obfuscation: false } }),
    ).toMatchObject({
      stream_options: { include_usage: true, include_obfuscation: false },
    })
    const body = bodyOf({ stream: true, stream_options: { include_usage: true } }, quirksOf({ streamOptions: false }))
    expect(body).toMatchObject({ stream: true })
    expect(body).not.toHaveProperty('stream_options')
  })

  it('does not mention a missing one', () => {
    expect(bodyOf({ stream: false, stream_options: { include_usage: true } })).toEqual({
      model: 'gpt-4o',
      messages: [user],
    })
  })
})

describe('the limit of the answer', () => {
  it.each([
    'o1',
    'o3-mini',
    'o4-mini-2025-04-16',
    'gpt-5',
    'gpt-5-mini-2025-08-07',
    'gpt-5.2',
    'gpt-5-chat-latest',
    'gpt-6-luna',
    'ft:o4-mini-2025-04-16:acme::id',
  ])('is max_completion_tokens for %s at OpenAI, under either name', (model) => {
    for (const given of [
      { max_tokens: 5 },
      { max_completion_tokens: 5 },
      { max_tokens: 9, max_completion_tokens: 5 },
    ]) {
      const body = bodyOf({ model, ...given })
      expect(body.max_completion_tokens).toBe(5)
      expect(body).not.toHaveProperty('max_tokens')
    }
    expect(bodyOf({ model, max_tokens: 5 }, anyHost)).toHaveProperty('max_tokens', 5)
  })

  it.each(['gpt-4o', 'gpt-4.1-mini', 'gpt-3.5-turbo', 'o30', 'my-o1', 'chatgpt-4o-latest'])(
    'is as given for %s',
    (model) => {
      expect(bodyOf({ model, max_tokens: 5 })).toMatchObject({ max_tokens: 5 })
      expect(bodyOf({ model, max_completion_tokens: 5 })).toMatchObject({ max_completion_tokens: 5 })
    },
  )

  it.each(['max_tokens', 'max_completion_tokens'] as const)('has one name for hosts that know only %s', (name) => {
    const other = name === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
    const body = bodyOf({ [other]: 5 }, quirksOf({ maxTokens: name }))
    expect(body).toMatchObject({ [name]: 5 })
    expect(body).not.toHaveProperty(other)
  })
})

describe('thinking', () => {
  it.each([
    [1024, 'low'],
    [2048, 'low'],
    [4096, 'medium'],
    [8192, 'medium'],
    [32_000, 'high'],
  ])('of %i tokens is the effort %s at OpenAI', (budget_tokens, effort) => {
    const { body, warnings } = encode({ model: 'o3', thinking: { type: 'enabled', budget_tokens } })
    expect(body).toMatchObject({ reasoning_effort: effort })
    expect(body).not.toHaveProperty('thinking')
    expect(warnings).toEqual([{ type: 'changed', param: 'thinking', message: expect.stringContaining(`'${effort}'`) }])
  })

  it('gives way to an effort', () => {
    const { body, warnings } = encode({
      model: 'o3',
      thinking: { type: 'enabled', budget_tokens: 1 },
      reasoning_effort: 'high',
    })
    expect(body.reasoning_effort).toBe('high')
    expect(body).not.toHaveProperty('thinking')
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'thinking' }])
  })

  it('is refused by models that do not reason, unless it is off', () => {
    expect(() => encode({ thinking: { type: 'enabled', budget_tokens: 1024 } })).toThrow(UnsupportedParamsError)
    const { body, warnings } = encode({ thinking: { type: 'disabled' } })
    expect(body).toEqual({ model: 'gpt-4o', messages: [user] })
    expect(warnings).toBeUndefined()
  })

  it('that is off becomes the effort none if the model has it', () => {
    expect(bodyOf({ model: 'gpt-5.1', thinking: { type: 'disabled' } })).toMatchObject({ reasoning_effort: 'none' })
    const { body, warnings } = encode({ model: 'o3', thinking: { type: 'disabled' } })
    expect(body).not.toHaveProperty('reasoning_effort')
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'thinking' }])
  })

  it('passes to hosts that take it, and becomes the reasoning of OpenRouter', () => {
    const thinking = { type: 'enabled', budget_tokens: 1024 } as const
    expect(bodyOf({ thinking }, anyHost)).toMatchObject({ thinking })
    const openrouter = quirksOf({ thinking: 'reasoning' })
    expect(bodyOf({ thinking }, openrouter)).toMatchObject({ reasoning: { max_tokens: 1024 } })
    expect(bodyOf({ thinking }, openrouter)).not.toHaveProperty('thinking')
    expect(bodyOf({ thinking: { type: 'disabled' } }, openrouter)).toMatchObject({ reasoning: { enabled: false } })
    expect(bodyOf({ thinking, reasoning: { effort: 'low' } }, openrouter).reasoning).toEqual({ effort: 'low' })
  })
})

describe('parameters that a host lacks', () => {
  const context = quirksOf({
    unsupported: [
      'n',
      'logprobs',
      'store',
      'top_logprobs',
      'presence_penalty',
      'parallel_tool_calls',
      'logit_bias',
      'metadata',
      'seed',
    ],
  })
  const asked = {
    n: 2,
    logprobs: true,
    store: true,
    top_logprobs: 1,
    presence_penalty: 1,
    parallel_tool_calls: false,
    logit_bias: { 5: 1 },
    metadata: { a: 'b' },
    seed: 0,
  }

  it('is refused in one error that names all of it', () => {
    try {
      encode(asked, context)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(UnsupportedParamsError)
      // what is no more than a hint is left out, with or without dropParams
      const refused = Object.keys(asked).filter((name) => !hints.has(name))
      expect(new Set((error as UnsupportedParamsError).params)).toEqual(new Set(refused))
      expect((error as Error).message).toContain('dropParams: true')
    }
  })

  it('is left out and reported under dropParams', () => {
    const { body, warnings } = encode(asked, { ...context, dropParams: true })
    expect(Object.keys(body)).toEqual(['model', 'messages'])
    expect(new Set(warnings?.map((warning) => warning.type === 'dropped' && warning.param))).toEqual(
      new Set(Object.keys(asked)),
    )
  })

  it('pass if they hold the default', () => {
    const nothing = {
      n: 1,
      logprobs: false,
      store: false,
      top_logprobs: 0,
      presence_penalty: 0,
      parallel_tool_calls: true,
      logit_bias: {},
      metadata: {},
      seed: null,
    }
    const { body, warnings } = encode(nothing, context)
    expect(Object.keys(body)).toEqual(['model', 'messages'])
    expect(warnings).toBeUndefined()
  })

  it('has another name at some hosts', () => {
    const mistral = quirksOf({ rename: { seed: 'random_seed' } })
    expect(bodyOf({ seed: 0 }, mistral)).toEqual({ model: 'gpt-4o', messages: [user], random_seed: 0 })
    expect(bodyOf({ seed: 1, random_seed: 2 }, mistral)).toMatchObject({ random_seed: 2 })
  })

  it('is top_k for OpenAI, and nothing at servers of one’s own', () => {
    expect(() => encode({ top_k: 5 })).toThrow('top_k')
    expect(bodyOf({ top_k: 5 }, anyHost)).toMatchObject({ top_k: 5 })
  })

  it('is sampling for reasoning models of OpenAI, unless it is the default', () => {
    // "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported."
    const model = 'o3'
    expect(() => encode({ model, temperature: 0.5, top_p: 0.5, logprobs: true })).toThrow(
      /temperature.*top_p.*logprobs/,
    )
    expect(() => encode({ model, temperature: 1, top_p: 1, presence_penalty: 0 })).not.toThrow()
    expect(encode({ model, temperature: 0.5 }, { dropParams: true })).toEqual({
      body: { model, messages: [user] },
      warnings: [{ type: 'dropped', param: 'temperature', message: expect.any(String) }],
    })
    expect(bodyOf({ model, temperature: 0.5 }, anyHost)).toMatchObject({ temperature: 0.5 })
    expect(bodyOf({ model: 'gpt-5-chat-latest', temperature: 0.5 })).toMatchObject({ temperature: 0.5 })
  })
})

describe('cache marks', () => {
  const mark = { cache_control: { type: 'ephemeral' } } as const

  it('on tools are removed, and the rest of the list is unchanged', () => {
    const marked = { ...tool, ...mark }
    const inside = { ...tool, function: { ...tool.function, ...mark } }
    expect(bodyOf({ tools: [marked, inside, tool] as never }).tools).toEqual([tool, tool, tool])
    const clean = [tool]
    expect(bodyOf({ tools: clean as never }).tools).toBe(clean)
  })

  it('on the request are left out with a warning', () => {
    const { body, warnings } = encode(mark)
    expect(body).not.toHaveProperty('cache_control')
    expect(warnings).toEqual([{ type: 'dropped', param: 'cache_control', message: expect.any(String) }])
  })

  it('stay for the hosts that take them', () => {
    const marked = [{ ...tool, ...mark }]
    const { body, warnings } = encode({ ...mark, tools: marked as never }, quirksOf({ cacheControl: true }))
    expect(body).toMatchObject(mark)
    expect(body.tools).toBe(marked)
    expect(warnings).toBeUndefined()
  })
})
