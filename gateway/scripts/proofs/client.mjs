// Requests to gateways over kept connections, and the table of results.
import { Agent, request as httpRequest } from 'node:http'
import { master, pause } from './servers.mjs'

const agent = new Agent({ keepAlive: true, maxSockets: 2_000, maxFreeSockets: 2_000 })

/** Sends a request. Never rejects: `status` is 0 if there was no complete answer. */
export function send(base, path, { key = master, body, method, headers, signal, onText } = {}) {
  return new Promise((done) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const request = httpRequest(`${base}${path}`, {
      agent,
      method: method ?? (text === undefined ? 'GET' : 'POST'),
      signal,
      headers: {
        authorization: `Bearer ${key}`,
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        ...headers,
      },
    })
    let status = 0
    let received = ''
    let responseHeaders = {}
    const end = (complete, error) =>
      done({ status: complete ? status : 0, headers: responseHeaders, text: received, error, begun: status })
    request.on('error', (error) => end(false, error))
    request.on('response', (response) => {
      status = response.statusCode
      responseHeaders = response.headers
      response.setEncoding('utf8')
      response.on('data', (part) => {
        received += part
        onText?.(part)
      })
      response.on('end', () => end(response.complete))
      response.on('error', (error) => end(false, error))
      response.on('close', () => end(response.complete))
    })
    request.end(text)
  })
}

export async function admin(base, path, body) {
  const answer = await send(base, path, { body })
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text} ${answer.error ?? ''}`)
  return JSON.parse(answer.text)
}

let calls = 0
const run = Math.random().toString(36).slice(2, 8)
export const newId = () => `call-${run}-${++calls}`

/** One call of the model. `directive` goes to the provider, and its id is that of the row. */
export async function chat(base, key, directive = {}, body = {}, more = {}) {
  const id = directive.id ?? newId()
  const content = `${more.prefix ?? ''}${JSON.stringify({ ...directive, id, sent: Date.now() })}`
  const answer = await send(base, '/v1/chat/completions', {
    key,
    ...more,
    headers: { 'x-litellm-call-id': id, ...more.headers },
    body: { model: 'gpt-4o', messages: [{ role: 'user', content }], ...body },
  })
  return { id, ...answer }
}

/** Waits until every gateway knows a key. */
export async function known(urls, key) {
  for (const url of urls) {
    for (let tries = 0; (await send(url, `/key/info?key=${key}`)).status !== 200; tries++) {
      if (tries > 300) throw new Error(`${url} does not know the key.`)
      await pause(20)
    }
  }
  return key
}

export const newKey = async (urls, limits = {}) => known(urls, (await admin(urls[0], '/key/generate', limits)).key)

/** Milliseconds until a condition holds; Infinity if it takes too long. */
export async function timeUntil(condition, most = 10_000, step = 20) {
  const started = performance.now()
  for (;;) {
    const waited = performance.now() - started
    if (await condition()) return Math.round(waited)
    if (waited > most) return Number.POSITIVE_INFINITY
    await pause(step)
  }
}

/**
 * The largest sum of weights of calls that were surely admitted within one span of `ms`: sent after its begin, and at the provider
 * before its end. On a busy machine a call takes seconds from its admission to the provider, so arrivals alone may be closer to each
 * other than admissions. Entries are [sent, arrived, weight].
 */
export function mostInSpan(entries, ms) {
  let most = 0
  for (const [from] of entries) {
    let sum = 0
    for (const [sent, arrived, weight] of entries) if (sent >= from && arrived < from + ms) sum += weight
    most = Math.max(most, sum)
  }
  return most
}

/** Calls of the provider for {@link mostInSpan}. */
export const spansOf = (calls, weight = () => 1) =>
  calls.map(([directive, at]) => [directive.sent, at, weight(directive)])

let failures = 0
/** Prints one line of the result. */
export function check(right, text) {
  if (!right) failures++
  console.log(`${right ? 'ok   ' : 'WRONG'} ${text}`)
  return right
}
export const note = (text) => console.log(`      ${text}`)
export const failed = () => failures

export const option = (name, standard) => {
  const found = process.argv.find((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))
  if (!found) return standard
  return found.includes('=') ? found.slice(found.indexOf('=') + 1) : true
}
