import { randomUUID } from 'node:crypto'
import { BadRequestError } from '../../errors.js'
import type { Budget } from '../../limits/budget.js'
import type { Cooldown } from '../../limits/types.js'
import type { Ask, Lease, LocalCall, NoRoom, Settlement, StateHost } from '../state.js'
import { Breaker } from './breaker.js'
import { CommandTimeout, Connection, type RedisClient } from './client.js'
import { Journal } from './journal.js'
import { Keys } from './keys.js'
import { type Script, scripts, slots } from './scripts.js'
import { type Question, question, type RedisLease, readAnswer, units, windowOf } from './wire.js'

/** The options of `redisState()`, with their defaults filled in. */
export interface Settings {
  readonly url: string | undefined
  readonly client: RedisClient | undefined
  readonly keyPrefix: string
  readonly namespace: string
  readonly commandTimeout: number
  readonly connectTimeout: number
  readonly leaseTtl: number
  readonly onLoss: 'local' | 'reject'
  readonly processes: number
  readonly failures: number
  readonly window: number
}

/** After a cooldown the call that goes first is waited for so long, in milliseconds. */
const longestTrial = 10_000
/** Looks in vain after which the connection is made anew: a broken one may look whole for a quarter of an hour. */
const looksPerConnection = 3
/** What Redis is told of the past may take its time, in milliseconds. */
const pushTimeout = 2_000
const leasesPerBeat = 500
/**
 * Where Redis has come back empty, the processes first tell it what they know, for so many milliseconds: the last of them has
 * looked by then. Whoever went by what it knows sooner would take the room that the others have used up.
 */
const remembering = 8_000

/** The shared state, once it is used. */
export class Store {
  readonly #settings: Settings
  readonly #host: StateHost
  readonly #keys: Keys
  readonly #connection: Connection
  readonly #breaker: Breaker
  readonly #journal: Journal
  readonly #process = randomUUID()
  /** Calls under way. */
  readonly #leases = new Map<string, RedisLease>()
  readonly #sent = new Set<Promise<unknown>>()
  #count = 0
  #processes: number
  /** Redis's clock less this process's. */
  #ahead = 0
  #born: string | undefined
  #starting: Promise<void> | undefined
  #misconfigured: Error | undefined
  #looking: NodeJS.Timeout | undefined
  #beating: NodeJS.Timeout | undefined
  #closed = false

  constructor(settings: Settings, host: StateHost) {
    const { client, url, connectTimeout, keyPrefix, namespace, failures, processes, window } = settings
    this.#settings = settings
    this.#host = host
    this.#processes = processes
    this.#keys = new Keys(keyPrefix, namespace)
    this.#breaker = new Breaker(host.clock, failures)
    this.#journal = new Journal(window / slots)
    this.#connection = new Connection({ client, url, connectTimeout, onLost: (error) => this.#fail(error, true) })
  }

  get connected(): boolean {
    return !this.#breaker.open
  }

