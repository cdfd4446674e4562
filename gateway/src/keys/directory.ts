import { refusalOf } from '../refusal.js'
import type { Vault } from '../store/secrets.js'
import type { Sql, SqlRow, SqlRunner } from '../store/sql.js'
import type { ControlEvent } from '../types.js'
import type { Bus } from '../workers/shared.js'
import {
  type Actor,
  type Change,
  type CollectionName,
  type Collections,
  type FewName,
  isMany,
  type ManyName,
} from './collections.js'
import { type ReadBefore, RowCommits } from './row-commits.js'
import { RowFeed } from './row-feed.js'
import { patienceOf, RowLoader, unreadable } from './row-loader.js'
import { SubjectRows } from './subject-rows.js'

/** Milliseconds that a block waits for the database, and between two attempts to store it. */
const patienceMs = 300
const repeatMs = 1_000
/** Rows of a large collection that are kept in memory. A collection with fewer is kept completely. */
const mostKept = 100_000

/**
 * All subjects. Keys and customers are read at their first use, the others are in memory: a call of a known key touches no database.
 * `SubjectRows` has the rows, `RowFeed` follows the database, and `RowCommits` changes it.
 */
export class Directory {
  readonly #rows: SubjectRows
  readonly #feed: RowFeed
  readonly #commits: RowCommits
  readonly #loaders: { readonly [Name in ManyName]: RowLoader<Collections[Name]> }
  readonly #sql: Sql
  readonly #bus: Bus | undefined
  #timezone: string | undefined
  #stopped = false
  #filling: Promise<unknown> = Promise.resolve()

  /** @param most rows of a large collection that are kept in memory */
  constructor(sql: Sql, vault: Vault, notify: (event: ControlEvent) => void, bus?: Bus, most = mostKept) {
    const rows = new SubjectRows(most)
    this.#sql = sql
    this.#rows = rows
    this.#feed = new RowFeed(sql, vault, rows, notify)
    this.#commits = new RowCommits(sql, vault, rows, this.#feed, notify)
    const loader = <Name extends ManyName>(name: Name) =>
      new RowLoader(rows.cacheOf(name), (ids) => rows.read(sql, name, ids), patienceOf(sql))
    this.#loaders = { keys: loader('keys'), customers: loader('customers') }
    this.#bus = bus
    bus?.subscribe('barred', (names: readonly string[]) => rows.bar(names))
  }

  /** Grows with each change, of rows and of the time zone. */
  get changes(): number {
    return this.#rows.changes
  }

  /** IANA name of the time zone in which budget periods begin; undefined is UTC. */
  get timezone(): string | undefined {
    return this.#timezone
  }

  set timezone(name: string | undefined) {
    this.#timezone = name
    this.#rows.changes++
  }

  /** Loads the rows of small collections, and begins to follow changes and to read large collections that fit into memory. */
  async start(): Promise<void> {
    await this.#feed.start()
    const fill = (name: ManyName) => this.#rows.readAll(this.#sql, name, () => !this.#stopped)
    this.#filling = fill('keys')
      .then(() => fill('customers'))
      // rows that are missing are read at their first use
      .catch(() => {})
  }

  /** Resolves once the large collections that fit into memory are there. */
  get filled(): Promise<unknown> {
    return this.#filling
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#feed.stop()
    await this.#filling
    await this.#commits.settled
  }

  /** Milliseconds since the database was last read; small while it answers. */
  get lagMs(): number {
    return this.#feed.lagMs
  }

  /** Whether the last look at the database succeeded. */
  get connected(): boolean {
    return this.#feed.connected
  }

  /** Reads the changes of other processes. */
  poll(): Promise<void> {
    return this.#feed.poll()
  }

  /** Called with the changed collections after each change, also of other processes. */
  watch(changed: (collections: ReadonlySet<string>) => void): () => void {
    return this.#rows.watch(changed)
  }

  /** A row in memory. Those of large collections have to be loaded before: see {@link knows}. */
  get<Name extends CollectionName>(collection: Name, id: string): Collections[Name] | undefined {
    return this.#rows.get(collection, id)
  }

  all<Name extends FewName>(collection: Name): IterableIterator<Collections[Name]> {
    return this.#rows.all(collection)
  }

  /** Rows of a large collection in memory: all if they are few, else those in use. */
  inUse<Name extends ManyName>(collection: Name, few: number): Iterable<Collections[Name]> {
    return this.#rows.inUse(collection, few)
  }

  /** Rows of a query as they count: blocked ones may not be in the database yet. */
  rows<Name extends ManyName>(collection: Name, found: readonly SqlRow[]): Collections[Name][] {
    return this.#rows.parsed(collection, found)
  }

  /** Decrypted documents of another part, by id. */
  documents(collection: string): ReadonlyMap<string, unknown> {
    return this.#rows.documents(collection)
  }

  /** Whether a row is in memory, or is known not to exist. */
  knows(collection: ManyName, id: string): boolean {
    return this.#rows.knows(collection, id)
  }

  /**
   * Reads rows that are not in memory; undefined if there is nothing to wait for.
   * @throws a refusal with status 503 if the database does not answer
   */
  load(collection: ManyName, ids: readonly string[]): Promise<unknown> | undefined {
    const missing = ids.filter((id) => !this.#rows.knows(collection, id))
    if (missing.length === 0) return undefined
    return Promise.all(missing.map((id) => this.#loaders[collection].load(id)))
  }

  /** Reads rows that are not in memory, also within a change. */
  read(runner: SqlRunner, collection: ManyName, ids: readonly string[]): Promise<void> {
    return this.#rows.read(runner, collection, ids)
  }

  /**
   * Changes rows in one transaction, with a line in the audit for each. `edit` may throw to leave everything as it was; it runs on the
   * newest rows of all processes.
   * @param before reads the rows of large collections that `edit` looks at, in the same transaction
   */
  change<Result>(actor: Actor, action: string, edit: (change: Change) => Result, before?: ReadBefore): Promise<Result> {
    return this.#commits.change(actor, action, edit, before)
  }

  /** Stores an encrypted document; `undefined` removes it. Returns whether it existed. */
  async changeDocument(actor: Actor, action: string, collection: string, id: string, value: unknown): Promise<boolean> {
    if (this.#rows.isCollection(collection)) throw new Error(`'${collection}' is not a collection of documents.`)
    return await this.#commits.changeDocument(actor, action, collection, id, value)
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
    before?: ReadBefore,
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
    this.#rows.bar(names)
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

  async #repeat(first: Promise<object>, change: () => Promise<unknown>): Promise<void> {
    let outcome = await first
    while ('error' in outcome && !refusalOf(outcome.error) && this.#feed.running) {
      await new Promise((resolve) => setTimeout(resolve, repeatMs))
      outcome = await change().then(
        () => ({}),
        (error: unknown) => ({ error }),
      )
    }
  }
}
