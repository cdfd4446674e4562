import { Where } from '../ledger/queries.js'
import type { Dimension } from '../ledger/rollups.js'
import { badRequest } from '../refusal.js'
import type { Sql, SqlRow, SqlValue } from '../store/sql.js'
import { dayMs } from './spend-filters.js'

/** A filter of calls whose values the sums know. */
export interface CallFilter {
  readonly dimension: Dimension
  /** Column of `llmux_calls`, or `tag`. */
  readonly column: string
  readonly value: string
}

/** A question for rows of calls. */
export interface CallQuestion {
  /** Conditions on `llmux_calls c`, and on `llmux_call_tags t` if there is a tag. */
  readonly where: Where
  readonly tag: string | undefined
  readonly filters: readonly CallFilter[]
  /** Number of conditions besides the times and those of `filters`. */
  readonly others: number
}

/** Rows of a search. */
export interface Found {
  readonly rows: readonly SqlRow[]
  /** Calls from this time on were searched, older ones were not; undefined if the search is complete. */
  readonly searchedFrom?: number | undefined
}

/** Milliseconds after which a search with several conditions ends, and the calls of its first step. */
const searchMs = 120
const firstStep = 1_000
const largestStep = 8_000

const tables = ({ tag }: CallQuestion) =>
  tag === undefined ? 'llmux_calls c' : 'llmux_call_tags t CROSS JOIN llmux_calls c'
const joined = ({ tag }: CallQuestion, where: Where) => (tag === undefined ? where : where.copy().and('c.id = t.id'))
const timed = ({ tag }: CallQuestion) => (tag === undefined ? 'c' : 't')
const named = (columns: string) => (columns.includes('.') ? columns : columns.replace(/\w+/g, 'c.$&'))

/** Columns that have an index with the time, the most selective first. */
const indexed = [
  'tag',
  'customer_id',
  'key_hash',
  'user_id',
  'team_id',
  'deployment',
  'model',
  'model_group',
  'outcome',
]

/** Rows in the order of time. */
async function callRows(
  sql: Sql,
  question: CallQuestion,
  limit: number,
  { columns = 'c.*', offset = 0, ascending = false, where = question.where } = {},
): Promise<SqlRow[]> {
  const by = timed(question)
  const order = ascending ? `${by}.at, ${by}.id DESC` : `${by}.at DESC, ${by}.id`
  return await sql.query(
    `SELECT ${named(columns)} FROM ${tables(question)} ${joined(question, where).text} ORDER BY ${order} LIMIT ? OFFSET ?`,
    [...where.values, limit, offset],
  )
}

/**
 * The newest rows, or the oldest. Several conditions that each fit many calls may together fit none: then the search goes back in steps
 * until its time is over, and names the time that it has reached.
 */
export async function searchCalls(
  sql: Sql,
  question: CallQuestion,
  limit: number,
  { columns = 'c.*', ascending = false } = {},
): Promise<Found> {
  const span = await spanOf(sql, question)
  if (span === 'none') return { rows: [] }
  const by = timed(question)
  const inside = question.where.copy().and(`${by}.at >= ?`, span?.from).and(`${by}.at < ?`, span?.until)
  const [base] = indexed.flatMap((column) => question.filters.filter((filter) => filter.column === column))
  const conditions = question.filters.length + question.others
  // a single condition with an index needs no step; `outcome` is one for failures only
  const single = base !== undefined && !(base.column === 'outcome' && base.value === 'success')
  if (conditions === 0 || (conditions === 1 && single))
    return { rows: await callRows(sql, question, limit, { columns, ascending, where: inside }) }
  const steps = new Where()
  if (base && single) steps.and(base.column === 'tag' ? 't.tag = ?' : `c.${base.column} = ?`, base.value)
  if (base?.column === 'outcome') steps.and("c.outcome <> 'success'")
  const rows: SqlRow[] = []
  const until = performance.now() + searchMs
  let reached: number | undefined
  for (let size = firstStep; ; size = Math.min(size * 2, largestStep)) {
    const from = ascending ? `${by}.at > ?` : `${by}.at < ?`
    const edge = await edgeOf(sql, question, steps, { from, reached, size, ascending, span })
    const part = inside.copy().and(from, reached)
    if (edge !== undefined) part.and(ascending ? `${by}.at <= ?` : `${by}.at >= ?`, edge)
    rows.push(...(await callRows(sql, question, limit - rows.length, { columns, ascending, where: part })))
    if (edge === undefined || rows.length >= limit) return { rows }
    if (performance.now() > until) return { rows, searchedFrom: edge }
    reached = edge
  }
}

