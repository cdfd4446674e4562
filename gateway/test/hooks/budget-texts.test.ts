import { expect, it } from 'vitest'
import { tokensOf } from '../../src/hooks/budget-stage.js'
import { BudgetTexts } from '../../src/hooks/budget-texts.js'

const chunk = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta, ...more }] })}\n\n`

/** A budget with room for some tokens. */
function counterOf(room: number) {
  let counted = 0
  return {
    get counted() {
      return counted
    },
    count(tokens: number) {
      counted += tokens
      return counted >= room ? new Error('used up') : undefined
    },
    fits: (tokens: number) => counted + tokens < room,
  }
}

const texts = [
  ...['word '.repeat(8), 'a "quoted" word', 'back\\slash', 'end\\', '"}', 'línea ñ 日本', '', '\n\n', '\u2028"'],
  ...['}]}', 'data: x', '"delta":{"content":"'],
]
const events = [
  ...texts.map((content) => chunk({ content }, { finish_reason: null })),
  chunk({ content: 'with', role: 'assistant' }),
  chunk({ role: 'assistant', content: 'with' }),
  chunk({ tool_calls: [{ index: 0, id: 'call', function: { name: 'f', arguments: '{"a":1}' } }] }),
  ': keep-alive\n\n',
  chunk({}, { finish_reason: 'stop' }),
]
const expected = events.reduce((sum, event) => {
  const data = event.slice(6)
  return sum + (event.startsWith('data: ') ? tokensOf('chat', JSON.parse(data)) : 0)
}, 0)

it.each([
  ['each event', 1],
  ['packets of three events', 3],
  ['one packet', 1_000],
])('counts the tokens of a chat in %s, and passes it on unchanged', (_, size) => {
  for (const room of [1e9, expected + 1]) {
    const counter = counterOf(room)
    const budget = new BudgetTexts('chat', 'openai', counter)
    let passed = ''
    const all = Array.from({ length: 30 }, () => events).flat()
    const sent = room === 1e9 ? all : events
    for (let at = 0; at < sent.length; at += size) passed += budget.pass(sent.slice(at, at + size).join(''))
    // as long as the budget is ample, the last events wait until more have come
    passed += budget.pass(`: ${'x'.repeat(3_000)}\n\n`)
    expect(budget.error).toBeUndefined()
    expect(passed).toBe(`${sent.join('')}: ${'x'.repeat(3_000)}\n\n`)
    expect(counter.counted).toBeCloseTo(room === 1e9 ? 30 * expected : expected)
  }
})

it('ends a stream in front of the event that uses up its budget', () => {
  const event = chunk({ content: 'word '.repeat(8) }, { finish_reason: null })
  for (const size of [1, 4]) {
    const budget = new BudgetTexts('chat', 'openai', counterOf(35))
    let passed = ''
    for (let at = 0; at < 8 && !budget.error; at += size) passed += budget.pass(event.repeat(size))
    expect(passed.startsWith(event.repeat(3))).toBe(true)
    expect(passed.slice(event.length * 3)).toMatch(/^data: \{"error":.*used up/)
  }
})

it('ends an ample stream soon after another call has used up its budget', () => {
  let room = 1e9
  const budget = new BudgetTexts('chat', 'openai', {
    count: () => (room === 0 ? new Error('used up') : undefined),
    fits: (tokens) => tokens < room,
  })
  const event = chunk({ content: 'word '.repeat(8) }, { finish_reason: null })
  expect(budget.pass(event)).toBe(event)
  room = 0
  let sent = ''
  while (!budget.error && sent.length < 10_000) sent += budget.pass(event)
  expect(sent).toContain('used up')
  expect(sent.length).toBeLessThan(3_000)
})
