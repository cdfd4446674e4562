import { type Figures, periodOf, type Series } from '../../api/series.ts'
import { type Measure, type Range, stepsOf } from './search.ts'

/** The value of a measure; undefined if nothing was measured. */
export function measured(figures: Figures, measure: Measure): number | undefined {
  switch (measure) {
    case 'spend':
      return figures.spend
    case 'calls':
      return figures.calls
    case 'tokens':
      return figures.input_tokens + figures.output_tokens
    case 'errors':
      return figures.failures
    case 'latency':
      return figures.mean_duration_ms ?? undefined
    case 'ttft':
      return figures.mean_first_token_ms ?? undefined
  }
}

/** Whether the values of several names may be stacked: means can't be added. */
export const isSum = (measure: Measure): boolean => measure !== 'latency' && measure !== 'ttft'

/** A line or a part of the bars. */
export interface Line {
  readonly id: string
  /** Undefined for the names that have no line of their own. */
  readonly series: Series | undefined
}

export interface ChartRow {
  readonly at: number
  readonly [line: string]: number | null
}

export interface ChartData {
  readonly lines: readonly Line[]
  readonly rows: readonly ChartRow[]
}

/** Turns series into rows of a chart: the largest names have a line each, and sums of the others are one more. */
export function chartData(all: readonly Series[], range: Range, measure: Measure, most: number): ChartData {
  const value = (series: Series) => measured(series.total, measure) ?? 0
  const named = all.filter(({ name }) => name !== null).sort((a, b) => value(b) - value(a))
  const shown = named.filter((series) => value(series) > 0).slice(0, most)
  const others = isSum(measure) ? all.filter((series) => !shown.includes(series) && value(series) > 0) : []
  const lines: Line[] = shown.map((series, index) => ({ id: `line${index}`, series }))
  if (others.length > 0) lines.push({ id: 'others', series: undefined })
  const values = new Map<string, number>()
  const add = (id: string, series: Series) => {
    for (const point of series.points) {
      const found = measured(point, measure)
      if (found === undefined) continue
      const place = `${point.period} ${id}`
      values.set(place, (values.get(place) ?? 0) + found)
    }
  }
  for (const { id, series } of lines) if (series) add(id, series)
  for (const series of others) add('others', series)
  const rows = stepsOf(range).map((at): ChartRow => {
    const period = periodOf(at, range.grain)
    // a time without calls has a sum of zero, and no mean
    const entries = lines.map(({ id }) => [id, values.get(`${period} ${id}`) ?? (isSum(measure) ? 0 : null)])
    return { at, ...Object.fromEntries(entries) }
  })
  return { lines, rows }
}
