import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { answer, assemble, type Body, chat, chunksOf, decode, decodeContext, eventsOf, fixture } from './helpers.js'

const call = (name: string, more: Body = {}) => ({ functionCall: { name, args: { a: 1 } }, ...more })
const thought = (text: string, more: Body = {}) => ({ text, thought: true, ...more })

const whole: Record<string, Body> = {
  'thinking and tools': fixture('answer-thinking-tools').body,
  'a search': fixture('answer-grounding').body,
  code: fixture('answer-code').body,
  'two thoughts': answer([thought('one'), call('f'), thought('two', { thoughtSignature: 'Ep' }), { text: 'x' }]),
  'signed thoughts': answer([thought('one', { thoughtSignature: 'Ep1' }), thought('two', { thoughtSignature: 'Ep2' })]),
  'signed texts': answer([
    { text: 'one', thoughtSignature: 'Ep1' },
    { text: 'two', thoughtSignature: 'Ep2' },
  ]),
  images: answer([{ text: 'One:' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }, { text: 'Two' }]),
  speech: answer([{ inlineData: { mimeType: 'audio/L16', data: 'AAECAw==' } }]),
  nothing: answer([]),
  refusal: answer([{ text: 'I' }], {
    finishReason: 'SAFETY',
    finishMessage: 'No.',
    safetyRatings: [{ blocked: true }],
  }),
  'cut words': answer([{ text: 'émoji 🦊 ok' }], { finishReason: 'MAX_TOKENS' }),
  'no usage': answer([{ text: 'x' }], {}, { usageMetadata: undefined }),
}

const json = { json: { name: 'respond_with_json', wrapped: false } }

