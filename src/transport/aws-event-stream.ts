import { concat, crc32, utf8 } from '../platform/index.js'
import type { Framer, OnEvent } from './framer.js'

/** Prelude: total length, length of the headers, CRC of both. */
const prelude = 12
/** The CRC at the end. */
const trailer = 4
const mostBytes = 64 * 1024 * 1024

/**
 * Binary AWS messages, each with two checksums. The event name is `:event-type`, or `:exception-type` or `:error-code` of a failure;
 * the data is the payload as text.
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 * @throws {Error} from `push` if a checksum or a length is wrong
 */
export function awsEventStream(onEvent: OnEvent): Framer {
  /** The headers of an event, as text, and its name. Most messages of a stream have the same, and reading them took half of a message's time. */
  let head: string | undefined
  let name: string | undefined
  return awsMessages((bytes, from, headersEnd, to) => {
    // with the payload in one text: headers are compared as memory, and byte by byte took as long as the checksum
    const text = utf8(bytes, from, to)
    const length = headersEnd - from
    if (length === head?.length && text.slice(0, length) === head) return onEvent(name, text.slice(length))
    const headers = textHeaders(bytes.subarray(from, headersEnd))
    const start = utf8(bytes, from, headersEnd)
    // bytes and characters have the same places in ASCII only
    if (ascii.test(start) && !isFailure(headers)) {
      head = start
      name = headers[':event-type']
    }
    deliver(headers, utf8(bytes, headersEnd, to), onEvent)
  })
}

const ascii = /^[\0-\x7f]+$/
const isFailure = (headers: Headers): boolean =>
  headers[':error-code'] !== undefined || headers[':exception-type'] !== undefined

/**
 * AWS messages whose payloads are pieces of an inner event stream, cut at any byte. SageMaker wraps the stream of a container this way.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
 * @param inside framing of the inner stream
 */
export function awsPieces(onEvent: OnEvent, inside: (onEvent: OnEvent) => Framer): Framer {
  const inner = inside(onEvent)
  const outer = awsMessages((bytes, from, headersEnd, to) => {
    const headers = textHeaders(bytes.subarray(from, headersEnd))
    if (headers[':event-type'] === 'PayloadPart') inner.push(bytes.subarray(headersEnd, to))
    else deliver(headers, utf8(bytes, headersEnd, to), onEvent)
  })
  return {
    push: outer.push,
    end() {
      outer.end()
      inner.end()
    },
  }
}

type Headers = Readonly<Record<string, string>>

/** Gets headers and payload by their places: a view of them takes as long as their text. */
type OnMessage = (bytes: Uint8Array, from: number, headersEnd: number, to: number) => void

function awsMessages(onMessage: OnMessage): Framer {
  let held: Uint8Array[] = []
  let size = 0
  /** Bytes needed before the next parse can succeed. */
  let wanted = prelude

  return {
    push(bytes) {
      let all = bytes
      if (size > 0) {
        held.push(bytes)
        size += bytes.length
        if (size < wanted) return
        // join only complete messages: a large one arrives in thousands of pieces
        all = concat(held, size)
        held = []
      }
      let from = 0
      wanted = prelude
      while (all.length - from >= prelude) {
        const total = uint32(all, from)
        const complete = total >= prelude + trailer && total <= all.length - from
        // the checksum of a complete message covers its length too
        if (!complete) {
          checkLength(all, from, total)
          wanted = total
          break
        }
        take(all, from, from + total - trailer, onMessage)
        from += total
      }
      size = all.length - from
      if (size > 0) held.push(from > 0 ? all.subarray(from) : all)
    },
    end() {
      held = []
      size = 0
    },
  }
}

const uint16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
const uint32 = (bytes: Uint8Array, at: number): number => ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0

/** A corrupt length must not stall the stream. */
function checkLength(bytes: Uint8Array, from: number, total: number): void {
  if (crc32(bytes, from, from + 8) !== uint32(bytes, from + 8)) throw new Error(wrongChecksum)
  if (total < prelude + trailer || total > mostBytes) throw new Error(`a message of ${total} bytes`)
}

function take(bytes: Uint8Array, from: number, end: number, onMessage: OnMessage): void {
  if (crc32(bytes, from, end) !== uint32(bytes, end)) throw new Error(wrongChecksum)
  const headersEnd = from + prelude + uint32(bytes, from + 4)
  if (headersEnd > end) throw new Error('a message whose headers are longer than itself')
  onMessage(bytes, from + prelude, headersEnd, end)
}

const wrongChecksum = 'a message with a wrong checksum'

function deliver(headers: Headers, data: string, onEvent: OnEvent): void {
  const failure = headers[':error-code']
  // failures of this type carry their message in a header, beside an empty body
  if (failure !== undefined && /^\s*(?:\{\s*\})?\s*$/.test(data))
    onEvent(failure, JSON.stringify({ message: headers[':error-message'] ?? '' }))
  else onEvent(headers[':exception-type'] ?? failure ?? headers[':event-type'], data)
}

const textType = 7
/** Value sizes by type. Types 6 and 7 (bytes, string) are length-prefixed. */
const sizes = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]

/** Reads string headers and skips the others. */
function textHeaders(bytes: Uint8Array): Record<string, string> {
  const headers: Record<string, string> = {}
  let at = 0
  const next = (length: number): number => {
    const from = at
    at += length
    if (at > bytes.length) throw new Error('a message with a header that is cut')
    return from
  }
  while (at < bytes.length) {
    const nameLength = bytes[next(1)] ?? 0
    const nameFrom = next(nameLength)
    const name = utf8(bytes.subarray(nameFrom, at))
    const type = bytes[next(1)] ?? 0
    const fixed = sizes[type]
    if (fixed === undefined) throw new Error(`a message with a header of type ${type}`)
    const valueFrom = next(fixed === -1 ? uint16(bytes, next(2)) : fixed)
    if (type === textType) headers[name] = utf8(bytes.subarray(valueFrom, at))
  }
  return headers
}
