import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import type { RouterEvent } from '../../src/types/observe.js'
import { dep, failure, held, messages, nothing, setup, sleep, stopTime, TestClock, turns } from './helpers.js'

describe('meta', () => {
  it('lists every attempt with deployment, reason, duration and outcome', async () => {
    const at = setup({
      modelList: [
        dep('a', { order: 1, variant: 'old' }),
        dep('b', { order: 2 }),
        dep('c', { variant: 'new' }, 'claude'),
      ],
      fallbacks: [{ gpt: ['claude'] }],
      modelGroupAlias: { four: 'gpt' },
      numRetries: 1,
    })
    at.mock.fail({ kind: 'status', status: 429 }, { model: 'a' })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'b' })
    at.mock.reply({ text: 'x', delayMs: 20 }, { model: 'c' })
    const { meta } = await at.router.completion({ model: 'four', messages })
    expect(meta.router).toEqual({
      requested: 'four',
      modelGroup: 'claude',
      deployment: 'c',
      variant: 'new',
      fallbacks: 1,
    })
    expect(meta.attempts).toMatchObject([
      {
        deployment: 'a',
        modelGroup: 'gpt',
        outcome: 'rate_limit',
        status: 429,
        provider: 'openai',
        model: 'a',
        delayMs: 0,
      },
      {
        deployment: 'b',
        modelGroup: 'gpt',
        outcome: 'internal_server',
        status: 500,
        reason: 'the only one available, after 1 had failed',
      },
      { deployment: 'c', modelGroup: 'claude', outcome: 'success', status: 200, reason: 'the only one available' },
    ])
    expect(meta.attempts[2]?.durationMs).toBeGreaterThan(15)
    expect(meta.latencyMs).toBeGreaterThanOrEqual(meta.attempts.reduce((sum, { durationMs }) => sum + durationMs, 0))
    // a fallback is no retry
    expect(meta.retries).toBe(1)
    expect(meta.cost).toBeDefined()
  })

  it('names the variant that answered, in proportion to the weights', async () => {
    const at = setup({ modelList: [dep('a', { weight: 9, variant: 'old' }), dep('b', { weight: 1, variant: 'new' })] })
    const counts: Record<string, number> = {}
    for (let i = 0; i < 500; i++) {
      const { meta } = await at.router.completion({ model: 'gpt', messages })
      const variant = meta.router?.variant ?? ''
      counts[variant] = (counts[variant] ?? 0) + 1
    }
    expect(counts.new).toBeGreaterThan(25)
    expect(counts.new).toBeLessThan(80)
    expect(at.router.deployment('b')?.picks).toBe(counts.new)
  })
})

it('snapshot() shows the state of deployments, budgets and calls', async () => {
  const at = setup(
    {
      modelList: [dep('a', { rpm: 9, tags: ['x'], region: 'eu', weight: 2 }), dep('b', { tags: ['x'] })],
      numRetries: 0,
      budgets: { tags: { other: { maxBudget: 3 } } },
    },
    { clock: new TestClock({ frozen: true }) },
  )
  at.mock.fail({ kind: 'status', status: 429, retryAfter: 7 }, { model: 'a' })
  await failure(at.router.completion({ model: 'a', messages, tags: ['x'] }))
  expect(at.router.snapshot()).toMatchObject({
    at: at.clock.wall(),
    deployments: [
      {
        id: 'a',
        modelName: 'gpt',
        model: 'openai/a',
        provider: 'openai',
        rpm: 9,
        region: 'eu',
        weight: 2,
        picks: 1,
        failures: 1,
        requests: 1,
      },
      { id: 'b', status: 'healthy', cooldown: undefined, picks: 0 },
    ],
    budgets: [{ key: 'tag:other', limit: 3, spent: 0, reserved: 0 }],
    waiting: 0,
    calls: 0,
    mirrorsDropped: 0,
    state: 'memory',
  })
  expect(at.router.modelGroups).toEqual(['gpt'])
  expect(at.router.deployment('nobody')).toBeUndefined()
})

