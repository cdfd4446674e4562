import { systemClock } from '../call/clock.js'
import { BadRequestError } from '../errors.js'
import type { CacheStore } from '../types/cache.js'

/** What is used of a client of the package `redis`: of `createClient`, `createCluster` and `createSentinel` alike. */
export interface RedisCacheClient {
  readonly isReady?: boolean
  readonly isOpen?: boolean
  get(key: string): Promise<unknown>
  set(key: string, value: string, options: { expiration: { type: 'PX'; value: number } }): Promise<unknown>
}

/** Options of {@link redisCache}. */
export interface RedisCacheOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/database]`. @default 'redis://localhost:6379' */
  url?: string | undefined
  /** A connected client of the package `redis`, instead of `url`. It stays yours: nobody but you closes it. */
  client?: RedisCacheClient | undefined
  /** Begins the names of all keys. @default 'llmux:cache:' */
  keyPrefix?: string | undefined
  /** How long answers are kept where nobody says otherwise, in milliseconds. @default 3_600_000 (one hour) */
  ttl?: number | undefined
  /** The longest that a call waits for Redis, in milliseconds. @default 50 */
  commandTimeout?: number | undefined
  /** The longest that a connection may take to be made, in milliseconds; calls don't wait for it. @default 5_000 */
  connectTimeout?: number | undefined
}

/** What a cache in Redis can do beside what a call asks of it. */
export interface RedisCache extends CacheStore {
  /** Connects before the first call would: that one goes on without the cache where the connection takes longer than `commandTimeout`. */
  connect(): Promise<void>
  /** Closes the connection, where it is not a client of yours. Later calls are misses. */
  close(): Promise<void>
}

/**
 * Keeps answers in Redis, for all processes that share it. Needs the package `redis`, which loads with the first call. Where Redis
 * is slow, full or gone, calls go on without it.
 *
 * @throws {BadRequestError} where an option is wrong
 * @example
 * const client = createClient({ cache: redisCache({ url: 'redis://localhost:6379', ttl: 600_000 }) })
 */
export function redisCache(options: RedisCacheOptions = {}): RedisCache {
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw wrong(`redisCache() has no option '${name}'. It has ${[...known].join(', ')}.`)
  }
  const { url, client, keyPrefix = 'llmux:cache:' } = options
  if (url !== undefined && client) throw wrong("redisCache() takes 'url' or 'client', not both.")
  if (url !== undefined && typeof url !== 'string') throw wrong("'url' of redisCache() is a string.")
  if (client && (typeof client.get !== 'function' || typeof client.set !== 'function')) {
    throw wrong("'client' of redisCache() is a client of the package 'redis'.")
  }
  if (typeof keyPrefix !== 'string') throw wrong("'keyPrefix' of redisCache() is a string.")
  const number = (name: 'ttl' | 'commandTimeout' | 'connectTimeout', standard: number) => {
    const value = options[name] ?? standard
    if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value
    throw wrong(`'${name}' of redisCache() is a number of milliseconds, more than 0.`)
  }
  return new Redis({
    url,
    client,
    keyPrefix,
    ttl: number('ttl', 3_600_000),
    commandTimeout: number('commandTimeout', 50),
    connectTimeout: number('connectTimeout', 5_000),
  })
}

const known = new Set(['url', 'client', 'keyPrefix', 'ttl', 'commandTimeout', 'connectTimeout'])

const wrong = (message: string) => new BadRequestError(message, { param: 'cache' })

interface Settings {
  readonly url: string | undefined
  readonly client: RedisCacheClient | undefined
  readonly keyPrefix: string
  readonly ttl: number
  readonly commandTimeout: number
  readonly connectTimeout: number
}

/** A client that was made here, and is closed here. */
interface OwnClient extends RedisCacheClient {
  connect(): Promise<unknown>
  close(): Promise<unknown>
  destroy(): void
  unref(): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Failures in a row after which Redis is left alone, and for how long, in milliseconds. */
const mostFailures = 5
const shortestRest = 250
const longestRest = 10_000
/** Commands that may wait for a slow server. */
const mostWaiting = 10_000

class Redis implements RedisCache {
  readonly #settings: Settings
  #own: OwnClient | undefined
  #connecting: Promise<void> | undefined
  #failures = 0
  #rests = 0
  #restUntil = 0
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get(key: string): Promise<unknown> {
    return this.#run((client) => client.get(this.#settings.keyPrefix + key))
  }

  set(key: string, value: string, ttl = this.#settings.ttl): Promise<unknown> {
    return this.#run((client) => this.#put(client, key, value, ttl))
  }

  // one command for each: the keys of a Cluster are not in one place, and the client sends them together
  getMany(keys: readonly string[]): Promise<unknown> {
    return this.#run((client) => Promise.all(keys.map((key) => client.get(this.#settings.keyPrefix + key))))
  }

  setMany(entries: readonly (readonly [key: string, value: string])[], ttl = this.#settings.ttl): Promise<unknown> {
    return this.#run((client) => Promise.all(entries.map(([key, value]) => this.#put(client, key, value, ttl))))
  }

  async connect(): Promise<void> {
    if (this.#closed) throw new Error('This redisCache() is closed.')
    if (!ready(this.#client)) await this.#open()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#connecting?.catch(() => {})
    const client = this.#own
    this.#own = undefined
    if (!client) return
    // what was sent is answered first, but nobody waits for a server that is gone
    await within(this.#settings.commandTimeout, client.close()).catch(() => destroy(client))
  }

  #put(client: RedisCacheClient, key: string, value: string, ttl: number): Promise<unknown> {
    const { keyPrefix } = this.#settings
    return client.set(keyPrefix + key, value, { expiration: { type: 'PX', value: Math.max(1, Math.ceil(ttl)) } })
  }

  get #client(): RedisCacheClient | undefined {
    return this.#settings.client ?? this.#own
  }

  async #run<Answer>(command: (client: RedisCacheClient) => Promise<Answer>): Promise<Answer> {
    if (this.#closed) throw new Error('This redisCache() is closed.')
    if (systemClock.now() < this.#restUntil) {
      throw new Error('Redis failed several times in a row, and is left alone for a moment.')
    }
    try {
      const answer = await within(this.#settings.commandTimeout, this.#send(command))
      this.#failures = 0
      this.#rests = 0
      return answer
    } catch (error) {
      // how to mend it is for people to read, and not a matter of patience; nor is what the server itself refuses
      if (!(error instanceof BadRequestError) && !isReply(error)) this.#failed()
      throw error
    }
  }

  async #send<Answer>(command: (client: RedisCacheClient) => Promise<Answer>): Promise<Answer> {
    if (!ready(this.#client)) await this.#open()
    const client = this.#client
    if (!client) throw new Error('There is no connection to Redis.')
    return command(client)
  }

  #failed(): void {
    this.#failures++
    if (this.#failures < mostFailures) return
    this.#failures = 0
    this.#restUntil = systemClock.now() + Math.min(longestRest, shortestRest * 2 ** this.#rests++)
  }

  #open(): Promise<void> {
    if (this.#settings.client) return Promise.reject(new Error('The Redis client that was given is not connected.'))
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    // it goes on when nobody waits for it any more
    this.#connecting.catch(() => {})
    return this.#connecting
  }

  async #connect(): Promise<void> {
    const { url, connectTimeout } = this.#settings
    const { createClient } = await load()
    const old = this.#own
    this.#own = undefined
    if (old) destroy(old)
    const client = createClient({
      ...(url !== undefined && { url }),
      disableOfflineQueue: true,
      commandsQueueMaxLength: mostWaiting,
      socket: { reconnectStrategy: false, connectTimeout },
    }) as unknown as OwnClient
    // a failure is told by the commands that meet it
    client.on('error', () => {})
    try {
      await within(connectTimeout, client.connect())
    } catch (error) {
      destroy(client)
      throw error
    }
    // an idle cache doesn't keep a program from ending
    client.unref()
    if (this.#closed) destroy(client)
    else this.#own = client
  }
}

const ready = (client: RedisCacheClient | undefined): boolean =>
  client !== undefined && (client.isReady ?? client.isOpen ?? true)

/** An error that the server sent: it is there, and doesn't want to (full, read-only, no permission). */
const isReply = (error: unknown) => error instanceof Error && /^[A-Z]{3,} /.test(error.message)

function destroy(client: OwnClient): void {
  try {
    client.destroy()
  } catch {
    // it was closed already
  }
}

function within<Answer>(ms: number, work: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Redis did not answer within ${ms} ms.`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

const load = () =>
  import('redis').catch((error: unknown) => {
    throw new BadRequestError("redisCache() needs the package 'redis': npm install redis", { cause: error })
  })
