import { expect, it } from 'vitest'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { lunary } from '../../src/integrations/lunary.js'
import { Sender, type SenderOptions } from '../../src/integrations/sender.js'
import { startReceiver } from './receiver.js'

const senderTo = (url: string, options: SenderOptions = {}) =>
  new Sender(
    { url: new URL('/in', url), headers: {}, wrap: (events) => `[${events.join(',')}]` },
    { interval: 10, timeout: 200, ...options },
  )

it('sends events in batches', async () => {
  await using receiver = await startReceiver()
  const sender = senderTo(receiver.url, { batchSize: 3 })
  for (let n = 0; n < 7; n++) sender.put({ n })
  await expect.poll(() => sender.stats.sent).toBe(7)
  expect(receiver.received.map(({ body }) => JSON.parse(body).length)).toEqual([3, 3, 1])
  await sender.close()
})

it('retries temporary failures only', async () => {
  await using receiver = await startReceiver()
  const sender = senderTo(receiver.url, { batchSize: 1 })
  receiver.answers.push(503, 429)
  sender.put({ n: 1 })
  await expect.poll(() => sender.stats.sent, { timeout: 5_000 }).toBe(1)
  receiver.answers.push(400)
  sender.put({ n: 2 })
  await sender.flush()
  expect(sender.stats).toEqual({ sent: 1, failed: 1, dropped: 0, waiting: 0 })
  expect(receiver.received).toHaveLength(4)
  await sender.close()
})

it('follows no redirect', async () => {
  await using receiver = await startReceiver()
  const sender = senderTo(receiver.url)
  receiver.answers.push(307)
  sender.put({ n: 1 })
  await sender.close()
  expect(sender.stats).toMatchObject({ failed: 1 })
  expect(receiver.received).toHaveLength(1)
})

it('bounds its memory', async () => {
  await using receiver = await startReceiver()
  receiver.answers.push('hang')
  const sender = senderTo(receiver.url, { batchSize: 1, maxBytes: 1_000, timeout: 100, maxRetries: 0 })
  for (let n = 0; n < 100; n++) sender.put({ text: 'x'.repeat(90) })
  expect(sender.stats.dropped).toBe(91)
  await sender.flush()
  expect(sender.stats.waiting + sender.stats.sent + sender.stats.failed).toBe(9)
  await sender.close()
  // the room is there again
  sender.put({ text: 'y' })
  await sender.flush()
  expect(sender.stats.dropped).toBeLessThanOrEqual(100)
  await sender.close()
})

it.each([
  ['that nobody listens at', 'http://127.0.0.1:9'],
  ['that hangs', undefined],
])("doesn't slow calls down with a service %s", { timeout: 15_000 }, async (_, address) => {
  await using simulator = await startSimulator()
  await using receiver = await startReceiver()
  receiver.answers.push(...Array.from({ length: 50 }, () => 'hang' as const))
  const set = lunary({ publicKey: 'k', apiBase: address ?? receiver.url, interval: 1, batchSize: 1, timeout: 200 })
  const client = createClient({
    callbacks: [set],
    callbackTimeout: 3_000,
    providers: { openai: { apiKey: 'k', apiBase: simulator.openaiBase } },
  })
  for (let n = 0; n < 10; n++) {
    await client.completion({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })
  }
  const began = performance.now()
  await client.close()
  expect(performance.now() - began).toBeLessThan(4_000)
  const { senders, delivered } = client.callbackStats()
  expect(delivered).toBe(10)
  expect(senders.lunary).toMatchObject({ sent: 0, waiting: 0 })
  expect((senders.lunary?.failed ?? 0) + (senders.lunary?.dropped ?? 0)).toBe(10)
})
