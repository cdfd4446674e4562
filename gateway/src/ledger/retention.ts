import { lifeMs } from '../limits/durations.js'
import type { Sql } from '../store/sql.js'

const hourMs = 3_600_000
const firstMs = 60_000
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
    if (rows.length < batch) return deleted
  }
}

/** Deletes old rows once an hour. Returns a function that ends it. */
export function keepRetention(sql: Sql, retention: () => string | undefined, now: () => number): () => void {
  let timer: NodeJS.Timeout
  const run = async () => {
    const period = retention()
    const ms = period === undefined ? undefined : lifeMs(period)
    // a database that is away is asked again in an hour
    if (ms !== undefined) await deleteOldCalls(sql, now() - ms).catch(() => {})
    schedule(hourMs)
  }
  const schedule = (delay: number) => {
    timer = setTimeout(() => void run(), delay)
    timer.unref()
  }
  schedule(firstMs)
  return () => clearTimeout(timer)
}
