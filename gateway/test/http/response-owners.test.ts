import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createGateway, type GatewayOptions } from '../../src/gateway.js'
import { migrate } from '../../src/store/migrations.js'
import { openPostgres } from '../../src/store/postgres.js'
import { SqlOwners } from '../../src/store/response-owners.js'
import { openSqlite } from '../../src/store/sqlite.js'
import { temporaryFolder } from '../control/harness.js'
import { noPostgres, type PostgresServer, startPostgres } from '../control/postgres.js'
import { caller, master } from './start.js'

/** A provider that knows every response, as the account of a gateway does. */
let upstream: Server
let base: string
let seen: { readonly method: string; readonly url: string; readonly body: Record<string, unknown> }[] = []
let made = 0

beforeAll(async () => {
  upstream = createServer((request, response) => {
    void text(request).then((given) => {
      const body = given === '' ? {} : JSON.parse(given)
      seen.push({ method: request.method ?? '', url: request.url ?? '', body })
      const content = [{ type: 'output_text', text: 'Oslo it is.', annotations: [] }]
      const item = { id: `msg_${made}`, type: 'message', role: 'assistant', status: 'completed', content }
      const answer = {
        ...{ id: `resp_${made++}`, object: 'response', created_at: 1, status: 'completed', model: 'gpt-dated-2026' },
        ...{ output: [item], usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } },
      }
      if (body.stream) {
        response.setHeader('content-type', 'text/event-stream')
        const events = [
          { type: 'response.created', sequence_number: 0, response: { ...answer, status: 'in_progress', output: [] } },
          { type: 'response.output_item.done', sequence_number: 1, output_index: 0, item },
          { type: 'response.completed', sequence_number: 2, response: answer },
        ]
        for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
        response.end()
        return
      }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answer))
    })
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
})
afterAll(() => upstream.close())
beforeEach(() => {
  seen = []
})

async function open(data: string, more: object = {}, options: GatewayOptions = {}) {
  const config = {
    model_list: [
      { model_name: 'thinker', litellm_params: { model: 'openai/gpt-5-mini', api_base: base, api_key: 'account-key' } },
    ],
    ...more,
  }
  const gateway = await createGateway({ data, masterKey: master, environment: {}, config, ...options })
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= gateway.close()
    return closed
  }
  onTestFinished(close)
  return { call: caller(gateway), close }
}

async function keysOf(call: ReturnType<typeof caller>) {
  const answers = await Promise.all([call('POST', '/key/generate', {}), call('POST', '/key/generate', {})])
  return answers.map(({ json }) => ({ key: String(json.key) })) as [{ key: string }, { key: string }]
}

const create = (more: object = {}) => ({ model: 'thinker', input: 'Pick a city.', ...more })
const past = (id: string) => create({ previous_response_id: id })

describe('a response', () => {
  it('belongs to its key after a restart', async () => {
    const data = temporaryFolder()
    const first = await open(data)
    const [mine, other] = await keysOf(first.call)
    const { json } = await first.call('POST', '/v1/responses', create(), mine)
    await first.close()

    const { call } = await open(data)
    seen = []
    expect((await call('GET', `/v1/responses/${json.id}`, undefined, other)).status).toBe(404)
    const refused = await call('POST', '/v1/responses', past(json.id), other)
    expect(refused.status).toBe(400)
    expect(refused.json.error).toMatchObject({
      code: 'previous_response_not_found',
      param: 'previous_response_id',
      message: `Previous response with id '${json.id}' not found.`,
    })
    const item = [{ type: 'item_reference', id: json.output[0].id }]
    expect((await call('POST', '/v1/responses', create({ input: item }), other)).status).toBe(404)
    expect((await call('POST', '/v1/responses', create({ input: item }))).status).toBe(404)
    expect(seen).toEqual([])

    expect((await call('GET', `/v1/responses/${json.id}`, undefined, mine)).json).toMatchObject({ output: json.output })
    expect((await call('POST', '/v1/responses', past(json.id), mine)).status).toBe(200)
    expect(JSON.stringify(seen[0]?.body)).toContain('Oslo it is.')
    expect((await call('POST', '/v1/responses', create({ input: item }), mine)).status).toBe(200)
  })

  it('is left to the provider by its owner, and by no other key, once its text is gone', async () => {
    const data = temporaryFolder()
    const first = await open(data)
    const [mine, other] = await keysOf(first.call)
    const { json } = await first.call('POST', '/v1/responses', create(), mine)
    await first.close()
    const sql = openSqlite(data)
    await sql.query('DELETE FROM llmux_texts')
    await sql.close()

    const { call } = await open(data)
    seen = []
    expect((await call('POST', '/v1/responses', past(json.id), other)).status).toBe(400)
    expect((await call('POST', '/v1/responses', past(json.id))).status).toBe(400)
    expect(seen).toEqual([])
    expect((await call('POST', '/v1/responses', past(json.id), mine)).status).toBe(200)
    expect(seen[0]?.body).toMatchObject({ previous_response_id: json.id })
  })

  it('is found as soon as its stream has ended', async () => {
    const { call } = await open(temporaryFolder())
    const [mine] = await keysOf(call)
    for (let round = 0; round < 10; round++) {
      const streamed = await call('POST', '/v1/responses', create({ stream: true }), mine)
      const id = /"id":"(resp_[^"]+)"/.exec(streamed.text)?.[1] ?? ''
      expect((await call('POST', '/v1/responses', past(id), mine)).status).toBe(200)
    }
  })

  it.each([false, true])('has the name of the model that its creation had (streamed: %s)', async (stream) => {
    const { call } = await open(temporaryFolder())
    const made = await call('POST', '/v1/responses', create({ stream }))
    const id = /"id":"(resp_[^"]+)"/.exec(made.text)?.[1] ?? ''
    expect(made.text).toContain('"model":"thinker"')
    const { json } = await call('GET', `/v1/responses/${id}`)
    expect(json).toMatchObject({ id, model: 'thinker', status: 'completed' })
  })

  it('is refused with a 503 while its owner is not known because the database is away', async () => {
    const data = temporaryFolder()
    const { call } = await open(data)
    const [mine] = await keysOf(call)
    const { json } = await call('POST', '/v1/responses', create(), mine)
    const sql = openSqlite(data)
    await sql.query('ALTER TABLE llmux_texts RENAME TO gone_texts')
    await sql.query('ALTER TABLE llmux_response_owners RENAME TO gone_owners')
    await sql.close()
    seen = []
    expect((await call('POST', '/v1/responses', past(json.id), mine)).status).toBe(200)
    const unknown = await call('POST', '/v1/responses', past('resp_unknown'), mine)
    expect(unknown.status).toBe(503)
    expect(unknown.json.error.message).toContain("The database with the stored responses can't be reached.")
    expect((await call('GET', '/v1/responses/resp_unknown', undefined, mine)).status).toBe(503)
    expect(seen).toHaveLength(1)
  })
})

