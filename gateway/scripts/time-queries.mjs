// Measures every query of the dashboard and of LiteLLM's spend routes on a database that seed-rows.mjs has filled, and shows the plan
// of the slowest statement of each.
//   node gateway/scripts/time-queries.mjs --data=/tmp/rows | --database=postgresql://… [--runs=7] [--plans] [--limit-ms=200] [--only=TEXT]
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flag, sources } from './rows/sources.mjs'

const runs = Number(flag('runs', '7'))
const plans = process.argv.includes('--plans')
const limitMs = Number(flag('limit-ms', '200'))
const { openStore, Directory, createVault, spendRoutes, activityRoutes, migrate } = await sources({
  './store/open.js': ['openStore'],
  './store/migrations.js': ['migrate'],
  './store/secrets.js': ['createVault'],
  './keys/directory.js': ['Directory'],
  './admin/spend.js': ['spendRoutes'],
  './admin/activity.js': ['activityRoutes'],
})
const store = await openStore({ data: flag('data', './llmux-rows'), databaseUrl: flag('database') })
await migrate(store)
let statements = []
const sql = {
  engine: store.engine,
  transaction: (run) => store.transaction(run),
  async query(text, values = []) {
    const from = performance.now()
    const rows = await store.query(text, values)
    statements.push({ text, values, ms: performance.now() - from })
    return rows
  },
}
if (store.engine === 'sqlite') await store.query('PRAGMA cache_size = -262144')
// keys have no part in it: a gateway with another master key may use the database
const empty = await openStore({ data: mkdtempSync(join(tmpdir(), 'llmux-time-queries-')) })
await migrate(empty)
const directory = new Directory(empty, createVault('sk-time-queries-0000'), () => {})
await directory.start()
const context = {
  sql,
  directory,
  ledger: { flush: async () => true },
  book: { get: () => 0n },
  catalog: { has: () => false },
  settings: () => ({}),
  now: Date.now,
}
const routes = [...spendRoutes(context), ...activityRoutes(context)]
const principal = { master: true, role: 'proxy_admin', keyHash: 'x', userId: null, user: undefined }

const [newest] = await store.query('SELECT id, at, key_hash FROM llmux_calls ORDER BY at DESC LIMIT 1')
const dayOf = (at) => new Date(at).toISOString().slice(0, 10)
const end = dayOf(Number(newest.at))
const ago = (days) => dayOf(Number(newest.at) - days * 86_400_000)
const month = `start_date=${ago(29)}&end_date=${end}`
const lastDay = `start_date=${new Date(Number(newest.at) - 82_800_000).toISOString()}&end_date=${new Date(Number(newest.at)).toISOString()}`
const quarter = `start_date=${ago(89)}&end_date=${end}`
const [middle] = await store.query('SELECT id FROM llmux_calls WHERE at <= ? ORDER BY at DESC LIMIT 1', [
  Number(newest.at) - 45 * 86_400_000,
])
const [largestKey] = await store.query(
  "SELECT name FROM llmux_totals WHERE grain = 'day' AND dimension = 'key' AND period = ? ORDER BY calls DESC LIMIT 1",
  [ago(1)],
)
const key = String(largestKey.name)

