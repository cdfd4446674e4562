import type { LatencyView } from '../types.js'

/** How much of the new is taken into the average. */
const share = 0.3
/** A measure that is older says nothing any more: the deployment is tried again. In milliseconds. */
const fresh = 600_000

/** Moving averages of how long a deployment takes. */
export class Latency implements LatencyView {
  perTokenMs: number | undefined
  firstTokenMs: number | undefined
  callMs: number | undefined
  #at = 0

  /** @param tokens output tokens of the call; 0 where there are none to count */
  measure(now: number, callMs: number, tokens: number, firstTokenMs: number | undefined): void {
    this.forget(now)
    this.#at = now
    this.callMs = average(this.callMs, callMs)
    if (tokens > 0) this.perTokenMs = average(this.perTokenMs, callMs / tokens)
    if (firstTokenMs !== undefined) this.firstTokenMs = average(this.firstTokenMs, firstTokenMs)
  }

  /** A try that ran out of its time: at least this slow. */
  punish(now: number, callMs: number): void {
    this.measure(now, callMs, 1, callMs)
  }

  /** What all processes measured takes the place of this one's own. */
  hear(now: number, { perTokenMs, firstTokenMs, callMs }: LatencyView): void {
    this.#at = now
    this.perTokenMs = perTokenMs
    this.firstTokenMs = firstTokenMs
    this.callMs = callMs
  }

  /** Lets go what is too old to go by. */
  forget(now: number): void {
    if (this.callMs === undefined || now - this.#at <= fresh) return
    this.perTokenMs = undefined
    this.firstTokenMs = undefined
    this.callMs = undefined
  }
}

const average = (old: number | undefined, value: number) => (old === undefined ? value : old + share * (value - old))
