import { periodEnd, type SpendPlace, total } from '../limits/accounts.js'
import { chunks, databaseTime, type Sql } from '../store/sql.js'

const day = 86_400_000
const separator = '\n'

/** A sum of the table of spend. */
export interface SpendEntry {
  readonly subject: string
  readonly period: string
  readonly nanos: bigint
}

/**
 * Sums of spend by subject and period, in memory: those of the database, and the later bookings of this process. A call is in it as
 * soon as it has ended. Amounts are integers of 10⁻⁹ dollar.
 */
export class SpendBook {
  readonly #stored = new Map<string, bigint>()
  readonly #pending = new Map<string, bigint>()
  /** A joined text is hashed anew with each use, and a call has five places. */
  readonly #keys = new WeakMap<SpendPlace, string>()
  readonly #lists = new WeakMap<readonly string[], { readonly subject: string; readonly keys: readonly string[] }>()
  /** Monotonic time of the last reading. */
  #readAt = performance.now()
  #prunedAt = 0
  /** Grows with each change by another process. */
  generation = 0

  /** Reads the sums of current periods. */
  async load(sql: Sql, now: number): Promise<void> {
    this.#readAt = performance.now()
    const rows = await sql.query(
      'SELECT subject, period, CAST(nanos AS TEXT) AS nanos FROM llmux_spend WHERE period = ? OR updated > ?',
      [total, now - 370 * day],
    )
    for (const { subject, period, nanos } of rows) {
      if ((periodEnd(String(period)) ?? now) < now) continue
      this.#stored.set(keyOf(String(subject), String(period)), BigInt(String(nanos)))
    }
  }

  /** Reads the bookings of other processes. Must not run while a batch of this process is being written. */
  async refresh(sql: Sql, now: number): Promise<void> {
    // commits overlap: look back a few seconds, by the clock of the database, since those of processes differ and step
    const began = performance.now()
    const back = Math.ceil(began - this.#readAt) + 10_000
    const rows = await sql.query(
      `SELECT subject, period, CAST(nanos AS TEXT) AS nanos FROM llmux_spend WHERE updated > ${databaseTime(sql.engine)} - ${back}`,
    )
    this.#readAt = began
    for (const { subject, period, nanos } of rows) {
      const key = keyOf(String(subject), String(period))
      const value = BigInt(String(nanos))
      if (this.#stored.get(key) === value) continue
      this.#stored.set(key, value)
      this.generation++
    }
    if (now - this.#prunedAt > 3_600_000) this.#prune(now)
  }

  /** Reads single sums. Must not run while a batch of this process is being written. */
  async reload(sql: Sql, places: readonly { readonly subject: string; readonly period: string }[]): Promise<void> {
    for (const group of chunks(places, 100)) {
      const rows = await sql.query(
        `SELECT subject, period, CAST(nanos AS TEXT) AS nanos FROM llmux_spend WHERE ${group.map(() => '(subject = ? AND period = ?)').join(' OR ')}`,
        group.flatMap(({ subject, period }) => [subject, period]),
      )
      for (const { subject, period, nanos } of rows) {
        this.#stored.set(keyOf(String(subject), String(period)), BigInt(String(nanos)))
      }
    }
  }

  /** Sums of a subject and of its parts, such as its budgets of single models. */
  of(subject: string): SpendEntry[] {
    const found: SpendEntry[] = []
    for (const key of new Set([...this.#stored.keys(), ...this.#pending.keys()])) {
      const [name = '', period = ''] = key.split(separator)
      if (name === subject || name.startsWith(`${subject}/`))
        found.push({ subject: name, period, nanos: this.get(name, period) })
    }
    return found
  }

  #prune(now: number): void {
    this.#prunedAt = now
    for (const key of this.#stored.keys()) {
      const end = periodEnd(key.slice(key.indexOf(separator) + 1))
      if (end !== undefined && end < now - day) this.#stored.delete(key)
    }
  }

  get(subject: string, period: string): bigint {
    return this.#at(keyOf(subject, period))
  }

  #at(key: string): bigint {
    return (this.#stored.get(key) ?? 0n) + (this.#pending.get(key) ?? 0n)
  }

  /** The sum of several periods of a subject. The list of an account is the same for all of its calls. */
  sum(subject: string, periods: readonly string[]): bigint {
    let known = this.#lists.get(periods)
    if (known?.subject !== subject) {
      known = { subject, keys: periods.map((period) => keyOf(subject, period)) }
      this.#lists.set(periods, known)
    }
    let sum = 0n
    for (const key of known.keys) sum += this.#at(key)
    return sum
  }

  /** Adds an amount that is not yet in the database. */
  add(place: SpendPlace, nanos: bigint): void {
    let key = this.#keys.get(place)
    if (key === undefined) {
      key = keyOf(place.subject, place.period)
      this.#keys.set(place, key)
    }
    this.#pending.set(key, (this.#pending.get(key) ?? 0n) + nanos)
  }

  /** Takes over the sums that a committed batch has returned. */
  committed(entries: readonly (SpendEntry & { readonly added: bigint })[]): void {
    for (const { subject, period, nanos, added } of entries) {
      const key = keyOf(subject, period)
      this.#stored.set(key, nanos)
      const left = (this.#pending.get(key) ?? 0n) - added
      if (left === 0n) this.#pending.delete(key)
      else this.#pending.set(key, left)
    }
  }

  /** Replaces a sum that was set by hand. */
  set(subject: string, period: string, nanos: bigint): void {
    this.#stored.set(keyOf(subject, period), nanos)
    this.generation++
  }
}

const keyOf = (subject: string, period: string) => `${subject}${separator}${period}`
