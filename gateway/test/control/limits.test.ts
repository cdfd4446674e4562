import { describe, expect, it } from 'vitest'
import { budgetPeriod, lifeMs, periodAt } from '../../src/limits/durations.js'
import { toDollars, toNanos } from '../../src/limits/money.js'
import { refusalOf } from '../../src/refusal.js'
import { openTest, settled } from './harness.js'

const statusOf = async (call: Promise<unknown>) =>
  await call.then(
    () => 200,
    (error: unknown) => refusalOf(error)?.status,
  )

describe('durations of budgets', () => {
  const sunday = Date.parse('2026-11-29T09:40:12Z')
  it.each([
    ['hourly', '2026-11-29T10:00:00.000Z'],
    ['Daily', '2026-11-30T00:00:00.000Z'],
    ['weekly', '2026-11-30T00:00:00.000Z'],
    ['MONTHLY', '2026-12-01T00:00:00.000Z'],
    ['1h', '2026-11-29T10:00:00.000Z'],
    ['12h', '2026-11-29T12:00:00.000Z'],
    ['24h', '2026-11-30T00:00:00.000Z'],
    ['7d', '2026-11-30T00:00:00.000Z'],
    ['1w', '2026-11-30T00:00:00.000Z'],
    ['30d', '2026-12-01T00:00:00.000Z'],
    ['1mo', '2026-12-01T00:00:00.000Z'],
    ['60s', '2026-11-29T09:41:00.000Z'],
    ['1m', '2026-11-29T09:41:00.000Z'],
  ])('resets %s at %s', (text, expected) => {
    const period = budgetPeriod(text)
    expect(period && new Date(periodAt(sunday, period).to).toISOString()).toBe(expected)
  })

  it.each(['yearly', '30', '3mo', '0d', '-1d', '1.5h', '', 'soon', '99999999d'])('rejects %j', (text) => {
    expect(budgetPeriod(text)).toBeUndefined()
  })

  it('gives equal spans one name', () => {
    expect(budgetPeriod('60m')?.name).toBe(budgetPeriod('1h')?.name)
    expect(budgetPeriod('1d12h')?.name).toBe('36h')
    expect(lifeMs('2mo')).toBe(60 * 86_400_000)
  })
})

it('keeps money exact beyond 2⁵³ nanodollars', () => {
  expect(toNanos(0.1 + 0.2)).toBe(300_000_000)
  expect(toDollars(20_000_000_500_000_000n)).toBe(20_000_000.5)
  expect(toDollars(110_000n)).toBe(0.00011)
})

