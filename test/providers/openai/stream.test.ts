import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import {
  answer,
  assemble,
  type Body,
  chat,
  decode,
  decodeContext,
  deltasOf,
  event,
  eventsOf,
  streamOf,
} from './helpers.js'

const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 }
const usageEvent = (more: Body = {}) => ({ ...event({}), choices: [], usage, ...more })
const hello = [event({ role: 'assistant', content: '' }), event({ content: 'Hello' }), event({ content: ' you' })]
const stop = event({}, { finish_reason: 'stop' })

describe('a stream', () => {
  it('keeps fields that come with the usage only: the service tier has a price of its own', () => {
    const more = { service_tier: 'on_demand', system_fingerprint: 'fp_1' }
    const { chunks } = streamOf([...hello, stop, usageEvent(more), '[DONE]'])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage, ...more })
    expect(assemble(chunks)).toMatchObject(more)
  })

  it('has one id, the role first and the usage last', () => {
    const { chunks, whole } = streamOf([...hello, stop, usageEvent(), '[DONE]'])
    expect(whole).toBe(true)
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['chatcmpl-1']))
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { content: 'Hello' },
      { content: ' you' },
      {},
      undefined,
    ])
    expect(chunks.filter((chunk) => chunk.usage)).toEqual([chunks.at(-1)])
    expect(chunks.at(-1)).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1700000001,
      model: 'gpt-4o-2024-08-06',
      choices: [],
      usage,
    })
  })

  it('gives every text delta the same plain shape', () => {
    const { chunks } = streamOf([...hello, stop])
    expect(chunks[1]).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1700000001,
      model: 'gpt-4o-2024-08-06',
      choices: [{ index: 0, delta: { content: 'Hello' }, finish_reason: null }],
    })
  })

  it('shares the id, time and model of its first chunk, and creates missing ones', () => {
    const { chunks } = streamOf([
      event({ content: 'a' }, {}, { created: 5.5 }),
      event({ content: 'b' }, {}, { id: 'other', created: 9, model: 'other' }),
      event({ content: 'c' }, {}, { id: undefined }),
    ])
    for (const chunk of chunks)
      expect(chunk).toMatchObject({ id: 'chatcmpl-1', created: 5, model: 'gpt-4o-2024-08-06' })
    const bare = streamOf([{ choices: [{ delta: { content: 'a' } }] }])
    expect(bare.chunks[0]).toMatchObject({ id: 'chatcmpl-fallback', created: 1700000000, model: 'asked' })
  })

  it('has the role once per choice, although hosts repeat it', () => {
    const at = (index: number, content: string) => event({ role: 'assistant', content }, { index })
    const { chunks } = streamOf([at(0, 'a'), at(1, 'b'), at(0, 'c'), at(1, 'd')])
    expect(chunks.map(({ choices }) => choices)).toEqual([
      [{ index: 0, delta: { role: 'assistant', content: 'a' }, finish_reason: null }],
      [{ index: 1, delta: { role: 'assistant', content: 'b' }, finish_reason: null }],
      [{ index: 0, delta: { content: 'c' }, finish_reason: null }],
      [{ index: 1, delta: { content: 'd' }, finish_reason: null }],
    ])
  })

  it('may have several choices in an event, and a choice without a delta', () => {
    const choices = [{ index: 0, delta: { content: 'a' } }, { index: 1, delta: null }, 'noise', { index: 2 }]
    const { chunks } = streamOf([event({}, {}, { choices })])
    expect(chunks[0]?.choices).toEqual([
      { index: 0, delta: { role: 'assistant', content: 'a' }, finish_reason: null },
      { index: 1, delta: { role: 'assistant' }, finish_reason: null },
      { index: 2, delta: { role: 'assistant' }, finish_reason: null },
    ])
  })

  it('keeps the verdict of Azure on the prompt, which comes first and under an empty id', () => {
    // seen in recordings
    const verdict = {
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: { hate: { filtered: false } } }],
    }
    const first = { choices: [], created: 0, id: '', model: '', object: '', ...verdict }
    const { chunks } = streamOf([first, ...hello, stop, '[DONE]'])
    expect(chunks).toHaveLength(4)
    expect(chunks[0]).toMatchObject({ id: 'chatcmpl-1', provider_specific_fields: verdict })
    expect(chunks[1]).not.toHaveProperty('provider_specific_fields')
    expect(assemble(streamOf([first, '[DONE]']).chunks).provider_specific_fields).toEqual(verdict)
  })

  it('keeps unknown fields at their level, once', () => {
    const { chunks } = streamOf(
      ['a', 'b'].map((content) =>
        event({ content, novelty: 1 }, { token_ids: [1] }, { provider: 'Acme', nothing: null }),
      ),
    )
    expect(chunks[0]).toMatchObject({
      provider_specific_fields: { provider: 'Acme' },
      choices: [{ provider_specific_fields: { token_ids: [1] }, delta: { provider_specific_fields: { novelty: 1 } } }],
    })
    expect(chunks[1]).not.toHaveProperty('provider_specific_fields')
    expect(chunks[0]?.provider_specific_fields).not.toHaveProperty('nothing')
  })

  it('leaves out the padding against listeners', () => {
    // `obfuscation` of OpenAI and `p` of Mistral, seen in recordings
    const { chunks } = streamOf([event({ content: 'a' }, {}, { obfuscation: 'xyz', p: 'abc' })])
    expect(chunks[0]).not.toHaveProperty('provider_specific_fields')
  })

  it('reads tiers, fingerprints and logprobs', () => {
    const logprobs = { content: [{ token: 'a', bytes: null, logprob: -1, top_logprobs: [] }], refusal: null }
    const { chunks } = streamOf([
      event({ content: 'a' }, { logprobs }, { service_tier: 'default', system_fingerprint: 'fp_1' }),
      event({ content: 'b' }, { logprobs: null }, { service_tier: null, system_fingerprint: null }),
    ])
    expect(chunks[0]).toMatchObject({ service_tier: 'default', system_fingerprint: 'fp_1', choices: [{ logprobs }] })
    expect(Object.keys(chunks[1] ?? {})).toEqual(['id', 'object', 'created', 'model', 'choices'])
  })

  it.each(['reasoning', 'reasoning_content'])('reads reasoning under %s', (name) => {
    const deltas = deltasOf(
      streamOf([
        event({ content: null, [name]: 'Hm' }),
        event({ content: '', [name]: '.' }),
        event({ content: 'A', [name]: null }),
      ]),
    ) // as vLLM and DeepSeek send them
    expect(deltas).toEqual([
      { role: 'assistant', reasoning_content: 'Hm' },
      { reasoning_content: '.' },
      { content: 'A' },
    ])
  })

  it('reads reasoning once if both names are sent', () => {
    const both = event({ reasoning: 'Hm', reasoning_content: 'Hm' })
    expect(deltasOf(streamOf([both]))).toEqual([{ role: 'assistant', reasoning_content: 'Hm' }])
  })

  it('reads lists of parts, as Mistral sends them', () => {
    const thinking = event({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] })
    const text = event({ content: [{ type: 'text', text: 'A' }] })
    expect(deltasOf(streamOf([thinking, text, event({ content: 'B' })]))).toEqual([
      { role: 'assistant', reasoning_content: 'Hm' },
      { content: 'A' },
      { content: 'B' },
    ])
  })

  it('reads refusals, audio, functions and images', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    const deltas = [
      { role: 'assistant', refusal: 'No' },
      { audio: { id: 'audio_1', data: 'UklGRg==' } },
      { function_call: { name: 'f', arguments: '' } },
      { function_call: { arguments: '{}' } },
      { images: [image] },
    ]
    expect(deltasOf(streamOf(deltas.map((delta) => event(delta))))).toEqual(deltas)
  })
})

