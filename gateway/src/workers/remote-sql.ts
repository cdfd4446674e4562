import type { Sql, SqlRow, SqlRunner, SqlValue } from '../store/sql.js'
import type { Peer } from './peer.js'

/** Calls of {@link RemoteSql} that the owner answers. */
export const sqlCalls = {
  query: 'sql.query',
  begin: 'sql.begin',
  run: 'sql.run',
  end: 'sql.end',
  changed: 'sql.changed',
} as const

/** The owner's SQLite, for a worker. */
export class RemoteSql implements Sql {
  readonly engine = 'sqlite'
  readonly #peer: Peer
  readonly #listeners = new Set<() => unknown>()

  constructor(peer: Peer) {
    this.#peer = peer
  }

  query(text: string, values: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return this.#peer.ask(sqlCalls.query, text, values)
  }

  async transaction<Result>(run: (tx: SqlRunner) => Promise<Result>): Promise<Result> {
    const id = await this.#peer.ask<number>(sqlCalls.begin)
    let result: Result
    try {
      result = await run({
        engine: this.engine,
        query: (text, values = []) => this.#peer.ask(sqlCalls.run, id, text, values),
      })
    } catch (error) {
      await this.#peer.ask(sqlCalls.end, id, false).catch(() => {})
      throw error
    }
    await this.#peer.ask(sqlCalls.end, id, true)
    return result
  }

  listen(changed: () => unknown): void {
    this.#listeners.add(changed)
  }

  /** Another worker has changed rows. Resolves once this worker knows them. */
  async changed(): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => listener()))
  }

  async close(): Promise<void> {
    this.#listeners.clear()
  }
}
