import type { Sql, SqlRunner } from './sql.js'

/**
 * One step of the schema. Steps only expand: the release before must run on the new schema. A column or a table is dropped one
 * release after its last use.
 */
interface Migration {
  readonly version: number
  readonly statements: readonly string[]
}

const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      // all subjects are small documents that every process keeps in memory; `version` finds the changes
      `CREATE TABLE llmux_rows (
        collection TEXT NOT NULL, id TEXT NOT NULL, body TEXT, version BIGINT NOT NULL,
        PRIMARY KEY (collection, id))`,
      'CREATE INDEX llmux_rows_version ON llmux_rows (version)',
      `CREATE TABLE llmux_audit (
        id TEXT PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, actor_key TEXT NOT NULL, action TEXT NOT NULL,
        collection TEXT NOT NULL, row_id TEXT NOT NULL, before_value TEXT, after_value TEXT)`,
      'CREATE INDEX llmux_audit_at ON llmux_audit (at)',
      `CREATE TABLE llmux_calls (
        id TEXT PRIMARY KEY, at BIGINT NOT NULL, duration_ms BIGINT NOT NULL, operation TEXT NOT NULL, path TEXT NOT NULL,
        key_hash TEXT NOT NULL, key_alias TEXT, user_id TEXT, team_id TEXT, organization_id TEXT, customer_id TEXT,
        tags TEXT NOT NULL, model_group TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, deployment TEXT NOT NULL,
        outcome TEXT NOT NULL, error_status INTEGER, error_message TEXT, input_tokens BIGINT NOT NULL,
        output_tokens BIGINT NOT NULL, cached_tokens BIGINT NOT NULL, cache_hit INTEGER NOT NULL, stream INTEGER NOT NULL,
        nanos BIGINT NOT NULL, cost_state TEXT NOT NULL, metadata TEXT NOT NULL, ip TEXT)`,
      'CREATE INDEX llmux_calls_at ON llmux_calls (at)',
      'CREATE INDEX llmux_calls_key ON llmux_calls (key_hash, at)',
      'CREATE INDEX llmux_calls_user ON llmux_calls (user_id, at)',
      'CREATE INDEX llmux_calls_team ON llmux_calls (team_id, at)',
      'CREATE INDEX llmux_calls_customer ON llmux_calls (customer_id, at)',
      `CREATE TABLE llmux_daily (
        day TEXT NOT NULL, key_hash TEXT NOT NULL, user_id TEXT NOT NULL, team_id TEXT NOT NULL, customer_id TEXT NOT NULL,
        model_group TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, deployment TEXT NOT NULL, path TEXT NOT NULL,
        calls BIGINT NOT NULL, failures BIGINT NOT NULL, input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
        cached_tokens BIGINT NOT NULL, cache_hits BIGINT NOT NULL, unknown_costs BIGINT NOT NULL, duration_ms BIGINT NOT NULL,
        nanos BIGINT NOT NULL,
        PRIMARY KEY (day, key_hash, user_id, team_id, customer_id, model_group, model, provider, deployment, path))`,
      `CREATE TABLE llmux_daily_tags (
        day TEXT NOT NULL, tag TEXT NOT NULL, key_hash TEXT NOT NULL, model_group TEXT NOT NULL, model TEXT NOT NULL,
        provider TEXT NOT NULL, path TEXT NOT NULL, calls BIGINT NOT NULL, failures BIGINT NOT NULL,
        input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, cached_tokens BIGINT NOT NULL,
        duration_ms BIGINT NOT NULL, nanos BIGINT NOT NULL,
        PRIMARY KEY (day, tag, key_hash, model_group, model, provider, path))`,
      // the period is part of the key: a reset is a new row
      `CREATE TABLE llmux_spend (
        subject TEXT NOT NULL, period TEXT NOT NULL, nanos BIGINT NOT NULL, updated BIGINT NOT NULL,
        PRIMARY KEY (subject, period))`,
      'CREATE INDEX llmux_spend_updated ON llmux_spend (updated)',
      `CREATE VIEW llmux_spend_view AS
        SELECT day, key_hash, user_id, team_id, customer_id, model_group, model, provider, deployment, calls, failures,
          input_tokens, output_tokens, nanos / 1000000000.0 AS dollars
        FROM llmux_daily`,
    ],
  },
]

/** Version of the schema that this release writes. */
export const schemaVersion = migrations.at(-1)?.version ?? 0

const lockId = 7_081_522

/**
 * Brings the schema up to this release, in one transaction that only one process enters.
 * @returns the steps that were taken
 * @throws if the schema is more than one version newer than this release
 */
export async function migrate(sql: Sql): Promise<number[]> {
  return await sql.transaction(async (tx) => {
    if (sql.engine === 'postgres') await tx.query('SELECT pg_advisory_xact_lock(?)', [lockId])
    await tx.query('CREATE TABLE IF NOT EXISTS llmux_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)')
    const current = await versionOf(tx)
    if (current > schemaVersion + 1) {
      throw new Error(
        `The database has schema version ${current}; this release knows up to ${schemaVersion + 1}. Use a newer release.`,
      )
    }
    const steps = migrations.filter(({ version }) => version > current)
    for (const { version, statements } of steps) {
      for (const statement of statements) await tx.query(statement)
      await setMeta(tx, 'schema', String(version))
    }
    await tx.query("INSERT INTO llmux_meta (name, value) VALUES ('version', '0') ON CONFLICT (name) DO NOTHING")
    return steps.map(({ version }) => version)
  })
}

async function versionOf(tx: SqlRunner): Promise<number> {
  const [row] = await tx.query("SELECT value FROM llmux_meta WHERE name = 'schema'")
  return Number(row?.value ?? 0)
}

/** Stores a fact about the database. */
export async function setMeta(tx: SqlRunner, name: string, value: string): Promise<void> {
  await tx.query(
    'INSERT INTO llmux_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [name, value],
  )
}

/** Reads a fact about the database. */
export async function meta(sql: SqlRunner, name: string): Promise<string | undefined> {
  const [row] = await sql.query('SELECT value FROM llmux_meta WHERE name = ?', [name])
  return row === undefined ? undefined : String(row.value)
}
