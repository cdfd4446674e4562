import { placeholders, type Sql } from './sql.js'

const minuteMs = 60_000
const monthMs = 30 * 24 * 60 * minuteMs
/** Most characters of all texts. SQLite shares the disk with the gateway. */
const mostCharacters = { postgres: 1024 * 1024 * 1024, sqlite: 256 * 1024 * 1024 } as const

/** Texts by name that all processes and replicas see. The oldest ones are dropped. */
export interface SharedTexts {
  put(texts: readonly (readonly [name: string, text: string])[]): void | Promise<void>
  get(name: string): Promise<string | undefined>
  remove(names: readonly string[]): void | Promise<void>
}

/** Texts in a table that all replicas read. Once a minute those are deleted that are too old, or too many. */
export class SqlTexts implements SharedTexts {
  readonly #sql: Sql
  readonly #keepMs: number
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout

  constructor(sql: Sql, keepMs = monthMs, now: () => number = Date.now) {
    this.#sql = sql
    this.#keepMs = keepMs
    this.#now = now
    // a database that cannot be reached is asked again a minute later
    this.#timer = setInterval(() => void this.trim().catch(() => {}), minuteMs)
    this.#timer.unref()
  }

  async put(texts: readonly (readonly [name: string, text: string])[]): Promise<void> {
    const unique = [...new Map(texts)]
    if (unique.length === 0) return
    const at = this.#now()
    await this.#sql.query(
      `INSERT INTO llmux_texts (name, body, size, at) VALUES ${placeholders(unique.length, 4)}
        ON CONFLICT (name) DO UPDATE SET body = excluded.body, size = excluded.size, at = excluded.at`,
      unique.flatMap(([name, text]) => [name, text, text.length, at]),
    )
  }

  async get(name: string): Promise<string | undefined> {
    const [row] = await this.#sql.query('SELECT body FROM llmux_texts WHERE name = ? AND at > ?', [
      name,
      this.#now() - this.#keepMs,
    ])
    return row === undefined ? undefined : String(row.body)
  }

  async remove(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    await this.#sql.query(`DELETE FROM llmux_texts WHERE name IN ${placeholders(1, names.length)}`, names)
  }

  /** Deletes expired texts, and the oldest texts beyond `most` characters. */
  async trim(most: number = mostCharacters[this.#sql.engine]): Promise<void> {
    await this.#sql.query('DELETE FROM llmux_texts WHERE at <= ?', [this.#now() - this.#keepMs])
    const [row] = await this.#sql.query('SELECT SUM(size) AS size FROM llmux_texts')
    if (Number(row?.size ?? 0) <= most) return
    await this.#sql.query(
      `DELETE FROM llmux_texts WHERE name IN (SELECT name FROM
        (SELECT name, SUM(size) OVER (ORDER BY at DESC, name) AS total FROM llmux_texts) newest WHERE total > ?)`,
      [most],
    )
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
