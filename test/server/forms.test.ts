import { once } from 'node:events'
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve as serveHono } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { type Client, createClient } from '../../src/index.js'
import { createHandler, type Handler } from '../../src/server/index.js'

let simulator: Simulator
let client: Client
let handler: Handler
const outcomes: string[] = []

beforeAll(async () => {
  simulator = await startSimulator()
  const at = (provider: string) => ({ apiBase: simulator.base(provider), apiKey: 'k' })
  client = createClient({
    maxRetries: 0,
    onSettled: ({ outcome }) => outcomes.push(outcome),
    providers: { openai: at('openai'), anthropic: at('anthropic') },
  })
  handler = createHandler(client, { maxBodyBytes: 100_000 })
})

afterAll(async () => {
  await client.close()
  await simulator.close()
})

async function listening(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const overNode = (listener: RequestListener): Server => createServer(listener).listen(0, '127.0.0.1')

/** A server in each form, with the path under which it answers. */
const forms: Record<string, () => Server | Promise<Server>> = {
  'http of Node.js': () => overNode(handler.node),
  'a middleware of Express': () => {
    const app = express()
    app.use(handler.node)
    app.get('/own', (_, response) => void response.send('own'))
    return overNode(app)
  },
  'Express after express.json()': () => {
    const app = express()
    app.use(express.json({ limit: '1mb' }))
    app.use('/llm', handler.node)
    return overNode((request, response) => {
      request.url = `/llm${request.url}`
      app(request, response)
    })
  },
  Fastify: async () => {
    const app = Fastify()
    app.all('/*', (request, reply) => {
      reply.hijack()
      handler.node(Object.assign(request.raw, { body: request.body }), reply.raw)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return app.server
  },
  Hono: () => {
    const app = new Hono()
    app.all('/v1/*', (context) => handler(context.req.raw))
    return serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  },
}

const messages = [{ role: 'user', content: 'Hi' }]
const model = 'openai/gpt-4o-mini'

describe.each(Object.keys(forms))('%s', (name) => {
  let server: Server
  let base: string

  beforeAll(async () => {
    server = (await forms[name]?.()) as Server
    base = await listening(server)
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  afterEach(() => simulator.reset())

  const post = (path: string, body: object, signal?: AbortSignal) =>
    fetch(`${base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    })

  it('answers, and reports errors', async () => {
    const response = await post('/v1/chat/completions', { model, messages })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'You said: Hi' } }] })
    simulator.fail({ kind: 'status', status: 429, retryAfter: 30 })
    const limited = await post('/v1/messages', { model, max_tokens: 9, messages })
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '30'])
    expect(await limited.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } })
  })

  it('streams events as they arrive', async () => {
    simulator.reply({ text: 'Hello, you. '.repeat(10), chunkDelayMs: 10 })
    const response = await post('/v1/chat/completions', { model, messages, stream: true })
    let pieces = 0
    let text = ''
    for await (const bytes of response.body ?? []) {
      pieces++
      text += Buffer.from(bytes).toString()
    }
    expect(pieces).toBeGreaterThan(5)
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('aborts the call when the client leaves before the first token or in the middle', async () => {
    const left = outcomes.length
    simulator.fail({ kind: 'slow-headers', ms: 20_000 })
    const early = new AbortController()
    const waiting = post('/v1/chat/completions', { model, messages, stream: true }, early.signal).catch(() => 'left')
    await expect.poll(() => simulator.requests.length).toBe(1)
    early.abort()
    expect(await waiting).toBe('left')
    await expect.poll(() => outcomes.slice(left)).toEqual(['aborted'])
    simulator.reply({ text: 'And so on. '.repeat(500), chunkDelayMs: 20 })
    const late = new AbortController()
    const response = await post('/v1/chat/completions', { model, messages, stream: true }, late.signal)
    await response.body?.getReader().read()
    late.abort()
    await expect.poll(() => outcomes.slice(left)).toEqual(['aborted', 'aborted'])
    await simulator.requests.at(-1)?.closed
    expect(simulator.requests.at(-1)?.closedByClient).toBe(true)
  })

  it('counts a stream as complete if the client leaves at its last event', async () => {
    const before = outcomes.length
    for (const [path, body, end] of [
      ['/v1/responses', { model: 'anthropic/claude-sonnet-4-5', input: 'Hi' }, 'response.completed'],
      ['/v1/messages', { model: 'anthropic/claude-sonnet-4-5', max_tokens: 9, messages }, 'message_stop'],
    ] as const) {
      await new Promise<void>((resolve, reject) => {
        const asked = httpRequest(`${base}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' } })
        asked.on('response', (response) => {
          let text = ''
          response.on('data', (bytes: Buffer) => {
            text += bytes.toString()
            if (!text.includes(end)) return
            asked.destroy()
            resolve()
          })
          response.on('error', () => {})
        })
        asked.on('error', () => {})
        asked.on('close', () => reject(new Error('closed early')))
        asked.end(JSON.stringify({ ...body, stream: true }))
      })
    }
    await expect.poll(() => outcomes.slice(before)).toEqual(['success', 'success'])
  })

  it('refuses a body above its limit', async () => {
    const response = await post('/v1/chat/completions', {
      model,
      messages: [{ role: 'user', content: 'x'.repeat(200_000) }],
    })
    expect(response.status).toBe(413)
    await response.text()
  })

  it('passes unknown paths on, or answers 404', async () => {
    const response = await fetch(`${base}/own`)
    expect(response.status).toBe(name === 'a middleware of Express' ? 200 : 404)
    await response.text()
  })
})
