import { describe, expect, it } from 'vitest'
import { UnsupportedParamsError } from '../../../src/errors.js'
import { bodyOf, encode, models, warningsOf } from './helpers.js'

const paramsRefused = (request: Parameters<typeof encode>[0]) => {
  try {
    encode(request)
  } catch (error) {
    if (error instanceof UnsupportedParamsError) return error.params
    throw error
  }
  return []
}

describe('parameters', () => {
  it('become inference settings, zeros included', () => {
    const body = bodyOf({ max_tokens: 10, temperature: 0, stop: ['a', ''], model: models.nova, top_p: 0.5, top_k: 3 })
    expect(body.inferenceConfig).toEqual({ maxTokens: 10, temperature: 0, topP: 0.5, stopSequences: ['a'] })
    expect(body.additionalModelRequestFields).toEqual({ inferenceConfig: { topK: 3 } })
    expect(bodyOf({})).toEqual({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] })
  })

  it.each([
    [models.oldClaude, { top_k: 5 }],
    [models.mistral, { top_k: 5 }],
    ['cohere.command-r-v1:0', { k: 5 }],
    [models.profile, { top_k: 5 }],
  ])('put top_k in the field of %s', (model, fields) => {
    expect(bodyOf({ model, top_k: 5 }).additionalModelRequestFields).toEqual(fields)
  })

  it('are rejected in one error, or dropped', () => {
    const request = { seed: 1, logprobs: true, top_k: 5, frequency_penalty: 1, n: 2, model: models.llama }
    expect(paramsRefused(request).toSorted()).toEqual(['frequency_penalty', 'logprobs', 'n', 'seed', 'top_k'])
    const { body, warnings } = encode(request, { dropParams: true })
    expect(Object.keys(body)).toEqual(['messages'])
    expect(warnings?.every(({ type }) => type === 'dropped')).toBe(true)
    expect(paramsRefused({ n: 1, store: false, presence_penalty: 0, logit_bias: {}, modalities: ['text'] })).toEqual([])
    expect(bodyOf({ model: 'cohere.command-r-v1:0', seed: 1 }).additionalModelRequestFields).toEqual({ seed: 1 })
  })

  it('are lowered to the maximum', () => {
    expect(bodyOf({ temperature: 1.5, model: models.nova }).inferenceConfig).toEqual({ temperature: 1 })
    expect(warningsOf({ temperature: 1.5 })?.join()).toContain('changed temperature')
  })

  it('of Converse and of the model are passed on', () => {
    const body = bodyOf({
      guardrail_config: { guardrailIdentifier: 'g', guardrailVersion: 'DRAFT' },
      performance_config: { latency: 'optimized' },
      prompt_variables: { a: { text: 'b' } },
      additional_model_response_field_paths: ['/stop_sequence'],
      additional_model_request_fields: { inferenceConfig: { other: 1 } },
      own_thing: { x: 1 },
      top_k: 2,
      service_tier: 'flex',
      metadata: { team: 'a b', n: 3 },
      user: 'me@example.com',
      betas: ['context-1m-2025-08-07'],
      model: models.nova,
    })
    expect(body).toMatchObject({
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: 'DRAFT' },
      performanceConfig: { latency: 'optimized' },
      promptVariables: { a: { text: 'b' } },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
      additionalModelRequestFields: {
        inferenceConfig: { topK: 2, other: 1 },
        own_thing: { x: 1 },
        anthropic_beta: ['context-1m-2025-08-07'],
      },
      serviceTier: { type: 'flex' },
      requestMetadata: { user: 'me@example.com', team: 'a b', n: '3' },
    })
    expect(encode({ metadata: { a: { b: 1 } }, service_tier: 'scale' }).warnings).toMatchObject([
      { type: 'dropped', param: 'metadata.a' },
      { type: 'dropped', param: 'service_tier' },
    ])
    expect(bodyOf({ service_tier: 'auto' })).not.toHaveProperty('serviceTier')
  })

  it('never change the request', () => {
    // the request is frozen: a change would throw
    expect(() =>
      encode({ temperature: 2, tools: [{ type: 'function', function: { name: 'a.b', parameters: {} } }] }),
    ).not.toThrow()
  })
})

