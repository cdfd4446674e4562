import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readExport } from '../../src/ledger/exports.js'
import { openStore } from '../../src/store/open.js'
import { caller, hello, startGateway } from '../http/start.js'
import { openTest, temporaryFolder } from './harness.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'

const now = Date.UTC(2026, 10, 20, 15, 30)
const engines: readonly ['sqlite' | 'postgres'][] = noPostgres() ? [['sqlite']] : [['sqlite'], ['postgres']]

describe.each(engines)('a rating on %s', (engine) => {
  let server: PostgresServer | undefined
  beforeAll(async () => {
    if (engine === 'postgres') server = await startPostgres()
  })
  afterAll(() => server?.stop())

  it('keeps both amounts, and all sums equal', async () => {
    const place = server ? { databaseUrl: await server.database() } : {}
    const data = temporaryFolder()
    const { ask, key, call, control } = await openTest({ now: () => now, data, ...place })
    await ask('POST', '/team/new', { team_id: 'red' })
    await ask('POST', '/tag/new', { name: 'blue' })
    await ask('POST', '/budget/new', { budget_id: 'both', max_budget: 20, shared: true })
    const made = await key({ team_id: 'red', max_budget: 10, budget_duration: '1d', budget_id: 'both' })
    const params = { messages: [], user: 'ann', metadata: { tags: ['blue'] } }
    const tokens = { usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 } as never }
    await call(made, { id: 'a', params }, tokens)
    await call(made, { id: 'b', params }, { ...tokens, cost: undefined })
    await call(made, { id: 'hit', params }, { cost: { total: 0 }, cache: { hit: true } as never })
    await call(made, { id: 'reported', params }, { cost: { total: 0.5, source: 'provider' } })
    await call(made, { id: 'failed', params }, { outcome: 'timeout', usage: undefined, cost: undefined, attempts: [] })
    const request = {
      conditions: { from: now - 1000, until: now + 1000 },
      actor: 'me',
      prices: () => ({ id: `test-${engine}`, prices: { input: 10, output: 20 } }),
    }
    const dry = await control.reader.rate({ ...request, dryRun: true })
    expect(dry).toMatchObject({ calls: 2, changed: 2, after: 24_000_000n })
    expect((await ask('GET', '/spend/logs/ui/a')).body.spend).toBe(0.00006)

    await control.reader.rate({ ...request, dryRun: false })
    expect((await ask('GET', '/spend/logs/ui/a')).body).toMatchObject({
      spend: 0.012,
      original_spend: 0.00006,
      rated_at: new Date(now).toISOString(),
      cost_breakdown: { total: 0.012, input: 0.01, output: 0.002 },
    })
    // a second rating by the same prices changes nothing
    expect(await control.reader.rate({ ...request, dryRun: false })).toMatchObject({ calls: 2, changed: 0 })
    expect(await control.reader.ratings()).toHaveLength(2)

    const expected = 0.5 + 2 * 0.012
    for (const query of [
      '',
      '?team_id=red',
      '?customer_id=ann',
      '?tag=blue',
      '?model=large',
      '?team_id=red&model=large',
    ])
      expect((await ask('GET', `/global/spend${query}`)).body.spend).toBe(expected)
    for (const group of ['key', 'provider', 'deployment', 'tag']) {
      const { series } = (await ask('GET', `/spend/usage?group_by=${group}`)).body
      expect(series[0].total).toMatchObject({ spend: expected, calls: 5, unknown_costs: 0 })
    }
    const sql = await openStore({ data, ...place })
    onTestFinished(() => sql.close())
    for (const subject of ['team:red', 'customer:ann', 'tag:blue', 'budget:both', 'gateway:all', 'key:%']) {
      const rows = await sql.query('SELECT nanos FROM llmux_spend WHERE subject LIKE ?', [subject])
      expect(rows.map(({ nanos }) => Number(nanos) / 1e9)).toEqual(rows.map(() => expected))
    }
    // the budget of the day knows it within a second
    await expect
      .poll(async () => (await ask('GET', `/key/info?key=${made}`)).body.info.spend, { timeout: 5_000 })
      .toBe(expected)
  })
})

