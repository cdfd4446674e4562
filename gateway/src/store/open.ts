import type { Sql } from './sql.js'
import { openSqlite } from './sqlite.js'

/** Place of the database. */
export interface StoreOptions {
  /** Folder of SQLite's file. */
  readonly data: string
  /** `postgresql://…` or `postgres://…`; without it SQLite. */
  readonly databaseUrl?: string | undefined
  /** For a gateway: refuses a folder of SQLite that another one uses. @default false */
  readonly exclusive?: boolean
}

/** Opens the database. @throws if the URL is of another kind */
export async function openStore({ data, databaseUrl, exclusive = false }: StoreOptions): Promise<Sql> {
  if (databaseUrl === undefined) return openSqlite(data, { exclusive })
  if (!/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new Error("The database URL must begin with 'postgresql://'. Leave it out for the embedded database.")
  }
  // not loaded by a start without Postgres
  const { openPostgres } = await import('./postgres.js')
  return openPostgres(databaseUrl)
}
