// Sends random requests to a running gateway: valid ones, mutated ones and broken ones, with no key, a wrong, a virtual and the master key.
// Fails if an answer is 500, has a secret in it, or does not come, or if the process ends or its memory grows without bound.
//
//     npm run build && node gateway/scripts/fuzz.mjs [--requests 100000] [--seed 1] [--parallel 16] [--heap 192]
import { canaries, close, ended, log, master, memory, secret, send, sendRaw } from './fuzz/gateway.mjs'
import { options } from './fuzz/options.mjs'
import { keys, plan } from './fuzz/requests.mjs'

const total = Number(options.requests)
const mostMemory = 500 // MB

const problems = []
const statuses = new Map()
let sent = 0
let slowest = 0
let peak = 0
let leaks = 0
const problem = (kind, planned, answer) => {
  if (problems.length < 40)
    problems.push({
      kind,
      ...planned,
      headers: planned.headers,
      body: planned.body?.toString('utf8').slice(0, 400),
      status: answer.status,
      text: answer.text.slice(0, 400),
    })
  else problems.push({ kind })
}

async function worker() {
  while (sent < total && !ended) {
    sent++
    if (sent % 1000 === 0) await makeKeys()
    const planned = plan()
    const answer = await (planned.raw === undefined ? send(planned) : sendRaw(planned.raw))
    if (answer.status === 0 && process.env.FUZZ_SHOW_CLOSED)
      console.log('closed', answer.sent, answer.ms, JSON.stringify({ ...planned, body: planned.body?.length }))
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    slowest = Math.max(slowest, answer.ms)
    if (answer.status === 500) problem('500', planned, answer)
    if (answer.status === -1) problem('no answer', planned, answer)
    const given = `${planned.path ?? ''}${planned.raw ?? ''}${planned.body ?? ''}${JSON.stringify(planned.headers ?? {})}`
    for (const canary of canaries) {
      // an answer may repeat what the request has
      if ((answer.text.includes(canary) || answer.sent.includes(canary)) && !given.includes(canary)) {
        leaks++
        problem(`secret ${canary}`, planned, answer)
      }
    }
    if (sent % 1000 === 0) {
      peak = Math.max(peak, memory())
      if (sent % 10_000 === 0) console.log(`${sent} requests, ${Math.round(memory())} MB, problems: ${problems.length}`)
    }
  }
}

/** Requests change and delete keys, so new ones are made from time to time. */
async function makeKeys() {
  const made = []
  for (const body of [{}, { models: ['chat'], max_budget: 100 }, { rpm_limit: 1_000_000, user_id: 'member' }]) {
    const answer = await send({
      method: 'POST',
      path: '/key/generate',
      headers: { authorization: `Bearer ${master}` },
      body: JSON.stringify({ ...body, key_alias: `own-${sent}-${made.length}` }),
    })
    made.push(JSON.parse(answer.text).key ?? secret('wrong'))
  }
  keys.splice(2, keys.length, ...made)
}

const start = Date.now()
await makeKeys()
const before = memory()
await Promise.all(Array.from({ length: Number(options.parallel) }, worker))
const after = memory()
const alive = ended ? { status: 0 } : await send({ method: 'GET', path: '/health/readiness', headers: {} })
if (alive.status !== 200)
  problems.push({ kind: `the gateway does not answer afterwards: ${alive.status}`, log: log.slice(-2000) })
if (peak > mostMemory) problems.push({ kind: `memory ${Math.round(peak)} MB` })
const metrics = ended
  ? { text: '' }
  : await send({ method: 'GET', path: '/metrics', headers: { authorization: `Bearer ${master}` } })
const rows = ended
  ? { text: '' }
  : await send({ method: 'GET', path: '/spend/logs?limit=10000', headers: { authorization: `Bearer ${master}` } })
for (const canary of canaries) {
  for (const [where, text] of [
    ['log', log],
    ['metrics', metrics.text],
    ['rows', rows.text],
  ]) {
    if (text.includes(canary))
      problems.push({
        kind: `secret in ${where}: ${text.slice(Math.max(0, text.indexOf(canary) - 200), text.indexOf(canary) + 60)}`,
      })
  }
}
await close()

for (const one of problems.slice(0, 40)) console.log(JSON.stringify(one))
const unhandled = log.split('\n').filter((line) => /unhandled|uncaught|TypeError|RangeError/i.test(line))
console.log(`log lines about bugs: ${unhandled.length}`, unhandled.slice(0, 5))
console.log(
  [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', '),
)
console.log(
  `${sent} requests in ${Math.round((Date.now() - start) / 1000)} s with seed ${options.seed}; slowest ${slowest} ms; memory ${Math.round(before)} → ${Math.round(after)} MB, most ${Math.round(peak)} MB; leaks: ${leaks}; problems: ${problems.length}`,
)
process.exitCode = problems.length > 0 ? 1 : 0
