#!/usr/bin/env node
// Runs `llmux/browser` and the AI SDK's useChat in a real Chromium, against a server over the packed package.
//
//     npm run build && node scripts/browser.mjs
//
// React and the AI SDK are installed into a temporary folder. Chromium: $CHROMIUM, or the program in PATH; exit code 77 without
// one.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const scratch = mkdtempSync(join(tmpdir(), 'llmux-browser-'))

/** Majors of the AI SDK with their package for React. */
const sdks = [
  { name: 'AI SDK 6', packages: ['ai@6.0.325', '@ai-sdk/react@3.0.328'] },
  { name: 'AI SDK 7', packages: ['ai@7.0.173', '@ai-sdk/react@4.0.177'] },
]

const chatPage = `
import React from 'react'
import { createRoot } from 'react-dom/client'
import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport } from 'ai'

const transport = new DefaultChatTransport({ api: '/chat' })

function Chat() {
  const { messages, sendMessage, status, stop, error } = useChat({ transport })
  return React.createElement('main', null,
    React.createElement('p', { id: 'status' }, status),
    React.createElement('p', { id: 'error' }, error ? error.message : ''),
    React.createElement('pre', { id: 'messages' }, JSON.stringify(messages)),
    React.createElement('button', { id: 'ask', onClick: () => sendMessage({ text: 'Hi' }) }, 'Ask'),
    React.createElement('button', { id: 'slow', onClick: () => sendMessage({ text: 'slow' }) }, 'Ask slowly'),
    React.createElement('button', { id: 'fail', onClick: () => sendMessage({ text: 'fail' }) }, 'Fail'),
    React.createElement('button', { id: 'stop', onClick: stop }, 'Stop'))
}
createRoot(document.getElementById('root')).render(React.createElement(Chat))
`

const readerPage = `
import { fetchStream, StreamError } from 'llmux/browser'
window.read = async (path, { abortAfter } = {}) => {
  const seen = []
  const stop = new AbortController()
  try {
    const stream = await fetchStream(path, { body: { message: 'Hi' }, signal: stop.signal })
    for await (const chunk of stream) {
      seen.push(chunk.choices[0]?.delta.content ?? '')
      if (abortAfter && seen.filter(Boolean).length === abortAfter) stop.abort()
    }
    return { seen, text: (await stream.final()).choices[0].message.content }
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    return { seen, code: error.code, status: error.status, type: error.type, retryAfterMs: error.retryAfterMs }
  }
}
`

function run(program, args, cwd) {
  const { status, error } = spawnSync(program, args, { cwd, timeout: 300_000, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`)
}

function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  const { stdout } = spawnSync('sh', [
    '-c',
    'command -v chromium || command -v chromium-browser || command -v google-chrome',
  ])
  return stdout.toString().trim()
}

let checks = 0
function check(name, actual, expected) {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${name}: expected ${should}; got ${is}`)
  checks++
  process.stdout.write(`ok  ${name}\n`)
}

/** The server of the pages: llmux over a mocked provider. */
async function serve(app) {
  const require = createRequire(join(app, 'server.mjs'))
  const load = (name) => import(pathToFileURL(require.resolve(name)).href)
  const [{ createClient, toHttpError }, { mockProvider }, { toUIMessageStreamResponse }] = await Promise.all(
    ['llmux', 'llmux/testing', 'llmux/ai-sdk'].map(load),
  )
  const mock = mockProvider({
    reply: ({ body }) => {
      const { content } = body.messages.at(-1)
      return content === 'slow' ? { chunks: [...'abcdefghijklmnopqrst'], chunkDelayMs: 100 } : 'Hello from the server.'
    },
  })
  const client = createClient({ dispatcher: mock.dispatcher, maxRetries: 0, providers: { openai: { apiKey: 'any' } } })
  const ask = (content) =>
    client.completion({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content }], stream: true })
  const events = { headers: { 'content-type': 'text/event-stream' } }
  const routes = {
    '/chat': async ({ messages }) => {
      const text = messages.at(-1).parts.find(({ type }) => type === 'text').text
      if (text === 'fail') mock.fail({ kind: 'cut', afterChunks: 2 })
      return toUIMessageStreamResponse(await ask(text))
    },
    '/plain': async () => new Response((await ask('Hi')).toReadableStream({ onError: 'event' }), events),
    '/slow': async () => new Response((await ask('slow')).toReadableStream({ onError: 'event' }), events),
    '/limited': async () => {
      mock.fail({ kind: 'status', status: 429, retryAfter: '3' })
      return ask('Hi')
    },
  }
  const files = { '/chat.js': 'chat.js', '/reader.js': 'reader.js' }
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const route = request.method === 'POST' ? routes[pathname] : undefined
    if (!route) {
      const script = files[pathname]
      response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
      return response.end(
        script ? readFileSync(join(app, script)) : `<div id="root"></div><script src="${pathname}.js"></script>`,
      )
    }
    try {
      const chunks = await Readable.from(request).toArray()
      const answer = await route(JSON.parse(Buffer.concat(chunks).toString()))
      response.writeHead(answer.status, Object.fromEntries(answer.headers))
      const body = Readable.fromWeb(answer.body)
      response.on('close', () => body.destroy())
      body.on('error', () => response.destroy())
      body.pipe(response)
    } catch (error) {
      const { status, headers, body } = toHttpError(error)
      response.writeHead(status, headers).end(JSON.stringify(body))
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { mock, server, base: `http://127.0.0.1:${server.address().port}` }
}

