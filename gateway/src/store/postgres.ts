import pg from 'pg'
import { channel, type Sql, type SqlRow, type SqlRunner, type SqlValue } from './sql.js'

const longestPause = 10_000

/** Opens a pool of connections to Postgres. Nothing is sent before the first statement. */
export function openPostgres(url: string): Sql {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    // a server that hangs, or a network that is cut, ends no statement by itself
    query_timeout: 35_000,
    keepAlive: true,
    idle_in_transaction_session_timeout: 30_000,
    application_name: 'llmux-gateway',
  })
  // an idle connection that breaks must not end the process; the next statement reports the trouble
  pool.on('error', () => {})
  return new PostgresDatabase(pool, url)
}

class PostgresDatabase implements Sql {
  readonly engine = 'postgres'
  readonly #pool: pg.Pool
  readonly #url: string
  #closed = false
  #listener: pg.Client | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(pool: pg.Pool, url: string) {
    this.#pool = pool
    this.#url = url
  }

  async query(text: string, values: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return (await this.#pool.query<SqlRow>(numbered(text), [...values])).rows
  }

  async transaction<Result>(run: (tx: SqlRunner) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect()
    let broken: Error | undefined
    // the pool listens to idle connections only: one that breaks between two statements would end the process
    const note = (error: Error) => {
      broken = error
    }
    client.on('error', note)
    try {
      await client.query('BEGIN')
      const result = await run({
        engine: this.engine,
        query: async (text, values = []) => (await client.query<SqlRow>(numbered(text), [...values])).rows,
      })
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch((reason: Error) => {
        broken = reason
      })
      throw error
    } finally {
      client.off('error', note)
      client.release(broken)
    }
  }

  listen(changed: () => unknown): void {
    let pause = 250
    const connect = async () => {
      const client = new pg.Client({ connectionString: this.#url, application_name: 'llmux-gateway listener' })
      let ended = false
      const again = () => {
        if (ended) return
        ended = true
        client.end().catch(() => {})
        if (this.#closed) return
        this.#timer = setTimeout(connect, pause)
        this.#timer.unref()
        pause = Math.min(pause * 2, longestPause)
      }
      client.on('error', again)
      client.on('end', again)
      client.on('notification', changed)
      try {
        await client.connect()
        await client.query(`LISTEN ${channel}`)
        this.#listener = client
        pause = 250
        if (this.#closed) await client.end()
        else changed()
      } catch {
        again()
      }
    }
    void connect()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#listener?.end().catch(() => {})
    await this.#pool.end()
  }
}

const texts = new Map<string, string>()

/** Turns `?` into `$1`, `$2`, …. The statements of the gateway have no `?` in a literal. */
function numbered(text: string): string {
  const known = texts.get(text)
  if (known) return known
  let count = 0
  const result = text.replace(/\?/g, () => `$${++count}`)
  if (texts.size < 200) texts.set(text, result)
  return result
}
