/** Spans of time that end now. */
export const spans = {
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
  '90d': 7_776_000_000,
} as const
export type Span = keyof typeof spans

export const measures = ['spend', 'calls', 'tokens', 'errors', 'latency', 'ttft'] as const
export type Measure = (typeof measures)[number]

export const dimensions = ['model', 'provider', 'team', 'key', 'tag', 'user', 'customer', 'outcome'] as const
export type Dimension = (typeof dimensions)[number]

/** State of the overview, kept in its address. */
export interface OverviewSearch {
  readonly span?: Span | undefined
  /** Days such as `2026-11-29`, instead of a span. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly measure?: Measure | undefined
  readonly by?: Dimension | undefined
}

const day = /^\d{4}-\d\d-\d\d$/

const oneOf = <Value extends string>(values: readonly Value[], value: unknown): Value | undefined =>
  values.find((known) => known === value)

/** Reads the address; wrong values are left out. */
export function readOverviewSearch(search: Record<string, unknown>): OverviewSearch {
  const text = (value: unknown) => (typeof value === 'string' && day.test(value) ? value : undefined)
  const [from, to] = [text(search.from), text(search.to)]
  return {
    span: oneOf(Object.keys(spans) as Span[], search.span),
    measure: oneOf(measures, search.measure),
    by: oneOf(dimensions, search.by),
    ...(from && to && from <= to && { from, to }),
  }
}

/** A range of time with the width of its steps. */
export interface Range {
  readonly from: number
  readonly to: number
  readonly grain: 'hour' | 'day'
}

const dayMs = 86_400_000
const hourMs = 3_600_000
/** Milliseconds of a step. */
export const stepMs = { hour: hourMs, day: dayMs } as const
/** Ranges up to this length are shown by the hour. */
const longestHourly = 3 * dayMs
/** How long the gateway keeps its sums by the hour. */
const keptHours = (by: Dimension) => (by === 'customer' ? 8 : 35) * dayMs - hourMs

/**
 * The range that an address means, in whole steps: neither its first nor its last one is cut, and it stays the same until the next step
 * begins. Ends of days are those of UTC, as the gateway counts them.
 * @param byHour whether a short range has steps of an hour
 */
export function rangeOf({ span, from, to, by = 'model' }: OverviewSearch, now: number, byHour = true): Range {
  const grainOf = (start: number, end: number) =>
    byHour && end - start <= longestHourly && now - start < keptHours(by) ? 'hour' : 'day'
  if (from && to) {
    const [start, end] = [Date.parse(from), Date.parse(to) + dayMs]
    const grain = grainOf(start, end)
    return { from: start, to: Math.min(end, endOf(now, stepMs[grain])), grain }
  }
  const length = spans[span ?? '7d']
  const grain = grainOf(now - length, now)
  const step = stepMs[grain]
  return { from: endOf(now - length, step), to: endOf(now, step), grain }
}

/** The end of the step that holds a time. */
const endOf = (at: number, step: number) => Math.floor(at / step) * step + step

/** Beginnings of all steps of a range. */
export function stepsOf({ from, to, grain }: Range): number[] {
  const step = stepMs[grain]
  const first = Math.floor(from / step) * step
  return Array.from({ length: Math.max(1, Math.ceil((to - first) / step)) }, (_, index) => first + index * step)
}