describe('usage', () => {
  it.each<[string, unknown[]]>([
    // all seen in recordings
    ['on a chunk of its own', [...hello, stop, usageEvent()]],
    ['on a chunk with no choices in it', [...hello, stop, usageEvent({ choices: undefined })]],
    ['on the chunk that finishes', [...hello, { ...stop, usage }]],
    [
      'on every chunk, growing',
      [...hello.map((chunk) => ({ ...chunk, usage: { ...usage, completion_tokens: 1 } })), { ...stop, usage }],
    ],
    ['twice', [...hello, { ...stop, usage }, usageEvent()]],
    ['null until the end', [...hello.map((chunk) => ({ ...chunk, usage: null })), stop, usageEvent()]],
    ['in x_groq', [...hello, { ...stop, x_groq: { id: 'req_1', usage: { ...usage, queue_time: 0.1 } } }]],
    ['before the finish', [...hello, usageEvent(), stop]],
  ])('comes once and last: %s', (_, events) => {
    for (const end of [[], ['[DONE]']]) {
      const { chunks } = streamOf([...events, ...end])
      expect(chunks.filter((chunk) => chunk.usage)).toEqual([chunks.at(-1)])
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage })
    }
  })

  it('is not made up', () => {
    expect(streamOf([...hello, stop, usageEvent({ usage: {} }), '[DONE]']).chunks.some((chunk) => chunk.usage)).toBe(
      false,
    )
  })

  it('that came before a cut is kept', () => {
    const { chunks, whole } = streamOf([...hello, usageEvent()])
    expect(whole).toBe(false)
    expect(chunks.at(-1)?.usage).toEqual(usage)
  })
})

