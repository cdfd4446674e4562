import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { type Client, createClient } from '../../src/index.js'

let simulator: Simulator
let client: Client

beforeAll(async () => {
  simulator = await startSimulator()
  const at = (provider: string) => ({ apiBase: simulator.base(provider), apiKey: 'k' })
  client = createClient({ maxRetries: 0, providers: { openai: at('openai'), anthropic: at('anthropic') } })
})
afterAll(async () => {
  await client.close()
  await simulator.close()
})

const address = 'https://any.example/v1/chat/completions'
const body = JSON.stringify({ model: 'anthropic/claude-sonnet-4-6', messages: [{ role: 'user', content: 'Hi' }] })
const json = { 'content-type': 'application/json' }
const post = { method: 'POST', headers: json, body }

const forms: Record<string, () => Parameters<typeof fetch>> = {
  'an address and a text': () => [address, post],
  'an address that is a URL, with dots and a fragment': () => [new URL('/v1/x/../chat/completions#top', address), post],
  'a method in lower case, and headers as pairs': () => [
    address,
    { ...post, method: 'post', headers: [['Content-Type', 'application/json']] },
  ],
  'headers that are Headers, and bytes': () => [
    address,
    { ...post, headers: new Headers(json), body: new TextEncoder().encode(body) },
  ],
  'a part of a larger buffer': () => {
    const bytes = new TextEncoder().encode(`{}${body}{}`)
    return [address, { ...post, body: bytes.subarray(2, bytes.length - 2) }]
  },
  'a Blob': () => [address, { ...post, body: new Blob([body]) }],
  'a stream': () => [address, { ...post, body: new Blob([body]).stream(), duplex: 'half' } as RequestInit],
  'a Request': () => [new Request(address, post)],
  'a Request and a body in its place': () => [new Request(address, { ...post, body: '{}' }), { body }],
}

describe('client.fetch', () => {
  it.each(Object.keys(forms))('takes %s', async (name) => {
    const response = await client.fetch(...(forms[name]?.() ?? ['']))
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'You said: Hi' } }] })
  })

  it('reads a form with a file', async () => {
    const form = new FormData()
    form.set('model', 'openai/whisper-1')
    form.set('file', new File([new Uint8Array(64)], 'speech.wav', { type: 'audio/wav' }))
    const response = await client.fetch('https://any.example/v1/audio/transcriptions', { method: 'POST', body: form })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ text: expect.any(String) })
  })

  it('rejects a relative address and a used Request as fetch() does', async () => {
    await expect(client.fetch('/v1/chat/completions', post)).rejects.toThrow(TypeError)
    const used = new Request(address, post)
    await used.text()
    await expect(client.fetch(used)).rejects.toThrow(TypeError)
  })

  it('rejects with the reason of its signal, before the call and during it', async () => {
    const reason = new Error('enough')
    await expect(client.fetch(address, { ...post, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    simulator.fail({ kind: 'slow-headers', ms: 20_000 })
    const controller = new AbortController()
    const before = simulator.requests.length
    const waiting = client.fetch(address, { ...post, signal: controller.signal })
    await expect.poll(() => simulator.requests.length).toBe(before + 1)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await simulator.requests.at(-1)?.closed
    expect(simulator.requests.at(-1)?.closedByClient).toBe(true)
  })
})
