import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Client, type LLMError, Router } from '../../src/index.js'
import { type BatchProgress, type BatchResult, batch } from '../../src/jobs/index.js'
import { rejection as rejected, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const rejection = (promise: Promise<unknown>) => rejected(promise) as Promise<LLMError>
const model = 'openai/gpt-4o-mini'
const requests = (count: number, of = model) =>
  Array.from({ length: count }, (_, at) => ({ model: of, messages: user(`n${at}`), max_tokens: 20 }))
const via = { via: 'provider', pollInterval: 1 } as const
const textOf = (result: BatchResult) =>
  result.status === 'done' ? result.answer.choices[0]?.message.content : result.error.code
const made = () => sim().requests.filter(({ method, path }) => method === 'POST' && /\/batches$/.test(path))

async function all(results: AsyncIterable<BatchResult>): Promise<BatchResult[]> {
  const found: BatchResult[] = []
  for await (const one of results) found.push(one)
  return found
}

describe("batch() with via: 'provider'", () => {
  let folder = ''
  let files = 0
  const journal = () => join(folder, `${files++}.jsonl`)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'llmux-provider-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('has the results of single calls, in order, at half of the price', async () => {
    const list = requests(6)
    const single = await all(batch(client(), list))
    const states: BatchProgress[] = []
    const job = batch(client(), list, { ...via, onProgress: (state) => states.push(state) })
    const results = await all(job)
    expect(results.map(textOf)).toEqual(single.map(textOf))
    expect(results.map(({ request }) => request)).toEqual(list)
    const spent = single.reduce((sum, one) => sum + (one.status === 'done' ? (one.answer.meta.cost.total ?? 0) : 0), 0)
    expect(job.progress).toMatchObject({ total: 6, done: 6, failed: 0, inFlight: 0 })
    expect(job.progress.spent).toBeCloseTo(spent / 2, 12)
    expect(made()).toHaveLength(1)
  })

  it('makes one batch for each model', async () => {
    const list = [...requests(2), ...requests(2, 'openai/gpt-4o')].reverse()
    const results = await all(batch(client(), list, via))
    expect(results.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    expect(results.map((one) => one.status === 'done' && one.answer.model)).toEqual([
      'gpt-4o',
      'gpt-4o',
      'gpt-4o-mini',
      'gpt-4o-mini',
    ])
    expect(made()).toHaveLength(2)
  })

  it('splits by batchSize', async () => {
    const results = await all(batch(client(), requests(5), { ...via, batchSize: 2 }))
    expect(results).toHaveLength(5)
    expect(made()).toHaveLength(3)
  })

  it('has an error for a request that is wrong, and sends the others', async () => {
    const list = [...requests(1), { model, messages: [] }, ...requests(1)]
    expect((await all(batch(client(), list, via))).map(textOf)).toEqual(['You said: n0', 'bad_request', 'You said: n0'])
  })

  it('has the error of the provider for each request of a batch that it rejected', async () => {
    sim().batch({ outcome: 'failed', errors: [{ line: 1, message: 'Bad line.' }] })
    const results = await all(batch(client(), requests(2), via))
    expect(results.map(textOf)).toEqual(['bad_request', 'bad_request'])
  })

  it('validates answers against the schema of their request', async () => {
    const list = [{ model, messages: user('x'), response_format: z.object({ name: z.string() }) }]
    const [one] = await all(batch(client(), list, via))
    expect(one?.status === 'done' && one.answer.choices[0]?.message.parsed).toEqual({ name: expect.any(String) })
  })

  it('estimates the cost before anything is sent', async () => {
    const error = await rejection(all(batch(client(), requests(1000), { ...via, maxCost: 0.000_01 })))
    expect(error).toMatchObject({ code: 'budget_exceeded' })
    expect(error.message).toMatch(/Nothing was sent/)
    expect(sim().requests).toEqual([])
  })

  it('cancels the batch if the loop is left', async () => {
    sim().batch({ polls: 99 })
    const stop = new AbortController()
    const job = all(
      batch(client(), requests(2), {
        ...via,
        signal: stop.signal,
        onProgress: ({ inFlight }) => inFlight > 0 && stop.abort(),
      }),
    )
    expect(await rejection(job)).toMatchObject({ code: 'aborted' })
    expect(sim().requests.some(({ path }) => path.endsWith('/cancel'))).toBe(true)
  })

  it('continues with the same batch after a detach, and never makes it twice', async () => {
    const path = journal()
    const list = requests(4)
    sim().batch({ polls: 3 })
    const stop = new AbortController()
    const options = { ...via, journal: path, onAbort: 'detach' } as const
    const first = batch(client(), list, {
      ...options,
      signal: stop.signal,
      onProgress: ({ inFlight }) => inFlight > 0 && stop.abort(),
    })
    expect(await rejection(all(first))).toMatchObject({ code: 'aborted' })
    const second = await all(batch(client(), list, options))
    expect(second.map(textOf)).toEqual([0, 1, 2, 3].map((at) => `You said: n${at}`))
    expect(made()).toHaveLength(1)
    expect(sim().requests.some(({ path: at }) => at.endsWith('/cancel'))).toBe(false)
    // the third run has the answers
    const third = await all(batch(client(), [...list, ...requests(5).slice(4)], options))
    expect(third.map((one) => one.status === 'done' && one.fromJournal)).toEqual([true, true, true, true, false])
    expect(made()).toHaveLength(2)
  })

  it('finds a batch whose id got lost by its label', async () => {
    const path = journal()
    let copy = ''
    const one = client()
    const lost = Object.assign(Object.create(one) as Client, {
      batches: {
        ...one.batches,
        create: async (request: Parameters<Client['batches']['create']>[0]) => {
          await one.batches.create(request)
          copy = await readFile(path, 'utf8')
          throw new Error('the process ends here')
        },
        list: () => {
          throw new Error('the process has ended')
        },
      },
    })
    expect(await rejection(all(batch(lost, requests(3), { ...via, journal: path })))).toMatchObject({
      message: 'the process ends here',
    })
    // as a kill leaves it
    await writeFile(path, copy)
    expect(copy).not.toContain('"id":"batch_')
    const results = await all(batch(one, requests(3), { ...via, journal: path }))
    expect(results.map(textOf)).toEqual([0, 1, 2].map((at) => `You said: n${at}`))
    expect(made()).toHaveLength(1)
  })

  it('keeps polling through failures', async () => {
    sim().fail(
      ({ method, path }) =>
        method === 'GET' && path.includes('/batches/') ? { kind: 'status', status: 500 } : undefined,
      { times: 3 },
    )
    const results = await all(batch(client({ maxRetries: 0 }), requests(1), via))
    expect(results.map(textOf)).toEqual(['You said: n0'])
  })

  it('needs a client, and options of its own', async () => {
    const router = new Router({ modelList: [{ modelName: 'm', params: { model, apiKey: 'x' } }] })
    expect(() => batch(router, requests(1), via)).toThrow(/must be a client with via: 'provider'.*A Router has none/)
    expect(() => batch(client(), requests(1), { ...via, concurrency: 2 })).toThrow(/'concurrency' must be used without/)
    expect(() => batch(client(), requests(1), { pollInterval: 2 })).toThrow(/'pollInterval' must be used with via/)
    expect(() => batch(client(), [], { ...via, method: 'rerank' })).toThrow(
      /'method' must be 'completion' or 'embedding'/,
    )
    expect((await rejection(all(batch(client(), requests(1, 'gpt-4o-mini'), via)))).message).toMatch(
      /^'model' must be 'provider\/model'/,
    )
    await router.close()
  })
})
