import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { answer, assemble, type Body, chunksOf, decode, fixture, turnsOf } from './helpers.js'

const message = (parts: unknown[], candidate?: Body) => decode(answer(parts, candidate)).choices[0]?.message

/** The model's turn that a message of ours becomes in the next request. */
const resent = (message: unknown, results: string[] = [], model = 'gemini-2.5-flash') =>
  turnsOf(
    [
      { role: 'user', content: 'q' },
      message,
      ...results.map((tool_call_id) => ({ role: 'tool', tool_call_id, content: 'ok' })),
      { role: 'user', content: 'more' },
    ],
    model,
  )[1]?.parts

describe('decode', () => {
  it('decodes thoughts and tool calls into a chat completion', () => {
    const { body, answer } = fixture('answer-thinking-tools')
    expect(decode(body)).toEqual(answer)
  })

  it('leaves out absent fields', () => {
    const { choices, ...rest } = decode(answer([{ text: 'Hi.' }]))
    expect(Object.keys(rest)).toEqual(['id', 'object', 'created', 'model', 'usage'])
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: 'Hi.', refusal: null },
        finish_reason: 'stop',
        native_finish_reason: 'STOP',
        logprobs: null,
      },
    ])
  })

  it('decodes a plain text as the reader of lists does', () => {
    const usage = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 }
    const details = [{ modality: 'TEXT', tokenCount: 3 }]
    const bodies = [
      answer([{ text: 'Hi.' }]),
      answer([{ text: 'Hi.', thoughtSignature: 'AbC' }]),
      answer([{ text: 'Hi.' }], { avgLogprobs: -0.5, index: 0, tokenCount: 2 }),
      answer([{ text: 'Hi.' }], { finishReason: 'MAX_TOKENS' }),
      answer([{ text: 'Hi.' }], { finishReason: undefined }),
      answer([{ text: 'Hi.' }], { finishReason: 3 }),
      answer([{ text: 'Hi.' }], { finishReason: 'CONTINUATION' }),
      answer([{ text: 'Hi.' }], { finishReason: 'SAFETY', finishMessage: 'No.' }),
      answer([{ text: 'Hi.' }], { safetyRatings: [{ category: 'x' }], avgLogprobs: null }),
      answer([{ text: 'Hi.', extra: true }]),
      answer([{ text: 'Hi.' }], {}, { createTime: '2025-05-31T21:33:48Z', modelVersion: 'models/gemini-3' }),
      answer([{ text: 'Hi.' }], {}, { promptFeedback: { safetyRatings: [] }, error: null }),
      answer([{ text: 'Hi.' }], {}, { modelStatus: 'stable', other: null }),
      answer(
        [{ text: 'Hi.' }],
        {},
        { usageMetadata: { ...usage, promptTokensDetails: details, trafficType: 'ON_DEMAND' } },
      ),
      answer([{ text: 'Hi.' }], {}, { usageMetadata: { ...usage, thoughtsTokenCount: 7, newCount: 1 } }),
      answer([{ text: 'Hi.' }], {}, { usageMetadata: null, responseId: '' }),
    ]
    for (const body of bodies) expect(decode(body)).toEqual(decode([body]))
  })

  it('reads time and model from the response', () => {
    const more = { createTime: '2025-05-31T21:33:48.763452Z', modelVersion: 'models/gemini-2.5-flash' }
    expect(decode(answer([], {}, more))).toMatchObject({ created: 1748727228, model: 'gemini-2.5-flash' })
    const bare = decode({ candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: 'STOP' }] })
    expect(bare).toMatchObject({ id: 'chatcmpl-fallback', created: 1700000000, model: 'gemini-asked' })
    expect(bare).not.toHaveProperty('usage')
  })

  it('turns grounding into annotations by character and keeps the metadata', () => {
    const [choice] = decode(fixture('answer-grounding').body).choices
    const { content, annotations, provider_specific_fields } = choice?.message ?? {}
    const cited = annotations?.map(({ url_citation: { start_index, end_index, ...page } }) => [
      content?.slice(start_index, end_index),
      page,
    ])
    const [height, smoke] = ['Etna is 3,403 m high.', 'It smokes.']
    expect(cited).toEqual([
      [height, { url: 'https://example.com/etna', title: 'Etna', content: height }],
      [smoke, { url: 'https://example.com/etna', title: 'Etna', content: smoke }],
      [smoke, { url: 'https://example.com/smoke', title: '', content: smoke }],
    ])
    expect(provider_specific_fields).toEqual({ thought_signature: 'EpBC' })
    expect(choice?.provider_specific_fields?.grounding_metadata).toMatchObject({ webSearchQueries: ['etna height'] })
  })

  it('locates the quoted text if the position is wrong', () => {
    const places = [
      { partIndex: 1, startIndex: 0, endIndex: 4, text: 'Etna' },
      { startIndex: 90, endIndex: 94, text: 'Etna' },
      { partIndex: 7, text: 'nowhere' },
    ]
    const groundingMetadata = {
      groundingChunks: [{ retrievedContext: { uri: 'gs://a/b', title: 'B' } }],
      groundingSupports: places.map((segment) => ({ segment, groundingChunkIndices: [0] })),
    }
    const parts = [{ text: 'Here. ', thoughtSignature: 'Ep' }, { text: 'Etna.' }]
    const notes = message(parts, { groundingMetadata })?.annotations
    expect(notes?.map(({ url_citation: { start_index, end_index } }) => [start_index, end_index])).toEqual([
      [6, 10],
      [6, 10],
      [0, 11],
    ])
  })

  it('turns citations of both names into annotations', () => {
    const source = { startIndex: 2, endIndex: 4, uri: 'https://example.com' }
    for (const citationMetadata of [{ citations: [{}, source] }, { citationSources: [source] }]) {
      expect(message([{ text: 'a bc d' }], { citationMetadata })?.annotations).toEqual([
        { type: 'url_citation', url_citation: { url: 'https://example.com', title: '', start_index: 2, end_index: 4 } },
      ])
    }
  })

  it('decodes images as data URIs and sends them back', () => {
    const parts = [
      { text: 'Here:' },
      { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 'EpImg' },
    ]
    const got = message([{ inlineData: { mimeType: 'image/png', data: 'BBBB' }, thought: true }, ...parts])
    expect(got?.images).toEqual([
      {
        type: 'image_url',
        image_url: { url: 'data:image/png;base64,AAAA' },
        provider_specific_fields: { thought_signature: 'EpImg' },
      },
    ])
    expect(got?.provider_specific_fields).toEqual({
      thought_images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,BBBB' } }],
    })
    expect(resent(got)).toEqual(parts)
  })

  it('keeps the order of images and texts without duplicating the bytes', () => {
    const image = (data: string) => ({ inlineData: { mimeType: 'image/png', data } })
    const parts = [{ text: 'One:' }, image('AAAA'), { text: 'Two:' }, image('BBBB')]
    const got = message(parts)
    expect(got?.content).toBe('One:Two:')
    expect(got?.provider_specific_fields?.content_parts).toEqual([
      { text: 'One:' },
      { image: 0 },
      { text: 'Two:' },
      { image: 1 },
    ])
    expect(resent(got)).toEqual(parts)
  })

  it('decodes audio', () => {
    const mimeType = 'audio/L16;codec=pcm;rate=24000'
    expect(message([{ inlineData: { mimeType, data: 'AAECAw==' } }])).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      audio: { id: 'audio_resp_1', data: 'AAECAw==', transcript: '', expires_at: 0 },
      provider_specific_fields: { audio_mime_type: mimeType },
    })
  })

  it('sends executed code back unchanged', () => {
    const { body } = fixture('answer-code')
    const got = decode(body).choices[0]?.message
    expect(got?.content).toBe('Let me compute.It is 21.')
    expect(resent(got)).toEqual(body.candidates[0].content.parts)
    expect(resent({ ...got, content: 'changed' })).toEqual([{ text: 'changed' }])
  })

  it('sends calls back unchanged, without the thought summary', () => {
    const { body } = fixture('answer-thinking-tools')
    const [, text, first, second] = body.candidates[0].content.parts
    const now = { functionCall: { ...second.functionCall, id: 'call_resp_01A_1' } }
    expect(resent(decode(body).choices[0]?.message, ['5tb44auq', 'call_resp_01A_1'])).toEqual([text, first, now])
  })

  it('sends signed thoughts and text between calls back unchanged', () => {
    const call = { functionCall: { name: 'f', args: {}, id: 'a' }, thoughtSignature: 'Ep1' }
    const parts = [
      { text: 'Hm.', thought: true, thoughtSignature: 'Ep0' },
      call,
      { text: 'And', thoughtSignature: 'Ep2' },
      { ...call, functionCall: { ...call.functionCall, id: 'b' } },
    ]
    const got = message(parts)
    expect(got?.thinking_blocks).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: 'Ep0', format: 'google-gemini-v1' },
    ])
    expect(resent(got, ['a', 'b'])).toEqual(parts)
    expect(resent(message(parts.slice(0, 2)), ['a'])).toEqual(parts.slice(0, 2))
  })

  it('keeps text after a signed part as a separate part', () => {
    const parts = [{ text: 'First. ', thoughtSignature: 'EpF' }, { text: 'Second.' }]
    const pieces = chunksOf([answer([parts[0]]), answer([{ text: 'Sec' }]), answer([{ text: 'ond.' }])])
    for (const got of [message(parts), assemble(pieces.chunks).choices[0]?.message]) {
      expect(got).toMatchObject({ content: 'First. Second.', provider_specific_fields: { content_parts: parts } })
      expect(resent(got)).toEqual(parts)
    }
    const thoughts = [
      { text: 'a', thought: true, thoughtSignature: 'EpA' },
      { text: 'b', thought: true },
    ]
    expect(message(thoughts)?.thinking_blocks).toMatchObject([{ thinking: 'a', signature: 'EpA' }, { thinking: 'b' }])
  })

  it('keeps a signature without text', () => {
    const got = message([{ text: '', thoughtSignature: 'EpE' }])
    expect(got).toMatchObject({ content: null, provider_specific_fields: { thought_signature: 'EpE' } })
    expect(resent(got)).toEqual([{ text: '', thoughtSignature: 'EpE' }])
  })

  it('restores the caller’s tool names, in stored parts too', () => {
    const parts = [{ functionCall: { name: '_1_a', args: {} } }, { text: 'then' }]
    const { tool_calls, provider_specific_fields } =
      decode(answer(parts), { names: { _1_a: '1 a' } }).choices[0]?.message ?? {}
    expect(tool_calls?.[0]).toMatchObject({ function: { name: '1 a' } })
    expect(provider_specific_fields?.content_parts).toMatchObject([{ functionCall: { name: '1 a' } }, { text: 'then' }])
  })

  it('decodes candidates as choices with separate ids', () => {
    const candidate = (index: number) => ({
      index,
      content: { parts: [{ functionCall: { name: 'f', args: {} } }] },
      finishReason: 'STOP',
    })
    const { choices } = decode({ ...answer([]), candidates: [candidate(0), candidate(1)] })
    expect(choices.map(({ index, message }) => [index, message.tool_calls?.[0]?.id])).toEqual([
      [0, 'call_resp_1_0'],
      [1, 'call_resp_1_1_0'],
    ])
  })

  it('decodes log probabilities', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'Hé', logProbability: -0.5, tokenId: 9 }, { token: '!' }],
      topCandidates: [{ candidates: [{ token: 'Hé', logProbability: -0.5 }] }],
    }
    expect(decode(answer([{ text: 'Hé!' }], { logprobsResult })).choices[0]?.logprobs).toEqual({
      refusal: null,
      content: [
        {
          token: 'Hé',
          bytes: [72, 195, 169],
          logprob: -0.5,
          top_logprobs: [{ token: 'Hé', bytes: [72, 195, 169], logprob: -0.5 }],
        },
        { token: '!', bytes: [33], logprob: 0, top_logprobs: [] },
      ],
    })
  })

  it('decodes an array of events', () => {
    const events = [answer([{ text: 'He' }], { finishReason: undefined }), answer([{ text: 'llo' }])]
    expect(decode(events).choices[0]).toMatchObject({ message: { content: 'Hello' }, finish_reason: 'stop' })
  })
})

