import { BadRequestError } from 'llmux'
import { describe, expect, it } from 'vitest'
import { budgetPeriod, periodAt } from '../../src/limits/durations.js'
import { catalog, openTest, settled } from './harness.js'

describe('a limit of 0', () => {
  it.each([
    { rpm_limit: 0 },
    { tpm_limit: 0 },
    { itpm_limit: 0 },
    { otpm_limit: 0 },
    { max_parallel_requests: 0 },
    { monthly_request_limit: 0 },
    { model_rpm_limit: { large: 0 } },
    { model_tpm_limit: { large: 0 } },
  ])('lets no call pass: %j', async (limits) => {
    const { key, call } = await openTest()
    expect(await call(await key(limits))).toBe(429)
  })

  it.each([
    { max_budget: 0 },
    { budget_limits: [{ budget_limit: 0, time_period: '1d' }] },
    { model_max_budget: { large: { budget_limit: 0, time_period: '1d' } } },
  ])('lets no call pass: %j', async (limits) => {
    const { key, call } = await openTest()
    expect(await call(await key(limits))).toBe(422)
  })
})

describe('a refusal', () => {
  it('names all limits of tokens that may be reached', async () => {
    const { key, admit } = await openTest()
    const made = await key({ tpm_limit: 900, otpm_limit: 0 })
    await expect(admit(made)).rejects.toThrow('has reached its limit of 900 and 0 output tokens a minute')
  })

  it('by the SDK has the status of the answer in its row', async () => {
    const { ask, key, call } = await openTest()
    const error = new BadRequestError("'messages' must be a non-empty array; got 5.", { param: 'messages' })
    expect(
      await call(await key(), {}, { outcome: 'bad_request', error: error as never, usage: undefined, attempts: [] }),
    ).toBe(200)
    const [row] = (await ask('GET', '/spend/logs')).body
    expect(row.metadata.error_information).toMatchObject({ error_code: '400', error_class: 'bad_request' })
  })
})

describe('limits that can not be read', () => {
  it.each([
    [{ model_rpm_limit: { large: -1 } }, 'model_rpm_limit.large'],
    [{ model_tpm_limit: { large: '5' } }, 'model_tpm_limit.large'],
    [{ tag_rpm_limit: { blue: 1.5 } }, 'tag_rpm_limit.blue'],
    [{ temp_budget_increase: 'one' }, 'temp_budget_increase'],
    [{ temp_budget_increase: 1, temp_budget_expiry: 'soon' }, 'temp_budget_expiry'],
  ])('are refused: %j', async (body, param) => {
    const { ask } = await openTest()
    const { status, body: answer } = await ask('POST', '/key/generate', body)
    expect([status, answer.param]).toEqual([400, param])
  })

  it('are refused in the template of a team', async () => {
    const { ask } = await openTest()
    for (const name of ['team_member_rpm_limit', 'team_member_budget']) {
      const { status, body } = await ask('POST', '/team/new', { [name]: -1 })
      expect([status, body.param]).toEqual([400, name])
    }
  })

  it('fail no call where metadata has them', async () => {
    const { key, call } = await openTest()
    const broken = { large: -1 }
    expect(await call(await key({ metadata: { model_rpm_limit: broken } }))).toBe(429)
    expect(await call(await key({ metadata: { model_tpm_limit: { large: 'many' }, limit_wait: 'long' } }))).toBe(200)
  })
})

describe('limits that change while calls are in flight', () => {
  it('hold for the next call, and count the calls in flight', async () => {
    const { ask, key, admit, call } = await openTest()
    const made = await key({ max_parallel_requests: 3 })
    const open = [await admit(made), await admit(made), await admit(made)]
    await ask('POST', '/key/update', { key: made, max_parallel_requests: 1 })
    for (const one of open) {
      expect(await call(made)).toBe(429)
      one.settle(settled())
    }
    expect(await call(made)).toBe(200)
    await ask('POST', '/key/update', { key: made, max_parallel_requests: null })
    const more = await Promise.all(Array.from({ length: 5 }, () => admit(made)))
    for (const one of more) one.release()
  })

  it('end with the limit', async () => {
    const { ask, key, call } = await openTest()
    const made = await key({ rpm_limit: 1, tpm_limit: 1, monthly_request_limit: 1 })
    expect([await call(made), await call(made)]).toEqual([200, 429])
    await ask('POST', '/key/update', { key: made, rpm_limit: null, tpm_limit: null, monthly_request_limit: null })
    expect(await call(made)).toBe(200)
  })
})