describe('limits', () => {
  it('admits exactly the requests a minute that a key has, in a burst', async () => {
    const { key, admit } = await openTest()
    const made = await key({ rpm_limit: 5 })
    const found = await Promise.all(Array.from({ length: 20 }, () => statusOf(admit(made))))
    expect(found.filter((status) => status === 200)).toHaveLength(5)
    expect(found.filter((status) => status === 429)).toHaveLength(15)
  })

  it('names scope, limit and time of a refusal', async () => {
    const { key, call, admit } = await openTest()
    const made = await key({ rpm_limit: 1, key_alias: 'narrow' })
    await call(made)
    const error = await admit(made).catch((reason: unknown) => reason)
    expect((error as Error).message).toMatch(/key narrow has reached its limit of 1 requests a minute/)
    const refusal = refusalOf(error)
    expect(refusal).toMatchObject({ status: 429, headers: { rate_limit_type: 'requests' } })
    expect(refusal?.retryAfterMs).toBeGreaterThan(50_000)
    expect(refusal?.retryAfterMs).toBeLessThanOrEqual(61_000)
  })

  it('admits exactly the calls in flight that a key has, and gives a place back with the end of a call', async () => {
    const { key, admit, call } = await openTest()
    const made = await key({ max_parallel_requests: 3 })
    const open = await Promise.all(Array.from({ length: 3 }, () => admit(made)))
    expect(await call(made)).toBe(429)
    open[0]?.settle(settled())
    open[0]?.settle(settled())
    open[1]?.release()
    const [fourth] = [await admit(made), await admit(made)]
    expect(await call(made)).toBe(429)
    fourth?.release()
  })

  it('counts tokens by what calls have used, in a burst of unknown size', async () => {
    const { key, admit } = await openTest()
    const made = await key({ tpm_limit: 150 })
    const one = async () => {
      const call = await admit(made)
      await new Promise((resolve) => setTimeout(resolve, 5))
      call.settle(settled())
    }
    const found = await Promise.all(Array.from({ length: 20 }, () => statusOf(one())))
    expect(found.filter((status) => status === 200)).toHaveLength(10)
  })

  it('uses nothing of any scope for a refused call', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/team/new', { team_id: 't', rpm_limit: 2 })
    const narrow = await key({ team_id: 't', rpm_limit: 1 })
    const wide = await key({ team_id: 't' })
    expect(await call(narrow)).toBe(200)
    for (let i = 0; i < 5; i++) expect(await call(narrow)).toBe(429)
    expect(await call(wide)).toBe(200)
    expect(await call(wide)).toBe(429)
  })

  it('limits a model within a key, a member within a team, a customer and a tag', async () => {
    const { ask, key, call } = await openTest()
    const byModel = await key({ model_rpm_limit: { large: 1 } })
    expect([await call(byModel), await call(byModel), await call(byModel, { model: 'small' })]).toEqual([200, 429, 200])
    await ask('POST', '/team/new', { team_id: 't' })
    await ask('POST', '/team/member_add', { team_id: 't', member: { role: 'user', user_id: 'ann' } })
    await ask('POST', '/team/member_update', { team_id: 't', user_id: 'ann', rpm_limit: 1 })
    const member = await key({ team_id: 't', user_id: 'ann' })
    const other = await key({ team_id: 't', user_id: 'bob' })
    expect([await call(member), await call(member), await call(other)]).toEqual([200, 429, 200])
    await ask('POST', '/customer/new', { user_id: 'c1', rpm_limit: 1 })
    const plain = await key()
    const forCustomer = { params: { messages: [], user: 'c1' } }
    expect([await call(plain, forCustomer), await call(plain, forCustomer), await call(plain)]).toEqual([200, 429, 200])
    await ask('POST', '/tag/new', { name: 'batch', rpm_limit: 1 })
    const tagged = { headers: { 'x-litellm-tags': 'batch' } }
    expect([await call(plain, tagged), await call(plain, tagged), await call(plain)]).toEqual([200, 429, 200])
  })

  it('applies a changed limit to the next call', async () => {
    const { ask, key, call } = await openTest()
    const made = await key({ rpm_limit: 1 })
    expect([await call(made), await call(made)]).toEqual([200, 429])
    await ask('POST', '/key/update', { key: made, rpm_limit: 3 })
    expect([await call(made), await call(made), await call(made)]).toEqual([200, 200, 429])
  })

  it('shows limits and the remainder in headers', async () => {
    const { key, admit } = await openTest()
    const call = await admit(await key({ rpm_limit: 10, tpm_limit: 1000, max_budget: 2 }))
    call.settle(settled())
    expect(call.headers()).toEqual({
      'x-litellm-key-spend': '0.00006',
      'x-litellm-key-tpm-limit': '1000',
      'x-litellm-key-rpm-limit': '10',
      'x-litellm-key-max-budget': '2',
      'x-ratelimit-api_key-limit-requests': '10',
      'x-ratelimit-api_key-remaining-requests': '9',
      'x-ratelimit-api_key-limit-tokens': '1000',
      'x-ratelimit-api_key-remaining-tokens': '985',
    })
  })
})