describe('finish reason', () => {
  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['LANGUAGE', 'content_filter'],
    ['OTHER', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['MODEL_ARMOR', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['NO_IMAGE', 'content_filter'],
    ['ESCALATION', 'content_filter'],
    ['PUP_LIMITED_DISABLED', 'content_filter'],
    ['MALFORMED_FUNCTION_CALL', 'stop'],
    ['SOMETHING_NEW', 'stop'],
  ])('maps %s to %s', (native, finish) => {
    const [choice] = decode(answer([{ text: 'x' }], { finishReason: native })).choices
    expect(choice).toMatchObject({ finish_reason: finish, native_finish_reason: native })
  })

  it.each([
    ['STOP', 'tool_calls'],
    ['MAX_TOKENS', 'length'],
    ['CONTINUATION', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
  ])('maps %s with a call in the answer to %s', (native, finish) => {
    const parts = [{ functionCall: { name: 'f', args: {} } }]
    expect(decode(answer(parts, { finishReason: native })).choices[0]?.finish_reason).toBe(finish)
    const { chunks } = chunksOf([answer(parts), answer([], { finishReason: native })])
    expect(assemble(chunks).choices[0]?.finish_reason).toBe(finish)
  })

  it('reads numeric enums', () => {
    expect(decode(answer([{ text: 'x' }], { finishReason: 2 })).choices[0]).toMatchObject({
      finish_reason: 'length',
      native_finish_reason: 'MAX_TOKENS',
    })
  })

  it('reports the refusal and the safety ratings of a filter', () => {
    const safetyRatings = [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'HIGH', blocked: true }]
    const blocked = { content: undefined, finishReason: 'SAFETY', finishMessage: 'Harassment.', safetyRatings }
    expect(decode(answer([], blocked)).choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: 'Harassment.' },
        finish_reason: 'content_filter',
        native_finish_reason: 'SAFETY',
        logprobs: null,
        provider_specific_fields: { safety_ratings: safetyRatings, finish_message: 'Harassment.' },
      },
    ])
  })

  it('reports a blocked prompt', () => {
    const promptFeedback = { blockReason: 'SAFETY', blockReasonMessage: 'Reasons', safetyRatings: [] }
    const got = decode({ promptFeedback, usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 } })
    expect(got.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: 'Reasons' },
        finish_reason: 'content_filter',
        native_finish_reason: 'SAFETY',
        logprobs: null,
        provider_specific_fields: { prompt_feedback: promptFeedback },
      },
    ])
    expect(got.usage).toEqual({ prompt_tokens: 4, completion_tokens: 0, total_tokens: 4 })
  })

  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'MALFORMED_RESPONSE'])(
    'by %s without an answer is a fault',
    (finishReason) => {
      const body = answer([], { finishReason, finishMessage: 'print(' })
      expect(() => decode(body)).toThrow(expect.objectContaining({ name: 'ProviderFault', body }))
      expect(() => decode(answer([{ text: 'Hm.', thought: true }], { finishReason }))).toThrow(ProviderFault)
    },
  )

  it('accepts a malformed call beside a complete choice', () => {
    const { candidates, ...rest } = answer([{ text: 'x' }])
    const bad = { index: 1, finishReason: 'MALFORMED_FUNCTION_CALL' }
    expect(decode({ ...rest, candidates: [...(candidates as Body[]), bad] }).choices).toHaveLength(2)
  })
})

