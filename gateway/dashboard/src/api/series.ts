import type { Dimension, Measure, Range } from '../pages/overview/search.ts'
import { api } from './client.ts'

/** Sums and means of calls. */
export interface Figures {
  /** US dollars of the calls with a known cost. */
  readonly spend: number
  readonly calls: number
  readonly failures: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cached_tokens: number
  readonly cache_hits: number
  /** Calls whose cost is not known, and not in `spend`. */
  readonly unknown_costs: number
  readonly mean_duration_ms: number | null
  readonly mean_first_token_ms: number | null
}

export interface Point extends Figures {
  /** `2026-11-29`, or `2026-11-29T18` by the hour, in UTC. */
  readonly period: string
}

export interface Series {
  /** Null for all names that have no series of their own. */
  readonly name: string | null
  readonly label: string | null
  readonly total: Figures
  readonly points: readonly Point[]
}

export interface Usage {
  readonly total: Figures
  readonly points: readonly Point[]
  readonly series: readonly Series[]
}

const orders: Readonly<Record<Measure, string>> = {
  spend: 'spend',
  calls: 'calls',
  tokens: 'input_tokens',
  errors: 'failures',
  latency: 'calls',
  ttft: 'calls',
}

const day = (at: number) => new Date(at).toISOString().slice(0, 10)

/** The period of a step, as the gateway names it. */
export const periodOf = (at: number, grain: Range['grain']) =>
  new Date(at).toISOString().slice(0, grain === 'hour' ? 13 : 10)

/** Figures over time: those of the largest names, and of all others together. */
export const usage = ({ from, to, grain }: Range, by: Dimension, measure: Measure, signal: AbortSignal) =>
  api<Usage>('/spend/usage', {
    query: {
      grain,
      group_by: by,
      order_by: orders[measure],
      limit: 50,
      start_date: grain === 'hour' ? new Date(from).toISOString() : day(from),
      end_date: grain === 'hour' ? new Date(to).toISOString() : day(to),
    },
    signal,
  })

interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
}

/** Percentiles of the newest calls of a range. */
export interface Latency {
  readonly calls: number
  readonly duration_ms: Percentiles | null
  readonly first_token_ms: Percentiles | null
}

export const latency = ({ from, to }: Range, signal: AbortSignal) =>
  api<Latency>('/spend/latency', {
    query: { start_date: new Date(from).toISOString(), end_date: new Date(to).toISOString() },
    signal,
  })
