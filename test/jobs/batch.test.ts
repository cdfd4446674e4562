import { appendFile, mkdtemp, open, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { ChatCompletion, LLMError } from '../../src/index.js'
import { type BatchProgress, type BatchResult, batch, progressBar } from '../../src/jobs/index.js'
import { rejection as rejected, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const rejection = (promise: Promise<unknown>) => rejected(promise) as Promise<LLMError>
const model = 'openai/gpt-4o-mini'
const requests = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ model, messages: user(`n${at}`), max_tokens: 20 }))
const textOf = (result: BatchResult) =>
  result.status === 'done' ? result.answer.choices[0]?.message.content : result.error.code

async function all(results: AsyncIterable<BatchResult>): Promise<BatchResult[]> {
  const found: BatchResult[] = []
  for await (const one of results) found.push(one)
  return found
}

/** A target whose calls end when the test says so. */
function manual() {
  const calls: { request: Record<string, unknown>; end(cost?: number): void; fail(error: unknown): void }[] = []
  const target = {
    completion: (request: never) =>
      new Promise<unknown>((resolve, reject) => {
        const { signal } = request as { signal: AbortSignal }
        signal.addEventListener('abort', () => reject(signal.reason))
        calls.push({
          request,
          end: (cost = 0) =>
            resolve(
              Object.defineProperty({ choices: [] }, 'meta', { value: { cost: { total: cost } }, enumerable: false }),
            ),
          fail: reject,
        })
      }) as Promise<ChatCompletion>,
  }
  return { calls, target }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 1))

describe('batch()', () => {
  it('yields results in the order of the requests, whatever order they end in', async () => {
    const { calls, target } = manual()
    const results = all(batch(target, requests(4), { concurrency: 4 }))
    await turn()
    for (const at of [3, 1, 0, 2]) calls[at]?.end()
    expect((await results).map(({ index }) => index)).toEqual([0, 1, 2, 3])
  })

  it('yields results as they end', async () => {
    const { calls, target } = manual()
    const results = all(batch(target, requests(4), { concurrency: 4, order: 'completion' }))
    await turn()
    for (const at of [3, 1, 0, 2]) {
      calls[at]?.end()
      await turn()
    }
    expect((await results).map(({ index }) => index)).toEqual([3, 1, 0, 2])
  })

  it('has the answers of a client and typed failures beside them', async () => {
    const list = requests(5)
    sim().fail(({ body }) => (JSON.stringify(body).includes('n2') ? { kind: 'status', status: 400 } : undefined), {
      times: Number.POSITIVE_INFINITY,
    })
    const results = await all(batch(client(), list, { concurrency: 2 }))
    expect(results.map(textOf)).toEqual(['You said: n0', 'You said: n1', 'bad_request', 'You said: n3', 'You said: n4'])
    expect(results[2]?.request).toBe(list[2])
  })

  it('never has more calls in flight than allowed, and takes requests only as it needs them', async () => {
    const { calls, target } = manual()
    let taken = 0
    async function* endless() {
      for (;;) yield { model, messages: user(`${taken++}`) }
    }
    const iterator = batch(target, endless(), { concurrency: 3 })[Symbol.asyncIterator]()
    const first = iterator.next()
    await turn()
    expect([calls.length, taken]).toEqual([3, 3])
    calls[0]?.end()
    await first
    await turn()
    expect([calls.length, taken]).toEqual([4, 4])
    // results that nobody reads hold the rest back
    for (let at = 1; at < 50; at++) {
      calls[at]?.end()
      await turn()
    }
    expect(taken).toBeLessThanOrEqual(1 + 3 * 4 + 1)
    await iterator.return?.()
  })

  it('aborts the calls in flight and closes the source if the reader leaves', async () => {
    const { calls, target } = manual()
    let closed = false
    function* source() {
      try {
        for (const one of requests(100)) yield one
      } finally {
        closed = true
      }
    }
    setTimeout(() => calls[0]?.end(), 5)
    for await (const _ of batch(target, source(), { concurrency: 3 })) break
    expect(closed).toBe(true)
    expect(calls[1]?.request.signal).toMatchObject({ aborted: true })
  })

  it('stops with an AbortError if the signal is aborted', async () => {
    const { target } = manual()
    const stop = new AbortController()
    const error = rejection(all(batch(target, requests(9), { signal: stop.signal })))
    await turn()
    stop.abort('reason')
    expect(await error).toMatchObject({ code: 'aborted', cause: 'reason' })
  })

  it('ends with the error of a source that throws', async () => {
    function* broken() {
      yield { model, messages: user('a') }
      throw new RangeError('the disk is gone')
    }
    await expect(all(batch(client(), broken()))).rejects.toThrow('the disk is gone')
  })

  it('calls other methods', async () => {
    const inputs = ['a', 'b', 'c'].map((input) => ({ model: 'openai/text-embedding-3-small', input, dimensions: 4 }))
    const found: number[] = []
    for await (const result of batch(client(), inputs, { method: 'embedding' })) {
      if (result.status === 'done') found.push(result.answer.data[0]?.embedding.length ?? 0)
    }
    expect(found).toEqual([4, 4, 4])
  })

  it('reports progress', async () => {
    const seen: BatchProgress[] = []
    sim().fail({ kind: 'status', status: 400 })
    const job = batch(client(), requests(5), { concurrency: 1, onProgress: (progress) => seen.push(progress) })
    const end = await job.finish()
    expect(end).toMatchObject({ total: 5, done: 4, failed: 1, inFlight: 0, fromJournal: 0 })
    expect(end.spent).toBeGreaterThan(0)
    expect(seen.at(-1)).toMatchObject({ done: 4, failed: 1, timeLeftMs: 0 })
  })

  it('ends with the error of an onProgress that throws or rejects', async () => {
    const thrown = (): void => {
      throw new Error('no progress')
    }
    const rejected = (): Promise<void> => Promise.reject(new Error('no progress'))
    for (const onProgress of [thrown, rejected]) {
      const error = await rejection(all(batch(client(), requests(5), { onProgress })))
      expect(error.message).toBe('no progress')
    }
  })

  it('takes requests from an iterator whose steps are no native promises', async () => {
    let at = 0
    // an iterator of another library
    const step = () => {
      const made = { value: requests(1)[0], done: at++ >= 2 }
      return Object.fromEntries([['then', (resolve: (step: object) => void) => resolve(made)]])
    }
    const source = { [Symbol.asyncIterator]: () => ({ next: step }) } as unknown as AsyncIterable<never>
    expect(await all(batch(client(), source))).toHaveLength(2)
  })

  it('names wrong arguments', () => {
    const wrong =
      (...args: unknown[]) =>
      () =>
        (batch as (...args: unknown[]) => unknown)(...args)
    expect(wrong({}, [])).toThrow(
      'The first argument of batch() must be a client or a Router with completion(); got an object.',
    )
    expect(wrong(client(), 5)).toThrow("'requests' must be an array or another iterable; got 5.")
    expect(wrong(client(), [], { maxcost: 5 })).toThrow("Unknown option 'maxcost' of batch(). Did you mean 'maxCost'?")
    expect(wrong(client(), [], { concurrency: 0 })).toThrow("'concurrency' must be an integer of 1 or more; got 0.")
  })

  it('can be read once', async () => {
    const job = batch(client(), requests(1))
    await all(job)
    expect(() => job[Symbol.asyncIterator]()).toThrow(/has been read already/)
  })
})

