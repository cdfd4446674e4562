import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startSimulator } from 'llmux/testing'
import { expect, it, onTestFinished } from 'vitest'
import { priceRoutes } from '../../src/routes/prices.js'
import { caller, hello, startGateway } from './start.js'

it('takes new prices from a table while it runs, and keeps the last good ones through every fault of its server', async () => {
  let answer: (response: ServerResponse) => void = () => {}
  const server = createServer((_, response) => answer(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const table = (input: number) => (response: ServerResponse) =>
    response.end(
      JSON.stringify({
        'gpt-4o-mini': { input_cost_per_token: input, output_cost_per_token: 2 * input, max_tokens: 10 },
        'azure/base': { input_cost_per_token: input, output_cost_per_token: 2 * input },
      }),
    )
  const simulator = await startSimulator()
  onTestFinished(() => simulator.close())
  const params = { api_base: simulator.openaiBase, api_key: 'k' }
  const gateway = await startGateway({
    config: {
      model_list: [
        { model_name: 'mini', litellm_params: { model: 'openai/gpt-4o-mini', ...params } },
        {
          model_name: 'named',
          litellm_params: { model: 'openai/our-own-name', ...params },
          model_info: { base_model: 'azure/base' },
        },
      ],
      llmux_settings: { prices_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prices.json` },
    },
  })
  onTestFinished(() => gateway.stop())
  const call = caller(gateway)
  const refresh = () => call('POST', '/spend/prices/refresh', {})
  /** US dollars per input token, by what a call costs. */
  const price = async (model: string) => {
    const { headers, json } = await call('POST', '/v1/chat/completions', hello(model))
    const { prompt_tokens: input, completion_tokens: output } = json.usage
    return Number(headers.get('x-litellm-response-cost')) / (input + 2 * output)
  }
  answer = table(1e-4)
  expect((await refresh()).json).toMatchObject({ changed: [{ source: 'refresh' }, { source: 'refresh' }] })
  expect(await price('mini')).toBeCloseTo(1e-4, 9)
  expect(await price('named')).toBeCloseTo(1e-4, 9)
  expect((await refresh()).json.changed).toEqual([])

  answer = table(3e-4)
  const { changed } = (await refresh()).json
  expect(changed).toHaveLength(2)
  expect(await price('mini')).toBeCloseTo(3e-4, 9)
  const { json: list } = await call('GET', '/spend/prices')
  expect(JSON.stringify(list)).toContain('effective_at')

  const faults: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(304).end(),
    (response) => response.writeHead(503).end('{}'),
    (response) => response.end('{"gpt-4o-mini": {"input_cost_per_token": 9e-4'),
    (response) => response.end('[]'),
    (response) => response.destroy(),
    (response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"gpt-4o-mini":')
      setImmediate(() => response.destroy())
    },
  ]
  for (const fault of faults) {
    answer = fault
    const { status, text } = await refresh()
    expect(status, text).toBe(400)
    expect(await price('mini')).toBeCloseTo(3e-4, 9)
  }
  // prices that are no amounts are left out
  answer = (response) => response.end('{"gpt-4o-mini":{"input_cost_per_token":-1,"output_cost_per_token":"7"}}')
  expect((await refresh()).json.changed).toEqual([])
  expect(await price('mini')).toBeCloseTo(3e-4, 9)
  // an override stays above the table
  const own = { model: 'openai/gpt-4o-mini', input_cost_per_token: 5e-4, output_cost_per_token: 1e-3 }
  expect((await call('POST', '/spend/prices', own)).status).toBe(200)
  answer = table(7e-4)
  await refresh()
  expect(await price('mini')).toBeCloseTo(5e-4, 9)
  expect(await price('named')).toBeCloseTo(7e-4, 9)
})

it('asks for a table again only if it has changed, and ends a table that never ends', async () => {
  const asked: (string | undefined)[] = []
  let hangs = false
  const server = createServer((request, response) => {
    asked.push(request.headers['if-none-match'])
    if (hangs) return void response.write('{')
    if (request.headers['if-none-match'] === '"one"') return void response.writeHead(304).end()
    response.writeHead(200, { etag: '"one"' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const entries = [{ config: { params: { model: 'openai/a' } } }]
  const parts = {
    book: { list: () => [], at: () => undefined },
    catalog: { entries },
    pricesUrl: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    now: Date.now,
    readMs: 500,
  }
  const route = priceRoutes(parts as never).find(({ path }) => path === '/spend/prices/refresh')
  const refresh = async () => await route?.handler({} as never)
  for (let at = 0; at < 2; at++) expect(await refresh()).toEqual({ models: 1, changed: [] })
  // another deployment may be in the same table
  entries.push({ config: { params: { model: 'openai/b' } } })
  expect(await refresh()).toEqual({ models: 2, changed: [] })
  expect(asked).toEqual([undefined, '"one"', undefined])
  hangs = true
  await expect(refresh()).rejects.toThrow('timeout')
})
