import { isCurrentKey, isKey, type KeyField, keyField } from '../keys/key-search.js'
import { dimensions } from '../ledger/rollups.js'
import type { Sql, SqlRunner } from './sql.js'

/**
 * One step of the schema. Steps only expand: the release before must run on the new schema. A column or a table is dropped one
 * release after its last use.
 */
interface Migration {
  readonly version: number
  readonly statements: readonly string[]
  /** Statements that differ, before the others. */
  readonly own?: Readonly<Record<Sql['engine'], readonly string[]>>
}

const totalsOfDaily = (dimension: string, column: string) =>
  `INSERT INTO llmux_totals (grain, dimension, period, name, calls, failures, input_tokens, output_tokens, cached_tokens,
      cache_hits, unknown_costs, retries, fallbacks, duration_ms, first_token_ms, first_tokens, nanos, saved_nanos)
    SELECT 'day', '${dimension}', day, ${column}, SUM(calls), SUM(failures), SUM(input_tokens), SUM(output_tokens),
      SUM(cached_tokens), SUM(cache_hits), SUM(unknown_costs), 0, 0, SUM(duration_ms), 0, 0, SUM(nanos), 0
    FROM llmux_daily GROUP BY day${dimension === 'all' ? '' : `, ${column}`}`

const totalsTable = `CREATE TABLE llmux_totals (
  grain TEXT NOT NULL, dimension TEXT NOT NULL, period TEXT NOT NULL, name TEXT NOT NULL,
  calls BIGINT NOT NULL, failures BIGINT NOT NULL, input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL, cache_hits BIGINT NOT NULL, unknown_costs BIGINT NOT NULL, retries BIGINT NOT NULL,
  fallbacks BIGINT NOT NULL, duration_ms BIGINT NOT NULL, first_token_ms BIGINT NOT NULL, first_tokens BIGINT NOT NULL,
  nanos BIGINT NOT NULL, saved_nanos BIGINT NOT NULL,
  PRIMARY KEY (grain, dimension, period, name))`

const callTagsTable = `CREATE TABLE llmux_call_tags (
  tag TEXT NOT NULL, at BIGINT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tag, at, id))`

const contentsTable = `CREATE TABLE llmux_contents (
  at BIGINT NOT NULL, id TEXT NOT NULL, request TEXT, response TEXT, PRIMARY KEY (at, id))`

