/** What waits to be sent when a process comes to its end without `flush()` or `close()`. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { startReceiver } from '../observe/receiver.js'
import { root, run } from './consumer.js'

const dist = (name: string) => JSON.stringify(pathToFileURL(join(root, 'dist', name)).href)

/** A process with two calls, of which nothing is sent for a minute. */
const script = (apiBase: string, then = '') => `
  const { createClient } = await import(${dist('index.js')})
  const { mockProvider } = await import(${dist('testing.js')})
  const { lunary } = await import(${dist('lunary.js')})
  const { dispatcher } = mockProvider({ reply: 'Hello' })
  const callbacks = [lunary({ publicKey: 'p', apiBase: '${apiBase}', interval: 60_000, timeout: 30_000 })]
  const client = createClient({ dispatcher, callbacks, providers: { openai: { apiKey: 'k' } } })
  const ask = () => client.completion({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hi' }] })
  await ask()
  await ask()
  console.log(process.listenerCount('beforeExit'))
  ${then}
`

const start = async (code: string) => {
  const began = performance.now()
  const result = await run(process.execPath, ['--input-type=module', '-e', code], root)
  return { ...result, ms: performance.now() - began }
}

test('are sent once', async () => {
  await using receiver = await startReceiver()
  expect(await start(script(receiver.url))).toMatchObject({ code: 0, stderr: '' })
  const events = receiver.received.flatMap(({ body }) => JSON.parse(body).events)
  expect(events.map(({ event }) => event)).toEqual(['start', 'end', 'start', 'end'])
})

test('are dropped if the service is down or does not answer', async () => {
  await using receiver = await startReceiver()
  receiver.answers.push('hang', 'hang')
  const [down, silent] = await Promise.all([start(script('http://127.0.0.1:9')), start(script(receiver.url))])
  expect(down).toMatchObject({ code: 0, stderr: '' })
  expect(silent).toMatchObject({ code: 0, stderr: '' })
  expect(receiver.received).toHaveLength(1)
  // 2 s of them for the silent one: far from its timeout of 30 s
  expect(silent.ms).toBeLessThan(15_000)
})

test('are not sent twice and leave no listener after close()', async () => {
  await using receiver = await startReceiver()
  const { stdout } = await start(
    script(receiver.url, "await client.close(); console.log(process.listenerCount('beforeExit'))"),
  )
  expect(receiver.received).toHaveLength(1)
  expect(stdout.trim().split('\n').at(-1)).toBe('0')
})
