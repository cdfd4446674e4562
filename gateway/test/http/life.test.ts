import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Simulator, startSimulator } from 'llmux/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createGateway } from '../../src/gateway.js'
import { openSqlite } from '../../src/store/sqlite.js'
import { caller, hello, master, startGateway } from './start.js'

let simulator: Simulator
const open: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  simulator = await startSimulator()
})

afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})

afterAll(() => simulator?.close())

const start = async (options: Parameters<typeof startGateway>[0]) => {
  const gateway = await startGateway(options)
  open.push(gateway)
  return gateway
}

const models = (...names: string[]) =>
  names.map((name) => ({
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_base: simulator.openaiBase, api_key: 'k' },
  }))

const json = { authorization: `Bearer ${master}`, 'content-type': 'application/json' }

it('names the option for a data folder that can not be used', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'llmux-file-')), 'file')
  writeFileSync(file, '')
  onTestFinished(() => rmSync(dirname(file), { recursive: true }))
  await expect(createGateway({ config: { model_list: [] }, data: file })).rejects.toThrow(
    `The data folder '${file}' must be a folder that can be written: EEXIST. Set another one with --data or LLMUX_DATA.`,
  )
})

it('names the route and the reason of an error of its own in the log', async () => {
  const errors: string[] = []
  const log = { info() {}, warn() {}, error: (text: string) => errors.push(text) }
  const gateway = await startGateway({ config: { model_list: [] }, log: log as never })
  onTestFinished(() => gateway.stop())
  const sql = openSqlite(gateway.folder)
  await sql.query('DROP TABLE llmux_audit')
  await sql.close()
  expect((await caller(gateway)('GET', '/audit')).status).toBe(500)
  expect(errors).toEqual([expect.stringMatching(/^GET \/audit has failed: .*llmux_audit/s)])
})

