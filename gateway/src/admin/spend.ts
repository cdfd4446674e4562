import { largestKeys } from '../keys/key-search.js'
import { dollarsOf, groupDollars, groupRows, sums } from '../ledger/queries.js'
import type { Dimension } from '../ledger/rollups.js'
import { namesOf } from '../ledger/totals.js'
import { total } from '../limits/accounts.js'
import { toDollars } from '../limits/money.js'
import { badRequest } from '../refusal.js'
import type { SqlRow } from '../store/sql.js'
import type { AdminRequest, AdminRoute } from '../types.js'
import { calculate } from './calculate.js'
import type { AdminContext } from './context.js'
import { withCsv } from './csv.js'
import { isFields, keyId, param, text } from './fields.js'
import { keyRows, userShape } from './shapes.js'
import { dailyTable, dailyWhere, day, filtersOf, limitOf, spendBy } from './spend-filters.js'
import { latencies } from './spend-latency.js'
import { logDetail, logs, pagedLogs } from './spend-logs.js'
import { usage } from './spend-usage.js'

export function spendRoutes(context: AdminContext): AdminRoute[] {
  const fresh =
    (handler: (context: AdminContext, request: AdminRequest) => Promise<unknown>) => async (request: AdminRequest) => {
      await context.ledger.flush()
      return withCsv(request, await handler(context, request))
    }
  return [
    { method: 'GET', path: '/global/spend', handler: fresh(globalSpend) },
    { method: 'GET', path: '/global/spend/logs', handler: fresh(spendByDay) },
    { method: 'GET', path: '/global/spend/keys', handler: fresh(spendByKey) },
    { method: 'GET', path: '/global/spend/teams', handler: fresh(spendByTeam) },
    { method: 'GET', path: '/global/spend/models', handler: fresh(spendByModel) },
    { method: 'GET', path: '/global/spend/provider', handler: fresh(spendByProvider) },
    { method: 'GET', path: '/global/spend/tags', handler: fresh(spendByTag) },
    { method: 'GET', path: '/global/spend/all_tag_names', handler: fresh(tagNames) },
    { method: 'GET', path: '/global/spend/report', handler: fresh(report) },
    { method: 'POST', path: '/global/spend/end_users', handler: fresh(spendByCustomer) },
    { method: 'GET', path: '/global/activity', handler: fresh(activity) },
    { method: 'GET', path: '/global/activity/model', handler: fresh(activityByModel) },
    { method: 'GET', path: '/global/activity/cache_hits', handler: fresh(cacheHits) },
    { method: 'GET', path: '/spend/usage', handler: fresh(usage) },
    { method: 'GET', path: '/spend/latency', handler: fresh(latencies) },
    { method: 'GET', path: '/spend/logs', handler: fresh(logs) },
    { method: 'GET', path: '/spend/logs/ui', handler: fresh(pagedLogs) },
    { method: 'GET', path: '/spend/logs/v2', handler: fresh(pagedLogs) },
    { method: 'GET', path: '/spend/logs/ui/:request_id', handler: fresh(logDetail) },
    { method: 'GET', path: '/spend/keys', handler: fresh(keys) },
    { method: 'GET', path: '/spend/users', handler: fresh(users) },
    { method: 'GET', path: '/spend/tags', handler: fresh(tags) },
    { method: 'POST', path: '/spend/calculate', handler: (request) => calculate(context, request) },
  ]
}

async function globalSpend({ sql, settings }: AdminContext, request: AdminRequest) {
  const rows = await spendBy(sql, request, 'all', [])
  return { spend: groupDollars(rows, () => '').get('') ?? 0, max_budget: settings().maxBudget ?? 0 }
}

async function spendByDay({ sql }: AdminContext, request: AdminRequest) {
  const rows = await spendBy(sql, request, 'all', ['day'])
  return [...groupDollars(rows, (row) => String(row.day))].map(([date, spend]) => ({ date, spend }))
}

const byAmount = (found: ReadonlyMap<string, number>): [string, number][] =>
  [...found].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))

/** Spend by the names of a dimension, the largest first. */
async function ranked({ sql }: AdminContext, request: AdminRequest, dimension: Dimension) {
  const rows = await spendBy(sql, request, dimension, ['name'])
  return byAmount(groupDollars(rows, ({ name }) => String(name)))
}

