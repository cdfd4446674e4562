import { isViewer, seesUser } from '../keys/key-ring.js'
import { detailOf } from '../ledger/calls-table.js'
import { groupDollars, groupRows, sums, Where } from '../ledger/queries.js'
import { type Dimension, dayOf } from '../ledger/rollups.js'
import { modelDimension } from '../ledger/totals.js'
import { toNanos } from '../limits/money.js'
import { badRequest, notFound } from '../refusal.js'
import type { Sql, SqlRow } from '../store/sql.js'
import { AdminAnswer, type AdminRequest } from '../types.js'
import {
  behind,
  type CallFilter,
  type CallQuestion,
  everyCall,
  type Order,
  orderOf,
  searchCalls,
  sortedCalls,
} from './call-search.js'
import type { AdminContext } from './context.js'
import { csv, csvPages } from './csv.js'
import { keyId, pageOf, pages, param, params } from './fields.js'
import { dailyTable, dailyWhere, day, dayMs, filtersOf, limitOf, mostRows, time } from './spend-filters.js'

/** Rows that the caller may see: all for viewers, those of the own user or key for others. */
function visible({ principal }: AdminRequest, filters: CallFilter[] = []): Where {
  const where = new Where()
  if (isViewer(principal)) return where
  const own: CallFilter = seesUser(principal)
    ? { dimension: 'user', column: 'user_id', value: principal.userId }
    : { dimension: 'key', column: 'key_hash', value: principal.keyHash }
  filters.push(own)
  return where.and(`c.${own.column} = ?`, own.value)
}

/** Reads the filters of a request for rows. */
export async function callQuestion({ sql }: AdminContext, request: AdminRequest): Promise<CallQuestion> {
  const text = (...names: string[]) => names.map((name) => param(request, name)).find((value) => value !== undefined)
  const number = (name: string, most: number) => {
    const value = param(request, name)
    if (value === undefined) return undefined
    const found = Number(value)
    if (!(found >= 0 && found <= most))
      throw badRequest(`'${name}' must be a number from 0 to ${most}; got '${value}'.`, name)
    return found
  }
  const whole = (name: string, most: number) => {
    const value = number(name, most)
    if (value !== undefined && !Number.isInteger(value))
      throw badRequest(`'${name}' must be an integer; got '${value}'.`, name)
    return value
  }
  const nanos = (name: string) => {
    const dollars = number(name, 1_000_000)
    return dollars === undefined ? undefined : toNanos(dollars)
  }
  const flag = (name: string) => {
    const value = param(request, name)?.toLowerCase()
    if (value !== undefined && value !== 'true' && value !== 'false')
      throw badRequest(`'${name}' must be true or false; got '${value}'.`, name)
    return value === undefined ? undefined : value === 'true' ? 1 : 0
  }
  const key = text('api_key')
  const until = time(request, 'end_date')
  const wholeDay = (text('end_date')?.length ?? 0) <= 10
  const model = text('model')
  const column = model === undefined ? 'model' : await modelDimension(sql, model)
  const tag = params(request, 'tags')[0] ?? text('tag', 'request_tags')
  const filters: CallFilter[] = []
  const filter = (dimension: Dimension, column: string, value: string | undefined) => {
    if (value !== undefined) filters.push({ dimension, column, value })
    return value
  }
  // the time of the table whose index finds the rows
  const at = tag === undefined ? 'c.at' : 't.at'
  const modelColumn = column === 'group' ? 'model_group' : 'model'
  const where = visible(request, filters)
    .and('t.tag = ?', filter('tag', 'tag', tag))
    .and(`${at} >= ?`, time(request, 'start_date'))
    .and(`${at} < ?`, until === undefined ? undefined : until + (wholeDay ? dayMs : 1))
    .and('c.id = ?', text('request_id'))
    .and('c.key_hash = ?', filter('key', 'key_hash', key === undefined ? undefined : keyId(key)))
    .and('c.user_id = ?', filter('user', 'user_id', text('user_id', 'internal_user_id')))
    .and('c.team_id = ?', filter('team', 'team_id', text('team_id')))
    .and('c.organization_id = ?', filter('organization', 'organization_id', text('organization_id')))
    .and('c.customer_id = ?', filter('customer', 'customer_id', text('end_user', 'customer_id', 'end_user_id')))
    .and(`c.${modelColumn} = ?`, filter(column, modelColumn, model))
    .and('c.model_group = ?', filter('group', 'model_group', text('model_group')))
    .and('c.provider = ?', filter('provider', 'provider', text('provider', 'custom_llm_provider')))
    .and('c.deployment = ?', filter('deployment', 'deployment', text('model_id', 'deployment')))
  const others = new Where()
    .and('c.key_alias = ?', text('key_alias'))
    .and('c.operation = ?', text('operation'))
    .and('c.error_status = ?', whole('error_code', 999))
    .and('c.cost_state = ?', text('cost_state'))
    .and('c.cache_hit = ?', flag('cache_hit'))
    .and('c.nanos >= ?', nanos('min_spend'))
    .and('c.nanos <= ?', nanos('max_spend'))
    .and('c.duration_ms >= ?', whole('min_duration_ms', 1e12))
  const status = text('status_filter', 'status')
  if (status !== undefined && status !== 'success' && status !== 'failure')
    throw badRequest(`'status_filter' must be 'success' or 'failure'; got '${status}'.`, 'status_filter')
  const outcome = text('outcome')
  // spelt out, since the index of failures holds nothing else
  const failed = status === 'failure' || (outcome !== undefined && outcome !== 'success')
  if (failed) where.and("c.outcome <> 'success'")
  if (status === 'success') where.and("c.outcome = 'success'")
  where.and('c.outcome = ?', filter('outcome', 'outcome', outcome))
  // failures have an index of their own
  const loose = others.size + (status === 'failure' && outcome === undefined && filters.length > 0 ? 1 : 0)
  return { where: where.append(others), tag, filters, others: text('request_id') === undefined ? loose : 0 }
}

