/**
 * What the price table costs: `node pricing/bench.mjs`. Prints sizes, and the median of cold processes for loading, the first
 * lookup and the heap that it takes; then the time of a lookup once its row is known.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'tsup'

const runs = Number(process.argv[2] ?? 25)
const folder = mkdtempSync(join(tmpdir(), 'llmux-pricing-'))
const options = { format: ['esm', 'cjs'], target: 'node20', platform: 'node', silent: true, dts: false, config: false }
await build({ ...options, entry: { index: 'pricing/index.ts' }, outDir: folder })
await build({
  ...options,
  entry: { table: 'pricing/table.generated.ts' },
  outDir: folder,
  minify: true,
  format: ['esm'],
})

const usage = '{ prompt_tokens: 20000, completion_tokens: 500, prompt_tokens_details: { cached_tokens: 16384 } }'
const measured = `
  const since = process.hrtime.bigint
  const ms = (from) => Number(since() - from) / 1e6
  const work = ({ costPerToken }, loaded) => {
    globalThis.gc()
    const before = process.memoryUsage().heapUsed
    const from = since()
    costPerToken({ model: 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0', usage: ${usage} })
    const first = ms(from)
    globalThis.gc()
    console.log(JSON.stringify({ loaded, first, heap: process.memoryUsage().heapUsed - before }))
  }`
writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
writeFileSync(join(folder, 'empty.mjs'), 'export {}')
writeFileSync(
  join(folder, 'cold.mjs'),
  `${measured}; await import('./empty.mjs'); const from = since(); const api = await import('./index.js'); work(api, ms(from))`,
)
writeFileSync(
  join(folder, 'cold.cjs'),
  `${measured}; const from = since(); const api = require('./index.cjs'); work(api, ms(from))`,
)

const say = (line) => process.stdout.write(`${line}\n`)
const median = (numbers) => numbers.sort((one, other) => one - other)[numbers.length >> 1]
for (const file of ['cold.mjs', 'cold.cjs']) {
  const seen = Array.from({ length: runs }, () =>
    JSON.parse(execFileSync(process.execPath, ['--expose-gc', join(folder, file)], { encoding: 'utf8' })),
  )
  const of = (name) => median(seen.map((one) => one[name]))
  say(
    `${file === 'cold.mjs' ? 'import ' : 'require'}  load ${of('loaded').toFixed(2)} ms, first lookup ${of('first').toFixed(2)} ms, heap ${(of('heap') / 1024).toFixed(0)} KiB (median of ${runs})`,
  )
}

const { costPerToken, pricingInfo } = await import(pathToFileURL(join(folder, 'index.js')).href)
const table = readFileSync(join(folder, 'table.js'))
const { rows, providers, asOf } = pricingInfo()
say(
  `table    ${rows} ids of ${providers} providers as of ${asOf}; ${kb(readFileSync('pricing/table.generated.ts'))} raw, ${kb(table)} minified, ${kb(gzipSync(table))} gzipped`,
)

for (const model of [
  'openai/gpt-4o',
  'anthropic/claude-sonnet-4-5-20250929',
  'gpt-5.6',
  'azure/gpt-4o-2024-08-06',
  'nobody/knows',
]) {
  const request = {
    model,
    usage: { prompt_tokens: 20000, completion_tokens: 500, prompt_tokens_details: { cached_tokens: 16384 } },
  }
  const count = 200_000
  for (let index = 0; index < count; index++) costPerToken(request)
  const from = process.hrtime.bigint()
  for (let index = 0; index < count; index++) costPerToken(request)
  say(`lookup   ${(Number(process.hrtime.bigint() - from) / count / 1000).toFixed(2)} µs  ${model}`)
}
rmSync(folder, { recursive: true })

function kb(bytes) {
  return `${(bytes.length / 1000).toFixed(1)} kB`
}
