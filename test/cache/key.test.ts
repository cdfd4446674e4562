import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { canonical } from '../../src/cache/canonical.js'
import { type CompletionRequest, createClient, memoryCache } from '../../src/index.js'

/** JSON, with what JavaScript has beside it. */
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom(-0, '', '0', 'null', 'é', 'e\u0301', '\ud800', '\\ud800', '{}', '[]', '"', 1e21, 1e-7),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('a', '1', '__proto__', 'toJSON')), tie('value'), {
      maxKeys: 4,
      noNullPrototype: false,
    }),
  ),
})).value

/** What reaches the model: JSON, without an order of fields. */
function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted)
  if (typeof json !== 'object' || json === null) return json
  const entries = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  // a list keeps even what an object would not: `__proto__`, and numbers as names
  return { fields: entries.map(([name, field]) => [name, sorted(field)]) }
}

const meaning = (given: unknown) => JSON.stringify(sorted(JSON.parse(JSON.stringify(given))))

function shuffled(given: unknown, seed: number): unknown {
  if (Array.isArray(given)) return given.map((item) => shuffled(item, seed))
  if (typeof given !== 'object' || given === null) return Object.is(given, -0) ? 0 : Object.is(given, 0) ? -0 : given
  const entries = Object.entries(given).map(([name, field]) => [name, shuffled(field, seed)] as const)
  const turned = seed % 2 === 0 ? entries.reverse() : [...entries.slice(seed % 3), ...entries.slice(0, seed % 3)]
  return Object.fromEntries([...turned, ['absent', undefined]])
}

const runs = { numRuns: 1_000 }

describe('canonical text', () => {
  it('ignores field order, the sign of zero and undefined fields', () => {
    fc.assert(
      fc.property(value, fc.nat(), (given, seed) => {
        fc.pre(!JSON.stringify(given)?.includes('"absent"'))
        expect(canonical(shuffled(given, seed))).toBe(canonical(given))
      }),
      runs,
    )
  })

  it('is equal exactly if the model receives the same request', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        expect(canonical(one) === canonical(other)).toBe(meaning(one) === meaning(other))
      }),
      runs,
    )
  })

  it('is unique for different values', () => {
    const texts = new Map<string, string>()
    fc.assert(
      fc.property(value, (given) => {
        const text = canonical(given)
        const known = texts.get(text)
        if (known !== undefined) expect(meaning(given)).toBe(known)
        texts.set(text, meaning(given))
      }),
      { numRuns: 5_000 },
    )
  })

  it('keeps the order of schema properties, which models follow', () => {
    const schema = (...names: string[]) => ({
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string', title: name }])),
    })
    expect(canonical(schema('why', 'answer'))).not.toBe(canonical(schema('answer', 'why')))
    expect(canonical({ ...schema('a', 'b'), type: 'object' })).toBe(canonical(schema('a', 'b')))
  })
})

/** The key of a call. */
async function keyOf(
  request: Partial<CompletionRequest>,
  client: Parameters<typeof createClient>[0] = {},
): Promise<string | undefined> {
  const mock = mockProvider({ reply: 'Hello' })
  const llm = createClient({
    dispatcher: mock.dispatcher,
    cache: memoryCache(),
    ...client,
    providers: { openai: { apiKey: 'sk-one' }, anthropic: { apiKey: 'sk-two' }, ...client.providers },
  })
  const { meta } = await llm.completion<false, undefined>({
    model: 'openai/gpt-4o',
    messages: [{ role: 'user', content: 'Hi' }],
    stream: false,
    ...(request as object),
  })
  await llm.close()
  return meta.cache.key
}

const hi = [{ role: 'user' as const, content: 'Hi' }]

