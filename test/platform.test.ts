import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import * as node from '../src/platform/node.js'
import * as web from '../src/platform/web.js'

const samples = [0, 1, 2, 3, 54, 55, 56, 63, 64, 65, 119, 120, 1000, 20_000].map((length) => randomBytes(length))
const texts = [
  '',
  'abc',
  'żółć 🦜',
  'x'.repeat(1000),
  '\uFEFFwith a byte order mark',
  ...samples.map((one) => one.toString('hex')),
]

describe('the functions for other runtimes', () => {
  it('are those for Node.js', () => {
    expect(Object.keys(web).sort()).toEqual(Object.keys(node).sort())
    expectTypeOf(web.digest).toEqualTypeOf(node.digest)
    expectTypeOf(web.utf8Decoder).toEqualTypeOf(node.utf8Decoder)
    expectTypeOf(web.contentDecoder).toEqualTypeOf(node.contentDecoder)
    expectTypeOf(web.loadTransport).toEqualTypeOf(node.loadTransport)
  })

  it('encode and decode bytes as Node.js does', () => {
    for (const bytes of samples) {
      const encoded = node.base64(bytes)
      expect(web.base64(new Uint8Array(bytes))).toBe(encoded)
      expect(Buffer.from(web.fromBase64(encoded))).toEqual(bytes)
      expect(Buffer.from(web.fromBase64(bytes.toString('base64url')))).toEqual(bytes)
      expect(web.utf8(bytes)).toBe(node.utf8(bytes))
    }
    for (const text of texts) {
      expect(Buffer.from(web.fromUtf8(text))).toEqual(node.fromUtf8(text))
      expect(web.utf8(web.fromUtf8(text))).toBe(text)
      expect(web.base64(text)).toBe(node.base64(text))
    }
    expect(Buffer.from(web.concat(samples))).toEqual(Buffer.concat(samples))
  })

  it.each(['YWJj ZGVm\n', 'YWJ', 'YWJjZ', '-_-_', 'YQ==YQ==', '!!', ''])('read %j as Node.js does', (text) => {
    expect(Buffer.from(web.fromBase64(text))).toEqual(node.fromBase64(text))
  })

  it('decode text in pieces', () => {
    const bytes = Buffer.from('\uFEFFa żółć 🦜 b')
    for (let cut = 0; cut <= bytes.length; cut++) {
      const decoder = web.utf8Decoder()
      const text = decoder.write(bytes.subarray(0, cut)) + decoder.write(bytes.subarray(cut)) + decoder.end()
      expect(text).toBe('\uFEFFa żółć 🦜 b')
    }
    const cut = web.utf8Decoder()
    expect(cut.write(Buffer.from('ż').subarray(0, 1)) + cut.end()).toBe('\uFFFD')
  })

  it('hash as Node.js does', () => {
    for (const text of texts) {
      for (const encoding of ['hex', 'base64url'] as const) {
        expect(web.digest('sha256', text, encoding)).toBe(node.digest('sha256', text, encoding))
        expect(web.digest('sha1', text, encoding)).toBe(node.digest('sha1', text, encoding))
      }
      for (const key of ['', 'key', 'k'.repeat(64), randomBytes(65), randomBytes(300)]) {
        expect(Buffer.from(web.hmacSha256(key, text))).toEqual(node.hmacSha256(key, text))
      }
    }
    for (const bytes of samples) {
      expect(web.crc32(bytes)).toBe(crc32(bytes))
      expect(node.crc32(bytes)).toBe(crc32(bytes))
      const half = bytes.length >> 1
      for (const platform of [web, node]) {
        const before = platform.crc32(bytes, 0, half)
        expect(platform.crc32(bytes, half, bytes.length, before)).toBe(crc32(bytes))
      }
    }
  })

  it('recognise boxed primitives', () => {
    for (const value of [new String('a'), new Number(1), new Boolean(false), Object(1n), Object(Symbol('s'))]) {
      expect(web.isBoxedPrimitive(value)).toBe(true)
    }
    for (const value of ['a', 1, undefined, null, {}, [], new Date()]) expect(web.isBoxedPrimitive(value)).toBe(false)
  })

  it('have the same prices', () => {
    expect(web.priceTables()).toEqual(node.priceTables())
  })

  it('do without the parts of process that a runtime refuses', () => {
    const refuse = () => {
      throw new Error('A Node.js API is used, which is not supported in the Edge Runtime.')
    }
    vi.stubGlobal('process', new Proxy({}, { get: refuse }))
    const error = vi.spyOn(console, 'error').mockReturnValue()
    expect(web.environment('HOME')).toBeUndefined()
    expect(web.channel('llmux:test:refused').hasSubscribers).toBe(false)
    web.beforeExit(() => {})()
    web.writeError('a line\n')
    vi.unstubAllGlobals()
    expect(error.mock.calls).toEqual([['a line']])
  })

  it('read the environment, run turns and find channels', async () => {
    process.env.LLMUX_TEST_PLATFORM = 'set'
    expect(web.environment('LLMUX_TEST_PLATFORM')).toBe('set')
    delete process.env.LLMUX_TEST_PLATFORM
    await new Promise<void>((resolve) => web.nextTurn(resolve))
    web.cancelTurn(web.nextTurn(() => expect.fail('a cancelled turn ran')))
    await new Promise((resolve) => setImmediate(resolve))
    const seen: unknown[] = []
    node.channel('llmux:test:platform').subscribe((message) => seen.push(message))
    web.channel('llmux:test:platform').publish('event')
    if ('getBuiltinModule' in process) expect(seen).toEqual(['event'])
  })
})