  async reserve(ask: Ask): Promise<Lease | NoRoom | undefined> {
    await this.#start()
    if (this.#misconfigured) throw this.#misconfigured
    if (this.#breaker.open || this.#closed) return this.#unreachable(ask)
    const { window, leaseTtl } = this.#settings
    const trialTtl = Math.min(leaseTtl, longestTrial)
    const asked = question(ask, this.#newId(), this.#keys, { window, leaseTtl, trialTtl, now: this.#redisNow() })
    try {
      return this.#take(await this.#run(scripts.reserve, asked.keys, asked.argument), asked)
    } catch (error) {
      if (error instanceof CommandTimeout) this.#giveBack(error.late, asked)
      return this.#unreachable(ask)
    }
  }

  settle(lease: Lease, { tokens, cost, refused, latency }: Settlement): void {
    const known = this.#leases.get((lease as RedisLease).lease) ?? (lease as RedisLease)
    const { id, lease: name, slot, holds, trial } = known
    this.#leases.delete(name)
    const now = this.#redisNow()
    const keys = [this.#keys.deployment(id), this.#keys.leases(id), this.#keys.settled(name)]
    for (const { budget } of holds) keys.push(this.#keys.budget(budget.key), this.#keys.holds(budget.key))
    const argument = {
      id: name,
      s: slot,
      n: refused ? -known.tokens : tokens === undefined ? 0 : Math.round(tokens) - known.tokens,
      q: refused ? -1 : 0,
      cost: units(cost),
      ...(holds.length > 0 && { h: holds.map(({ budget, amount }) => ({ m: amount, ...windowOf(budget, now) })) }),
      ...(trial && { p: 1 }),
      ...(latency && {
        lc: latency.callMs,
        lf: latency.firstTokenMs,
        ...(latency.tokens > 0 && { lt: latency.callMs / latency.tokens }),
      }),
    }
    this.#send(scripts.settle, keys, argument, () =>
      this.#journal.settlement({ keys, argument, at: this.#host.clock.wall() }),
    )
  }

  note(call: LocalCall): void {
    this.#journal.note(call, this.#host.clock.wall())
  }

  cooldown(id: string, cooldown: Cooldown): void {
    const ms = Math.ceil(cooldown.until - this.#host.clock.wall())
    if (ms <= 0) return
    this.#send(scripts.cooldown, [this.#keys.deployment(id)], { ms, reason: cooldown.reason }, () =>
      this.#journal.cooldown(id, cooldown),
    )
  }

  recovered(id: string): void {
    this.#send(scripts.recovered, [this.#keys.deployment(id)], {}, () => this.#journal.cooldown(id, undefined))
  }

  /** Sends what is still to be told, says goodbye, and closes the connection if it is ours. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#looking)
    clearInterval(this.#beating)
    await this.#starting?.catch(() => {})
    if (this.#connection.ready && !this.#breaker.open) {
      await Promise.allSettled([
        ...this.#sent,
        ...this.#push(false),
        this.#connection.run(scripts.leave, [this.#keys.processes], { process: this.#process }, pushTimeout),
      ])
    }
    clearTimeout(this.#looking)
    clearInterval(this.#beating)
    this.#connection.destroy()
  }

  // --- one decision -------------------------------------------------------------------------------------------------

  #take(text: string, asked: Question): Lease | NoRoom {
    const now = this.#host.clock.wall()
    const { found, usage, money, now: redisNow, processes } = readAnswer(text, asked, now)
    this.#ahead = redisNow - now
    this.#processes = Math.max(1, processes)
    if ('lease' in found) this.#leases.set(found.lease, found)
    for (const { budget, total } of money) budget.hear(now, total)
    this.#host.update(usage)
    return found
  }

  /** Nobody waits for this place any more. */
  #giveBack(late: Promise<string>, asked: Question): void {
    late
      .then((text) => {
        const { found } = readAnswer(text, asked, this.#host.clock.wall())
        if ('lease' in found) this.settle(found, { tokens: 0, cost: 0, refused: true })
      })
      .catch(() => {})
  }

  #unreachable({ candidates }: Ask): NoRoom | undefined {
    if (this.#settings.onLoss === 'local') return undefined
    const reason = 'the shared state is out of reach, and onLoss is reject'
    return { reasons: candidates.map(() => ({ kind: 'unreachable', reason, retryAfterMs: 500 })) }
  }

  // --- commands -----------------------------------------------------------------------------------------------------

  async #run(script: Script, keys: string[], argument: unknown): Promise<string> {
    try {
      const text = await this.#connection.run(script, keys, argument, this.#settings.commandTimeout)
      this.#breaker.good()
      return text
    } catch (error) {
      this.#fail(error, !this.#connection.ready)
      throw error
    }
  }

  /** Sends and forgets; what does not arrive is told later. */
  #send(script: Script, keys: string[], argument: unknown, later: () => void): void {
    if (this.#breaker.open || !this.#connection.ready) return later()
    const sent = this.#run(script, keys, argument)
      .then(() => {}, later)
      .finally(() => this.#sent.delete(sent))
    this.#sent.add(sent)
  }

  #newId(): string {
    return `${this.#process}.${this.#count++}`
  }

  #redisNow(): number {
    return this.#host.clock.wall() + this.#ahead
  }

  // --- there, gone, and back ----------------------------------------------------------------------------------------

  #start(): Promise<void> {
    this.#starting ??= this.#open()
    return this.#starting
  }

  async #open(): Promise<void> {
    const { clock } = this.#host
    const { connectTimeout, commandTimeout } = this.#settings
    const began = clock.now()
    try {
      await this.#connection.open()
      await this.#beat(Math.max(commandTimeout, connectTimeout - (clock.now() - began)))
      this.#beating = setInterval(() => this.#keepAlive(), this.#settings.leaseTtl / 3)
      this.#beating.unref()
    } catch (error) {
      if (error instanceof BadRequestError) this.#misconfigured = error
      else this.#fail(error, true)
    }
  }

  #fail(error: unknown, atOnce: boolean): void {
    if (this.#closed || !this.#breaker.fail(atOnce)) return
    this.#host.changed('local', error instanceof Error ? error : new Error(String(error)), this.#processes)
    this.#lookLater(1)
  }

