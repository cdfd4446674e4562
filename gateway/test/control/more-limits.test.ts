import { memoryLimits } from 'llmux'
import { describe, expect, it, onTestFinished } from 'vitest'
import { budgetPeriod, namedPeriod, periodAt } from '../../src/limits/durations.js'
import { refusalOf } from '../../src/refusal.js'
import { openTest, settled } from './harness.js'

const cost = (total: number) => settled({ cost: { total } })

describe('limits of further kinds', () => {
  it('count the requests of a month, also after a restart', async () => {
    const first = await openTest()
    const made = await first.key({ monthly_request_limit: 3 })
    expect([await first.call(made), await first.call(made)]).toEqual([200, 200])
    await first.control.close()
    const second = await openTest({ data: first.folder })
    expect([await second.call(made), await second.call(made)]).toEqual([200, 429])
    const error = await second.admit(made).catch((reason: unknown) => reason)
    expect((error as Error).message).toMatch(/limit of 3 requests a month/)
  })

  it('count input and output tokens apart', async () => {
    const { key, call } = await openTest()
    const params = { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 }
    const input = await key({ itpm_limit: 18 })
    // 10 input tokens each; the second call is expected to need 6
    expect([await call(input, { params }), await call(input, { params }), await call(input, { params })]).toEqual([
      200, 200, 429,
    ])
    const output = await key({ otpm_limit: 8 })
    expect([await call(output, { params }), await call(output, { params })]).toEqual([200, 429])
    const error = await (await openTest()).key({ itpm_limit: -1 }).catch((reason: Error) => reason.message)
    expect(error).toContain('itpm_limit')
  })

  it('hold for all calls of the gateway together', async () => {
    const { key, call } = await openTest({ settings: { gatewayLimits: { rpm_limit: 2 } } })
    const [one, two] = [await key(), await key()]
    expect([await call(one), await call(two), await call(one)]).toEqual([200, 200, 429])
  })

  it('let calls wait by priority where that is configured', async () => {
    const { key, admit } = await openTest({ settings: { limitWaitMs: 5_000 } })
    const made = await key({ max_parallel_requests: 1 })
    const first = await admit(made)
    const order: string[] = []
    const wait = async (name: string, priority: number) => {
      const call = await admit(made, { params: { messages: [], priority } })
      order.push(name)
      call.settle(settled())
    }
    const waiting = [wait('later', 5), wait('sooner', 1), wait('last', 9)]
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(order).toEqual([])
    first.settle(settled())
    await Promise.all(waiting)
    expect(order).toEqual(['sooner', 'later', 'last'])
  })

  it('refuse a call whose wait is over', async () => {
    const { key, admit, call } = await openTest()
    const made = await key({ max_parallel_requests: 1, metadata: { limit_wait: 0.05 } })
    const open = await admit(made)
    expect(await call(made)).toBe(429)
    open.release()
    expect(await call(made)).toBe(200)
  })
})