describe('stream', () => {
  it.each(Object.keys(whole))('of %s adds up to the whole answer, however it is cut', (name) => {
    const body = whole[name] as Body
    for (const size of [1, 4, 1000]) {
      const { chunks, whole: complete } = chunksOf(eventsOf(body, size))
      expect(complete).toBe(true)
      expect(assemble(chunks)).toEqual(decode(body))
    }
  })

  it.each([
    ['the call that is the answer', [{ text: 'Sure: ' }, call('respond_with_json')]],
    ['words instead of it', [{ text: '{"a":1}' }]],
    ['another call', [{ text: 'First' }, call('f')]],
  ])('assembles an emulated format with %s', (_, parts) => {
    const body = answer(parts)
    const { chunks } = chunksOf(eventsOf(body, 2), json)
    expect(assemble(chunks)).toEqual(decode(body, json))
  })

  it('separates candidates', () => {
    const [one] = answer([{ text: 'one' }]).candidates as Body[]
    const body = { ...answer([]), candidates: [one, { ...one, index: 1, content: { parts: [{ text: 'two' }] } }] }
    const events = eventsOf(body, 1)
    const { chunks } = chunksOf(events)
    expect(assemble(chunks)).toEqual(decode(body))
    const roles = chunks.flatMap(({ choices }) => choices.filter(({ delta }) => delta.role).map(({ index }) => index))
    expect(roles).toEqual([0, 1])
  })

  it('has one id, the role first and usage last', () => {
    const { chunks } = chunksOf(eventsOf(fixture('answer-thinking-tools').body))
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['resp_01A']))
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', reasoning_content: '**P' })
    expect(chunks.filter((chunk) => chunk.usage)).toEqual([chunks.at(-1)])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 200 }, service_tier: 'default' })
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1)
  })

  it('emits text deltas of one shape', () => {
    const { chunks } = chunksOf(eventsOf(answer([{ text: 'Hello' }]), 3))
    expect(chunks[1]).toEqual({
      id: 'resp_1',
      object: 'chat.completion.chunk',
      created: 1700000000,
      model: 'gemini-2.5-flash',
      choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: null }],
    })
  })

  it('emits complete calls with signatures', () => {
    const { chunks } = chunksOf(eventsOf(answer([call('f', { thoughtSignature: 'Ep' }), call('g')])))
    expect(chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])).toEqual([
      {
        index: 0,
        id: 'call_resp_1_0',
        type: 'function',
        function: { name: 'f', arguments: '{"a":1}' },
        provider_specific_fields: { thought_signature: 'Ep' },
      },
      { index: 1, id: 'call_resp_1_1', type: 'function', function: { name: 'g', arguments: '{"a":1}' } },
    ])
  })

  it('joins audio at byte boundaries', () => {
    const piece = (data: string, more: Body = { finishReason: undefined }) =>
      answer([{ inlineData: { mimeType: 'audio/L16', data } }], more)
    const { chunks } = chunksOf([piece('AAECAw=='), piece('BAU='), piece('Bgc=', {})])
    const data = assemble(chunks).choices[0]?.message.audio?.data ?? ''
    expect([...Buffer.from(data, 'base64')]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('joins log probabilities', () => {
    const logprobs = (token: string) => ({ logprobsResult: { chosenCandidates: [{ token, logProbability: -1 }] } })
    const events = [answer([{ text: 'a' }], logprobs('a')), answer([{ text: 'b' }], logprobs('b'))]
    const { chunks } = chunksOf(events)
    expect(assemble(chunks).choices[0]?.logprobs?.content?.map(({ token }) => token)).toEqual(['a', 'b'])
    expect(decode(events).choices).toEqual(assemble(chunks).choices)
  })

  it('takes the last finish reason', () => {
    // seen in recorded traffic: words that end, and are then found to be quoted
    const { chunks, whole } = chunksOf([
      answer([{ text: 'a' }], { citationMetadata: { citations: [{ uri: 'https://a.example' }] } }),
      answer([{ text: 'b' }], { citationMetadata: { citations: [{ uri: 'https://b.example' }] } }),
      { candidates: [{ finishReason: 'RECITATION', index: 0 }] },
    ])
    expect(whole).toBe(true)
    const [choice] = assemble(chunks).choices
    expect(choice).toMatchObject({
      message: { content: 'ab' },
      finish_reason: 'content_filter',
      native_finish_reason: 'RECITATION',
    })
    expect(choice?.message.annotations).toHaveLength(2)
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1)
  })

  it('merges usage across events', () => {
    const counted = (usageMetadata: Body) => answer([], {}, { usageMetadata })
    const { chunks } = chunksOf([
      counted({ promptTokenCount: 9, candidatesTokenCount: 4 }),
      counted({ promptTokenCount: 9, thoughtsTokenCount: 2, trafficType: 'PROVISIONED_THROUGHPUT' }),
    ])
    expect(chunks.at(-1)).toMatchObject({
      usage: { prompt_tokens: 9, completion_tokens: 6 },
      provider_specific_fields: { usage: { traffic_type: 'PROVISIONED_THROUGHPUT' } },
    })
  })

  it('emits one chunk for a blocked prompt', () => {
    const { chunks, whole } = chunksOf([{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, responseId: 'r' }])
    expect(whole).toBe(true)
    expect(chunks).toMatchObject([
      {
        id: 'r',
        choices: [
          { delta: { role: 'assistant' }, finish_reason: 'content_filter', native_finish_reason: 'PROHIBITED_CONTENT' },
        ],
      },
    ])
  })

  it('detects truncation', () => {
    const events = eventsOf(answer([{ text: 'Hello' }]))
    expect(chunksOf(events.slice(0, -1)).whole).toBe(false)
    expect(chunksOf([]).whole).toBe(false)
    expect(chunksOf(events).whole).toBe(true)
  })

  it('throws a fault for a stream without candidates', () => {
    const counted = { usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 } }
    expect(() => chunksOf([counted])).toThrow(ProviderFault)
    expect(chunksOf([]).whole).toBe(false)
  })

  it('warns of an answer that can be continued', () => {
    const long = answer([{ text: 'one' }], { finishReason: 'CONTINUATION', continuationToken: 'dG8=' })
    for (const read of ['decode', 'stream'] as const) {
      const warnings: unknown[] = []
      const context = { ...decodeContext(), warn: (warning: unknown) => void warnings.push(warning) }
      if (read === 'decode') {
        expect(chat.decode(long, context).choices[0]).toMatchObject({
          finish_reason: 'length',
          provider_specific_fields: { continuation_token: 'dG8=' },
        })
      } else {
        const decoder = chat.stream(context)
        decoder.push(undefined, JSON.stringify(long), [])
        expect(decoder.end([])).toBe(true)
      }
      expect(warnings).toMatchObject([{ type: 'changed', message: expect.stringContaining('continuation_token') }])
    }
  })

  it('ignores unknown events', () => {
    const events = eventsOf(answer([{ text: 'x' }]))
    const { chunks } = chunksOf([{ usageMetadata: null }, { candidates: [null] }, ...events, '[DONE]'])
    expect(assemble(chunks).choices[0]?.message.content).toBe('x')
  })

  it('throws error events', () => {
    // written from https://ai.google.dev/gemini-api/docs/troubleshooting
    const error = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }
    for (const event of [error, [error]]) {
      expect(() => chunksOf([...eventsOf(answer([{ text: 'x' }])).slice(0, 1), event])).toThrow(
        expect.objectContaining({ body: error }),
      )
    }
    expect(() => chunksOf(['{"candidates":'])).toThrow(ProviderFault)
    expect(() => chunksOf([answer([], { finishReason: 'MALFORMED_FUNCTION_CALL' })])).toThrow(ProviderFault)
  })
})

it('ignores an out-of-range candidate index', () => {
  const { chunks } = chunksOf([
    answer([{ text: 'hi' }]),
    { candidates: [{ index: 4_294_967_294, finishReason: 'STOP' }] },
  ])
  expect(assemble(chunks).choices).toMatchObject([{ index: 0, message: { content: 'hi' } }])
})
