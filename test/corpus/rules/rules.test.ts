import { describe, expect, it } from 'vitest'
import { checkAnswer, checkUsage } from '../check/answer.js'
import { checkChunks } from '../check/stream.js'
import { differenceOf } from '../equivalence/equivalence.js'
import { expectAnthropicStream } from '../expectation/anthropic.js'
import { expectOpenAI } from '../expectation/openai.js'
import { expectOpenAIStream } from '../expectation/openai-stream.js'
import { usageOfAnthropic, usageOfOpenAI } from '../expectation/usage.js'
import { judge } from '../replay/run.js'
import { toOpenAI } from '../request/anthropic.js'
import { pieces } from '../wire/pieces.js'
import type { Recording } from '../wire/recording.js'
import { splitEvents } from '../wire/sse.js'

// The corpus' own rules, on small cases: a rule that is wrong would blame, or excuse, the library.

const recording = (provider: string, response: object = {}): Recording => ({
  id: `${provider}-1`,
  provider,
  operation: 'chat',
  model: 'm',
  request: { body: null },
  response: { status: 200, ...response },
  fidelity: 'wire',
})

describe('usage', () => {
  it('counts reasoning once, also if the total shows that it is separate', () => {
    const inside = {
      prompt_tokens: 5,
      completion_tokens: 9,
      total_tokens: 14,
      completion_tokens_details: { reasoning_tokens: 4 },
    }
    expect(usageOfOpenAI(inside)).toMatchObject({ completion: 9, reasoning: 4 })
    expect(usageOfOpenAI({ ...inside, total_tokens: 18 })).toMatchObject({ completion: 13, reasoning: 4 })
  })

  it('adds cached tokens to the prompt of the Messages API, and compaction to the total', () => {
    const wire = { input_tokens: 1, cache_read_input_tokens: 20, cache_creation_input_tokens: 300, output_tokens: 7 }
    expect(usageOfAnthropic(wire)).toMatchObject({ prompt: 321, cached: 20, cacheWritten: 300, completion: 7 })
    const iterations = [
      { type: 'compaction', input_tokens: 1000, output_tokens: 50 },
      { type: 'message', ...wire },
    ]
    expect(usageOfAnthropic({ ...wire, iterations })).toMatchObject({ prompt: 1321, completion: 57 })
  })

  it('is wrong if it contains unrecorded values, or a part exceeds its total', () => {
    const expected = usageOfOpenAI({ prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 })
    const usage = { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 }
    expect(checkUsage(usage, expected)).toEqual([])
    expect(checkUsage({ ...usage, prompt_tokens_details: { cached_tokens: 0 } }, expected)).toHaveLength(1)
    expect(checkUsage({ ...usage, completion_tokens_details: { reasoning_tokens: 10 } }, expected)).toHaveLength(2)
    expect(checkUsage(undefined, expected)).toHaveLength(1)
  })
})

describe('streams', () => {
  it('are split by blank lines with any line ending', () => {
    expect(splitEvents('event: a\r\ndata: 1\r\n\r\n: note\n\ndata:2\ndata: 3\n\ndata: 4')).toEqual([
      { name: 'a', data: '1' },
      { name: undefined, data: '2\n3' },
      { name: undefined, data: '4' },
    ])
  })

  it('of OpenAI are assembled by choice and by tool call', () => {
    const events = [
      { id: 'x', model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'a' } }] },
      {
        id: 'x',
        choices: [
          { index: 0, delta: { tool_calls: [{ index: 0, id: 't', function: { name: 'f', arguments: '{"' } }] } },
        ],
      },
      {
        id: 'x',
        choices: [
          {
            index: 0,
            delta: { content: 'b', tool_calls: [{ index: 0, function: { arguments: 'k":1}' } }] },
            finish_reason: 'tool_calls',
          },
        ],
      },
    ]
    const { answer, ended, failed } = expectOpenAIStream(
      events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
    )
    expect({ ended, failed, id: answer.id }).toEqual({ ended: true, failed: false, id: 'x' })
    expect(answer.choices[0]).toMatchObject({ text: 'ab', tools: [{ id: 't', name: 'f', arguments: '{"k":1}' }] })
  })

  it('of Anthropic are assembled by block', () => {
    const events = [
      { type: 'message_start', message: { id: 'x', model: 'm', usage: { input_tokens: 3, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"k":1}' } },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 8 } },
    ]
    const { answer, ended } = expectAnthropicStream(
      events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
    )
    expect(ended).toBe(true)
    expect(answer.usage).toMatchObject({ prompt: 3, completion: 8 })
    expect(answer.choices[0]).toMatchObject({
      nativeFinish: 'tool_use',
      tools: [{ id: 't', name: 'f', arguments: '{"k":1}' }],
    })
  })

  it('may have one role, one id, and usage at the end', () => {
    const chunk = (choices: object[], more: object = {}) =>
      ({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more }) as never
    const hello = chunk([{ index: 0, delta: { role: 'assistant', content: 'a' }, finish_reason: null }])
    const usage = chunk([], { usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } })
    expect(checkChunks([hello, usage], true)).toEqual([])
    expect(checkChunks([hello, usage], false)).toHaveLength(1)
    expect(checkChunks([usage, hello], true)).toHaveLength(1)
    expect(checkChunks([hello, hello], true)).toHaveLength(1)
    expect(checkChunks([hello, chunk([], { id: 'y' })], true)).toHaveLength(1)
  })

  it('are delivered in pieces that add up to the body', () => {
    const stream = 'data: {"é":1}\n\n'.repeat(40)
    const whole = Buffer.from(stream).toString('hex')
    for (const chunk_bytes of [undefined, [3, 1, 9]]) {
      const parts = pieces(recording('openai', { stream, ...(chunk_bytes && { chunk_bytes }) }))
      expect(parts.length).toBeGreaterThan(3)
      expect(Buffer.concat(parts).toString('hex')).toBe(whole)
    }
  })
})

