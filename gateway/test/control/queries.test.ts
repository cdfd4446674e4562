import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rollUpOlder } from '../../src/ledger/rollups.js'
import { openStore } from '../../src/store/open.js'
import { openTest, type TestControl, temporaryFolder } from './harness.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'

const now = Date.UTC(2026, 10, 20, 15, 30)
const day = '2026-11-20'

/** Calls of two keys and two models, one of them failed, one from the cache, one a stream after a retry and a fallback. */
async function withCalls(options: { databaseUrl?: string; data?: string } = {}): Promise<TestControl> {
  const test = await openTest({ now: () => now, ...options })
  const { ask, key, call } = test
  await ask('POST', '/team/new', { team_id: 'red', team_alias: 'Red' })
  const first = await key({ key_alias: 'first', team_id: 'red' })
  const second = await key({ key_alias: '=second' })
  const tagged = { params: { messages: [], user: 'ann', metadata: { tags: ['blue', 'green'] } } }
  await call(first, tagged)
  await call(
    first,
    { id: 'stream', stream: true, headers: { 'user-agent': 'curl/8', authorization: 'Bearer secret' } },
    {
      stream: true,
      firstTokenMs: 120.4,
      requestId: 'req_7',
      cost: { total: 0.003, input: 0.001, output: 0.002 },
      attempts: [
        {
          provider: 'openai',
          model: 'gpt-large',
          outcome: 'rate_limit',
          durationMs: 3,
          modelGroup: 'large',
          status: 429,
        },
        {
          provider: 'openai',
          model: 'gpt-large',
          outcome: 'rate_limit',
          durationMs: 3,
          modelGroup: 'large',
          status: 429,
        },
        { provider: 'openai', model: 'gpt-small', outcome: 'success', durationMs: 9, modelGroup: 'small', status: 200 },
      ],
      router: { requested: 'large', modelGroup: 'small', deployment: 'small-1', fallbacks: 1 },
    },
  )
  await call(
    second,
    { model: 'small' },
    {
      outcome: 'timeout',
      usage: undefined,
      cost: undefined,
      attempts: [],
      model: 'gpt-small',
      router: { requested: 'small', modelGroup: 'small', deployment: 'small-2', fallbacks: 0 },
    },
  )
  await call(second, { id: 'hit' }, { cost: { total: 0, saved: 0.5 }, cache: { hit: true } as never })
  return test
}

const engines: readonly ['sqlite' | 'postgres'][] = noPostgres() ? [['sqlite']] : [['sqlite'], ['postgres']]