describe('reasoning', () => {
  const fieldsOf = (request: Parameters<typeof encode>[0]) => bodyOf(request).additionalModelRequestFields

  it('uses the settings of Claude', () => {
    expect(fieldsOf({ reasoning_effort: 'medium' })).toEqual({ thinking: { type: 'enabled', budget_tokens: 2048 } })
    const thinking = { type: 'enabled' as const, budget_tokens: 4000 }
    const body = bodyOf({ thinking, max_tokens: 1000, temperature: 1 })
    expect(body).toMatchObject({
      additionalModelRequestFields: { thinking },
      inferenceConfig: { maxTokens: 5000, temperature: 1 },
    })
    const adaptive = bodyOf({ reasoning_effort: 'high', model: 'us.anthropic.claude-sonnet-5' })
    expect(adaptive).toMatchObject({
      additionalModelRequestFields: { thinking: { type: 'adaptive', display: 'summarized' } },
      outputConfig: { effort: 'high' },
    })
    expect(paramsRefused({ reasoning_effort: 'low', model: models.oldClaude })).toEqual(['reasoning_effort'])
  })

  it.each([
    [models.nova2, 'low', { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }],
    [models.nova2, 'none', { reasoningConfig: { type: 'disabled' } }],
    [models.nova2, 'minimal', { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }],
    [models.gptOss, 'medium', { reasoning_effort: 'medium' }],
    [models.gptOss, 'xhigh', { reasoning_effort: 'high' }],
    [models.llama, 'none', undefined],
  ])('encodes for %s at %s', (model, reasoning_effort, fields) => {
    expect(fieldsOf({ model, reasoning_effort })).toEqual(fields)
  })

  it('is rejected for models without a setting', () => {
    for (const model of [models.deepseek, models.llama, models.nova, models.profile]) {
      expect(paramsRefused({ model, reasoning_effort: 'low' }), model).toEqual(['reasoning_effort'])
    }
    expect(paramsRefused({ model: models.gptOss, reasoning_effort: 'none' })).toEqual(['reasoning_effort'])
    expect(paramsRefused({ model: models.nova2, reasoning_effort: 'high', max_tokens: 5, temperature: 0 })).toEqual([
      'temperature',
      'max_tokens',
    ])
  })

  it('passes thinking to an unknown model', () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 2000 }
    expect(fieldsOf({ model: models.profile, thinking })).toEqual({ thinking })
    expect(fieldsOf({ model: models.nova2, thinking })).toEqual({
      reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' },
    })
  })
})

describe('service_tier', () => {
  it.each([
    ['default', 'default'],
    ['standard_only', 'default'],
    ['flex', 'flex'],
    ['priority', 'priority'],
    ['fast', 'priority'],
    ['reserved', 'reserved'],
  ])('maps %s to %s', (service_tier, type) => {
    expect(bodyOf({ service_tier: service_tier as 'default' }).serviceTier).toEqual({ type })
  })

  it('drops unknown tiers with a warning', () => {
    for (const service_tier of ['scale', 'ultrafast', 'novelty'] as 'scale'[]) {
      const { body, warnings } = encode({ service_tier })
      expect(body).not.toHaveProperty('serviceTier')
      expect(warnings).toMatchObject([{ type: 'dropped', param: 'service_tier' }])
    }
    expect(bodyOf({ service_tier: 'auto' })).not.toHaveProperty('serviceTier')
  })
})

describe('baseModel', () => {
  it.each(['bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic/claude-sonnet-4-5'])(
    'applies the rules of %s to a profile',
    (baseModel) => {
      const request = { model: models.profile, reasoning_effort: 'low', max_tokens: 4000 } as const
      expect(bodyOf(request, { baseModel }).additionalModelRequestFields).toMatchObject({
        thinking: { type: 'enabled' },
      })
      expect(() => encode(request)).toThrow('baseModel')
    },
  )
})