/** Conditions for the calls behind a row: its place stays the same while rows are added. */
export function behind(
  { where, tag }: CallQuestion,
  row: { readonly at: number; readonly id: string },
  ascending: boolean,
) {
  const by = tag === undefined ? 'c' : 't'
  return where
    .copy()
    .and(ascending ? `${by}.at >= ?` : `${by}.at <= ?`, row.at)
    .and(ascending ? `(${by}.at > ? OR ${by}.id < ?)` : `(${by}.at < ? OR ${by}.id > ?)`, row.at, row.id)
}

/** Calls that are read at once. */
const pageSize = 1_000

/** All calls that fit, page by page. A page begins behind a row, or at the time that a search has reached. */
export async function* everyCall(
  sql: Sql,
  question: CallQuestion,
  {
    columns = 'c.*',
    ascending = false,
    limit = Number.POSITIVE_INFINITY,
  }: { columns?: string; ascending?: boolean; limit?: number | undefined },
): AsyncGenerator<readonly SqlRow[]> {
  const by = timed(question)
  let left = limit
  let { where } = question
  while (left > 0) {
    const size = Math.min(pageSize, left)
    const { rows, searchedFrom } = await searchCalls(sql, { ...question, where }, size, { columns, ascending })
    yield rows
    left -= rows.length
    const last = rows.at(-1)
    if (searchedFrom !== undefined)
      where = question.where.copy().and(ascending ? `${by}.at > ?` : `${by}.at < ?`, searchedFrom)
    else if (last && rows.length === size)
      where = behind(question, { at: Number(last.at), id: String(last.id) }, ascending)
    else return
  }
}

interface Step {
  readonly from: string
  readonly reached: number | undefined
  readonly size: number
  readonly ascending: boolean
  readonly span: { readonly from: number; readonly until: number } | undefined
}

/** The time some calls further, by the condition with the best index. */
async function edgeOf(sql: Sql, question: CallQuestion, steps: Where, step: Step): Promise<number | undefined> {
  const { from, reached, size, ascending, span } = step
  const by = timed(question)
  const where = steps.copy().and(from, reached).and(`${by}.at >= ?`, span?.from).and(`${by}.at < ?`, span?.until)
  for (const [condition, value] of question.where.times()) where.and(condition, value)
  const source = question.tag === undefined ? 'llmux_calls c' : 'llmux_call_tags t'
  const [row] = await sql.query(
    `SELECT ${by}.at AS at FROM ${source} ${where.text} ORDER BY ${by}.at ${ascending ? '' : 'DESC'} LIMIT 1 OFFSET ?`,
    [...where.values, size],
  )
  return row === undefined ? undefined : Number(row.at)
}

const dailyColumns = ['key_hash', 'user_id', 'team_id', 'model_group', 'model', 'provider', 'deployment']

/** The days that can have calls of all filters, by the sums; undefined without filters, `none` if there is no such day. */
async function spanOf(sql: Sql, { filters }: CallQuestion) {
  let [from, until]: [string, string] = ['', '']
  const narrow = (row: SqlRow | undefined) => {
    if (row?.first == null || row.last == null) return false
    from = from === '' || String(row.first) > from ? String(row.first) : from
    until = until === '' || String(row.last) < until ? String(row.last) : until
    return from <= until
  }
  for (const { dimension, value } of filters) {
    const [row] = await sql.query(
      `SELECT MIN(period) AS first, MAX(period) AS last FROM llmux_totals WHERE dimension = ? AND name = ? AND grain = 'day'`,
      [dimension, value],
    )
    if (!narrow(row)) return 'none'
  }
  const known = filters.filter(({ column }) => dailyColumns.includes(column))
  if (known.length > 1) {
    const where = new Where().and('day >= ?', from).and('day <= ?', until)
    for (const { column, value } of known) where.and(`${column} = ?`, value)
    const [row] = await sql.query(
      `SELECT MIN(day) AS first, MAX(day) AS last FROM llmux_daily ${where.text}`,
      where.values,
    )
    if (!narrow(row)) return 'none'
  }
  return from === '' ? undefined : { from: Date.parse(from), until: Date.parse(until) + dayMs }
}

