// Runs real clients and coding agents through createHandler(), in front of upstreams that speak other APIs, and writes the table in
// docs/clients.md. A client passes if it reads a file with its own tool and repeats a word of it. The first answer has a thought with a
// signature (without one in chat); a cell says whether it came back to the upstream.
//   npm run build && node scripts/clients.mjs [pattern] [--upstreams=chat,messages,gemini,responses] [--gateway] [--write]
//   LLMUX_LIVE_CONTEXT=32768 LLMUX_LIVE_MAX_TOKENS=128 node scripts/live-server.mjs node scripts/clients.mjs --live [pattern]
// With --live the upstream is a real llama.cpp with a model that is too small for the task. A client then holds if every answer of the
// handler was complete, and the client reported no error.
// --delay=75 makes the upstream silent for so many seconds before each answer; the handler sends keep-alives, unless --silent is given.
// --gateway starts the gateway in place of the handler, gives the client a virtual key, and also wants the calls booked on that key.
// Scripts that install and run the clients are in scripts/clients, and in a folder that is not part of the package and has what all of
// them share: LLMUX_CLIENTS names it. Set CLIENTS_CACHE to keep the installed clients.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = process.env.LLMUX_CLIENTS ?? join(root, '../shared/clients/run')
const ownFolder = join(root, 'scripts/clients')
const page = join(root, 'docs/clients.md')
const all = ['chat', 'responses', 'messages', 'gemini']
const isLive = process.argv.includes('--live')
const { LLMUX_LIVE_BASE, LLMUX_LIVE_MODEL, LLMUX_LIVE_KEY } = process.env

const args = process.argv.slice(2)
const throughGateway = args.includes('--gateway')
const tableName = throughGateway ? 'gateway-clients' : 'clients'
const marks = [`<!-- ${tableName}: begin -->`, `<!-- ${tableName}: end -->`]
const pattern = args.find((arg) => !arg.startsWith('--')) ?? ''
const chosen =
  args
    .find((arg) => arg.startsWith('--upstreams='))
    ?.slice(12)
    .split(',') ?? all

if (isLive && !LLMUX_LIVE_BASE) {
  console.error("--live needs LLMUX_LIVE_BASE: run it with 'node scripts/live-server.mjs'")
  process.exit(2)
}
if (!existsSync(join(folder, 'lib.sh'))) {
  console.log(`no clients: ${folder} does not exist`)
  process.exit(0)
}

/** Provider of each upstream. */
const upstreams = {
  chat: (base) => ({ model: 'moonshot/test-model', apiBase: `${base}/v1` }),
  responses: (base) => ({ model: 'openai/responses/test-model', apiBase: `${base}/v1` }),
  messages: (base) => ({ model: 'anthropic/test-model', apiBase: base }),
  gemini: (base) => ({ model: 'gemini/test-model', apiBase: `${base}/v1beta` }),
}

/** A client of one vendor's models names such a model, and so does its key in the gateway. */
const keyModels = ['test-model', 'claude-sonnet-4-5']

const wireNames = { compat: 'chat', agents: 'chat' }

/** The clients: one script each, whose second line names it. */
function clients() {
  const paths = [folder, ownFolder].flatMap((one) => readdirSync(one).map((name) => join(one, name)))
  const scripts = paths.filter((path) => path.endsWith('.sh') && !/(?:lib|all)\.sh$/.test(path))
  return scripts.map((path) => {
    const file = basename(path)
    const script = file.slice(0, -3)
    const suffix = /-(chat|compat|responses|messages|gemini)$/.exec(script)?.[1]
    const client = suffix ? script.slice(0, -suffix.length - 1) : script
    const own = { codex: 'responses', 'gemini-cli': 'gemini' }[script]
    return {
      path,
      script,
      client,
      wire: wireNames[suffix] ?? suffix ?? own ?? 'chat',
      variant: suffix === 'compat' ? ' (compatible)' : '',
    }
  })
}

const delay = Number(args.find((arg) => arg.startsWith('--delay='))?.slice(8) ?? 0) * 1000
const keepAlive = delay > 0 && !args.includes('--silent') ? 5000 : 0

/** `fetch` of a slow model. */
async function slowFetch(url, init) {
  await new Promise((done) => setTimeout(done, delay))
  return fetch(url, init)
}

