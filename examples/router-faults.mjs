// The Router under faults: npm run demo:router. Three simulated servers on this machine; no key and no network is needed.
// One answers 429, one stalls, one dies, by turns and together; then each fails 30 % of its requests. Every text is compared.
//
//   npm run demo:router -- --calls 2000 --strategy latency-based
//   npm run demo:router -- --table        the same faults against each strategy, as a table in Markdown

import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { Router } from 'llmux'
import { startSimulator } from 'llmux/testing'

const strategies = ['simple-shuffle', 'least-busy', 'usage-based', 'latency-based', 'cost-based', 'order']
const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '10000' },
    strategy: { type: 'string', default: 'simple-shuffle' },
    table: { type: 'boolean', default: false },
  },
})
const calls = Number(values.calls)
if (!(Number.isInteger(calls) && calls > 0)) stop(`--calls is a whole number, not '${values.calls}'.`)
if (!strategies.includes(values.strategy)) stop(`--strategy is one of ${strategies.join(', ')}.`)

/** Calls that begin in a second, as long as no more than `most` are under way: a slow machine takes longer. */
const rate = 220
const most = 120
const names = ['north', 'east', 'west']
const kinds = { north: 'answers 429', east: 'stalls', west: 'is dead' }

/** Who misbehaves, from which part of the run to which. Until 0.7 at least one server is well at any time. */
const plan = [
  { from: 0.05, to: 0.35, who: 'north' },
  { from: 0.2, to: 0.5, who: 'east' },
  { from: 0.4, to: 0.65, who: 'west' },
  { from: 0.55, to: 0.7, who: 'north' },
  ...names.map((who) => ({ from: 0.72, to: 0.92, who, partly: 0.3 })),
]
const limit = { kind: 'status', status: 429, retryAfterMs: 300 }
const faults = {
  north: [limit],
  // no headers; 200 and no more; 200 and some words
  east: [{ kind: 'slow-headers', ms: 60_000 }, { kind: 'silence', afterChunks: 0 }, { kind: 'silence' }],
  west: [{ kind: 'reset' }, { kind: 'cut', afterChunks: 0 }, { kind: 'cut', afterChunks: 4 }],
}

if (isMainThread) await demo()
else await serve()

async function demo() {
  const results = []
  for (const strategy of values.table ? strategies : [values.strategy]) results.push(await faultRun(strategy))
  if (values.table) console.log(`\n${markdown(results)}`)
  process.exitCode = results.every(({ failed, wrong }) => failed + wrong === 0) ? 0 : 1
}

// --- one run ----------------------------------------------------------------------------------------------------------