/** Rows of calls, or with days and without `summarize=false` one object a day. */
export async function logs(context: AdminContext, request: AdminRequest) {
  const order = orderOf(param(request, 'sort_by'), param(request, 'sort_order'))
  const hasDays = param(request, 'start_date') !== undefined && param(request, 'end_date') !== undefined
  if (hasDays && param(request, 'summarize') !== 'false') return await summary(context, request)
  const { sql } = context
  const isCsv = param(request, 'format') === 'csv'
  const limit = isCsv ? (csvLimit(request) ?? mostRows) : limitOf(request, mostRows)
  let question = await callQuestion(context, request)
  const after = param(request, 'after')
  if (order.by !== 'startTime') {
    const { rows } = await sortedCalls(sql, question, order, limit, { after })
    return listed(request, rows.map(logRow))
  }
  if (after !== undefined) {
    // the next page begins after a row: its place stays the same while rows are added
    const [row] = await sql.query('SELECT at FROM llmux_calls WHERE id = ?', [after])
    if (!row) throw badRequest(`'after' must be the request_id of a call; there is no call '${after}'.`, 'after')
    question = { ...question, where: behind(question, { at: Number(row.at), id: after }, order.ascending) }
  }
  if (isCsv) return await csvPages(csvColumns, csvRows(sql, question, order.ascending, csvLimit(request)))
  const { rows, searchedFrom } = await searchCalls(sql, question, limit, { ascending: order.ascending })
  return listed(request, rows.map(logRow), searchedFrom)
}

/** A list, as JSON or CSV. A search that has ended before the oldest call names its time in a header. */
function listed(request: AdminRequest, rows: readonly ReturnType<typeof logRow>[], searchedFrom?: number) {
  const headers = searchedFrom === undefined ? {} : { 'x-llmux-searched-from': new Date(searchedFrom).toISOString() }
  if (param(request, 'format') === 'csv') return csv(csvColumns, rows.map(flat))
  return searchedFrom === undefined ? rows : new AdminAnswer(rows, 200, headers)
}

