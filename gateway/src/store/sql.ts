/** A value in a column. Integers beyond 2⁵³ travel as text. */
export type SqlValue = string | number | null

/** A row of a result. */
export type SqlRow = Record<string, SqlValue>

/** One statement. Parameters are `?` in the text on every engine. */
export interface SqlRunner {
  readonly engine: 'sqlite' | 'postgres'
  /** Runs one statement and returns its rows. */
  query(text: string, values?: readonly SqlValue[]): Promise<SqlRow[]>
}

/** A database: SQLite or Postgres. Statements are written in the common subset of both. */
export interface Sql extends SqlRunner {
  /** Runs statements in one transaction; an error rolls it back. Statements must not run at the same time. */
  transaction<Result>(run: (tx: SqlRunner) => Promise<Result>): Promise<Result>
  /** Calls `changed` when another process has announced a change; undefined if the engine has no announcements. */
  listen?(changed: () => unknown): void
  close(): Promise<void>
}

/** Placeholders for `rows` rows of `columns` values, such as `(?,?),(?,?)`. */
export function placeholders(rows: number, columns: number): string {
  const key = rows * 1_000 + columns
  let text = known.get(key)
  if (text === undefined) {
    text = Array(rows)
      .fill(`(${Array(columns).fill('?').join(',')})`)
      .join(',')
    if (known.size < 500) known.set(key, text)
  }
  return text
}

/** Lists of placeholders: one of a hundred rows has 8,000 characters. */
const known = new Map<number, string>()

/**
 * Cuts a list so that a statement stays below the limit of parameters. SQLite keeps prepared statements, and a long one takes a hundred
 * kilobytes, so there the pieces have few lengths.
 */
export function* chunks<Item>(
  items: readonly Item[],
  size: number,
  engine?: Sql['engine'],
): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; ) {
    const left = items.length - at
    const take = left >= size ? size : engine === 'sqlite' ? 2 ** Math.floor(Math.log2(left)) : left
    yield items.slice(at, at + take)
    at += take
  }
}

/** Channel of Postgres on which processes announce changes. */
export const channel = 'llmux_changes'

/** Statement that announces a change to the other processes. */
export const announce = `SELECT pg_notify('${channel}', '')`

/** Milliseconds since 1970 by the clock of the database: those of processes may differ, and step. */
export const databaseTime = (engine: Sql['engine']): string =>
  engine === 'postgres'
    ? 'CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)'
    : "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
