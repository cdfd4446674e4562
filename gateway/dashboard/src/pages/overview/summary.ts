import { add, noSums, type Point, type Sums } from '../../api/series.ts'
import type { Measure } from './search.ts'

/** Adds up points by their name, largest first. */
export function byName(points: readonly Point[], measure: Measure): { readonly name: string; readonly sums: Sums }[] {
  const found = new Map<string, Sums>()
  for (const point of points) found.set(point.name, add(found.get(point.name) ?? noSums, point))
  return [...found]
    .map(([name, sums]) => ({ name, sums }))
    .sort((a, b) => (measured(b.sums, measure) ?? 0) - (measured(a.sums, measure) ?? 0) || (a.name < b.name ? -1 : 1))
}

export const total = (points: readonly Sums[]): Sums => points.reduce(add, noSums)

/** The value of a measure; undefined if nothing was measured. */
export function measured(sums: Sums, measure: Measure): number | undefined {
  switch (measure) {
    case 'spend':
      return sums.dollars
    case 'calls':
      return sums.calls
    case 'tokens':
      return sums.inputTokens + sums.outputTokens
    case 'errors':
      return sums.failures
    case 'latency':
      return sums.timed > 0 ? sums.durationMs / sums.timed : undefined
    case 'ttft':
      return sums.firstTokens > 0 ? sums.firstTokenMs / sums.firstTokens : undefined
  }
}

/** Whether the values of several names may be stacked: means can't be added. */
export const isSum = (measure: Measure): boolean => measure !== 'latency' && measure !== 'ttft'

/** A line or a part of the bars. */
export interface Line {
  readonly id: string
  /** Undefined for the names that have no line of their own. */
  readonly name: string | undefined
}

export interface ChartData {
  readonly lines: readonly Line[]
  readonly rows: readonly (Readonly<Record<string, number | null>> & { readonly at: number })[]
}

/** Turns points into rows of a chart: the largest names have a line each, and sums of the others are one more. */
export function chartData(
  points: readonly Point[],
  steps: readonly number[],
  measure: Measure,
  most: number,
): ChartData {
  const names = byName(points, measure).map(({ name }) => name)
  const shown = names.slice(0, most)
  const place = new Map(shown.map((name, index) => [name, `line${index}`]))
  const hasOthers = names.length > most && isSum(measure)
  const sums = new Map<string, Sums>()
  for (const point of points) {
    const id = place.get(point.name) ?? (hasOthers ? 'others' : undefined)
    if (id === undefined) continue
    const key = `${point.at} ${id}`
    sums.set(key, add(sums.get(key) ?? noSums, point))
  }
  const lines: Line[] = shown.map((name, index) => ({ id: `line${index}`, name }))
  if (hasOthers) lines.push({ id: 'others', name: undefined })
  const rows = steps.map((at) => ({
    at,
    ...Object.fromEntries(
      lines.map(({ id }) => {
        const found = sums.get(`${at} ${id}`)
        const value = found && measured(found, measure)
        // a time without calls has a sum of zero, and no mean
        return [id, value ?? (isSum(measure) ? 0 : null)]
      }),
    ),
  }))
  return { lines, rows }
}
