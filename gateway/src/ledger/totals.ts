import type { Sql, SqlRow } from '../store/sql.js'
import { Where } from './queries.js'
import { type Dimension, measures } from './rollups.js'

/** A question to `llmux_totals`. */
export interface TotalsQuestion {
  readonly grain: 'day' | 'hour'
  readonly dimension: Dimension
  /** First and last day or hour, such as `2026-11-29` or `2026-11-29T18`. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly names?: readonly string[] | undefined
}

const whereOf = ({ grain, dimension, from, to, names }: TotalsQuestion) =>
  new Where()
    .and('grain = ?', grain)
    .and('dimension = ?', dimension)
    .and('period >= ?', from)
    .and('period <= ?', to)
    .in('name', names)

/** Sums may be larger than a number, so money is text. */
const sumOf = (measure: string) =>
  measure.endsWith('nanos')
    ? `CAST(COALESCE(SUM(${measure}), 0) AS TEXT) AS ${measure}`
    : `COALESCE(SUM(${measure}), 0) AS ${measure}`

const sumsText = measures.map(sumOf).join(', ')

/** Sums by period, by name, or by both; without columns one row. */
export async function totalsBy(
  sql: Sql,
  question: TotalsQuestion,
  columns: readonly ('period' | 'name')[],
): Promise<SqlRow[]> {
  const where = whereOf(question)
  const names = columns.join(', ')
  return await sql.query(
    `SELECT ${names}${names && ', '}${sumsText} FROM llmux_totals ${where.text} ${names && `GROUP BY ${names} ORDER BY ${names}`}`,
    where.values,
  )
}

/** The names with the largest sums, largest first. */
export async function largestNames(
  sql: Sql,
  question: TotalsQuestion,
  order: (typeof measures)[number],
  limit: number,
): Promise<string[]> {
  const where = whereOf(question)
  const rows = await sql.query(
    `SELECT name, SUM(${order}) AS amount FROM llmux_totals ${where.text} GROUP BY name ORDER BY 2 DESC, name LIMIT ?`,
    [...where.values, limit],
  )
  return rows.map(({ name }) => String(name))
}

/** All sums of the names with the largest ones, largest first. */
export async function largest(
  sql: Sql,
  question: TotalsQuestion,
  order: (typeof measures)[number],
  limit: number,
): Promise<SqlRow[]> {
  const names = await largestNames(sql, question, order, limit)
  if (names.length === 0) return []
  const rows = new Map((await totalsBy(sql, { ...question, names }, ['name'])).map((row) => [String(row.name), row]))
  return names.map((name) => rows.get(name)).filter((row) => row !== undefined)
}

/** Names of a dimension, such as all tags. Each is found by one step through the index. */
export async function namesOf(sql: Sql, dimension: Dimension, limit = 10_000): Promise<string[]> {
  const rows = await sql.query(
    `WITH RECURSIVE found (name) AS (
       SELECT MIN(name) FROM llmux_totals WHERE dimension = ?
       UNION ALL
       SELECT (SELECT MIN(name) FROM llmux_totals WHERE dimension = ? AND name > found.name) FROM found WHERE found.name IS NOT NULL)
     SELECT name FROM found WHERE name IS NOT NULL LIMIT ?`,
    [dimension, dimension, limit],
  )
  return rows.map(({ name }) => String(name))
}

/** Whether a name of a model is that of a group in requests, or `provider/model`. */
export async function modelDimension(sql: Sql, name: string): Promise<'group' | 'model'> {
  const [row] = await sql.query("SELECT name FROM llmux_totals WHERE dimension = 'group' AND name = ? LIMIT 1", [name])
  return row ? 'group' : 'model'
}
