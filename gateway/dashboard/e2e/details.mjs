// What is behind the rows and the points: content, alerts, changes, files, tools. See check.mjs.
import { readFileSync } from 'node:fs'
import { adminKey } from './stage.mjs'

const exactly = (name) => ({ name, exact: true })
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEU/Ucf///8g9w3bAAAADklEQVQI12NgQAEf4AgAKSQBxZkd9wAAAAAASUVORK5CYII=',
  'base64',
)
const tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

export async function detailFlows({ check, open, axe, settled, stage, keys }) {
  await check('the stored request and answer of a call, as a conversation and as JSON', async () => {
    const body = {
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'You know the weather.' },
        { role: 'user', content: 'Use get_weather for Seoul' },
      ],
      tools: [tool],
    }
    const { json } = await stage.call('/v1/chat/completions', body, keys.ada)
    if (!json.choices?.[0]?.message?.tool_calls) throw new Error(`the model called no tool: ${JSON.stringify(json)}`)
    // content is written in the background
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const page = await open(adminKey)
    await page.goto('/ui/logs')
    await page.locator('tbody button.link').first().click()
    const call = page.getByRole('dialog')
    const content = call.getByRole('region', { name: 'Request and answer' })
    await content.getByText('You know the weather.').waitFor()
    await content.getByText('Use get_weather for Seoul').waitFor()
    await content.getByRole('tab', { name: 'Answer' }).click()
    await content.getByText('Call of the tool get_weather').waitFor()
    await content.scrollIntoViewIfNeeded()
    await page.shot('call-content')
    await content.getByText('JSON', { exact: true }).click()
    await content.getByText('"tool_calls"').waitFor()
    await call.getByRole('region', { name: 'Cost' }).getByText('per million tokens').first().waitFor()
    await call.getByRole('region', { name: 'Attempts' }).getByText('openai/gpt-4o').first().waitFor()
    await page.shot('call-json')
    await axe(page)
    await page.done()
  })

  await check('a test of the alert channels, with a channel that fails', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/settings')
    await page.getByRole('tab', { name: 'Alerts' }).click()
    await page.getByRole('button', { name: 'Send a test alert' }).click()
    await page.getByText('delivered').waitFor()
    await page.getByRole('row', { name: /slack/ }).getByText("The receiver can't be reached: ECONNREFUSED.").waitFor()
    await page.shot('alerts')
    await axe(page)
    if (!stage.alerts.some((text) => text.includes('Test of the alerts'))) throw new Error('the webhook got nothing')
    await page.done()
  })

  await check('a change is in the audit with its values', async () => {
    await stage.call('/team/update', { team_id: 'support', max_budget: 275 })
    const page = await open(adminKey)
    await page.goto('/ui/settings')
    await page.getByRole('tab', { name: 'Audit' }).click()
    await page.getByText('max_budget: 250 → 275').waitFor()
    await page.shot('audit')
    await axe(page)
    await page.done()
  })

  await check('the CSV of the logs has the rows of the filters', async () => {
    const { status } = await stage.call('/v1/chat/completions', {
      model: 'broken',
      messages: [{ role: 'user', content: 'Hi' }],
    })
    if (status === 200) throw new Error('the call did not fail')
    const page = await open(adminKey)
    await page.goto('/ui/logs?status_filter=failure')
    await settled(page)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ])
    const [head, ...lines] = readFileSync(await download.path(), 'utf8')
      .trim()
      .split(/\r?\n/)
    if (!head.startsWith('request_id,startTime')) throw new Error(`the head is ${head}`)
    if (lines.length === 0 || lines.some((line) => !line.includes('failure'))) throw new Error(lines.join('\n'))
    await page.done()
  })

  await check('a search that the gateway ends goes on by itself, then on demand', async () => {
    const page = await open(adminKey)
    let rounds = 0
    await page.route(/\/spend\/logs\?.*min_spend=100/, async (route) => {
      rounds++
      const day = String(30 - rounds).padStart(2, '0')
      const headers = rounds === 25 ? {} : { 'x-llmux-searched-from': `2026-10-${day}T00:00:00.000Z` }
      await route.fulfill({ json: [], headers })
    })
    await page.goto('/ui/logs?min_spend=100')
    await page.getByText(/Searched back to Oct 10, 2026/).waitFor()
    await page.getByText('No call matches the filters').waitFor()
    await page.shot('logs-searched')
    await axe(page)
    if (rounds !== 20) throw new Error(`the page made ${rounds} rounds`)
    await page.getByRole('button', { name: 'Search further back' }).click()
    await page.getByText(/Searched back/).waitFor({ state: 'detached' })
    if (rounds !== 25) throw new Error(`the page made ${rounds} rounds`)
    await page.done()
  })

  await check('images, tools and their results in the playground', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/playground')
    await page.getByRole('combobox', { name: 'Model 1' }).click()
    await page.getByRole('option', exactly('gpt-4o')).click()
    const message = page.getByRole('textbox', exactly('Message'))
    await page.locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: picture })
    await page.getByRole('img', { name: 'Image of the message' }).waitFor()
    await message.fill('Describe the image')
    await message.press('Enter')
    const chat = page.getByRole('region', { name: 'Chat 1' })
    await chat.getByText(/cost \$/).waitFor()
    await page.shot('playground-image')
    await page.getByRole('textbox', { name: 'Tools' }).fill(JSON.stringify([tool]))
    await message.fill('Use get_weather for Seoul')
    await message.press('Enter')
    await chat.getByText('get_weather({').waitFor()
    await chat.getByRole('textbox', { name: 'Result of get_weather' }).fill('Rain until noon')
    await page.shot('playground-tools')
    await axe(page)
    await chat.getByRole('button', { name: 'Send the results' }).click()
    await chat.getByText('Results of tools').waitFor()
    await chat
      .getByText(/cost \$/)
      .nth(2)
      .waitFor()
    await page.shot('playground-results')
    const bottom = await chat.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)
    if (bottom > 40) throw new Error(`the chat does not follow its answer: ${bottom} pixels are below`)
    await page.done()
  })

  await check('hours of teams, users, keys and tags, and the rows behind a point by keyboard', async () => {
    const page = await open(adminKey)
    for (const by of ['team', 'user', 'key', 'tag', 'customer']) {
      const [answer] = await Promise.all([
        page.waitForResponse((response) => response.url().includes('/spend/usage')),
        page.goto(`/ui/overview?by=${by}&span=24h&measure=calls`),
      ])
      const { grain, series } = await answer.json()
      if (answer.status() !== 200 || grain !== 'hour' || series.length === 0)
        throw new Error(`${by}: ${answer.status()}, ${grain}, ${series?.length} series`)
    }
    await page.goto('/ui/overview?by=team&span=24h&measure=calls')
    const chart = page.locator('figure .recharts-surface').first()
    await chart.waitFor()
    await page.shot('overview-teams-hours')
    await chart.focus()
    for (let step = 0; step < 23; step++) await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/ui\/logs\?start_date=/)
    await page.locator('tbody button.link').first().waitFor()
    await page.done()

    const mouse = await open(adminKey)
    await mouse.goto('/ui/overview?by=team&span=24h&measure=calls')
    // the largest part that belongs to a team: calls without one, and the sum of all others, have no filter
    await mouse.locator('tbody tr').first().waitFor()
    const names = await mouse.locator('tbody tr td:first-child').allTextContents()
    const team = names.findIndex((name) => name !== 'none' && name !== 'others')
    await mouse.locator('.recharts-bar').nth(team).locator('.recharts-bar-rectangle path').last().click()
    await mouse.waitForURL(/\/ui\/logs\?.*team_id=/)
    await mouse.locator('tbody button.link').first().waitFor()
    await mouse.shot('logs-of-a-bar')
    await mouse.done()
  })

  await check('a viewer has no button that changes something in the settings', async () => {
    const page = await open(keys.grace)
    await page.goto('/ui/settings')
    await page.getByRole('tab', { name: 'Alerts' }).click()
    await page.getByText('webhook').first().waitFor()
    if (await page.getByRole('button', { name: 'Send a test alert' }).isVisible()) throw new Error('a test button')
    await page.shot('viewer-alerts')
    await page.done()
  })
}