const queries = [
  // overview
  `/spend/usage?${quarter}`,
  `/spend/usage?${quarter}&group_by=model`,
  `/spend/usage?${quarter}&group_by=key`,
  `/spend/usage?${quarter}&group_by=team`,
  `/spend/usage?${quarter}&group_by=user`,
  `/spend/usage?${quarter}&group_by=outcome`,
  `/spend/usage?${quarter}&group_by=deployment`,
  `/spend/usage?${month}&group_by=customer`,
  `/spend/usage?${quarter}&group_by=tag`,
  '/spend/usage?grain=hour',
  `/spend/usage?grain=hour&group_by=key&start_date=${ago(6)}&end_date=${end}`,
  ...['team', 'user', 'tag'].map((by) => `/spend/usage?grain=hour&group_by=${by}&start_date=${ago(6)}&end_date=${end}`),
  `/spend/usage?grain=hour&group_by=customer&start_date=${ago(2)}&end_date=${end}`,
  `/spend/usage?${quarter}&group_by=customer`,
  // one owner
  `/spend/usage?${quarter}&api_key=${key}`,
  `/spend/usage?${quarter}&api_key=${key}&group_by=model`,
  `/spend/usage?${quarter}&team_id=team-7&group_by=key`,
  `/spend/usage?${quarter}&team_id=team-7&group_by=model`,
  `/spend/usage?${quarter}&model=model-7&group_by=team`,
  `/spend/usage?${quarter}&customer_id=customer-7&group_by=model`,
  `/spend/usage?${quarter}&tag=tag-7&group_by=model`,
  // hours of an owner, out of the calls
  ...[
    'user_id=user-7&group_by=model',
    'user_id=user-7&group_by=key',
    'team_id=team-7&group_by=model',
    'tag=tag-7&group_by=model',
  ].map((part) => `/spend/usage?grain=hour&${part}&${lastDay}`),
  // calls
  '/spend/logs?limit=100',
  `/spend/logs?limit=100&after=${middle.id}`,
  `/spend/logs?limit=100&api_key=${key}`,
  '/spend/logs?limit=100&team_id=team-7&status_filter=failure',
  '/spend/logs?limit=100&model=model-7',
  '/spend/logs?limit=100&model_id=model-7-1',
  '/spend/logs?limit=100&end_user=customer-7',
  '/spend/logs?limit=100&status_filter=failure',
  '/spend/logs?limit=100&outcome=timeout',
  '/spend/logs?limit=100&tag=tag-7',
  '/spend/logs?limit=100&user_id=user-7&model=model-7',
  `/spend/logs?limit=100&sort_by=spend&sort_order=desc&end_user=customer-7`,
  `/spend/logs?limit=100&sort_order=asc&team_id=team-7`,
  `/spend/logs/v2?page=1&page_size=50&start_date=${ago(6)}&end_date=${end}`,
  '/spend/logs/v2?page=3&page_size=50&team_id=team-7',
  `/spend/logs/ui/${middle.id}`,
  '/spend/latency',
  '/spend/latency?model=model-7',
  // LiteLLM's routes
  '/global/spend',
  `/global/spend?api_key=${key}`,
  '/global/spend?model=model-7',
  `/global/spend/logs?${quarter}`,
  `/global/spend/keys?${month}`,
  `/global/spend/models?${month}`,
  `/global/spend/teams?${month}`,
  `/global/spend/provider?${month}`,
  `/global/spend/tags?${month}`,
  '/global/spend/all_tag_names',
  `/global/spend/report?start_date=${ago(6)}&end_date=${end}&group_by=team`,
  `/global/spend/report?${month}&group_by=team&team_id=team-7`,
  `/global/activity?${month}`,
  `/global/activity/model?${month}`,
  `/spend/tags?${month}`,
  `/user/daily/activity?${month}&user_ids=user-7`,
  `/user/daily/activity?${month}`,
  `/team/daily/activity?${month}&team_ids=team-7`,
  `/customer/daily/activity?${month}&end_user_ids=customer-7`,
  `/tag/daily/activity?${month}&tags=tag-7`,
]

const paramsOf = (template, path) => {
  const names = template.split('/')
  const parts = path.split('/')
  if (names.length !== parts.length) return undefined
  const found = {}
  for (const [index, name] of names.entries()) {
    if (name.startsWith(':')) found[name.slice(1)] = decodeURIComponent(parts[index])
    else if (name !== parts[index]) return undefined
  }
  return found
}

async function ask(url) {
  const { pathname, searchParams } = new URL(url, 'http://gateway')
  for (const route of routes) {
    const params = route.method === 'GET' ? paramsOf(route.path, pathname) : undefined
    if (!params) continue
    const query = Object.fromEntries([...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]))
    const answer = await route.handler({
      method: 'GET',
      path: pathname,
      params,
      query,
      body: undefined,
      headers: {},
      principal,
    })
    return JSON.stringify(answer.body ?? answer)
  }
  throw new Error(`No route for ${url}`)
}

const shown = (url) =>
  url.replace(key, 'KEY').replaceAll(/start_date=[^&]*&end_date=[^&]*/g, (span) => {
    const [from, to] = span.match(/\d{4}-\d\d-\d\d/g) ?? []
    return from ? `${(Date.parse(to) - Date.parse(from)) / 86_400_000 + 1} days` : span
  })

let slow = 0
console.log(
  `${sql.engine}, ${runs} runs each, milliseconds of the route with its JSON (first run, median, slowest of the others)`,
)
const only = flag('only')
for (const url of queries.filter((query) => only === undefined || query.includes(only))) {
  const times = []
  let bytes = 0
  let worst
  for (let run = 0; run < runs; run++) {
    statements = []
    const from = performance.now()
    bytes = (await ask(url)).length
    times.push(performance.now() - from)
    for (const one of statements) if (!worst || one.ms > worst.ms) worst = one
  }
  const [first, ...others] = times
  const sorted = others.sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  if (median > limitMs) slow++
  const numbers = [first, median, sorted.at(-1)].map((ms) => ms.toFixed(1).padStart(8)).join('')
  console.log(
    `${numbers}  ${String(Math.ceil(bytes / 1024)).padStart(5)} kB  ${shown(url)}${median > limitMs ? '   SLOW' : ''}`,
  )
  if (plans && worst) {
    const explain = sql.engine === 'postgres' ? 'EXPLAIN ' : 'EXPLAIN QUERY PLAN '
    const plan = await store.query(explain + worst.text, worst.values)
    for (const row of plan) console.log(`          ${row['QUERY PLAN'] ?? row.detail}`)
  }
}
console.log(`${slow} of ${queries.length} queries have a median above ${limitMs} ms`)
await directory.stop()
await empty.close()
await store.close()
process.exitCode = slow > 0 ? 1 : 0
