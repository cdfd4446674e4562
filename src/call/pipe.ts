import type { ChatCompletionChunk } from '../types/chat.js'

/** Chunks that may wait for a slow reader before the socket is paused. */
const mostWaiting = 1024

/** What the pipe may ask of the side that fills it. */
export interface Source {
  pause(): void
  resume(): void
  /** The reader has left: stop. */
  leave(): void
}

type Result = IteratorResult<ChatCompletionChunk, undefined>

const over: Result = Object.freeze({ value: undefined, done: true })

/**
 * The one queue between the socket and the reader. It is filled synchronously, and read as an async iterator; it pauses the
 * socket when the reader is slow.
 */
export class Pipe implements AsyncIterator<ChatCompletionChunk, undefined> {
  readonly #source: Source
  #queue: ChatCompletionChunk[] = []
  #head = 0
  #paused = false
  #discarding = false
  #failure: Error | undefined
  #done = false
  #waiting: { resolve(result: Result): void; reject(error: Error): void } | undefined
  #watchers: ((failure: Error | undefined) => void)[] = []

  constructor(source: Source) {
    this.#source = source
  }

  /** True while chunks wait for the reader. */
  get backlogged(): boolean {
    return this.#head < this.#queue.length
  }

  /** True once no more chunks will come in. */
  get over(): boolean {
    return this.#done
  }

  put(chunk: ChatCompletionChunk): void {
    if (this.#done || this.#discarding) return
    const waiting = this.#waiting
    if (waiting) {
      this.#waiting = undefined
      waiting.resolve({ value: chunk, done: false })
      return
    }
    this.#queue.push(chunk)
    if (!this.#paused && this.#queue.length - this.#head >= mostWaiting) {
      this.#paused = true
      this.#source.pause()
    }
  }

  /** No more chunks: the natural end, or `failure`, which the reader meets after the chunks before it. */
  finish(failure?: Error): void {
    if (this.#done) return
    this.#done = true
    this.#failure = failure
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) {
      if (failure) {
        this.#failure = undefined
        waiting.reject(failure)
      } else waiting.resolve(over)
    }
    for (const watch of this.#watchers) watch(failure)
    this.#watchers = []
  }

  next(): Promise<Result> {
    if (this.#head < this.#queue.length) {
      const value = this.#queue[this.#head++] as ChatCompletionChunk
      if (this.#head === this.#queue.length) this.#emptied()
      return Promise.resolve({ value, done: false })
    }
    if (this.#failure) {
      const failure = this.#failure
      this.#failure = undefined
      return Promise.reject(failure)
    }
    if (this.#done) return Promise.resolve(over)
    if (this.#waiting) return Promise.reject(new TypeError('next() was called again before the chunk before had come.'))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** The reader left the loop. */
  return(): Promise<Result> {
    this.#drop()
    if (!this.#done) this.#source.leave()
    this.#failure = undefined
    return Promise.resolve(over)
  }

  /** Nobody will read the chunks: they need not be kept. */
  discard(): void {
    this.#discarding = true
    this.#drop()
    this.#emptied()
  }

  /** Calls back once, when no more chunks will come. */
  watch(watcher: (failure: Error | undefined) => void): void {
    this.#watchers.push(watcher)
  }

  #drop(): void {
    this.#queue = []
    this.#head = 0
  }

  #emptied(): void {
    this.#drop()
    if (this.#paused) {
      this.#paused = false
      this.#source.resume()
    }
  }
}
