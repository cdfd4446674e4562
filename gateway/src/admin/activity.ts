import { isTeamAdmin, isViewer } from '../keys/key-ring.js'
import { type DailyTable, groupRows, largestOfDays, nanosOf, sums, Where } from '../ledger/queries.js'
import type { Dimension } from '../ledger/rollups.js'
import { largestOfTotals, totalsBy } from '../ledger/totals.js'
import { toDollars } from '../limits/money.js'
import { badRequest, forbidden } from '../refusal.js'
import type { SqlRow } from '../store/sql.js'
import type { AdminRequest, AdminRoute } from '../types.js'
import type { AdminContext } from './context.js'
import { keyId, param, params } from './fields.js'
import { day } from './spend-filters.js'

/** Owner by which an activity is grouped. */
type Entity = 'user' | 'team' | 'customer' | 'tag'

const entityColumns: Readonly<Record<Entity, string>> = {
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
  const table = tables[entity]
  const [counted] = await context.sql.query(
    `SELECT COUNT(*) AS rows FROM (SELECT 1 AS one FROM ${table} ${where.text} LIMIT ?) AS counted`,
    [...where.values, mostNested + 1],
  )
  const days =
    Number(counted?.rows) > mostNested
      ? await (where.size === 2 && entity === 'user'
          ? partsOfAll(context, entity, where)
          : largestParts(context, table, entity, where))
      : await allParts(context, table, entity, where)
  const total = new Metrics()
  for (const { metrics } of days) total.merge(metrics)
  return {
    results: days.map(({ date, metrics, breakdown }) => ({ date, metrics: metrics.shape(), breakdown })),
    metadata: metadataOf(total, Number(counted?.rows) > mostNested),
  }
}

interface Day {
  readonly date: string
  readonly metrics: Metrics
  readonly breakdown: object
}

const newestFirst = (rows: readonly SqlRow[]) =>
  [...groupRows(rows, (row) => String(row.day))].sort(([a], [b]) => (a < b ? 1 : -1))

/** Every part of each day, with its keys. */
async function allParts(context: AdminContext, table: DailyTable, entity: Entity, where: Where): Promise<Day[]> {
  const columns = ['day', entityColumns[entity], 'key_hash', 'model_group', 'model', 'provider', 'path']
  const rows = await sums(context.sql, table, columns, where)
  await readKeys(context, rows)
  return newestFirst(rows).map(([date, found]) => {
    const { all, ...parts } = partsOf(context, found, entity, true)
    return { date, metrics: all, breakdown: parts }
  })
}

/** Keys and entities of a day that an answer shows if there are many. */
const mostOfDay = 50

/** The parts of each day without their keys, and the largest keys and entities: of many calls more would be megabytes. */
async function largestParts(context: AdminContext, table: DailyTable, entity: Entity, where: Where): Promise<Day[]> {
  const { sql } = context
  const column = entityColumns[entity]
  const targets = await sums(sql, table, ['day', 'model_group', 'model', 'provider', 'path'], where)
  const keyRows = await largestOfDays(sql, table, 'key_hash', where, mostOfDay)
  await readKeys(context, keyRows)
  const keys = byDay(keyRows)
  const entities = byDay(await largestOfDays(sql, table, column, where, mostOfDay))
  return newestFirst(targets).map(([date, found]) => {
    const { all, ...parts } = partsOf(context, found, entity, false)
    const { api_keys } = partsOf(context, keys.get(date) ?? [], entity, false)
    const { entities: own } = partsOf(context, entities.get(date) ?? [], entity, false)
    return { date, metrics: all, breakdown: { ...parts, api_keys, entities: own } }
  })
}

/** Reads the keys of rows, for their names. */
const readKeys = ({ directory }: AdminContext, rows: readonly SqlRow[]) =>
  directory.load('keys', [...new Set(rows.map(({ key_hash }) => String(key_hash)))].filter(Boolean))

const byDay = (rows: readonly SqlRow[]) => groupRows(rows, (row) => String(row.day))

