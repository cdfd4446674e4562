// What a request through createHandler() costs beside the same call of its client: `npm run build && node bench/server.mjs`.
// The upstream has its own process; the rounds of both are interleaved. It measures and prints; it never fails because something was slow.
import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CHUNKS, messages } from './shapes.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string' }, smoke: { type: 'boolean', default: false } } })
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 11))
const scale = values.smoke ? 0.02 : 1

if (!existsSync(new URL('../dist/server.js', import.meta.url))) {
  console.error('bench: there is no dist/. Run `npm run build` first.')
  process.exit(1)
}
const { createClient } = await import('../dist/index.js')
const { createHandler } = await import('../dist/server.js')

const upstream = fork(fileURLToPath(new URL('upstream.mjs', import.meta.url)), [])
const { port } = await new Promise((resolve) => upstream.once('message', resolve))
const origin = `http://127.0.0.1:${port}`
const client = createClient({
  maxRetries: 0,
  providers: { openai: { apiKey: 'k', apiBase: `${origin}/v1` }, anthropic: { apiKey: 'k', apiBase: origin } },
})
const handler = createHandler(client)

const chat = { model: 'openai/gpt-4o', messages, temperature: 0.5 }
const claude = { model: 'anthropic/claude-sonnet-4-20250514', max_tokens: 500, messages: messages.slice(1) }
const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-1234', 'user-agent': 'bench/1' }

async function lengthOf({ status, body }) {
  if (status !== 200) throw new Error(`status ${status}: ${body}`)
  if (typeof body === 'string') return body.length
  let length = 0
  for await (const text of body) length += text.length
  return length
}

async function countOf(items) {
  let count = 0
  for await (const _ of items) count++
  return count
}

function task(title, url, params, bare, { per = 1, count = 1500, width = 16, unit = 'call' } = {}) {
  const body = JSON.stringify(params)
  return {
    ...{ title, per, count, width, unit },
    bare,
    handle: async () => lengthOf(await handler.handle({ method: 'POST', url, headers, body })),
    fetch: async () => {
      const request = new Request(`http://localhost${url}`, { method: 'POST', headers, body })
      return (await (await handler(request)).text()).length
    },
  }
}

const streams = { per: CHUNKS, count: 20, width: 1, unit: 'chunk' }
const tasks = [
  task('chat', '/v1/chat/completions', chat, async () => (await client.completion(chat)).choices.length),
  task('messages, passed through', '/v1/messages', claude, async () => (await client.messages(claude)).content.length),
  task(
    'messages, bridged to chat',
    '/v1/messages',
    { ...claude, model: chat.model },
    async () => (await client.completion(chat)).choices.length,
  ),
  task(
    'stream of chat',
    '/v1/chat/completions',
    { ...chat, stream: true },
    async () => countOf(await client.completion({ ...chat, stream: true })),
    streams,
  ),
  task(
    'stream of messages, passed through',
    '/v1/messages',
    { ...claude, stream: true },
    async () => countOf(await client.completion({ ...claude, stream: true })),
    streams,
  ),
  task(
    'stream of messages, bridged to chat',
    '/v1/messages',
    { ...claude, model: chat.model, stream: true },
    async () => countOf(await client.completion({ ...chat, stream: true })),
    streams,
  ),
  task(
    'stream of responses, bridged to chat',
    '/v1/responses',
    { model: chat.model, input: messages, stream: true, store: false },
    async () => countOf(await client.completion({ ...chat, stream: true })),
    streams,
  ),
]

/** The objects of the fetch form without a handler: what their platform costs. */
async function fetchObjects(url, body) {
  const request = new Request(`http://localhost${url}`, { method: 'POST', headers, body })
  request.headers.forEach(() => {})
  const reader = request.body.getReader()
  while (!(await reader.read()).done);
  return (await new Response(body, { headers: { 'content-type': 'application/json' } }).text()).length
}

/** CPU time of this process per call, in microseconds. */
async function measure(call, count, width) {
  let left = Math.ceil(count / 10)
  const loop = async () => {
    while (left-- > 0) if (!((await call()) > 0)) throw new Error('an empty answer')
  }
  await Promise.all(Array.from({ length: width }, loop))
  left = count
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: width }, loop))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
const figure = (value) => value.toFixed(Math.abs(value) < 10 ? 2 : 1)

console.log(`createHandler() beside its client: CPU time of the process, node ${process.version}`)
console.log(`median of ${rounds} interleaved rounds${values.smoke ? ' (a smoke run: the figures mean nothing)' : ''}\n`)
console.log('| task | client, µs | handle(), µs | added, µs | ratio | fetch form, added µs |')
console.log('| --- | ---: | ---: | ---: | ---: | ---: |')
try {
  for (const { title, per, count, width, unit, bare, handle, fetch } of tasks) {
    const calls = { bare, handle, fetch }
    const found = { bare: [], handle: [], fetch: [] }
    const n = Math.max(1, Math.round(count * scale))
    for (let round = -1; round < rounds; round++) {
      for (const name of Object.keys(calls)) {
        const cost = (await measure(calls[name], n, Math.min(width, n))) / per
        if (round >= 0) found[name].push(cost)
      }
    }
    const of = (name) => median(found[name])
    const cells = [`${title}, per ${unit}`, of('bare'), of('handle'), of('handle') - of('bare')]
    const ratio = median(found.handle.map((cost, at) => cost / found.bare[at]))
    const shown = cells.map((cell) => (typeof cell === 'number' ? figure(cell) : cell))
    console.log(`| ${shown.join(' | ')} | ${ratio.toFixed(2)} | ${figure(of('fetch') - of('bare'))} |`)
  }
  const objects = () => fetchObjects('/v1/chat/completions', JSON.stringify(chat))
  const alone = []
  for (let round = 0; round < rounds; round++) alone.push(await measure(objects, Math.round(1500 * scale) || 1, 1))
  console.log(`\nObjects of the fetch form alone (Request, Headers, Response), per call: ${figure(median(alone))} µs`)
} finally {
  await client.close()
  upstream.disconnect()
}
