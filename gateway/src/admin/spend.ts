import { type ChatCompletion, completionCost, estimateTokens } from 'llmux'
import { dollarsOf, groupDollars, sums, Where } from '../ledger/queries.js'
import { total } from '../limits/accounts.js'
import { toDollars } from '../limits/money.js'
import { badRequest } from '../refusal.js'
import type { SqlRow } from '../store/sql.js'
import type { AdminRequest, AdminRoute } from '../types.js'
import type { AdminContext } from './context.js'
import { bodyOf, isFields, keyId, list, param, params, text } from './fields.js'
import { keyRow, userShape } from './shapes.js'
import { filters, limitOf, tagFilters } from './spend-filters.js'
import { logs, pagedLogs } from './spend-logs.js'

export function spendRoutes(context: AdminContext): AdminRoute[] {
  const fresh =
    (handler: (context: AdminContext, request: AdminRequest) => Promise<unknown>) => async (request: AdminRequest) => {
      await context.ledger.flush()
      return await handler(context, request)
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
    { method: 'GET', path: '/spend/logs', handler: fresh(logs) },
    { method: 'GET', path: '/spend/logs/ui', handler: fresh(pagedLogs) },
    { method: 'GET', path: '/spend/logs/v2', handler: fresh(pagedLogs) },
    { method: 'GET', path: '/spend/keys', handler: fresh(keys) },
    { method: 'GET', path: '/spend/users', handler: fresh(users) },
    { method: 'GET', path: '/spend/tags', handler: fresh(tags) },
    { method: 'POST', path: '/spend/calculate', handler: (request) => calculate(context, request) },
  ]
}

async function globalSpend({ sql, settings }: AdminContext, request: AdminRequest) {
  const tag = param(request, 'tag')
  const [row] = tag
    ? await sums(sql, 'llmux_daily_tags', [], tagFilters(request).and('tag = ?', tag))
    : await sums(sql, 'llmux_daily', [], filters(request))
  return { spend: row ? dollarsOf(row) : 0, max_budget: settings().maxBudget ?? 0 }
}

async function spendByDay({ sql }: AdminContext, request: AdminRequest) {
  const rows = await sums(sql, 'llmux_daily', ['day'], filters(request))
  return rows.map((row) => ({ date: String(row.day), spend: dollarsOf(row) }))
}

const byAmount = (found: ReadonlyMap<string, number>): [string, number][] =>
  [...found].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))

async function spendByKey({ sql, directory }: AdminContext, request: AdminRequest) {
  const rows = await sums(sql, 'llmux_daily', ['key_hash'], filters(request))
  return byAmount(groupDollars(rows, ({ key_hash }) => String(key_hash)))
    .slice(0, limitOf(request, 100))
    .map(([hash, spend]) => {
      const key = directory.get('keys', hash)
      return { api_key: hash, key_alias: key?.key_alias ?? null, key_name: key?.key_name ?? null, total_spend: spend }
    })
}

const unassigned = 'Unassigned'

