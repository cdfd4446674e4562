/** A message to the worker. */
export interface WorkerRequest {
  readonly id: number
  readonly text: string
  readonly values: readonly (string | number | null)[]
  /** Many values travel as one text. */
  readonly json?: string | undefined
  /** Begins a transaction first. */
  readonly begin?: boolean | undefined
}

/** The worker's answer. */
export interface WorkerAnswer {
  readonly id: number
  readonly rows?: Record<string, string | number | null>[]
  /** Many rows travel as one text, which is far cheaper than a copy of each. */
  readonly json?: string
  readonly error?: { readonly message: string; readonly code: string | undefined }
}

/**
 * Body of the worker thread that owns the SQLite database. It is passed to the thread as text, so that it needs no file of its own
 * beside the bundle: it must not refer to anything outside of itself.
 */
export function sqliteWorker(): void {
  type Value = string | number | null
  type Values = readonly (Value | readonly Value[])[]
  interface Statement {
    get(...values: Values): Record<string, Value> | undefined
    columns?(): readonly { readonly name: string }[]
    all(...values: Values): Record<string, Value>[]
    run(...values: Values): unknown
  }
  interface Database {
    exec(text: string): void
    prepare(text: string): Statement
    close(): void
  }
  interface Port {
    postMessage(value: unknown): void
    on(event: 'message', listener: (value: WorkerRequest | 'close') => void): void
    close(): void
  }
  const threads = process.getBuiltinModule('node:worker_threads')
  const port = threads.parentPort as unknown as Port
  const { file, lock, from } = threads.workerData as { file: string; lock: string | undefined; from: string }

  const native = process.getBuiltinModule('node:sqlite') as { DatabaseSync: new (file: string) => Database } | undefined
  const open = (file: string): Database => {
    if (native) return new native.DatabaseSync(file)
    const load = process.getBuiltinModule('node:module').createRequire(from)
    const Libsql = load('libsql') as new (file: string) => Database
    return new Libsql(file)
  }

  /** A second database that stays locked: the system lets go of it with the process, also after kill -9. */
  const hold = (name: string): Database => {
    const held = open(name)
    // the process before may be about to end
    held.exec('PRAGMA busy_timeout = 5000')
    try {
      held.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      throw new Error(
        `Another process uses the database '${file}', and limits hold in one process only. Stop it, choose another folder with --data, or use Postgres and Redis for several processes.`,
        { cause: error },
      )
    }
    return held
  }

  // calls go first if there are fewer cores than threads: a group of rows takes milliseconds, which the call of that moment would wait for
  try {
    const { readlinkSync } = process.getBuiltinModule('node:fs')
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    const { getPriority, setPriority } = process.getBuiltinModule('node:os')
    if (thread > 0 && thread !== process.pid) setPriority(thread, Math.min(19, getPriority(thread) + 5))
  } catch {
    // not on Linux
  }

  const held = lock === undefined ? undefined : hold(lock)
  const database = open(file)
  // WAL with NORMAL survives a killed process; only power loss may take the last commits, which the spool still has
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = NORMAL')
  database.exec('PRAGMA busy_timeout = 5000')
  database.exec('PRAGMA temp_store = MEMORY')

  /** A statement that is kept, and how it is run. */
  interface Prepared {
    readonly statement: Statement
    /** Gives all rows as one text. */
    readonly asText: Statement | undefined
    readonly returnsRows: boolean
  }
  const prepared = new Map<string, Prepared>()
  const returnsRows = /^\s*(select|with|pragma)\b|\breturning\b/i
  /**
   * libsql 0.5 loses about a kilobyte with each list of rows that it returns, and nothing with a single row, so queries give their rows as
   * the text of one. Undefined if that can't be done.
   */
  const asText = (text: string, statement: Statement): Statement | undefined => {
    if (native || !/^\s*(select|with)\b/i.test(text)) return undefined
    const names = statement.columns?.().map(({ name }) => name) ?? []
    if (names.length === 0 || names.length > 60 || new Set(names).size < names.length) return undefined
    const fields = names.map((name) => `'${name.replaceAll("'", "''")}', "${name.replaceAll('"', '""')}"`)
    // a function takes at most 127 arguments
    return database.prepare(`SELECT json_group_array(json_object(${fields.join(', ')})) AS json FROM (${text})`)
  }
  const prepare = (text: string): Prepared => {
    const known = prepared.get(text)
    if (known) return known
    const statement = database.prepare(text)
    // statements of varying length, such as inserts of many rows, must not fill the memory
    if (prepared.size >= 200) prepared.clear()
    const made = { statement, asText: asText(text, statement), returnsRows: returnsRows.test(text) }
    prepared.set(text, made)
    return made
  }
  /** Errors that callers tell apart, by the primary result code. */
  const codes: Readonly<Record<number, string>> = {
    5: 'BUSY',
    13: 'FULL',
    18: 'TOOBIG',
    19: 'CONSTRAINT',
    20: 'MISMATCH',
  }
  port.on('message', (message) => {
    if (message === 'close') {
      database.close()
      held?.close()
      port.postMessage('closed')
      port.close()
      return
    }
    const { id, text, begin } = message
    try {
      const list = message.json === undefined ? message.values : (JSON.parse(message.json) as typeof message.values)
      // libsql takes a list as it is, and copies single values into one
      const values = native ? list : [list]
      if (begin) database.exec('BEGIN IMMEDIATE')
      const { statement, asText, returnsRows } = prepare(text)
      if (asText) port.postMessage({ id, json: String(asText.get(...values)?.json) })
      else if (returnsRows) {
        const rows = statement.all(...values)
        port.postMessage(rows.length > 50 ? { id, json: JSON.stringify(rows) } : { id, rows })
      } else {
        statement.run(...values)
        port.postMessage({ id, rows: [] })
      }
    } catch (error) {
      const { message: reason, code, errcode } = error as Error & { code?: string; errcode?: number }
      // node:sqlite has one code for all errors, and the number of SQLite beside it
      const named = errcode === undefined ? undefined : codes[errcode & 255]
      port.postMessage({ id, error: { message: reason, code: named === undefined ? code : `SQLITE_${named}` } })
    }
  })
}
