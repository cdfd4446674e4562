import type { CacheStore } from '../types/cache.js'
import { lasting, RedisLink, type RedisOptions, type RedisSettings, settingsOf } from './redis-link.js'

/** What is used of a client of the package `redis`: of `createClient`, `createCluster` and `createSentinel` alike. */
export interface RedisCacheClient {
  readonly isReady?: boolean
  readonly isOpen?: boolean
  get(key: string): Promise<unknown>
  set(key: string, value: string, options: { expiration: { type: 'PX'; value: number } }): Promise<unknown>
}

/** Options of {@link redisCache}. */
export interface RedisCacheOptions extends RedisOptions<RedisCacheClient> {
  /** Begins the names of all keys. @default 'llmux:cache:' */
  keyPrefix?: string | undefined
  /** How long answers are kept where nobody says otherwise, in milliseconds. @default 3_600_000 (one hour) */
  ttl?: number | undefined
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
  return new Redis(
    settingsOf('redisCache', options, {
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

  // one command for each: the keys of a Cluster are not in one place, and the client sends them together
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
    return client.set(keyPrefix + key, value, { expiration: { type: 'PX', value: lasting(ttl) } })
  }
}
