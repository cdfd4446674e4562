import type { Sql, SqlRow, SqlRunner, SqlValue } from '../store/sql.js'
import type { Handlers } from './peer.js'
import { sqlCalls } from './remote-sql.js'

/** Longest pause of a transaction: a worker that hangs must not hold up the others. */
const longestPauseMs = 15_000

interface Open {
  readonly tx: SqlRunner
  changes: boolean
  end(commit: boolean): void
  /** Settles with the commit, or rejects. */
  readonly over: Promise<void>
  timer: NodeJS.Timeout
}

class RolledBack extends Error {}

/** The database of the owner, as one worker sees it. */
export class OwnerSql {
  readonly #sql: Sql
  readonly #changed: () => Promise<unknown>
  readonly #open = new Map<number, Open>()
  #nextId = 1
  #gone = false

  /** @param changed called after a commit with changed rows. The commit is answered when all workers know them. */
  constructor(sql: Sql, changed: () => Promise<unknown>) {
    this.#sql = sql
    this.#changed = changed
  }

  readonly handlers: Handlers = {
    [sqlCalls.query]: (text: string, values: readonly SqlValue[]) => this.#sql.query(text, values),
    [sqlCalls.begin]: () => this.#begin(),
    [sqlCalls.run]: (id: number, text: string, values: readonly SqlValue[]) => this.#run(id, text, values),
    [sqlCalls.end]: (id: number, commit: boolean) => this.#end(id, commit),
  }

  /** Rolls back the transactions of a worker that has ended. */
  close(): void {
    this.#gone = true
    for (const { end } of this.#open.values()) end(false)
  }

  #begin(): Promise<number> {
    return new Promise((resolve, reject) => {
      const over = this.#sql.transaction(
        (tx) =>
          new Promise<void>((commit, rollback) => {
            const id = this.#nextId++
            const end = (keep: boolean) => {
              // no statement may run beside the transaction once it is over
              this.#open.delete(id)
              clearTimeout(open.timer)
              if (keep) commit()
              else rollback(new RolledBack('The transaction was rolled back.'))
            }
            const open: Open = { tx, changes: false, end, over, timer: setTimeout(() => end(false), longestPauseMs) }
            this.#open.set(id, open)
            if (this.#gone) end(false)
            resolve(id)
          }),
      )
      over.catch(reject)
    })
  }

  #run(id: number, text: string, values: readonly SqlValue[]): Promise<SqlRow[]> {
    const open = this.#find(id)
    open.timer.refresh()
    if (/^\s*insert into llmux_rows\b/i.test(text)) open.changes = true
    return open.tx.query(text, values)
  }

  async #end(id: number, commit: boolean): Promise<void> {
    const open = this.#find(id)
    open.end(commit)
    try {
      await open.over
    } catch (error) {
      if (commit || !(error instanceof RolledBack)) throw error
    }
    if (commit && open.changes) await this.#changed()
  }

  #find(id: number): Open {
    const open = this.#open.get(id)
    if (!open) throw new Error('The transaction is over.')
    return open
  }
}
