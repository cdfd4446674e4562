// What a role may not do is not shown, and is refused when its session calls the API directly. See check.mjs.
import { adminKey } from './stage.mjs'

const exactly = (name) => ({ name, exact: true })

/** Requests that only admins may make, with a body that an admin could send. */
const changes = (tokens) => [
  ['/team/new', { team_alias: 'intruder' }],
  ['/team/block', { team_id: 'support' }],
  ['/team/delete', { team_ids: ['support'] }],
  ['/team/update', { team_id: 'support', max_budget: 1_000_000 }],
  ['/team/member_add', { team_id: 'support', member: { user_id: 'ada', role: 'admin' } }],
  ['/user/new', { user_email: 'intruder@example.com' }],
  ['/user/update', { user_id: 'ada', user_role: 'proxy_admin' }],
  ['/user/update', { user_id: 'min-jun', max_budget: 1_000_000 }],
  ['/user/block', { user_ids: ['alan'] }],
  ['/user/delete', { user_ids: ['alan'] }],
  ['/customer/new', { user_id: 'intruder' }],
  ['/customer/update', { user_id: 'acme', blocked: true }],
  ['/customer/block', { user_ids: ['acme'] }],
  ['/customer/delete', { user_ids: ['acme'] }],
  ['/budget/new', { budget_id: 'intruder' }],
  ['/budget/update', { budget_id: 'pro-tier', max_budget: 1_000_000 }],
  ['/budget/delete', { id: 'pro-tier' }],
  ['/model/new', { model_name: 'intruder', litellm_params: { model: 'openai/gpt-4o' } }],
  ['/model/delete', { id: 'any' }],
  ['/dashboard/deployments/test', { model_name: 'x', litellm_params: { model: 'openai/gpt-4o' } }],
  ['/dashboard/alerts/test', {}],
  ['/config/reload', {}],
  ['/key/update', { key: tokens['support-bot'], max_budget: 1_000_000 }],
  ['/key/regenerate', { key: tokens['support-bot'] }],
  ['/key/block', { key: tokens['support-bot'] }],
  ['/key/delete', { keys: [tokens['support-bot']] }],
  ['/key/generate', { user_id: 'alan' }],
  ['/key/generate', { team_id: 'support' }],
]

/** Pages that only people who see everything may read, with the requests behind them. */
const reads = [
  '/user/list',
  '/customer/list',
  '/budget/list',
  '/audit',
  '/dashboard/settings',
  '/dashboard/deployments',
]

const roles = [
  {
    name: 'grace',
    role: 'a viewer',
    shows: ['overview', 'logs', 'keys', 'teams', 'users', 'customers', 'budgets', 'models', 'settings'],
    reads: true,
    create: [],
  },
  { name: 'ada', role: 'a user', shows: ['overview', 'logs', 'keys', 'teams', 'models'], create: ['keys'] },
  {
    name: 'min-jun',
    role: 'a user without changes',
    shows: ['overview', 'logs', 'keys', 'teams', 'models'],
    create: [],
  },
]

