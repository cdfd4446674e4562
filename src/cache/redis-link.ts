import { systemClock } from '../call/clock.js'
import { checkNames } from '../call/validate.js'
import { BadRequestError, got } from '../errors.js'

/** Connection state of a client of the `redis` package. */
export interface LinkedClient {
  readonly isReady?: boolean
  readonly isOpen?: boolean
}

/** Options shared by `redisCache()` and `redisIndex()`. */
export interface RedisOptions<Client extends LinkedClient> {
  /** Server address: `redis[s]://[[user][:password]@]host[:port][/database]`. @default 'redis://localhost:6379' */
  url?: string | undefined
  /** A connected client of the `redis` package, instead of `url`. llmux never closes it. */
  client?: Client | undefined
  /** Prefix of all keys. */
  keyPrefix?: string | undefined
  /** Default time to live, in milliseconds. @default 3_600_000 (one hour) */
  ttl?: number | undefined
  /** Maximum time that a call waits for Redis, in milliseconds. @default 50 */
  commandTimeout?: number | undefined
  /** Maximum time to connect, in milliseconds. Calls don't wait for it. @default 5_000 */
  connectTimeout?: number | undefined
}

/** Validated options. */
export interface RedisSettings<Client extends LinkedClient> {
  /** Name of the function that received the options, for messages. */
  readonly maker: string
  readonly url: string | undefined
  readonly client: Client | undefined
  readonly keyPrefix: string
  readonly ttl: number
  readonly commandTimeout: number
  readonly connectTimeout: number
}

const common = ['url', 'client', 'keyPrefix', 'ttl', 'commandTimeout', 'connectTimeout'] as const

export const invalid = (message: string) => new BadRequestError(message, { param: 'cache' })

/** @throws {BadRequestError} if an option is invalid */
export function readSettings<Client extends LinkedClient>(
  maker: string,
  options: RedisOptions<Client>,
  defaults: { keyPrefix: string; isClient: (client: Client) => boolean; more?: readonly string[] },
): RedisSettings<Client> {
  checkNames(maker, options, [...common, ...(defaults.more ?? [])], 'cache')
  const { url, client, keyPrefix = defaults.keyPrefix } = options
  if (url !== undefined && client) throw invalid(`${maker}() must be given either 'url' or 'client'; got both.`)
  // an invalid URL may contain a password, so the message doesn't quote it
  if (url !== undefined && !isUrl(url))
    throw invalid(`'url' of ${maker}() must be a URL such as 'redis://localhost:6379'.`)
  if (client && !defaults.isClient(client))
    throw invalid(`'client' of ${maker}() must be a client of the package 'redis'; ${got(client)}.`)
  if (typeof keyPrefix !== 'string') throw invalid(`'keyPrefix' of ${maker}() must be a string; ${got(keyPrefix)}.`)
  const number = (name: 'ttl' | 'commandTimeout' | 'connectTimeout', fallback: number) => {
    const value = options[name] ?? fallback
    const max = name === 'ttl' ? Number.MAX_VALUE : maxTimerMs
    if (typeof value === 'number' && value > 0 && value <= max) return value
    const limit = name === 'ttl' ? '' : ` and at most ${max}`
    throw invalid(`'${name}' of ${maker}() must be a number of milliseconds greater than 0${limit}; ${got(value)}.`)
  }
  return {
    maker,
    url,
    client,
    keyPrefix,
    ttl: number('ttl', 3_600_000),
    commandTimeout: number('commandTimeout', 50),
    connectTimeout: number('connectTimeout', 5_000),
  }
}

/** The longest delay of a Node.js timer; a longer one fires immediately. */
export const maxTimerMs = 2 ** 31 - 1

/** Rejects early any URL that the `redis` package would reject on every call, quoting a possible password. */
function isUrl(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false
  const { protocol, pathname } = new URL(url)
  return protocol === 'unix:' || (/^rediss?:$/.test(protocol) && /^\/?\d*$/.test(pathname))
}

/** A time to live that Redis accepts, in milliseconds. */
export const expiryMs = (ttl: number): number => Math.min(Math.max(1, Math.ceil(ttl)), 2 ** 52)

