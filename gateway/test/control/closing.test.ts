import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { insertCalls } from '../../src/ledger/calls-table.js'
import { closePeriods } from '../../src/ledger/closing.js'
import { sums, Where } from '../../src/ledger/queries.js'
import { addDifference, addRollups, type Dimension, dayOf, dimensions, hourOf } from '../../src/ledger/rollups.js'
import { sumsByName, totalsBy } from '../../src/ledger/totals.js'
import { migrate } from '../../src/store/migrations.js'
import { openStore } from '../../src/store/open.js'
import type { LedgerRow } from '../../src/store/rows.js'
import type { Sql } from '../../src/store/sql.js'
import { temporaryFolder } from './harness.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const now = Date.UTC(2026, 10, 8, 15, 30)

let made = 0
/** A call of one of some owners, by a counter that makes no two calls alike. */
const callAt = (startedAt: number, more: Partial<LedgerRow> = {}): LedgerRow => {
  const at = ++made
  return {
    ...{ id: `call-${at}`, startedAt, durationMs: 10 + at, operation: 'chat', path: '/v1/chat/completions' },
    ...{ keyHash: `key-${at % 7}`, keyAlias: null, userId: at % 3 ? `user-${at % 5}` : null },
    ...{
      teamId: at % 4 ? `team-${at % 3}` : null,
      organizationId: null,
      customerId: at % 2 ? `customer-${at % 11}` : null,
    },
    tags: at % 3 === 0 ? [] : at % 3 === 1 ? ['red'] : ['red', 'blue', 'red'],
    ...{ modelGroup: `group-${at % 2}`, model: `openai/m${at % 4}`, provider: 'openai', deployment: `d${at % 2}` },
    ...{ outcome: at % 9 ? 'success' : 'timeout', errorStatus: null, errorMessage: null },
    ...{ inputTokens: at, outputTokens: at % 13, cachedTokens: at % 2, cacheHit: at % 10 === 0, stream: false },
    ...{ nanos: at * 1_001, costState: at % 8 ? 'known' : 'unknown', metadata: {}, ip: null, retries: at % 2 },
    ...more,
  } as LedgerRow
}

const engines: readonly ['sqlite' | 'postgres'][] = noPostgres() ? [['sqlite']] : [['sqlite'], ['postgres']]

