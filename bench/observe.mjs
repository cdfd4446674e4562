// What looking at calls costs them: `npm run build && node bench/observe.mjs`.
// The provider is a dispatcher in this process that answers at once: nothing but llmux is measured. Handlers run after the call,
// but in this process: their work is in the figures.
// It measures and prints; it never fails because something was slow.
import { channel } from 'node:diagnostics_channel'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    calls: { type: 'string' },
    rounds: { type: 'string' },
    dist: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
})
const calls = Number(values.calls ?? (values.smoke ? 200 : 10_000))
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 7))
const dist = values.dist ?? '../dist'
const { createClient } = await import(`${dist}/index.js`)
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

const messages = [{ role: 'user', content: 'Hello' }]
const nothing = () => {}
const clientWith = (options) => createClient({ dispatcher, providers: { openai: { apiKey: 'k' } }, ...options })

/** Spans go as far as a real exporter would get them, and are dropped there. */
const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor({ export: (_, done) => done({ code: 0 }), shutdown: async () => {} })],
})
const tracing = { tracerProvider: provider, meterProvider: new MeterProvider() }

let cache
try {
  cache = await import(`${dist}/index.js`).then(({ memoryCache }) => memoryCache)
} catch {
  // not there yet
}

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
  ...(cache
    ? [
        ['memory cache, miss', clientWith({ cache: cache() }), { unlike: true }],
        ['memory cache, hit', clientWith({ cache: cache() })],
      ]
    : []),
]

async function cpuOf(client, { listen, unlike } = {}) {
  const heard = channel('llmux:call:success')
  if (listen) heard.subscribe(nothing)
  const before = process.cpuUsage()
  for (let done = 0; done < calls; done++) {
    const asked = unlike ? [{ role: 'user', content: `Hello ${done} ${Math.random()}` }] : messages
    await client.completion({ model: 'openai/gpt-4o', messages: asked, max_tokens: 16 })
    // a server lets its handlers run between calls
    if (done % 50 === 0) await new Promise(setImmediate)
  }
  await client.flush()
  const { user, system } = process.cpuUsage(before)
  if (listen) heard.unsubscribe(nothing)
  return (user + system) / calls
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]

console.log(`CPU of a call in this process, µs: node ${process.version}, median of ${rounds} interleaved rounds\n`)
const figures = tasks.map(() => [])
for (let round = -1; round < rounds; round++) {
  for (const [index, [, client, options]] of tasks.entries()) {
    const cpu = await cpuOf(client, options)
    // the first round warms up
    if (round >= 0) figures[index].push(cpu)
  }
}
const base = median(figures[0])
console.log('| | µs a call | more |')
console.log('| --- | ---: | ---: |')
for (const [index, [name]] of tasks.entries()) {
  const cpu = median(figures[index])
  console.log(`| ${name} | ${cpu.toFixed(1)} | ${index === 0 ? '' : (cpu - base).toFixed(1)} |`)
}
await provider.shutdown()
for (const [, client] of tasks) await client.close()