/** The views of dashboards: time series by one dimension, facts of single calls, and reports in SQL. */
const dashboards: Migration = {
  version: 2,
  statements: [
    ...[
      'first_token_ms BIGINT',
      'cache_write_tokens BIGINT',
      'reasoning_tokens BIGINT',
      'retries INTEGER',
      'fallbacks INTEGER',
      'saved_nanos BIGINT',
      'provider_request_id TEXT',
      'detail TEXT',
      'rolled INTEGER',
      'original_nanos BIGINT',
      'rated_at BIGINT',
    ].map((column) => `ALTER TABLE llmux_calls ADD COLUMN ${column}`),
    // calls of before are in the daily sums, which are copied below; those without the mark are yet to be added
    'UPDATE llmux_calls SET rolled = 1',
    'CREATE INDEX llmux_calls_rolled ON llmux_calls (id) WHERE rolled IS NULL',
    'CREATE INDEX llmux_calls_group ON llmux_calls (model_group, at)',
    'CREATE INDEX llmux_calls_model ON llmux_calls (model, at)',
    'CREATE INDEX llmux_calls_deployment ON llmux_calls (deployment, at)',
    "CREATE INDEX llmux_calls_failed ON llmux_calls (at) WHERE outcome <> 'success'",
    "CREATE INDEX llmux_calls_outcome ON llmux_calls (outcome, at) WHERE outcome <> 'success'",
    'CREATE INDEX llmux_daily_key ON llmux_daily (key_hash, day)',
    'CREATE INDEX llmux_daily_user ON llmux_daily (user_id, day)',
    'CREATE INDEX llmux_daily_team ON llmux_daily (team_id, day)',
    'CREATE INDEX llmux_daily_group ON llmux_daily (model_group, day)',
    'CREATE INDEX llmux_daily_model ON llmux_daily (model, day)',
    // customers are many: the other daily sums stay small without them
    `CREATE TABLE llmux_daily_customers (
      day TEXT NOT NULL, key_hash TEXT NOT NULL, user_id TEXT NOT NULL, team_id TEXT NOT NULL, customer_id TEXT NOT NULL,
      model_group TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, deployment TEXT NOT NULL, path TEXT NOT NULL,
      calls BIGINT NOT NULL, failures BIGINT NOT NULL, input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
      cached_tokens BIGINT NOT NULL, cache_hits BIGINT NOT NULL, unknown_costs BIGINT NOT NULL, duration_ms BIGINT NOT NULL,
      nanos BIGINT NOT NULL,
      PRIMARY KEY (customer_id, day, key_hash, user_id, team_id, model_group, model, provider, deployment, path))`,
    'CREATE INDEX llmux_daily_customers_day ON llmux_daily_customers (day)',
    "INSERT INTO llmux_daily_customers SELECT * FROM llmux_daily WHERE customer_id <> ''",
    'CREATE INDEX llmux_daily_tags_tag ON llmux_daily_tags (tag, day)',
    `CREATE TABLE llmux_ratings (
      id TEXT PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, conditions TEXT NOT NULL, calls BIGINT NOT NULL,
      nanos_before BIGINT NOT NULL, nanos_after BIGINT NOT NULL)`,
    'CREATE INDEX llmux_contents_id ON llmux_contents (id)',
    // one sender for each alert, over all processes
    'CREATE TABLE llmux_alerts (name TEXT PRIMARY KEY, until BIGINT NOT NULL, sent BIGINT NOT NULL)',
    `CREATE VIEW llmux_calls_view AS
      SELECT id, at, duration_ms, first_token_ms, operation, path, key_hash, key_alias, user_id, team_id, organization_id,
        customer_id, tags, model_group, model, provider, deployment, outcome, error_status, error_message, input_tokens,
        output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, cache_hit, stream, retries, fallbacks,
        nanos / 1000000000.0 AS dollars, COALESCE(original_nanos, nanos) / 1000000000.0 AS original_dollars,
        cost_state, provider_request_id, metadata
      FROM llmux_calls`,

    'CREATE INDEX llmux_totals_name ON llmux_totals (dimension, name, grain, period)',
    totalsOfDaily('all', "''"),
    totalsOfDaily('key', 'key_hash'),
    totalsOfDaily('user', 'user_id'),
    totalsOfDaily('team', 'team_id'),
    totalsOfDaily('customer', 'customer_id'),
    totalsOfDaily('group', 'model_group'),
    totalsOfDaily('model', 'model'),
    totalsOfDaily('provider', 'provider'),
    totalsOfDaily('deployment', 'deployment'),
    `INSERT INTO llmux_totals (grain, dimension, period, name, calls, failures, input_tokens, output_tokens, cached_tokens,
        cache_hits, unknown_costs, retries, fallbacks, duration_ms, first_token_ms, first_tokens, nanos, saved_nanos)
      SELECT 'day', 'tag', day, tag, SUM(calls), SUM(failures), SUM(input_tokens), SUM(output_tokens),
        SUM(cached_tokens), 0, 0, 0, 0, SUM(duration_ms), 0, 0, SUM(nanos), 0
      FROM llmux_daily_tags GROUP BY day, tag`,
    `CREATE VIEW llmux_totals_view AS
      SELECT grain, dimension, period, name, calls, failures, input_tokens, output_tokens, cached_tokens, cache_hits,
        unknown_costs, retries, fallbacks, duration_ms, first_token_ms, first_tokens, nanos / 1000000000.0 AS dollars,
        saved_nanos / 1000000000.0 AS saved_dollars
      FROM llmux_totals`,
    // calls in flight, and signs of life of the processes that serve them
    'CREATE TABLE llmux_open_calls (id TEXT PRIMARY KEY, owner TEXT NOT NULL, booking TEXT NOT NULL)',
    'CREATE TABLE llmux_owners (owner TEXT PRIMARY KEY, seen BIGINT NOT NULL)',
  ],
  own: {
    // rows of a table without row ids lie in the order of the key: a range is one read
    sqlite: [`${totalsTable} WITHOUT ROWID`, `${callTagsTable} WITHOUT ROWID`, contentsTable],
    // content is dropped by the day, which costs nothing
    postgres: [
      // a chart of one dimension reads its part alone
      `${totalsTable} PARTITION BY LIST (dimension)`,
      ...dimensions.map(
        (dimension) =>
          `CREATE TABLE llmux_totals_${dimension} PARTITION OF llmux_totals FOR VALUES IN ('${dimension}')`,
      ),
      'CREATE TABLE llmux_totals_other PARTITION OF llmux_totals DEFAULT',
      callTagsTable,
      `${contentsTable} PARTITION BY RANGE (at)`,
    ],
  },
}

const monthSumsTable = `CREATE TABLE llmux_month_sums (
  period TEXT NOT NULL, dimension TEXT NOT NULL, name TEXT NOT NULL, calls BIGINT NOT NULL, failures BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, nanos BIGINT NOT NULL, PRIMARY KEY (period, dimension, name))`

