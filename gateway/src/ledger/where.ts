import type { SqlValue } from '../store/sql.js'

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

  /** Conditions on the time of calls, with their values. */
  times(): [condition: string, value: SqlValue][] {
    let at = 0
    return this.#conditions.flatMap((condition): [string, SqlValue][] => {
      const count = condition.split('?').length - 1
      const value = this.values[at]
      at += count
      return count === 1 && /^[ct]\.at /.test(condition) && value !== undefined ? [[condition, value]] : []
    })
  }

  /** Whether a condition is on a column. */
  names(column: string): boolean {
    return this.#conditions.some((condition) => condition.includes(column))
  }

  get size(): number {
    return this.#conditions.length
  }

  append(other: Where): this {
    this.#conditions.push(...other.#conditions)
    this.values.push(...other.values)
    return this
  }

  copy(): Where {
    const copy = new Where()
    copy.#conditions.push(...this.#conditions)
    copy.values.push(...this.values)
    return copy
  }

  get text(): string {
    return this.#conditions.length > 0 ? `WHERE ${this.#conditions.join(' AND ')}` : ''
  }
}