describe('maxCost', () => {
  it('starts no call whose highest cost does not fit beside those in flight', async () => {
    const { calls, target } = manual()
    const results = rejection(all(batch(target, requests(100), { concurrency: 50, maxCost: 1, estimate: () => 0.1 })))
    await turn()
    expect(calls).toHaveLength(10)
    // calls that need less make room for others
    for (let at = 0; at < calls.length; at++) {
      calls[at]?.end(0.03)
      await turn()
    }
    const error = await results
    expect(error.code).toBe('budget_exceeded')
    expect(error.message).toMatch(
      /^The batch must cost at most maxCost \(\$1\); it has cost \$0\.93\d* after 31 of 100 requests/,
    )
  })

  it('never spends more, with the prices of the table', async () => {
    sim().reply({ text: 'x', usage: { promptTokens: 10, completionTokens: 20 } }, { times: Number.POSITIVE_INFINITY })
    const one = (await client().completion({ model, messages: user('x') })).meta.cost.total ?? 0
    const maxCost = one * 10.5
    const job = batch(client(), requests(100), { maxCost, concurrency: 4 })
    const error = await rejection(job.finish())
    expect(error.code).toBe('budget_exceeded')
    expect(job.progress.spent).toBeLessThanOrEqual(maxCost)
    expect(job.progress.done).toBeGreaterThan(5)
  })

  it('refuses a model without a price', async () => {
    const error = await rejection(all(batch(client(), [{ model: 'openai/mine', messages: user('a') }], { maxCost: 1 })))
    expect(error.message).toBe(
      "'maxCost' needs a price of 'openai/mine', which the table doesn't have. Pass 'estimate', a function of the request, or registerModel().",
    )
  })
})

