import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { anthropicWire, type MessagesEvent } from '../../../../providers/inbound/anthropic/index.js'
import { seal } from '../../../../providers/inbound/seal.js'
import type { ChatCompletionChunk, ChunkChoice, Delta } from '../../../../src/types/chat.js'

const request = { model: 'wise', max_tokens: 64, stream: true, messages: [{ role: 'user', content: 'Hello' }] }
const context = { model: 'wise', created: 1, id: 'a1' }

type Piece = Delta | ({ finish: NonNullable<ChunkChoice['finish_reason']> } & Delta)
const usage = {
  prompt_tokens: 30,
  completion_tokens: 9,
  total_tokens: 39,
  prompt_tokens_details: { cached_tokens: 20 },
}

function chunksOf(pieces: readonly Piece[]): ChatCompletionChunk[] {
  const head = { id: 'x', object: 'chat.completion.chunk' as const, created: 1, model: 'up' }
  const chunks = pieces.map((piece): ChatCompletionChunk => {
    const { finish = null, ...delta } = piece as Delta & { finish?: ChunkChoice['finish_reason'] }
    return { ...head, choices: [{ index: 0, delta, finish_reason: finish }] }
  })
  return [...chunks, { ...head, choices: [], usage }]
}

function eventsOf(...pieces: Piece[]): MessagesEvent[] {
  const encoder = anthropicWire.streamEncoder(request, context)
  const out: MessagesEvent[] = []
  for (const chunk of chunksOf(pieces)) encoder.push(chunk, out)
  encoder.end(out)
  return out
}

/** Events in short: type, block and delta. */
const short = (events: readonly MessagesEvent[]) =>
  events.map((event) => {
    switch (event.type) {
      case 'content_block_start':
        return `${event.index} ${event.content_block.type}`
      case 'content_block_delta': {
        const [, value] = Object.entries(event.delta).find(([name]) => name !== 'type') ?? []
        return `${event.index} ${event.delta.type} ${typeof value === 'string' ? value : JSON.stringify(value)}`
      }
      case 'content_block_stop':
        return `${event.index} stop`
      default:
        return event.type
    }
  })

const call = (index: number, id: string, name: string, args = '') => ({
  tool_calls: [{ index, id, type: 'function' as const, function: { name, arguments: args } }],
})
const more = (index: number, args: string) => ({ tool_calls: [{ index, function: { arguments: args } }] })

/** The message that the official SDK assembles from the events. */
async function assembled(events: readonly MessagesEvent[]) {
  const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
  const client = new Anthropic({
    apiKey: 'key',
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  })
  return client.messages
    .stream({ model: 'wise', max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] })
    .finalMessage()
}