async function prove({ name, packages }, tarball, executablePath) {
  const app = join(scratch, name.replaceAll(' ', '-'))
  mkdirSync(app, { recursive: true })
  writeFileSync(join(app, 'package.json'), '{"private":true,"type":"module"}\n')
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error']
  run(
    'npm',
    ['install', ...quiet, ...packages, 'react@19', 'react-dom@19', 'zod@4', 'playwright-core@1.64.1', tarball],
    app,
  )
  const { build } = await import('esbuild')
  for (const [file, contents] of Object.entries({ 'chat.js': chatPage, 'reader.js': readerPage })) {
    await build({
      stdin: { contents, resolveDir: app },
      outfile: join(app, file),
      bundle: true,
      platform: 'browser',
      define: { 'process.env.NODE_ENV': '"production"' },
      logLevel: 'error',
    })
  }
  const { chromium } = createRequire(join(app, 'x.mjs'))('playwright-core')
  const { mock, server, base } = await serve(app)
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
  const args = [...flags, '--disable-background-networking', '--disable-component-update', '--disable-sync']
  const browser = await chromium.launch({ executablePath, args })
  try {
    const page = await browser.newPage()
    const failures = []
    page.on('pageerror', (error) => failures.push(error.message))
    await page.goto(`${base}/chat`)
    const state = async () => JSON.parse(await page.textContent('#messages'))
    const textOf = (message) => message?.parts.map((part) => part.text ?? '').join('')
    const status = (value) => page.waitForFunction((v) => document.querySelector('#status').textContent === v, value)

    await page.click('#ask')
    await page.waitForFunction(() => document.querySelector('#messages').textContent.includes('from the server.'))
    await status('ready')
    check(`${name}: useChat shows the streamed answer`, textOf((await state())[1]), 'Hello from the server.')

    await page.click('#slow')
    await page.waitForFunction(() =>
      /"role":"assistant".*"role":"assistant".*abc/.test(document.querySelector('#messages').textContent),
    )
    await page.click('#stop')
    await status('ready')
    for (let tries = 0; !mock.requests[1].closedByClient && tries < 100; tries++)
      await new Promise((r) => setTimeout(r, 50))
    check(`${name}: stop() closes the connection to the provider`, mock.requests[1].closedByClient, true)

    await page.click('#fail')
    await status('error')
    check(
      `${name}: a broken stream is an error of useChat`,
      await page.textContent('#error'),
      'The model provider failed to answer.',
    )

    await page.goto(`${base}/reader`)
    await page.waitForFunction(() => typeof window.read === 'function')
    const plain = await page.evaluate(() => window.read('/plain'))
    check(`${name}: llmux/browser reads a stream`, plain.text, 'Hello from the server.')
    check(`${name}: llmux/browser yields several chunks`, plain.seen.length > 2, true)
    const aborted = await page.evaluate(() => window.read('/slow', { abortAfter: 2 }))
    check(`${name}: llmux/browser stops with a typed error`, aborted.code, 'aborted')
    const limited = await page.evaluate(() => window.read('/limited'))
    check(`${name}: llmux/browser has status, type and delay of an error`, limited, {
      seen: [],
      code: 'http',
      status: 429,
      type: 'rate_limit_error',
      retryAfterMs: 3000,
    })
    check(`${name}: no errors on the pages`, failures, [])
  } finally {
    await browser.close()
    server.close()
    server.closeAllConnections()
  }
}

const executablePath = findChromium()
try {
  if (!executablePath) {
    process.stdout.write('missing: chromium\n')
    process.exitCode = 77
  } else {
    run('npm', ['pack', '--silent', '--pack-destination', scratch], root)
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const sdk of sdks) await prove(sdk, join(scratch, `llmux-${version}.tgz`), executablePath)
    process.stdout.write(`${checks} checks passed\n`)
  }
} catch (error) {
  process.stderr.write(`${error.stack}\n`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
