import type { CallbackSet, FailureEvent, SuccessEvent } from 'llmux'
import { chunks, placeholders, type Sql, type SqlValue } from '../store/sql.js'

export interface ContentSettings {
  /** Milliseconds after which content is deleted. */
  readonly keepMs: number
  /** Texts to mask, besides keys and addresses. */
  readonly masks: readonly RegExp[]
}

interface Content {
  readonly at: number
  readonly id: string
  readonly request: string | null
  readonly response: string | null
}

const dayMs = 86_400_000
const flushMs = 200
const mostWaiting = 1_000
const longest = 256 * 1024
const mask = '[masked]'

/** Credentials and addresses. */
const known: readonly RegExp[] = [
  /\b(?:sk|pk|rk|ghp|gho|xox[abp]|AIza|AKIA)[-_A-Za-z0-9]{12,}/g,
  /\bBearer\s+[-._~+/A-Za-z0-9]{12,}=*/gi,
  /\beyJ[-_A-Za-z0-9]{8,}\.[-_A-Za-z0-9]{8,}\.[-_A-Za-z0-9]*/g,
  /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}/g,
  /\b(?:\d[ -]?){13,19}\b/g,
]

/** Masks texts of a value, deep inside. */
export function masked(value: unknown, masks: readonly RegExp[] = []): unknown {
  if (typeof value === 'string') return [...known, ...masks].reduce((text, one) => text.replace(one, mask), value)
  if (Array.isArray(value)) return value.map((one) => masked(one, masks))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, masked(one, masks)]))
}

/** Stores prompts and answers for a while, in the background. Content that does not fit is left out, and calls never wait. */
export class Contents {
  readonly #sql: Sql
  readonly #settings: ContentSettings
  readonly #now: () => number
  readonly #days = new Set<string>()
  #waiting: Content[] = []
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #retention: NodeJS.Timeout

  constructor(sql: Sql, settings: ContentSettings, now: () => number) {
    this.#sql = sql
    this.#settings = settings
    this.#now = now
    this.#retention = setInterval(() => void this.deleteOld().catch(() => {}), 3_600_000)
    this.#retention.unref()
  }

  /** Receives the calls of the Router. */
  get callback(): CallbackSet {
    const add = (event: SuccessEvent | FailureEvent) =>
      this.add(event.traceId, event.startTime, event.request, event.answer)
    return { name: 'contents', onSuccess: add, onFailure: add, flush: () => this.flush() }
  }

  add(id: string, at: number, request: unknown, response: unknown): void {
    if (this.#waiting.length >= mostWaiting) return
    const { masks } = this.#settings
    const text = (value: unknown) => {
      if (value === undefined) return null
      const json = JSON.stringify(masked(value, masks)).replaceAll('\\u0000', '')
      return json.length > longest ? JSON.stringify({ truncated: true, characters: json.length }) : json
    }
    this.#waiting.push({ at, id, request: text(request), response: text(response) })
    this.#timer ??= setTimeout(() => void this.flush(), flushMs)
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const rows = this.#waiting
    this.#waiting = []
    if (rows.length > 0) this.#writing = this.#writing.then(() => this.#write(rows)).catch(() => {})
    await this.#writing
  }

  async #write(rows: readonly Content[]): Promise<void> {
    if (this.#sql.engine === 'postgres') for (const { at } of rows) await this.#partition(at)
    for (const group of chunks(rows, 50, this.#sql.engine)) {
      await this.#sql.query(
        `INSERT INTO llmux_contents (at, id, request, response) VALUES ${placeholders(group.length, 4)} ON CONFLICT DO NOTHING`,
        group.flatMap(({ at, id, request, response }): SqlValue[] => [at, id, request, response]),
      )
    }
  }

  /** A part of the table for each day. */
  async #partition(at: number): Promise<void> {
    const name = partitionOf(at)
    if (this.#days.has(name)) return
    const from = at - (at % dayMs)
    await this.#sql.query(
      `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF llmux_contents FOR VALUES FROM (${from}) TO (${from + dayMs})`,
    )
    this.#days.add(name)
  }

  /** Drops parts of old days; SQLite deletes rows in small batches. */
  async deleteOld(): Promise<void> {
    const before = this.#now() - this.#settings.keepMs
    if (this.#sql.engine === 'postgres') {
      const rows = await this.#sql.query(
        "SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = 'llmux_contents'::regclass",
      )
      for (const { name } of rows) {
        if (String(name) >= partitionOf(before)) continue
        await this.#sql.query(`DROP TABLE IF EXISTS ${String(name).replace(/\W/g, '')}`)
        this.#days.delete(String(name))
      }
      return
    }
    for (;;) {
      const rows = await this.#sql.query(
        'DELETE FROM llmux_contents WHERE (at, id) IN (SELECT at, id FROM llmux_contents WHERE at < ? LIMIT 500) RETURNING id',
        [before],
      )
      if (rows.length < 500) return
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#retention)
    await this.flush()
  }
}

const partitionOf = (at: number) => `llmux_contents_${new Date(at).toISOString().slice(0, 10).replaceAll('-', '')}`
