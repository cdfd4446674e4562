import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Simulator, startSimulator } from 'llmux/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/config.js'
import { sign, verifyWebhook } from '../../src/hooks/signature.js'
import { startGateway } from '../http/start.js'
import { ask, newKey, spendOf } from './apis.js'

interface Received {
  readonly body: {
    readonly stage: string
    readonly call: { readonly params: unknown }
    readonly answer?: { readonly text: string }
  }
  readonly raw: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const secret = 'whsec-5f4dcc3b5aa765d6'
let simulator: Simulator
let receiver: Server
let url: string
let received: Received[]
/** The receiver's decision: a body, or a status. Undefined for no answer. */
let decide: (request: Received) => object | number | undefined
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  simulator = await startSimulator()
  receiver = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const raw = Buffer.concat(parts).toString()
    if (!verifyWebhook(secret, { headers: request.headers, body: raw })) {
      response.writeHead(401).end()
      return
    }
    const found: Received = { body: JSON.parse(raw), raw, headers: request.headers }
    received.push(found)
    const decision = decide(found)
    if (typeof decision === 'number') response.writeHead(decision, { location: '/elsewhere' }).end()
    else if (decision) response.end(JSON.stringify(decision))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => receiver.once('listening', resolve))
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/guard`
})
beforeEach(() => {
  received = []
  decide = () => ({ action: 'allow' })
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  simulator.reset()
})
afterAll(async () => {
  receiver.closeAllConnections()
  receiver.close()
  await simulator.close()
})

async function start(more: object = {}, environment: Record<string, string> = { GUARD_SECRET: secret }) {
  const openai = { model: 'openai/gpt-4o-mini', api_base: simulator.openaiBase, api_key: 'sk-provider-1' }
  const gateway = await startGateway({
    environment,
    config: {
      hooks: [{ name: 'guard', url, secret_env: 'GUARD_SECRET', on_failure: 'closed', timeout: 0.3, ...more }],
      model_list: [{ model_name: 'fast', litellm_params: openai }],
      router_settings: { num_retries: 0 },
    },
  })
  stops.push(() => gateway.stop())
  return gateway.listen({ port: 0 })
}

describe('a webhook', () => {
  it('allows, and gets the call signed and without secrets', async () => {
    const server = await start({ stages: ['before', 'after'] })
    const key = await newKey(server, { key_alias: 'bob' })
    const { status, headers } = await ask(server, 'messages', 'Hello there', { key })
    expect([status, headers.get('x-litellm-applied-guardrails')]).toEqual([200, 'guard'])
    expect(received.map(({ body }) => body.stage)).toEqual(['before', 'after'])
    expect(received[0]?.body.call).toMatchObject({ operation: 'messages', model: 'fast', caller: { keyAlias: 'bob' } })
    expect(received[1]?.body.answer?.text).toContain('Hello there')
    for (const { raw, headers: sent } of received)
      for (const hidden of [key, secret, 'sk-provider-1']) expect(raw + JSON.stringify(sent)).not.toContain(hidden)
  })

  it.each(['chat', 'messages', 'responses', 'gemini'] as const)('refuses and changes calls of %s', async (api) => {
    const server = await start()
    decide = () => ({ action: 'refuse', message: 'No.', status: 403 })
    const refused = await ask(server, api, 'Hello', { stream: true })
    expect([refused.status, refused.error?.message]).toEqual([403, 'No.'])
    expect(simulator.requests).toHaveLength(0)
    decide = ({ body }) => ({
      action: 'change',
      params: JSON.parse(JSON.stringify(body.call.params).replaceAll('Ada', 'Person')),
    })
    expect((await ask(server, api, 'I am Ada', { stream: true })).text).toContain('I am Person')
  })

  it.each([false, true])('refuses and changes answers, stream %s', async (stream) => {
    const server = await start({ stages: ['after'] })
    const key = await newKey(server)
    decide = ({ body }) => ({ action: 'change', text: body.answer?.text.replaceAll('Ada', 'Person') })
    expect((await ask(server, 'chat', 'I am Ada', { stream, key })).text).toContain('I am Person')
    const before = await spendOf(server, key)
    decide = () => ({ action: 'refuse', message: 'No.' })
    const { error, raw } = await ask(server, 'chat', 'I am Ada', { stream, key })
    expect(error?.message).toBe('No.')
    expect(raw).not.toContain('Ada')
    expect(await spendOf(server, key)).toBeGreaterThan(before)
  })

  const failures: [string, object, () => object | number | undefined][] = [
    ['answers 500', {}, () => 500],
    ['redirects', {}, () => 307],
    ['answers without an action', {}, () => ({})],
    ['answers something unknown', {}, () => ({ action: 'maybe' })],
    ['never answers', {}, () => undefined],
    ['is down', { url: 'http://127.0.0.1:9/' }, () => ({ action: 'allow' })],
  ]
  it.each(failures)('that %s refuses or goes on, as declared', async (_, settings, decision) => {
    decide = decision
    const closed = await start(settings)
    const refused = await ask(closed, 'responses', 'Hello')
    expect([refused.status, refused.error?.message]).toEqual([503, "The hook 'guard' has failed."])
    const open = await start({ ...settings, on_failure: 'open' })
    expect((await ask(open, 'responses', 'Hello')).status).toBe(200)
  })

  it('fails with the wrong secret, since its receiver refuses', async () => {
    const server = await start({}, { GUARD_SECRET: 'another' })
    expect((await ask(server, 'chat', 'Hello')).status).toBe(503)
    expect(received).toHaveLength(0)
  })

  it('is tried again as often as configured', async () => {
    let left = 2
    decide = () => (left-- > 0 ? 503 : { action: 'allow' })
    const server = await start({ retries: 2 })
    expect((await ask(server, 'chat', 'Hello')).status).toBe(200)
    expect(received).toHaveLength(3)
    left = 9
    expect((await ask(server, 'chat', 'Hello')).status).toBe(503)
    expect(received).toHaveLength(6)
  })

  it('sets no address and no credential', async () => {
    decide = () => ({ action: 'change', params: { api_base: url, apiKey: 'x', temperature: 0.5 } })
    const server = await start()
    expect((await ask(server, 'chat', 'Hello')).status).toBe(200)
    expect(simulator.requests[0]?.body).toMatchObject({ temperature: 0.5 })
  })

  it('needs its secret at the start', async () => {
    await expect(start({}, {})).rejects.toThrow('config.yaml:1: The environment variable GUARD_SECRET is not set.')
  })
})

describe('a signature', () => {
  const now = () => String(Math.floor(Date.now() / 1000))
  const request = (timestamp: string, body: string, signature = sign(secret, timestamp, body)) => ({
    headers: { 'x-llmux-timestamp': timestamp, 'x-llmux-signature': signature },
    body,
  })

  it('covers the body and the time', () => {
    const valid = request(now(), '{"a":1}')
    expect(verifyWebhook(secret, valid)).toBe(true)
    expect(verifyWebhook(secret, { ...valid, body: '{"a":2}' })).toBe(false)
    const later = { ...valid.headers, 'x-llmux-timestamp': String(Number(now()) + 1) }
    expect(verifyWebhook(secret, { ...valid, headers: later })).toBe(false)
    expect(verifyWebhook('other', valid)).toBe(false)
    expect(verifyWebhook(secret, { ...valid, headers: {} })).toBe(false)
  })

  it('expires', () => {
    const old = String(Number(now()) - 400)
    expect(verifyWebhook(secret, request(old, '{}'))).toBe(false)
    expect(verifyWebhook(secret, request(old, '{}'), 500)).toBe(true)
  })
})

describe('the configuration', () => {
  const problems = (hooks: unknown, more: object = {}) => {
    try {
      parseConfig(JSON.stringify({ hooks, ...more }), {})
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  const valid = { url: 'https://guard.test/', secret_env: 'S', on_failure: 'open' }

  it.each([
    [{ ...valid, on_failure: undefined }, "'on_failure' of a webhook must be 'open' or 'closed'"],
    [{ ...valid, secret_env: undefined }, "'hooks[0]' must have 'secret_env'"],
    [{ ...valid, url: 'ftp://guard.test' }, "'url' of a webhook must be an address with http or https"],
    [{ ...valid, stages: ['onStream'] }, "'stages' of a webhook must be a list of 'before' and 'after'"],
    [{ ...valid, retries: 50 }, "'retries' of a webhook must be at most 5"],
    [{ ...valid, timeouts: 3 }, "Did you mean 'timeout'?"],
    [7, "'hooks' must be files such as ./hooks.mjs, or webhooks"],
  ])('is checked: %j', (entry, message) => {
    expect(problems([entry])).toContain(message)
  })

  it('warns of a receiver without encryption', () => {
    const { lines } = parseConfig(JSON.stringify({ hooks: [{ ...valid, url: 'http://guard.test/' }] }), { S: 'x' })
    expect(lines.find(({ treatment }) => treatment === 'dangerous')?.path).toBe('hooks[0].url')
  })

  it('refuses guardrails that would not run, each with its reason', () => {
    const guardrails = ['presidio', 'guards.MyGuard'].map((guardrail) => ({
      guardrail_name: `my-${guardrail}`,
      litellm_params: { guardrail, mode: 'pre_call' },
    }))
    const message = problems([], { guardrails })
    expect(message).toContain("'my-presidio' is not supported. 'presidio' is an integration of LiteLLM.")
    expect(message).toContain("'my-guards.MyGuard' is not supported. 'guards.MyGuard' is Python code.")
  })
})
