import { describe, expect, it } from 'vitest'
import { BadRequestError } from '../../src/errors.js'
import { countTokensLocally, estimateTokens, loadTokenizer, tokenCounter } from '../../src/tokens/index.js'
import type { Message } from '../../src/types/messages.js'

/** https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken, section 6: what the API counted. */
const jargon: Message[] = [
  {
    role: 'system',
    content: 'You are a helpful, pattern-following assistant that translates corporate jargon into plain English.',
  },
  { role: 'system', name: 'example_user', content: 'New synergies will help drive top-line growth.' },
  { role: 'system', name: 'example_assistant', content: 'Things working well together will increase revenue.' },
  {
    role: 'system',
    name: 'example_user',
    content: "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
  },
  {
    role: 'system',
    name: 'example_assistant',
    content: "Let's talk later when we're less busy about how to do better.",
  },
  {
    role: 'user',
    content: "This late pivot means we don't have time to boil the ocean for the client deliverable.",
  },
]

/** The same page, section 7. */
const weather = {
  messages: [
    { role: 'system', content: 'You are a helpful assistant that can answer to questions about the weather.' },
    { role: 'user', content: "What's the weather like in San Francisco?" },
  ] satisfies Message[],
  tools: [
    {
      type: 'function',
      function: {
        name: 'get_current_weather',
        description: 'Get the current weather in a given location',
        parameters: {
          type: 'object',
          properties: {
            location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' },
            unit: { type: 'string', description: 'The unit of temperature to return', enum: ['celsius', 'fahrenheit'] },
          },
          required: ['location'],
        },
      },
    },
  ],
} as const

const hello: Message[] = [{ role: 'user', content: 'Hello' }]

describe('counting for OpenAI', () => {
  it.each([
    ['gpt-3.5-turbo', 129],
    ['gpt-4-0613', 129],
    ['gpt-4', 129],
    ['gpt-4o', 124],
    ['openai/gpt-4o-mini', 124],
  ])('%s counts messages as the API does', async (model, tokens) => {
    const counted = await countTokensLocally({ model, messages: jargon })
    expect(counted).toMatchObject({ tokens, exact: true, method: 'tiktoken', reasons: [] })
    expect(counted.expectedError).toEqual({ median: 0, p95: 0, samples: 0 })
  })

  it.each([
    ['gpt-3.5-turbo', 105],
    ['gpt-4', 105],
    ['gpt-4o', 101],
    ['gpt-4o-mini', 101],
  ])('%s counts tools as the API does, and does not promise to', async (model, tokens) => {
    expect(await countTokensLocally({ model, ...weather })).toMatchObject({ tokens, exact: false, method: 'tiktoken' })
  })

  it('primes reasoning models one token shorter', async () => {
    expect(await tokenCounter({ model: 'gpt-4o', messages: hello })).toBe(8)
    expect(await tokenCounter({ model: 'gpt-5-mini', messages: hello })).toBe(7)
    expect(await tokenCounter({ model: 'azure/o3-mini', messages: hello })).toBe(7)
    expect(await tokenCounter({ model: 'gpt-5-chat-latest', messages: hello })).toBe(8)
  })

  it('counts plain text without overhead and sums several texts', async () => {
    expect(await tokenCounter({ model: 'gpt-4o', text: 'Hello' })).toBe(1)
    expect(await tokenCounter({ model: 'text-embedding-3-small', text: ['Hello', 'Hello world'] })).toBe(3)
    expect(await tokenCounter({ model: 'gpt-4o', text: '' })).toBe(0)
  })

  it('treats names of special tokens as text', async () => {
    expect(await tokenCounter({ model: 'gpt-4o', text: '<|endoftext|>' })).toBeGreaterThan(1)
  })

  it('accepts a complete completion request', async () => {
    const request = { model: 'gpt-4o', messages: hello, temperature: 0, apiKey: 'unused' }
    expect(await tokenCounter(request)).toBe(8)
  })

  it('reports why a count is not exact', async () => {
    const messages: Message[] = [
      { role: 'user', content: [{ type: 'image_url', image_url: 'https://example.com/cat.png' }] },
    ]
    const { reasons } = await countTokensLocally({ model: 'gpt-4o', messages, tools: weather.tools })
    expect(reasons).toEqual(['an image of unknown size, taken for 1024 × 1024', 'tools'])
  })
})

