import { Recent } from '../keys/recent.js'
import { periodEnd, type SpendPlace, total } from '../limits/accounts.js'
import { chunks, databaseTime, type Sql, type SqlRunner } from '../store/sql.js'

const day = 86_400_000
const separator = '\n'

/** A sum of the table of spend. */
export interface SpendEntry {
  readonly subject: string
  readonly period: string
  readonly nanos: bigint
}

/** Subjects of which there may be too many for memory, and the range of their names. */
const many = ['customer:', 'key:', 'requests:customer:', 'requests:key:'] as const
const isMany = (subject: string): boolean => many.some((start) => subject.startsWith(start))
/** Sums of such subjects that are all kept in memory. */
const mostKept = 100_000
/** Of more sums, the subjects that were used last. */
const mostUsed = 10_000

/** `[period, sum, …]` of one subject. */
type Sums = (string | bigint)[]

/** Subjects that are read, with the sums that came meanwhile: the answer may be older. */
type Reading = Map<string, Sums>

/**
 * Sums of spend by subject and period, in memory: those of the database, and the later bookings of this process. A call is in it as
 * soon as it has ended. Amounts are integers of 10⁻⁹ dollar.
 *
 * If there are more than 100,000 sums of keys and customers, those of a key are read with {@link read} at its first call.
 */
export class SpendBook {
  readonly #stored = new Map<string, bigint>()
  readonly #pending = new Map<string, bigint>()
  /** A joined text is hashed anew with each use, and a call has five places. */
  readonly #keys = new WeakMap<SpendPlace, string>()
  readonly #lists = new WeakMap<readonly string[], { readonly subject: string; readonly keys: readonly string[] }>()
  /** Sums of keys and customers, if not all of them are in memory. */
  #used: Recent<Sums> | undefined
  /** Sums of keys and customers in `#stored`. */
  #manyStored = 0
  readonly #most: number
  readonly #readings = new Set<Reading>()
  readonly #periods = new Map<string, string>()
  /** Monotonic time of the last reading. */
  #readAt = performance.now()
  #prunedAt = 0
  /** Grows with each change by another process. */
  generation = 0

  /** @param most sums of keys and customers that are kept in memory */
  constructor(most = mostKept) {
    this.#most = most
  }

