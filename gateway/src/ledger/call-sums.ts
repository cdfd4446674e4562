import type { Sql, SqlValue } from '../store/sql.js'
import type { Dimension } from './rollups.js'
import { Where } from './where.js'

/** A part of a statement with its values. */
export interface Part {
  readonly text: string
  readonly values: readonly SqlValue[]
}

const columns: Readonly<Partial<Record<Dimension, string>>> = {
  key: 'key_hash',
  user: 'user_id',
  team: 'team_id',
  organization: 'organization_id',
  customer: 'customer_id',
  group: 'model_group',
  model: 'model',
  provider: 'provider',
  deployment: 'deployment',
  outcome: 'outcome',
}

/** A dimension of calls, and the names that are asked for. */
export interface CallFilter {
  readonly dimension: Dimension
  readonly values: readonly string[]
}

/** One row for each call from a time to before another: its hour, its name in a dimension, and its part of the sums. */
export function callSums(
  { engine }: Sql,
  dimension: Dimension,
  from: number,
  until: number,
  filters: readonly CallFilter[] = [],
): Part {
  const where = new Where().and('c.at >= ?', from).and('c.at < ?', until).and('c.rolled IS NOT NULL')
  for (const { dimension: by, values } of filters) {
    const marks = values.map(() => '?').join(',')
    if (by === 'tag')
      where.and(
        `c.id IN (SELECT t.id FROM llmux_call_tags t WHERE t.tag IN (${marks}) AND t.at >= ? AND t.at < ?)`,
        ...[...values, from, until],
      )
    else where.in(`c.${columns[by]}`, values)
  }
  const postgres = engine === 'postgres'
  const period = postgres
    ? `to_char(to_timestamp(c.at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')`
    : "strftime('%Y-%m-%dT%H', c.at / 1000, 'unixepoch')"
  const each = postgres
    ? 'CROSS JOIN LATERAL jsonb_array_elements_text(CAST(c.tags AS jsonb)) AS one(value)'
    : 'CROSS JOIN json_each(c.tags) AS one'
  const tagged = dimension === 'tag'
  const column = columns[dimension]
  // a tag that is named twice counts once; calls that no sum contains yet are left out
  return {
    text: `SELECT ${tagged ? 'DISTINCT c.id, one.value' : column ? `COALESCE(c.${column}, '')` : "''"} AS name, ${period} AS period,
        1 AS calls, CASE WHEN c.outcome = 'success' THEN 0 ELSE 1 END AS failures, c.input_tokens, c.output_tokens, c.cached_tokens,
        c.cache_hit AS cache_hits, CASE WHEN c.cost_state = 'unknown' THEN 1 ELSE 0 END AS unknown_costs,
        COALESCE(c.retries, 0) AS retries, COALESCE(c.fallbacks, 0) AS fallbacks, c.duration_ms,
        COALESCE(c.first_token_ms, 0) AS first_token_ms, CASE WHEN c.first_token_ms IS NULL THEN 0 ELSE 1 END AS first_tokens,
        c.nanos, COALESCE(c.saved_nanos, 0) AS saved_nanos
      FROM llmux_calls c ${tagged ? each : ''} ${where.text}`,
    values: where.values,
  }
}