describe('counting for others', () => {
  it.each(['claude-sonnet-4-5', 'gemini/gemini-2.5-pro', 'groq/llama-3.3-70b-versatile', 'azure/my-deployment'])(
    '%s is an estimate, and says so',
    async (model) => {
      const counted = await countTokensLocally({ model, messages: jargon })
      expect(counted).toMatchObject({ exact: false, method: 'estimate' })
      expect(counted.expectedError.p95).toBeGreaterThan(0)
      expect(counted.tokens).toBeGreaterThan(90)
      expect(counted.tokens).toBeLessThan(190)
    },
  )

  it("approximates Anthropic's documented counts", async () => {
    // https://docs.anthropic.com/en/docs/build-with-claude/token-counting
    const messages: Message[] = [
      { role: 'system', content: 'You are a scientist' },
      { role: 'user', content: 'Hello, Claude' },
    ]
    const tokens = await tokenCounter({ model: 'claude-opus-4-1', messages })
    expect(Math.abs(tokens - 14)).toBeLessThanOrEqual(5)
  })

  it('adds the tokens of thinking', async () => {
    const request = { model: 'claude-sonnet-4-5', messages: hello }
    const plain = await tokenCounter(request)
    expect(await tokenCounter({ ...request, thinking: { type: 'enabled', budget_tokens: 2048 } })).toBe(plain + 28)
    expect(await tokenCounter({ ...request, thinking: { type: 'disabled' } })).toBe(plain)
  })
})

describe('a loaded tokenizer', () => {
  it('counts synchronously with the same result', async () => {
    const tokenizer = await loadTokenizer('gpt-4o')
    expect(tokenizer).toMatchObject({ encoding: 'o200k_base', exact: true })
    expect(tokenizer.count({ messages: jargon })).toEqual(
      await countTokensLocally({ model: 'gpt-4o', messages: jargon }),
    )
    expect(tokenizer.count('Hello').tokens).toBe(1)
  })

  it('decodes its own tokens', async () => {
    const { encode, decode } = await loadTokenizer('gpt-4')
    const text = 'Grüße, 世界! 👩‍👩‍👧 <|endoftext|>\n\tend'
    expect(decode(encode(text))).toBe(text)
    expect(decode([15339, 1917])).toBe('hello world')
  })

  it('is loaded once', async () => {
    await loadTokenizer('gpt-4o')
    const start = performance.now()
    for (let time = 0; time < 20; time++) await loadTokenizer('gpt-4.1-mini')
    expect(performance.now() - start).toBeLessThan(50)
  })
})

describe('estimates', () => {
  it('need no tokenizer and approximate the count', () => {
    const estimate = estimateTokens({ model: 'gpt-4o', messages: jargon })
    expect(estimate).toMatchObject({ exact: false, method: 'estimate', family: 'gpt-4o' })
    expect(Math.abs(estimate.tokens - 124)).toBeLessThan(12)
  })

  it.each([
    ['Künstliche Intelligenz verändert unser Leben rasant.', 0.3],
    ['人工智能正在迅速改变我们的生活方式,从医疗保健到交通运输。', 0.25],
    ['Искусственный интеллект быстро меняет нашу жизнь.', 0.3],
    ['const total = items.reduce((sum, { price }) => sum + price, 0)', 0.25],
    ['{"id":12345,"name":"Ada","tags":["a","b"],"ok":true}', 0.3],
  ])('%s', async (text, share) => {
    const exact = await tokenCounter({ model: 'gpt-4o', text })
    const { tokens } = estimateTokens({ model: 'gpt-4o', text })
    expect(Math.abs(tokens - exact) / exact).toBeLessThan(share)
  })
})

describe('misuse', () => {
  it.each([{ model: 'gpt-4o' }, { model: 'gpt-4o', messages: hello, text: 'Hello' }])('%j', async (request) => {
    await expect(tokenCounter(request)).rejects.toThrow(BadRequestError)
    expect(() => estimateTokens(request)).toThrow("Exactly one of 'messages' and 'text' must be given")
  })

  it('does not modify the request', async () => {
    const request = Object.freeze({ model: 'gpt-4o', messages: Object.freeze([Object.freeze({ ...hello[0] })]) })
    await expect(tokenCounter(request as never)).resolves.toBe(8)
  })
})

describe('a count that may be wrong', () => {
  const history = [...hello, { role: 'assistant' as const, content: 'Hi' }, ...hello]

  it.each([
    ['azure/gpt-35-turbo', hello, 'model version'],
    ['azure/gpt-4o', hello, 'model version'],
    ['openai/o1-mini', hello, 'undocumented'],
    ['o1-preview', hello, 'undocumented'],
    ['openai/o3-mini', history, 'o-series'],
  ])('of %s is not exact', async (model, messages, reason) => {
    const count = await countTokensLocally({ model, messages })
    expect(count.exact).toBe(false)
    expect(count.reasons.join()).toContain(reason)
  })

  it.each([
    ['openai/gpt-4o', history],
    ['openai/o3-mini', hello],
    ['gpt-5', history],
    ['gpt-3.5-turbo', history],
  ])('excludes %s', async (model, messages) => {
    expect(await countTokensLocally({ model, messages })).toMatchObject({ exact: true, reasons: [] })
  })

  it('excludes plain text of any deployment of a known model', async () => {
    expect(await countTokensLocally({ model: 'azure/gpt-4o', text: 'Hello' })).toMatchObject({ tokens: 1, exact: true })
  })
})