describe('budgets', () => {
  it('is passed by at most one call in a burst, and the spend is exact', async () => {
    const { ask, key, admit } = await openTest()
    const made = await key({ max_budget: 0.00025 })
    const one = async () => {
      const call = await admit(made)
      await new Promise((resolve) => setTimeout(resolve, 5))
      call.settle(settled())
    }
    const found = await Promise.all(Array.from({ length: 20 }, () => statusOf(one())))
    const passed = found.filter((status) => status === 200).length
    expect(passed).toBe(5)
    expect(found.filter((status) => status === 422)).toHaveLength(15)
    expect((await ask('GET', `/key/info?key=${made}`)).body.info.spend).toBe(0.0003)
  })

  it('is never passed in strict mode', async () => {
    const { key, call } = await openTest({ settings: { budgetMode: 'strict' } })
    // 14 input tokens at most, and 100 output tokens
    const made = await key({ max_budget: 0.00085 })
    const params = { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 100 }
    expect(await call(made, { params })).toBe(200)
    expect(await call(made, { params })).toBe(422)
    expect(await call(made, { params: { ...params, max_tokens: 50 } })).toBe(200)
  })

  it('lowers the output to what is left in clamp mode, and tells the client', async () => {
    const { key, admit } = await openTest({ settings: { budgetMode: 'clamp' } })
    const made = await key({ max_budget: 0.0009 })
    const params = { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 100 }
    const first = await admit(made, { params })
    expect(first.maxOutputTokens).toBeUndefined()
    first.settle(settled({ cost: { total: 0.0008 } }))
    const second = await admit(made, { params })
    // 0.0001 pay for 7 input tokens of 0.000002 and 10 output tokens of 0.000008
    expect(second.maxOutputTokens).toBe(10)
    expect(second.headers()['x-llmux-max-tokens']).toBe('10')
    second.settle(settled({ cost: { total: 0.0001 } }))
    await expect(admit(made, { params })).rejects.toThrow('used up')
  })

  it('refuses the first call on a budget of 0, with the status of the settings', async () => {
    const { control, key, call } = await openTest()
    const made = await key({ max_budget: 0 })
    expect(await call(made)).toBe(422)
    control.configure({ budgetExceededStatus: 429 })
    expect(await call(made)).toBe(429)
  })

  it.each([
    ['team', 'team t'],
    ['user', 'user ann'],
    ['customer', 'customer c1'],
    ['tag', 'tag batch'],
    ['member', 'member t/ann'],
    ['gateway', 'gateway'],
  ])('of a %s ends the calls of all its keys', async (scope, name) => {
    const settings = scope === 'gateway' ? { maxBudget: 0.00005 } : {}
    const { ask, key, call, admit } = await openTest({ settings })
    const budget = { max_budget: 0.00005 }
    await ask('POST', '/team/new', { team_id: 't', ...(scope === 'team' && budget) })
    await ask('POST', '/user/new', { user_id: 'ann', auto_create_key: false, ...(scope === 'user' && budget) })
    await ask('POST', '/team/member_add', {
      team_id: 't',
      member: { role: 'user', user_id: 'ann' },
      ...(scope === 'member' && { max_budget_in_team: 0.00005 }),
    })
    await ask('POST', '/customer/new', { user_id: 'c1', ...(scope === 'customer' && budget) })
    await ask('POST', '/tag/new', { name: 'batch', ...(scope === 'tag' && budget) })
    const body = { user_id: 'ann', ...(scope !== 'user' && { team_id: 't' }) }
    const [first, second] = [await key(body), await key(body)]
    const params = { messages: [], user: 'c1', metadata: { tags: ['batch'] } }
    expect(await call(first, { params })).toBe(200)
    const error = await admit(second, { params }).catch((reason: unknown) => reason)
    expect(refusalOf(error)).toMatchObject({ status: 422, type: 'budget_exceeded' })
    expect((error as Error).message).toContain(`budget of the ${name} is used up: $0.00006 of $0.00005 spent`)
  })

  it('begins anew with the next period, and keeps the spend when the period is changed', async () => {
    let now = Date.parse('2026-11-10T12:00:00Z')
    const { ask, key, call } = await openTest({ now: () => now })
    const made = await key({ max_budget: 0.00005, budget_duration: '1h' })
    const spend = async () => (await ask('GET', `/key/info?key=${made}`)).body.info.spend
    expect([await call(made), await call(made)]).toEqual([200, 422])
    await ask('POST', '/key/update', { key: made, budget_duration: 'daily' })
    expect(await spend()).toBe(0.00006)
    expect(await call(made)).toBe(422)
    now += 86_400_000
    expect(await spend()).toBe(0)
  })

  it('holds several windows, and budgets of single models', async () => {
    const { key, call } = await openTest()
    const windows = await key({ max_budget: 1, budget_limits: [{ budget_limit: 0.00005, time_period: '1h' }] })
    expect([await call(windows), await call(windows)]).toEqual([200, 422])
    const models = await key({ model_max_budget: { large: { budget_limit: 0.00005, time_period: '1d' } } })
    expect([await call(models), await call(models), await call(models, { model: 'small' })]).toEqual([200, 422, 200])
    expect(await call(models, { model: 'big' })).toBe(422)
  })

  it('is shared by the keys that name it, each with spend of its own', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/budget/new', { budget_id: 'b', max_budget: 0.00005, rpm_limit: 10 })
    const made = await key({ budget_id: 'b' })
    expect([await call(made), await call(made)]).toEqual([200, 422])
    await ask('POST', '/budget/update', { budget_id: 'b', max_budget: 1 })
    expect(await call(made)).toBe(200)
  })

  it('reports thresholds once', async () => {
    const { key, call, events } = await openTest()
    const made = await key({ max_budget: 0.0002, soft_budget: 0.0001 })
    for (let i = 0; i < 4; i++) await call(made)
    const found = events.flatMap((event) => (event.kind === 'budget' ? [`${event.state} ${event.percent}`] : []))
    expect(found).toEqual(['soft 0', 'crossed 90', 'crossed 100'])
  })

  it('knows the spend of an earlier process', async () => {
    const first = await openTest()
    const made = await first.key({ max_budget: 0.00005 })
    expect(await first.call(made)).toBe(200)
    await first.control.close()
    const second = await openTest({ data: first.folder })
    expect(await second.call(made)).toBe(422)
  })
})

