import type { Dimension, Range } from '../pages/overview/search.ts'
import { api } from './client.ts'

/** Sums of the calls of one time, or of one name. Means are sums and counts, so that they can be added. */
export interface Sums {
  readonly calls: number
  readonly failures: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars of the calls with a known cost. */
  readonly dollars: number
  /** Calls without a known cost. */
  readonly unknownCosts: number
  readonly durationMs: number
  readonly timed: number
  readonly firstTokenMs: number
  readonly firstTokens: number
}

export interface Point extends Sums {
  /** Beginning of the step, in milliseconds since 1970. */
  readonly at: number
  readonly name: string
}

export const noSums: Sums = {
  calls: 0,
  failures: 0,
  inputTokens: 0,
  outputTokens: 0,
  dollars: 0,
  unknownCosts: 0,
  durationMs: 0,
  timed: 0,
  firstTokenMs: 0,
  firstTokens: 0,
}

export const add = (a: Sums, b: Sums): Sums => ({
  calls: a.calls + b.calls,
  failures: a.failures + b.failures,
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  dollars: a.dollars + b.dollars,
  unknownCosts: a.unknownCosts + b.unknownCosts,
  durationMs: a.durationMs + b.durationMs,
  timed: a.timed + b.timed,
  firstTokenMs: a.firstTokenMs + b.firstTokenMs,
  firstTokens: a.firstTokens + b.firstTokens,
})

interface Metrics {
  readonly spend: number
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly api_requests: number
  readonly failed_requests: number
  readonly total_response_time_ms: number
  readonly timed_requests: number
}

interface Activity {
  readonly results: readonly {
    readonly date: string
    readonly breakdown: Readonly<Record<string, Readonly<Record<string, { readonly metrics: Metrics }>>>>
  }[]
}

const breakdowns: Readonly<Record<Dimension, readonly [path: string, part: string]>> = {
  model: ['/user/daily/activity', 'models'],
  provider: ['/user/daily/activity', 'providers'],
  key: ['/user/daily/activity', 'api_keys'],
  user: ['/user/daily/activity', 'entities'],
  team: ['/team/daily/activity', 'entities'],
  tag: ['/tag/daily/activity', 'entities'],
  customer: ['/customer/daily/activity', 'entities'],
}

/** Sums by step and by name. */
export async function series(range: Range, by: Dimension, signal: AbortSignal): Promise<readonly Point[]> {
  const [path, part] = breakdowns[by]
  const day = (at: number) => new Date(at).toISOString().slice(0, 10)
  const { results } = await api<Activity>(path, {
    query: { start_date: day(range.from), end_date: day(range.to) },
    signal,
  })
  return results.flatMap(({ date, breakdown }) =>
    Object.entries(breakdown[part] ?? {}).map(([name, { metrics }]) => ({
      ...noSums,
      at: Date.parse(date),
      name,
      calls: metrics.api_requests,
      failures: metrics.failed_requests,
      inputTokens: metrics.prompt_tokens,
      outputTokens: metrics.completion_tokens,
      dollars: metrics.spend,
      durationMs: metrics.total_response_time_ms,
      timed: metrics.timed_requests,
    })),
  )
}
