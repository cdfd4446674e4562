import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Client } from '../src/client.js'
import type { Router } from '../src/router/router.js'
import { startServer } from './helpers/server.js'

/** The code of calls loads with the first one. Each test has modules of its own, in which nothing is loaded. */

const messages = [{ role: 'user' as const, content: 'Hello' }]
const modelList = [
  { modelName: 'first', params: { model: 'openai/gpt-4o', apiKey: 'sk-1' } },
  { modelName: 'second', params: { model: 'openai/gpt-4o-mini', apiKey: 'sk-1' } },
]

let requested: string[]
/** Answers with the model of the request. */
const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
  const { model } = JSON.parse(String(init?.body)) as { model: string }
  requested.push(model)
  const message = { role: 'assistant', content: model }
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  return Response.json({ id: 'c', model, choices: [{ index: 0, message, finish_reason: 'stop' }], usage })
}

let make: { client(): Client; connected(): Client; router(): Router }

beforeEach(async () => {
  requested = []
  vi.resetModules()
  const { createClient, Router } = await import('../src/index.js')
  make = {
    client: () => createClient({ fetch, providers: { openai: { apiKey: 'sk-1' } } }),
    connected: () => createClient({ maxRetries: 0 }),
    router: () => new Router({ modelList, client: { fetch } }),
  }
})

const textOf = (answer: { choices: readonly { message: { content: string | null } }[] }) =>
  answer.choices[0]?.message.content

describe('the first calls', () => {
  it('of a client have the requests that they were given', async () => {
    const { completion } = make.client()
    const request = { model: 'openai/gpt-4o', messages }
    const first = completion(request)
    request.model = 'openai/gpt-4o-mini'
    const second = completion(request)
    request.model = 'openai/none'
    expect(await Promise.all([first, second].map(async (answer) => textOf(await answer)))).toEqual([
      'gpt-4o',
      'gpt-4o-mini',
    ])
  })

  it('of a Router have the requests that they were given', async () => {
    const router = make.router()
    const request = { model: 'first', messages }
    const first = router.completion(request)
    request.model = 'second'
    const second = router.completion(request)
    request.model = 'none'
    expect(await Promise.all([first, second].map(async (answer) => textOf(await answer)))).toEqual([
      'gpt-4o',
      'gpt-4o-mini',
    ])
    expect(router.snapshot().calls).toBe(0)
  })

  it('reject what is no request, and never throw', async () => {
    const client = make.client()
    const router = make.router()
    const { BadRequestError } = await import('../src/index.js')
    for (const given of [null, undefined, 'text', [1]] as never[]) {
      await expect(client.completion(given)).rejects.toThrow(BadRequestError)
      await expect(router.completion(given)).rejects.toThrow(BadRequestError)
    }
    await expect(client.completion({ model: 'openai/x', messages }, 'options' as never)).rejects.toThrow(
      'The options of completion() must be an object',
    )
  })

  it('refuse a prototype among the fields of a request', async () => {
    const request = JSON.parse('{ "model": "openai/gpt-4o", "__proto__": { "messages": [{}] } }') as never
    await expect(make.client().completion(request)).rejects.toThrow("'messages' must be a non-empty array")
    expect(requested).toEqual([])
  })

  it('of a Router that is closed at once come to their end, and later ones are refused', async () => {
    const router = make.router()
    const first = router.completion({ model: 'first', messages })
    const closing = router.close()
    await expect(router.completion({ model: 'first', messages })).rejects.toThrow('The Router is closed.')
    expect(() => router.addDeployment({ modelName: 'third', params: { model: 'openai/x' } })).toThrow(
      'The Router is closed.',
    )
    expect(textOf(await first)).toBe('gpt-4o')
    await closing
    expect(requested).toEqual(['gpt-4o'])
  })

  it('of a client that is closed at once come to their end', async () => {
    await using server = await startServer((_, response) => {
      const message = { role: 'assistant', content: 'Sea' }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ id: 'c', choices: [{ index: 0, message, finish_reason: 'stop' }] }))
    })
    const client = make.connected()
    const request = { model: 'hosted_vllm/m', apiBase: server.url, messages }
    const first = client.completion(request)
    const closing = client.close()
    expect(textOf(await first)).toBe('Sea')
    await closing
    await expect(client.completion(request)).rejects.toThrow('This client has been closed')
  })

  it('count tokens of the request that they were given', async () => {
    const { countTokens } = make.client()
    const request = { model: 'openai/gpt-4o', messages }
    const counting = countTokens(request)
    request.model = 'none/none'
    expect((await counting).tokens).toBeGreaterThan(3)
  })
})
