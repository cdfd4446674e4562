import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { assemble, type Body, bodyOf, chunksOf, decode, eventsOf, fixture } from './helpers.js'

const answer = (fields: Body) => ({
  id: 'msg_1',
  type: 'message',
  model: 'claude',
  content: [{ type: 'text', text: 'Hi.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, output_tokens: 2 },
  ...fields,
})

/** The assistant turn that a message of ours becomes in the next request. */
const resent = (message: unknown, tail: unknown[] = []) =>
  (
    bodyOf({ messages: [{ role: 'user', content: 'q' }, message, ...tail, { role: 'user', content: 'more' }] })
      .messages as Body[]
  )[1]?.content

describe('an answer', () => {
  it('with thinking and tools becomes a chat completion', () => {
    const { body, answer } = fixture('answer-thinking-tools')
    expect(decode(body)).toEqual(answer)
  })

  it('of text alone has nothing that is not there', () => {
    const { choices } = decode(answer({}))
    expect(Object.keys(choices[0]?.message ?? {})).toEqual(['role', 'content', 'refusal'])
    expect(choices[0]?.message).toEqual({ role: 'assistant', content: 'Hi.', refusal: null })
  })

  it('with citations points to pages and keeps the rest', () => {
    const { body } = fixture('answer-web-search')
    const message = decode(body).choices[0]?.message
    expect(message?.content).toBe('Searching.Etna is 3,403 m high.')
    expect(message?.annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: {
          url: 'https://example.com/etna',
          title: 'Etna',
          start_index: 18,
          end_index: 30,
          content: 'Etna stands 3,403 m tall.',
        },
      },
    ])
    expect(message?.content?.slice(18, 30)).toBe('3,403 m high')
    expect(message?.provider_specific_fields?.citations).toMatchObject([
      { encrypted_index: 'Eo8B', start_index: 18, end_index: 30 },
    ])
    expect(message?.provider_specific_fields?.container).toEqual(body.container)
  })

  it('goes back unchanged if OpenAI’s shape can’t represent it', () => {
    const { body } = fixture('answer-web-search')
    const message = decode(body).choices[0]?.message
    expect(resent(message)).toEqual(body.content)
    expect(resent({ ...message, content: 'changed' })).toEqual([
      { type: 'thinking', thinking: '', signature: 'EpBC' },
      { type: 'thinking', thinking: 'Found it.', signature: 'EpCD' },
      { type: 'text', text: 'changed' },
    ])
  })

  it('goes back without stored blocks if OpenAI’s shape represents it', () => {
    const { body } = fixture('answer-thinking-tools')
    const results = ['toolu_01', 'toolu_02'].map((tool_call_id) => ({ role: 'tool', tool_call_id, content: 'ok' }))
    const [thinking, text, call, other] = body.content
    const { caller: _, ...plainCall } = call
    expect(resent(decode(body).choices[0]?.message, results)).toEqual([thinking, text, plainCall, other])
  })

  it('keeps the caller of programmatic calls and the original tool names', () => {
    const caller = { type: 'code_execution_20260120', tool_id: 's' }
    const content = [{ type: 'tool_use', id: 't', name: 'a_b', input: { x: 1 }, caller }]
    const message = decode(answer({ content, stop_reason: 'tool_use' }), { names: { a_b: 'a.b' } }).choices[0]?.message
    expect(message?.provider_specific_fields?.content_blocks).toEqual([{ ...content[0], name: 'a.b' }])
    expect(resent(message, [{ role: 'tool', tool_call_id: 't', content: 'ok' }])).toEqual(content)
  })

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['something_new', 'stop'],
  ])('that ended with %s finished by %s', (native, finish) => {
    const [choice] = decode(answer({ stop_reason: native })).choices
    expect(choice).toMatchObject({ finish_reason: finish, native_finish_reason: native })
  })

  it('agrees with the calls of the message', () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }
    const text = { type: 'text', text: 'Hi' }
    for (const [content, native, finish] of [
      [[call], 'tool_use', 'tool_calls'],
      [[call], 'end_turn', 'tool_calls'],
      [[text], 'tool_use', 'stop'],
      [[call], 'max_tokens', 'length'],
    ] as const) {
      const message = answer({ content: [...content], stop_reason: native })
      expect(decode(message).choices[0]).toMatchObject({ finish_reason: finish, native_finish_reason: native })
      expect(assemble(chunksOf(eventsOf(message)).chunks).choices[0]?.finish_reason).toBe(finish)
    }
  })

  it('includes the stop sequence and the explanation of a refusal', () => {
    expect(decode(answer({ stop_sequence: 'END', stop_reason: 'stop_sequence' })).choices[0]?.message).toMatchObject({
      provider_specific_fields: { stop_sequence: 'END' },
    })
    const stop_details = { type: 'refusal', category: 'cyber', explanation: 'Not this.' }
    expect(decode(answer({ content: [], stop_reason: 'refusal', stop_details })).choices[0]?.message).toEqual({
      role: 'assistant',
      content: null,
      refusal: 'Not this.',
      provider_specific_fields: { stop_details },
    })
  })

  it('of a paused turn can be sent back to continue it, with any model', () => {
    const content = [{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }]
    const message = decode(answer({ content, stop_reason: 'pause_turn' })).choices[0]?.message
    const messages = [{ role: 'user', content: 'q' }, message]
    expect(bodyOf({ messages, model: 'claude-opus-5-5' }).messages).toEqual([
      messages[0],
      { role: 'assistant', content },
    ])
  })

  it.each([[null], ['text'], [[]], [{}], [{ content: 'x' }]])('that is none is a fault: %j', (body) => {
    expect(() => decode(body)).toThrow(ProviderFault)
  })

  it('that is an error hands the error on', () => {
    const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    expect(() => decode(body)).toThrow(expect.objectContaining({ body }))
  })
})

describe('usage', () => {
  const usage = (fields: Body) => decode(answer({ usage: fields }))

  it('has no usage fields for unknown counters', () => {
    expect(usage({ input_tokens: 3, output_tokens: 4 }).usage).toEqual({
      prompt_tokens: 3,
      completion_tokens: 4,
      total_tokens: 7,
    })
    expect(usage({}).usage).toBeUndefined()
    expect(decode(answer({ usage: undefined })).usage).toBeUndefined()
    expect(
      usage({ input_tokens: 3, output_tokens: 4, cache_read_input_tokens: null, cache_creation: null }).usage,
    ).not.toHaveProperty('prompt_tokens_details')
  })

  it('includes server tools and price-relevant fields', () => {
    const {
      usage: counted,
      service_tier,
      provider_specific_fields,
    } = usage({
      input_tokens: 3,
      output_tokens: 4,
      server_tool_use: { web_search_requests: 2 },
      service_tier: 'batch',
      inference_geo: 'us',
      speed: 'fast',
    })
    expect(counted?.server_tool_use).toEqual({ web_search_requests: 2 })
    expect(service_tier).toBeUndefined()
    expect(provider_specific_fields).toEqual({ usage: { service_tier: 'batch', inference_geo: 'us', speed: 'fast' } })
  })

  it('includes the tokens of compaction', () => {
    const iterations = [
      { type: 'compaction', input_tokens: 100, output_tokens: 10 },
      { type: 'message', input_tokens: 5, output_tokens: 6 },
    ]
    expect(usage({ input_tokens: 5, output_tokens: 6, iterations }).usage).toMatchObject({
      prompt_tokens: 105,
      completion_tokens: 16,
    })
  })
})