describe('events', () => {
  it('report picks, failures, retries, cooldowns, waits and successes', async () => {
    const at = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2, maxParallelRequests: 1 })] })
    at.mock.fail({ kind: 'status', status: 429 }, { model: 'a' })
    at.mock.reply({ text: 'x', delayMs: 20 })
    const calls = [at.ask()]
    await turns()
    calls.push(at.ask())
    await Promise.all(calls)
    const types = at.events.map(({ type }) => type)
    expect(types.slice(0, 5)).toEqual(['pick', 'failure', 'cooldown', 'retry', 'pick'])
    expect(types).toContain('wait')
    expect(types.filter((type) => type === 'success')).toHaveLength(2)
    expect(at.events[0]).toMatchObject({ modelGroup: 'gpt', deployment: 'a', attempt: 1 })
    expect(at.events[3]).toMatchObject({ deployment: 'a', delayMs: 0, attempt: 1, error: { code: 'rate_limit' } })
  })

  it('tolerate listeners that throw, and stop after unsubscribing', async () => {
    const at = setup({ modelList: ['a'] })
    const seen: RouterEvent[] = []
    at.router.on('pick', () => {
      throw new Error('mine')
    })
    at.router.on('success', async () => {
      throw new Error('mine too')
    })
    const stop = at.router.on('success', (event) => seen.push(event))
    await at.ask()
    await turns()
    stop()
    await at.ask()
    expect(seen).toHaveLength(1)
  })

  it('are rejected with an unknown type or without a listener', () => {
    const { router } = setup({ modelList: ['a'] })
    const on = (type: string, listener: unknown) => () => router.on(type as '*', listener as () => void)
    expect(on('pik', () => {})).toThrow("Unknown Router event 'pik'. Did you mean 'pick'?")
    expect(on('nothing', () => {})).toThrow('Events: *, pick, success')
    expect(on('toString', () => {})).toThrow("Unknown Router event 'toString'")
    expect(on('pick', undefined)).toThrow("'listener' must be a function")
  })
})

describe('an error without an available deployment', () => {
  it('has the reason of each, the time and the last error', async () => {
    const at = setup(
      {
        modelList: [
          dep('a', { tags: ['x'] }),
          dep('b', { tags: ['x'], region: 'us' }),
          dep('c', { tags: ['x'], maxParallelRequests: 1, region: 'eu' }),
          dep('d', { tags: ['y'], region: 'eu' }),
          dep('e', { tags: ['x'], region: 'eu', rpm: 1 }),
        ],
        queue: false,
        enforceLimits: true,
      },
      { clock: new TestClock({ random: () => 0 }) },
    )
    at.mock.reply({ text: 'x', delayMs: 50 }, { model: 'c' })
    const busy = at.ask({ model: 'c', tags: ['x'] })
    await turns()
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'e' })
    const call = { model: 'gpt', messages, tags: ['x'], allowedRegions: ['eu'] }
    const error = await failure(at.router.completion(call))
    if (error.code !== 'no_deployments_available') throw error
    expect(error.deployments).toMatchObject([
      { deployment: 'a', reason: 'has no region' },
      { deployment: 'b', reason: 'is in the region us' },
      { deployment: 'c', reason: 'has 1 calls in flight, its maximum' },
      { deployment: 'd', reason: 'has none of the tags x' },
      { deployment: 'e', reason: 'has used its 1 requests per minute' },
    ])
    expect(error.cause).toMatchObject({ code: 'internal_server', status: 500 })
    expect(JSON.parse(JSON.stringify(error)).deployments).toHaveLength(5)
    expect(error.attempts).toMatchObject([{ deployment: 'e', outcome: 'internal_server' }])
    await busy
    expect(held(at.router)).toEqual(nothing)
  })

  it('has the shortest time as retryAfterMs', async () => {
    const at = setup({ modelList: ['a', 'b'], queue: false, numRetries: 0 }, { clock: new TestClock({ frozen: true }) })
    at.mock.fail({ kind: 'status', status: 429, retryAfter: 9 }, { model: 'a' })
    at.mock.fail({ kind: 'status', status: 429, retryAfter: 4 }, { model: 'b' })
    for (let i = 0; i < 2; i++) await failure(at.router.completion({ model: 'gpt', messages }))
    const error = await failure(at.router.completion({ model: 'gpt', messages }))
    expect(error).toMatchObject({ code: 'no_deployments_available', retryAfterMs: 4_000, retryable: true })
    expect(error.message).toContain('a: is cooling down after a rate limit')
  })
})

