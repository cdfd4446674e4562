import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { converse } from '../../../providers/dialects/converse/index.js'
import { answerOf, assemble, type Body, chunksOf, decode, encode, eventsOf, models, turnsOf } from './helpers.js'

const web = (url: string) => ({ location: { web: { url, domain: 'example.com' } } })
const page = {
  title: 'Sample',
  location: { documentPage: { documentIndex: 0, start: 1, end: 2 } },
  sourceContent: [{ text: 's' }],
}
const call = (id: string, input: Body) => ({ toolUse: { toolUseId: id, name: 'f', input } })

/** Shapes seen in recordings, but for the image: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlockDelta.html */
const whole: Record<string, Body> = {
  text: answerOf([{ text: 'Grüße, 🙂 world' }]),
  nothing: answerOf([]),
  'two parallel calls after text': answerOf(
    [{ text: 'Let me look.' }, call('a', { city: 'Oslo', deep: { list: [1] } }), call('b', {})],
    { stopReason: 'tool_use' },
  ),
  'reasoning with a signature': answerOf([
    { reasoningContent: { reasoningText: { text: 'Hm, well', signature: 'EqAB' } } },
    { text: '42' },
  ]),
  'reasoning that is redacted': answerOf([{ reasoningContent: { redactedContent: 'RXFBQg==' } }, { text: 'x' }]),
  'reasoning without a signature, after text': answerOf([
    { text: 'ready' },
    { reasoningContent: { reasoningText: { text: 'I thought' } } },
  ]),
  'two thoughts': answerOf([
    { reasoningContent: { reasoningText: { text: 'one', signature: 'Eq' } } },
    { reasoningContent: { reasoningText: { text: 'two', signature: 'Er' } } },
  ]),
  'reasoning between calls': answerOf([
    call('a', {}),
    { reasoningContent: { reasoningText: { text: 'b', signature: 'E' } } },
  ]),
  citations: answerOf([
    { text: 'It says ' },
    { citationsContent: { content: [{ text: 'a simple thing' }], citations: [page] } },
    { text: '.' },
  ]),
  'a search by the model': answerOf([
    { toolUse: { toolUseId: 's', name: 'nova_grounding', type: 'server_tool_use', input: { query: 'q' } } },
    {
      toolResult: { toolUseId: 's', type: 'nova_grounding_result', status: 'success', content: [{ text: '[HIDDEN]' }] },
    },
    { text: 'Found' },
    { citationsContent: { citations: [web('https://example.com/a')] } },
    { text: '.' },
  ]),
  'an image': answerOf([{ text: 'Here' }, { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } }]),
  'cache use and a guardrail': answerOf([{ text: 'Blocked.' }], {
    stopReason: 'guardrail_intervened',
    trace: { guardrail: { inputAssessment: { g: {} } } },
    performanceConfig: { latency: 'optimized' },
    serviceTier: { type: 'priority' },
    usage: {
      inputTokens: 3,
      outputTokens: 61,
      totalTokens: 2435,
      cacheReadInputTokens: 2074,
      cacheWriteInputTokens: 297,
      cacheDetails: [{ ttl: '5m', inputTokens: 297 }],
      serverToolUsage: {},
    },
  }),
  'a call without an id that ends with end_turn': answerOf([{ toolUse: { name: 'f', input: {} } }]),
  'text that ends with tool_use': answerOf([{ text: 'Hi' }], { stopReason: 'tool_use' }),
  'text beside a malformed call': answerOf([{ text: 'Hi' }], { stopReason: 'malformed_tool_use' }),
  'an unknown counter': answerOf([{ text: 'x' }], { usage: { inputTokens: 1, outputTokens: 2, novelTokens: 3 } }),
  'fields of the model': answerOf([{ text: 'x' }], { additionalModelResponseFields: { stop_sequence: 'END' } }),
}