async function faultRun(strategy) {
  const terminal = process.stdout.isTTY && !values.table
  // the servers have a thread of their own: their work is not the Router's
  const worker = new Worker(new URL(import.meta.url))
  const [urls] = await once(worker, 'message')
  const servers = names.map((name, index) => ({ name, url: urls[index], state: 'well', phase: undefined }))
  const group = (modelName, model, mark) =>
    servers.map(({ name, url }) => ({
      id: name + mark,
      modelName,
      params: { model, apiKey: 'any', apiBase: url },
    }))
  const router = new Router({
    modelList: [
      ...group('chat', 'anthropic/claude-sonnet-4-5', ''),
      // a smaller model to fall back to, on the same three servers: it has the same faults
      ...group('chat-small', 'anthropic/claude-haiku-4-5', ' small'),
    ],
    fallbacks: [{ chat: ['chat-small'] }],
    routingStrategy: strategy,
    // with three failed requests in ten, all of these attempts fail for one call in millions
    numRetries: 12,
    allowedFails: 2,
    cooldownTime: 1_000,
    timeout: 60_000,
    attemptTimeout: 3_000,
    headersTimeout: 2_000,
    firstTokenTimeout: 2_000,
    idleTimeout: 2_000,
    client: { proxy: false },
  })
  // load modules before the clock starts
  const warming = statsOf(router)
  for (let number = 1; number <= 50; number++) await oneCall(router, warming, -number)
  const stats = statsOf(router)
  const startedAt = performance.now()
  const show = terminal ? redrawn() : (text, last) => last && console.log(text)
  const draw = (last) => show(table(strategy, servers, router, stats, performance.now() - startedAt), last)
  const line = () => console.log(oneLine(strategy, servers, router, stats, performance.now() - startedAt))
  const display = setInterval(terminal ? draw : line, terminal ? 200 : 1_000)

  const underWay = new Set()
  while (stats.begun < calls) {
    const due = Math.min(calls, Math.ceil(((performance.now() - startedAt) / 1_000) * rate))
    for (; stats.begun < due && underWay.size < most; stats.begun++) {
      await misbehave(worker, servers, stats.begun / calls)
      const call = oneCall(router, stats, stats.begun).finally(() => underWay.delete(call))
      underWay.add(call)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await Promise.all(underWay)
  clearInterval(display)
  stats.seconds = (performance.now() - startedAt) / 1_000
  if (!values.table) {
    draw(true)
    console.log(summary(stats))
  } else line()
  for (const problem of stats.problems.slice(0, 5)) console.log(problem)
  await router.close()
  await worker.terminate()
  return { strategy, ...stats }
}

/** Every second call is streamed, and compared at every chunk. */
async function oneCall(router, stats, number) {
  const expected = textOf(number)
  const request = { model: 'chat', messages: [{ role: 'user', content: `Say: ${expected}` }], max_tokens: 200 }
  const startedAt = performance.now()
  let text = ''
  try {
    if (number % 2 === 0) {
      const answer = await router.completion(request)
      text = answer.choices[0].message.content
      stats.tries.push(answer.meta.attempts.length)
    } else {
      stats.streams++
      const stream = await router.completion({ ...request, stream: true, resume: 'continue' })
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? ''
        if (!expected.startsWith(text)) break
      }
      const answer = await stream.final()
      const whole = answer.choices[0].message.content
      stats.tries.push(answer.meta.attempts.length)
      if (text === expected && whole !== expected) text = whole
    }
    stats.latencies.push(performance.now() - startedAt)
    if (text === expected) return
    stats.wrong++
    stats.problems.push(
      `call ${number}: wrong text\n  expected ${JSON.stringify(expected)}\n  got      ${JSON.stringify(text)}`,
    )
  } catch (error) {
    stats.failed++
    const tries = (error.attempts ?? []).map(({ deployment, outcome }) => `${deployment} ${outcome}`).join(', ')
    stats.problems.push(
      `call ${number}, ${number % 2 ? 'streamed' : 'whole'}: ${error.name}: ${error.message}\n  ${tries}`,
    )
  } finally {
    stats.ended++
  }
}

/** No two calls have the same. */
function textOf(number) {
  const words = [
    'river',
    'Größe',
    'lamp',
    '灯台',
    'seven',
    'quiet,',
    'naïve',
    'stone.\n\n',
    'wind',
    '🌊',
    'paper',
    '  two',
  ]
  const random = chance(number + 1_000)
  const picked = Array.from({ length: 6 }, () => words[Math.floor(random() * words.length)])
  return `Answer ${number}: ${picked.join(' ')} and so ends ${number}.`
}

// --- servers that misbehave -------------------------------------------------------------------------------------------

/** What the thread of the servers does. */
async function serve() {
  const servers = await Promise.all(names.map((name, index) => faulty(name, chance(index + 1))))
  parentPort.on('message', async ({ name, phase }) => {
    await servers[names.indexOf(name)].become(phase)
    parentPort.postMessage('done')
  })
  parentPort.postMessage(servers.map(({ url }) => url))
}

/** A simulator that replies as requested, continues a partial text, and fails by plan. */
async function faulty(name, random) {
  let simulator = await startSimulator({ reply, keepRequests: 1 })
  const { url, port } = simulator
  let phase
  return { url, become }

  function reply({ body }) {
    const [{ content }, begun] = body.messages
    const text = textIn(content).slice('Say: '.length)
    return { text: text.slice(begun ? textIn(begun.content).length : 0), delayMs: 15, chunkDelayMs: 2 }
  }

  async function become(next) {
    const wasDead = name === 'west' && phase && !phase.partly
    phase = next
    const dies = name === 'west' && phase && !phase.partly
    if (dies) return simulator.close()
    if (wasDead) simulator = await startSimulator({ reply, keepRequests: 1, port })
    simulator.reset()
    if (!phase) return
    const { partly = 1 } = phase
    simulator.fail(() => (random() < partly ? oneOf(faults[name], random) : undefined), { times: Infinity })
  }
}

function textIn(content) {
  return typeof content === 'string' ? content : content[0].text
}

function short(name) {
  return { north: '429', east: 'stall', west: 'break off' }[name]
}

async function misbehave(worker, servers, at) {
  for (const server of servers) {
    const { name } = server
    const phase = plan.find(({ from, to, who }) => who === name && at >= from && at < to)
    if (phase === server.phase) continue
    server.phase = phase
    server.state = phase === undefined ? 'well' : phase.partly ? `${phase.partly * 100} % ${short(name)}` : kinds[name]
    worker.postMessage({ name, phase })
    await once(worker, 'message')
  }
}

function oneOf(list, random) {
  return list[Math.floor(random() * list.length)]
}

/** The same numbers in every run. */
function chance(seed) {
  let state = seed * 2_654_435_761
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

// --- results ----------------------------------------------------------------------------------------------------------

/** Listens to the Router. */
function statsOf(router) {
  const ofServer = () => ({ picks: 0, answers: 0, failures: 0, rests: 0, latencies: [] })
  const stats = {
    ...{ begun: 0, ended: 0, failed: 0, wrong: 0, streams: 0, retries: 0, fallbacks: 0, resumed: 0, waits: 0 },
    latencies: [],
    tries: [],
    problems: [],
    servers: Object.fromEntries(names.map((name) => [name, ofServer()])),
  }
  const of = (deployment) => stats.servers[deployment.split(' ')[0]]
  router.on('*', (event) => {
    switch (event.type) {
      case 'pick':
        of(event.deployment).picks++
        break
      case 'success':
        of(event.deployment).answers++
        of(event.deployment).latencies.push(event.durationMs)
        break
      case 'failure':
        of(event.deployment).failures++
        break
      case 'cooldown':
        of(event.deployment).rests++
        break
      case 'retry':
        stats.retries++
        break
      case 'fallback':
        stats.fallbacks++
        break
      case 'resume':
        stats.resumed++
        break
      case 'wait':
        stats.waits++
        break
    }
  })
  return stats
}

function percentile(list, share) {
  if (list.length === 0) return 0
  return list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))]
}

