import { describe, expect, it } from 'vitest'
import { RepeatedEvent } from '../../providers/shared/repeated-event.js'
import { decodeStream } from './repeated-event-streams.js'

const textIn = (event: unknown) => (event as { delta?: { text?: unknown } })?.delta?.text
const event = (text: string, more: object = {}) =>
  JSON.stringify({ type: 'x', text: 'other', delta: { text }, ...more })

function learned(text = 'one', make = event): RepeatedEvent {
  const repeated = new RepeatedEvent('text', textIn)
  for (let at = 0; at < 6; at++) repeated.learn(make(text), text)
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
})

describe.each(['openai', 'anthropic'] as const)('a stream of %s', (dialect) => {
  const texts = [
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
    ' end',
    '',
    ' x'.repeat(50),
  ]

  it('has the same chunks whether its events are alike or not', () => {
    const alike = decodeStream(dialect, texts, false)
    // padding in every event keeps the decoder from learning
    const different = decodeStream(dialect, texts, true)
    expect(alike).toEqual(different)
    expect(alike.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(texts.join(''))
  })

  it('keeps the fields of its chunks', () => {
    const chunks = decodeStream(dialect, texts, false)
    expect(new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`)).size).toBe(1)
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(texts.length)
  })
})