describe.each(engines)('queries on %s', (engine) => {
  let server: PostgresServer | undefined
  beforeAll(async () => {
    if (engine === 'postgres') server = await startPostgres()
  }, 120_000)
  afterAll(() => server?.stop(), 120_000)
  const where = async () => (server ? { databaseUrl: await server.database() } : {})

  it('sum calls by day, by hour and by every dimension', async () => {
    const { ask } = await withCalls(await where())
    const all = (await ask('GET', '/spend/usage')).body
    expect(all).toMatchObject({ grain: 'day', group_by: 'all', start: '2026-10-22', end: day })
    expect(all.total).toMatchObject({
      spend: 0.00306,
      calls: 4,
      failures: 1,
      input_tokens: 30,
      cache_hits: 1,
      retries: 1,
      fallbacks: 1,
      saved: 0.5,
      mean_first_token_ms: 120,
    })
    expect(all.points).toEqual([{ period: day, ...all.total }])
    const hours = (await ask('GET', '/spend/usage?grain=hour&group_by=model')).body
    expect(hours.series.map((one: { name: string }) => one.name)).toEqual(['openai/gpt-large', 'openai/gpt-small'])
    expect(hours.points[0].period).toBe('2026-11-20T15')
    for (const group of ['team', 'user', 'customer', 'key', 'organization']) {
      const { series } = (await ask('GET', `/spend/usage?grain=hour&group_by=${group}`)).body
      expect(series.reduce((sum: number, one: { total: { calls: number } }) => sum + one.total.calls, 0)).toBe(4)
    }
    const tags = (await ask('GET', '/spend/usage?grain=hour&group_by=tag&tag=blue')).body.series
    expect(tags).toMatchObject([{ name: 'blue', total: { calls: 1 }, points: [{ period: '2026-11-20T15', calls: 1 }] }])
    for (const group of [
      'key',
      'team',
      'user',
      'organization',
      'customer',
      'group',
      'model',
      'provider',
      'deployment',
      'outcome',
    ]) {
      const { series } = (await ask('GET', `/spend/usage?group_by=${group}`)).body
      expect(series.reduce((sum: number, one: { total: { calls: number } }) => sum + one.total.calls, 0)).toBe(4)
    }
    const outcomes = (await ask('GET', '/spend/usage?group_by=outcome&order_by=calls')).body.series
    expect(outcomes.map((one: { name: string; total: { calls: number } }) => [one.name, one.total.calls])).toEqual([
      ['success', 3],
      ['timeout', 1],
    ])
    const keys = (await ask('GET', '/spend/usage?group_by=key&limit=1')).body.series
    expect(keys.map((one: { label: string | null }) => one.label)).toEqual(['first', null])
    expect(keys[1]).toMatchObject({ name: null, total: { calls: 2, spend: 0, saved: 0.5 } })
  })

  it('combine filters through the daily sums, and refuse those that no sum knows', async () => {
    const { ask } = await withCalls(await where())
    const found = (await ask('GET', '/spend/usage?team_id=red&group_by=model')).body
    expect(found.series).toHaveLength(1)
    expect(found.total).toMatchObject({ calls: 2, spend: 0.00306 })
    expect((await ask('GET', '/spend/usage?customer_id=ann&group_by=key')).body.total.calls).toBe(1)
    expect((await ask('GET', '/spend/usage?tag=blue&group_by=model')).body.total.calls).toBe(1)
    expect((await ask('GET', '/spend/usage?tag=blue&team_id=red')).status).toBe(400)
    expect((await ask('GET', '/spend/usage?grain=week')).body).toMatchObject({ status: 400 })
    const old = await ask('GET', '/spend/usage?grain=hour&group_by=customer&start_date=2026-11-12&end_date=2026-11-13')
    expect([old.status, JSON.stringify(old.body)]).toEqual([
      400,
      expect.stringContaining('must be 2026-11-12T15:00Z or later'),
    ])
  })

  it('sum hours with filters of other dimensions out of the calls', async () => {
    const { ask } = await withCalls(await where())
    const filters = ['team_id=red', 'customer_id=ann', 'tag=blue', 'model_group=large', 'team_id=red&tag=blue']
    for (const filter of filters) {
      const rows = (await ask('GET', `/spend/logs?${filter}`)).body as { spend: number; request_duration_ms: number }[]
      expect(rows.length).toBeGreaterThan(0)
      for (const group of ['all', 'key', 'user', 'group', 'model', 'provider', 'deployment', 'outcome', 'tag']) {
        const { status, body } = await ask('GET', `/spend/usage?grain=hour&${filter}&group_by=${group}`)
        expect([filter, group, status]).toEqual([filter, group, 200])
        expect(body.total.calls).toBe(rows.length)
        expect(body.total.spend).toBeCloseTo(rows.reduce((sum, row) => sum + row.spend, 0))
        expect(body.points.map(({ period }: { period: string }) => period)).toEqual(['2026-11-20T15'])
        // a call without a tag is in no series of tags
        if (group === 'all' || group === 'tag') continue
        const calls = body.series.map((one: { total: { calls: number } }) => one.total.calls)
        expect(calls.reduce((sum: number, count: number) => sum + count, 0)).toBe(rows.length)
      }
    }
  })

  it('find rows by every filter, and page them without gaps', async () => {
    const { ask } = await withCalls(await where())
    const ids = async (query: string) =>
      (await ask('GET', `/spend/logs?${query}`)).body.map((row: { request_id: string }) => row.request_id)
    expect(await ids('limit=10')).toHaveLength(4)
    expect(await ids('status_filter=failure')).toHaveLength(1)
    expect(await ids('outcome=timeout&model=small')).toHaveLength(1)
    expect(await ids('tag=green')).toHaveLength(1)
    expect(await ids('tag=green&status_filter=failure')).toEqual([])
    expect(await ids('model_id=small-1')).toEqual(['stream'])
    expect(await ids('min_spend=0.001')).toEqual(['stream'])
    expect(await ids('cache_hit=true')).toEqual(['hit'])
    expect(await ids('key_alias=first&end_user=ann')).toHaveLength(1)
    expect(await ids('team_id=red&model=large')).toHaveLength(1)
    // each of them fits calls, and no call fits both
    expect(await ids('team_id=red&outcome=timeout')).toEqual([])
    expect(await ids('model=small&end_user=ann')).toEqual([])
    expect(await ids('tag=green&min_spend=0.00001&status_filter=success')).toHaveLength(1)
    expect(await ids('team_id=none')).toEqual([])
    expect((await ask('GET', '/spend/logs?min_spend=much')).status).toBe(400)
    expect((await ask('GET', '/spend/logs?after=unknown')).status).toBe(400)
    const seen: string[] = []
    for (let after = ''; ; ) {
      const [id] = await ids(`limit=1${after && `&after=${after}`}`)
      if (!id) break
      seen.push(id)
      after = id
    }
    expect(seen).toEqual(await ids('limit=10'))
    const page = (await ask('GET', '/spend/logs/v2?page=2&page_size=3')).body
    expect(page).toMatchObject({ total: 4, total_is_capped: false, total_pages: 2 })
    expect(page.data).toHaveLength(1)
  })

  it('refuse filters that sums or columns lack, and never fail', async () => {
    const { ask } = await withCalls(await where())
    const days = `start_date=${day}&end_date=${day}`
    for (const path of [
      `/global/spend/teams?tag=blue&${days}`,
      '/spend/usage?tag=blue&group_by=team',
      '/spend/logs?error_code=99999999999',
      '/spend/logs?error_code=1.5',
      '/spend/logs?min_spend=1e300',
      '/spend/logs?min_duration_ms=0.5',
      '/spend/logs?limit=0',
      '/spend/logs?start_date=2026-13-01',
      '/spend/logs?start_date=2026-02-31',
      `/user/daily/activity?start_date=2026-02-31&end_date=${day}`,
      `/user/daily/activity?start_date=2026-02-01T10:00:00&end_date=${day}`,
    ])
      expect([path, (await ask('GET', path)).status]).toEqual([path, 400])
    expect((await ask('GET', `/spend/logs?tag=blue&${days}`)).body).toMatchObject([{ spend: 0.00006, users: {} }])
    expect((await ask('GET', '/spend/logs?limit=99999999&team_id=none')).body).toEqual([])
  })

  it('sum activity by owner, with keys and parts', async () => {
    const { ask } = await withCalls(await where())
    const days = `start_date=${day}&end_date=${day}`
    const [first] = (await ask('GET', `/team/daily/activity?${days}`)).body.results
    expect(first).toMatchObject({ date: day, metrics: { spend: 0.00306, api_requests: 2 } })
    expect(first.breakdown.entities.red.metadata).toEqual({ team_alias: 'Red' })
    expect(Object.keys(first.breakdown.models['openai/gpt-large'].api_key_breakdown)).toHaveLength(1)
    const all = (await ask('GET', `/user/daily/activity?${days}`)).body
    expect(all.metadata).toMatchObject({ total_api_requests: 4, total_failed_requests: 1, largest_per_day: null })
    expect((await ask('GET', `/customer/daily/activity?${days}&end_user_ids=ann`)).body.metadata.total_spend).toBe(
      0.00006,
    )
    expect((await ask('GET', `/tag/daily/activity?${days}&tags=blue`)).body.metadata.total_api_requests).toBe(1)
  })

  it('sort rows in every order, and page them in it', async () => {
    const { ask } = await withCalls(await where())
    const rows = async (query: string) => {
      const { status, body } = await ask('GET', `/spend/logs?${query}`)
      expect(status).toBe(200)
      return body as { request_id: string; spend: number; startTime: string }[]
    }
    expect((await rows('sort_by=spend')).map(({ spend }) => spend)).toEqual([0.003, 0.00006, 0, 0])
    expect((await rows('sort_by=spend&sort_order=asc')).map(({ spend }) => spend)).toEqual([0, 0, 0.00006, 0.003])
    expect((await rows('sort_order=asc')).map(({ request_id }) => request_id)).toEqual(
      (await rows('')).map(({ request_id }) => request_id).reverse(),
    )
    for (const by of ['startTime', 'spend', 'total_tokens', 'request_duration_ms', 'time_to_first_token_ms', 'model'])
      for (const order of ['asc', 'desc']) {
        const all = await rows(`sort_by=${by}&sort_order=${order}`)
        const seen: string[] = []
        for (let after = ''; seen.length < 9; ) {
          const page = await rows(`limit=3&sort_by=${by}&sort_order=${order}${after && `&after=${after}`}`)
          if (page.length === 0) break
          seen.push(...page.map(({ request_id }) => request_id))
          after = seen.at(-1) ?? ''
        }
        expect([by, order, seen]).toEqual([by, order, all.map(({ request_id }) => request_id)])
      }
    const page = (await ask('GET', '/spend/logs/v2?sort_by=spend&page=1&page_size=1')).body
    expect(page).toMatchObject({ total: 4, searched_from: null, data: [{ request_id: 'stream' }] })
    for (const query of ['sort_by=colour', 'sort_order=up', 'sort_by=spend&after=unknown'])
      expect((await ask('GET', `/spend/logs?${query}`)).status).toBe(400)
  })

  it('show one call with its attempts, parts of the cost and telling headers', async () => {
    const { ask, key } = await withCalls(await where())
    const { status, body } = await ask('GET', '/spend/logs/ui/stream')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      request_id: 'stream',
      time_to_first_token_ms: 120,
      retries: 1,
      fallbacks: 1,
      cost_breakdown: { total: 0.003, input: 0.001, output: 0.002 },
      request_headers: { 'user-agent': 'curl/8' },
      content_stored: false,
      original_spend: 0.003,
      rated_at: null,
    })
    expect(body.attempts.map((one: { outcome: string }) => one.outcome)).toEqual([
      'rate_limit',
      'rate_limit',
      'success',
    ])
    expect(JSON.stringify(body)).not.toContain('secret')
    expect((await ask('GET', '/spend/logs/ui/none')).status).toBe(404)
    // another key sees neither the call nor its sums
    const stranger = await key()
    expect((await ask('GET', '/spend/logs/ui/stream', undefined, stranger)).status).toBe(404)
    expect((await ask('GET', '/spend/usage', undefined, stranger)).body.total.calls).toBe(0)
  })

  it('measure percentiles of the newest calls', async () => {
    const { ask } = await withCalls(await where())
    expect((await ask('GET', '/spend/latency')).body).toMatchObject({
      calls: 3,
      failures: 1,
      first_token_ms: { p50: 120, p99: 120 },
    })
  })

  it('write lists within answers as CSV, also with names in their columns', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/team/new', { team_id: 't', team_alias: '=1+1,"x"' })
    expect(await call(await key({ team_id: 't', metadata: { tags: ['blue'] } }))).toBe(200)
    expect((await ask('GET', '/global/spend/tags?format=csv')).body).toBe('name,spend,log_count\nblue,0.00006,1\n')
    expect((await ask('GET', '/global/spend/teams?format=csv')).body).toBe(
      'team_id,total_spend\n"\'=1+1,""x""",0.00006\n',
    )
    expect((await ask('GET', '/global/spend?format=csv')).status).toBe(400)
  })

  it('write CSV in which no name becomes a formula', async () => {
    const { ask } = await withCalls(await where())
    const { body } = await ask('GET', '/global/spend/keys?format=csv')
    expect(body).toContain('api_key,key_alias,key_name,total_spend\n')
    expect(body).toContain(",'=second,")
    expect((await ask('GET', '/spend/usage?group_by=outcome&format=csv')).body).toMatch(/^period,name,spend,calls/)
    expect((await ask('GET', '/spend/logs?format=csv&model_id=small-1')).body).toMatch(/\nstream,2026-11-20T15:30:00/)
    expect((await ask('GET', '/global/spend?format=csv')).status).toBe(400)
  })

  it('add calls of the release before to the totals, each once', async () => {
    const place = await where()
    const data = temporaryFolder()
    const { ask } = await withCalls({ ...place, data })
    const before = (await ask('GET', '/spend/usage?group_by=customer')).body
    const sql = await openStore({ data, ...place })
    // the release before knows neither the mark nor the table
    await sql.query('DELETE FROM llmux_totals')
    await sql.query('DELETE FROM llmux_daily_customers')
    await sql.query('UPDATE llmux_calls SET rolled = NULL')
    expect(await rollUpOlder(sql, 3)).toBe(4)
    expect(await rollUpOlder(sql, 3)).toBe(0)
    await sql.close()
    expect((await ask('GET', '/spend/usage?group_by=customer')).body).toEqual(before)
  })
})

it('refuses sums by tag with a filter that they lack', async () => {
  const { ask } = await openTest()
  for (const path of ['/spend/tags', '/global/spend/tags', '/spend/usage?group_by=tag']) {
    const { status, body } = await ask('GET', `${path}${path.includes('?') ? '&' : '?'}user_id=one`)
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining('use GET /spend/logs')])
  }
})
