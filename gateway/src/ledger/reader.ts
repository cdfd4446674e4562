import type { Directory } from '../keys/directory.js'
import { countedPeriods, effectiveLimits, windowsOf } from '../limits/accounts.js'
import { periodAt } from '../limits/durations.js'
import { toDollars } from '../limits/money.js'
import type { StoredRow, SubjectLimits } from '../store/rows.js'
import type { Sql, SqlRow } from '../store/sql.js'
import type { ControlSettings } from '../types.js'
import { nanosOf, Where } from './queries.js'
import { type Rating, type RatingRequest, rate } from './rating.js'
import { reconcile } from './reconcile.js'
import type { Dimension } from './rollups.js'
import type { SpendBook } from './spend-book.js'
import { largest, totalsBy } from './totals.js'

/** Failed calls of one class. */
export interface FailureCount {
  readonly group: string
  readonly provider: string
  readonly outcome: string
  readonly calls: number
}

/** Calls of some days. */
export interface PeriodReport {
  readonly calls: number
  readonly failures: number
  readonly tokens: number
  /** US dollars. */
  readonly spend: number
  readonly unknownCosts: number
  /** The largest names of a dimension, in US dollars. */
  readonly top: Readonly<Record<'team' | 'key' | 'model' | 'tag', readonly (readonly [name: string, spend: number])[]>>
  readonly outcomes: readonly (readonly [outcome: string, calls: number])[]
  /** Mean milliseconds of deployments, the slowest first. */
  readonly slowest: readonly (readonly [deployment: string, ms: number])[]
}

/** A budget of a subject in its current period. Amounts are in US dollars. */
export interface BudgetState {
  readonly scope: 'key' | 'team' | 'member' | 'user' | 'tag' | 'organization' | 'budget' | 'gateway'
  readonly id: string
  readonly alias: string | null
  readonly spend: number
  readonly limit: number
  readonly soft: number | undefined
  /** Whether it is one of `budget_limits`. */
  readonly further?: boolean
  /** Milliseconds since 1970; undefined for a budget that is never reset. */
  readonly from: number | undefined
  readonly to: number | undefined
}

/** Reads for alerts, reports and metrics, over all processes of the gateway. */
export interface LedgerReader {
  /** Claims a name for some milliseconds. True for one caller among all processes. */
  claim(name: string, ms: number): Promise<boolean>
  /** Failures since a time, without refusals, cancellations, and mistakes of clients. */
  failures(since: number): Promise<FailureCount[]>
  /** A report of whole days, such as `2026-11-29`. */
  report(from: string, to: string): Promise<PeriodReport>
  budgets(): BudgetState[]
  /** Calls that are not yet in the database. */
  backlog(): number
  /** Prices past calls anew. */
  rate(request: RateRequest): Promise<Rating>
  /** The ratings so far, the newest first. */
  ratings(): Promise<Record<string, unknown>[]>
  /** Compares the export of a provider with the ledger. */
  reconcile(csv: string, provider: string | undefined, tolerance: number): ReturnType<typeof reconcile>
}

/** Which calls to rate, and by which prices. */
export interface RateRequest extends Pick<RatingRequest, 'prices' | 'dryRun' | 'actor'> {
  readonly conditions: {
    readonly from: number
    readonly until: number
    readonly model?: string | undefined
    readonly group?: string | undefined
    readonly provider?: string | undefined
    readonly deployment?: string | undefined
    /** Only calls whose cost is unknown or estimated. */
    readonly unknownOnly?: boolean | undefined
  }
}

export interface ReaderParts {
  readonly sql: Sql
  readonly directory: Directory
  readonly book: SpendBook
  readonly backlog: () => number
  /** Writes pending rows. */
  flush(): Promise<unknown>
  settings(): ControlSettings
  now(): number
}

export function ledgerReader(parts: ReaderParts): LedgerReader {
  return {
    claim: (name, ms) => claim(parts.sql, name, parts.now(), ms),
    failures: (since) => failures(parts.sql, since),
    report: (from, to) => report(parts, from, to),
    budgets: () => budgets(parts),
    backlog: parts.backlog,
    rate: (request) => rateCalls(parts, request),
    ratings: () => ratings(parts.sql),
    reconcile: async (csv, provider, tolerance) => {
      await parts.flush()
      return await reconcile(parts.sql, csv, provider, tolerance)
    },
  }
}

