import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Contents, masked } from '../../src/ledger/contents.js'
import { migrate } from '../../src/store/migrations.js'
import { openStore } from '../../src/store/open.js'
import { caller, hello, startGateway } from '../http/start.js'
import { temporaryFolder } from './harness.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'

const day = 86_400_000
const now = Date.UTC(2026, 10, 20, 12)
const engines: readonly ['sqlite' | 'postgres'][] = noPostgres() ? [['sqlite']] : [['sqlite'], ['postgres']]

it('masks credentials, addresses, numbers of cards and own patterns, and nothing else', () => {
  const text = 'key sk-abcdefghijklmnop1234, mail ann@example.com, card 4111 1111 1111 1111, id ACME-77, call 911'
  expect(masked({ messages: [{ content: text }] }, [/ACME-\d+/g])).toEqual({
    messages: [{ content: 'key [masked], mail [masked], card [masked], id [masked], call 911' }],
  })
})

describe.each(engines)('content on %s', (engine) => {
  let server: PostgresServer | undefined
  beforeAll(async () => {
    if (engine === 'postgres') server = await startPostgres()
  })
  afterAll(() => server?.stop())

  it('is deleted by its age', async () => {
    const sql = await openStore({ data: temporaryFolder(), ...(server && { databaseUrl: await server.database() }) })
    onTestFinished(() => sql.close())
    await migrate(sql)
    const contents = new Contents(sql, { keepMs: 2 * day, masks: [] }, () => now)
    for (const age of [0, 1, 5, 6]) contents.add(`age-${age}`, now - age * day, { messages: [] }, undefined)
    await contents.flush()
    await contents.deleteOld()
    const rows = await sql.query('SELECT id FROM llmux_contents ORDER BY id')
    expect(rows.map(({ id }) => id)).toEqual(['age-0', 'age-1'])
    await contents.close()
  })

  it('is stored if the configuration asks for it, and shown with its call', async () => {
    const database_url = server ? await server.database() : undefined
    const start = (more: object) =>
      startGateway({
        config: {
          model_list: [
            { model_name: 'm', litellm_params: { model: 'openai/gpt-4o', api_key: 'key', mock_response: 'An answer' } },
          ],
          general_settings: { ...more, ...(database_url && { database_url }) },
        },
      })
    const ask = async (more: object) => {
      const gateway = await start(more)
      onTestFinished(() => gateway.stop())
      const call = caller(gateway)
      const { headers } = await call('POST', '/v1/chat/completions', hello('m', { user: 'ann@example.com' }))
      const id = headers.get('x-litellm-call-id')
      await expect.poll(async () => (await call('GET', `/spend/logs/ui/${id}`)).status, { timeout: 5_000 }).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 500))
      return (await call('GET', `/spend/logs/ui/${id}`)).json
    }
    const stored = await ask({ store_prompts_in_spend_logs: true })
    expect(stored.content_stored).toBe(true)
    expect(stored.messages).toEqual([{ role: 'user', content: 'Hello' }])
    expect(JSON.stringify(stored.response)).toContain('An answer')
    expect(JSON.stringify(stored.proxy_server_request)).not.toContain('ann@example.com')
    const not = await ask({})
    expect(not).toMatchObject({ content_stored: false, messages: {}, response: {} })
  })
})
