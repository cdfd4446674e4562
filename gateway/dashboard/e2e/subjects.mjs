// Create, edit, block and delete on each page of rows. The gateway's validation appears at the field, and the API confirms each step.
import { deepStrictEqual } from 'node:assert'
import { adminKey } from './stage.mjs'

const exactly = (name) => ({ name, exact: true })
const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] }
const duration = "'budget_duration' must be a duration such as '1h'"

/** Wrong values of the limits, which most forms have. */
const wrongLimits = [
  ['Budget', '-5', "'max_budget' must be a number, 0 or more; got -5."],
  ['Budget period', 'tomorrow', duration],
  ['Alert at', '-1', "'soft_budget' must be a number, 0 or more"],
  ['Requests per minute', '1.5', "'rpm_limit' must be an integer; got 1.5."],
  ['Tokens per minute', '-3', "'tpm_limit' must be a number, 0 or more"],
  ['Calls at the same time', '0.5', "'max_parallel_requests' must be an integer"],
]
const wrongMetadata = ['Metadata', '[1]', 'This must be a JSON object']

/** What each page of rows is tested with: `read` is the state of a row in the API, undefined once it is deleted. */
const subjects = ({ stage: { call, simulator } }) => [
  {
    page: 'teams',
    create: 'Create team',
    name: 'E2E team',
    valid: { Team: 'E2E team', Id: 'e2e-team', Budget: '10', 'Budget period': '30d' },
    wrong: [
      ['Team', '', 'Fill in this field.'],
      ['Id', 'search', "A team with the id 'search' exists."],
      ...wrongLimits,
      wrongMetadata,
    ],
    read: async () =>
      pick((await call('/team/info?team_id=e2e-team')).json.team_info, 'max_budget', 'rpm_limit', 'blocked'),
    created: { max_budget: 10, rpm_limit: null, blocked: false },
    edit: { Budget: '12.5', 'Requests per minute': '30' },
    edited: { max_budget: 12.5, rpm_limit: 30, blocked: false },
    // a key of the team
    use: () => keyCall(call, { team_id: 'e2e-team' }),
  },
  {
    page: 'users',
    create: 'Create user',
    name: 'e2e@example.com',
    valid: { 'Email address': 'e2e@example.com', Id: 'e2e-user', Budget: '10' },
    choose: { Role: 'User' },
    wrong: [
      ['Email address', 'ada@example.com', "A user with the address 'ada@example.com' exists."],
      ['Id', 'ada', "A user with the id 'ada' exists."],
      ...wrongLimits,
      wrongMetadata,
    ],
    read: async () =>
      pick((await call('/user/info?user_id=e2e-user')).json.user_info, 'max_budget', 'user_role', 'user_alias'),
    created: { max_budget: 10, user_role: 'internal_user', user_alias: null },
    edit: { Name: 'Edith', Budget: '' },
    edited: { max_budget: null, user_role: 'internal_user', user_alias: 'Edith' },
    renamed: 'Edith',
    use: () => keyCall(call, { user_id: 'e2e-user' }),
  },
  {
    page: 'customers',
    create: 'Create customer',
    name: 'E2E customer',
    valid: { Id: 'e2e-customer', Name: 'E2E customer', 'Own budget': '10' },
    wrong: [
      ['Id', '', 'Fill in this field.'],
      ['Id', 'acme', "The customer 'acme' exists."],
      ['Own budget', '-5', "'max_budget' must be a number, 0 or more; got -5."],
      ['Budget period', 'tomorrow', duration],
    ],
    read: async () => {
      const { json } = await call('/customer/info?end_user_id=e2e-customer')
      return json.error
        ? undefined
        : { alias: json.alias, budget: json.litellm_budget_table?.max_budget, blocked: json.blocked }
    },
    created: { alias: 'E2E customer', budget: 10, blocked: false },
    edit: { 'Own budget': '12.5' },
    edited: { alias: 'E2E customer', budget: 12.5, blocked: false },
    use: async () => (await call('/v1/chat/completions', { ...hello, user: 'e2e-customer' })).status,
  },
  {
    page: 'budgets',
    create: 'Create budget',
    name: 'e2e-budget',
    valid: { Budget: 'e2e-budget', 'Budget period': 'monthly', 'Requests per minute': '20' },
    // the name and the amount have the same label
    nth: { Budget: 0 },
    wrong: [
      ['Budget', 'pro-tier', "A budget with the id 'pro-tier' exists."],
      [
        'Budgets of single models',
        '{"gpt-4o": {"max_budget": "ten"}}',
        "'model_max_budget.gpt-4o.max_budget' must be a number",
      ],
      [
        'Budgets of single models',
        '{"gpt-4o": {"max_budget": 1, "budget_duration": "soon"}}',
        "'model_max_budget.gpt-4o.budget_duration' must be",
      ],
      ...wrongLimits.filter(([label]) => label !== 'Budget'),
    ],
    read: async () =>
      pick((await call('/budget/info', { budgets: ['e2e-budget'] })).json[0], 'budget_duration', 'rpm_limit'),
    created: { budget_duration: 'monthly', rpm_limit: 20 },
    edit: { 'Requests per minute': '25', 'Budget period': '7d' },
    edited: { budget_duration: '7d', rpm_limit: 25 },
  },
  {
    page: 'models',
    create: 'Add deployment',
    name: 'e2e-model',
    valid: {
      'Name for clients': 'e2e-model',
      'Provider and model': 'openai/gpt-4o-mini',
      Address: simulator.base('openai'),
    },
    secret: { 'Key of the provider': 'simulated' },
    wrong: [
      ['Name for clients', '', 'Fill in this field.'],
      ['Provider and model', 'nobody/x', "The provider 'nobody' of a deployment of 'e2e-model' is not known."],
      ['Address', 'ftp://x', "'litellm_params.api_base' must be a URL with http:// or https://"],
      [
        'Price of input ($ per million tokens)',
        '-1',
        "'litellm_params.input_cost_per_token' must be a number of 0 or more",
      ],
      ['Weight', '-1', "'litellm_params.weight' must be a number of 0 or more"],
      ['Further parameters', '{', 'This must be a JSON object'],
    ],
    read: async () => {
      const { json } = await call('/model/info')
      const row = json.data.find(({ model_name }) => model_name === 'e2e-model')
      return (
        row && {
          model: row.litellm_params.model,
          weight: row.litellm_params.weight ?? null,
          key: row.litellm_params.api_key ?? null,
        }
      )
    },
    created: { model: 'openai/gpt-4o-mini', weight: null, key: null },
    edit: { Weight: '2', 'Provider and model': 'openai/gpt-4o' },
    edited: { model: 'openai/gpt-4o', weight: 2, key: null },
    use: async () => (await call('/v1/chat/completions', { ...hello, model: 'e2e-model' })).status,
  },
]