describe('budgets of further kinds', () => {
  it('roll: what was spent comes back piece by piece', async () => {
    let now = Date.parse('2026-11-10T12:10:00Z')
    const { ask, key, call } = await openTest({ now: () => now })
    const made = await key({ max_budget: 0.0001, budget_duration: 'rolling:1h' })
    const spend = async () => (await ask('GET', `/key/info?key=${made}`)).body.info.spend
    expect(await call(made)).toBe(200)
    // a calendar hour would begin here
    now += 55 * 60_000
    expect(await spend()).toBe(0.00006)
    expect([await call(made), await call(made)]).toEqual([200, 422])
    now += 8 * 60_000
    expect(await spend()).toBe(0.00006)
    expect([await call(made), await call(made)]).toEqual([200, 422])
  })

  it('begin at midnight of the time zone', async () => {
    let now = Date.parse('2026-11-10T22:30:00Z')
    const { ask, key, call } = await openTest({ now: () => now, settings: { timezone: 'Europe/Berlin' } })
    const made = await key({ max_budget: 0.00005, budget_duration: '1d' })
    expect([await call(made), await call(made)]).toEqual([200, 422])
    expect((await ask('GET', `/key/info?key=${made}`)).body.info.budget_reset_at).toBe('2026-11-10T23:00:00.000Z')
    now += 45 * 60_000
    expect([await call(made), await call(made)]).toEqual([200, 422])
  })

  it.each([
    ['Europe/Berlin', '1d', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '1d', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['America/New_York', '1mo', '2026-11-30T23:00:00Z', '2026-11-01T04:00:00.000Z', '2026-12-01T05:00:00.000Z'],
    ['Asia/Kolkata', '1w', '2026-11-29T20:00:00Z', '2026-11-29T18:30:00.000Z', '2026-12-06T18:30:00.000Z'],
  ])('in %s count %s around %s', (zone, duration, at, from, to) => {
    const period = budgetPeriod(duration, zone)
    const found = period && periodAt(Date.parse(at), period)
    expect(found && [new Date(found.from).toISOString(), new Date(found.to).toISOString()]).toEqual([from, to])
    expect(namedPeriod(period?.name ?? '')).toEqual(period)
  })

  it('are spent together by all keys that name a shared one', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/budget/new', { budget_id: 'b', max_budget: 0.0001, shared: true })
    const [one, two] = [await key({ budget_id: 'b' }), await key({ budget_id: 'b' })]
    expect([await call(one), await call(two), await call(one), await call(two)]).toEqual([200, 200, 422, 422])
    expect((await ask('POST', '/budget/info', { budgets: ['b'] })).body[0]).toMatchObject({
      shared: true,
      spend: 0.00012,
    })
  })

  it('give a cheaper model once the budget of one model is used up', async () => {
    const { key, admit } = await openTest()
    const made = await key({
      model_max_budget: { large: { budget_limit: 0.00005, time_period: '1d' } },
      budget_fallbacks: { large: ['small'] },
    })
    const first = await admit(made)
    expect([first.model, first.downgradedFrom]).toEqual(['large', undefined])
    first.settle(settled())
    const second = await admit(made)
    expect([second.model, second.downgradedFrom]).toEqual(['small', 'large'])
    expect(second.headers()['x-llmux-downgraded-from']).toBe('large')
    second.settle(cost(0.000001))
  })

  it('give a cheaper model, or only report, where a used-up budget says so', async () => {
    const { ask, key, admit, call, events } = await openTest({ settings: { budgetFallbacks: { large: 'small' } } })
    const down = await key({ max_budget: 0.00005, over_budget: 'downgrade' })
    expect(await call(down)).toBe(200)
    const next = await admit(down)
    expect(next.model).toBe('small')
    next.settle(cost(0.000001))
    expect(await call(down, { model: 'small' })).toBe(422)
    const alerting = await key({ max_budget: 0.00005, over_budget: 'alert' })
    expect([await call(alerting), await call(alerting)]).toEqual([200, 200])
    expect(events.some((event) => event.kind === 'budget' && event.percent === 100)).toBe(true)
    expect((await ask('GET', `/key/info?key=${alerting}`)).body.info.spend).toBe(0.00012)
  })

  it('do not downgrade to a model that the key may not use', async () => {
    const { key, call } = await openTest({ settings: { budgetFallbacks: { large: ['small'] } } })
    const made = await key({ models: ['large'], max_budget: 0.00005, over_budget: 'downgrade' })
    expect([await call(made), await call(made)]).toEqual([200, 422])
  })

  it.each(['strict', 'clamp'])('of the mode %s let nothing pass on the share of one process', async (budget_mode) => {
    const shared = memoryLimits()
    let away = true
    const reserve: typeof shared.reserve = (request) => {
      const found = shared.reserve(request)
      return 'index' in found && away ? Object.assign(found, { alone: true }) : found
    }
    const limits = new Proxy(shared, {
      get(target, name: keyof typeof shared) {
        const value: unknown = name === 'reserve' ? reserve : target[name]
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const { key, call } = await openTest({ limits })
    const params = { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 100 }
    const expected = await key({ max_budget: 1 })
    expect(await call(expected, { params })).toBe(200)
    const made = await key({ max_budget: 1, budget_mode })
    const waiting = call(made, { params })
    const left = AbortSignal.timeout(1)
    expect(await call(made, { params, signal: left })).toBe(503)
    // the call goes on with the counters
    away = false
    expect(await waiting).toBe(200)
  })

  it('follow the strictest mode of the subjects of a call', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/team/new', { team_id: 't', max_budget: 0.00085, budget_mode: 'strict' })
    const made = await key({ team_id: 't' })
    const params = { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 100 }
    expect([await call(made, { params }), await call(made, { params })]).toEqual([200, 422])
  })

  it('follow the mode of a key rather than that of the gateway, and ignore modes of subjects without a budget', async () => {
    const { ask, key, call } = await openTest({ settings: { budgetMode: 'strict' } })
    const params = { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 100 }
    const standard = await key({ max_budget: 0.00085 })
    expect([await call(standard, { params }), await call(standard, { params })]).toEqual([200, 422])
    await ask('POST', '/team/new', { team_id: 't', budget_mode: 'strict' })
    const own = await key({ max_budget: 0.00085, budget_mode: 'expected', team_id: 't' })
    expect([await call(own, { params }), await call(own, { params })]).toEqual([200, 200])
  })

  it('are raised for a time on keys as well', async () => {
    const { ask, key, call } = await openTest()
    const made = await key({ max_budget: 0.00005 })
    expect([await call(made), await call(made)]).toEqual([200, 422])
    await ask('POST', '/key/update', { key: made, temp_budget_increase: 1, temp_budget_expiry: '2099-01-01T00:00:00Z' })
    expect(await call(made)).toBe(200)
    await ask('POST', '/key/update', { key: made, temp_budget_expiry: '2020-01-01T00:00:00Z' })
    expect(await call(made)).toBe(422)
  })

  it('keep the spend of all windows when a key gets a new value', async () => {
    const { ask, key, call } = await openTest()
    const made = await key({
      budget_limits: [{ budget_limit: 0.00005, time_period: '1d' }],
      model_max_budget: { small: { budget_limit: 0.00005, time_period: '1d' } },
      monthly_request_limit: 5,
    })
    expect(await call(made, { model: 'small' })).toBe(200)
    const { body } = await ask('POST', '/key/regenerate', { key: made })
    expect(await call(body.key)).toBe(422)
  })

  it('reject windows that could not be read', async () => {
    const { ask } = await openTest()
    for (const entry of [
      { budget_limit: 5 },
      { budget_limit: '5', time_period: '1d' },
      7,
      { budget_limit: 5, time_period: 'x' },
    ])
      expect((await ask('POST', '/key/generate', { budget_limits: [entry] })).status).toBe(400)
  })

  it('give new members the limits of the team', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/team/new', {
      team_id: 't',
      members_with_roles: [{ role: 'user', user_id: 'ann' }],
      team_member_rpm_limit: 1,
    })
    await ask('POST', '/team/member_add', { team_id: 't', member: { role: 'user', user_id: 'bob' } })
    for (const user_id of ['ann', 'bob']) {
      const made = await key({ team_id: 't', user_id })
      expect([await call(made), await call(made)]).toEqual([200, 429])
    }
  })
})