describe('a streamed answer', () => {
  it("comes in Anthropic's order", () => {
    const events = eventsOf(
      { role: 'assistant', content: '' },
      { reasoning_content: 'Hm' },
      { reasoning_content: ', well.' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'Hm, well.', signature: 'EqM=' }] },
      { content: 'I ' },
      { content: 'look.' },
      call(0, 't1', 'look'),
      more(0, '{"at":'),
      more(0, '"door"}'),
      { finish: 'tool_calls' },
    )
    expect(short(events)).toEqual([
      'message_start',
      'ping',
      '0 thinking',
      '0 thinking_delta Hm',
      '0 thinking_delta , well.',
      '0 signature_delta EqM=',
      '0 stop',
      '1 text',
      '1 text_delta I ',
      '1 text_delta look.',
      '1 stop',
      '2 tool_use',
      '2 input_json_delta {"at":',
      '2 input_json_delta "door"}',
      '2 stop',
      'message_delta',
      'message_stop',
    ])
    expect(events[0]).toMatchObject({ message: { id: 'msg_a1', model: 'wise', content: [], stop_reason: null } })
    expect(events.at(-2)).toEqual({
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null, stop_details: null, container: null },
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 20,
        cache_creation_input_tokens: 0,
        output_tokens: 9,
        output_tokens_details: null,
        server_tool_use: null,
      },
    })
  })

  it('gives interleaved thinking, text and calls blocks of their own', () => {
    const events = eventsOf(
      { reasoning_content: 'one' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'one', signature: 'E1==' }] },
      { content: 'a' },
      { reasoning_content: '\n\ntwo' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'two', signature: 'E2==' }] },
      { thinking_blocks: [{ type: 'redacted_thinking', data: 'E3==' }] },
      call(0, 't1', 'f', '{}'),
      { content: 'b' },
      { finish: 'stop' },
    )
    expect(short(events).slice(2, -2)).toEqual([
      ...['0 thinking', '0 thinking_delta one', '0 signature_delta E1==', '0 stop'],
      ...['1 text', '1 text_delta a', '1 stop'],
      ...['2 thinking', '2 thinking_delta two', '2 signature_delta E2==', '2 stop'],
      ...['3 redacted_thinking', '3 stop'],
      ...['4 tool_use', '4 input_json_delta {}', '4 stop'],
      ...['5 text', '5 text_delta b', '5 stop'],
    ])
  })

  it('signs reasoning without a signature', () => {
    const events = eventsOf({ reasoning_content: 'Hm.' }, { content: 'Hi.' }, { finish: 'stop' })
    expect(short(events).slice(2, 6)).toEqual([
      ...['0 thinking', '0 thinking_delta Hm.', `0 signature_delta ${seal({})}`, '0 stop'],
    ])
  })

  it('keeps the arguments of a call that come after the names of later calls', () => {
    const names = [call(0, 't1', 'f', ''), call(1, 't2', 'g', ''), call(2, 't3', 'h', '')]
    const events = eventsOf(...names, more(1, '{"b":2}'), more(0, '{"a"'), more(0, ':1}'), { finish: 'tool_calls' })
    expect(short(events).slice(2, -2)).toEqual([
      ...['0 tool_use', '0 input_json_delta {"a"', '0 input_json_delta :1}', '0 stop'],
      ...['1 tool_use', '1 input_json_delta {"b":2}', '1 stop'],
      ...['2 tool_use', '2 stop'],
    ])
  })

  it('sends text that comes between the arguments of a call behind the call', () => {
    const events = eventsOf(
      call(0, 't1', 'f', '{"a"'),
      { content: '\n' },
      more(0, ':1}'),
      { content: 'b' },
      { finish: 'stop' },
    )
    expect(short(events).slice(2, -2)).toEqual([
      ...['0 tool_use', '0 input_json_delta {"a"', '0 input_json_delta :1}', '0 stop'],
      ...['1 text', '1 text_delta \nb', '1 stop'],
    ])
    const late = eventsOf(call(0, 't1', 'f', '{"a"'), { content: 'b' }, more(0, ':1}'), { finish: 'stop' })
    expect(short(late).slice(-5, -2)).toEqual(['1 text', '1 text_delta b', '1 stop'])
  })

  it('sends parallel calls one after another, also if their arguments come mixed', () => {
    const events = eventsOf(call(0, 't1', 'f', '{"a"'), call(1, 't2', 'g', '{"b"'), more(0, ':1}'), more(1, ':2}'), {
      finish: 'tool_calls',
    })
    expect(short(events).slice(2, -2)).toEqual([
      ...['0 tool_use', '0 input_json_delta {"a"', '0 input_json_delta :1}', '0 stop'],
      ...['1 tool_use', '1 input_json_delta {"b"', '1 input_json_delta :2}', '1 stop'],
    ])
  })

  it('sends a call without arguments as a block without deltas', () => {
    const events = eventsOf(call(0, 't1', 'f'), call(1, 't2', 'g', '{}'), { finish: 'tool_calls' })
    expect(short(events).slice(2, -2)).toEqual([
      '0 tool_use',
      '0 stop',
      '1 tool_use',
      '1 input_json_delta {}',
      '1 stop',
    ])
  })

  it('carries the state of the provider: before its call, or at the end', () => {
    const signed = {
      ...call(0, 't1', 'f', '{}').tool_calls[0],
      index: 0,
      provider_specific_fields: { thought_signature: 'g' },
    }
    const events = eventsOf(
      { tool_calls: [signed] },
      { finish: 'tool_calls', provider_specific_fields: { output_items: [1] } },
    )
    expect(short(events).slice(2, -2)).toEqual([
      ...['0 thinking', `0 signature_delta ${seal({ call: { thought_signature: 'g' } })}`, '0 stop'],
      ...['1 tool_use', '1 input_json_delta {}', '1 stop'],
      ...['2 thinking', `2 signature_delta ${seal({ message: { output_items: [1] } })}`, '2 stop'],
    ])
  })

  it('cites in the text that is open', () => {
    const url_citation = { url: 'https://x', title: 'X', start_index: 0, end_index: 3 }
    const events = eventsOf(
      { content: 'Yes' },
      { annotations: [{ type: 'url_citation', url_citation }] },
      { finish: 'stop' },
    )
    expect(short(events)[4]).toContain('0 citations_delta {"type":"web_search_result_location","url":"https://x"')
  })

  it('says a refusal as text', () => {
    const events = eventsOf({ refusal: 'I can ' }, { refusal: 'not.', finish: 'content_filter' })
    expect(short(events).slice(2, 5)).toEqual(['0 text', '0 text_delta I can not.', '0 stop'])
    expect(events.at(-2)).toMatchObject({
      delta: { stop_reason: 'refusal', stop_details: { explanation: 'I can not.' } },
    })
  })

  it('without content has no blocks', () => {
    expect(short(eventsOf({ finish: 'stop' }))).toEqual(['message_start', 'ping', 'message_delta', 'message_stop'])
  })

  it('is what the whole answer is, for the official SDK', async () => {
    const pieces: Piece[] = [
      { reasoning_content: 'Hm.' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 'EqM=' }] },
      { content: 'I look.' },
      call(0, 't1', 'look', '{"at":"door"}'),
      { finish: 'tool_calls' },
    ]
    const streamed = await assembled(eventsOf(...pieces))
    const whole = anthropicWire.encodeAnswer(
      {
        id: 'x',
        object: 'chat.completion',
        created: 1,
        model: 'up',
        usage,
        choices: [
          {
            index: 0,
            finish_reason: 'tool_calls',
            logprobs: null,
            message: {
              role: 'assistant',
              content: 'I look.',
              refusal: null,
              reasoning_content: 'Hm.',
              thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 'EqM=' }],
              tool_calls: [{ id: 't1', type: 'function', function: { name: 'look', arguments: '{"at":"door"}' } }],
            },
          },
        ],
      },
      request,
      context,
    )
    expect(JSON.parse(JSON.stringify(streamed))).toMatchObject(JSON.parse(JSON.stringify(whole)))
  })
})
