import type { StreamControls } from './reply.js'
import type { Step } from './steps.js'

/**
 * An event of a stream, and its place in the answer: `open` comes before content, `content` is what `afterChunks` and
 * `chunkDelayMs` count, `close` ends the answer, `mark` says that nothing follows.
 */
export interface Frame {
  readonly event?: string
  readonly data: string
  readonly part: 'open' | 'content' | 'close' | 'mark'
}

/** The bytes of one event. */
export function frameText(frame: Pick<Frame, 'event' | 'data'>, eol: string): string {
  const event = frame.event === undefined ? '' : `event: ${frame.event}${eol}`
  return `${event}data: ${frame.data}${eol}${eol}`
}

/** How many frames stand before a fault that comes after `chunks` content events. */
export function framesBefore(frames: readonly Frame[], chunks: number): number {
  let content = 0
  for (let i = 0; i < frames.length; i++) {
    const part = frames[i]?.part
    if (part === 'content') {
      if (content === chunks) return i
      content++
      if (content === chunks) return i + 1
    } else if (part === 'close' || part === 'mark') {
      return i
    }
  }
  return frames.length
}

export interface Pace {
  /** Milliseconds before the first content. */
  readonly firstMs: number
  /** Milliseconds between two pieces of content. */
  readonly betweenMs: number
}

/** Writes frames with their delays. `last` says that nothing follows them. */
export function* writeFrames(
  frames: readonly Frame[],
  controls: StreamControls,
  pace: Pace,
  last: boolean,
): Generator<Step> {
  const eol = controls.lineEnding ?? '\n'
  const shown = controls.endMark === false ? frames.filter((frame) => frame.part !== 'mark') : frames
  let content = 0
  for (let i = 0; i < shown.length; i++) {
    const frame = shown[i]
    if (!frame) continue
    if (frame.part === 'content') yield { kind: 'wait', ms: content++ === 0 ? pace.firstMs : pace.betweenMs }
    let text = frameText(frame, eol)
    if (controls.comments) text = `: simulator${eol}${eol}${text}`
    if (last && i === shown.length - 1 && controls.finalBlankLine === false) text = text.slice(0, -eol.length)
    yield { kind: 'write', bytes: Buffer.from(text) }
  }
}

/** Cuts what is written into pieces of `size` bytes, wherever that is. What is left is flushed before any other step. */
export function* recut(steps: Iterable<Step>, size: number): Generator<Step> {
  let held: Buffer = Buffer.alloc(0)
  for (const step of steps) {
    if (step.kind === 'write') {
      held = held.length === 0 ? step.bytes : Buffer.concat([held, step.bytes])
      let at = 0
      for (; held.length - at >= size; at += size) yield { kind: 'write', bytes: held.subarray(at, at + size) }
      held = held.subarray(at)
      continue
    }
    // a wait of no time separates nothing
    if (step.kind === 'wait' && step.ms === 0) continue
    if (held.length > 0) yield { kind: 'write', bytes: held }
    held = Buffer.alloc(0)
    yield step
  }
  if (held.length > 0) yield { kind: 'write', bytes: held }
}
