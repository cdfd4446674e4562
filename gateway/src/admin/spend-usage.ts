import { isViewer, seesUser } from '../keys/key-ring.js'
import type { RankMeasure } from '../ledger/closing.js'
import { groupRows, nanosOf, sums, type Where } from '../ledger/queries.js'
import { type Dimension, dayOf, dimensions, hourOf, keptHoursMs, measures } from '../ledger/rollups.js'
import { firstStoredHour, hoursOfCalls, largestNames, type TotalsQuestion, totalsBy } from '../ledger/totals.js'
import { toDollars } from '../limits/money.js'
import { badRequest } from '../refusal.js'
import type { SqlRow } from '../store/sql.js'
import type { AdminRequest } from '../types.js'
import type { AdminContext } from './context.js'
import { param } from './fields.js'
import {
  dailyColumns,
  dailyTable,
  dailyWhere,
  day,
  dayMs,
  type Filter,
  filtersOf,
  limitOf,
  time,
} from './spend-filters.js'

const hourMs = 3_600_000
const mostSeries = 100
/** Calls that are added up for one answer. Sums by the hour know one dimension each. */
const mostAdded = 20_000

/** Words of `group_by` as LiteLLM's routes use them. */
const synonyms: Readonly<Record<string, Dimension>> = {
  none: 'all',
  api_key: 'key',
  user_id: 'user',
  internal_user: 'user',
  team_id: 'team',
  end_user: 'customer',
  customer_id: 'customer',
  model_group: 'group',
  model_id: 'deployment',
  tags: 'tag',
  error: 'outcome',
}

const orders: Readonly<Record<string, RankMeasure>> = {
  spend: 'nanos',
  calls: 'calls',
  failures: 'failures',
  input_tokens: 'input_tokens',
  output_tokens: 'output_tokens',
}

/**
 * A time series of calls, tokens and spend by one dimension: that of the largest names, and of all others together. Totals answer
 * it, unless it has a filter of another dimension.
 */
export async function usage(context: AdminContext, request: AdminRequest) {
  const grain = wordOf<'day' | 'hour'>(request, 'grain', ['day', 'hour'], 'day')
  const group = wordOf<string>(request, 'group_by', [...dimensions, ...Object.keys(synonyms)], 'all')
  const dimension = (synonyms[group] ?? group) as Dimension
  const order = orders[wordOf<string>(request, 'order_by', Object.keys(orders), 'spend')] ?? 'nanos'
  const limit = Math.min(limitOf(request, 10), mostSeries)
  const span = spanOf(request, grain, context.now())
  const filters = [...(await filtersOf(context.sql, request)), ...ownFilter(request)]
  const [only, ...others] = filters
  const alone = others.length === 0 && (!only || dimension === 'all' || only.dimension === dimension)
  const asked = alone && only && dimension === 'all' ? only.dimension : dimension
  if (grain === 'hour') {
    const kept = Math.min(...[asked, ...filters.map((filter) => filter.dimension)].map(keptHoursMs))
    const oldest = hourOf(context.now() - kept)
    if (span.from < oldest)
      throw badRequest(
        `'start_date' must be ${oldest}:00Z or later for sums by the hour; use 'grain=day'.`,
        'start_date',
      )
  }
  const byHour = grain === 'hour' && !alone
  const found = byHour
    ? await ofCalls(context, filters, span, dimension, order, limit)
    : alone
      ? await ofTotals(context, { grain, dimension: asked, ...span, names: only?.values }, dimension, order, limit)
      : await ofDaily(
          context,
          dailyWhere(filters, span.from, span.to, dimension === 'all' ? undefined : dimension),
          dailyTable(filters, dimension),
          dimension,
          order,
          limit,
        )
  // daily sums lack some measures, which the totals of the only filter have
  const all =
    !alone && !byHour && only && others.length === 0
      ? await totalsBy(context.sql, { grain, dimension: only.dimension, ...span, names: only.values }, ['period'])
      : found.all
  const label = await labels(
    context,
    dimension,
    found.series.flatMap(({ name }) => name ?? []),
  )
  const series = found.series.map(({ name, rows }) => ({
    name,
    label: name === null ? null : label(name),
    total: measured(added(rows)),
    points: rows.map((row) => ({ period: String(row.period), ...measured(row) })),
  }))
  return {
    grain,
    group_by: dimension,
    start: span.from,
    end: span.to,
    total: measured(added(all)),
    points: all.map((row) => ({ period: String(row.period), ...measured(row) })),
    series: dimension === 'all' ? [] : series,
    // for CSV: one line for each point of each series
    ...(param(request, 'format') === 'csv' && {
      rows: (dimension === 'all' ? [{ name: '', label: '', rows: found.all }] : found.series).flatMap((one) =>
        one.rows.map((row) => ({ period: String(row.period), name: one.name ?? 'other', ...measured(row) })),
      ),
    }),
  }
}