const tagModelsTable = `CREATE TABLE llmux_daily_tag_models (
  tag TEXT NOT NULL, day TEXT NOT NULL, model_group TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,
  path TEXT NOT NULL, calls BIGINT NOT NULL, failures BIGINT NOT NULL, input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL, cached_tokens BIGINT NOT NULL, duration_ms BIGINT NOT NULL, nanos BIGINT NOT NULL,
  PRIMARY KEY (tag, day, model_group, model, provider, path))`

const closedTable = 'CREATE TABLE llmux_closed (grain TEXT NOT NULL, period TEXT NOT NULL, PRIMARY KEY (grain, period))'

/** Sums of periods that have ended: no call pays for them. A trigger opens a period that a late call changes, of any release. */
const closedPeriods: Migration = {
  version: 3,
  statements: ['CREATE INDEX llmux_daily_tag_models_day ON llmux_daily_tag_models (day)'],
  own: {
    sqlite: [
      ...[monthSumsTable, tagModelsTable, closedTable].map((table) => `${table} WITHOUT ROWID`),
      `CREATE TRIGGER llmux_totals_reopen AFTER UPDATE ON llmux_totals WHEN NEW.dimension = 'all' BEGIN
        DELETE FROM llmux_closed WHERE grain = NEW.grain AND period = NEW.period; END`,
    ],
    postgres: [
      ...[monthSumsTable, tagModelsTable, closedTable],
      `CREATE FUNCTION llmux_reopen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM llmux_closed WHERE grain = NEW.grain AND period = NEW.period; RETURN NULL; END $$`,
      'CREATE TRIGGER llmux_totals_reopen AFTER UPDATE ON llmux_totals_all FOR EACH ROW EXECUTE FUNCTION llmux_reopen()',
    ],
  },
}

const responseOwnersTable =
  'CREATE TABLE llmux_response_owners (id TEXT NOT NULL, owner TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (id, owner))'

/** Stored answers of the Responses API, which all replicas read. */
const sharedTexts: Migration = {
  version: 4,
  statements: [
    'CREATE TABLE llmux_texts (name TEXT PRIMARY KEY, body TEXT NOT NULL, size BIGINT NOT NULL, at BIGINT NOT NULL)',
    'CREATE INDEX llmux_texts_at ON llmux_texts (at)',
  ],
}

/** Owners of stored answers and of their items. */
const responseOwners: Migration = {
  version: 5,
  statements: [
    'CREATE INDEX llmux_response_owners_at ON llmux_response_owners (at)',
    // sums of sizes without the texts
    'CREATE INDEX llmux_texts_sizes ON llmux_texts (at, name, size)',
  ],
  own: {
    sqlite: [`${responseOwnersTable} WITHOUT ROWID`],
    postgres: [responseOwnersTable],
  },
}

const keyIndexes = (engine: Sql['engine']) => {
  const index = (name: string, condition: string, ...fields: KeyField[]) =>
    `CREATE INDEX llmux_keys_${name} ON llmux_rows (${[...fields.map((field) => keyField(engine, field)), 'id'].join(', ')}) WHERE ${condition}`
  return [
    index('created', isCurrentKey(engine), 'created_at'),
    index('alias', isKey, 'key_alias'),
    index('user', isKey, 'user_id', 'created_at'),
    index('team', isKey, 'team_id', 'created_at'),
  ]
}

/**
 * Postgres reads no JSON with the character U+0000, or with half of a surrogate pair: such texts could be in the metadata of keys before.
 * Escaped backslashes are another character meanwhile, so that none of them seems to begin an escape.
 */
const readableKeys = String.raw`UPDATE llmux_rows SET body = replace(
    regexp_replace(replace(body, '\\', chr(1)), '\\(u0000|ud[89a-f][0-9a-f]{2})', '\\ufffd', 'g'), chr(1), '\\')
  WHERE collection = 'keys' AND body ~ '\\u(0000|d[89a-f])'`

/** Keys are found in the database: not all of them are in memory. */
const keysOnDemand: Migration = {
  version: 6,
  statements: [
    // changes are read in pages; the release before reads them by this index too
    'CREATE INDEX llmux_rows_changes ON llmux_rows (version, collection, id)',
    'DROP INDEX llmux_rows_version',
  ],
  own: { sqlite: keyIndexes('sqlite'), postgres: [readableKeys, ...keyIndexes('postgres')] },
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
  dashboards,
  closedPeriods,
  sharedTexts,
  responseOwners,
  keysOnDemand,
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
    for (const { version, statements, own } of steps) {
      for (const statement of [...(own?.[sql.engine] ?? []), ...statements]) await tx.query(statement)
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
