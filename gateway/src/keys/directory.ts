import { randomUUID } from 'node:crypto'
import { badRequest, refusalOf } from '../refusal.js'
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
import { announce, type Sql, type SqlRow, type SqlRunner } from '../store/sql.js'
import type { ControlEvent } from '../types.js'
import type { Bus } from '../workers/shared.js'
import { everyId, RowCache } from './row-cache.js'
import { customerForm, keyForm } from './row-forms.js'
import { patienceOf, RowLoader, readBodies, unreadable } from './row-loader.js'

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

/** Collections that may be too large for memory. Their rows are read at their first use, and kept up to a bound. */
export type ManyName = 'keys' | 'customers'

/** Collections whose rows are all in memory. */
export type FewName = Exclude<CollectionName, ManyName>

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

const isMany = (name: string): name is ManyName => name === 'keys' || name === 'customers'

/** Characters in JSON that Postgres cannot search: the indexes of keys would refuse the row. */
const unreadableText = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

/** Milliseconds that a block waits for the database, and between two attempts to store it. */
const patienceMs = 300
const repeatMs = 1_000
/** Milliseconds between two looks for changes of other processes. */
const pollMs = 750
/** Rows of one query. */
const pageRows = 1_000
/** Rows of a large collection that are kept in memory. A collection with fewer is kept completely. */
const mostKept = 100_000

/**
 * All subjects. Keys and customers are read at their first use, the others are in memory: a call of a known key touches no database.
 * Rows carry a version from one counter that is locked while a change commits, so versions appear in order and a poll misses none.
 */
