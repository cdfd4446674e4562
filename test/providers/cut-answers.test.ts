import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../src/index.js'
import { rejection } from '../helpers/simulated.js'

let reply: { type: string; body: string } = { type: 'application/json', body: '' }
const server = createServer((_, response) => {
  response.setHeader('content-type', reply.type)
  response.end(reply.body)
})
let apiBase = ''
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const client = createClient({ maxRetries: 0 })
const messages = [{ role: 'user', content: 'Hi' }] as const
const request = { model: 'deepseek/deepseek-v4-pro', apiKey: 'k', messages }
const answer = (finish_reason: string) => ({
  id: 'c',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Half of' }, finish_reason }],
})
const stream = (finish_reason: string) =>
  [
    { id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: 'Half of' }, finish_reason: null }] },
    { id: 'c', choices: [{ index: 0, delta: {}, finish_reason }] },
  ]
    .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
    .join('')
    .concat('data: [DONE]\n\n')

describe('an answer that the provider cut', () => {
  it.each([
    ['insufficient_system_resource', 'overloaded'],
    ['network_error', 'internal_server'],
    ['abort', 'internal_server'],
    ['error', 'internal_server'],
    ['cancelled', 'internal_server'],
    ['failed', 'internal_server'],
    ['ERROR', 'internal_server'],
  ])('fails with %s as the error %s, which a retry may avoid', async (reason, code) => {
    reply = { type: 'application/json', body: JSON.stringify(answer(reason)) }
    const error = await rejection(client.completion({ ...request, apiBase }))
    expect(error).toMatchObject({ code, retryable: true })
    expect((error as Error).message).toContain(`'${reason}'`)
  })

  it.each(['insufficient_system_resource', 'network_error'])(
    'fails in a stream with %s, with the text so far',
    async (reason) => {
      reply = { type: 'text/event-stream', body: stream(reason) }
      const chunks = await client.completion({ ...request, apiBase, stream: true })
      const error = await rejection(
        (async () => {
          for await (const _ of chunks);
        })(),
      )
      expect(error).toMatchObject({ retryable: true })
      expect((error as { partial?: { choices: unknown[] } }).partial?.choices).toMatchObject([
        { message: { content: 'Half of' } },
      ])
    },
  )

  it.each(['time_limit', 'token_limit'])('is only shorter if it ends with %s', async (reason) => {
    reply = { type: 'application/json', body: JSON.stringify(answer(reason)) }
    const { choices } = await client.completion({ ...request, apiBase })
    expect(choices[0]).toMatchObject({ finish_reason: 'length', native_finish_reason: reason })
  })

  it('is no error if a word is unknown, which stays visible', async () => {
    reply = { type: 'application/json', body: JSON.stringify(answer('novelty')) }
    const { choices } = await client.completion({ ...request, apiBase })
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'novelty' })
  })
})
