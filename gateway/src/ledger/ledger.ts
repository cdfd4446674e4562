import { rmSync } from 'node:fs'
import { patienceOf, unreadable } from '../keys/row-loader.js'
import type { SpendPlace } from '../limits/accounts.js'
import type { LedgerRow } from '../store/rows.js'
import { chunks, databaseTime, placeholders, type Sql, type SqlRunner } from '../store/sql.js'
import type { ControlEvent } from '../types.js'
import type { CallStream } from './call-stream.js'
import { insertCalls } from './calls-table.js'
import { replaceUnknown } from './late.js'
import type { OpenCalls } from './open-calls.js'
import { addRollups } from './rollups.js'
import type { SpendBook } from './spend-book.js'
import { type Booking, recover, type Spool, settledIn } from './spool.js'

/** Delay of a group commit, in milliseconds; the shorter one for a call after a pause. A commit costs as much as twenty of its calls. */
const gatherMs = 15
const busyGatherMs = 100
const batchRows = 500
const longestPause = 5_000
const refreshMs = 1_000
/** Delay of a group commit that an answer waits for, and the longest wait, in milliseconds. */
const hurryMs = 3
const commitMs = 250
/** Calls that wait in memory for the database; further ones wait in the journal alone. */
const mostPending = 50_000

/** Places outside of this machine, for `durability: shared`. */
export interface SharedDurability {
  /** Whether a commit of the database is one, as with Postgres. */
  readonly commits: boolean
  readonly open: OpenCalls | undefined
  readonly stream: CallStream | undefined
}

export interface LedgerOptions {
  /** Calls that wait in memory for the database. @default 50_000 */
  readonly most?: number | undefined
  /** @default `durability: local` */
  readonly shared?: SharedDurability | undefined
}

/** Writes settled calls, rollups and sums of spend in one transaction, in groups. */
export class Ledger {
  readonly #sql: Sql
  readonly #book: SpendBook
  readonly #spool: Spool
  readonly #notify: (event: ControlEvent) => void
  #pending: Booking[] = []
  /** Calls that wait in the journal alone. */
  readonly #parked = new Set<string>()
  readonly #most: number
  #timer: NodeJS.Timeout | undefined
  readonly #refresher: NodeJS.Timeout
  readonly #shared: SharedDurability | undefined
  /** Calls whose answer waits until they are kept outside of this machine. */
  readonly #waiting = new Map<string, (written: boolean) => void>()
  readonly #written = new WeakSet<Booking>()
  /** Writing and reading of sums take turns, so that none is counted twice. */
  #turn: Promise<unknown> = Promise.resolve()
  #pause = 0
  #wroteAt = Number.NEGATIVE_INFINITY
  /** Whether a commit has taken too long, until the next one succeeds. */
  #slow = false
  #closed = false

