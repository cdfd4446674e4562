// Lighthouse on the built dashboard: performance and accessibility must reach 95.
//
//     node gateway/dashboard/e2e/lighthouse.mjs [--rows=100000] [--cache=FOLDER]
//
// Lighthouse is installed, pinned, into the cache folder. It measures as on a desktop; --mobile as on a slow phone, without a limit.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { findChromium } from './chromium.mjs'
import { adminKey, seed, startStage } from './stage.mjs'

const version = '12.8.2'
const least = 0.95
const option = (name, fallback) =>
  process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback
const rows = Number(option('rows', '0'))
const cache = option('cache', join(tmpdir(), `llmux-lighthouse-${version}`))
const isMobile = process.argv.includes('--mobile')

const installed = join(cache, 'node_modules', 'lighthouse', 'core', 'index.js')
if (!existsSync(installed)) {
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'package.json'), '{"private":true}')
  execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', `lighthouse@${version}`], {
    cwd: cache,
    stdio: 'ignore',
  })
}
const { default: lighthouse, desktopConfig } = await import(pathToFileURL(installed).href)

const folder = mkdtempSync(join(tmpdir(), 'llmux-lighthouse-data-'))
if (rows > 0) {
  const script = fileURLToPath(new URL('../../scripts/seed-rows.mjs', import.meta.url))
  execFileSync(process.execPath, [script, `--rows=${rows}`, `--data=${folder}`], { stdio: 'ignore' })
}
const stage = await startStage({ data: folder })
await seed(stage)
const port = 9_400 + (process.pid % 500)
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: ['--no-sandbox', `--remote-debugging-port=${port}`],
})
const signIn = await fetch(`${stage.url}/session`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', origin: stage.url },
  body: JSON.stringify({ key: adminKey }),
})
const cookie = signIn.headers.get('set-cookie')?.split(';', 1)[0] ?? ''

let failed = 0
for (const [path, headers] of [
  ['/ui/', {}],
  ['/ui/overview', { cookie }],
  ['/ui/logs', { cookie }],
  ['/ui/keys', { cookie }],
]) {
  // the first visit compresses the files
  await (await browser.newPage()).goto(`${stage.url}${path}`)
  let result
  // other work on the machine can only make a page slower: the best of some runs counts
  for (let run = 0; run < 3; run++) {
    const next = await lighthouse(
      `${stage.url}${path}`,
      { port, logLevel: 'error', onlyCategories: ['performance', 'accessibility'], extraHeaders: headers },
      isMobile ? undefined : desktopConfig,
    )
    const score = (found) => found?.lhr.categories.performance?.score ?? 0
    if (!result || score(next) > score(result)) result = next
    if (score(result) >= least || isMobile) break
  }
  const { categories, audits } = result?.lhr ?? {}
  const performance = categories?.performance?.score ?? 0
  const accessibility = categories?.accessibility?.score ?? 0
  const ms = (name) => `${Math.round(audits?.[name]?.numericValue ?? 0)} ms`
  console.log(
    `${path.padEnd(14)} performance ${Math.round(performance * 100)}, accessibility ${Math.round(accessibility * 100)}; ` +
      `first paint ${ms('first-contentful-paint')}, largest ${ms('largest-contentful-paint')}, interactive ${ms('interactive')}, blocked ${ms('total-blocking-time')}`,
  )
  const isWrong = accessibility < least || (performance < least && !isMobile)
  if (!isWrong) continue
  failed++
  for (const { id, score, displayValue } of Object.values(audits ?? {}))
    if (score !== null && score < 0.9) console.log(`    ${id} ${score} ${displayValue ?? ''}`)
}

await browser.close()
await stage.stop()
rmSync(folder, { recursive: true, force: true })
console.log(`\n${4 - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