describe('an id without a known owner', () => {
  const requests = [
    ['a response', past('resp_of_another_gateway')],
    ['an item', create({ input: [{ type: 'item_reference', id: 'msg_of_another_gateway' }] })],
    ['a conversation', create({ conversation: 'conv_of_another_gateway' })],
  ] as const

  it.each(requests)('is not found for a key, and left to the provider for an admin: %s', async (_, body) => {
    const { call } = await open(temporaryFolder())
    const [mine] = await keysOf(call)
    const { status, json } = await call('POST', '/v1/responses', body, mine)
    expect([400, 404]).toContain(status)
    expect(json.error.type).toMatch(/invalid_request_error|not_found_error/)
    expect(seen).toEqual([])
    expect((await call('POST', '/v1/responses', body)).status).toBe(200)
    expect(seen).toHaveLength(1)
  })

  it.each(requests)('is left to the provider if the configuration says so: %s', async (_, body) => {
    const { call } = await open(temporaryFolder(), { llmux_settings: { unknown_response_ids: 'pass' } })
    const [mine] = await keysOf(call)
    expect((await call('POST', '/v1/responses', body, mine)).status).toBe(200)
    expect(seen[0]?.body).toMatchObject(body.input === 'Pick a city.' ? {} : { input: body.input })
  })

  it('does not reach the provider in reasoning whose text is beside it', async () => {
    const { call } = await open(temporaryFolder())
    const [mine] = await keysOf(call)
    const summary = [{ type: 'summary_text', text: 'A capital.' }]
    const input = [
      { type: 'reasoning', id: 'rs_of_another_gateway', summary },
      { role: 'user', content: 'Why?' },
    ]
    await call('POST', '/v1/responses', create({ input }), mine)
    expect(JSON.stringify(seen)).not.toContain('rs_of_another_gateway')
  })
})

const missing = noPostgres()

describe.each(['SQLite', 'Postgres'])('owners in %s', (engine) => {
  const skipped = engine === 'Postgres' && missing !== undefined
  let server: PostgresServer | undefined
  beforeAll(async () => {
    if (engine === 'Postgres' && !skipped) server = await startPostgres()
  }, 60_000)
  afterAll(async () => {
    await server?.stop()
  }, 60_000)

  async function owners(keepMs: number, now: () => number) {
    const sql = server ? openPostgres(await server.database()) : openSqlite(temporaryFolder())
    await migrate(sql)
    const found = new SqlOwners(sql, keepMs, now)
    onTestFinished(async () => {
      found.close()
      await sql.close()
    })
    return found
  }

  it.skipIf(skipped)('are kept for their time, also for an id that two of them have', async () => {
    let now = 1_000_000
    const found = await owners(5_000, () => now)
    await found.put(['a', 'b', 'a'], 'one')
    await found.put(['a'], 'two')
    await found.put(['a'], 'one')
    expect((await found.of('a')).sort()).toEqual(['one', 'two'])
    await found.remove(['a', 'c'], 'two')
    expect(await found.of('a')).toEqual(['one'])
    now += 5_000
    expect(await found.of('a')).toEqual([])
    await found.trim()
    now -= 5_000
    expect(await found.of('b')).toEqual([])
  })

  it.skipIf(skipped)('lose the oldest beyond a number', async () => {
    let now = 1_000_000
    const found = await owners(60_000, () => now++)
    for (const id of ['a', 'b', 'c']) await found.put([id], 'one')
    await found.trim(2)
    expect(await Promise.all(['a', 'b', 'c'].map((id) => found.of(id)))).toEqual([[], ['one'], ['one']])
  })

  it.skipIf(engine === 'SQLite' || skipped)('hold on another replica', async () => {
    const environment = { DATABASE_URL: (await server?.database()) ?? '' }
    const [one, two] = [
      await open(temporaryFolder(), {}, { environment }),
      await open(temporaryFolder(), {}, { environment }),
    ]
    const [mine, other] = await keysOf(one.call)
    const { json } = await one.call('POST', '/v1/responses', create(), mine)
    seen = []
    expect((await two.call('POST', '/v1/responses', past(json.id), other)).status).toBe(400)
    expect(seen).toEqual([])
    expect((await two.call('POST', '/v1/responses', past(json.id), mine)).status).toBe(200)
  })
})