/** A file has all calls that fit, unless the request has a limit. */
function csvLimit(request: AdminRequest): number | undefined {
  limitOf(request, mostRows)
  const limit = param(request, 'limit')
  return limit === undefined ? undefined : Number(limit)
}

/** Lines of a file. */
async function* csvRows(sql: Sql, question: CallQuestion, ascending: boolean, limit: number | undefined) {
  for await (const rows of everyCall(sql, question, { columns: rowColumns, ascending, limit }))
    yield rows.map((row) => flat(logRow(row)))
}

/** One object a day, as LiteLLM summarises. */
async function summary({ sql }: AdminContext, request: AdminRequest) {
  const { principal } = request
  const filters = await filtersOf(sql, request)
  const where = dailyWhere(filters, day(request, 'start_date'), day(request, 'end_date'))
  if (!isViewer(principal)) {
    if (seesUser(principal)) where.and('user_id = ?', principal.userId)
    else where.and('key_hash = ?', principal.keyHash)
  }
  const table = dailyTable(filters)
  // sums by tag have no users
  const columns = table === 'llmux_daily_tags' ? ['day', 'key_hash', 'model'] : ['day', 'key_hash', 'user_id', 'model']
  const rows = await sums(sql, table, columns, where)
  const days = groupRows(rows, (row) => String(row.day))
  const last = day(request, 'end_date')
  if (last !== undefined && last <= dayOf(Date.now() + dayMs) && !days.has(last)) days.set(last, [])
  return [...days].map(([startTime, found]) => ({
    ...Object.fromEntries(groupDollars(found, ({ key_hash }) => String(key_hash))),
    startTime,
    spend: groupDollars(found, () => '').get('') ?? 0,
    users: Object.fromEntries(columns.includes('user_id') ? groupDollars(found, ({ user_id }) => String(user_id)) : []),
    models: Object.fromEntries(groupDollars(found, ({ model }) => String(model))),
  }))
}

/** Rows that are counted. */
const mostCounted = 1_000
/** Rows that pages can skip: further ones are reached with `after`. */
const mostSkipped = 10_000

export async function pagedLogs(context: AdminContext, request: AdminRequest) {
  const { sql } = context
  const page = pageOf(request, 'page_size', 50, 1_000)
  const offset = (page.page - 1) * page.size
  if (offset > mostSkipped)
    throw badRequest(
      `'page' must begin within the first ${mostSkipped} rows. Use GET /spend/logs with 'after'.`,
      'page',
    )
  const order = orderOf(param(request, 'sort_by'), param(request, 'sort_order'))
  const question = await callQuestion(context, request)
  const { rows, found, searchedFrom } = await pageRows(sql, question, order, page.size, offset)
  const count = Math.min(mostCounted, found)
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
    /** True if there are more rows than are counted. */
    total_is_capped: found > mostCounted || searchedFrom !== undefined,
    /** Calls from this time on were searched: several filters that each fit many calls end a search. */
    searched_from: searchedFrom === undefined ? null : new Date(searchedFrom).toISOString(),
    page: page.page,
    page_size: page.size,
    total_pages: pages(count, page),
  }
}

async function pageRows(sql: Sql, question: CallQuestion, order: Order, size: number, offset: number) {
  if (order.by !== 'startTime') {
    const { rows, total } = await sortedCalls(sql, question, order, size, { offset })
    return { rows, found: total, searchedFrom: undefined }
  }
  const { ascending } = order
  const most = Math.max(mostCounted + 1, offset + size)
  const ids = await searchCalls(sql, question, most, { columns: 'c.id', ascending })
  const where = new Where().in(
    'c.id',
    ids.rows.slice(offset, offset + size).map(({ id }) => String(id)),
  )
  const rows = await sql.query(
    `SELECT c.* FROM llmux_calls c ${where.text} ORDER BY c.at ${ascending ? ', c.id DESC' : 'DESC, c.id'}`,
    where.values,
  )
  return { rows, found: ids.rows.length, searchedFrom: ids.searchedFrom }
}

