import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { assemble, type Body, chunksOf, decode, eventsOf, fixture } from './helpers.js'

const usage = { input_tokens: 5, output_tokens: 7 }
const message = (content: Body[], more: Body = {}) => ({
  id: 'msg_1',
  model: 'claude',
  content,
  stop_reason: 'end_turn',
  usage,
  ...more,
})

const whole: Record<string, Body> = {
  'thinking and tools': fixture('answer-thinking-tools').body,
  'web search': fixture('answer-web-search').body,
  'redacted thinking': message([
    { type: 'redacted_thinking', data: 'EmwK' },
    { type: 'text', text: 'x' },
  ]),
  'two thoughts': message([
    { type: 'thinking', thinking: 'one', signature: 'Eq' },
    { type: 'thinking', thinking: 'two', signature: 'Er' },
  ]),
  nothing: message([]),
  'a call from code': message([
    {
      type: 'tool_use',
      id: 't',
      name: 'f',
      input: { a: 1 },
      caller: { type: 'code_execution_20260120', tool_id: 's' },
    },
  ]),
  compaction: message([
    { type: 'compaction', content: 'So far: …' },
    { type: 'text', text: 'Go on.' },
  ]),
  refusal: message([{ type: 'text', text: 'I' }], {
    stop_reason: 'refusal',
    stop_details: { type: 'refusal', explanation: 'No.' },
  }),
  'context edits': message([{ type: 'text', text: 'x' }], {
    stop_sequence: 'END',
    stop_reason: 'stop_sequence',
    context_management: { applied_edits: [{ type: 'clear_tool_uses_20250919' }] },
  }),
}

describe('a stream', () => {
  it.each(Object.keys(whole))('of %s adds up to the whole answer, however it is cut', (name) => {
    const body = whole[name] as Body
    for (const size of [1, 4, 1000]) {
      const { chunks, whole: complete } = chunksOf(eventsOf(body, size))
      expect(complete).toBe(true)
      expect(assemble(chunks)).toEqual(decode(body))
    }
  })

  it('has one id, the role first and the usage last', () => {
    const { chunks } = chunksOf(eventsOf(fixture('answer-thinking-tools').body))
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['msg_01A']))
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant' })
    expect(chunks.filter((chunk) => chunk.usage)).toEqual([chunks.at(-1)])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 240 }, service_tier: 'default' })
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1)
  })

  it('gives every text delta the same plain shape', () => {
    const { chunks } = chunksOf(eventsOf(message([{ type: 'text', text: 'Hello' }]), 5))
    expect(chunks[1]).toEqual({
      id: 'msg_1',
      object: 'chat.completion.chunk',
      created: 1700000000,
      model: 'claude',
      choices: [{ index: 0, delta: { content: 'Hello' }, finish_reason: null }],
    })
  })

  it('counts by the last word on every counter', () => {
    const [start, ...rest] = eventsOf(message([{ type: 'text', text: 'x' }]))
    const begun = {
      ...start,
      message: { id: 'm', usage: { input_tokens: 9, cache_read_input_tokens: 4, output_tokens: 1 } },
    }
    const end = {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { input_tokens: null, output_tokens: 7 },
    }
    const { chunks } = chunksOf([begun, ...rest.slice(0, -2), end, { type: 'message_stop' }])
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 13, completion_tokens: 7, total_tokens: 20 })
  })

  it('counts tool calls, not blocks', () => {
    const { chunks } = chunksOf(eventsOf(fixture('answer-thinking-tools').body, 1000))
    const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(calls).toEqual([
      { index: 0, id: 'toolu_01', type: 'function', function: { name: 'get_weather', arguments: '' } },
      { index: 0, function: { arguments: '{"city":"Oslo"}' } },
      { index: 1, id: 'toolu_02', type: 'function', function: { name: 'now', arguments: '' } },
      { index: 1, function: { arguments: '{}' } },
    ])
  })

  it('takes the input of a call that comes whole at its start', () => {
    const start = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
    }
    const { chunks } = chunksOf([start, { type: 'content_block_stop', index: 0 }])
    expect(assemble(chunks).choices[0]?.message.tool_calls).toEqual([
      { id: 't', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
    ])
  })

  it('is complete only after its end marker', () => {
    const events = eventsOf(message([{ type: 'text', text: 'Hello' }]))
    expect(chunksOf(events.slice(0, -2)).whole).toBe(false)
    expect(chunksOf([]).whole).toBe(false)
    const finished = chunksOf(events.slice(0, -1))
    expect(finished.whole).toBe(true)
    expect(finished.chunks.at(-1)?.usage).toBeDefined()
  })

  it('ignores unknown events', () => {
    const events = eventsOf(
      message([
        { type: 'novelty', value: 1 },
        { type: 'text', text: 'x' },
      ]),
    )
    const strange = [
      { type: 'weather' },
      { type: 'content_block_delta', index: 9, delta: { type: 'novelty_delta', text: 'lost' } },
      null,
      5,
    ]
    const { chunks } = chunksOf([...events.slice(0, 2), ...strange, ...events.slice(2)])
    const answer = assemble(chunks).choices[0]?.message
    expect(answer?.content).toBe('x')
    expect(answer?.provider_specific_fields?.content_blocks).toMatchObject([
      { type: 'novelty', value: 1 },
      { type: 'text' },
    ])
  })

  it('throws the error that is in it', () => {
    // written from https://platform.claude.com/docs/en/build-with-claude/streaming#error-events
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    expect(() => chunksOf([...eventsOf(message([])).slice(0, 1), error])).toThrow(
      expect.objectContaining({ body: error }),
    )
    expect(() => chunksOf(['{"type":'])).toThrow(ProviderFault)
  })
})