async function rateCalls(
  { sql, flush, now, directory }: ReaderParts,
  { conditions, ...request }: RateRequest,
): Promise<Rating> {
  await flush()
  const { from, until, model, group, provider, deployment, unknownOnly } = conditions
  const where = new Where()
    .and('at >= ?', from)
    .and('at < ?', until)
    .and('model = ?', model)
    .and('model_group = ?', group)
    .and('provider = ?', provider)
    .and('deployment = ?', deployment)
  if (unknownOnly) where.and("cost_state <> 'known'")
  const shared = (row: SqlRow) => sharedBudgets(directory, row)
  const load = async (rows: readonly SqlRow[]) => {
    const names = (column: string) => [...new Set(rows.map((row) => String(row[column] ?? '')))].filter(Boolean)
    await directory.load('keys', names('key_hash'))
    await directory.load('customers', names('customer_id'))
  }
  return await rate(sql, { ...request, where, conditions, load, shared, now: now() })
}

/** Budgets that the owners of a call spend together with others. */
function sharedBudgets(directory: Directory, row: SqlRow): string[] {
  const { key_hash: key, team_id: team, user_id: user, organization_id: organization, customer_id: customer } = row
  const owners = [
    directory.get('keys', String(key)),
    ...(team ? [directory.get('teams', String(team)), directory.get('memberships', `${team}/${user}`)] : []),
    ...(user && !team ? [directory.get('users', String(user))] : []),
    ...(organization ? [directory.get('organizations', String(organization))] : []),
    ...(customer ? [directory.get('customers', String(customer))] : []),
    ...(JSON.parse(String(row.tags ?? '[]')) as string[]).map((tag) => directory.get('tags', tag)),
  ] as ({ readonly budget_id?: string | null } | undefined)[]
  const ids = owners.flatMap((owner) => owner?.budget_id ?? [])
  return [...new Set(ids)].filter((id) => directory.get('budgets', id)?.shared === true)
}

async function ratings(sql: Sql) {
  const rows = await sql.query('SELECT * FROM llmux_ratings ORDER BY at DESC LIMIT 100')
  return rows.map((row) => ({
    id: row.id,
    at: new Date(Number(row.at)).toISOString(),
    by: row.actor,
    conditions: JSON.parse(String(row.conditions)) as unknown,
    changed: Number(row.calls),
    spend_before: Number(row.nanos_before) / 1e9,
    spend_after: Number(row.nanos_after) / 1e9,
  }))
}

async function claim(sql: Sql, name: string, now: number, ms: number): Promise<boolean> {
  const rows = await sql.query(
    `INSERT INTO llmux_alerts (name, until, sent) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET until = excluded.until, sent = excluded.sent WHERE llmux_alerts.until <= excluded.sent
     RETURNING name`,
    [name, now + ms, now],
  )
  return rows.length > 0
}

/** Outcomes that are mistakes of a client, also without a status of a provider. */
export const mistakes: ReadonlySet<string> = new Set([
  ...['bad_request', 'unsupported_params', 'unprocessable_entity', 'not_found'],
  ...['context_window_exceeded', 'content_policy_violation', 'image_fetch'],
])

async function failures(sql: Sql, since: number): Promise<FailureCount[]> {
  const rows = await sql.query(
    `SELECT model_group, provider, outcome, COUNT(*) AS calls FROM llmux_calls
     WHERE at >= ? AND outcome <> 'success' AND outcome NOT IN ('refused', 'aborted', 'unknown', 'budget_exceeded')
       AND outcome NOT IN (${[...mistakes].map((code) => `'${code}'`).join(', ')})
       AND (error_status IS NULL OR error_status NOT IN (400, 404, 413, 422))
     GROUP BY model_group, provider, outcome ORDER BY COUNT(*) DESC LIMIT 20`,
    [since],
  )
  return rows.map((row) => ({
    group: String(row.model_group),
    provider: String(row.provider),
    outcome: String(row.outcome),
    calls: Number(row.calls),
  }))
}