/** The same of all calls, out of the sums by one dimension each. */
async function partsOfAll(context: AdminContext, entity: Entity, where: Where): Promise<Day[]> {
  const { sql } = context
  const [from, to] = where.values.map(String)
  const of = async (dimension: Dimension, column: string) =>
    byDay(
      (await largestOfTotals(sql, { grain: 'day', dimension, from, to }, mostOfDay)).map((row) => ({
        ...row,
        [column]: row.name ?? '',
      })),
    )
  // Postgres reads them at the same time
  const [models, model_groups, providers, endpoints, entities, api_keys, days] = await Promise.all([
    of('model', 'model'),
    of('group', 'model_group'),
    of('provider', 'provider'),
    sums(sql, tables[entity], ['day', 'path'], where).then(byDay),
    of(entity, entityColumns[entity]),
    of('key', 'key_hash'),
    totalsBy(sql, { grain: 'day', dimension: 'all', from, to }, ['period']),
  ])
  await readKeys(context, [...api_keys.values()].flat())
  const sections = { models, model_groups, providers, endpoints, entities, api_keys }
  return newestFirst(days.map((row) => ({ ...row, day: row.period ?? null }))).map(([date, found]) => {
    const names = Object.keys(sections) as (keyof typeof sections)[]
    const parts = names.map((name) => [name, partsOf(context, sections[name].get(date) ?? [], entity, false)[name]])
    const { all } = partsOf(context, found, entity, false)
    return { date, metrics: all, breakdown: { mcp_servers: {}, ...Object.fromEntries(parts) } }
  })
}

