import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { type Api, apis, ask, newKey, spendOf } from '../hooks/apis.js'
import { master, startGateway } from './start.js'

const text = 'word '.repeat(20)
/** Events that a provider sends unless it is left. */
const most = 2_000

/** The events of an answer without end, as each API has them. */
const wires: Readonly<Record<string, { readonly first: readonly object[]; readonly next: object }>> = {
  chat: {
    first: [],
    next: {
      ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' },
      choices: [{ index: 0, delta: { content: text }, finish_reason: null }],
    },
  },
  messages: {
    first: [
      {
        type: 'message_start',
        message: {
          ...{ id: 'm', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null },
          ...{ stop_sequence: null, usage: { input_tokens: 5, output_tokens: 1 } },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ],
    next: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
  },
  responses: {
    first: [
      {
        ...{ type: 'response.created', sequence_number: 0 },
        response: {
          id: 'resp_1',
          object: 'response',
          created_at: 1,
          status: 'in_progress',
          model: 'gpt-4o',
          output: [],
        },
      },
      {
        ...{ type: 'response.output_item.added', sequence_number: 1, output_index: 0 },
        item: { id: 'i', type: 'message', status: 'in_progress', role: 'assistant', content: [] },
      },
      {
        ...{ type: 'response.content_part.added', sequence_number: 2, item_id: 'i', output_index: 0, content_index: 0 },
        part: { type: 'output_text', text: '', annotations: [] },
      },
    ],
    next: {
      ...{ type: 'response.output_text.delta', sequence_number: 1, item_id: 'i', output_index: 0, content_index: 0 },
      ...{ delta: text, logprobs: [] },
    },
  },
  completion: {
    first: [],
    next: {
      ...{ id: 'c', object: 'text_completion', created: 1, model: 'gpt-4o' },
      choices: [{ index: 0, text, finish_reason: null }],
    },
  },
  gemini: { first: [], next: { candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }] } },
  thinking: {
    first: [],
    next: {
      ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' },
      choices: [{ index: 0, delta: { reasoning_content: text }, finish_reason: null }],
    },
  },
}

async function provider() {
  const seen = { open: 0, sent: 0 }
  const stream = (response: ServerResponse, { first, next }: (typeof wires)[string] & object) => {
    seen.open++
    response.on('close', () => seen.open--)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const write = (event: object) =>
      response.write(`${'type' in event ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
    for (const event of first) write(event)
    let left = most
    const step = () => {
      if (response.destroyed) return
      if (left-- === 0) return response.end()
      seen.sent++
      write(next)
      setTimeout(step, 1)
    }
    step()
  }
  const server = createServer((request, response) => {
    const { url = '' } = request
    const name =
      ['messages', 'responses', 'chat'].find((one) => url.includes(`/${one}`)) ??
      (url.includes('/models/') ? 'gemini' : 'completion')
    const wire = wires[url.startsWith('/thinking') ? 'thinking' : name]
    request.resume().on('end', () => wire && stream(response, wire))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const price = { input_cost_per_token: 1e-6, output_cost_per_token: 1e-5, api_key: 'k' }

async function scene(more: object = {}) {
  const { seen, base } = await provider()
  const model = (name: string, model: string, path: string) => ({
    model_name: name,
    litellm_params: { model, api_base: `${base}${path}`, ...price },
  })
  const gateway = await startGateway({
    config: {
      model_list: [
        model('fast', 'openai/gpt-4o', '/v1'),
        model('deep', 'openai/gpt-4o', '/thinking/v1'),
        model('claude', 'anthropic/claude-sonnet-4-5', ''),
        model('flash', 'gemini/gemini-2.5-flash', ''),
      ],
      router_settings: { num_retries: 0 },
      ...more,
    },
  })
  onTestFinished(() => gateway.stop())
  const { url } = await gateway.listen({ port: 0 })
  const rows = async () => {
    const response = await fetch(`${url}/spend/logs/v2?page_size=50`, {
      headers: { authorization: `Bearer ${master}` },
    })
    // biome-ignore lint/suspicious/noExplicitAny: compared field by field
    return ((await response.json()) as { data: any[] }).data
  }
  return { seen, url, rows }
}

const budget = 0.01
const pairs: { api: Api; model: string }[] = [
  ...apis.map((api) => ({ api, model: 'fast' })),
  { api: 'messages', model: 'claude' },
  { api: 'gemini', model: 'flash' },
  { api: 'chat', model: 'deep' },
]

it.each(pairs)('ends a stream of $api from $model once its budget is used up', async ({ api, model }) => {
  const here = await scene()
  const key = await newKey(here, { max_budget: budget, max_parallel_requests: 1 })
  const { status, error, data, raw } = await ask(here, api, 'Tell me a story', { model, key, stream: true })
  expect(status).toBe(200)
  expect(error?.message).toMatch(/The budget of the key .* is used up: .* The stream ends here\./)
  if (api === 'messages') expect(data.at(-1)).toMatchObject({ type: 'error' })
  else if (api.startsWith('gemini')) expect(error).toMatchObject({ code: 422 })
  else if (api === 'responses') expect(data.map(({ type }) => type).slice(-2)).toEqual(['response.failed', 'error'])
  else expect(error).toMatchObject({ type: 'budget_exceeded', code: '422' })
  expect(raw).not.toContain('[DONE]')
  // the provider is left, and what it has sent is booked
  await expect.poll(() => here.seen.open).toBe(0)
  expect(here.seen.sent).toBeLessThan(most / 2)
  const spent = await spendOf(here, key)
  if (model !== 'deep') expect(spent).toBeGreaterThan(budget / 2)
  expect(spent).toBeLessThan(2 * budget)
  // the place of the call is free again, and the budget is used up or nearly so
  const again = await ask(here, api, 'Hello', { model, key, stream: true })
  expect(again.error?.message).toMatch(/The budget of the key/)
  const [row] = (await here.rows()).filter(({ api_key }) => api_key !== undefined).slice(-1)
  expect(JSON.stringify(row)).toContain('budget_exceeded')
})

it('counts the streams of a budget together', async () => {
  const here = await scene()
  const key = await newKey(here, { max_budget: 4 * budget })
  const ask1 = () => ask(here, 'chat', 'Tell me a story', { key, stream: true, more: { max_tokens: 100 } })
  const answers = await Promise.all([ask1(), ask1(), ask1(), ask1()])
  expect(answers.map(({ error }) => error?.type)).toEqual(Array.from({ length: 4 }, () => 'budget_exceeded'))
  expect(await spendOf(here, key)).toBeLessThan(8 * budget)
})

it.each([
  ['has room', { max_budget: 10 }],
  ['is only watched', { max_budget: budget, over_budget: 'alert' }],
])('lets a stream run to its end if its budget %s', async (_, limits) => {
  const here = await scene()
  const key = await newKey(here, limits)
  const controller = new AbortController()
  const response = await fetch(`${here.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fast', stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
    signal: controller.signal,
  })
  let received = ''
  // twice the tokens of the smaller budget
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    received += Buffer.from(part).toString()
    if (received.split('data: ').length > 80) break
  }
  controller.abort()
  expect(received).not.toContain('budget')
})