describe('the end', () => {
  it('is [DONE], or a finish reason of every choice', () => {
    expect(streamOf([...hello, stop, '[DONE]']).whole).toBe(true)
    expect(streamOf([...hello, '[DONE]']).whole).toBe(true)
    expect(streamOf([...hello, ' [DONE] ']).whole).toBe(true)
    // Perplexity and Cerebras never send [DONE]
    expect(streamOf([...hello, stop]).whole).toBe(true)
    expect(streamOf([...hello, event({ content: 'b' }, { index: 1 }), stop]).whole).toBe(false)
  })

  it('that did not come is a cut', () => {
    expect(streamOf([]).whole).toBe(false)
    expect(streamOf(hello).whole).toBe(false)
    expect(streamOf([usageEvent()]).whole).toBe(false)
  })

  it('comes once, although hosts repeat it', () => {
    const { chunks } = streamOf([...hello, stop, stop, event({ content: '' }, { finish_reason: 'stop' })])
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1)
  })

  it('keeps its native name', () => {
    const { chunks } = streamOf([
      event({}, { finish_reason: 'eos' }),
      event({}, { index: 1, finish_reason: 'stop', native_finish_reason: 'end_turn' }),
    ])
    expect(chunks[0]?.choices[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'eos' })
    expect(chunks[1]?.choices[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'end_turn' })
  })
})

