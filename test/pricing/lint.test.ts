import { describe, expect, test } from 'vitest'
import type { ProviderTable, Row } from '../../pricing/schema.js'
import { lint } from '../../pricing/update/lint.js'

const problems = (m: ProviderTable['m'], before?: ProviderTable['m']): string[] =>
  lint(new Map([['p', { m }]]), [], before && new Map([['p', { m: before }]])).map(({ rule }) => rule)
const good: Row = {
  i: 3,
  o: 15,
  r: 0.3,
  w: 3.75,
  W: 6,
  b: 0.5,
  C: 200_000,
  M: 64_000,
  t: [[200_000, { i: 6, o: 22.5, r: 0.6 }]],
}

describe('the lint', () => {
  test('has nothing against a good row', () => {
    expect(problems({ 'claude-x': good, alias: 'claude-x' }, { 'claude-x': good })).toEqual([])
  })

  test.each<[string, Row, string]>([
    ['a cached read dearer than input', { ...good, r: 3.1 }, 'cache-read'],
    ['a cache write cheaper than input', { ...good, w: 2 }, 'cache-write'],
    ['a 1-hour write cheaper than a 5-minute one', { i: 1, w: 2, W: 1.5 }, 'cache-write'],
    ['Claude’s 1-hour write at another price than twice the input', { ...good, W: 4 }, 'cache-write'],
    ['cents taken for dollars', { ...good, i: 3000 }, 'unit-slip'],
    ['dollars per token', { i: 0.000003, o: 0.000015 }, 'unit-slip'],
    ['a rerank price per million', { q: 2000 }, 'unit-slip'],
    ['a search price per thousand', { ...good, s: 10 }, 'unit-slip'],
    ['output far below input', { i: 3, o: 0.01 }, 'output-ratio'],
    ['a rate below 0', { i: -1 }, 'number'],
    ['a tier below the base', { ...good, t: [[200_000, { i: 2 }]] }, 'tier-base'],
    [
      'tiers out of order',
      {
        i: 1,
        t: [
          [200, { i: 2 }],
          [100, { i: 3 }],
        ],
      },
      'tier-order',
    ],
    ['a batch dearer than the standard', { ...good, b: 1.5 }, 'service-tier'],
    ['a priority fifty times the standard', { ...good, p: 50 }, 'service-tier'],
    [
      'history out of order',
      {
        i: 1,
        h: [
          ['2026-02-01T00:00:00Z', { i: 1 }],
          ['2026-01-01T00:00:00Z', { i: 2 }],
        ],
      },
      'dates',
    ],
    ['a date without its time', { i: 1, h: [['2026-02-01', { i: 1 }]] }, 'dates'],
    ['hours that end before they begin', { i: 1, z: [{ u: [[600, 100]], x: 2 }] }, 'hours'],
    ['more output than the window', { i: 1, C: 1000, M: 2000 }, 'limits'],
  ])('reports %s', (_, row, rule) => {
    expect(problems({ 'p/claude': row })).toContain(rule)
  })

  test('reports aliases that lead nowhere, in a circle or to another alias', () => {
    expect(problems({ one: 'two' })).toEqual(['alias-target'])
    expect(problems({ one: 'two', two: 'one' })).toContain('alias-cycle')
    expect(problems({ one: 'two', two: 'three', three: good })).toEqual(['alias-chain'])
  })

  test('reports a price that went to more than its threefold', () => {
    expect(problems({ x: { i: 10, o: 10 } }, { x: { i: 1, o: 10 } })).toEqual(['jump'])
  })

  test('leaves out what was looked at and accepted', () => {
    const accepted = [{ rule: 'cache-read', models: '^p/x$', why: 'is so' }]
    expect(lint(new Map([['p', { m: { x: { i: 1, r: 2 } } }]]), accepted)).toEqual([])
  })
})
