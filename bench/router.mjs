// What the Router adds to a call, and whether its memory stays flat: `npm run build && node bench/router.mjs`.
// The provider is a dispatcher in this process that answers at once: nothing but llmux is measured.
// It measures and prints; it never fails because something was slow.
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    calls: { type: 'string' },
    rounds: { type: 'string' },
    memory: { type: 'string' },
    dist: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
})
const calls = Number(values.calls ?? (values.smoke ? 200 : 20_000))
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 7))
const many = Number(values.memory ?? (values.smoke ? 2_000 : 1_000_000))
const { createClient, Router } = await import(values.dist ?? '../dist/index.js')

const body = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
  }),
)
const headers = { 'content-type': 'application/json' }
const controller = { paused: false, aborted: false, reason: null, pause() {}, resume() {}, abort() {} }

/** An undici dispatcher that has the answer before it was asked. */
const dispatcher = {
  dispatch(_options, handler) {
    queueMicrotask(() => {
      handler.onRequestStart(controller, {})
      handler.onResponseStart(controller, 200, headers, 'OK')
      handler.onResponseData(controller, body)
      handler.onResponseEnd(controller, {})
    })
    return true
  },
  close: async () => {},
  destroy: async () => {},
}

const messages = [{ role: 'user', content: 'Hello' }]
const plain = createClient({ dispatcher, providers: { openai: { apiKey: 'k' } } })
const routerOf = (count, more) =>
  new Router({
    client: { dispatcher },
    modelList: Array.from({ length: count }, (_, index) => ({
      modelName: 'gpt-4o',
      params: { model: 'openai/gpt-4o', apiKey: `k${index}`, rpm: 1e9, tpm: 1e12 },
    })),
    ...more,
  })

const routers = [
  ['10 deployments, simple-shuffle', routerOf(10)],
  ['10 deployments, least-busy', routerOf(10, { routingStrategy: 'least-busy' })],
  ['10 deployments, usage-based', routerOf(10, { routingStrategy: 'usage-based' })],
  ['10 deployments, latency-based', routerOf(10, { routingStrategy: 'latency-based' })],
  ['10 deployments, cost-based', routerOf(10, { routingStrategy: 'cost-based' })],
  [
    '10 deployments, enforced limits and a budget',
    routerOf(10, { enforceLimits: true, budgets: { router: { maxBudget: 1e9 } } }),
  ],
  ['1,000 deployments, simple-shuffle', routerOf(1_000)],
  ['1,000 deployments, latency-based', routerOf(1_000, { routingStrategy: 'latency-based' })],
]

async function cpuOf(client, model) {
  const before = process.cpuUsage()
  for (let done = 0; done < calls; done++) await client.completion({ model, messages, max_tokens: 16 })
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]

console.log(`CPU of a call in this process, µs: node ${process.version}, median of ${rounds} interleaved rounds\n`)
const tasks = [
  ['plain completion()', plain, 'openai/gpt-4o'],
  ...routers.map(([name, router]) => [name, router, 'gpt-4o']),
]
const figures = tasks.map(() => [])
for (let round = -1; round < rounds; round++) {
  for (const [index, [, client, model]] of tasks.entries()) {
    const cpu = await cpuOf(client, model)
    // the first round warms up
    if (round >= 0) figures[index].push(cpu)
  }
}
const base = median(figures[0])
console.log('| | µs a call | more than plain |')
console.log('| --- | ---: | ---: |')
for (const [index, [name]] of tasks.entries()) {
  const cpu = median(figures[index])
  console.log(`| ${name} | ${cpu.toFixed(1)} | ${index === 0 ? '' : (cpu - base).toFixed(1)} |`)
}

if (global.gc === undefined) {
  console.log('\nMemory: run with `node --expose-gc` to see it.')
} else {
  const heap = () => {
    global.gc()
    global.gc()
    return process.memoryUsage().heapUsed / 1024 / 1024
  }
  const [, router] = routers[3]
  await cpuOf(router, 'gpt-4o')
  const before = heap()
  const wide = 64
  let started = 0
  await Promise.all(
    Array.from({ length: wide }, async () => {
      while (started++ < many) await router.completion({ model: 'gpt-4o', messages })
    }),
  )
  console.log(
    `\nHeap before and after ${many.toLocaleString('en')} calls: ${before.toFixed(1)} and ${heap().toFixed(1)} MiB`,
  )
}
for (const [, router] of routers) await router.close()
