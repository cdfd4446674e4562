import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { type Client, createClient, RateLimitError } from '../../src/index.js'
import { createHandler, type Handler } from '../../src/server/index.js'

let simulator: Simulator
let client: Client
let handler: Handler
const outcomes: string[] = []

beforeAll(async () => {
  simulator = await startSimulator()
  const at = (provider: string) => ({ apiBase: simulator.base(provider), apiKey: 'k' })
  client = createClient({
    maxRetries: 0,
    providers: { openai: at('openai') },
    onSettled: ({ outcome }) => outcomes.push(outcome),
  })
  handler = createHandler(client, { keepAlive: 20 })
})
afterEach(() => simulator.reset())
afterAll(async () => {
  await client.close()
  await simulator.close()
})

const model = 'openai/gpt-4o-mini'
const messages = [{ role: 'user', content: 'Hi' }]
const chat = ['/v1/chat/completions', { model, messages, stream: true }] as const
const gemini = { contents: [{ parts: [{ text: 'Hi' }] }] }

async function ask([url, body]: readonly [string, object]) {
  const response = await handler.handle({ method: 'POST', url, headers: {}, body })
  if (typeof response.body !== 'object') return { ...response, texts: [response.body ?? ''] }
  const texts: string[] = []
  for await (const text of response.body) texts.push(text)
  return { ...response, texts }
}

describe('keepAlive', () => {
  it('sends what the API ignores until the first event, and while the stream is silent', async () => {
    const requests = [
      [chat, ': keep-alive\n\n'],
      [['/v1/responses', { model, input: 'Hi', stream: true }], ': keep-alive\n\n'],
      [['/v1/messages', { model, max_tokens: 9, messages, stream: true }], 'event: ping\ndata: {"type":"ping"}\n\n'],
      [[`/v1beta/models/${model}:streamGenerateContent?alt=sse`, gemini], '\n\n'],
      [[`/v1beta/models/${model}:streamGenerateContent`, gemini], '\n'],
    ] as const
    for (const [request, ping] of requests) {
      simulator.reply({ text: 'One two three four five six', delayMs: 100, chunkDelayMs: 60 })
      const { status, texts } = await ask(request)
      expect(status).toBe(200)
      expect(texts[0]).toBe(ping)
      const content = texts.findIndex((text) => text.includes('One'))
      expect(content).toBeGreaterThan(1)
      expect(texts.slice(content), texts.join('|')).toContain(ping)
      expect(texts.join('')).toContain('six')
    }
  })

  it('reports a failure with its status, or as an event if the response has started', async () => {
    const error = new RateLimitError('Too many requests.', { retryAfterMs: 2000 })
    const failing = (ms: number) => () => new Promise((_, reject) => setTimeout(() => reject(error), ms))
    const target = (ms: number) => ({
      ...client,
      completion: failing(ms),
      messages: failing(ms),
      responses: failing(ms),
    })
    const prompt = createHandler(target(0), { keepAlive: 2000 })
    const { status, headers } = await prompt.handle({ method: 'POST', url: chat[0], headers: {}, body: chat[1] })
    expect([status, headers['retry-after']]).toEqual([429, '2'])
    const late = createHandler(target(60), { keepAlive: 20 })
    const endOf = async ([url, body]: readonly [string, object]) => {
      const response = await late.handle({ method: 'POST', url, headers: {}, body })
      expect(response.status).toBe(200)
      let last = ''
      for await (const text of response.body as AsyncIterable<string>) last = text
      return last
    }
    expect(await endOf(chat)).toMatch(/^data: {"error":{"message":"Too many requests.","type":"rate_limit_error"/)
    expect(await endOf(['/v1/messages', { model, max_tokens: 9, messages, stream: true }])).toMatch(
      /^event: error\ndata: {"type":"error","error":{"type":"rate_limit_error"/,
    )
    expect(await endOf(['/v1/responses', { model, input: 'Hi', stream: true }])).toMatch(
      /^event: error\ndata: {"message":"Too many requests."/,
    )
  })

  it('does not touch answers without a stream', async () => {
    simulator.reply({ text: 'One', delayMs: 60 })
    const { texts } = await ask(['/v1/chat/completions', { model, messages }])
    expect(JSON.parse(texts.join(''))).toMatchObject({ choices: [{ message: { content: 'One' } }] })
  })

  it('aborts the call if the client leaves before the first event', async () => {
    simulator.fail({ kind: 'slow-headers', ms: 20_000 })
    const { body } = await handler.handle({ method: 'POST', url: chat[0], headers: {}, body: chat[1] })
    const texts = (body as AsyncIterable<string>)[Symbol.asyncIterator]()
    expect((await texts.next()).value).toBe(': keep-alive\n\n')
    await texts.return?.()
    await expect.poll(() => outcomes.at(-1)).toBe('aborted')
  })
})
