import type { Clock } from '../call/clock.js'
import { fromEnvironment } from '../call/environment.js'
import { toSnake } from '../call/options.js'
import { BadRequestError, got } from '../errors.js'
import { requestList } from '../operations/index.js'
import { closestName } from '../suggest.js'
import type {
  Callback,
  CallbackSet,
  CallbackStats,
  Followed,
  ObserveOptions,
  Redact,
  SenderStats,
} from '../types/observe.js'
import { hasSubscribers } from './channels.js'
import { Delivery, within } from './delivery.js'
import { logTo } from './logger.js'

const defaultQueue = 10_000
const defaultTimeout = 10_000
/** `drain()` waits twice this, the most that a Node.js timer can hold. */
const maxTimeout = 2 ** 30 - 1
/** The most per-call callback sets that `flush()` still reaches. */
const maxCallSets = 64

/** Observers of one client or Router: callbacks, the logger and `LLMUX_LOG`. */
export class ObserverHub {
  readonly clock: Clock
  readonly redact: Redact | undefined
  readonly beforeSend: ObserveOptions['beforeSend']
  readonly #timeout: number
  /** The queue of events to callbacks. */
  readonly delivery: Delivery
  readonly #callSets = new Set<CallbackSet>()
  #callbacks: readonly CallbackSet[]
  #environmentRead = false
  #closing: Promise<void> | undefined

