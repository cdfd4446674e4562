import { randomUUID } from 'node:crypto'
import { refusalOf } from '../refusal.js'
import type {
  BudgetRow,
  CustomerRow,
  KeyRow,
  MembershipRow,
  OrganizationRow,
  TagRow,
  TeamRow,
  UserRow,
} from '../store/rows.js'
import type { Vault } from '../store/secrets.js'
import { announce, type Sql, type SqlRunner } from '../store/sql.js'
import type { ControlEvent } from '../types.js'
import type { Bus } from '../workers/shared.js'

/** The collections and the type of their rows. */
export interface Collections {
  keys: KeyRow
  teams: TeamRow
  memberships: MembershipRow
  users: UserRow
  customers: CustomerRow
  budgets: BudgetRow
  tags: TagRow
  organizations: OrganizationRow
}

/** Name of a collection. */
export type CollectionName = keyof Collections

/** The author of a change, for the audit. */
export interface Actor {
  /** User id, or `default_user_id` for the master key. */
  readonly user: string
  /** Hash of the key. */
  readonly key: string
}

/** A change in progress. Reads see the newest rows of all processes, and the changes made so far. */
export interface Change {
  get<Name extends CollectionName>(collection: Name, id: string): Collections[Name] | undefined
  put<Name extends CollectionName>(collection: Name, id: string, row: Collections[Name]): void
  remove(collection: CollectionName, id: string): void
  /** A further statement in the same transaction. */
  also(statement: (tx: SqlRunner) => Promise<unknown>): void
  /** Runs once the change is committed, before the caller continues. */
  after(run: () => void): void
}

interface Edit {
  readonly collection: string
  readonly id: string
  readonly row: unknown
}

interface Draft {
  readonly edits: Edit[]
  readonly statements: ((tx: SqlRunner) => Promise<unknown>)[]
  readonly after: (() => void)[]
}

/** Milliseconds that a block waits for the database, and between two attempts to store it. */
const patienceMs = 300
const repeatMs = 1_000
/** Milliseconds between two looks for changes of other processes. */
const pollMs = 750

/**
 * All subjects, in memory: the request loop touches no database. Rows carry a version from one counter that is locked while a change
 * commits, so versions appear in order and a poll misses none.
 */
