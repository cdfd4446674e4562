import { crc32 } from 'node:zlib'
import type { Framer, OnEvent } from './framer.js'

/** Total length, length of the headers, CRC of those two. */
const prelude = 12
/** The CRC at the end. */
const trailer = 4
const mostBytes = 64 * 1024 * 1024

/**
 * The binary messages of AWS, each with two checksums. The event is the `:event-type`, or the `:exception-type` or `:error-code` of
 * a failure; the data is the payload as text.
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 * @throws {Error} from `push`, where a checksum or a length is wrong
 */
export const awsEventStream = (onEvent: OnEvent): Framer =>
  awsMessages((headers, payload) => deliver(headers, payload.toString('utf8'), onEvent))

/**
 * Such messages with pieces of a stream of server-sent events in them, cut at any byte: what SageMaker makes of the stream of the
 * server behind it.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
 * @param inside the framing of the stream inside
 */
export function awsPieces(onEvent: OnEvent, inside: (onEvent: OnEvent) => Framer): Framer {
  const inner = inside(onEvent)
  const outer = awsMessages((headers, payload) => {
    if (headers[':event-type'] === 'PayloadPart') inner.push(payload)
    else deliver(headers, payload.toString('utf8'), onEvent)
  })
  return {
    push: outer.push,
    end() {
      outer.end()
      inner.end()
    },
  }
}

type OnMessage = (headers: Readonly<Record<string, string>>, payload: Buffer) => void

function awsMessages(onMessage: OnMessage): Framer {
  let held: Buffer[] = []
  let size = 0
  /** Bytes that must be there before it is worth looking. */
  let wanted = prelude

  return {
    push(bytes) {
      held.push(bytes)
      size += bytes.length
      if (size < wanted) return
      // joined only when a message is whole: a large one comes in thousands of pieces
      const all = held.length === 1 ? bytes : Buffer.concat(held, size)
      let from = 0
      wanted = prelude
      while (all.length - from >= prelude) {
        const total = lengthAt(all, from)
        if (all.length - from < total) {
          wanted = total
          break
        }
        take(all.subarray(from, from + total), onMessage)
        from += total
      }
      held = from < all.length ? [all.subarray(from)] : []
      size = all.length - from
    },
    end() {
      held = []
      size = 0
    },
  }
}

/** The checksum stands first: a length that is garbage must not be waited for. */
function lengthAt(bytes: Buffer, from: number): number {
  if (crc32(bytes.subarray(from, from + 8)) !== bytes.readUInt32BE(from + 8)) {
    throw new Error('a message with a wrong checksum')
  }
  const total = bytes.readUInt32BE(from)
  if (total < prelude + trailer || total > mostBytes) throw new Error(`a message of ${total} bytes`)
  return total
}

function take(message: Buffer, onMessage: OnMessage): void {
  const end = message.length - trailer
  if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) throw new Error('a message with a wrong checksum')
  const headersEnd = prelude + message.readUInt32BE(4)
  if (headersEnd > end) throw new Error('a message whose headers are longer than itself')
  onMessage(textHeaders(message.subarray(prelude, headersEnd)), message.subarray(headersEnd, end))
}

function deliver(headers: Readonly<Record<string, string>>, data: string, onEvent: OnEvent): void {
  const failure = headers[':error-code']
  // a failure of this kind has its words in a header
  if (failure !== undefined && data === '')
    onEvent(failure, JSON.stringify({ message: headers[':error-message'] ?? '' }))
  else onEvent(headers[':exception-type'] ?? failure ?? headers[':event-type'], data)
}

const text = 7
/** Sizes of the values by type; 6 and 7 (bytes, text) say theirs. */
const sizes = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]

/** The headers that are text; the others are stepped over. */
function textHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {}
  let at = 0
  const next = (length: number): number => {
    const from = at
    at += length
    if (at > bytes.length) throw new Error('a message with a header that is cut')
    return from
  }
  while (at < bytes.length) {
    const nameLength = bytes.readUInt8(next(1))
    const nameFrom = next(nameLength)
    const name = bytes.toString('utf8', nameFrom, at)
    const type = bytes.readUInt8(next(1))
    const fixed = sizes[type]
    if (fixed === undefined) throw new Error(`a message with a header of type ${type}`)
    const valueFrom = next(fixed === -1 ? bytes.readUInt16BE(next(2)) : fixed)
    if (type === text) headers[name] = bytes.toString('utf8', valueFrom, at)
  }
  return headers
}
