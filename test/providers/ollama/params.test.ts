import { describe, expect, it } from 'vitest'
import { hints } from '../../../providers/report.js'
import { bodyOf, encode } from './helpers.js'

const hi = [{ role: 'user', content: 'Hi' }]
const tool = (name: string, more: object = {}) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} }, ...more },
})

describe('parameters', () => {
  it('are options under Ollama’s names', () => {
    expect(
      bodyOf({
        temperature: 0,
        top_p: 0.9,
        top_k: 40,
        min_p: 0.1,
        stop: 'END',
        max_tokens: 10,
        presence_penalty: 0,
        frequency_penalty: 1,
        seed: 0,
        num_ctx: 8192,
        repeat_penalty: 1.1,
        logprobs: true,
        top_logprobs: 2,
        stream: true,
        stream_options: { include_usage: true },
      }),
    ).toEqual({
      model: 'qwen3:4b',
      messages: hi,
      options: {
        temperature: 0,
        top_p: 0.9,
        top_k: 40,
        min_p: 0.1,
        stop: ['END'],
        num_predict: 10,
        presence_penalty: 0,
        frequency_penalty: 1,
        seed: 0,
        num_ctx: 8192,
        repeat_penalty: 1.1,
      },
      logprobs: true,
      top_logprobs: 2,
      stream: true,
    })
  })

  it('that are null are not there; the newer limit wins; nothing streams unasked', () => {
    expect(bodyOf({ temperature: null, max_tokens: 5, max_completion_tokens: 6 })).toEqual({
      model: 'qwen3:4b',
      messages: hi,
      options: { num_predict: 6 },
      stream: false,
    })
    expect(bodyOf({})).toEqual({ model: 'qwen3:4b', messages: hi, stream: false })
  })

  it('that are Ollama’s own pass untouched, and win', () => {
    expect(
      bodyOf({
        keep_alive: '10m',
        truncate: false,
        think: 'high',
        reasoning_effort: 'low',
        temperature: 1,
        options: { temperature: 0.5, num_gpu: 1 },
      }),
    ).toMatchObject({ keep_alive: '10m', truncate: false, think: 'high', options: { temperature: 0.5, num_gpu: 1 } })
  })

  const vain = {
    n: 2,
    logit_bias: { 1: 1 },
    prediction: { type: 'content', content: 'x' },
    modalities: ['text', 'audio'],
    audio: { format: 'wav', voice: 'alloy' },
    verbosity: 'low',
    web_search_options: {},
    store: true,
    service_tier: 'flex',
  }

  it('that it has nothing for are refused in one error that names them all', () => {
    expect(() => encode(vain)).toThrow(
      expect.objectContaining({
        code: 'unsupported_params',
        params: Object.keys(vain).filter((name) => !hints.has(name)),
      }),
    )
    const { body, warnings } = encode(vain, { dropParams: true })
    expect(body).toEqual({ model: 'qwen3:4b', messages: hi, stream: false })
    expect(warnings).toHaveLength(Object.keys(vain).length)
  })

  it('are ignored at their default value', () => {
    expect(
      encode({
        n: 1,
        logit_bias: {},
        modalities: ['text'],
        store: false,
        service_tier: 'auto',
        logprobs: false,
        top_logprobs: 0,
        parallel_tool_calls: false,
        tool_choice: 'none',
        response_format: { type: 'text' },
      }),
    ).toEqual({ body: { model: 'qwen3:4b', messages: hi, stream: false } })
  })

  it('are dropped with a warning if they don’t affect the answer', () => {
    const { body, warnings } = encode({ user: 'u', metadata: { a: 1 }, prompt_cache_key: 'k' })
    expect(body).toEqual({ model: 'qwen3:4b', messages: hi, stream: false })
    expect(warnings).toMatchObject([{ param: 'user' }, { param: 'metadata' }, { param: 'prompt_cache_key' }])
  })
})

describe('thinking', () => {
  it.each([
    [{ reasoning_effort: 'none' }, false, 0],
    [{ reasoning_effort: 'high' }, true, 1],
    [{ thinking: { type: 'enabled', budget_tokens: 1000 } }, true, 1],
    [{ thinking: { type: 'adaptive' } }, true, 0],
    [{ thinking: { type: 'disabled' } }, false, 0],
    [{ model: 'gpt-oss:20b', reasoning_effort: 'low' }, 'low', 0],
    [{ model: 'owner/gpt-oss', reasoning_effort: 'xhigh' }, 'high', 1],
    [{ model: 'gpt-oss', reasoning_effort: 'something' }, 'medium', 1],
    [{}, undefined, 0],
  ])('%j is think: %j', (request, think, warnings) => {
    const encoded = encode(request)
    expect(encoded.body.think).toBe(think)
    expect(encoded.warnings ?? []).toHaveLength(warnings)
  })
})

describe('tools', () => {
  it('are functions', () => {
    const { body, warnings } = encode({
      tools: [tool('f', { description: 'F.', strict: true })],
      functions: [{ name: 'g' }],
      tool_choice: 'auto',
    })
    expect(body.tools).toEqual([
      { type: 'function', function: { name: 'f', description: 'F.', parameters: { type: 'object', properties: {} } } },
      { type: 'function', function: { name: 'g', parameters: { type: 'object', properties: {} } } },
    ])
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'tools[0].function.strict' }])
  })

  it('can be withheld, and not forced', () => {
    const none = encode({ tools: [tool('f')], tool_choice: 'none' })
    expect(none.body).not.toHaveProperty('tools')
    expect(none.warnings).toMatchObject([{ type: 'emulated', feature: 'tool_choice' }])
    const some = encode({
      tools: [tool('f'), tool('g')],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [tool('g')] } },
    })
    expect(some.body.tools).toEqual([tool('g')])
    for (const choice of ['required', { type: 'function', function: { name: 'f' } }]) {
      expect(() => encode({ tools: [tool('f')], tool_choice: choice })).toThrow(
        expect.objectContaining({ params: ['tool_choice'] }),
      )
    }
    expect(() => encode({ functions: [{ name: 'f' }], function_call: { name: 'f' } })).toThrow(/tool_choice/)
  })

  it('are rejected if they are not functions, or limited to one call', () => {
    expect(() => encode({ tools: [tool('f'), tool('g'), { type: 'web_search' }], parallel_tool_calls: false })).toThrow(
      expect.objectContaining({ params: ['tools[2]', 'parallel_tool_calls'] }),
    )
    expect(() => encode({ tools: ['f'] })).toThrow(expect.objectContaining({ param: 'tools[0]' }))
    expect(() => encode({ tools: [{ type: 'function' }] })).toThrow(expect.objectContaining({ param: 'tools[0]' }))
  })
})

describe('response_format', () => {
  it('is format', () => {
    const schema = { type: 'object', properties: { a: { type: 'string', minLength: 1 } } }
    expect(bodyOf({ response_format: { type: 'json_object' } }).format).toBe('json')
    expect(bodyOf({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }).format).toEqual(
      schema,
    )
    expect(bodyOf({ response_format: { type: 'json_schema', json_schema: { name: 'x' } } }).format).toBe('json')
    expect(() => encode({ response_format: { type: 'xml' } })).toThrow(
      expect.objectContaining({ param: 'response_format' }),
    )
  })
})
