// Lighthouse on the built dashboard: performance and accessibility of each page must reach 95.
//
//     node gateway/dashboard/e2e/lighthouse.mjs [--rows=100000] [--cache=FOLDER] [--only=overview,logs] [--mobile]
//
// It measures as on a desktop; --mobile as on a slow phone, with a limit for accessibility only.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openAudit } from './audit.mjs'
import { adminKey, seed, startStage } from './stage.mjs'

const option = (name, fallback) =>
  process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback
const rows = Number(option('rows', '0'))
const only = option('only')?.split(',')

const folder = mkdtempSync(join(tmpdir(), 'llmux-lighthouse-data-'))
if (rows > 0) {
  const script = fileURLToPath(new URL('../../scripts/seed-rows.mjs', import.meta.url))
  execFileSync(process.execPath, [script, `--rows=${rows}`, `--data=${folder}`], { stdio: 'ignore' })
}
const stage = await startStage({ data: folder })
await seed(stage)
const { audit, close } = await openAudit({ cache: option('cache'), isMobile: process.argv.includes('--mobile') })
const signIn = await fetch(`${stage.url}/session`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', origin: stage.url },
  body: JSON.stringify({ key: adminKey }),
})
const cookie = signIn.headers.get('set-cookie')?.split(';', 1)[0] ?? ''

const pages = ['overview', 'logs', 'keys', 'teams', 'users', 'customers', 'budgets', 'models', 'playground', 'settings']
const results = []
for (const page of ['sign-in', ...pages].filter((name) => !only || only.includes(name))) {
  results.push(
    page === 'sign-in'
      ? await audit(page, `${stage.url}/ui/`)
      : await audit(page, `${stage.url}/ui/${page}`, { cookie }),
  )
}

await close()
await stage.stop()
rmSync(folder, { recursive: true, force: true })
const failed = results.filter((isGood) => !isGood).length
console.log(`\n${results.length - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
