// Measures what one call costs: time of the processor, commands and bytes of Redis, rows and bytes of Postgres.
//   node gateway/scripts/call-cost.mjs [--database=postgresql://…] [--redis=127.0.0.1:6379] [--calls=3000] [--clients=16]
// The database must be empty, and neither server may have other clients. Without --database the gateway uses SQLite.
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flag, sources } from './rows/sources.mjs'
import { configOf, serveAnswer } from './rows/upstream.mjs'

const master = 'sk-master-key-of-call-cost-1'
const calls = Number(flag('calls', '3000'))
const clients = Number(flag('clients', '16'))
const database = flag('database')
const redis = flag('redis')

if (process.send && process.env.CALL_COST === 'upstream') {
  serveAnswer()
} else if (process.send && process.env.CALL_COST === 'gateway') {
  const { createGateway } = await sources({ './gateway.js': ['createGateway'] })
  const { base, data } = JSON.parse(process.env.CALL_COST_OPTIONS)
  const [host, port] = (redis ?? '').split(':')
  const gateway = await createGateway({
    config: configOf(base, {
      ...(redis && { router_settings: { redis_host: host, redis_port: Number(port) } }),
      ...(database && { general_settings: { database_url: database } }),
    }),
    data,
    masterKey: master,
    environment: {},
  })
  const { url } = await gateway.listen({ port: 0 })
  process.on('message', () => gateway.close().then(() => process.exit(0)))
  process.send(url)
} else await measure()

async function measure() {
  const data = mkdtempSync(join(tmpdir(), 'llmux-call-cost-'))
  const child = (role, options = {}) => {
    const made = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
      env: { ...process.env, CALL_COST: role, CALL_COST_OPTIONS: JSON.stringify(options) },
    })
    return new Promise((done) => made.once('message', (message) => done([made, message])))
  }
  const [upstream, port] = await child('upstream')
  const [gateway, url] = await child('gateway', { base: `http://127.0.0.1:${port}/v1`, data })
  const post = async (path, body, key = master) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  await post('/team/new', { team_id: 't', max_budget: 1e6, budget_duration: '1mo' })
  const keys = []
  for (let index = 0; index < 20; index++)
    keys.push(
      (
        await post('/key/generate', {
          team_id: 't',
          user_id: `u${index}`,
          max_budget: 1e6,
          rpm_limit: 1e6,
          tpm_limit: 1e9,
        })
      ).key,
    )
  const run = async (count) => {
    let left = count
    const client = async () => {
      while (left-- > 0)
        await post(
          '/v1/chat/completions',
          { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello there' }], metadata: { tags: ['one'] } },
          keys[left % keys.length],
        )
    }
    await Promise.all(Array.from({ length: clients }, client))
    // everything is written a moment later
    await new Promise((done) => setTimeout(done, 1_500))
  }
  await run(500)
  const before = await state(gateway.pid, data)
  const from = performance.now()
  await run(calls)
  const seconds = (performance.now() - from - 1_500) / 1000
  const after = await state(gateway.pid, data)
  console.log(
    `${calls} calls, ${clients} clients, ${database ? 'Postgres' : 'SQLite'}${redis ? ', Redis' : ''}: ${(calls / seconds).toFixed(0)} calls a second`,
  )
  for (const name of Object.keys(after)) {
    const each = (after[name] - before[name]) / calls
    console.log(`${name.padEnd(34)} ${each.toFixed(each < 10 ? 3 : 0).padStart(10)} a call`)
  }
  gateway.send('close')
  await new Promise((done) => gateway.once('exit', done))
  upstream.kill()
  rmSync(data, { recursive: true, force: true })
}

async function state(pid, data) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')
  const found = { 'CPU of the gateway, microseconds': (Number(stat[11]) + Number(stat[12])) * 10_000 }
  if (redis) Object.assign(found, await redisState())
  if (database) Object.assign(found, await postgresState())
  else
    found['SQLite file and log, bytes'] = ['', '-wal'].reduce(
      (sum, end) => sum + sizeOf(join(data, `llmux.sqlite${end}`)),
      0,
    )
  return found
}

function sizeOf(file) {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}

async function postgresState() {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  await client.query('SELECT pg_stat_force_next_flush()').catch(() => {})
  await new Promise((done) => setTimeout(done, 1_200))
  const one = async (text) => Number(Object.values((await client.query(text)).rows[0])[0])
  const found = {
    'Postgres, rows inserted': await one('SELECT SUM(n_tup_ins) FROM pg_stat_user_tables'),
    'Postgres, rows updated': await one('SELECT SUM(n_tup_upd) FROM pg_stat_user_tables'),
    'Postgres, commits': await one('SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()'),
    'Postgres, bytes of its log': await one("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"),
    'Postgres, bytes of the table of calls': await one("SELECT pg_total_relation_size('llmux_calls')"),
  }
  await client.end()
  return found
}

function redisState() {
  const [host, port] = redis.split(':')
  return new Promise((done, fail) => {
    const socket = createConnection({ host, port: Number(port) })
    let text = ''
    socket.on('error', fail)
    socket.on('data', (part) => {
      text += part
      const value = (name) => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1])
      if (!text.includes('used_cpu_user:') || !text.includes('total_net_output_bytes:')) return
      socket.end()
      const cpu = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)?.[1]) * 1e6
      done({
        'Redis, commands': value('total_commands_processed'),
        'Redis, bytes to it': value('total_net_input_bytes'),
        'Redis, bytes from it': value('total_net_output_bytes'),
        'Redis, microseconds of CPU': cpu('used_cpu_user') + cpu('used_cpu_sys'),
      })
    })
    socket.write('INFO stats\r\nINFO cpu\r\n')
  })
}
