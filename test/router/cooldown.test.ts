import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Fault } from '../../simulator/index.js'
import { Router } from '../../src/router/router.js'
import type { RouterOptions } from '../../src/router/types.js'
import { dep, failure, held, messages, nothing, type Setup, setup, TestClock, turns } from './helpers.js'

/** `a` is asked as long as it is not left alone. */
const pair = (options: Partial<RouterOptions> = {}, params = {}) =>
  setup(
    { numRetries: 0, modelList: [dep('a', { order: 1, ...params }), dep('b', { order: 2 })], ...options },
    { clock: new TestClock({ frozen: true }) },
  )

const status = ({ router }: Setup, id = 'a') => router.deployment(id)?.status

/** Calls of the group that `a` fails. */
async function failGroup({ router, mock }: Setup, fault: Partial<Fault> | number, times = 1) {
  const kind = typeof fault === 'number' ? { kind: 'status', status: fault } : { kind: 'status', ...fault }
  for (let i = 0; i < times; i++) {
    mock.fail(kind as Fault, { model: 'a' })
    await failure(router.completion({ model: 'gpt', messages }))
  }
}

describe('a deployment cools down', () => {
  it.each([[429], [401], [403], [404]])('at once after a %i', async (code) => {
    const at = pair()
    // without a time of its own
    await failGroup(at, { status: code, body: { error: { message: 'no' } } })
    expect(status(at)).toBe('cooldown')
    expect(at.router.deployment('a')?.cooldown?.leftMs).toBe(5_000)
    expect(await at.ask()).toBe('b')
  })

  it('after more than half of at least five calls failed', async () => {
    const at = pair()
    await failGroup(at, 500, 4)
    expect(status(at)).toBe('healthy')
    await failGroup(at, 500)
    expect(status(at)).toBe('cooldown')
    expect(at.router.deployment('a')?.cooldown?.reason).toContain('5 of 5 calls failed in a minute')

    const well = pair()
    for (let i = 0; i < 5; i++) {
      await well.ask()
      await failGroup(well, 500)
    }
    expect(status(well)).toBe('healthy')
    await failGroup(well, 500)
    expect(status(well)).toBe('cooldown')
  })

  it('but not for failures of more than a minute ago', async () => {
    const at = pair()
    await failGroup(at, 500, 4)
    at.clock.advance(61_000)
    await failGroup(at, 500, 4)
    expect(status(at)).toBe('healthy')
  })

  it.each([
    [0, 1],
    [2, 3],
  ])('after more than allowedFails failures: %i', async (allowedFails, failures) => {
    const at = pair({ allowedFails })
    if (failures > 1) await failGroup(at, 500, failures - 1)
    expect(status(at)).toBe('healthy')
    await failGroup(at, 500)
    expect(status(at)).toBe('cooldown')
  })

  it('as the policy of the error class says, 0 included', async () => {
    const at = pair({ allowedFails: 3, allowedFailsPolicy: { InternalServerError: 0, TimeoutError: 1 } })
    await failGroup(at, 503, 1)
    expect(status(at)).toBe('healthy')
    await failGroup(at, 500)
    expect(status(at)).toBe('cooldown')
    const slow = pair({ allowedFailsPolicy: { TimeoutError: 1 } })
    await failGroup(slow, 408)
    expect(status(slow)).toBe('healthy')
    await failGroup(slow, 408)
    expect(status(slow)).toBe('cooldown')
  })

  it('for as long as the provider asks', async () => {
    const at = pair()
    await failGroup(at, { status: 429, retryAfter: 42 })
    expect(at.router.deployment('a')?.cooldown).toMatchObject({ leftMs: 42_000, reason: 'a rate limit' })
    at.clock.advance(41_999)
    expect(await at.ask()).toBe('b')
    at.clock.advance(1)
    expect(await at.ask()).toBe('a')
  })

  it("for its own cooldownTime, or the Router's", async () => {
    const own = pair({ cooldownTime: 7_000, allowedFails: 0 }, { cooldownTime: 9_000 })
    await failGroup(own, 500)
    expect(own.router.deployment('a')?.cooldown?.leftMs).toBe(9_000)
    const routers = pair({ cooldownTime: 7_000, allowedFails: 0 })
    await failGroup(routers, 500)
    expect(routers.router.deployment('a')?.cooldown?.leftMs).toBe(7_000)
  })

  it('but never with a cooldownTime of 0', async () => {
    const at = pair({ cooldownTime: 0, allowedFails: 0 })
    await failGroup(at, 500, 6)
    await failGroup(at, 401)
    await failGroup(at, { status: 429, retryAfterMs: 5 })
    expect(status(at)).toBe('healthy')
  })

  it('but not on caller errors', async () => {
    const at = pair({ allowedFails: 0 })
    for (const fault of [400, 422, { reason: 'content-policy' }, { reason: 'context-window' }] as const) {
      await failGroup(at, fault)
    }
    expect(status(at)).toBe('healthy')
    expect(at.router.deployment('a')?.failures).toBe(0)
  })

  it('but not as the only one of its group', async () => {
    const at = setup({ modelList: ['a'], numRetries: 0, allowedFails: 0 })
    for (const code of [500, 401, 429, 404]) await failGroup(at, code, 3)
    await failGroup(at, { status: 429, retryAfter: 9 })
    expect(status(at)).toBe('healthy')
    expect(await at.ask()).toBe('a')
  })

  it('but not as the last available one', async () => {
    const at = pair({ allowedFails: 0 })
    await failGroup(at, 500)
    expect(status(at)).toBe('cooldown')
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a', times: Number.POSITIVE_INFINITY })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'b', times: 6 })
    for (let i = 0; i < 6; i++) {
      await failure(at.router.completion({ model: 'gpt', messages }))
      expect([status(at), status(at, 'b')].filter((one) => one === 'cooldown').length).toBeLessThan(2)
    }
  })

  it('and is probed when the last available one fails too', async () => {
    const at = pair({ allowedFails: 0 })
    await failGroup(at, 500)
    expect(status(at)).toBe('cooldown')
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'b' })
    await failure(at.router.completion({ model: 'gpt', messages }))
    expect(await at.ask()).toBe('a')
    expect(status(at)).toBe('healthy')
  })

  it('but is not probed early if its provider named the length', async () => {
    const at = pair({ allowedFails: 0 })
    await failGroup(at, { status: 429, retryAfter: 30 })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'b' })
    await failure(at.router.completion({ model: 'gpt', messages }))
    expect(status(at)).toBe('cooldown')
  })

  it('after five failures in a row, regardless of earlier successes', async () => {
    const at = pair()
    for (let i = 0; i < 30; i++) await at.ask()
    await failGroup(at, 500, 4)
    expect(status(at)).toBe('healthy')
    await failGroup(at, 500)
    expect(at.router.deployment('a')?.cooldown?.reason).toContain('5 failures in a row')
  })

  it('once for two simultaneous failures', async () => {
    const at = pair({ allowedFails: 0, queue: false })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a', times: 5 })
    await Promise.all(Array.from({ length: 5 }, () => failure(at.router.completion({ model: 'gpt', messages }))))
    expect(at.router.deployment('a')).toMatchObject({ failures: 5, cooldown: { leftMs: 5_000 } })
    expect(at.events.filter(({ type }) => type === 'cooldown')).toHaveLength(1)
  })

  it('and calls that began before do not prolong it', async () => {
    const at = pair()
    at.mock.reply({ text: 'late', delayMs: 40 }, { model: 'a' })
    const slow = at.ask()
    await turns()
    await failGroup(at, { status: 429, retryAfter: 30 })
    expect(await slow).toBe('a')
    expect(status(at)).toBe('cooldown')
    expect(await at.ask()).toBe('b')
  })
})