describe('prices', () => {
  it('change while the gateway runs, from their time on, and rate past calls', async () => {
    const gateway = await startGateway({
      config: {
        model_list: [
          { model_name: 'm', litellm_params: { model: 'openai/gpt-4o', api_key: 'key', mock_response: 'Hello' } },
        ],
      },
    })
    onTestFinished(() => gateway.stop())
    const call = caller(gateway)
    const cost = async () =>
      Number((await call('POST', '/v1/chat/completions', hello('m'))).headers.get('x-litellm-response-cost'))
    const before = await cost()
    expect(before).toBeGreaterThan(0)
    const later = { model: 'm', input_cost_per_token: 1, effective_at: '2999-01-01' }
    expect((await call('POST', '/spend/prices', later)).json.deployments).toHaveLength(1)
    expect(await cost()).toBe(before)
    const free = { model: 'm', input_cost_per_token: 0, output_cost_per_token: 0 }
    const { json: made } = await call('POST', '/spend/prices', free)
    expect(await cost()).toBe(0)
    const rate = { start_date: '2020-01-01', output_cost_per_token: 0.5, input_cost_per_token: 0 }
    const { json: rated } = await call('POST', '/spend/rerate', { ...rate, dry_run: true })
    expect(rated).toMatchObject({ dry_run: true, calls: 3, changed: 3 })
    expect(rated.spend_after).toBeGreaterThan(rated.spend_before)
    await call('POST', '/spend/prices/delete', { id: made.id })
    expect(await cost()).toBe(before)
    expect((await call('POST', '/spend/prices', { model: 'm' })).status).toBe(400)
    expect((await call('POST', '/spend/prices', { ...free, input_cost_per_token: -1 })).status).toBe(400)
    expect((await call('POST', '/spend/rerate', { ...rate, output_cost_per_token: -1 })).status).toBe(400)
    expect((await call('POST', '/spend/prices/delete', { id: 'none' })).status).toBe(404)
    expect((await call('POST', '/spend/prices/refresh', {})).status).toBe(400)
  })
})

describe('exports of providers', () => {
  it('are read in all four forms', () => {
    expect(
      readExport(
        'start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id\n' +
          '1,2,2026-11-19T00:00:00+00:00,2026-11-20T00:00:00+00:00,,,,\n' +
          '1,2,2026-11-20T00:00:00+00:00,2026-11-21T00:00:00+00:00,0.25,usd,"gpt-large-2026-03-01, input",p\n' +
          '1,2,2026-11-20T00:00:00+00:00,2026-11-21T00:00:00+00:00,0.5,usd,"gpt-large-2026-03-01, output",p\n',
      ),
    ).toEqual({
      form: 'openai costs',
      provider: 'openai',
      lines: [{ day: '2026-11-20', model: 'gpt-large-2026-03-01', dollars: 0.75 }],
    })
    expect(
      readExport(
        'start_time_iso,model,num_model_requests,input_tokens,output_tokens\n2026-11-20T00:00:00,gpt-large,3,30,15',
      ).lines,
    ).toEqual([{ day: '2026-11-20', model: 'gpt-large', inputTokens: 30, outputTokens: 15 }])
    expect(
      readExport(
        'usage_date_utc,model,workspace,token_type,cost_usd\r\n2026-11-20,Claude Haiku 4.5,Default,output,0.02\r\n',
      ),
    ).toMatchObject({ form: 'anthropic costs', lines: [{ model: 'claude-haiku-4.5', dollars: 0.02 }] })
    expect(
      readExport(
        'usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens\n' +
          '2026-11-20,claude-haiku-4-5-20251001,10,20,30,40,5\n',
      ).lines,
    ).toEqual([{ day: '2026-11-20', model: 'claude-haiku-4-5-20251001', inputTokens: 100, outputTokens: 5 }])
    expect(() => readExport('a,b\n1,2')).toThrow('must be an export')
  })

  it('are compared with the ledger by day and model', async () => {
    const { control, key, call } = await openTest({ now: () => now })
    const made = await key()
    for (let i = 0; i < 3; i++) await call(made)
    const costs = 'start_time_iso,amount_value,line_item\n'
    const same = await control.reader.reconcile(
      `${costs}2026-11-20T00:00:00,0.00018,"gpt-large, output"\n`,
      undefined,
      0.01,
    )
    expect(same).toMatchObject({ matches: true, from: '2026-11-20', to: '2026-11-20' })
    expect(same.models).toMatchObject([{ name: 'gpt-large', difference: 0, matches: true }])
    const other = await control.reader.reconcile(
      `${costs}2026-11-20T00:00:00,0.0002,"gpt-large, output"\n2026-11-20T00:00:00,1,"gpt-unseen, output"\n`,
      undefined,
      0.01,
    )
    expect(other.matches).toBe(false)
    expect(other.models).toMatchObject([
      { name: 'gpt-large', share: -0.1, matches: false },
      { name: 'gpt-unseen', provider: { spend: 1 }, ledger: { spend: 0 }, matches: false },
    ])
    const usage = 'start_time_iso,model,input_tokens,output_tokens\n2026-11-20T00:00:00,gpt-large-2026-03-01,30,15\n'
    expect((await control.reader.reconcile(usage, undefined, 0)).total).toMatchObject({
      ledger: { input_tokens: 30, output_tokens: 15 },
      matches: true,
    })
  })
})
