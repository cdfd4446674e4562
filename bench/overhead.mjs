// What a call through llmux costs beside the same call written by hand: `npm run build && node bench/overhead.mjs`.
// See README.md beside this file. It measures and prints; it never fails because something was slow.
import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CHUNKS, INPUTS } from './shapes.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string' }, smoke: { type: 'boolean', default: false } } })
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 9))
const scale = values.smoke ? 0.02 : 1
const LIMIT_MS = 120_000

// count: calls per round; per: divisor of one call
const tasks = [
  { title: 'chat, 1 at a time', task: 'chat', width: 1, count: 600, per: 1, unit: 'call' },
  { title: 'chat, 64 at a time', task: 'chat', width: 64, count: 2000, per: 1, unit: 'call' },
  { title: 'chat by Anthropic, 1 at a time', task: 'anthropicChat', width: 1, count: 600, per: 1, unit: 'call' },
  { title: 'chat by Anthropic, 64 at a time', task: 'anthropicChat', width: 64, count: 2000, per: 1, unit: 'call' },
  { title: 'responses()', task: 'responsesCall', width: 16, count: 1000, per: 1, unit: 'call' },
  { title: 'chat by Gemini', task: 'geminiChat', width: 16, count: 1000, per: 1, unit: 'call' },
  { title: 'chat by Converse', task: 'converseChat', width: 16, count: 1000, per: 1, unit: 'call' },
  { title: 'chat by Cohere', task: 'cohereChat', width: 16, count: 1000, per: 1, unit: 'call' },
  { title: 'stream of five chunks', task: 'shortStream', width: 1, count: 400, per: 1, unit: 'call' },
  { title: 'stream', task: 'stream', width: 1, count: 20, per: CHUNKS, unit: 'chunk' },
  { title: 'stream by Anthropic', task: 'anthropicStream', width: 1, count: 20, per: CHUNKS, unit: 'chunk' },
  {
    title: 'embeddings, base64 to Float32Array',
    task: 'embedFloat32',
    width: 1,
    count: 30,
    per: INPUTS,
    unit: 'vector',
  },
  { title: 'embeddings, base64 to number[]', task: 'embedArray', width: 1, count: 30, per: INPUTS, unit: 'vector' },
]

if (!existsSync(new URL('../dist/index.js', import.meta.url))) {
  console.error('bench: there is no dist/. Run `npm run build` first.')
  process.exit(1)
}

const file = (name) => fileURLToPath(new URL(name, import.meta.url))
// no full collections in idle time: they discard V8's type feedback
const execArgv = ['--no-memory-reducer']

function start(script, args) {
  const child = fork(file(script), args, { execArgv })
  return { child, ask: (message) => ask(child, message) }
}

function ask(child, message) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(reject, new Error('no answer')), LIMIT_MS)
    const end = (settle, value) => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      settle(value)
    }
    const onMessage = (answer) => (answer.error ? end(reject, new Error(answer.error)) : end(resolve, answer))
    const onExit = (code) => end(reject, new Error(`ended with ${code}`))
    child.on('message', onMessage)
    child.on('exit', onExit)
    if (message !== undefined) child.send(message)
  })
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
const figure = (value) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)

const upstream = start('upstream.mjs', [])
const { port } = await upstream.ask()
const names = ['floor', 'llmux']
const workers = Object.fromEntries(names.map((name) => [name, start('worker.mjs', [name, `http://127.0.0.1:${port}`])]))
await Promise.all(names.map((name) => workers[name].ask()))

console.log(
  `llmux beside undici.request + JSON.parse + eventsource-parser: CPU time of the process, node ${process.version}`,
)
console.log(`median of ${rounds} interleaved rounds${values.smoke ? ' (a smoke run: the figures mean nothing)' : ''}\n`)
console.log('| task | floor, µs | llmux, µs | ratio of CPU (lowest to highest) | ratio of time |')
console.log('| --- | ---: | ---: | ---: | ---: |')
try {
  for (const { title, task, width, count, per, unit } of tasks) {
    const message = { task, width, count: Math.max(width, Math.ceil(count * scale)) }
    const results = []
    for (let round = values.smoke ? 0 : -2; round < rounds; round++) {
      const result = {}
      for (const name of Math.random() < 0.5 ? names : names.toReversed())
        result[name] = await workers[name].ask(message)
      if (result.floor.length !== result.llmux.length) throw new Error(`${title}: the answers differ`)
      // the first rounds are for the compiler
      if (round >= 0) results.push(result)
    }
    const of = (pick) => median(results.map(pick))
    const ratios = results.map(({ floor, llmux }) => llmux.cpu / floor.cpu)
    const range = `${figure(median(ratios))} (${figure(Math.min(...ratios))} to ${figure(Math.max(...ratios))})`
    const [floor, llmux] = names.map((name) => figure(of((result) => result[name].cpu / per)))
    console.log(
      `| ${title}, per ${unit} | ${floor} | ${llmux} | ${range} | ${figure(of((r) => r.llmux.wall / r.floor.wall))} |`,
    )
  }
} finally {
  for (const { child } of [upstream, ...Object.values(workers)]) if (child.connected) child.disconnect()
}
