import type { LatencyView } from '../types.js'

/** Weight of a new measurement in the average. */
const share = 0.3
/** Age in milliseconds after which measurements are dropped and the deployment is tried again. */
const maxAge = 600_000

/** Moving averages of the latency of a deployment. */
export class Latency implements LatencyView {
  perTokenMs: number | undefined
  firstTokenMs: number | undefined
  callMs: number | undefined
  #at = 0

  /** @param tokens output tokens of the call; 0 for operations without any */
  measure(now: number, callMs: number, tokens: number, firstTokenMs: number | undefined): void {
    this.expire(now)
    this.#at = now
    this.callMs = average(this.callMs, callMs)
    if (tokens > 0) this.perTokenMs = average(this.perTokenMs, callMs / tokens)
    if (firstTokenMs !== undefined) this.firstTokenMs = average(this.firstTokenMs, firstTokenMs)
  }

  /** An attempt timed out: it took at least this long. */
  penalize(now: number, callMs: number): void {
    this.measure(now, callMs, 1, callMs)
  }

  /** Averages of all processes replace this process's own. */
  applyUpdate(now: number, { perTokenMs, firstTokenMs, callMs }: LatencyView): void {
    this.#at = now
    this.perTokenMs = perTokenMs
    this.firstTokenMs = firstTokenMs
    this.callMs = callMs
  }

  expire(now: number): void {
    if (this.callMs === undefined || now - this.#at <= maxAge) return
    this.perTokenMs = undefined
    this.firstTokenMs = undefined
    this.callMs = undefined
  }
}

const average = (old: number | undefined, value: number) => (old === undefined ? value : old + share * (value - old))