describe('answers', () => {
  const body = {
    id: 'x',
    model: 'm',
    choices: [
      {
        index: 0,
        finish_reason: 'tool_call',
        message: { content: null, reasoning: 'hm', tool_calls: [{ id: 't', function: { name: 'f', arguments: '' } }] },
      },
    ],
  }
  const answer = (message: object, more: object = {}) =>
    ({
      id: 'x',
      model: 'm',
      choices: [
        { index: 0, finish_reason: 'tool_calls', native_finish_reason: 'tool_call', logprobs: null, message, ...more },
      ],
    }) as never
  const right = {
    content: null,
    refusal: null,
    reasoning_content: 'hm',
    tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }],
  }

  it('report each difference', () => {
    const expected = expectOpenAI(body)
    if (!expected) throw new Error('no expectation')
    expect(checkAnswer(answer(right), expected)).toEqual([])
    expect(checkAnswer(answer({ ...right, content: 'a' }), expected)).toHaveLength(1)
    expect(checkAnswer(answer({ ...right, reasoning_content: 'h' }), expected)).toHaveLength(1)
    expect(checkAnswer(answer({ ...right, tool_calls: [] }), expected)).toHaveLength(1)
    expect(checkAnswer(answer(right, { finish_reason: 'stop' }), expected)).toHaveLength(1)
    expect(checkAnswer(answer(right, { native_finish_reason: 'x' }), expected)).toHaveLength(1)
    expect(checkAnswer(answer(right), { ...expected, kept: ['a "secret"'] })).toHaveLength(1)
  })
})

describe('requests', () => {
  it('of Anthropic are converted to OpenAI’s shape', () => {
    const turned = toOpenAI({
      system: 'be brief',
      max_tokens: 5,
      stop_sequences: ['x'],
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'E' },
            { type: 'tool_use', id: 't', name: 'f', input: { k: 1 } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't', content: '7' },
            { type: 'text', text: 'go on' },
          ],
        },
      ],
    })
    expect(turned).toEqual({
      max_tokens: 5,
      stop: ['x'],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      messages: [
        { role: 'system', content: 'be brief' },
        {
          role: 'assistant',
          thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'E' }],
          tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{"k":1}' } }],
        },
        { role: 'tool', tool_call_id: 't', content: '7' },
        { role: 'user', content: [{ type: 'text', text: 'go on' }] },
      ],
    })
  })

  it('report every difference unless allowed', () => {
    const recorded = {
      model: 'm',
      stream: false,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }],
      seed: null,
    }
    const sent = { model: 'm', messages: [{ role: 'user', content: 'a' }] }
    expect(differenceOf(recording('openai'), sent, recorded)).toBeUndefined()
    expect(differenceOf(recording('openai'), { ...sent, n: 1 }, recorded)).toBe('n: got 1, recorded nothing')
    expect(differenceOf(recording('openai'), { ...sent, model: 'o' }, recorded)).toContain('model')
    expect(differenceOf(recording('openai'), sent, { ...recorded, temperature: 0 })).toContain('temperature')
  })
})

describe('the verdict', () => {
  const outcome = (id: string, wrong: string[]) => ({ id, provider: 'p', group: 'answers' as const, wrong })
  it("fails for a new miss, a known miss that passes, and a known miss that doesn't exist", () => {
    const outcomes = [outcome('a', []), outcome('b', ['text'])]
    expect(judge(outcomes, { 'answers/b': 'why' }).failures.join()).toBe('p: 1 of 2 is under 99 %')
    expect(judge([outcome('a', [])], {}).failures).toEqual([])
    expect(judge(outcomes, {}).failures.join()).toContain('answers/b is a new miss')
    expect(judge([outcome('a', [])], { 'answers/a': 'why' }).failures.join()).toContain('passes now')
    expect(judge([outcome('a', [])], { 'answers/c': 'why' }).failures.join()).toContain('no such recording')
  })
})
