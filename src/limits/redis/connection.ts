import { loadRedis } from '../../cache/redis-link.js'
import { digest, nextTurn } from '../../platform/index.js'
import type { Script } from './scripts.js'

/** The part of a client that is used. Clients of the package `redis` have it: `createClient`, `createCluster`, `createSentinel`. */
export interface RedisClient {
  readonly isReady?: boolean
  readonly isOpen?: boolean
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** A client that this module made and closes. */
interface OwnClient extends RedisClient {
  connect(): Promise<unknown>
  destroy(): void
  unref(): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** The answer is late. The server may still carry the command out. */
export class CommandTimeout extends Error {
  override readonly name = 'CommandTimeout'
  /** The answer that comes in the end. */
  readonly late: Promise<string>
  constructor(ms: number, late: Promise<string>) {
    super(`Redis did not answer within ${ms} ms.`)
    this.late = late
  }
}

interface ConnectionOptions {
  readonly maker: string
  readonly client: RedisClient | undefined
  readonly url: string | undefined
  readonly connectTimeout: number
  onLost(error: Error): void
}

/** The connection to Redis: one script per command. It never reconnects by itself, because its user plans that. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #hashes = new Map<Script, string>()
  #own: OwnClient | undefined
  /** Whether the server knows EVAL only. */
  #evalOnly = false

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
   * Connects a client of its own; a client of the user must be connected.
   * @throws {BadRequestError} if the package is not installed
   */
  async open(): Promise<void> {
    if (this.ready) return
    const { client: given, url, connectTimeout, onLost, maker } = this.#options
    if (given) throw new Error("The 'client' is not connected to Redis.")
    this.destroy()
    const { createClient } = await loadRedis(maker)
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
   * Runs a script in one round trip.
   * @param timeout milliseconds
   * @throws {CommandTimeout} if the answer takes longer
   */
  run(script: Script, keys: string[], argument: unknown, timeout: number): Promise<string> {
    const client = this.#client
    if (!client || !this.ready) return Promise.reject(new Error('Redis is not connected.'))
    return within(timeout, this.#evaluate(client, script, { keys, arguments: [JSON.stringify(argument)] }).then(String))
  }

  #evaluate(client: RedisClient, script: Script, options: { keys: string[]; arguments: string[] }): Promise<unknown> {
    if (this.#evalOnly) return client.eval(script.source, options)
    return client.evalSha(this.#hashOf(script), options).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : ''
      // the server keeps a script that it has evaluated
      if (message.startsWith('NOSCRIPT')) return client.eval(script.source, options)
      if (!/^(ERR unknown command|NOPERM).*evalsha/i.test(message)) throw error
      return client.eval(script.source, options).then((answer) => {
        this.#evalOnly = true
        return answer
      })
    })
  }

  destroy(): void {
    const client = this.#own
    this.#own = undefined
    if (!client) return
    try {
      client.destroy()
    } catch {
      // already closed
    }
  }

  #hashOf(script: Script): string {
    let hash = this.#hashes.get(script)
    if (hash === undefined) {
      hash = digest('sha1', script.source, 'hex')
      this.#hashes.set(script, hash)
    }
    return hash
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = () => {
      const late = work.then(String)
      late.catch(() => {})
      reject(new CommandTimeout(ms, late))
    }
    // after a stall of this process the answer is already waiting: it is read before the second turn
    const timer = setTimeout(() => nextTurn(expire), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
