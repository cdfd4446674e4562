import { randomUUID } from 'node:crypto'
import { chunks, databaseTime, placeholders, type Sql, type SqlRunner } from '../store/sql.js'
import type { Booking } from './spool.js'

/** Calls that last longer are noted in the database, so that they outlive the machine. */
const noteMs = 100
const longestBeatMs = 5_000
/** Time without a sign of life after which the calls of a process have ended. */
const standardLeaseMs = 45_000
const batch = 200

/**
 * Calls in flight, in the database. Short calls never get there. Those of a process that has gone without a trace become rows with their
 * estimate, and with an unknown cost.
 */
export class OpenCalls {
  readonly #sql: Sql
  readonly #owner = randomUUID()
  readonly #open = new Map<string, { readonly booking: Booking; readonly since: number; noted: boolean }>()
  /** Noted calls that have ended. */
  readonly #ended = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #working = false
  #beatAt = 0
  /** Since when this process has reached the database without a break. */
  #reachedSince = 0

  readonly #leaseMs: number

  constructor(sql: Sql, leaseMs = standardLeaseMs) {
    this.#sql = sql
    this.#leaseMs = leaseMs
  }

  /** @param write books calls whose process has gone */
  start(write: (bookings: readonly Booking[]) => Promise<void>): void {
    this.#timer = setInterval(() => void this.#work(write), noteMs)
    this.#timer.unref()
  }

  begin(booking: Booking): void {
    this.#open.set(booking.row.id, { booking, since: performance.now(), noted: false })
  }

  end(id: string): void {
    if (this.#open.get(id)?.noted) this.#ended.add(id)
    this.#open.delete(id)
  }

  async #work(write: (bookings: readonly Booking[]) => Promise<void>): Promise<void> {
    if (this.#working) return
    this.#working = true
    try {
      const beatMs = Math.min(longestBeatMs, this.#leaseMs / 3)
      if (performance.now() - this.#beatAt > beatMs || this.#beatAt === 0) await this.#beat(write)
      await this.#note()
      await this.#forget(this.#sql)
    } catch {
      this.#reachedSince = 0
      // the database is asked again with the next sign of life
    } finally {
      this.#working = false
    }
  }

  async #note(): Promise<void> {
    const before = performance.now() - noteMs
    const due = [...this.#open.values()].filter(({ noted, since }) => !noted && since < before)
    for (const group of chunks(due, batch)) {
      for (const call of group) call.noted = true
      try {
        await this.#sql.query(
          `INSERT INTO llmux_open_calls (id, owner, booking) VALUES ${placeholders(group.length, 3)} ON CONFLICT (id) DO NOTHING`,
          group.flatMap(({ booking }) => [booking.row.id, this.#owner, JSON.stringify(booking)]),
        )
      } catch (error) {
        for (const call of group) call.noted = false
        throw error
      }
      // a call may have ended meanwhile
      for (const { booking } of group) if (!this.#open.has(booking.row.id)) this.#ended.add(booking.row.id)
    }
  }

  async #forget(runner: SqlRunner): Promise<void> {
    for (const group of chunks([...this.#ended], batch)) {
      await runner.query(`DELETE FROM llmux_open_calls WHERE id IN ${placeholders(1, group.length)}`, group)
      for (const id of group) this.#ended.delete(id)
    }
  }

  async #beat(write: (bookings: readonly Booking[]) => Promise<void>): Promise<void> {
    const now = performance.now()
    await this.#sql.query(
      `INSERT INTO llmux_owners (owner, seen) VALUES (?, ${time})
       ON CONFLICT (owner) DO UPDATE SET seen = excluded.seen`,
      [this.#owner],
    )
    this.#beatAt = now
    this.#reachedSince ||= now
    // after an outage the others need time for a sign of life
    if (now - this.#reachedSince < this.#leaseMs) return
    await this.#sweep(write)
  }

  async #sweep(write: (bookings: readonly Booking[]) => Promise<void>): Promise<void> {
    const gone = `owner NOT IN (SELECT owner FROM llmux_owners WHERE seen > ${time} - ${this.#leaseMs})`
    for (;;) {
      const rows = await this.#sql.query(`SELECT id, booking FROM llmux_open_calls WHERE ${gone} LIMIT ${batch}`)
      if (rows.length === 0) break
      await write(rows.map(({ booking }) => JSON.parse(String(booking)) as Booking))
      await this.#sql.query(
        `DELETE FROM llmux_open_calls WHERE id IN ${placeholders(1, rows.length)}`,
        rows.map(({ id }) => String(id)),
      )
    }
    await this.#sql.query(`DELETE FROM llmux_owners WHERE seen < ${time} - ${10 * this.#leaseMs}`)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    try {
      await this.#forget(this.#sql)
      await this.#sql.query('DELETE FROM llmux_owners WHERE owner = ?', [this.#owner])
    } catch {} // rows of ended calls are known by their ids
  }
}

const time = databaseTime('postgres')