function metadataOf(metrics: Metrics, cut: boolean) {
  const total = metrics.shape()
  return {
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
    /** Keys and entities that each day shows, if there are more than an answer can hold. */
    largest_per_day: cut ? mostOfDay : null,
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
  const one = param(request, entityColumns[entity])
  const ids = one === undefined ? named : [...named, one]
  if (isViewer(principal)) {
    if (ids.length > 0) return where.in(entityColumns[entity], ids)
    // the activity of teams is that of calls with a team; that of users is all of it, as in LiteLLM
    return entity === 'team' ? where.and('team_id <> ?', '') : where
  }
  if (principal.userId === null) throw forbidden('The key belongs to no user.', 'permission_error', 'user_id')
  if (entity === 'team') {
    const mine = [...directory.all('teams')]
      .map(({ team_id }) => team_id)
      .filter((id) => isTeamAdmin(directory, principal, id))
    return where.in('team_id', ids.length > 0 ? ids.filter((id) => mine.includes(id)) : mine)
  }
  if (entity !== 'user') throw forbidden(`Only admins see the activity of each ${entity}.`)
  return where.and('user_id = ?', principal.userId).and('team_id = ?', principal.confinedTo)
}

function date(request: AdminRequest, name: string): string {
  const value = param(request, name)
  if (value === undefined || value.length !== 10 || day(request, name) !== value) {
    throw badRequest(
      `'${name}' must be a day such as '2026-11-29'; got ${value === undefined ? 'none' : `'${value}'`}.`,
      name,
    )
  }
  return value
}

/** Sums of some rows. Money is added up in 10⁻⁹ US dollars. */
class Metrics {
  #nanos = 0n
  #small = 0
  #input = 0
  #output = 0
  #cached = 0
  #calls = 0
  #failures = 0
  #ms = 0

  add(row: SqlRow): void {
    const nanos = Number(row.nanos ?? 0)
    // integers are exact up to 2⁵³
    if (Number.isSafeInteger(this.#small + nanos)) this.#small += nanos
    else this.#nanos += nanosOf({ nanos: row.nanos ?? 0 })
    this.#input += Number(row.input_tokens ?? 0)
    this.#output += Number(row.output_tokens ?? 0)
    this.#cached += Number(row.cached_tokens ?? 0)
    this.#calls += Number(row.calls ?? 0)
    this.#failures += Number(row.failures ?? 0)
    this.#ms += Number(row.duration_ms ?? 0)
  }

  merge(other: Metrics): void {
    this.#nanos += other.#nanos + BigInt(other.#small)
    this.#input += other.#input
    this.#output += other.#output
    this.#cached += other.#cached
    this.#calls += other.#calls
    this.#failures += other.#failures
    this.#ms += other.#ms
  }

  shape() {
    return {
      spend: toDollars(this.#nanos + BigInt(this.#small)),
      prompt_tokens: this.#input,
      completion_tokens: this.#output,
      cache_read_input_tokens: this.#cached,
      cache_creation_input_tokens: 0,
      total_tokens: this.#input + this.#output,
      successful_requests: this.#calls - this.#failures,
      failed_requests: this.#failures,
      api_requests: this.#calls,
      total_response_time_ms: this.#ms,
      timed_requests: this.#calls - this.#failures,
    }
  }
}

/** Rows up to which each model, provider and route also shows its keys. */
const mostNested = 5_000

interface Part {
  readonly metrics: Metrics
  readonly keys: Map<string, Metrics>
}

/** Adds a row to the metrics of its name. */
function addTo(parts: Map<string, Part>, name: string, row: SqlRow, key: string | undefined): void {
  let part = parts.get(name)
  if (!part) {
    part = { metrics: new Metrics(), keys: new Map() }
    parts.set(name, part)
  }
  part.metrics.add(row)
  if (key === undefined) return
  let own = part.keys.get(key)
  if (!own) {
    own = new Metrics()
    part.keys.set(key, own)
  }
  own.add(row)
}

/** Sums of rows by model, provider, route, key and entity, in one pass. */
function partsOf(context: AdminContext, rows: readonly SqlRow[], entity: Entity, nested: boolean) {
  const all = new Metrics()
  const sections = {
    models: new Map<string, Part>(),
    model_groups: new Map<string, Part>(),
    providers: new Map<string, Part>(),
    endpoints: new Map<string, Part>(),
    entities: new Map<string, Part>(),
    api_keys: new Map<string, Part>(),
  }
  for (const row of rows) {
    all.add(row)
    const key = nested ? String(row.key_hash) : undefined
    addTo(sections.models, String(row.model), row, key)
    addTo(sections.model_groups, String(row.model_group), row, key)
    addTo(sections.providers, String(row.provider) || 'unknown', row, key)
    addTo(sections.endpoints, String(row.path).replace(/^\/v1(?=\/)/, ''), row, key)
    addTo(sections.entities, String(row[entityColumns[entity]] ?? '') || 'Unassigned', row, key)
    addTo(sections.api_keys, String(row.key_hash), row, undefined)
  }
  const keyShape = (hash: string, metrics: Metrics) => ({ metrics: metrics.shape(), metadata: keyFacts(context, hash) })
  const shapeOf = (parts: Map<string, Part>, metadata: (name: string) => object = () => ({})) =>
    Object.fromEntries(
      [...parts].map(([name, { metrics, keys }]) => [
        name,
        {
          metrics: metrics.shape(),
          metadata: metadata(name),
          api_key_breakdown: Object.fromEntries([...keys].map(([hash, own]) => [hash, keyShape(hash, own)])),
        },
      ]),
    )
  return {
    all,
    mcp_servers: {},
    models: shapeOf(sections.models),
    model_groups: shapeOf(sections.model_groups),
    providers: shapeOf(sections.providers),
    endpoints: shapeOf(sections.endpoints),
    api_keys: Object.fromEntries([...sections.api_keys].map(([hash, { metrics }]) => [hash, keyShape(hash, metrics)])),
    entities: shapeOf(sections.entities, (name) =>
      entity === 'team' ? { team_alias: context.directory.get('teams', name)?.team_alias ?? null } : {},
    ),
  }
}

function keyFacts({ directory }: AdminContext, hash: string) {
  const key = directory.get('keys', hash)
  const user = key?.user_id == null ? undefined : directory.get('users', key.user_id)
  return {
    key_alias: key?.key_alias ?? null,
    team_id: key?.team_id ?? null,
    user_id: key?.user_id ?? null,
    user_email: user?.user_email ?? null,
    key_exists: key !== undefined,
  }
}