function count(value) {
  return value.toLocaleString('en-US')
}

function ms(value) {
  return `${value.toFixed(0)} ms`
}

function table(strategy, servers, router, stats, elapsed) {
  const { deployments, waiting } = router.snapshot()
  const head = ['server', 'it', 'the Router', 'picks', 'answers', 'fails', 'cooldowns', 'flying', 'p50', 'p95']
  const rows = servers.map(({ name, state }) => {
    const own = deployments.filter(({ id }) => id.split(' ')[0] === name)
    const { picks, answers, failures, rests, latencies } = stats.servers[name]
    const recent = latencies.slice(-500)
    const flying = own.reduce((sum, { inFlight }) => sum + inFlight, 0)
    const times = [percentile(recent, 0.5), percentile(recent, 0.95)].map((value) => value.toFixed(0))
    return [name, state, own[0].status, ...[picks, answers, failures, rests, flying].map(count), ...times]
  })
  const widths = [6, 14, 10, 6, 7, 5, 9, 6, 4, 4]
  const cells = (row) => row.map((cell, at) => (at < 3 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' ')
  const { ended, failed, wrong, retries, fallbacks, resumed } = stats
  return [
    '',
    `  ${(elapsed / 1_000).toFixed(1).padStart(4)} s  ${count(ended)} of ${count(calls)} calls  ${strategy}`,
    '',
    ...[head, ...rows].map((row) => `  ${cells(row)}`),
    '',
    `  retries ${count(retries)}   fallbacks ${count(fallbacks)}   streams continued ${count(resumed)}   waiting ${waiting}`,
    `  failed calls ${failed}   wrong texts ${wrong}`,
    '',
  ].join('\n')
}

/** The same results as a Markdown table. */
function oneLine(strategy, servers, router, { ended, failed, wrong, retries, fallbacks, resumed, ...stats }, elapsed) {
  const { deployments } = router.snapshot()
  const parts = servers.map(({ name, state }) => {
    const { status } = deployments.find(({ id }) => id === name) ?? {}
    const { picks, answers, rests } = stats.servers[name]
    return `${name} (${state}; ${status}) ${picks} picks ${answers} answers ${rests} cooldowns`
  })
  const p95 = percentile(stats.latencies.slice(-500), 0.95)
  return (
    `${(elapsed / 1_000).toFixed(0).padStart(3)} s ${strategy}: ${ended} calls, ${failed} failed, ${wrong} wrong, ` +
    `${retries} retries, ${fallbacks} fallbacks, ${resumed} continued, p95 ${ms(p95)} | ${parts.join(' | ')}`
  )
}

function summary({ ended, streams, failed, wrong, retries, fallbacks, resumed, waits, latencies, tries, seconds }) {
  return [
    `  ${count(ended)} calls, ${count(streams)} of them streamed, in ${seconds.toFixed(1)} s`,
    `  failed calls                        ${failed}`,
    `  wrong, repeated or missing text     ${wrong}`,
    `  retries                             ${count(retries)}`,
    `  fallbacks to the smaller model      ${count(fallbacks)}`,
    `  streams continued by another server ${count(resumed)}`,
    `  waits for a server                  ${count(waits)}`,
    `  most tries of one call              ${percentile(tries, 1)}`,
    `  time of a call                      p50 ${ms(percentile(latencies, 0.5))}, p95 ${ms(percentile(latencies, 0.95))}`,
    '',
  ].join('\n')
}

function markdown(runs) {
  const rows = runs.map((run) => {
    const answers = names.map((name) => run.servers[name].answers)
    const sum = answers.reduce((total, one) => total + one, 0)
    const shares = answers.map((one) => `${Math.round((one / sum) * 100)} %`).join(', ')
    const numbers = [run.failed, run.wrong, run.retries, run.fallbacks, run.resumed].map(count)
    const times = [
      ms(percentile(run.latencies, 0.5)),
      ms(percentile(run.latencies, 0.95)),
      `${run.seconds.toFixed(1)} s`,
    ]
    return [`\`${run.strategy}\``, ...numbers, shares, ...times]
  })
  const head = ['strategy', 'failed calls', 'wrong texts', 'retries', 'fallbacks', 'streams continued']
  const whole = [...head, `answers of ${names.join(', ')}`, 'p50', 'p95', 'time']
  return [whole, whole.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Writes a text over the one before. */
function redrawn() {
  let lines = 0
  return (text) => {
    process.stdout.write(`${lines > 0 ? `\x1b[${lines}A` : ''}\x1b[J${text}\n`)
    lines = text.split('\n').length
  }
}

function stop(message) {
  console.error(message)
  process.exit(1)
}
