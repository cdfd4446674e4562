import { randomUUID } from 'node:crypto'
import type { Clock } from '../call/clock.js'
import { fromEnvironment } from '../call/environment.js'
import {
  chatParams,
  embeddingParams,
  moderationParams,
  rerankParams,
  responsesParams,
  toSnake,
} from '../call/options.js'
import { closestName } from '../call/suggest.js'
import { BadRequestError } from '../errors.js'
import type {
  Callback,
  CallbackSet,
  CallbackStats,
  Followed,
  ObserveOptions,
  Redact,
  SenderStats,
} from '../types/observe.js'
import { anybodyListens } from './channels.js'
import { Delivery, within } from './delivery.js'
import { linesFor } from './lines.js'
import { logTo } from './logger.js'
import { Watch, type Watched } from './watch.js'

const defaultQueue = 10_000
const defaultTimeout = 10_000
/** Twice this is as long as a timer of Node's can be: a longer one ends at once. */
const longestTimeout = 2 ** 30 - 1
/** Sets of single calls that are remembered, so that `flush()` reaches them. */
const mostPassing = 64

/** Who is told of the calls of a client or a Router. */
export class Hub {
  readonly clock: Clock
  readonly redact: Redact | undefined
  readonly beforeSend: ObserveOptions['beforeSend']
  readonly #timeout: number
  readonly #delivery: Delivery
  readonly #passing = new Set<CallbackSet>()
  #callbacks: readonly CallbackSet[]
  #environmentRead = false
  #closing: Promise<void> | undefined

  /** @throws {BadRequestError} where an option is not of its kind */
  constructor(options: ObserveOptions, clock: Clock) {
    checkOptions(options)
    this.clock = clock
    this.redact = options.redact
    this.beforeSend = options.beforeSend ?? undefined
    this.#timeout = options.callbackTimeout ?? defaultTimeout
    this.#callbacks = [...setsOf(options.callbacks), ...(options.logger ? [logTo(options.logger)] : [])]
    this.#delivery = new Delivery(options.callbackQueue ?? defaultQueue, this.#timeout, clock)
  }

