// Measures what keys cost that are only stored: start, memory, the first call of a key, and lists.
//   node gateway/scripts/many-keys.mjs [--keys=10,10000,100000,1000000] [--idle=10000] [--database=postgresql://…] [--data=folder] [--entry=dist/index.js]
// Each key has an alias, a user of 5,000, a team of 500, limits and a budget, and has spent something. The database must be empty for each
// number of keys, so with --database or --data give one number; data of an earlier run with as many keys is used again. --entry measures another build of the gateway.
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { flag, sources } from './rows/sources.mjs'
import { configOf, serveAnswer } from './rows/upstream.mjs'

const master = 'sk-master-key-of-many-keys-1'
const database = flag('database')
const idle = Number(flag('idle', '10000'))
const entry = flag('entry')
const role = process.send && process.env.MANY_KEYS

if (role === 'upstream') {
  serveAnswer()
} else if (role === 'gateway') {
  const { createGateway } = entry
    ? await import(pathToFileURL(resolve(entry)).href)
    : await sources({ './gateway.js': ['createGateway'] })
  const { base, data } = JSON.parse(process.env.MANY_KEYS_OPTIONS)
  const began = performance.now()
  const gateway = await createGateway({
    config: configOf(base, {
      ...(database && { general_settings: { database_url: database } }),
    }),
    data,
    masterKey: master,
    environment: {},
  })
  const { url } = await gateway.listen({ port: 0 })
  const ready = performance.now() - began
  process.on('message', (message) => {
    if (message === 'close') return gateway.close().then(() => process.exit(0))
    for (let at = 0; at < 3; at++) globalThis.gc()
    const { rss, heapUsed } = process.memoryUsage()
    process.send({ rss, heapUsed, cpu: process.cpuUsage().user / 1e3 })
  })
  process.send({ url, ready })
} else {
  const rows = []
  for (const count of flag('keys', '10,10000,100000,1000000').split(',').map(Number)) rows.push(await measure(count))
  console.log(
    `\n${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}, ${database ? 'Postgres' : 'SQLite'}`,
  )
  console.table(rows)
}

function child(name, options = {}) {
  const made = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
    env: { ...process.env, MANY_KEYS: name, MANY_KEYS_OPTIONS: JSON.stringify(options) },
    execArgv: ['--expose-gc'],
  })
  return new Promise((done) => made.once('message', (message) => done([made, message])))
}

function keyOf(at) {
  return `sk-of-many-${at}-${'k'.repeat(20)}`
}

