/** Items that may wait for a slow reader before the socket pauses. */
const mostWaiting = 1024
/** Bytes that may wait with them: events can be large. */
const mostBytes = 256 * 1024

/** The side that fills a pipe. */
export interface PipeSource {
  /** Pauses, and returns true; false if it goes on, because nobody can read the items yet. */
  pause(): boolean
  resume(): void
  /** Stops, because the reader has left. */
  leave(): void
}

/** The source of a pipe whose items are known from the start. */
export const noSource: PipeSource = { pause: () => true, resume() {}, leave() {} }

/** Pauses a loop that fills a pipe, for a slow reader. */
export class Gate {
  /** Resolves when the loop may go on; undefined if it need not wait. */
  closed: Promise<void> | undefined
  #open: () => void = () => {}

  pause(): boolean {
    this.closed ??= new Promise((resolve) => {
      this.#open = resolve
    })
    return true
  }

  resume(): void {
    this.#open()
    this.closed = undefined
  }
}

type Result<Item> = IteratorResult<Item, undefined>

const none: readonly never[] = Object.freeze([])
const over: Result<never> = Object.freeze({ value: undefined, done: true })

/**
 * The one queue between the socket and the reader. It is filled synchronously, and read as an async iterator; it pauses the
 * socket when the reader is slow.
 */
export class Pipe<Item> implements AsyncIterator<Item, undefined> {
  readonly #source: PipeSource
  #queue: Item[] = []
  #head = 0
  /** Bytes that have come since the queue was empty. */
  #bytes = 0
  #paused = false
  #runsOn = false
  #discarding = false
  #failure: Error | undefined
  /** The same, for later listeners. */
  #ending: Error | undefined
  #done = false
  #waiting: { resolve(result: Result<Item>): void; reject(error: Error): void } | undefined
  #endListeners: readonly ((failure: Error | undefined) => void)[] = none

  constructor(source: PipeSource) {
    this.#source = source
  }

  /** True while items wait for the reader. */
  get backlogged(): boolean {
    return this.#head < this.#queue.length
  }

  /** True after the last item has been put in. */
  get over(): boolean {
    return this.#done
  }

  put(item: Item): void {
    if (this.#done || this.#discarding) return
    const waiting = this.#waiting
    if (waiting) {
      this.#waiting = undefined
      waiting.resolve({ value: item, done: false })
      return
    }
    this.#queue.push(item)
    if (this.#queue.length - this.#head >= mostWaiting) this.#pause()
  }

  /** Counts the bytes that the last items were made of. */
  count(bytes: number): void {
    if (!this.backlogged) return
    this.#bytes += bytes
    if (this.#bytes >= mostBytes) this.#pause()
  }

  #pause(): void {
    if (this.#paused || this.#runsOn || this.#done) return
    this.#paused = this.#source.pause()
  }

  /** Ends the items: naturally, or with a failure that the reader gets after the items before it. */
  finish(failure?: Error): void {
    if (this.#done) return
    this.#done = true
    this.#failure = failure
    this.#ending = failure
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) {
      if (failure) {
        this.#failure = undefined
        waiting.reject(failure)
      } else waiting.resolve(over)
    }
    for (const listener of this.#endListeners) listener(failure)
    this.#endListeners = none
  }

  next(): Promise<Result<Item>> {
    if (this.#head < this.#queue.length) {
      const queue: (Item | undefined)[] = this.#queue
      const value = queue[this.#head] as Item
      // a long queue outlives collections, and would keep alive the items that were taken
      queue[this.#head++] = undefined
      if (this.#head === this.#queue.length) this.#emptied()
      return Promise.resolve({ value, done: false })
    }
    if (this.#failure) {
      const failure = this.#failure
      this.#failure = undefined
      return Promise.reject(failure)
    }
    if (this.#done) return Promise.resolve(over)
    if (this.#waiting) return Promise.reject(new TypeError('next() was called again before the one before had come.'))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** Takes all items that wait. */
  takeWaiting(): readonly Item[] {
    if (!this.backlogged) return none
    const items = this.#head === 0 ? this.#queue : this.#queue.slice(this.#head)
    this.#emptied()
    return items
  }

  /** The reader left the loop. */
  return(): Promise<Result<Item>> {
    if (!this.#done) this.#source.leave()
    // the source may have put in the rest of what it had
    this.#drop()
    this.#failure = undefined
    return Promise.resolve(over)
  }

  /** Never pauses the source again: the size of an answer bounds the queue. */
  runOn(): void {
    this.#runsOn = true
    if (!this.#paused) return
    this.#paused = false
    this.#source.resume()
  }

  /** Drops all items, because they won't be read. */
  discard(): void {
    this.#discarding = true
    this.#drop()
    this.#emptied()
  }

  /** Calls back once, after the last item; immediately if that has passed. */
  onEnd(listener: (failure: Error | undefined) => void): void {
    if (this.#done) listener(this.#ending)
    else this.#endListeners = [...this.#endListeners, listener]
  }

  #drop(): void {
    this.#queue = []
    this.#head = 0
    this.#bytes = 0
  }

  #emptied(): void {
    this.#drop()
    if (this.#paused) {
      this.#paused = false
      this.#source.resume()
    }
  }
}
