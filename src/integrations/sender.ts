import type { Dispatcher } from 'undici'
import { systemClock } from '../call/clock.js'
import { Connections } from '../call/connections.js'
import { BadRequestError, got } from '../errors.js'
import { beforeExit } from '../platform/index.js'
import { Exchange } from '../transport/exchange.js'
import type { SenderStats } from '../types/observe.js'

/** Batching and delivery of events. */
export interface SenderOptions {
  /** Maximum events per request. @default 50 */
  batchSize?: number | undefined
  /** Maximum time that an event waits for its batch, in milliseconds. @default 1_000 */
  interval?: number | undefined
  /** Maximum size of queued events, in bytes; further events are dropped and counted. @default 16_777_216 (16 MiB) */
  maxBytes?: number | undefined
  /** Timeout of one request, in milliseconds. @default 10_000 */
  timeout?: number | undefined
  /** Retries after connection errors, 408, 429 and 5xx. @default 3 */
  maxRetries?: number | undefined
  /** An undici 7 dispatcher, for proxies and tests. */
  dispatcher?: Dispatcher | undefined
}

/** Destination and format of batches. */
export interface Destination {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Joins JSON documents into one body. */
  readonly wrap: (events: readonly string[]) => string
  /** Concurrent requests. @default 1 */
  readonly parallel?: number
}

/** The longest delay of a Node.js timer; a longer one fires immediately. */
const maxTimerMs = 2 ** 31 - 1
const most = Number.MAX_SAFE_INTEGER
const ranges = [
  ['batchSize', 1, most],
  ['interval', 0, maxTimerMs],
  ['maxBytes', 1, most],
  ['timeout', 1, maxTimerMs],
  ['maxRetries', 0, most],
] as const

/** Names of all sender options. */
export const sendingOptions = ['batchSize', 'interval', 'maxBytes', 'timeout', 'maxRetries', 'dispatcher'] as const

function checkSending(options: SenderOptions): void {
  for (const [name, min, max] of ranges) {
    const value = options[name]
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) continue
    throw new BadRequestError(`'${name}' must be an integer from ${min} to ${max}; ${got(value)}.`, { param: name })
  }
}

/** Time to send queued events at the end of the process, in milliseconds. */
const lastTime = 2_000

/** Sends queued events when the event loop is empty. `process.exit()` and fatal signals leave no chance for that. */
const withEvents = new Set<Sender>()
const atExit = () => {
  for (const sender of withEvents) void sender.end()
}

let removeListener = () => {}

/** One shared listener while any sender has queued events. */
function noteWaiting(sender: Sender, waits: boolean): void {
  const before = withEvents.size
  if (waits) withEvents.add(sender)
  else withEvents.delete(sender)
  if (before === 0 && withEvents.size > 0) removeListener = beforeExit(atExit)
  else if (before > 0 && withEvents.size === 0) removeListener()
}

const firstDelay = 500
const largestDelay = 30_000

interface Waiting {
  readonly json: string
  /** Attempts to send its batch so far. */
  tries: number
}

/**
 * Sends events in batches in the background. Memory and time are bounded: if the service is down or slow, events are dropped and
 * nothing else suffers.
 */
export class Sender {
  readonly #to: Destination
  readonly #batchSize: number
  readonly #interval: number
  readonly #maxBytes: number
  readonly #timeout: number
  readonly #maxRetries: number
  readonly #given: Dispatcher | undefined
  #connections: Connections | undefined
  #queue: Waiting[] = []
  /** Size of queued events and of those being sent, in bytes. */
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  readonly #workers = new Set<Promise<void>>()
  /** Cancels the delays between retries. */
  readonly #pauses = new Set<() => void>()
  #flushing = 0
  /** Set when a batch failed during a flush: remaining events stay queued. */
  #hopeless = false
  /** Deadline while the process is about to exit, in milliseconds of the clock. */
  #endsAt = Number.POSITIVE_INFINITY
  readonly #stats = { sent: 0, failed: 0, dropped: 0 }

  /** @throws {BadRequestError} if an option is invalid */
  constructor(to: Destination, options: SenderOptions) {
    checkSending(options)
    this.#to = to
    this.#batchSize = options.batchSize ?? 50
    this.#interval = options.interval ?? 1_000
    this.#maxBytes = options.maxBytes ?? 16 * 1024 * 1024
    this.#timeout = options.timeout ?? 10_000
    this.#maxRetries = options.maxRetries ?? 3
    this.#given = options.dispatcher
  }

