import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createClient } from '../../src/index.js'
import { codingsOf } from '../../src/transport/content-decoder.js'
import { type Said, startHosts } from '../helpers/hosts.js'
import { rejection, user } from '../helpers/simulated.js'

const answer = JSON.stringify({
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'unpacked' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})
const chunk = (delta: object, finish_reason: string | null) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason }],
})
const stream = `${[
  chunk({ role: 'assistant', content: 'unp' }, null),
  chunk({ content: 'acked' }, null),
  chunk({}, 'stop'),
]
  .map((one) => `data: ${JSON.stringify(one)}\n\n`)
  .join('')}data: [DONE]\n\n`
const failure = JSON.stringify({
  error: { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' },
})

/** A frame of uncompressed blocks, as a server writes it that flushes often. */
const zstd = (bytes: Buffer, block = 100_000): Buffer => {
  const blocks = Array.from({ length: Math.ceil(bytes.length / block) }, (_, at) => {
    const part = bytes.subarray(at * block, (at + 1) * block)
    return [zstdBlock(part.length, 0, (at + 1) * block >= bytes.length), part]
  })
  return Buffer.concat([zstdHeader(0x38), ...blocks.flat()])
}
const zstdHeader = (window: number) => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, window])
const zstdBlock = (size: number, type: number, last: boolean) => {
  const header = Buffer.alloc(3)
  header.writeUIntLE((size << 3) | (type << 1) | Number(last), 0, 3)
  return header
}

const codings: readonly [string, (bytes: Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstd],
  ['gzip, zstd', (bytes) => zstd(gzipSync(bytes), 60)],
  ['gzip, br', (bytes) => brotliCompressSync(gzipSync(bytes))],
  ['deflate, gzip, identity', (bytes) => gzipSync(deflateSync(bytes))],
]

async function call(said: Said, options: object = {}) {
  await using hosts = await startHosts(() => said)
  await using client = createClient({
    dispatcher: hosts.dispatcher,
    providers: { openai: { apiKey: 'k' } },
    maxRetries: 0,
  })
  const request = { model: 'openai/m', messages: user('Hi'), ...options }
  if (!('stream' in options)) return (await client.completion(request)).choices[0]?.message.content
  let text = ''
  for await (const { choices } of await client.completion({ ...request, stream: true }))
    text += choices[0]?.delta.content ?? ''
  return text
}

/** In small writes, so that every decoder sees its input cut. */
const pieces = (bytes: Buffer) =>
  Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) => bytes.subarray(at * 7, at * 7 + 7))

describe.each(codings)('a body with content-encoding %s', (coding, encode) => {
  const headers = (type: string) => ({ 'content-type': type, 'content-encoding': coding })

  it('is decoded', async () => {
    const bytes = encode(Buffer.from(answer))
    expect(await call({ headers: headers('application/json'), body: bytes })).toBe('unpacked')
    expect(await call({ headers: headers('application/json'), pieces: pieces(bytes) })).toBe('unpacked')
  })

  it('is decoded as a stream', async () => {
    const bytes = encode(Buffer.from(stream))
    expect(await call({ headers: headers('text/event-stream'), pieces: pieces(bytes) }, { stream: true })).toBe(
      'unpacked',
    )
  })

  it('keeps the class of an error', async () => {
    const said = { status: 400, headers: headers('application/json'), body: encode(Buffer.from(failure)) }
    for (const options of [{}, { stream: true }]) {
      expect(await rejection(call(said, options))).toMatchObject({ code: 'context_window_exceeded', status: 400 })
    }
  })

  it('is bounded by maxResponseBytes', async () => {
    const bomb = encode(Buffer.alloc(8 * 1024 * 1024, ' '))
    const said = { headers: headers('application/json'), body: bomb }
    for (const options of [{}, { stream: true }]) {
      const error = await rejection(call(said, { maxResponseBytes: 100_000, ...options }))
      expect(error).toMatchObject({ code: 'invalid_response', retryable: false })
    }
  })

  it('stops reading an endless error', async () => {
    const said = { status: 503, headers: headers('text/html'), body: encode(Buffer.alloc(8 * 1024 * 1024, 'a')) }
    for (const options of [{}, { stream: true }]) {
      expect(await rejection(call(said, options))).toMatchObject({ code: 'service_unavailable' })
    }
  })
})