  /** @throws {BadRequestError} if an option is invalid */
  constructor(options: ObserveOptions, clock: Clock) {
    checkOptions(options)
    this.clock = clock
    this.redact = options.redact
    this.beforeSend = options.beforeSend ?? undefined
    this.#timeout = options.callbackTimeout ?? defaultTimeout
    this.#callbacks = [...setsOf(options.callbacks), ...(options.logger ? [logTo(options.logger)] : [])]
    this.delivery = new Delivery(options.callbackQueue ?? defaultQueue, this.#timeout, clock)
  }

  /**
   * The observers of a call; undefined without any, so that the call pays nothing.
   * @param own callbacks of the call
   * @param readLevel makes the callbacks for the value of `LLMUX_LOG`
   */
  observersOf(
    own: readonly Callback[] | undefined,
    readLevel: (level: string | undefined) => CallbackSet | undefined,
  ): readonly CallbackSet[] | undefined {
    if (!this.#environmentRead) this.#readEnvironment(readLevel)
    if (this.#callbacks.length === 0 && own === undefined && !hasSubscribers()) return undefined
    return own === undefined ? this.#callbacks : [...this.#callbacks, ...this.#trackCallSets(setsOf(own))]
  }

  /** Deferred to the first call: importing llmux reads nothing, and the top-level functions honour `LLMUX_LOG` too. */
  #readEnvironment(readLevel: (level: string | undefined) => CallbackSet | undefined): void {
    this.#environmentRead = true
    const lines = readLevel(fromEnvironment(['LLMUX_LOG'])?.value)
    if (lines) this.#callbacks = [...this.#callbacks, lines]
  }

  #trackCallSets(sets: CallbackSet[]): CallbackSet[] {
    for (const set of sets) {
      if (!set.flush || this.#callSets.has(set)) continue
      const [first] = this.#callSets
      if (first && this.#callSets.size >= maxCallSets) this.#callSets.delete(first)
      this.#callSets.add(set)
    }
    return sets
  }

  /** Metrics of all callback sets that collect them, in Prometheus' text format. */
  async metrics(): Promise<string> {
    const collectors = this.#callbacks.filter((set) => typeof set.metrics === 'function')
    if (collectors.length === 0) {
      throw new BadRequestError(
        "Metrics are not enabled. Add prometheus() from 'llmux/prometheus' to the 'callbacks' of createClient() or new Router().",
        { param: 'callbacks' },
      )
    }
    // sets that share a registry return the same text
    return [...new Set(await Promise.all(collectors.map((set) => set.metrics?.())))].join('\n')
  }

  /** Lets callback sets subscribe to a Router's events. */
  followRouter(router: Followed): void {
    for (const set of this.#callbacks) {
      try {
        set.follow?.(router)
      } catch {
        this.delivery.stats.failed++
      }
    }
  }

  get stats(): CallbackStats {
    const senders: Record<string, SenderStats> = {}
    for (const [index, set] of this.#callbacks.entries()) {
      try {
        const stats = set.stats?.()
        if (!stats) continue
        const name = set.name ?? `callbacks[${index}]`
        // two projects of one service have the same name
        senders[Object.hasOwn(senders, name) ? `${name}[${index}]` : name] = stats
      } catch {
        // errors of user callbacks are ignored
      }
    }
    return { ...this.delivery.stats, waiting: this.delivery.waiting, senders }
  }

  /** Waits until all events so far are delivered and all batches are sent, for a limited time. */
  async flush(): Promise<void> {
    await this.delivery.drain()
    const sets = new Set([...this.#callbacks, ...this.#callSets])
    await Promise.all([...sets].map((set) => set.flush && within(this.#timeout, () => set.flush?.())))
  }

  /** @param end waits for in-flight calls, whose events are delivered too */
  close(end: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#close(end)
    return this.#closing
  }

  async #close(end: () => Promise<void>): Promise<void> {
    await this.flush()
    const delivered = this.delivery.count
    try {
      await end()
      if (this.delivery.count > delivered) await this.flush()
    } finally {
      await this.#closeSets()
    }
  }

  async #closeSets(): Promise<void> {
    await Promise.all(this.#callbacks.map((set) => set.close && within(this.#timeout, () => set.close?.())))
  }
}

/** Invalid values are ignored here; the validation of call options rejects them. */
const setsOf = (callbacks: unknown): CallbackSet[] =>
  Array.isArray(callbacks)
    ? (callbacks as Callback[]).flatMap((one) => {
        if (typeof one === 'function') return { onSuccess: one }
        return typeof one === 'object' && one !== null ? one : []
      })
    : []

const eventParts = ['answer', 'chunk', 'metadata', 'user', 'error']
const fieldsOfRequests = requestList.map(({ params }) => params)
const answerSynonyms = /^(completion|response|output|choices|result)s?$/

/** A misspelled field would stay visible in every event. Unknown snake_case names may be provider fields. */
function checkRedactedField(name: string): void {
  if (eventParts.includes(name) || fieldsOfRequests.some((fields) => fields.has(name))) return
  const known = [...eventParts, ...fieldsOfRequests.flatMap((fields) => [...fields])]
  const right = answerSynonyms.test(name) ? 'answer' : (closestName(name, known) ?? closestName(toSnake(name), known))
  if (right === undefined && !/[A-Z]/.test(name)) return
  throw new BadRequestError(
    `'redact' contains an unknown field '${name}'. ` +
      (right
        ? `Did you mean '${right}'?`
        : `Use a snake_case field of the request, or one of ${eventParts.join(', ')}.`),
    { param: 'redact' },
  )
}

function checkOptions({ redact, beforeSend, callbackQueue, callbackTimeout, logger }: ObserveOptions): void {
  const invalid = (param: string, expected: string, value: unknown) =>
    new BadRequestError(`'${param}' must be ${expected}; ${got(value)}.`, { param })
  if (redact !== undefined && typeof redact !== 'boolean') {
    if (!Array.isArray(redact) || redact.some((name) => typeof name !== 'string')) {
      throw invalid('redact', "a boolean or an array of field names such as ['messages', 'answer']", redact)
    }
    for (const name of redact) checkRedactedField(name)
  }
  if (beforeSend !== undefined && beforeSend !== null && typeof beforeSend !== 'function') {
    throw invalid('beforeSend', 'a function', beforeSend)
  }
  if (callbackQueue !== undefined && !(Number.isInteger(callbackQueue) && callbackQueue > 0)) {
    throw invalid('callbackQueue', 'a positive integer', callbackQueue)
  }
  if (callbackTimeout !== undefined && !(callbackTimeout > 0 && callbackTimeout <= maxTimeout)) {
    throw invalid(
      'callbackTimeout',
      `a number of milliseconds greater than 0 and at most ${maxTimeout}`,
      callbackTimeout,
    )
  }
  if (logger === undefined) return
  const methods = ['debug', 'info', 'warn', 'error'] as const
  if (!logger || methods.some((method) => typeof logger[method] !== 'function')) {
    throw invalid('logger', 'an object with debug(), info(), warn() and error(), such as pino()', logger)
  }
}
