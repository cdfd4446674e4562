// What a request through createHandler() costs beside the same call of its client: `npm run build && node bench/server.mjs`.
// The floor of the fetch form is the shortest handler by hand: `await request.json()`, the call, and a Response of JSON.stringify() or of a
// stream. `client.fetch` gets an address, headers and a text, as SDKs pass them. The floor of the Node form is the same by hand between
// `req` and `res` of node:http, with its client in this process in both.
// The upstream has its own process; all rounds are interleaved. It measures and prints; it never fails because something was slow.
import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CHUNKS, messages } from './shapes.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, dist: { type: 'string' }, smoke: { type: 'boolean', default: false } },
})
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 11))
const scale = values.smoke ? 0.02 : 1

const dist = new URL(`${values.dist ?? '../dist'}/`, import.meta.url)
if (!existsSync(new URL('server.js', dist))) {
  console.error('bench: there is no dist/. Run `npm run build` first.')
  process.exit(1)
}
const { createClient } = await import(new URL('index.js', dist).href)
const { createHandler } = await import(new URL('server.js', dist).href)

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
const textOf = (item) => `data: ${JSON.stringify(item)}\n\n`

/** The shortest handler between Request and Response. */
async function byHand(request, call) {
  const answer = await call(await request.json())
  if (typeof answer[Symbol.asyncIterator] !== 'function') {
    return new Response(JSON.stringify(answer), { headers: responseHeaders })
  }
  const iterator = answer[Symbol.asyncIterator]()
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(textOf(value)))
    },
  })
  return new Response(body, { headers: responseHeaders })
}

/** The shortest handler between `req` and `res`. */
async function nodeByHand(request, response, call) {
  const parts = []
  request.on('data', (part) => parts.push(part))
  await new Promise((resolve) => request.on('end', resolve))
  const answer = await call(JSON.parse(Buffer.concat(parts)))
  if (typeof answer[Symbol.asyncIterator] !== 'function') {
    for (const name in responseHeaders) response.setHeader(name, responseHeaders[name])
    return response.end(JSON.stringify(answer))
  }
  response.writeHead(200, responseHeaders)
  for await (const item of answer) response.write(textOf(item))
  return response.end()
}

const agent = new HttpAgent({ keepAlive: true })
const servers = []
async function listen(listener) {
  const server = createServer(listener)
  servers.push(server)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.address().port
}

function post(port, url, body) {
  return new Promise((resolve, reject) => {
    const options = { port, path: url, method: 'POST', agent, headers: { ...headers, 'content-length': body.length } }
    const sent = httpRequest({ host: '127.0.0.1', ...options }, (response) => {
      let length = 0
      response.on('data', (part) => {
        length += part.length
      })
      response.on('end', () => (response.statusCode === 200 ? resolve(length) : reject(new Error('no answer'))))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const nodePort = await listen(handler.node)

/**
 * @param call the call of the client that is the floor
 * @param sent its parameters, if they are not those of the request
 */
async function task(title, url, params, call, { sent, per = 1, count = 1500, width = 16, unit = 'call' } = {}) {
  const body = JSON.stringify(params)
  const bytes = Buffer.from(body)
  // a server gives the length
  const received = { ...headers, 'content-length': String(bytes.length) }
  const request = () => new Request(`http://localhost${url}`, { method: 'POST', headers: received, body })
  const made = sent ?? params
  const floor = (given) => call(sent ?? given)
  const handPort = await listen((req, res) => void nodeByHand(req, res, floor))
  return {
    ...{ title, per, count, width, unit },
    bare: async () => {
      const answer = await call(made)
      return params.stream ? countOf(answer) : 1
    },
    handle: async () => lengthOf(await handler.handle({ method: 'POST', url, headers, body })),
    byHand: async () => (await (await byHand(request(), floor)).text()).length,
    fetchForm: async () => (await (await handler(request())).text()).length,
    clientFetch: async () => {
      const { signal } = new AbortController()
      const response = await client.fetch(`http://localhost${url}`, { method: 'POST', headers, body, signal })
      return (await response.text()).length
    },
    nodeByHand: () => post(handPort, url, bytes),
    node: () => post(nodePort, url, bytes),
  }
}

const streams = { per: CHUNKS, count: 20, width: 1, unit: 'chunk' }
const stream = { stream: true }
const bridged = { ...claude, model: chat.model }
const asResponses = { ...claude, max_tokens: undefined, messages: undefined, input: messages, store: false }
const asChat = { ...claude, messages }
const complete = (params) => client.completion(params)
const message = (params) => client.messages(params)
const tasks = await Promise.all([
  task('chat', '/v1/chat/completions', chat, complete),
  task('messages, passed through', '/v1/messages', claude, message),
  task('messages, bridged to chat', '/v1/messages', bridged, complete, { sent: chat }),
  task('stream of chat', '/v1/chat/completions', { ...chat, ...stream }, complete, streams),
  task('stream of messages, passed through', '/v1/messages', { ...claude, ...stream }, message, streams),
  task('stream of messages, bridged to chat', '/v1/messages', { ...bridged, ...stream }, complete, {
    ...streams,
    sent: { ...chat, ...stream },
  }),
  task('stream of responses, bridged to chat', '/v1/responses', { ...asResponses, ...stream }, complete, {
    ...streams,
    sent: { ...asChat, ...stream },
  }),
])

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
console.log(
  `µs, median of ${rounds} interleaved rounds${values.smoke ? ' (a smoke run: the figures mean nothing)' : ''}\n`,
)
const columns = [
  ...['task', 'client', 'handle()', 'added', 'by hand, fetch', 'fetch form', 'added', 'client.fetch', 'added'],
  ...['by hand, Node', 'Node form', 'added'],
]
console.log(`| ${columns.join(' | ')} |`)
console.log(`| --- |${' ---: |'.repeat(columns.length - 1)}`)
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
    const of = (name) => median(found[name])
    const added = (one, other) => median(found[one].map((cost, at) => cost - found[other][at]))
    const beside = (floor, ...names) => [of(floor), ...names.flatMap((name) => [of(name), added(name, floor)])]
    const figures = [
      ...beside('bare', 'handle'),
      ...beside('byHand', 'fetchForm', 'clientFetch'),
      ...beside('nodeByHand', 'node'),
    ]
    console.log(`| ${[`${title}, per ${unit}`, ...figures.map(figure)].join(' | ')} |`)
  }
} finally {
  agent.destroy()
  for (const server of servers) server.close()
  await client.close()
  upstream.disconnect()
}
