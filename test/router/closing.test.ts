import { describe, expect, it } from 'vitest'
import type { RouterState } from '../../src/limits/types.js'
import { dep, failure, held, messages, nothing, setup, sleep, TestClock, turns } from './helpers.js'

const call = { model: 'gpt', messages }
const closed = { name: 'APIConnectionError', code: 'api_connection', retryable: false }
const words = 'The Router is closed. Create a new one.'

describe('close()', () => {
  it('rejects waiting calls at once, and lets calls in flight end', async () => {
    const at = setup({
      modelList: [dep('a', { maxParallelRequests: 1 }), dep('c', {}, 'claude')],
      contextWindowFallbacks: [{ gpt: ['claude'] }],
    })
    at.mock.reply({ text: 'late', delayMs: 80 })
    const first = at.router.completion(call)
    await turns()
    const waiting = [1, 2, 3].map(() => failure(at.router.completion(call)))
    await turns()
    expect(at.router.snapshot().waiting).toBe(3)
    const start = performance.now()
    const closing = at.router.close()
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ ...closed, message: words, attempts: [] })
    }
    expect(performance.now() - start).toBeLessThan(50)
    expect((await first).choices[0]?.message.content).toBe('late')
    await closing
    expect(held(at.router)).toEqual(nothing)
    expect(at.asked()).toEqual(['a'])
  })

  it('rejects later changes of deployments', async () => {
    const { router } = setup({ modelList: ['a'] })
    await router.close()
    expect(() => router.addDeployment(dep('b'))).toThrow(words)
    expect(() => router.updateDeployment('a', dep('a'))).toThrow(words)
    expect(router.removeDeployment('a')).toBe(true)
  })

  it('rejects a call between two attempts, with the earlier error as cause', async () => {
    const at = setup({ modelList: ['a', dep('c', {}, 'claude')], fallbacks: [{ claude: ['gpt'] }] })
    at.mock.fail({ kind: 'status', status: 429, retryAfter: 20 }, { times: 9 })
    const pausing = failure(at.router.completion(call))
    await turns()
    expect(held(at.router)).toMatchObject({ waiting: 1, calls: 1 })
    const start = performance.now()
    await at.router.close()
    const error = await pausing
    expect(performance.now() - start).toBeLessThan(100)
    expect(error).toMatchObject({ ...closed, cause: { code: 'rate_limit' } })
    expect(error.attempts).toMatchObject([{ deployment: 'a', outcome: 'rate_limit' }])
    expect(held(at.router)).toEqual(nothing)
  })

  it('lets a call that fails afterwards end with its own error', async () => {
    const at = setup({ modelList: ['a', 'b', dep('c', {}, 'claude')], fallbacks: [{ gpt: ['claude'] }] })
    at.mock.reply({ raw: { status: 500, body: { error: { message: 'broken' } } }, delayMs: 40 }, { times: 9 })
    const failing = failure(at.router.completion(call))
    await turns()
    await at.router.close()
    expect(await failing).toMatchObject({ code: 'internal_server', status: 500 })
    expect(at.asked()).toHaveLength(1)
    expect(at.events.filter(({ type }) => type === 'fallback' || type === 'retry')).toEqual([])
  })

  it('rejects later calls without blaming a deployment', async () => {
    const at = setup({
      modelList: [dep('a', { rpm: 9 }), 'b', dep('e', {}, 'embed')],
      defaultFallbacks: ['embed'],
      allowedFails: 0,
    })
    await at.router.close()
    for (const rejected of [
      at.router.completion(call),
      at.router.completion({ ...call, stream: true }),
      at.router.embedding({ model: 'embed', input: 'x' }),
      at.router.healthCheck(),
    ]) {
      expect(await failure(rejected as Promise<unknown>)).toMatchObject({ ...closed, message: words })
    }
    expect(at.mock.requests).toHaveLength(0)
    for (const one of at.router.snapshot().deployments) {
      expect(one).toMatchObject({ status: 'healthy', picks: 0, failures: 0, requests: 0 })
    }
    expect(at.events).toEqual([])
  })

  it('closes a shared state after the calls in flight have been settled', async () => {
    const told: string[] = []
    const state: RouterState = {
      connected: true,
      reserve: async () => ({ index: 0, id: 'lease' }),
      settle: () => void told.push('settle'),
      cooldown: () => {},
      recovered: () => {},
      close: async () => void told.push('close'),
    }
    const at = setup({ modelList: ['a'], state })
    at.mock.reply({ text: 'x', delayMs: 40 })
    const under = at.ask()
    await turns()
    await Promise.all([at.router.close(), at.router.close()])
    expect(told).toEqual(['settle', 'close'])
    expect(await under).toBe('a')
  })

  it('returns capacity that a shared state grants too late', async () => {
    let settled = 0
    const state: RouterState = {
      connected: true,
      reserve: async () => {
        await sleep(30)
        return { index: 0, id: 'lease' }
      },
      settle: (_, { refused }) => {
        if (refused) settled++
      },
      cooldown: () => {},
      recovered: () => {},
      close: async () => {},
    }
    const at = setup({ modelList: ['a'], state }, { clock: new TestClock() })
    const asking = failure(at.router.completion(call))
    await turns(3)
    await at.router.close()
    expect(await asking).toMatchObject(closed)
    expect(settled).toBe(1)
    expect(at.mock.requests).toHaveLength(0)
    expect(at.router.deployment('a')).toMatchObject({ failures: 0, requests: 0, inFlight: 0 })
  })
})

describe('snapshot().calls', () => {
  it('includes a stream until its end, in every way to end', async () => {
    const at = setup({ modelList: ['a'] })
    at.mock.reply({ text: 'one two three four', chunkDelayMs: 15 }, { times: 9 })
    const ask = () => at.router.completion({ ...call, stream: true })
    const stream = await ask()
    expect(held(at.router)).toMatchObject({ calls: 1, inFlight: 1 })
    await stream.text()
    expect(held(at.router)).toEqual(nothing)
    const left = await ask()
    for await (const _ of left) {
      expect(at.router.snapshot().calls).toBe(1)
      break
    }
    expect(held(at.router)).toEqual(nothing)
    const aborted = await ask()
    expect(at.router.snapshot().calls).toBe(1)
    aborted.abort()
    expect(held(at.router)).toEqual(nothing)
  })

  it('includes a resumed stream once', async () => {
    const at = setup({
      modelList: [
        dep('a', { model: 'anthropic/claude-sonnet-4-20250514', order: 1 }),
        dep('b', { model: 'anthropic/claude-haiku-4-5', order: 2 }),
      ],
    })
    at.mock.fail({ kind: 'cut', afterChunks: 2 }, { model: 'claude-sonnet-4-20250514' })
    const stream = await at.router.completion({ ...call, stream: true, resume: 'continue' })
    let most = 0
    for await (const _ of stream) most = Math.max(most, at.router.snapshot().calls)
    expect(most).toBe(1)
    expect(held(at.router)).toEqual(nothing)
  })

  it('and least-busy include streams that are still read', async () => {
    const at = setup({ modelList: ['a', 'b'], routingStrategy: 'least-busy' })
    at.mock.reply({ text: 'one two three four', chunkDelayMs: 30 }, { times: 1 })
    const stream = await at.router.completion({ ...call, stream: true })
    const busy = stream.meta.router?.deployment
    for (let i = 0; i < 10; i++) expect(await at.ask()).not.toBe(busy)
    await stream.text()
    const who = new Set<string>()
    for (let i = 0; i < 20; i++) who.add(await at.ask())
    expect(who.size).toBe(2)
  })
})
