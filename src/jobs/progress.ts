import { systemClock } from '../call/clock.js'
import { builtinModule } from '../platform/index.js'
import type { BatchProgress } from './types.js'

/** Time that a rate is measured over, in milliseconds. */
const rateWindow = 10_000
const sampleEvery = 250
/** Least time between two reports, in milliseconds. */
const reportEvery = 100

/** Counts the results of a job. */
export class Progress implements BatchProgress {
  readonly total: number | undefined
  done = 0
  failed = 0
  fromJournal = 0
  inFlight = 0
  readonly #spent: () => number
  readonly #report: ((progress: BatchProgress) => unknown) | undefined
  readonly #onError: (error: unknown) => void
  readonly #startedAt = systemClock.now()
  /** Finished calls at times of the last seconds, oldest first. */
  #samples: { at: number; calls: number }[] = [{ at: this.#startedAt, calls: 0 }]
  #reportedAt = Number.NEGATIVE_INFINITY

  /** @param onError called if `report` throws or rejects */
  constructor(
    total: number | undefined,
    spent: () => number,
    report: ((progress: BatchProgress) => unknown) | undefined,
    onError: (error: unknown) => void,
  ) {
    this.total = total
    this.#spent = spent
    this.#report = report
    this.#onError = onError
  }

  get spent(): number {
    return this.#spent()
  }

  get elapsedMs(): number {
    return systemClock.now() - this.#startedAt
  }

  /** Finished calls of this run. */
  get #calls(): number {
    return this.done + this.failed - this.fromJournal
  }

  get perSecond(): number {
    const [oldest] = this.#samples
    if (!oldest) return 0
    const ms = systemClock.now() - oldest.at
    return ms > 0 ? ((this.#calls - oldest.calls) * 1000) / ms : 0
  }

  get timeLeftMs(): number | undefined {
    const { perSecond } = this
    if (this.total === undefined || perSecond <= 0) return undefined
    return (Math.max(0, this.total - this.done - this.failed) / perSecond) * 1000
  }

  /** Notes a result. */
  add(kind: 'done' | 'failed' | 'journal'): void {
    if (kind === 'failed') this.failed++
    else this.done++
    if (kind === 'journal') this.fromJournal++
    this.#sample()
    this.report()
  }

  /** Sets the state to that of the batches of a provider. */
  set(done: number, failed: number, inFlight: number): void {
    Object.assign(this, { done, failed, inFlight })
    this.#sample()
    this.report()
  }

  #sample(): void {
    const now = systemClock.now()
    const last = this.#samples.at(-1)
    if (!last || now - last.at >= sampleEvery) {
      this.#samples.push({ at: now, calls: this.#calls })
      const first = this.#samples.findIndex(({ at }) => at >= now - rateWindow)
      if (first > 0) this.#samples.splice(0, first)
    }
  }

  report(always = false): void {
    if (!this.#report) return
    const now = systemClock.now()
    if (!always && now - this.#reportedAt < reportEvery) return
    this.#reportedAt = now
    try {
      const reported = this.#report(this.snapshot())
      if (reported instanceof Promise) reported.catch(this.#onError)
    } catch (error) {
      this.#onError(error)
    }
  }

  /** The state as a plain object. */
  snapshot(): BatchProgress {
    const { total, done, failed, fromJournal, inFlight, spent, perSecond, elapsedMs, timeLeftMs } = this
    return { total, done, failed, fromJournal, inFlight, spent, perSecond, elapsedMs, timeLeftMs }
  }
}

/** A stream of text, such as `process.stderr`. */
export interface ProgressOutput {
  /** Writes a text. */
  write(text: string): unknown
  /** True for a terminal. */
  readonly isTTY?: boolean | undefined
}

const width = 24

/**
 * Shows progress: a bar that is redrawn in a terminal, else a line each time another tenth is done.
 * @param output @default `process.stderr`
 * @example
 * batch(client, requests, { onProgress: progressBar() })
 */
export function progressBar(output?: ProgressOutput): (progress: BatchProgress) => void {
  let shown = -1
  let over = false
  return (progress) => {
    const stream = output ?? (builtinModule('node:process') as typeof import('node:process') | undefined)?.stderr
    if (!stream || over) return
    const { total, done, failed, inFlight } = progress
    const finished = done + failed
    const share = total === undefined || total === 0 ? undefined : Math.min(1, finished / total)
    const ended = share === 1 && inFlight === 0
    const line = lineOf(progress, share)
    if (stream.isTTY) {
      stream.write(`\r\u001b[K${line}${ended ? '\n' : ''}`)
      over = ended
      return
    }
    const tenth = share === undefined ? Math.floor(finished / 1000) : Math.floor(share * 10)
    if (tenth === shown) return
    shown = tenth
    stream.write(`${line}\n`)
  }
}

function lineOf(
  { total, done, failed, spent, perSecond, timeLeftMs }: BatchProgress,
  share: number | undefined,
): string {
  const parts = [total === undefined ? `${done + failed}` : `${done + failed}/${total}`]
  if (share !== undefined) {
    const full = Math.round(share * width)
    parts.unshift(`[${'█'.repeat(full)}${'░'.repeat(width - full)}] ${Math.floor(share * 100)}%`)
  }
  if (failed > 0) parts.push(`${failed} failed`)
  parts.push(`${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`, `$${spent.toFixed(spent < 1 ? 4 : 2)}`)
  if (timeLeftMs !== undefined && share !== 1) parts.push(`${duration(timeLeftMs)} left`)
  return parts.join(', ').replace(', ', ' ')
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
