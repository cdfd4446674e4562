// Proof 7: the release before and this one serve calls on one database, and a backup has everything.
//   node gateway/scripts/proofs/upgrade.mjs [--before=COMMIT] [--seconds=10]
// The release before is built from the history of the repository into a temporary folder.
import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { booksOf, compareBooks, settledBooks } from './books.mjs'
import { admin, chat, check, failed, known, newKey, note, option, timeUntil } from './client.mjs'
import { configOf, startProvider } from './provider.mjs'
import { endAll, folder, pause, startGateway, startPostgres } from './servers.mjs'

const long = option('long', false) !== false
const root = fileURLToPath(new URL('../../..', import.meta.url))
const git = (...args) =>
  execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .trim()

/** The last commit whose schema is one version older. */
function releaseBefore() {
  const named = option('before')
  if (named) return named
  const file = 'gateway/src/store/migrations.ts'
  const versionOf = (commit) => {
    const versions = [...git('show', `${commit}:${file}`).matchAll(/^\s+version: (\d+),$/gm)]
    return Math.max(...versions.map(([, version]) => Number(version)))
  }
  const now = versionOf('HEAD')
  for (const commit of git('log', '--format=%H', '--', file).split('\n')) {
    const parent = `${commit}~1`
    try {
      if (versionOf(parent) === now - 1) return git('rev-parse', parent)
    } catch {
      break // the file did not exist
    }
  }
  return undefined
}

function build(commit) {
  const at = join(folder('release'), 'source')
  execFileSync('git', ['clone', '--quiet', '--shared', '--no-checkout', root, at], { stdio: 'ignore' })
  execFileSync('git', ['checkout', '--quiet', commit], { cwd: at, stdio: 'ignore' })
  // its packages are those of this clone, but for the SDK, which is its own
  execFileSync('cp', ['-as', join(root, 'node_modules'), at], { stdio: 'ignore' })
  execFileSync('rm', ['-rf', join(at, 'node_modules/llmux'), join(at, 'node_modules/llmux-gateway')])
  symlinkSync('..', join(at, 'node_modules/llmux'))
  symlinkSync('../gateway', join(at, 'node_modules/llmux-gateway'))
  for (const cwd of [at, join(at, 'gateway')]) {
    execFileSync(process.execPath, [join(root, 'node_modules/tsup/dist/cli-default.js'), '--no-dts', '--silent'], {
      cwd,
      stdio: 'ignore',
    })
  }
  return join(at, 'gateway/dist/cli.js')
}

async function load(urls, keys, seconds) {
  const until = Date.now() + seconds * 1_000
  const statuses = {}
  const client = async (turn) => {
    while (Date.now() < until) {
      const at = turn++
      const { status } = await chat(
        urls[at % urls.length],
        keys[at % keys.length],
        { ms: 20, chunks: 3, chunkMs: 5 },
        { stream: at % 3 === 0, user: `customer-${at % 7}`, metadata: { tags: [`tag-${at % 3}`] } },
      )
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 10 }, (_, at) => client(at)))
  return statuses
}

async function main() {
  const commit = releaseBefore()
  if (!commit) return note('NOT RUN: the history has no earlier schema')
  const before = build(commit)
  note(`the release before is ${commit.slice(0, 8)}`)
  const provider = await startProvider()
  const postgres = await startPostgres()
  const databaseUrl = await postgres.database('upgrade')
  const config = configOf(provider)
  const seconds = Number(option('seconds', long ? 20 : 3))
  const old = await startGateway({ config, databaseUrl, program: before })
  const key = await newKey([old.url], { max_budget: 100 })
  const first = await load([old.url], [key], seconds)
  const next = await startGateway({ config, databaseUrl })
  check(true, `this release starts on its database after ${Math.round(next.startMs)} ms, while the other one runs`)
  const urls = [old.url, next.url]
  const second = await newKey(urls, { max_budget: 100 })
  const both = await load(urls, [key, second], seconds)
  const odd = Object.keys({ ...first, ...both }).filter((status) => status !== '200')
  check(odd.length === 0, `calls on the old one ${JSON.stringify(first)}, on both ${JSON.stringify(both)}`)
  // a change on each is known to the other
  await admin(next.url, '/key/block', { key: second })
  await pause(1_500)
  check((await chat(old.url, second)).status === 401, 'a block by this release holds on the one before')
  const third = (await admin(old.url, '/key/generate', {})).key
  await known([next.url], third)
  check((await chat(next.url, third)).status === 200, 'a key of the release before works on this one')
  // a process of the release before starts again on the new schema
  await old.stop()
  const again = await startGateway({ config, databaseUrl, program: before })
  check((await chat(again.url, key)).status === 200, 'the release before starts on the new schema')
  await again.stop()
  await load([next.url], [key], 1)
  const books = await settledBooks(postgres, databaseUrl, provider.bill)
  compareBooks(books, provider.bill, { label: 'both releases' })
  // rows of the release before are added to the time series once a minute
  const total = async () => Math.round((await admin(next.url, '/global/spend')).spend * 1e9) === Number(books.sum)
  if (long) check(Number.isFinite(await timeUntil(total, 80_000, 500)), '/global/spend is the sum of the rows of both')
  await next.stop()
  await backup(postgres, databaseUrl, config, key, books, provider)
}

async function backup(postgres, databaseUrl, config, key, books, provider) {
  const file = join(folder('backup'), 'dump')
  execFileSync(join(postgres.bin, 'pg_dump'), ['--format=custom', `--file=${file}`, databaseUrl])
  const restored = await postgres.database('restored')
  execFileSync(join(postgres.bin, 'pg_restore'), ['--no-owner', `--dbname=${restored}`, file])
  const copy = await booksOf(postgres, restored)
  check(
    copy.rows.length === books.rows.length && copy.sum === books.sum && copy.gateway === books.gateway,
    `a restored backup has all ${copy.rows.length} rows and sums`,
  )
  const gateway = await startGateway({ config, databaseUrl: restored })
  const { info } = await admin(gateway.url, `/key/info?key=${key}`)
  const spent = Number(
    (
      await postgres.query(
        'SELECT SUM(nanos) AS sum FROM llmux_calls WHERE key_hash = $1',
        [info.key_hash ?? (await keyHash(key))],
        restored,
      )
    )[0].sum,
  )
  check(Math.round(info.spend * 1e9) === spent, `the key has its spend of ${info.spend} on the restored database`)
  check((await chat(gateway.url, key)).status === 200, 'and works')
  await gateway.stop()
  provider.bill.clear()
}

const keyHash = async (key) => (await import('node:crypto')).createHash('sha256').update(key).digest('hex')

try {
  await main()
} finally {
  await endAll()
}
process.exitCode = failed() > 0 ? 1 : 0
process.exit()
