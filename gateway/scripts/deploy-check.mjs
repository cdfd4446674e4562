// Checks everything in gateway/deploy as far as a machine without Docker and Kubernetes can:
//
//   chart    helm lint and template with several values, all objects against the schemas of Kubernetes
//   compose  the file against the schema of Compose
//   image    the steps of the Dockerfile in a fresh Debian, then the entry with the command and the variables of the compose file,
//            on PostgreSQL and Redis
//            and the command of the systemd unit
//
//     node gateway/scripts/deploy-check.mjs [chart] [compose] [image]
//
// Downloads are pinned and kept in LLMUX_CACHE (~/.cache/llmux). A part that can't run here says why; with CI set that is a failure.
import { checkChart, prepareHelm } from './deploy/chart.mjs'
import { checkCompose } from './deploy/compose.mjs'
import { checkImage } from './deploy/image.mjs'
import { Skipped } from './deploy/tools.mjs'

const parts = { compose: checkCompose, image: checkImage, chart: checkChart }
const named = process.argv.slice(2)
const unknown = named.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0) throw new Error(`The parts are ${Object.keys(parts).join(', ')}; got ${unknown.join(', ')}.`)

const wanted = (name) => named.length === 0 || named.includes(name)
const helm = wanted('chart') ? prepareHelm() : undefined
helm?.catch(() => {})

const cleanups = []
let failed = 0
for (const [name, check] of Object.entries(parts)) {
  if (!wanted(name)) continue
  const from = Date.now()
  const log = (line) => console.log(`  ${line}`)
  console.log(`${name}:`)
  try {
    await check(log, (cleanup) => cleanups.push(cleanup), { helm })
    console.log(`  passed (${((Date.now() - from) / 1000).toFixed(1)} s)`)
  } catch (error) {
    const skipped = error instanceof Skipped
    if (!skipped || process.env.CI) failed++
    console.log(`  ${skipped ? 'NOT DONE' : 'FAILED'}: ${skipped ? error.message : (error.stack ?? error)}`)
  }
}
for (const cleanup of cleanups.reverse()) {
  try {
    await cleanup()
  } catch (error) {
    console.log(`  left behind: ${error.message}`)
  }
}
process.exit(failed === 0 ? 0 : 1)
