import { expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient } from '../src/index.js'
import { startServer } from './helpers/server.js'
import { rejection } from './helpers/simulated.js'

const ask = (url: string, options: object = {}) => {
  const mock = mockProvider({
    reply: { raw: { body: { message: { role: 'assistant', content: 'A cat.' }, done: true } } },
  })
  const client = createClient({ dispatcher: mock.dispatcher, allowPrivateMedia: true })
  const content = [{ type: 'image_url' as const, image_url: { url } }]
  return {
    mock,
    answer: client.completion({ model: 'ollama/llava', messages: [{ role: 'user', content }], ...options }),
  }
}

it('fetches an image for a provider that takes it inline only', async () => {
  await using server = await startServer((_, response) => {
    response.writeHead(200, { 'content-type': 'image/png' }).end('pixels')
  })
  const { mock, answer } = ask(`${server.url}/cat.png`)
  expect((await answer).choices[0]?.message.content).toBe('A cat.')
  expect(mock.requests[0]?.body).toMatchObject({ messages: [{ images: [Buffer.from('pixels').toString('base64')] }] })
})

it('ends with the call, and asks the provider nothing', async () => {
  await using server = await startServer(() => {})
  const { mock, answer } = ask(`${server.url}/cat.png`, { timeout: 50 })
  expect(await rejection(answer)).toMatchObject({ code: 'timeout', phase: 'total' })
  expect(mock.requests).toHaveLength(0)
  await using gone = await startServer((_, response) => response.writeHead(404).end())
  expect(await rejection(ask(`${gone.url}/cat.png`).answer)).toMatchObject({ code: 'image_fetch' })
})
