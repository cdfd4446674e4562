import type { Clock } from '../../call/clock.js'
import { Breaker } from './breaker.js'
import { Connection } from './connection.js'
import type { Keys } from './keys.js'
import { configurationError, isSlotMoving } from './refusals.js'
import { type Script, scripts } from './scripts.js'
import { backgroundTimeout, type Settings } from './settings.js'

/** Trials without success after which the connection is made again: a broken one may look intact for a quarter of an hour. */
const trialsPerConnection = 3
/** Interval in which the process registers itself, in milliseconds. */
const presenceMs = 2_000

export interface SessionHooks {
  /** Redis is out of reach from now on. */
  lost(error: Error): void
  /** Redis answers again: reports everything that it has missed. Decisions are shared again when this succeeds. */
  catchUp(): Promise<void>
  back(): void
  /** @param forgotten whether Redis has forgotten this process, and so probably everything */
  beat(forgotten: boolean): Promise<void>
}

/** The relation to Redis: connection, presence of this process, loss and return. */
export class Session {
  /** Identifies the process. Begins with a letter, unlike a number. */
  readonly id = `p${crypto.randomUUID().slice(0, 18)}`
  /** Processes that share the limits. */
  processes: number
  /** The server's clock less this process's. */
  ahead = 0
  /** Why calls fail: the configuration is wrong, and no decision was ever made. */
  misconfigured: Error | undefined
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #hooks: SessionHooks
  readonly #keys: Keys
  readonly #connection: Connection
  readonly #breaker: Breaker
  #count = 0
  #starting: Promise<void> | undefined
  #decided = false
  #registered = false
  #trialTimer: NodeJS.Timeout | undefined
  #presenceTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(settings: Settings, clock: Clock, keys: Keys, hooks: SessionHooks) {
    const { maker, client, url, connectTimeout, processes, allowedFails } = settings
    this.#settings = settings
    this.#clock = clock
    this.#keys = keys
    this.#hooks = hooks
    this.processes = processes
    this.#breaker = new Breaker(clock, allowedFails)
    this.#connection = new Connection({
      maker,
      client,
      url,
      connectTimeout,
      onLost: (error) => this.#fail(error, true),
    })
  }

  /** Whether decisions are left to Redis. */
  get shared(): boolean {
    return !this.#breaker.open
  }

  /** Whether a command would be sent. */
  get reachable(): boolean {
    return this.shared && !this.misconfigured && this.#connection.ready
  }

  newId(): string {
    return `${this.id}.${(this.#count++).toString(36)}`
  }

  /** Connects at first use. Never throws: a loss is reported by the hooks. */
  start(): Promise<void> {
    this.#starting ??= this.#open()
    return this.#starting
  }

  /** Notes a decision of the server at its time. */
  decided(now: number): void {
    this.#decided = true
    this.ahead = now - this.#clock.wall()
  }

  /** @throws {CommandTimeout} if the answer takes longer than `timeout`, and whatever the server answers */
  async run(script: Script, keys: string[], argument: object, timeout: number): Promise<string> {
    const { clockOffset } = this.#settings
    try {
      const shifted = clockOffset ? { ...argument, dt: clockOffset() } : argument
      const text = await this.#connection.run(script, keys, shifted, timeout)
      this.#breaker.succeed()
      return text
    } catch (error) {
      // a slot that moves is no outage
      if (!isSlotMoving(error)) this.#fail(error, !this.#connection.ready)
      throw error
    }
  }

  /** Stops trials and heartbeats. */
  stop(): void {
    this.#closed = true
    clearTimeout(this.#trialTimer)
    clearInterval(this.#presenceTimer)
  }

  /** Deregisters the process, and closes the connection if it is its own. */
  async close(): Promise<void> {
    if (this.#connection.ready && this.shared) {
      await this.run(scripts.leave, [this.#keys.processes], { process: this.id }, backgroundTimeout).catch(() => {})
    }
    this.#connection.destroy()
  }

  async #open(): Promise<void> {
    const { connectTimeout, commandTimeout } = this.#settings
    const began = this.#clock.now()
    try {
      await this.#connection.open()
      await this.#beat(Math.max(commandTimeout, connectTimeout - (this.#clock.now() - began)))
      this.#keepPresent()
    } catch (error) {
      this.#fail(error, true)
    }
  }

  /** @param atOnce whether one failure is enough */
  #fail(error: unknown, atOnce: boolean): void {
    if (this.#closed) return
    const wrong = this.#checkConfiguration(error)
    if (!this.#breaker.fail(atOnce || wrong !== undefined)) return
    this.#hooks.lost(wrong ?? (error instanceof Error ? error : new Error(String(error))))
    this.#tryLater(1)
  }

  /** Before the first decision a wrong configuration fails the calls. Later it is an outage: calls that worked keep working. */
  #checkConfiguration(error: unknown): Error | undefined {
    const wrong = configurationError(error, this.#settings.maker)
    if (wrong && !this.#decided) this.misconfigured = wrong
    return wrong
  }

  #tryLater(trials: number, answers = false): void {
    if (this.#closed) return
    clearTimeout(this.#trialTimer)
    this.#trialTimer = setTimeout(() => void this.#try(trials), this.#breaker.delay(answers))
    // a process may end meanwhile
    this.#trialTimer.unref?.()
  }

  /** Commands on trial, which no call waits for. */
  async #try(trials: number): Promise<void> {
    const { commandTimeout } = this.#settings
    try {
      await this.#connection.open()
      const began = this.#clock.now()
      await this.#beat(Math.max(backgroundTimeout, commandTimeout))
      const took = this.#clock.now() - began
      await this.#hooks.catchUp()
      if (this.#closed) return
      // too slow for decisions, though not for reports
      if (took > commandTimeout) return this.#tryLater(trials + 1, true)
      this.misconfigured = undefined
      this.#breaker.close()
      this.#keepPresent()
      this.#hooks.back()
    } catch (error) {
      this.#checkConfiguration(error)
      if (trials % trialsPerConnection === 0) this.#connection.destroy()
      this.#tryLater(trials + 1)
    }
  }

  #keepPresent(): void {
    if (this.#presenceTimer || this.#closed) return
    this.#presenceTimer = setInterval(() => void this.#heartbeat(), Math.min(presenceMs, this.#settings.leaseTtl / 3))
    this.#presenceTimer.unref?.()
  }

  async #heartbeat(): Promise<void> {
    if (!this.shared || this.#closed) return
    try {
      await this.#hooks.beat(await this.#beat(backgroundTimeout))
    } catch {
      // the next one tries again
    }
  }

  /** Registers the process. Returns whether Redis has forgotten it. */
  async #beat(timeout: number): Promise<boolean> {
    const argument = { process: this.id, ttl: this.#settings.leaseTtl, ...(this.#registered && { known: 1 }) }
    const text = await this.run(scripts.beat, [this.#keys.processes], argument, timeout)
    const { now, n, f } = JSON.parse(text) as { now: number; n: number; f?: number }
    this.#registered = true
    this.ahead = now - this.#clock.wall()
    // the others may be alive and fail to register, just as this process did
    this.processes = Math.max(1, n, this.shared ? 0 : this.processes)
    return f === 1
  }
}