/** Everything about one call: attempts, parts of the cost, headers, and content if it was stored. */
export async function logDetail(context: AdminContext, request: AdminRequest) {
  const id = request.params.request_id ?? ''
  const where = visible(request).and('c.id = ?', id)
  const [row] = await context.sql.query(`SELECT c.* FROM llmux_calls c ${where.text}`, where.values)
  if (!row) throw notFound(`There is no call '${id}'.`, 'request_id')
  const [content] = await context.sql.query(
    // a call waits in front of the Router for its limits
    'SELECT request, response FROM llmux_contents WHERE id = ? AND at >= ? AND at <= ? ORDER BY at LIMIT 1',
    [String(row.id), Number(row.at), Number(row.at) + Number(row.duration_ms) + 60_000],
  )
  const { attempts = [], usage = null, cost = null, headers = {} } = detailOf(row)
  const shown = logRow(row)
  const parse = (value: unknown) => (typeof value === 'string' ? (JSON.parse(value) as object) : {})
  return {
    ...shown,
    messages: (parse(content?.request) as { messages?: unknown }).messages ?? {},
    proxy_server_request: parse(content?.request),
    response: parse(content?.response),
    content_stored: content !== undefined,
    attempts,
    usage_object: usage,
    cost_breakdown: cost,
    request_headers: headers,
    original_spend: row.original_nanos === null ? shown.spend : Number(row.original_nanos) / 1e9,
    rated_at: row.rated_at === null ? null : new Date(Number(row.rated_at)).toISOString(),
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
  transcription: 'atranscription',
  speech: 'aspeech',
  imageGeneration: 'aimage_generation',
  imageEdit: 'aimage_edit',
  generateContent: 'agenerate_content',
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
    completionStartTime: row.first_token_ms === null ? end : new Date(at + Number(row.first_token_ms)).toISOString(),
    request_duration_ms: Number(row.duration_ms),
    time_to_first_token_ms: row.first_token_ms === null ? null : Number(row.first_token_ms),
    retries: Number(row.retries ?? 0),
    fallbacks: Number(row.fallbacks ?? 0),
    cached_tokens: Number(row.cached_tokens),
    stream: row.stream === 1,
    outcome: row.outcome,
    cost_state: row.cost_state,
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

/** Columns that `logRow()` reads. */
const rowColumns = [
  ...[
    'id',
    'at',
    'operation',
    'outcome',
    'key_hash',
    'key_alias',
    'nanos',
    'input_tokens',
    'output_tokens',
    'cached_tokens',
  ],
  ...[
    'duration_ms',
    'first_token_ms',
    'retries',
    'fallbacks',
    'stream',
    'cost_state',
    'model',
    'deployment',
    'model_group',
  ],
  ...[
    'provider',
    'user_id',
    'team_id',
    'organization_id',
    'customer_id',
    'metadata',
    'ip',
    'error_status',
    'error_message',
  ],
  ...['cache_hit', 'tags'],
].join(', ')

const csvColumns = [
  ...['request_id', 'startTime', 'api_key', 'user', 'team_id', 'end_user', 'model_group', 'model', 'status'],
  ...['prompt_tokens', 'completion_tokens', 'spend', 'cost_state', 'outcome', 'error_code', 'request_duration_ms'],
  ...['time_to_first_token_ms', 'retries', 'fallbacks', 'cache_hit', 'tags'],
]

const flat = (row: ReturnType<typeof logRow>) => ({
  ...row,
  cost_state: row.metadata.cost_state,
  outcome: row.metadata.outcome,
  error_code: row.metadata.error_information?.error_code,
  tags: row.request_tags.join(' '),
})
