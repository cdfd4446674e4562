import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { cohere } from '../../../providers/dialects/cohere/index.js'
import { assemble, type Body, chunksOf, decode, eventsOf, fixture } from './helpers.js'

const answer = (message: Body, finish_reason = 'COMPLETE') => ({
  id: 'a',
  message,
  finish_reason,
  usage: { tokens: { input_tokens: 3, output_tokens: 2 } },
})

const whole: Record<string, Body> = {
  'thinking and citations': fixture('answer-thinking-citations').body,
  'a plan and tools': fixture('answer-plan-tools').body,
  'thinking, then a plan': answer(
    {
      content: [{ type: 'thinking', thinking: 'Hm.' }],
      tool_plan: 'Ask.',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
    },
    'TOOL_CALL',
  ),
  'two thoughts': answer({
    content: [
      { type: 'thinking', thinking: 'one' },
      { type: 'text', text: 'x' },
      { type: 'thinking', thinking: 'two' },
    ],
  }),
  nothing: answer({}),
  'a cut answer': answer({ content: [{ type: 'text', text: 'Once upon' }] }, 'MAX_TOKENS'),
}

describe('a stream', () => {
  it.each(Object.keys(whole))('of %s adds up to the whole answer, however it is cut', (name) => {
    const body = whole[name] as Body
    for (const size of [1, 4, 1000]) {
      const { chunks, whole: complete, done } = chunksOf([...eventsOf(body, size), '[DONE]'])
      expect(complete).toBe(true)
      expect(done).toBe(true)
      expect(assemble(chunks)).toEqual(decode(structuredClone(body)))
    }
  })

  it('has one id, the role first, one finish, and the usage last', () => {
    const { chunks } = chunksOf(eventsOf(fixture('answer-thinking-citations').body))
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['c0ffee00-0001']))
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant' })
    expect(chunks.filter((chunk) => chunk.choices[0]?.delta.role)).toHaveLength(1)
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1)
    expect(chunks.filter((chunk) => chunk.usage)).toEqual([chunks.at(-1)])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 300, total_tokens: 350 } })
  })

  it('gives every text delta the same plain shape', () => {
    const { chunks } = chunksOf(eventsOf(answer({ content: [{ type: 'text', text: 'Hello' }] }), 5))
    expect(chunks[1]).toEqual({
      id: 'a',
      object: 'chat.completion.chunk',
      created: 1700000000,
      model: 'command-asked',
      choices: [{ index: 0, delta: { content: 'Hello' }, finish_reason: null }],
    })
  })

  it('gives id, type and name of a call once, and empty arguments their braces', () => {
    const { chunks } = chunksOf(eventsOf(fixture('answer-plan-tools').body, 1000))
    expect(chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])).toEqual([
      { index: 0, id: 'weather_1', type: 'function', function: { name: 'weather', arguments: '' } },
      { index: 0, function: { arguments: '{"city":"Oslo"}' } },
      { index: 1, id: 'now_1', type: 'function', function: { name: 'now', arguments: '' } },
      { index: 1, function: { arguments: '{}' } },
    ])
  })

  it('gives tools the names of the caller', () => {
    const { chunks } = chunksOf(eventsOf(fixture('answer-plan-tools').body), { names: { now: 'what-time' } })
    expect(assemble(chunks).choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'weather' } },
      { function: { name: 'what-time' } },
    ])
  })

  it('is complete only after its end marker', () => {
    const events = eventsOf(fixture('answer-thinking-citations').body)
    for (let end = 0; end < events.length; end++) expect(chunksOf(events.slice(0, end)).whole).toBe(false)
    expect(chunksOf(events).whole).toBe(true)
    expect(chunksOf([...events.slice(0, -1), '[DONE]']).whole).toBe(false)
  })

  it('ignores unknown events', () => {
    const events = eventsOf(answer({ content: [{ type: 'text', text: 'Hello' }] }))
    const strange = [
      { type: 'weather', delta: { message: 'sunny' } },
      { type: 'debug', prompt: '…' },
      { type: 'tool-call-delta', index: 7, delta: { message: { tool_calls: { function: { arguments: 'x' } } } } },
      { type: 'content-delta', delta: null },
      { type: 'content-start', index: 9, delta: { message: { content: { type: 'audio', data: 'x' } } } },
      null,
      5,
    ]
    const { chunks, whole: complete } = chunksOf([...events.slice(0, 3), ...strange, ...events.slice(3)])
    const [choice] = assemble(chunks).choices
    expect(complete).toBe(true)
    expect(choice?.message).toMatchObject({
      content: 'Hello',
      provider_specific_fields: { content: [{ type: 'audio', data: 'x' }] },
    })
  })

  it('has the probabilities of its pieces', () => {
    // written from https://docs.cohere.com/reference/chat-stream (content-delta, logprobs)
    const logprobs = { text: 'Hi', token_ids: [1], logprobs: [-0.25] }
    const events = eventsOf(answer({ content: [{ type: 'text', text: 'Hi' }] }), 2).map((event) =>
      event.type === 'content-delta' ? { ...event, logprobs } : event,
    )
    expect(assemble(chunksOf(events).chunks).choices[0]?.logprobs?.content).toEqual([
      { token: 'Hi', bytes: null, logprob: -0.25, top_logprobs: [] },
    ])
  })

  it('throws the error of a failed stream', () => {
    // shape seen in recorded traffic
    const end = {
      type: 'message-end',
      delta: {
        finish_reason: 'ERROR',
        usage: {},
        error: 'invalid tool generation',
        error_type: 'INVALID_TOOL_GENERATION',
      },
    }
    const events = [...eventsOf(fixture('answer-plan-tools').body).slice(0, 4), end]
    const body = { id: 'c0ffee00-0002', message: 'invalid tool generation', error_type: 'INVALID_TOOL_GENERATION' }
    expect(() => chunksOf(events)).toThrow(expect.objectContaining({ body }))
    expect(cohere.error({ status: 200, body, text: '' })).toMatchObject({
      kind: 'bad_request',
      message: 'invalid tool generation',
      providerCode: 'INVALID_TOOL_GENERATION',
    })
    expect(() => chunksOf([{ message: 'internal server error' }])).toThrow(ProviderFault)
    expect(() => chunksOf(['{"type":'])).toThrow(ProviderFault)
  })
})
