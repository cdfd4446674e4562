import { hash } from './digest.js'
import type { GarbageFault, HugeFault } from './fault.js'
import { framings } from './framing.js'
import type { Step } from './steps.js'
import type { Wire, WireRequest } from './wire/wire.js'

const htmlPage =
  '<!DOCTYPE html>\n<html><head><title>Service</title></head><body><h1>Something went wrong</h1></body></html>\n'

/** An invalid body. */
export function* garbage(wire: Wire, request: WireRequest, fault: GarbageFault): Generator<Step> {
  const [contentType, bytes] = make(wire, request.stream, fault.what)
  const headers = { 'content-type': contentType, ...wire.headers(request), 'content-length': String(bytes.length) }
  yield { kind: 'head', status: fault.status ?? 200, headers }
  if (bytes.length > 0) yield { kind: 'write', bytes }
  yield { kind: 'end' }
}

function make(wire: Wire, stream: boolean, what: GarbageFault['what']): readonly [string, Buffer] {
  const { contentType: streamType, write } = framings[wire.framing]
  const contentType = stream ? streamType : 'application/json'
  const framed = (text: string): Buffer => (stream ? write({ data: text }, '\n') : Buffer.from(text))
  switch (what) {
    case 'html':
      return ['text/html; charset=UTF-8', Buffer.from(htmlPage)]
    case 'truncated-json':
      return [contentType, framed('{"id":"simulator","object":"chat.comp')]
    case 'not-json':
      return [contentType, framed('this is not JSON')]
    case 'empty':
      return [contentType, Buffer.alloc(0)]
    case 'binary':
      return [
        'application/octet-stream',
        Buffer.concat(Array.from({ length: 32 }, (_, i) => hash('binary', String(i)))),
      ]
  }
}

const block = Buffer.alloc(64 * 1024, 'a')
/** Placeholder for a text too long to build in memory. */
export const hugeMark = 'simulator-huge-text'

/** Writes an answer with a text of `bytes` bytes in blocks. `body` contains the placeholder. */
export function* huge(fault: HugeFault, headers: Readonly<Record<string, string>>, body: string): Generator<Step> {
  const at = body.indexOf(hugeMark)
  yield { kind: 'head', status: fault.status ?? 200, headers }
  yield { kind: 'write', bytes: Buffer.from(body.slice(0, at)) }
  for (let left = fault.bytes; left > 0; left -= block.length) {
    yield { kind: 'write', bytes: left < block.length ? block.subarray(0, left) : block }
  }
  yield { kind: 'write', bytes: Buffer.from(body.slice(at + hugeMark.length)) }
  yield { kind: 'end' }
}
