import type { Vault } from '../store/secrets.js'
import type { Sql, SqlRunner } from '../store/sql.js'
import type { ControlEvent } from '../types.js'
import type { Edit } from './collections.js'
import { pageRows, type SubjectRows } from './subject-rows.js'

/** Milliseconds between two looks for changes of other processes. */
const pollMs = 750

/**
 * Follows the database: loads the rows at the start, and then the changes of other processes. Rows carry a version from one counter that
 * is locked while a change commits, so versions appear in order and a poll misses none.
 */
export class RowFeed {
  readonly #sql: Sql
  readonly #vault: Vault
  readonly #rows: SubjectRows
  readonly #notify: (event: ControlEvent) => void
  #version = 0
  #seenAt = Date.now()
  #failed = false
  #timer: NodeJS.Timeout | undefined
  #polling: Promise<void> | undefined

  constructor(sql: Sql, vault: Vault, rows: SubjectRows, notify: (event: ControlEvent) => void) {
    this.#sql = sql
    this.#vault = vault
    this.#rows = rows
    this.#notify = notify
  }

  /** Loads the rows of small collections, and begins to follow changes. */
  async start(): Promise<void> {
    await this.#load()
    this.#sql.listen?.(async () => {
      // a look that has begun may have missed the change
      await this.#polling
      await this.poll()
    })
    this.#timer = setInterval(() => void this.poll(), pollMs)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#polling
  }

  /** Whether changes are followed: between start and stop. */
  get running(): boolean {
    return this.#timer !== undefined
  }

  /** Milliseconds since the database was last read. */
  get lagMs(): number {
    return Date.now() - this.#seenAt
  }

  /** Whether the last look at the database succeeded. */
  get connected(): boolean {
    return !this.#failed
  }

  /** Version of the rows in memory. */
  get version(): number {
    return this.#version
  }

  /** Notes a commit of this process. */
  committed(version: number): void {
    this.#version = Math.max(this.#version, version)
  }

  async #load(): Promise<void> {
    const [counter] = await this.#sql.query("SELECT value FROM llmux_meta WHERE name = 'version'")
    // each range is one part of the index, without a look at the rows of the large collections
    for (const range of ["< 'customers'", "> 'customers' AND collection < 'keys'", "> 'keys'"]) {
      const rows = await this.#sql.query(`SELECT collection, id, body FROM llmux_rows WHERE collection ${range}`)
      this.#rows.apply(
        rows.map(({ collection, id, body }) => ({
          collection: String(collection),
          id: String(id),
          row: this.#parse(String(collection), body),
        })),
      )
    }
    this.#version = Number(counter?.value ?? 0)
    this.#seenAt = Date.now()
  }

  /** Reads the changes of other processes. */
  poll(): Promise<void> {
    this.#polling ??= this.catchUp(this.#sql)
      .then(
        () => {
          this.#failed = false
        },
        (error: Error) => {
          if (!this.#failed) this.#notify({ kind: 'trouble', part: 'store', error })
          this.#failed = true
        },
      )
      .finally(() => {
        this.#polling = undefined
      })
    return this.#polling
  }

  /** The same within a transaction. */
  async catchUp(runner: SqlRunner): Promise<void> {
    // a commit has all rows of its version
    let last: [number, string, string] = [this.#version + 1, '', '']
    for (;;) {
      const rows = await runner.query(
        `SELECT collection, id, body, version FROM llmux_rows WHERE (version, collection, id) > (?, ?, ?)
         ORDER BY version, collection, id LIMIT ${pageRows}`,
        last,
      )
      this.#seenAt = Date.now()
      const edits: Edit[] = []
      for (const row of rows) {
        const [version, collection, id] = [Number(row.version), String(row.collection), String(row.id)]
        last = [version, collection, id]
        // a commit of this process may have overtaken the answer
        if (version <= this.#version) continue
        if (this.#rows.wants(collection, id)) edits.push({ collection, id, row: this.#parse(collection, row.body) })
        else this.#rows.unbar(collection, id)
      }
      this.#rows.apply(edits)
      // the rest of a version that is divided by the page comes with the next one
      if (rows.length < pageRows) {
        this.#version = Math.max(this.#version, last[0] - (rows.length === 0 && last[1] === '' ? 1 : 0))
        return
      }
    }
  }

  #parse(collection: string, body: unknown): unknown {
    if (typeof body !== 'string') return undefined
    return JSON.parse(this.#rows.isCollection(collection) ? body : this.#vault.open(body))
  }
}