describe.each(engines)('sums of ended periods on %s', (engine) => {
  let server: PostgresServer | undefined
  beforeAll(async () => {
    if (engine === 'postgres') server = await startPostgres()
  }, 120_000)
  afterAll(() => server?.stop(), 120_000)

  /** A database with some calls of 45 days, and calls of every hour of the last days. */
  async function filled() {
    const sql = await openStore({ data: temporaryFolder(), databaseUrl: await server?.database() })
    await migrate(sql)
    const rows: LedgerRow[] = []
    const add = async (...calls: LedgerRow[]) => {
      rows.push(...calls)
      await sql.transaction(async (tx) => {
        await insertCalls(tx, calls)
        await addRollups(tx, calls)
      })
    }
    const times = [
      ...Array.from({ length: 45 }, (_, at) => now - at * dayMs),
      ...Array.from({ length: 40 }, (_, at) => now - at * 2 * hourMs),
    ]
    await add(...times.filter((at) => dayOf(at) !== '2026-10-12').map((at) => callAt(at)))
    return { sql, rows, add }
  }

  const namesOf = (row: LedgerRow, dimension: Dimension): readonly string[] => {
    const { keyHash, userId, teamId, customerId, modelGroup, model, provider, deployment, outcome } = row
    const own: Partial<Record<Dimension, string | null>> = { all: '', key: keyHash, user: userId, team: teamId }
    const others = { customer: customerId, group: modelGroup, model, provider, deployment, outcome }
    if (dimension === 'tag') return [...new Set(row.tags)]
    return [{ ...own, ...others }[dimension as 'key'] ?? '']
  }

  /** Calls and money of every name, added up from the rows. */
  function expected(rows: readonly LedgerRow[], dimension: Dimension, fits: (at: number) => boolean) {
    const found = new Map<string, [number, number]>()
    for (const row of rows.filter(({ startedAt }) => fits(startedAt)))
      for (const name of namesOf(row, dimension)) {
        const [calls, nanos] = found.get(name) ?? [0, 0]
        found.set(name, [calls + 1, nanos + row.nanos])
      }
    return [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  const found = async (sql: Sql, dimension: Dimension, grain: 'day' | 'hour', from?: string, to?: string) =>
    (await sumsByName(sql, { grain, dimension, from, to }))
      .map(({ name, calls, nanos }): [string, number[]] => [String(name), [Number(calls), Number(nanos)]])
      .sort(([a], [b]) => (a < b ? -1 : 1))

  async function compareAll(sql: Sql, rows: readonly LedgerRow[]) {
    for (const dimension of dimensions) {
      for (const [from, to] of [
        [undefined, undefined],
        ['2026-09-25', '2026-11-08'],
        ['2026-10-01', '2026-10-31'],
        ['2026-10-05', '2026-10-20'],
        ['2026-10-12', '2026-10-12'],
        ['2026-10-30', '2026-11-03'],
        ['2026-11-07', '2026-11-08'],
      ] as const) {
        const fits = (at: number) => (from === undefined || dayOf(at) >= from) && (to === undefined || dayOf(at) <= to)
        expect([dimension, from, to, await found(sql, dimension, 'day', from, to)]).toEqual([
          ...[dimension, from, to, expected(rows, dimension, fits)],
        ])
      }
      for (const [from, to] of [
        [hourOf(now - 23 * hourMs), hourOf(now)],
        ['2026-11-06T00', '2026-11-07T23'],
        ['2026-11-05T07', '2026-11-08T02'],
        ['2026-11-07T03', '2026-11-07T20'],
      ] as const) {
        const fits = (at: number) => hourOf(at) >= from && hourOf(at) <= to
        expect([dimension, from, to, await found(sql, dimension, 'hour', from, to)]).toEqual([
          ...[dimension, from, to, expected(rows, dimension, fits)],
        ])
        const hours = await totalsBy(sql, { grain: 'hour', dimension, from, to }, ['period'])
        const shares = expected(rows, dimension, fits)
        expect(hours.reduce((sum, { calls }) => sum + Number(calls), 0)).toBe(
          shares.reduce((sum, [, [calls]]) => sum + calls, 0),
        )
      }
    }
    const tags = async (columns: readonly string[]) =>
      (await sums(sql, 'llmux_daily_tags', columns, new Where().and('tag = ?', 'red')))
        .map(({ model, calls, nanos }) => [String(model), Number(calls), Number(nanos)] as const)
        .reduce((all, [model, calls, nanos]) => {
          const [before, money] = all.get(model) ?? [0, 0]
          return all.set(model, [before + calls, money + nanos])
        }, new Map<string, [number, number]>())
    // with the key it reads the sums of every call
    expect(await tags(['day', 'model'])).toEqual(await tags(['day', 'model', 'key_hash']))
  }

  it('are those of the rows, before and after periods are closed', async () => {
    const { sql, rows } = await filled()
    await compareAll(sql, rows)
    expect(await closePeriods(sql, now)).toBeGreaterThan(60)
    expect(await closePeriods(sql, now)).toBe(0)
    await compareAll(sql, rows)
    // that of the newest hour and day are open
    const open = await sql.query(
      "SELECT period FROM llmux_closed WHERE period >= '2026-11-08T15' OR period = '2026-11-08'",
    )
    expect(open).toEqual([])
    await sql.close()
  }, 120_000)

  it('are right after a late call and a new price, and are made again', async () => {
    const { sql, rows, add } = await filled()
    await closePeriods(sql, now)
    await add(callAt(Date.UTC(2026, 9, 3, 4)), callAt(Date.UTC(2026, 9, 12, 4)), callAt(Date.UTC(2026, 10, 7, 4)))
    await compareAll(sql, rows)
    const at = rows.findIndex(({ startedAt }) => dayOf(startedAt) === '2026-11-06')
    const row = rows[at] as LedgerRow
    await sql.transaction(async (tx) => {
      await tx.query('UPDATE llmux_calls SET nanos = nanos + 5 WHERE id = ?', [row.id])
      const [stored] = await tx.query('SELECT * FROM llmux_calls WHERE id = ?', [row.id])
      if (stored) await addDifference(tx, stored, 5, 0)
    })
    rows[at] = { ...row, nanos: row.nanos + 5 }
    await closePeriods(sql, now)
    await compareAll(sql, rows)
    await sql.close()
  }, 120_000)

  it('wait for a writer, who then opens the period again', async () => {
    const { sql, rows } = await filled()
    const late = callAt(Date.UTC(2026, 10, 5, 9))
    let writing: () => void = () => {}
    const begun = new Promise<void>((resolve) => {
      writing = resolve
    })
    let go: () => void = () => {}
    const free = new Promise<void>((resolve) => {
      go = resolve
    })
    const write = sql.transaction(async (tx) => {
      await insertCalls(tx, [late])
      // calls are written, sums are not: a closing that runs now sees neither
      writing()
      await free
      await addRollups(tx, [late])
    })
    await begun
    const closing = closePeriods(sql, now)
    if (engine === 'postgres') await closing
    go()
    await Promise.all([write, closing])
    await compareAll(sql, [...rows, late])
    await closePeriods(sql, now)
    await compareAll(sql, [...rows, late])
    await sql.close()
  }, 120_000)
})