describe('a cache key', () => {
  it('is equal for requests that are equal to the model', async () => {
    const key = await keyOf({})
    expect(key).toMatch(/^[\w-]{43}$/)
    const same: Partial<CompletionRequest>[] = [
      { messages: [{ content: 'Hi', role: 'user' }] },
      { model: 'gpt-4o' },
      { user: 'u', metadata: { a: 'b' }, store: false, safety_identifier: 's', prompt_cache_key: 'k' },
      { timeout: 1000, maxRetries: 0, tags: ['a'], traceId: 't', callbacks: [] },
      { headers: { traceparent: '00-1', 'X-Request-Id': '1' } },
    ]
    for (const request of [...same, { temperature: undefined } as object]) {
      expect(await keyOf(request), JSON.stringify(request)).toBe(key)
    }
    expect(await keyOf({ temperature: 0 })).toBe(await keyOf({ temperature: -0 }))
  })

  it('differs for all other requests', async () => {
    const requests: Partial<CompletionRequest>[] = [
      {},
      { model: 'openai/gpt-4o-mini' },
      { model: 'anthropic/claude-sonnet-4-5' },
      { messages: [{ role: 'user', content: 'hi' }] },
      { messages: [{ role: 'user', content: 'Hi ' }] },
      { messages: [{ role: 'system', content: 'Hi' }, ...hi] },
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] },
      { messages: [{ role: 'user', content: '\u00e9' }] },
      { messages: [{ role: 'user', content: 'e\u0301' }] },
      // halves of a letter: UTF-8 has one sign for all of them
      { messages: [{ role: 'user', content: '\ud800' }] },
      { messages: [{ role: 'user', content: '\ud801' }] },
      { messages: [{ role: 'user', content: '\ufffd' }] },
      { messages: [{ role: 'user', content: '\\ud800' }] },
      { temperature: 0 },
      { temperature: 1 },
      { temperature: 1.0000000000000002 },
      { max_tokens: 1 },
      { seed: 1 },
      { top_k: 1, dropParams: true },
      { top_k: 50, dropParams: true },
      { dropParams: true },
      { extra_body: { a: 1 } },
      { extra_body: { a: '1' } },
      { headers: { 'x-feature': 'a' } },
      { headers: { 'x-feature': 'b' } },
      { apiBase: 'http://localhost:1/v1', apiKey: 'sk-one' },
      { apiBase: 'http://localhost:1/v2', apiKey: 'sk-one' },
      { apiBase: 'http://localhost:1/v2?a=1', apiKey: 'sk-one' },
      { apiKey: 'sk-other' },
      { organization: 'o' },
      { headers: { authorization: 'Bearer other' } },
      { cache: { namespace: 'a' } },
      { cache: { namespace: 'b' } },
      { cache: { salt: 'x' } },
      { stop: 'a' },
      { stop: ['a'] },
      { service_tier: 'flex' },
    ]
    const keys = await Promise.all(requests.map((request) => keyOf(request)))
    expect(new Set(keys).size).toBe(requests.length)
  })

  it('ignores credentials with shareAcrossKeys, and nothing else', async () => {
    const cache = { shareAcrossKeys: true }
    const key = await keyOf({ cache })
    expect(await keyOf({ cache, apiKey: 'sk-other' })).toBe(key)
    expect(await keyOf({ cache, headers: { authorization: 'Bearer other' } })).toBe(key)
    expect(await keyOf({ cache, organization: 'o' })).toBe(key)
    expect(await keyOf({ cache, apiBase: 'http://localhost:1/v1', apiKey: 'sk-one' })).not.toBe(key)
  })

  it('keeps AWS accounts apart', async () => {
    const bedrock = (accessKeyId: string) =>
      keyOf(
        { model: 'bedrock/anthropic.claude-3-haiku-20240307-v1:0' },
        { providers: { bedrock: { accessKeyId, secretAccessKey: 's', region: 'us-east-1' } } },
      )
    expect(await bedrock('AKIA1')).not.toBe(await bedrock('AKIA2'))
    expect(await bedrock('AKIA1')).toBe(await bedrock('AKIA1'))
  })
})

it('does not exist for a circular request, which fails as without a cache', async () => {
  const round: Record<string, unknown> = {}
  round.self = round
  await expect(keyOf({ extra_body: round })).rejects.toMatchObject({ code: 'bad_request' })
})

describe('a request with data outside of its own fields', () => {
  class Message {
    readonly role = 'user'
    readonly #text: string
    constructor(text: string) {
      this.#text = text
    }
    get content() {
      return this.#text
    }
  }
  class Plain {
    readonly role = 'user'
    constructor(readonly content: string) {}
    shout() {
      return this.content.toUpperCase()
    }
  }
  const inherited = (content: string) => Object.assign(Object.create({ content }), { role: 'user' })

  it.each([
    ['a class with a getter', (text: string) => new Message(text)],
    ['what is inherited', inherited],
  ])('is distinguished: %s', async (_, message) => {
    const mock = mockProvider({ reply: 'Hello' })
    const llm = createClient({
      dispatcher: mock.dispatcher,
      cache: memoryCache(),
      providers: { anthropic: { apiKey: 'sk-two' } },
    })
    const ask = (text: string) =>
      llm.completion({ model: 'anthropic/claude-sonnet-4-5', messages: [message(text)] as never })
    await ask('one')
    expect((await ask('two')).meta.cache).toEqual({ hit: false })
    expect(mock.requests.map(({ body }) => (body as { messages: object[] }).messages)).toMatchObject([
      [{ content: 'one' }],
      [{ content: 'two' }],
    ])
    await llm.close()
  })

  it('is cached if its class has only methods', async () => {
    const messages = [new Plain('Hi')] as never
    expect(await keyOf({ messages })).toBe(await keyOf({}))
  })

  it('includes boxed numbers', () => {
    expect(() => canonical({ temperature: Object(0.1) })).toThrow(TypeError)
    expect(canonical(new Date(0))).toBe(canonical('1970-01-01T00:00:00.000Z'))
  })
})
