// What a call through llmux-gateway costs, beside other gateways: `npm run build && npm run build -w gateway && node bench/gateway.mjs`.
// The cost is the CPU time of the gateway's processes. Upstream and client have processes of their own. Linux only: it reads /proc.
import { fork } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Connection, load, requestBytes, textOf } from './gateways/client.mjs'
import { contestants } from './gateways/contestants.mjs'
import { startGateway } from './gateways/llmux.mjs'
import { cpuOf, end, freePort, listening, memoryOf } from './gateways/process.mjs'
import { CHUNKS, messages, TEXT } from './shapes.mjs'

const { values } = parseArgs({
  options: {
    /** Checks that it runs: no peers are installed, and the figures mean nothing. */
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    /** Contestants, by comma. */
    only: { type: 'string' },
    /** Tasks, by comma; `memory`, `start` and `workers` among them. */
    tasks: { type: 'string' },
    /** File for the result. */
    save: { type: 'string' },
    /** Folder in which peers are installed. */
    cache: { type: 'string', default: join(tmpdir(), 'llmux-bench-peers') },
    /** Calls before the memory is read. */
    calls: { type: 'string' },
  },
})
const { smoke, cache } = values
const rounds = Number(values.rounds ?? (smoke ? 1 : 7))
const scale = smoke ? 0.02 : 1
const most = Number(values.calls ?? (smoke ? 300 : 100_000))
const peers = new Set(['portkey', 'litellm'])
const wanted = values.only?.split(',') ?? Object.keys(contestants).filter((name) => !smoke || !peers.has(name))

if (process.platform !== 'linux') {
  console.error('bench: bench/gateway.mjs runs on Linux only, because it reads /proc.')
  process.exit(smoke ? 0 : 1)
}
for (const file of ['../dist/server.js', '../gateway/dist/cli.js']) {
  if (existsSync(new URL(file, import.meta.url))) continue
  console.error('bench: there is no build. Run `npm run build` and `npm run build -w gateway` first.')
  process.exit(1)
}

const chat = { title: 'chat', provider: 'openai', count: 1500, width: 16 }
const stream = { per: CHUNKS, stream: true, unit: 'chunk' }
const packets = { ...stream, paced: true, count: 8, width: 8 }
const tasks = {
  chat: { ...chat, title: 'chat, 16 connections' },
  latency: { ...chat, title: 'chat, 1 connection', width: 1, count: 1000, direct: true },
  anthropic: { ...chat, title: 'chat for Anthropic, 16 connections', provider: 'anthropic' },
  stream: { ...stream, title: 'stream, all events at once', provider: 'openai', count: 12, width: 1 },
  packets: { ...packets, title: 'stream, an event a packet', provider: 'openai' },
  translated: {
    ...stream,
    title: 'stream of Anthropic, all events at once',
    provider: 'anthropic',
    count: 12,
    width: 1,
  },
  translatedPackets: { ...packets, title: 'stream of Anthropic, an event a packet', provider: 'anthropic' },
}
const others = ['workers', 'memory', 'start']
const chosen = values.tasks?.split(',') ?? [...Object.keys(tasks), ...others]
for (const name of chosen) if (!tasks[name] && !others.includes(name)) throw new Error(`There is no task '${name}'.`)

const folder = mkdtempSync(join(tmpdir(), 'llmux-bench-gateway-'))
mkdirSync(cache, { recursive: true })
const upstream = fork(fileURLToPath(new URL('upstream.mjs', import.meta.url)), [])
const { port: upstreamPort } = await new Promise((resolve) => upstream.once('message', resolve))
const origin = `http://127.0.0.1:${upstreamPort}`

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
const least = (list) => Math.min(...list)
const share = (list, part) => list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))]
const figure = (value) =>
  value === undefined ? '–' : value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0)
const shuffled = (list) =>
  list
    .map((item) => [Math.random(), item])
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item)

function bytesFor({ request }, task) {
  const { path, headers, model, native } = request(task)
  const [system, ...rest] = messages
  const own = native && task.provider === 'anthropic'
  const body = {
    model,
    max_tokens: 500,
    temperature: 0.5,
    ...(own ? { system: system.content, messages: rest } : { messages }),
    ...(task.stream && { stream: true }),
  }
  return requestBytes(path, headers, JSON.stringify(body))
}

/** Sends one call and checks its text. Returns the least length of an answer. */
async function checked(port, bytes, task) {
  const connection = new Connection(port)
  try {
    const answer = await connection.send(bytes)
    const { status, text, all } = textOf(answer)
    const expected = task.stream ? 20 * CHUNKS : TEXT.length
    if (status !== 200 || text.length !== expected)
      throw new Error(`status ${status}, a text of ${text.length} characters: ${all.slice(0, 300)}`)
    return Math.floor(all.length * 0.9)
  } finally {
    connection.close()
  }
}