describe('tool calls', () => {
  const toolsOf = (...deltas: unknown[]) =>
    deltasOf(streamOf(deltas.map((tool_calls) => event({ tool_calls })))).flatMap((delta) => delta.tool_calls ?? [])
  const begin = (index: number, more: Body = {}) => ({
    index,
    id: `call_${index}`,
    type: 'function',
    function: { name: 'f', arguments: '' },
    ...more,
  })
  const piece = (text: string, more: Body = {}) => ({ function: { arguments: text }, ...more })

  it('come as OpenAI sends them', () => {
    const deltas = [
      [begin(0)],
      [piece('{"a"', { index: 0 })],
      [piece(':1}', { index: 0 })],
      [begin(1)],
      [piece('{}', { index: 1 })],
    ]
    expect(toolsOf(...deltas)).toEqual(deltas.flat())
  })

  it('come whole', () => {
    // Mistral and Gemini's OpenAI endpoint, seen in recordings
    const whole = [
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
      { id: 'b', type: 'function', function: { name: 'g', arguments: { x: 1 } } },
    ]
    const expected = [
      { index: 0, ...whole[0] },
      { index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{"x":1}' } },
    ]
    expect(toolsOf(whole)).toEqual(expected)
    expect(toolsOf(...whole.map((call) => [call]))).toEqual(expected)
    expect(toolsOf(...whole.map((call) => [{ ...call, index: 0 }]))).toEqual(expected)
  })

  it('get a missing index and id', () => {
    const { index: _, id: __, ...nameless } = begin(0)
    expect(toolsOf([nameless], [piece('{}')], [nameless], [piece('[]')])).toEqual([
      { index: 0, id: 'call_chatcmpl-fallback_0_0', type: 'function', function: { name: 'f', arguments: '' } },
      { index: 0, function: { arguments: '{}' } },
      { index: 1, id: 'call_chatcmpl-fallback_0_1', type: 'function', function: { name: 'f', arguments: '' } },
      { index: 1, function: { arguments: '[]' } },
    ])
  })

  it('have id, type and name once, although hosts repeat them', () => {
    const again = { id: 'call_0', type: 'function', function: { name: 'f', arguments: '{}' }, index: 0 }
    expect(toolsOf([begin(0)], [again])).toEqual([begin(0), { index: 0, function: { arguments: '{}' } }])
    expect(toolsOf([begin(0)], [piece('{}', { index: 0, id: null, type: null })])).toEqual([
      begin(0),
      { index: 0, function: { arguments: '{}' } },
    ])
  })

  it('of several choices do not mix', () => {
    const { chunks } = streamOf([
      event({ tool_calls: [begin(0)] }, { index: 0 }),
      event({ tool_calls: [begin(0, { id: 'x' })] }, { index: 1 }),
    ])
    expect(chunks.map(({ choices }) => choices[0]?.delta.tool_calls?.[0]?.id)).toEqual(['call_0', 'x'])
  })

  it('keep fields of the host', () => {
    const extra_content = { google: { thought_signature: 'EqAB' } }
    expect(toolsOf([begin(0, { extra_content })])).toEqual([begin(0, { provider_specific_fields: { extra_content } })])
  })

  it('pass nothing on without content', () => {
    expect(
      deltasOf(streamOf([event({ content: 'a', tool_calls: [] }), event({ content: 'b', tool_calls: null })])),
    ).toEqual([{ role: 'assistant', content: 'a' }, { content: 'b' }])
  })
})

describe('a stream with an error in it', () => {
  it.each([
    // seen in recordings
    ['OpenRouter', { error: { code: 502, message: 'gone' }, user_id: 'user_1' }],
    ['OpenRouter, beside choices', { ...stop, error: { code: 502, message: 'gone' } }],
    ['Groq', { error: { message: 'no', type: 'invalid_request_error', status_code: 400 } }],
    // of documentation
    ['vLLM', { object: 'error', message: 'no', type: 'BadRequestError', code: 400 }],
    ['a text', { error: 'no' }],
  ])('throws it, with its body: %s', (_, body) => {
    expect(() => streamOf([...hello, body])).toThrow(expect.objectContaining({ name: 'ProviderFault', body }))
  })

  it('is recognised by the name of the event too', () => {
    const decoder = chat.stream(decodeContext())
    const body = { code: 500, reason: 'gone' }
    expect(() => decoder.push('error', JSON.stringify(body), [])).toThrow(expect.objectContaining({ body }))
  })

  it.each([['{"id":'], ['Internal Server Error'], ['<html>'], ['[1]'], ['5'], ['null'], ['"x"']])(
    'or with something else is a fault without a body: %s',
    (data) => {
      expect(() => streamOf([...hello, data])).toThrow(
        expect.objectContaining({ name: 'ProviderFault', body: undefined }),
      )
    },
  )

  it('ignores empty events and events that are not chunks', () => {
    const { chunks, whole } = streamOf(['', ' ', ...hello, { type: 'ping' }, stop])
    expect(whole).toBe(true)
    expect(assemble(chunks).choices[0]?.message.content).toBe('Hello you')
  })
})

describe('a stream adds up to the whole answer', () => {
  const call = (name: string, args: string) => ({
    id: `call_${name}`,
    type: 'function',
    function: { name, arguments: args },
  })
  const logprobs = { content: [{ token: 'a', bytes: [97], logprob: -1, top_logprobs: [] }], refusal: null }
  const whole: Record<string, Body> = {
    text: answer({ content: 'Hello you' }, {}, { usage }),
    'tool calls': answer(
      { content: '', tool_calls: [call('f', '{"a":1}'), call('g', '')] },
      { finish_reason: 'tool_calls' },
      { usage, service_tier: 'default', system_fingerprint: 'fp_1' },
    ),
    reasoning: answer({ content: 'A', reasoning_content: 'Because' }, { finish_reason: 'length' }, { usage }),
    'a refusal': answer({ content: '', refusal: 'I cannot' }),
    'a function': answer({ content: '', function_call: { name: 'f', arguments: '{"a":1}' } }),
    logprobs: answer({ content: 'a' }, { logprobs }),
    extras: answer(
      { content: 'a', reasoning_details: [{ type: 'reasoning.text', text: 'x' }] },
      { content_filter_results: { hate: { filtered: false } } },
      { provider: 'Acme', citations: ['https://a.example'] },
    ),
    'two choices': answer(
      {},
      {},
      {
        choices: ['a', 'bcd'].map((content, index) => ({
          index,
          message: { role: 'assistant', content },
          finish_reason: 'stop',
        })),
      },
    ),
  }

  it.each(Object.keys(whole))('%s, however it is cut', (name) => {
    const body = whole[name] as Body
    for (const size of [1, 4, 1000]) {
      const { chunks, whole: complete } = streamOf(eventsOf(body, size))
      expect(complete).toBe(true)
      expect(assemble(chunks)).toEqual(decode(body))
    }
  })

  it('for any content', () => {
    const text = fc.string({ minLength: 1 })
    const optional = { requiredKeys: [] }
    const message = fc.record(
      { reasoning_content: text, refusal: text, function_call: fc.constant(undefined) },
      optional,
    )
    const calls = fc.array(fc.record({ name: text, json: fc.string() }), { maxLength: 3 })
    fc.assert(
      fc.property(fc.string(), message, calls, fc.nat(9), (content, rest, tools, size) => {
        const tool_calls = tools.map(({ name, json }, at) => call(`${at}${name}`, json))
        const body = answer({ content, ...rest, ...(tools.length > 0 && { tool_calls }) }, {}, { usage })
        expect(assemble(streamOf(eventsOf(body, size + 1)).chunks)).toEqual(decode(body))
      }),
    )
  })
})

describe('the end of a stream', () => {
  const role = event({ role: 'assistant', content: '' })
  const open = (json: string) =>
    event({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: json } }] })

  it.each([
    ['an end mark alone', ['[DONE]']],
    ['a role and an end mark', [role, '[DONE]']],
    ['half a tool call and an end mark', [role, open('{"a":'), '[DONE]']],
    ['text without an end mark', [role, event({ content: 'Hel' })]],
    ['no event', []],
  ])('is missing after %s', (_, events) => {
    expect(streamOf(events).whole).toBe(false)
  })

  it.each([
    ['text and an end mark', [role, event({ content: 'Hello' }), '[DONE]']],
    ['a complete tool call and an end mark', [role, open('{"a":1}'), '[DONE]']],
    ['a call without arguments and an end mark', [role, open(''), '[DONE]']],
    ['a finish reason', [role, event({ content: 'Hello' }), stop]],
  ])('has come after %s', (_, events) => {
    expect(streamOf(events).whole).toBe(true)
  })

  it('is an error if its word is error', () => {
    expect(() => streamOf([role, event({ content: 'Hel' }), event({}, { finish_reason: 'error' })])).toThrow(
      ProviderFault,
    )
  })
})