describe('invalid answers', () => {
  it.each([
    [null],
    ['text'],
    [[]],
    [[null]],
    [{}],
    [{ candidates: [] }],
    [{ candidates: 'x' }],
    [{ promptFeedback: {} }],
  ])('throws a fault for %j', (body) => {
    expect(() => decode(body)).toThrow(ProviderFault)
  })

  it.each([[{ error: { code: 503, status: 'UNAVAILABLE' } }], [[{ error: { code: 503 } }]]])(
    'hands the error on: %j',
    (body) => {
      const error = Array.isArray(body) ? body[0] : body
      expect(() => decode(body)).toThrow(expect.objectContaining({ body: error }))
    },
  )

  it.each([
    { modelVersion: { a: 1 }, responseId: 7 },
    { usageMetadata: { promptTokenCount: 5, candidatesTokenCount: '7', serviceTier: 7, trafficType: [] } },
    { usageMetadata: { promptTokenCount: 5, candidatesTokenCount: -7 } },
    { usageMetadata: { promptTokenCount: 5, promptTokensDetails: [null, { modality: 4, tokenCount: {} }] } },
    { usageMetadata: 5 },
  ])('reads an answer beside %j', (more) => {
    const got = decode(answer([{ text: 'x' }], {}, more))
    expect(got.choices[0]?.message.content).toBe('x')
    expect(typeof got.model).toBe('string')
    expect(got.usage?.completion_tokens ?? 0).toBeGreaterThanOrEqual(0)
    expect(assemble(chunksOf([answer([{ text: 'x' }], {}, more)]).chunks).choices[0]?.message.content).toBe('x')
  })

  it.each([
    [{ inlineData: { mimeType: 5, data: 'AAAA' } }],
    [{ inlineData: { mimeType: 'image/png', data: 5 } }],
    [{ inlineData: 'x' }],
    [{ functionCall: 'f' }],
    [{ functionCall: { name: {}, id: {}, args: 'a' } }],
    [{ functionCall: { name: 'constructor', args: {} } }],
    [{ text: 'x', thoughtSignature: 5 }],
    [JSON.parse('{"__proto__":{"polluted":true},"text":"x"}')],
  ])('survives the part %j', (part) => {
    const state = { names: { f_1: 'f/1' } }
    const [choice] = decode(answer([part], JSON.parse('{"__proto__":{"polluted":true}}')), state).choices
    for (const call of choice?.message.tool_calls ?? []) {
      expect(call.type === 'function' && typeof call.function.name).toBe('string')
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(() => chunksOf([answer([part])], state)).not.toThrow()
  })

  it('reports a block reason of any type', () => {
    for (const blockReason of [{ a: 1 }, JSON.parse('{"toString":5}'), 7]) {
      const blocked = { promptFeedback: { blockReason } }
      expect(decode(blocked).choices[0]).toMatchObject({
        finish_reason: 'content_filter',
        native_finish_reason: expect.any(String),
      })
      expect(chunksOf([blocked]).whole).toBe(true)
    }
  })

  it('skips malformed parts', () => {
    expect(message([null, 5, { novelty: { x: 1 } }, { text: 'x' }])).toMatchObject({
      content: 'x',
      provider_specific_fields: { content_parts: [{ novelty: { x: 1 } }, { text: 'x' }] },
    })
  })
})
