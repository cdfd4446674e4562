import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { BatchItem, LLMError } from '../../src/index.js'
import { rejection as rejected, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const rejection = (promise: Promise<unknown>) => rejected(promise) as Promise<LLMError>
const model = 'openai/gpt-4o-mini'
const chats = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ messages: user(`n${at}`), max_tokens: 20 }))
const paths = () => sim().requests.map(({ method, path }) => `${method} ${path.replace(/^\/v1/, '')}`)

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const one of items) found.push(one)
  return found
}

const shown = (item: BatchItem) =>
  item.status === 'done' ? item.answer.choices[0]?.message.content : `${item.error.code} ${item.error.providerCode}`

describe('batches.create()', () => {
  it('uploads the requests as one file and starts the batch', async () => {
    const batch = await client().batches.create({ model, requests: chats(3), metadata: { team: 'search' } })
    expect(paths()).toEqual(['POST /files', 'POST /batches'])
    expect(batch).toMatchObject({
      object: 'batch',
      provider: 'openai',
      model: 'gpt-4o-mini',
      endpoint: '/v1/chat/completions',
      status: 'in_progress',
      request_counts: { total: 3, completed: 0, failed: 0 },
      metadata: { team: 'search' },
      name: expect.stringMatching(/^llmux-\w+$/),
    })
    const file = batch.input_file_id ?? ''
    const text = Buffer.concat(await all(client().files.content({ provider: 'openai', id: file }))).toString()
    const [first = ''] = text.split('\n')
    expect(JSON.parse(first)).toEqual({
      custom_id: 'llmux-0',
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'gpt-4o-mini', messages: user('n0'), max_tokens: 20 },
    })
  })

  it('names the request that is wrong, and sends nothing', async () => {
    const requests = [...chats(2), { messages: [] }]
    const error = await rejection(client().batches.create({ model, requests }))
    expect(error).toMatchObject({ code: 'bad_request' })
    expect(error.message).toMatch(/^Request 2 of the batch: /)
    expect(sim().requests).toEqual([])
  })

  it('takes requests from an asynchronous source', async () => {
    async function* source() {
      for (const one of chats(1500)) yield one
    }
    const batch = await client().batches.create({ model, requests: source() })
    expect(batch.request_counts.total).toBe(1500)
  })

  it('refuses a provider without batches by name', async () => {
    const error = await rejection(client().batches.create({ model: 'cohere/command-a', requests: chats(1) }))
    expect(error.message).toMatch(/^Cohere has no batch API here\. Providers with one: openai, /)
  })

  it('reports a wrong key as such, once', async () => {
    sim().fail({ kind: 'status', status: 401 })
    const error = await rejection(client().batches.create({ model, requests: chats(1) }))
    expect(error).toMatchObject({ code: 'authentication', status: 401, provider: 'openai' })
    expect(sim().requests).toHaveLength(1)
  })

  it('repeats an upload, but not the start of a batch whose outcome is unknown', async () => {
    const quick = client({ maxRetryDelay: 1 })
    sim().fail({ kind: 'status', status: 429, retryAfterMs: 1 })
    await quick.batches.create({ model, requests: chats(1) })
    expect(paths()).toEqual(['POST /files', 'POST /files', 'POST /batches'])
    sim().reset()
    sim().fail(({ path }) => (path.endsWith('/batches') ? { kind: 'reset' } : undefined), { times: 9 })
    expect(await rejection(quick.batches.create({ model, requests: chats(1) }))).toMatchObject({
      code: 'api_connection',
    })
    expect(paths()).toEqual(['POST /files', 'POST /batches'])
  })
})

