// Runs two gateways on one Postgres and one Redis, and counts: limits under a burst, spend, and the time until a change of a key on one
// gateway holds on the other, also while Postgres is stopped.
//   npm run build && node gateway/scripts/exactness.mjs --database=postgresql://… --redis=127.0.0.1:6379 [--clients=200] [--postgres-pid=PID]
// --postgres-pid is the first process of a local server, which is stopped for a part of the run.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const master = 'sk-master-key-of-exactness-1'
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** A provider whose answers take a while, and which counts the calls that it holds at the same time. */
export async function startUpstream(delayMs = 300) {
  let open = 0
  const seen = { calls: 0, most: 0 }
  const server = createServer((request, response) => {
    seen.calls++
    seen.most = Math.max(seen.most, ++open)
    request.resume().on('end', () =>
      setTimeout(() => {
        open--
        response.setHeader('content-type', 'application/json')
        response.end(
          JSON.stringify({
            id: `chatcmpl-${seen.calls}`,
            object: 'chat.completion',
            created: 1,
            model: 'gpt-4o',
            choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
            usage: { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 },
          }),
        )
      }, delayMs),
    )
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return {
    base: `http://127.0.0.1:${server.address().port}/v1`,
    /** Returns the counts since the last time. */
    take() {
      const taken = { ...seen }
      Object.assign(seen, { calls: 0, most: 0 })
      return taken
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

export const configOf = (base, redis) => ({
  model_list: [{ model_name: 'gpt-4o', litellm_params: { model: 'openai/gpt-4o', api_base: base, api_key: 'key' } }],
  router_settings: { num_retries: 0, redis_host: redis.host, redis_port: redis.port },
})

/** Requests to gateways. */
export function client(urls, key) {
  const post = async (at, path, body, as = key) => {
    const response = await fetch(`${urls[at]}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }
  const chat = (at, as, more = {}) =>
    post(at, '/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }], ...more }, as)
  return {
    post,
    chat,
    /** A key that both gateways know. */
    async key(limits) {
      const { body } = await post(0, '/key/generate', limits)
      for (let tries = 0; tries < 250; tries++) {
        if ((await post(1, `/key/info?key=${body.key}`)).status === 200) return body.key
        await pause(20)
      }
      throw new Error('The second gateway does not know the key.')
    },
    /** Milliseconds until the start of the first request that finds the condition true. */
    async time(condition, most = 10_000) {
      const started = performance.now()
      for (;;) {
        const waited = performance.now() - started
        if (await condition()) return Math.round(waited)
        if (waited > most) return Number.POSITIVE_INFINITY
        await pause(20)
      }
    },
    /** Statuses of calls that start at once, on the gateways in turn. */
    async burst(clients, as, more) {
      const answers = await Promise.all(Array.from({ length: clients }, (_, i) => chat(i % urls.length, as, more)))
      const found = {}
      for (const { status } of answers) found[status] = (found[status] ?? 0) + 1
      return found
    },
  }
}

/** Measures limits and spend of gateways that share a database and a Redis. */
export async function measureLimits({ urls, key, upstream, clients }) {
  const gateways = client(urls, key)
  upstream.take()
  const requests = await gateways.burst(clients, await gateways.key({ rpm_limit: 20 }))
  const reached = upstream.take().calls

  const parallelKey = await gateways.key({ max_parallel_requests: 7 })
  const parallel = await gateways.burst(clients, parallelKey)
  const { most: inFlight } = upstream.take()

  const tokenKey = await gateways.key({ tpm_limit: 200 })
  // a first call each, so that the estimate is that of this key
  const first = [
    await gateways.chat(0, tokenKey, { max_tokens: 8 }),
    await gateways.chat(1, tokenKey, { max_tokens: 8 }),
  ]
  // Redis learns the tokens of a call a moment after its end
  await pause(500)
  const tokens = await gateways.burst(clients, tokenKey, { max_tokens: 8 })
  const used = 20 * ((tokens[200] ?? 0) + first.filter(({ status }) => status === 200).length)

  const expected = (parallel[200] ?? 0) * 0.00011
  const spent = async (at) => (await gateways.post(at, `/key/info?key=${parallelKey}`)).body.info.spend
  const spendMs = await gateways.time(async () => {
    const both = await Promise.all([spent(0), spent(1)])
    return both.every((spend) => Math.abs(spend - expected) < 1e-9)
  })
  return { requests, reached, parallel, inFlight, tokens, used, spendMs }
}

/** Measures how long a change on the first gateway takes to hold on the second one, in milliseconds. */
export async function measureChanges({ urls, key }) {
  const gateways = client(urls, key)
  const status = async (at, as) => (await gateways.chat(at, as)).status
  // the first calls of a process load code and open connections
  await Promise.all([status(0, key), status(1, key)])
  const { body } = await gateways.post(0, '/key/generate', {})
  const made = await gateways.time(async () => (await status(1, body.key)) === 200)
  await gateways.post(0, '/key/block', { key: body.key })
  const blocked = await gateways.time(async () => (await status(1, body.key)) === 401)
  await gateways.post(0, '/key/unblock', { key: body.key })
  const unblocked = await gateways.time(async () => (await status(1, body.key)) === 200)
  await gateways.post(0, '/key/update', { key: body.key, models: ['other'] })
  const changed = await gateways.time(async () => (await status(1, body.key)) === 403)
  await gateways.post(0, '/key/delete', { keys: [body.key] })
  const deleted = await gateways.time(async () => {
    const { status, body: answer } = await gateways.chat(1, body.key)
    return status === 401 && answer.error !== undefined
  })
  return { made, blocked, unblocked, changed, deleted }
}

async function start(config, databaseUrl) {
  const folder = mkdtempSync(join(tmpdir(), 'llmux-exactness-'))
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config))
  const child = spawn(
    process.execPath,
    [cli, '--config', join(folder, 'config.yaml'), '--port', '0', '--host', '127.0.0.1', '--data', folder],
    {
      env: { ...process.env, DATABASE_URL: databaseUrl, LITELLM_MASTER_KEY: master },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  const url = await new Promise((done, fail) => {
    const read = (data) => {
      output += data
      const found = /listens on (http:\S+)/.exec(output)
      if (found) done(found[1])
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', () => fail(new Error(`The gateway ended.\n${output}`)))
  })
  return {
    url,
    async close() {
      const ended = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(timer)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A stopped database: keys that are known work, and those that are blocked stay so. */
async function measureOutage({ urls, key }, pid) {
  const gateways = client(urls, key)
  const [good, blocked] = [await gateways.key({}), await gateways.key({})]
  await gateways.post(0, '/key/block', { key: blocked })
  await gateways.time(async () => (await gateways.chat(1, blocked)).status === 401)
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)])
    .toString()
    .trim()
    .split(/\s+/)
  const all = [pid, ...children.map(Number)]
  const signal = (name) => {
    for (const one of all) {
      try {
        process.kill(one, name)
      } catch {} // a worker that has ended
    }
  }
  const statuses = []
  signal('SIGSTOP')
  try {
    for (let i = 0; i < 20; i++) {
      const started = performance.now()
      const [one, two] = [await gateways.chat(i % 2, good), await gateways.chat(i % 2, blocked)]
      statuses.push([one.status, two.status, Math.round(performance.now() - started)])
    }
  } finally {
    signal('SIGCONT')
  }
  const right = statuses.filter(([one, two]) => one === 200 && two === 401).length
  const slowest = Math.max(...statuses.map(([, , ms]) => ms))
  const bookedMs = await gateways.time(async () => {
    const infos = await Promise.all([0, 1].map((at) => gateways.post(at, `/key/info?key=${good}`)))
    return infos.every(({ body }) => Math.abs((body.info?.spend ?? 0) - 20 * 0.00011) < 1e-9)
  }, 30_000)
  return { right, of: statuses.length, slowest, bookedMs }
}

async function main() {
  const option = (name) => process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
  const [databaseUrl, redis] = [option('database'), option('redis')]
  if (!databaseUrl || !redis) throw new Error('--database and --redis must be given; see the head of this file.')
  const clients = Number(option('clients') ?? 200)
  const [host, port] = redis.split(':')
  const upstream = await startUpstream()
  const config = configOf(upstream.base, { host, port: Number(port) })
  const gateways = [await start(config, databaseUrl), await start(config, databaseUrl)]
  const parts = { urls: gateways.map(({ url }) => url), key: master, upstream, clients }
  try {
    const { made, ...changes } = await measureChanges(parts)
    const late = [made, ...Object.values(changes)].some((ms) => ms > 1_000)
    console.log(`${late ? 'LATE ' : 'ok   '} a new key works on the other gateway after ${made} ms;`, changes)
    const found = await measureLimits(parts)
    // tokens are exact up to the error of an estimate: one call of 20
    const exact = found.requests[200] === 20 && found.reached === 20 && found.inFlight <= 7 && found.used <= 220
    console.log(
      `${exact ? 'ok   ' : 'WRONG'} ${clients} clients: ${found.requests[200]} of 20 requests a minute, ${found.inFlight} of 7 at once, ${found.used} of 200 tokens a minute; spend on both after ${found.spendMs} ms`,
    )
    let outage
    if (option('postgres-pid')) {
      outage = await measureOutage(parts, Number(option('postgres-pid')))
      const fine = outage.right === outage.of && Number.isFinite(outage.bookedMs)
      console.log(
        `${fine ? 'ok   ' : 'WRONG'} Postgres stopped: ${outage.right} of ${outage.of} pairs answered 200 and 401, the slowest in ${outage.slowest} ms; all booked ${outage.bookedMs} ms later`,
      )
      if (!fine) process.exitCode = 1
    }
    if (late || !exact) process.exitCode = 1
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.close()))
    upstream.close()
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
