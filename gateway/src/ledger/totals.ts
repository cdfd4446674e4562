import type { Sql, SqlRow } from '../store/sql.js'
import { type CallFilter, callSums, type Part } from './call-sums.js'
import { firstOpen, type RankMeasure, rankMeasures } from './closing.js'
import { groupRows, Where } from './queries.js'
import { closedHourDimensions, type Dimension, dayOf, hourOf, measures } from './rollups.js'

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

/** The rows that answer a question, as a part of a statement. Hours that are not closed yet are those of the calls. */
async function sourceOf(sql: Sql, question: TotalsQuestion): Promise<Part> {
  const where = whereOf(question)
  const stored = { text: `llmux_totals ${where.text}`, values: where.values }
  if (question.grain === 'day' || !closedHourDimensions.has(question.dimension)) return stored
  const { from, to, dimension } = question
  const open = await firstOpen(sql, 'hour', from, to)
  if (open === undefined) return stored
  const closed = whereOf({ ...question, to: hourOf(startOf(open) - 1) })
  const calls = callSums(
    sql,
    dimension,
    startOf(open),
    to === undefined ? Number.MAX_SAFE_INTEGER : startOf(to) + hourMs,
  )
  const named = new Where().in('name', question.names)
  const columns = `period, name, ${measures.join(', ')}`
  return {
    text: `(SELECT ${columns} FROM llmux_totals ${closed.text}
      UNION ALL SELECT ${columns} FROM (${calls.text}) AS calls ${named.text}) AS parts`,
    values: [...closed.values, ...calls.values, ...named.values],
  }
}

const hourMs = 3_600_000
/** The time at which an hour such as `2026-11-29T18` begins. */
const startOf = (hour: string) => Date.parse(`${hour}:00:00Z`)

/** Sums by period, by name, or by both; without columns one row. */
export async function totalsBy(
  sql: Sql,
  question: TotalsQuestion,
  columns: readonly ('period' | 'name')[],
): Promise<SqlRow[]> {
  const { text, values } = await sourceOf(sql, question)
  const names = columns.join(', ')
  return await sql.query(
    `SELECT ${names}${names && ', '}${sumsText} FROM ${text} ${names && `GROUP BY ${names} ORDER BY ${names}`}`,
    values,
  )
}

/**
 * Sums by name of calls, failures, tokens and money, the largest first. Of months, and of whole days within hours, it reads the sums so
 * far, so that a quarter with many names costs little more than a day.
 */
export async function sumsByName(
  sql: Sql,
  question: TotalsQuestion,
  order: RankMeasure = 'nanos',
  limit?: number,
): Promise<SqlRow[]> {
  const { dimension, grain, names } = question
  const parts: Part[] = []
  const ranked = rankMeasures.join(', ')
  const add = (table: string, where: Where, sign = '') =>
    parts.push({
      text: `SELECT name, ${rankMeasures.map((name) => `${sign}${name} AS ${name}`).join(', ')} FROM ${table} ${where.text}`,
      values: where.values,
    })
  const addSource = async (part: TotalsQuestion) => {
    const { text, values } = await sourceOf(sql, part)
    parts.push({ text: `SELECT name, ${ranked} FROM ${text}`, values })
  }
  const days = grain === 'day' ? { ...question, edges: [] } : wholeDays(question)
  if (grain === 'hour') {
    if (!days) await addSource(question)
    else for (const { from, to } of days.edges) if (from <= to) await addSource({ ...question, from, to })
  }
  // few names are found by an index
  if (days && names) await addSource({ ...question, grain: 'day', from: days.from, to: days.to })
  else if (days) {
    const { plus, minus, single } = await monthParts(sql, days.from, days.to)
    const sumsOf = (periods: readonly string[]) => new Where().in('period', periods).and('dimension = ?', dimension)
    if (plus.length > 0) add('llmux_month_sums', sumsOf(plus))
    if (minus.length > 0) add('llmux_month_sums', sumsOf(minus), '-')
    if (single.length > 0) add('llmux_totals', sumsOf(single).and("grain = 'day'"))
  }
  if (parts.length === 0) return []
  const summed = rankMeasures.map((name) => `SUM(${name})`)
  return await sql.query(
    `SELECT name, ${rankMeasures.map((name, at) => (name === 'nanos' ? `CAST(${summed[at]} AS TEXT) AS nanos` : `${summed[at]} AS ${name}`)).join(', ')}
     FROM (${parts.map(({ text }) => text).join(' UNION ALL ')}) AS parts
     GROUP BY name HAVING SUM(calls) <> 0 OR SUM(nanos) <> 0 ORDER BY SUM(${order}) DESC, name ${limit === undefined ? '' : 'LIMIT ?'}`,
    [...parts.flatMap(({ values }) => values), ...(limit === undefined ? [] : [limit])],
  )
}

