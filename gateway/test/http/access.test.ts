import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, master, startGateway } from './start.js'

let gateway: Awaited<ReturnType<typeof startGateway>>
let call: ReturnType<typeof caller>

beforeAll(async () => {
  gateway = await startGateway({
    config: {
      model_list: [{ model_name: 'mock', litellm_params: { model: 'openai/gpt-4o', mock_response: 'Hello' } }],
      llmux_settings: { allowed_hosts: ['Gateway.test'] },
    },
  })
  call = caller(gateway)
})

afterAll(() => gateway?.stop())

describe('allowed_hosts', () => {
  it.each([
    ['gateway.test', 200],
    ['gateway.test:4000', 200],
    ['GATEWAY.TEST', 200],
    ['other.test', 403],
    ['gateway.test.other', 403],
    ['127.0.0.1', 403],
  ])('answers requests for %s with %i', async (host, status) => {
    const response = await gateway.fetch(
      new Request(`http://${host}/v1/models`, { headers: { authorization: `Bearer ${master}` } }),
    )
    expect(response.status).toBe(status)
  })
})

describe('requests without a valid key', () => {
  it('get 429 on every route after 300 attempts within a minute, while a valid key works', async () => {
    const seen = new Set<number>()
    for (let i = 0; i < 300; i++) {
      const path = ['/v1/models', '/key/info', '/v1/chat/completions'][i % 3] ?? ''
      const method = path.endsWith('completions') ? 'POST' : 'GET'
      const body = method === 'POST' ? { model: 'mock', messages: [] } : undefined
      seen.add((await call(method, path, body, { key: `sk-guess-${i}` })).status)
    }
    expect([...seen]).toEqual([401])
    const refused = await call('GET', '/key/info', undefined, { key: 'sk-guess' })
    expect(refused.status).toBe(429)
    expect(refused.json.error).toMatchObject({ type: 'rate_limit_error', code: '429' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const messages = [{ role: 'user', content: 'Hi' }]
    const chat = await call('POST', '/v1/chat/completions', { model: 'mock', messages }, { key: 'sk-guess' })
    expect(chat.status).toBe(429)
    expect((await call('GET', '/v1/models')).status).toBe(200)
  })
})
