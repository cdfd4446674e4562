import { startSimulator } from 'llmux/testing'
import { afterAll, expect, it } from 'vitest'
import { testPairs } from '../../../test/server/matrix/pairs.js'
import { upstreams } from '../../../test/server/matrix/upstreams.js'
import { caller, startGateway } from './start.js'

/** The gateway in front of every dialect, over HTTP on both sides, for a client with a virtual key. */

const simulator = await startSimulator()
const gateway = await startGateway({
  config: {
    model_list: upstreams.map(({ model }) => ({
      model_name: model,
      litellm_params: {
        model,
        api_base: simulator.base(model.split('/', 1)[0] ?? ''),
        api_key: 'key-of-the-provider',
        ...(model.startsWith('bedrock/') && { aws_region_name: 'us-east-1' }),
      },
    })),
    router_settings: { num_retries: 0 },
    llmux_settings: { unknown_price: 'allow' },
  },
})
const call = caller(gateway)
const { json } = await call('POST', '/key/generate', { models: upstreams.map(({ model }) => model), max_budget: 100 })
const { key } = json as { key: string }
const { url } = await gateway.listen({ port: 0 })

afterAll(async () => {
  await gateway.stop()
  await simulator.close()
})

testPairs({
  mock: () => simulator,
  async send(path, body) {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      // a provider that breaks off must not break off the client
      text: await response.text(),
    }
  },
})

it('shows no key of a client to a provider', () => {
  const seen = JSON.stringify(simulator.requests)
  expect(simulator.requests.length).toBeGreaterThan(0)
  expect(seen).not.toContain(key)
})

it('books all of it on the key', async () => {
  const { json: found } = await call('GET', `/key/info?key=${key}`)
  expect(found.info.spend).toBeGreaterThan(0)
})
