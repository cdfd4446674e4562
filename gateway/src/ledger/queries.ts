import { toDollars } from '../limits/money.js'
import type { Sql, SqlRow } from '../store/sql.js'
import type { Part } from './call-sums.js'
import { firstOpen } from './closing.js'
import { Where } from './where.js'

export { Where }

/** Measures of all daily sums. */
const dailySums = ['calls', 'failures', 'input_tokens', 'output_tokens', 'cached_tokens', 'duration_ms', 'nanos']

/** Sums of each day, by several columns. */
export type DailyTable = 'llmux_daily' | 'llmux_daily_customers' | 'llmux_daily_tags'

/** Sums of the daily rollups by some columns. Money is text, since it may be larger than a number. */
export async function sums(
  sql: Sql,
  table: DailyTable,
  columns: readonly string[],
  where: Where,
  limit?: number,
): Promise<SqlRow[]> {
  const names = columns.join(', ')
  const { text, values } = await dailySource(sql, table, columns, where)
  const summed = dailySums.map((name) =>
    name === 'nanos' ? 'CAST(COALESCE(SUM(nanos), 0) AS TEXT) AS nanos' : `SUM(${name}) AS ${name}`,
  )
  return await sql.query(
    `SELECT ${[...columns, ...summed].join(', ')} FROM ${text} ${names && `GROUP BY ${names} ORDER BY ${names}`}
     ${limit === undefined ? '' : 'LIMIT ?'}`,
    limit === undefined ? values : [...values, limit],
  )
}

/** Sums by tag that name no key are read from those of closed days by model, which are far fewer. */
async function dailySource(sql: Sql, table: DailyTable, columns: readonly string[], where: Where): Promise<Part> {
  if (table !== 'llmux_daily_tags' || columns.includes('key_hash') || where.names('key_hash'))
    return { text: `${table} ${where.text}`, values: where.values }
  const open = await firstOpen(sql, 'day')
  const read = [...new Set(['day', 'tag', ...columns, ...dailySums])].join(', ')
  const closed = where.copy().and('day < ?', open)
  const rest = where.copy().and('day >= ?', open)
  if (open === undefined) return { text: `llmux_daily_tag_models ${closed.text}`, values: closed.values }
  return {
    text: `(SELECT ${read} FROM llmux_daily_tag_models ${closed.text} UNION ALL SELECT ${read} FROM llmux_daily_tags ${rest.text}) AS parts`,
    values: [...closed.values, ...rest.values],
  }
}

/** Sums by day and a column: of each day those with the most money. */
export async function largestOfDays(
  sql: Sql,
  table: DailyTable,
  column: string,
  where: Where,
  limit: number,
): Promise<SqlRow[]> {
  const { text, values } = await dailySource(sql, table, [column], where)
  const summed = dailySums.map((name) => `SUM(${name}) AS ${name}`).join(', ')
  return await sql.query(
    `SELECT * FROM (SELECT day, ${column}, ${summed}, ROW_NUMBER() OVER (PARTITION BY day ORDER BY SUM(nanos) DESC, ${column}) AS place
       FROM ${text} GROUP BY day, ${column}) AS ranked WHERE place <= ? ORDER BY day, place`,
    [...values, limit],
  )
}

/** US dollars of a row of `sums()`. */
export const dollarsOf = ({ nanos }: SqlRow): number => toDollars(nanosOf({ nanos: nanos ?? 0 }))

/** Postgres returns a sum of integers as a decimal. */
export const nanosOf = ({ nanos }: SqlRow): bigint => BigInt(String(nanos).split('.')[0] ?? '0')

/** Adds up rows by a name. */
export function groupDollars(rows: readonly SqlRow[], nameOf: (row: SqlRow) => string): Map<string, number> {
  const found = new Map<string, bigint>()
  for (const row of rows) {
    const name = nameOf(row)
    found.set(name, (found.get(name) ?? 0n) + nanosOf(row))
  }
  return new Map([...found].map(([name, nanos]) => [name, toDollars(nanos)]))
}

/** Rows by a name. */
export function groupRows<Row>(rows: readonly Row[], nameOf: (row: Row) => string): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const name = nameOf(row)
    const same = found.get(name)
    if (same) same.push(row)
    else found.set(name, [row])
  }
  return found
}