describe('batches.results()', () => {
  it('has the answers in the order of the requests, at half of the price', async () => {
    const one = client()
    const made = await one.batches.create({ model, requests: chats(5) })
    const states: string[] = []
    const batch = await one.batches.wait(made, { pollInterval: 1, onProgress: ({ status }) => states.push(status) })
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 5, completed: 5, failed: 0 } })
    const items = await all(one.batches.results(batch))
    expect(items.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
    expect(items.map(shown)).toEqual([0, 1, 2, 3, 4].map((at) => `You said: n${at}`))
    const [first] = items
    const single = await one.completion({ model, ...chats(1)[0], messages: user('n0') })
    if (first?.status !== 'done') throw new Error('not done')
    expect(first.answer.meta.cost.total).toBeCloseTo((single.meta.cost.total ?? 0) / 2, 12)
  })

  it('polls a slow batch until its end', async () => {
    sim().batch({ polls: 4 })
    const one = client()
    const made = await one.batches.create({ model, requests: chats(1) })
    expect(await rejection(all(one.batches.results(made)))).toMatchObject({ code: 'bad_request' })
    const states: string[] = []
    await one.batches.wait(made, { pollInterval: 1, onProgress: ({ status }) => states.push(status) })
    expect(states).toEqual(['in_progress', 'in_progress', 'completed'])
  })

  it('has a typed error for each request that failed', async () => {
    sim().fail(
      ({ body, path }) =>
        path.includes('chat') && JSON.stringify(body).includes('n1')
          ? { kind: 'status', status: 400, reason: 'context-window' }
          : undefined,
      { times: 9 },
    )
    const one = client()
    const batch = await one.batches.wait(await one.batches.create({ model, requests: chats(3) }), { pollInterval: 1 })
    const items = await all(one.batches.results(batch))
    expect(items.map(shown)).toEqual([
      'You said: n0',
      'context_window_exceeded context_length_exceeded',
      'You said: n2',
    ])
  })

  it('has an error for requests that expired', async () => {
    sim().batch({ outcome: 'expired', runs: 2 })
    const one = client()
    const batch = await one.batches.wait(await one.batches.create({ model, requests: chats(4) }), { pollInterval: 1 })
    expect(batch.status).toBe('expired')
    const items = await all(one.batches.results(batch))
    expect(items.map(shown)).toEqual(['You said: n0', 'You said: n1', 'timeout batch_expired', 'timeout batch_expired'])
    const last = items.at(-1)
    expect(last?.status === 'failed' && last.error.message).toMatch(/Send it again in a new batch/)
  })

  it('has an error for requests that were cancelled', async () => {
    sim().batch({ polls: 9 })
    const one = client()
    const made = await one.batches.create({ model, requests: chats(2) })
    expect((await one.batches.cancel(made)).status).toBe('cancelling')
    const batch = await one.batches.wait(made, { pollInterval: 1 })
    expect(batch.status).toBe('cancelled')
    expect((await all(one.batches.results(batch))).map(shown)).toEqual(Array(2).fill('aborted batch_cancelled'))
  })

  it('throws for a batch that failed validation, with line and reason', async () => {
    sim().batch({
      outcome: 'failed',
      errors: [{ line: 3, message: "Missing required parameter: 'messages'.", code: 'missing' }],
    })
    const one = client()
    const batch = await one.batches.wait(await one.batches.create({ model, requests: chats(3) }), { pollInterval: 1 })
    const error = await rejection(all(one.batches.results(batch)))
    expect(error).toMatchObject({ code: 'bad_request', param: 'requests', providerCode: 'missing' })
    expect(error.message).toBe(
      "OpenAI rejected the whole batch: line 3 (request 2): Missing required parameter: 'messages'. Correct the request and make the batch again; nothing has run.",
    )
  })

  it('continues a download that was cut', async () => {
    const one = client()
    const batch = await one.batches.wait(await one.batches.create({ model, requests: chats(400) }), { pollInterval: 1 })
    let cuts = 0
    sim().fail(({ path }) => (path.endsWith('/content') && cuts++ < 2 ? { kind: 'cut' } : undefined), { times: 9 })
    const items = await all(one.batches.results(batch))
    expect(items.map(({ index }) => index)).toEqual(Array.from({ length: 400 }, (_, at) => at))
    expect(cuts).toBeGreaterThan(1)
  })

  it('fails when downloads keep being cut', async () => {
    const one = client({ maxRetries: 1 })
    const batch = await one.batches.wait(await one.batches.create({ model, requests: chats(10) }), { pollInterval: 1 })
    sim().fail(({ path }) => (path.endsWith('/content') ? { kind: 'cut' } : undefined), { times: 99 })
    expect(await rejection(all(one.batches.results(batch)))).toMatchObject({ code: 'api_connection' })
  })

  it('reads answers to a schema with the requests', async () => {
    const one = client()
    const requests = [
      { messages: user('a person'), response_format: z.object({ name: z.string(), age: z.number() }) },
      ...chats(1),
    ]
    const batch = await one.batches.wait(await one.batches.create({ model, requests }), { pollInterval: 1 })
    const [first] = await all(one.batches.results(batch, { requests }))
    if (first?.status !== 'done') throw new Error('not done')
    expect(first.answer.choices[0]?.message.parsed).toMatchObject({ name: expect.any(String), age: expect.any(Number) })
  })

  it('reports each answer to onSettled with its cost, unless told not to', async () => {
    const records: unknown[] = []
    const one = client({
      onSettled: ({ operation, outcome, cost }) => records.push([operation, outcome, typeof cost?.total]),
    })
    const batch = await one.batches.wait(await one.batches.create({ model, requests: chats(2) }), { pollInterval: 1 })
    await all(one.batches.results(batch))
    expect(records).toEqual(Array(2).fill(['chat', 'success', 'number']))
    await all(one.batches.results(batch, { report: false }))
    expect(records).toHaveLength(2)
  })

  it('has embeddings', async () => {
    const one = client()
    const requests = [{ input: ['a', 'b'] }, { input: 'c' }]
    const made = await one.batches.create({ model: 'openai/text-embedding-3-small', method: 'embedding', requests })
    expect(made.endpoint).toBe('/v1/embeddings')
    const items = await all(one.batches.results<'embedding'>(await one.batches.wait(made, { pollInterval: 1 })))
    expect(
      items.map((item) => item.status === 'done' && item.answer.data.map((one) => Array.isArray(one.embedding))),
    ).toEqual([[true, true], [true]])
  })
})

