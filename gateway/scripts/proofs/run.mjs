// Runs all proofs, each as a process of its own. The short form takes a few minutes and needs Postgres and Redis.
//   npm run build && node gateway/scripts/proofs/run.mjs [--long] [--only=exactness,loss]
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { option } from './client.mjs'

const all = ['exactness', 'workers', 'loss', 'cancelled', 'revocation', 'drain', 'memory', 'soak', 'upgrade']
const only = option('only', all.join(',')).split(',')
const long = option('long', false) !== false
const failed = []
for (const name of all.filter((one) => only.includes(one))) {
  console.log(`\n${name}`)
  const file = fileURLToPath(new URL(`./${name === 'workers' ? 'exactness' : name}.mjs`, import.meta.url))
  const started = performance.now()
  const { status } = spawnSync(
    process.execPath,
    [file, ...(name === 'workers' ? ['--workers'] : []), ...(long ? ['--long'] : [])],
    { stdio: 'inherit' },
  )
  console.log(`      ${((performance.now() - started) / 1_000).toFixed(0)} s`)
  if (status !== 0) failed.push(name)
}
console.log(failed.length === 0 ? '\nAll proofs hold.' : `\nWRONG: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