  /** Reads the sums of current periods. */
  async load(sql: Sql, now: number): Promise<void> {
    this.#readAt = performance.now()
    const [count] = await sql.query(
      `SELECT COUNT(*) AS count FROM (SELECT 1 FROM llmux_spend WHERE ${ranges(sql, true)} LIMIT ${this.#most + 1}) AS few`,
    )
    if (Number(count?.count) > this.#most) this.#used = new Recent(Math.min(mostUsed, this.#most))
    const few = this.#used ? ` AND ${ranges(sql, false)}` : ''
    const rows = await sql.query(
      `SELECT subject, period, CAST(nanos AS TEXT) AS nanos FROM llmux_spend WHERE (period = ? OR updated > ?)${few}`,
      [total, now - 370 * day],
    )
    for (const { subject, period, nanos } of rows) {
      if ((periodEnd(String(period)) ?? now) < now) continue
      this.#store(String(subject), String(period), BigInt(String(nanos)))
    }
  }

  /** Whether the sums of a subject are in memory. */
  knows(subject: string): boolean {
    return this.#used === undefined || this.#used.get(subject) !== undefined || !isMany(subject)
  }

  /** Reads the sums of subjects that are not in memory. Returns whether there were any. */
  async read(runner: SqlRunner, subjects: readonly string[]): Promise<boolean> {
    const missing = [...new Set(subjects)].filter((subject) => !this.knows(subject))
    if (missing.length === 0) return false
    const reading: Reading = new Map(missing.map((subject) => [subject, []]))
    this.#readings.add(reading)
    try {
      const found = new Map<string, Sums>(missing.map((subject) => [subject, []]))
      for (const group of chunks(missing, 100, runner.engine)) {
        const rows = await runner.query(
          `SELECT subject, period, CAST(nanos AS TEXT) AS nanos FROM llmux_spend WHERE subject IN (${group.map(() => '?').join(',')})`,
          [...group],
        )
        for (const { subject, period, nanos } of rows) {
          // a key with a budget by the hour has thousands of periods in a year
          if (hasLeft(String(period), Date.now())) continue
          found.get(String(subject))?.push(this.#periodOf(String(period)), BigInt(String(nanos)))
        }
      }
      for (const [subject, sums] of found) this.#used?.set(subject, merged(sums, reading.get(subject) ?? []))
    } finally {
      this.#readings.delete(reading)
    }
    return true
  }

  #periodOf(name: string): string {
    let known = this.#periods.get(name)
    if (known === undefined) {
      if (this.#periods.size > 10_000) this.#periods.clear()
      known = name
      this.#periods.set(name, known)
    }
    return known
  }

  /** Keeps a sum of the database. Returns whether it was another one. */
  #store(subject: string, period: string, nanos: bigint): boolean {
    if (!isMany(subject)) return this.#keep(keyOf(subject, period), nanos)
    if (this.#used === undefined) {
      const before = this.#stored.size
      const changed = this.#keep(keyOf(subject, period), nanos)
      this.#manyStored += this.#stored.size - before
      if (this.#manyStored > this.#most * 2) this.#forgetMany()
      return changed
    }
    for (const reading of this.#readings) {
      const newer = reading.get(subject)
      if (newer) reading.set(subject, merged(newer, [period, nanos]))
    }
    const sums = this.#used.get(subject)
    if (!sums) return false
    const at = sums.indexOf(period)
    if (at >= 0 && sums[at + 1] === nanos) return false
    this.#used.set(subject, merged(sums, [this.#periodOf(period), nanos]))
    return true
  }

  #keep(key: string, nanos: bigint): boolean {
    if (this.#stored.get(key) === nanos) return false
    this.#stored.set(key, nanos)
    return true
  }

  /** Sums have become too many: from now on they are read when they are needed. */
  #forgetMany(): void {
    this.#used = new Recent(Math.min(mostUsed, this.#most))
    for (const key of this.#stored.keys()) if (isMany(key)) this.#stored.delete(key)
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
      if (this.#store(String(subject), String(period), BigInt(String(nanos)))) this.generation++
    }
    if (now - this.#prunedAt > 3_600_000) this.#prune(now)
  }

  /** Reads single sums. Must not run while a batch of this process is being written. */
  async reload(sql: Sql, places: readonly { readonly subject: string; readonly period: string }[]): Promise<void> {
    await this.read(
      sql,
      places.map(({ subject }) => subject),
    )
    for (const group of chunks(places, 100)) {
      const rows = await sql.query(
        `SELECT subject, period, CAST(nanos AS TEXT) AS nanos FROM llmux_spend WHERE ${group.map(() => '(subject = ? AND period = ?)').join(' OR ')}`,
        group.flatMap(({ subject, period }) => [subject, period]),
      )
      for (const { subject, period, nanos } of rows) this.#store(String(subject), String(period), BigInt(String(nanos)))
    }
  }

  #prune(now: number): void {
    this.#prunedAt = now
    for (const key of this.#stored.keys()) {
      if (!hasLeft(key.slice(key.indexOf(separator) + 1), now)) continue
      this.#stored.delete(key)
      if (isMany(key)) this.#manyStored--
    }
  }

  /** A sum. That of a key or a customer has to be read before: see {@link knows}. */
  get(subject: string, period: string): bigint {
    return this.#at(subject, period, keyOf(subject, period))
  }

  #at(subject: string, period: string, key: string): bigint {
    const pending = this.#pending.get(key) ?? 0n
    const stored = this.#stored.get(key)
    if (stored !== undefined || this.#used === undefined) return (stored ?? 0n) + pending
    const sums = this.#used.get(subject) ?? []
    const at = sums.indexOf(period)
    return (at < 0 ? 0n : BigInt(sums[at + 1] ?? 0n)) + pending
  }

  /** The sum of several periods of a subject. The list of an account is the same for all of its calls. */
  sum(subject: string, periods: readonly string[]): bigint {
    let known = this.#lists.get(periods)
    if (known?.subject !== subject) {
      known = { subject, keys: periods.map((period) => keyOf(subject, period)) }
      this.#lists.set(periods, known)
    }
    let sum = 0n
    for (const [at, key] of known.keys.entries()) sum += this.#at(subject, periods[at] ?? '', key)
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
      this.#store(subject, period, nanos)
      const left = (this.#pending.get(key) ?? 0n) - added
      if (left === 0n) this.#pending.delete(key)
      else this.#pending.set(key, left)
    }
  }

  /** Replaces a sum that was set by hand. */
  set(subject: string, period: string, nanos: bigint): void {
    this.#store(subject, period, nanos)
    this.generation++
  }
}

/** Sums of a subject and of its parts, such as its budgets of single models. */
export async function sumsOf(runner: SqlRunner, subject: string): Promise<SpendEntry[]> {
  // the names of parts begin with the subject and a slash
  const rows = await runner.query(
    `SELECT subject, period, CAST(nanos AS TEXT) AS nanos FROM llmux_spend
     WHERE subject = ? OR (subject ${runner.engine === 'postgres' ? 'COLLATE "C" ' : ''}BETWEEN ? AND ?)`,
    [subject, `${subject}/`, `${subject}/\u{10FFFF}`],
  )
  return rows.map(({ subject: name, period, nanos }) => ({
    subject: String(name),
    period: String(period),
    nanos: BigInt(String(nanos)),
  }))
}

/** The condition of subjects of which there are many, or of the others. */
function ranges({ engine }: Sql, ofMany: boolean): string {
  const not = ofMany ? '' : 'NOT '
  if (engine === 'postgres') return `${not}(${many.map((start) => `subject LIKE '${start}%'`).join(' OR ')})`
  // names in the order of their bytes are ranges of the index; ';' comes after ':'
  const after = (start: string) => start.replace(/:$/, ';')
  if (ofMany) return `(${many.map((start) => `(subject >= '${start}' AND subject < '${after(start)}')`).join(' OR ')})`
  const [first = ''] = many
  const between = many.map((start, at) => {
    const next = many[at + 1]
    return `(subject >= '${after(start)}'${next === undefined ? '' : ` AND subject < '${next}'`})`
  })
  return `(subject < '${first}' OR ${between.join(' OR ')})`
}

/** Whether a period ended so long ago that nothing asks for it. */
function hasLeft(period: string, now: number): boolean {
  const end = periodEnd(period)
  return end !== undefined && end < now - day
}

/** Sums, with newer ones in their places. */
function merged(sums: Sums, newer: Sums): Sums {
  const found = [...sums]
  for (let at = 0; at < newer.length; at += 2) {
    const place = found.indexOf(newer[at] ?? '')
    if (place < 0) found.push(newer[at] ?? '', newer[at + 1] ?? 0n)
    else found[place + 1] = newer[at + 1] ?? 0n
  }
  return found
}

const keyOf = (subject: string, period: string) => `${subject}${separator}${period}`
