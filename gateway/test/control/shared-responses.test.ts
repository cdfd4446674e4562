import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from 'llmux/testing'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { redisTexts } from '../../src/redis-texts.js'
import { migrate } from '../../src/store/migrations.js'
import { openPostgres } from '../../src/store/postgres.js'
import { SqlTexts } from '../../src/store/sql-texts.js'
import { openSqlite } from '../../src/store/sqlite.js'
import { caller, startGateway } from '../http/start.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'
import { noRedis, startRedis } from './redis-server.js'

const missing = noPostgres() ?? noRedis()

describe.skipIf(missing)(`stored responses of several replicas${missing ? ` (${missing})` : ''}`, () => {
  let database: PostgresServer
  let redisUrl: string
  let end: () => void
  beforeAll(async () => {
    const redis = await startRedis()
    redisUrl = redis.url
    end = redis.stop
    database = await startPostgres()
  }, 60_000)
  afterAll(async () => {
    end?.()
    await database?.stop()
  }, 60_000)

  async function openTwo(withRedis: boolean) {
    const simulator = await startSimulator()
    onTestFinished(() => simulator.close())
    const environment = { DATABASE_URL: await database.database(), ...(withRedis && { REDIS_URL: redisUrl }) }
    const params = { model: 'anthropic/claude-sonnet-4-5', api_base: simulator.anthropicBase, api_key: 'k' }
    const config = { model_list: [{ model_name: 'claude', litellm_params: params }] }
    const open = async () => {
      const gateway = await startGateway({ config, environment })
      onTestFinished(() => gateway.stop())
      return caller(gateway)
    }
    const one = await open()
    const made = await Promise.all([one('POST', '/key/generate', {}), one('POST', '/key/generate', {})])
    const [key, other] = made.map(({ json }) => ({ key: String(json.key) }))
    return { simulator, one, two: await open(), key, other }
  }

  describe.each([
    ['Postgres', false],
    ['Redis', true],
  ])('with %s', (_, withRedis) => {
    it.each([false, true])('continue on another replica (streamed: %s)', async (stream) => {
      const { simulator, one, two, key } = await openTwo(withRedis)
      simulator.reply('Lima it is.')
      const first = await one('POST', '/v1/responses', { model: 'claude', input: 'Pick a city.', stream }, key)
      expect(first.status, first.text).toBe(200)
      const id = /"id":"(resp_[^"]+)"/.exec(first.text)?.[1] ?? ''
      await expect.poll(async () => (await two('GET', `/v1/responses/${id}`, undefined, key)).status).toBe(200)

      const again = { model: 'claude', input: 'Why?', previous_response_id: id }
      const second = await two('POST', '/v1/responses', again, key)
      expect(second.status, second.text).toBe(200)
      const sent = JSON.stringify(simulator.requests.at(-1)?.body)
      for (const text of ['Pick a city.', 'Lima it is.', 'Why?']) expect(sent).toContain(text)
    })

    it('give their items to another replica by id', async () => {
      const { simulator, one, two, key } = await openTwo(withRedis)
      simulator.reply('Quito it is.')
      const { json } = await one('POST', '/v1/responses', { model: 'claude', input: 'Pick a city.' }, key)
      const input = [
        { type: 'item_reference', id: json.output[0].id },
        { role: 'user', content: 'Why?' },
      ]
      expect((await two('POST', '/v1/responses', { model: 'claude', input }, key)).status).toBe(200)
      expect(JSON.stringify(simulator.requests.at(-1)?.body)).toContain('Quito it is.')
    })

    it('belong to their key, and are deleted everywhere', async () => {
      const { one, two, key, other } = await openTwo(withRedis)
      const { json } = await one('POST', '/v1/responses', { model: 'claude', input: 'Hello' }, key)
      const path = `/v1/responses/${json.id}`
      expect((await two('GET', path, undefined, other)).status).toBe(404)
      expect((await two('DELETE', path, undefined, other)).status).toBe(404)
      expect((await two('GET', path, undefined, key)).json).toMatchObject({ id: json.id, output: json.output })
      expect((await two('DELETE', path, undefined, key)).status).toBe(200)
      expect((await one('GET', path, undefined, key)).status).toBe(404)
      expect((await two('GET', `/v1/responses/${'%00'.repeat(3)}`, undefined, key)).status).toBe(404)
    })
  })

  describe.each(['SQLite', 'Postgres'])('texts in %s', (engine) => {
    async function open() {
      const folder = mkdtempSync(join(tmpdir(), 'llmux-texts-'))
      const sql = engine === 'SQLite' ? openSqlite(folder) : openPostgres(await database.database())
      onTestFinished(async () => {
        await sql.close()
        rmSync(folder, { recursive: true, force: true })
      })
      await migrate(sql)
      return sql
    }

    it('are replaced, removed, and gone after their time', async () => {
      let now = 1_000_000
      const texts = new SqlTexts(await open(), 5_000, () => now)
      onTestFinished(() => texts.close())
      await texts.put([
        ['a', 'one'],
        ['b', 'two'],
        ['a', 'three'],
      ])
      expect(await texts.get('a')).toBe('three')
      await texts.remove(['b'])
      expect(await texts.get('b')).toBeUndefined()
      now += 5_000
      expect(await texts.get('a')).toBeUndefined()
      await texts.trim()
      now -= 5_000
      expect(await texts.get('a')).toBeUndefined()
    })

    it('lose the oldest beyond a size', async () => {
      let now = 1_000_000
      const texts = new SqlTexts(await open(), 60_000, () => now)
      onTestFinished(() => texts.close())
      for (const name of ['a', 'b', 'c']) {
        await texts.put([[name, 'x'.repeat(40)]])
        now++
      }
      await texts.trim(100)
      expect(await Promise.all(['a', 'b', 'c'].map(async (name) => (await texts.get(name))?.length))).toEqual([
        undefined,
        40,
        40,
      ])
    })
  })

  it('in Redis lose the oldest beyond a size, and end with their time', async () => {
    const client = createClient({ url: redisUrl })
    await client.connect()
    onTestFinished(() => client.destroy())
    await client.flushAll()
    const texts = redisTexts({ client: client as never, keepMs: 60_000, mostBytes: 100 })
    await texts.put([['a', 'x'.repeat(40)]])
    await texts.put([['b', 'x'.repeat(40)]])
    await texts.put([['b', 'y'.repeat(50)]])
    expect(await texts.get('a')).toHaveLength(40)
    await texts.put([['c', 'x'.repeat(40)]])
    expect(await Promise.all(['a', 'b', 'c'].map(async (name) => (await texts.get(name))?.[0]))).toEqual([
      undefined,
      'y',
      'x',
    ])
    await texts.remove(['b', 'c'])
    expect(await client.hGetAll('llmux:{gateway}:text-sizes')).toEqual({ '': '0' })
    const short = redisTexts({ client: client as never, keepMs: 1 })
    await short.put([['d', 'x']])
    await expect.poll(() => short.get('d')).toBeUndefined()
    await short.put([['e', 'x']])
    expect(await client.zRange('llmux:{gateway}:texts', 0, -1)).toEqual(['llmux:{gateway}:text:e'])
  })
})
