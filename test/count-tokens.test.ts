import { describe, expect, it } from 'vitest'
import type { Provider } from '../providers/contract.js'
import { mockProvider } from '../simulator/index.js'
import { ClientContext } from '../src/call/context.js'
import { BadRequestError, createClient, InvalidResponseError, NotFoundError, RateLimitError } from '../src/index.js'
import { runCountTokens } from '../src/operations/count-tokens.js'
import { countTokensLocally } from '../src/tokens/index.js'
import { startServer } from './helpers/server.js'
import { rejection, simulated, user } from './helpers/simulated.js'

const { sim } = simulated()

const claude = 'anthropic/claude-sonnet-4-5'
const context = () =>
  new ClientContext({
    proxy: false,
    providers: {
      anthropic: { apiKey: 'sk-ant-canary', apiBase: sim().anthropicBase },
      openai: { apiKey: 'sk-canary', apiBase: sim().openaiBase },
    },
  })
const tools = [
  { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object', properties: {} } } },
]

describe('countTokens', () => {
  it("asks the provider's own endpoint, with the prompt and nothing that steers the answer", async () => {
    const messages = [{ role: 'system' as const, content: 'Be brief.' }, ...user('Hello')]
    const count = await runCountTokens(context(), {
      model: claude,
      messages,
      tools,
      max_tokens: 1000,
      temperature: 0,
      metadata: { user_id: 'u' },
      stream: true,
    })
    expect(count).toMatchObject({ method: 'provider', exact: false, family: 'claude-4.5' })
    expect(count.tokens).toBeGreaterThan(0)
    const [asked] = sim().requests
    expect(asked).toMatchObject({ method: 'POST', path: '/v1/messages/count_tokens' })
    expect(Object.keys(asked?.body as object).sort()).toEqual(['messages', 'model', 'system', 'tools'])
    expect(asked?.body).toMatchObject({ model: 'claude-sonnet-4-5', messages: [{ role: 'user' }] })
  })

  it('shows the key and the headers that a chat call shows', async () => {
    await runCountTokens(context(), { model: claude, messages: user('Hi'), headers: { 'x-mine': 'yes' } })
    expect(sim().requests[0]?.headers).toMatchObject({
      'anthropic-version': '2023-06-01',
      'x-mine': 'yes',
    })
  })

  it('counts locally for providers without an endpoint, without a key', async () => {
    const messages = user('Hello')
    const count = await runCountTokens(new ClientContext(), { model: 'openai/gpt-4o', messages })
    expect(count).toEqual(await countTokensLocally({ model: 'openai/gpt-4o', messages }))
    expect(count).toMatchObject({ tokens: 8, exact: true, method: 'tiktoken' })
    expect(sim().requests).toEqual([])
  })

  it('counts a deployment as the model behind it', async () => {
    const count = await runCountTokens(context(), { model: 'azure/mine', baseModel: 'gpt-4o', messages: user('Hello') })
    expect(count).toMatchObject({ tokens: 8, exact: true, family: 'gpt-4o' })
  })

  it('tries again as a chat call does', async () => {
    let asked = 0
    await using server = await startServer((_, response) => {
      asked++
      response.writeHead(asked === 1 ? 529 : 200, { 'retry-after-ms': '1' }).end('{"input_tokens":9}')
    })
    const request = { model: claude, messages: user('Hi'), apiBase: server.url, apiKey: 'x' }
    expect(await runCountTokens(context(), request)).toMatchObject({ tokens: 9, method: 'provider' })
    expect(asked).toBe(2)
  })

  it('fails as a chat call does, without a silent fallback', async () => {
    await using server = await startServer((_, response) => response.writeHead(429).end('{}'))
    const request = { model: claude, messages: user('Hi'), apiBase: server.url, apiKey: 'x', maxRetries: 0 }
    const limited = await rejection(runCountTokens(context(), request))
    expect(limited).toBeInstanceOf(RateLimitError)
    expect(limited).toMatchObject({ provider: 'anthropic', attempts: [{ outcome: 'rate_limit', status: 429 }] })
  })

  it.each([[[]], [undefined], ['Hello']])('refuses %j as messages', async (messages) => {
    const refused = await rejection(runCountTokens(context(), { model: claude, messages: messages as [] }))
    expect(refused).toBeInstanceOf(BadRequestError)
    expect(sim().requests).toEqual([])
  })

  it('rejects misspelled options', async () => {
    const wrong = { model: claude, messages: user('Hi'), maxTokens: 5 }
    expect(await rejection(runCountTokens(context(), wrong))).toMatchObject({ param: 'maxTokens' })
  })

  it('reports an answer without a number and a server without the path', async () => {
    await using server = await startServer((request, response) => {
      response.writeHead(request.url?.startsWith('/none') ? 404 : 200, { 'content-type': 'application/json' })
      response.end('{"input_tokens":-1}')
    })
    const ask = (path: string) =>
      runCountTokens(context(), {
        model: claude,
        messages: user('Hi'),
        apiBase: `${server.url}${path}`,
        apiKey: 'x',
        maxRetries: 0,
      })
    expect(await rejection(ask(''))).toBeInstanceOf(InvalidResponseError)
    expect(await rejection(ask('/none'))).toBeInstanceOf(NotFoundError)
  })

  it("asks a user's own provider, be it an object of a class", async () => {
    const asked: string[] = []
    await using server = await startServer((request, response) => {
      asked.push(`${request.url} ${request.headers['x-signed']}`)
      response.end('{"n":42}')
    })
    const { provider: anthropic } = await import('../providers/anthropic.js')
    class Mine {
      readonly id = 'mine'
      readonly name = 'Mine'
      readonly dialect = anthropic.dialect
      readonly address = { base: server.url, env: [], path: () => '/chat' }
      readonly auth = { schemes: [], required: false }
      readonly quirks = {}
      readonly count = {
        path: (model: string) => `/count/${model}`,
        encode: (chat: object) => ({ ...chat }),
        decode: (body: unknown) => (body as { n: number }).n,
        exact: true,
      }
      authorize() {
        return { 'x-signed': 'yes' }
      }
    }
    const own = context()
    own.register(new Mine() as Provider)
    expect(await runCountTokens(own, { model: 'mine/m', messages: user('Hi') })).toEqual({
      tokens: 42,
      exact: true,
      method: 'provider',
      family: 'unknown',
      expectedError: { median: 0, p95: 0, samples: 0 },
      reasons: [],
    })
    expect(asked).toEqual(['/count/m yes'])
  })
})

describe('Cohere', () => {
  const ask = async (content: string, apiBase = 'https://api.cohere.com') => {
    const mock = mockProvider({ reply: { raw: { body: { tokens: [1, 2, 3] } } } })
    const client = createClient({ dispatcher: mock.dispatcher, providers: { cohere: { apiKey: 'k', apiBase } } })
    const model = 'cohere/command-a-03-2025'
    return { mock, count: await client.countTokens({ model, messages: [{ role: 'user', content }] }) }
  }

  it('is asked at its tokenizer, with either base', async () => {
    for (const base of ['https://api.cohere.com', 'https://api.cohere.com/v2']) {
      const { mock, count } = await ask('Hello', base)
      expect(mock.requests[0]).toMatchObject({
        path: '/v1/tokenize',
        body: { model: 'command-a-03-2025', text: 'Hello' },
      })
      expect(count).toMatchObject({ tokens: 3, exact: false, method: 'provider' })
    }
  })

  it('is not asked for more than it takes', async () => {
    const { mock, count } = await ask('word '.repeat(20_000))
    expect(mock.requests).toHaveLength(0)
    expect(count.method).toBe('estimate')
  })
})
