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
export const awsEventStream = (onEvent: OnEvent): Framer =>
  awsMessages((headers, bytes, from, to) => deliver(headers, utf8(bytes, from, to), onEvent))

/**
 * AWS messages whose payloads are pieces of an inner event stream, cut at any byte. SageMaker wraps the stream of a container this way.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
 * @param inside framing of the inner stream
 */
export function awsPieces(onEvent: OnEvent, inside: (onEvent: OnEvent) => Framer): Framer {
  const inner = inside(onEvent)
  const outer = awsMessages((headers, bytes, from, to) => {
    if (headers[':event-type'] === 'PayloadPart') inner.push(bytes.subarray(from, to))
    else deliver(headers, utf8(bytes, from, to), onEvent)
  })
  return {
    push: outer.push,
    end() {
      outer.end()
      inner.end()
    },
  }
}

/** Gets a payload by its place: a view of it took as long as its text. */
type OnMessage = (headers: Readonly<Record<string, string>>, bytes: Uint8Array, from: number, to: number) => void

function awsMessages(onMessage: OnMessage): Framer {
  const readHeaders = headerReader()
  let held: Uint8Array[] = []
  let size = 0
  /** Bytes needed before the next parse can succeed. */
  let wanted = prelude

  return {
    push(bytes) {
      held.push(bytes)
      size += bytes.length
      if (size < wanted) return
      // join only complete messages: a large one arrives in thousands of pieces
      const all = held.length === 1 ? bytes : concat(held, size)
      let from = 0
      wanted = prelude
      while (all.length - from >= prelude) {
        const total = lengthAt(all, from)
        if (all.length - from < total) {
          wanted = total
          break
        }
        take(all, from, from + total - trailer, readHeaders, onMessage)
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

const uint16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
const uint32 = (bytes: Uint8Array, at: number): number => ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0

/** Checks the CRC of the prelude first, so that a corrupt length can't stall the stream. */
function lengthAt(bytes: Uint8Array, from: number): number {
  if (crc32(bytes, from, from + 8) !== uint32(bytes, from + 8)) {
    throw new Error('a message with a wrong checksum')
  }
  const total = uint32(bytes, from)
  if (total < prelude + trailer || total > mostBytes) throw new Error(`a message of ${total} bytes`)
  return total
}

function take(bytes: Uint8Array, from: number, end: number, readHeaders: HeaderReader, onMessage: OnMessage): void {
  if (crc32(bytes, from, end) !== uint32(bytes, end)) throw new Error('a message with a wrong checksum')
  const headersEnd = from + prelude + uint32(bytes, from + 4)
  if (headersEnd > end) throw new Error('a message whose headers are longer than itself')
  onMessage(readHeaders(bytes, from + prelude, headersEnd), bytes, headersEnd, end)
}

function deliver(headers: Readonly<Record<string, string>>, data: string, onEvent: OnEvent): void {
  const failure = headers[':error-code']
  // failures of this type carry their message in a header, beside an empty body
  if (failure !== undefined && /^\s*(?:\{\s*\})?\s*$/.test(data))
    onEvent(failure, JSON.stringify({ message: headers[':error-message'] ?? '' }))
  else onEvent(headers[':exception-type'] ?? failure ?? headers[':event-type'], data)
}

type HeaderReader = (bytes: Uint8Array, from: number, to: number) => Readonly<Record<string, string>>

/** Reads headers, and keeps the last ones: most messages of a stream have the same, and reading them took half of a message's time. */
function headerReader(): HeaderReader {
  let last: Uint8Array | undefined
  let headers: Readonly<Record<string, string>> = {}
  return (bytes, from, to) => {
    if (last === undefined || !isAt(last, bytes, from, to)) {
      // a copy: the bytes would keep their packet
      const copy = new Uint8Array(bytes.subarray(from, to))
      headers = textHeaders(copy)
      last = copy
    }
    return headers
  }
}

function isAt(some: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (some.length !== to - from) return false
  for (let at = 0; at < some.length; at++) if (some[at] !== bytes[from + at]) return false
  return true
}

const text = 7
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
    if (type === text) headers[name] = utf8(bytes.subarray(valueFrom, at))
  }
  return headers
}
