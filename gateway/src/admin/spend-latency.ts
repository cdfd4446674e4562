import type { AdminRequest } from '../types.js'
import { searchCalls } from './call-search.js'
import type { AdminContext } from './context.js'
import { limitOf } from './spend-filters.js'
import { callQuestion } from './spend-logs.js'

const shares = [0.5, 0.9, 0.95, 0.99]

/** Percentiles of the newest calls that fit the filters: whole calls, and streams to their first content. */
export async function latencies(context: AdminContext, request: AdminRequest) {
  const question = await callQuestion(context, request)
  const limit = limitOf(request, 2_000)
  const columns = 'id, at, duration_ms, first_token_ms, outcome'
  const { rows } = await searchCalls(context.sql, question, limit, { columns })
  const answered = rows.filter(({ outcome }) => outcome === 'success')
  const oldest = rows.at(-1)
  return {
    calls: answered.length,
    failures: rows.length - answered.length,
    since: oldest ? new Date(Number(oldest.at)).toISOString() : null,
    duration_ms: percentiles(answered.map((row) => Number(row.duration_ms))),
    first_token_ms: percentiles(
      answered.flatMap((row) => (row.first_token_ms === null ? [] : Number(row.first_token_ms))),
    ),
  }
}

function percentiles(values: readonly number[]) {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return Object.fromEntries(
    shares.map((share) => [`p${share * 100}`, sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]]),
  )
}