describe('stream', () => {
  it('may have its usage before its end', () => {
    const events = eventsOf(answerOf([{ text: 'x' }], { usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6 } }))
    const [stop, metadata] = events.slice(-2)
    const { chunks, whole: complete } = chunksOf([...events.slice(0, -2), metadata, stop] as typeof events)
    expect(complete).toBe(true)
    expect(assemble(chunks)).toMatchObject({ usage: { total_tokens: 6 }, choices: [{ finish_reason: 'stop' }] })
  })

  it.each(Object.keys(whole))('of %s adds up to the whole answer, however it is cut', (name) => {
    const body = whole[name] as Body
    for (const size of [1, 4, 1000]) {
      const { chunks, whole: complete } = chunksOf(eventsOf(body, size))
      expect(complete).toBe(true)
      expect(assemble(chunks)).toEqual(decode(body))
    }
  })

  it('keeps blocks and deltas of unknown kinds', () => {
    const { chunks } = chunksOf([
      ['messageStart', { role: 'assistant' }],
      ['contentBlockStart', { contentBlockIndex: 0, start: { novelty: { id: 'n', list: [1] } } }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { novelty: { text: 'a', list: [2] } } }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { novelty: { text: 'b' } } }],
      ['contentBlockStop', { contentBlockIndex: 0 }],
      ['contentBlockDelta', { contentBlockIndex: '__proto__', delta: { text: 'Hi' } }],
      ['contentBlockStop', { contentBlockIndex: '__proto__' }],
      ['messageStop', { stopReason: 'end_turn' }],
    ])
    const message = assemble(chunks).choices[0]?.message
    const blocks = [{ novelty: { id: 'n', list: [1, 2], text: 'ab' } }, { text: 'Hi' }]
    expect(message).toMatchObject({ content: 'Hi', provider_specific_fields: { converse_content: blocks } })
    expect(decode(answerOf(blocks)).choices[0]?.message).toEqual(message)
    expect(turnsOf([{ role: 'user', content: 'q' }, message, { role: 'user', content: 'more' }])[1]?.content).toEqual(
      blocks,
    )
  })

  it('begins with the role and ends with usage', () => {
    const { chunks, done } = chunksOf(eventsOf(answerOf([{ text: 'Hi' }])))
    expect(done).toBe(true)
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant' })
    expect(chunks.filter(({ usage }) => usage)).toHaveLength(1)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 7 } })
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['chatcmpl-fallback']))
  })

  it('passes text, reasoning and arguments as they arrive', () => {
    const { chunks } = chunksOf(eventsOf(whole['two parallel calls after text'] as Body, 2))
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
    expect(deltas.filter(({ content }) => content).map(({ content }) => content)).toEqual([
      'Le',
      't ',
      'me',
      ' l',
      'oo',
      'k.',
    ])
    expect(deltas.flatMap(({ tool_calls }) => tool_calls ?? []).map(({ index }) => index)).toContain(1)
  })

  it('detects truncation', () => {
    const events = eventsOf(answerOf([{ text: 'Hello' }]))
    for (let length = 0; length < events.length - 2; length++) {
      expect(chunksOf(events.slice(0, length)).whole, `${length} events`).toBe(false)
    }
    // without its last event an answer is whole, and nothing is known of its cost
    const { whole: complete, chunks } = chunksOf(events.slice(0, -1))
    expect(complete).toBe(true)
    expect(chunks.some(({ usage }) => usage)).toBe(false)
  })

  it.each([
    ['throttlingException', { message: 'Too many tokens' }, 'rate_limit', 429],
    ['modelStreamErrorException', { originalStatusCode: 500, originalMessage: 'model broke' }, 'internal_server', 424],
    ['serviceUnavailableException', { message: 'busy' }, 'service_unavailable', 503],
    ['validationException', { message: 'Input is too long for requested model.' }, 'context_window_exceeded', 400],
    ['InternalFailure', {}, 'internal_server', 500],
  ])('throws on the event %s', (name, data, kind, status) => {
    let fault: unknown
    try {
      chunksOf([
        ['messageStart', { role: 'assistant' }],
        [name, data],
      ])
    } catch (error) {
      fault = error
    }
    expect(fault).toBeInstanceOf(ProviderFault)
    const { body } = fault as ProviderFault
    expect(converse.error({ status: 200, body, text: JSON.stringify(body) })).toMatchObject({ kind, status })
  })

  it.each(['malformed_tool_use', 'malformed_model_output'])(
    'throws a retryable fault on %s without content',
    (reason) => {
      for (const content of [[], [{ reasoningContent: { reasoningText: { text: 'Hm' } } }]]) {
        const body = answerOf(content, { stopReason: reason })
        for (const read of [() => decode(body), () => chunksOf(eventsOf(body))]) {
          let fault: unknown
          try {
            read()
          } catch (error) {
            fault = error
          }
          expect(fault).toBeInstanceOf(ProviderFault)
          const facts = converse.error({ status: 200, body: (fault as ProviderFault).body, text: '' })
          expect(facts).toMatchObject({ kind: 'internal_server', message: expect.stringContaining(reason) })
        }
      }
    },
  )

  it('throws on invalid JSON and skips unknown events', () => {
    expect(() => chunksOf([['messageStart', 'oops']])).toThrow(ProviderFault)
    expect(() => chunksOf([['messageStart', '3']])).toThrow(ProviderFault)
    expect(
      chunksOf([
        ['initial-response', {}],
        ['newThing', { x: 1 }],
      ]).chunks,
    ).toEqual([])
  })

  it('emits the answer of an emulated format without the text around it', () => {
    const format = { type: 'json_schema' as const, json_schema: { name: 'n', schema: { type: 'object' } } }
    const { encodeState } = encode({ response_format: format, model: models.oldClaude })
    const use = { toolUse: { toolUseId: 't', name: 'respond_with_json', input: { a: 1 } } }
    const body = answerOf([{ text: 'Here it is:' }, use], { stopReason: 'tool_use' })
    const { chunks } = chunksOf(eventsOf(body), encodeState)
    expect(assemble(chunks)).toEqual(decode(body, encodeState))
    const [choice] = assemble(chunks).choices
    expect(choice).toMatchObject({
      finish_reason: 'stop',
      message: { content: '{"a":1}', provider_specific_fields: { preamble: 'Here it is:' } },
    })
    const plain = answerOf([{ text: 'I refuse' }])
    expect(assemble(chunksOf(eventsOf(plain), encodeState).chunks)).toEqual(decode(plain, encodeState))
  })
})
