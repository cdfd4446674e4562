import type { Fault } from './fault.js'
import { type Frame, framesBefore, type Pace, recut, writeFrames } from './frames.js'
import { framings } from './framing.js'
import { garbage } from './garbage.js'
import type { RawEvent, RawReply, StreamControls } from './reply.js'
import type { Step } from './steps.js'
import type { Headers, Wire, WireBody, WireError, WireRequest } from './wire/wire.js'

/** A response on the wire, before a fault is applied. */
export interface Performance {
  readonly wire: Wire
  readonly request: WireRequest
  readonly answer:
    | { readonly frames: readonly Frame[] }
    | { readonly whole: WireBody; readonly headers?: Headers | undefined }
  readonly controls: StreamControls
  /** Milliseconds before the headers. */
  readonly delayMs: number
  readonly chunkDelayMs: number
}

/** The steps of a response, with its fault applied. */
export function perform(performance: Performance, fault: Fault | undefined): Iterable<Step> {
  const steps =
    'frames' in performance.answer
      ? streamed(performance, performance.answer.frames, fault)
      : whole(performance, performance.answer.whole, fault)
  const size = performance.controls.writeBytes
  return size !== undefined && size > 0 && 'frames' in performance.answer ? recut(steps, size) : steps
}

function* streamed(performance: Performance, all: readonly Frame[], fault: Fault | undefined): Generator<Step> {
  const { wire, request, chunkDelayMs } = performance
  const controls = { ...performance.controls, lineEnding: lineEnding(wire, performance.controls) }
  const pace: Pace = { firstMs: 0, betweenMs: chunkDelayMs }
  const ping = wire.keepAlive && ({ kind: 'write', bytes: Buffer.from(wire.keepAlive(controls.lineEnding)) } as const)
  const write = (frames: readonly Frame[], last: boolean): Iterable<Step> =>
    writeFrames(wire.framing, frames, controls, pace, last)
  yield { kind: 'wait', ms: performance.delayMs + (fault?.kind === 'slow-headers' ? fault.ms : 0) }
  yield head(performance, framings[wire.framing].contentType)
  switch (fault?.kind) {
    case 'slow-first-token': {
      const opening = framesBefore(all, 0)
      yield* write(all.slice(0, opening), false)
      yield* lull(fault.ms, fault.keepAliveMs, ping)
      yield* write(all.slice(opening), true)
      break
    }
    case 'silence':
      yield* write(all.slice(0, framesBefore(all, fault.afterChunks ?? 1)), false)
      yield* lull(Number.POSITIVE_INFINITY, fault.keepAliveMs, ping)
      break
    case 'cut':
    case 'end':
      yield* write(all.slice(0, framesBefore(all, fault.afterChunks ?? 1)), fault.kind === 'end')
      if (fault.kind === 'cut') {
        yield { kind: 'break', reset: false }
        return
      }
      break
    case 'error-event': {
      const after = fault.afterChunks ?? 1
      const said = after === 0 ? 0 : framesBefore(all, after)
      yield* write([...all.slice(0, said), wire.errorInside(request, fault.status).frame], true)
      break
    }
    default:
      yield* write(all, true)
  }
  yield { kind: 'end' }
}

function* whole(performance: Performance, json: WireBody, fault: Fault | undefined): Generator<Step> {
  const { wire, request } = performance
  const broken = fault?.kind === 'cut' || fault?.kind === 'end' || fault?.kind === 'silence'
  const body = fault?.kind === 'error-event' ? wire.errorInside(request, fault.status).body : json
  const bytes = Buffer.from(JSON.stringify(body))
  const late = fault?.kind === 'slow-headers' || fault?.kind === 'slow-first-token' ? fault.ms : 0
  yield { kind: 'wait', ms: performance.delayMs + late }
  if (!broken) {
    yield head(performance, 'application/json', bytes.length)
    yield { kind: 'write', bytes }
    yield { kind: 'end' }
    return
  }
  yield head(performance, 'application/json')
  yield { kind: 'write', bytes: bytes.subarray(0, bytes.length >> 1) }
  if (fault.kind === 'silence') yield { kind: 'wait', ms: Number.POSITIVE_INFINITY }
  yield fault.kind === 'cut' ? { kind: 'break', reset: false } : { kind: 'end' }
}

function lineEnding(wire: Wire, controls: StreamControls): '\n' | '\r\n' {
  return controls.lineEnding ?? wire.lineEnding ?? '\n'
}

