/** Nothing happens at import: no network, no timers, no look at the environment, no module that is not needed yet. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Packed, pack, project, run, scratch, tinyServer } from './consumer.js'

/** Loaded before the consumer: notes what is touched by code of the package. */
const watch = `
  const touched = []
  const note = (what) => {
    const stack = new Error().stack ?? ''
    if (/node_modules[\\\\/]/.test(stack)) touched.push(what)
  }
  const env = process.env
  process.env = new Proxy(env, {
    get: (target, name) => (note('env ' + String(name)), target[name]),
    has: (target, name) => (note('env ' + String(name)), name in target),
    ownKeys: (target) => (note('env *'), Reflect.ownKeys(target)),
    getOwnPropertyDescriptor: (target, name) => (note('env ' + String(name)), Reflect.getOwnPropertyDescriptor(target, name)),
  })
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'fetch']) {
    const original = globalThis[name]
    globalThis[name] = (...args) => (note(name), original(...args))
  }
  const { Socket } = process.getBuiltinModule('node:net')
  const { connect } = Socket.prototype
  Socket.prototype.connect = function (...args) {
    note('connect')
    return connect.apply(this, args)
  }
  globalThis.touched = touched
`

// what Node has open for itself: its own output, and the file that it has just read
const report = `console.log(JSON.stringify({ touched, waiting: process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|FS|CloseReq)/.test(name)) }))`

const consumers = {
  'import.mjs': `import * as llmux from 'llmux'; globalThis.llmux = llmux; ${report}`,
  'require.cjs': `globalThis.llmux = require('llmux'); ${report}`,
  'client.mjs': `import { createClient } from 'llmux'; globalThis.client = createClient({ timeout: 5 }); ${report}`,
  'client.cjs': `globalThis.client = require('llmux').createClient({ timeout: 5 }); ${report}`,
}

const call = `completion({ model: 'openai/tiny', apiKey: 'k', apiBase: process.env.TINY + '/v1', messages: [{ role: 'user', content: 'hi' }] })`

let folder: Awaited<ReturnType<typeof scratch>>
let server: Awaited<ReturnType<typeof tinyServer>>
let packed: Packed
let path: string

beforeAll(async () => {
  folder = await scratch()
  server = await tinyServer()
  packed = await pack(folder.path)
  const files = {
    ...consumers,
    'watch.cjs': watch,
    'bare.mjs': '',
    'call.mjs': `import { completion } from 'llmux'; ${call}.then(() => process.exit())`,
    'call.cjs': `require('llmux').${call}.then(() => process.exit())`,
  }
  path = await project(join(folder.path, 'import'), packed, { files })
}, 60_000)

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** Runs a file and tells which scripts V8 has run: of packages, and of Node by their `node:` names. */
async function scripts(file: string): Promise<{ stdout: string; loaded: string[]; main: string }> {
  const coverage = join(path, `coverage-${file}`)
  await mkdir(coverage, { recursive: true })
  const env = { ...process.env, NODE_OPTIONS: '', NODE_V8_COVERAGE: coverage, TINY: server.url }
  const { code, stdout, stderr } = await run(process.execPath, ['--require', './watch.cjs', file], path, env)
  expect(code, stderr).toBe(0)
  const urls: string[] = []
  for (const name of await readdir(coverage)) {
    const { result } = JSON.parse(await readFile(join(coverage, name), 'utf8')) as { result: { url: string }[] }
    urls.push(...result.map(({ url }) => url))
  }
  const files = urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url).split(sep).join('/'))
  const loaded = files
    .filter((name) => name.includes('/node_modules/'))
    .map((name) => name.replace(/^.*\/node_modules\//, ''))
  return { stdout, loaded: [...new Set(loaded)].sort(), main: file }
}

describe.each(Object.keys(consumers))('%s', (file) => {
  test('uses no environment, network or timers, and loads no other package and no provider', async () => {
    const { stdout, loaded } = await scripts(file)
    expect(JSON.parse(stdout)).toEqual({ touched: [], waiting: [] })
    expect(loaded.length).toBeGreaterThan(0)
    expect(loaded.filter((name) => !name.startsWith('llmux/dist/'))).toEqual([])
    const text = await Promise.all(loaded.map((name) => readFile(join(path, 'node_modules', name), 'utf8')))
    for (const [at, source] of text.entries()) {
      // what only providers and tables know
      expect(source, loaded[at]).not.toMatch(/api\.openai\.com|api\.anthropic\.com|anthropic-version|api\.groq\.com/)
    }
  })
})

test.each(['call.mjs', 'call.cjs'])(
  "%s loads undici's agent and its own provider with its first call, and no other",
  async (file) => {
    const { loaded } = await scripts(file)
    expect(loaded).toContain('undici/lib/dispatcher/agent.js')
    // the package as a whole, which takes three times as long
    expect(loaded).not.toContain('undici/index.js')
    expect(loaded.filter((name) => /^(zod|tiktoken|valibot|arktype)\//.test(name))).toEqual([])
    const own = loaded.filter((name) => name.startsWith('llmux/dist/'))
    const text = await Promise.all(own.map((name) => readFile(join(path, 'node_modules', name), 'utf8')))
    expect(text.some((source) => source.includes('api.openai.com'))).toBe(true)
    expect(text.filter((source) => source.includes('anthropic-version'))).toEqual([])
  },
)

test('ES modules that load together are one file', async () => {
  const own = async (file: string) => (await scripts(file)).loaded.filter((name) => name.startsWith('llmux/dist/'))
  expect((await own('import.mjs')).length).toBeLessThanOrEqual(10)
  expect((await own('call.mjs')).length).toBeLessThanOrEqual(20)
})

test('the import time is reported', async () => {
  const times = new Map<string, number[]>()
  const files = ['bare.mjs', 'import.mjs', 'require.cjs']
  await writeFile(join(path, 'none.cjs'), 'globalThis.touched = []')
  for (let round = 0; round < 7; round++) {
    for (const file of files) {
      const before = performance.now()
      await run(process.execPath, ['--require', './none.cjs', file], path, { ...process.env, NODE_OPTIONS: '' })
      times.set(file, [...(times.get(file) ?? []), performance.now() - before])
    }
  }
  const fastest = (file: string) => Math.min(...(times.get(file) ?? []))
  const [bare, esm, cjs] = files.map(fastest)
  console.log(
    `start of node ${bare?.toFixed(0)} ms; with import 'llmux' ${esm?.toFixed(0)} ms; with require('llmux') ${cjs?.toFixed(0)} ms`,
  )
  expect(times.size).toBe(3)
})
