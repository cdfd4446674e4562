import type { ServerResponse } from 'node:http'
import { getHeapStatistics } from 'node:v8'
import type { Settings } from '../config/settings.js'

interface Waiting {
  readonly raw: ServerResponse
  readonly bytes: number
  readonly since: number
  ended: boolean
}

const sweepMs = 1_000

/**
 * Bounds the memory of answers whose readers are slow. A stream is read from its provider only as fast as its client takes it, but the text
 * so far stays in memory until the call is booked. Streams that wait for their readers may hold so many bytes together, and each may wait
 * so long for its reader to take anything; the stream that has waited longest is ended first.
 */
export class SlowReaders {
  /** In the order in which their waits began. */
  readonly #waiting = new Set<Waiting>()
  readonly #settings: () => Pick<Settings, 'maxUnreadBytes' | 'readerTimeout'>
  readonly #standard = getHeapStatistics().heap_size_limit / 4
  #held = 0
  #ended = 0
  #sweep: NodeJS.Timeout | undefined

  constructor(settings: () => Pick<Settings, 'maxUnreadBytes' | 'readerTimeout'>) {
    this.#settings = settings
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
    return new Promise((resolve) => {
      const waiting: Waiting = { raw, bytes, since: performance.now(), ended: false }
      const end = () => {
        raw.off('drain', end)
        raw.off('close', end)
        this.#waiting.delete(waiting)
        this.#held -= bytes
        if (this.#waiting.size === 0) {
          clearInterval(this.#sweep)
          this.#sweep = undefined
        }
        resolve(!waiting.ended)
      }
      raw.once('drain', end)
      raw.once('close', end)
      this.#waiting.add(waiting)
      this.#held += bytes
      this.#sweep ??= setInterval(() => this.#endLate(), sweepMs).unref()
      if (this.#held > this.#most) this.#endFirst()
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