export class Directory {
  readonly #sql: Sql
  readonly #vault: Vault
  readonly #notify: (event: ControlEvent) => void
  readonly #many: { readonly [Name in ManyName]: RowCache<Collections[Name]> }
  readonly #loaders: { readonly [Name in ManyName]: RowLoader<Collections[Name]> }
  readonly #maps: { readonly [Name in FewName]: Map<string, Collections[Name]> } = {
    teams: new Map(),
    memberships: new Map(),
    users: new Map(),
    budgets: new Map(),
    tags: new Map(),
    organizations: new Map(),
  }
  readonly #sources: { readonly [Name in CollectionName]: { get(id: string): Collections[Name] | undefined } }
  /** Encrypted documents of other parts, by collection. */
  readonly #documents = new Map<string, Map<string, unknown>>()
  /** Grows with each change, of rows and of the time zone. */
  changes = 0
  #timezone: string | undefined
  readonly #watchers = new Set<(collections: ReadonlySet<string>) => void>()
  /** Rows that are blocked before the database knows it, as `collection/id`. */
  readonly #barred = new Set<string>()
  readonly #bus: Bus | undefined
  readonly #most: number
  #version = 0
  #stopped = false
  #filling: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #polling: Promise<void> | undefined
  #committing: Promise<unknown> = Promise.resolve()
  #seenAt = Date.now()
  #failed = false

  /** @param most rows of a large collection that are kept in memory */
  constructor(sql: Sql, vault: Vault, notify: (event: ControlEvent) => void, bus?: Bus, most = mostKept) {
    this.#most = most
    this.#many = { keys: new RowCache(keyForm, most), customers: new RowCache(customerForm, most) }
    this.#sources = { ...this.#maps, ...this.#many }
    const loader = (name: ManyName) => (ids: readonly string[]) => this.read(sql, name, ids)
    this.#loaders = {
      keys: new RowLoader(this.#many.keys, loader('keys'), patienceOf(sql)),
      customers: new RowLoader(this.#many.customers, loader('customers'), patienceOf(sql)),
    }
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

  /** Loads the rows of small collections, and begins to follow changes and to read large collections that fit into memory. */
  async start(): Promise<void> {
    await this.#loadAll()
    this.#sql.listen?.(async () => {
      // a look that has begun may have missed the change
      await this.#polling
      await this.poll()
    })
    this.#timer = setInterval(() => void this.poll(), pollMs)
    this.#timer.unref()
    this.#filling = this.#fill('keys')
      .then(() => this.#fill('customers'))
      // rows that are missing are read at their first use
      .catch(() => {})
  }

  /** Resolves once the large collections that fit into memory are there. */
  get filled(): Promise<unknown> {
    return this.#filling
  }

  async #loadAll(): Promise<void> {
    const [counter] = await this.#sql.query("SELECT value FROM llmux_meta WHERE name = 'version'")
    // each range is one part of the index, without a look at the rows of the large collections
    for (const range of ["< 'customers'", "> 'customers' AND collection < 'keys'", "> 'keys'"]) {
      const rows = await this.#sql.query(`SELECT collection, id, body FROM llmux_rows WHERE collection ${range}`)
      this.#apply(
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

  /** Reads a large collection before its rows are used, if it fits into memory: it is then there while the database is away. */
  async #fill(collection: ManyName): Promise<void> {
    const cache: RowCache<Collections[ManyName]> = this.#many[collection]
    const [found] = await this.#sql.query(
      `SELECT COUNT(*) AS count FROM (SELECT 1 FROM llmux_rows WHERE collection = ? LIMIT ${this.#most + 1}) AS few`,
      [collection],
    )
    if (Number(found?.count) > this.#most) return
    const reading = cache.begin(everyId)
    try {
      for (let last = ''; !this.#stopped; ) {
        const rows = await this.#sql.query(
          `SELECT id, body FROM llmux_rows WHERE collection = ? AND id > ? ORDER BY id LIMIT ${pageRows}`,
          [collection, last],
        )
        for (const { id, body } of rows) if (typeof body === 'string') cache.fill(String(id), JSON.parse(body), reading)
        if (rows.length < pageRows) {
          cache.completed()
          return
        }
        last = String(rows.at(-1)?.id)
        // calls go first
        await new Promise((resolve) => setImmediate(resolve))
      }
    } finally {
      cache.end(reading)
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#stopped = true
    await this.#filling
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

  /** A row in memory. Those of large collections have to be loaded before: see {@link knows}. */
  get<Name extends CollectionName>(collection: Name, id: string): Collections[Name] | undefined {
    const row = this.#rowsOf(collection).get(id)
    return row && this.#seen(collection, id, row)
  }

  #rowsOf<Name extends CollectionName>(collection: Name): { get(id: string): Collections[Name] | undefined } {
    return this.#sources[collection]
  }

  #seen<Row extends object>(collection: CollectionName, id: string, row: Row): Row {
    return this.#barred.size > 0 && this.#barred.has(`${collection}/${id}`) ? { ...row, blocked: true } : row
  }

  /** Whether a row is in memory, or is known not to exist. */
  knows(collection: ManyName, id: string): boolean {
    return this.#many[collection].knows(id)
  }

  /**
   * Reads rows that are not in memory; undefined if there is nothing to wait for.
   * @throws a refusal with status 503 if the database does not answer
   */
  load(collection: ManyName, ids: readonly string[]): Promise<unknown> | undefined {
    const missing = ids.filter((id) => !this.#many[collection].knows(id))
    if (missing.length === 0) return undefined
    return Promise.all(missing.map((id) => this.#loaders[collection].load(id)))
  }

  /** Reads rows that are not in memory, also within a change. */
  async read(runner: SqlRunner, collection: ManyName, ids: readonly string[]): Promise<void> {
    const cache: RowCache<Collections[ManyName]> = this.#many[collection]
    const missing = ids.filter((id) => !cache.knows(id))
    if (missing.length === 0) return
    const reading = cache.begin(new Set(missing))
    try {
      const bodies = await readBodies(runner, collection, missing)
      for (const id of missing) {
        const body = bodies.get(id)
        cache.found(id, body === undefined ? undefined : JSON.parse(body), reading)
      }
    } finally {
      cache.end(reading)
    }
  }

  /** Rows of a query as they count: blocked ones may not be in the database yet. */
  rows<Name extends ManyName>(collection: Name, found: readonly SqlRow[]): Collections[Name][] {
    return found.map(({ id, body }) =>
      this.#seen(collection, String(id), JSON.parse(String(body)) as Collections[Name]),
    )
  }

  /** Rows of a large collection in memory: all if they are few, else those in use. */
  inUse<Name extends ManyName>(collection: Name, few: number): Iterable<Collections[Name]> {
    return this.#many[collection].inUse(few)
  }

  /**
   * A change that blocks rows. If the database does not take it at once, the rows are blocked in memory, here and in the processes that
   * the bus reaches, and the change is repeated until the database has it.
   * @param before reads rows of large collections within the change
   * @param blindly whether the caller may block a row that can't be read now
   * @returns undefined if the database does not have it yet
   */
  async block<Result>(
    actor: Actor,
    action: string,
    rows: readonly (readonly [CollectionName, string])[],
    edit: (change: Change) => Result,
    before?: (tx: SqlRunner) => Promise<unknown>,
    blindly = false,
  ): Promise<Result | undefined> {
    // refuses what the caller may not do, before anything is blocked
    if (await this.#reaches(rows))
      edit({ get: (collection, id) => this.get(collection, id), put() {}, remove() {}, also() {}, after() {} })
    else if (!blindly) throw unreadable('The database does not answer, and the row is not in memory. Try again.')
    const first = this.change(actor, action, edit, before)
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
    void this.#repeat(outcome, () => this.change(actor, action, edit, before))
    return undefined
  }

  /** Whether the rows are in memory, or the database gives them at once. */
  async #reaches(rows: readonly (readonly [CollectionName, string])[]): Promise<boolean> {
    const loads = rows.flatMap(([name, id]) => (isMany(name) ? (this.load(name, [id]) ?? []) : []))
    if (loads.length === 0) return true
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, patienceMs, false).unref())
    return await Promise.race([
      Promise.all(loads).then(
        () => true,
        () => false,
      ),
      late,
    ])
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

  all<Name extends FewName>(collection: Name): IterableIterator<Collections[Name]> {
    return this.#maps[collection].values()
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
        if (isMany(collection) && !this.#many[collection].wants(id)) this.#barred.delete(`${collection}/${id}`)
        else edits.push({ collection, id, row: this.#parse(collection, row.body) })
      }
      this.#apply(edits)
      // the rest of a version that is divided by the page comes with the next one
      if (rows.length < pageRows) {
        this.#version = Math.max(this.#version, last[0] - (rows.length === 0 && last[1] === '' ? 1 : 0))
        return
      }
    }
  }

  #parse(collection: string, body: unknown): unknown {
    if (typeof body !== 'string') return undefined
    return JSON.parse(this.#isCollection(collection) ? body : this.#vault.open(body))
  }

  #isCollection(name: string): name is CollectionName {
    return isMany(name) || Object.hasOwn(this.#maps, name)
  }

  #apply(edits: readonly Edit[]): void {
    if (edits.length === 0) return
    this.changes++
    const changed = new Set<string>()
    for (const { collection, id, row } of edits) {
      changed.add(collection)
      this.#barred.delete(`${collection}/${id}`)
      if (isMany(collection)) {
        const cache: RowCache<Collections[ManyName]> = this.#many[collection]
        cache.change(id, row as Collections[ManyName] | undefined)
        continue
      }
      const few: Readonly<Record<string, Map<string, unknown>>> = this.#maps
      const map = this.#isCollection(collection) ? few[collection] : this.#documentsOf(collection)
      if (!map) continue
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
   * @param before reads the rows of large collections that `edit` looks at, in the same transaction
   */
  async change<Result>(
    actor: Actor,
    action: string,
    edit: (change: Change) => Result,
    before?: (tx: SqlRunner) => Promise<unknown>,
  ): Promise<Result> {
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
          if (isMany(collection) && !this.knows(collection, id)) throw new Error(`The row ${key} was not read.`)
          return this.get(collection, id)
        },
        put: note,
        remove: (collection, id) => note(collection, id, undefined),
        also: (statement) => statements.push(statement),
        after: (run) => after.push(run),
      })
    }
    return await this.#commit(actor, action, run, before)
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
  #commit<Result>(
    actor: Actor,
    action: string,
    edit: (draft: Draft) => Result,
    before?: (tx: SqlRunner) => Promise<unknown>,
  ): Promise<Result> {
    const result = this.#committing.then(() => this.#transact(actor, action, edit, before))
    this.#committing = result.catch(() => {})
    return result
  }

  async #transact<Result>(
    actor: Actor,
    action: string,
    edit: (draft: Draft) => Result,
    before: ((tx: SqlRunner) => Promise<unknown>) | undefined,
  ): Promise<Result> {
    const draft: Draft = { edits: [], statements: [], after: [] }
    let committed = 0
    const result = await this.#sql.transaction(async (tx) => {
      // locks the counter until the commit, so that versions become visible in order
      const [locked] = await tx.query(
        "UPDATE llmux_meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'version' RETURNING value",
      )
      const version = Number(locked?.value)
      if (version > this.#version + 1) await this.#catchUp(tx)
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
    if (text !== null && collection === 'keys' && unreadableText.test(text))
      throw badRequest('Texts must not contain the character U+0000, or half of a surrogate pair.')
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
    const before = isMany(collection) ? await this.#stored(tx, collection, id) : this.#known(collection, id)
    await tx.query(
      `INSERT INTO llmux_audit (id, at, actor, actor_key, action, collection, row_id, before_value, after_value)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [randomUUID(), Date.now(), actor.user, actor.key, action, collection, id, before, text(row)],
    )
  }

  async #stored(tx: SqlRunner, collection: string, id: string): Promise<string | null> {
    return (await readBodies(tx, collection, [id])).get(id) ?? null
  }

  #known(collection: string, id: string): string | null {
    const row = Object.hasOwn(this.#maps, collection) ? this.get(collection as FewName, id) : undefined
    return row === undefined ? null : JSON.stringify(row)
  }
}
