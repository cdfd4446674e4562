import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Ledger } from '../../src/ledger/ledger.js'
import { deleteOldCalls } from '../../src/ledger/retention.js'
import { SpendBook } from '../../src/ledger/spend-book.js'
import { recover, Spool } from '../../src/ledger/spool.js'
import { openSqlite } from '../../src/store/sqlite.js'
import { openTest, settled, temporaryFolder } from './harness.js'

const today = new Date().toISOString().slice(0, 10)

describe('spend', () => {
  it('of a call is in all sums as soon as the call has ended, and all sums agree', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/team/new', { team_id: 't', team_alias: 'search' })
    await ask('POST', '/user/new', { user_id: 'ann', auto_create_key: false })
    const made = await key({ team_id: 't', user_id: 'ann' })
    const other = await key()
    const params = { messages: [], user: 'c1', metadata: { tags: ['a', 'b'], experiment: 'blue' } }
    for (let i = 0; i < 3; i++) await call(made, { params })
    await call(
      other,
      { model: 'small' },
      {
        model: 'gpt-small',
        cost: { total: 0.5 },
        router: { requested: 'small', modelGroup: 'small', deployment: 's', fallbacks: 0 },
      },
    )
    expect((await ask('GET', `/key/info?key=${made}`)).body.info.spend).toBe(0.00018)
    expect((await ask('GET', '/team/info?team_id=t')).body.team_info.spend).toBe(0.00018)
    expect((await ask('GET', '/user/info?user_id=ann')).body.user_info.spend).toBe(0.00018)
    expect((await ask('GET', '/customer/info?end_user_id=c1')).body.spend).toBe(0.00018)
    expect((await ask('GET', '/global/spend')).body.spend).toBe(0.50018)
    expect((await ask('GET', `/global/spend?api_key=${made}`)).body.spend).toBe(0.00018)
    expect((await ask('GET', '/global/spend?model=small')).body.spend).toBe(0.5)
    expect((await ask('GET', '/global/spend?tag=a')).body.spend).toBe(0.00018)
    expect((await ask('GET', '/global/spend/logs')).body).toEqual([{ date: today, spend: 0.50018 }])
    expect((await ask('GET', '/global/spend/teams')).body.total_spend_per_team).toEqual([
      { team_id: 'Unassigned', total_spend: 0.5 },
      { team_id: 'search', total_spend: 0.00018 },
    ])
    expect((await ask('GET', '/global/spend/tags')).body.spend_per_tag).toEqual([
      { name: 'a', spend: 0.00018, log_count: 3 },
      { name: 'b', spend: 0.00018, log_count: 3 },
    ])
    const report = (await ask('GET', '/global/spend/report?group_by=customer')).body
    expect(report[0].customers.find(({ customer }: { customer: string }) => customer === 'c1').total_spend).toBe(
      0.00018,
    )
    expect((await ask('GET', '/global/spend/report?group_by=team&tag=a')).status).toBe(400)
    const rows = (await ask('GET', `/spend/logs?api_key=${made}`)).body
    expect(rows).toHaveLength(3)
    expect(rows[0]).toMatchObject({
      spend: 0.00006,
      end_user: 'c1',
      request_tags: ['a', 'b'],
      metadata: { experiment: 'blue' },
    })
    const activity = (await ask('GET', `/team/daily/activity?start_date=${today}&end_date=${today}`)).body
    expect(activity.metadata).toMatchObject({ total_api_requests: 3, total_successful_requests: 3 })
    expect(activity.results[0].breakdown.entities.t.metrics).toMatchObject({ spend: 0.00018, total_tokens: 45 })
  })

  it('has rows for failures, refusals, cache hits and cancelled streams', async () => {
    const { ask, key, call, admit } = await openTest()
    const made = await key({ models: ['large'] })
    await call(made, {}, { outcome: 'rate_limit', usage: undefined, cost: undefined })
    await call(made, { model: 'small' })
    await call(made, {}, { cache: { hit: true }, cost: { total: 0 } })
    const stream = await admit(made, { stream: true })
    stream.settle(
      settled({
        outcome: 'aborted',
        estimated: true,
        cost: { total: 0.00002 },
        usage: { prompt_tokens: 4, completion_tokens: 1, total_tokens: 5 },
      }),
    )
    // the client left before the first content: the prompt may be billed, an answer of the largest size is not assumed
    const left = await admit(made, { stream: true })
    left.settle(settled({ outcome: 'aborted', cost: { total: undefined, reason: 'missing_usage' }, usage: undefined }))
    const released = await admit(made)
    released.release()
    const rows: { metadata: { outcome: string; cost_state: string }; spend: number; cache_hit: string }[] = (
      await ask('GET', `/spend/logs?api_key=${made}`)
    ).body
    const found = rows.map(
      ({ metadata, spend, cache_hit }) => `${metadata.outcome} ${metadata.cost_state} ${spend} ${cache_hit}`,
    )
    expect(found.sort()).toEqual([
      'aborted estimated 0.00002 False',
      'aborted unknown 0.000014 False',
      'rate_limit known 0 False',
      'refused known 0 False',
      'success known 0 True',
    ])
  })

  it('shows a key without a user its own rows only, and a user those of all own keys', async () => {
    const { ask, key, call } = await openTest()
    await ask('POST', '/user/new', { user_id: 'ann', auto_create_key: false })
    const [one, two, other] = [await key({ user_id: 'ann' }), await key({ user_id: 'ann' }), await key()]
    for (const made of [one, two, other]) await call(made)
    expect((await ask('GET', '/spend/logs', undefined, one)).body).toHaveLength(2)
    expect((await ask('GET', '/spend/logs', undefined, other)).body).toHaveLength(1)
    expect((await ask('GET', `/spend/logs?api_key=${one}`, undefined, other)).body).toHaveLength(0)
  })

  it('pages through rows while others are added, and writes CSV without formulas', async () => {
    const { ask, key, call } = await openTest()
    const made = await key({ user_id: '=1+1' })
    for (let i = 0; i < 5; i++) await call(made)
    const first = (await ask('GET', '/spend/logs?limit=2')).body
    await call(made)
    const second = (await ask('GET', `/spend/logs?limit=10&after=${first[1].request_id}`)).body
    expect(new Set([...first, ...second].map(({ request_id }) => request_id)).size).toBe(5)
    const csv = (await ask('GET', '/spend/logs?format=csv')).body as string
    expect(csv.split('\n')[0]).toMatch(/^request_id,/)
    expect(csv).toContain(",'=1+1,")
  })

  it.each(['start_date=nope&end_date=nope', 'start_date=2026-13-01&end_date=2026-11-30'])(
    'rejects %s',
    async (query) => {
      const { ask } = await openTest()
      expect((await ask('GET', `/spend/logs?${query}`)).status).toBe(400)
      expect((await ask('GET', `/user/daily/activity?${query}`)).status).toBe(400)
    },
  )

  it('adds the sums of another process without counting its own twice', async () => {
    const book = new SpendBook()
    const rows = [{ subject: 'key:a', period: 'total', nanos: '100', updated: 1_000 }]
    const sql = { query: async () => rows } as never
    await book.load(sql, 2_000)
    book.add({ subject: 'key:a', period: 'total' }, 30n)
    expect(book.get('key:a', 'total')).toBe(130n)
    book.committed([{ subject: 'key:a', period: 'total', nanos: 180n, added: 30n }])
    expect(book.get('key:a', 'total')).toBe(180n)
    await book.refresh(
      { query: async () => [{ subject: 'key:a', period: 'total', nanos: '200', updated: 3_000 }] } as never,
      3_000,
    )
    expect(book.get('key:a', 'total')).toBe(200n)
  })
})

