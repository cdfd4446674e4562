import { describe, expect, it } from 'vitest'
import { dep, failure, held, messages, nothing, setup, sleep, TestClock, turns } from './helpers.js'

const zero = () => new TestClock({ random: () => 0 })

describe('a retry', () => {
  it('avoids failed deployments, without a delay', async () => {
    const { ask, mock, events, asked } = setup({ modelList: ['a', 'b', 'c'], numRetries: 2, cooldownTime: 0 })
    await ask()
    for (let round = 0; round < 10; round++) {
      mock.fail({ kind: 'status', status: 500 }, { times: 2 })
      const before = asked().length
      const start = performance.now()
      await ask()
      expect(performance.now() - start).toBeLessThan(150)
      expect(new Set(asked().slice(before)).size).toBe(3)
    }
    const delays = events.flatMap((event) => (event.type === 'retry' ? [event.delayMs] : []))
    expect(delays).toHaveLength(20)
    expect(delays.every((delay) => delay === 0)).toBe(true)
  })

  it('uses a failed deployment again when all have failed, after a delay', async () => {
    const { router, mock, asked } = setup({ modelList: ['a', 'b'], numRetries: 3 }, { clock: zero() })
    mock.fail({ kind: 'status', status: 500 }, { times: 3 })
    const { meta } = await router.completion({ model: 'gpt', messages })
    expect(asked()).toHaveLength(4)
    expect(meta.attempts.map(({ delayMs }) => delayMs)).toEqual([0, 1, 1, undefined])
  })

  it('waits as long as the provider of the only deployment asks', async () => {
    const { router, mock } = setup({ modelList: ['a'] })
    mock.fail({ kind: 'status', status: 429, retryAfterMs: 60 }, { times: 2 })
    const start = performance.now()
    const { meta } = await router.completion({ model: 'gpt', messages })
    expect(performance.now() - start).toBeGreaterThan(115)
    expect(meta.attempts.map(({ delayMs }) => delayMs)).toEqual([60, 60, undefined])
  })

  it('does not wait longer than maxRetryDelay or the timeout of the call', async () => {
    const { router, mock } = setup({ modelList: ['a'], maxRetryDelay: 5_000 })
    mock.fail({ kind: 'status', status: 429, retryAfter: 6 })
    expect(await failure(router.completion({ model: 'gpt', messages }))).toMatchObject({ code: 'rate_limit' })
    mock.fail({ kind: 'status', status: 429, retryAfter: 4 })
    const start = performance.now()
    expect(await failure(router.completion({ model: 'gpt', messages, timeout: 2_000 }))).toMatchObject({
      code: 'rate_limit',
      retryAfterMs: 4_000,
    })
    expect(performance.now() - start).toBeLessThan(500)
    expect(mock.requests).toHaveLength(2)
  })

  it('does not wait for Retry-After if another deployment is back before', async () => {
    const { router, mock, ask } = setup({ modelList: ['a', 'b'], numRetries: 5 })
    // b rests for a short while, a for a long one
    mock.fail({ kind: 'status', status: 429, retryAfterMs: 120 }, { model: 'b', times: 1 })
    while (router.deployment('b')?.status !== 'cooldown') await ask()
    mock.fail({ kind: 'status', status: 429, retryAfterMs: 5_000 }, { model: 'a', times: 1 })
    const start = performance.now()
    expect(await ask()).toBe('b')
    expect(performance.now() - start).toBeLessThan(1_000)
  })

  it('does not wait even if that deployment has failed in this call before', async () => {
    const { mock, ask } = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })], numRetries: 5 })
    mock.fail({ kind: 'status', status: 429, retryAfterMs: 120 }, { model: 'a', times: 1 })
    mock.fail({ kind: 'status', status: 429, retryAfter: 300 }, { model: 'b', times: 1 })
    const start = performance.now()
    expect(await ask()).toBe('a')
    const took = performance.now() - start
    expect(took).toBeGreaterThan(100)
    expect(took).toBeLessThan(1_000)
  })

  it('does not wait if a fallback can answer at once', async () => {
    const { router, mock } = setup({ modelList: ['a', dep('c', {}, 'claude')], fallbacks: [{ gpt: ['claude'] }] })
    mock.fail({ kind: 'status', status: 429, retryAfter: 30 }, { model: 'a', times: 9 })
    const start = performance.now()
    const { meta } = await router.completion({ model: 'gpt', messages })
    expect(meta.router).toMatchObject({ modelGroup: 'claude', fallbacks: 1 })
    expect(performance.now() - start).toBeLessThan(500)
  })
})

