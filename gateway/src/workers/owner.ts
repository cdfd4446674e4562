import { addMetrics, type MetricDump } from '../metrics/registry.js'
import type { Sql } from '../store/sql.js'
import { openSqlite } from '../store/sqlite.js'
import { OwnerLimits } from './owner-limits.js'
import { OwnerSql } from './owner-sql.js'
import { Peer, type Socket } from './peer.js'
import { sqlCalls } from './remote-sql.js'

/** Calls between the owner and a worker. */
export const calls = {
  // of the owner
  metrics: 'metrics',
  claim: 'claim',
  publish: 'publish',
  ready: 'ready',
  failed: 'failed',
  leave: 'leave',
  // of a worker
  ownMetrics: 'own metrics',
  news: 'news',
  drain: 'drain',
  reload: 'reload',
  link: 'link',
} as const

/** Milliseconds that a scrape waits for a worker. */
const longestScrapeMs = 2_000
/** Milliseconds that a change waits for a worker that is busy. */
const longestNewsMs = 500
/** Milliseconds between two looks at the metrics of the workers: the counts of a killed worker since then are lost. */
const keepMetricsMs = 5_000

/** News of one worker for its supervisor. */
export interface WorkerEvents {
  ready(url: string): void
  /** The start has failed. */
  failed(error: Error): void
}

interface Seat {
  readonly peer: Peer
  /** The last known metrics. */
  metrics: readonly MetricDump[]
  close(): void
}

/** The common parts of the workers of one gateway: the database, the counters, the metrics, and news. */
export class Owner {
  readonly #sql: Sql | undefined
  readonly #limits = new OwnerLimits()
  readonly #seats = new Set<Seat>()
  readonly #claims = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  /** Metrics of workers that have ended. */
  #former: readonly MetricDump[] = []

  /** @param data folder of SQLite; undefined if the workers use another database */
  constructor(data: string | undefined) {
    this.#sql = data === undefined ? undefined : openSqlite(data, { exclusive: true })
    this.#timer = setInterval(() => void this.#collect(), keepMetricsMs)
    this.#timer.unref()
  }

  /** Takes a worker in. `close()` of the result returns what it holds, once it has ended. */
  seat(socket: Socket, events: WorkerEvents): Pick<Seat, 'peer' | 'close'> {
    const others = (call: string, ...args: unknown[]) => {
      for (const other of this.#seats) if (other !== seat) other.peer.tell(call, ...args)
    }
    const sql =
      this.#sql &&
      new OwnerSql(this.#sql, () => {
        const told = [...this.#seats].flatMap((other) => (other === seat ? [] : other.peer.ask(sqlCalls.changed)))
        return Promise.race([Promise.allSettled(told), pause(longestNewsMs)])
      })
    const limits = this.#limits.forWorker()
    const peer = new Peer(socket, {
      ...sql?.handlers,
      ...limits.handlers,
      [calls.metrics]: () => this.#collect(),
      [calls.claim]: (key: string, ms: number) => this.#claim(key, ms),
      [calls.publish]: (topic: string, value: unknown) => others(calls.news, topic, value),
      [calls.ready]: (url: string) => events.ready(url),
      [calls.failed]: (message: string, code?: string) => events.failed(Object.assign(new Error(message), { code })),
      [calls.leave]: (metrics: readonly MetricDump[]) => {
        seat.metrics = metrics
      },
    })
    const seat: Seat = {
      peer,
      metrics: [],
      close: () => {
        if (!this.#seats.delete(seat)) return
        this.#former = addMetrics([this.#former, seat.metrics.filter(({ type }) => type !== 'gauge')])
        sql?.close()
        limits.close()
        peer.close(new Error('The worker has ended.'))
      },
    }
    this.#seats.add(seat)
    return seat
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const seat of this.#seats) seat.close()
    await this.#sql?.close()
  }

  async #collect(): Promise<MetricDump[]> {
    await Promise.all(
      [...this.#seats].map(async (seat) => {
        const asked = seat.peer.ask<readonly MetricDump[]>(calls.ownMetrics)
        const found = await Promise.race([asked.catch(() => undefined), pause(longestScrapeMs)])
        if (found) seat.metrics = found
      }),
    )
    const own: MetricDump = {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory.',
      type: 'gauge',
      merge: 'sum',
      names: [],
      series: [[[], process.memoryUsage.rss()]],
    }
    return addMetrics([...[...this.#seats].map(({ metrics }) => metrics), this.#former, [own]])
  }

  #claim(key: string, ms: number): boolean {
    const now = Date.now()
    if ((this.#claims.get(key) ?? 0) > now) return false
    if (this.#claims.size >= 10_000)
      for (const [known, until] of this.#claims) if (until <= now) this.#claims.delete(known)
    this.#claims.set(key, now + ms)
    return true
  }
}

const pause = (ms: number) => new Promise<undefined>((resolve) => setTimeout(resolve, ms, undefined).unref())