describe('the journal', () => {
  let folder: string
  let journal: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'llmux-batch-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  beforeEach(async () => {
    journal = join(folder, `${Math.random()}.jsonl`)
  })

  it('answers a second run without a call', async () => {
    const first = await all(batch(client(), requests(20), { journal }))
    const sent = sim().requests.length
    const job = batch(client(), requests(20), { journal })
    const second = await all(job)
    expect(sim().requests).toHaveLength(sent)
    expect(second.map(textOf)).toEqual(first.map(textOf))
    expect(job.progress).toMatchObject({ done: 20, fromJournal: 20 })
    expect(job.progress.spent).toBeCloseTo(
      first.reduce((sum, one) => sum + (one.status === 'done' ? (one.answer.meta.cost.total ?? 0) : 0), 0),
      10,
    )
    expect(second[0]).toMatchObject({
      fromJournal: true,
      answer: { meta: { provider: 'openai', model: 'gpt-4o-mini' } },
    })
  })

  it('sends only what is missing, and failures again', async () => {
    sim().fail({ kind: 'status', status: 400 })
    await all(batch(client(), requests(3), { journal, concurrency: 1 }))
    sim().reset()
    await all(batch(client(), [...requests(5)].reverse(), { journal }))
    expect(
      sim()
        .requests.map(({ body }) => JSON.stringify(body))
        .sort()
        .join(),
    ).toMatch(/n0.*n3.*n4/)
    expect(sim().requests).toHaveLength(3)
  })

  it('tells equal requests apart by their number', async () => {
    const twice = [...requests(1), ...requests(1)]
    await all(batch(client(), twice, { journal }))
    expect(sim().requests).toHaveLength(2)
    const results = await all(batch(client(), [...twice, ...requests(1)], { journal }))
    expect(results.map((one) => one.status === 'done' && one.fromJournal)).toEqual([true, true, false])
  })

  it('knows a request by its parameters, not by its options or the order of its fields', async () => {
    await all(batch(client(), [{ model, messages: user('a'), temperature: 0 }], { journal }))
    await all(batch(client(), [{ timeout: 5000, temperature: 0, messages: user('a'), model }], { journal }))
    expect(sim().requests).toHaveLength(1)
  })

  it('validates a stored answer with the schema of its request', async () => {
    const schema = z.object({ at: z.string().transform((text) => new Date(text)) })
    sim().reply('{"at":"2026-01-02"}')
    const list = [{ model, messages: user('when?'), response_format: schema }]
    for (let run = 0; run < 2; run++) {
      const [result] = await all(batch(client(), list as never, { journal }))
      const parsed = result?.status === 'done' ? result.answer.choices[0]?.message.parsed : undefined
      expect(parsed).toEqual({ at: new Date('2026-01-02') })
    }
    expect(sim().requests).toHaveLength(1)
  })

  it('removes a last line that was cut, and repeats its request', async () => {
    await all(batch(client(), requests(4), { journal, concurrency: 1 }))
    const text = await readFile(journal, 'utf8')
    await writeFile(journal, text.slice(0, -40))
    sim().reset()
    expect((await all(batch(client(), requests(4), { journal }))).map(textOf)).toEqual([
      'You said: n0',
      'You said: n1',
      'You said: n2',
      'You said: n3',
    ])
    expect(sim().requests).toHaveLength(1)
    expect((await readFile(journal, 'utf8')).split('\n')).toHaveLength(6)
  })

  it('overlooks a line of garbage', async () => {
    await all(batch(client(), requests(2), { journal }))
    await appendFile(journal, `${'\0'.repeat(50)}\n`)
    sim().reset()
    await all(batch(client(), requests(2), { journal }))
    expect(sim().requests).toHaveLength(0)
  })

  it('counts the cost of earlier runs towards maxCost', async () => {
    const estimate = () => 0.1
    const { calls, target } = manual()
    const first = all(batch(target, requests(2), { journal, maxCost: 0.5, estimate }))
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (const call of calls) call.end(0.2)
    await first
    const error = await rejection(all(batch(target, requests(4), { journal, maxCost: 0.45, estimate })))
    expect(error.code).toBe('budget_exceeded')
    expect(calls).toHaveLength(2)
  })

  it('refuses another file, and one that is in use', async () => {
    await writeFile(journal, 'name,price\n')
    expect((await rejection(all(batch(client(), requests(1), { journal })))).message).toMatch(
      /^'journal' must be the path of a journal or of a new file;/,
    )
    expect(await readFile(journal, 'utf8')).toBe('name,price\n')
    await rm(journal)
    const { target } = manual()
    const open = batch(target, requests(1), { journal })[Symbol.asyncIterator]()
    void open.next()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const error = await rejection(all(batch(client(), requests(1), { journal })))
    expect(error.message).toMatch(new RegExp(`^'journal' must not be in use; process ${process.pid} writes to`))
    await open.return?.()
    await expect(stat(`${journal}.lock`)).rejects.toThrow(/ENOENT/)
  })

  it('is for one of several jobs that start at the same time', async () => {
    await writeFile(`${journal}.lock`, '999999999')
    const { calls, target } = manual()
    let refused = 0
    const jobs = Array.from({ length: 8 }, () =>
      all(batch(target, requests(2), { journal })).catch((error: LLMError) => {
        expect(error.message).toMatch(/^'journal' must not be in use;/)
        refused++
      }),
    )
    await expect.poll(() => [refused, calls.length], { timeout: 20_000 }).toEqual([7, 2])
    for (const call of calls) call.end()
    await Promise.all(jobs)
    expect((await readFile(journal, 'utf8')).trim().split('\n')).toHaveLength(3)
  })

  it('takes the lock of a dead process with the same id over, and not that of another machine', async () => {
    await writeFile(`${journal}.lock`, `${process.pid} ${hostname()}`)
    expect(await all(batch(client(), requests(1), { journal }))).toHaveLength(1)
    await writeFile(`${journal}.lock`, '1 elsewhere')
    const error = await rejection(all(batch(client(), requests(1), { journal })))
    expect(error.message).toMatch(/^'journal' must not be in use; process 1 on elsewhere writes to/)
    const before = new Date(Date.now() - 600_000)
    await utimes(`${journal}.lock`, before, before)
    expect(await all(batch(client(), requests(1), { journal }))).toHaveLength(1)
  })

  it.each([10, 0])('hands out answers when %i bytes are left on the disk, and keeps the lines before', async (left) => {
    const { calls, target } = manual()
    const job = batch(target, requests(3), { journal, concurrency: 1 })[Symbol.asyncIterator]()
    const first = job.next()
    await expect.poll(() => calls.length).toBe(1)
    calls[0]?.end(0.1)
    expect((await first).value).toMatchObject({ status: 'done', index: 0 })
    const probe = await open(`${journal}.probe`, 'w')
    const handle = Object.getPrototypeOf(probe) as typeof probe
    await probe.close()
    const { write } = handle
    let room = left
    const full = vi.spyOn(handle, 'write').mockImplementation(async function (
      this: typeof probe,
      ...[bytes, offset, , position]: unknown[]
    ) {
      if (room === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      const length = room
      room = 0
      return Reflect.apply(write, this, [bytes, offset, length, position])
    } as never)
    try {
      const second = job.next()
      await expect.poll(() => calls.length).toBe(2)
      calls[1]?.end(0.1)
      expect((await second).value).toMatchObject({ status: 'done', index: 1 })
      const error = await rejection(job.next())
      expect(error).toMatchObject({ code: 'bad_request', param: 'journal', message: expect.stringContaining('ENOSPC') })
    } finally {
      full.mockRestore()
    }
    const lines = (await readFile(journal, 'utf8')).split('\n')
    expect([lines.length, lines.at(-1)]).toEqual([3, ''])
    await expect(stat(`${journal}.lock`)).rejects.toThrow(/ENOENT/)
    const again = batch(client(), requests(3), { journal })
    await again.finish()
    expect(again.progress).toMatchObject({ done: 3, fromJournal: 1 })
  })

  it('must be in a folder that exists', async () => {
    const error = await rejection(all(batch(client(), requests(1), { journal: `${journal}/none/job.jsonl` })))
    expect(error).toMatchObject({ code: 'bad_request', param: 'journal' })
  })
})

describe('progressBar()', () => {
  const progress = {
    total: 200,
    done: 100,
    failed: 4,
    fromJournal: 0,
    inFlight: 3,
    spent: 0.0123,
    perSecond: 40.4,
    elapsedMs: 1,
    timeLeftMs: 95_000,
  }

  it('redraws one line in a terminal', () => {
    let text = ''
    const show = progressBar({ isTTY: true, write: (part) => (text += part) })
    show(progress)
    expect(text).toBe('\r\u001b[K[████████████░░░░░░░░░░░░] 52% 104/200, 4 failed, 40/s, $0.0123, 1 min 35 s left')
    show({ ...progress, done: 196, inFlight: 0, timeLeftMs: 0 })
    expect(text.endsWith('100% 200/200, 4 failed, 40/s, $0.0123\n')).toBe(true)
  })

  it('writes a line for each tenth elsewhere', () => {
    const lines: string[] = []
    const show = progressBar({ write: (part) => lines.push(part) })
    for (let done = 0; done <= 200; done += 5) show({ ...progress, done, failed: 0 })
    expect(lines).toHaveLength(11)
  })
})
