import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { Settings } from '../../src/config/settings.js'
import { SlowReaders } from '../../src/http/slow-readers.js'
import { write } from '../../src/http/write.js'

const settings = () => ({ corsOrigins: [], readerTimeout: 60_000, onDisconnect: 'abort' }) as unknown as Settings

/** A server that writes these parts for each request. */
async function serving(parts: readonly (string | Uint8Array)[] | string): Promise<number> {
  const readers = new SlowReaders(settings)
  async function* body() {
    for (const part of parts) {
      yield part
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const server = createServer((request, response) => {
    const headers = { 'content-type': 'text/plain' }
    void write({ settings, readers }, request, response, {
      ...{ status: 200, headers },
      body: typeof parts === 'string' ? parts : body(),
    })
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const read = (port: number) =>
  new Promise<Buffer>((resolve, reject) => {
    get({ port, host: '127.0.0.1' }, (response) => {
      const all: Buffer[] = []
      response.on('data', (part: Buffer) => all.push(part))
      response.on('end', () => resolve(Buffer.concat(all)))
      response.on('error', reject)
    }).on('error', reject)
  })

const lists: readonly (readonly [string, readonly (string | Uint8Array)[]])[] = [
  ['ASCII', ['data: one\n\n', 'data: two\n\n']],
  ['other characters', ['data: línea\n\n', 'plain', '日本 🙂', 'ÿ\u0000']],
  ['bytes and texts', [Buffer.from([0, 255, 13, 10]), 'a', new Uint8Array(0), 'é', Buffer.from('end')]],
  ['large parts', ['x'.repeat(300_000), 'é'.repeat(100_000), Buffer.alloc(200_000, 7), 'y']],
  ['nothing', []],
]

it.each(lists)('writes the parts of a stream: %s', async (_, parts) => {
  const port = await serving(parts)
  const expected = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  // a second request on the same connection shows that the first answer ended where it should
  for (let round = 0; round < 2; round++) expect((await read(port)).equals(expected)).toBe(true)
})

it.each(['plain', 'línea 日本', ''])('writes the text %j with its length', async (text) => {
  const port = await serving(text)
  for (let round = 0; round < 2; round++) expect((await read(port)).toString()).toBe(text)
})

it('writes no chunks for a client of HTTP/1.0', async () => {
  const port = await serving(['data: línea\n\n', Buffer.from('end')])
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.0\r\n\r\n')
  const all: Buffer[] = []
  for await (const part of socket) all.push(part as Buffer)
  const [head, ...rest] = Buffer.concat(all).toString().split('\r\n\r\n')
  expect(head).not.toMatch(/transfer-encoding/i)
  expect(rest.join('\r\n\r\n')).toBe('data: línea\n\nend')
})

it.each([
  ['drain', 'reads a stream to its end', ['one', 'two', 'end']],
  ['abort', 'leaves a stream', ['left']],
] as const)('with %s, a client that has left before the first byte %s', async (onDisconnect, _, expected) => {
  const seen: string[] = []
  const parts = ['one', 'two']
  const body: AsyncIterableIterator<string> = {
    [Symbol.asyncIterator]: () => body,
    async next() {
      const value = parts.shift()
      seen.push(value ?? 'end')
      return value === undefined ? { value, done: true } : { value, done: false }
    },
    async return() {
      seen.push('left')
      return { value: undefined, done: true }
    },
  }
  const current = () => ({ ...settings(), onDisconnect }) as Settings
  const gone = { destroyed: true, headersSent: false } as ServerResponse
  const response = { status: 200, headers: {}, body }
  await write({ settings: current, readers: new SlowReaders(current) }, {} as IncomingMessage, gone, response)
  expect(seen).toEqual(expected)
})
