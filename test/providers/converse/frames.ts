import { crc32 } from 'node:zlib'

/** Types of header values, as the framing numbers them. */
export type HeaderValue = string | boolean | { type: number; bytes: Buffer }

/** A message of AWS's event streams, as https://smithy.io/2.0/aws/amazon-eventstream.html describes it. */
export function frame(headers: Readonly<Record<string, HeaderValue>>, body: string | Buffer): Buffer {
  const lines = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)))
  const payload = Buffer.from(body as string)
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(16 + lines.length + payload.length, 0)
  prelude.writeUInt32BE(lines.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const message = Buffer.concat([prelude, lines, payload, Buffer.alloc(4)])
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4)
  return message
}

export const eventFrame = (event: string, body: unknown): Buffer =>
  frame({ ':event-type': event, ':content-type': 'application/json', ':message-type': 'event' }, JSON.stringify(body))

function header(name: string, value: HeaderValue): Buffer {
  const head = Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name)])
  if (typeof value === 'boolean') return Buffer.concat([head, Buffer.from([value ? 0 : 1])])
  if (typeof value === 'object') return Buffer.concat([head, Buffer.from([value.type]), value.bytes])
  const text = Buffer.from(value)
  const length = Buffer.alloc(3)
  length.writeUInt8(7, 0)
  length.writeUInt16BE(text.length, 1)
  return Buffer.concat([head, length, text])
}
