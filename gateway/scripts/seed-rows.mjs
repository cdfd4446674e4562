// Fills a database of the gateway with calls, and adds them up as the ledger does. The database makes the rows itself.
//   node gateway/scripts/seed-rows.mjs --rows=10000000 --data=/tmp/rows                              SQLite in a folder
//   node gateway/scripts/seed-rows.mjs --rows=10000000 --database=postgresql://user@127.0.0.1/rows   Postgres
// 90 days, 500 keys in 50 teams of 300 people, 20,000 customers, 30 models on 60 deployments, 40 tags, 5 % failures.
import pg from 'pg'
import { flag, sources } from './rows/sources.mjs'

const rows = Number(flag('rows', '1000000'))
const days = Number(flag('days', '90'))
const database = flag('database')
const data = flag('data', './llmux-rows')
const end = Number(flag('end', String(Date.now())))

const { openStore, migrate, closePeriods } = await sources({
  './store/open.js': ['openStore'],
  './store/migrations.js': ['migrate'],
  './ledger/closing.js': ['closePeriods'],
})
const sql = await openStore({ data, databaseUrl: database })
const postgres = sql.engine === 'postgres'

const started = Date.now()
const note = (text) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(7)} s  ${text}`)
// statements of the gateway end after 30 seconds; these take minutes
const client = postgres ? new pg.Client({ connectionString: database }) : undefined
await client?.connect()
for (const setting of ["work_mem = '512MB'", "maintenance_work_mem = '512MB'"]) await client?.query(`SET ${setting}`)
const run = async (statement) => (client ? (await client.query(statement)).rows : await sql.query(statement))

await migrate(sql)
if (!postgres)
  for (const pragma of ['synchronous = OFF', 'journal_mode = OFF', 'cache_size = -2000000', 'temp_store = FILE'])
    await run(`PRAGMA ${pragma}`)

// indexes are faster to build at the end
const indexes = postgres
  ? await run(
      "SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE tablename = 'llmux_calls' AND indexname NOT LIKE '%_pkey'",
    )
  : await run(
      "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'llmux_calls' AND sql IS NOT NULL",
    )
for (const { name } of indexes) await run(`DROP INDEX ${name}`)

/** An even number of 0 to `below` that depends on the row and a salt. */
const pick = (salt, below) => `(((i * ${2654435761 + salt * 40503}) % 4294967291 + ${salt * 7919}) % ${below})`
/** Small numbers are far more likely, as keys and models are. */
const skewed = (salt, below) => `((${pick(salt, 10007)} * ${pick(salt + 50, 10009)}) * ${below} / 100160064)`
const id = postgres
  ? `lpad(to_hex((i * 2654435761) % 4294967296), 8, '0') || '-' || i`
  : `printf('%08x', (i * 2654435761) % 4294967296) || '-' || i`
const hash = (number) =>
  postgres ? `md5('key' || ${number}) || md5('yek' || ${number})` : `printf('%064x', ${number} * 1000003)`
const series = (from, to) =>
  postgres
    ? `generate_series(CAST(${from} AS BIGINT), CAST(${to} AS BIGINT)) AS series(i)`
    : `(WITH RECURSIVE s(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM s WHERE i < ${to}) SELECT i FROM s)`
const from = end - days * 86_400_000
const failed = `${pick(9, 100)} < 5`
const outcome = `CASE WHEN ${failed} THEN CASE ${pick(10, 6)} WHEN 0 THEN 'rate_limit' WHEN 1 THEN 'timeout' WHEN 2 THEN 'refused'
  WHEN 3 THEN 'aborted' WHEN 4 THEN 'internal_server' ELSE 'invalid_request' END ELSE 'success' END`
const detail = `'{"usage":{"prompt_tokens":900,"completion_tokens":120,"total_tokens":1020,"prompt_tokens_details":{"cached_tokens":300}},"cost":{"total":0.0021,"input":0.0012,"cacheRead":0.0001,"output":0.0008,"rates":{"input":2,"cacheRead":0.5,"output":8},"source":"table","row":"openai/gpt-4o","asOf":"2026-11-20"},"attempts":[{"provider":"openai","model":"gpt-4o","outcome":"success","startMs":1,"durationMs":900,"status":200,"deployment":"d","modelGroup":"g"}],"headers":{"user-agent":"OpenAI/JS 6.1"}}'`

const step = 500_000
for (let at = 1; at <= rows; at += step) {
  const last = Math.min(rows, at + step - 1)
  await run(`INSERT INTO llmux_calls (id, at, duration_ms, operation, path, key_hash, key_alias, user_id, team_id, organization_id,
      customer_id, tags, model_group, model, provider, deployment, outcome, error_status, error_message, input_tokens,
      output_tokens, cached_tokens, cache_hit, stream, nanos, cost_state, metadata, ip, first_token_ms, retries, fallbacks,
      saved_nanos, detail, rolled)
    SELECT id, at, duration, 'chat', '/v1/chat/completions', ${hash('k')}, 'key-' || k, 'user-' || (k % 300), 'team-' || (k % 50), NULL,
      CASE WHEN c < 20000 THEN 'customer-' || c END, CASE WHEN t < 40 THEN '["tag-' || t || '"]' ELSE '[]' END,
      'model-' || m, 'provider-' || (m % 6) || '/model-' || m, 'provider-' || (m % 6), 'model-' || m || '-' || d, outcome,
      CASE WHEN outcome = 'success' THEN NULL ELSE 429 END, CASE WHEN outcome = 'success' THEN NULL ELSE 'The provider has refused the call.' END,
      tokens, CASE WHEN outcome = 'success' THEN tokens / 7 ELSE 0 END, tokens / 3, CASE WHEN h < 3 THEN 1 ELSE 0 END, stream,
      CASE WHEN outcome = 'success' THEN tokens * (m + 1) * 100 ELSE 0 END, 'known', '{}', NULL,
      CASE WHEN stream = 1 AND outcome = 'success' THEN duration / 4 END, CASE WHEN h = 4 THEN 1 ELSE 0 END, CASE WHEN h = 5 THEN 1 ELSE 0 END,
      0, ${detail}, 1
    FROM (SELECT made.*, (k * 7 + m0) % 30 AS m FROM (SELECT ${id} AS id, CAST(${from} + i * ${days * 86_400_000} / ${rows} AS BIGINT) AS at, 200 + ${pick(1, 3000)} AS duration,
      ${skewed(2, 500)} AS k, ${pick(3, 100000)} AS c, ${pick(4, 133)} AS t, ${pick(5, 4)} AS m0, ${pick(6, 2)} AS d,
      20 + ${pick(7, 4000)} AS tokens, ${pick(8, 100)} AS h, ${pick(11, 2)} AS stream, ${outcome} AS outcome
      FROM ${series(at, last)}) AS made) AS calls`)
  if (last % 2_000_000 < step || last === rows) note(`${last} rows`)
}
for (const { name, sql: text } of indexes) {
  await run(text)
  note(`index ${name}`)
}

const dayText = postgres
  ? `to_char(to_timestamp(at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')`
  : `strftime('%Y-%m-%d', at / 1000, 'unixepoch')`
const hourText = postgres
  ? `to_char(to_timestamp(at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')`
  : `strftime('%Y-%m-%dT%H', at / 1000, 'unixepoch')`
const failures = `SUM(CASE WHEN outcome = 'success' THEN 0 ELSE 1 END)`
const sums = `COUNT(*) AS calls, ${failures} AS failures, SUM(input_tokens) AS input_tokens, SUM(output_tokens) AS output_tokens,
  SUM(cached_tokens) AS cached_tokens, SUM(cache_hit) AS cache_hits, 0 AS unknown_costs, SUM(retries) AS retries, SUM(fallbacks) AS fallbacks,
  SUM(duration_ms) AS duration_ms, SUM(COALESCE(first_token_ms, 0)) AS first_token_ms, COUNT(first_token_ms) AS first_tokens,
  SUM(nanos) AS nanos, 0 AS saved_nanos`
const measures = [...sums.matchAll(/ AS (\w+)/g)].map(([, name]) => name)
const again = measures.map((name) => `SUM(${name})`).join(', ')
const owners = 'key_hash, user_id, team_id, model_group, model, provider, deployment, path, outcome'
// the wide rows are read once for the days, and once for the hours
await run(
  `CREATE TABLE seed_days AS SELECT ${dayText} AS period, ${owners}, ${sums} FROM llmux_calls GROUP BY ${dayText}, ${owners}`,
)
note('sums by day')
await run(`CREATE TABLE seed_hours AS SELECT ${hourText} AS period, ${owners}, ${sums} FROM llmux_calls
  WHERE at > ${end - 35 * 86_400_000} GROUP BY ${hourText}, ${owners}`)
note('sums by hour')
const dailyNames = 'key_hash, user_id, team_id, customer_id, model_group, model, provider, deployment, path'
const dailyMeasures =
  'calls, failures, input_tokens, output_tokens, cached_tokens, cache_hits, unknown_costs, duration_ms, nanos'
await run(`INSERT INTO llmux_daily SELECT period, ${dailyNames.replace('customer_id', "''")}, ${dailyMeasures.replace(/\w+/g, 'SUM($&)')}
  FROM seed_days GROUP BY period, ${owners.replace(', outcome', '')}`)
await run(`INSERT INTO llmux_daily_customers SELECT ${dayText}, ${dailyNames}, COUNT(*), ${failures}, SUM(input_tokens), SUM(output_tokens),
  SUM(cached_tokens), SUM(cache_hit), 0, SUM(duration_ms), SUM(nanos) FROM llmux_calls WHERE customer_id IS NOT NULL GROUP BY ${dayText}, ${dailyNames}`)
note('daily sums')
const tag = postgres ? `tags::json ->> 0` : `json_extract(tags, '$[0]')`
await run(`INSERT INTO llmux_daily_tags SELECT ${dayText}, ${tag}, key_hash, model_group, model, provider, path, COUNT(*), ${failures},
  SUM(input_tokens), SUM(output_tokens), SUM(cached_tokens), SUM(duration_ms), SUM(nanos) FROM llmux_calls WHERE tags <> '[]' GROUP BY 1, 2, 3, 4, 5, 6, 7`)
await run(`INSERT INTO llmux_call_tags SELECT ${tag}, at, id FROM llmux_calls WHERE tags <> '[]' ORDER BY 1, 2, 3`)
note('tags')
const columns = {
  ...{ all: "''", key: 'key_hash', user: 'user_id', team: 'team_id', organization: "''" },
  ...{ group: 'model_group', model: 'model', provider: 'provider', deployment: 'deployment', outcome: 'outcome' },
}
for (const [dimension, column] of Object.entries(columns))
  await run(
    `INSERT INTO llmux_totals SELECT 'day', '${dimension}', period, ${column}, ${again} FROM seed_days GROUP BY 3, 4`,
  )
await run(
  `INSERT INTO llmux_totals SELECT 'day', 'customer', day, customer_id, ${measures
    .map((name) => (dailyMeasures.includes(name) && !name.startsWith('first') ? `SUM(${name})` : '0'))
    .join(', ')} FROM llmux_daily_customers GROUP BY 3, 4`,
)
await run(`INSERT INTO llmux_totals SELECT 'day', 'tag', day, tag, SUM(calls), SUM(failures), SUM(input_tokens), SUM(output_tokens),
  SUM(cached_tokens), 0, 0, 0, 0, SUM(duration_ms), 0, 0, SUM(nanos), 0 FROM llmux_daily_tags GROUP BY 3, 4`)
for (const dimension of ['all', 'key', 'group', 'model', 'provider', 'deployment', 'outcome'])
  await run(
    `INSERT INTO llmux_totals SELECT 'hour', '${dimension}', period, ${columns[dimension]}, ${again} FROM seed_hours GROUP BY 3, 4`,
  )
await run('DROP TABLE seed_days')
await run('DROP TABLE seed_hours')
note('totals')
for (let done = 1; done > 0; ) done = await closePeriods(sql, end)
note('ended periods')
await run('ANALYZE')
const [calls] = await run('SELECT COUNT(*) AS calls, SUM(nanos) AS nanos FROM llmux_calls')
const [daily] = await run('SELECT COUNT(*) AS rows, SUM(calls) AS calls, SUM(nanos) AS nanos FROM llmux_daily')
const [totals] = await run('SELECT COUNT(*) AS rows FROM llmux_totals')
const [size] = postgres
  ? await run('SELECT pg_database_size(current_database()) AS bytes')
  : await run('SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()')
note(
  `${calls.calls} calls for ${calls.nanos} nanodollars; ${daily.rows} daily sums of ${daily.calls} calls for ${daily.nanos}; ${totals.rows} totals; ${(Number(size.bytes) / 1e9).toFixed(2)} GB`,
)
await client?.end()
await sql.close()
if (String(calls.nanos) !== String(daily.nanos)) throw new Error('The sums differ.')