async function start(name) {
  const one = contestants[name]
  const reason = one.prepare?.(cache)
  if (reason) return { name, reason }
  const port = await freePort()
  const child = one.start({ port, origin, folder: one.prepare ? cache : folder })
  try {
    await listening(port, child)
    await one.ready?.(port, origin)
    return { name, port, child, request: one.request, title: one.title, scale: one.scale ?? 1 }
  } catch (error) {
    await end(child)
    return { name, reason: `${one.title} could not be started: ${error.message}` }
  }
}

const direct = { name: 'direct', title: 'no gateway', port: upstreamPort, request: contestants.node.request, scale: 1 }

/** Costs of one task, by contestant and round. */
async function measure(task, running) {
  const found = new Map()
  const entered = []
  for (const one of task.direct ? [direct, ...running] : running) {
    const bytes = bytesFor(one, task)
    try {
      entered.push({ one, bytes, size: await checked(one.port, bytes, task) })
      found.set(one.name, [])
    } catch (error) {
      console.log(`${one.title}: no answer to '${task.title}': ${error.message.slice(0, 300)}`)
    }
  }
  const run = async ({ one, bytes, size }, share) => {
    const count = Math.max(task.width, Math.round(task.count * scale * one.scale * share))
    const before = one.child && cpuOf(one.child.pid)
    const { times, elapsed } = await load(one.port, bytes, count, Math.min(task.width, count), size)
    const cpu = one.child && (cpuOf(one.child.pid) - before) / count / (task.per ?? 1)
    return { cpu, rate: (count / elapsed) * 1000, p50: shareOf(times, 0.5), p99: shareOf(times, 0.99) }
  }
  // code becomes fast only after some thousand calls
  if (!smoke) for (const one of entered) await run(one, task.stream ? 1 : 3)
  for (let round = 0; round < rounds; round++) {
    for (const one of shuffled(entered)) {
      await run(one, 0.1)
      found.get(one.one.name).push(await run(one, 1))
    }
  }
  return found
}
const shareOf = (times, part) => share(times, part) * 1000

function report(task, found) {
  const base = found.get('node')
  const bare = found.get('fastify')
  const none = found.get('direct')
  const rows = []
  for (const [name, list] of found) {
    const of = (field) => median(list.map((one) => one[field]))
    const to = (other) =>
      other && list[0].cpu !== undefined ? list.map((one, at) => one.cpu / other[at].cpu) : undefined
    const over = (field) => none && median(list.map((one, at) => one[field] - none[at][field]))
    const toNode = to(base)
    const toFastify = to(bare)
    rows.push({
      name,
      title: contestants[name]?.title ?? direct.title,
      cpu: list[0].cpu === undefined ? undefined : of('cpu'),
      toNode: toNode && median(toNode),
      range: toNode && [least(toNode), Math.max(...toNode)],
      toFastify: toFastify && median(toFastify),
      rate: of('rate'),
      p50: of('p50'),
      p99: of('p99'),
      addedP50: over('p50'),
      addedP99: over('p99'),
    })
  }
  const unit = task.unit ?? 'call'
  const latency = task.direct ? ['p50, µs', 'p99, µs', 'added p50, µs', 'added p99, µs'] : []
  console.log(`\n### ${task.title}\n`)
  const titles = [
    'gateway',
    `CPU, µs per ${unit}`,
    '× node:http (range)',
    '× Fastify',
    `${task.stream ? 'streams' : 'calls'}/s`,
    ...latency,
  ]
  console.log(`| ${titles.join(' | ')} |\n| --- |${' ---: |'.repeat(titles.length - 1)}`)
  for (const row of rows) {
    const range = row.range ? `${figure(row.toNode)} (${row.range.map(figure).join('–')})` : '–'
    const more = task.direct ? [row.p50, row.p99, row.addedP50, row.addedP99].map(figure) : []
    console.log(
      `| ${[row.title, figure(row.cpu), range, figure(row.toFastify), figure(row.rate), ...more].join(' | ')} |`,
    )
  }
  return rows
}

