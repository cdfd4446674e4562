import type { CacheStore } from '../types/cache.js'
import { expiryMs, RedisLink, type RedisOptions, type RedisSettings, readSettings } from './redis-link.js'

/** The methods used of a client of the `redis` package, made by `createClient`, `createCluster` or `createSentinel`. */
export interface RedisCacheClient {
  /** True if commands can be sent. */
  readonly isReady?: boolean
  /** True if the client is connected, for clients without `isReady`. */
  readonly isOpen?: boolean
  /** Runs GET. */
  get(key: string): Promise<unknown>
  /** Runs SET with an expiry in milliseconds. */
  set(key: string, value: string, options: { expiration: { type: 'PX'; value: number } }): Promise<unknown>
}

/** Options of {@link redisCache}. */
export interface RedisCacheOptions extends RedisOptions<RedisCacheClient> {
  /** Prefix of all keys. @default 'llmux:cache:' */
  keyPrefix?: string | undefined
  /** Default time to live of an answer, in milliseconds. @default 3_600_000 (one hour) */
  ttl?: number | undefined
}

/** A cache store in Redis. */
export interface RedisCache extends CacheStore {
  /** Connects ahead of the first call, which otherwise skips the cache if connecting takes longer than `commandTimeout`. */
  connect(): Promise<void>
  /** Closes the connection unless it is a `client` you passed. Later lookups are misses. */
  close(): Promise<void>
}

/**
 * Stores answers in Redis, shared by all processes. Needs the package `redis`, loaded on first use. If Redis is slow, full or
 * unreachable, calls continue without the cache.
 *
 * @throws {BadRequestError} if an option is invalid
 * @example
 * const client = createClient({ cache: redisCache({ url: 'redis://localhost:6379', ttl: 600_000 }) })
 */
export function redisCache(options: RedisCacheOptions = {}): RedisCache {
  return new Redis(
    readSettings('redisCache', options, {
      keyPrefix: 'llmux:cache:',
      isClient: ({ get, set }) => typeof get === 'function' && typeof set === 'function',
    }),
  )
}

class Redis implements RedisCache {
  readonly #settings: RedisSettings<RedisCacheClient>
  readonly #link: RedisLink<RedisCacheClient>

  constructor(settings: RedisSettings<RedisCacheClient>) {
    this.#settings = settings
    this.#link = new RedisLink(settings)
  }

  get(key: string): Promise<unknown> {
    return this.#link.run((client) => client.get(this.#settings.keyPrefix + key))
  }

  set(key: string, value: string, ttl = this.#settings.ttl): Promise<unknown> {
    return this.#link.run((client) => this.#put(client, key, value, ttl))
  }

  // one command per key: keys of a Cluster live on different nodes; the client pipelines the commands
  getMany(keys: readonly string[]): Promise<unknown> {
    return this.#link.run((client) => Promise.all(keys.map((key) => client.get(this.#settings.keyPrefix + key))))
  }

  setMany(entries: readonly (readonly [key: string, value: string])[], ttl = this.#settings.ttl): Promise<unknown> {
    return this.#link.run((client) => Promise.all(entries.map(([key, value]) => this.#put(client, key, value, ttl))))
  }

  connect(): Promise<void> {
    return this.#link.connect()
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  #put(client: RedisCacheClient, key: string, value: string, ttl: number): Promise<unknown> {
    const { keyPrefix } = this.#settings
    return client.set(keyPrefix + key, value, { expiration: { type: 'PX', value: expiryMs(ttl) } })
  }
}
