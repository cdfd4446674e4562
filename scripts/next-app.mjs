#!/usr/bin/env node
// Proves examples/next-route.mjs inside the real Next.js: an app in a temporary folder, with the packed package and with
// Next.js from npm (together 330 MB, which is why it is no development dependency), built and started as in production.
// Once with webpack, as Next.js 15 builds, and once with Turbopack, as Next.js 16 does: each must bundle llmux without the
// packages that are optional.
//
//     npm run build && node scripts/next-app.mjs
//
// The app is then called by the tests that call the other servers, test/docs/servers.test.ts. A second route runs on the edge
// runtime, over fetch.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const scratch = mkdtempSync(join(tmpdir(), 'llmux-next-'))

function run(program, args, cwd, seconds, env = {}) {
  const options = { cwd, timeout: seconds * 1000, stdio: 'inherit', env: { ...process.env, ...env } }
  const { status, error } = spawnSync(program, args, options)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`)
}

/** The part of the example for app/chat/route.js: without setup.mjs and the last lines. */
function route() {
  const example = readFileSync(join(root, 'examples', 'next-route.mjs'), 'utf8')
  const [, text] = /^(import \{[^}]*\} from 'llmux'\n.*?)^serve\(/ms.exec(example) ?? []
  if (!text) throw new Error('examples/next-route.mjs has another form than scripts/next-app.mjs expects.')
  return text.replace(/^import '\.\/setup\.mjs'.*\n/m, '')
}

/** test/runtimes/app.mjs as a route of the edge runtime. */
const edgeRoute = () =>
  readFileSync(join(root, 'test', 'runtimes', 'app.mjs'), 'utf8').replace(
    /^export default[\s\S]*/m,
    "export const runtime = 'edge'\nexport const GET = async () => new Response(await answer())\n",
  )

async function callEdgeRoute(next, app) {
  const port = '34571'
  const server = spawn(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', port], { cwd: app, stdio: 'inherit' })
  try {
    for (let tries = 0; tries < 50; tries++) {
      const answer = await fetch(`http://127.0.0.1:${port}/edge`).catch(() => undefined)
      const text = await answer?.text()
      if (text === 'bundled true') return
      if (answer) throw new Error(`The edge route answered ${answer.status}: ${text.slice(0, 500)}`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    throw new Error('The edge route did not answer.')
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill()
    await ended
  }
}

async function prove(major) {
  const app = join(scratch, `next-${major}`)
  mkdirSync(join(app, 'app', 'chat'), { recursive: true })
  writeFileSync(join(app, 'package.json'), '{"private":true,"type":"module"}\n')
  writeFileSync(join(app, 'app', 'chat', 'route.js'), route())
  mkdirSync(join(app, 'app', 'edge'))
  writeFileSync(join(app, 'app', 'edge', 'route.js'), edgeRoute())
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  run('npm', ['install', ...quiet, `next@${major}`, 'react@19', 'react-dom@19', tarball], app, 240)
  const next = join(app, 'node_modules', 'next', 'dist', 'bin', 'next')
  run(process.execPath, [next, 'build'], app, 240, { NEXT_TELEMETRY_DISABLED: '1' })
  const tests = ['vitest', 'run', 'test/docs/servers.test.ts', '-t', 'in Next.js']
  run('npx', tests, root, 120, { LLMUX_NEXT_APP: app })
  await callEdgeRoute(next, app)
  rmSync(app, { recursive: true, force: true })
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const tarball = join(scratch, `llmux-${version}.tgz`)

try {
  run('npm', ['pack', '--silent', '--pack-destination', scratch], root, 60)
  for (const major of [15, 16]) await prove(major)
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