export class Directory {
  readonly #sql: Sql
  readonly #vault: Vault
  readonly #notify: (event: ControlEvent) => void
  readonly #maps: { readonly [Name in CollectionName]: Map<string, Collections[Name]> } = {
    keys: new Map(),
    teams: new Map(),
    memberships: new Map(),
    users: new Map(),
    customers: new Map(),
    budgets: new Map(),
    tags: new Map(),
    organizations: new Map(),
  }
  /** Encrypted documents of other parts, by collection. */
  readonly #documents = new Map<string, Map<string, unknown>>()
  /** Grows with each change, of rows and of the time zone. */
  changes = 0
  #timezone: string | undefined
  readonly #watchers = new Set<(collections: ReadonlySet<string>) => void>()
  /** Rows that are blocked before the database knows it, as `collection/id`. */
  readonly #barred = new Set<string>()
  readonly #bus: Bus | undefined
  #version = 0
  #timer: NodeJS.Timeout | undefined
  #polling: Promise<void> | undefined
  #committing: Promise<unknown> = Promise.resolve()
  #seenAt = Date.now()
  #failed = false

  constructor(sql: Sql, vault: Vault, notify: (event: ControlEvent) => void, bus?: Bus) {
    this.#sql = sql
    this.#bus = bus
    bus?.subscribe('barred', (names: readonly string[]) => this.bar(names))
    this.#vault = vault
    this.#notify = notify
  }

  /** IANA name of the time zone in which budget periods begin; undefined is UTC. */
  get timezone(): string | undefined {
    return this.#timezone
  }

  set timezone(name: string | undefined) {
    this.#timezone = name
    this.changes++
  }

  /** Loads all rows and begins to follow changes. */
  async start(): Promise<void> {
    await this.#catchUp(this.#sql)
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
    await this.#committing
  }

  /** Milliseconds since the database was last read; small while it answers. */
  get lagMs(): number {
    return Date.now() - this.#seenAt
  }

  /** Whether the last look at the database succeeded. */
  get connected(): boolean {
    return !this.#failed
  }

  get<Name extends CollectionName>(collection: Name, id: string): Collections[Name] | undefined {
    const row = this.#maps[collection].get(id)
    if (this.#barred.size === 0 || !row || !this.#barred.has(`${collection}/${id}`)) return row
    return { ...row, blocked: true }
  }

  /**
   * A change that blocks rows. If the database does not take it at once, the rows are blocked in memory, here and in the processes that
   * the bus reaches, and the change is repeated until the database has it.
   * @returns undefined if the database does not have it yet
   */
  async block<Result>(
    actor: Actor,
    action: string,
    rows: readonly (readonly [CollectionName, string])[],
    edit: (change: Change) => Result,
  ): Promise<Result | undefined> {
    // refuses what the caller may not do, before anything is blocked
    edit({ get: (collection, id) => this.get(collection, id), put() {}, remove() {}, also() {}, after() {} })
    const first = this.change(actor, action, edit)
    const outcome = first.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, patienceMs, undefined)
    })
    const found = await Promise.race([outcome, late])
    clearTimeout(timer)
    if (found && 'value' in found) return found.value
    if (found && refusalOf(found.error)) throw found.error
    const names = rows.map(([collection, id]) => `${collection}/${id}`)
    this.bar(names)
    this.#bus?.publish('barred', names)
    void this.#repeat(outcome, () => this.change(actor, action, edit))
    return undefined
  }

  /** Blocks rows in memory until their next change. */
  bar(names: readonly string[]): void {
    for (const name of names) this.#barred.add(name)
    this.changes++
  }

  async #repeat(first: Promise<object>, change: () => Promise<unknown>): Promise<void> {
    let outcome = await first
    while ('error' in outcome && !refusalOf(outcome.error) && this.#timer) {
      await new Promise((resolve) => setTimeout(resolve, repeatMs))
      outcome = await change().then(
        () => ({}),
        (error: unknown) => ({ error }),
      )
    }
  }

  all<Name extends CollectionName>(collection: Name): IterableIterator<Collections[Name]> {
    return this.#maps[collection].values()
  }

  size(collection: CollectionName): number {
    return this.#maps[collection].size
  }

  documents(collection: string): ReadonlyMap<string, unknown> {
    return this.#documents.get(collection) ?? new Map()
  }

  /** Called with the changed collections after each change, also of other processes. */
  watch(changed: (collections: ReadonlySet<string>) => void): () => void {
    this.#watchers.add(changed)
    return () => this.#watchers.delete(changed)
  }

  /** Reads the changes of other processes. */
  poll(): Promise<void> {
    this.#polling ??= this.#catchUp(this.#sql)
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

  async #catchUp(runner: SqlRunner): Promise<void> {
    const rows = await runner.query(
      'SELECT collection, id, body, version FROM llmux_rows WHERE version > ? ORDER BY version',
      [this.#version],
    )
    this.#seenAt = Date.now()
    const edits: Edit[] = []
    for (const { collection, id, body, version } of rows) {
      // a commit of this process may have overtaken the answer
      if (Number(version) <= this.#version) continue
      edits.push({ collection: String(collection), id: String(id), row: this.#read(String(collection), body) })
    }
    for (const { version } of rows) this.#version = Math.max(this.#version, Number(version))
    this.#apply(edits)
  }

  #read(collection: string, body: unknown): unknown {
    if (typeof body !== 'string') return undefined
    return JSON.parse(this.#isCollection(collection) ? body : this.#vault.open(body))
  }

  #isCollection(name: string): name is CollectionName {
    return Object.hasOwn(this.#maps, name)
  }

  #apply(edits: readonly Edit[]): void {
    if (edits.length === 0) return
    this.changes++
    const changed = new Set<string>()
    for (const { collection, id, row } of edits) {
      changed.add(collection)
      const map: Map<string, unknown> = this.#isCollection(collection)
        ? (this.#maps[collection] as Map<string, unknown>)
        : this.#documentsOf(collection)
      this.#barred.delete(`${collection}/${id}`)
      if (row === undefined) map.delete(id)
      else map.set(id, row)
    }
    for (const watcher of this.#watchers) watcher(changed)
  }

  #documentsOf(collection: string): Map<string, unknown> {
    let map = this.#documents.get(collection)
    if (!map) {
      map = new Map()
      this.#documents.set(collection, map)
    }
    return map
  }

  /**
   * Changes rows in one transaction, with a line in the audit for each. `edit` may throw to leave everything as it was; it runs on the
   * newest rows of all processes.
   */
  async change<Result>(actor: Actor, action: string, edit: (change: Change) => Result): Promise<Result> {
    return await this.#commit(actor, action, ({ edits, statements, after }) => {
      const pending = new Map<string, unknown>()
      const note = (collection: CollectionName, id: string, row: unknown) => {
        pending.set(`${collection}/${id}`, row)
        edits.push({ collection, id, row })
      }
      return edit({
        get: (collection, id) => {
          const key = `${collection}/${id}`
          return pending.has(key) ? (pending.get(key) as undefined) : this.get(collection, id)
        },
        put: note,
        remove: (collection, id) => note(collection, id, undefined),
        also: (statement) => statements.push(statement),
        after: (run) => after.push(run),
      })
    })
  }

  /** Stores an encrypted document; `undefined` removes it. Returns whether it existed. */
  async changeDocument(actor: Actor, action: string, collection: string, id: string, value: unknown): Promise<boolean> {
    if (this.#isCollection(collection)) throw new Error(`'${collection}' is not a collection of documents.`)
    return await this.#commit(actor, action, ({ edits }) => {
      const existed = this.documents(collection).has(id)
      if (value !== undefined || existed) edits.push({ collection, id, row: value })
      return existed
    })
  }

  /** One commit at a time, so that rows are applied in the order of their versions. */
  #commit<Result>(actor: Actor, action: string, edit: (draft: Draft) => Result): Promise<Result> {
    const result = this.#committing.then(() => this.#transact(actor, action, edit))
    this.#committing = result.catch(() => {})
    return result
  }

  async #transact<Result>(actor: Actor, action: string, edit: (draft: Draft) => Result): Promise<Result> {
    const draft: Draft = { edits: [], statements: [], after: [] }
    let committed = 0
    const result = await this.#sql.transaction(async (tx) => {
      // locks the counter until the commit, so that versions become visible in order
      const [locked] = await tx.query(
        "UPDATE llmux_meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'version' RETURNING value",
      )
      const version = Number(locked?.value)
      if (version > this.#version + 1) await this.#catchUp(tx)
      const value = edit(draft)
      for (const change of draft.edits) {
        await this.#write(tx, change, version)
        await this.#audit(tx, actor, action, change)
      }
      for (const statement of draft.statements) await statement(tx)
      if (this.#sql.engine === 'postgres' && draft.edits.length > 0) await tx.query(announce)
      committed = version
      return value
    })
    this.#version = Math.max(this.#version, committed)
    this.#apply(draft.edits)
    for (const run of draft.after) run()
    for (const { collection, id } of draft.edits) {
      this.#notify({ kind: 'audit', action, table: collection, id, by: actor.user })
    }
    return result
  }

  async #write(tx: SqlRunner, { collection, id, row }: Edit, version: number): Promise<void> {
    const text = row === undefined ? null : JSON.stringify(row)
    const body = text === null || this.#isCollection(collection) ? text : this.#vault.seal(text)
    await tx.query(
      `INSERT INTO llmux_rows (collection, id, body, version) VALUES (?, ?, ?, ?)
       ON CONFLICT (collection, id) DO UPDATE SET body = excluded.body, version = excluded.version`,
      [collection, id, body, version],
    )
  }

  async #audit(tx: SqlRunner, actor: Actor, action: string, { collection, id, row }: Edit): Promise<void> {
    // documents may hold credentials: only the fact of the change is kept
    const visible = this.#isCollection(collection)
    const text = (value: unknown) => (visible && value !== undefined ? JSON.stringify(value) : null)
    await tx.query(
      `INSERT INTO llmux_audit (id, at, actor, actor_key, action, collection, row_id, before_value, after_value)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        randomUUID(),
        Date.now(),
        actor.user,
        actor.key,
        action,
        collection,
        id,
        text(visible ? this.get(collection, id) : undefined),
        text(row),
      ],
    )
  }
}
