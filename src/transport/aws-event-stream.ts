import { crc32 } from 'node:zlib'
import type { Framer, OnEvent } from './framer.js'

/** Total length, length of the headers, CRC of those two. */
const prelude = 12
const mostBytes = 64 * 1024 * 1024

/**
 * The binary messages of AWS, each with two checksums. The event is the `:event-type`, or the `:exception-type` of an error;
 * the data is the payload as text.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
 * @throws {Error} from `push`, where a checksum or a length is wrong
 */
export function awsEventStream(onEvent: OnEvent): Framer {
  let rest: Buffer = Buffer.alloc(0)
  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      let from = 0
      while (rest.length - from >= prelude) {
        const total = rest.readUInt32BE(from)
        if (crc32(rest.subarray(from, from + 8)) !== rest.readUInt32BE(from + 8))
          throw new Error('a message with a wrong checksum')
        if (total < prelude + 4 || total > mostBytes) throw new Error(`a message of ${total} bytes`)
        if (rest.length - from < total) break
        take(rest.subarray(from, from + total), onEvent)
        from += total
      }
      rest = rest.subarray(from)
    },
    end() {
      rest = Buffer.alloc(0)
    },
  }
}

function take(message: Buffer, onEvent: OnEvent): void {
  const end = message.length - 4
  if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) throw new Error('a message with a wrong checksum')
  const headersEnd = prelude + message.readUInt32BE(4)
  if (headersEnd > end) throw new Error('a message whose headers are longer than itself')
  const headers = textHeaders(message.subarray(prelude, headersEnd))
  onEvent(
    headers[':exception-type'] ?? headers[':error-code'] ?? headers[':event-type'],
    message.toString('utf8', headersEnd, end),
  )
}

/** Sizes of the values by type; 6 and 7 (bytes, text) say theirs. */
const sizes = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]

/** The headers that are text; the others are stepped over. */
function textHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {}
  let at = 0
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes.readUInt8(at)
    const name = bytes.toString('utf8', at + 1, nameEnd)
    const type = bytes.readUInt8(nameEnd)
    at = nameEnd + 1
    let size = sizes[type]
    if (size === undefined) throw new Error(`a header of type ${type}`)
    if (size === -1) {
      size = bytes.readUInt16BE(at)
      at += 2
    }
    if (type === 7) headers[name] = bytes.toString('utf8', at, at + size)
    at += size
  }
  return headers
}
