import { toDollars } from '../limits/money.js'
import type { Sql, SqlRow, SqlValue } from '../store/sql.js'

/** Conditions of a query. */
export class Where {
  readonly #conditions: string[] = []
  readonly values: SqlValue[] = []

  /** Adds a condition with its values, unless one of them is undefined. */
  and(condition: string, ...values: readonly (SqlValue | undefined)[]): this {
    if (values.some((value) => value === undefined)) return this
    this.#conditions.push(condition)
    this.values.push(...(values as SqlValue[]))
    return this
  }

  /** Adds `column IN (…)`, unless the list is undefined. */
  in(column: string, values: readonly SqlValue[] | undefined): this {
    if (values === undefined) return this
    if (values.length === 0) return this.and('1 = 0')
    return this.and(`${column} IN (${values.map(() => '?').join(',')})`, ...values)
  }

  /** Adds a name of a model: of the group in requests, or `provider/model`. */
  model(name: string | undefined): this {
    return name === undefined ? this : this.and('(model_group = ? OR model = ?)', name, name)
  }

  get text(): string {
    return this.#conditions.length > 0 ? `WHERE ${this.#conditions.join(' AND ')}` : ''
  }
}

/** Sums of each day, by several columns. */
export type DailyTable = 'llmux_daily' | 'llmux_daily_customers' | 'llmux_daily_tags'

/** Sums of the daily rollups by some columns. Money is text, since it may be larger than a number. */
export async function sums(
  sql: Sql,
  table: DailyTable,
  columns: readonly string[],
  where: Where,
  limit?: number,
): Promise<SqlRow[]> {
  const names = columns.join(', ')
  return await sql.query(
    `SELECT ${names}${names && ', '}CAST(COALESCE(SUM(nanos), 0) AS TEXT) AS nanos, SUM(calls) AS calls,
       SUM(failures) AS failures, SUM(input_tokens) AS input_tokens, SUM(output_tokens) AS output_tokens,
       SUM(cached_tokens) AS cached_tokens, SUM(duration_ms) AS duration_ms
     FROM ${table} ${where.text} ${names && `GROUP BY ${names} ORDER BY ${names}`} ${limit === undefined ? '' : 'LIMIT ?'}`,
    limit === undefined ? where.values : [...where.values, limit],
  )
}

/** US dollars of a row of `sums()`. */
export const dollarsOf = ({ nanos }: SqlRow): number => toDollars(nanosOf({ nanos: nanos ?? 0 }))

/** Postgres returns a sum of integers as a decimal. */
export const nanosOf = ({ nanos }: SqlRow): bigint => BigInt(String(nanos).split('.')[0] ?? '0')

/** Adds up rows by a name. */
export function groupDollars(rows: readonly SqlRow[], nameOf: (row: SqlRow) => string): Map<string, number> {
  const found = new Map<string, bigint>()
  for (const row of rows) {
    const name = nameOf(row)
    found.set(name, (found.get(name) ?? 0n) + nanosOf(row))
  }
  return new Map([...found].map(([name, nanos]) => [name, toDollars(nanos)]))
}

/** Rows by a name. */
export function groupRows<Row>(rows: readonly Row[], nameOf: (row: Row) => string): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const name = nameOf(row)
    const same = found.get(name)
    if (same) same.push(row)
    else found.set(name, [row])
  }
  return found
}
