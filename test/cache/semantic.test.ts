import { describe, expect, it } from 'vitest'
import { type CacheFailure, semanticCache } from '../../src/index.js'
import { simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const model = 'openai/gpt-4o'

/** Questions that begin alike are alike. */
const embed = async (text: string) => {
  const angle = text.startsWith('weather') ? text.length / 1000 : text.length
  return [Math.cos(angle), Math.sin(angle)]
}

describe('a semantic cache', () => {
  it('answers a rephrased question', async () => {
    const llm = client({ cache: semanticCache({ embed, threshold: 0.99 }) })
    const ask = (text: string, more: object = {}) => llm.completion({ model, messages: user(text), ...more })
    const first = await ask('weather in Paris?')
    const like = await ask('weather in Paris, please?')
    expect(like).toEqual(first)
    expect(like.meta.cache).toMatchObject({ hit: true, key: first.meta.cache.key })
    expect(like.meta.cache.similarity).toBeGreaterThan(0.99)
    expect(like.meta.cost.total).toBe(0)
    expect((await ask('weather in Paris?')).meta.cache).not.toHaveProperty('similarity')
    expect((await ask('something else')).meta.cache.hit).toBe(false)
    const stream = await llm.completion({ model, messages: user('weather in Paris, now?'), stream: true })
    expect(await stream.final()).toEqual(first)
    expect(sim().requests).toHaveLength(2)
  })

  it('requires an identical rest of the request', async () => {
    const llm = client({ cache: semanticCache({ embed }) })
    const ask = (text: string, more: object = {}) =>
      llm.completion({ model, messages: user(text), ...more }).then(({ meta }) => meta.cache.hit)
    await ask('weather in Paris?')
    expect(await ask('weather in Paris!!', { temperature: 0 })).toBe(false)
    expect(await ask('weather in Paris!!!', { cache: { namespace: 'n' } })).toBe(false)
    expect(await ask('weather in Paris!!!!', { apiKey: 'sk-other' })).toBe(false)
    const history = [{ role: 'system' as const, content: 'Be terse.' }, ...user('weather in Paris!!!!!')]
    expect(await ask('', { messages: history })).toBe(false)
    const image = [{ type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AAAA' } }]
    expect(await ask('', { messages: [{ role: 'user', content: image }] })).toBe(false)
    expect(await ask('weather in Paris, again?')).toBe(true)
  })

  it('embeds with a model of the client and reports the cost', async () => {
    const llm = client({ cache: semanticCache({ embed: 'openai/text-embedding-3-small', threshold: 0.999 }) })
    const first = await llm.completion({ model, messages: user('Hello') })
    expect(first.meta.cache.embedding).toMatchObject({
      model: 'openai/text-embedding-3-small',
      tokens: expect.any(Number),
      cost: { total: expect.any(Number) },
    })
    expect(sim().requests).toHaveLength(2)
    expect((await llm.completion({ model, messages: user('Hello') })).meta.cache).not.toHaveProperty('embedding')
    expect(sim().requests).toHaveLength(2)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no vector')
      },
      'no vector',
    ],
    ['gives nothing', async () => [], 'not all 0'],
    ['takes too long', () => new Promise<number[]>(() => {}), 'timeout'],
  ])('continues if embedding %s', async (_, broken, message) => {
    const failures: CacheFailure[] = []
    const store = semanticCache({ embed: broken, embedTimeout: 20 })
    const llm = client({ cache: { store, onError: (failure) => failures.push(failure) } })
    const { meta } = await llm.completion({ model, messages: user('Hello') })
    expect(failures).toMatchObject([{ operation: 'embed', error: { message: expect.stringContaining(message) } }])
    expect(meta.cache.error).toBe(failures[0]?.error.message)
    expect((await llm.completion({ model, messages: user('Hello') })).meta.cache.hit).toBe(true)
  })

  it('removes lost and least recently used entries', async () => {
    const entries = new Map<string, string>()
    const llm = client({ cache: semanticCache({ embed, store: entries, maxEntries: 2 }) })
    const ask = (text: string) => llm.completion({ model, messages: user(text) }).then(({ meta }) => meta.cache.hit)
    await ask('weather in Paris?')
    entries.clear()
    expect(await ask('weather in Paris??')).toBe(false)
    expect(await ask('weather in Paris???')).toBe(true)
    await ask('a')
    await ask('bb')
    expect(await ask('weather in Paris????')).toBe(false)
  })

  it('separates vectors of different models', async () => {
    const scopes = new Set<string>()
    const index = {
      nearest: (scope: string) => void scopes.add(scope),
      add: (scope: string) => scopes.add(scope),
    }
    for (const embedder of ['openai/text-embedding-3-small', 'openai/text-embedding-3-large']) {
      const llm = client({ cache: semanticCache({ embed: embedder, index }) })
      await llm.completion({ model, messages: user('Hello') })
      await llm.close()
    }
    expect(scopes.size).toBe(2)
  })

  it('rejects invalid options', () => {
    expect(() => semanticCache({ embed: '' })).toThrow("'embed'")
    expect(() => semanticCache({ embed, threshold: 2 })).toThrow("'threshold'")
    expect(() => semanticCache({ embed, model: 'a' } as never)).toThrow("Unknown option 'model'")
  })
})