/** People without the right to see everything see their own calls, and other keys see theirs. */
function ownFilter({ principal }: AdminRequest): Filter[] {
  if (isViewer(principal)) return []
  return seesUser(principal)
    ? [{ dimension: 'user', column: 'user_id', values: [principal.userId] }]
    : [{ dimension: 'key', column: 'key_hash', values: [principal.keyHash] }]
}

function wordOf<Word extends string>(
  request: AdminRequest,
  name: string,
  words: readonly Word[],
  fallback: Word,
): Word {
  const value = param(request, name) ?? fallback
  const found = words.find((word) => word === value)
  if (found === undefined) throw badRequest(`'${name}' must be one of ${words.join(', ')}; got '${value}'.`, name)
  return found
}

/** First and last period. Without dates: 30 days, or 24 hours. */
function spanOf(request: AdminRequest, grain: string, now: number) {
  if (grain === 'day') {
    const to = day(request, 'end_date') ?? dayOf(now)
    return { from: day(request, 'start_date') ?? dayOf(Date.parse(to) - 29 * dayMs), to }
  }
  const end = time(request, 'end_date') ?? now
  // a day as the end means all of its hours
  const whole = (param(request, 'end_date')?.length ?? 99) <= 10
  const last = whole ? end + dayMs - 1 : end
  return { from: hourOf(time(request, 'start_date') ?? last - 23 * hourMs), to: hourOf(last) }
}

interface Found {
  /** One row for each period. */
  readonly all: readonly SqlRow[]
  readonly series: readonly { readonly name: string | null; readonly rows: readonly SqlRow[] }[]
}

async function ofTotals(
  { sql }: AdminContext,
  question: TotalsQuestion & { readonly grain: string },
  dimension: Dimension,
  order: RankMeasure,
  limit: number,
): Promise<Found> {
  // the sum over all names is that of 'all', which has one row a period; a call may have several tags
  const overall = question.names || dimension === 'all' ? question : { ...question, dimension: 'all' as const }
  const all = await totalsBy(sql, overall, ['period'])
  if (dimension === 'all') return { all, series: [] }
  const names = await largestNames(sql, question, order, limit)
  if (names.length === 0) return { all, series: [] }
  const rows = await totalsBy(sql, { ...question, names }, ['name', 'period'])
  return { all, series: withOther(all, names, rows, dimension === 'tag') }
}

async function ofDaily(
  { sql }: AdminContext,
  where: Where,
  table: Parameters<typeof sums>[1],
  dimension: Dimension,
  order: RankMeasure,
  limit: number,
): Promise<Found> {
  const column = dailyColumns[dimension]
  if (dimension !== 'all' && !column)
    throw badRequest(`A series by ${dimension} has no filter of another dimension.`, 'group_by')
  // one read of the rows that fit: all sums come out of it
  const rows = (await sums(sql, table, column ? ['day', column] : ['day'], where)).map(
    (row): SqlRow => ({ ...row, period: row.day ?? null, name: column ? (row[column] ?? '') : '' }),
  )
  if (!column) return { all: rows, series: [] }
  return seriesOf(byPeriod(rows), rows, dimension, order, limit)
}

/** Hours of calls with filters of other dimensions, out of the calls. */
async function ofCalls(
  { sql, now }: AdminContext,
  filters: readonly Filter[],
  span: { readonly from: string; readonly to: string },
  dimension: Dimension,
  order: RankMeasure,
  limit: number,
): Promise<Found> {
  const first = await firstStoredHour(sql, now())
  if (first !== undefined && span.from < first)
    throw badRequest(
      `'start_date' must be ${first}:00Z or later for sums by the hour with filters of other dimensions, since older calls are deleted; use 'grain=day'.`,
      'start_date',
    )
  // the filter with the fewest calls bounds the work
  let fewest = Number.POSITIVE_INFINITY
  for (const { dimension: by, values } of filters) {
    const [row] = await totalsBy(sql, { grain: 'hour', dimension: by, ...span, names: values }, [])
    fewest = Math.min(fewest, Number(row?.calls ?? 0))
  }
  if (fewest > mostAdded)
    throw badRequest(
      `Sums by the hour with filters of other dimensions add up to ${mostAdded} calls, and up to ${fewest} fit. Choose a shorter time, or use 'grain=day'.`,
      'grain',
    )
  const rows = await hoursOfCalls(sql, { dimension, ...span }, filters)
  if (dimension === 'all') return { all: rows, series: [] }
  // a call may have several tags
  const all = dimension === 'tag' ? await hoursOfCalls(sql, { dimension: 'all', ...span }, filters) : byPeriod(rows)
  return seriesOf(all, rows, dimension, order, limit)
}

