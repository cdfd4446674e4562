import { type DailyTable, sums, Where } from '../ledger/queries.js'
import { type Dimension, dayOf } from '../ledger/rollups.js'
import { modelDimension, sumsByName, totalsBy } from '../ledger/totals.js'
import { badRequest } from '../refusal.js'
import type { Sql, SqlRow } from '../store/sql.js'
import type { AdminRequest } from '../types.js'
import { keyId, param, params } from './fields.js'

export const dayMs = 86_400_000
export const mostRows = 10_000

/** A day of the query. */
export function day(request: AdminRequest, name: string): string | undefined {
  const at = time(request, name)
  return at === undefined ? undefined : dayOf(at)
}

/** A day, or a time, of the query in milliseconds. */
export function time(request: AdminRequest, name: string): number | undefined {
  const value = param(request, name)
  if (value === undefined) return undefined
  const match = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(value)
  const at = match
    ? Date.parse(hasZone.test(value) ? value : `${value.replace(' ', 'T')}${value.length > 10 ? 'Z' : ''}`)
    : Number.NaN
  // 31 February is no day, though it can be parsed
  if (Number.isNaN(at) || dayOf(Date.parse(value.slice(0, 10))) !== value.slice(0, 10))
    throw badRequest(`'${name}' must be a day such as '2026-11-29'; got '${value}'.`, name)
  return at
}

const hasZone = /(Z|[+-]\d\d:?\d\d)$/

/** An owner or a target of calls that a request filters by. */
export interface Filter {
  readonly dimension: Dimension
  readonly column: string
  readonly values: readonly string[]
}

const filterNames: readonly (readonly [Dimension, column: string, names: readonly string[]])[] = [
  ['key', 'key_hash', ['api_key']],
  ['user', 'user_id', ['user_id', 'internal_user_id']],
  ['team', 'team_id', ['team_id']],
  ['organization', 'organization_id', ['organization_id']],
  ['customer', 'customer_id', ['customer_id', 'end_user_id', 'end_user']],
  ['tag', 'tag', ['tag', 'tags']],
  ['group', 'model_group', ['model_group']],
  ['provider', 'provider', ['provider', 'custom_llm_provider']],
  ['deployment', 'deployment', ['deployment', 'model_id']],
  ['outcome', 'outcome', ['outcome']],
]

/** The filters of a request, without its days. A list separated by commas means one of them. */
export async function filtersOf(sql: Sql, request: AdminRequest): Promise<Filter[]> {
  const found: Filter[] = []
  for (const [dimension, column, names] of filterNames) {
    const values = names.flatMap((name) => params(request, name))
    if (values.length > 0) found.push({ dimension, column, values: dimension === 'key' ? values.map(keyId) : values })
  }
  const model = param(request, 'model')
  if (model !== undefined) {
    const dimension = await modelDimension(sql, model)
    found.push({ dimension, column: dimension === 'group' ? 'model_group' : 'model', values: [model] })
  }
  return found
}

/** Columns of the daily sums by dimension. */
export const dailyColumns: Readonly<Partial<Record<Dimension, string>>> = {
  key: 'key_hash',
  user: 'user_id',
  team: 'team_id',
  customer: 'customer_id',
  tag: 'tag',
  group: 'model_group',
  model: 'model',
  provider: 'provider',
  deployment: 'deployment',
}

/** Sums of calls by day and by one dimension, out of the smallest table that knows all filters. */
export async function spendBy(
  sql: Sql,
  request: AdminRequest,
  dimension: Dimension,
  columns: readonly ('day' | 'name')[],
  more: readonly Filter[] = [],
): Promise<SqlRow[]> {
  const filters = [...(await filtersOf(sql, request)), ...more]
  const [only, ...others] = filters
  const from = day(request, 'start_date')
  const to = day(request, 'end_date')
  const reached = only?.dimension ?? dimension
  if (others.length === 0 && (dimension === 'all' || reached === dimension)) {
    const question = { grain: 'day' as const, dimension: reached, from, to, names: only?.values }
    if (columns.length === 1 && columns[0] === 'name') return await sumsByName(sql, question)
    const asked = columns.map((column) => (column === 'day' ? ('period' as const) : column))
    const rows = await totalsBy(sql, question, asked)
    return columns.includes('day') ? rows.map((row) => ({ ...row, day: row.period ?? null })) : rows
  }
  const column = dimension === 'all' ? undefined : dailyColumns[dimension]
  if (dimension !== 'all' && column === undefined)
    throw badRequest(`Sums by ${dimension} have no further filters; got ${namesIn(filters)}.`)
  const where = dailyWhere(filters, from, to, dimension)
  const table = dailyTable(filters, dimension)
  const names = columns.map((name) => (name === 'day' ? 'day' : (column ?? 'day')))
  const rows = await sums(sql, table, names, where)
  return column !== undefined && columns.includes('name')
    ? rows.map((row) => ({ ...row, name: row[column] ?? '' }))
    : rows
}

const namesIn = (filters: readonly Filter[]) => filters.map(({ dimension }) => dimension).join(', ')

/** Conditions on a table of daily sums. @throws a refusal if the table lacks the column of a filter */
export function dailyWhere(
  filters: readonly Filter[],
  from: string | undefined,
  to: string | undefined,
  dimension?: Dimension,
): Where {
  const where = new Where().and('day >= ?', from).and('day <= ?', to)
  const tagged = dimension === 'tag' || filters.some((filter) => filter.dimension === 'tag')
  for (const { dimension: by, column, values } of filters) {
    const known = by in dailyColumns && !(tagged && untagged.has(by))
    if (!known) {
      const what =
        dimension === 'tag' ? `Sums by tag have no filter ${by}` : `The filters ${namesIn(filters)} can't be combined`
      throw badRequest(`${what}: use GET /spend/logs.`)
    }
    where.in(column, values)
  }
  return where
}

/** Dimensions that the daily sums by tag lack. */
const untagged: ReadonlySet<Dimension> = new Set(['user', 'team', 'customer', 'deployment'])

/** The table of daily sums that knows all filters and the dimension of a group. */
export function dailyTable(filters: readonly Filter[], dimension?: Dimension): DailyTable {
  const asked = new Set([dimension, ...filters.map((filter) => filter.dimension)])
  if (asked.has('tag')) {
    if (dimension !== undefined && untagged.has(dimension))
      throw badRequest(`Sums by ${dimension} have no filter tag: use GET /spend/logs.`, 'tag')
    return 'llmux_daily_tags'
  }
  return asked.has('customer') ? 'llmux_daily_customers' : 'llmux_daily'
}

export function limitOf(request: AdminRequest, fallback: number): number {
  const value = param(request, 'limit')
  if (value === undefined) return fallback
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw badRequest(`'limit' must be an integer of 1 or more; got '${value}'.`, 'limit')
  return Math.min(number, mostRows)
}