async function spendByKey(context: AdminContext, request: AdminRequest) {
  const found = (await ranked(context, request, 'key')).slice(0, limitOf(request, 100))
  await context.directory.load(
    'keys',
    found.map(([hash]) => hash),
  )
  return found.map(([hash, spend]) => {
    const key = context.directory.get('keys', hash)
    return { api_key: hash, key_alias: key?.key_alias ?? null, key_name: key?.key_name ?? null, total_spend: spend }
  })
}

const unassigned = 'Unassigned'

async function spendByTeam({ sql, directory }: AdminContext, request: AdminRequest) {
  const rows = await spendBy(sql, request, 'team', ['day', 'name'])
  const nameOf = ({ name }: SqlRow) => {
    const id = String(name)
    return id === '' ? unassigned : (directory.get('teams', id)?.team_alias ?? id)
  }
  const days = new Map<string, Record<string, string | number>>()
  for (const row of rows) {
    const date = String(row.day)
    const entry = days.get(date) ?? { date }
    const name = nameOf(row)
    entry[name] = Number(entry[name] ?? 0) + dollarsOf(row)
    days.set(date, entry)
  }
  const totals = byAmount(groupDollars(rows, nameOf))
  return {
    daily_spend: [...days.values()],
    teams: totals.map(([name]) => name),
    total_spend_per_team: totals.map(([team_id, total_spend]) => ({ team_id, total_spend })),
  }
}

async function spendByModel(context: AdminContext, request: AdminRequest) {
  const found = await ranked(context, request, 'model')
  return found.slice(0, limitOf(request, 100)).map(([model, total_spend]) => ({ model, total_spend }))
}

async function spendByProvider(context: AdminContext, request: AdminRequest) {
  const found = await ranked(context, request, 'provider')
  return found.filter(([name]) => name !== '').map(([provider, spend]) => ({ provider, spend }))
}

async function spendByCustomer({ sql }: AdminContext, request: AdminRequest) {
  const body = isFields(request.body) ? request.body : {}
  const key = text(body, 'api_key')
  const query = {
    start_date: text(body, 'startTime') ?? undefined,
    end_date: text(body, 'endTime') ?? undefined,
    api_key: key ? keyId(key) : undefined,
  }
  const rows = await spendBy(sql, { ...request, query }, 'customer', ['name'])
  return rows
    .filter(({ name }) => name !== '')
    .map((row) => ({
      end_user: String(row.name),
      total_count: Number(row.calls),
      total_spend: dollarsOf(row),
    }))
    .sort((a, b) => b.total_spend - a.total_spend)
    .slice(0, 100)
}

async function tagSums({ sql }: AdminContext, request: AdminRequest) {
  const rows = await spendBy(sql, request, 'tag', ['name'])
  return rows.map((row) => ({
    name: String(row.name),
    spend: dollarsOf(row),
    calls: Number(row.calls),
  }))
}

async function spendByTag(context: AdminContext, request: AdminRequest) {
  const rows = await tagSums(context, request)
  return {
    spend_per_tag: rows
      .sort((a, b) => b.spend - a.spend)
      .slice(0, limitOf(request, 1_000))
      .map(({ name, spend, calls }) => ({ name, spend, log_count: calls })),
  }
}

async function tags(context: AdminContext, request: AdminRequest) {
  const rows = await tagSums(context, request)
  return rows.map(({ name, spend, calls }) => ({
    individual_request_tag: name,
    log_count: calls,
    total_spend: spend,
  }))
}

async function tagNames({ sql }: AdminContext) {
  return { tag_names: await namesOf(sql, 'tag') }
}

const reportColumns: Readonly<Record<string, readonly [column: string, list: string, name: string]>> = {
  team: ['team_id', 'teams', 'team_name'],
  customer: ['customer_id', 'customers', 'customer'],
  end_user: ['customer_id', 'customers', 'customer'],
  api_key: ['key_hash', 'api_keys', 'api_key'],
  internal_user: ['user_id', 'internal_users', 'internal_user_id'],
  user: ['user_id', 'internal_users', 'internal_user_id'],
  model: ['model_group', 'models', 'model'],
}

/** Lines of a report, so that an answer has a bound. */
const mostReported = 100_000

