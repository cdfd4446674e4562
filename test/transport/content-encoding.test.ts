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

const codings: readonly [string, (bytes: Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
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
