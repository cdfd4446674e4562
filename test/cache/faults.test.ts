import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient, memoryCache, redisCache, semanticCache } from '../../src/index.js'
import { redisMissing, startRedis } from './redis-server.js'

const request = { model: 'openai/gpt-4o', messages: [{ role: 'user' as const, content: 'Hello' }] }
const scene = (cache: Parameters<typeof createClient>[0] extends infer Options | undefined ? Options : never) => {
  const mock = mockProvider()
  const providers = { openai: { apiKey: 'any' } }
  return { mock, llm: createClient({ dispatcher: mock.dispatcher, providers, maxRetries: 0, ...cache }) }
}

describe('corrupt entries', () => {
  const choice = (message: object) => (data: { answer: { choices: { message: object }[] } }) => {
    Object.assign(data.answer.choices[0]?.message ?? {}, message)
  }
  it.each([
    ['no list of calls', choice({ tool_calls: 'x' })],
    ['no call', choice({ tool_calls: [null] })],
    [
      'a usage that is none',
      (data: { answer: object }) => Object.assign(data.answer, { usage: { prompt_tokens: 'many' } }),
    ],
  ])('count as misses: %s', async (_, spoil) => {
    const entries = new Map<string, string>()
    const { mock, llm } = scene({ cache: entries })
    await llm.completion(request)
    const [[key, text] = ['', '']] = entries
    for (const stream of [false, true]) {
      const entry = JSON.parse(text)
      spoil(entry.data)
      entries.set(key, JSON.stringify(entry))
      const answer = await llm.completion({ ...request, stream })
      expect(answer.meta.cache.hit).toBe(false)
      if ('final' in answer) await answer.final()
    }
    expect(mock.requests).toHaveLength(3)
  })

  it.each(['', '!!!', 'AAAA'])('count as misses: vector %j', async (vector) => {
    const entries = new Map<string, string>()
    const { llm } = scene({ cache: entries })
    const asked = { model: 'openai/text-embedding-3-small', input: 'a' }
    const first = await llm.embedding(asked)
    const [[key, text] = ['', '']] = entries
    const entry = JSON.parse(text)
    entry.data.vector = vector
    entries.set(key, JSON.stringify(entry))
    const again = await llm.embedding(asked)
    expect(again.meta.cache.hit).toBe(false)
    expect(again.data).toEqual(first.data)
  })
})

it('closes a client whose store never completes a write', { timeout: 15_000 }, async () => {
  const { llm } = scene({ cache: { get: () => undefined, set: () => new Promise(() => {}) } })
  await llm.completion(request)
  await llm.close()
})

it('shares errors unrelated to keys, also with shareAcrossKeys', async () => {
  const cache = { store: memoryCache(), coalesce: true, shareAcrossKeys: true }
  const { mock, llm } = scene({ cache })
  const ask = () => Promise.allSettled(Array.from({ length: 5 }, () => llm.completion(request)))
  mock.fail({ kind: 'status', status: 500 }, { times: 5 })
  await ask()
  expect(mock.requests).toHaveLength(1)
  mock.reset()
  mock.fail({ kind: 'status', status: 401 }, { times: 5 })
  await ask()
  expect(mock.requests).toHaveLength(5)
})

describe('timeouts beyond the range of timers', () => {
  const embed = async () => [1]
  it.each([Number.POSITIVE_INFINITY, 1e12, 0.5])('are rejected: %d', (ms) => {
    expect(() => semanticCache({ embed, embedTimeout: ms })).toThrow(/embedTimeout/)
    if (ms > 1) expect(() => redisCache({ commandTimeout: ms })).toThrow(/commandTimeout/)
    if (ms > 1) expect(() => createClient({ callbackTimeout: ms })).toThrow(/callbackTimeout/)
  })
})

it('rejects an invalid Redis URL without quoting it', () => {
  for (const url of ['redis://user:canary@host:bad', 'http://user:canary@host', 'canary', 'redis://:canary@h/x']) {
    const refused = () => redisCache({ url })
    expect(refused).toThrow("'url' of redisCache() must be a URL such as 'redis://localhost:6379'.")
  }
})

describe.skipIf(redisMissing())('with Redis', () => {
  it('pauses Redis commands briefly after a burst of failures', async () => {
    await using server = await startRedis()
    const store = redisCache({ url: server.url })
    await store.connect()
    server.freeze()
    await Promise.allSettled(Array.from({ length: 60 }, (_, at) => store.get(`${at}`)))
    server.thaw()
    await new Promise((resolve) => setTimeout(resolve, 300))
    await expect.poll(() => Promise.resolve(store.get('a')).catch(String), { timeout: 2_000 }).toBe(null)
    await store.close()
  })

  it('accepts a ttl beyond the range of Redis', async () => {
    await using server = await startRedis()
    const store = redisCache({ url: server.url, commandTimeout: 1_000 })
    await store.set('a', 'text', Number.MAX_VALUE)
    expect(await store.get('a')).toBe('text')
    await store.close()
  })
})