/** Spend by day and by owner, with its models. */
async function report({ sql, directory }: AdminContext, request: AdminRequest) {
  const group = param(request, 'group_by') ?? (param(request, 'api_key') ? 'api_key' : 'team')
  const columns = Object.hasOwn(reportColumns, group) ? reportColumns[group] : undefined
  if (!columns) {
    throw badRequest(`'group_by' must be one of ${Object.keys(reportColumns).join(', ')}; got '${group}'.`, 'group_by')
  }
  const [column, listName, name] = columns
  const filters = await filtersOf(sql, request)
  const where = dailyWhere(filters, day(request, 'start_date'), day(request, 'end_date'))
  const table = dailyTable(filters, column === 'customer_id' ? 'customer' : undefined)
  if (table === 'llmux_daily_tags' && column !== 'key_hash' && column !== 'model_group')
    throw badRequest(`A report by ${group} can't be limited to a tag: use GET /spend/logs.`, 'group_by')
  const rows = await sums(sql, table, [...new Set(['day', column, 'model', 'key_hash'])], where, mostReported + 1)
  if (rows.length > mostReported)
    throw badRequest(`The report has more than ${mostReported} lines. Ask for fewer days, or for one owner.`)
  const label = (id: string) => {
    if (column !== 'team_id') return id || unassigned
    return id === '' ? unassigned : (directory.get('teams', id)?.team_alias ?? id)
  }
  return [...groupRows(rows, (row) => String(row.day))].map(([date, found]) => ({
    group_by_day: date,
    [listName]: [...groupRows(found, (row) => label(String(row[column] ?? '')))].map(([owner, own]) => ({
      [name]: owner,
      total_spend: groupDollars(own, () => '').get('') ?? 0,
      metadata: own.map((row) => ({
        model: String(row.model),
        api_key: String(row.key_hash),
        spend: dollarsOf(row),
        total_tokens: Number(row.input_tokens) + Number(row.output_tokens),
      })),
    })),
  }))
}

const daily = (rows: readonly SqlRow[]) =>
  rows.map((row) => ({
    date: String(row.day),
    api_requests: Number(row.calls),
    total_tokens: Number(row.input_tokens) + Number(row.output_tokens),
  }))

const activityOf = (days: ReturnType<typeof daily>) => ({
  daily_data: days,
  sum_api_requests: days.reduce((sum, entry) => sum + entry.api_requests, 0),
  sum_total_tokens: days.reduce((sum, entry) => sum + entry.total_tokens, 0),
})

const activity = async ({ sql }: AdminContext, request: AdminRequest) =>
  activityOf(daily(await spendBy(sql, request, 'all', ['day'])))

async function activityByModel({ sql }: AdminContext, request: AdminRequest) {
  const rows = await spendBy(sql, request, 'group', ['day', 'name'])
  return [...groupRows(rows, (row) => String(row.name))]
    .map(([model, found]) => ({ model, ...activityOf(daily(found)) }))
    .sort((a, b) => b.sum_api_requests - a.sum_api_requests)
    .slice(0, limitOf(request, 10))
}

/** Cache hits by day, and the cost that they saved. */
async function cacheHits({ sql }: AdminContext, request: AdminRequest) {
  const rows = await spendBy(sql, request, 'all', ['day'])
  const days = rows.map((row) => ({
    date: String(row.day),
    api_requests: Number(row.calls),
    cache_hits: Number(row.cache_hits ?? 0),
    cached_tokens: Number(row.cached_tokens),
    saved: dollarsOf({ nanos: row.saved_nanos ?? 0 }),
  }))
  const hits = days.reduce((sum, entry) => sum + entry.cache_hits, 0)
  return {
    daily_data: days,
    sum_api_requests: days.reduce((sum, entry) => sum + entry.api_requests, 0),
    sum_cache_hits: hits,
  }
}

async function keys(context: AdminContext, request: AdminRequest) {
  const { directory, sql, ledger } = context
  await ledger.flush()
  const found = await largestKeys(directory, sql, limitOf(request, 100))
  return await keyRows(context, found)
}

async function users(context: AdminContext, request: AdminRequest) {
  const { directory, book } = context
  const id = param(request, 'user_id')
  return [...directory.all('users')]
    .filter(({ user_id }) => id === undefined || user_id === id)
    .map((row) => ({ row, spend: book.get(`user:${row.user_id}`, total) }))
    .sort((a, b) => (a.spend === b.spend ? 0 : a.spend < b.spend ? 1 : -1))
    .slice(0, limitOf(request, 1_000))
    .map(({ row, spend }) => ({ ...userShape(context, row), total_spend: toDollars(spend) }))
}
