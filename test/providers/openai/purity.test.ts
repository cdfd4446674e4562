import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { openai } from '../../../providers/dialects/openai/index.js'
import { LLMError } from '../../../src/errors.js'
import { answer, bodyOf, decode, decodeContext, embedding, event, freeze, own, quirksOf, streamOf } from './helpers.js'

// Names that mean something, so that random values get far.
const names =
  'id index type text content role function name arguments tool_calls tool_call_id image_url url file file_data file_id ' +
  'source data thinking reasoning reasoning_content reasoning_details annotations url_citation images audio custom ' +
  'function_call refusal delta message finish_reason logprobs usage prompt_tokens completion_tokens cost error choices ' +
  'citations search_results x_groq provider_specific_fields cache_control detail __proto__ toString x'
const name = fc.constantFrom(...names.split(' '))
const word = fc.constantFrom(
  ...['text', 'image_url', 'file', 'document', 'thinking', 'function', 'base64', 'user', 'tool', ''],
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.jsonValue(),
    word,
    fc.integer(),
    tie('list'),
    tie('fields'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  fields: fc.dictionary(name, tie('value'), { maxKeys: 6 }),
}))
const fields = fc.dictionary(name, value, { maxKeys: 8 })

describe('encode', () => {
  it('answers or refuses, changes nothing that it is given, and gives the same again', () => {
    const role = fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function')
    const message = fc.tuple(role, fields).map(([role, rest]) => ({ ...rest, role }))
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
    const part = fc.oneof(fields, fc.constant({ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }))
    const turns = fc.tuple(fc.array(part, { maxLength: 3 }), fields).map(([content, rest]) => [
      { role: 'user', content },
      { ...rest, role: 'assistant', content: 'x', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content },
    ])
    const messages = fc.oneof(fc.array(message, { maxLength: 4 }), turns)
    const params = fc.record(
      {
        messages,
        tools: fc.array(value),
        thinking: value,
        max_tokens: value,
        temperature: value,
        metadata: value,
        stream: fc.boolean(),
      },
      { requiredKeys: ['messages'] },
    )
    const contexts = [
      { quirks: own },
      quirksOf({}),
      quirksOf({ cacheControl: true, thinking: 'reasoning', replayReasoning: 'reasoning', replayDetails: true }),
      quirksOf({
        toolIds: 'nine',
        replayReasoning: 'parts',
        rename: { temperature: 'heat' },
        unsupported: ['metadata'],
      }),
    ]
    fc.assert(
      fc.property(params, fc.constantFrom(...contexts), (params, context) => {
        const before = JSON.stringify(params)
        try {
          const body = JSON.stringify(bodyOf(params as never, context))
          expect(JSON.stringify(bodyOf(params as never, context))).toBe(body)
        } catch (error) {
          if (!LLMError.is(error)) throw error
        }
        expect(JSON.stringify(params)).toBe(before)
      }),
      { numRuns: 500 },
    )
  })
})

describe('decode', () => {
  const faultsOnly = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      if (!(error instanceof ProviderFault)) throw error
    }
  }

  it('throws nothing but faults, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(value, fields), fields, (body, inner) => {
        faultsOnly(() => decode(body))
        faultsOnly(() => decode(answer(inner, inner, inner)))
        faultsOnly(() => embedding.decode(freeze(body), decodeContext()))
        faultsOnly(() => embedding.decode(freeze({ data: [inner], ...inner }), decodeContext()))
      }),
      { numRuns: 500 },
    )
  })

  it('of a stream throws nothing but faults, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fields, fc.string(), fc.jsonValue()), { maxLength: 4 }),
        fc.array(fields),
        (any, deltas) => {
          faultsOnly(() => streamOf(any))
          faultsOnly(() => streamOf(deltas.map((delta) => event(delta, delta))))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('cannot reach the prototype of anything', () => {
    const evil = JSON.parse('{"__proto__":{"polluted":1},"content":"x","tool_calls":[{"__proto__":{"polluted":1}}]}')
    const read = decode(answer(evil, evil)).choices[0]
    const [choice] = streamOf([event(evil, evil)]).chunks[0]?.choices ?? []
    for (const { provider_specific_fields: extras } of [read, read?.message, choice, choice?.delta].map(
      (at) => at ?? {},
    )) {
      expect(Object.getPrototypeOf(extras ?? {})).toBe(Object.prototype)
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

it('the dialect cannot be changed by anyone', () => {
  expect(Object.isFrozen(openai) && Object.isFrozen(openai.chat) && Object.isFrozen(openai.embedding)).toBe(true)
  for (const quirks of [own, decodeContext().quirks]) expect(quirks).toBeDefined()
  expect(Object.isFrozen(own) && Object.isFrozen(own.unsupported)).toBe(true)
})