/** Orders of lists besides the time, by the names of the API. */
const sortColumns: Readonly<Record<string, string>> = {
  spend: 'c.nanos',
  total_tokens: 'c.input_tokens + c.output_tokens',
  prompt_tokens: 'c.input_tokens',
  completion_tokens: 'c.output_tokens',
  request_duration_ms: 'c.duration_ms',
  duration: 'c.duration_ms',
  time_to_first_token_ms: 'c.first_token_ms',
  model: 'c.model',
}

/** Rows that can be sorted by something else than the time, since no index has all orders. */
const mostSorted = 10_000

export interface Order {
  readonly by: string
  readonly ascending: boolean
}

/** Reads `sort_by` and `sort_order`. */
export function orderOf(by: string | undefined, order: string | undefined): Order {
  const sort = by === undefined || by === 'start_time' ? 'startTime' : by
  if (sort !== 'startTime' && !Object.hasOwn(sortColumns, sort)) {
    const names = ['startTime', ...Object.keys(sortColumns)].join(', ')
    throw badRequest(`'sort_by' must be one of ${names}; got '${sort}'.`, 'sort_by')
  }
  if (order !== undefined && order !== 'asc' && order !== 'desc')
    throw badRequest(`'sort_order' must be 'asc' or 'desc'; got '${order}'.`, 'sort_order')
  return { by: sort, ascending: order === 'asc' }
}

/**
 * Ids of all calls that fit, in an order other than that of time.
 * @throws a refusal if they are more than can be sorted
 */
async function sortedIds(sql: Sql, question: CallQuestion, { by, ascending }: Order): Promise<string[]> {
  const columns = `c.id, c.at, ${sortColumns[by]} AS value`
  const { rows, searchedFrom } = await searchCalls(sql, question, mostSorted + 1, { columns })
  if (rows.length > mostSorted || searchedFrom !== undefined)
    throw badRequest(
      `'sort_by' sorts up to ${mostSorted} calls, and more fit the request. Add filters or a shorter time, or use 'sort_by=startTime'.`,
      'sort_by',
    )
  // first tokens and models may be absent: those come last
  const sign = ascending ? 1 : -1
  const compare = (a: SqlValue | undefined, b: SqlValue | undefined) => {
    if (a == null || b == null) return a == null ? (b == null ? 0 : 1) : -1
    if (by === 'model') return a === b ? 0 : sign * (String(a) < String(b) ? -1 : 1)
    return sign * (Number(a) - Number(b))
  }
  // rows come newest first, and the sort keeps that among equals
  return [...rows].sort((a, b) => compare(a.value, b.value)).map(({ id }) => String(id))
}

/** Rows in an order other than that of time, after a call or from an offset. */
export async function sortedCalls(
  sql: Sql,
  question: CallQuestion,
  order: Order,
  limit: number,
  place: { readonly after?: string | undefined; readonly offset?: number },
): Promise<{ readonly rows: readonly SqlRow[]; readonly total: number }> {
  const ids = await sortedIds(sql, question, order)
  const { after, offset = 0 } = place
  const from = after === undefined ? offset : ids.indexOf(after) + 1
  if (after !== undefined && from === 0)
    throw badRequest(`'after' must be the request_id of a call in the list; '${after}' is none.`, 'after')
  const wanted = ids.slice(from, from + limit)
  const rows = new Map<string, SqlRow>()
  for (let at = 0; at < wanted.length; at += 500) {
    const where = new Where().in('c.id', wanted.slice(at, at + 500))
    for (const row of await sql.query(`SELECT c.* FROM llmux_calls c ${where.text}`, where.values))
      rows.set(String(row.id), row)
  }
  return { rows: wanted.map((id) => rows.get(id)).filter((row) => row !== undefined), total: ids.length }
}
