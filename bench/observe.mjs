// What looking at calls, and a cache, cost them: `npm run build && node bench/observe.mjs`.
// The provider is a dispatcher in this process that answers at once: nothing but llmux is measured. Handlers run after the call,
// but in this process: their work is in the figures. With `--sockets` it is a process on loopback, asked 16 calls at a time: the
// CPU of this process is then what a call takes in a server. With `--history` the prompt is four messages of 1.2 KB in all, and else
// one of a few words.
// It measures and prints; it never fails because something was slow.
import { fork } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { messages as history } from './shapes.mjs'

const { values } = parseArgs({
  options: {
    calls: { type: 'string' },
    rounds: { type: 'string' },
    dist: { type: 'string' },
    smoke: { type: 'boolean', default: false },
    sockets: { type: 'boolean', default: false },
    history: { type: 'boolean', default: false },
  },
})
const calls = Number(values.calls ?? (values.smoke ? 200 : 2_500))
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 25))
const dist = values.dist ?? '../dist'
const { createClient, memoryCache } = await import(`${dist}/index.js`)
const { openTelemetry } = await import(`${dist}/otel.js`)
const { prometheus } = await import(`${dist}/prometheus.js`)
const { langfuse } = await import(`${dist}/langfuse.js`)
const { NodeTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-node')
const { MeterProvider } = await import('@opentelemetry/sdk-metrics')

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

const nothing = () => {}
const upstream = values.sockets && fork(fileURLToPath(new URL('upstream.mjs', import.meta.url)))
const apiBase = upstream && `http://127.0.0.1:${(await once(upstream, 'message'))[0].port}/v1`
const clientWith = (options) =>
  createClient({
    ...(upstream
      ? { providers: { openai: { apiKey: 'k', apiBase } } }
      : { dispatcher, providers: { openai: { apiKey: 'k' } } }),
    ...options,
  })
const width = upstream ? 16 : 1

/** Spans go as far as a real exporter would get them, and are dropped there. */
const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor({ export: (_, done) => done({ code: 0 }), shutdown: async () => {} })],
})
const tracing = { tracerProvider: provider, meterProvider: new MeterProvider() }

const tasks = [
  ['nobody looks', clientWith({})],
  ['a channel that somebody listens to', clientWith({}), { listen: true }],
  ['one callback, onSuccess', clientWith({ callbacks: [{ onSuccess: nothing }] })],
  ['one callback, onSuccess, redact: true', clientWith({ callbacks: [{ onSuccess: nothing }], redact: true })],
  [
    'one callback for every moment',
    clientWith({ callbacks: [{ onStart: nothing, onSuccess: nothing, onFailure: nothing }] }),
  ],
  ['logger', clientWith({ logger: { debug: nothing, info: nothing, warn: nothing, error: nothing } })],
  ['openTelemetry()', clientWith({ callbacks: [openTelemetry(tracing)] })],
  [
    'openTelemetry({ captureContent })',
    clientWith({ callbacks: [openTelemetry({ ...tracing, captureContent: true })] }),
  ],
  ['prometheus()', clientWith({ callbacks: [prometheus()] })],
  [
    'langfuse()',
    clientWith({ callbacks: [langfuse({ publicKey: 'p', secretKey: 's', apiBase: 'http://localhost', dispatcher })] }),
  ],
  ['memory cache, key and look', clientWith({ cache: { store: memoryCache(), noStore: true } })],
  ['memory cache, miss that is kept', clientWith({ cache: memoryCache() })],
  ['memory cache, hit', clientWith({ cache: memoryCache() }), { alike: true }],
]

const messagesOf = (content) => [...(values.history ? history : []), { role: 'user', content }]

let asked = 0
async function cpuOf(client, { listen, alike } = {}) {
  const heard = channel('llmux:call:success')
  if (listen) heard.subscribe(nothing)
  const before = process.cpuUsage()
  let left = calls
  const one = async () => {
    while (left-- > 0) {
      const messages = messagesOf(alike ? 'Hello' : `Hello ${asked++}`)
      await client.completion({ model: 'openai/gpt-4o', messages, max_tokens: 16 })
      // a server lets its handlers run between calls
      if (left % 50 === 0) await new Promise(setImmediate)
    }
  }
  await Promise.all(Array.from({ length: width }, one))
  await client.flush()
  const { user, system } = process.cpuUsage(before)
  if (listen) heard.unsubscribe(nothing)
  return (user + system) / calls
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]

console.log(
  `CPU of a call in this process, µs${upstream ? ', over sockets, 16 at a time' : ''}: node ${process.version}, median of ${rounds} interleaved rounds\n`,
)
const figures = tasks.map(() => [])
for (let round = -1; round < rounds; round++) {
  for (const [index, [, client, options]] of tasks.entries()) {
    const cpu = await cpuOf(client, options)
    // the first round warms up
    if (round >= 0) figures[index].push(cpu)
  }
}
// the machine wavers from round to round: differences are those inside one
const [base] = figures
console.log('| | µs a call | more |')
console.log('| --- | ---: | ---: |')
for (const [index, [name]] of tasks.entries()) {
  const more = median(figures[index].map((cpu, round) => cpu - base[round]))
  console.log(`| ${name} | ${median(figures[index]).toFixed(1)} | ${index === 0 ? '' : more.toFixed(1)} |`)
}
await provider.shutdown()
if (upstream) upstream.kill()
for (const [, client] of tasks) await client.close()