/** A client created by this link, which also closes it. */
interface OwnClient {
  connect(): Promise<unknown>
  close(): Promise<unknown>
  destroy(): void
  unref(): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Consecutive failures that open the circuit, and how long it stays open, in milliseconds. */
const maxFailures = 5
const minPauseMs = 250
const maxPauseMs = 10_000
/** The most commands queued for a slow server. */
const maxQueuedCommands = 10_000

/** One Redis connection with a circuit breaker. It opens on first use; commands wait for it up to `commandTimeout`. */
export class RedisLink<Client extends LinkedClient> {
  readonly #settings: RedisSettings<Client>
  #own: (Client & OwnClient) | undefined
  #connecting: Promise<void> | undefined
  #failures = 0
  #pauses = 0
  #pausedUntil = 0
  #closed = false

  constructor(settings: RedisSettings<Client>) {
    this.#settings = settings
  }

  async run<Answer>(command: (client: Client) => Promise<Answer>): Promise<Answer> {
    if (this.#closed) throw this.#closedError()
    if (systemClock.now() < this.#pausedUntil) {
      throw new Error('Redis failed repeatedly. Commands are paused for a moment.')
    }
    const startedAt = systemClock.now()
    try {
      const answer = await within(this.#settings.commandTimeout, this.#send(command))
      this.#failures = 0
      this.#pauses = 0
      return answer
    } catch (error) {
      // a missing package and an error reply don't mean that the server is unreachable
      if (!(error instanceof BadRequestError) && !isErrorReply(error)) this.#recordFailure(startedAt)
      throw error
    }
  }

  async connect(): Promise<void> {
    if (this.#closed) throw this.#closedError()
    if (!ready(this.#client)) await this.#open()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#connecting?.catch(() => {})
    const client = this.#own
    this.#own = undefined
    if (!client) return
    // let pending commands finish, unless the server is unreachable
    await within(this.#settings.commandTimeout, client.close()).catch(() => destroy(client))
  }

  get #client(): Client | undefined {
    return this.#settings.client ?? this.#own
  }

  #closedError(): Error {
    return new Error(`This ${this.#settings.maker}() is closed.`)
  }

  async #send<Answer>(command: (client: Client) => Promise<Answer>): Promise<Answer> {
    if (!ready(this.#client)) await this.#open()
    const client = this.#client
    if (!client) throw new Error('Redis is not connected.')
    return command(client)
  }

  /** Failures of commands sent before the pause started count as part of the same outage. */
  #recordFailure(began: number): void {
    if (began < this.#pausedUntil) return
    this.#failures++
    if (this.#failures < maxFailures) return
    this.#failures = 0
    this.#pausedUntil = systemClock.now() + Math.min(maxPauseMs, minPauseMs * 2 ** this.#pauses++)
  }

  #open(): Promise<void> {
    if (this.#settings.client) return Promise.reject(new Error('The given Redis client is not connected.'))
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    // the attempt continues after its callers have timed out
    this.#connecting.catch(() => {})
    return this.#connecting
  }

  async #connect(): Promise<void> {
    const { url, connectTimeout, maker } = this.#settings
    const { createClient } = await loadRedis(maker)
    const old = this.#own
    this.#own = undefined
    if (old) destroy(old)
    const client = createClient({
      ...(url !== undefined && { url }),
      disableOfflineQueue: true,
      commandsQueueMaxLength: maxQueuedCommands,
      socket: { reconnectStrategy: false, connectTimeout },
    }) as unknown as Client & OwnClient
    // failing commands report the error
    client.on('error', () => {})
    try {
      await within(connectTimeout, client.connect())
    } catch (error) {
      destroy(client)
      throw error
    }
    // an idle cache must not keep the process alive
    client.unref()
    if (this.#closed) destroy(client)
    else this.#own = client
  }
}

const ready = (client: LinkedClient | undefined): boolean =>
  client !== undefined && (client.isReady ?? client.isOpen ?? true)

/** True for an error sent by a reachable server (out of memory, read-only, no permission). */
const isErrorReply = (error: unknown) => error instanceof Error && /^[A-Z]{3,} /.test(error.message)

function destroy(client: OwnClient): void {
  try {
    client.destroy()
  } catch {
    // already closed
  }
}

function within<Answer>(ms: number, work: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Redis did not answer within ${ms} ms.`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/**
 * Loads the optional package. Bundlers recognise `await import()` in a `try` block as optional.
 * @param maker name of the function that needs it, for the message
 */
export async function loadRedis(maker: string) {
  try {
    return await import('redis')
  } catch (error) {
    throw new BadRequestError(`${maker}() needs the package 'redis'. Install it with: npm install redis.`, {
      cause: error,
    })
  }
}