describe('mock failures', () => {
  const list = ['a', dep('c', {}, 'claude'), dep('l', {}, 'long'), dep('s', {}, 'safe')]
  const options = {
    modelList: list,
    fallbacks: [{ gpt: ['claude'] }],
    contextWindowFallbacks: [{ gpt: ['long'] }],
    contentPolicyFallbacks: [{ gpt: ['safe'] }],
  }
  it.each([
    ['mockTestingFallbacks', 'c'],
    ['mockTestingContextFallbacks', 'l'],
    ['mockTestingContentPolicyFallbacks', 's'],
    ['mockTestingRateLimitError', 'c'],
  ])('of %s require allowMockTesting', async (name, id) => {
    const at = setup({ ...options, allowMockTesting: true })
    expect(await at.ask({ [name]: true })).toBe(id)
    expect(at.asked()).toEqual([id])
    expect(await at.ask({ [name]: false })).toBe('a')
    const without = setup(options)
    const error = await failure(without.router.completion({ model: 'gpt', messages, [name]: true }))
    expect(error).toMatchObject({ code: 'bad_request', param: name })
    expect(without.mock.requests).toHaveLength(0)
  })
})

describe('a round of health checks', () => {
  it('calls every deployment without a wildcard', async () => {
    const at = setup({
      modelList: [
        dep('a', { order: 1 }),
        dep('b', { order: 2 }),
        dep('e', { model: 'openai/text-embedding-3-small' }, 'embed'),
        dep('w', { model: 'openai/*' }, 'openai/*'),
      ],
    })
    at.mock.fail({ kind: 'status', status: 401 }, { model: 'a' })
    const reports = await at.router.healthCheck()
    expect(reports.map(({ deployment, healthy, error }) => [deployment, healthy, error?.name])).toEqual([
      ['a', false, 'AuthenticationError'],
      ['b', true, undefined],
      ['e', true, undefined],
    ])
    expect(at.router.deployment('a')?.status).toBe('unhealthy')
    expect(await at.ask()).toBe('b')
    await at.router.healthCheck()
    expect(await at.ask()).toBe('a')
    // the checks are requests too
    expect(at.router.deployment('a')).toMatchObject({ inFlight: 0, requests: 3, picks: 1 })
  })

  it('does not exclude the last deployment, and a good answer ends its result', async () => {
    const at = setup({ modelList: ['a'] })
    at.mock.fail({ kind: 'status', status: 500 })
    await at.router.healthCheck()
    expect(at.router.deployment('a')?.status).toBe('unhealthy')
    expect(await at.ask()).toBe('a')
    expect(at.router.deployment('a')?.status).toBe('healthy')
  })

  it('does not treat a rate limit as unhealthy', async () => {
    const at = setup({ modelList: ['a'] })
    at.mock.fail({ kind: 'status', status: 429 })
    expect(await at.router.healthCheck()).toMatchObject([{ healthy: false }])
    expect(at.router.deployment('a')?.status).toBe('healthy')
  })

  it('repeats in the background until close()', async () => {
    const at = setup({ modelList: ['a', 'b'], healthCheck: { interval: 15 } })
    await vi.waitFor(() => expect(at.mock.requests.length).toBeGreaterThanOrEqual(4), { timeout: 3_000 })
    await at.router.close()
    await sleep(20)
    const { length } = at.mock.requests
    await sleep(50)
    expect(at.mock.requests).toHaveLength(length)
    const off = setup({ modelList: ['a'] })
    await sleep(40)
    expect(off.mock.requests).toHaveLength(0)
  })

  it('does not repeat continuously if the interval exceeds the longest timer', async () => {
    const at = setup({ modelList: ['a'], healthCheck: { interval: 30 * 86_400_000 } })
    await sleep(40)
    expect(at.mock.requests).toHaveLength(0)
  })

  it('does not overlap with the next one', async () => {
    const at = setup({ modelList: ['a'], healthCheck: { interval: 5 } })
    at.mock.fail({ kind: 'slow-headers', ms: 200 })
    await sleep(80)
    expect(at.mock.requests).toHaveLength(1)
  })
})

