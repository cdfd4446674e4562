import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, schemaVersion, setMeta } from '../../src/store/migrations.js'
import { openPostgres } from '../../src/store/postgres.js'
import { openTest, settled } from './harness.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'

const missing = noPostgres()
const until = async (condition: () => boolean | Promise<boolean>, ms = 5_000) => {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('It did not happen in time.')
}

describe.skipIf(missing)(`Postgres${missing ? ` (${missing})` : ''}`, () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server?.stop())

  it('is migrated by one of several processes that start at once', async () => {
    const url = await server.database()
    const stores = [openPostgres(url), openPostgres(url), openPostgres(url)]
    const steps = await Promise.all(stores.map((store) => migrate(store)))
    expect(steps.flat()).toEqual(Array.from({ length: schemaVersion }, (_, index) => index + 1))
    await setMeta(stores[0] as never, 'schema', String(schemaVersion + 1))
    expect(await migrate(stores[0] as never)).toEqual([])
    await setMeta(stores[0] as never, 'schema', String(schemaVersion + 2))
    await expect(migrate(stores[0] as never)).rejects.toThrow('Use a newer release')
    await Promise.all(stores.map((store) => store.close()))
  })

  it('shares keys, blocks and spend between processes within a second', async () => {
    const databaseUrl = await server.database()
    const [one, two] = [await openTest({ databaseUrl }), await openTest({ databaseUrl })]
    const made = await one.key({ max_budget: 0.0001 })
    await until(async () => (await two.ask('GET', `/key/info?key=${made}`)).status === 200, 1_000)
    expect(await one.call(made)).toBe(200)
    expect(await one.call(made)).toBe(200)
    await until(async () => (await two.ask('GET', `/key/info?key=${made}`)).body.info.spend === 0.00012, 2_500)
    expect(await two.call(made)).toBe(422)
    await one.ask('POST', '/key/update', { key: made, max_budget: null })
    await one.ask('POST', '/key/block', { key: made })
    await until(async () => (await two.call(made)) === 401, 1_000)
  })

  it('keeps the changes of processes that edit the same rows at once', async () => {
    const databaseUrl = await server.database()
    const [one, two] = [await openTest({ databaseUrl }), await openTest({ databaseUrl })]
    await one.ask('POST', '/team/new', { team_id: 't' })
    const add = (who: typeof one, name: string) =>
      who.ask('POST', '/team/member_add', { team_id: 't', member: { role: 'user', user_id: name } })
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => add(i % 2 ? one : two, `user-${i}`)))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
    const members = (who: typeof one) =>
      who.ask('GET', '/team/info?team_id=t').then(({ body }) => body.team_info.members_with_roles.length)
    await until(async () => (await members(one)) === 11 && (await members(two)) === 11, 1_000)
    const duplicates = await Promise.all(
      [one, two].map((who) => who.ask('POST', '/key/generate', { key: 'sk-same-key-0001' })),
    )
    expect(duplicates.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('has the same sums in rows, rollups and counters after calls through two processes', async () => {
    const databaseUrl = await server.database()
    const [one, two] = [await openTest({ databaseUrl }), await openTest({ databaseUrl })]
    await one.ask('POST', '/tag/new', { name: 'load' })
    const keys = await Promise.all(Array.from({ length: 5 }, () => one.key({ metadata: { tags: ['load'] } })))
    await until(async () => (await two.ask('GET', `/key/info?key=${keys[4]}`)).status === 200)
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        (i % 2 ? one : two).call(
          keys[i % 5] as string,
          { params: { messages: [], user: `c${i % 3}` } },
          { cost: { total: (i + 1) * 1e-9 } },
        ),
      ),
    )
    const expected = (200 * 201) / 2
    await Promise.all([one.ask('GET', '/global/spend'), two.ask('GET', '/global/spend')])
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    const sum = async (text: string) => Number((await client.query(text)).rows[0].sum)
    expect(await sum('SELECT SUM(nanos) FROM llmux_calls')).toBe(expected)
    expect(await sum('SELECT SUM(nanos) FROM llmux_daily')).toBe(expected)
    expect(await sum('SELECT SUM(nanos) FROM llmux_daily_tags')).toBe(expected)
    for (const kind of ['key', 'customer', 'tag', 'gateway']) {
      expect(await sum(`SELECT SUM(nanos) FROM llmux_spend WHERE subject LIKE '${kind}:%' AND period = 'total'`)).toBe(
        expected,
      )
    }
    expect(await sum('SELECT ROUND(SUM(dollars) * 1000000000) AS sum FROM llmux_spend_view')).toBe(expected)
    await client.end()
  })

  it('stores calls whose names have characters that Postgres does not', async () => {
    const databaseUrl = await server.database()
    const { ask, key, call } = await openTest({ databaseUrl })
    const made = await key()
    const params = { messages: [], user: 'a\0b', metadata: { tags: ['t\0', '\ud800'], note: '\0' } }
    expect(await call(made, { params, id: 'id\0' })).toBe(200)
    await call(made, { model: 'm\0'.repeat(500) }, { outcome: 'timeout', error: new Error('e\0') as never })
    expect((await ask('GET', `/spend/logs?api_key=${made}`)).body).toHaveLength(2)
    expect((await ask('GET', '/customer/list')).body[0].user_id).toBe('a�b')
  })

  it('loses no call while the database is away, and answers from memory', async () => {
    const databaseUrl = await server.database()
    const test = await openTest({ databaseUrl })
    const made = await test.key({ max_budget: 1 })
    await test.call(made)
    await server.kill()
    for (let i = 0; i < 20; i++) expect(await test.call(made)).toBe(200)
    expect((await test.ask('GET', `/key/info?key=${made}`)).body.info.spend).toBe(0.00126)
    await until(() => !test.control.health().connected, 6_000)
    await server.restart()
    await until(() => test.control.health().connected, 15_000)
    await until(async () => (await test.ask('GET', `/spend/logs?api_key=${made}`)).body?.length === 21, 15_000)
    expect((await test.ask('GET', '/global/spend')).body.spend).toBe(0.00126)
    expect(test.events.filter(({ kind }) => kind === 'trouble').length).toBeLessThanOrEqual(3)
    const admitted = await test.admit(made)
    admitted.settle(settled())
  }, 60_000)
})