describe('a block', () => {
  it('of a member, a tag, an organization or a budget ends their calls', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/team/new', { team_id: 't', members_with_roles: [{ role: 'user', user_id: 'ann' }] })
    await ask('POST', '/tag/new', { name: 'batch' })
    await ask('POST', '/budget/new', { budget_id: 'b', max_budget: 1 })
    await ask('POST', '/organization/new', { organization_id: 'o', organization_alias: 'o' })
    const member = await key({ team_id: 't', user_id: 'ann' })
    const [tagged, limited, owned] = [await key(), await key({ budget_id: 'b' }), await key({ organization_id: 'o' })]
    const tags = { headers: { 'x-litellm-tags': 'batch' } }
    await ask('POST', '/team/member_update', { team_id: 't', user_id: 'ann', blocked: true })
    await ask('POST', '/tag/update', { name: 'batch', blocked: true })
    await ask('POST', '/budget/update', { budget_id: 'b', blocked: true })
    await ask('PATCH', '/organization/update', { organization_id: 'o', blocked: true })
    expect([await call(member), await call(tagged, tags), await call(limited), await call(owned)]).toEqual([
      403, 403, 403, 403,
    ])
    await ask('POST', '/tag/update', { name: 'batch', blocked: false })
    expect([await call(tagged, tags), await call(tagged)]).toEqual([200, 200])
  })

  it('holds before a database that is away has it, here and in the processes that the bus reaches', async () => {
    const receivers: ((value: never) => void)[] = []
    const published: unknown[] = []
    const bus = {
      publish: (topic: string, value: unknown) => void published.push([topic, value]),
      subscribe: (topic: string, receive: (value: never) => void) =>
        void (topic === 'barred' && receivers.push(receive)),
    }
    let away: Promise<void> | undefined
    const { sql, other } = await twoOnOneDatabase(() => away)
    const { ask, key, call } = await openTest({ sql, bus })
    const made = await key()
    const peer = await openTest({ sql: other, bus: { publish() {}, subscribe: bus.subscribe } })
    expect([await call(made), await peer.call(made)]).toEqual([200, 200])
    let back = () => {}
    away = new Promise((resolve) => {
      back = resolve
    })
    expect(await ask('POST', '/key/block', { key: made })).toMatchObject({ status: 202, body: { pending: true } })
    expect(await call(made)).toBe(401)
    const [[topic, names]] = published as [[string, never]]
    expect(topic).toBe('barred')
    receivers.at(-1)?.(names)
    expect(await peer.call(made)).toBe(401)
    away = undefined
    back()
    await expect.poll(() => ask('GET', `/key/info?key=${made}`).then(({ body }) => body.info.blocked)).toBe(true)
    await ask('POST', '/key/unblock', { key: made })
    expect(await call(made)).toBe(200)
    await expect.poll(() => peer.call(made)).toBe(200)
    // a caller without the right blocks nothing, whatever the database does
    const refused = await ask('POST', '/key/block', { key: made }, made)
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(await call(made)).toBe(200)
  })
})

/** The database of two processes, whose writes wait as long as it is away. */
async function twoOnOneDatabase(away: () => Promise<void> | undefined) {
  const { openSqlite } = await import('../../src/store/sqlite.js')
  const { temporaryFolder } = await import('./harness.js')
  const database = openSqlite(temporaryFolder())
  onTestFinished(() => database.close())
  const sql = {
    engine: database.engine,
    query: database.query.bind(database),
    close: async () => {},
    transaction: async <Result>(run: Parameters<typeof database.transaction<Result>>[0]) => {
      await away()
      return await database.transaction(run)
    },
  }
  return { sql, other: { ...sql } }
}

it('names a used-up budget with the status of the settings', async () => {
  const { control, key, call, admit } = await openTest({ settings: { budgetExceededStatus: 429 } })
  const made = await key({ max_budget: 0.00005 })
  await call(made)
  const error = await admit(made).catch((reason: unknown) => reason)
  expect(refusalOf(error)).toMatchObject({
    status: 429,
    type: 'budget_exceeded',
    headers: { 'x-should-retry': 'false' },
  })
  control.configure({})
  expect(await call(made)).toBe(422)
})
