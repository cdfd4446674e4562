import { expect, it, onTestFinished } from 'vitest'
import { insertCalls } from '../../src/ledger/calls-table.js'
import { CallIds } from '../../src/limits/call-ids.js'
import { migrate } from '../../src/store/migrations.js'
import { openStore } from '../../src/store/open.js'
import type { LedgerRow } from '../../src/store/rows.js'
import { caller, hello, startGateway } from '../http/start.js'
import { openTest, temporaryFolder } from './harness.js'

it('books every call of a client that sends one id for all of them', async () => {
  const { ask, key, call } = await openTest()
  const first = await key()
  const second = await key()
  for (const one of [first, second, first]) expect(await call(one, { id: 'same' })).toBe(200)
  expect((await ask('GET', '/global/spend')).body.spend).toBe(0.00018)
  const ids = (await ask('GET', '/spend/logs')).body.map(({ request_id }: { request_id: string }) => request_id)
  expect(new Set(ids).size).toBe(3)
  for (const id of ids) expect(id).toMatch(/^same(~[0-9a-f]{8})?$/)
  expect((await ask('GET', `/key/info?key=${first}`)).body.info.spend).toBe(0.00012)
})

it('shows the content of a call to its owner alone, if another client sends the same id', async () => {
  const gateway = await startGateway({
    config: {
      model_list: [
        { model_name: 'm', litellm_params: { model: 'openai/gpt-4o', api_key: 'key', mock_response: 'An answer' } },
      ],
      general_settings: { store_prompts_in_spend_logs: true },
    },
  })
  onTestFinished(() => gateway.stop())
  const call = caller(gateway)
  const keys: string[] = []
  for (const user_id of ['ann', 'bob']) keys.push((await call('POST', '/key/generate', { user_id })).json.key as string)
  const ids: string[] = []
  for (const [at, key] of keys.entries()) {
    const asked = hello('m', { messages: [{ role: 'user', content: `of ${at}` }] })
    const { headers } = await call('POST', '/v1/chat/completions', asked, {
      key,
      headers: { 'x-litellm-call-id': 'same' },
    })
    expect(headers.get('x-litellm-call-id')).toBe('same')
    const list = async () =>
      (await call('GET', '/spend/logs', undefined, { key })).json as unknown as { request_id: string }[]
    await expect.poll(async () => (await list()).length, { timeout: 20_000 }).toBe(1)
    ids.push((await list())[0]?.request_id ?? '')
  }
  for (const [at, key] of keys.entries()) {
    const detail = async () => (await call('GET', `/spend/logs/ui/${ids[at]}`, undefined, { key })).json
    await expect.poll(async () => (await detail()).content_stored, { timeout: 20_000 }).toBe(true)
    expect((await detail()).messages).toEqual([{ role: 'user', content: `of ${at}` }])
    expect((await call('GET', `/spend/logs/ui/${ids[1 - at]}`, undefined, { key })).status).toBe(404)
  }
  expect((await call('GET', `/spend/logs/ui/${ids[1]}`)).json.messages).toEqual([{ role: 'user', content: 'of 1' }])
})

it('keeps a call whose id a call of another process has, and writes a repeated one once', async () => {
  const sql = await openStore({ data: temporaryFolder() })
  onTestFinished(() => sql.close())
  await migrate(sql)
  const call = (keyHash: string, startedAt: number) =>
    ({
      ...{ id: 'same', startedAt, durationMs: 1, operation: 'chat', path: '/', keyHash, keyAlias: null, userId: null },
      ...{ teamId: null, organizationId: null, customerId: null, tags: ['t'], modelGroup: 'm', model: 'p/m', nanos: 1 },
      ...{ provider: 'p', deployment: 'd', outcome: 'success', errorStatus: null, errorMessage: null, inputTokens: 1 },
      ...{
        outputTokens: 1,
        cachedTokens: 0,
        cacheHit: false,
        stream: false,
        costState: 'known',
        metadata: {},
        ip: null,
      },
    }) as unknown as LedgerRow
  expect([...(await insertCalls(sql, [call('a', 1_000)]))]).toEqual(['same'])
  expect([...(await insertCalls(sql, [call('a', 1_000)]))]).toEqual([])
  expect([...(await insertCalls(sql, [call('b', 2_000)]))]).toEqual(['same'])
  expect([...(await insertCalls(sql, [call('b', 2_000)]))]).toEqual([])
  const rows = await sql.query('SELECT id, key_hash FROM llmux_calls ORDER BY at')
  expect(rows).toEqual([
    { id: 'same', key_hash: 'a' },
    { id: `same~${(2_000).toString(36)}`, key_hash: 'b' },
  ])
})

it('remembers the ids of the last calls', () => {
  const ids = new CallIds()
  expect(ids.take('a')).toBe('a')
  expect(ids.take('a')).toMatch(/^a~/)
  for (let at = 0; at < 30_000; at++) ids.take(`b${at}`)
  expect(ids.take('b29999')).toMatch(/^b29999~/)
})
