import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Ledger, type SharedDurability } from '../../src/ledger/ledger.js'
import { OpenCalls } from '../../src/ledger/open-calls.js'
import { SpendBook } from '../../src/ledger/spend-book.js'
import { type Booking, Spool } from '../../src/ledger/spool.js'
import { migrate } from '../../src/store/migrations.js'
import { openPostgres } from '../../src/store/postgres.js'
import { openSqlite } from '../../src/store/sqlite.js'
import { temporaryFolder } from './harness.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'

const row = {
  ...{ startedAt: Date.parse('2026-11-10T12:00:00Z'), durationMs: 5, operation: 'chat', path: '/v1/chat/completions' },
  ...{ keyHash: 'k', keyAlias: null, userId: 'ann', teamId: null, organizationId: null, customerId: 'c1', tags: ['a'] },
  ...{ modelGroup: 'large', model: 'openai/large', provider: 'openai', deployment: 'd', errorStatus: null },
  ...{ errorMessage: null, inputTokens: 3, outputTokens: 2, cachedTokens: 0, cacheHit: false, stream: true },
  ...{ metadata: {}, ip: null },
}
const spend = [{ subject: 'key:k', period: 'total' }]
const bookingOf = (id: string, outcome: string, nanos: number): Booking => ({
  row: { ...row, id, outcome, nanos, costState: outcome === 'unknown' ? 'unknown' : 'known' } as never,
  spend,
})

async function openLedger(shared?: SharedDurability) {
  const sql = openSqlite(temporaryFolder())
  onTestFinished(() => sql.close())
  await migrate(sql)
  const ledger = new Ledger(sql, new SpendBook(), new Spool(temporaryFolder(), () => {}), () => {}, { shared })
  onTestFinished(() => ledger.close())
  return { sql, ledger }
}

it('replaces a call that was given up as unknown by its late settlement, in all sums', async () => {
  const { sql, ledger } = await openLedger()
  ledger.settle(bookingOf('call-1', 'unknown', 500))
  ledger.settle(bookingOf('call-2', 'success', 70))
  await ledger.flush()
  ledger.settle(bookingOf('call-1', 'success', 300))
  // a repetition of a call that is known changes nothing
  ledger.settle(bookingOf('call-2', 'success', 70))
  await ledger.flush()
  const one = async (text: string) => (await sql.query(text))[0]
  expect(await one('SELECT COUNT(*) AS calls, SUM(nanos) AS nanos FROM llmux_calls')).toMatchObject({
    calls: 2,
    nanos: 370,
  })
  expect(await one("SELECT nanos FROM llmux_spend WHERE subject = 'key:k'")).toMatchObject({ nanos: 370 })
  const sums = 'SUM(calls) AS calls, SUM(nanos) AS nanos, SUM(unknown_costs) AS unknown_costs'
  const right = { calls: 2, nanos: 370, unknown_costs: 0 }
  expect(await one(`SELECT ${sums} FROM llmux_daily`)).toMatchObject(right)
  expect(await one(`SELECT ${sums} FROM llmux_daily_customers`)).toMatchObject(right)
  expect(await one(`SELECT ${sums} FROM llmux_totals WHERE grain = 'day' AND dimension = 'all'`)).toMatchObject(right)
  expect(await one('SELECT SUM(nanos) AS nanos FROM llmux_daily_tags')).toMatchObject({ nanos: 370 })
})

describe('an answer', () => {
  it('waits for the commit of its call', async () => {
    const { sql, ledger } = await openLedger({ commits: true, open: undefined, stream: undefined })
    const booking = bookingOf('call-1', 'success', 5)
    ledger.settle(booking)
    await ledger.kept(booking)
    expect(await sql.query('SELECT id FROM llmux_calls')).toHaveLength(1)
    // and not once more
    await ledger.kept(booking)
  })

  it('waits for Redis while the database is away, and not for the database', async () => {
    const streamed: string[] = []
    const stream = {
      add: async ({ row: { id } }: Booking) => streamed.push(id) > 0,
      done: () => {},
      drain: async () => {},
    }
    const sql = {
      engine: 'postgres',
      query: async () => [],
      transaction: async () => {
        throw new Error('away')
      },
    }
    const shared = { commits: true, open: undefined, stream: stream as never }
    const ledger = new Ledger(sql as never, new SpendBook(), new Spool(temporaryFolder(), () => {}), () => {}, {
      shared,
    })
    for (const id of ['call-1', 'call-2']) {
      const booking = bookingOf(id, 'success', 5)
      ledger.settle(booking)
      await ledger.kept(booking)
    }
    expect(streamed).toEqual(['call-1', 'call-2'])
    await ledger.close()
  })
})

const missing = noPostgres()

describe.skipIf(missing)(`calls in flight on Postgres${missing ? ` (${missing})` : ''}`, () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(async () => {
    await server?.stop()
  })

  it('are given up once their process has shown no sign of life, and not before', async () => {
    const sql = openPostgres(await server.database())
    onTestFinished(() => sql.close())
    await migrate(sql)
    const living = new OpenCalls(sql, 900)
    const other = new OpenCalls(sql, 900)
    const written: string[] = []
    const write = async (bookings: readonly Booking[]) => void written.push(...bookings.map(({ row: { id } }) => id))
    onTestFinished(() => living.close())
    onTestFinished(() => other.close())
    living.begin(bookingOf('call-living', 'unknown', 5))
    living.start(write)
    other.start(write)
    await sql.query('INSERT INTO llmux_open_calls (id, owner, booking) VALUES (?, ?, ?)', [
      'call-left',
      'gone',
      JSON.stringify(bookingOf('call-left', 'unknown', 5)),
    ])
    await expect.poll(() => written, { timeout: 15_000 }).toContain('call-left')
    const noted = async () => (await sql.query('SELECT id FROM llmux_open_calls')).map(({ id }) => id)
    await expect.poll(noted, { timeout: 5_000 }).toEqual(['call-living'])
    living.end('call-living')
    await expect.poll(noted, { timeout: 5_000 }).toEqual([])
    expect(written).not.toContain('call-living')
  })
})