describe('days and hours of a time zone', () => {
  const at = (zone: string, duration: string, time: number) => {
    const period = budgetPeriod(duration, zone)
    if (!period) throw new Error(`no period ${duration}`)
    return periodAt(time, period)
  }

  it.each([
    // clocks are put forward at 2, at midnight and within an hour, and back at midnight
    ['America/New_York', '1h', '2026-03-08T06:30:00Z', '2026-03-08T06:00:00Z', '2026-03-08T07:00:00Z'],
    ['America/Santiago', '1d', '2026-09-06T03:30:00Z', '2026-09-05T04:00:00Z', '2026-09-06T04:00:00Z'],
    ['America/Santiago', '1d', '2026-09-06T05:00:00Z', '2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z'],
    ['America/Santiago', '1d', '2026-04-05T03:30:00Z', '2026-04-04T03:00:00Z', '2026-04-05T04:00:00Z'],
    ['Atlantic/Azores', '1d', '2026-03-29T00:30:00Z', '2026-03-28T01:00:00Z', '2026-03-29T01:00:00Z'],
    ['Australia/Lord_Howe', '1h', '2026-10-03T15:20:00Z', '2026-10-03T14:30:00Z', '2026-10-03T15:30:00Z'],
    // a day that did not exist
    ['Pacific/Apia', '1d', '2011-12-30T09:59:00Z', '2011-12-29T10:00:00Z', '2011-12-30T10:00:00Z'],
    ['Pacific/Apia', '1d', '2011-12-30T10:00:00Z', '2011-12-30T10:00:00Z', '2011-12-31T10:00:00Z'],
  ])('in %s count %s around a change of its clocks at %s', (zone, duration, time, from, to) => {
    const period = at(zone, duration, Date.parse(time))
    expect([period.from, period.to].map((end) => new Date(end).toISOString())).toEqual(
      [from, to].map((end) => end.replace('Z', '.000Z')),
    )
  })

  it.each(['America/New_York', 'America/Santiago', 'Australia/Lord_Howe'])(
    'follow each other in %s without gap and overlap',
    (zone) => {
      for (const duration of ['30m', '90m', '1d', '1w']) {
        let known = at(zone, duration, Date.parse('2026-01-01T00:00:00Z'))
        for (let now = Date.parse('2026-01-01T00:00:00Z'); now < Date.parse('2027-01-01T00:00:00Z'); now += 1_799_000) {
          const period = at(zone, duration, now)
          const sees = period.from <= now && now < period.to
          const follows = period.from === known.from ? period.to === known.to : period.from === known.to
          if (!sees || (!follows && period.from < known.to)) {
            throw new Error(
              `${duration} in ${zone} at ${new Date(now).toISOString()}: ${JSON.stringify([known, period])}`,
            )
          }
          known = period
        }
      }
    },
  )

  it('let calls pass in the hour before clocks are put forward', async () => {
    const now = Date.parse('2026-03-08T06:30:00Z')
    const { key, call } = await openTest({ now: () => now, settings: { timezone: 'America/New_York' } })
    expect(await call(await key({ max_budget: 1, budget_duration: '1h' }))).toBe(200)
  })
})

