import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { type Body, decode, fixture } from './helpers.js'

const said = (message: Body, more: Body = {}) => ({
  model: 'm',
  created_at: '2026-01-01T00:00:00Z',
  message: { role: 'assistant', content: 'Hi', ...message },
  done: true,
  done_reason: 'stop',
  ...more,
})

describe('an answer', () => {
  it('with thinking and tools', () => {
    expect(decode(fixture('answer-thinking-tools').body)).toEqual({
      id: 'f1',
      object: 'chat.completion',
      created: 1785917456,
      model: 'qwen3:4b',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Let me look.',
            refusal: null,
            reasoning_content: 'Two cities.',
            tool_calls: [
              { id: 'call_x1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
              { id: 'call_x2', type: 'function', function: { name: 'now', arguments: '{}' } },
            ],
          },
          finish_reason: 'tool_calls',
          native_finish_reason: 'stop',
          logprobs: null,
        },
      ],
      usage: { prompt_tokens: 40, completion_tokens: 12, total_tokens: 52 },
      provider_specific_fields: {
        total_duration: 900,
        load_duration: 100,
        prompt_eval_duration: 300,
        eval_duration: 500,
      },
    })
  })

  it('of an older server has calls without ids: they get some', () => {
    const calls = [{ function: { name: 'f', arguments: { a: 1 } } }, { function: { name: 'f' } }]
    expect(decode(said({ content: '', tool_calls: calls })).choices[0]?.message).toMatchObject({
      content: null,
      tool_calls: [
        { id: 'call_f1_0', function: { arguments: '{"a":1}' } },
        { id: 'call_f1_1', function: { arguments: '{}' } },
      ],
    })
  })

  it.each([
    ['stop', 'stop', 'stop'],
    ['length', 'length', 'length'],
    ['load', 'stop', 'load'],
    ['something new', 'stop', 'something new'],
    [undefined, 'stop', undefined],
  ])('that ended with %s ended with %s', (native, reason, kept) => {
    const [choice] = decode(said({}, { done_reason: native })).choices
    expect(choice?.finish_reason).toBe(reason)
    expect(choice?.native_finish_reason).toBe(kept)
  })

  it('that was cut within its calls was cut', () => {
    const calls = [{ function: { name: 'f', arguments: {} } }]
    expect(decode(said({ tool_calls: calls }, { done_reason: 'length' })).choices[0]?.finish_reason).toBe('length')
  })

  it('counts an uncounted prompt as cached, and has no usage without counts', () => {
    expect(decode(said({}, { eval_count: 3 })).usage).toEqual({
      prompt_tokens: 0,
      completion_tokens: 3,
      total_tokens: 3,
    })
    expect(decode(said({}))).not.toHaveProperty('usage')
  })

  it('uses the caller’s time if the answer has none', () => {
    expect(decode(said({}, { created_at: '1970-01-01T00:00:00Z' })).created).toBe(1700000000)
    expect(decode(said({}, { created_at: 5 })).created).toBe(1700000000)
    expect(decode(said({}, { created_at: '2026-01-01T02:00:00.123456789+02:00' })).created).toBe(1767225600)
  })

  it('has probabilities', () => {
    // written from https://docs.ollama.com/api/chat (logprobs)
    const logprobs = [
      { token: 'H', logprob: -0.5, bytes: [72], top_logprobs: [{ token: 'H', logprob: -0.5, bytes: [72] }] },
      { token: 'i', logprob: -1 },
    ]
    expect(decode(said({}, { logprobs })).choices[0]?.logprobs).toEqual({
      content: [
        { token: 'H', bytes: [72], logprob: -0.5, top_logprobs: [{ token: 'H', bytes: [72], logprob: -0.5 }] },
        { token: 'i', bytes: null, logprob: -1, top_logprobs: [] },
      ],
      refusal: null,
    })
  })

  it('preserves unknown fields', () => {
    const decoded = decode(said({ mood: 'good' }, { remote_host: 'https://ollama.com', nothing: null }))
    expect(decoded.choices[0]?.message.provider_specific_fields).toEqual({ mood: 'good' })
    expect(decoded.provider_specific_fields).toEqual({ remote_host: 'https://ollama.com' })
  })

  it.each([[null], ['x'], [[]], [{}], [{ message: 5 }], [{ message: { content: 5, tool_calls: 'x', thinking: 1 } }]])(
    'that is %j is one, or a fault',
    (body) => {
      try {
        expect(decode(body).choices).toHaveLength(1)
      } catch (error) {
        expect(error).toBeInstanceOf(ProviderFault)
      }
    },
  )

  it('that is an error is one', () => {
    expect(() => decode({ error: 'no' })).toThrow(expect.objectContaining({ body: { error: 'no' } }))
  })
})
