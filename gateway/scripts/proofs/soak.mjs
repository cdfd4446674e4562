// Proof 6, second part: nothing grows over many calls of which 5 % fail.
//   node gateway/scripts/proofs/soak.mjs [--long] [--calls=1000000] [--minutes=60] [--every=30] [--data=folder] [--clients=20]
// Each sample collects the garbage first, so that `heap` is what the process really holds.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chat, check, failed, newKey, note, option, send } from './client.mjs'
import { configOf, startProvider } from './provider.mjs'
import { endAll, folder, master, pause, startGateway } from './servers.mjs'

const long = option('long', false) !== false
const calls = Number(option('calls', long ? 1_000_000 : 2_000))
const minutes = Number(option('minutes', long ? 60 : 1))
const every = Number(option('every', long ? 30 : 5)) * 1_000
const clients = Number(option('clients', 20))
const megabytes = (bytes) => (bytes / 1024 / 1024).toFixed(0)

/** A module that writes the state of its process to a file at each SIGUSR2. */
function probe() {
  const at = folder('probe')
  const [module, file] = [join(at, 'probe.mjs'), join(at, 'state.json')]
  writeFileSync(
    module,
    `import { writeFileSync, renameSync } from 'node:fs'
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  const resources = {}
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
  writeFileSync(${JSON.stringify(`${file}.new`)}, JSON.stringify({ at: Date.now(), memory: process.memoryUsage(), resources }))
  renameSync(${JSON.stringify(`${file}.new`)}, ${JSON.stringify(file)})
})
`,
  )
  return {
    flags: ['--expose-gc', '--import', module],
    async read(gateway) {
      const asked = Date.now()
      gateway.child.kill('SIGUSR2')
      for (let tries = 0; tries < 600; tries++) {
        await pause(50)
        try {
          const state = JSON.parse(readFileSync(file, 'utf8'))
          if (state.at >= asked) return state
        } catch {} // not written yet
      }
      throw new Error('The gateway does not answer a signal.')
    },
  }
}

