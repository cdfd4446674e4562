import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Log } from '../log.js'
import { calls, Owner } from './owner.js'
import type { Peer, Socket } from './peer.js'
import { workerVariable } from './variable.js'

/** Milliseconds from the end of the drain to the end of a worker by force, and those of a worker that has no calls to drain. */
const graceMs = 15_000
/** Milliseconds between the end of a process and that of its socket. */
const lastMessagesMs = 1_000
/** Longest pause before a worker that keeps ending starts again. */
const longestPauseMs = 10_000
/** A worker that lived as long has started well. */
const settledMs = 10_000

export interface SupervisorOptions {
  readonly workers: number
  readonly port: number
  readonly host: string
  /** Folder of SQLite; undefined if the workers use another database. */
  readonly data: string | undefined
  readonly drainMs: number
  readonly log: Log
  /** Called once, when all workers take calls. */
  ready(url: string, link: () => Promise<string>): Promise<void> | void
  /** An error of the start, with the remedy. */
  explain(error: Error): Error
}

interface Running {
  readonly worker: Worker
  readonly peer: Peer
  readonly since: number
  ready: boolean
}

/**
 * Starts the workers, replaces those that end, and passes signals on.
 * @returns the exit code, once all workers have drained
 * @throws the error of a worker that could not start
 */
export function supervise(options: SupervisorOptions): Promise<number> {
  const { workers, log } = options
  const owner = new Owner(options.data)
  // 16 MB of each worker for about 2 % of the time of a call; a flag of the command line counts
  cluster.setupPrimary({ execArgv: ['--max-semi-space-size=8', ...process.execArgv] })
  const running = new Map<number, Running>()
  let { port } = options
  let started = false
  let ending = false
  let pauseMs = 0
  let failure: Error | undefined

  return new Promise((resolve, reject) => {
    const end = async () => {
      await owner.close()
      if (failure) reject(failure)
      else resolve(0)
    }
    const start = () => {
      const worker = cluster.fork({ [workerVariable]: JSON.stringify({ port, host: options.host }) })
      const { peer, close } = owner.seat(socketOf(worker), {
        ready: (url) => {
          entry.ready = true
          // a worker hears nothing before it listens
          if (ending) peer.tell(calls.drain)
          port = Number(new URL(url).port)
          if (started || ending || [...running.values()].filter(({ ready }) => ready).length < workers) return
          started = true
          const welcomed = async () => options.ready(url, () => peer.ask(calls.link, shown(url)))
          welcomed().catch((error: Error) => log.error(`The start could not be shown: ${error.message}`))
        },
        failed: (error) => {
          if (started) return log.error(`A worker could not start: ${error.message}`)
          failure ??= options.explain(error)
          drain()
        },
      })
      const entry: Running = { worker, peer, since: Date.now(), ready: false }
      running.set(worker.id, entry)
      // a process without a socket can't be reached any more
      worker.once('disconnect', () => killLater(worker, graceMs))
      worker.once('exit', async (code, signal) => {
        // its last messages may still be in the socket
        if (worker.isConnected()) await Promise.race([once(worker, 'disconnect'), pause(lastMessagesMs)])
        running.delete(worker.id)
        close()
        if (ending) {
          if (running.size === 0) void end()
          return
        }
        pauseMs = Date.now() - entry.since > settledMs ? 0 : Math.min(longestPauseMs, Math.max(250, pauseMs * 2))
        log.error(
          `Worker ${worker.process.pid} has ended (${signal ?? `code ${code}`}). Another one starts${pauseMs > 0 ? ` in ${pauseMs} ms` : ''}.`,
        )
        setTimeout(() => {
          if (!ending) start()
        }, pauseMs)
      })
    }
    const drain = () => {
      if (ending) return
      ending = true
      for (const { peer, worker, ready } of running.values()) {
        peer.tell(calls.drain)
        killLater(worker, ready ? options.drainMs + graceMs : graceMs)
      }
      if (running.size === 0) void end()
    }
    const onSignal = () => {
      if (!ending) return drain()
      // the second signal does not wait for open calls
      for (const { worker } of running.values()) worker.process.kill('SIGKILL')
      process.exit(130)
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
    process.on('SIGHUP', () => {
      for (const { peer } of running.values()) peer.tell(calls.reload)
    })
    for (let count = 0; count < workers; count++) start()
  })
}

/** Ends a process that does not end by itself. */
function killLater(worker: Worker, ms: number): void {
  if (worker.isDead()) return
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), ms).unref()
  worker.once('exit', () => clearTimeout(timer))
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const shown = (url: string) => url.replace('0.0.0.0', '127.0.0.1')

/** A worker whose socket is closed has ended, or is about to. */
function socketOf(worker: Worker): Socket {
  worker.on('error', () => {})
  return {
    send: (message) => {
      if (worker.isConnected()) worker.send(message as object)
    },
    on: (event, listener) => worker.on(event, listener),
  }
}
