import { createReadStream, mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createClient, type LLMError } from '../../src/index.js'
import { rejection as rejected } from '../helpers/simulated.js'

const rejection = (call: Promise<unknown>) => rejected(call) as Promise<LLMError>

const folder = mkdtempSync(join(tmpdir(), 'llmux-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function serve(answer: Answer) {
  const server = createServer(async (request, response) => {
    try {
      await answer(request, response)
    } catch {
      // the client has left
    }
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return { model: 'openai_like/whisper', apiBase } as const
}

interface Seen {
  readonly size: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** Reads a request and answers it, with a status of its own for each. */
function reading(seen: Seen[], statuses: number[] = []): Answer {
  return async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    seen.push({ size: body.length, headers: request.headers, text: body.toString('latin1') })
    const status = statuses.shift() ?? 200
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? { text: 'Hello' } : { error: { message: 'Busy' } }))
  }
}

const mebibyte = 1024 * 1024
const audio = Buffer.alloc(3 * mebibyte, 'abcdefgh')
const path = join(folder, 'call.mp3')
writeFileSync(path, audio)

const client = createClient({ maxRetryDelay: 1 })
afterAll(() => client.close())

describe('a file that is not in memory', () => {
  it('is sent from disk with its length, name and content', async () => {
    const seen: Seen[] = []
    const server = await serve(reading(seen))
    const file = { data: () => createReadStream(path), filename: 'call.mp3', type: 'audio/mpeg', size: audio.length }
    const { text } = await client.transcription({ ...server, file, language: 'en' })
    expect(text).toBe('Hello')
    const [{ size, headers, text: sent } = { size: 0, headers: {}, text: '' }] = seen
    expect(headers['content-length']).toBe(String(size))
    expect(headers['transfer-encoding']).toBeUndefined()
    expect(sent).toContain('name="file"; filename="call.mp3"\r\nContent-Type: audio/mpeg\r\n\r\nabcdefghabc')
    expect(sent).toContain('name="language"\r\n\r\nen\r\n')
    expect(sent.length - audio.length).toBeLessThan(700)
  })

  it('is a Blob of a file, or a web stream without a length', async () => {
    const seen: Seen[] = []
    const server = await serve(reading(seen))
    await client.transcription({ ...server, file: { data: await openAsBlob(path), filename: 'call.mp3' } })
    await client.transcription({ ...server, file: { data: () => new Blob([audio]).stream(), filename: 'call.mp3' } })
    const [blob, stream] = seen
    expect(blob?.headers['content-length']).toBe(String(blob?.size))
    expect(stream?.headers['transfer-encoding']).toBe('chunked')
    for (const one of seen) expect(one.size).toBeGreaterThan(audio.length)
  })

  it('is opened again by each attempt', async () => {
    const seen: Seen[] = []
    const server = await serve(reading(seen, [503, 500]))
    let opened = 0
    const data = () => {
      opened++
      return createReadStream(path)
    }
    const { meta } = await client.transcription({ ...server, file: { data, filename: 'call.mp3' } })
    expect(opened).toBe(3)
    expect(meta.attempts.map(({ outcome }) => outcome)).toEqual(['service_unavailable', 'internal_server', 'success'])
    expect(new Set(seen.map(({ size }) => size)).size).toBe(1)
  })

  it('goes through the option fetch as a stream', async () => {
    const seen: Seen[] = []
    const server = await serve(reading(seen))
    const over = createClient({ fetch: globalThis.fetch })
    const { text } = await over.transcription({ ...server, file: { data: await openAsBlob(path), filename: 'a.mp3' } })
    expect(text).toBe('Hello')
    expect(seen[0]?.size).toBeGreaterThan(audio.length)
    await over.close()
  })

  it('waits for a slow server: 200 MiB pass with a few MiB between both ends', async () => {
    let sent = 0
    let received = 0
    let most = 0
    const server = await serve(async (request, response) => {
      for await (const chunk of request) {
        received += (chunk as Buffer).length
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.setHeader('content-type', 'application/json').end('{"text":"Hello"}')
    })
    const piece = new Uint8Array(mebibyte)
    async function* data() {
      for (let at = 0; at < 200; at++) {
        sent += piece.length
        most = Math.max(most, sent - received)
        yield piece
      }
    }
    await client.transcription({ ...server, file: { data, filename: 'long.wav', size: 200 * mebibyte } })
    expect(received).toBeGreaterThan(200 * mebibyte)
    // buffers of both sockets included
    expect(most / mebibyte).toBeLessThan(32)
  })

  it('fails without a retry if it can not be read', async () => {
    const seen: Seen[] = []
    const server = await serve(reading(seen))
    for (const fetch of [undefined, globalThis.fetch]) {
      const over = createClient({ maxRetryDelay: 1, ...(fetch && { fetch }) })
      const file = { data: () => createReadStream(join(folder, 'none.mp3')), filename: 'none.mp3' }
      const error = await rejection(over.transcription({ ...server, file }))
      expect(error).toMatchObject({
        code: 'bad_request',
        param: 'file',
        message: expect.stringMatching(/^'file' could not be read: ENOENT/),
      })
      expect(error.attempts).toHaveLength(1)
      await over.close()
    }
  })

  it('fails if its length is wrong', async () => {
    const server = await serve(reading([]))
    const data = () => createReadStream(path)
    for (const [size, count] of [
      [audio.length + 1, String(audio.length)],
      [2 * mebibyte, `more than ${2 * mebibyte}`],
    ] as const) {
      const error = await rejection(client.transcription({ ...server, file: { data, filename: 'a.mp3', size } }))
      expect(error).toMatchObject({ code: 'bad_request', param: 'file.size' })
      expect(error.message).toContain(`got ${size}, and the stream has ${count} bytes`)
    }
    const file = { data, filename: 'a.mp3', size: -1 }
    expect((await rejection(client.transcription({ ...server, file }))).message).toBe(
      "'file.size' must be the length of the file in bytes; got -1.",
    )
  })

  it('is closed if the call is aborted', async () => {
    const server = await serve(() => {})
    let closed = false
    async function* data() {
      try {
        for (;;) yield new Uint8Array(mebibyte)
      } finally {
        closed = true
      }
    }
    const stop = new AbortController()
    const call = client.transcription({ ...server, file: { data, filename: 'a.wav' }, signal: stop.signal })
    setTimeout(() => stop.abort(), 50)
    expect((await rejection(call)).code).toBe('aborted')
    await expect.poll(() => closed).toBe(true)
  })

  it('is read into memory for Gemini, whose requests are JSON', async () => {
    const bodies: string[] = []
    const server = await serve(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      bodies.push(text)
      const candidates = [{ content: { parts: [{ text: 'Hello' }] }, finishReason: 'STOP' }]
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ candidates }))
    })
    const file = { data: () => createReadStream(path), filename: 'call.mp3' }
    const { text } = await client.transcription({
      ...server,
      model: 'gemini/gemini-2.5-flash',
      apiKey: 'k',
      apiBase: server.apiBase.replace('/v1', ''),
      file,
    })
    expect(text).toBe('Hello')
    expect(bodies[0]).toContain(audio.subarray(0, 300).toString('base64'))
  })
})
