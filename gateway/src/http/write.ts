import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Settings } from '../config/settings.js'
import { originHeaders } from './origins.js'
import type { GatewayResponse } from './response.js'
import { bufferedBytes, growthBytes, type SlowReaders } from './slow-readers.js'

const common = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy': "frame-ancestors 'none'",
} as const

/** Headers of streams. */
const streamed = { 'x-accel-buffering': 'no', 'cache-control': 'no-cache' } as const

/**
 * Headers as a list of names and values: a call has forty, and an object of them takes 40 KB on its way through three copies. Those of
 * the response replace the others.
 */
function headerList({ headers: own, more }: GatewayResponse, ...others: Readonly<Record<string, string>>[]): string[] {
  const list: string[] = []
  for (const headers of others) {
    for (const name in headers) if (!(name in own)) list.push(name, headers[name] as string)
  }
  for (const name in own) list.push(name, own[name] as string)
  if (more) for (const text of more) list.push(text)
  return list
}

function setLength(list: string[], length: string): void {
  const at = list.indexOf('content-length')
  if (at < 0) list.push('content-length', length)
  else list[at + 1] = length
}

/** Writes a response. A stream waits for a slow reader, and ends when the reader has left. */
export async function write(
  { settings: current, readers }: { readonly settings: () => Settings; readonly readers: SlowReaders },
  request: IncomingMessage,
  raw: ServerResponse,
  response: GatewayResponse,
): Promise<void> {
  const settings = current()
  const { body } = response
  if (raw.destroyed && settings.onDisconnect === 'drain') return readOut(body)
  if (raw.headersSent || raw.destroyed) return leave(body)
  const { origin } = request.headers
  const headers = headerList(response, common, originHeaders(settings.corsOrigins, origin))
  if (typeof body !== 'object') {
    const bytes = body === undefined ? 0 : Buffer.byteLength(body)
    if (body !== undefined && request.method !== 'HEAD') setLength(headers, String(bytes))
    for (const cookie of response.cookies ?? []) headers.push('set-cookie', cookie)
    raw.writeHead(response.status, headers)
    // as text: Node then sends head and body as one piece, rather than as a list of buffers
    if (request.method === 'HEAD' || body === undefined) raw.end()
    else raw.end(body, encodingOf(body, bytes))
    // Node reads and discards the rest of a refused body
    return
  }
  for (const name in streamed) {
    if (!(name in response.headers)) headers.push(name, streamed[name as keyof typeof streamed])
  }
  raw.writeHead(response.status, headers)
  // one piece for each chunk of the body: Node writes its length, its bytes and two line ends as four. `fetch()` has no socket, and no chunks
  const chunked = raw.chunkedEncoding && raw.socket instanceof Socket
  if (chunked) raw.chunkedEncoding = false
  const send = (text: string | Uint8Array) => {
    written += text.length
    if (!chunked) raw.write(text)
    else if (typeof text === 'string') {
      const bytes = Buffer.byteLength(text)
      raw.write(`${bytes.toString(16)}\r\n${text}\r\n`, encodingOf(text, bytes))
    } else if (text.length > 0) {
      raw.write(`${text.length.toString(16)}\r\n`)
      raw.write(text)
      raw.write('\r\n')
    }
  }
  if (request.method === 'HEAD') {
    raw.end()
    return leave(body)
  }
  let written = 0
  /** Characters of events, whose text is kept until the call is booked. Bytes that pass through are not kept. */
  let kept = 0
  let noted = 0
  /** Bytes of a large stream in memory: its text, and what was read ahead. */
  let held = 0
  let pending = ''
  const flush = () => {
    if (pending === '') return
    const text = pending
    pending = ''
    send(text)
  }
  try {
    for await (const text of body) {
      if (raw.destroyed) {
        pending = ''
        if (settings.onDisconnect === 'abort') break
        continue
      }
      if (typeof text === 'string') {
        // the events of a packet come one after the other within a tick: one chunk for all of them is one write instead of hundreds
        if (pending === '') process.nextTick(flush)
        pending += text
        kept += text.length
        if (pending.length > mostPending) flush()
      } else {
        flush()
        send(text)
      }
      if (kept - noted > growthBytes) {
        const more = kept - noted + (noted === 0 ? bufferedBytes : 0)
        noted = kept
        held += more
        const room = readers.grew(raw, more, held)
        if (room && !(await room)) break
      }
      // the reader may have caught up since the end of the tick
      if (raw.writableNeedDrain && !(await readers.drained(raw, Math.max(written, held)))) break
    }
    if (!raw.destroyed) flush()
  } finally {
    readers.released(held)
    raw.end(chunked ? '0\r\n\r\n' : undefined)
  }
}

/** ASCII is copied as it is, which takes a third of writing it as UTF-8. */
const encodingOf = (text: string, bytes: number) => (text.length === bytes ? 'latin1' : 'utf8')

/** Characters of events that wait for the end of a tick. */
const mostPending = 32_768

/** Reads a stream without its client to the end, so that its usage is known. */
async function readOut(body: GatewayResponse['body']): Promise<void> {
  if (typeof body !== 'object') return
  const texts = body[Symbol.asyncIterator]()
  while (!(await texts.next()).done);
}

/** Ends a stream whose reader is gone. */
async function leave(body: GatewayResponse['body']): Promise<void> {
  if (typeof body === 'object') await body[Symbol.asyncIterator]().return?.()
}
