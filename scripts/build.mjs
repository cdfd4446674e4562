// Builds both packages, unless nothing that they are made of has changed since the last build.
//
//   npm run build             what is needed
//   npm run build -- --force  everything
//
// The demo and the test command begin with a build, so a second command in the same checkout need not wait for one.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules/.cache/llmux-build/stamp.json')
const steps = [
  ['tsup', []],
  ['node', ['scripts/merge-chunks.mjs']],
  ['npm', ['run', 'build', '--silent', '-w', 'llmux-gateway']],
]
const sources = [
  ...['src', 'providers', 'pricing', 'simulator', 'gateway/src', 'gateway/dashboard'],
  ...['scripts/build.mjs', 'scripts/merge-chunks.mjs'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsup.config.ts', 'tsup.worker.ts'],
  ...['gateway/package.json', 'gateway/tsconfig.json', 'gateway/tsup.config.ts'],
]
const outputs = ['dist', 'gateway/dist']

function* filesIn(path) {
  const full = join(root, path)
  if (!existsSync(full)) return
  if (!statSync(full).isDirectory()) yield path
  else {
    for (const name of readdirSync(full).sort()) if (name !== 'node_modules') yield* filesIn(`${path}/${name}`)
  }
}

/** Hash of all sources, and of the version of Node.js, which the output may depend on. */
function hashOfSources() {
  const hash = createHash('sha256').update(process.version)
  for (const path of sources.flatMap((each) => [...filesIn(each)])) {
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)))
  }
  return hash.digest('hex')
}

/** Names, sizes and times of all outputs: a file that was removed or changed needs a build. */
const stateOfOutputs = () =>
  outputs
    .flatMap((each) => [...filesIn(each)])
    .map((path) => `${path} ${statSync(join(root, path)).size} ${statSync(join(root, path)).mtimeMs}`)
    .join('\n')

function lastBuild() {
  try {
    return JSON.parse(readFileSync(stamp, 'utf8'))
  } catch {
    return undefined
  }
}

const hash = hashOfSources()
const last = lastBuild()
if (!process.argv.includes('--force') && last?.hash === hash && last.outputs === stateOfOutputs()) {
  console.log('The build is up to date.')
} else {
  for (const [program, args] of steps) {
    const { status, error } = spawnSync(program, args, {
      cwd: root,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    // without npm, the programs of node_modules are not in the path
    if (error) throw new Error(`${program} did not start (${error.message}). Run 'npm run build'.`)
    if (status !== 0) process.exit(status ?? 1)
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, JSON.stringify({ hash, outputs: stateOfOutputs() }))
}