const pick = (row, ...names) =>
  row && Object.fromEntries(names.map((name) => [name, row[name] ?? (name === 'blocked' ? false : null)]))

/** The status of a call with a new key of a team or user; the key is made once. */
const made = new Map()
async function keyCall(call, owner) {
  const name = JSON.stringify(owner)
  if (!made.has(name)) made.set(name, (await call('/key/generate', owner)).json.key)
  return (await call('/v1/chat/completions', hello, made.get(name))).status
}

/** The input of a field. A required one has a star in its label. */
const input = (form, label, place = 0) =>
  form
    .locator('label', { hasText: new RegExp(`^${label.replace(/[()$]/g, '\\$&')}( \\*)?$`) })
    .nth(place)
    .evaluate((element) => element.htmlFor)
    .then((id) => form.locator(`[id="${id}"]`))

async function fill(form, label, text, place) {
  if (!(await (await input(form, label, place)).isVisible()))
    await form.getByRole('button', { name: 'More settings' }).click()
  // the fields behind the button get new ids when they appear
  const field = await input(form, label, place)
  await field.fill(text)
  // closes a list of suggestions
  await field.blur()
}

/** The message below a field, as a screen reader finds it. */
async function messageAt(form, label, place) {
  const field = await input(form, label, place)
  return await field.evaluate((element) =>
    (element.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id))
      .filter((found) => found?.className.includes('error'))
      .map((found) => found.textContent)
      .join(' '),
  )
}

