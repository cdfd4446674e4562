import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { UsageWatch } from '../../src/http/usage-watch.js'
import { caller, hello, master, startGateway } from './start.js'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let cloud: Server
let base: string
let seen: Seen[] = []
let answer: { readonly headers: Record<string, string>; readonly body: string | Buffer }

beforeAll(async () => {
  cloud = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      response.writeHead(200, answer.headers)
      response.end(answer.body)
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => cloud.once('listening', resolve))
  base = `http://127.0.0.1:${(cloud.address() as AddressInfo).port}`
})
afterAll(() => cloud.close())
beforeEach(() => {
  seen = []
  answer = { headers: { 'content-type': 'application/json' }, body: '{}' }
})

const deployment = (model: string, params: object, info: object = {}) => ({
  model_name: model.split('/').at(-1),
  litellm_params: { model, api_base: base, use_in_pass_through: true, ...params },
  model_info: info,
})

async function start(more: object = {}) {
  const gateway = await startGateway({
    config: {
      model_list: [
        deployment('bedrock/amazon.nova-lite-v1:0', {
          aws_access_key_id: 'AKIAEXAMPLE',
          aws_secret_access_key: 'cloud-secret-1',
          aws_region_name: 'eu-west-1',
        }),
        deployment('vertex_ai/gemini-2.5-flash', {
          api_key: undefined,
          azure_ad_token: 'ya29.cloud-secret-2',
          vertex_project: 'acme',
          vertex_location: 'europe-west4',
        }),
        deployment(
          'azure/chat',
          { api_key: 'cloud-secret-3', api_version: '2024-10-21' },
          { base_model: 'azure/gpt-4o' },
        ),
      ],
      ...more,
    },
  })
  return { gateway, call: caller(gateway) }
}

const rowsOf = async (call: ReturnType<typeof caller>) =>
  (await call('GET', '/spend/logs?summarize=false')).json as { spend: number; prompt_tokens: number }[]

it('signs requests to Bedrock and books their usage', async () => {
  const { gateway, call } = await start()
  answer = {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ usage: { inputTokens: 1000, outputTokens: 500, totalTokens: 1500 } }),
  }
  const path = '/model/amazon.nova-lite-v1%3A0/converse'
  const body = { messages: [{ role: 'user', content: [{ text: 'Grüße' }] }] }
  expect((await call('POST', `/bedrock${path}`, body)).status).toBe(200)
  expect(seen[0]).toMatchObject({ method: 'POST', url: path, body: JSON.stringify(body) })
  expect(seen[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d+\/eu-west-1\/bedrock\//)
  await vi.waitFor(async () => {
    expect(await rowsOf(call)).toMatchObject([
      { prompt_tokens: 1000, spend: expect.closeTo(1000 * 6e-8 + 500 * 2.4e-7, 9) },
    ])
  })
  expect((await call('POST', '/bedrock/agents/1/sessions', {})).status).toBe(501)
  await gateway.stop()
})

it('gives requests to Vertex AI the project and the location of the configuration', async () => {
  const { gateway, call } = await start()
  const rest = '/publishers/google/models/gemini-2.5-flash:generateContent'
  const own = `/v1/projects/acme/locations/europe-west4${rest}`
  for (const path of [own, `/v1/projects/other/locations/us-central1${rest}`, rest]) {
    expect((await call('POST', `/vertex_ai${path}`, {})).status).toBe(200)
  }
  expect(seen.map(({ url }) => url)).toEqual([own, own, own])
  expect(seen[0]?.headers.authorization).toBe('Bearer ya29.cloud-secret-2')
  await gateway.stop()
})

it('gives requests to Azure the key, a version and the price of the base model', async () => {
  const { gateway, call } = await start()
  answer = {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 } }),
  }
  const path = '/openai/deployments/chat/chat/completions'
  await call('POST', `/azure${path}`, { messages: [] })
  await call('POST', `/azure${path}?api-version=2025-01-01`, { messages: [] })
  expect(seen.map(({ url }) => url)).toEqual([`${path}?api-version=2024-10-21`, `${path}?api-version=2025-01-01`])
  expect(seen[0]?.headers['api-key']).toBe('cloud-secret-3')
  await vi.waitFor(async () => {
    const rows = await rowsOf(call)
    expect(rows.map(({ spend }) => spend)).toEqual(Array(2).fill(expect.closeTo(1000 * 2.5e-6 + 100 * 1e-5, 9)))
  })
  await gateway.stop()
})

