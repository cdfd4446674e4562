// Time to interactive, and stalls, with a large database: opens the overview and the logs, scrolls, filters, searches and follows.
//
//     node gateway/scripts/seed-rows.mjs --rows=10000000 --data=/tmp/rows
//     node gateway/dashboard/e2e/rows.mjs --data=/tmp/rows            or --database=postgresql://user@127.0.0.1/rows
//
// A step that blocks the page for more than 500 ms, or takes more than 10 s, is a failure. --relaxed only prints.
import { startSimulator } from 'llmux/testing'
import { createGateway } from 'llmux-gateway'
import { chromium } from 'playwright-core'
import { openChromium } from './chromium.mjs'
import { adminKey } from './stage.mjs'

const option = (name) => process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3)
const longestBlock = 500
const longestStep = 10_000

const simulator = await startSimulator()
const database = option('database')
const gateway = await createGateway({
  masterKey: adminKey,
  environment: {},
  ...(option('data') && { data: option('data') }),
  config: {
    model_list: [
      {
        model_name: 'gpt-4o',
        litellm_params: { model: 'openai/gpt-4o', api_base: simulator.openaiBase, api_key: 'simulated' },
      },
    ],
    ...(database && { general_settings: { database_url: database } }),
  },
})
const { url } = await gateway.listen({ port: 0 })
const call = () =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', user: 'tail', messages: [{ role: 'user', content: 'Hello' }] }),
  })

const opened = await openChromium()
const browser = await chromium.connectOverCDP(`http://127.0.0.1:${opened.port}`)
const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, baseURL: url })
const page = await context.newPage()
page.setDefaultTimeout(120_000)
await page.request.post('/session', { data: { key: adminKey }, headers: { origin: url } })
await page.addInitScript(() => {
  globalThis.longTasks = []
  new PerformanceObserver((list) =>
    globalThis.longTasks.push(...list.getEntries().map(({ duration }) => duration)),
  ).observe({
    type: 'longtask',
    buffered: true,
  })
})

let failed = 0
/** Runs a step, and waits until the page has drawn it. */
async function step(name, run) {
  await page.evaluate(() => globalThis.longTasks?.splice(0)).catch(() => {})
  const from = performance.now()
  const note = await run()
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))))
  const took = performance.now() - from
  const tasks = await page.evaluate(() => globalThis.longTasks)
  const longest = Math.round(Math.max(0, ...tasks))
  const isWrong = longest > longestBlock || took > longestStep
  if (isWrong) failed++
  console.log(
    `${isWrong ? 'SLOW' : 'ok  '}  ${name}: ${Math.round(took)} ms, longest task ${longest} ms${note ? `, ${note}` : ''}`,
  )
}

const firstRow = page.locator('.calls tbody button.link').first()
const listed = (part = '/spend/logs?') => page.waitForResponse((response) => response.url().includes(part))
const figures = () => page.waitForResponse((response) => response.url().includes('/spend/usage') && response.ok())

// the files are compressed once, and the database reads its first pages
await page.goto('/ui/keys')
for (const [name, search] of [
  ['overview, 7 days by model', ''],
  ['overview, 90 days by model', '?span=90d'],
  ['overview, 90 days by team', '?span=90d&by=team'],
  ['overview, 24 hours by team', '?span=24h&by=team'],
  ['overview, 24 hours by key', '?span=24h&by=key&measure=calls'],
  ['overview, 30 days by tag', '?span=30d&by=tag&measure=errors'],
  ['overview, 30 days by customer', '?span=30d&by=customer'],
]) {
  await step(name, async () => {
    await Promise.all([figures(), page.goto(`/ui/overview${search}`)])
    await page.locator('.recharts-surface').first().waitFor()
  })
}
await step('logs, first rows', async () => {
  await page.goto('/ui/logs')
  await firstRow.waitFor()
})
await step('logs, 50 screens down', async () => {
  let pages = 0
  page.on('response', (response) => {
    if (response.url().includes('/spend/logs?')) pages++
  })
  const list = page.locator('.calls')
  for (let screen = 0; screen < 50; screen++) {
    await list.evaluate((element) => element.scrollBy({ top: element.clientHeight }))
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
  }
  await page.waitForLoadState('networkidle')
  return `${pages} more pages of 100 rows, ${await page.locator('.calls tbody tr').count()} rows in the document`
})
const filtered = (name, search) =>
  step(name, async () => {
    await Promise.all([listed(), page.goto(`/ui/logs?${search}`)])
    await page
      .getByText(/calls? shown|No call matches/)
      .first()
      .waitFor()
    return await page
      .getByText(/calls? shown|No call matches/)
      .first()
      .textContent()
  })
await filtered('logs, failures', 'status_filter=failure')
const rows = await (await page.request.get('/spend/logs?summarize=false&limit=1000')).json()
const row = rows.find((one) => one.end_user && one.request_tags.length > 0) ?? rows.at(-1)
await filtered('logs, one key', `api_key=${row.api_key}`)
await filtered('logs, one customer', `customer_id=${row.end_user || 'none'}`)
await filtered('logs, one tag', `tag=${encodeURIComponent(row.request_tags[0] ?? 'none')}`)
await filtered('logs, one model', `model=${encodeURIComponent(row.model)}`)
await filtered('logs, one call by its id', `request_id=${row.request_id}`)
await filtered('logs, a cost that no call has, 20 rounds of the search', 'min_spend=1000')
await filtered('logs, a customer who never called', 'customer_id=nobody-at-all')
await filtered('logs, a day of two months ago', 'start_date=2026-10-01&end_date=2026-10-01')
await step('details of a call', async () => {
  await page.goto(`/ui/logs?call=${row.request_id}`)
  await page.getByRole('dialog').getByText('Attempts').waitFor()
})
await step('live tail, 20 new calls', async () => {
  await page.goto('/ui/logs')
  await firstRow.waitFor()
  await Promise.all([
    page.waitForResponse((response) => response.url().includes('/dashboard/tail')),
    page.getByRole('button', { name: 'Follow live' }).click(),
  ])
  const from = performance.now()
  for (let count = 0; count < 20; count++) await call()
  await page.getByText('20 new calls since you follow').waitFor()
  return `shown ${Math.round(performance.now() - from)} ms after the first was sent`
})

await browser.close()
await opened.close()
await gateway.close()
await simulator.close()
console.log(`\n${failed} slow`)
process.exit(failed > 0 && !process.argv.includes('--relaxed') ? 1 : 0)
