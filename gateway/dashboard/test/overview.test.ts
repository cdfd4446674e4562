import { describe, expect, it } from 'vitest'
import { noSums, type Point } from '../src/api/series.ts'
import { rangeOf, readOverviewSearch, stepsOf } from '../src/pages/overview/search.ts'
import { byName, chartData, measured, total } from '../src/pages/overview/summary.ts'

const hour = 3_600_000
const now = Date.parse('2026-11-29T12:34:56Z')

describe('the range of the overview', () => {
  it('drops wrong values of the address', () => {
    expect(readOverviewSearch({ span: '24h', measure: 'calls', by: 'team' })).toEqual({
      span: '24h',
      measure: 'calls',
      by: 'team',
    })
    expect(
      readOverviewSearch({ span: '2y', measure: 1, by: 'constructor', from: '2026-11-02', to: '2026-11-01' }),
    ).toEqual({ span: undefined, measure: undefined, by: undefined })
  })

  it('has steps of hours for a day, and of days for a month', () => {
    const day = rangeOf({ span: '24h' }, now)
    expect(day.grain).toBe('hour')
    expect(stepsOf(day)).toHaveLength(24)
    expect(stepsOf(day).at(-1)).toBe(Date.parse('2026-11-29T12:00:00Z'))
    const month = rangeOf({ span: '30d' }, now)
    expect(month.grain).toBe('day')
    expect(stepsOf(month)).toHaveLength(30)
    expect(new Date(month.from).toISOString()).toBe('2026-10-31T00:00:00.000Z')
  })

  it('covers the last day of a chosen range', () => {
    const range = rangeOf({ from: '2026-11-01', to: '2026-11-10' }, now)
    expect(new Date(range.to).toISOString()).toBe('2026-11-11T00:00:00.000Z')
    expect(stepsOf(range)).toHaveLength(10)
  })
})

const point = (name: string, at: number, change: Partial<Point>): Point => ({
  ...noSums,
  name,
  at,
  calls: 1,
  ...change,
})

describe('sums of the overview', () => {
  const points = [
    point('a', 0, { dollars: 1, durationMs: 100, timed: 1 }),
    point('b', 0, { dollars: 5, durationMs: 300, timed: 1 }),
    point('a', hour, { dollars: 2 }),
    point('c', hour, { dollars: 0.5 }),
  ]

  it('adds up names, largest first', () => {
    expect(byName(points, 'spend').map(({ name, sums }) => [name, sums.dollars])).toEqual([
      ['b', 5],
      ['a', 3],
      ['c', 0.5],
    ])
  })

  it('has a mean only if something was measured', () => {
    expect(measured(total(points), 'latency')).toBe(200)
    expect(measured(total(points), 'ttft')).toBeUndefined()
  })

  it('adds the names without a line of their own', () => {
    const { lines, rows } = chartData(points, [0, hour], 'spend', 1)
    expect(lines).toEqual([
      { id: 'line0', name: 'b' },
      { id: 'others', name: undefined },
    ])
    expect(rows).toEqual([
      { at: 0, line0: 5, others: 1 },
      { at: hour, line0: 0, others: 2.5 },
    ])
  })

  it('shows no mean for a time without calls, and no mean of means', () => {
    const { lines, rows } = chartData(points, [0, hour], 'latency', 1)
    expect(lines).toHaveLength(1)
    expect(rows.map(({ line0 }) => line0)).toEqual([300, null])
  })
})