export async function subjectFlows({ check, open, axe, settled, stage, keys }) {
  for (const subject of subjects({ stage, keys })) {
    const { page: at, create, name, valid, wrong, nth = {}, read } = subject
    await check(`${at}: validation at each field, create, edit, block, delete`, async () => {
      const page = await open(adminKey)
      await page.goto(`/ui/${at}`)
      await settled(page)
      await page.getByRole('button', exactly(create)).first().click()
      const form = page.getByRole('dialog')
      const submit = (verb) => form.getByRole('button', exactly(verb)).click()
      for (const [label, text] of Object.entries(valid)) await fill(form, label, text, nth[label])
      for (const [label, text] of Object.entries(subject.secret ?? {})) await form.getByLabel(label).fill(text)
      for (const [label, option] of Object.entries(subject.choose ?? {})) {
        await (await input(form, label)).click()
        await page.getByRole('option', exactly(option)).click()
      }
      for (const [label, text, expected] of wrong) {
        await fill(form, label, text, nth[label])
        await submit('Create')
        await form.getByText(expected).first().waitFor({ timeout: 10_000 })
        const message = await messageAt(form, label, nth[label])
        if (!message.includes(expected)) throw new Error(`the message at ${label} is '${message}'`)
        if ((await (await input(form, label, nth[label])).getAttribute('aria-invalid')) !== 'true')
          throw new Error(`${label} is not marked as invalid`)
        await fill(form, label, valid[label] ?? '', nth[label])
      }
      if ((await read()) !== undefined) throw new Error('a wrong form has created a row')
      await axe(page)
      await page.shot(`${at}-validation`)
      await submit('Create')
      const newKey = page.getByRole('dialog', { name: 'Your new key' })
      if (at === 'users') await newKey.getByRole('button', { name: 'I have copied it' }).click()
      await form.waitFor({ state: 'detached' })
      deepStrictEqual(await read(), subject.created)
      if (subject.use && (await subject.use()) !== 200) throw new Error('a call after the creation fails')

      let shown = name
      const choose = async (item) => {
        await page.getByRole('button', exactly(`Actions for ${shown}`)).click()
        await page.getByRole('menuitem', exactly(item)).click()
      }
      await choose('Edit')
      const [bad, text, expected] = wrong.find(([label]) => label in subject.edit) ?? wrong.at(-1)
      await fill(form, bad, text, nth[bad])
      await submit('Save')
      await form.getByText(expected).first().waitFor()
      if (!(await messageAt(form, bad, nth[bad])).includes(expected)) throw new Error(`no message at ${bad}`)
      deepStrictEqual(await read(), subject.created)
      await fill(form, bad, '', nth[bad])
      for (const [label, value] of Object.entries(subject.edit)) await fill(form, label, value, nth[label])
      await submit('Save')
      await form.waitFor({ state: 'detached' })
      deepStrictEqual(await read(), subject.edited)
      shown = subject.renamed ?? name

      if (['teams', 'users', 'customers'].includes(at)) {
        await choose('Block')
        await page.getByRole('row', { name: shown }).getByText('Blocked', { exact: true }).waitFor()
        const refused = await subject.use()
        if (refused < 400 || refused > 403) throw new Error(`a call of the blocked ${at}: ${refused}`)
        await page.shot(`${at}-blocked`)
        await choose('Unblock')
        await page
          .getByRole('row', { name: shown })
          .getByText('Blocked', { exact: true })
          .waitFor({ state: 'detached' })
        if ((await subject.use()) !== 200) throw new Error('a call after the block fails')
      }

      await choose('Delete')
      const question = page.getByRole('dialog')
      await page.shot(`${at}-delete`)
      await question.getByRole('button', exactly('Cancel')).click()
      deepStrictEqual(await read(), subject.edited)
      await choose('Delete')
      await question.getByRole('button', exactly('Delete')).click()
      await page.getByRole('button', exactly(`Actions for ${shown}`)).waitFor({ state: 'detached' })
      if ((await read()) !== undefined) throw new Error('the API still has the row')
      if (subject.use && at !== 'customers' && (await subject.use()) === 200) throw new Error('a call still succeeds')
      await page.done()
    })
  }

  await check('keys: validation at each field, rotate, block and delete', async () => {
    const page = await open(adminKey)
    await page.goto('/ui/keys')
    await settled(page)
    await page.getByRole('button', exactly('Create key')).first().click()
    const form = page.getByRole('dialog')
    await fill(form, 'Name', 'e2e-rotated')
    const wrong = [
      ['Name', 'search-api', "A key with the alias 'search-api' exists."],
      ...wrongLimits,
      ['Expires after', 'someday', "'duration' must be a duration such as '30s'"],
      [
        'Budgets of single models',
        '{"gpt-4o": {"max_budget": -1}}',
        "'model_max_budget.gpt-4o.max_budget' must be a number",
      ],
      wrongMetadata,
    ]
    for (const [label, text, expected] of wrong) {
      await fill(form, label, text)
      await form.getByRole('button', exactly('Create')).click()
      await form.getByText(expected).first().waitFor({ timeout: 10_000 })
      const message = await messageAt(form, label)
      if (!message.includes(expected)) throw new Error(`the message at ${label} is '${message}'`)
      await fill(form, label, label === 'Name' ? 'e2e-rotated' : '')
    }
    await page.shot('keys-validation')
    await fill(form, 'Expires after', '30d')
    await fill(form, 'Budgets of single models', '{"gpt-4o": {"max_budget": 10, "budget_duration": "30d"}}')
    await form.getByRole('button', exactly('Create')).click()
    const dialog = page.getByRole('dialog', { name: 'Your new key' })
    const values = []
    const take = async () => {
      values.push(await dialog.getByRole('textbox').inputValue())
      await dialog.getByRole('button', { name: 'I have copied it' }).click()
      await dialog.waitFor({ state: 'detached' })
    }
    await take()
    const statusOf = async (key) => (await stage.call('/v1/chat/completions', hello, key)).status
    const info = async () => (await stage.call(`/key/info?key=${values.at(-1)}`)).json.info
    const before = await info()
    deepStrictEqual(before.model_max_budget, { 'gpt-4o': { max_budget: 10, budget_duration: '30d' } })
    if (!(Date.parse(before.expires) > Date.now() + 29 * 86_400_000)) throw new Error(`it expires at ${before.expires}`)
    if ((await statusOf(values[0])) !== 200) throw new Error('a call with the new key fails')
    const choose = async (item) => {
      await page.getByRole('button', exactly('Actions for e2e-rotated')).click()
      await page.getByRole('menuitem', exactly(item)).click()
    }
    await choose('Rotate')
    await page.getByRole('dialog').getByRole('button', exactly('Rotate')).click()
    await take()
    deepStrictEqual([await statusOf(values[0]), await statusOf(values[1])], [401, 200])
    const after = await info()
    deepStrictEqual([after.key_alias, after.model_max_budget], [before.key_alias, before.model_max_budget])

    await choose('Block')
    await page.getByRole('row', { name: 'e2e-rotated' }).getByText('Blocked', { exact: true }).waitFor()
    deepStrictEqual([(await info()).blocked, await statusOf(values[1])], [true, 401])
    await choose('Unblock')
    await page.getByRole('row', { name: 'e2e-rotated' }).getByText('Active', { exact: true }).waitFor()
    deepStrictEqual([(await info()).blocked, await statusOf(values[1])], [false, 200])

    await choose('Delete')
    await page.getByRole('dialog').getByRole('button', exactly('Delete')).click()
    await page.getByRole('button', exactly('Actions for e2e-rotated')).waitFor({ state: 'detached' })
    deepStrictEqual([(await stage.call(`/key/info?key=${values[1]}`)).status, await statusOf(values[1])], [404, 401])
    await page.done()
  })
}