/** The days that lie within a span of hours as a whole, and the hours before and after them. */
function wholeDays({ from, to }: TotalsQuestion) {
  if (from === undefined || to === undefined) return undefined
  const first = dayOf(startOf(from) + 23 * hourMs)
  const last = dayOf(startOf(to) - 23 * hourMs)
  if (first > last) return undefined
  const before = { from, to: hourOf(Date.parse(first) - 1) }
  const after = { from: hourOf(Date.parse(last) + 24 * hourMs), to }
  return { from: first, to: last, edges: [before, after] }
}

/**
 * A span as sums of months so far: those to add, those to take away, and single days. Sums so far hold from the first of the month, if
 * all days up to theirs are closed.
 */
async function monthParts(sql: Sql, from?: string, to?: string) {
  const where = new Where().and('t.period >= ?', from && `${from.slice(0, 7)}-01`).and('t.period <= ?', to)
  const rows = await sql.query(
    `SELECT t.period, c.period AS closed FROM llmux_totals t
     LEFT JOIN llmux_closed c ON c.grain = t.grain AND c.period = t.period
     ${where.text || 'WHERE 1 = 1'} AND t.grain = 'day' AND t.dimension = 'all' ORDER BY t.period`,
    where.values,
  )
  const plus: string[] = []
  const minus: string[] = []
  const single: string[] = []
  for (const days of groupRows(rows, ({ period }) => String(period).slice(0, 7)).values()) {
    const open = days.findIndex(({ closed }) => closed === null)
    const closed = (open < 0 ? days : days.slice(0, open)).map(({ period }) => String(period))
    const inside = closed.filter((day) => from === undefined || day >= from)
    const before = closed.at(-inside.length - 1)
    const last = inside.at(-1)
    if (last !== undefined && inside.length > (before === undefined ? 1 : 2)) {
      plus.push(last)
      if (before !== undefined) minus.push(before)
    } else single.push(...inside)
    const rest = days.slice(closed.length).map(({ period }) => String(period))
    single.push(...rest.filter((day) => from === undefined || day >= from))
  }
  return { plus, minus, single }
}

/** Sums of calls by hour and by the names of a dimension, out of the calls themselves, with filters of any dimensions. */
export async function hoursOfCalls(
  sql: Sql,
  { dimension, from, to }: { readonly dimension: Dimension; readonly from: string; readonly to: string },
  filters: readonly CallFilter[],
): Promise<SqlRow[]> {
  const { text, values } = callSums(sql, dimension, startOf(from), startOf(to) + hourMs, filters)
  return await sql.query(
    `SELECT period, name, ${sumsText} FROM (${text}) AS calls GROUP BY period, name ORDER BY period, name`,
    values,
  )
}

/** The first hour whose calls are all stored. Retention deletes calls before sums. */
export async function firstStoredHour(sql: Sql, now: number): Promise<string | undefined> {
  const [row] = await sql.query('SELECT MIN(at) AS at FROM llmux_calls')
  const hour = hourOf(row?.at == null ? now : Number(row.at))
  const [sum] = await sql.query(
    "SELECT MIN(period) AS period FROM llmux_totals WHERE grain = 'hour' AND dimension = 'all'",
  )
  // the oldest call may be that of an hour whose other calls are deleted
  return sum?.period == null || String(sum.period) >= hour ? undefined : hourOf(startOf(hour) + hourMs)
}

/** The names of each day with the most money. */
export async function largestOfTotals(sql: Sql, question: TotalsQuestion, limit: number): Promise<SqlRow[]> {
  const where = whereOf(question)
  return await sql.query(
    `SELECT * FROM (SELECT period AS day, name, calls, failures, input_tokens, output_tokens, cached_tokens, duration_ms, nanos,
         ROW_NUMBER() OVER (PARTITION BY period ORDER BY nanos DESC, name) AS place
       FROM llmux_totals ${where.text}) AS ranked WHERE place <= ? ORDER BY day, place`,
    [...where.values, limit],
  )
}

/** The names with the largest sums, largest first. */
export async function largestNames(
  sql: Sql,
  question: TotalsQuestion,
  order: RankMeasure,
  limit: number,
): Promise<string[]> {
  return (await sumsByName(sql, question, order, limit)).map(({ name }) => String(name))
}

/** All sums of the names with the largest ones, largest first. */
export async function largest(
  sql: Sql,
  question: TotalsQuestion,
  order: RankMeasure,
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