/** A pause without content; keep-alive may be sent. */
function* lull(ms: number, keepAliveMs: number | undefined, ping: Step | undefined): Generator<Step> {
  let left = ms
  while (ping && keepAliveMs !== undefined && keepAliveMs > 0 && left > keepAliveMs) {
    yield { kind: 'wait', ms: keepAliveMs }
    yield ping
    left -= keepAliveMs
  }
  yield { kind: 'wait', ms: left }
}

function head({ wire, request, answer }: Performance, contentType: string, length?: number): Step {
  const own = 'whole' in answer ? answer.headers : undefined
  const headers: Record<string, string> = { 'content-type': contentType, ...wire.headers(request), ...own }
  if (contentType === framings.sse.contentType) headers['cache-control'] = 'no-cache'
  if (length !== undefined) headers['content-length'] = String(length)
  return { kind: 'head', status: 200, headers }
}

/** A complete body: an error, an invalid body or a raw reply. */
export function* plain(wire: Wire, request: WireRequest, error: WireError): Generator<Step> {
  const isText = typeof error.body === 'string'
  const bytes = Buffer.from(typeof error.body === 'string' ? error.body : JSON.stringify(error.body))
  const contentType = error.contentType ?? (isText ? 'text/plain' : 'application/json')
  const headers = {
    'content-type': contentType,
    ...wire.headers(request),
    ...error.headers,
    'content-length': String(bytes.length),
  }
  yield { kind: 'head', status: error.status, headers }
  yield { kind: 'write', bytes }
  yield { kind: 'end' }
}

/** A scripted raw reply, sent unchanged. */
export function raw(
  wire: Wire,
  request: WireRequest,
  reply: RawReply,
  controls: StreamControls,
  delayMs: number,
): Iterable<Step> {
  const { status = 200, events } = reply
  const contentType = events ? framings[wire.framing].contentType : 'application/json'
  const headers = { 'content-type': contentType, ...wire.headers(request), ...reply.headers }
  const steps: Step[] = [
    { kind: 'wait', ms: delayMs },
    { kind: 'head', status, headers },
    ...(events ?? []).map(
      (event): Step => ({ kind: 'write', bytes: rawEvent(wire, event, lineEnding(wire, controls)) }),
    ),
  ]
  if (!events) steps.push({ kind: 'write', bytes: rawBody(reply.body ?? '') })
  steps.push({ kind: 'end' })
  return events && controls.writeBytes ? recut(steps, controls.writeBytes) : steps
}

function rawEvent({ framing }: Wire, event: RawEvent, eol: string): Buffer {
  const { write } = framings[framing]
  if (typeof event === 'string') return write({ data: event }, eol)
  const { event: name, data } = hasOnlyEventFields(event) ? event : { data: event }
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return write({ data: text, ...(typeof name === 'string' && { event: name }) }, eol)
}

/** Distinguishes `{ event, data }` from an object that is the data itself. */
const hasOnlyEventFields = (event: Exclude<RawEvent, string>): boolean =>
  event.data !== undefined && Object.keys(event).every((key) => key === 'event' || key === 'data')

function rawBody(body: NonNullable<RawReply['body']>): Buffer {
  if (typeof body === 'string') return Buffer.from(body)
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body))
}

/** Handles faults that replace the response. Undefined for faults that only disturb it. */
export function replacement(wire: Wire, request: WireRequest, fault: Fault): Iterable<Step> | undefined {
  switch (fault.kind) {
    case 'status': {
      const seconds = typeof fault.retryAfter === 'number' ? fault.retryAfter * 1_000 : undefined
      const retryAfterMs = fault.retryAfterMs ?? seconds
      const error = wire.error(request, { status: fault.status, reason: fault.reason, retryAfterMs })
      const headers: Record<string, string> = { ...error.headers, ...fault.headers }
      if (fault.retryAfter !== undefined) headers['retry-after'] = String(fault.retryAfter)
      if (fault.retryAfterMs !== undefined) headers['retry-after-ms'] = String(fault.retryAfterMs)
      if (fault.body === undefined) return plain(wire, request, { ...error, headers })
      return plain(wire, request, { status: error.status, body: fault.body, headers })
    }
    case 'redirect':
      return plain(wire, request, { status: fault.status ?? 307, body: '', headers: { location: fault.location } })
    case 'reset':
      return [{ kind: 'break', reset: true }]
    case 'garbage':
      return garbage(wire, request, fault)
    default:
      return undefined
  }
}
