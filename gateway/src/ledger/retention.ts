import { lifeMs } from '../limits/durations.js'
import type { Sql } from '../store/sql.js'
import { closePeriods } from './closing.js'
import { dimensions, hourOf, keptHoursMs, rollUpOlder } from './rollups.js'

const hourMs = 3_600_000
const minuteMs = 60_000
const batch = 1_000

/** Deletes rows of calls that are older than the retention. Daily sums stay. Returns the number of deleted rows. */
export async function deleteOldCalls(sql: Sql, before: number): Promise<number> {
  let deleted = 0
  for (;;) {
    // small batches, so that writers wait a moment at most
    const rows = await sql.query(
      'DELETE FROM llmux_calls WHERE id IN (SELECT id FROM llmux_calls WHERE at < ? ORDER BY at LIMIT ?) RETURNING id',
      [before, batch],
    )
    deleted += rows.length
    if (rows.length < batch) break
  }
  await deleteOldTags(sql, before)
  return deleted
}

async function deleteOldTags(sql: Sql, before: number): Promise<void> {
  for (;;) {
    const rows = await sql.query(
      `DELETE FROM llmux_call_tags WHERE (tag, at, id) IN
        (SELECT tag, at, id FROM llmux_call_tags WHERE at < ? LIMIT ?) RETURNING id`,
      [before, batch],
    )
    if (rows.length < batch) return
  }
}

/** Deletes sums by the hour that no dashboard shows any more. Days stay. */
async function deleteOldHours(sql: Sql, now: number): Promise<void> {
  for (const dimension of dimensions) {
    await sql.query("DELETE FROM llmux_totals WHERE grain = 'hour' AND dimension = ? AND period < ?", [
      dimension,
      hourOf(now - keptHoursMs(dimension)),
    ])
  }
  await sql.query("DELETE FROM llmux_closed WHERE grain = 'hour' AND period < ?", [hourOf(now - keptHoursMs('all'))])
}

/** Each minute adds up rows of older releases and closes periods, and once an hour deletes old rows. Returns a function that ends it. */
export function keepRetention(sql: Sql, retention: () => string | undefined, now: () => number): () => void {
  let timer: NodeJS.Timeout
  let deletedAt = Number.NEGATIVE_INFINITY
  const run = async () => {
    // a database that cannot be reached is asked again a minute later
    await rollUpOlder(sql)
    await closePeriods(sql, now())
    if (now() - deletedAt < hourMs) return
    deletedAt = now()
    const period = retention()
    const ms = period === undefined ? undefined : lifeMs(period)
    if (ms !== undefined) await deleteOldCalls(sql, now() - ms)
    await deleteOldHours(sql, now())
  }
  const schedule = () => {
    timer = setTimeout(() => {
      void run()
        .catch(() => {})
        .finally(schedule)
    }, minuteMs)
    timer.unref()
  }
  schedule()
  return () => clearTimeout(timer)
}
