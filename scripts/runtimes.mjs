#!/usr/bin/env node
// Runs the checks of test/runtimes on Node.js 20 to 26, Bun, Deno and workerd, each installed from npm at a pinned version, with the
// packed package. Then builds bundles and measures them (scripts/runtimes/bundles.mjs).
//
//     npm run build && node scripts/runtimes.mjs [--only=bun,node22,bundles] [--write]
//
// --only   these runtimes, `examples` (which need bun, deno and workerd) or `bundles` (which need node22), without the page
// --write  writes the matrix and the sizes into docs/runtimes.md; without it, a matrix that differs from the page is a failure
//
// Fails if a check fails or a runtime is missing. The runtimes stay in node_modules/.cache/llmux-runtimes (about 1.4 GB).
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startSimulator } from '../dist/testing.js'
import { startServer } from '../test/runtimes/server.mjs'
import { measureBundles } from './runtimes/bundles.mjs'
import { runExamples } from './runtimes/examples.mjs'
import { updatePage } from './runtimes/page.mjs'
import { cache, installProgram, nodes } from './runtimes/programs.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { platform, arch } = process
const long = arch === 'arm64' ? 'aarch64' : arch

const node = (title) => ({
  package: nodes[title],
  command: (folder) => [join(folder, 'bin', 'node'), 'cli.mjs'],
})

/** Each package contains a program. */
const runtimes = {
  ...Object.fromEntries(Object.keys(nodes).map((title) => [title, node(title)])),
  Bun: {
    package: `npm:@oven/bun-${platform}-${long}@1.4.5`,
    command: (folder) => [join(folder, 'bin', 'bun'), 'cli.mjs'],
  },
  Deno: {
    package: `npm:@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}@2.9.6`,
    // without the registry: all packages are in the folder
    command: (folder) => [
      join(folder, 'deno'),
      'run',
      '--allow-net',
      '--no-remote',
      '--node-modules-dir=manual',
      'cli.mjs',
    ],
  },
  workerd: { package: 'npm:miniflare@4.20260730.0', command: (folder) => [process.execPath, 'miniflare.mjs', folder] },
}

const { values: options } = parseArgs({ options: { only: { type: 'string' }, write: { type: 'boolean' } } })
const nameOf = (title) => title.toLowerCase().replace('.js ', '')
const wanted = options.only?.split(',')
const selected = Object.entries(runtimes).filter(([title]) => !wanted || wanted.includes(nameOf(title)))

/** Runs a program and returns its output. */
function run(command, { cwd, seconds = 120, env = {} }) {
  const [program, ...args] = command
  const settings = {
    cwd,
    timeout: seconds * 1000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NO_COLOR: '1', ...env },
  }
  return new Promise((resolve, reject) => {
    execFile(program, args, settings, (error, stdout, stderr) => {
      if (!error) resolve(stdout)
      else
        reject(
          new Error(
            `${command.join(' ').slice(0, 200)}: ${error.killed ? `stopped after ${seconds} s` : error.message}\n${stdout}${stderr}`,
          ),
        )
    })
  })
}

const npm = (args, cwd) => run(['npm', ...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, seconds: 300 })

/** Installs the programs, unless they are in the cache. */
async function install() {
  const folders = new Map()
  for (const [title, runtime] of selected) {
    folders.set(title, await installProgram(runtime.package, npm))
  }
  return folders
}

/** A project with the packed package, and the checks. */
async function project(scratch) {
  const [{ filename }] = JSON.parse(await npm(['pack', '--json', '--pack-destination', scratch], root))
  const folder = join(scratch, 'project')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  await npm(['install', '--ignore-scripts', '--no-package-lock', join(scratch, filename)], folder)
  for (const file of ['checks.mjs', 'cli.mjs', 'worker.mjs', 'miniflare.mjs', 'app.mjs']) {
    cpSync(join(root, 'test', 'runtimes', file), join(folder, file))
  }
  for (const [from, to] of [
    ['bun.mjs', 'bun.mjs'],
    ['deno.mjs', 'deno.mjs'],
    ['worker.mjs', 'example-worker.mjs'],
  ]) {
    cpSync(join(root, 'examples', from), join(folder, to))
  }
  return folder
}

/** An address where nothing listens. */
async function deadAddress() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}/v1`
}

async function check(title, command, cwd) {
  const simulator = await startSimulator()
  const server = await startServer(simulator.url)
  const at = { simulator: simulator.url, server: server.url, dead: await deadAddress() }
  try {
    const out = await run([...command, JSON.stringify(at)], {
      cwd,
      env: { ESBUILD: join(root, 'node_modules', 'esbuild') },
    })
    return JSON.parse(out.trim().split('\n').at(-1))
  } catch (error) {
    return [{ name: 'start', error: `${title} did not run: ${error.message}` }]
  } finally {
    server.close()
    await simulator.close()
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'llmux-runtimes-'))
const failures = []
try {
  const folders = await install()
  const cwd = await project(scratch)
  const matrix = new Map()
  for (const [title, { command }] of selected) {
    const results = await check(title, command(folders.get(title)), cwd)
    matrix.set(title, results)
    const failed = results.filter(({ error }) => error)
    console.log(`${title}: ${results.length - failed.length} of ${results.length} checks passed`)
    for (const { name, error } of failed) failures.push(`${title}, ${name}: ${error}`)
  }
  if (!wanted || wanted.includes('examples')) {
    const simulator = await startSimulator()
    failures.push(...(await runExamples({ folders, project: cwd, simulator })))
    await simulator.close()
  }
  const sizes = []
  if (!wanted || wanted.includes('bundles')) {
    const measured = await measureBundles({
      project: cwd,
      cache,
      npm,
      run,
      node22: join(folders.get('Node.js 22'), 'bin', 'node'),
    })
    sizes.push(...measured)
    for (const { title, bytes, limit, error } of measured) {
      console.log(`${title}: ${bytes ? `${(bytes / 1024).toFixed(0)} KiB` : 'no bundle'}`)
      if (error) failures.push(`${title}: ${error}`)
      else if (bytes > limit) failures.push(`${title}: ${bytes} bytes; the limit is ${limit}`)
    }
  }
  if (!wanted) {
    const stale = updatePage(join(root, 'docs', 'runtimes.md'), { matrix, sizes }, options.write ?? false)
    if (stale) failures.push(stale)
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
for (const failure of failures) console.error(failure)
console.log(failures.length === 0 ? 'all passed' : `${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1
