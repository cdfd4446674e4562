import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { makeFolder } from './folder.js'
import type { Sql, SqlRow, SqlRunner, SqlValue } from './sql.js'
import { sqliteWorker, type WorkerAnswer } from './sqlite-worker.js'

/**
 * Opens `{folder}/llmux.sqlite` in a worker thread.
 * @param options.exclusive for a gateway: the first query fails if another process has opened the folder so
 */
export function openSqlite(folder: string, { exclusive = false }: { readonly exclusive?: boolean } = {}): Sql {
  makeFolder(folder)
  const worker = new Worker(`(${sqliteWorker.toString()})()`, {
    eval: true,
    // Node 22 calls node:sqlite experimental with each start
    // flags of the process, such as --max-old-space-size, are refused for a thread
    execArgv: [...process.execArgv.filter((flag) => flag === '--experimental-sqlite'), '--no-warnings'],
    // the values of a statement are short-lived: more room for them is never given back
    resourceLimits: { maxYoungGenerationSizeMb: 6 },
    workerData: {
      file: join(folder, 'llmux.sqlite'),
      lock: exclusive ? join(folder, 'llmux.lock') : undefined,
      from: import.meta.url,
    },
  })
  worker.unref()
  return new SqliteDatabase(worker)
}

/** Values of a statement that travel as they are. */
const longList = 64

interface Waiting {
  resolve(rows: SqlRow[]): void
  reject(error: Error): void
}

class SqliteDatabase implements Sql {
  readonly engine = 'sqlite'
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #lock: Promise<unknown> = Promise.resolve()
  #failed: Error | undefined
  #closed: (() => void) | undefined

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (message: WorkerAnswer | 'closed') => {
      if (message === 'closed') this.#closed?.()
      else this.#answer(message)
    })
    worker.on('error', (error: Error) => this.#fail(error))
    worker.on('exit', () => this.#fail(new Error('The thread of the database has ended.')))
  }

  #answer({ id, rows, json, error }: WorkerAnswer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    // a thread that is not waited for must not keep the process alive
    if (this.#waiting.size === 0) this.#worker.unref()
    if (error) waiting?.reject(Object.assign(new Error(error.message), { code: error.code }))
    else waiting?.resolve(json === undefined ? (rows ?? []) : (JSON.parse(json) as SqlRow[]))
  }

  #fail(error: Error): void {
    this.#failed ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    this.#closed?.()
  }

  #send(text: string, values: readonly SqlValue[] = [], begin = false): Promise<SqlRow[]> {
    if (this.#failed) return Promise.reject(this.#failed)
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      if (this.#waiting.size === 0) this.#worker.ref()
      this.#waiting.set(id, { resolve, reject })
      // the copy of a long list costs three times as much as its text
      if (values.length > longList)
        this.#worker.postMessage({ id, text, values: [], json: JSON.stringify(values), begin })
      else this.#worker.postMessage({ id, text, values, begin })
    })
  }

  /** There is one connection: a statement from outside must not become part of a transaction. */
  #exclusive<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#lock.then(run)
    this.#lock = result.catch(() => {})
    return result
  }

  query(text: string, values?: readonly SqlValue[]): Promise<SqlRow[]> {
    return this.#exclusive(() => this.#send(text, values))
  }

  transaction<Result>(run: (tx: SqlRunner) => Promise<Result>): Promise<Result> {
    return this.#exclusive(async () => {
      // the first statement begins the transaction: each message wakes two threads
      let begun = false
      const query = (text: string, values?: readonly SqlValue[]) => {
        const begin = !begun
        begun = true
        return this.#send(text, values, begin)
      }
      try {
        const result = await run({ engine: this.engine, query })
        if (begun) await this.#send('COMMIT')
        return result
      } catch (error) {
        if (begun) await this.#send('ROLLBACK').catch(() => {})
        throw error
      }
    })
  }

  close(): Promise<void> {
    return this.#exclusive(async () => {
      if (this.#failed) return
      await new Promise<void>((resolve) => {
        this.#closed = resolve
        this.#worker.ref()
        this.#worker.postMessage('close')
      })
      this.#failed = new Error('The database is closed.')
      await this.#worker.terminate()
    })
  }
}