/** Two workers beside one: the CPU of a call decides on a machine whose other cores are free. */
async function workers() {
  const found = {}
  const running = []
  for (const count of [1, 2]) {
    const port = await freePort()
    const child = startGateway({ port, origin, folder, workers: count })
    running.push({ count, port, child })
    await listening(port, child)
    const one = { ...contestants.llmux, request: undefined }
    await one.ready(port)
    const bytes = bytesFor(one, tasks.chat)
    Object.assign(running.at(-1), { bytes, size: await checked(port, bytes, tasks.chat), list: [] })
  }
  for (let round = smoke ? 0 : -3; round < rounds; round++) {
    for (const { port, child, bytes, size, list } of running) {
      const count = Math.max(32, Math.round(3000 * scale))
      const before = cpuOf(child.pid)
      const { elapsed } = await load(port, bytes, count, 32, size)
      if (round >= 0) list.push({ cpu: (cpuOf(child.pid) - before) / count, rate: (count / elapsed) * 1000 })
    }
  }
  console.log('\n### workers, chat over 32 connections\n')
  console.log(
    '| workers | CPU, µs per call | calls/s | calls per second and CPU, × one worker |\n| ---: | ---: | ---: | ---: |',
  )
  const base = running[0].list
  for (const { count, child, list } of running) {
    const capacity = median(list.map(({ cpu }, at) => (count * base[at].cpu) / cpu))
    const [cpu, rate] = ['cpu', 'rate'].map((field) => median(list.map((one) => one[field])))
    found[count] = { cpu, rate, capacity }
    console.log(`| ${[count, figure(cpu), figure(rate), figure(capacity)].join(' | ')} |`)
    await end(child)
  }
  return found
}

/** Memory after many calls, in a process of its own. */
async function memory() {
  const port = await freePort()
  const child = startGateway({ port, origin, folder })
  try {
    await listening(port, child)
    const one = { ...contestants.llmux, request: undefined }
    await one.ready(port)
    const bytes = bytesFor(one, tasks.chat)
    const size = await checked(port, bytes, tasks.chat)
    const before = memoryOf(child.pid)
    const steps = [before]
    for (let at = 0; at < 4; at++) {
      await load(port, bytes, Math.round(most / 4), 16, size)
      steps.push(memoryOf(child.pid))
    }
    const peak = memoryOf(child.pid, 'VmHWM')
    console.log(
      `\n### memory, MB\n\nat the start ${figure(before)}; after each quarter of ${most} calls ${steps.slice(1).map(figure).join(', ')}; peak ${figure(peak)}`,
    )
    return { calls: most, steps, peak }
  } finally {
    await end(child)
  }
}

/** Time from the start of the process to its first connection, with an empty folder of data. */
async function startTime() {
  const list = []
  for (let round = 0; round < (smoke ? 1 : 7); round++) {
    const port = await freePort()
    const from = performance.now()
    const child = startGateway({ port, origin, folder })
    await listening(port, child)
    list.push({ ms: performance.now() - from, cpu: cpuOf(child.pid) / 1000, mb: memoryOf(child.pid) })
    await end(child)
  }
  const [ms, cpu, mb] = ['ms', 'cpu', 'mb'].map((field) => median(list.map((one) => one[field])))
  console.log(
    `\n### start to ready\n\n${figure(ms)} ms, ${figure(cpu)} ms of CPU, ${figure(mb)} MB (median of ${list.length})`,
  )
  return { ms, cpu, mb, least: least(list.map((one) => one.ms)) }
}

const packageVersion = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version
const result = {
  date: new Date().toISOString().slice(0, 10),
  versions: {
    node: process.version,
    fastify: packageVersion('../node_modules/fastify/package.json'),
    llmux: packageVersion('../package.json'),
  },
  machine: {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  },
  rounds,
  tasks: {},
  left: [],
}
console.log(
  `Gateways, ${result.date}, node ${process.version}, ${result.machine.cores} cores: CPU of the gateway's processes`,
)
console.log(`median of ${rounds} interleaved rounds${smoke ? ' (a smoke run: the figures mean nothing)' : ''}`)
const running = []
try {
  if (chosen.some((name) => tasks[name])) {
    for (const name of wanted) {
      if (!contestants[name]) throw new Error(`There is no contestant '${name}'.`)
      const one = await start(name)
      if (!one.reason) running.push(one)
      else {
        console.log(one.reason)
        result.left.push(one.reason)
      }
    }
  }
  for (const name of chosen)
    if (tasks[name]) result.tasks[name] = report(tasks[name], await measure(tasks[name], running))
  if (chosen.some((name) => tasks[name])) {
    result.memory = Object.fromEntries(running.map(({ name, child }) => [name, memoryOf(child.pid)]))
    console.log('\n### memory after all of that, MB\n')
    for (const { title, name } of running) console.log(`- ${title}: ${figure(result.memory[name])}`)
  }
  for (const { child } of running) await end(child)
  if (chosen.includes('workers')) result.workers = await workers()
  if (chosen.includes('memory')) result.memoryAfterCalls = await memory()
  if (chosen.includes('start')) result.start = await startTime()
  if (values.save) writeFileSync(values.save, `${JSON.stringify(result, undefined, 2)}\n`)
} finally {
  await Promise.all(running.map(({ child }) => end(child)))
  upstream.disconnect()
  rmSync(folder, { recursive: true, force: true })
}
