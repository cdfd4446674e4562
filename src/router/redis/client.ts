import { createHash } from 'node:crypto'
import { loadRedis } from '../../cache/redis-link.js'
import type { Script } from './scripts.js'

/** What is used of a client: those of `redis` have it, `createClient`, `createCluster` and `createSentinel` alike. */
export interface RedisClient {
  readonly isReady?: boolean
  readonly isOpen?: boolean
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** A client that was made here, and is thrown away here. */
interface OwnClient extends RedisClient {
  connect(): Promise<unknown>
  destroy(): void
  unref(): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Too late; the command may still be carried out. */
export class CommandTimeout extends Error {
  override readonly name = 'CommandTimeout'
  /** What comes of it in the end. */
  readonly late: Promise<string>
  constructor(ms: number, late: Promise<string>) {
    super(`Redis did not answer within ${ms} ms.`)
    this.late = late
  }
}

interface ConnectionOptions {
  readonly client: RedisClient | undefined
  readonly url: string | undefined
  readonly connectTimeout: number
  /** The connection is gone. */
  readonly onLost: (error: Error) => void
}

/** The way to Redis: one connection, one script a command. It never reconnects by itself: whoever uses it knows when. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #hashes = new Map<Script, string>()
  #own: OwnClient | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get ready(): boolean {
    const client = this.#client
    return client !== undefined && (client.isReady ?? client.isOpen ?? true)
  }

  get #client(): RedisClient | undefined {
    return this.#options.client ?? this.#own
  }

  /**
   * Connects, where that is ours to do.
   * @throws {BadRequestError} where the package is not installed
   */
  async open(): Promise<void> {
    if (this.ready) return
    const { client: given, url, connectTimeout, onLost } = this.#options
    if (given) throw new Error('The Redis client that was given is not connected.')
    this.destroy()
    const { createClient } = await loadRedis('redisState')
    const client = createClient({
      ...(url !== undefined && { url }),
      disableOfflineQueue: true,
      socket: { reconnectStrategy: false, connectTimeout },
    }) as unknown as OwnClient
    client.on('error', (error) => {
      if (this.#own === client) onLost(error)
    })
    this.#own = client
    try {
      await within(connectTimeout, client.connect())
    } catch (error) {
      this.destroy()
      throw error
    }
    client.unref()
  }

  /**
   * Runs a script, in one round trip.
   * @param timeout milliseconds
   * @throws {CommandTimeout} where the answer takes longer
   */
  run(script: Script, keys: string[], argument: unknown, timeout: number): Promise<string> {
    const client = this.#client
    if (!client || !this.ready) return Promise.reject(new Error('There is no connection to Redis.'))
    const options = { keys, arguments: [JSON.stringify(argument)] }
    const answer = client
      .evalSha(this.#hashOf(script), options)
      .catch((error: unknown) => {
        if (!isUnknownScript(error)) throw error
        // the server keeps what it has evaluated
        return client.eval(script.source, options)
      })
      .then(String)
    return within(timeout, answer)
  }

  destroy(): void {
    const client = this.#own
    this.#own = undefined
    if (!client) return
    try {
      client.destroy()
    } catch {
      // it was closed already
    }
  }

  #hashOf(script: Script): string {
    let hash = this.#hashes.get(script)
    if (hash === undefined) {
      hash = createHash('sha1').update(script.source).digest('hex')
      this.#hashes.set(script, hash)
    }
    return hash
  }
}

const isUnknownScript = (error: unknown) => error instanceof Error && error.message.startsWith('NOSCRIPT')

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const tooLate = () => {
      const late = work.then(String)
      late.catch(() => {})
      reject(new CommandTimeout(ms, late))
    }
    // a process that was busy itself has the answer waiting: it is read before the second turn
    const timer = setTimeout(() => setImmediate(tooLate), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
