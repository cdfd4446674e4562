import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsEventStream } from '../../src/transport/aws-event-stream.js'
import { eventFrame, frame } from '../providers/converse/frames.js'

type Event = [event: string | undefined, data: string]

function eventsOf(...pieces: Buffer[]): Event[] {
  const events: Event[] = []
  const framer = awsEventStream((event, data) => events.push([event, data]))
  for (const piece of pieces) framer.push(piece)
  framer.end()
  return events
}

const stream = Buffer.concat([
  eventFrame('messageStart', { role: 'assistant' }),
  eventFrame('contentBlockDelta', { delta: { text: 'Grüße 🙂' }, contentBlockIndex: 0 }),
  eventFrame('messageStop', { stopReason: 'end_turn' }),
])
const whole: Event[] = [
  ['messageStart', '{"role":"assistant"}'],
  ['contentBlockDelta', '{"delta":{"text":"Grüße 🙂"},"contentBlockIndex":0}'],
  ['messageStop', '{"stopReason":"end_turn"}'],
]

/** A good message with one number of its prelude changed, and its first checksum made to fit. */
function withLength(offset: number, length: number): Buffer {
  const message = Buffer.from(stream.subarray(0, stream.readUInt32BE(0)))
  message.writeUInt32BE(length, offset)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4)
  return message
}

describe('the event stream of AWS', () => {
  it('decodes events and data', () => {
    expect(eventsOf(stream)).toEqual(whole)
  })

  it('decodes the same events for every cut', () => {
    for (let at = 0; at <= stream.length; at++) {
      expect(eventsOf(stream.subarray(0, at), stream.subarray(at))).toEqual(whole)
    }
    expect(eventsOf(...[...stream].map((byte) => Buffer.from([byte])))).toEqual(whole)
  })

  it('decodes every encoded message', () => {
    const messages = fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' })), { maxLength: 5 })
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 40 }), (given, size) => {
        const bytes = Buffer.concat(given.map(([event, data]) => frame({ ':event-type': event }, data)))
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        )
        expect(eventsOf(...pieces)).toEqual(given)
      }),
    )
  })

  it('decodes exceptions with their messages', () => {
    const exception = frame(
      { ':exception-type': 'throttlingException', ':message-type': 'exception' },
      '{"message":"Too many requests"}',
    )
    const error = frame({ ':error-code': 'InternalFailure', ':error-message': 'Oh "no"', ':message-type': 'error' }, '')
    const empty = frame({ ':error-code': 'InternalError', ':error-message': 'gone', ':message-type': 'error' }, '{ }')
    expect(eventsOf(exception, error, empty)).toEqual([
      ['throttlingException', '{"message":"Too many requests"}'],
      ['InternalFailure', '{"message":"Oh \\"no\\""}'],
      ['InternalError', '{"message":"gone"}'],
    ])
  })

  it('skips headers that are not strings', () => {
    const headers = {
      yes: true,
      no: false,
      byte: { type: 2, bytes: Buffer.alloc(1, 7) },
      short: { type: 3, bytes: Buffer.alloc(2, 7) },
      int: { type: 4, bytes: Buffer.alloc(4, 7) },
      long: { type: 5, bytes: Buffer.alloc(8, 7) },
      bytes: { type: 6, bytes: Buffer.from([0, 2, 7, 7]) },
      time: { type: 8, bytes: Buffer.alloc(8, 7) },
      uuid: { type: 9, bytes: Buffer.alloc(16, 7) },
      ':event-type': 'metadata',
    }
    expect(eventsOf(frame(headers, '{}'))).toEqual([['metadata', '{}']])
  })

  it('detects every damaged byte', () => {
    const first = stream.readUInt32BE(0)
    for (let at = 0; at < first; at++) {
      const damaged = Buffer.from(stream.subarray(0, first))
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at)
      expect(() => eventsOf(damaged), `byte ${at}`).toThrow(/checksum/)
    }
  })

  it('rejects impossible lengths', () => {
    expect(() => eventsOf(withLength(0, 15))).toThrow('a message of 15 bytes')
    expect(() => eventsOf(withLength(0, 0xffffffff))).toThrow('a message of 4294967295 bytes')
    expect(() => eventsOf(withLength(4, 1000))).toThrow('headers are longer than itself')
    expect(() => eventsOf(frame({ x: { type: 7, bytes: Buffer.from([0, 99, 65]) } }, ''))).toThrow('is cut')
    expect(() => eventsOf(frame({ x: { type: 12, bytes: Buffer.alloc(0) } }, ''))).toThrow('header of type 12')
  })

  it('waits for incomplete messages', () => {
    expect(eventsOf(stream.subarray(0, -1))).toEqual(whole.slice(0, 2))
  })

  it('joins the pieces of a large message once', () => {
    const bytes = frame({ ':event-type': 'x' }, Buffer.alloc(8_000_000, 65))
    const pieces = Array.from({ length: Math.ceil(bytes.length / 1400) }, (_, index) =>
      bytes.subarray(index * 1400, (index + 1) * 1400),
    )
    const started = performance.now()
    expect(eventsOf(...pieces)).toHaveLength(1)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