async function report({ sql, directory }: ReaderParts, from: string, to: string): Promise<PeriodReport> {
  const question = (dimension: Dimension) => ({ grain: 'day' as const, dimension, from, to })
  const [all] = await totalsBy(sql, question('all'), [])
  const top = async (dimension: 'team' | 'key' | 'model' | 'tag') => {
    const rows = await largest(sql, question(dimension), 'nanos', 5)
    const names = rows.map(({ name }) => String(name)).filter(Boolean)
    if (dimension === 'key') await directory.load('keys', names)
    return rows.map((row): [string, number] => [
      labelOf(directory, dimension, String(row.name)),
      toDollars(nanosOf({ nanos: row.nanos ?? 0 })),
    ])
  }
  const outcomes = await largest(sql, question('outcome'), 'calls', 20)
  const deployments = await largest(sql, question('deployment'), 'calls', 100)
  return {
    calls: Number(all?.calls ?? 0),
    failures: Number(all?.failures ?? 0),
    tokens: Number(all?.input_tokens ?? 0) + Number(all?.output_tokens ?? 0),
    spend: toDollars(nanosOf({ nanos: all?.nanos ?? 0 })),
    unknownCosts: Number(all?.unknown_costs ?? 0),
    top: { team: await top('team'), key: await top('key'), model: await top('model'), tag: await top('tag') },
    outcomes: outcomes.map((row) => [String(row.name), Number(row.calls)]),
    slowest: deployments
      .filter(({ name }) => name !== '')
      .map((row): [string, number] => [String(row.name), Math.round(Number(row.duration_ms) / Number(row.calls))])
      .sort(([, a], [, b]) => b - a)
      .slice(0, 5),
  }
}

function labelOf(directory: Directory, dimension: string, name: string): string {
  if (name === '') return 'Unassigned'
  if (dimension === 'team') return directory.get('teams', name)?.team_alias ?? name
  if (dimension === 'key') return directory.get('keys', name)?.key_alias ?? `${name.slice(0, 12)}…`
  return name
}

/** Keys up to which the budgets of all of them are shown. Of more, those of the keys in use. */
const fewKeys = 5_000

function budgets({ directory, book, settings, now }: ReaderParts): BudgetState[] {
  const at = now()
  const found: BudgetState[] = []
  const add = (
    scope: BudgetState['scope'],
    id: string,
    alias: string | null,
    row: Partial<SubjectLimits> & Pick<StoredRow, 'spend_epoch'> & { readonly budget_id?: string | null },
  ) => {
    const limits = effectiveLimits(directory, row)
    for (const { limit, soft, period, further } of windowsOf(limits, at)) {
      if (limit === Number.POSITIVE_INFINITY) continue
      const periods = countedPeriods(row.spend_epoch, period, at)
      const spend = toDollars(periods.reduce((sum, one) => sum + book.get(`${scope}:${id}`, one), 0n))
      // a rolling budget has no end
      const span = period && !period.rolling ? periodAt(at, period) : undefined
      found.push({ scope, id, alias, spend, limit, soft, further, from: span?.from, to: span?.to })
    }
  }
  for (const row of directory.inUse('keys', fewKeys))
    if (book.knows(`key:${row.token}`)) add('key', row.token, row.key_alias, row)
  for (const row of directory.all('teams')) add('team', row.team_id, row.team_alias, row)
  for (const row of directory.all('users')) add('user', row.user_id, row.user_alias, row)
  for (const row of directory.all('tags')) add('tag', row.name, null, row)
  for (const row of directory.all('organizations'))
    add('organization', row.organization_id, row.organization_alias, row)
  for (const row of directory.all('memberships')) add('member', row.id, null, row)
  for (const row of directory.all('budgets')) if (row.shared) add('budget', row.budget_id, null, row)
  const { maxBudget, budgetDuration, gatewayLimits } = settings()
  add('gateway', 'all', null, {
    spend_epoch: 0,
    ...gatewayLimits,
    ...(maxBudget !== undefined && { max_budget: maxBudget, budget_duration: budgetDuration ?? null }),
  })
  return found
}