async function spendByTeam({ sql, directory }: AdminContext, request: AdminRequest) {
  const rows = await sums(sql, 'llmux_daily', ['day', 'team_id'], filters(request))
  const nameOf = ({ team_id }: SqlRow) => {
    const id = String(team_id ?? '')
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

async function spendByModel({ sql }: AdminContext, request: AdminRequest) {
  const rows = await sums(sql, 'llmux_daily', ['model'], filters(request))
  return byAmount(groupDollars(rows, ({ model }) => String(model)))
    .slice(0, limitOf(request, 100))
    .map(([model, total_spend]) => ({ model, total_spend }))
}

async function spendByProvider({ sql }: AdminContext, request: AdminRequest) {
  const rows = await sums(sql, 'llmux_daily', ['provider'], filters(request).and("provider <> ''"))
  return byAmount(groupDollars(rows, ({ provider }) => String(provider))).map(([provider, spend]) => ({
    provider,
    spend,
  }))
}

async function spendByCustomer({ sql }: AdminContext, request: AdminRequest) {
  const body = isFields(request.body) ? request.body : {}
  const key = text(body, 'api_key')
  const where = new Where()
    .and("customer_id <> ''")
    .and('day >= ?', text(body, 'startTime')?.slice(0, 10))
    .and('day <= ?', text(body, 'endTime')?.slice(0, 10))
    .and('key_hash = ?', key ? keyId(key) : undefined)
  const rows = await sums(sql, 'llmux_daily', ['customer_id'], where)
  return rows
    .map((row) => ({ end_user: String(row.customer_id), total_count: Number(row.calls), total_spend: dollarsOf(row) }))
    .sort((a, b) => b.total_spend - a.total_spend)
    .slice(0, 100)
}

async function tagSums({ sql }: AdminContext, request: AdminRequest) {
  const wanted = params(request, 'tags')
  const where = tagFilters(request).in('tag', wanted.length > 0 ? wanted : undefined)
  return await sums(sql, 'llmux_daily_tags', ['tag'], where)
}

async function spendByTag(context: AdminContext, request: AdminRequest) {
  const rows = await tagSums(context, request)
  const found = rows.map((row) => ({ name: String(row.tag), spend: dollarsOf(row), log_count: Number(row.calls) }))
  return { spend_per_tag: found.sort((a, b) => b.spend - a.spend) }
}

async function tags(context: AdminContext, request: AdminRequest) {
  const rows = await tagSums(context, request)
  return rows.map((row) => ({
    individual_request_tag: String(row.tag),
    log_count: Number(row.calls),
    total_spend: dollarsOf(row),
  }))
}

async function tagNames({ sql }: AdminContext) {
  const rows = await sql.query('SELECT DISTINCT tag FROM llmux_daily_tags ORDER BY tag')
  return { tag_names: rows.map(({ tag }) => String(tag)) }
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

/** Spend by day and by owner, with its models. */
async function report({ sql, directory }: AdminContext, request: AdminRequest) {
  const group = param(request, 'group_by') ?? (param(request, 'api_key') ? 'api_key' : 'team')
  const columns = Object.hasOwn(reportColumns, group) ? reportColumns[group] : undefined
  if (!columns) {
    throw badRequest(`'group_by' must be one of ${Object.keys(reportColumns).join(', ')}; got '${group}'.`, 'group_by')
  }
  const [column, listName, name] = columns
  const rows = await sums(sql, 'llmux_daily', [...new Set(['day', column, 'model', 'key_hash'])], filters(request))
  const label = (id: string) => {
    if (column !== 'team_id') return id || unassigned
    return id === '' ? unassigned : (directory.get('teams', id)?.team_alias ?? id)
  }
  const days = new Map<string, Map<string, SqlRow[]>>()
  for (const row of rows) {
    const owners = days.get(String(row.day)) ?? new Map<string, SqlRow[]>()
    days.set(String(row.day), owners)
    const owner = label(String(row[column] ?? ''))
    owners.set(owner, [...(owners.get(owner) ?? []), row])
  }
  return [...days].map(([date, owners]) => ({
    group_by_day: date,
    [listName]: [...owners].map(([owner, found]) => ({
      [name]: owner,
      total_spend: groupDollars(found, () => '').get('') ?? 0,
      metadata: found.map((row) => ({
        model: String(row.model),
        api_key: String(row.key_hash),
        spend: dollarsOf(row),
        total_tokens: Number(row.input_tokens) + Number(row.output_tokens),
      })),
    })),
  }))
}

async function activity({ sql }: AdminContext, request: AdminRequest) {
  const rows = await sums(sql, 'llmux_daily', ['day'], filters(request))
  const daily = rows.map((row) => ({
    date: String(row.day),
    api_requests: Number(row.calls),
    total_tokens: Number(row.input_tokens) + Number(row.output_tokens),
  }))
  return {
    daily_data: daily,
    sum_api_requests: daily.reduce((sum, entry) => sum + entry.api_requests, 0),
    sum_total_tokens: daily.reduce((sum, entry) => sum + entry.total_tokens, 0),
  }
}

async function keys(context: AdminContext, request: AdminRequest) {
  const { directory, book } = context
  return [...directory.all('keys')]
    .map((row) => ({ row, spend: book.get(`key:${row.token}`, total) }))
    .sort((a, b) => (a.spend === b.spend ? 0 : a.spend < b.spend ? 1 : -1))
    .slice(0, limitOf(request, 100))
    .map(({ row }) => keyRow(context, row))
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

/** Cost of a request, or of an answer. */
function calculate({ catalog }: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const answer = body.completion_response
  if (isFields(answer)) {
    const model = text(answer, 'model') ?? text(body, 'model') ?? ''
    const price = catalog.has(model) ? catalog.prices(catalog.resolve(model)) : undefined
    const usage = isFields(answer.usage) ? answer.usage : {}
    const tokens = (name: string) => (typeof usage[name] === 'number' ? (usage[name] as number) : 0)
    const cost = price
      ? tokens('prompt_tokens') * price.input + tokens('completion_tokens') * price.output
      : completionCost(answer as unknown as ChatCompletion)
    if (cost === undefined)
      throw badRequest(`The cost of the answer is unknown: the model '${model}' has no price.`, 'model')
    return { cost }
  }
  const model = text(body, 'model')
  const messages = list(body, 'messages')
  if (!model || !messages) {
    throw badRequest("The body must have 'completion_response', or 'model' and 'messages'.", 'model')
  }
  const price = catalog.has(model) ? catalog.prices(catalog.resolve(model)) : undefined
  if (!price) throw badRequest(`The model '${model}' has no price.`, 'model')
  const { tokens } = estimateTokens({ model, messages: messages as never })
  return { cost: tokens * price.input }
}