describe('a model without a price', () => {
  const unknown = { cost: { total: undefined, reason: 'unknown_model' as const } }

  it('is booked at the fallback price, so that a budget ends', async () => {
    const { ask, key, call } = await openTest()
    const made = await key({ max_budget: 1e-7 })
    expect(await call(made, { model: 'unpriced' }, unknown)).toBe(200)
    expect(await call(made, { model: 'unpriced' }, unknown)).toBe(422)
    const { body } = await ask('GET', `/spend/logs?api_key=${made}`)
    const success = body.find(({ status }: { status: string }) => status === 'success')
    expect(success).toMatchObject({ spend: 0.00035, metadata: { cost_state: 'estimated' } })
  })

  it('is refused on keys with a budget where the settings say so, and costs nothing where they allow it', async () => {
    const { control, ask, key, call } = await openTest({ settings: { unknownPrice: 'refuse' } })
    const made = await key({ max_budget: 1 })
    expect(await call(made, { model: 'unpriced' })).toBe(400)
    expect(await call(await key(), { model: 'unpriced' }, unknown)).toBe(200)
    control.configure({ unknownPrice: 'allow' })
    expect(await call(made, { model: 'unpriced' }, unknown)).toBe(200)
    const { body } = await ask('GET', `/spend/logs?api_key=${made}`)
    expect(body[0].metadata.cost_state).toBe('unknown')
  })
})

describe('access to models', () => {
  it.each([
    [{ models: ['large'] }, 'large', 200],
    [{ models: ['large'] }, 'big', 200],
    [{ models: ['large'] }, 'small', 403],
    [{ models: ['cheap'] }, 'small', 200],
    [{ models: ['sm*'] }, 'small', 200],
    [{ models: ['*'] }, 'small', 200],
    [{ models: ['no-default-models'] }, 'small', 403],
    [{ models: [], aliases: { mine: 'small' } }, 'mine', 200],
  ])('of a key with %j to %s is %d', async (body, model, expected) => {
    const { key, call } = await openTest()
    expect(await call(await key(body), { model })).toBe(expected)
  })

  it('names the subject that has not the model', async () => {
    const { ask, key, admit } = await openTest()
    await ask('POST', '/team/new', { team_id: 't', models: ['small'] })
    await ask('POST', '/user/new', { user_id: 'ann', models: ['small'], auto_create_key: false })
    const typeOf = async (body: Record<string, unknown>) =>
      refusalOf(await admit(await key(body)).catch((error: unknown) => error))?.type
    expect(await typeOf({ models: ['small'] })).toBe('key_model_access_denied')
    expect(await typeOf({ team_id: 't' })).toBe('team_model_access_denied')
    expect(await typeOf({ user_id: 'ann' })).toBe('user_model_access_denied')
    expect(await typeOf({ user_id: 'ann', models: ['all-team-models', 'large'] })).toBe('user_model_access_denied')
  })

  it('opens nothing when the last model of a team is removed', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/team/new', { team_id: 't', models: ['large'] })
    const made = await key({ team_id: 't' })
    expect(await call(made)).toBe(200)
    await ask('POST', '/team/model/delete', { team_id: 't', models: ['large'] })
    expect(await call(made)).toBe(403)
    await ask('POST', '/team/model/add', { team_id: 't', models: ['small'] })
    expect([await call(made), await call(made, { model: 'small' })]).toEqual([403, 200])
  })

  it('ends at once when a team, a user or a customer is blocked', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/team/new', { team_id: 't' })
    await ask('POST', '/user/new', { user_id: 'ann', auto_create_key: false })
    const team = await key({ team_id: 't' })
    const user = await key({ user_id: 'ann' })
    const params = { messages: [], user: 'c9' }
    expect([await call(team), await call(user), await call(user, { params })]).toEqual([200, 200, 200])
    await ask('POST', '/team/block', { team_id: 't' })
    await ask('POST', '/customer/block', { user_ids: ['c9'] })
    expect([await call(team), await call(user), await call(user, { params })]).toEqual([401, 200, 403])
    await ask('POST', '/user/block', { user_ids: ['ann'] })
    expect(await call(user)).toBe(401)
    await ask('POST', '/team/unblock', { team_id: 't' })
    expect(await call(team)).toBe(200)
  })
})
