import { describe, expect, it } from 'vitest'
import { hints } from '../../../providers/report.js'
import { UnsupportedParamsError } from '../../../src/errors.js'
import { bodyOf, encode } from './helpers.js'

describe('max_tokens', () => {
  it('is the newer name, else the older, else the most that the model has', () => {
    expect(bodyOf({ max_tokens: 1, max_completion_tokens: 2 }).max_tokens).toBe(2)
    expect(bodyOf({ max_tokens: 1 }).max_tokens).toBe(1)
    expect(bodyOf({ model: 'claude-3-haiku-20240307' }).max_tokens).toBe(4096)
    expect(bodyOf({ model: 'claude-opus-4-1' }).max_tokens).toBe(32_000)
    expect(bodyOf({ model: 'claude-opus-5-5' }).max_tokens).toBe(128_000)
    expect(bodyOf({ model: 'claude-of-tomorrow' }).max_tokens).toBe(4096)
  })

  it('is raised by a thinking budget that would not fit', () => {
    const { body, warnings } = encode({ max_tokens: 1000, reasoning_effort: 'high' })
    expect(body.max_tokens).toBe(5096)
    expect(warnings).toEqual([{ type: 'changed', param: 'max_tokens', message: expect.stringContaining('5096') }])
    expect(bodyOf({ max_tokens: 5000, reasoning_effort: 'high' }).max_tokens).toBe(5000)
  })
})

describe('parameters without an equivalent at Claude', () => {
  const asked = {
    n: 2,
    seed: 1,
    logprobs: true,
    top_logprobs: 3,
    logit_bias: { 5: 1 },
    presence_penalty: 0.5,
    frequency_penalty: -1,
    prediction: { type: 'content' as const, content: 'x' },
    modalities: ['text', 'audio'],
    audio: { format: 'wav', voice: 'alloy' },
    store: true,
    verbosity: 'low' as const,
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
    safety_identifier: 's',
    service_tier: 'flex',
    metadata: { team: 'a' },
    stop: ['\n'],
  }

  it('is refused in one error that names all of it', () => {
    try {
      encode(asked)
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
    const { body, warnings } = encode(asked, { dropParams: true })
    expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages'])
    expect(new Set(warnings?.map((warning) => warning.type === 'dropped' && warning.param))).toEqual(
      new Set(Object.keys(asked)),
    )
  })

  it('are ignored at their default value', () => {
    const { body, warnings } = encode({
      n: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      logprobs: false,
      top_logprobs: null,
      logit_bias: {},
      store: false,
      seed: null,
      modalities: ['text'],
      stream: false,
      stream_options: { include_usage: true },
      parallel_tool_calls: true,
      response_format: { type: 'text' },
      stop: null,
      metadata: {},
      reasoning_effort: null,
      temperature: null,
    })
    expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages'])
    expect(warnings).toBeUndefined()
  })
})

describe('sampling', () => {
  it('passes, a zero too, and is lowered to 1', () => {
    expect(bodyOf({ temperature: 0, top_k: 5 })).toMatchObject({ temperature: 0, top_k: 5 })
    const { body, warnings } = encode({ temperature: 1.7 })
    expect(body.temperature).toBe(1)
    expect(warnings).toEqual([{ type: 'changed', param: 'temperature', message: expect.any(String) }])
  })

  it('is temperature or top_p for models that accept only one', () => {
    expect(bodyOf({ temperature: 0.5, top_p: 0.5, model: 'claude-sonnet-4-0' })).toMatchObject({
      temperature: 0.5,
      top_p: 0.5,
    })
    expect(() => encode({ temperature: 0.5, top_p: 0.5 })).toThrow('top_p')
    expect(bodyOf({ temperature: 0.5, top_p: 1 })).not.toHaveProperty('top_p')
    expect(bodyOf({ temperature: 1, top_p: 0.5 })).toMatchObject({ top_p: 0.5 })
  })

  it('is refused by models without it and by thinking, unless it is the default', () => {
    for (const more of [{ model: 'claude-opus-4-7' }, { reasoning_effort: 'low' as const }]) {
      expect(() => encode({ temperature: 0.2, top_p: 0.5, top_k: 3, ...more })).toThrow(/temperature.*top_p.*top_k/)
      expect(() => encode({ temperature: 1, top_p: 1, ...more })).not.toThrow()
    }
    expect(bodyOf({ model: 'claude-opus-4-7', temperature: 1, top_p: 1 })).not.toHaveProperty('temperature')
  })
})

describe('the rest', () => {
  it('maps tiers, users and stops', () => {
    expect(bodyOf({ service_tier: 'default' }).service_tier).toBe('standard_only')
    expect(bodyOf({ service_tier: 'auto' }).service_tier).toBe('auto')
    expect(bodyOf({ metadata: { user_id: 'm' }, user: 'u' }).metadata).toEqual({ user_id: 'm' })
    expect(bodyOf({ stop: ['a', 'b'] }).stop_sequences).toEqual(['a', 'b'])
  })

  it('passes Anthropic’s own fields untouched and derives their flags', () => {
    const own = {
      top_k: 3,
      container: { id: 'c' },
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      output_config: { effort: 'low', task_budget: { type: 'tokens', total: 20_000 } },
      mcp_servers: [{ type: 'url', url: 'https://x', name: 'x' }],
      inference_geo: 'us',
      cache_control: { type: 'ephemeral' as const },
    }
    const { body, headers } = encode({ ...own, betas: ['my-beta'] })
    expect(body).toMatchObject(own)
    expect(body).not.toHaveProperty('betas')
    expect(headers?.['anthropic-beta']?.split(',').sort()).toEqual([
      'context-management-2025-06-27',
      'mcp-client-2025-04-04',
      'my-beta',
      'task-budgets-2026-03-13',
    ])
  })

  it('bends to other hosts by quirks', () => {
    const { body, headers } = encode(
      { stream: true, betas: ['b'] },
      { quirks: { bodyVersion: 'bedrock-2023-05-31', bodyModel: false, bodyStream: false, betas: 'body' } },
    )
    expect(body).toMatchObject({ anthropic_version: 'bedrock-2023-05-31', anthropic_beta: ['b'] })
    expect(body).not.toHaveProperty('model')
    expect(body).not.toHaveProperty('stream')
    expect(headers).toBeUndefined()
    const image = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x/a.png' } }] }]
    expect(() => encode({ messages: image }, { quirks: { urlSources: false } })).toThrow('messages[0].content[0]')
  })
})
