import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RollingWindow } from '../../src/limits/window.js'
import type { RouterOptions } from '../../src/router/types.js'
import { dep, failure, held, messages, nothing, type Setup, setup, stopTime, TestClock, turns } from './helpers.js'

const frozen = () => new TestClock({ frozen: true })
const usage = (promptTokens: number, completionTokens: number) => ({
  text: 'x',
  usage: { promptTokens, completionTokens },
})
const of = ({ router }: Setup, id = 'a') => router.deployment(id)

describe('requests and tokens per minute', () => {
  it('are estimated before the call and corrected after it', async () => {
    const at = setup({ modelList: [dep('a', { tpm: 10_000 })] }, { clock: frozen() })
    at.mock.reply({ ...usage(70, 30), delayMs: 20 })
    const call = at.ask({ max_tokens: 500 })
    await turns(3)
    expect(of(at)?.requests).toBe(1)
    expect(of(at)?.tokens).toBeGreaterThan(500)
    await call
    expect(of(at)).toMatchObject({ requests: 1, tokens: 100 })
    at.clock.advance(60_600)
    expect(of(at)).toMatchObject({ requests: 0, tokens: 0 })
  })

  it('are not used by rejected calls, and failed calls use no tokens', async () => {
    const at = setup(
      { modelList: [dep('a', { rpm: 9, tpm: 10_000 })], numRetries: 0, queue: false },
      { clock: frozen() },
    )
    await failure(at.router.completion({ model: 'gpt', messages: [] }))
    expect(of(at)).toMatchObject({ requests: 0, tokens: 0 })
    at.mock.fail({ kind: 'status', status: 500 })
    await failure(at.router.completion({ model: 'gpt', messages, max_tokens: 100 }))
    expect(of(at)).toMatchObject({ requests: 1, tokens: 0 })
  })

  it('steer calls by default, and reject none', async () => {
    const at = setup(
      { modelList: [dep('a', { rpm: 3, order: 1 }), dep('b', { rpm: 2, order: 2 })] },
      { clock: frozen() },
    )
    const who: string[] = []
    for (let i = 0; i < 8; i++) who.push(await at.ask())
    expect(who).toEqual(['a', 'a', 'a', 'b', 'b', 'a', 'a', 'a'])
  })

  it('reject calls if they are enforced, with the time until capacity returns', async () => {
    const at = setup(
      { modelList: [dep('a', { rpm: 2 }), dep('b', { rpm: 1 })], enforceLimits: true, queue: false },
      { clock: frozen() },
    )
    for (let i = 0; i < 3; i++) await at.ask()
    const error = await failure(at.router.completion({ model: 'gpt', messages }))
    expect(error).toMatchObject({ code: 'no_deployments_available', retryable: true })
    expect(error.message).toContain('has used its 2 requests per minute')
    expect(error.retryAfterMs).toBeGreaterThan(59_000)
    expect(error.retryAfterMs).toBeLessThanOrEqual(60_500)
    expect(at.mock.requests).toHaveLength(3)
    at.clock.advance(error.retryAfterMs ?? 0)
    await at.ask()
  })

  it('reject calls beyond the tokens too', async () => {
    const at = setup({ modelList: [dep('a', { tpm: 1_000 })], enforceLimits: true, queue: false }, { clock: frozen() })
    at.mock.reply(usage(100, 350), { times: 9 })
    await at.ask({ max_tokens: 400 })
    await at.ask({ max_tokens: 400 })
    const error = await failure(at.router.completion({ model: 'gpt', messages, max_tokens: 400 }))
    expect(error.message).toContain('has used 900 of its 1000 tokens per minute')
    await at.ask({ max_tokens: 10 })
  })

  it('are never exceeded in any 60 seconds, for random arrivals', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(
          fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 59_000, max: 61_000 })),
          {
            minLength: 10,
            maxLength: 60,
          },
        ),
        async (rpm, gaps) => {
          await using at = setup(
            { modelList: [dep('a', { rpm })], enforceLimits: true, queue: false },
            { clock: frozen() },
          )
          const times: number[] = []
          for (const gap of gaps) {
            at.clock.advance(gap)
            const sent = at.mock.requests.length
            await at.ask().catch(() => {})
            if (at.mock.requests.length > sent) times.push(at.clock.now())
          }
          for (const from of times) {
            expect(times.filter((time) => time >= from && time < from + 60_000).length).toBeLessThanOrEqual(rpm)
          }
          // nor is anything withheld: a quiet minute gives all of it back
          at.clock.advance(61_000)
          for (let i = 0; i < rpm; i++) await at.ask()
        },
      ),
      { numRuns: 60 },
    )
  })

  it('are counted by a window whose sums cover every span', () => {
    const step = fc.record({ gap: fc.integer({ min: 0, max: 30_000 }), tokens: fc.integer({ min: 0, max: 500 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const window = new RollingWindow(60_000)
        const all: { at: number; tokens: number }[] = []
        let now = 1_000_000_007
        for (const { gap, tokens } of steps) {
          now += gap
          window.expire(now)
          window.add(now, 1, tokens)
          all.push({ at: now, tokens })
          const least = all.filter(({ at }) => at > now - 60_000)
          const most = all.filter(({ at }) => at > now - 60_500 - 1)
          expect(window.first).toBeGreaterThanOrEqual(least.length)
          expect(window.first).toBeLessThanOrEqual(most.length)
          expect(window.second).toBeGreaterThanOrEqual(least.reduce((sum, one) => sum + one.tokens, 0))
          expect(window.second).toBeLessThanOrEqual(most.reduce((sum, one) => sum + one.tokens, 0))
          const frees = window.freesIn(now, 1, 0)
          const later = new RollingWindow(60_000)
          for (const one of all) later.add(one.at, 1, one.tokens)
          later.expire(now + frees)
          expect(later.first).toBeLessThan(window.first)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('maxParallelRequests', () => {
  it('limits simultaneous calls, enforced or not, streams included', async () => {
    const at = setup({ modelList: [dep('a', { maxParallelRequests: 2 }), dep('b', { maxParallelRequests: 3 })] })
    let most = 0
    at.router.on('pick', () => {
      const [a, b] = at.router.snapshot().deployments
      expect(a?.inFlight).toBeLessThanOrEqual(2)
      expect(b?.inFlight).toBeLessThanOrEqual(3)
      most = Math.max(most, (a?.inFlight ?? 0) + (b?.inFlight ?? 0))
    })
    at.mock.reply({ text: 'one two three', chunkDelayMs: 2, delayMs: 3 }, { times: Infinity })
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        if (i % 2) await at.ask()
        else await (await at.router.completion({ model: 'gpt', messages, stream: true })).text()
      }),
    )
    expect(most).toBe(5)
    expect(at.mock.requests).toHaveLength(40)
    expect(held(at.router)).toEqual(nothing)
  })
})

describe('the queue', () => {
  const busy = async (options: Partial<RouterOptions> = {}, params = {}) => {
    const at = setup({ modelList: [dep('a', { maxParallelRequests: 1, ...params })], ...options })
    at.mock.reply({ text: 'x', delayMs: 30 }, { times: 99 })
    const first = at.ask()
    await turns()
    return { ...at, first }
  }

  it('serves calls by priority, then by arrival', async () => {
    const at = await busy()
    const order: string[] = []
    const calls = [
      ['late', 5],
      ['one', 0],
      ['two', 0],
      ['urgent', -1],
      ['last', 9],
      ['three', 0],
    ] as const
    await Promise.all(
      calls.map(async ([name, priority]) => {
        await at.ask(priority === 0 ? {} : { priority })
        order.push(name)
      }),
    )
    expect(order).toEqual(['urgent', 'one', 'two', 'three', 'late', 'last'])
    expect(held(at.router)).toEqual(nothing)
  })

  it('ends a wait at maxWait, and at the timeout of the call', async () => {
    const at = await busy({ queue: { maxWait: 15 } })
    const error = await failure(at.router.completion({ model: 'gpt', messages }))
    expect(error).toMatchObject({ code: 'no_deployments_available', retryable: true })
    expect(error.message).toContain('has 1 calls in flight')
    await at.first
    const other = await busy()
    expect(await failure(other.router.completion({ model: 'gpt', messages, timeout: 15 }))).toMatchObject({
      code: 'timeout',
      phase: 'total',
      cause: { code: 'no_deployments_available' },
    })
    await other.first
    expect(held(other.router)).toEqual(nothing)
  })

  it('rejects calls beyond maxSize, and all calls if it is off', async () => {
    const at = await busy({ queue: { maxSize: 1 } })
    const second = at.ask()
    await turns()
    expect(await failure(at.router.completion({ model: 'gpt', messages }))).toMatchObject({
      code: 'no_deployments_available',
    })
    await Promise.all([at.first, second])
    const off = await busy({ queue: false })
    expect(await failure(off.router.completion({ model: 'gpt', messages }))).toMatchObject({
      code: 'no_deployments_available',
    })
    await off.first
    expect(off.mock.requests).toHaveLength(1)
  })

  it('is not used if a fallback can answer', async () => {
    const at = await busy({
      modelList: [dep('a', { maxParallelRequests: 1 }), dep('c', {}, 'claude')],
      fallbacks: [{ gpt: ['claude'] }],
    })
    expect(await at.ask()).toBe('c')
    await at.first
  })

  it('is not used for capacity that time does not bring', async () => {
    const at = setup({ modelList: [dep('a', { region: 'us' })] })
    const error = await failure(at.router.completion({ model: 'gpt', messages, allowedRegions: ['eu'] }))
    expect(error).toMatchObject({ code: 'no_deployments_available', retryable: false })
  })

  it('does not let a call wait behind one that waits for other capacity', async () => {
    const advance = stopTime()
    const at = setup({
      modelList: [
        dep('a', { maxParallelRequests: 1, region: 'us' }),
        dep('b', { maxParallelRequests: 1, region: 'eu' }),
      ],
    })
    at.mock.reply({ text: 'x', delayMs: 200 }, { model: 'a' })
    at.mock.reply({ text: 'x', delayMs: 20 }, { model: 'b' })
    const us = at.ask({ allowedRegions: ['us'] })
    const eu = at.ask({ allowedRegions: ['eu'] })
    await turns()
    const usNext = at.ask({ allowedRegions: ['us'] })
    await turns()
    const euNext = at.ask({ allowedRegions: ['eu'] })
    await turns()
    await advance(20)
    expect(await euNext).toBe('b')
    expect(at.asked()).toEqual(['a', 'b', 'b'])
    await advance(180)
    await Promise.all([us, eu, usNext])
  })

  it('wakes when the window has moved on', async () => {
    const advance = stopTime()
    const at = setup({ modelList: [dep('a', { rpm: 1 })], enforceLimits: true })
    await at.ask()
    await advance(59_900)
    const next = at.ask()
    await turns()
    expect(at.router.snapshot().waiting).toBe(1)
    // windows move in steps of a quarter of a second
    for (let i = 0; i < 3; i++) {
      await advance(250)
      await turns()
    }
    expect(at.asked()).toEqual(['a', 'a'])
    expect(await next).toBe('a')
  })
})

describe("the provider's rate-limit headers", () => {
  it('steer calls away from an exhausted deployment until it resets', async () => {
    const at = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })] }, { clock: frozen() })
    const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' }
    const body = {
      ...{ id: 'x', object: 'chat.completion', created: 1, model: 'a' },
      choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    }
    at.mock.reply({ raw: { headers, body } }, { model: 'a' })
    expect(await at.ask()).toBe('a')
    expect(await at.ask()).toBe('b')
    at.clock.advance(19_000)
    expect(await at.ask()).toBe('b')
    at.clock.advance(1_001)
    expect(await at.ask()).toBe('a')
    at.mock.reply(
      { raw: { headers: { 'x-ratelimit-remaining-tokens': '10', 'x-ratelimit-reset-tokens': '6s' }, body } },
      { model: 'a' },
    )
    await at.ask()
    const long = [{ role: 'user' as const, content: 'word '.repeat(100) }]
    expect(await at.ask({ messages: long })).toBe('b')
    expect(await at.ask()).toBe('a')
  })
})

