import { describe, expect, it } from 'vitest'
import { memoryCache } from '../../src/cache/memory.js'
import type { RouterOptions } from '../../src/router/types.js'
import { dep, failure, held, messages, nothing, setup, TestClock, thrown, turns } from './helpers.js'

const prices = { input: 0, output: 1_000_000 }

describe('router.configure()', () => {
  it('replaces deployments, fallbacks, aliases and the strategy', async () => {
    const at = setup({ modelList: ['a', dep('c', {}, 'claude')], fallbacks: [{ gpt: ['claude'] }] })
    at.router.configure({
      modelList: [dep('b'), dep('d', {}, 'mistral')],
      modelGroupAlias: { four: 'gpt' },
      fallbacks: [{ gpt: ['mistral'] }],
      routingStrategy: (candidates) => candidates[0] as (typeof candidates)[number],
    })
    expect(at.router.modelGroups).toEqual(['gpt', 'mistral'])
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'b', times: 9 })
    expect(await at.ask({ model: 'four', numRetries: 0 })).toBe('d')
    expect((await failure(at.router.completion({ model: 'claude', messages }))).message).toContain(
      "Unknown model group 'claude'. Known groups: 'gpt', 'mistral'.",
    )
  })

  it('changes nothing if an option is wrong', async () => {
    const at = setup({ modelList: [dep('a', { rpm: 5 })] })
    const before = at.router.snapshot().deployments
    for (const [options, message] of [
      [{ modelList: [dep('b')], fallbacks: [{ gpt: ['nowhere'] }] }, "unknown model group 'nowhere'"],
      [{ modelList: [dep('a', { rpm: -1 })] }, "'modelList[0].params.rpm' must be more than 0"],
      [{ modelList: [dep('a'), dep('a')] }, "Deployment id 'a' is already in use"],
      [{ modelList: [dep('b'), dep('x', { model: 'who-knows' })] }, "must be 'provider/model'"],
      [{ modelList: [dep('b')], modelGroupAlias: { four: 'five' } }, "unknown model group 'five'"],
    ] as [RouterOptions, string][]) {
      expect(thrown(() => at.router.configure(options)).message).toContain(message)
    }
    expect(at.router.snapshot().deployments).toEqual(before)
    expect(await at.ask()).toBe('a')
  })

  it('keeps the usage, spending and cooldown of deployments that stay', async () => {
    const at = setup(
      { modelList: [dep('a', { rpm: 5, maxBudget: 9, prices }), dep('b')], numRetries: 0 },
      { clock: new TestClock({ frozen: true, random: () => 0 }) },
    )
    at.mock.reply({ text: 'x', usage: { promptTokens: 1, completionTokens: 2 } })
    await at.ask({ max_tokens: 2 })
    at.mock.fail({ kind: 'status', status: 429, retryAfter: 30 }, { model: 'a' })
    await failure(at.router.completion({ model: 'gpt', messages, max_tokens: 2 }))
    expect(at.router.deployment('a')).toMatchObject({ status: 'cooldown', requests: 2 })
    at.router.configure({ modelList: [dep('a', { rpm: 5, maxBudget: 9, prices }), dep('c')] })
    expect(at.router.deployment('a')).toMatchObject({ status: 'cooldown', requests: 2, successes: 1, failures: 1 })
    expect(at.router.deployment('b')).toBeUndefined()
    // a changed deployment is tried again, but has not used less
    at.router.configure({ modelList: [dep('a', { rpm: 7, maxBudget: 4, prices }), dep('c')] })
    expect(at.router.deployment('a')).toMatchObject({ status: 'healthy', requests: 2, rpm: 7 })
    expect(at.router.snapshot().budgets).toMatchObject([{ key: 'deployment:a', limit: 4, spent: 2 }])
  })

  it('keeps the spending of budgets with the same name and window', async () => {
    const tags = (maxBudget: number, budgetDuration = '1d') => ({ tags: { team: { maxBudget, budgetDuration } } })
    const modelList = [dep('a', { prices })]
    const at = setup({ modelList, budgets: tags(5) })
    at.mock.reply({ text: 'x', usage: { promptTokens: 1, completionTokens: 3 } }, { times: 2 })
    const call = { tags: ['team'], max_tokens: 3 }
    await at.ask(call)
    at.router.configure({ modelList, budgets: tags(3) })
    expect(at.router.snapshot().budgets).toMatchObject([{ key: 'tag:team', limit: 3, spent: 3 }])
    expect((await failure(at.router.completion({ model: 'gpt', messages, ...call }))).code).toBe('budget_exceeded')
    at.router.configure({ modelList, budgets: tags(3, '1h') })
    expect(at.router.snapshot().budgets).toMatchObject([{ key: 'tag:team', limit: 3, spent: 0 }])
    expect(await at.ask(call)).toBe('a')
  })

  it('lets calls in flight and in the queue go on', async () => {
    const at = setup({ modelList: [dep('a', { maxParallelRequests: 1 })] })
    at.mock.reply({ text: 'slow', delayMs: 60 }, { model: 'a' })
    const inFlight = at.ask()
    await turns()
    const queued = at.ask()
    await turns()
    expect(at.router.snapshot()).toMatchObject({ waiting: 1, calls: 2 })
    at.router.configure({ modelList: [dep('b')] })
    expect(await Promise.all([inFlight, queued])).toEqual(['a', 'b'])
    expect(held(at.router)).toEqual(nothing)
  })

  it('lets a stream of a removed deployment end', async () => {
    const at = setup({ modelList: ['a'] })
    at.mock.reply({ text: 'one two three' })
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true })
    at.router.configure({ modelList: [dep('b')] })
    expect(await stream.text()).toBe('one two three')
    expect(await at.ask()).toBe('b')
  })

  it('uses the new fallbacks and retries for a call in flight', async () => {
    const at = setup({ modelList: ['a', dep('c', {}, 'claude')], numRetries: 0 })
    at.mock.fail({ kind: 'slow-headers', ms: 40 }, { model: 'a' })
    const call = at.ask({ timeout: 5_000 })
    await turns()
    at.router.configure({ modelList: [dep('a'), dep('c', {}, 'claude')], fallbacks: [{ gpt: ['claude'] }] })
    expect(['a', 'c']).toContain(await call)
  })

  it('refuses to change the client, the state, the cache and the observers', () => {
    const cache = memoryCache()
    const callbacks = [{ onSuccess() {} }]
    const at = setup({ modelList: ['a'], cache, callbacks, client: { headers: { 'x-team': 'search' } } })
    const modelList = [dep('a')]
    expect(() => at.router.configure({ modelList })).not.toThrow()
    expect(() => at.router.configure({ modelList, cache, callbacks })).not.toThrow()
    for (const [name, options] of Object.entries({
      cache: { cache: memoryCache() },
      callbacks: { callbacks: [] },
      client: { client: { headers: { 'x-team': 'ads' } } },
    })) {
      const error = thrown(() => at.router.configure({ modelList, ...options }))
      expect(error).toMatchObject({ code: 'bad_request', param: name })
      expect(error.message).toContain(`'${name}' must not change while a Router runs`)
    }
  })

  it('rejects a closed Router', async () => {
    const { router } = setup({ modelList: ['a'] })
    await router.close()
    expect(thrown(() => router.configure({ modelList: [dep('a')] })).code).toBe('api_connection')
  })

  it('does not rename a deployment without an id when another one is added', () => {
    const list = (...models: string[]) =>
      models.map((model) => ({ modelName: 'gpt', params: { model: `openai/${model}`, apiKey: 'k' } }))
    const { router } = setup({ modelList: list('x') })
    const [id] = router.snapshot().deployments.map((one) => one.id)
    router.configure({ modelList: list('y', 'x') })
    expect(router.snapshot().deployments.map((one) => one.id)[1]).toBe(id)
  })
})
