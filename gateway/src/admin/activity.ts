import { isViewer } from '../keys/key-ring.js'
import { type DailyTable, dollarsOf, groupRows, sums, Where } from '../ledger/queries.js'
import { badRequest, forbidden } from '../refusal.js'
import type { SqlRow } from '../store/sql.js'
import type { AdminRequest, AdminRoute } from '../types.js'
import type { AdminContext } from './context.js'
import { keyId, param, params } from './fields.js'

/** Owner by which an activity is grouped. */
type Entity = 'user' | 'team' | 'customer' | 'tag'

const columns: Readonly<Record<Entity, string>> = {
  user: 'user_id',
  team: 'team_id',
  customer: 'customer_id',
  tag: 'tag',
}

const tables: Readonly<Record<Entity, DailyTable>> = {
  user: 'llmux_daily',
  team: 'llmux_daily',
  customer: 'llmux_daily_customers',
  tag: 'llmux_daily_tags',
}

export function activityRoutes(context: AdminContext): AdminRoute[] {
  const routes = (['user', 'team', 'customer', 'tag'] as const).map(
    (entity): AdminRoute => ({
      method: 'GET',
      path: `/${entity}/daily/activity`,
      handler: (request) => activity(context, request, entity),
    }),
  )
  return [...routes, { ...(routes[0] as AdminRoute), path: '/user/daily/activity/aggregated' }]
}

/** Calls, tokens and spend by day, with breakdowns. */
async function activity(context: AdminContext, request: AdminRequest, entity: Entity) {
  await context.ledger.flush()
  const where = conditions(context, request, entity)
  const rows = await sums(
    context.sql,
    tables[entity],
    ['day', columns[entity], 'key_hash', 'model_group', 'model', 'provider', 'path'],
    where,
  )
  const days = groupRows(rows, (row) => String(row.day))
  const results = [...days]
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([date, found]) => ({
      date,
      metrics: metricsOf(found),
      breakdown: breakdown(context, found, entity, rows.length <= mostNested),
    }))
  const total = metricsOf(rows)
  return {
    results,
    metadata: {
      total_spend: total.spend,
      total_prompt_tokens: total.prompt_tokens,
      total_completion_tokens: total.completion_tokens,
      total_tokens: total.total_tokens,
      total_api_requests: total.api_requests,
      total_successful_requests: total.successful_requests,
      total_failed_requests: total.failed_requests,
      total_cache_read_input_tokens: total.cache_read_input_tokens,
      total_cache_creation_input_tokens: 0,
      total_response_time_ms: total.total_response_time_ms,
      total_timed_requests: total.timed_requests,
      page: 1,
      total_pages: 1,
      has_more: false,
    },
  }
}

function conditions({ directory }: AdminContext, request: AdminRequest, entity: Entity): Where {
  const { principal } = request
  const key = param(request, 'api_key')
  const where = new Where()
    .and('day >= ?', date(request, 'start_date'))
    .and('day <= ?', date(request, 'end_date'))
    .and('key_hash = ?', key === undefined ? undefined : keyId(key))
    .model(param(request, 'model'))
  const named = params(request, entity === 'customer' ? 'end_user_ids' : entity === 'tag' ? 'tags' : `${entity}_ids`)
  const one = param(request, columns[entity])
  const ids = one === undefined ? named : [...named, one]
  if (isViewer(principal)) {
    if (ids.length > 0) return where.in(columns[entity], ids)
    // the activity of teams is that of calls with a team; that of users is all of it, as in LiteLLM
    return entity === 'team' ? where.and('team_id <> ?', '') : where
  }
  if (principal.userId === null) throw forbidden('The key belongs to no user.', 'permission_error', 'user_id')
  if (entity === 'team') {
    const mine = [...directory.all('teams')]
      .filter(({ members_with_roles }) =>
        members_with_roles.some(({ user_id, role }) => user_id === principal.userId && role === 'admin'),
      )
      .map(({ team_id }) => team_id)
    return where.in('team_id', ids.length > 0 ? ids.filter((id) => mine.includes(id)) : mine)
  }
  if (entity !== 'user') throw forbidden(`Only admins see the activity of each ${entity}.`)
  return where.and('user_id = ?', principal.userId)
}

function date(request: AdminRequest, name: string): string {
  const value = param(request, name)
  if (value === undefined || !/^\d{4}-\d\d-\d\d$/.test(value) || Number.isNaN(Date.parse(value))) {
    throw badRequest(
      `'${name}' must be a day such as '2026-11-29'; got ${value === undefined ? 'none' : `'${value}'`}.`,
      name,
    )
  }
  return value
}

function metricsOf(rows: readonly SqlRow[]) {
  const sum = (name: string) => rows.reduce((total, row) => total + Number(row[name] ?? 0), 0)
  const input = sum('input_tokens')
  const output = sum('output_tokens')
  const calls = sum('calls')
  const failures = sum('failures')
  return {
    spend: rows.reduce((total, row) => total + dollarsOf(row), 0),
    prompt_tokens: input,
    completion_tokens: output,
    cache_read_input_tokens: sum('cached_tokens'),
    cache_creation_input_tokens: 0,
    total_tokens: input + output,
    successful_requests: calls - failures,
    failed_requests: failures,
    api_requests: calls,
    total_response_time_ms: sum('duration_ms'),
    timed_requests: calls - failures,
  }
}

/** Rows up to which each model, provider and route also shows its keys; larger answers would be megabytes. */
const mostNested = 5_000

function breakdown(context: AdminContext, rows: readonly SqlRow[], entity: Entity, nested: boolean) {
  const part = (nameOf: (row: SqlRow) => string, metadata: (name: string) => object = () => ({})) =>
    Object.fromEntries(
      [...groupRows(rows, nameOf)].map(([name, found]) => [
        name,
        { metrics: metricsOf(found), metadata: metadata(name), api_key_breakdown: nested ? byKey(context, found) : {} },
      ]),
    )
  return {
    mcp_servers: {},
    models: part(({ model }) => String(model)),
    model_groups: part(({ model_group }) => String(model_group)),
    providers: part(({ provider }) => String(provider) || 'unknown'),
    endpoints: part(({ path }) => String(path).replace(/^\/v1(?=\/)/, '')),
    api_keys: byKey(context, rows),
    entities: part(
      (row) => String(row[columns[entity]] ?? '') || 'Unassigned',
      (name) => (entity === 'team' ? { team_alias: context.directory.get('teams', name)?.team_alias ?? null } : {}),
    ),
  }
}

function byKey({ directory }: AdminContext, rows: readonly SqlRow[]) {
  return Object.fromEntries(
    [...groupRows(rows, ({ key_hash }) => String(key_hash))].map(([hash, found]) => {
      const key = directory.get('keys', hash)
      const user = key?.user_id == null ? undefined : directory.get('users', key.user_id)
      const metadata = {
        key_alias: key?.key_alias ?? null,
        team_id: key?.team_id ?? null,
        user_id: key?.user_id ?? null,
        user_email: user?.user_email ?? null,
        key_exists: key !== undefined,
      }
      return [hash, { metrics: metricsOf(found), metadata }]
    }),
  )
}