describe('mirrorTo', () => {
  const list = ['a', dep('m', {}, 'mirror')]
  it('sends a copy, and never affects the answer', async () => {
    const advance = stopTime()
    const at = setup({ modelList: list, mirrorTo: { gpt: 'mirror' }, modelGroupAlias: { four: 'gpt' } })
    at.mock.fail({ kind: 'slow-headers', ms: 1_500 }, { model: 'm' })
    const { meta } = await at.router.completion({ model: 'gpt', messages, temperature: 0.3 })
    expect(meta.attempts).toHaveLength(1)
    expect(meta.router).toMatchObject({ modelGroup: 'gpt', deployment: 'a' })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'm' })
    expect(await at.ask({ model: 'four' })).toBe('a')
    const stream = await at.router.completion({
      model: 'gpt',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    await stream.text()
    await advance(1_500)
    expect(at.asked().filter((model) => model === 'm')).toHaveLength(3)
    expect(at.mock.requests.find(({ model }) => model === 'm')?.body).toMatchObject({ temperature: 0.3, messages })
    expect(
      at.mock.requests.filter(({ model }) => model === 'm').some(({ body }) => (body as { stream?: boolean }).stream),
    ).toBe(false)
  })

  it('works for a deployment too, and copies no copies', async () => {
    const at = setup({ modelList: [dep('a', { mirrorTo: 'mirror' }), dep('m', { mirrorTo: 'gpt' }, 'mirror')] })
    await at.ask()
    await sleep(20)
    expect(at.asked().sort()).toEqual(['a', 'm'])
  })

  it('is limited, and counts dropped copies', async () => {
    const advance = stopTime()
    const at = setup({ modelList: list, mirrorTo: { gpt: 'mirror' } })
    at.mock.fail({ kind: 'slow-headers', ms: 1_500 }, { model: 'm', times: 999 })
    await Promise.all(Array.from({ length: 130 }, () => at.ask()))
    expect(at.router.snapshot().mirrorsDropped).toBe(30)
    expect(at.asked().filter((model) => model === 'm')).toHaveLength(100)
    await advance(1_500)
  })
})

it('no credential appears in errors, events, snapshots or a printed Router', async () => {
  const canary = 'sk-canary-0123456789'
  const at = setup({
    modelList: ['a', 'b'].map((id) => ({
      modelName: 'gpt',
      params: { model: `openai/${id}`, apiKey: canary, headers: { authorization: `Bearer ${canary}` } },
    })),
    allowedFails: 0,
  })
  const said: unknown[] = [at.events, at.router]
  at.mock.fail(
    { kind: 'status', status: 401, body: { error: { message: `Incorrect API key provided: ${canary}` } } },
    { times: 3 },
  )
  at.mock.fail({ kind: 'status', status: 500, body: `the key was ${canary}` }, { times: 3 })
  for (let i = 0; i < 3; i++) {
    said.push(await at.router.completion({ model: 'gpt', messages }).catch((error: unknown) => error))
  }
  said.push(await at.router.healthCheck(), at.router.snapshot())
  expect(at.events.length).toBeGreaterThan(5)
  expect(at.mock.requests[0]?.headers.authorization).toContain(canary)
  for (const one of said) {
    expect(inspect(one, { depth: 20, showHidden: true })).not.toContain(canary)
    expect(JSON.stringify(one)).not.toContain(canary)
  }
  expect(inspect(at.router, { depth: 20 })).not.toContain('apiKey')
})
