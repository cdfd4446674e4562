// What a request through createHandler() costs beside the same call of its client: `npm run build && node bench/server.mjs`.
// The floor of the fetch form is the same call between a Request whose body is read and a Response whose body is read, without a handler.
// The upstream has its own process; all rounds are interleaved. It measures and prints; it never fails because something was slow.
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

const encoder = new TextEncoder()
const responseHeaders = { 'content-type': 'application/json', 'x-request-id': 'req_0123456789' }
const answerText = JSON.stringify({ answer: 'x'.repeat(600) })
const chunkText = encoder.encode(`data: ${JSON.stringify({ delta: 'x'.repeat(150) })}\n\n`)

/** A stream as the body of a response, with a text that exists already for each item. */
function streamOf(items) {
  const iterator = items[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      if ((await iterator.next()).done) controller.close()
      else controller.enqueue(chunkText)
    },
  })
}

function task(title, url, params, bare, { per = 1, count = 1500, width = 16, unit = 'call' } = {}) {
  const body = JSON.stringify(params)
  // a server gives the length
  const sent = { ...headers, 'content-length': String(Buffer.byteLength(body)) }
  const request = () => new Request(`http://localhost${url}`, { method: 'POST', headers: sent, body })
  return {
    ...{ title, per, count, width, unit },
    bare: async () => {
      const answer = await bare()
      return params.stream ? countOf(answer) : 1
    },
    handle: async () => lengthOf(await handler.handle({ method: 'POST', url, headers, body })),
    floor: async () => {
      await request().arrayBuffer()
      const answer = await bare()
      const response = new Response(params.stream ? streamOf(answer) : answerText, { headers: responseHeaders })
      return (await response.text()).length
    },
    fetch: async () => (await (await handler(request())).text()).length,
  }
}

const streams = { per: CHUNKS, count: 20, width: 1, unit: 'chunk' }
const stream = { stream: true }
const bridged = { ...claude, model: chat.model }
const asResponses = { model: chat.model, input: messages, store: false }
const chats = () => client.completion(chat)
const chatStream = () => client.completion({ ...chat, ...stream })
const tasks = [
  task('chat', '/v1/chat/completions', chat, chats),
  task('messages, passed through', '/v1/messages', claude, () => client.messages(claude)),
  task('messages, bridged to chat', '/v1/messages', bridged, chats),
  task('stream of chat', '/v1/chat/completions', { ...chat, ...stream }, chatStream, streams),
  task(
    'stream of messages, passed through',
    '/v1/messages',
    { ...claude, ...stream },
    () => client.messages({ ...claude, ...stream }),
    streams,
  ),
  task('stream of messages, bridged to chat', '/v1/messages', { ...bridged, ...stream }, chatStream, streams),
  task('stream of responses, bridged to chat', '/v1/responses', { ...asResponses, ...stream }, chatStream, streams),
]

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
console.log('| task | client, µs | handle(), µs | added, µs | floor of fetch form, µs | fetch form, µs | added, µs |')
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
try {
  for (const { title, per, count, width, unit, ...calls } of tasks) {
    const found = Object.fromEntries(Object.keys(calls).map((name) => [name, []]))
    const n = Math.max(1, Math.round(count * scale))
    for (let round = -1; round < rounds; round++) {
      for (const name of Object.keys(calls)) {
        const cost = (await measure(calls[name], n, Math.min(width, n))) / per
        if (round >= 0) found[name].push(cost)
      }
    }
    const added = (one, other) => median(found[one].map((cost, at) => cost - found[other][at]))
    const of = (name) => median(found[name])
    const handled = [of('bare'), of('handle'), added('handle', 'bare')]
    const figures = [...handled, of('floor'), of('fetch'), added('fetch', 'floor')].map(figure)
    console.log(`| ${[`${title}, per ${unit}`, ...figures].join(' | ')} |`)
  }
} finally {
  await client.close()
  upstream.disconnect()
}
