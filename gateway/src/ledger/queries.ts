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

  /** Adds a name of a model: of the group, of the provider's model, or of both as `provider/model`. */
  model(name: string | undefined): this {
    return name === undefined ? this : this.and('(model_group = ? OR model = ?)', name, name)
  }

  get text(): string {
    return this.#conditions.length > 0 ? `WHERE ${this.#conditions.join(' AND ')}` : ''
  }
}

/** Sums of the rollups by some columns. Sums are text, since they may be larger than a number. */
export async function sums(
  sql: Sql,
  table: 'llmux_daily' | 'llmux_daily_tags',
  columns: readonly string[],
  where: Where,
): Promise<SqlRow[]> {
  const names = columns.join(', ')
  return await sql.query(
    `SELECT ${names}${names && ', '}CAST(COALESCE(SUM(nanos), 0) AS TEXT) AS nanos, SUM(calls) AS calls,
       SUM(failures) AS failures, SUM(input_tokens) AS input_tokens, SUM(output_tokens) AS output_tokens,
       SUM(cached_tokens) AS cached_tokens, SUM(duration_ms) AS duration_ms
     FROM ${table} ${where.text} ${names && `GROUP BY ${names} ORDER BY ${names}`}`,
    where.values,
  )
}

/** US dollars of a row of `sums()`. */
export const dollarsOf = ({ nanos }: SqlRow): number => toDollars(nanosOf({ nanos: nanos ?? 0 }))

/** Postgres returns a sum of integers as a decimal. */
export const nanosOf = ({ nanos }: SqlRow): bigint => BigInt(String(nanos).split('.')[0] ?? '0')

/** Adds up rows by a name. */
export function groupDollars(rows: readonly SqlRow[], nameOf: (row: SqlRow) => string): Map<string, number> {
  const found = new Map<string, bigint>()
  for (const row of rows) found.set(nameOf(row), (found.get(nameOf(row)) ?? 0n) + nanosOf(row))
  return new Map([...found].map(([name, nanos]) => [name, toDollars(nanos)]))
}
