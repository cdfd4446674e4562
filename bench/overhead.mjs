// What llmux costs beside the same work written by hand: `npm run build && node bench/overhead.mjs`.
// Each file of bench/rows measures one subject. See README.md beside this file. It measures and prints; it never fails because
// something was slow.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Bench } from './harness.mjs'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist/index.js', import.meta.url)) },
    peers: { type: 'string' },
    against: { type: 'string' },
    save: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
})
if (!existsSync(values.dist)) {
  console.error(`bench: there is no ${values.dist}. Run \`npm run build\` first.`)
  process.exit(1)
}

const groups = readdirSync(new URL('rows', import.meta.url), { recursive: false })
  .filter((name) => name.endsWith('.mjs'))
  .map((name) => name.slice(0, -'.mjs'.length))
  .toSorted()
const chosen = values.only?.split(',') ?? groups
const unknown = chosen.filter((name) => !groups.includes(name))
if (unknown.length > 0) {
  console.error(`bench: --only takes ${groups.join(', ')}; got ${unknown.join(', ')}.`)
  process.exit(1)
}

const bench = new Bench({
  rounds: values.rounds && Number(values.rounds),
  smoke: values.smoke,
  dist: pathToFileURL(values.dist).href,
  peers: [...(values.against ? ['before'] : []), ...(values.peers?.split(',') ?? [])],
  against: values.against && pathToFileURL(values.against).href,
})
const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}`
console.log(`llmux beside undici.request, JSON.parse and eventsource-parser: CPU time of the process`)
console.log(`node ${process.version}, ${machine}, median of ${bench.rounds} interleaved rounds`)
if (values.smoke) console.log('(a smoke run: the figures mean nothing)')
for (const group of chosen) {
  const { title, names = ['floor', 'llmux'], run } = await import(`./rows/${group}.mjs`)
  console.log(`\n${title}\n`)
  bench.head()
  try {
    await bench.begin(group, [...names, ...(names.length > 0 ? bench.peers : [])])
    await run(bench)
  } finally {
    bench.end()
  }
}

if (values.save) {
  const commit = () => {
    try {
      return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
    } catch {
      return undefined
    }
  }
  const { node, undici } = process.versions
  const report = { date: new Date().toISOString(), commit: commit(), node, undici, machine, rounds: bench.rounds }
  writeFileSync(values.save, `${JSON.stringify({ ...report, rows: bench.results }, undefined, 2)}\n`)
}
