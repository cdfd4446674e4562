import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DecodeContext } from '../../providers/contract.js'
import { type OpenAIQuirks, openai, openaiQuirks } from '../../providers/dialects/openai/index.js'
import { RepeatedEvent, valuesOf } from '../../providers/shared/repeated-event.js'
import type { ChatCompletionChunk } from '../../src/types/chat.js'
import { type Api, decodeStream, type Step } from './repeated-event-streams.js'

interface Shape {
  delta?: { text?: unknown }
  p?: unknown
  count?: unknown
}

function take(event: Shape): unknown {
  const text = event.delta?.text
  delete event.delta?.text
  delete event.p
  delete event.count
  return text
}

const event = (text: string, more: object = {}) =>
  JSON.stringify({ type: 'x', text: 'other', delta: { text }, ...more })

function learned(text = 'one', make = event): RepeatedEvent {
  const repeated = new RepeatedEvent('text', take)
  for (let at = 0; at < 6; at++) repeated.learn(make(text), text)
  return repeated
}

/** An event with values on both sides of its text. */
const counted = (text: string, count: unknown, p: unknown) => JSON.stringify({ count, delta: { text }, more: [], p })

/** Has seen two events that differ in these values. */
function learnedCounted(): RepeatedEvent {
  const repeated = new RepeatedEvent('text', take, valuesOf('count', 'p'))
  for (let at = 1; at < 8; at++) repeated.learn(counted('one', at, 'abc'.slice(0, at % 3)), 'one')
  return repeated
}

describe('RepeatedEvent', () => {
  it('reads an event that differs from the learned one in its text', () => {
    const repeated = learned()
    expect(repeated.match(event(' two'))).toBe(' two')
    expect(repeated.match(event('line\nbreak "quoted" \\ é 漢 😀'))).toBe('line\nbreak "quoted" \\ é 漢 😀')
    expect(repeated.match(event(''))).toBeUndefined()
  })

  it('finds the right one of two equal texts', () => {
    const repeated = learned('other')
    expect(repeated.match(event('other'))).toBeUndefined()
    expect(repeated.match(event('two'))).toBeUndefined()
  })

  it('reads events with a space after the colon', () => {
    const spaced = (text: string) => event(text).replaceAll('":"', '": "')
    expect(learned('one', spaced).match(spaced('two'))).toBe('two')
  })

  it.each([
    ['another field', event('two', { index: 1 })],
    ['a text that ends early', '{"type":"x","text":"other","delta":{"text":"a","b":"c"}}'],
    ['a bare control character', event('two').replace('two', 'a\tb')],
    ['half an escape', event('two').replace('two', 'a\\')],
    ['a cut event', event('two').slice(0, -1)],
  ])('leaves an event with %s to the parser', (_, data) => {
    expect(learned().match(data)).toBeUndefined()
  })

  it('gives up after events that are all different', () => {
    const repeated = learned()
    for (let at = 0; at < 8; at++) repeated.match(event('a', { padding: at }))
    expect(repeated.match(event('two'))).toBeUndefined()
  })

  it('reads events whose counts and padding differ', () => {
    const repeated = learnedCounted()
    expect(repeated.match(counted('two', 0, ''))).toBe('two')
    expect(repeated.match(counted('a "b" \\', 123_456_789, 'x'.repeat(40)))).toBe('a "b" \\')
    // looks like the end of the event, but for the escapes
    expect(repeated.match(counted('"},"more":[],"p":"a', 7, 'b'))).toBe('"},"more":[],"p":"a')
  })

  it.each([
    ['a count that is null', counted('two', null, 'a')],
    ['a count with a fraction', counted('two', 1.5, 'a')],
    ['a negative count', counted('two', -3, 'a')],
    ['a count with an exponent', counted('two', 3, 'a').replace('3', '3e5')],
    ['a count that begins with a zero', counted('two', 3, 'a').replace('3', '03')],
    ['a count of too many digits', counted('two', 3, 'a').replace('3', '1234567890123456')],
    ['a count that is a text', counted('two', '3', 'a')],
    ['padding with an escape', counted('two', 3, 'a\\"b')],
    ['padding that is null', counted('two', 3, null)],
    ['padding that ends early', counted('two', 3, 'a').replace('"a"', '"a","q":"b"')],
    ['a bare control character in the padding', counted('two', 3, 'a').replace('"a"', '"\t"')],
    ['no padding', counted('two', 3, undefined)],
    ['a text that ends early', counted('two', 3, 'a').replace('"two"', '"two","b":"c"')],
  ])('leaves an event with %s to the parser', (_, data) => {
    expect(learnedCounted().match(data)).toBeUndefined()
  })

  it('compares a value at a place that its decoder reads', () => {
    const repeated = new RepeatedEvent('text', take, valuesOf('count', 'p'))
    const deep = (count: number) => JSON.stringify({ delta: { text: 'one' }, read: { count } })
    for (let at = 1; at < 12; at++) repeated.learn(deep(at), 'one')
    expect(repeated.match(deep(100))).toBeUndefined()
  })

  it('learns an event that gets another field in the middle of a stream', () => {
    const repeated = learned()
    const other = (text: string) => event(text, { late: true })
    expect(repeated.match(other('two'))).toBeUndefined()
    repeated.learn(other('two'), 'two')
    expect(repeated.match(other('three'))).toBe('three')
  })
})

