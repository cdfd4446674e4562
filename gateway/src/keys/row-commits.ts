import { randomUUID } from 'node:crypto'
import { badRequest } from '../refusal.js'
import type { Vault } from '../store/secrets.js'
import { announce, type Sql, type SqlRunner } from '../store/sql.js'
import type { ControlEvent } from '../types.js'
import { type Actor, type Change, type CollectionName, type Edit, isMany } from './collections.js'
import type { RowFeed } from './row-feed.js'
import { readBodies } from './row-loader.js'
import type { SubjectRows } from './subject-rows.js'

interface Draft {
  readonly edits: Edit[]
  readonly statements: ((tx: SqlRunner) => Promise<unknown>)[]
  readonly after: (() => void)[]
}

/** Reads rows of large collections at the beginning of a transaction. */
export type ReadBefore = (tx: SqlRunner) => Promise<unknown>

/** Characters in JSON that Postgres cannot search: the indexes of keys would refuse the row. */
const unreadableText = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

/** Changes rows in transactions, each with its lines in the audit. */
export class RowCommits {
  readonly #sql: Sql
  readonly #vault: Vault
  readonly #rows: SubjectRows
  readonly #feed: RowFeed
  readonly #notify: (event: ControlEvent) => void
  #committing: Promise<unknown> = Promise.resolve()

  constructor(sql: Sql, vault: Vault, rows: SubjectRows, feed: RowFeed, notify: (event: ControlEvent) => void) {
    this.#sql = sql
    this.#vault = vault
    this.#rows = rows
    this.#feed = feed
    this.#notify = notify
  }

  /** Resolves once no transaction is open. */
  get settled(): Promise<unknown> {
    return this.#committing
  }

  change<Result>(actor: Actor, action: string, edit: (change: Change) => Result, before?: ReadBefore): Promise<Result> {
    const run = ({ edits, statements, after }: Draft) => {
      const pending = new Map<string, unknown>()
      const note = (collection: CollectionName, id: string, row: unknown) => {
        pending.set(`${collection}/${id}`, row)
        edits.push({ collection, id, row })
      }
      return edit({
        get: (collection, id) => {
          const key = `${collection}/${id}`
          if (pending.has(key)) return pending.get(key) as undefined
          if (isMany(collection) && !this.#rows.knows(collection, id)) throw new Error(`The row ${key} was not read.`)
          return this.#rows.get(collection, id)
        },
        put: note,
        remove: (collection, id) => note(collection, id, undefined),
        also: (statement) => statements.push(statement),
        after: (run) => after.push(run),
      })
    }
    return this.#commit(actor, action, run, before)
  }

  changeDocument(actor: Actor, action: string, collection: string, id: string, value: unknown): Promise<boolean> {
    return this.#commit(actor, action, ({ edits }) => {
      const existed = this.#rows.documents(collection).has(id)
      if (value !== undefined || existed) edits.push({ collection, id, row: value })
      return existed
    })
  }

  /** One commit at a time, so that rows are applied in the order of their versions. */
  #commit<Result>(actor: Actor, action: string, edit: (draft: Draft) => Result, before?: ReadBefore): Promise<Result> {
    const result = this.#committing.then(() => this.#transact(actor, action, edit, before))
    this.#committing = result.catch(() => {})
    return result
  }

  async #transact<Result>(
    actor: Actor,
    action: string,
    edit: (draft: Draft) => Result,
    before: ReadBefore | undefined,
  ): Promise<Result> {
    const draft: Draft = { edits: [], statements: [], after: [] }
    let committed = 0
    const result = await this.#sql.transaction(async (tx) => {
      // locks the counter until the commit, so that versions become visible in order
      const [locked] = await tx.query(
        "UPDATE llmux_meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'version' RETURNING value",
      )
      const version = Number(locked?.value)
      if (version > this.#feed.version + 1) await this.#feed.catchUp(tx)
      await before?.(tx)
      const value = edit(draft)
      for (const change of draft.edits) {
        await this.#audit(tx, actor, action, change)
        await this.#write(tx, change, version)
      }
      for (const statement of draft.statements) await statement(tx)
      if (this.#sql.engine === 'postgres' && draft.edits.length > 0) await tx.query(announce)
      committed = version
      return value
    })
    this.#feed.committed(committed)
    this.#rows.apply(draft.edits)
    for (const run of draft.after) run()
    for (const { collection, id } of draft.edits) {
      this.#notify({ kind: 'audit', action, table: collection, id, by: actor.user })
    }
    return result
  }

  async #write(tx: SqlRunner, { collection, id, row }: Edit, version: number): Promise<void> {
    const text = row === undefined ? null : JSON.stringify(row)
    if (text !== null && collection === 'keys' && unreadableText.test(text))
      throw badRequest('Texts must not contain the character U+0000, or half of a surrogate pair.')
    const body = text === null || this.#rows.isCollection(collection) ? text : this.#vault.seal(text)
    await tx.query(
      `INSERT INTO llmux_rows (collection, id, body, version) VALUES (?, ?, ?, ?)
       ON CONFLICT (collection, id) DO UPDATE SET body = excluded.body, version = excluded.version`,
      [collection, id, body, version],
    )
  }

  async #audit(tx: SqlRunner, actor: Actor, action: string, { collection, id, row }: Edit): Promise<void> {
    // documents may hold credentials: only the fact of the change is kept
    const visible = this.#rows.isCollection(collection)
    const text = (value: unknown) => (visible && value !== undefined ? JSON.stringify(value) : null)
    const before = isMany(collection)
      ? ((await readBodies(tx, collection, [id])).get(id) ?? null)
      : text(visible ? this.#rows.get(collection, id) : undefined)
    await tx.query(
      `INSERT INTO llmux_audit (id, at, actor, actor_key, action, collection, row_id, before_value, after_value)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [randomUUID(), Date.now(), actor.user, actor.key, action, collection, id, before, text(row)],
    )
  }
}