const byPeriod = (rows: readonly SqlRow[]): SqlRow[] =>
  [...groupRows(rows, (row) => String(row.period))].map(([period, found]) => ({ ...added(found), period }))

/** The series of the largest names, out of rows by period and name. */
function seriesOf(
  all: readonly SqlRow[],
  rows: readonly SqlRow[],
  dimension: Dimension,
  order: RankMeasure,
  limit: number,
): Found {
  const names = [...groupRows(rows, (row) => String(row.name))]
    .map(([name, found]) => [name, Number(added(found)[order])] as const)
    .sort(([, a], [, b]) => b - a)
    .slice(0, limit)
    .map(([name]) => name)
  const wanted = new Set(names)
  const shown = rows.filter(({ name }) => wanted.has(String(name)))
  return { all, series: withOther(all, names, shown, dimension === 'tag') }
}

/** The series of each name, and the rest of each period under the name null. */
function withOther(all: readonly SqlRow[], names: readonly string[], rows: readonly SqlRow[], overlapping: boolean) {
  const byName = groupRows(rows, (row) => String(row.name))
  const series = names.map((name) => ({ name, rows: byName.get(name) ?? [] }))
  if (overlapping) return series
  const shown = groupRows(rows, (row) => String(row.period))
  const rest = all.flatMap((row) => {
    const taken = added(shown.get(String(row.period)) ?? [])
    const left: SqlRow = { period: row.period ?? null }
    for (const measure of counts) left[measure] = Number(row[measure] ?? 0) - Number(taken[measure])
    for (const measure of amounts) left[measure] = String(big(row[measure]) - big(taken[measure]))
    return Number(left.calls) > 0 || left.nanos !== '0' ? [left] : []
  })
  return rest.length > 0 ? [...series, { name: null, rows: rest }] : series
}

const big = (value: unknown): bigint => nanosOf({ nanos: (value ?? 0) as string | number })

/** Money is exact beyond 2⁵³; counts stay below. */
const amounts = ['nanos', 'saved_nanos'] as const
const counts = measures.filter((measure) => !amounts.some((amount) => amount === measure))

/** The sum of rows, measure by measure. */
function added(rows: readonly SqlRow[]): SqlRow {
  const total: SqlRow = {}
  for (const measure of counts) total[measure] = rows.reduce((sum, row) => sum + Number(row[measure] ?? 0), 0)
  for (const measure of amounts) total[measure] = String(rows.reduce((sum, row) => sum + big(row[measure]), 0n))
  return total
}

/** Sums in the names of the API. Mean times are in milliseconds; null without a call that has them. */
function measured(row: SqlRow) {
  const count = (name: string) => Number(row[name] ?? 0)
  const calls = count('calls')
  const first = count('first_tokens')
  return {
    spend: toDollars(big(row.nanos)),
    calls,
    failures: count('failures'),
    input_tokens: count('input_tokens'),
    output_tokens: count('output_tokens'),
    cached_tokens: count('cached_tokens'),
    cache_hits: count('cache_hits'),
    unknown_costs: count('unknown_costs'),
    retries: count('retries'),
    fallbacks: count('fallbacks'),
    saved: toDollars(big(row.saved_nanos)),
    mean_duration_ms: calls > 0 ? Math.round(count('duration_ms') / calls) : null,
    mean_first_token_ms: first > 0 ? Math.round(count('first_token_ms') / first) : null,
  }
}

/** Names for people. */
async function labels(
  { directory, catalog }: AdminContext,
  dimension: Dimension,
  names: readonly string[],
): Promise<(name: string) => string | null> {
  if (dimension === 'key') await directory.load('keys', names)
  if (dimension === 'customer') await directory.load('customers', names)
  switch (dimension) {
    case 'key':
      return (name) => directory.get('keys', name)?.key_alias ?? directory.get('keys', name)?.key_name ?? null
    case 'team':
      return (name) => directory.get('teams', name)?.team_alias ?? null
    case 'user':
      return (name) => directory.get('users', name)?.user_alias ?? directory.get('users', name)?.user_email ?? null
    case 'customer':
      return (name) => directory.get('customers', name)?.alias ?? null
    case 'organization':
      return (name) => directory.get('organizations', name)?.organization_alias ?? null
    case 'group':
      return (name) => (catalog.has(name) ? name : null)
    default:
      return () => null
  }
}
