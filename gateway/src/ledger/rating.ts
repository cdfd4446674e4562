import { randomUUID } from 'node:crypto'
import { costPerToken, type ModelPrices, registerModel } from 'llmux'
import { total } from '../limits/accounts.js'
import { namedPeriod, periodAt } from '../limits/durations.js'
import { toNanos } from '../limits/money.js'
import { databaseTime, type Sql, type SqlRow, type SqlRunner, type SqlValue } from '../store/sql.js'
import { detailOf } from './calls-table.js'
import type { Where } from './queries.js'
import { addDifference } from './rollups.js'

/** Prices of a call, by its row; undefined for those of the table. */
export type PricesAt = (row: SqlRow) => { readonly id: string; readonly prices: ModelPrices } | undefined

export interface RatingRequest {
  /** Conditions on `llmux_calls`. */
  readonly where: Where
  /** The conditions in words, for the record. */
  readonly conditions: Readonly<Record<string, unknown>>
  readonly prices: PricesAt
  /** Brings the owners of some calls into memory. */
  load(rows: readonly SqlRow[]): Promise<unknown>
  /** Names of the budgets that the owners of a call spend together. */
  shared(row: SqlRow): readonly string[]
  /** Counts without writing. */
  readonly dryRun: boolean
  readonly actor: string
  readonly now: number
}

export interface Rating {
  readonly id: string
  /** Calls that fit the conditions, have usage, and were not priced by the provider. */
  readonly calls: number
  readonly changed: number
  /** 10⁻⁹ US dollars of the calls. */
  readonly before: bigint
  readonly after: bigint
}

const batchRows = 200

/**
 * Prices past calls anew. The row keeps its first amount beside the new one; rollups and sums of spend change by the difference in the
 * same transaction, so all of them stay equal.
 */
export async function rate(sql: Sql, request: RatingRequest): Promise<Rating> {
  const sums = { calls: 0, changed: 0, before: 0n, after: 0n }
  let place: readonly [at: number, id: string] = [Number.MIN_SAFE_INTEGER, '']
  for (;;) {
    const [at, id] = place
    const { where } = request
    const rows = await sql.query(
      `SELECT * FROM llmux_calls ${where.text} ${where.text ? 'AND' : 'WHERE'} at >= ? AND (at > ? OR id > ?) ORDER BY at, id LIMIT ?`,
      [...where.values, at, at, id, batchRows],
    )
    const rated = rows.flatMap((row) => ratedRow(row, request.prices))
    for (const { before, after } of rated) {
      sums.calls++
      if (before !== after) sums.changed++
      sums.before += BigInt(before)
      sums.after += BigInt(after)
    }
    const changed = rated.filter(({ before, after, wasUnknown }) => before !== after || wasUnknown)
    if (!request.dryRun && changed.length > 0) {
      await request.load(changed.map(({ row }) => row))
      await sql.transaction(async (tx) => {
        for (const one of changed) await apply(tx, one, request, databaseTime(sql.engine))
      })
    }
    const last = rows.at(-1)
    if (!last || rows.length < batchRows) break
    place = [Number(last.at), String(last.id)]
  }
  const rating = { id: randomUUID(), ...sums }
  if (!request.dryRun)
    await sql.query(
      'INSERT INTO llmux_ratings (id, at, actor, conditions, calls, nanos_before, nanos_after) VALUES (?, ?, ?, ?, ?, ?, ?)',
      [
        ...[rating.id, request.now, request.actor, JSON.stringify(request.conditions), sums.changed],
        ...[String(sums.before), String(sums.after)],
      ] as SqlValue[],
    )
  return rating
}

interface RatedRow {
  readonly row: SqlRow
  readonly before: number
  readonly after: number
  readonly wasUnknown: boolean
  readonly detail: string
}

const registered = new Set<string>()

function ratedRow(row: SqlRow, pricesAt: PricesAt): RatedRow[] {
  const detail = detailOf(row)
  // an answer from the cache costs nothing, and a provider knows its own bill
  if (!detail.usage || row.cache_hit === 1 || detail.cost?.source === 'provider') return []
  const own = pricesAt(row)
  const model = own ? `llmux-rating/${own.id}` : String(row.model)
  if (own && !registered.has(own.id)) {
    registerModel(model, own.prices)
    registered.add(own.id)
  }
  const cost = costPerToken({ model, usage: detail.usage as never, at: Number(row.at) })
  if (cost.total === undefined) return []
  return [
    {
      row,
      before: Number(row.nanos),
      after: toNanos(cost.total),
      wasUnknown: row.cost_state !== 'known',
      detail: JSON.stringify({ ...detail, cost: { ...cost, row: own ? String(row.model) : cost.row } }),
    },
  ]
}

async function apply(
  tx: SqlRunner,
  { row, before, after, wasUnknown, detail }: RatedRow,
  { now, shared }: Pick<RatingRequest, 'now' | 'shared'>,
  time: string,
): Promise<void> {
  const changed = await tx.query(
    `UPDATE llmux_calls SET original_nanos = COALESCE(original_nanos, nanos), nanos = ?, cost_state = 'known', rated_at = ?, detail = ?
     WHERE id = ? AND nanos = ? RETURNING id`,
    [after, now, detail, String(row.id), before],
  )
  // another rating was faster
  if (changed.length === 0) return
  const difference = after - before
  await addDifference(tx, row, difference, wasUnknown && row.cost_state === 'unknown' ? -1 : 0)
  if (difference !== 0) await addSpend(tx, row, shared(row), difference, time)
}

/** Adds to the sums of all subjects of a call: their totals, and the periods that contain it. */
async function addSpend(
  tx: SqlRunner,
  row: SqlRow,
  shared: readonly string[],
  difference: number,
  time: string,
): Promise<void> {
  const at = Number(row.at)
  const text = (name: string) => (row[name] == null || row[name] === '' ? undefined : String(row[name]))
  const [team, user] = [text('team_id'), text('user_id')]
  const group = text('model_group')
  const subjects = [
    `key:${row.key_hash}`,
    ...(team ? [`team:${team}`] : []),
    ...(team && user ? [`member:${team}/${user}`] : []),
    ...(user ? [`user:${user}`] : []),
    ...(text('organization_id') ? [`organization:${row.organization_id}`] : []),
    ...(text('customer_id') ? [`customer:${row.customer_id}`] : []),
    ...(JSON.parse(text('tags') ?? '[]') as string[]).map((tag) => `tag:${tag}`),
    ...shared.map((id) => `budget:${id}`),
    'gateway:all',
  ].flatMap((name) => (group ? [name, `${name}/${group}`] : [name]))
  const rows = await tx.query(
    `SELECT subject, period FROM llmux_spend WHERE subject IN (${subjects.map(() => '?').join(',')}) ORDER BY subject, period`,
    subjects,
  )
  for (const { subject, period } of rows) {
    if (!contains(String(period), at)) continue
    await tx.query(`UPDATE llmux_spend SET nanos = nanos + ?, updated = ${time} WHERE subject = ? AND period = ?`, [
      ...[difference, String(subject), String(period)],
    ])
  }
}

function contains(name: string, at: number): boolean {
  if (name === total) return true
  const [, duration, from] = name.split('|')
  const period = duration ? namedPeriod(duration) : undefined
  if (!period || !from) return false
  const start = Date.parse(from)
  return at >= start && at < periodAt(start, period).to
}