describe('a body with content-encoding zstd', () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'zstd' }
  // `zstd -19 --no-check` and `zstd` with a checksum: compressed blocks
  const compressed = [
    'KLUv/QBo/QQAcssgGIBtDiR+7UPCHlkjCntRBvMiduECMdEC9kAgVJUBseaecR/upCXkSEpfSHXJPa+PPNlGSTNffMtXdbdPYzJK13fcjty+3pH1fHOy6xfi6JR+GTbnwi9CP62L79Shn9seN/B6aB3Dr0LvttlG7euRXy8kIbehWdOu77aOwl8v2vXunQoIAMMdhVFwitDUNIeH6RdoWPvRCX9417kH',
    'KLUv/QRYtQQAgssgHHBJ2mLs6sumLaTZo5ricrcHAqriCwF6X+n/GwJJImCYzVWFhtzCrpTHOlwIkleubqtUg0ehUKSQwSX5oOHMUoftVbgq7/Iqs4pUzTYaeYzYeGBUMV0C7AQ8Co0M2IqHsrjLadvAk+lC2AfX4HGXVaJFY6U8gDXFbe8hQkFeJm77oJEFADQLzeFh+gUa1v7IeYMUX8c5Ig==',
  ].map((text) => Buffer.from(text, 'base64'))

  it('is decoded from compressed blocks, several frames and skippable frames', async () => {
    const skippable = Buffer.from([0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = compressed
    for (const body of [first, second, Buffer.concat([skippable, first, skippable])]) {
      expect(await call({ headers, body })).toBe('unpacked')
      expect(await call({ headers, pieces: pieces(body) })).toBe('unpacked')
    }
    const half = Math.floor(answer.length / 2)
    const frames = [answer.slice(0, half), answer.slice(half)].map((text) => zstd(Buffer.from(text)))
    expect(await call({ headers, body: Buffer.concat(frames) })).toBe('unpacked')
  })

  it('delivers each event with its block', async () => {
    const events = stream.split(/(?<=\n\n)/).map((event) => Buffer.from(event))
    const parts = events.map((event) => Buffer.concat([zstdBlock(event.length, 0, false), event]))
    const said = {
      headers: { ...headers, 'content-type': 'text/event-stream' },
      pieces: [zstdHeader(0x38), ...parts.slice(0, 1)],
      open: true,
    }
    await using hosts = await startHosts(() => said)
    await using client = createClient({ dispatcher: hosts.dispatcher, maxRetries: 0 })
    const open = await client.completion({ model: 'openai/m', apiKey: 'k', messages: user('Hi'), stream: true })
    for await (const { choices } of open) {
      expect(choices[0]?.delta.content).toBe('unp')
      break
    }
  })

  it('of a few bytes that become gigabytes is cut', async () => {
    const repeated = Buffer.concat([zstdBlock(128 * 1024, 1, false), Buffer.from(' ')])
    const body = Buffer.concat([zstdHeader(0x68), ...Array<Buffer>(20_000).fill(repeated)])
    for (const options of [{}, { stream: true }]) {
      const error = await rejection(call({ headers, body }, { maxResponseBytes: 1_000_000, ...options }))
      expect(error).toMatchObject({ code: 'invalid_response', retryable: false })
    }
  })

  it('of empty blocks does not block the process past the timeout', async () => {
    const body = Buffer.concat([zstdHeader(0x68), Buffer.alloc(300_000)])
    const start = performance.now()
    const error = await rejection(call({ headers, body, open: true }, { timeout: 500 }))
    expect(error).toMatchObject({ code: 'timeout' })
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it.each([
    ['a window that is too large', Buffer.concat([zstdHeader(0xa0), Buffer.alloc(20)])],
    ['a block of an unknown type', Buffer.concat([zstdHeader(0x38), zstdBlock(10, 3, true), Buffer.alloc(10)])],
    ['a block that is too large', Buffer.concat([zstdHeader(0x68), zstdBlock(200_000, 1, true), Buffer.alloc(10)])],
    ['bytes after the last frame', Buffer.concat([zstd(Buffer.from(answer)), Buffer.alloc(20, 'x')])],
    ['a dictionary', Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 0x38, 7]), Buffer.alloc(20)])],
  ])('with %s is an invalid response', async (_, body) => {
    for (const options of [{}, { stream: true }]) {
      const error = await rejection(call({ headers, body }, options))
      expect(error).toMatchObject({ code: 'invalid_response', message: expect.stringContaining('zstd') })
    }
  })
})

it('accepts a plain body with a wrong content-encoding', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  expect(await call({ headers, body: Buffer.from(answer) })).toBe('unpacked')
  expect(await call({ headers, body: Buffer.from(stream) }, { stream: true })).toBe('unpacked')
})

it('reports a damaged body', async () => {
  const bytes = gzipSync(Buffer.from(answer.repeat(50)))
  bytes.fill(0xff, 40, 80)
  const said = { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body: bytes }
  for (const options of [{}, { stream: true }]) {
    const error = await rejection(call(said, options))
    expect(error).toMatchObject({
      code: 'invalid_response',
      message: expect.stringContaining("content-encoding 'gzip'"),
    })
  }
})

it('reports a truncated stream as interrupted', async () => {
  const bytes = gzipSync(Buffer.from(stream), { level: 0 })
  const said = {
    headers: { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' },
    body: bytes.subarray(0, 250),
  }
  expect(await rejection(call(said, { stream: true }))).toMatchObject({ code: 'stream_interrupted' })
})

it('recognises codings', () => {
  expect(codingsOf(undefined)).toEqual([])
  expect(codingsOf('identity')).toEqual([])
  expect(codingsOf('GZIP , br')).toEqual(['br', 'gzip'])
  expect(codingsOf(['gzip', 'deflate'])).toEqual(['deflate', 'gzip'])
  expect(codingsOf('aws-chunked')).toEqual([])
  expect(codingsOf(Array(9).fill('gzip'))).toEqual([])
})
