import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { answerOf, decode, turnsOf } from './helpers.js'

/** Shapes seen in recordings, but where another page is named. */
describe('decode', () => {
  it('decodes a chat completion', () => {
    const body = answerOf(
      [
        { reasoningContent: { reasoningText: { text: 'Hm', signature: 'EqAB' } } },
        { text: 'Let me look.' },
        { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Oslo' }, type: 'tool_use' } },
      ],
      { stopReason: 'tool_use' },
    )
    expect(decode(body, { names: { weather: 'my.weather' } })).toEqual({
      id: 'chatcmpl-fallback',
      object: 'chat.completion',
      created: 1700000000,
      model: 'asked',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Let me look.',
            refusal: null,
            reasoning_content: 'Hm',
            thinking_blocks: [{ type: 'thinking', thinking: 'Hm', signature: 'EqAB' }],
            tool_calls: [
              { id: 't1', type: 'function', function: { name: 'my.weather', arguments: '{"city":"Oslo"}' } },
            ],
          },
          finish_reason: 'tool_calls',
          logprobs: null,
          native_finish_reason: 'tool_use',
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
    })
  })

  it('includes cache tokens in the prompt', () => {
    const usage = {
      inputTokens: 3,
      outputTokens: 61,
      totalTokens: 2435,
      cacheReadInputTokens: 2074,
      cacheWriteInputTokens: 297,
      cacheDetails: [
        { ttl: '1h', inputTokens: 200 },
        { ttl: '5m', inputTokens: 97 },
      ],
      serverToolUsage: {},
    }
    expect(decode(answerOf([], { usage })).usage).toEqual({
      prompt_tokens: 2374,
      completion_tokens: 61,
      total_tokens: 2435,
      prompt_tokens_details: {
        cached_tokens: 2074,
        cache_creation_tokens: 297,
        cache_creation_token_details: { ephemeral_5m_input_tokens: 97, ephemeral_1h_input_tokens: 200 },
      },
    })
    expect(decode(answerOf([], { usage: undefined }))).not.toHaveProperty('usage')
  })

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['guardrail_intervened', 'content_filter'],
    ['content_filtered', 'content_filter'],
    ['malformed_tool_use', 'stop'],
  ])('maps %s to %s', (stopReason, finish_reason) => {
    expect(decode(answerOf([{ text: 'x' }], { stopReason })).choices[0]).toMatchObject({
      finish_reason,
      native_finish_reason: stopReason,
    })
  })

  it.each([
    ['end_turn', 'tool_calls'],
    ['tool_use', 'tool_calls'],
    ['malformed_tool_use', 'tool_calls'],
    ['max_tokens', 'length'],
    ['content_filtered', 'content_filter'],
  ])('maps %s with a call to %s', (stopReason, finish_reason) => {
    const call = { toolUse: { toolUseId: 'a', name: 'f', input: {} } }
    expect(decode(answerOf([call], { stopReason })).choices[0]?.finish_reason).toBe(finish_reason)
    expect(decode(answerOf([{ text: 'x' }], { stopReason: 'tool_use' })).choices[0]?.finish_reason).toBe('stop')
  })

  it.each([
    { inputTokens: '5', outputTokens: 7 },
    { inputTokens: 5, outputTokens: -7 },
    { inputTokens: 1e300, outputTokens: 1 },
    { inputTokens: 5, cacheReadInputTokens: {}, cacheDetails: [null, 5, { ttl: '5m', inputTokens: 'x' }] },
    { inputTokens: 5, serverToolUsage: 'x' },
    5,
  ])('reads an answer with the usage %j', (usage) => {
    const got = decode(answerOf([{ text: 'x' }], { usage, serviceTier: 7 }))
    expect(got.choices[0]?.message.content).toBe('x')
    expect(got.usage?.total_tokens ?? 0).toBeLessThan(100)
    expect(got.usage?.total_tokens ?? 0).toBeGreaterThanOrEqual(0)
  })

  it('reads the name of a tool that a prototype has', () => {
    const call = { toolUse: { toolUseId: 'a', name: 'constructor', input: {} } }
    const state = { names: { a_b: 'a.b' } }
    expect(decode(answerOf([call]), state).choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'constructor' } },
    ])
  })

  it('keeps guardrail traces, performance settings and the tier', () => {
    const trace = { guardrail: { inputAssessment: {} } }
    const answer = decode(
      answerOf([], { trace, performanceConfig: { latency: 'optimized' }, serviceTier: { type: 'reserved' } }),
    )
    expect(answer.provider_specific_fields).toEqual({
      trace,
      performanceConfig: { latency: 'optimized' },
      serviceTier: { type: 'reserved' },
    })
    expect(decode(answerOf([], { serviceTier: { type: 'flex' } })).service_tier).toBe('flex')
  })

  it('decodes redacted thinking for a round trip', () => {
    const block = { reasoningContent: { redactedContent: Buffer.from('EqABCg==').toString('base64') } }
    const { message } = decode(answerOf([block, { text: 'x' }])).choices[0] ?? {}
    expect(message?.thinking_blocks).toEqual([{ type: 'redacted_thinking', data: 'EqABCg==' }])
    const user = { role: 'user', content: 'Hi' }
    expect(turnsOf([user, message, user])[1]?.content).toEqual([block, { text: 'x' }])
  })

  it('keeps citations for a round trip', () => {
    const blocks = [
      { text: 'It says ' },
      {
        citationsContent: {
          content: [{ text: 'so' }],
          citations: [{ title: 't', location: { web: { url: 'https://a.example' } } }],
        },
      },
    ]
    const { message } = decode(answerOf(blocks)).choices[0] ?? {}
    expect(message).toMatchObject({
      content: 'It says so',
      annotations: [
        { type: 'url_citation', url_citation: { url: 'https://a.example', title: 't', start_index: 8, end_index: 10 } },
      ],
    })
    const user = { role: 'user', content: 'Hi' }
    expect(turnsOf([user, message, user])[1]?.content).toEqual(blocks)
  })

  it.each([[null], ['text'], [{}], [{ output: {} }], [{ output: { message: { content: 'x' } } }]])(
    'is refused where it is none: %o',
    (body) => {
      expect(() => decode(body)).toThrow(ProviderFault)
    },
  )

  it('ignores empty reasoning', () => {
    const { message } = decode(answerOf([{ text: 'x' }, { reasoningContent: {} }])).choices[0] ?? {}
    expect(message).toEqual({ role: 'assistant', content: 'x', refusal: null })
  })
})
