import { placeholders, type Sql } from './sql.js'

const minuteMs = 60_000
const monthMs = 30 * 24 * 60 * minuteMs
/** Most rows. The oldest are deleted, and their answers are not found any more. */
const mostRows = 5_000_000
/** Minutes between two counts of the rows. */
const countEvery = 60

/** Owners of answers of the Responses API and of their items, which outlive the answers themselves. */
export class SqlOwners {
  readonly #sql: Sql
  readonly #keepMs: number
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  #minutes = 0

  constructor(sql: Sql, keepMs = monthMs, now: () => number = Date.now) {
    this.#sql = sql
    this.#keepMs = keepMs
    this.#now = now
    const trim = () => this.trim(this.#minutes++ % countEvery === 0 ? mostRows : undefined)
    // a database that cannot be reached is asked again a minute later
    this.#timer = setInterval(() => void trim().catch(() => {}), minuteMs)
    this.#timer.unref()
  }

  async put(ids: readonly string[], owner: string): Promise<void> {
    const unique = [...new Set(ids)]
    if (unique.length === 0) return
    const at = this.#now()
    await this.#sql.query(
      `INSERT INTO llmux_response_owners (id, owner, at) VALUES ${placeholders(unique.length, 3)}
        ON CONFLICT (id, owner) DO NOTHING`,
      unique.flatMap((id) => [id, owner, at]),
    )
  }

  /** Several if a provider has given the id twice, and none if the id is not known. */
  async of(id: string): Promise<string[]> {
    const rows = await this.#sql.query('SELECT owner FROM llmux_response_owners WHERE id = ? AND at > ?', [
      id,
      this.#now() - this.#keepMs,
    ])
    return rows.map((row) => String(row.owner))
  }

  async remove(ids: readonly string[], owner: string): Promise<void> {
    if (ids.length === 0) return
    await this.#sql.query(
      `DELETE FROM llmux_response_owners WHERE owner = ? AND id IN ${placeholders(1, ids.length)}`,
      [owner, ...ids],
    )
  }

  /** Deletes expired rows, and the oldest rows beyond `most`. */
  async trim(most?: number): Promise<void> {
    await this.#sql.query('DELETE FROM llmux_response_owners WHERE at <= ?', [this.#now() - this.#keepMs])
    if (most === undefined) return
    const [row] = await this.#sql.query('SELECT COUNT(*) AS count FROM llmux_response_owners')
    const surplus = Number(row?.count ?? 0) - most
    if (surplus <= 0) return
    await this.#sql.query(
      `DELETE FROM llmux_response_owners WHERE (id, owner) IN
        (SELECT id, owner FROM llmux_response_owners ORDER BY at, id LIMIT ?)`,
      [surplus],
    )
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