export async function roleFlows({ check, open, settled, stage, keys }) {
  const { json } = await stage.call('/key/list?return_full_object=true&include_team_keys=true&size=100')
  const tokens = Object.fromEntries(json.keys.map(({ key_alias, token }) => [key_alias, token]))
  /** All rows that a change could reach. */
  const state = async () => {
    const paths = ['/v2/team/list', '/user/list', '/customer/list', '/budget/list', '/model/info']
    const lists = await Promise.all(paths.map((path) => stage.call(path)))
    const list = await stage.call('/key/list?return_full_object=true&include_team_keys=true&size=100')
    const rows = list.json.keys.filter(({ user_id }) => !roles.some(({ name }) => name === user_id))
    // the spend of a call may be booked at any time
    return JSON.stringify([lists.map((one) => one.json), rows], (name, value) =>
      /spend|updated_at|key_count/.test(name) ? undefined : value,
    )
  }

  for (const { name, role, shows, reads: mayRead, create } of roles) {
    await check(`roles: ${role} sees no button for a change, and the API refuses it`, async () => {
      const page = await open(keys[name])
      for (const one of shows) {
        await page.goto(`/ui/${one}`)
        await settled(page)
        const found = await page.getByRole('button', { name: /^(Create|Add|Send a test) / }).count()
        if (found > 0 !== create.includes(one)) throw new Error(`${one} has ${found} buttons that create`)
        for (const row of await page.getByRole('button', { name: /^Actions for / }).all()) {
          const label = await row.getAttribute('aria-label')
          await row.click()
          const item = page.getByRole('menuitem')
          await item.first().waitFor()
          const items = await item.allTextContents()
          await item.first().press('Escape')
          await page.getByRole('menu').waitFor({ state: 'detached' })
          const harmless = one === 'keys' && create.includes('keys') ? ['Edit', 'Rotate', 'Delete'] : ['Members']
          const other = items.filter((item) => !harmless.includes(item))
          if (other.length > 0) throw new Error(`${one}, ${label}: ${other}`)
        }
      }
      const before = await state()
      const send = (path, data) =>
        page.request.fetch(path, {
          method: data === undefined ? 'GET' : 'POST',
          headers: { origin: stage.url },
          ...(data !== undefined && { data }),
        })
      const wrong = []
      for (const [path, body] of changes(tokens)) {
        const status = (await send(path, body)).status()
        if (status !== 401 && status !== 403) wrong.push(`${path}: ${status}`)
      }
      for (const path of reads) {
        const status = (await send(path)).status()
        if (mayRead ? status !== 200 : status !== 401 && status !== 403) wrong.push(`${path}: ${status}`)
      }
      if (wrong.length > 0) throw new Error(`not refused as expected:\n${wrong.join('\n')}`)
      if ((await state()) !== before) throw new Error('a refused request has changed a row')
      await page.done()
    })
  }

  await check('roles: a user creates, changes and rotates the own key, and no other', async () => {
    const page = await open(keys.ada)
    await page.goto('/ui/keys')
    await page.getByRole('button', exactly('Create key')).first().click()
    const form = page.getByRole('dialog')
    await form.getByRole('textbox', { name: 'Name' }).fill('ada-notebook')
    if (await form.getByLabel('Owner').isVisible()) throw new Error('the form offers another owner')
    await form.getByRole('button', exactly('Create')).click()
    const dialog = page.getByRole('dialog', { name: 'Your new key' })
    const key = await dialog.getByRole('textbox').inputValue()
    await dialog.getByRole('button', { name: 'I have copied it' }).click()
    const { json: made } = await stage.call(`/key/info?key=${key}`)
    if (made.info.user_id !== 'ada') throw new Error(`the owner is ${made.info.user_id}`)
    await page.getByRole('button', exactly('Actions for ada-notebook')).click()
    await page.getByRole('menuitem', exactly('Delete')).click()
    await page.getByRole('dialog').getByRole('button', exactly('Delete')).click()
    await page.getByRole('button', exactly('Actions for ada-notebook')).waitFor({ state: 'detached' })
    if ((await stage.call(`/key/info?key=${key}`)).status !== 404) throw new Error('the key exists')
    await page.done()
  })

  await check('roles: a session works on the own site only, and ends with its key', async () => {
    const { json: made } = await stage.call('/key/generate', { user_id: 'ada', key_alias: 'short-lived' })
    const page = await open(made.key)
    const post = (headers) => page.request.post('/key/generate', { data: { key_alias: 'forged' }, headers })
    for (const headers of [
      { origin: 'https://elsewhere.test' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const status = (await post(headers)).status()
      if (status !== 401 && status !== 403) throw new Error(`${JSON.stringify(headers)}: ${status}`)
    }
    await page.goto('/ui/keys')
    await settled(page)
    await stage.call('/key/block', { key: made.key }, adminKey)
    await page.reload()
    await page.getByRole('heading', exactly('Sign in')).waitFor()
    await page.done()
  })
}
