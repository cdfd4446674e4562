import type { Sql, SqlRunner, SqlValue } from '../store/sql.js'
import { callSums } from './call-sums.js'
import { closedHourDimensions, dayOf, hourOf, keptHoursMs, measures } from './rollups.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** Most calls are written this long after their period has ended. A later one opens the period again. */
const dayDelayMs = hourMs
const hourDelayMs = 5 * minuteMs

/** Measures by which names are ranked. */
export const rankMeasures = ['calls', 'failures', 'input_tokens', 'output_tokens', 'nanos'] as const

export type RankMeasure = (typeof rankMeasures)[number]

/** The first period of a span that has calls and is not closed. */
export async function firstOpen(
  sql: SqlRunner,
  grain: 'day' | 'hour',
  from?: string,
  to?: string,
): Promise<string | undefined> {
  const [row] = await sql.query(
    `SELECT MIN(t.period) AS period FROM llmux_totals t WHERE t.grain = ? AND t.dimension = 'all' AND t.period >= ? AND t.period <= ?
       AND NOT EXISTS (SELECT 1 FROM llmux_closed c WHERE c.grain = t.grain AND c.period = t.period)`,
    [grain, from ?? '', to ?? '9999'],
  )
  return row?.period == null ? undefined : String(row.period)
}

/**
 * Makes the sums that need the whole period, once it has ended, so that they cost a call nothing: of days the sums of the month so far
 * and those of tags by model; of hours the sums by team, user, customer, organization and tag.
 *
 * A trigger of the database opens a period again when a call of it is written late or rated anew, by any release. Until the period is
 * closed again, questions read the finer sums.
 * @param budgetMs time after which the rest waits for the next turn
 * @returns the number of periods
 */
export async function closePeriods(sql: Sql, now: number, budgetMs = 20_000): Promise<number> {
  const until = performance.now() + budgetMs
  let closed = 0
  const days = await openPeriods(sql, 'day', '', dayOf(now - dayDelayMs))
  for (const day of days) {
    if (performance.now() > until) return closed
    if (await close(sql, 'day', day, (tx) => closeDay(tx, day))) closed++
  }
  // the newest hours first: they are asked for most
  const hours = await openPeriods(sql, 'hour', hourOf(now - keptHoursMs('team')), hourOf(now - hourDelayMs))
  for (const hour of hours.reverse()) {
    if (performance.now() > until) return closed
    if (await close(sql, 'hour', hour, (tx) => closeHour(sql, tx, hour, now))) closed++
  }
  return closed
}

/** Periods that have calls, before the one named last, and are not closed. */
async function openPeriods(sql: Sql, grain: 'day' | 'hour', from: string, before: string): Promise<string[]> {
  const rows = await sql.query(
    `SELECT t.period FROM llmux_totals t WHERE t.grain = ? AND t.dimension = 'all' AND t.period >= ? AND t.period < ?
       AND NOT EXISTS (SELECT 1 FROM llmux_closed c WHERE c.grain = t.grain AND c.period = t.period) ORDER BY t.period`,
    [grain, from, before],
  )
  return rows.map(({ period }) => String(period))
}

/**
 * Every call changes the sum over all calls of its period, so a lock on that row keeps writers of the period out; the trigger of a
 * writer that has waited finds the period closed, and opens it.
 */
async function close(
  sql: Sql,
  grain: 'day' | 'hour',
  period: string,
  make: (tx: SqlRunner) => Promise<void>,
): Promise<boolean> {
  return await sql.transaction(async (tx) => {
    const lock = sql.engine === 'postgres' ? 'FOR UPDATE SKIP LOCKED' : ''
    const locked = await tx.query(
      `SELECT period FROM llmux_totals WHERE grain = ? AND dimension = 'all' AND period = ? AND name = '' ${lock}`,
      [grain, period],
    )
    if (locked.length === 0) return false
    const done = await tx.query('SELECT period FROM llmux_closed WHERE grain = ? AND period = ?', [grain, period])
    if (done.length > 0) return false
    await make(tx)
    await tx.query('INSERT INTO llmux_closed (grain, period) VALUES (?, ?)', [grain, period])
    return true
  })
}

const ranked = rankMeasures.join(', ')
const tagSums = ['calls', 'failures', 'input_tokens', 'output_tokens', 'cached_tokens', 'duration_ms', 'nanos']

async function closeDay(tx: SqlRunner, day: string): Promise<void> {
  const month = day.slice(0, 7)
  // days after this one contain it in their sums
  await tx.query("DELETE FROM llmux_closed WHERE grain = 'day' AND period > ? AND period <= ?", [day, `${month}-31`])
  const [before] = await tx.query(
    "SELECT MAX(period) AS period FROM llmux_closed WHERE grain = 'day' AND period >= ? AND period < ?",
    [`${month}-01`, day],
  )
  await tx.query('DELETE FROM llmux_month_sums WHERE period = ?', [day])
  await tx.query(
    `INSERT INTO llmux_month_sums (period, dimension, name, ${ranked})
     SELECT CAST(? AS TEXT), dimension, name, ${rankMeasures.map((name) => `SUM(${name})`).join(', ')} FROM (
       SELECT dimension, name, ${ranked} FROM llmux_month_sums WHERE period = ?
       UNION ALL SELECT dimension, name, ${ranked} FROM llmux_totals WHERE grain = 'day' AND period = ?) AS parts
     GROUP BY dimension, name ORDER BY dimension, name`,
    [day, before?.period ?? '', day],
  )
  await tx.query('DELETE FROM llmux_daily_tag_models WHERE day = ?', [day])
  await tx.query(
    `INSERT INTO llmux_daily_tag_models (tag, day, model_group, model, provider, path, ${tagSums.join(', ')})
     SELECT tag, day, model_group, model, provider, path, ${tagSums.map((name) => `SUM(${name})`).join(', ')}
     FROM llmux_daily_tags WHERE day = ? GROUP BY tag, day, model_group, model, provider, path`,
    [day],
  )
}

async function closeHour(sql: Sql, tx: SqlRunner, hour: string, now: number): Promise<void> {
  const from = Date.parse(`${hour}:00:00Z`)
  const [found] = await tx.query(
    `SELECT t.calls, (SELECT COUNT(*) FROM llmux_calls c WHERE c.at >= ? AND c.at < ? AND c.rolled IS NOT NULL) AS rows
     FROM llmux_totals t WHERE t.grain = 'hour' AND t.dimension = 'all' AND t.period = ?`,
    [from, from + hourMs, hour],
  )
  // calls that the retention has deleted can't be added up again
  if (Number(found?.rows) < Number(found?.calls)) return
  for (const dimension of closedHourDimensions) {
    await tx.query("DELETE FROM llmux_totals WHERE grain = 'hour' AND dimension = ? AND period = ?", [dimension, hour])
    if (from < now - keptHoursMs(dimension)) continue
    const { text, values } = callSums(sql, dimension, from, from + hourMs)
    const names: SqlValue[] = [dimension, hour]
    await tx.query(
      `INSERT INTO llmux_totals (grain, dimension, period, name, ${measures.join(', ')})
       SELECT 'hour', CAST(? AS TEXT), CAST(? AS TEXT), name, ${measures.map((name) => `SUM(${name})`).join(', ')}
       FROM (${text}) AS calls GROUP BY name`,
      [...names, ...values],
    )
  }
}
