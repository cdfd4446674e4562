import { startSimulator } from 'llmux/testing'
import { expect, it, onTestFinished } from 'vitest'
import { BackgroundCalls } from '../../src/http/background.js'
import type { Booking } from '../../src/ledger/spool.js'
import { caller, startGateway } from './start.js'

const price = { input_cost_per_token: 2e-6, output_cost_per_token: 8e-6 }

async function scene() {
  const simulator = await startSimulator()
  onTestFinished(() => simulator.close())
  const gateway = await startGateway({
    config: {
      model_list: [
        {
          model_name: 'deep',
          litellm_params: { model: 'openai/gpt-4o-mini', api_base: simulator.openaiBase, api_key: 'k', ...price },
        },
      ],
    },
  })
  onTestFinished(() => gateway.stop())
  const call = caller(gateway)
  const { json } = await call('POST', '/key/generate', { max_budget: 10 })
  const key: { key: string } = { key: json.key }
  const rows = async () => (await call('GET', '/spend/logs/v2')).json.data
  const sums = async () => {
    const [info, all] = await Promise.all([call('GET', `/key/info?key=${json.key}`), call('GET', '/global/spend')])
    const { spend } = info.json.info
    return [spend, all.json.spend]
  }
  return { call, key, rows, sums }
}

it('books a background response by its estimate, and by its usage once the client has read it', async () => {
  const { call, key, rows, sums } = await scene()
  const made = await call('POST', '/v1/responses', { model: 'deep', input: 'Write', background: true }, key)
  expect(made.status, made.text).toBe(200)
  expect(made.json.status).toBe('queued')
  await expect.poll(async () => (await rows()).length).toBe(1)
  const [estimated] = await rows()
  expect(estimated).toMatchObject({ cost_state: 'unknown', prompt_tokens: 0 })
  expect(estimated.spend).toBeGreaterThan(0)
  const path = `/v1/responses/${made.json.id}`
  await expect.poll(async () => (await call('GET', path, undefined, key)).json.status).toBe('completed')
  const { usage } = (await call('GET', path, undefined, key)).json
  const cost = (usage.input_tokens * 2 + usage.output_tokens * 8) / 1e6
  await expect.poll(async () => (await rows())[0].cost_state, { timeout: 10_000 }).toBe('known')
  const found = await rows()
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({
    request_id: estimated.request_id,
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
  })
  expect(found[0].spend).toBeCloseTo(cost, 9)
  expect(await sums()).toEqual([found[0].spend, found[0].spend])
  // a later read changes nothing
  await call('GET', path, undefined, key)
  expect(await rows()).toEqual(found)
})

it('asks for responses that no client reads, gives up after a day, and waits for a database that is away', async () => {
  const documents = new Map<string, unknown>()
  const amended: Booking[] = []
  let status = 'in_progress'
  let now = 1_000
  let isWritable = false
  const calls = new BackgroundCalls({
    documents: {
      list: () => [...documents].map(([id, value]) => ({ id, value })),
      put: async (_, id, value) => void documents.set(id, value),
      remove: async (_, id) => documents.delete(id),
      watch: () => () => {},
    },
    router: {
      storedResponses: {
        retrieve: async () => {
          if (status === 'lost') throw new Error('unknown id')
          const usage = status === 'completed' ? { input_tokens: 3, output_tokens: 5 } : null
          return { status, usage, meta: { cost: { total: usage ? 0.5 : undefined } } }
        },
      } as never,
    },
    claim: async () => true,
    amend: async (booking) => {
      if (isWritable) amended.push(booking)
      return isWritable
    },
    now: () => now,
  })
  onTestFinished(() => calls.close())
  const request = (id: string) => ({
    route: { operation: 'responses' },
    background: true,
    admitted: { model: 'deep', booking: { row: { id, startedAt: 0, costState: 'unknown' }, spend: [] } },
  })
  const create = (id: string) =>
    calls.follow(request(id) as never, { status: 200, headers: {}, body: JSON.stringify({ id, status: 'queued' }) })
  create('resp_1')
  await calls.poll()
  expect([...documents.keys()]).toEqual(['resp_1'])
  status = 'completed'
  await calls.poll()
  expect([amended.length, documents.size]).toEqual([0, 1])
  isWritable = true
  await calls.poll()
  expect(amended[0]?.row).toMatchObject({ inputTokens: 3, outputTokens: 5, nanos: 500_000_000, costState: 'known' })
  expect(documents.size).toBe(0)
  // the estimate stays for a response without usage, and for one that its host has lost
  create('resp_2')
  status = 'cancelled'
  await calls.poll()
  create('resp_3')
  status = 'lost'
  await calls.poll()
  expect([...documents.keys()]).toEqual(['resp_3'])
  now += 25 * 3_600_000
  await calls.poll()
  expect([amended.length, documents.size]).toEqual([1, 0])
})

it('books a stream that its client has left by the usage of the response', async () => {
  const documents = new Map<string, unknown>()
  const calls = new BackgroundCalls({
    documents: {
      list: () => [...documents].map(([id, value]) => ({ id, value })),
      put: async (_, id, value) => void documents.set(id, value),
      remove: async (_, id) => documents.delete(id),
      watch: () => () => {},
    },
    router: {} as never,
    claim: async () => false,
    amend: async () => true,
    now: () => 1_000,
  })
  onTestFinished(() => calls.close())
  const events = async function* () {
    yield 'event: response.created\ndata: {"type":"response.created","response":{"id":"resp'
    yield '_7","status":"queued"}}\n\n'
    yield 'event: response.in_progress\ndata: {}\n\n'
  }
  const leave = async (costState: string) => {
    const admitted: { model: string; booking?: unknown } = { model: 'deep' }
    for await (const part of calls.watch({ background: true, admitted } as never, events())) {
      if (part.startsWith('_7')) break
    }
    admitted.booking = { row: { costState }, spend: [] }
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  }
  await leave('known')
  expect(documents.size).toBe(0)
  await leave('estimated')
  expect([...documents.keys()]).toEqual(['resp_7'])
})