const text = (value: string, at: number): Step => ({
  kind: 'text',
  text: value,
  padding: 'abcdefgh'.slice(0, (at * 3) % 8),
  tokens: at % 4 === 0 ? 0 : at * 7,
})

const texts = [
  ...[
    'a',
    'b',
    'c',
    'd',
    'Hello',
    ' world',
    ' again',
    ' "quoted"',
    '\n',
    ' a\\b',
    ' 漢字',
    ' 😀',
    '"},"p":"x',
    ' end',
    '',
  ],
  ...[' x'.repeat(50), '{"text":"', '"}],"role":"model"},"index":0}]', ' y', ' z'],
].map(text)

const apis: readonly Api[] = ['openai', 'anthropic', 'gemini', 'converse']
const contentOf = (chunks: ReturnType<typeof decodeStream>) =>
  chunks.map((chunk) => (chunk.choices[0]?.index === 0 ? (chunk.choices[0].delta.content ?? '') : '')).join('')

describe.each(apis)('a stream of %s', (api) => {
  it('has the same chunks whether its events are alike or not', () => {
    const alike = decodeStream(api, texts, false)
    expect(alike).toEqual(decodeStream(api, texts, true))
    expect(contentOf(alike)).toBe(texts.map((one) => one.text).join(''))
  })

  it('keeps the fields of its chunks, and the last usage', () => {
    const chunks = decodeStream(api, texts, false)
    expect(new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`)).size).toBe(1)
    const tokens = texts.reduce((sum, one) => sum + (one.kind === 'text' ? one.tokens : 0), 0)
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(api === 'gemini' ? tokens : texts.length)
  })

  it('has the same chunks with other events between those that are alike', () => {
    const piece = fc.oneof(
      fc.constantFrom('a', ' b', '"', '\\', '"},"p":"', '\n', '漢', '},"index":0', '{"content":"', ''),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    )
    const step: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 20,
        arbitrary: fc.record({
          kind: fc.constant('text' as const),
          text: piece,
          padding: fc.constantFrom('', 'a', 'abc', 'a"b', 'x'.repeat(30)),
          tokens: fc.nat(3000),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom('reasoning', 'call', 'other place', 'more fields', 'null counts'),
          text: piece,
        }) as fc.Arbitrary<Step>,
      },
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        expect(decodeStream(api, steps, false)).toEqual(decodeStream(api, steps, true))
      }),
      { numRuns: 150 },
    )
  })
})

describe('a stream of openai with a field of its host', () => {
  const context: DecodeContext<OpenAIQuirks> = {
    provider: 'openai',
    model: 'made',
    quirks: openaiQuirks,
    encodeState: undefined,
    created: 1_700_000_000,
    fallbackId: 'chatcmpl-made',
  }
  const decode = (events: readonly object[]) => {
    const decoder = openai.chat?.stream(context)
    const out: ChatCompletionChunk[] = []
    const choices = [{ index: 0, delta: { content: 'a' }, finish_reason: null }]
    for (const event of events) decoder?.push(undefined, JSON.stringify({ id: 'chatcmpl-1', choices, ...event }), out)
    decoder?.end(out)
    return out
  }
  const often = <Value>(value: Value): Value[] => Array.from({ length: 10 }, () => value)

  it('has the field in the chunk in which it changes back', () => {
    const chunks = decode([...often({ shard: 'a' }), { shard: 'b' }, ...often({ shard: 'a' })])
    expect(
      chunks.flatMap((chunk, at) => (chunk.provider_specific_fields ? [[at, chunk.provider_specific_fields]] : [])),
    )
      // only changes are in a chunk
      .toEqual([
        [0, { shard: 'a' }],
        [10, { shard: 'b' }],
        [11, { shard: 'a' }],
      ])
  })

  it('has the last usage, though an earlier event had the same', () => {
    const usage = (tokens: number) => ({
      usage: { prompt_tokens: 1, completion_tokens: tokens, total_tokens: tokens + 1 },
    })
    // no pattern is made of a text with an escape
    const line = [{ index: 0, delta: { content: '\n' }, finish_reason: null }]
    const chunks = decode([...often(usage(3)), { ...usage(4), choices: line }, usage(3)])
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(3)
  })
})