it('deletes rows that are older than the retention, and keeps the daily sums', async () => {
  let now = Date.parse('2026-10-01T12:00:00Z')
  const first = await openTest({ now: () => now })
  const made = await first.key()
  await first.call(made)
  now += 40 * 86_400_000
  await first.call(made)
  await first.control.close()
  const sql = openSqlite(first.folder)
  expect(await deleteOldCalls(sql, now - 30 * 86_400_000)).toBe(1)
  await sql.close()
  const second = await openTest({ data: first.folder })
  expect((await second.ask('GET', '/spend/logs')).body).toHaveLength(1)
  expect((await second.ask('GET', '/global/spend')).body.spend).toBe(0.00012)
})

describe('the spool', () => {
  it('is empty once all calls are in the database', async () => {
    const { control, folder, key, call } = await openTest()
    await call(await key())
    await control.close()
    expect(readdirSync(join(folder, 'spool'))).toEqual([])
  })

  it('gives the calls of a killed process rows: settled ones with their cost, open ones with their estimate', async () => {
    const first = await openTest()
    const made = await first.key()
    await first.call(made)
    const open = await first.admit(made)
    const released = await first.admit(made)
    released.release()
    const [file] = readdirSync(join(first.folder, 'spool'))
    const text = readFileSync(join(first.folder, 'spool', file ?? ''), 'utf8')
    await first.control.close()
    // the file as a process with another id has left it, with a line that was cut
    const settledLine = JSON.parse(text.split('\n').find((line) => line.includes('"settled"')) ?? '{}')
    settledLine.row.id = 'call-of-the-killed'
    const lines = [text.trimEnd(), JSON.stringify(settledLine), text.slice(0, 40)].join('\n')
    writeFileSync(
      join(
        first.folder,
        'spool',
        `${(file ?? '').replace(/-\d+-[0-9a-f]{8}-\d+\.jsonl$/, '')}-999999-00000000-1.jsonl`,
      ),
      lines,
    )
    const second = await openTest({ data: first.folder })
    const rows: { request_id: string; spend: number; metadata: { cost_state: string } }[] = (
      await second.ask('GET', '/spend/logs')
    ).body
    expect(rows.map(({ metadata }) => metadata.cost_state).sort()).toEqual(['known', 'known', 'unknown'])
    const unknown = rows.find(({ metadata }) => metadata.cost_state === 'unknown')
    expect(unknown?.spend).toBeGreaterThan(0)
    const sum = rows.reduce((total, { spend }) => total + Math.round(spend * 1e9), 0)
    expect(Math.round((await second.ask('GET', `/key/info?key=${made}`)).body.info.spend * 1e9)).toBe(sum)
    expect(Math.round((await second.ask('GET', '/global/spend')).body.spend * 1e9)).toBe(sum)
    open.release()
  })

  it('does not hold up calls behind one that the database refuses', async () => {
    const spool = new Spool(temporaryFolder(), () => {})
    const written: string[] = []
    const tx = {
      query: async (text: string, values: unknown[] = []) => {
        if (!text.includes('INTO llmux_calls')) return []
        const ids = values.filter((value): value is string => typeof value === 'string' && value.startsWith('call-'))
        if (ids.includes('call-bad')) throw Object.assign(new Error('invalid byte sequence'), { code: '22021' })
        written.push(...ids)
        return ids.map((id) => ({ id }))
      },
    }
    const sql = { query: async () => [], transaction: (run: (runner: typeof tx) => Promise<unknown>) => run(tx) }
    const events: { kind: string }[] = []
    const ledger = new Ledger(sql as never, new SpendBook(), spool, (event) => events.push(event))
    for (const id of ['call-1', 'call-bad', 'call-2']) {
      ledger.settle({
        row: { id, startedAt: 0, tags: [], nanos: 5, metadata: {}, outcome: 'success' } as never,
        spend: [],
      })
    }
    expect(await ledger.flush()).toBe(true)
    expect(written).toEqual(['call-1', 'call-2'])
    expect(events.filter(({ kind }) => kind === 'trouble')).toHaveLength(1)
    await ledger.close()
  })

  it('holds the calls that memory does not, while the database is away', async () => {
    const spool = new Spool(temporaryFolder(), () => {})
    const written: unknown[] = []
    let away = true
    const tx = {
      query: async (text: string, values: unknown[] = []) => {
        if (!text.includes('INTO llmux_calls')) return []
        const ids = values.filter((value) => typeof value === 'string' && value.startsWith('call-'))
        written.push(...ids)
        return ids.map((id) => ({ id }))
      },
    }
    const sql = {
      query: async () => [],
      transaction: async (run: (runner: typeof tx) => Promise<unknown>) => {
        if (away) throw new Error('away')
        return await run(tx)
      },
    }
    const events: unknown[] = []
    const ledger = new Ledger(sql as never, new SpendBook(), spool, (event) => events.push(event), { most: 10 })
    const row = { startedAt: 0, tags: [], nanos: 5, metadata: {}, outcome: 'success' }
    for (let i = 0; i < 35; i++) {
      const booking = { row: { ...row, id: `call-${i}` } as never, spend: [{ subject: 'key:a', period: 'total' }] }
      ledger.admit(booking)
      ledger.settle(booking)
    }
    expect(await ledger.flush()).toBe(false)
    expect(ledger.writable).toBe(false)
    expect(ledger.backlog).toBe(35)
    away = false
    expect(await ledger.flush()).toBe(true)
    expect(ledger.writable).toBe(true)
    expect(ledger.backlog).toBe(0)
    expect(new Set(written).size).toBe(35)
    expect(written).toHaveLength(35)
    await ledger.close()
  })

  it('leaves the files of living processes alone, and of gateways in the same process', async () => {
    const folder = temporaryFolder()
    const spool = new Spool(folder, () => {})
    spool.admit({ row: { id: 'a' } as never, spend: [] })
    await spool.written
    const other = new Spool(folder, () => {})
    expect(other.abandoned()).toEqual([])
    const [file = ''] = readdirSync(folder)
    const name = (pid: number) => join(folder, file.replace(/-\d+-[0-9a-f]{8}-/, `-${pid}-00000000-`))
    writeFileSync(name(process.ppid), '')
    expect(other.abandoned()).toEqual([])
    // an earlier process had the same number
    writeFileSync(name(process.pid), readFileSync(join(folder, file)))
    expect(recover(other.abandoned()).map(({ row }) => row.id)).toEqual(['a'])
    spool.close()
    other.close()
  })
})