it('never leaves the path of its target', async () => {
  const { gateway } = await start({
    general_settings: { pass_through_endpoints: [{ path: '/raw', target: `${base}/inner`, include_subpath: true }] },
  })
  const { url } = await gateway.listen({ port: 0 })
  const { hostname, port } = new URL(url)
  for (const path of ['/raw/../secret', '/raw/%2e%2e/secret', '/vertex_ai/v1/%2E./x', '/bedrock/model/a/../../x']) {
    const request = httpRequest({
      hostname,
      port,
      path,
      method: 'POST',
      headers: { authorization: `Bearer ${master}` },
    })
    request.end('{}')
    const [response] = await once(request, 'response')
    response.resume()
    expect(response.statusCode).toBeGreaterThanOrEqual(400)
  }
  expect(seen).toEqual([])
  await gateway.stop()
})

it('is for keys that may use the model', async () => {
  const { gateway, call } = await start()
  const { json: made } = await call('POST', '/key/generate', { models: ['chat'] })
  const chat = (path: string) => call('POST', path, { messages: [] }, { key: made.key })
  expect((await chat('/azure/openai/deployments/chat/chat/completions')).status).toBe(200)
  expect((await chat('/azure/openai/deployments/secret/chat/completions')).status).toBe(403)
  expect((await chat('/bedrock/model/amazon.nova-lite-v1%3A0/converse')).status).toBe(403)
  expect((await call('GET', '/azure/openai/files', undefined, { key: made.key })).status).toBe(403)
  expect(seen).toHaveLength(1)
  await gateway.stop()
})

it.each([
  ['GET', '/azure/openai/files', { model: 'chat' }],
  ['DELETE', '/azure/openai/files/file-1', { model: 'chat' }],
  ['POST', '/azure/openai/v1/conversations', { model: 'chat' }],
  ['GET', '/azure/openai/v1/responses/resp_1', { model: 'chat' }],
  ['POST', '/azure/openai/v1/responses', { model: 'chat', input: 'Go on', previous_response_id: 'resp_1' }],
  ['POST', '/azure/openai/v1/responses', { model: 'chat', input: 'Go on', conversation: { id: 'conv_1' } }],
  ['POST', '/azure/openai/v1/responses', { model: 'chat', input: [{ type: 'item_reference', id: 'msg_1' }] }],
  ['GET', '/azure/openai/deployments/chat/files', {}],
])('gives the stored things of the account to no key that names a model: %s %s', async (method, path, body) => {
  const { gateway } = await start()
  const { url } = await gateway.listen({ port: 0 })
  const { json: made } = await caller(gateway)('POST', '/key/generate', {})
  const send = async (key: string) => {
    const content = JSON.stringify(body)
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': content.length,
    }
    const request = httpRequest(new URL(path, url), { method, headers })
    request.end(content)
    const [response] = await once(request, 'response')
    response.resume()
    return response.statusCode
  }
  expect(await send(made.key)).toBe(403)
  expect(seen).toEqual([])
  expect(await send(master)).toBe(200)
  await gateway.stop()
})

it('is for admins while hooks are configured, unless they may be passed by', async () => {
  const hooks = { name: 'guard', onFailure: 'closed', before: () => undefined } as const
  for (const [choice, status] of [
    [undefined, 403],
    ['skip', 200],
  ] as const) {
    const gateway = await startGateway({
      hooks,
      config: {
        model_list: [deployment('azure/chat', { api_key: 'k', api_version: '2024-10-21' })],
        ...(choice && { llmux_settings: { hooks_on_pass_through: choice } }),
      },
    })
    const call = caller(gateway)
    const { json: made } = await call('POST', '/key/generate', {})
    const path = '/azure/openai/deployments/chat/chat/completions'
    expect((await call('POST', path, hello('chat'), { key: made.key })).status).toBe(status)
    expect((await call('POST', path, hello('chat'))).status).toBe(200)
    await gateway.stop()
  }
})

it.each([
  ['converse', [{ metrics: { latencyMs: 1 }, usage: { inputTokens: 7, outputTokens: 9 } }]],
  [
    'invoke',
    [
      { bytes: btoa(JSON.stringify({ message: { usage: { input_tokens: 7, output_tokens: 1 } } })) },
      {
        bytes: btoa(
          JSON.stringify({ 'amazon-bedrock-invocationMetrics': { inputTokenCount: 7, outputTokenCount: 9 } }),
        ),
      },
    ],
  ],
])('reads the usage in the frames of %s, cut at any byte', (_name, events) => {
  const frames = Buffer.concat(
    events.flatMap((event) => [
      Buffer.from([0, 0, 1, 255, 13, 200]),
      Buffer.from(JSON.stringify(event)),
      Buffer.from([9, 130]),
    ]),
  )
  for (let at = 0; at < frames.length; at++) {
    const watch = new UsageWatch(new Headers({ 'content-type': 'application/vnd.amazon.eventstream' }))
    watch.push(frames.subarray(0, at))
    watch.push(frames.subarray(at))
    watch.end()
    expect(watch.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 9 })
  }
})
