import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  type CacheFailure,
  type CallEvent,
  type ChatCompletion,
  createClient,
  memoryCache,
  redisCache,
  redisIndex,
  semanticCache,
} from '../../src/index.js'
import { messageOf, models, rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()

const asked = () => sim().requests.length

const contentOf = (answer: ChatCompletion) => messageOf(answer).content

describe.each(models)('%s', (model) => {
  it('calls the provider once for repeated requests', async () => {
    const llm = client({ cache: memoryCache() })
    const first = await llm.completion({ model, messages: user('Hello') })
    expect(first.meta.cache).toMatchObject({ hit: false, key: expect.any(String) })
    const again = await llm.completion({ messages: user('Hello'), model })
    expect(asked()).toBe(1)
    expect(again).toEqual(first)
    expect(again.meta).toMatchObject({ cache: { hit: true, key: first.meta.cache.key }, status: 0, attempts: [] })
    expect(again.meta.cache.ageMs).toBeGreaterThanOrEqual(0)
    expect(again.meta.usage).toEqual(first.meta.usage)
    expect(first.meta.cost.total).toBeGreaterThan(0)
    expect(again.meta.cost).toMatchObject({ total: 0, saved: first.meta.cost.total })
  })

  it('serves a complete answer as a stream and a stream as a complete answer', async () => {
    for (const storedAsStream of [false, true]) {
      const llm = client({ cache: memoryCache() })
      const before = asked()
      const plain = { model, messages: user(`Hello ${storedAsStream}`) }
      let stored: ChatCompletion
      if (storedAsStream) stored = await (await llm.completion({ ...plain, stream: true })).final()
      else stored = await llm.completion(plain)
      expect(asked()).toBe(before + 1)
      const whole = await llm.completion(plain)
      expect(whole).toEqual(stored)
      const stream = await llm.completion({ ...plain, stream: true, stream_options: { include_usage: true } })
      let text = ''
      let usage: unknown
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? ''
        usage ??= chunk.usage
      }
      expect(text).toBe(contentOf(stored))
      expect(usage).toEqual(stored.usage)
      expect(await stream.final()).toEqual(stored)
      expect(stream.meta).toMatchObject({ cache: { hit: true }, cost: { total: 0 } })
      expect(stream.meta.timeToFirstTokenMs).toBeTypeOf('number')
      const quiet = await llm.completion({ ...plain, stream: true })
      for await (const chunk of quiet) expect(chunk.usage).toBeUndefined()
      expect(asked()).toBe(before + 1)
    }
  })
})

const model = 'openai/gpt-4o'

describe('the stored answer', () => {
  it('is unaffected by changes to the returned object', async () => {
    const llm = client({ cache: memoryCache() })
    const first = await llm.completion({ model, messages: user('Hello') })
    const said = contentOf(first)
    messageOf(first).content = 'changed'
    const second = await llm.completion({ model, messages: user('Hello') })
    expect(contentOf(second)).toBe(said)
    messageOf(second).content = 'changed'
    expect(contentOf(await llm.completion({ model, messages: user('Hello') }))).toBe(said)
  })

  it.each([
    ['cut', { kind: 'cut', afterChunks: 2 } as const],
    ['failed', { kind: 'status', status: 400 } as const],
  ])('excludes a %s stream', async (_, fault) => {
    const llm = client({ cache: memoryCache(), maxRetries: 0 })
    sim().fail(fault)
    const read = async () => (await llm.completion({ model, messages: user('Hello'), stream: true })).final()
    await rejection(read())
    await read()
    expect(asked()).toBe(2)
  })

  it('excludes an abandoned stream', async () => {
    const llm = client({ cache: memoryCache() })
    sim().fail({ kind: 'silence', afterChunks: 1 })
    const stream = await llm.completion({ model, messages: user('Hello'), stream: true })
    for await (const _ of stream) break
    await (await llm.completion({ model, messages: user('Hello'), stream: true })).final()
    expect(asked()).toBe(2)
  })

  it('excludes an answer that fails its schema, and validates every hit', async () => {
    const store = memoryCache()
    const llm = client({ cache: store })
    for (let at = 0; at < 4; at++) sim().reply('{"n": 1}')
    let strict = false
    const format = z.object({ n: z.number().refine((n) => !strict || n > 1) })
    const ask = () => llm.completion({ model, messages: user('Hello'), response_format: format })
    const first = await ask()
    expect(messageOf(first)).toMatchObject({ parsed: { n: 1 } })
    expect(messageOf(await ask())).toMatchObject({ parsed: { n: 1 } })
    expect(asked()).toBe(1)
    strict = true
    await rejection(ask())
    expect(asked()).toBe(2)
    store.clear()
    await rejection(ask())
    expect(store.size).toBe(0)
  })
})

