// What people do on the pages: see check.mjs.
import { adminKey } from './stage.mjs'

const exactly = (name) => ({ name, exact: true })

export async function flows({ check, open, axe, settled, stage, keys }) {
  await check('sign-in with a wrong key, then with a right one, and sign-out', async () => {
    const page = await open()
    await page.goto('/ui/keys')
    await page.getByRole('button', exactly('Sign in')).click()
    await page.getByText('Enter a key. It begins with sk-.').waitFor()
    await page.getByRole('textbox').fill('sk-nobody-has-this-key')
    await page.getByRole('button', exactly('Sign in')).click()
    await page.getByText('The gateway does not know this key').waitFor()
    await page.shot('sign-in-wrong')
    await page.getByRole('textbox').fill(adminKey)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', exactly('Keys')).waitFor()
    await page.getByRole('button', { name: 'Account' }).click()
    await page.shot('account')
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', exactly('Sign in')).waitFor()
    await page.done()
  })

  const wrong = [
    {
      at: 'keys',
      button: 'Create key',
      fill: async (page) => page.getByRole('combobox', { name: 'Budget period' }).fill('tomorrow'),
      message: "'budget_duration' must be a duration",
    },
    { at: 'teams', button: 'Create team', fill: async () => {}, message: 'Fill in this field.' },
    {
      at: 'users',
      button: 'Create user',
      fill: async (page) => page.getByRole('textbox', { name: 'Email address' }).fill('ada@example.com'),
      message: "A user with the address 'ada@example.com' exists.",
    },
    {
      at: 'customers',
      button: 'Create customer',
      fill: async (page) => page.getByRole('textbox', { name: 'Id' }).fill('acme'),
      message: "The customer 'acme' exists.",
    },
    {
      at: 'budgets',
      button: 'Create budget',
      fill: async (page) => page.getByRole('textbox', { name: 'Requests per minute' }).fill('1.5'),
      message: "'rpm_limit' must be an integer",
    },
    {
      at: 'models',
      button: 'Add deployment',
      fill: async (page) => {
        await page.getByRole('textbox', { name: 'Name for clients' }).fill('wrong')
        await page.getByRole('textbox', { name: 'Provider and model' }).fill('openai/gpt-4o')
        await page.getByRole('button', { name: 'More settings' }).click()
        await page.getByRole('textbox', { name: 'Weight' }).fill('-1')
      },
      message: "'litellm_params.weight' must be a number of 0 or more",
    },
  ]
  for (const { at, button, fill, message } of wrong) {
    await check(`wrong input on ${at}`, async () => {
      const page = await open(adminKey)
      await page.goto(`/ui/${at}`)
      await page.getByRole('button', { name: button }).first().click()
      const form = page.getByRole('dialog')
      await fill(form)
      await page.keyboard.press('Escape').catch(() => {})
      if (!(await form.isVisible())) {
        // Escape closes a form without an open list
        await page.getByRole('button', { name: button }).first().click()
        await fill(form)
      }
      await form.getByRole('button', exactly('Create')).click()
      await form.getByText(message).first().waitFor()
      await page.shot(`${at}-form-wrong`)
      await axe(page)
      await page.done()
    })
  }

  await check('a key from its creation to its end', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/keys')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('e2e-key')
    await page.getByRole('textbox', { name: 'Budget', exact: true }).fill('25')
    await page.shot('key-form')
    await page.getByRole('button', exactly('Create')).click()
    const dialog = page.getByRole('dialog', { name: 'Your new key' })
    const first = await dialog.getByRole('textbox').inputValue()
    if (!first.startsWith('sk-')) throw new Error(`the key is ${first}`)
    await dialog.getByRole('tab', { name: 'Anthropic SDK' }).click()
    await dialog.getByText("from '@anthropic-ai/sdk'").waitFor()
    await page.shot('key-new')
    await axe(page)
    const { status } = await stage.call('/v1/chat/completions', hello, first)
    if (status !== 200) throw new Error(`a call with the new key: ${status}`)
    await dialog.getByRole('button', { name: 'I have copied it' }).click()

    const menu = () => page.getByRole('button', { name: 'Actions for e2e-key' })
    await menu().click()
    await page.shot('key-menu')
    await page.getByRole('menuitem', { name: 'Rotate' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    const second = await dialog.getByRole('textbox').inputValue()
    await dialog.getByRole('button', { name: 'I have copied it' }).click()
    const old = await stage.call('/v1/chat/completions', hello, first)
    if (old.status !== 401 || second === first) throw new Error(`the old key: ${old.status}`)

    await menu().click()
    await page.getByRole('menuitem', exactly('Block')).click()
    await page.getByText('e2e-key is blocked.').waitFor()
    await menu().click()
    await page.getByRole('menuitem', exactly('Edit')).click()
    await page.getByRole('textbox', { name: 'Budget', exact: true }).fill('')
    await page.getByRole('button', exactly('Save')).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await menu().click()
    await page.getByRole('menuitem', exactly('Delete')).click()
    await page.shot('key-delete')
    await page.getByRole('dialog').getByRole('button', exactly('Delete')).click()
    await menu().waitFor({ state: 'detached' })
    await page.done()
  })

  await check('members of a team', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/teams')
    await page.getByRole('button', exactly('Research')).click()
    await page.getByRole('dialog').getByText('ada@example.com').waitFor()
    await page.shot('team-members')
    await axe(page)
    await page.done()
  })

  await check('a deployment that is tested before it is saved', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/models')
    await page.getByRole('button', { name: 'Add deployment' }).click()
    const form = page.getByRole('dialog')
    await form.getByRole('textbox', { name: 'Name for clients' }).fill('tested')
    await form.getByRole('textbox', { name: 'Provider and model' }).fill('openai/fail-500')
    await form.getByLabel('Key of the provider').fill('simulated')
    await form.getByRole('textbox', { name: 'Address' }).fill(stage.simulator.openaiBase)
    await form.getByRole('button', exactly('Test')).click()
    await form.getByText('It does not work').waitFor()
    await page.shot('deployment-test-failed')
    await form.getByRole('textbox', { name: 'Provider and model' }).fill('openai/gpt-4o-mini')
    await form.getByRole('button', exactly('Test')).click()
    await form.getByText('It works').waitFor()
    await page.shot('deployment-test')
    await form.getByRole('button', exactly('Create')).click()
    await form.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Actions for tested' }).waitFor()
    const { status } = await stage.call('/v1/chat/completions', { ...hello, model: 'tested' })
    if (status !== 200) throw new Error(`a call of the new deployment: ${status}`)
    await page.done()
  })

  await check('a stream in the playground, and a comparison', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/playground')
    const message = page.getByRole('textbox', exactly('Message'))
    await page.getByRole('combobox', { name: 'Model 1' }).click()
    await page.getByRole('option', exactly('gpt-4o')).click()
    await message.fill('Tell me about gateways')
    await page.getByRole('button', exactly('Send')).click()
    await page.getByText('You said: Tell me about gateways').waitFor()
    await page
      .getByText(/cost \$/)
      .first()
      .waitFor()
    await page.shot('playground-answer')
    await page.getByRole('switch', { name: 'Compare two models' }).click()
    await message.fill('And now both of you')
    await message.press('Enter')
    await page.getByText('You said: And now both of you').nth(1).waitFor()
    await page.shot('playground-compare')
    await axe(page)
    await page.getByRole('textbox', { name: 'Tools' }).fill('{')
    await message.fill('With tools')
    await message.press('Enter')
    await page.getByText('The tools must be a JSON list').waitFor()
    await page.shot('playground-wrong')
    await page.done()
  })

  await check('filters, details and the live tail of the logs', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/logs')
    await settled(page)
    await page.getByRole('button', { name: 'Follow live' }).click()
    await page.waitForTimeout(1_500)
    await stage.call('/v1/chat/completions', { ...hello, user: 'tail' })
    await page.getByText('1 new call since you follow').waitFor()
    await page.shot('logs-live')
    await page.getByRole('button', { name: 'Stop following' }).click()
    await stage.call('/v1/chat/completions', { ...hello, model: 'flaky' })
    await page.goto('/ui/logs?model_group=gpt-4o-mini')
    await page.getByText('after a fallback').first().waitFor()
    const row = page.locator('tr', { hasText: 'after a fallback' }).first()
    await row.getByRole('button').click()
    await page.getByRole('dialog').getByText('fallback').first().waitFor()
    await page.shot('call')
    await axe(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'More filters' }).click()
    await page.shot('logs-filters')
    await page.getByRole('textbox', exactly('Customer')).fill('nobody')
    await page.getByRole('button', exactly('Show')).click()
    await page.getByText('No call matches the filters').waitFor()
    await page.shot('logs-empty')
    await page.getByRole('button', { name: 'Remove all filters' }).last().click()
    await settled(page)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ])
    if (download.suggestedFilename() !== 'calls.csv') throw new Error(download.suggestedFilename())
    await page.done()
  })

  await check('from a name of the overview to its calls', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/overview?by=provider&span=30d&measure=calls')
    await page.getByRole('button', exactly('anthropic')).click()
    await page.waitForURL(/\/ui\/logs\?.*provider=anthropic/)
    await page.goto('/ui/overview?by=team&measure=latency&span=90d')
    await settled(page)
    await page.shot('overview-latency')
    await page.goto('/ui/overview?by=model&measure=tokens&span=24h')
    await settled(page)
    await page.shot('overview-hours')
    await page.done()
  })

  await check('a user sees the own rows, and no pages of admins', async () => {
    const page = await open(keys.ada)
    await page.goto('/ui/')
    await settled(page)
    await page.locator('.recharts-surface').first().waitFor()
    await page.getByText('+ 5 of unknown cost').waitFor()
    await page
      .getByRole('row', { name: /our-own-model/ })
      .getByText('unknown')
      .waitFor()
    await page.shot('user-overview')
    const links = await page.getByRole('navigation').getByRole('link').allTextContents()
    const expected = ['Overview', 'Logs', 'Keys', 'Teams', 'Models', 'Playground']
    if (links.join() !== expected.join()) throw new Error(`the menu has ${links.join()}`)
    await page.goto('/ui/keys')
    await page.getByText('search-api').waitFor()
    if (await page.getByText('support-bot').isVisible()) throw new Error('a key of another user is visible')
    await page.shot('user-keys')
    await page.goto('/ui/users')
    await page.getByRole('alert').waitFor()
    await page.shot('user-denied')
    await page.done()
  })

  await check('a viewer can change nothing', async () => {
    const page = await open(keys.grace)
    for (const name of ['keys', 'teams', 'users', 'customers', 'budgets', 'models']) {
      await page.goto(`/ui/${name}`)
      await settled(page)
      const buttons = page.getByRole('button', { name: /^(Create|Add) / })
      if ((await buttons.count()) > 0) throw new Error(`${name} has a button to create`)
    }
    await page.shot('viewer-models')
    await page.done()
  })

  await check('the keyboard reaches the content and the forms', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/budgets')
    await settled(page)
    await page.keyboard.press('Tab')
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
    if ((await focused()) !== 'Skip to the content') throw new Error(`the first stop is '${await focused()}'`)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    if (!(await focused()).includes('Create budget')) throw new Error(`the stop after it is '${await focused()}'`)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    const inside = await page.evaluate(() => document.querySelector('[role=dialog]')?.contains(document.activeElement))
    if (!inside) throw new Error('the form does not get the focus')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    if (!(await focused()).includes('Create budget')) throw new Error('the button does not get back the focus')
    await page.done()
  })

  await check('empty states and an unreachable gateway', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/overview?from=2020-01-01&to=2020-01-07')
    await page.getByText('No calls in this range').first().waitFor()
    await page.shot('overview-empty')
    await page.route('**/key/list*', (route) => route.abort())
    await page.goto('/ui/keys')
    await page.getByText('The gateway does not answer.').waitFor({ timeout: 20_000 })
    await page.shot('unreachable')
    await page.goto('/ui/nothing-here')
    await page.getByText('There is no such page').waitFor()
    await page.shot('not-found')
    await page.done()
  })
}

const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] }