  /** Undefined where nobody wants to know of the call: then nothing is made for it. */
  watch(call: Watched): Watch | undefined {
    if (!this.#environmentRead) this.#readEnvironment()
    const { callbacks: own } = call
    if (this.#callbacks.length === 0 && own === undefined && !anybodyListens()) return undefined
    const all = own === undefined ? this.#callbacks : [...this.#callbacks, ...this.#remember(setsOf(own))]
    return new Watch(this, this.#delivery, all, call, randomUUID())
  }

  /** With the first call: nothing is read at import, and `LLMUX_LOG` is for the top-level functions too. */
  #readEnvironment(): void {
    this.#environmentRead = true
    const lines = linesFor(fromEnvironment(['LLMUX_LOG'])?.value)
    if (lines) this.#callbacks = [...this.#callbacks, lines]
  }

  #remember(sets: CallbackSet[]): CallbackSet[] {
    for (const set of sets) {
      if (!set.flush || this.#passing.has(set)) continue
      const [first] = this.#passing
      if (first && this.#passing.size >= mostPassing) this.#passing.delete(first)
      this.#passing.add(set)
    }
    return sets
  }

  /** What the sets that keep metrics have, in Prometheus' text format. */
  async metrics(): Promise<string> {
    const keepers = this.#callbacks.filter((set) => typeof set.metrics === 'function')
    if (keepers.length === 0) {
      throw new BadRequestError(
        "Nobody keeps metrics here: give prometheus() of 'llmux/prometheus' among the 'callbacks' of createClient() or new Router().",
        { param: 'callbacks' },
      )
    }
    // two that share one registry have the same text
    return [...new Set(await Promise.all(keepers.map((set) => set.metrics?.())))].join('\n')
  }

  /** Has those who want to follow a Router do so. */
  follow(router: Followed): void {
    for (const set of this.#callbacks) {
      try {
        set.follow?.(router)
      } catch {
        this.#delivery.stats.failed++
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
        // two projects of one service are two senders
        senders[Object.hasOwn(senders, name) ? `${name}[${index}]` : name] = stats
      } catch {
        // theirs to mend
      }
    }
    return { ...this.#delivery.stats, waiting: this.#delivery.waiting, senders }
  }

  /** Settles when every event so far has been delivered, and sent on by those who batch; in bounded time. */
  async flush(): Promise<void> {
    await this.#delivery.drain()
    const sets = new Set([...this.#callbacks, ...this.#passing])
    await Promise.all([...sets].map((set) => set.flush && within(this.#timeout, () => set.flush?.())))
  }

  /** @param end settles when the calls under way are done: they too are told of */
  close(end: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#close(end)
    return this.#closing
  }

  async #close(end: () => Promise<void>): Promise<void> {
    await this.flush()
    const told = this.#delivery.count
    try {
      await end()
      if (this.#delivery.count > told) await this.flush()
    } finally {
      await this.#closeSets()
    }
  }

  async #closeSets(): Promise<void> {
    await Promise.all(this.#callbacks.map((set) => set.close && within(this.#timeout, () => set.close?.())))
  }
}

/** What is no list of callbacks is refused elsewhere, with the call's other options. */
const setsOf = (callbacks: unknown): CallbackSet[] =>
  Array.isArray(callbacks)
    ? (callbacks as Callback[]).flatMap((one) => {
        if (typeof one === 'function') return { onSuccess: one }
        return typeof one === 'object' && one !== null ? one : []
      })
    : []

const eventParts = ['answer', 'chunk', 'metadata', 'user', 'error']
const fieldsOfRequests = [chatParams, embeddingParams, rerankParams, responsesParams, moderationParams]
const otherWordsForAnswer = /^(completion|response|output|choices|result)s?$/

/** A misspelt field would be shown in every event. Unknown names in snake_case are the provider's own. */
function checkField(name: string): void {
  if (eventParts.includes(name) || fieldsOfRequests.some((fields) => fields.has(name))) return
  const known = [...eventParts, ...fieldsOfRequests.flatMap((fields) => [...fields])]
  const right = otherWordsForAnswer.test(name)
    ? 'answer'
    : (closestName(name, known) ?? closestName(toSnake(name), known))
  if (right === undefined && !/[A-Z]/.test(name)) return
  throw new BadRequestError(
    `'redact' names '${name}', which is no part of an event. ` +
      (right
        ? `Did you mean '${right}'?`
        : `Fields of a request are snake_case, and the other parts are ${eventParts.join(', ')}.`),
    { param: 'redact' },
  )
}

function checkOptions({ redact, beforeSend, callbackQueue, callbackTimeout, logger }: ObserveOptions): void {
  const wrong = (param: string, what: string) => new BadRequestError(`'${param}' is ${what}.`, { param })
  if (redact !== undefined && typeof redact !== 'boolean') {
    if (!Array.isArray(redact) || redact.some((name) => typeof name !== 'string')) {
      throw wrong('redact', "true, false, or a list of fields such as ['messages', 'answer']")
    }
    for (const name of redact) checkField(name)
  }
  if (beforeSend !== undefined && beforeSend !== null && typeof beforeSend !== 'function') {
    throw wrong('beforeSend', 'a function of an event')
  }
  if (callbackQueue !== undefined && !(Number.isInteger(callbackQueue) && callbackQueue > 0)) {
    throw wrong('callbackQueue', 'a whole number, 1 or more')
  }
  if (callbackTimeout !== undefined && !(callbackTimeout > 0 && callbackTimeout <= longestTimeout)) {
    throw wrong('callbackTimeout', `a number of milliseconds, more than 0 and ${longestTimeout} at most`)
  }
  if (logger === undefined) return
  const methods = ['debug', 'info', 'warn', 'error'] as const
  if (!logger || methods.some((method) => typeof logger[method] !== 'function')) {
    throw wrong('logger', 'an object with debug(), info(), warn() and error(), such as pino()')
  }
}
