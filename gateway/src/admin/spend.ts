import { type ChatCompletion, completionCost, estimateTokens } from 'llmux'
import { isViewer } from '../keys/key-ring.js'
import { dayOf } from '../ledger/ledger.js'
import { dollarsOf, groupDollars, sums, Where } from '../ledger/queries.js'
import { total } from '../limits/accounts.js'
import { toDollars } from '../limits/money.js'
import { badRequest } from '../refusal.js'
import type { SqlRow } from '../store/sql.js'
import { AdminAnswer, type AdminRequest, type AdminRoute } from '../types.js'
import type { AdminContext } from './context.js'
import { bodyOf, isFields, keyId, list, pageOf, pages, param, params, text } from './fields.js'
import { keyRow, userShape } from './shapes.js'

const dayMs = 86_400_000
const mostRows = 10_000

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

/** A day of the query. */
function day(request: AdminRequest, name: string): string | undefined {
  const at = time(request, name)
  return at === undefined ? undefined : dayOf(at)
}

/** A day, or a time, of the query in milliseconds. */
function time(request: AdminRequest, name: string): number | undefined {
  const value = param(request, name)
  if (value === undefined) return undefined
  const match = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(value)
  const at = match
    ? Date.parse(hasZone.test(value) ? value : `${value.replace(' ', 'T')}${value.length > 10 ? 'Z' : ''}`)
    : Number.NaN
  if (Number.isNaN(at)) throw badRequest(`'${name}' must be a day such as '2026-11-29'; got '${value}'.`, name)
  return at
}

const hasZone = /(Z|[+-]\d\d:?\d\d)$/

/** Filters that all sums understand. */
function filters(request: AdminRequest): Where {
  const key = param(request, 'api_key')
  return new Where()
    .and('day >= ?', day(request, 'start_date'))
    .and('day <= ?', day(request, 'end_date'))
    .and('key_hash = ?', key === undefined ? undefined : keyId(key))
    .and('user_id = ?', param(request, 'user_id') ?? param(request, 'internal_user_id'))
    .and('team_id = ?', param(request, 'team_id'))
    .and('customer_id = ?', param(request, 'customer_id') ?? param(request, 'end_user_id'))
    .and('provider = ?', param(request, 'provider'))
    .model(param(request, 'model'))
}

async function globalSpend({ sql, settings }: AdminContext, request: AdminRequest) {
  const tag = param(request, 'tag')
  const [row] = tag
    ? await sums(sql, 'llmux_daily_tags', [], tagFilters(request).and('tag = ?', tag))
    : await sums(sql, 'llmux_daily', [], filters(request))
  return { spend: row ? dollarsOf(row) : 0, max_budget: settings().maxBudget ?? 0 }
}

const tagFilters = (request: AdminRequest): Where => {
  const key = param(request, 'api_key')
  return new Where()
    .and('day >= ?', day(request, 'start_date'))
    .and('day <= ?', day(request, 'end_date'))
    .and('key_hash = ?', key === undefined ? undefined : keyId(key))
    .model(param(request, 'model'))
}

async function spendByDay({ sql }: AdminContext, request: AdminRequest) {
  const rows = await sums(sql, 'llmux_daily', ['day'], filters(request))
  return rows.map((row) => ({ date: String(row.day), spend: dollarsOf(row) }))
}

const byAmount = (found: ReadonlyMap<string, number>): [string, number][] =>
  [...found].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))

function limitOf(request: AdminRequest, fallback: number): number {
  const value = param(request, 'limit')
  if (value === undefined) return fallback
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw badRequest(`'limit' must be an integer of 1 or more; got '${value}'.`, 'limit')
  return Math.min(number, mostRows)
}

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

/** Rows that the caller may see: all for viewers, those of the own user or key for others. */
function visible({ principal }: AdminRequest): Where {
  const where = new Where()
  if (isViewer(principal)) return where
  return principal.user && principal.userId !== null
    ? where.and('user_id = ?', principal.userId)
    : where.and('key_hash = ?', principal.keyHash)
}

function callFilters(request: AdminRequest): Where {
  const key = param(request, 'api_key')
  const until = time(request, 'end_date')
  const whole = (param(request, 'end_date')?.length ?? 0) <= 10
  return visible(request)
    .and('id = ?', param(request, 'request_id'))
    .and('key_hash = ?', key === undefined ? undefined : keyId(key))
    .and('user_id = ?', param(request, 'user_id'))
    .and('team_id = ?', param(request, 'team_id'))
    .and('customer_id = ?', param(request, 'end_user') ?? param(request, 'customer_id'))
    .and('at >= ?', time(request, 'start_date'))
    .and('at < ?', until === undefined ? undefined : until + (whole ? dayMs : 1))
    .and('outcome = ?', param(request, 'outcome'))
    .model(param(request, 'model'))
}

async function logs(context: AdminContext, request: AdminRequest) {
  const hasDays = param(request, 'start_date') !== undefined && param(request, 'end_date') !== undefined
  if (hasDays && param(request, 'summarize') !== 'false') return await summary(context, request)
  const limit = limitOf(request, mostRows)
  const where = callFilters(request)
  const after = param(request, 'after')
  if (after !== undefined) {
    // the next page begins after a row: its place stays the same while rows are added
    where.and(
      '(at < (SELECT at FROM llmux_calls WHERE id = ?) OR (at = (SELECT at FROM llmux_calls WHERE id = ?) AND id > ?))',
      after,
      after,
      after,
    )
  }
  const rows = await context.sql.query(`SELECT * FROM llmux_calls ${where.text} ORDER BY at DESC, id LIMIT ?`, [
    ...where.values,
    limit,
  ])
  const found = rows.map(logRow)
  return param(request, 'format') === 'csv' ? csv(found) : found
}