  get stats(): SenderStats {
    return { ...this.#stats, waiting: this.#queue.length }
  }

  /** Serialises immediately, so that the size of the queue is known. */
  put(event: object): void {
    const json = JSON.stringify(event)
    if (this.#bytes + json.length > this.#maxBytes) {
      this.#stats.dropped++
      return
    }
    this.#bytes += json.length
    this.#queue.push({ json, tries: 0 })
    if (this.#queue.length === 1) noteWaiting(this, true)
    if (this.#queue.length >= this.#batchSize) this.#begin()
    else this.#later()
  }

  #later(): void {
    if (this.#timer || this.#workers.size > 0) return
    this.#timer = setTimeout(() => this.#begin(), this.#interval)
    this.#timer.unref?.()
  }

  #begin(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#workers.size >= (this.#to.parallel ?? 1)) return
    const worker = this.#work().finally(() => {
      this.#workers.delete(worker)
      if (this.#queue.length > 0) this.#later()
      else noteWaiting(this, false)
    })
    this.#workers.add(worker)
  }

  /** Sends full batches until less than a batch is queued. */
  async #work(): Promise<void> {
    do {
      const batch = this.#queue.splice(0, this.#batchSize)
      const [first] = batch
      if (!first) return
      const outcome = await this.#post(batch)
      if (outcome.taken) this.#stats.sent += batch.length
      else if (!outcome.passes || first.tries >= this.#mostRetries()) {
        this.#stats.failed += batch.length
        if (outcome.passes && this.#flushing > 0) this.#hopeless = true
      } else {
        const delay = Math.min(largestDelay, firstDelay * 2 ** first.tries) * jitter()
        for (const one of batch) one.tries++
        this.#queue.unshift(...batch)
        await this.#pause(outcome.afterMs ?? delay)
        continue
      }
      for (const { json } of batch) this.#bytes -= json.length
    } while (
      !this.#hopeless &&
      (this.#queue.length >= this.#batchSize || (this.#flushing > 0 && this.#queue.length > 0))
    )
  }

  #mostRetries(): number {
    if (Number.isFinite(this.#endsAt)) return 0
    return this.#flushing > 0 ? Math.min(1, this.#maxRetries) : this.#maxRetries
  }

  /** Unreferenced unless a flush is pending, so that it doesn't keep the process alive. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#pauses.delete(end)
        resolve()
      }
      const timer = setTimeout(end, Math.min(ms, this.#flushing > 0 ? firstDelay : largestDelay))
      if (this.#flushing === 0) timer.unref?.()
      this.#pauses.add(end)
    })
  }

  async #post(batch: readonly Waiting[]): Promise<Outcome> {
    try {
      this.#connections ??= new Connections({ dispatcher: this.#given })
      const body = this.#to.wrap(batch.map(({ json }) => json))
      const dispatcher = await this.#connections.dispatcher()
      const timeout = Math.max(1, Math.min(this.#timeout, this.#endsAt - systemClock.now()))
      return await post(dispatcher, this.#to, body, timeout)
    } catch {
      return { taken: false, passes: true }
    }
  }

  /** Resolves when all queued events have been sent or refused, or at the first batch that fails because the service is down. */
  async flush(): Promise<void> {
    this.#flushing++
    try {
      for (const end of [...this.#pauses]) end()
      while (!this.#hopeless && (this.#queue.length > 0 || this.#workers.size > 0)) {
        for (let more = this.#to.parallel ?? 1; more > 0 && this.#queue.length > 0; more--) this.#begin()
        await Promise.all(this.#workers)
      }
    } finally {
      if (--this.#flushing === 0) this.#hopeless = false
    }
  }

  /** Last attempt before the process exits: sends queued events once and drops the rest. */
  async end(): Promise<void> {
    this.#endsAt = systemClock.now() + lastTime
    await this.flush()
    this.#drop()
    this.#endsAt = Number.POSITIVE_INFINITY
  }

  #drop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#stats.dropped += this.#queue.length
    for (const { json } of this.#queue) this.#bytes -= json.length
    this.#queue = []
    noteWaiting(this, false)
  }

  /** Closes connections and drops unsent events. Later events start anew. */
  async close(): Promise<void> {
    await this.flush()
    this.#drop()
    const connections = this.#connections
    this.#connections = undefined
    await connections?.close()
  }
}

const jitter = () => 0.5 + systemClock.random() / 2

interface Outcome {
  readonly taken: boolean
  /** True if a retry may succeed. */
  readonly passes: boolean
  readonly afterMs?: number | undefined
}

/** Sends one request. Redirects are not followed, since they would forward the credential to another host. */
function post(dispatcher: Dispatcher, to: Destination, body: string, timeout: number): Promise<Outcome> {
  return new Promise((resolve) => {
    let status = 0
    let afterMs: number | undefined
    const end = (outcome: Outcome) => {
      clearTimeout(timer)
      resolve(outcome)
    }
    const timer = setTimeout(() => exchange.cancel(new Error('The service took too long.')), timeout)
    const exchange = new Exchange(
      dispatcher,
      {
        origin: to.url.origin,
        path: `${to.url.pathname}${to.url.search}`,
        headers: { 'content-type': 'application/json', 'user-agent': 'llmux', ...to.headers },
        body,
      },
      {
        head(code, headers) {
          status = code
          const after = Number(headers.get('retry-after'))
          if (after > 0) afterMs = after * 1000
        },
        data() {},
        end() {
          const passes = status === 408 || status === 429 || status >= 500
          end({ taken: status >= 200 && status < 300, passes, afterMs })
        },
        fail() {
          end({ taken: false, passes: true })
        },
      },
    )
  })
}
