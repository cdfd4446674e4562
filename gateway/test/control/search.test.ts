import { expect, it, onTestFinished, vi } from 'vitest'
import { everyCall, searchCalls, sortedCalls } from '../../src/admin/call-search.js'
import { Where } from '../../src/ledger/queries.js'
import { migrate } from '../../src/store/migrations.js'
import { openStore } from '../../src/store/open.js'
import { temporaryFolder } from './harness.js'

/** A database with 24,000 calls of one team, each with an amount of its own. */
async function filled() {
  const sql = await openStore({ data: temporaryFolder() })
  onTestFinished(() => sql.close())
  await migrate(sql)
  const day = Date.UTC(2026, 10, 20)
  await sql.query(
    `INSERT INTO llmux_calls (id, at, duration_ms, operation, path, key_hash, team_id, tags, model_group, model, provider, deployment,
       outcome, input_tokens, output_tokens, cached_tokens, cache_hit, stream, nanos, cost_state, metadata, rolled)
     SELECT 'call-' || i, ? + i, 1, 'chat', '/', 'k', 'red', '[]', 'm', 'p/m', 'p', 'd',
       'success', 1, 1, 0, 0, 0, (i * 7919) % 24000, 'known', '{}', 1
     FROM (WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < 23999) SELECT i FROM s)`,
    [day],
  )
  const measures = Array(13).fill(0)
  await sql.query(`INSERT INTO llmux_totals VALUES ('day', 'team', '2026-11-20', 'red', 24000, ${measures.join(', ')})`)
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
}, 120_000)

it('refuses to sort more calls than it reads, and sorts fewer', async () => {
  const sql = await filled()
  const order = { by: 'spend', ascending: false }
  await expect(sortedCalls(sql, red(), order, 5, {})).rejects.toThrow("'sort_by' sorts up to 10000 calls")
  const some = red(new Where().and('c.at >= ?', Date.UTC(2026, 10, 20) + 15_000))
  const { rows, total } = await sortedCalls(sql, some, order, 5, {})
  expect(total).toBe(9_000)
  const amounts = rows.map(({ nanos }) => Number(nanos))
  expect(amounts).toEqual([...amounts].sort((a, b) => b - a))
}, 120_000)

it('reads every call once, page by page, also if each step ends the search', async () => {
  const sql = await filled()
  // several calls have one time
  await sql.query('UPDATE llmux_calls SET at = at - (at - ?) % 7', [Date.UTC(2026, 10, 20)])
  const read = async (question: Parameters<typeof everyCall>[1], options: Parameters<typeof everyCall>[2]) => {
    const ids: string[] = []
    let pages = 0
    for await (const rows of everyCall(sql, question, { columns: 'id, at', ...options })) {
      pages++
      ids.push(...rows.map(({ id }) => String(id)))
    }
    return { ids, pages }
  }
  const idsBy = async (where: string, order: string) =>
    (await sql.query(`SELECT id FROM llmux_calls ${where} ORDER BY ${order}`)).map(({ id }) => String(id))
  const all = await read(red(), {})
  expect(all).toEqual({ ids: await idsBy('', 'at DESC, id'), pages: 25 })
  expect((await read(red(), { ascending: true })).ids).toEqual(await idsBy('', 'at, id DESC'))
  expect((await read(red(), { limit: 1_500 })).ids).toEqual(all.ids.slice(0, 1_500))
  const half = () => ({ ...red(new Where().and('c.nanos < ?', 12_000)), others: 1 })
  const expected = await idsBy('WHERE nanos < 12000', 'at DESC, id')
  expect((await read(half(), {})).ids).toEqual(expected)
  let clock = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (clock += 1_000))
  onTestFinished(() => void vi.restoreAllMocks())
  const ended = await read(half(), {})
  expect(ended.ids).toEqual(expected)
  expect(ended.pages).toBeGreaterThan(20)
}, 120_000)
