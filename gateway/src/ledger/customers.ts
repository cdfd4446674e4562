import { emptyCustomer } from '../admin/empty-rows.js'
import type { Actor, Change } from '../keys/collections.js'
import type { Directory } from '../keys/directory.js'
import type { CustomerRow } from '../store/rows.js'
import type { Sql } from '../store/sql.js'

const delayMs = 200
const recountMs = 10_000
const gateway: Actor = { user: 'gateway', key: '' }

/** Creates the rows of customers that calls have named, in groups and up to a bound. */
export class Customers {
  readonly #sql: Sql
  readonly #directory: Directory
  readonly #most: () => number
  readonly #new = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<unknown> = Promise.resolve()

  /** Rows, as they were last counted, and those of this process since then. */
  #known = 0
  #counted = 0

  constructor(sql: Sql, directory: Directory, most: () => number) {
    this.#sql = sql
    this.#directory = directory
    this.#most = most
  }

  /** Counts the rows of all processes. */
  async count(): Promise<void> {
    const most = this.#most()
    const [row] = await this.#sql.query(
      `SELECT COUNT(*) AS count FROM (SELECT 1 FROM llmux_rows WHERE collection = 'customers' AND body IS NOT NULL LIMIT ?) AS few`,
      [most],
    )
    this.#known = Number(row?.count)
    this.#counted = performance.now()
  }

  /** Notes a customer of a call. */
  seen(id: string): void {
    if (this.#new.has(id) || this.#directory.get('customers', id)) return
    if (this.#known + this.#new.size >= this.#most()) {
      // others may have been deleted
      if (performance.now() - this.#counted > recountMs) {
        this.#counted = performance.now()
        void this.count().catch(() => {})
      }
      return
    }
    this.#new.add(id)
    this.#timer ??= setTimeout(() => void this.flush(), delayMs)
  }

  /** Creates the noted customers. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const ids = [...this.#new]
    this.#new.clear()
    if (ids.length > 0) this.#writing = this.#write(ids).catch(() => {})
    await this.#writing
  }

  #write(ids: readonly string[]): Promise<void> {
    const edit = (change: Change) => {
      for (const id of ids) {
        if (change.get('customers', id)) continue
        change.put('customers', id, newCustomer(id, new Date().toISOString(), gateway.user))
        change.after(() => {
          this.#known++
        })
      }
    }
    return this.#directory.change(gateway, 'customer created by a call', edit, (tx) =>
      this.#directory.read(tx, 'customers', ids),
    )
  }
}

/** A customer without a budget of its own. */
export const newCustomer = (id: string, at: string, by: string): CustomerRow => ({
  user_id: id,
  ...emptyCustomer,
  created_at: at,
  created_by: by,
  updated_at: at,
  updated_by: by,
  spend_epoch: 0,
})