/** One object a day, as LiteLLM summarises. */
async function summary({ sql }: AdminContext, request: AdminRequest) {
  const where = filters(request)
  const { principal } = request
  if (!isViewer(principal)) {
    if (principal.user) where.and('user_id = ?', principal.userId)
    else where.and('key_hash = ?', principal.keyHash)
  }
  const rows = await sums(sql, 'llmux_daily', ['day', 'key_hash', 'user_id', 'model'], where)
  const days = new Map<string, SqlRow[]>()
  for (const row of rows) days.set(String(row.day), [...(days.get(String(row.day)) ?? []), row])
  const last = day(request, 'end_date')
  if (last !== undefined && last <= dayOf(Date.now() + dayMs) && !days.has(last)) days.set(last, [])
  return [...days].map(([startTime, found]) => ({
    ...Object.fromEntries(groupDollars(found, ({ key_hash }) => String(key_hash))),
    startTime,
    spend: groupDollars(found, () => '').get('') ?? 0,
    users: Object.fromEntries(groupDollars(found, ({ user_id }) => String(user_id))),
    models: Object.fromEntries(groupDollars(found, ({ model }) => String(model))),
  }))
}

async function pagedLogs({ sql }: AdminContext, request: AdminRequest) {
  const page = pageOf(request, 'page_size', 50, 1_000)
  const where = callFilters(request)
  const [counted] = await sql.query(`SELECT COUNT(*) AS calls FROM llmux_calls ${where.text}`, where.values)
  const rows = await sql.query(`SELECT * FROM llmux_calls ${where.text} ORDER BY at DESC, id LIMIT ? OFFSET ?`, [
    ...where.values,
    page.size,
    (page.page - 1) * page.size,
  ])
  const count = Number(counted?.calls ?? 0)
  return {
    // calls have no sessions here: each is one of its own
    data: rows.map((row) => ({
      ...logRow(row),
      session_total_count: 1,
      session_total_duration_ms: Number(row.duration_ms),
      session_llm_count: 1,
      session_models: [row.model],
    })),
    total: count,
    page: page.page,
    page_size: page.size,
    total_pages: pages(count, page),
  }
}

const callTypes: Readonly<Record<string, string>> = {
  chat: 'acompletion',
  completion: 'atext_completion',
  embedding: 'aembedding',
  responses: 'aresponses',
  messages: 'anthropic_messages',
  moderation: 'amoderation',
  rerank: 'arerank',
}

/** A call in the form of LiteLLM's spend logs. */
function logRow(row: SqlRow) {
  const at = Number(row.at)
  const start = new Date(at).toISOString()
  const end = new Date(at + Number(row.duration_ms)).toISOString()
  const succeeded = row.outcome === 'success'
  const status = succeeded ? 'success' : 'failure'
  return {
    request_id: row.id,
    call_type: callTypes[String(row.operation)] ?? String(row.operation),
    api_key: row.key_hash,
    spend: Number(row.nanos) / 1e9,
    total_tokens: Number(row.input_tokens) + Number(row.output_tokens),
    prompt_tokens: Number(row.input_tokens),
    completion_tokens: Number(row.output_tokens),
    startTime: start,
    endTime: end,
    completionStartTime: end,
    request_duration_ms: Number(row.duration_ms),
    model: row.model,
    model_id: row.deployment,
    model_group: row.model_group,
    custom_llm_provider: row.provider,
    api_base: '',
    user: row.user_id ?? '',
    metadata: {
      ...(JSON.parse(String(row.metadata)) as object),
      status,
      user_api_key: row.key_hash,
      user_api_key_alias: row.key_alias,
      user_api_key_user_id: row.user_id,
      user_api_key_team_id: row.team_id,
      user_api_key_org_id: row.organization_id,
      requester_ip_address: row.ip,
      cost_state: row.cost_state,
      outcome: row.outcome,
      error_information: succeeded
        ? null
        : {
            error_code: row.error_status === null ? null : String(row.error_status),
            error_class: row.outcome,
            error_message: row.error_message,
          },
    },
    cache_hit: row.cache_hit === 1 ? 'True' : 'False',
    cache_key: '',
    request_tags: JSON.parse(String(row.tags)) as string[],
    team_id: row.team_id ?? '',
    organization_id: row.organization_id ?? '',
    end_user: row.customer_id ?? '',
    requester_ip_address: row.ip ?? '',
    messages: {},
    response: {},
    proxy_server_request: {},
    session_id: null,
    status,
    litellm_call_id: row.id,
    created_at: end,
    updated_at: end,
  }
}

function csv(rows: readonly Record<string, unknown>[]): AdminAnswer {
  const columns = [
    'request_id',
    'startTime',
    'api_key',
    'user',
    'team_id',
    'end_user',
    'model_group',
    'model',
    'status',
    'prompt_tokens',
    'completion_tokens',
    'spend',
  ]
  const cell = (value: unknown) => {
    const plain = String(value ?? '')
    // a text that begins like a formula must not become one in a spreadsheet
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const lines = rows.map((row) => columns.map((name) => cell(row[name])).join(','))
  return new AdminAnswer(`${[columns.join(','), ...lines].join('\n')}\n`, 200, {
    'content-type': 'text/csv; charset=utf-8',
  })
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