describe('a probe', () => {
  it('lets one call through, and then all others', async () => {
    const at = pair({ allowedFails: 0 })
    await failGroup(at, 500)
    at.clock.advance(5_000)
    expect(status(at)).toBe('probing')
    at.mock.reply({ text: 'x', delayMs: 40 }, { model: 'a' })
    const calls = await Promise.all([at.ask(), at.ask(), at.ask(), at.ask()])
    expect(calls).toEqual(['a', 'b', 'b', 'b'])
    expect(status(at)).toBe('healthy')
    expect(await Promise.all([at.ask(), at.ask()])).toEqual(['a', 'a'])
    expect(at.events.map(({ type }) => type).filter((type) => /cooldown|probe|recovered/.test(type))).toEqual([
      'cooldown',
      'probe',
      'recovered',
    ])
  })

  it('that fails doubles the next cooldown, up to sixteen times', async () => {
    const at = pair({ allowedFails: 9 })
    await failGroup(at, 500, 10)
    const rests: (number | undefined)[] = []
    for (let round = 0; round < 7; round++) {
      const leftMs = at.router.deployment('a')?.cooldown?.leftMs
      rests.push(leftMs)
      at.clock.advance(leftMs ?? 0)
      await failGroup(at, 500)
    }
    expect(rests).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 80_000, 80_000])
    at.clock.advance(80_000)
    expect(await at.ask()).toBe('a')
    expect(status(at)).toBe('healthy')
    at.clock.advance(61_000)
    await failGroup(at, 500, 10)
    expect(at.router.deployment('a')?.cooldown?.leftMs).toBe(5_000)
  })

  it.each([
    ['a wrong call', 400],
    ['an abort', 'abort'],
  ])('without a result (%s) is repeated by the next call', async (_, how) => {
    const at = pair({ allowedFails: 0 })
    await failGroup(at, 500)
    at.clock.advance(5_000)
    if (typeof how === 'number') await failGroup(at, how)
    else {
      at.mock.reply({ text: 'x', delayMs: 500 }, { model: 'a' })
      const stop = new AbortController()
      const call = failure(at.router.completion({ model: 'gpt', messages, signal: stop.signal }))
      await turns()
      expect(await at.ask()).toBe('b')
      stop.abort()
      await call
    }
    expect(status(at)).toBe('probing')
    expect(await at.ask()).toBe('a')
    expect(status(at)).toBe('healthy')
    expect(held(at.router)).toEqual(nothing)
  })

  it('ends with the first content of a stream', async () => {
    const at = pair({ allowedFails: 0 })
    await failGroup(at, 500)
    at.clock.advance(5_000)
    at.mock.reply({ text: 'one two three four five', chunkDelayMs: 30 }, { model: 'a' })
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true })
    expect(stream.meta.router?.deployment).toBe('a')
    expect(status(at)).toBe('healthy')
    expect(await at.ask()).toBe('a')
    await stream.text()
  })

  it('is not a call that began before the cooldown', async () => {
    const at = pair({ allowedFails: 0 })
    at.mock.reply({ text: 'late', delayMs: 40 }, { model: 'a' })
    const slow = at.ask()
    await turns()
    await failGroup(at, 500)
    at.clock.advance(5_000)
    at.mock.reply({ text: 'later', delayMs: 90 }, { model: 'a' })
    const probe = at.ask()
    await turns()
    expect(await slow).toBe('a')
    expect(await at.ask()).toBe('b')
    expect(await probe).toBe('a')
    expect(await at.ask()).toBe('a')
  })
})

