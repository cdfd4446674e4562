import { type Framing, framings } from './framing.js'
import type { StreamControls } from './reply.js'
import type { Step } from './steps.js'

/**
 * An event of a stream, and its place in the answer: `open` comes before content, `content` is what `afterChunks` and
 * `chunkDelayMs` count, `close` ends the answer, `mark` says that nothing follows.
 */
export interface Frame {
  /** The event's name; where a framing has no names, it is left out. */
  readonly event?: string
  /** True where AWS calls the event an exception. */
  readonly exception?: boolean
  /** Text, nearly always JSON. */
  readonly data: string
  readonly part: 'open' | 'content' | 'close' | 'mark'
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