  #lookLater(looks: number, delay = this.#breaker.delay()): void {
    if (this.#closed) return
    clearTimeout(this.#looking)
    // nobody waits for it: a process may end in the meantime
    this.#looking = setTimeout(() => void this.#look(looks), delay)
    this.#looking.unref()
  }

  /** One command on trial, which no call waits for. Where it goes through, Redis is told what it has missed. */
  async #look(looks: number): Promise<void> {
    try {
      await this.#connection.open()
      const forgotten = await this.#beat(this.#settings.commandTimeout)
      if (this.#closed) return
      this.#push(forgotten)
      if (forgotten) return this.#lookLater(1, remembering)
      if (!this.#beating) {
        this.#beating = setInterval(() => this.#keepAlive(), this.#settings.leaseTtl / 3)
        this.#beating.unref()
      }
      this.#breaker.close()
      this.#host.changed('shared', undefined, this.#processes)
    } catch {
      if (looks % looksPerConnection === 0) this.#connection.destroy()
      this.#lookLater(looks + 1)
    }
  }

  #keepAlive(): void {
    if (this.#breaker.open || this.#closed) return
    this.#beat(this.#settings.commandTimeout)
      .then((forgotten) => this.#push(forgotten))
      .catch((error: unknown) => this.#fail(error, !this.#connection.ready))
  }

  /** @returns whether Redis has forgotten what it knew */
  async #beat(timeout: number): Promise<boolean> {
    const now = this.#host.clock.wall()
    const leases = [...this.#leases.values()]
    for (const { lease, deadline } of leases) if (deadline <= now) this.#leases.delete(lease)
    let forgotten = false
    for (let from = 0; from === 0 || from < leases.length; from += leasesPerBeat) {
      const text = await this.#connection.run(
        scripts.beat,
        ...this.#beatOf(leases.slice(from, from + leasesPerBeat), now),
        timeout,
      )
      const { now: redisNow, n, born } = JSON.parse(text) as { now: number; n: number; born: string }
      this.#ahead = redisNow - this.#host.clock.wall()
      this.#processes = Math.max(1, n)
      if (this.#born !== undefined && this.#born !== born) forgotten = true
      this.#born = born
    }
    return forgotten
  }

  #beatOf(leases: readonly RedisLease[], now: number): [string[], unknown] {
    const keys = [this.#keys.processes, this.#keys.born]
    const entries = leases
      .filter(({ deadline }) => deadline > now)
      .map(({ id, lease, holds, deadline }) => {
        const k = keys.push(this.#keys.leases(id))
        const h = holds.map(({ budget, amount }) => {
          const at = keys.push(this.#keys.budget(budget.key), this.#keys.holds(budget.key)) - 1
          return { k: at, m: amount }
        })
        return { k, id: lease, left: deadline - now, ...(h.length > 0 && { h }) }
      })
    const ttl = this.#settings.leaseTtl
    return [keys, { process: this.#process, ttl, ...(entries.length > 0 && { leases: entries }) }]
  }

  /** @param forgotten whether everything that this process knows is to be told, or only what Redis has missed */
  #push(forgotten: boolean): Promise<unknown>[] {
    if (this.#journal.empty && !forgotten) return []
    const { unheard, slots: missed, spent, cooldowns } = this.#journal.take()
    const { clock } = this.#host
    const now = clock.wall()
    const jobs: [Script, string[], unknown][] = []
    const counts = forgotten ? this.#host.counts() : undefined
    if (forgotten) this.#journal.countedTo(now)
    for (const { id, entries } of counts?.deployments ?? missed) {
      if (entries.length === 0) continue
      const d = entries.map(({ at, requests, tokens }) => [ageOf(at, now), requests, Math.round(tokens)])
      jobs.push([scripts.push, [this.#keys.deployment(id)], { w: this.#settings.window / slots, d }])
    }
    for (const { budget, entries } of counts?.budgets ?? spent) {
      const x = this.#moneyOf(budget, entries, now)
      if (x.length > 0)
        jobs.push([scripts.push, [this.#keys.budget(budget.key)], { ...windowOf(budget, this.#redisNow()), x }])
    }
    for (const { keys, argument, at } of unheard) {
      // what it cost is among all that was spent
      const money = forgotten ? { cost: 0 } : { ago: ageOf(at, now) }
      jobs.push([scripts.settle, keys, { ...argument, ...money, again: 1 }])
    }
    for (const [id, cooldown] of cooldowns) {
      if (!cooldown) jobs.push([scripts.recovered, [this.#keys.deployment(id)], {}])
      else if (cooldown.until > now) {
        const argument = { ms: Math.ceil(cooldown.until - now), reason: cooldown.reason }
        jobs.push([scripts.cooldown, [this.#keys.deployment(id)], argument])
      }
    }
    // one that fails now is not tried again: it may have been counted
    return jobs.map((job) => this.#connection.run(...job, pushTimeout).catch(() => {}))
  }

  #moneyOf(budget: Budget, entries: readonly { readonly at: number; readonly cost: number }[], now: number) {
    const window = windowOf(budget, now)
    const from = window.e?.[0] ?? Number.NEGATIVE_INFINITY
    return entries
      .filter(({ at, cost }) => at >= from && cost > 0)
      .map(({ at, cost }) => [ageOf(at, now), units(cost)] as const)
  }
}

const ageOf = (at: number, now: number) => Math.max(0, Math.round(now - at))
