import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Recent } from '../../src/keys/recent.js'
import { everyId, RowCache } from '../../src/keys/row-cache.js'
import { customerForm, keyForm } from '../../src/keys/row-forms.js'
import { patienceOf, RowLoader } from '../../src/keys/row-loader.js'
import { newCustomer } from '../../src/ledger/customers.js'
import { SpendBook } from '../../src/ledger/spend-book.js'
import { refusalOf } from '../../src/refusal.js'
import type { KeyRow } from '../../src/store/rows.js'
import { hashKey } from '../../src/store/secrets.js'
import { databaseTime, type Sql } from '../../src/store/sql.js'
import { openSqlite } from '../../src/store/sqlite.js'
import { masterKey, openTest, temporaryFolder } from './harness.js'

/** A database that counts its statements, and can be away. */
function watched(folder: string) {
  const sql = openSqlite(folder)
  const state = { away: false, statements: [] as string[] }
  const check = (text: string) => {
    state.statements.push(text)
    if (state.away) throw new Error('The database is away.')
  }
  const wrapped: Sql = {
    engine: sql.engine,
    async query(text, values) {
      check(text)
      return await sql.query(text, values)
    },
    async transaction(run) {
      check('BEGIN')
      return await sql.transaction(run)
    },
    close: () => sql.close(),
  }
  return { sql: wrapped, state }
}

const reads = (statements: readonly string[]) =>
  statements.filter((text) => text.startsWith('SELECT id, body FROM llmux_rows WHERE collection = ? AND id IN'))

/** A control with many keys in its database, of which it keeps two to four. */
async function openSmall() {
  const folder = temporaryFolder()
  const first = await openTest({ data: folder })
  const keys: string[] = []
  for (let at = 0; at < 12; at++) keys.push(await first.key({ key_alias: `key ${at}`, rpm_limit: at + 1 }))
  await first.control.close()
  const { sql, state } = watched(folder)
  const test = await openTest({ data: folder, sql, mostKept: 2 })
  return { ...test, keys, state }
}