describe('a stream of a server with habits', () => {
  it('keeps the text of an error event that is no JSON', () => {
    const decoder = chat.stream(decodeContext())
    const fault = () => decoder.push('error', 'upstream timed out', [])
    expect(fault).toThrow(expect.objectContaining({ body: { error: { message: 'upstream timed out' } } }))
  })

  it('agrees with its calls about the finish reason', () => {
    const call = event({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] })
    expect(assemble(streamOf([call, stop]).chunks).choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      native_finish_reason: 'stop',
    })
    expect(assemble(streamOf([...hello, event({}, { finish_reason: 'tool_calls' })]).chunks).choices[0]).toMatchObject({
      finish_reason: 'stop',
      native_finish_reason: 'tool_calls',
    })
  })

  it('closes calls that came without arguments', () => {
    const calls = [0, 1].map((index) => ({ index, id: `${index}`, type: 'function', function: { name: `f${index}` } }))
    const { chunks } = streamOf([
      event({ role: 'assistant', tool_calls: calls }),
      event({ tool_calls: [{ index: 1, function: { arguments: '{"a":1}' } }] }),
      event({}, { finish_reason: 'tool_calls' }),
    ])
    expect(assemble(chunks).choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'f0', arguments: '{}' } },
      { function: { name: 'f1', arguments: '{"a":1}' } },
    ])
  })

  it('names a function once, however often the server does', () => {
    const piece = (json: string) => event({ function_call: { name: 'clock', arguments: json } })
    const { chunks } = streamOf([piece('{'), piece('"a":1'), piece('}'), event({}, { finish_reason: 'function_call' })])
    expect(assemble(chunks).choices[0]).toMatchObject({
      finish_reason: 'function_call',
      message: { function_call: { name: 'clock', arguments: '{"a":1}' } },
    })
  })

  it('reads usage inside of a choice, and a price beside the usage', () => {
    const inside = streamOf([...hello, event({}, { finish_reason: 'stop', usage }), '[DONE]'])
    expect(assemble(inside.chunks).usage).toEqual(usage)
    const beside = streamOf([...hello, stop, usageEvent({ cost: { usd: 0.25, diem: 0 } }), '[DONE]'])
    expect(assemble(beside.chunks).usage).toMatchObject({ ...usage, cost: 0.25 })
  })

  it('reads reasoning from details if they are all there is', () => {
    const details = (text: string) => ({ reasoning_details: [{ type: 'reasoning.text', index: 0, text }] })
    const only = streamOf([event(details('One ')), event(details('two.')), ...hello, stop])
    expect(assemble(only.chunks).choices[0]?.message.reasoning_content).toBe('One two.')
    const both = streamOf([event({ reasoning: 'One.', ...details('One.') }), ...hello, stop])
    expect(assemble(both.chunks).choices[0]?.message.reasoning_content).toBe('One.')
  })

  it('keeps tools that the host runs apart from the calls of the caller', () => {
    const state = { serverTools: new Set(['web_search']) }
    const decoder = chat.stream({ ...decodeContext(), encodeState: state })
    const chunks: Parameters<typeof decoder.push>[2] = []
    const search = { index: 0, id: 'a', type: 'function', function: { name: 'web_search', arguments: '{}' } }
    for (const one of [
      event({ role: 'assistant', tool_calls: [search] }),
      event({ role: 'tool', tool_call_id: 'a', content: 'raw', index: 1 }),
      event({ role: 'assistant', content: 'The home team.', index: 2 }),
      stop,
    ])
      decoder.push(undefined, JSON.stringify(one), chunks)
    expect(assemble(chunks).choices[0]).toEqual({
      index: 0,
      finish_reason: 'stop',
      native_finish_reason: 'stop',
      logprobs: null,
      message: {
        role: 'assistant',
        content: 'The home team.',
        refusal: null,
        provider_specific_fields: {
          server_tool_calls: [search],
          server_tool_results: [{ role: 'tool', tool_call_id: 'a', content: 'raw', index: 1 }],
        },
      },
    })
  })

  it('gives tools the names of the caller', () => {
    const decoder = chat.stream({ ...decodeContext(), encodeState: { names: { fs_read: 'fs.read' } } })
    const chunks: Parameters<typeof decoder.push>[2] = []
    const call = { index: 0, id: 'a', type: 'function', function: { name: 'fs_read', arguments: '{}' } }
    decoder.push(undefined, JSON.stringify(event({ tool_calls: [call] })), chunks)
    expect(deltasOf({ chunks, whole: true })[0]?.tool_calls).toMatchObject([{ function: { name: 'fs.read' } }])
  })

  it('joins the pieces of a text field that OpenAI does not have', () => {
    const { chunks } = streamOf([
      event({ plan: 'First ' }),
      event({ plan: 'second, ' }),
      event({ plan: 'third.' }),
      ...hello,
      stop,
    ])
    expect(assemble(chunks).choices[0]?.message.provider_specific_fields).toEqual({ plan: 'First second, third.' })
    const repeated = streamOf([event({ channel: 'final' }), event({ channel: 'final', content: 'Hi' }), stop])
    expect(assemble(repeated.chunks).choices[0]?.message.provider_specific_fields).toEqual({ channel: 'final' })
  })
})
