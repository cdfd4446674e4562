import { refuse } from '../refusal.js'
import type { SqlRunner } from '../store/sql.js'
import type { RowCache } from './row-cache.js'

/** Ids in one query. */
const mostIds = 200
const mostWaiting = 20_000
/**
 * Longest wait of a call for the database, in milliseconds. SQLite is a file of this machine: it is never away, but its thread may have to
 * wait for a busy processor, and behind a group of calls that is written.
 */
export const patienceOf = ({ engine }: Pick<SqlRunner, 'engine'>): number => (engine === 'sqlite' ? 20_000 : 3_000)

/** A row that can't be read now. */
export const unreadable = (message: string) =>
  refuse(message, { status: 503, type: 'service_unavailable', headers: { 'retry-after': '1' } })

interface Waiting {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

function waiting(): Waiting {
  let resolve: () => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<void>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}

/**
 * Reads rows that are not in memory. One query runs at a time, and takes all ids that came meanwhile: many unknown keys cost few queries.
 */
export class RowLoader<Row extends object> {
  readonly #read: (ids: readonly string[]) => Promise<unknown>
  readonly #cache: RowCache<Row>
  readonly #patienceMs: number
  readonly #waiting = new Map<string, Waiting>()
  readonly #asked = new Map<string, Waiting>()
  #running = false

  /**
   * @param read reads rows into the cache
   * @param patienceMs longest wait of a call
   */
  constructor(cache: RowCache<Row>, read: (ids: readonly string[]) => Promise<unknown>, patienceMs: number) {
    this.#cache = cache
    this.#read = read
    this.#patienceMs = patienceMs
  }

  /** Resolves once the row is in memory, or is known not to exist. Rejects with a refusal if the database does not answer. */
  async load(id: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('The database does not answer.')), this.#patienceMs)
    })
    try {
      await Promise.race([this.#ask(id), late])
    } catch {
      throw unreadable('The database does not answer, and the row is not in memory. Try again.')
    } finally {
      clearTimeout(timer)
    }
  }

  #ask(id: string): Promise<void> {
    const known = this.#waiting.get(id) ?? this.#asked.get(id)
    if (known) return known.promise
    if (this.#waiting.size >= mostWaiting) return Promise.reject(new Error('Too many rows are waited for.'))
    const one = waiting()
    this.#waiting.set(id, one)
    if (!this.#running) void this.#run()
    return one.promise
  }

  async #run(): Promise<void> {
    this.#running = true
    // ids of the same turn go together
    await Promise.resolve()
    while (this.#waiting.size > 0) {
      for (const [id, one] of this.#waiting) {
        if (this.#asked.size >= mostIds) break
        this.#waiting.delete(id)
        this.#asked.set(id, one)
      }
      const ids = [...this.#asked.keys()].filter((id) => !this.#cache.knows(id))
      let failure: unknown
      try {
        if (ids.length > 0) await this.#read(ids)
      } catch (error) {
        failure = error
      }
      for (const one of this.#asked.values()) {
        if (failure === undefined) one.resolve()
        else one.reject(failure)
      }
      this.#asked.clear()
    }
    this.#running = false
  }
}

/** Reads the bodies of rows. */
export async function readBodies(
  runner: SqlRunner,
  collection: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (let at = 0; at < ids.length; at += mostIds) {
    // statements of few lengths: SQLite keeps prepared ones
    const group = ids.slice(at, at + mostIds)
    const length = group.length <= 1 ? 1 : group.length <= 20 ? 20 : mostIds
    const filled = [...group, ...Array<string>(length - group.length).fill(group[0] ?? '')]
    const rows = await runner.query(
      `SELECT id, body FROM llmux_rows WHERE collection = ? AND id IN (${Array(length).fill('?').join(',')})`,
      [collection, ...filled],
    )
    for (const { id, body } of rows) if (typeof body === 'string') found.set(String(id), body)
  }
  return found
}
