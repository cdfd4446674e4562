import { type FramedEvent, type Framing, framings } from './framing.js'
import type { StreamControls } from './reply.js'
import type { Step } from './steps.js'

/**
 * An event of a stream and its role: `open` precedes content, `content` is counted by `afterChunks` and
 * delayed by `chunkDelayMs`, `close` ends the answer, `mark` is the end mark.
 */
export interface Frame extends FramedEvent {
  readonly part: 'open' | 'content' | 'close' | 'mark'
}

/** Counts the frames before a fault that follows `chunks` content events. */
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

/** Writes frames with their delays. `last` marks the end of the stream. */
export function* writeFrames(
  framing: Framing,
  frames: readonly Frame[],
  controls: StreamControls,
  pace: Pace,
  last: boolean,
): Generator<Step> {
  const { write, comment, lines } = framings[framing]
  const eol = controls.lineEnding ?? '\n'
  const shown = controls.endMark === false ? frames.filter((frame) => frame.part !== 'mark') : frames
  let content = 0
  for (let i = 0; i < shown.length; i++) {
    const frame = shown[i]
    if (!frame) continue
    if (frame.part === 'content') yield { kind: 'wait', ms: content++ === 0 ? pace.firstMs : pace.betweenMs }
    let bytes = write(frame, eol)
    if (controls.comments && comment) bytes = Buffer.concat([comment(eol), bytes])
    const cut = lines && last && i === shown.length - 1 && controls.finalBlankLine === false
    yield { kind: 'write', bytes: cut ? bytes.subarray(0, -eol.length) : bytes }
  }
}

/** Splits writes into pieces of `size` bytes at any position. Flushes the remainder before any other step. */
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
    // a wait of 0 ms separates nothing
    if (step.kind === 'wait' && step.ms === 0) continue
    if (held.length > 0) yield { kind: 'write', bytes: held }
    held = Buffer.alloc(0)
    yield step
  }
  if (held.length > 0) yield { kind: 'write', bytes: held }
}
