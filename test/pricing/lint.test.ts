import { describe, expect, test } from 'vitest'
import type { PriceRow, ProviderTable } from '../../pricing/schema.js'
import { lint } from '../../pricing/update/lint.js'

const problems = (models: ProviderTable['models'], before?: ProviderTable['models']): string[] =>
  lint(new Map([['p', { models }]]), [], before && new Map([['p', { models: before }]])).map(({ rule }) => rule)
const good: PriceRow = {
  input: 3,
  output: 15,
  cacheRead: 0.3,
  cacheWrite: 3.75,
  cacheWrite1h: 6,
  batch: 0.5,
  contextWindow: 200_000,
  maxOutputTokens: 64_000,
  tiers: [[200_000, { input: 6, output: 22.5, cacheRead: 0.6 }]],
}

describe('lint()', () => {
  test('accepts a correct row', () => {
    expect(problems({ 'claude-x': good, alias: 'claude-x' }, { 'claude-x': good })).toEqual([])
  })

  test.each<[string, PriceRow, string]>([
    ['a cached read that costs more than input', { ...good, cacheRead: 3.1 }, 'cache-read'],
    ['a cache write that costs less than input', { ...good, cacheWrite: 2 }, 'cache-write'],
    [
      'a 1-hour write that costs less than a 5-minute write',
      { input: 1, cacheWrite: 2, cacheWrite1h: 1.5 },
      'cache-write',
    ],
    ['a 1-hour write of Claude that is not twice the input rate', { ...good, cacheWrite1h: 4 }, 'cache-write'],
    ['a rate in cents instead of dollars', { ...good, input: 3000 }, 'unit-slip'],
    ['a rate per token instead of per million', { input: 0.000003, output: 0.000015 }, 'unit-slip'],
    ['a rerank price per million', { perSearchUnit: 2000 }, 'unit-slip'],
    ['a search price per thousand', { ...good, perWebSearch: 10 }, 'unit-slip'],
    ['output far below input', { input: 3, output: 0.01 }, 'output-ratio'],
    ['a rate below 0', { input: -1 }, 'number'],
    ['a tier below the base', { ...good, tiers: [[200_000, { input: 2 }]] }, 'tier-base'],
    [
      'tiers out of order',
      {
        input: 1,
        tiers: [
          [200, { input: 2 }],
          [100, { input: 3 }],
        ],
      },
      'tier-order',
    ],
    ['a batch rate above the standard rate', { ...good, batch: 1.5 }, 'service-tier'],
    ['a priority rate of fifty times the standard rate', { ...good, priority: 50 }, 'service-tier'],
    [
      'earlier cards out of order',
      {
        input: 1,
        earlier: [
          ['2026-02-01T00:00:00Z', { input: 1 }],
          ['2026-01-01T00:00:00Z', { input: 2 }],
        ],
      },
      'dates',
    ],
    ['a date without a time', { input: 1, earlier: [['2026-02-01', { input: 1 }]] }, 'dates'],
    ['hours that end before they start', { input: 1, hours: [{ minutes: [[600, 100]], multiple: 2 }] }, 'hours'],
    [
      'more output tokens than the context window holds',
      { input: 1, contextWindow: 1000, maxOutputTokens: 2000 },
      'limits',
    ],
  ])('reports %s', (_, row, rule) => {
    expect(problems({ 'p/claude': row })).toContain(rule)
  })

  test('reports aliases of unknown rows, of each other and of other aliases', () => {
    expect(problems({ one: 'two' })).toEqual(['alias-target'])
    expect(problems({ one: 'two', two: 'one' })).toContain('alias-cycle')
    expect(problems({ one: 'two', two: 'three', three: good })).toEqual(['alias-chain'])
  })

  test('reports a price that more than tripled', () => {
    expect(problems({ x: { input: 10, output: 10 } }, { x: { input: 1, output: 10 } })).toEqual(['jump'])
  })

  test('omits accepted problems', () => {
    const accepted = [{ rule: 'cache-read', models: '^p/x$', why: 'is so' }]
    expect(lint(new Map([['p', { models: { x: { input: 1, cacheRead: 2 } } }]]), accepted)).toEqual([])
  })
})
