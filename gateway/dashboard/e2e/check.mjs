// Drives the built dashboard in a real Chromium: each page in both colour schemes with axe, forms with wrong input, a stream in the
// playground, the live tail, and two roles.
//
//     node gateway/dashboard/e2e/check.mjs [--shots=FOLDER] [--rows=100000]
//
// --shots keeps the screenshots; --rows fills the database with calls first.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { findChromium } from './chromium.mjs'
import { detailFlows } from './details.mjs'
import { flows } from './flows.mjs'
import { roleFlows } from './roles.mjs'
import { signInFlows } from './sign-in.mjs'
import { adminKey, seed, startStage } from './stage.mjs'
import { subjectFlows } from './subjects.mjs'

const option = (name, fallback) =>
  process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback
const shots = option('shots')
const rows = Number(option('rows', '0'))
const only = option('only')?.split(',')
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const executablePath = findChromium()

const folder = mkdtempSync(join(tmpdir(), 'llmux-dashboard-'))
if (shots) mkdirSync(shots, { recursive: true })
if (rows > 0) {
  const script = fileURLToPath(new URL('../../scripts/seed-rows.mjs', import.meta.url))
  execFileSync(process.execPath, [script, `--rows=${rows}`, `--data=${folder}`], { stdio: 'ignore' })
}
const stage = await startStage({ data: folder })
const keys = await seed(stage)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })

const failures = []
const passed = []
let shotCount = 0

/** Runs one check; a failure does not end the others. */
async function check(name, run) {
  if (only && !only.some((part) => name.includes(part))) return
  const from = Date.now()
  try {
    await run()
    passed.push(name)
    console.log(`ok    ${name} (${Date.now() - from} ms)`)
  } catch (error) {
    failures.push(name)
    console.log(
      `FAIL  ${name}: ${error instanceof Error ? error.message.split('\n').slice(0, 12).join('\n      ') : error}`,
    )
  }
}

/** A page of a browser that is signed in with a key. Errors of the page, and requests to other hosts, are failures. */
async function open(
  key,
  { scheme = 'light', width = 1360, height = 860, language = 'en-US', at = stage.url, elsewhere = false } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    locale: language,
    baseURL: at,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const problems = []
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`))
  page.on('console', (message) => {
    // answers with 4xx are what the forms are tested with
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(`console: ${message.text().slice(0, 300)}`)
  })
  page.on('request', (request) => {
    if (!elsewhere && !request.url().startsWith(at) && /^https?:/.test(request.url()))
      problems.push(`request to ${request.url()}`)
  })
  if (key) {
    const response = await page.request.post('/session', { data: { key }, headers: { origin: at } })
    if (response.status() !== 200) throw new Error(`sign-in: ${response.status()}`)
  }
  return Object.assign(page, {
    problems,
    async shot(name) {
      shotCount++
      if (shots) await page.screenshot({ path: join(shots, `${name}.png`) })
    },
    async done() {
      await context.close()
      if (problems.length > 0) throw new Error([...new Set(problems)].join('\n'))
    },
  })
}

/** Finds what axe has against the page. */
async function axe(page) {
  await page.evaluate(axeSource)
  const violations = await page.evaluate(async () => {
    const { violations: found } = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    return found.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(({ html, failureSummary }) => `${html.slice(0, 160)} (${failureSummary?.split('\n')[1]?.trim()})`)
          .join(' | ')}`,
    )
  })
  if (violations.length > 0) throw new Error(violations.join('\n'))
}

const pages = ['overview', 'logs', 'keys', 'teams', 'users', 'customers', 'budgets', 'models', 'playground', 'settings']

const settled = async (page) => {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle').catch(() => {})
  await page
    .locator('[role=status]')
    .first()
    .waitFor({ state: 'detached' })
    .catch(() => {})
}

for (const scheme of ['light', 'dark']) {
  await check(`sign-in, ${scheme}`, async () => {
    const page = await open(undefined, { scheme })
    await page.goto('/ui/')
    await settled(page)
    await page.shot(`sign-in-${scheme}`)
    await axe(page)
    await page.done()
  })
  const page = await open(adminKey, { scheme })
  for (const name of pages) {
    await check(`${name}, ${scheme}`, async () => {
      await page.goto(`/ui/${name}`)
      await settled(page)
      if (name === 'overview') await page.locator('.recharts-surface').first().waitFor()
      await page.shot(`${name}-${scheme}`)
      await axe(page)
    })
  }
  await check(`no errors of the pages, ${scheme}`, () => page.done())
}

await check('narrow screens', async () => {
  const page = await open(adminKey, { width: 390, height: 844 })
  for (const name of pages) {
    await page.goto(`/ui/${name}`)
    await settled(page)
    if (name === 'overview') await page.locator('.recharts-surface').first().waitFor()
    await page.shot(`${name}-narrow`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) throw new Error(`${name} is ${wide} pixels wider than the screen`)
  }
  await page.getByRole('button', { name: 'Menu' }).first().click()
  await page.getByRole('link', { name: 'Keys' }).waitFor()
  await page.shot('menu-narrow')
  await page.done()
})

await check('Korean', async () => {
  const page = await open(adminKey, { language: 'ko-KR' })
  for (const name of pages) {
    await page.goto(`/ui/${name}`)
    await settled(page)
    await page.locator('html[lang=ko]').waitFor()
    if (name === 'overview') await page.locator('.recharts-surface').first().waitFor()
    await page.shot(`${name}-ko`)
    const heading = await page.getByRole('heading', { level: 1 }).textContent()
    if (!/[가-힣]/.test(heading ?? '')) throw new Error(`the heading of ${name} is ${heading}`)
  }
  await page.done()
})

await check('size of the first page', async () => {
  const page = await open(adminKey)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Network.enable')
  let bytes = 0
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength
  })
  await page.goto('/ui/overview')
  await page.locator('.recharts-surface').first().waitFor()
  console.log(`      ${Math.round(bytes / 1024)} KB compressed, with the chart and its data`)
  if (bytes > 400 * 1024) throw new Error(`the first page has ${bytes} bytes`)
  await page.done()
})

await flows({ check, open, axe, settled, stage, keys })
await roleFlows({ check, open, settled, stage, keys })
await subjectFlows({ check, open, axe, settled, stage, keys })
await detailFlows({ check, open, axe, settled, stage, keys })
if (!only || only.some((part) => part.includes('sign-in'))) await signInFlows({ check, open, axe, settled })

await browser.close()
await stage.stop()
rmSync(folder, { recursive: true, force: true })
console.log(`\n${shotCount} screenshots${shots ? ` in ${shots}` : ' (not kept)'}`)
console.log(`${passed.length} passed, ${failures.length} failed`)
process.exit(failures.length > 0 ? 1 : 0)
