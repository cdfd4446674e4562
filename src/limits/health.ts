import { pollMs } from './reasons.js'
import type { Cooldown, LatencyAverages, RejectionReason, Settlement, SharedUsage } from './types.js'

/** Weight of a new measurement in an average. */
export const latencyShare = 0.3
/** A measurement older than this counts no more, in milliseconds. */
export const latencyFresh = 600_000
/** How long after its end a cooldown still asks for a trial call, in milliseconds. */
export const trialWithin = 600_000

/** Cooldown, trial call and latency of a candidate, in memory. */
export class CandidateHealth {
  #cooldown: Cooldown | undefined
  #trialUntil = 0
  #latency: LatencyAverages | undefined
  #measuredAt = 0

  coolDown(cooldown: Cooldown): void {
    this.#trialUntil = 0
    if (!this.#cooldown || this.#cooldown.until < cooldown.until) this.#cooldown = cooldown
  }

  refusal(now: number): RejectionReason | undefined {
    const cooldown = this.#current(now)
    if (!cooldown) return undefined
    if (cooldown.until > now) return restingReason(cooldown.reason, cooldown.until - now)
    return this.#trialUntil > now ? trialReason() : undefined
  }

  /** Returns whether the call that begins is the trial call. */
  beginTrial(now: number, ms: number): boolean {
    if (!this.#current(now)) return false
    this.#trialUntil = now + ms
    return true
  }

  settle(now: number, trial: boolean, latency: Settlement['latency']): void {
    if (latency) this.#measure(now, latency)
    if (!trial) return
    this.#trialUntil = 0
    if (latency) this.#cooldown = undefined
  }

  view(now: number): Pick<SharedUsage, 'cooldown' | 'halfOpen' | 'latency'> {
    const cooldown = this.#current(now)
    const resting = cooldown !== undefined && cooldown.until > now
    return {
      cooldown: resting ? cooldown : undefined,
      halfOpen: cooldown !== undefined && !resting,
      latency: now - this.#measuredAt <= latencyFresh ? this.#latency : undefined,
    }
  }

  isIdle(now: number): boolean {
    return !this.#current(now) && now - this.#measuredAt > latencyFresh
  }

  #current(now: number): Cooldown | undefined {
    if (this.#cooldown && this.#cooldown.until + trialWithin < now) this.#cooldown = undefined
    return this.#cooldown
  }

  #measure(now: number, { callMs, firstTokenMs, tokens }: NonNullable<Settlement['latency']>): void {
    const old = now - this.#measuredAt <= latencyFresh ? this.#latency : undefined
    const average = (before: number | undefined, value: number | undefined) =>
      value === undefined || before === undefined ? (value ?? before) : before + latencyShare * (value - before)
    this.#measuredAt = now
    this.#latency = {
      callMs: average(old?.callMs, callMs),
      perTokenMs: average(old?.perTokenMs, tokens > 0 ? callMs / tokens : undefined),
      firstTokenMs: average(old?.firstTokenMs, firstTokenMs),
    }
  }
}

export const restingReason = (reason: string, retryAfterMs: number): RejectionReason => ({
  kind: 'cooldown',
  reason: `cooling down after ${reason}`,
  retryAfterMs,
})

export const trialReason = (): RejectionReason => ({
  kind: 'probing',
  reason: 'has a trial call in flight after its cooldown, perhaps of another process',
  retryAfterMs: pollMs,
})
