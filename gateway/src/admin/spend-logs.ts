import { isViewer } from '../keys/key-ring.js'
import { dayOf } from '../ledger/ledger.js'
import { groupDollars, sums, Where } from '../ledger/queries.js'
import type { SqlRow } from '../store/sql.js'
import { AdminAnswer, type AdminRequest } from '../types.js'
import type { AdminContext } from './context.js'
import { keyId, pageOf, pages, param } from './fields.js'
import { day, dayMs, filters, limitOf, mostRows, time } from './spend-filters.js'

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

export async function logs(context: AdminContext, request: AdminRequest) {
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

export async function pagedLogs({ sql }: AdminContext, request: AdminRequest) {
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
