// The cost of middleware per call: `npm run build && node bench/middleware.mjs`.
// The provider is a dispatcher in this process that answers at once, so that the figures are llmux's own. `--before <dist>` measures
// another build in turns with this one: the difference of the two first rows is the cost of middleware that is not used.
// It measures and prints; it never fails because something was slow.
import { parseArgs } from 'node:util'
import { messages } from './shapes.mjs'

const { values } = parseArgs({
  options: {
    calls: { type: 'string' },
    rounds: { type: 'string' },
    before: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
})
const calls = Number(values.calls ?? (values.smoke ? 200 : 2_000))
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 41))
const { createClient } = await import('../dist/index.js')
const { maskPII } = await import('../dist/middleware.js')

const answer = {
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1_700_000_000, model: 'gpt-4o' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
}
const body = Buffer.from(JSON.stringify(answer))
const headers = { 'content-type': 'application/json' }
const controller = { paused: false, aborted: false, reason: null, pause() {}, resume() {}, abort() {} }
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

const options = { dispatcher, providers: { openai: { apiKey: 'k' } } }
const contestants = []
if (values.before) {
  const before = await import(values.before)
  contestants.push({ name: 'before', client: before.createClient(options) })
}
const none = { onRequest() {} }
contestants.push(
  { name: 'no middleware', client: createClient(options) },
  { name: 'one empty onRequest', client: createClient(options).use(none) },
  { name: 'five empty onRequest', client: createClient(options).use(none, none, none, none, none) },
  { name: 'onRequest and onResponse', client: createClient(options).use({ ...none, onResponse() {} }) },
  { name: 'maskPII() on 1 KB', client: createClient(options).use(maskPII()) },
)

const request = { model: 'openai/gpt-4o', messages }
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
for (const one of contestants) one.times = []
for (let round = -2; round < rounds; round++) {
  // in turns, and every second round backwards: a machine that slows down slows all of them
  for (const one of round % 2 === 0 ? contestants : contestants.toReversed()) {
    const count = one.name.startsWith('maskPII') ? calls / 10 : calls
    const start = process.cpuUsage()
    for (let at = 0; at < count; at++) await one.client.completion(request)
    const { user, system } = process.cpuUsage(start)
    if (round >= 0) one.times.push((user + system) / count)
  }
}
console.log(`CPU per call in µs, median of ${rounds} rounds of ${calls} calls`)
for (const { name, times } of contestants) console.log(`${name.padEnd(28)} ${median(times).toFixed(2)}`)
for (const { client } of contestants) await client.close()