  constructor(
    sql: Sql,
    book: SpendBook,
    spool: Spool,
    notify: (event: ControlEvent) => void,
    { most = mostPending, shared }: LedgerOptions = {},
  ) {
    this.#most = most
    this.#shared = shared
    const left = (bookings: readonly Booking[]) => this.#inTurn(() => this.#write(bookings, false))
    shared?.open?.start(left)
    this.#sql = sql
    this.#book = book
    this.#spool = spool
    this.#notify = notify
    this.#refresher = setInterval(() => {
      void this.#refresh()
      void shared?.stream?.drain(Date.now(), left).catch(() => {})
    }, refreshMs)
    this.#refresher.unref()
  }

  /** Whether the database took the last rows. */
  get writable(): boolean {
    return this.#pause === 0
  }

  /** Calls that are not yet in the database. */
  get backlog(): number {
    return this.#pending.length + this.#parked.size
  }

  /** Books the calls of processes that have ended without writing them. Returns their number. */
  async recover(): Promise<number> {
    const files = this.#spool.abandoned()
    const bookings = recover(files)
    for (const group of chunks(bookings, batchRows)) {
      await this.#inTurn(() => this.#write(group, false)).catch(async (error: unknown) => {
        if (!isRejected(error)) throw error
        for (const one of group) {
          await this.#inTurn(() => this.#write([one], false)).catch((reason: Error) =>
            this.#notify({ kind: 'trouble', part: 'store', error: reason }),
          )
        }
      })
    }
    for (const file of files) rmSync(file, { force: true })
    return bookings.length
  }

  /** Journals a call before it begins. */
  admit(booking: Booking): void {
    this.#spool.admit(booking)
    this.#shared?.open?.begin(booking)
  }

  /** Forgets a call that never reached a provider. */
  release(id: string): void {
    this.#spool.release(id)
    this.#shared?.open?.end(id)
  }

  /** Resolves once the journal has all calls; undefined if it does. */
  get journaled(): Promise<void> | undefined {
    return this.#spool.written
  }

  /**
   * Resolves once the journal has an ended call. With `durability: shared`, once it is kept outside of this machine: in the shared
   * database, else in Redis; if neither takes it in time, the journal has it.
   */
  kept(booking: Booking): Promise<void> | undefined {
    return this.#shared && !this.#closed ? this.#keptBy(this.#shared, booking) : this.#spool.written
  }

  async #keptBy({ stream, commits }: SharedDurability, booking: Booking): Promise<void> {
    await this.#spool.written
    if (this.#written.has(booking)) return
    // a database that has just refused, or did not answer in time, is not waited for
    if (commits && this.#pause === 0 && !this.#slow) {
      if (await this.#committed(booking.row.id)) return
      this.#slow = true
    }
    await stream?.add(booking)
  }

  /** Waits for the commit of a call. Resolves to false if it takes too long. */
  #committed(id: string): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (written: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        resolve(written)
      }
      const timer = setTimeout(end, commitMs, false)
      this.#waiting.set(id, end)
      // nobody gains by a larger group
      if (this.#timer) {
        clearTimeout(this.#timer)
        this.#timer = undefined
        this.#schedule(hurryMs)
      }
    })
  }

  /** Books an ended call: at once in memory, within milliseconds in the database. */
  settle(booking: Booking): void {
    this.#keep(booking)
    this.#notify({ kind: 'settled', call: booking.row })
  }

  #keep(booking: Booking): void {
    const { row, spend } = booking
    for (const place of spend) {
      const amount = amountOf(row, place)
      if (amount !== 0n) this.#book.add(place, amount)
    }
    this.#spool.settle(booking)
    this.#shared?.open?.end(row.id)
    if (this.#pending.length < this.#most) this.#pending.push(booking)
    else this.#parked.add(row.id)
    if (!this.#timer) this.#schedule(performance.now() - this.#wroteAt < busyGatherMs ? busyGatherMs : gatherMs)
  }

  /**
   * Replaces the row of a call whose cost was unknown. Resolves to false if the database does not answer, and the row may be in memory
   * only.
   */
  async amend(booking: Booking): Promise<boolean> {
    if (!(await this.flush())) return false
    this.#keep(booking)
    return true
  }

  #schedule(delay: number): void {
    if (this.#timer || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.flush()
    }, delay)
  }

  /** Writes everything that is pending. Resolves to false if the database did not take it. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    return await this.#inTurn(() => this.#writeAll())
  }

  async #writeAll(): Promise<boolean> {
    this.#wroteAt = performance.now()
    while (this.#pending.length > 0) {
      const batch = this.#pending.slice(0, batchRows)
      try {
        await this.#write(batch, true)
      } catch (error) {
        if (isRejected(error)) {
          await this.#writeSingly(batch)
          this.#pending = this.#pending.slice(batch.length)
          continue
        }
        if (this.#pause === 0) this.#notify({ kind: 'trouble', part: 'store', error: error as Error })
        this.#pause = Math.min(longestPause, Math.max(250, this.#pause * 2))
        for (const end of [...this.#waiting.values()]) end(false)
        this.#schedule(this.#pause)
        return false
      }
      this.#pause = 0
      this.#slow = false
      this.#pending = this.#pending.slice(batch.length)
      for (const { row } of batch) {
        this.#spool.done(row.id)
        this.#waiting.get(row.id)?.(true)
      }
      if (this.#shared) for (const booking of batch) this.#written.add(booking)
      this.#shared?.stream?.done(batch.map(({ row }) => row.id))
      if (this.#pending.length === 0 && this.#parked.size > 0) this.#unpark()
    }
    return true
  }

  /** One row that the database refuses must not hold up the others. Its journal stays, and the sums in memory have it. */
  async #writeSingly(batch: readonly Booking[]): Promise<void> {
    for (const booking of batch) {
      try {
        await this.#write([booking], true)
        this.#spool.done(booking.row.id)
      } catch (error) {
        this.#notify({ kind: 'trouble', part: 'store', error: error as Error })
      }
    }
  }

  /** Takes the next calls back from the journal. */
  #unpark(): void {
    for (const file of this.#spool.files()) {
      for (const booking of settledIn(file)) {
        if (this.#pending.length >= this.#most) return
        if (this.#parked.delete(booking.row.id)) this.#pending.push(booking)
      }
    }
    // the disk was full when these calls ended: their rows are lost, their amounts are in the sums in memory only
    this.#parked.clear()
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(run)
    this.#turn = result.catch(() => {})
    return result
  }

  async #refresh(): Promise<void> {
    await this.#inTurn(() => this.#book.refresh(this.#sql, Date.now())).catch(() => {})
  }

  /** Reads sums anew: those of the database, with the calls that this process has not written yet. A database that cannot be reached changes nothing. */
  async reload(places: readonly SpendPlace[]): Promise<void> {
    await this.#inTurn(() => this.#book.reload(this.#sql, places)).catch(() => {})
  }

  /**
   * Reads the sums of subjects that are not in memory.
   * @throws a refusal with status 503 if the database does not answer
   */
  async read(subjects: readonly string[]): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('The database does not answer.')), patienceOf(this.#sql))
    })
    try {
      await Promise.race([this.#book.read(this.#sql, subjects), late])
    } catch {
      throw unreadable('The database does not answer, and the spend of the key is not in memory. Try again.')
    } finally {
      clearTimeout(timer)
    }
  }

  /** @param booked whether the sums in memory already contain the calls */
  async #write(batch: readonly Booking[], booked: boolean): Promise<void> {
    const added = new Map<string, { subject: string; period: string; counted: bigint; booked: bigint }>()
    const totals = await this.#sql.transaction(async (tx) => {
      added.clear()
      const rows = batch.map(({ row }) => row)
      const fresh = await insertCalls(tx, rows)
      const late = await replaceUnknown(tx, rows, fresh)
      const add = ({ subject, period }: SpendPlace, counted: bigint, booked: bigint) => {
        const key = `${subject}\n${period}`
        const sum = added.get(key) ?? { subject, period, counted: 0n, booked: 0n }
        sum.counted += counted
        sum.booked += booked
        added.set(key, sum)
      }
      for (const [spend, { written, all }] of amountsBySpend(batch, fresh)) {
        for (const place of spend) {
          const [counted, whole] = place.requests ? [written.calls, all.calls] : [written.nanos, all.nanos]
          if (counted !== 0n || whole !== 0n) add(place, counted, booked ? whole : 0n)
        }
      }
      if (late.size > 0) {
        for (const { row, spend } of batch) {
          const before = late.get(row.id)
          if (before) for (const place of spend) add(place, -amountOf(before, place), 0n)
        }
      }
      const counted = rows.filter(({ id }) => fresh.has(id))
      await addRollups(tx, counted)
      await addRollups(tx, [...late.values()], -1)
      return await addSpend(tx, [...added.values()], databaseTime(this.#sql.engine))
    })
    this.#book.committed(
      totals.map(({ subject, period, nanos }) => ({
        subject,
        period,
        nanos,
        added: added.get(`${subject}\n${period}`)?.booked ?? 0n,
      })),
    )
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#refresher)
    await this.flush()
    await this.#shared?.open?.close()
    this.#spool.close()
  }
}

