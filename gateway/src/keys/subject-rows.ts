import type { SqlRow, SqlRunner } from '../store/sql.js'
import { type CollectionName, type Collections, type Edit, type FewName, isMany, type ManyName } from './collections.js'
import { everyId, type Reading, RowCache } from './row-cache.js'
import { customerForm, keyForm } from './row-forms.js'
import { readBodies } from './row-loader.js'

/** Rows of one query. */
export const pageRows = 1_000

/**
 * The rows of all subjects in memory, and the documents of other parts. Small collections are complete; of the large ones those rows
 * are here that were used, or all of them if they fit.
 */
export class SubjectRows {
  readonly #many: { readonly [Name in ManyName]: RowCache<Collections[Name]> }
  readonly #maps: { readonly [Name in FewName]: Map<string, Collections[Name]> } = {
    teams: new Map(),
    memberships: new Map(),
    users: new Map(),
    budgets: new Map(),
    tags: new Map(),
    organizations: new Map(),
  }
  readonly #sources: { readonly [Name in CollectionName]: { get(id: string): Collections[Name] | undefined } }
  /** Documents of other parts, by collection. */
  readonly #documents = new Map<string, Map<string, unknown>>()
  readonly #watchers = new Set<(collections: ReadonlySet<string>) => void>()
  /** Rows that are blocked before the database knows it, as `collection/id`. */
  readonly #barred = new Set<string>()
  readonly #most: number
  /** Grows with each change. */
  changes = 0

  /** @param most rows of a large collection that are kept in memory */
  constructor(most: number) {
    this.#most = most
    this.#many = { keys: new RowCache(keyForm, most), customers: new RowCache(customerForm, most) }
    this.#sources = { ...this.#maps, ...this.#many }
  }

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

  /** Rows of a query as they count: blocked ones may not be in the database yet. */
  parsed<Name extends ManyName>(collection: Name, found: readonly SqlRow[]): Collections[Name][] {
    return found.map(({ id, body }) =>
      this.#seen(collection, String(id), JSON.parse(String(body)) as Collections[Name]),
    )
  }

  all<Name extends FewName>(collection: Name): IterableIterator<Collections[Name]> {
    return this.#maps[collection].values()
  }

  /** Rows of a large collection in memory: all if they are few, else those in use. */
  inUse<Name extends ManyName>(collection: Name, few: number): Iterable<Collections[Name]> {
    return this.#many[collection].inUse(few)
  }

  documents(collection: string): ReadonlyMap<string, unknown> {
    return this.#documents.get(collection) ?? new Map()
  }

  /** Whether a collection has rows of subjects, not documents. */
  isCollection(name: string): name is CollectionName {
    return isMany(name) || Object.hasOwn(this.#maps, name)
  }

  /** Whether a row is in memory, or is known not to exist. */
  knows(collection: ManyName, id: string): boolean {
    return this.#many[collection].knows(id)
  }

  /** The cache of a large collection. */
  cacheOf<Name extends ManyName>(collection: Name): RowCache<Collections[Name]> {
    return this.#many[collection]
  }

  /** Reads rows of a large collection that are not in memory. */
  async read(runner: SqlRunner, collection: ManyName, ids: readonly string[]): Promise<void> {
    const missing = ids.filter((id) => !this.#many[collection].knows(id))
    if (missing.length === 0) return
    await this.#reading(collection, new Set(missing), async (cache, reading) => {
      const bodies = await readBodies(runner, collection, missing)
      for (const id of missing) {
        const body = bodies.get(id)
        cache.found(id, body === undefined ? undefined : JSON.parse(body), reading)
      }
    })
  }

  /**
   * Reads a large collection before its rows are used, if it fits into memory: it is then there while the database is away.
   * @param goesOn whether to read the next page
   */
  async readAll(runner: SqlRunner, collection: ManyName, goesOn: () => boolean): Promise<void> {
    const [found] = await runner.query(
      `SELECT COUNT(*) AS count FROM (SELECT 1 FROM llmux_rows WHERE collection = ? LIMIT ${this.#most + 1}) AS few`,
      [collection],
    )
    if (Number(found?.count) > this.#most) return
    await this.#reading(collection, everyId, async (cache, reading) => {
      for (let last = ''; goesOn(); ) {
        const rows = await runner.query(
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
    })
  }

  async #reading(
    collection: ManyName,
    ids: ReadonlySet<string> | typeof everyId,
    read: (cache: RowCache<Collections[ManyName]>, reading: Reading) => Promise<void>,
  ): Promise<void> {
    const cache: RowCache<Collections[ManyName]> = this.#many[collection]
    const reading = cache.begin(ids)
    try {
      await read(cache, reading)
    } finally {
      cache.end(reading)
    }
  }

  /** Whether a changed row belongs into memory. */
  wants(collection: string, id: string): boolean {
    return !isMany(collection) || this.#many[collection].wants(id)
  }

  /** Takes over committed changes. */
  apply(edits: readonly Edit[]): void {
    if (edits.length === 0) return
    this.changes++
    const changed = new Set<string>()
    for (const { collection, id, row } of edits) {
      changed.add(collection)
      this.unbar(collection, id)
      if (isMany(collection)) {
        const cache: RowCache<Collections[ManyName]> = this.#many[collection]
        cache.change(id, row as Collections[ManyName] | undefined)
        continue
      }
      const few: Readonly<Record<string, Map<string, unknown>>> = this.#maps
      const map = this.isCollection(collection) ? few[collection] : this.#documentsOf(collection)
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

  /** Blocks rows in memory until their next change. */
  bar(names: readonly string[]): void {
    for (const name of names) this.#barred.add(name)
    this.changes++
  }

  unbar(collection: string, id: string): void {
    this.#barred.delete(`${collection}/${id}`)
  }

  watch(changed: (collections: ReadonlySet<string>) => void): () => void {
    this.#watchers.add(changed)
    return () => this.#watchers.delete(changed)
  }
}
