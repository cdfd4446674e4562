// Runs one job over three worker processes on BullMQ and a real Redis, kills one of them in the middle, and checks that nothing is lost
// or done twice: `npm run build && node scripts/bullmq.mjs`. Needs redis-server.
// BullMQ is installed into a temporary folder: one of its optional packages has an install script, so it is no devDependency.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSimulator } from '../dist/testing.js'

const count = 600
const concurrency = 8
const folder = await mkdtemp(join(tmpdir(), 'llmux-bullmq-'))
await writeFile(join(folder, 'package.json'), '{"private":true}')
const install = [
  'install',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  'bullmq@6.7.0',
  'ioredis@5',
]
execFileSync('npm', install, { cwd: folder, stdio: 'inherit' })
const require = createRequire(join(folder, 'package.json'))
const { Queue } = require('bullmq')
const Redis = require('ioredis').default

const probe = createServer().listen(0, '127.0.0.1')
await once(probe, 'listening')
const { port } = probe.address()
probe.close()
const args = [
  '--port',
  `${port}`,
  '--bind',
  '127.0.0.1',
  '--save',
  '',
  '--maxmemory-policy',
  'noeviction',
  '--dir',
  folder,
]
const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
for await (const text of server.stdout) if (String(text).includes('Ready to accept')) break

const numberOf = (body) => /number (\d+);/.exec(JSON.stringify(body))?.[1]
const simulator = await startSimulator()
simulator.reply(({ body }) => ({ text: `answer ${numberOf(body)}`, delayMs: 15 }), { times: Number.POSITIVE_INFINITY })

const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
const queue = new Queue('calls', { connection })
const redis = new Redis(connection)
const requests = Array.from({ length: count }, (_, at) => ({
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user', content: `number ${at};` }],
}))
// the id is the hash of the request: adding it twice makes one job
const idOf = (request) => createHash('sha256').update(JSON.stringify(request)).digest('hex')
const jobs = requests.map((data) => ({ name: 'call', data, opts: { jobId: idOf(data) } }))
await queue.addBulk(jobs)
await queue.addBulk(jobs)

const script = fileURLToPath(new URL('bullmq/worker.mjs', import.meta.url))
const started = performance.now()
const workers = Array.from({ length: 3 }, () =>
  spawn(process.execPath, [script, folder, `${port}`, simulator.openaiBase], { stdio: 'inherit' }),
)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
let killedAt
for (;;) {
  const { completed = 0, failed = 0 } = await queue.getJobCounts('completed', 'failed')
  if (killedAt === undefined && completed >= count / 4) {
    workers[1].kill('SIGKILL')
    killedAt = completed
  }
  if (completed + failed >= count) break
  if (performance.now() - started > 120_000) throw new Error(`Only ${completed} of ${count} were done in two minutes.`)
  await sleep(10)
}
const seconds = (performance.now() - started) / 1000

let wrong = 0
for (const [at, request] of requests.entries()) {
  const value = JSON.parse((await redis.get(`answer:${idOf(request)}`)) ?? '{}')
  if (value.text !== `answer ${at}`) wrong++
}
const stored = (await redis.keys('answer:*')).length
const sent = new Map()
for (const { body } of simulator.requests) sent.set(numberOf(body), (sent.get(numberOf(body)) ?? 0) + 1)
const repeated = [...sent.values()].filter((times) => times > 1).length
console.log(`${count} jobs in ${seconds.toFixed(1)} s with 3 processes; one killed with SIGKILL after ${killedAt}`)
console.log(
  `lost or wrong: ${wrong}; stored: ${stored}; calls sent again: ${repeated} (in flight at the kill: at most ${concurrency})`,
)
const isRight = wrong === 0 && stored === count && sent.size === count && repeated <= concurrency

for (const worker of [workers[0], workers[2]]) {
  worker.kill('SIGTERM')
  await Promise.race([once(worker, 'exit'), sleep(5000)])
}
await queue.close()
redis.disconnect()
server.kill()
await once(server, 'exit')
await simulator.close()
await rm(folder, { recursive: true, force: true })
if (!isRight) {
  console.error('Every request must have one answer; see the line above.')
  process.exitCode = 1
}