describe('one call', () => {
  it('supports false, maxAge: 0 and noStore', async () => {
    const llm = client({ cache: memoryCache() })
    const ask = (cache?: Parameters<typeof llm.completion>[0]['cache']) =>
      llm.completion({ model, messages: user('Hello'), cache })
    await ask({ noStore: true })
    await ask()
    expect(asked()).toBe(2)
    expect((await ask(false)).meta.cache).toEqual({ hit: false })
    expect((await ask({ maxAge: 0 })).meta.cache.hit).toBe(false)
    expect((await ask({ namespace: 'other' })).meta.cache.hit).toBe(false)
    expect((await ask({ namespace: 'other' })).meta.cache).toMatchObject({
      hit: true,
      key: expect.stringMatching(/^other:/),
    })
    expect((await ask({ store: memoryCache() })).meta.cache.hit).toBe(false)
    expect((await ask()).meta.cache.hit).toBe(true)
  })

  it('applies its ttl in a store without expiry', async () => {
    const store = new Map<string, string>()
    const llm = client({ cache: store })
    const ask = () => llm.completion({ model, messages: user('Hello'), cache: { ttl: 30 } })
    await ask()
    expect((await ask()).meta.cache.hit).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect((await ask()).meta.cache.hit).toBe(false)
  })

  it('fails the same with and without a cache', async () => {
    const llm = client({ cache: memoryCache() })
    await llm.completion({ model, messages: user('Hello') })
    const bad = { model, messages: user('Hello') }
    await expect(llm.completion({ ...bad, timeout: -1 })).rejects.toThrow("'timeout' must be a number")
    await expect(llm.completion({ ...bad, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    await expect(llm.completion({ ...bad, cache: { ttl: 'a' } as never })).rejects.toThrow("'cache.ttl'")
    await expect(llm.completion({ ...bad, cache: { age: 1 } as never })).rejects.toThrow("has an unknown option 'age'")
    await expect(llm.responses({ model, input: 'Hello', cache: { ttl: 1 } })).rejects.toThrow('is not supported by')
    await expect(llm.moderation({ input: 'Hello', cache: memoryCache() })).rejects.toThrow('is not supported by')
    await expect(llm.completion({ ...bad, cache: true as never })).rejects.toThrow("'cache' must be memoryCache()")
  })
})

describe('a store', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('that %s is reported, and the call continues', async (_, broken) => {
    const failures: CacheFailure[] = []
    const onError = (failure: CacheFailure) => {
      failures.push(failure)
      throw new Error('and so is the listener')
    }
    const llm = client({ cache: { store: { get: broken, set: broken }, onError } })
    const { meta } = await llm.completion({ model, messages: user('Hello') })
    expect(meta.cache).toMatchObject({ hit: false, error: 'broken' })
    await llm.close()
    expect(failures.map(({ operation, error }) => [operation, error.message])).toEqual([
      ['get', 'broken'],
      ['set', 'broken'],
    ])
  })

  it.each([
    ['garbage', () => 'garbage'],
    ['half an entry', (entry: string) => entry.slice(0, -10)],
    ['another version', (entry: string) => entry.replace('"llmux":1', '"llmux":99')],
    ['no answer', (entry: string) => entry.replace('"choices"', '"choses"')],
    ['an answer to something else', (entry: string) => entry.replace(/"key":"./, '"key":"#')],
    ['an object', () => ({ llmux: 1 })],
    ['a number', () => 1],
  ])('with %s under the key counts as a miss', async (_, spoil) => {
    const entries = new Map<string, unknown>()
    const llm = client({
      cache: { get: (key) => entries.get(key), set: (key, value) => entries.set(key, spoil(value)) },
    })
    const first = await llm.completion({ model, messages: user('Hello') })
    expect(await llm.completion({ model, messages: user('Hello') })).toEqual(first)
    expect(asked()).toBe(2)
  })

  it('receives no oversized answer', async () => {
    const store = memoryCache()
    const llm = client({ cache: { store, maxEntryBytes: 100 } })
    await llm.completion({ model, messages: user('Hello') })
    expect(store.size).toBe(0)
  })
})

it('reports hits to callbacks', async () => {
  const events: CallEvent[] = []
  const all = (event: CallEvent) => {
    events.push(event)
  }
  const llm = client({ cache: memoryCache(), callbacks: [{ onCacheHit: all, onSuccess: all }] })
  await llm.completion({ model, messages: user('Hello') })
  await (await llm.completion({ model, messages: user('Hello'), stream: true })).final()
  await llm.flush()
  expect(events.map(({ type }) => type)).toEqual(['success', 'cacheHit', 'success'])
  expect(events.at(-1)).toMatchObject({ cache: { hit: true }, cost: { total: 0 }, status: 0 })
})

it.each<[string, (options: never) => unknown]>([
  ['memoryCache', memoryCache],
  ['redisCache', redisCache],
  ['redisIndex', redisIndex],
  ['semanticCache', semanticCache],
])('%s() rejects unknown options', (name, make) => {
  for (const options of [null, 'redis://localhost', 5, []]) {
    expect(() => make(options as never)).toThrow(`The options of ${name}() must be an object; got `)
  }
  expect(() => make({ maxEntry: 5 } as never)).toThrow(`Unknown option 'maxEntry' of ${name}()`)
})

it('rejects a client cache without a store', () => {
  expect(() => createClient({ cache: { ttl: 5 } as never })).toThrow("'cache.store' must be memoryCache()")
})

it('releases a call that ends during a store lookup', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  const stop = new AbortController()
  const get = () => {
    stop.abort()
    return Promise.reject(new Error('gone'))
  }
  const llm = client({ cache: { get, set() {} } })
  const call = llm.completion({ model, messages: user('Hello'), signal: stop.signal })
  expect(await rejection(call)).toMatchObject({ code: 'aborted' })
  await new Promise((resolve) => setTimeout(resolve, 20))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
  expect(asked()).toBe(0)
})