describe('a changed period', () => {
  it('keeps the spend of the period that a budget has had before', async () => {
    let now = Date.parse('2026-11-10T12:00:00Z')
    const { ask, key, call } = await openTest({ now: () => now })
    const made = await key({ max_budget: 1, budget_duration: '30d' })
    const change = (budget_duration: string) => ask('POST', '/key/update', { key: made, budget_duration })
    const spend = async () => (await ask('GET', `/key/info?key=${made}`)).body.info.spend
    for (let i = 0; i < 3; i++) await call(made)
    await change('1d')
    expect(await spend()).toBe(0.00018)
    now += 24 * 3_600_000
    await call(made)
    expect(await spend()).toBe(0.00006)
    await change('30d')
    expect(await spend()).toBe(0.00018)
  })
})

describe('thresholds of a budget', () => {
  it('are reported for a soft budget alone', async () => {
    const { events, key, call } = await openTest()
    const made = await key({ soft_budget: 0.0001 })
    for (let i = 0; i < 3; i++) expect(await call(made)).toBe(200)
    expect(events.filter(({ kind }) => kind === 'budget')).toEqual([
      expect.objectContaining({ state: 'soft', scope: 'key', spend: 0.00012 }),
    ])
  })

  it('are reported when spend of others has passed them', async () => {
    const { control, events, key, call } = await openTest()
    const made = await key({ max_budget: 0.001 })
    expect(await call(made)).toBe(200)
    // as a refresh brings calls of other processes
    control.admission.note({
      ...{ id: 'other', operation: 'chat', path: '/v1/chat/completions', model: 'large' },
      ...{ principal: control.authenticate(made), record: settled({ cost: { total: 0.0008 } as never }) },
    })
    expect([await call(made), await call(made)]).toEqual([200, 200])
    const percents = () => events.flatMap((event) => (event.kind === 'budget' ? event.percent : []))
    expect(percents()).toEqual([90])
    // the next one is passed after the last call here
    control.admission.note({
      ...{ id: 'last', operation: 'chat', path: '/v1/chat/completions', model: 'large' },
      ...{ principal: control.authenticate(made), record: settled({ cost: { total: 0.0001 } as never }) },
    })
    await expect.poll(percents, { timeout: 10_000 }).toEqual([90, 100])
  })
})

describe('budgets for alerts and metrics', () => {
  it('have the period of the time zone, rolling spend, temporary increases and all windows', async () => {
    let now = Date.parse('2026-11-10T12:10:00Z')
    const { ask, control, key, call } = await openTest({ now: () => now, settings: { timezone: 'Europe/Berlin' } })
    const daily = await key({ max_budget: 1, budget_duration: '1d', temp_budget_increase: 2, key_alias: 'daily' })
    const rolling = await key({ max_budget: 1, budget_duration: 'rolling:1h', key_alias: 'rolling' })
    await ask('POST', '/budget/new', { budget_id: 'both', max_budget: 4, shared: true })
    await ask('POST', '/team/new', { team_id: 't' })
    await ask('POST', '/team/member_add', {
      team_id: 't',
      member: { role: 'user', user_id: 'ann' },
      max_budget_in_team: 3,
    })
    const member = await key({
      team_id: 't',
      user_id: 'ann',
      budget_id: 'both',
      budget_limits: [{ budget_limit: 7, time_period: '1d' }],
    })
    for (const made of [daily, rolling, member]) expect(await call(made)).toBe(200)
    now += 10 * 60_000
    expect(await call(rolling)).toBe(200)
    const from = Date.parse('2026-11-09T23:00:00Z')
    const to = Date.parse('2026-11-10T23:00:00Z')
    const found = control.reader.budgets()
    const part = (want: object) => expect(found).toContainEqual(expect.objectContaining(want))
    part({ alias: 'daily', limit: 3, spend: 0.00006, from, to })
    part({ alias: 'rolling', limit: 1, spend: 0.00012, from: undefined, to: undefined })
    part({ scope: 'key', limit: 7, further: true, spend: 0.00006, from, to })
    part({ scope: 'budget', id: 'both', limit: 4, spend: 0.00006 })
    part({ scope: 'member', id: 't/ann', limit: 3, spend: 0.00006 })
  })
})

