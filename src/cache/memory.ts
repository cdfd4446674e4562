import type { LRUCache } from 'lru-cache'
import { checkNames } from '../call/validate.js'
import { BadRequestError, got } from '../errors.js'
import type { CacheStore } from '../types/cache.js'

/** Options of {@link memoryCache}. */
export interface MemoryCacheOptions {
  /** Maximum number of answers; the least recently used are evicted. @default 1_000 */
  maxEntries?: number | undefined
  /** Approximate maximum size of all answers, in bytes. @default 67_108_864 (64 MiB) */
  maxBytes?: number | undefined
  /** Default time to live of an answer, in milliseconds. 0 disables expiry. @default 3_600_000 (one hour) */
  ttl?: number | undefined
}

/** A cache store in memory. */
export interface MemoryCache extends CacheStore {
  /** Removes all answers. */
  clear(): void
  /** Number of stored answers. */
  readonly size: number
}

/**
 * Stores answers in the memory of this process.
 *
 * @throws {BadRequestError} if an option is invalid
 * @example
 * const client = createClient({ cache: memoryCache({ maxEntries: 5_000, ttl: 600_000 }) })
 */
export function memoryCache(options: MemoryCacheOptions = {}): MemoryCache {
  checkNames('memoryCache', options, known, 'cache')
  for (const [name, value] of Object.entries(options)) {
    const min = name === 'ttl' ? 0 : 1
    if (value !== undefined && !(Number.isInteger(value) && value >= min)) {
      throw invalid(`'${name}' of memoryCache() must be an integer of at least ${min}; ${got(value)}.`)
    }
  }
  const { maxEntries = 1_000, maxBytes = 64 * 1024 * 1024, ttl = 3_600_000 } = options
  return new Memory(maxEntries, maxBytes, ttl)
}

const known = ['maxEntries', 'maxBytes', 'ttl']

const invalid = (message: string) => new BadRequestError(message, { param: 'cache' })

type Entries = LRUCache<string, string>

class Memory implements MemoryCache {
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #ttl: number
  #entries: Entries | undefined
  #loading: Promise<Entries> | undefined

  constructor(maxEntries: number, maxBytes: number, ttl: number) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
    this.#ttl = ttl
  }

  get(key: string): string | undefined | Promise<string | undefined> {
    return this.#entries ? this.#entries.get(key) : this.#load().then((entries) => entries.get(key))
  }

  set(key: string, value: string, ttl = this.#ttl): void | Promise<void> {
    const put = (entries: Entries) => {
      entries.set(key, value, { ttl, size: sizeOf(key, value) })
    }
    return this.#entries ? put(this.#entries) : this.#load().then(put)
  }

  clear(): void {
    this.#entries?.clear()
  }

  get size(): number {
    return this.#entries?.size ?? 0
  }

  async #load(): Promise<Entries> {
    this.#loading ??= import('lru-cache').then((module) => {
      this.#entries = new module.LRUCache({
        max: this.#maxEntries,
        maxSize: this.#maxBytes,
        maxEntrySize: this.#maxBytes,
      })
      return this.#entries
    })
    return this.#loading
  }
}

/** Approximate heap size: strings of Latin-1 characters take one byte each, others two, plus the overhead of an entry. */
const sizeOf = (key: string, value: string) => 200 + key.length + value.length * (latin.test(value) ? 1 : 2)
const latin = /^[\0-\xff]*$/