describe('the number of attempts', () => {
  const tries = async (options: object, request: object, fault: object, count = 9) => {
    const { router, mock } = setup({ modelList: ['a'], ...options } as never, { clock: zero() })
    mock.fail({ kind: 'status', ...fault }, { times: count })
    const error = await failure(router.completion({ model: 'gpt', messages, ...request }))
    expect(error.attempts).toHaveLength(mock.requests.length)
    expect(held(router)).toEqual(nothing)
    return mock.requests.length
  }
  it('is numRetries plus one', async () => {
    expect(await tries({}, {}, { status: 500 })).toBe(3)
    expect(await tries({ numRetries: 0 }, {}, { status: 500 })).toBe(1)
    expect(await tries({ numRetries: 4 }, {}, { status: 500 })).toBe(5)
  })
  it('comes from the call first', async () => {
    expect(await tries({ numRetries: 4 }, { numRetries: 1 }, { status: 500 })).toBe(2)
    expect(await tries({ retryPolicy: { InternalServerError: 4 } }, { numRetries: 0 }, { status: 500 })).toBe(1)
    expect(await tries({}, { maxRetries: 0 }, { status: 500 })).toBe(1)
  })
  it('comes from the policy of the error class, of the group before the Router', async () => {
    const retryPolicy = { RateLimitError: 3, InternalServerError: 0 }
    expect(await tries({ retryPolicy }, {}, { status: 429, retryAfterMs: 1 })).toBe(4)
    expect(await tries({ retryPolicy }, {}, { status: 500 })).toBe(1)
    expect(await tries({ retryPolicy }, {}, { status: 503 })).toBe(3)
    const groupRetryPolicy = { gpt: { InternalServerError: 1 }, other: { RateLimitError: 0 } }
    const grouped = { modelList: ['a', dep('b', {}, 'other')], retryPolicy, groupRetryPolicy }
    expect(await tries(grouped, {}, { status: 500 })).toBe(2)
    expect(await tries(grouped, {}, { status: 429, retryAfterMs: 1 })).toBe(4)
  })
  it('is one for an invalid call', async () => {
    expect(await tries({ modelList: ['a', 'b'] }, {}, { status: 400 })).toBe(1)
    expect(await tries({ modelList: ['a', 'b'] }, {}, { status: 422 })).toBe(1)
    expect(await tries({ modelList: ['a', 'b'] }, {}, { reason: 'content-policy' })).toBe(1)
  })
  it.each([[401], [403], [404]])(
    'moves to another deployment after a %i, but does not ask the same again',
    async (status) => {
      expect(await tries({}, {}, { status })).toBe(1)
      const { ask, mock, asked } = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })] })
      mock.fail({ kind: 'status', status }, { model: 'a', times: 9 })
      expect(await ask()).toBe('b')
      expect(asked()).toEqual(['a', 'b'])
    },
  )
  it('includes a deployment without a key', async () => {
    const { router } = setup({
      modelList: [dep('a', { order: 1, apiKey: undefined, model: 'mistral/a' }), dep('b', { order: 2 })],
    })
    const { meta } = await router.completion({ model: 'gpt', messages })
    expect(meta.attempts).toMatchObject([
      { deployment: 'a', outcome: 'authentication' },
      { deployment: 'b', outcome: 'success' },
    ])
    expect(router.deployment('a')).toMatchObject({ requests: 0, inFlight: 0 })
  })
})