describe('with more keys than are kept in memory', () => {
  it('reads a key at its first call, and not at the next ones', async () => {
    const { ask, keys, state } = await openSmall()
    state.statements.length = 0
    for (const key of keys) expect((await ask('GET', '/key/info', undefined, key)).status).toBe(200)
    expect(reads(state.statements)).toHaveLength(keys.length)
    state.statements.length = 0
    expect((await ask('GET', '/key/info', undefined, keys.at(-1))).status).toBe(200)
    expect(reads(state.statements)).toEqual([])
  })

  it('asks once for an unknown key, and for many of them together', async () => {
    const { control, state, key } = await openSmall()
    const failed = async (token: string) => {
      await control.prepare(token)
      try {
        control.authenticate(token)
      } catch (error) {
        return refusalOf(error)?.status
      }
      return 200
    }
    state.statements.length = 0
    const tokens = Array.from({ length: 100 }, (_, at) => `sk-unknown-${at}`)
    expect(new Set(await Promise.all(tokens.map(failed)))).toEqual(new Set([401]))
    expect(new Set(await Promise.all(tokens.map(failed)))).toEqual(new Set([401]))
    expect(reads(state.statements).length).toBeLessThan(3)
    // a key that is made later works at once
    await key({ key: tokens[7] })
    expect(await failed(tokens[7] ?? '')).toBe(200)
  })

  it('lists, counts, searches and sorts all keys', async () => {
    const { ask, call, keys } = await openSmall()
    const all = await ask('GET', '/key/list?size=5&return_full_object=true&sort_by=key_alias&sort_order=asc')
    expect(all.body.total_count).toBe(12)
    expect(all.body.total_pages).toBe(3)
    expect(all.body.keys.map((row: KeyRow) => row.key_alias)).toEqual(['key 0', 'key 1', 'key 10', 'key 11', 'key 2'])
    const next = await ask('GET', '/key/list?size=5&page=2&return_full_object=true&sort_by=key_alias&sort_order=asc')
    expect(next.body.keys.map((row: KeyRow) => row.key_alias)).toEqual(['key 3', 'key 4', 'key 5', 'key 6', 'key 7'])
    expect(await call(keys[3] ?? '')).toBe(200)
    const spent = await ask('GET', '/key/list?size=1&return_full_object=true&sort_by=spend')
    expect(spent.body.keys[0].key_alias).toBe('key 3')
    expect((await ask('GET', '/key/aliases?search=Y%201')).body.aliases).toEqual(['key 1', 'key 10', 'key 11'])
    expect((await ask('GET', '/spend/keys?limit=3')).body.map((row: KeyRow) => row.key_alias)[0]).toBe('key 3')
  })

  it('reads pages near the end of a list from there', async () => {
    const { ask } = await openSmall()
    const whole = (await ask('GET', '/key/list?size=100')).body.keys as string[]
    for (const query of ['size=5', 'size=4', 'size=7&sort_order=asc', 'size=5&sort_by=key_alias']) {
      const pages: string[][] = []
      for (let page = 1; page <= 4; page++) pages.push((await ask('GET', `/key/list?${query}&page=${page}`)).body.keys)
      const size = Number(/\d+/.exec(query)?.[0])
      expect(pages.map(({ length }) => length)).toEqual(
        [0, 1, 2, 3].map((at) => Math.max(0, Math.min(size, 12 - at * size))),
      )
      if (query.startsWith('size=5&')) expect(new Set(pages.flat())).toEqual(new Set(whole))
      else expect(pages.flat()).toEqual(query.includes('asc') ? whole.toReversed() : whole)
    }
  })

  it('counts aliases without the keys that have none', async () => {
    const { ask, key } = await openSmall()
    await key({})
    const all = (await ask('GET', '/key/aliases?size=5&page=3')).body
    expect(all).toMatchObject({ total_count: 12, total_pages: 3, aliases: ['key 8', 'key 9'] })
    expect((await ask('GET', '/key/aliases?search=key%201')).body.total_count).toBe(3)
  })

  it('keeps limits and spend of a key that was dropped from memory', async () => {
    const { call, ask, keys } = await openSmall()
    const [limited = ''] = keys
    expect(await call(limited)).toBe(200)
    for (const key of keys.slice(1)) expect(await call(key)).toBe(200)
    // one request a minute
    expect(await call(limited)).toBe(429)
    expect((await ask('GET', `/key/info?key=${limited}`)).body.info.spend).toBeGreaterThan(0)
  })

  it('refuses a second key with an alias, and lets the first one keep it', async () => {
    const { ask, keys } = await openSmall()
    expect((await ask('POST', '/key/generate', { key_alias: 'key 5' })).status).toBe(400)
    expect((await ask('POST', '/key/update', { key: keys[5], key_alias: 'key 5' })).status).toBe(200)
    expect((await ask('POST', '/key/update', { key: keys[6], key_alias: 'key 5' })).status).toBe(400)
    expect((await ask('POST', '/key/delete', { key_aliases: ['key 5'] })).status).toBe(200)
    expect((await ask('GET', '/key/info', undefined, keys[5])).status).toBe(401)
  })

  it('lets a rotated key live on with the account of its successor', async () => {
    const { control, ask, keys } = await openSmall()
    const made = await ask('POST', '/key/regenerate', { key: keys[0], grace_period: '1h' })
    for (const key of keys.slice(1)) await ask('GET', '/key/info', undefined, key)
    await control.prepare(keys[0])
    expect(control.authenticate(keys[0]).keyHash).toBe(hashKey(made.body.key))
  })

  it('answers 503 for a key that can not be read, and serves those in memory', async () => {
    const { ask, keys, state } = await openSmall()
    const [first = '', second = ''] = keys
    expect((await ask('GET', '/key/info', undefined, first)).status).toBe(200)
    state.away = true
    expect((await ask('GET', '/key/info', undefined, first)).status).toBe(200)
    expect((await ask('GET', '/key/info', undefined, second)).status).toBe(503)
    state.away = false
    expect((await ask('GET', '/key/info', undefined, second)).status).toBe(200)
  })

  it('blocks a key that it has never read while the database is away', async () => {
    const { ask, keys, state } = await openSmall()
    const [blocked = ''] = keys
    state.away = true
    expect((await ask('POST', '/key/block', { key: blocked })).status).toBe(202)
    state.away = false
    expect((await ask('GET', '/key/info', undefined, blocked)).status).toBe(401)
  })

  it('deletes the keys of a team that are not in memory', async () => {
    const { ask, key } = await openSmall()
    await ask('POST', '/team/new', { team_id: 'team' })
    const made: string[] = []
    for (let at = 0; at < 8; at++) made.push(await key({ team_id: 'team' }))
    expect((await ask('GET', '/team/info?team_id=team')).body.keys).toHaveLength(8)
    expect((await ask('POST', '/team/delete', { team_ids: ['team'] })).status).toBe(200)
    for (const one of made) expect((await ask('GET', '/key/info', undefined, one)).status).toBe(401)
  })

  it('follows a change of another process, of a key in memory and of one that is not', async () => {
    const folder = temporaryFolder()
    const one = await openTest({ data: folder, mostKept: 2, sql: openSqlite(folder) })
    const other = await openTest({ data: folder, mostKept: 2, sql: openSqlite(folder) })
    const keys: string[] = []
    for (let at = 0; at < 8; at++) keys.push(await one.key())
    const statusOf = async (key = '') => (await other.ask('GET', '/key/info', undefined, key)).status
    for (const key of keys) await expect.poll(() => statusOf(key), { timeout: 10_000 }).toBe(200)
    await one.ask('POST', '/key/block', { key: keys[0] })
    await one.ask('POST', '/key/block', { key: keys[7] })
    await expect.poll(() => statusOf(keys[7]), { timeout: 10_000 }).toBe(401)
    expect(await statusOf(keys[0])).toBe(401)
  })

  it('knows all keys if they fit, and refuses others without the database', async () => {
    const folder = temporaryFolder()
    const first = await openTest({ data: folder })
    const key = await first.key()
    await first.control.close()
    const { sql, state } = watched(folder)
    const { ask } = await openTest({ data: folder, sql })
    await expect
      .poll(() => state.statements.some((text) => text.includes('ORDER BY id LIMIT 1000')), { timeout: 10_000 })
      .toBe(true)
    await expect.poll(async () => (await ask('GET', '/key/info', undefined, 'sk-none')).status).toBe(401)
    state.statements.length = 0
    state.away = true
    expect((await ask('GET', '/key/info', undefined, key)).status).toBe(200)
    expect((await ask('GET', '/key/info', undefined, 'sk-never-seen')).status).toBe(401)
    expect(reads(state.statements)).toEqual([])
    expect((await ask('POST', '/key/block', { key }, masterKey)).status).toBe(202)
    state.away = false
  })
})

