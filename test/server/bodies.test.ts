import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

import zlib, { deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient } from '../../src/index.js'
import { createHandler } from '../../src/server/index.js'

const mock = mockProvider({ reply: 'Hello' })
const client = createClient({ dispatcher: mock.dispatcher, maxRetries: 0, providers: { openai: { apiKey: 'k' } } })
const handler = createHandler(client, { maxBodyBytes: 10_000 })
const server = createServer(handler.node)
const text = JSON.stringify({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] })

let base: string
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await client.close()
})

const post = (body: Uint8Array, encoding: string) => {
  const init = { method: 'POST', body: body as Uint8Array<ArrayBuffer>, headers: { 'content-encoding': encoding } }
  return [
    fetch(`${base}/v1/chat/completions`, init),
    handler(new Request('http://llmux/v1/chat/completions', init)),
  ] as const
}

/** Node.js has it from 22.15. */
const { zstdCompressSync } = zlib as unknown as { zstdCompressSync?: (body: string) => Uint8Array }

describe('a compressed body', () => {
  it.each([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
  ])('is read with %s', async (encoding, body) => {
    for (const response of await Promise.all(post(body, encoding))) {
      expect(await response.text()).toContain('Hello')
      expect(response.status).toBe(200)
    }
  })

  it('is read with zstd, or refused on a runtime without it', async () => {
    for (const response of await Promise.all(post(zstdCompressSync?.(text) ?? gzipSync(text), 'zstd'))) {
      expect(response.status).toBe(zstdCompressSync ? 200 : 415)
    }
  })

  it('must have the encoding of its header', async () => {
    for (const response of await Promise.all(post(Buffer.from(text), 'gzip'))) {
      expect(response.status).toBe(400)
      expect(await response.text()).toContain('must be compressed with gzip')
    }
  })

  it('must have a known encoding', async () => {
    for (const response of await Promise.all(post(Buffer.from(text), 'br'))) {
      expect(response.status).toBe(415)
      expect(await response.text()).toContain("got 'br'")
    }
  })

  it('is limited by its size after decompression', async () => {
    const large = gzipSync(Buffer.alloc(5_000_000, 'x'))
    expect(large.length).toBeLessThan(10_000)
    for (const response of await Promise.all(post(large, 'gzip'))) expect(response.status).toBe(413)
    if (zstdCompressSync) {
      for (const response of await Promise.all(post(zstdCompressSync('x'.repeat(5_000_000)), 'zstd'))) {
        expect(response.status).toBe(413)
      }
    }
  })
})

describe('a request on the wire', () => {
  const raw = async (request: string) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1')
    socket.write(request)
    let answer = ''
    for await (const part of socket) answer += part
    return answer
  }

  it('may be chunked, and wait for 100 Continue', async () => {
    const chunked = `transfer-encoding: chunked\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
    const answer = await raw(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${chunked}`)
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/)
  })

  it('makes no call if its body is incomplete', async () => {
    const before = mock.requests.length
    const socket = connect(Number(new URL(base).port), '127.0.0.1')
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${text.length + 1}\r\n\r\n${text}`)
    socket.end()
    await once(socket.resume(), 'close')
    expect(mock.requests).toHaveLength(before)
  })

  it('answers HEAD as GET, without a body', async () => {
    const response = await fetch(`${base}/v1/models`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
    expect((await fetch(`${base}/v1/chat/completions`, { method: 'HEAD' })).status).toBe(405)
  })
})