describe('listening', () => {
  it.each([
    ['\u0016\u0003\u0001\u0000\r\n\r\n', 400, 'The request is no valid HTTP.'],
    [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'b'.repeat(20_000)}\r\n\r\n`, 431, 'The headers must have at most 16 kB.'],
  ])('answers bytes that are no request in the envelope of all errors', async (bytes, status, message) => {
    const gateway = await start({ config: { model_list: models('gpt-4o') } })
    const { port } = new URL((await gateway.listen({ port: 0 })).url)
    const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8')
    socket.end(bytes, 'latin1')
    let text = ''
    for await (const part of socket) text += part
    const [head = '', body = ''] = text.split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(JSON.parse(body).error).toMatchObject({ message, type: 'invalid_request_error', code: String(status) })
  })

  it('refuses a public address with a weak master key', async () => {
    const gateway = await start({ config: { model_list: models('gpt-4o') }, masterKey: 'sk-1234' })
    expect(gateway.masterKey.weakness).toBeDefined()
    await expect(gateway.listen({ port: 0, host: '0.0.0.0' })).rejects.toThrow(/master key/)
    expect((await gateway.listen({ port: 0 })).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it('makes a master key with the first start and keeps it for the next one', async () => {
    const first = await start({ config: { model_list: models('gpt-4o') }, masterKey: undefined })
    expect(first.masterKey).toMatchObject({ created: true, value: expect.stringMatching(/^sk-.{32}$/) })
    await first.close()
    const second = await createGateway({
      data: first.folder,
      environment: {},
      config: { model_list: models('gpt-4o') },
    })
    expect(second.masterKey).toMatchObject({ created: false, value: first.masterKey.value })
    await second.close()
  })
})

describe('the end', () => {
  it('waits for open streams, and accepts no new calls', async () => {
    const gateway = await start({ config: { model_list: models('slow-chunks-100') } })
    const { url } = await gateway.listen({ port: 0 })
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(hello('slow-chunks-100', { stream: true })),
    })
    const ended = gateway.close()
    const ready = await fetch(`${url}/health/readiness`)
    expect(ready.status).toBe(503)
    const late = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(hello('slow-chunks-100')),
    })
    expect(late.status).toBe(503)
    expect((await response.text()).trimEnd()).toMatch(/data: \[DONE\]$/)
    await ended
  })

  it('ends streams with an error event when the time is over', async () => {
    const gateway = await start({
      config: { model_list: models('silence-after-2'), llmux_settings: { drain_timeout: 0.2 } },
    })
    const { url } = await gateway.listen({ port: 0 })
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(hello('silence-after-2', { stream: true })),
    })
    await gateway.close()
    const text = await response.text()
    expect(text).toContain('"error"')
    expect(text).toContain('"code":"overloaded"')
    expect(text).not.toContain('[DONE]')
  })
})

describe('a client that leaves', () => {
  it('ends its call', async () => {
    const gateway = await start({ config: { model_list: models('silence-after-1') } })
    const { url } = await gateway.listen({ port: 0 })
    const leaving = new AbortController()
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(hello('silence-after-1', { stream: true })),
      signal: leaving.signal,
    })
    expect(response.status).toBe(200)
    const backlog = async () => (await caller(gateway)('GET', '/health/backlog')).json.in_flight_requests
    expect(await backlog()).toBe(1)
    leaving.abort()
    await expect.poll(backlog).toBe(0)
  })
})

describe('reload', () => {
  it('changes models at once, and keeps the last good configuration', async () => {
    const gateway = await start({ config: { model_list: models('gpt-4o') } })
    const file = join(gateway.folder, 'config.yaml')
    const write = (name: string) =>
      writeFileSync(file, JSON.stringify({ model_list: models(name), router_settings: { num_retries: name.length } }))
    write('gpt-4o')
    const second = await start({ config: file, data: join(gateway.folder, 'second') })
    const call = caller(second)
    write('gpt-4o-mini')
    const { json: reloaded } = await call('POST', '/config/reload', {})
    expect(reloaded.changes).toEqual([
      '+ deployment gpt-4o-mini (openai/gpt-4o-mini)',
      '- deployment gpt-4o (openai/gpt-4o)',
      '~ router: numRetries',
    ])
    expect((await call('POST', '/v1/chat/completions', hello('gpt-4o-mini'))).status).toBe(200)
    expect((await call('POST', '/v1/chat/completions', hello('gpt-4o'))).status).toBe(400)
    writeFileSync(file, 'model_list:\n  - model_nam: x\n')
    const wrong = await call('POST', '/config/reload', {})
    expect(wrong.status).toBe(400)
    expect(wrong.json.error.message).toMatch(/config\.yaml:2: .*model_name/)
    expect((await call('POST', '/v1/chat/completions', hello('gpt-4o-mini'))).status).toBe(200)
  })
})

describe('pass-through', () => {
  it('sends a request on with the credential of the gateway, and books its cost', async () => {
    const gateway = await start({
      config: {
        model_list: [
          {
            model_name: 'claude',
            litellm_params: {
              model: 'anthropic/claude-sonnet-4-5',
              api_base: simulator.anthropicBase.replace(/\/v1$/, ''),
              api_key: 'sk-provider',
              use_in_pass_through: true,
            },
          },
        ],
      },
    })
    const call = caller(gateway)
    const body = { model: 'claude-sonnet-4-5', max_tokens: 20, messages: [{ role: 'user', content: 'Hello' }] }
    const { json: answer, status } = await call('POST', '/anthropic/v1/messages', body, {
      headers: { 'anthropic-version': '2023-06-01' },
    })
    expect(status).toBe(200)
    expect(answer.usage.output_tokens).toBeGreaterThan(0)
    const seen = simulator.requests.at(-1)
    expect(seen?.headers['x-api-key']).toBe('sk-provider')
    expect(seen?.headers.authorization).toBeUndefined()
    expect((await call('GET', '/global/spend')).json.spend).toBeGreaterThan(0)
  })

  it('is for keys that may use the model, and without a model for admins', async () => {
    const target = simulator.openaiBase
    const gateway = await start({
      config: {
        model_list: models('gpt-4o'),
        general_settings: { pass_through_endpoints: [{ path: '/raw', target, include_subpath: true }] },
      },
    })
    const call = caller(gateway)
    const { json: made } = await call('POST', '/key/generate', { models: ['gpt-4o'] })
    const forbidden = await call('POST', '/raw/chat/completions', hello('gpt-4o-mini'), { key: made.key })
    expect(forbidden.status).toBe(403)
    expect((await call('POST', '/raw/chat/completions', hello('gpt-4o'), { key: made.key })).status).toBe(200)
    expect((await call('GET', '/raw/models', undefined, { key: made.key })).status).toBe(403)
    expect((await call('GET', '/raw/models')).status).not.toBe(403)
    expect((await call('GET', '/raw/models', undefined, { key: '' })).status).toBe(401)
  })
})

describe('alerts', () => {
  let hook: Server
  const texts: string[] = []

  beforeAll(async () => {
    hook = createServer((request, response) => {
      request.setEncoding('utf8')
      let body = ''
      request.on('data', (part: string) => {
        body += part
      })
      request.on('end', () => {
        texts.push((JSON.parse(body) as { text: string }).text)
        response.end('ok')
      })
    })
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  })

  afterAll(() => hook.close())

  it('name a failing upstream once, and no mistake of a client', async () => {
    const { port } = hook.address() as AddressInfo
    const gateway = await start({
      config: {
        model_list: models('fail-500', 'fail-400'),
        router_settings: { num_retries: 0 },
        general_settings: { alerting: ['slack'] },
      },
      environment: { SLACK_WEBHOOK_URL: `http://127.0.0.1:${port}/hook` },
    })
    const call = caller(gateway)
    for (const model of ['fail-500', 'fail-500', 'fail-400']) await call('POST', '/v1/chat/completions', hello(model))
    await call('POST', '/v1/chat/completions', hello('fail-500'), { key: 'sk-wrong' })
    await expect.poll(() => texts.length).toBe(1)
    expect(texts[0]).toMatch(/llm_exceptions[\s\S]*fail-500/)
  })
})
