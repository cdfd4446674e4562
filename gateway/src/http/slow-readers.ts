import type { ServerResponse } from 'node:http'
import { getHeapStatistics } from 'node:v8'
import type { Settings } from '../config/settings.js'

interface Waiting {
  readonly raw: ServerResponse
  readonly bytes: number
  readonly since: number
  /** Whether it waits for other streams, and not for its reader. */
  readonly crowded: boolean
  ended: boolean
}

const sweepMs = 1_000
/** Bytes after which a stream notes its growth. */
export const growthBytes = 65_536
/** Bytes that a large stream holds besides its text: what was read from its provider and not written yet. */
export const bufferedBytes = 262_144

/**
 * Bounds the memory of answers whose readers are slow. A stream is read from its provider only as fast as its client takes it, but the text
 * so far stays in memory until the call is booked. Streams that wait for their readers may hold so many bytes together, and each may wait
 * so long for its reader to take anything; the stream that has waited longest is ended first.
 *
 * The system takes some megabytes of each stream before it has to wait. All large streams together may therefore hold a third of the heap:
 * beyond it a stream that grows waits until another has ended, as if its reader were slow. The rest of the heap is for the calls themselves
 * and for garbage.
 */
export class SlowReaders {
  /** In the order in which their waits began. */
  readonly #waiting = new Set<Waiting>()
  readonly #settings: () => Pick<Settings, 'maxUnreadBytes' | 'readerTimeout'>
  readonly #standard = getHeapStatistics().heap_size_limit / 4
  readonly #mostOpen: number
  /** Continue the streams that wait for others to end. */
  readonly #crowded = new Set<() => void>()
  #open = 0
  #held = 0
  /** Bytes of the streams that wait for others. */
  #crowding = 0
  #ended = 0
  #sweep: NodeJS.Timeout | undefined

  /** @param mostOpen bytes of all large streams */
  constructor(
    settings: () => Pick<Settings, 'maxUnreadBytes' | 'readerTimeout'>,
    mostOpen = getHeapStatistics().heap_size_limit / 3,
  ) {
    this.#settings = settings
    this.#mostOpen = mostOpen
  }

  get #most(): number {
    return this.#settings().maxUnreadBytes ?? this.#standard
  }

  /** Bytes of the answers whose readers are waited for. */
  get held(): number {
    return this.#held
  }

  /** Streams that were ended because of their readers. */
  get ended(): number {
    return this.#ended
  }

  /**
   * Waits until the client has taken the written bytes, or has left. Returns false if the stream was ended because of its client.
   * @param bytes length of the answer so far
   */
  drained(raw: ServerResponse, bytes: number): Promise<boolean> {
    return this.#wait(raw, bytes, false, (end) => {
      raw.once('drain', end)
      return () => raw.off('drain', end)
    })
  }

  /**
   * Notes that a stream has grown. Undefined if it may grow further; else resolves once it may, or once its client has left. Resolves to
   * false if the stream was ended to make room.
   * @param more bytes that were not noted yet
   * @param bytes length of the answer so far
   */
  grew(raw: ServerResponse, more: number, bytes: number): Promise<boolean> | undefined {
    this.#open += more
    if (this.#open <= this.#mostOpen) return undefined
    return this.#wait(raw, bytes, true, (end) => {
      this.#crowded.add(end)
      return () => this.#crowded.delete(end)
    })
  }

  /** Notes that a stream has ended. @param bytes those that it has noted */
  released(bytes: number): void {
    this.#open -= bytes
    let room = this.#mostOpen - this.#open
    for (const proceed of this.#crowded) {
      if (room < growthBytes) break
      room -= growthBytes
      proceed()
    }
    this.#endStuck()
  }

  /** Ends a stream if all of them wait for one another: none would ever end. */
  #endStuck(): void {
    if (this.#crowding < this.#open) return
    for (const waiting of this.#waiting) if (waiting.crowded) return this.#end(waiting)
  }

  #wait(
    raw: ServerResponse,
    bytes: number,
    crowded: boolean,
    listen: (end: () => void) => () => void,
  ): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting: Waiting = { raw, bytes, since: performance.now(), crowded, ended: false }
      const end = () => {
        ignore()
        raw.off('close', end)
        this.#waiting.delete(waiting)
        this.#held -= bytes
        if (crowded) this.#crowding -= bytes
        resolve(!waiting.ended)
      }
      const ignore = listen(end)
      raw.once('close', end)
      this.#waiting.add(waiting)
      this.#held += bytes
      if (crowded) this.#crowding += bytes
      this.#sweep ??= setInterval(() => this.#endLate(), sweepMs).unref()
      if (this.#held > this.#most) this.#endFirst()
      else if (crowded) this.#endStuck()
    })
  }

  #endFirst(): void {
    const most = this.#most
    let left = this.#held
    for (const waiting of this.#waiting) {
      if (left <= most) return
      left -= waiting.bytes
      this.#end(waiting)
    }
  }

  #endLate(): void {
    // here, and not with the last wait: most are over within a millisecond, and the next one would make another timer
    if (this.#waiting.size === 0) {
      clearInterval(this.#sweep)
      this.#sweep = undefined
    }
    const before = performance.now() - this.#settings().readerTimeout
    for (const waiting of this.#waiting) {
      if (waiting.since > before) return
      this.#end(waiting)
    }
  }

  #end(waiting: Waiting): void {
    if (waiting.raw.destroyed) return
    waiting.ended = true
    this.#ended++
    waiting.raw.destroy()
  }
}
