import { expect, it, vi } from 'vitest'
import * as z from 'zod'
import { type CallEvent, memoryCache, Router, type RouterOptions } from '../../src/index.js'
import { messageOf, simulated, user } from '../helpers/simulated.js'

const { sim } = simulated()
const asked = () => sim().requests.length
const deployment = (modelName: string, model: string, more: object = {}) => ({
  modelName,
  params: { model, apiKey: 'k', apiBase: sim().openaiBase, ...more },
})

function routerOf(options: Partial<RouterOptions> = {}) {
  return new Router({
    modelList: [deployment('g', 'openai/gpt-4o'), deployment('g', 'openai/gpt-4o-mini')],
    cache: memoryCache(),
    numRetries: 0,
    ...options,
  })
}

it('serves answers to the complete group', async () => {
  const events: CallEvent[] = []
  const all = (event: CallEvent) => {
    events.push(event)
  }
  await using router = routerOf({ callbacks: [{ onCacheHit: all, onSuccess: all }] })
  const first = await router.completion({ model: 'g', messages: user('Hello') })
  expect(first.meta.cache).toMatchObject({ hit: false, key: expect.any(String) })
  for (let at = 0; at < 5; at++) {
    const again = await router.completion({ model: 'g', messages: user('Hello') })
    expect(again).toEqual(first)
    expect(again.meta).toMatchObject({
      provider: 'openai',
      model: first.meta.model,
      cache: { hit: true, key: first.meta.cache.key },
      cost: { total: 0, saved: first.meta.cost.total },
      router: { requested: 'g', modelGroup: 'g', fallbacks: 0 },
    })
  }
  const stream = await router.completion({ model: 'g', messages: user('Hello'), stream: true })
  expect(await stream.text()).toBe(messageOf(first).content)
  expect(asked()).toBe(1)
  await router.flush()
  expect(events.filter(({ type }) => type === 'cacheHit')).toHaveLength(6)
})

it('finds answers once the key is available', async () => {
  const cache = memoryCache()
  const modelList = [{ modelName: 'g', params: { model: 'openai/gpt-4o' } }]
  const ask = (router: Router) => router.completion({ model: 'g', messages: user('Hello') })
  const keys: (string | undefined)[] = []
  for (const tenant of ['one', 'two']) {
    vi.stubEnv('OPENAI_API_KEY', undefined)
    vi.stubEnv('OPENAI_BASE_URL', sim().openaiBase)
    await using router = routerOf({ cache, modelList })
    await expect(ask(router)).rejects.toMatchObject({ code: 'authentication' })
    vi.stubEnv('OPENAI_API_KEY', `sk-${tenant}`)
    keys.push((await ask(router)).meta.cache.key)
  }
  vi.unstubAllEnvs()
  expect(new Set(keys).size).toBe(2)
})

it('does not store answers of a fallback', async () => {
  await using router = routerOf({
    modelList: [deployment('g', 'openai/gpt-4o'), deployment('h', 'openai/gpt-4o-mini')],
    fallbacks: [{ g: ['h'] }],
  })
  sim().fail({ kind: 'status', status: 500 })
  const fallen = await router.completion({ model: 'g', messages: user('Hello') })
  expect(fallen.meta.router?.modelGroup).toBe('h')
  const right = await router.completion({ model: 'g', messages: user('Hello') })
  expect(right.meta).toMatchObject({ cache: { hit: false }, router: { modelGroup: 'g' } })
})