describe('the checks before a selection', () => {
  const small = { maxInputTokens: 50 }
  const long = [{ role: 'user' as const, content: 'many words '.repeat(100) }]

  it('send a long prompt elsewhere, or reject it', async () => {
    const at = setup({ modelList: [dep('a', { order: 1, prices: small }), dep('b', { order: 2 })] })
    expect(await at.ask({ messages: long })).toBe('b')
    expect(await at.ask()).toBe('a')
    const alone = setup({ modelList: [dep('a', { prices: small }), dep('c', {}, 'long')] })
    const error = await failure(alone.router.completion({ model: 'gpt', messages: long }))
    expect(error.code).toBe('context_window_exceeded')
    expect(error.message).toContain('its model accepts 50 tokens')
    expect(alone.mock.requests).toHaveLength(0)
    expect(await alone.ask({ messages: long, contextWindowFallbacks: ['long'] })).toBe('c')
  })

  it('send images and tools to models that accept them', async () => {
    const prices = { abilities: ['systemMessages'], inputModalities: ['text'] } as const
    const at = setup({
      modelList: [dep('a', { order: 1, prices }), dep('b', { order: 2, model: 'openai/gpt-4o' })],
    })
    const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }]
    expect(await at.ask({ messages: [{ role: 'user', content: [image] }] })).toBe('b')
    expect(await at.ask({ tools })).toBe('b')
    at.router.removeDeployment('b')
    const error = await failure(at.router.completion({ model: 'gpt', messages, tools }))
    expect(error).toMatchObject({ code: 'no_deployments_available', retryable: false })
    expect(error.message).toContain('a: its model does not support tools')
  })

  it('prefer a model with JSON schemas for a schema', async () => {
    const at = setup({
      modelList: [
        dep('a', { order: 1, model: 'openai/gpt-3.5-turbo' }),
        dep('b', { order: 2, model: 'openai/gpt-4o' }),
      ],
    })
    const schema = {
      type: 'object',
      properties: { x: { type: 'string' } },
      required: ['x'],
      additionalProperties: false,
    }
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } }
    expect(await at.ask({ response_format })).toBe('b')
    expect(await at.ask()).toBe('a')
    at.router.removeDeployment('b')
    expect(await at.ask({ response_format })).toBe('a')
  })

  it('are off with preCallChecks: false', async () => {
    const at = setup({
      modelList: [dep('a', { order: 1, prices: small }), dep('b', { order: 2 })],
      preCallChecks: false,
    })
    expect(await at.ask({ messages: long })).toBe('a')
  })

  it('respect the regions that the call allows', async () => {
    const at = setup({ modelList: [dep('us', { region: 'us' }), dep('eu', { region: 'eu' }), dep('none')] })
    for (let i = 0; i < 5; i++) expect(await at.ask({ allowedRegions: ['eu'] })).toBe('eu')
    const error = await failure(at.router.completion({ model: 'gpt', messages, allowedRegions: ['jp'] }))
    expect(error.message).toContain('us: is in the region us')
    expect(error.message).toContain('none: has no region')
  })

  it('match tags, with default for the rest', async () => {
    const at = setup({
      modelList: [
        dep('free', { tags: ['free'] }),
        dep('paid', { tags: ['paid', 'vip'] }),
        dep('rest', { tags: ['default'] }),
      ],
    })
    expect(await at.ask({ tags: ['free'] })).toBe('free')
    expect(await at.ask({ tags: ['what', 'vip'] })).toBe('paid')
    expect(await at.ask({ tags: ['what'] })).toBe('rest')
    expect(await at.ask()).toBe('rest')
    const none = setup({ modelList: [dep('free', { tags: ['free'] }), dep('plain')] })
    expect(await none.ask()).toBe('plain')
    expect(await none.ask({ tags: ['free'] })).toBe('free')
    none.router.removeDeployment('plain')
    const error = await failure(none.router.completion({ model: 'gpt', messages }))
    expect(error.message).toContain('is reserved for the tags free')
  })
})