describe('a timeout', () => {
  it('ends the complete call, over all attempts and fallbacks', async () => {
    const { router, mock } = setup({
      modelList: ['a', 'b', dep('c', {}, 'claude')],
      attemptTimeout: 60,
      fallbacks: [{ gpt: ['claude'] }],
      cooldownTime: 0,
    })
    mock.fail({ kind: 'slow-headers', ms: 3_000 }, { times: 9 })
    const start = performance.now()
    const error = await failure(router.completion({ model: 'gpt', messages, timeout: 150, numRetries: 9 }))
    const took = performance.now() - start
    expect(took).toBeGreaterThan(140)
    expect(took).toBeLessThan(600)
    expect(error).toMatchObject({ code: 'timeout', phase: 'total', retryable: false })
    expect(error.message).toContain('its timeout of 150 ms')
    expect(error.attempts.length).toBeGreaterThanOrEqual(2)
    expect(error.attempts.length).toBeLessThanOrEqual(4)
    expect(held(router)).toEqual(nothing)
  })

  it('is reported with the value of the caller', async () => {
    const { router, mock } = setup({ modelList: ['a', dep('c', {}, 'claude')], fallbacks: [{ gpt: ['claude'] }] })
    mock.fail({ kind: 'slow-headers', ms: 3_000 }, { times: 9 })
    for (let round = 0; round < 5; round++) {
      mock.fail({ kind: 'slow-headers', ms: 3_000 }, { times: 9 })
      const error = await failure(router.completion({ model: 'gpt', messages, timeout: 30 }))
      expect(error.message).toMatch(/its timeout of 30 ms/)
      expect(error.attempts).toHaveLength(1)
    }
  })

  it('ends one attempt, and another deployment takes over', async () => {
    const { mock, ask } = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })], attemptTimeout: 40 })
    mock.fail({ kind: 'slow-headers', ms: 3_000 }, { model: 'a', times: 9 })
    expect(await ask()).toBe('b')
    const own = setup({ modelList: [dep('a', { order: 1, timeout: 40 }), dep('b', { order: 2 })] })
    own.mock.fail({ kind: 'slow-headers', ms: 3_000 }, { model: 'a', times: 9 })
    expect(await own.ask()).toBe('b')
  })

  it.each(['headersTimeout', 'firstTokenTimeout'])('%s applies to one attempt', async (option) => {
    const { router, mock } = setup({
      modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })],
      [option]: 40,
    })
    mock.fail({ kind: option === 'headersTimeout' ? 'slow-headers' : 'slow-first-token', ms: 3_000 }, { model: 'a' })
    const stream = await router.completion({ model: 'gpt', messages, stream: true })
    expect(await stream.text()).toContain('Hello')
    expect(stream.meta.attempts.map(({ outcome }) => outcome)).toEqual(['timeout', 'success'])
  })
})

describe('an abort', () => {
  it('ends a call in flight', async () => {
    const { router, mock } = setup({
      modelList: [dep('a', { rpm: 5, tpm: 1_000, maxBudget: 1, prices: { input: 1, output: 1 } }), 'b'],
    })
    mock.fail({ kind: 'slow-headers', ms: 3_000 }, { times: 9 })
    const stop = new AbortController()
    const call = failure(router.completion({ model: 'gpt', messages, signal: stop.signal }))
    await turns()
    expect(held(router)).toMatchObject({ inFlight: 1, calls: 1 })
    stop.abort('enough')
    expect(await call).toMatchObject({ code: 'aborted', cause: 'enough' })
    expect(held(router)).toEqual(nothing)
    expect(mock.requests).toHaveLength(1)
    expect(router.snapshot().deployments.every(({ status, failures }) => status === 'healthy' && failures === 0)).toBe(
      true,
    )
  })

  it('ends a delay between attempts', async () => {
    const { router, mock } = setup({ modelList: ['a'] })
    mock.fail({ kind: 'status', status: 429, retryAfter: 20 })
    const stop = new AbortController()
    const call = failure(router.completion({ model: 'gpt', messages, signal: stop.signal }))
    await turns()
    expect(router.snapshot().calls).toBe(1)
    stop.abort()
    expect(await call).toMatchObject({ code: 'aborted' })
    expect(held(router)).toEqual(nothing)
  })

  it('ends a wait for capacity', async () => {
    const { router, mock } = setup({ modelList: [dep('a', { maxParallelRequests: 1 })] })
    mock.fail({ kind: 'slow-headers', ms: 100 })
    const first = router.completion({ model: 'gpt', messages })
    await turns()
    const stop = new AbortController()
    const second = failure(router.completion({ model: 'gpt', messages, signal: stop.signal }))
    await turns()
    expect(router.snapshot().waiting).toBe(1)
    stop.abort()
    expect(await second).toMatchObject({ code: 'aborted' })
    await first
    expect(held(router)).toEqual(nothing)
  })

  it('ends a stream, and returns its capacity', async () => {
    const { router, mock } = setup({ modelList: ['a'] })
    mock.reply({ text: 'one two three four', chunkDelayMs: 20 }, { times: 9 })
    const stream = await router.completion({ model: 'gpt', messages, stream: true })
    for await (const _ of stream) break
    await sleep(5)
    expect(held(router)).toEqual(nothing)
    const stop = new AbortController()
    const other = await router.completion({ model: 'gpt', messages, stream: true, signal: stop.signal })
    stop.abort()
    expect(await failure(other.text())).toMatchObject({ code: 'aborted' })
    expect(held(router)).toEqual(nothing)
  })

  it('before the call prevents any request', async () => {
    const { router, mock } = setup({ modelList: ['a', 'b'] })
    expect(await failure(router.completion({ model: 'gpt', messages, signal: AbortSignal.abort() }))).toMatchObject({
      code: 'aborted',
    })
    expect(mock.requests).toHaveLength(0)
    expect(held(router)).toEqual(nothing)
  })
})
