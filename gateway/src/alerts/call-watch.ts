import type { SettledRecord } from 'llmux'
import { type LedgerReader, mistakes } from '../ledger/reader.js'
import type { Alerts } from './alerts.js'

/** A call, as far as alerts care. */
interface WatchedCall {
  readonly id: string
  readonly startedAt: number
  readonly model: string
}

const outageMs = 60_000
const mostOpen = 50_000
const mostProviders = 200

/** Watches calls for failures, outages, slow answers and calls that hang. */
export class CallWatch {
  readonly #alerts: Alerts
  readonly #now: () => number
  readonly #open = new Map<string, WatchedCall>()
  /** Times of the last failures of each provider's model. */
  readonly #failed = new Map<string, number[]>()
  #reader: LedgerReader | undefined
  #digest: NodeJS.Timeout | undefined
  #digestFrom = 0
  readonly #timer: NodeJS.Timeout

  constructor(alerts: Alerts, now: () => number = Date.now, everyMs = 5_000) {
    this.#alerts = alerts
    this.#now = now
    this.#timer = setInterval(() => this.check(), everyMs)
    this.#timer.unref()
  }

  connect(reader: LedgerReader): void {
    this.#reader = reader
  }

  started(call: WatchedCall): void {
    if (this.#alerts.slowMs === Number.POSITIVE_INFINITY || this.#open.size >= mostOpen) return
    this.#open.set(call.id, call)
  }

  /** The answer has begun, or the call has failed. */
  answered(id: string): void {
    this.#open.delete(id)
  }

  /** Reports calls that have no answer for longer than the threshold, the oldest first. */
  check(): void {
    const { slowMs } = this.#alerts
    const now = this.#now()
    for (const call of this.#open.values()) {
      if (now - call.startedAt < slowMs) return
      this.#open.delete(call.id)
      this.#alerts.send({
        type: 'llm_requests_hanging',
        level: 'Medium',
        message: `No answer yet: \`${call.model}\` for ${seconds(now - call.startedAt)} s; the threshold is ${seconds(slowMs)} s.\nCall: \`${call.id}\``,
        subject: call.model,
        fields: { model: call.model, call_id: call.id },
      })
    }
  }

  settled(call: WatchedCall, record: SettledRecord): void {
    this.answered(call.id)
    const { error, attempts, requestedModel, durationMs, firstTokenMs } = record
    const last = attempts.at(-1)
    if (error && last && error.code !== 'aborted' && !mistakes.has(error.code) && !isClientsFault(error.status)) {
      const target = `${last.provider}/${last.model}`
      this.#failure(requestedModel, target, error.code, error.message)
    }
    // a long stream is not slow, as long as it begins in time
    const waited = firstTokenMs ?? durationMs
    if (waited > this.#alerts.slowMs) {
      this.#alerts.send({
        type: 'llm_too_slow',
        level: 'Low',
        message: `Slow answer: \`${requestedModel}\` took ${seconds(waited)} s; the threshold is ${seconds(this.#alerts.slowMs)} s.\nCall: \`${call.id}\``,
        subject: requestedModel,
        fields: { model: requestedModel, call_id: call.id },
      })
    }
  }

  /** The first failure is sent at once, all of the following interval as one digest. */
  #failure(model: string, target: string, code: string, reason: string): void {
    this.#outage(target)
    const { settings } = this.#alerts
    if (!settings || this.#digest) return
    this.#digestFrom = this.#now()
    this.#alerts.send({
      type: 'llm_exceptions',
      level: 'High',
      message: `LLM API call failed: \`${model}\` (\`${target}\`): \`${code}\` \`${reason.slice(0, 500)}\``,
      subject: 'failure',
      quietMs: settings.digestMs,
      fields: { model, provider_model: target, error_class: code },
    })
    this.#digest = setTimeout(() => void this.digest(), settings.digestMs)
    this.#digest.unref()
  }

  /** Sends the failures of all processes since the first one, by class. */
  async digest(): Promise<void> {
    clearTimeout(this.#digest)
    this.#digest = undefined
    const settings = this.#alerts.settings
    if (!settings || !this.#reader) return
    // a row is written a moment after its call
    const found = await this.#reader.failures(this.#digestFrom - 1_000).catch(() => [])
    const total = found.reduce((sum, { calls }) => sum + calls, 0)
    if (total < 2) return
    const lines = found.map(
      ({ group, provider, outcome, calls }) => `${calls} × \`${group}\` (${provider}): \`${outcome}\``,
    )
    this.#alerts.send({
      type: 'llm_exceptions',
      level: 'High',
      message: `${total} calls have failed in ${seconds(settings.digestMs)} s:\n${lines.join('\n')}`,
      subject: 'digest',
      // the digests of other processes hold the same calls
      quietMs: settings.digestMs * 0.9,
      fields: { failures: found },
    })
  }

  #outage(target: string): void {
    const { settings } = this.#alerts
    if (!settings) return
    const now = this.#now()
    const times = (this.#failed.get(target) ?? []).filter((at) => now - at < outageMs)
    times.push(now)
    this.#failed.delete(target)
    this.#failed.set(target, times.slice(-settings.majorErrors))
    for (const oldest of this.#failed.keys()) {
      if (this.#failed.size <= mostProviders) break
      this.#failed.delete(oldest)
    }
    const level =
      times.length >= settings.majorErrors ? 'major' : times.length >= settings.minorErrors ? 'minor' : undefined
    if (!level) return
    this.#alerts.send({
      type: 'outage_alerts',
      level: level === 'major' ? 'High' : 'Medium',
      message: `A ${level} outage of \`${target}\`: ${times.length} failed calls within a minute.`,
      subject: `${target} ${level}`,
      fields: { provider_model: target, outage: level },
    })
  }

  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#digest)
  }
}

const seconds = (ms: number) => Number((ms / 1000).toFixed(1))

/** Mistakes of a client are no news for the person on call. */
const isClientsFault = (status: number | undefined) =>
  status === 400 || status === 404 || status === 413 || status === 422