const sumOf = (metrics, name) => {
  const lines = metrics.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Faults in turn: those of the provider, of the network, of clients and of limits. */
const faults = [
  ['error of the provider', ({ url, key }) => chat(url, key, { ms: 0, status: 500 }), [500, 502, 503]],
  ['429 of the provider', ({ url, key }) => chat(url, key, { ms: 0, status: 429 }), [429]],
  ['connection lost', ({ url, key }) => chat(url, key, { ms: 0, reset: 'at once' }), [500, 502, 503]],
  [
    'stream breaks off',
    ({ url, key }) => chat(url, key, { ms: 0, chunks: 20, chunkMs: 1, reset: 10 }, { stream: true }),
    [0, 200],
  ],
  ['answer is no JSON', ({ url, key }) => chat(url, key, { ms: 0, garbage: true }), [500, 502, 503]],
  [
    'client leaves',
    ({ url, key }) => {
      const directive = { ms: 5, chunks: 50, chunkMs: 5 }
      return chat(url, key, directive, { stream: true }, { signal: AbortSignal.timeout(60) })
    },
    [0],
  ],
  ['unknown model', ({ url, key, at }) => chat(url, key, { ms: 0 }, { model: `unknown-${at}` }), [400, 403, 404]],
  ['wrong key', ({ url, at }) => chat(url, `sk-wrong-key-${at}`, { ms: 0 }), [401, 429]],
  ['invalid body', ({ url, key }) => send(url, '/v1/chat/completions', { key, body: { messages: 7 } }), [400]],
  ['over budget', ({ url, poor }) => chat(url, poor, { ms: 0 }), [200, 422]],
]

function sizeOf(at) {
  let sum = 0
  for (const name of readdirSync(at)) {
    try {
      sum += statSync(join(at, name)).size
    } catch {} // removed meanwhile
  }
  return sum
}

async function main() {
  const provider = await startProvider()
  const state = probe()
  const data = option('data') || folder('soak')
  mkdirSync(data, { recursive: true })
  const gateway = await startGateway({ config: configOf(provider), data, flags: state.flags })
  const keys = []
  for (let i = 0; i < 10; i++) keys.push(await newKey([gateway.url], { rpm_limit: 1_000_000, max_budget: 1_000_000 }))
  const poor = await newKey([gateway.url], { max_budget: 0.001 })
  let done = 0
  let ended = 0
  const odd = new Map()
  const expect = (kind, { status, text }, right) => {
    ended++
    if (right.includes(status)) return
    const name = `${kind}: ${status}`
    if (!odd.has(name)) note(`${name} ${text.slice(0, 300)}`)
    odd.set(name, (odd.get(name) ?? 0) + 1)
  }
  const until = Date.now() + minutes * 60_000
  const one = async () => {
    while (done < calls && Date.now() < until) {
      const at = done++
      // the provider keeps no bill of a long run
      if (at % 5_000 === 0) {
        provider.bill.clear()
        provider.seen.length = 0
      }
      const key = keys[at % keys.length]
      if (at % 20 === 0) {
        const [kind, call, right] = faults[(at / 20) % faults.length]
        expect(kind, await call({ at, url: gateway.url, key, poor }), right)
        continue
      }
      const body = { stream: at % 2 === 0, user: `user-${at % 500}`, metadata: { tags: [`tag-${at % 50}`] } }
      expect('call', await chat(gateway.url, key, { ms: 0, chunks: 3, chunkMs: 0 }, body), [200])
    }
  }
  const samples = []
  const began = Date.now()
  const sample = async () => {
    const { memory, resources } = await state.read(gateway)
    const { text } = await send(gateway.url, '/metrics', { key: master })
    const handles = Object.values(resources).reduce((sum, count) => sum + count, 0)
    const taken = {
      calls: ended,
      rss: gateway.rss(),
      heap: memory.heapUsed,
      outside: memory.external + memory.arrayBuffers,
      handles,
      files: readdirSync(`/proc/${gateway.child.pid}/fd`).length,
      series: text.split('\n').filter((line) => line && !line.startsWith('#')).length,
      queue: sumOf(text, 'litellm_in_memory_spend_update_queue_size'),
      inFlight: sumOf(text, 'litellm_in_flight_requests'),
      cpu: sumOf(text, 'process_cpu_seconds_total'),
      disk: sizeOf(data),
    }
    samples.push(taken)
    note(
      `${((Date.now() - began) / 1_000).toFixed(0)} s: ${ended} calls; rss ${megabytes(taken.rss)}, heap ${megabytes(taken.heap)}, outside ${megabytes(taken.outside)}, disk ${megabytes(taken.disk)} MB; ${handles} handles, ${taken.files} files, ${taken.series} series, ${taken.queue} not written, ${taken.inFlight} in flight; ${taken.cpu.toFixed(0)} s of processor ${JSON.stringify(resources)}`,
    )
  }
  let running = true
  const sampling = (async () => {
    while (running) {
      for (let waited = 0; waited < every && running; waited += 500) await pause(500)
      await sample()
    }
  })()
  await Promise.all(Array.from({ length: clients }, one))
  await pause(3_000)
  running = false
  await sampling
  judge(samples, odd)
  check(!/out of memory|FATAL/.test(gateway.output()), 'the process is well')
  await gateway.stop()
}

function judge(samples, odd) {
  const last = samples.at(-1)
  check(odd.size === 0, `${last.calls} calls, each answered as it must be: ${JSON.stringify([...odd])}`)
  // the first third warms caches and pools up
  const from = samples.find(({ calls }) => calls >= last.calls / 3) ?? last
  const median = (name, list) => list.map((one) => one[name]).sort((a, b) => a - b)[Math.floor(list.length / 2)]
  const rest = samples.slice(samples.indexOf(from))
  const middle = Math.floor(rest.length / 2)
  const count = Math.max(1, (last.calls - from.calls) / 2)
  // what a burst allocated stays resident for a while; a leak also raises the lowest sample
  const lowest = (name, list) => Math.min(...list.map((one) => one[name]))
  const highest = Math.max(...samples.map(({ rss }) => rss))
  for (const [name, of] of [
    ['rss', lowest],
    ['heap', median],
    ['outside', median],
  ]) {
    const [before, after] = [of(name, rest.slice(0, middle + 1)), of(name, rest.slice(middle))]
    const perCall = (after - before) / count
    // a leak of 64 bytes a call would be 64 MB in a million
    check(
      last.calls < 20_000 || perCall < 64,
      `${name}: ${megabytes(before)} MB in the second third, ${megabytes(after)} MB in the last: ${perCall.toFixed(1)} bytes a call`,
    )
  }
  note(`most resident memory at a sample: ${megabytes(highest)} MB`)
  for (const [name, most] of [
    ['handles', 50],
    ['files', 50],
    ['series', 50],
  ]) {
    const [before, after] = [median(name, rest.slice(0, middle + 1)), median(name, rest.slice(middle))]
    check(after - before < most, `${name}: ${before} to ${after}`)
  }
  check(
    last.queue === 0 && last.inFlight === 0,
    `${last.queue} calls not written and ${last.inFlight} in flight at the end`,
  )
  note(`most calls not written at a sample: ${Math.max(...samples.map(({ queue }) => queue))}`)
}

try {
  await main()
} finally {
  await endAll()
}
process.exitCode = failed() > 0 ? 1 : 0
process.exit()
