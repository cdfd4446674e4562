import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, hello, startGateway } from './start.js'

const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
const results = [{ flagged: false, categories: {}, category_scores: {} }]
const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  request.resume().on('end', () => {
    if (request.url?.endsWith('/moderations')) response.end(JSON.stringify({ id: 'modr-1', model: 'm', results }))
    else response.writeHead(529).end(JSON.stringify(overloaded))
  })
})
let gateway: Awaited<ReturnType<typeof startGateway>>
let call: ReturnType<typeof caller>

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api_base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  gateway = await startGateway({
    config: {
      model_list: [
        { model_name: 'busy', litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_base, api_key: 'x' } },
        { model_name: 'guard', litellm_params: { model: 'openai/omni-moderation-latest', api_base, api_key: 'x' } },
      ],
      router_settings: { num_retries: 0 },
    },
  })
  call = caller(gateway)
})

afterAll(async () => {
  await gateway?.stop()
  server.close()
})

describe('an overloaded provider', () => {
  it('is 529 for clients of Anthropic, which then turn to another model', async () => {
    const { status, json } = await call('POST', '/v1/messages', hello('busy', { max_tokens: 5 }))
    expect(status).toBe(529)
    expect(json).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
  })

  it('is 503 for clients of OpenAI', async () => {
    expect((await call('POST', '/v1/chat/completions', hello('busy'))).status).toBe(503)
  })
})

it('sends moderation without a model to the moderation model, for nothing', async () => {
  const { key } = (await call('POST', '/key/generate', { max_budget: 1 })).json
  const { status, json } = await call('POST', '/v1/moderations', { input: 'Hello' }, { key })
  expect([status, json.results]).toMatchObject([200, results])
  expect((await call('GET', '/key/info', undefined, { key })).json.info.spend).toBe(0)
})

it('lists the models of a key in the form of Google', async () => {
  const { key } = (await call('POST', '/key/generate', { models: ['busy'] })).json
  const { json } = await call('GET', '/v1beta/models', undefined, { key })
  expect(json.models.map(({ name }: { name: string }) => name)).toEqual(['models/busy'])
  const embed = await call('POST', '/v1beta/models/busy:embedContent', {}, { key })
  expect([embed.status, embed.json.error.code]).toEqual([501, 501])
})