describe('batches.list()', () => {
  it('walks over the pages, the newest first', async () => {
    const one = client()
    const ids: string[] = []
    for (let at = 0; at < 3; at++) ids.unshift((await one.batches.create({ model, requests: chats(1) })).id)
    expect((await all(one.batches.list({ provider: 'openai' }))).map(({ id }) => id)).toEqual(ids)
    expect((await all(one.batches.list({ provider: 'openai', limit: 2 }))).map(({ id }) => id)).toEqual(ids.slice(0, 2))
  })
})

describe('files', () => {
  it('are uploaded, listed, read and deleted', async () => {
    const { files } = client()
    const made = await files.create({
      provider: 'openai',
      file: new Blob(['a\nb\n']),
      filename: 'letters.txt',
      purpose: 'user_data',
    })
    expect(made).toMatchObject({
      object: 'file',
      provider: 'openai',
      bytes: 4,
      filename: 'letters.txt',
      purpose: 'user_data',
    })
    expect(await files.retrieve(made)).toEqual(made)
    expect(await all(files.list({ provider: 'openai' }))).toEqual([made])
    expect(Buffer.concat(await all(files.content(made))).toString()).toBe('a\nb\n')
    expect(await files.delete(made)).toEqual({ id: made.id, deleted: true })
    const error = await rejection(files.retrieve(made))
    expect(error).toMatchObject({ code: 'not_found' })
    expect(error.message).toMatch(/Check the id, and that the key belongs to the account that made it\.$/)
  })

  it('may come from a source that is read once, which is not sent twice', async () => {
    async function* source() {
      yield Buffer.from('one ')
      yield Buffer.from('two')
    }
    const { files } = client({ maxRetryDelay: 1 })
    const made = await files.create({ provider: 'openai', file: source() })
    expect(made.bytes).toBe(7)
    sim().reset()
    sim().fail({ kind: 'status', status: 429 })
    expect(await rejection(files.create({ provider: 'openai', file: source() }))).toMatchObject({ code: 'rate_limit' })
    expect(sim().requests).toHaveLength(1)
  })

  it('must be named by provider and id', async () => {
    const { files } = client()
    expect((await rejection(files.retrieve({ provider: 'openai', id: '' }))).message).toMatch(
      /^A file must be \{ provider, id \}/,
    )
    expect((await rejection(files.retrieve({ provider: '', id: 'x' }))).message).toMatch(
      /^'provider' must be the prefix/,
    )
  })
})
