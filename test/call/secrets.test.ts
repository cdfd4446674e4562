import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type ClientOptions, createClient, type LLMError } from '../../src/index.js'
import { startServer } from '../helpers/server.js'
import { models, rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()

/** Everything that a log, a debugger or a bug report might print of a value. */
function printed(value: unknown): string {
  const seen: string[] = []
  const walk = (part: unknown, depth: number) => {
    seen.push(inspect(part, { depth: 12, showHidden: true, getters: true, maxStringLength: null }))
    seen.push(String(part))
    try {
      seen.push(JSON.stringify(part) ?? '')
    } catch {}
    if (part instanceof Error) seen.push(part.stack ?? '', part.message)
    if (depth > 0 && part && typeof part === 'object') {
      for (const key of Reflect.ownKeys(part)) walk(Reflect.get(part, key), depth - 1)
    }
  }
  walk(value, 3)
  return seen.join('\n')
}

const canaries = ['sk-canary-openai', 'sk-ant-canary', 'canary-header']
const expectClean = (value: unknown) => {
  const text = printed(value)
  for (const canary of canaries) expect(text).not.toContain(canary)
}

describe.each(models)('the key for %s', (model) => {
  it('is in no answer, stream, chunk, meta or client', async () => {
    const own = client()
    const answer = await own.completion({ model, messages: user('hi') })
    const stream = await own.completion({ model, messages: user('hi'), stream: true })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    for (const value of [own, answer, answer.meta, stream, stream.meta, chunks, await stream.final()])
      expectClean(value)
    expect(printed(sim().requests[0]?.headers)).toContain('canary')
  })

  it.each([
    { kind: 'status', status: 401 },
    { kind: 'status', status: 400 },
    { kind: 'status', status: 500 },
    { kind: 'garbage', what: 'html' },
    { kind: 'reset' },
    { kind: 'redirect', location: 'https://elsewhere.example/' },
  ] as const)('is in no error: %j', async (fault) => {
    sim().fail(fault, { times: 9 })
    expectClean(await rejection(client().completion({ model, messages: user('hi'), maxRetries: 0 })))
    expectClean(await rejection(client().completion({ model, messages: user('hi'), maxRetries: 0, stream: true })))
  })
})

it('is redacted in responses that quote it', async () => {
  await using server = await startServer((request, response) => {
    const given = `${request.headers.authorization} and ${request.headers['x-secret-thing']}`
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: `Bad key: ${given}`, given, quoted: `"${given}"` } }))
  })
  const error = (await rejection(
    client().completion({
      model: 'openai/m',
      messages: user('hi'),
      apiBase: server.url,
      apiKey: 'sk-canary-openai',
      headers: { 'X-Secret-Thing': 'canary-header' },
    }),
  )) as LLMError
  expect(error.message).toContain('Bad key: Bearer [redacted]')
  expectClean(error)
})

describe('is redacted in a response that is cut', () => {
  const key = 'sk-canary-openai'
  const ask = async (status: number, before: number) => {
    await using server = await startServer((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' })
      response.end(`${'x'.repeat(before)}${key}`)
    })
    const request = { model: 'openai/m', messages: user('hi'), apiBase: server.url, apiKey: key, maxRetries: 0 }
    return [
      await rejection(client().completion(request)),
      await rejection(client().completion({ ...request, stream: true })),
    ]
  }

  it.each([
    [200, 200 - 10],
    [500, 65_536 - 10],
  ])('is not there by half: status %i', async (status, before) => {
    for (const error of await ask(status, before)) {
      expectClean(error)
      expect(printed(error)).not.toContain('sk-canary')
    }
  })
})

it('is redacted completely if another one is its prefix', async () => {
  await using server = await startServer((request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: `Bad token ${request.headers['x-token']}` } }))
  })
  const error = (await rejection(
    client().completion({
      model: 'openai/m',
      messages: user('hi'),
      apiBase: server.url,
      apiKey: 'team',
      headers: { 'x-token': 'team-canary-header' },
    }),
  )) as LLMError
  expect(error.message).toContain('Bad token [redacted]')
  expectClean(error)
})

it('goes to no other host: a redirect is an error', async () => {
  const asked: unknown[] = []
  await using elsewhere = await startServer((request, response) => {
    asked.push(request.headers)
    response.end('{}')
  })
  for (const stream of [true, false]) {
    sim().fail({ kind: 'redirect', location: `${elsewhere.url}/v1/chat/completions` })
    const error = await rejection(client().completion({ model: 'openai/gpt-4o', messages: user('hi'), stream }))
    expect(error).toMatchObject({ code: 'bad_request', status: 307, message: expect.stringContaining('apiBase') })
  }
  expect(asked).toEqual([])
})

it('is not sent to the base of a call, and the error explains why', async () => {
  await using other = await startServer((request, response) => {
    response.writeHead(request.headers.authorization ? 200 : 401, { 'content-type': 'application/json' })
    response.end('{"error":{"message":"no key"}}')
  })
  const error = (await rejection(
    client().completion({ model: 'openai/m', messages: user('hi'), apiBase: other.url }),
  )) as LLMError
  expect(error.code).toBe('authentication')
  expect(error.message).toContain(`belongs to ${sim().url} and was not sent to ${other.url}`)
})

describe('createClient', () => {
  it.each<[object, RegExp]>([
    [{ apiKey: 'sk-canary-openai' }, /providers: \{ openai: \{ apiKey/],
    [{ headers: { Authorization: 'Bearer sk-canary-openai' } }, /every provider/],
    [{ timeOut: 5 }, /Unknown option 'timeOut'/],
    [{ timeout: -1 }, /'timeout'/],
    [{ proxy: 'nonsense' }, /'proxy'/],
    [{ providers: { openai: { api_key: 'sk-canary-openai' } } }, /providers\.openai\.api_key/],
    [{ providers: { openai: { apiKey: 5 } } }, /'providers\.openai\.apiKey' must be a string; got 5/],
    [{ providers: { openAI: { apiKey: 'sk-canary-openai' } } }, /'providers\.openAI'\. Did you mean 'openai'/],
    [null as unknown as object, /must be an object; got null/],
  ])('refuses %j', (options, message) => {
    expect(() => createClient(options as ClientOptions)).toThrow(message)
    try {
      createClient(options as ClientOptions)
    } catch (error) {
      expectClean(error)
    }
  })

  it('does not call once closed', async () => {
    const own = client()
    await own.completion({ model: 'openai/gpt-4o', messages: user('hi') })
    await own.close()
    await expect(own.completion({ model: 'openai/gpt-4o', messages: user('hi') })).rejects.toThrow('closed')
  })
})
