import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { helicone } from '../../src/integrations/helicone.js'
import { langfuse } from '../../src/integrations/langfuse.js'
import { lunary } from '../../src/integrations/lunary.js'
import type { SenderOptions } from '../../src/integrations/sender.js'
import { startReceiver } from './receiver.js'

const messages = [{ role: 'user' as const, content: 'Hello' }]
type Options = SenderOptions & { apiBase?: string; captureContent?: boolean }
const services = {
  langfuse: (options: Options) => langfuse({ publicKey: 'p', secretKey: 's', ...options }),
  lunary: (options: Options) => lunary({ publicKey: 'p', ...options }),
  helicone: (options: Omit<Options, 'batchSize'>) => helicone({ apiKey: 'k', ...options }),
}

it.each<SenderOptions>([
  ...[{ batchSize: 0 }, { batchSize: Number.NaN }, { timeout: 0 }, { timeout: Number.POSITIVE_INFINITY }],
  ...[{ interval: 1e12 }, { maxRetries: -1 }, { maxBytes: 0 }],
])('rejects %j', (options) => {
  const [name = ''] = Object.keys(options)
  for (const make of [services.langfuse, services.lunary])
    expect(() => make(options)).toThrow(`'${name}' must be an integer`)
})

it('counts two senders with one name separately', async () => {
  const apiBase = 'http://127.0.0.1:9'
  const client = createClient({ callbacks: [services.lunary({ apiBase }), services.lunary({ apiBase })] })
  expect(Object.keys(client.callbackStats().senders)).toEqual(['lunary', 'lunary[1]'])
  await client.close()
})

describe.each(Object.entries(services))('%s without content', (_, make) => {
  it('sends neither tools nor error messages', async () => {
    await using receiver = await startReceiver()
    const mock = mockProvider()
    const callbacks = [make({ apiBase: receiver.url, captureContent: false })]
    const providers = { openai: { apiKey: 'any' } }
    const client = createClient({ dispatcher: mock.dispatcher, providers, callbacks, maxRetries: 1 })
    const tools = [{ type: 'function' as const, function: { name: 'canary', description: 'canary' } }]
    const asked = { model: 'openai/gpt-4o', messages, tools }
    await client.completion(asked)
    mock.fail({ kind: 'status', status: 500, body: { error: { message: 'canary' } } }, { times: 2 })
    await expect(client.completion(asked)).rejects.toThrow('canary')
    await client.close()
    const sent = receiver.received.map(({ body }) => body).join()
    expect(sent).toContain('internal_server')
    expect(sent).not.toContain('canary')
  })
})

it('sends no credentials of a URL', async () => {
  const events: unknown[] = []
  const callbacks = [{ onStart: (event: unknown) => events.push(event) }]
  const client = createClient({
    dispatcher: mockProvider().dispatcher,
    providers: { openai: { apiKey: 'any' } },
    callbacks,
  })
  const server_url = 'https://me:canary@host/mcp?key=canary'
  const tools = [{ type: 'mcp', server_label: 'files', server_url }]
  await client.responses({ model: 'openai/gpt-4o', input: 'Hello', tools } as never)
  const url = 'https://me:canary@host/a.png'
  const content = [{ type: 'image_url' as const, image_url: { url } }]
  await client.completion({ model: 'openai/gpt-4o', messages: [{ role: 'user', content }] })
  await client.close()
  expect(events).toHaveLength(2)
  expect(JSON.stringify(events)).not.toContain('canary')
  expect(JSON.stringify(events)).toContain('host/mcp')
})