it('a call waits for a group that cools down, until the first deployment is back', async () => {
  const at = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })], numRetries: 0 })
  at.mock.fail({ kind: 'status', status: 429, retryAfterMs: 5_000 }, { model: 'a' })
  at.mock.fail({ kind: 'status', status: 429, retryAfterMs: 90 }, { model: 'b' })
  for (let i = 0; i < 2; i++) await failure(at.router.completion({ model: 'gpt', messages }))
  expect([status(at), status(at, 'b')]).toEqual(['cooldown', 'cooldown'])
  const start = performance.now()
  expect(await at.ask()).toBe('b')
  expect(performance.now() - start).toBeLessThan(1_000)
})

describe('the only deployment of a group', () => {
  const modelList = ['a', dep('c', {}, 'claude')]
  const alone = (options: Partial<RouterOptions> = {}) =>
    setup({ modelList, numRetries: 0, ...options }, { clock: new TestClock({ frozen: true }) })

  it('cools down for as long as its provider asks, if a fallback can take the calls', async () => {
    const at = alone({ fallbacks: [{ gpt: ['claude'] }] })
    at.mock.fail({ kind: 'status', status: 429, retryAfter: 20 }, { model: 'a' })
    for (let i = 0; i < 4; i++) expect(await at.ask()).toBe('c')
    expect(at.asked()).toEqual(['a', 'c', 'c', 'c', 'c'])
    expect(at.router.deployment('a')?.cooldown?.leftMs).toBe(20_000)
    at.clock.advance(20_001)
    expect(await at.ask()).toBe('a')
  })

  it.each([503, 529])('does so for a %i with a delay as well', async (status) => {
    const at = alone({ defaultFallbacks: ['claude'] })
    at.mock.fail({ kind: 'status', status, retryAfter: 7 }, { model: 'a' })
    for (let i = 0; i < 3; i++) expect(await at.ask()).toBe('c')
    expect(at.asked()).toEqual(['a', 'c', 'c', 'c'])
  })

  it.each([401, 404])('cools down after a %i, if a fallback can take the calls', async (status) => {
    const at = alone({ fallbacks: [{ '*': ['claude'] }] })
    at.mock.fail({ kind: 'status', status }, { model: 'a', times: 9 })
    for (let i = 0; i < 3; i++) expect(await at.ask()).toBe('c')
    expect(at.asked()).toEqual(['a', 'c', 'c', 'c'])
  })

  it('is called every time without a fallback', async () => {
    const at = alone()
    at.mock.fail({ kind: 'status', status: 429, retryAfter: 20 }, { model: 'a', times: 3 })
    for (let i = 0; i < 3; i++) await failure(at.router.completion({ model: 'gpt', messages }))
    expect(at.asked()).toEqual(['a', 'a', 'a'])
    expect(status(at)).toBe('healthy')
  })

  it('is not called by a call without fallbacks before its provider allows it', async () => {
    const at = alone({ fallbacks: [{ gpt: ['claude'] }], queue: false })
    at.mock.fail({ kind: 'status', status: 429, retryAfter: 20 }, { model: 'a' })
    await at.ask()
    const error = await failure(at.router.completion({ model: 'gpt', messages, fallbacks: false }))
    expect(error).toMatchObject({ code: 'no_deployments_available', retryAfterMs: 20_000 })
  })
})

describe('headers that no request can have', () => {
  it.each([[{ 'a b': '1' }], [{ 'content-length': '1' }], [{ expect: '100-continue' }]])(
    'are a mistake of the caller and start no cooldown: %j',
    async (headers) => {
      const mock = createServer((_, response) => response.end('{}'))
      await new Promise<void>((resolve) => mock.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void mock.close())
      const { port } = mock.address() as AddressInfo
      const params = { apiBase: `http://127.0.0.1:${port}/v1` }
      const router = new Router({ modelList: [dep('a', params), dep('b', params)], numRetries: 0 })
      for (let i = 0; i < 8; i++) {
        const error = await failure(router.completion({ model: 'gpt', messages, headers }))
        expect(error).toMatchObject({ code: 'bad_request', param: 'headers' })
      }
      expect(router.snapshot().deployments.map((one) => one.status)).toEqual(['healthy', 'healthy'])
      await router.close()
    },
  )
})
