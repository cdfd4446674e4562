import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SimulatedRequest, type Simulator, startSimulator } from '../../simulator/index.js'
import { root } from './blocks.js'
import { served } from './served.js'

/** An example that serves, on a machine that has nothing in its environment but `env`. */
interface Served {
  readonly url: string
  /** What it has written on stderr. */
  err(): string
  stop(): Promise<void>
}

async function serve(file: string, env: Readonly<Record<string, string>> = {}): Promise<Served> {
  return file === inNext ? serveNext(env) : started(file, [join('examples', file)], root, { PORT: '0', ...env })
}

/** The folder of a Next.js app that has been built with the route of examples/next-route.mjs: scripts/next-app.mjs makes one. */
const nextApp = process.env.LLMUX_NEXT_APP
const inNext = 'next-route.mjs, in Next.js'

async function serveNext(env: Readonly<Record<string, string>>): Promise<Served> {
  const command = [join('node_modules', 'next', 'dist', 'bin', 'next'), 'start', '-H', 'localhost', '-p', '0']
  const says = /Local: +(http:\S+)/
  const next = await started(inNext, command, nextApp ?? '', { NEXT_TELEMETRY_DISABLED: '1', ...env }, says)
  return { ...next, url: `${next.url}/chat` }
}

/** @param says what the address stands in */
async function started(
  name: string,
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  says = /^(http:\S+)$/,
): Promise<Served> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, command, { cwd, env: { PATH, ...env } })
  let err = ''
  child.stderr.on('data', (bytes) => {
    err += bytes
  })
  const stop = () => stopped(child)
  for await (const line of createInterface(child.stdout)) {
    const [, url] = says.exec(line) ?? []
    if (url) return { url, err: () => err, stop }
  }
  throw new Error(`${name} says no address: ${err}`)
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill()
  await exit
}

function ask(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = { 'content-type': 'application/json' }
  return fetch(url, { method: 'POST', headers, body: text, ...(signal && { signal }) })
}

/** The text that a browser puts together of a stream of OpenAI's chunks. */
function textOf(stream: string): string {
  const events = stream.split('\n\n').filter((event) => event !== '')
  expect(events.pop()).toBe('data: [DONE]')
  const chunks = events.map((event) => JSON.parse(event.replace(/^data: /, '')))
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
}

const hello = { messages: [{ role: 'user', content: 'Say hello.' }] }

describe.each(nextApp ? [...served, inNext] : served)('examples/%s', (file) => {
  let provider: Simulator
  let example: Served
  beforeAll(async () => {
    provider = await startSimulator({ apiKeys: ['sk-real'] })
    const { openaiBase: OPENAI_BASE_URL, anthropicBase: ANTHROPIC_BASE_URL } = provider
    const keys = { OPENAI_API_KEY: 'sk-real', ANTHROPIC_API_KEY: 'sk-real' }
    example = await serve(file, { ...keys, OPENAI_BASE_URL, ANTHROPIC_BASE_URL })
  })
  beforeEach(() => provider.reset())
  afterEach(() => expect(example.err()).not.toContain('sk-real'))
  afterAll(async () => {
    await example?.stop()
    await provider?.close()
  })

  /** The request that the example sends to the provider, as soon as it is there. */
  async function upstream(): Promise<SimulatedRequest> {
    for (;;) {
      const [request] = provider.requests
      if (request) return request
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  it("streams the model's text as it arrives", async () => {
    provider.reply({ text: 'Hello, you. '.repeat(20), chunkDelayMs: 5 })
    const response = await ask(example.url, hello)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    let pieces = 0
    let stream = ''
    for await (const bytes of response.body ?? []) {
      pieces++
      stream += Buffer.from(bytes).toString()
    }
    expect(textOf(stream)).toBe('Hello, you. '.repeat(20))
    expect(pieces).toBeGreaterThan(5)
  })

  it('stops the model when the browser disconnects mid-stream', async () => {
    provider.reply({ text: 'And so on. '.repeat(1000), chunkDelayMs: 20 })
    const browser = new AbortController()
    const response = await ask(example.url, hello, browser.signal)
    await response.body?.getReader().read()
    browser.abort()
    const request = await upstream()
    await request.closed
    expect([request.closedByClient, request.completed]).toEqual([true, false])
  })

  it('stops the model when the browser disconnects before the first token', async () => {
    provider.fail({ kind: 'slow-headers', ms: 20_000 })
    const browser = new AbortController()
    const response = ask(example.url, hello, browser.signal).catch(() => 'left')
    const request = await upstream()
    browser.abort()
    await request.closed
    expect([await response, request.closedByClient]).toEqual(['left', true])
    // the server keeps working and logs nothing
    expect((await ask(example.url, hello)).status).toBe(200)
    expect(example.err()).toBe('')
  })

  it('returns 429 with Retry-After for a rate limit', async () => {
    provider.fail({ kind: 'status', status: 429, retryAfter: 90 })
    const response = await ask(example.url, hello)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '90'])
    expect(await response.json()).toEqual({
      error: {
        message: expect.stringContaining('429'),
        type: 'rate_limit_error',
        param: null,
        code: 'rate_limit_exceeded',
      },
    })
  })

  it('returns the error of an invalid request', async () => {
    const response = await ask(example.url, { messages: 'Hi' })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: {
        message: expect.stringContaining("'messages'"),
        type: 'invalid_request_error',
        param: 'messages',
        code: null,
      },
    })
    expect((await ask(example.url, '{"messages":')).status).toBe(400)
    expect(provider.requests).toEqual([])
  })

  it("keeps internal errors in the server's log", async () => {
    provider.fail({ kind: 'status', status: 401 })
    const response = await ask(example.url, hello)
    expect(response.status).toBe(502)
    expect(await response.json()).toEqual({
      error: {
        message: 'The model provider failed to answer.',
        type: 'server_error',
        param: null,
        code: 'authentication',
      },
    })
    expect(example.err()).toMatch(/answered 401/)
  })

  it("breaks the connection if the model's stream breaks", async () => {
    provider.reply({ text: 'One two three four five six.' })
    provider.fail({ kind: 'cut', afterChunks: 3 })
    const response = await ask(example.url, hello)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    expect((await ask(example.url, hello)).status).toBe(200)
  })
})

describe.each(served)('examples/%s, without keys', (file) => {
  it('answers', async () => {
    const example = await serve(file)
    try {
      const response = await ask(example.url, hello)
      expect(textOf(await response.text())).toBe('You said: Say hello.')
    } finally {
      await example.stop()
    }
  })
})
