import { expect, it, onTestFinished } from 'vitest'
import { searchCalls, sortedCalls } from '../../src/admin/call-search.js'
import { insertCalls } from '../../src/ledger/calls-table.js'
import { Where } from '../../src/ledger/queries.js'
import { addRollups } from '../../src/ledger/rollups.js'
import { migrate } from '../../src/store/migrations.js'
import { openStore } from '../../src/store/open.js'
import type { LedgerRow } from '../../src/store/rows.js'
import { temporaryFolder } from './harness.js'

/** A database with 24,000 calls of one team, all of them for 1 of 24,000 amounts. */
async function filled() {
  const sql = await openStore({ data: temporaryFolder() })
  onTestFinished(() => sql.close())
  await migrate(sql)
  const call = (at: number) =>
    ({
      ...{ id: `call-${at}`, startedAt: Date.UTC(2026, 10, 20) + at, durationMs: 1, operation: 'chat', path: '/' },
      ...{
        keyHash: 'k',
        keyAlias: null,
        userId: null,
        teamId: 'red',
        organizationId: null,
        customerId: null,
        tags: [],
      },
      ...{ modelGroup: 'm', model: 'p/m', provider: 'p', deployment: 'd', outcome: 'success', errorStatus: null },
      ...{ errorMessage: null, inputTokens: 1, outputTokens: 1, cachedTokens: 0, cacheHit: false, stream: false },
      ...{ nanos: (at * 7_919) % 24_000, costState: 'known', metadata: {}, ip: null },
    }) as unknown as LedgerRow
  const calls = Array.from({ length: 24_000 }, (_, at) => call(at))
  await sql.transaction(async (tx) => {
    await insertCalls(tx, calls)
    await addRollups(tx, calls)
  })
  return sql
}

const red = (where = new Where()) => ({
  where: where.and('c.team_id = ?', 'red'),
  tag: undefined,
  filters: [{ dimension: 'team' as const, column: 'team_id', value: 'red' }],
  others: 0,
})

it('finds the calls that fit two conditions over many steps, in both directions', async () => {
  const sql = await filled()
  const rare = { ...red(new Where().and('c.nanos < ?', 3)), others: 1 }
  const expected = await sql.query('SELECT id FROM llmux_calls WHERE nanos < 3 ORDER BY at DESC')
  expect(expected).toHaveLength(3)
  for (const ascending of [false, true]) {
    // a search that was ended goes on from its time
    const found: string[] = []
    let reached: number | undefined
    do {
      const where = rare.where.copy().and(ascending ? 'c.at > ?' : 'c.at < ?', reached)
      const { rows, searchedFrom } = await searchCalls(sql, { ...rare, where }, 10, { ascending })
      found.push(...rows.map(({ id }) => String(id)))
      reached = searchedFrom
    } while (reached !== undefined)
    const ids = expected.map(({ id }) => String(id))
    expect(found).toEqual(ascending ? ids.reverse() : ids)
  }
})

it('refuses to sort more calls than it reads, and sorts fewer', async () => {
  const sql = await filled()
  const order = { by: 'spend', ascending: false }
  await expect(sortedCalls(sql, red(), order, 5, {})).rejects.toThrow("'sort_by' sorts up to 10000 calls")
  const some = red(new Where().and('c.at >= ?', Date.UTC(2026, 10, 20) + 15_000))
  const { rows, total } = await sortedCalls(sql, some, order, 5, {})
  expect(total).toBe(9_000)
  const amounts = rows.map(({ nanos }) => Number(nanos))
  expect(amounts).toEqual([...amounts].sort((a, b) => b - a))
})