const row = (name: string, more: Partial<KeyRow> = {}): KeyRow => ({
  ...(keyForm.usual as KeyRow),
  token: hashKey(name),
  key_name: 'sk-...abcd',
  created_at: '2026-11-30T05:00:00.123Z',
  updated_at: '2026-11-30T05:00:00.123Z',
  created_by: 'someone',
  updated_by: 'someone',
  ...more,
})

describe('RowLoader', () => {
  it('waits longer for SQLite on a busy machine than for Postgres, which may be away', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const answerAfter = (ms: number) => () => new Promise((resolve) => setTimeout(resolve, ms))
    const status = async (engine: 'sqlite' | 'postgres') => {
      const loader = new RowLoader(new RowCache(keyForm, 10), answerAfter(10_000), patienceOf({ engine }))
      const found = loader.load('key').then(
        () => 200,
        (error: unknown) => refusalOf(error)?.status,
      )
      await vi.advanceTimersByTimeAsync(30_000)
      return await found
    }
    expect([await status('sqlite'), await status('postgres')]).toEqual([200, 503])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('RowCache', () => {
  it('gives back what it was given', () => {
    const cache = new RowCache(keyForm, 10_000)
    const rows = [
      row('plain'),
      row('changed', { updated_at: '2026-11-30T06:00:00.000Z', updated_by: 'other' }),
      row('odd time', { created_at: '2026-11-30', updated_at: '' }),
      row('limits', { max_budget: 0, rpm_limit: 5, models: ['a', 'é'], metadata: { tags: [1, null] }, blocked: false }),
      row('another name', { key_name: 'abcd', key_alias: 'sk-...abcd' }),
      row('new fields', { itpm_limit: 7, budget_mode: 'strict' }),
    ]
    for (const one of rows) cache.change(one.token, one)
    for (let at = 0; at < 3_000; at++) cache.change(hashKey(`other ${at}`), row(`other ${at}`))
    for (const one of rows) expect(cache.get(one.token)).toEqual(one)
  })

  it('keeps ids of any text apart', () => {
    const cache = new RowCache(customerForm, 10_000)
    const name = 'a'.repeat(32)
    const ids = [name, `\0${name}`, `\0\0${name}`, `\0${'a'.repeat(31)}`, hashKey('one'), hashKey('one').toUpperCase()]
    for (const id of ids) cache.change(id, newCustomer(id, `2026-11-30T05:00:00.000Z`, `maker of ${id}`))
    for (let at = 0; at < 3_000; at++) cache.change(`other ${at}`, newCustomer(`other ${at}`, '', 'gateway'))
    for (const id of ids) expect(cache.get(id)).toMatchObject({ user_id: id, created_by: `maker of ${id}` })
    const all = [...cache.inUse(10_000)].map(({ user_id }) => user_id)
    expect(all).toEqual(expect.arrayContaining(ids))
  })

  it('does not take an older answer over a change that came while it was read', () => {
    const cache = new RowCache(keyForm, 10)
    const old = row('key')
    const reading = cache.begin(new Set([old.token]))
    expect(cache.wants(old.token)).toBe(true)
    cache.change(old.token, { ...old, blocked: true })
    cache.found(old.token, old, reading)
    cache.end(reading)
    expect(cache.get(old.token)?.blocked).toBe(true)
    const filling = cache.begin(everyId)
    const removed = row('removed')
    cache.change(removed.token, undefined)
    cache.fill(removed.token, removed, filling)
    cache.end(filling)
    expect(cache.get(removed.token)).toBeUndefined()
    expect(cache.knows(removed.token)).toBe(true)
  })

  it('is complete until a row is dropped', () => {
    const cache = new RowCache(keyForm, 3)
    const reading = cache.begin(everyId)
    for (let at = 0; at < 3; at++) cache.fill(hashKey(`${at}`), row(`${at}`), reading)
    cache.end(reading)
    cache.completed()
    expect(cache.complete).toBe(true)
    for (let at = 3; at < 10; at++) cache.change(hashKey(`${at}`), row(`${at}`))
    expect(cache.complete).toBe(false)
    expect(cache.size).toBeLessThanOrEqual(6)
    expect(cache.knows(hashKey('0'))).toBe(false)
  })
})

describe('Recent', () => {
  it('keeps values in use', () => {
    let dropped = 0
    const recent = new Recent<number>(10, () => {
      dropped++
    })
    recent.set('used', -1)
    for (let at = 0; at < 1_000; at++) {
      recent.set(`${at}`, at)
      expect(recent.get('used')).toBe(-1)
      expect(recent.size).toBeLessThanOrEqual(20)
    }
    expect(recent.get('0')).toBeUndefined()
    expect(dropped).toBeGreaterThan(0)
    onTestFinished(() => recent.delete('used'))
  })
})

describe('SpendBook with more sums than are kept in memory', () => {
  const open = async () => {
    const folder = temporaryFolder()
    await (await openTest({ data: folder })).control.close()
    const sql = openSqlite(folder)
    const put = (subject: string, period: string, nanos: number) =>
      sql.query(
        `INSERT INTO llmux_spend (subject, period, nanos, updated) VALUES (?, ?, ?, ${databaseTime('sqlite')})
         ON CONFLICT (subject, period) DO UPDATE SET nanos = excluded.nanos, updated = excluded.updated`,
        [subject, period, nanos],
      )
    for (let at = 0; at < 6; at++) await put(`key:${at}`, 'total', 100 + at)
    await put('team:a', 'total', 7)
    await put('customers', 'total', 9)
    const book = new SpendBook(3)
    await book.load(sql, Date.now())
    onTestFinished(() => sql.close())
    return { sql, book, put }
  }

  it('reads the sums of a key, and has those of the others', async () => {
    const { sql, book } = await open()
    expect(book.get('team:a', 'total')).toBe(7n)
    expect(book.get('customers', 'total')).toBe(9n)
    expect(book.knows('team:b')).toBe(true)
    expect(book.knows('key:1')).toBe(false)
    expect(await book.read(sql, ['key:1', 'key:none', 'team:a'])).toBe(true)
    expect(book.get('key:1', 'total')).toBe(101n)
    expect(book.knows('key:none')).toBe(true)
    expect(await book.read(sql, ['key:1', 'key:none'])).toBe(false)
  })

  it('leaves out the periods of a key that ended long ago', async () => {
    const { sql, book, put } = await open()
    const hour = (at: number) => `0|1h|${new Date(at - (at % 3_600_000)).toISOString()}`
    const [old, current] = [hour(Date.now() - 30 * 86_400_000), hour(Date.now())]
    await put('key:1', old, 5)
    await put('key:1', current, 6)
    await book.read(sql, ['key:1'])
    expect([book.get('key:1', old), book.get('key:1', current), book.get('key:1', 'total')]).toEqual([0n, 6n, 101n])
  })

  it('keeps bookings of a key whose sums are dropped and read again', async () => {
    const { sql, book, put } = await open()
    await book.read(sql, ['key:0'])
    book.add({ subject: 'key:0', period: 'total' }, 50n)
    for (let at = 1; at < 6; at++) await book.read(sql, [`key:${at}`, `requests:key:${at}`])
    expect(book.knows('key:0')).toBe(false)
    await book.read(sql, ['key:0'])
    expect(book.get('key:0', 'total')).toBe(150n)
    await put('key:0', 'total', 150)
    book.committed([{ subject: 'key:0', period: 'total', nanos: 150n, added: 50n }])
    expect(book.get('key:0', 'total')).toBe(150n)
  })

  it('does not take an older answer over a commit that came while it was read', async () => {
    const { sql, book } = await open()
    const slow = {
      engine: sql.engine,
      async query(text: string, values?: readonly (string | number | null)[]) {
        const rows = await sql.query(text, values)
        book.committed([{ subject: 'key:2', period: 'total', nanos: 900n, added: 0n }])
        return rows
      },
    }
    await book.read(slow, ['key:2'])
    expect(book.get('key:2', 'total')).toBe(900n)
  })

  it('follows bookings of other processes', async () => {
    const { sql, book, put } = await open()
    await book.read(sql, ['key:3'])
    const before = book.generation
    await put('key:3', 'total', 500)
    await put('key:4', 'total', 500)
    await book.refresh(sql, Date.now())
    expect(book.get('key:3', 'total')).toBe(500n)
    expect(book.generation).toBe(before + 1)
    await book.read(sql, ['key:4'])
    expect(book.get('key:4', 'total')).toBe(500n)
  })

  it('begins to read sums when those in memory become too many', async () => {
    const folder = temporaryFolder()
    await (await openTest({ data: folder })).control.close()
    const sql = openSqlite(folder)
    onTestFinished(() => sql.close())
    const book = new SpendBook(3)
    await book.load(sql, Date.now())
    expect(book.knows('key:0')).toBe(true)
    for (let at = 0; at < 8; at++)
      book.committed([{ subject: `key:${at}`, period: 'total', nanos: BigInt(at), added: 0n }])
    expect(book.knows('key:0')).toBe(false)
  })

  it('refuses calls on a used-up budget of a key that is read again', async () => {
    const folder = temporaryFolder()
    const first = await openTest({ data: folder })
    const keys: string[] = []
    for (let at = 0; at < 10; at++) keys.push(await first.key({ max_budget: 0.0001 }))
    for (const key of keys) {
      expect(await first.call(key)).toBe(200)
      expect(await first.call(key)).toBe(200)
      expect(await first.call(key)).toBe(422)
    }
    await first.control.close()
    const { call, ask } = await openTest({ data: folder, mostKept: 2 })
    for (const key of keys) expect(await call(key)).toBe(422)
    for (const key of keys) expect(await call(key)).toBe(422)
    expect((await ask('POST', '/key/reset_spend', { key: keys[0] })).status).toBe(200)
    expect(await call(keys[0] ?? '')).toBe(200)
    const made = await ask('POST', '/key/regenerate', { key: keys[1] })
    expect(await call(made.body.key)).toBe(422)
  })
})
