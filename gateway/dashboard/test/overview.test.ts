import { describe, expect, it } from 'vitest'
import { type CallRow, pageSize, placeAfter } from '../src/api/logs.ts'
import type { Figures, Series } from '../src/api/series.ts'
import { ticksUpTo } from '../src/charts/ticks.ts'
import { logsSearchOf, readLogsSearch } from '../src/pages/logs/search.ts'
import { rangeOf, readOverviewSearch, stepsOf } from '../src/pages/overview/search.ts'
import { chartData, measured } from '../src/pages/overview/summary.ts'

const now = Date.parse('2026-11-29T12:34:56Z')

describe('the range of the overview', () => {
  it('drops wrong values of the address', () => {
    expect(readOverviewSearch({ span: '24h', measure: 'calls', by: 'team' })).toEqual({
      span: '24h',
      measure: 'calls',
      by: 'team',
    })
    const wrong = { span: '2y', measure: 1, by: 'constructor', from: '2026-11-02', to: '2026-11-01' }
    expect(readOverviewSearch(wrong)).toEqual({ span: undefined, measure: undefined, by: undefined })
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

  it('has no hours that the gateway does not keep, and none for the calls of one person', () => {
    expect(rangeOf({ span: '24h', by: 'team' }, now).grain).toBe('hour')
    expect(rangeOf({ span: '24h', by: 'tag' }, now, false).grain).toBe('day')
    expect(rangeOf({ from: '2026-11-15', to: '2026-11-16', by: 'user' }, now).grain).toBe('hour')
    expect(rangeOf({ from: '2026-11-15', to: '2026-11-16', by: 'customer' }, now).grain).toBe('day')
    expect(rangeOf({ from: '2026-10-01', to: '2026-10-02' }, now).grain).toBe('day')
  })

  it('stays the same until the next step begins', () => {
    expect(rangeOf({ span: '24h' }, now)).toEqual(rangeOf({ span: '24h' }, now + 20 * 60_000))
    expect(rangeOf({ span: '24h' }, now)).not.toEqual(rangeOf({ span: '24h' }, now + 40 * 60_000))
  })

  it('covers the last day of a chosen range', () => {
    const range = rangeOf({ from: '2026-11-01', to: '2026-11-10' }, now)
    expect(new Date(range.to).toISOString()).toBe('2026-11-11T00:00:00.000Z')
    expect(stepsOf(range)).toHaveLength(10)
  })
})

const figures = (change: Partial<Figures>): Figures => ({
  spend: 0,
  calls: 0,
  failures: 0,
  input_tokens: 0,
  output_tokens: 0,
  cached_tokens: 0,
  cache_hits: 0,
  unknown_costs: 0,
  mean_duration_ms: null,
  mean_first_token_ms: null,
  ...change,
})

const oneSeries = (name: string | null, total: Partial<Figures>, points: Record<string, Partial<Figures>>): Series => ({
  name,
  label: null,
  total: figures(total),
  points: Object.entries(points).map(([period, change]) => ({ period, ...figures(change) })),
})

describe('the chart of the overview', () => {
  const range = { from: Date.parse('2026-11-28'), to: Date.parse('2026-11-30'), grain: 'day' } as const
  const all = [
    oneSeries(
      'a',
      { spend: 3, calls: 2, mean_duration_ms: 100 },
      { '2026-11-28': { spend: 1, mean_duration_ms: 100 } },
    ),
    oneSeries(
      'b',
      { spend: 5, calls: 1, mean_duration_ms: 300 },
      { '2026-11-28': { spend: 2 }, '2026-11-29': { spend: 3, mean_duration_ms: 300 } },
    ),
    oneSeries(null, { spend: 0.5, calls: 9 }, { '2026-11-29': { spend: 0.5 } }),
    oneSeries('free', { calls: 4 }, {}),
  ]

  it('has the largest names, and the sum of the others', () => {
    const { lines, rows } = chartData(all, range, 'spend', 1)
    expect(lines.map(({ id, series }) => [id, series?.name])).toEqual([
      ['line0', 'b'],
      ['others', undefined],
    ])
    expect(rows).toEqual([
      { at: Date.parse('2026-11-28'), line0: 2, others: 1 },
      { at: Date.parse('2026-11-29'), line0: 3, others: 0.5 },
    ])
  })

  it('has no line for a name without a value', () => {
    expect(chartData(all, range, 'spend', 7).lines.map(({ series }) => series?.name)).toEqual(['b', 'a', undefined])
  })

  it('shows no mean for a time without calls, and no mean of means', () => {
    const { lines, rows } = chartData(all, range, 'latency', 2)
    expect(lines.map(({ id }) => id)).toEqual(['line0', 'line1'])
    expect(rows.map(({ line0, line1 }) => [line0, line1])).toEqual([
      [null, 100],
      [300, null],
    ])
  })

  it('adds the tokens of both directions', () => {
    expect(measured(figures({ input_tokens: 7, output_tokens: 5 }), 'tokens')).toBe(12)
  })
})

describe('the rows behind a point', () => {
  it('have the range and the name of the point as filters', () => {
    expect(logsSearchOf('team', 'search', 0, 3_600_000, false)).toEqual({
      start_date: '1970-01-01T00:00:00.000Z',
      end_date: '1970-01-01T01:00:00.000Z',
      team_id: 'search',
    })
    expect(logsSearchOf('key', undefined, 0, 1, true)).toMatchObject({ status_filter: 'failure' })
  })

  it('are read from an address without wrong values', () => {
    expect(readLogsSearch({ model: 'gpt-4o', min_spend: 0.5, tag: '', other: 'x', user_id: ['a'] })).toEqual({
      model: 'gpt-4o',
      min_spend: '0.5',
    })
  })
})

describe('pages of calls', () => {
  const rows = Array.from({ length: pageSize }, (_, index) => ({ request_id: `id-${index}` })) as unknown as CallRow[]

  it('follow the last row, or the time at which a search has ended', () => {
    expect(placeAfter({ rows, searchedFrom: undefined })).toEqual({ after: `id-${pageSize - 1}` })
    expect(placeAfter({ rows: rows.slice(1), searchedFrom: undefined })).toBeUndefined()
    expect(placeAfter({ rows: [], searchedFrom: '2026-11-29T12:00:00.000Z' })).toEqual({
      end_date: '2026-11-29T11:59:59.999Z',
    })
  })
})

describe('ticks of an axis', () => {
  it.each([
    [0, [0, 1]],
    [3.45, [0, 1, 2, 3, 4]],
    [0.0000031, [0, 0.000001, 0.000002, 0.000003, 0.000004]],
    [1_700, [0, 500, 1_000, 1_500, 2_000]],
    [4, [0, 1, 2, 3, 4]],
    [9, [0, 5, 10]],
    [421, [0, 200, 400, 600]],
  ])('are round values up to %d', (most, expected) => {
    expect(ticksUpTo(most)).toEqual(expected)
  })
})
