#!/usr/bin/env node
// Proves examples/next-route.mjs inside the real Next.js: an app in a temporary folder, with the packed package and with
// Next.js from npm (together 330 MB, which is why it is no development dependency), built and started as in production.
// Once with webpack, as Next.js 15 builds, and once with Turbopack, as Next.js 16 does: each must bundle llmux without the
// packages that are optional.
//
//     npm run build && node scripts/next-app.mjs
//
// The app is then called by the tests that call the other servers, test/docs/servers.test.ts.
import { spawnSync } from 'node:child_process'
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

function prove(major) {
  const app = join(scratch, `next-${major}`)
  mkdirSync(join(app, 'app', 'chat'), { recursive: true })
  writeFileSync(join(app, 'package.json'), '{"private":true,"type":"module"}\n')
  writeFileSync(join(app, 'app', 'chat', 'route.js'), route())
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  run('npm', ['install', ...quiet, `next@${major}`, 'react@19', 'react-dom@19', tarball], app, 240)
  const next = join(app, 'node_modules', 'next', 'dist', 'bin', 'next')
  run(process.execPath, [next, 'build'], app, 240, { NEXT_TELEMETRY_DISABLED: '1' })
  const tests = ['vitest', 'run', 'test/docs/servers.test.ts', '-t', 'in Next.js']
  run('npx', tests, root, 120, { LLMUX_NEXT_APP: app })
  rmSync(app, { recursive: true, force: true })
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const tarball = join(scratch, `llmux-${version}.tgz`)

try {
  run('npm', ['pack', '--silent', '--pack-destination', scratch], root, 60)
  for (const major of [15, 16]) prove(major)
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