/** The amount of a call at one place: money in 10⁻⁹ US dollars, or one request. */
const amountOf = (row: LedgerRow, { requests }: SpendPlace): bigint => (requests ? 1n : BigInt(row.nanos))

interface Amounts {
  nanos: bigint
  calls: bigint
}

/**
 * Amounts of calls by their list of places: calls of one caller share it, so their five places are looked up once. `written` leaves out the
 * calls that were already there, written before the connection broke.
 */
function amountsBySpend(batch: readonly Booking[], fresh: ReadonlySet<string>) {
  const found = new Map<readonly SpendPlace[], { readonly written: Amounts; readonly all: Amounts }>()
  for (const { row, spend } of batch) {
    let sums = found.get(spend)
    if (!sums) {
      sums = { written: { nanos: 0n, calls: 0n }, all: { nanos: 0n, calls: 0n } }
      found.set(spend, sums)
    }
    const nanos = BigInt(row.nanos)
    sums.all.nanos += nanos
    sums.all.calls++
    if (!fresh.has(row.id)) continue
    sums.written.nanos += nanos
    sums.written.calls++
  }
  return found
}

/** Whether the database refuses the data itself (SQLSTATE classes 22 and 23, constraints of SQLite): a repetition is in vain. */
const isRejected = (error: unknown): boolean =>
  /^(22|23)|SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(String((error as { code?: unknown } | null)?.code ?? ''))

/** Returns the new sums of all subjects of the batch. */
async function addSpend(
  tx: SqlRunner,
  sums: readonly { subject: string; period: string; counted: bigint }[],
  time: string,
): Promise<{ subject: string; period: string; nanos: bigint }[]> {
  const sorted = [...sums].sort((a, b) => (`${a.subject}\n${a.period}` < `${b.subject}\n${b.period}` ? -1 : 1))
  const totals: { subject: string; period: string; nanos: bigint }[] = []
  for (const group of chunks(sorted, 200, tx.engine)) {
    const isSqlite = tx.engine === 'sqlite'
    const fields = 'subject, period, CAST(nanos AS TEXT) AS nanos'
    const written = await tx.query(
      `INSERT INTO llmux_spend (subject, period, nanos, updated) VALUES ${group.map(() => `(?,?,?,${time})`).join(',')}
       ON CONFLICT (subject, period) DO UPDATE SET nanos = llmux_spend.nanos + excluded.nanos, updated = excluded.updated
       ${isSqlite ? '' : `RETURNING ${fields}`}`,
      group.flatMap(({ subject, period, counted }) => [subject, period, Number(counted)]),
    )
    const rows = isSqlite
      ? await tx.query(
          `SELECT ${fields} FROM llmux_spend WHERE (subject, period) IN (VALUES ${placeholders(group.length, 2)})`,
          group.flatMap(({ subject, period }) => [subject, period]),
        )
      : written
    for (const { subject, period, nanos } of rows) {
      totals.push({ subject: String(subject), period: String(period), nanos: BigInt(String(nanos)) })
    }
  }
  return totals
}