/** Stores keys as the gateway does. */
async function seed(data, count) {
  const { openStore, migrate, emptyKey } = await sources({
    './store/open.js': ['openStore'],
    './store/migrations.js': ['migrate'],
    './admin/empty-rows.js': ['emptyKey'],
  })
  const sql = await openStore({ data, databaseUrl: database })
  await migrate(sql)
  const [found] = await sql.query("SELECT COUNT(*) AS count FROM llmux_rows WHERE collection = 'keys'")
  if (Number(found.count) === count) return await sql.close()
  if (sql.engine === 'sqlite')
    for (const pragma of ['synchronous = OFF', 'cache_size = -2000000']) await sql.query(`PRAGMA ${pragma}`)
  const step = 10_000
  const elements =
    sql.engine === 'postgres'
      ? (at) => `json_array_elements(CAST(${at} AS json)) AS made(value)`
      : (at) => `json_each(${at})`
  const item = sql.engine === 'postgres' ? (at) => `value ->> ${at}` : (at) => `json_extract(value, '$[${at}]')`
  for (let from = 0; from < count; from += step) {
    const made = []
    const spent = []
    for (let at = from; at < Math.min(count, from + step); at++) {
      const key = keyOf(at)
      const token = createHash('sha256').update(key).digest('hex')
      const created_at = new Date(1_764_000_000_000 + at * 1_000).toISOString()
      const row = {
        token,
        key_name: `sk-...${key.slice(-4)}`,
        ...emptyKey,
        key_alias: `service-${at}`,
        user_id: `user-${at % 5_000}`,
        team_id: `team-${at % 500}`,
        max_budget: 100,
        budget_duration: '30d',
        rpm_limit: 600,
        ...{ created_at, created_by: 'default_user_id', updated_at: created_at, updated_by: 'default_user_id' },
        spend_epoch: 0,
      }
      made.push([token, JSON.stringify(row)])
      spent.push([`key:${token}`, 1_000_000 + at])
    }
    await sql.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO llmux_rows (collection, id, body, version) SELECT 'keys', ${item(0)}, ${item(1)}, 1 FROM ${elements('?')}`,
        [JSON.stringify(made)],
      )
      await tx.query(
        `INSERT INTO llmux_spend (subject, period, nanos, updated)
         SELECT ${item(0)}, 'total', CAST(${item(1)} AS BIGINT), ${Date.now() - 86_400_000} FROM ${elements('?')}`,
        [JSON.stringify(spent)],
      )
    })
  }
  await sql.query("UPDATE llmux_meta SET value = '1' WHERE name = 'version'")
  if (sql.engine === 'postgres') for (const table of ['llmux_rows', 'llmux_spend']) await sql.query(`ANALYZE ${table}`)
  await sql.close()
}

async function measure(count) {
  const data = flag('data') ?? mkdtempSync(join(tmpdir(), 'llmux-many-keys-'))
  console.log(`${count} keys`)
  await seed(data, count)
  const [upstream, port] = await child('upstream')
  const [gateway, { url, ready }] = await child('gateway', { base: `http://127.0.0.1:${port}/v1`, data })
  const memory = () =>
    new Promise((done) => {
      gateway.once('message', done)
      gateway.send('memory')
    })
  const call = async (at) => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keyOf(at)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    await response.text()
    if (response.status !== 200) throw new Error(`status ${response.status}`)
  }
  const many = async (keys) => {
    const began = performance.now()
    const left = keys.values()
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const at of left) await call(at)
      }),
    )
    return performance.now() - began
  }
  const timed = async (path) => {
    const began = performance.now()
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${master}` } })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`)
    return performance.now() - began
  }
  // keys that fit into memory are read meanwhile
  await new Promise((done) => setTimeout(done, 5_000))
  const begun = await memory()
  await many(Array.from({ length: 500 }, (_, at) => at % 10))
  // the books of the last calls are closed
  await new Promise((done) => setTimeout(done, 2_000))
  const warm = await memory()
  const others = Array.from(
    { length: Math.min(idle, count - 10) },
    (_, at) => 10 + at * Math.floor((count - 10) / Math.min(idle, count - 10) || 1),
  )
  const first = others.length > 0 ? (await many(others)) / others.length : undefined
  const repeated = (await many(Array.from({ length: 2_000 }, (_, at) => at % 10))) / 2_000
  await new Promise((done) => setTimeout(done, 70_000))
  const after = await memory()
  const mb = (bytes) => Math.round(bytes / 1e5) / 10
  const row = {
    keys: count,
    'start ms': Math.round(ready),
    'RSS MB': mb(begun.rss),
    'heap MB': mb(begun.heapUsed),
    'heap MB after calls': mb(warm.heapUsed),
    [`heap MB after ${idle} idle`]: mb(after.heapUsed),
    'RSS MB after': mb(after.rss),
    'ms a first call': first && Math.round(first * 100) / 100,
    'ms a call': Math.round(repeated * 100) / 100,
    'ms list': Math.round(await timed('/key/list?size=50&return_full_object=true')),
    'ms deep page': Math.round(await timed(`/key/list?size=50&page=${Math.max(1, Math.floor(count / 50))}`)),
    'ms of team': Math.round(await timed('/key/list?size=50&team_id=team-7')),
    'ms alias': Math.round(await timed(`/key/list?size=50&key_alias=service-${Math.floor(count / 2)}`)),
  }
  console.log(row)
  gateway.send('close')
  await new Promise((done) => gateway.once('exit', done))
  upstream.kill()
  if (!flag('data')) rmSync(data, { recursive: true, force: true })
  return row
}