it('separates streams, vectors and call options', async () => {
  await using router = routerOf({
    modelList: [deployment('g', 'openai/gpt-4o'), deployment('e', 'openai/text-embedding-3-small')],
  })
  const stream = await router.completion({ model: 'g', messages: user('Hello'), stream: true })
  const text = await stream.text()
  const whole = await router.completion({ model: 'g', messages: user('Hello') })
  expect(messageOf(whole).content).toBe(text)
  expect(whole.meta.cache.hit).toBe(true)
  for (const other of [{ temperature: 0 }, { cache: { namespace: 'n' } }, { cache: false as const }]) {
    expect((await router.completion({ model: 'g', messages: user('Hello'), ...other })).meta.cache.hit).toBe(false)
  }
  await router.embedding({ model: 'e', input: ['a', 'b'] })
  const mixed = await router.embedding({ model: 'e', input: ['c', 'a'] })
  expect(mixed.meta.cache).toMatchObject({ hit: false, elements: { hits: 1, misses: 1 } })
  expect(mixed.meta.cost.saved).toBeGreaterThan(0)
  expect((await router.embedding({ model: 'e', input: 'c' })).meta).toMatchObject({ cache: { hit: true } })
})

it('misses after a change of the group', async () => {
  const store = memoryCache()
  const ask = async (options: Partial<RouterOptions>) => {
    await using router = routerOf({ cache: store, ...options })
    return (await router.completion({ model: 'g', messages: user('Hello') })).meta.cache.hit
  }
  const one = [deployment('g', 'openai/gpt-4o')]
  expect(await ask({ modelList: one })).toBe(false)
  expect(await ask({ modelList: one })).toBe(true)
  expect(await ask({ modelList: [deployment('g', 'openai/gpt-4o', { rpm: 5 })] })).toBe(true)
  expect(await ask({ modelList: [deployment('g', 'openai/gpt-4o-mini')] })).toBe(false)
  expect(await ask({ modelList: [deployment('g', 'openai/gpt-4o', { apiKey: 'other' })] })).toBe(false)
  expect(await ask({ modelList: [deployment('g', 'openai/gpt-4o', { temperature: 1 })] })).toBe(false)
})

it('shares one request among identical calls', async () => {
  await using router = routerOf({ cache: { store: memoryCache(), coalesce: true } })
  sim().fail({ kind: 'slow-headers', ms: 50 })
  const answers = await Promise.all([1, 2, 3].map(() => router.completion({ model: 'g', messages: user('Hello') })))
  expect(asked()).toBe(1)
  expect(answers[2]).toEqual(answers[0])
  expect(answers.map(({ meta }) => meta.cache.hit)).toEqual([false, true, true])
})

it('rejects an invalid option', () => {
  expect(() => routerOf({ cache: 5 as never })).toThrow('cache')
  expect(() => routerOf({ cache: { ttl: -1 } as never })).toThrow("'cache.ttl'")
})

it('reports the origin of a shared fallback answer', async () => {
  await using router = routerOf({
    modelList: [deployment('g', 'openai/gpt-4o'), deployment('h', 'openai/gpt-4o-mini')],
    fallbacks: [{ g: ['h'] }],
    cache: { store: memoryCache(), coalesce: true },
  })
  sim().fail({ kind: 'status', status: 500 })
  const [, shared] = await Promise.all([1, 2].map(() => router.completion({ model: 'g', messages: user('Hello') })))
  expect(shared?.meta).toMatchObject({ provider: 'openai', model: 'gpt-4o-mini', cache: { coalesced: true } })
})

it('stores nothing if a deployment has no canonical key', async () => {
  const store = memoryCache()
  class Format {
    readonly type = 'json_schema'
    get json_schema() {
      return { name: 'answer', schema: { type: 'object' } }
    }
  }
  for (const response_format of [new Format(), z.object({ a: z.string() })]) {
    for (const apiKey of ['one', 'two']) {
      const modelList = [{ ...deployment('g', 'openai/gpt-4o', { apiKey, response_format }), id: 'only' }]
      await using router = routerOf({ modelList, cache: store })
      sim().reply('{"a":"b"}', { times: 2 })
      for (const _ of [1, 2]) {
        const { meta, choices } = await router.completion({ model: 'g', messages: user('Hello') })
        expect(meta.cache).toEqual({ hit: false })
        if (!(response_format instanceof Format)) expect(choices[0]?.message.parsed).toEqual({ a: 'b' })
      }
    }
  }
  expect(store.size).toBe(0)
})