/** The handler in this process. */
async function startHandler(given) {
  const params = delay > 0 ? { ...given, fetch: slowFetch } : given
  const { Router } = await import('../dist/index.js')
  const { createHandler } = await import('../dist/server.js')
  const router = new Router({ modelList: [{ modelName: '*', params: { ...params, apiKey: 'key' } }], numRetries: 0 })
  const server = createServer(createHandler(router, { keepAlive }).node)
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    key: 'key',
    booked: () => true,
    async close() {
      server.closeAllConnections()
      server.close()
      await router.close()
    },
  }
}

const freePort = () =>
  new Promise((done) => {
    const server = createSocketServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })

/** The gateway in a process of its own, and a virtual key for the models that the clients name. */
async function startGateway({ model, apiBase }) {
  const data = mkdtempSync(join(tmpdir(), 'llmux-clients-gateway-'))
  const master = 'sk-master-key-of-the-clients'
  const config = {
    model_list: [{ model_name: '*', litellm_params: { model, api_base: apiBase, api_key: 'key' } }],
    router_settings: { num_retries: 0 },
    general_settings: { master_key: master },
  }
  writeFileSync(join(data, 'config.yaml'), JSON.stringify(config))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const cli = join(root, 'gateway/dist/cli.js')
  const child = spawn(
    process.execPath,
    [cli, '--config', join(data, 'config.yaml'), '--port', String(port), '--host', '127.0.0.1', '--data', data],
    { stdio: ['ignore', 'ignore', process.env.CLIENTS_LOG ? 'inherit' : 'ignore'] },
  )
  const ended = new Promise((done) => child.once('exit', done))
  for (let attempt = 0; ; attempt++) {
    if ((await fetch(`${url}/health/readiness`).catch(() => undefined))?.ok) break
    if (attempt === 300 || child.exitCode !== null) throw new Error('The gateway did not start.')
    await new Promise((done) => setTimeout(done, 200))
  }
  const headers = { authorization: `Bearer ${master}`, 'content-type': 'application/json' }
  const made = await fetch(`${url}/key/generate`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ models: keyModels, max_budget: 100, rpm_limit: 1000 }),
  })
  const { key } = await made.json()
  return {
    url,
    key,
    async booked() {
      const { info } = await (await fetch(`${url}/key/info?key=${key}`, { headers })).json()
      return info.spend > 0
    },
    async close() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(timer)
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function run(client, upstream) {
  const log = mkdtempSync(join(tmpdir(), 'llmux-clients-'))
  const mock = spawn(process.execPath, [join(folder, 'mock.mjs'), '0'], {
    env: { ...process.env, MOCK_LOG: log, MOCK_MODE: process.env.MOCK_MODE ?? 'reason' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const base = await new Promise((done) => mock.stdout.once('data', (line) => done(String(line).trim())))
  const server = await (throughGateway ? startGateway : startHandler)(upstreams[upstream](base))
  const started = Date.now()
  try {
    const child = spawn(client.path, [server.url, server.key, 'test-model'], {
      env: { ...process.env, CLIENTS_LIB: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    const timer = setTimeout(() => process.kill(-child.pid), Number(process.env.CLIENT_TIMEOUT ?? 240) * 1000)
    const code = await new Promise((done) => child.on('close', done))
    clearTimeout(timer)
    if (process.env.CLIENTS_LOG) {
      writeFileSync(join(process.env.CLIENTS_LOG, `${client.script}-${upstream}.log`), output)
    }
    const requests = readdirSync(log)
      .sort()
      .map((name) => JSON.parse(readFileSync(join(log, name), 'utf8')))
    const paths = [...new Set(requests.map(({ path }) => path))]
    const passed = code === 0 && output.includes('OK: tool round trip finished') && (await server.booked())
    const signed = requests.some(({ body }) =>
      /c2lnbmVk|c2VhbGVk|"reasoning_content":"I think/.test(JSON.stringify(body ?? null)),
    )
    const seconds = Math.round((Date.now() - started) / 1000)
    console.log(
      `${passed ? 'ok    ' : 'FAILED'} ${client.script} -> ${upstream}: ${signed ? 'thought returned, ' : ''}${requests.length} requests, ${paths}, ${seconds} s`,
    )
    if (!passed) console.log(output.trim().split('\n').slice(-6).join('\n'))
    if (!passed) return 'no'
    return signed ? 'yes, with thought' : 'yes'
  } finally {
    await server.close()
    mock.kill()
    rmSync(log, { recursive: true, force: true })
  }
}

/** Runs a client in front of the real model. */
async function runLive(client) {
  const { Router } = await import('../dist/index.js')
  const { createHandler } = await import('../dist/server.js')
  const outcomes = []
  const router = new Router({
    modelList: [
      {
        modelName: '*',
        params: { model: `openai_like/${LLMUX_LIVE_MODEL}`, apiBase: LLMUX_LIVE_BASE, apiKey: LLMUX_LIVE_KEY },
      },
    ],
    numRetries: 0,
  })
  const handler = createHandler(router, {
    // a CPU needs minutes for the prompt of an agent, and clients give up after a minute of silence
    keepAlive: 5000,
    onSettled: ({ outcome, error, usage }) =>
      outcomes.push(outcome === 'success' ? `${usage?.prompt_tokens}+${usage?.completion_tokens}` : error?.code),
  })
  const statuses = []
  const server = createServer((request, response) => {
    response.on('close', () => statuses.push(response.headersSent ? response.statusCode : 'none'))
    handler.node(request, response)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}`
  const child = spawn(client.path, [url, 'key', LLMUX_LIVE_MODEL], {
    env: { ...process.env, CLIENTS_LIB: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (output += data))
  let late = false
  const timer = setTimeout(
    () => {
      late = true
      process.kill(-child.pid)
    },
    Number(process.env.CLIENT_TIMEOUT ?? 240) * 1000,
  )
  await new Promise((done) => child.on('close', done))
  clearTimeout(timer)
  server.closeAllConnections()
  server.close()
  await router.close()
  if (process.env.CLIENTS_LOG) writeFileSync(join(process.env.CLIENTS_LOG, `${client.script}-live.log`), output)
  const done = output.includes('OK: tool round trip finished')
  const held = !late && statuses.length > 0 && statuses.every((status) => status === 200) && !/\berror\b/i.test(output)
  const verdict = done ? 'done  ' : held ? 'held  ' : 'FAILED'
  console.log(`${verdict} ${client.script} -> live: statuses ${statuses.join(' ')}; tokens ${outcomes.join(' ')}`)
  if (!done) console.log(output.trim().split('\n').slice(-8).join('\n').slice(-800))
  return done || held
}

/** Rows of the table on the page, by client and wire. */
function readRows() {
  const rows = new Map()
  if (!existsSync(page)) return rows
  const [, table = ''] = readFileSync(page, 'utf8').split(new RegExp(marks.join('|')))
  for (const line of table.split('\n').slice(3)) {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    if (cells.length === 2 + all.length && !cells[0].startsWith('-'))
      rows.set(`${cells[0]}\n${cells[1]}`, Object.fromEntries(all.map((name, at) => [name, cells[at + 2]])))
  }
  return rows
}

function writeRows(rows) {
  const lines = [...rows]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, cells]) => [...key.split('\n'), ...all.map((name) => cells[name] ?? '')])
  const table = [['client', 'API of the client', ...all], ...lines]
  const widths = table[0].map((_, at) => Math.max(...table.map((row) => row[at].length)))
  const text = table.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`)
  text.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`)
  const [before, , after] = readFileSync(page, 'utf8').split(new RegExp(marks.join('|')))
  writeFileSync(page, `${before}${marks[0]}\n\n${text.join('\n')}\n\n${marks[1]}${after}`)
}

/** The version of a client, as its script has it. */
function versionOf({ path, script }) {
  for (const name of [
    script,
    script.replace(/-\w+$/, '-chat'),
    script.replace(/-(chat|messages|gemini)$/, '-responses'),
  ]) {
    const file = join(dirname(path), `${name}.sh`)
    if (!existsSync(file)) continue
    const text = readFileSync(file, 'utf8')
    const six =
      script.startsWith('ai-sdk-6') &&
      /AI_SDK=6, (\d[\w.]*)/.exec(readFileSync(join(folder, 'ai-sdk-7-chat.sh'), 'utf8'))?.[1]
    if (six) return six
    const found = /\d+\.\d+(?:\.\d+)*/.exec(text.split('\n')[1] ?? '')?.[0]
    if (found) return found
  }
  return ''
}

let failed = 0
for (const client of clients().filter(({ script }) => new RegExp(pattern).test(script))) {
  if (isLive) {
    if (!(await runLive(client))) failed++
    continue
  }
  const results = {}
  for (const upstream of chosen) {
    results[upstream] = await run(client, upstream)
    if (results[upstream] === 'no') failed++
  }
  if (!args.includes('--write')) continue
  const rows = readRows()
  const key = `${client.client} ${versionOf(client)}${client.variant}\n${client.wire}`
  rows.set(key, { ...rows.get(key), ...results })
  writeRows(rows)
}
console.log(failed === 0 ? 'all passed' : `${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
