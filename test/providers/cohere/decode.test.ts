import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { type Body, decode, fixture } from './helpers.js'

const answer = (message: Body, more: Body = {}) => ({ id: 'a', finish_reason: 'COMPLETE', message, ...more })
const said = (text: string, more: Body = {}) => answer({ role: 'assistant', content: [{ type: 'text', text }] }, more)

describe('an answer', () => {
  it('with thinking and citations', () => {
    const { body } = fixture('answer-thinking-citations')
    expect(decode(body)).toEqual({
      id: 'c0ffee00-0001',
      object: 'chat.completion',
      created: 1700000000,
      model: 'command-asked',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Oslo has 700,000 people.',
            refusal: null,
            reasoning_content: 'The page says it.',
            annotations: [
              {
                type: 'url_citation',
                url_citation: { url: 'https://example.com/oslo', title: 'Oslo', start_index: 9, end_index: 16 },
              },
            ],
            provider_specific_fields: { citations: body.message.citations },
          },
          finish_reason: 'stop',
          native_finish_reason: 'COMPLETE',
          logprobs: null,
        },
      ],
      usage: {
        prompt_tokens: 300,
        completion_tokens: 50,
        total_tokens: 350,
        prompt_tokens_details: { cached_tokens: 256 },
        completion_tokens_details: { reasoning_tokens: 12 },
      },
      provider_specific_fields: { billed_units: { input_tokens: 60, output_tokens: 20 } },
    })
  })

  it('with a plan and parallel calls', () => {
    const [choice] = decode(fixture('answer-plan-tools').body).choices
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', native_finish_reason: 'TOOL_CALL' })
    expect(choice?.message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      reasoning_content: 'I will look up both.',
      tool_calls: [
        { id: 'weather_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
        { id: 'now_1', type: 'function', function: { name: 'now', arguments: '{}' } },
      ],
      provider_specific_fields: { tool_plan: 'I will look up both.' },
    })
  })

  it('has its tools under the names that the caller gave them', () => {
    const { body } = fixture('answer-plan-tools')
    const [choice] = decode(body, { names: { weather: 'get.weather' } }).choices
    expect(choice?.message.tool_calls).toMatchObject([
      { function: { name: 'get.weather' } },
      { function: { name: 'now' } },
    ])
  })

  it('preserves unknown fields', () => {
    const decoded = decode(
      answer(
        {
          role: 'assistant',
          content: [
            { type: 'audio', data: 'x' },
            { type: 'text', text: 'Hi' },
          ],
          mood: 'good',
        },
        { novelty: 1, usage: { tokens: { input_tokens: 1, output_tokens: 2 }, novel_tokens: 3 } },
      ),
    )
    expect(decoded.choices[0]?.message.content).toBe('Hi')
    expect(decoded.choices[0]?.message.provider_specific_fields).toEqual({
      mood: 'good',
      content: [{ type: 'audio', data: 'x' }],
    })
    expect(decoded.provider_specific_fields).toEqual({ novelty: 1, novel_tokens: 3 })
  })

  it.each([
    ['COMPLETE', 'stop'],
    ['STOP_SEQUENCE', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['TIMEOUT', 'length'],
    ['SOMETHING_NEW', 'stop'],
  ])('that ended with %s ended with %s', (native, reason) => {
    const [choice] = decode(said('x', { finish_reason: native })).choices
    expect(choice).toMatchObject({ finish_reason: reason, native_finish_reason: native })
  })

  it('uses billed units without token counts, and has no usage without either', () => {
    const billed = { usage: { billed_units: { input_tokens: 5, output_tokens: 6 } } }
    expect(decode(said('x', billed)).usage).toEqual({ prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 })
    expect(decode(said('x', { usage: {} }))).not.toHaveProperty('usage')
    expect(decode(said('x'))).not.toHaveProperty('usage')
  })

  it('has no part of its usage larger than the whole', () => {
    const usage = {
      tokens: { input_tokens: 10, output_tokens: 5, reasoning_tokens: 9, image_tokens: 11 },
      cached_tokens: 12,
    }
    expect(decode(said('x', { usage })).usage).toMatchObject({
      prompt_tokens_details: { cached_tokens: 10, image_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 5 },
    })
  })

  it('has the probabilities of its pieces', () => {
    // written from https://docs.cohere.com/reference/chat (logprobs)
    const logprobs = [
      { text: 'Hel', token_ids: [1], logprobs: [-0.5] },
      { text: 'lo', token_ids: [2, 3], logprobs: [-1, -2] },
    ]
    expect(decode(said('Hello', { logprobs })).choices[0]?.logprobs).toEqual({
      content: [
        { token: 'Hel', bytes: null, logprob: -0.5, top_logprobs: [] },
        { token: 'lo', bytes: null, logprob: -3, top_logprobs: [] },
      ],
      refusal: null,
    })
  })

  it('counts citations from the beginning of the whole content', () => {
    const source = { type: 'document', id: 'd', document: { url: 'https://e.com', text: 'b' } }
    const [choice] = decode(
      answer({
        content: [
          { type: 'text', text: 'one ' },
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: 'two' },
        ],
        citations: [
          { start: 0, end: 3, text: 'two', sources: [source], type: 'TEXT_CONTENT', content_index: 2 },
          { start: 0, end: 2, text: 'hm', sources: [source], type: 'THINKING_CONTENT', content_index: 1 },
        ],
      }),
    ).choices
    expect(choice?.message.annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: { url: 'https://e.com', title: 'https://e.com', start_index: 4, end_index: 7 },
      },
    ])
    expect(choice?.message.provider_specific_fields?.citations).toHaveLength(2)
  })

  it.each([
    [null],
    ['text'],
    [[]],
    [{}],
    [{ message: { content: 5, tool_calls: 'x', citations: [null] } }],
    [{ message: null }],
  ])('that is %j is one, or a fault', (body) => {
    try {
      decode(body)
    } catch (error) {
      expect(error).toBeInstanceOf(ProviderFault)
    }
  })

  it('that failed is an error', () => {
    expect(() => decode(said('Half of', { finish_reason: 'ERROR' }))).toThrow(ProviderFault)
    expect(() => decode({ id: 'x', message: 'invalid request' })).toThrow(
      expect.objectContaining({ body: { id: 'x', message: 'invalid request' } }),
    )
  })
})
