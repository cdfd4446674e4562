import { randomUUID } from 'node:crypto'
import type { AlertSettings, ChannelSetting } from '../config/alerts.js'
import { channelOfUrl, deliver, retryDelay } from './channels.js'
import { type Alert, type AlertType, type Claim, type Delivery, quietTypes } from './types.js'

/** Milliseconds between two alerts of one subject. */
const quietMs = 60_000
/** Most alerts that wait or are remembered. */
const most = 1_000
const attempts = 5

/** Names of types in configurations that mean another one. */
const synonyms: Readonly<Record<string, readonly AlertType[]>> = {
  failed_tracking: ['db_exceptions', 'failed_tracking_spend'],
  failed_tracking_spend: ['db_exceptions'],
  llm_too_slow: ['llm_requests_hanging'],
}

export interface AlertOptions {
  /** Delay before the first repetition; it doubles. @default 1_000 */
  readonly retryMs?: number
  now?(): number
}

/** Sends alerts in the background, each once over all processes. A receiver that fails is tried five times. */
export class Alerts {
  readonly #sent = new Map<string, number>()
  readonly #open = new Set<Promise<void>>()
  readonly #retryMs: number
  readonly #now: () => number
  readonly #ended = new AbortController()
  #settings: AlertSettings | undefined
  #claim: Claim | undefined
  /** Alerts that no receiver took, and those that found no room. */
  lost = 0

  constructor(settings: AlertSettings | undefined, { retryMs = 1_000, now = Date.now }: AlertOptions = {}) {
    this.#settings = settings
    this.#retryMs = retryMs
    this.#now = now
  }

  configure(settings: AlertSettings | undefined): void {
    this.#settings = settings
  }

  /** Connects the processes of a gateway: an alert is sent by the one that claims it. */
  share(claim: Claim): void {
    this.#claim = claim
  }

  get settings(): AlertSettings | undefined {
    return this.#settings
  }

  /** Milliseconds after which an answer is slow. */
  get slowMs(): number {
    return this.#settings?.slowMs ?? Number.POSITIVE_INFINITY
  }

  /** Whether alerts of a type are sent at all. */
  wants(type: AlertType): boolean {
    return this.#settings !== undefined && isWanted(type, this.#settings.types) && this.#channels(type).length > 0
  }

  #channels(type: AlertType): readonly ChannelSetting[] {
    const settings = this.#settings
    return settings?.urls[type]?.map(channelOfUrl) ?? settings?.channels ?? []
  }

  send(alert: Alert): void {
    const settings = this.#settings
    if (!settings || !this.wants(alert.type)) return
    const quiet = alert.quietMs ?? (alert.type === 'budget_alerts' ? settings.budgetTtl : quietMs)
    const name = `${alert.type} ${alert.subject ?? alert.message}`
    const now = this.#now()
    const last = this.#sent.get(name)
    if (last !== undefined && now - last < quiet) return
    if (this.#open.size >= most) {
      this.lost++
      return
    }
    this.#remember(name, now)
    const sending = this.#send({ ...alert, id: randomUUID(), at: now }, name, quiet).finally(() =>
      this.#open.delete(sending),
    )
    this.#open.add(sending)
  }

  #remember(name: string, now: number): void {
    this.#sent.delete(name)
    this.#sent.set(name, now)
    for (const oldest of this.#sent.keys()) {
      if (this.#sent.size <= most) break
      this.#sent.delete(oldest)
    }
  }

  async #send(alert: Delivery, name: string, quiet: number): Promise<void> {
    // without the database two processes may both send: better twice than not at all
    const mine = this.#claim === undefined || (await this.#claim(`alert ${name}`, quiet).catch(() => true))
    if (!mine) return
    await Promise.all(this.#channels(alert.type).map((channel) => this.#deliver(channel, alert)))
  }

  async #deliver(channel: ChannelSetting, alert: Delivery): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        await deliver(channel, alert)
        return
      } catch (error) {
        const delay = retryDelay(error, attempt, this.#retryMs)
        if (delay === undefined || attempt === attempts || this.#ended.signal.aborted) break
        await pause(delay, this.#ended.signal)
      }
    }
    this.lost++
  }

  /** Waits for alerts that are being sent, at most for a moment. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const moment = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, 2_000)
    })
    // no repetition waits beyond this
    this.#ended.abort()
    await Promise.race([Promise.allSettled(this.#open), moment])
    clearTimeout(timer)
  }
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    timer.unref()
    signal.addEventListener('abort', end)
  })

function isWanted(type: AlertType, types: readonly string[] | undefined): boolean {
  if (types === undefined) return !quietTypes.some((quiet) => quiet === type)
  return types.some((name) => name === type || synonyms[name]?.includes(type))
}