describe('calls without text', () => {
  const unpriced = { input: 'x'.repeat(400) }
  const record = settled({ usage: undefined, cost: undefined } as never)

  it('are not booked as if they had generated some, if their price is unknown', async () => {
    const { ask, key, call } = await openTest()
    const made = await key()
    for (const operation of ['moderation', 'rerank', 'embedding'])
      expect(await call(made, { operation, model: 'unpriced', params: unpriced }, record)).toBe(200)
    // 104 input tokens each
    expect((await ask('GET', `/key/info?key=${made}`)).body.info.spend).toBeCloseTo(3 * 104 * 10e-6, 9)
  })

  it('are free where the prices of their model say so', async () => {
    const prices = () => ({ input: 0, output: 0, maxOutput: 4096 })
    const { ask, key, call } = await openTest({ catalog: { ...catalog, prices } })
    const made = await key({ budget_mode: 'clamp', max_budget: 1 })
    expect(await call(made, { operation: 'moderation', params: unpriced }, record)).toBe(200)
    const [row] = (await ask('GET', '/spend/logs')).body
    expect([row.spend, row.metadata.cost_state]).toEqual([0, 'known'])
  })
})

describe('a reservation', () => {
  const messages = [{ role: 'user', content: 'Hello' }]

  it('in strict mode holds the output of all answers that a request asks for', async () => {
    const { key, call } = await openTest()
    // 100 output tokens cost $0.0008
    const made = await key({ max_budget: 0.002, budget_mode: 'strict' })
    expect(await call(made, { params: { messages, max_tokens: 100, n: 3 } })).toBe(422)
    const generationConfig = { maxOutputTokens: 100, candidateCount: 3 }
    expect(await call(made, { params: { contents: messages, generationConfig } })).toBe(422)
    expect(await call(made, { params: { messages, max_tokens: 100, n: 2 } })).toBe(200)
  })

  it('in clamp mode divides what is left by the answers that a request asks for', async () => {
    const { key, admit } = await openTest()
    const made = await key({ max_budget: 0.002, budget_mode: 'clamp' })
    const admitted = await admit(made, { params: { messages, max_tokens: 1_000, n: 4 } })
    expect(admitted.headers()['x-llmux-max-tokens']).toBe('62')
    admitted.release()
  })

  it('counts languages without spaces, and files once', async () => {
    const { key, call } = await openTest()
    const made = await key({ itpm_limit: 2_000 })
    const content = '天'.repeat(4_000)
    const settle = { usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 } as never }
    const hello = { params: { messages } }
    expect(await call(made, hello, settle)).toBe(200)
    expect(await call(made, { params: { messages: [{ role: 'user', content }] } }, settle)).toBe(429)
    const file = 'Zm9v'.repeat(4_000)
    expect(await call(made, { params: { messages: [{ role: 'user', content: file }] } }, settle)).toBe(200)
  })
})

describe('tags that clients make up', () => {
  it('are in the daily sums alone, until they are created with what was spent', async () => {
    const { ask, control, key, call } = await openTest()
    const made = await key()
    const params = (tag: string) => ({ messages: [], metadata: { tags: [tag] } })
    for (let i = 0; i < 5; i++) expect(await call(made, { params: params(`request-${i}`) })).toBe(200)
    expect((await ask('GET', '/global/spend/tags')).body.spend_per_tag).toHaveLength(5)
    const admitted = await control.admission.admit(control.authenticate(made), {
      ...{ id: 'one', operation: 'chat', path: '/', model: 'large', stream: false, headers: {} },
      params: params('request-0'),
    })
    admitted.settle(settled())
    const places = (admitted as never as { booking: { spend: { subject: string }[] } }).booking.spend
    expect(places.map(({ subject }) => subject).join()).not.toContain('tag:')
    await ask('POST', '/tag/new', { name: 'request-0', max_budget: 0.00015 })
    const spend = async () => (await ask('POST', '/tag/info', { names: ['request-0'] })).body['request-0'].spend
    expect(await spend()).toBe(0.00012)
    expect(await call(made, { params: params('request-0') })).toBe(200)
    expect(await call(made, { params: params('request-0') })).toBe(422)
  })
})
