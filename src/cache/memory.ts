import type { LRUCache } from 'lru-cache'
import { checkNames } from '../call/known-options.js'
import { BadRequestError } from '../errors.js'
import type { CacheStore } from '../types/cache.js'

/** Options of {@link memoryCache}. */
export interface MemoryCacheOptions {
  /** The most answers; the ones longest unused go first. @default 1_000 */
  maxEntries?: number | undefined
  /** The most memory for them, about, in bytes. @default 67_108_864 (64 MiB) */
  maxBytes?: number | undefined
  /** How long answers are kept where nobody says otherwise, in milliseconds. 0 for no end. @default 3_600_000 (one hour) */
  ttl?: number | undefined
}

/** What a cache in memory can do beside what a call asks of it. */
export interface MemoryCache extends CacheStore {
  /** Forgets everything. */
  clear(): void
  /** Answers that are kept now. */
  readonly size: number
}

/**
 * Keeps answers in this process's memory.
 *
 * @throws {BadRequestError} where an option is wrong
 * @example
 * const client = createClient({ cache: memoryCache({ maxEntries: 5_000, ttl: 600_000 }) })
 */
export function memoryCache(options: MemoryCacheOptions = {}): MemoryCache {
  checkNames('memoryCache', options, known, 'cache')
  for (const [name, value] of Object.entries(options)) {
    const least = name === 'ttl' ? 0 : 1
    if (value !== undefined && !(Number.isInteger(value) && value >= least)) {
      throw wrong(`'${name}' of memoryCache() is a whole number, ${least} or more.`)
    }
  }
  const { maxEntries = 1_000, maxBytes = 64 * 1024 * 1024, ttl = 3_600_000 } = options
  return new Memory(maxEntries, maxBytes, ttl)
}

const known = ['maxEntries', 'maxBytes', 'ttl']

const wrong = (message: string) => new BadRequestError(message, { param: 'cache' })

type Entries = LRUCache<string, string>

class Memory implements MemoryCache {
  readonly #most: number
  readonly #bytes: number
  readonly #ttl: number
  #entries: Entries | undefined
  #loading: Promise<Entries> | undefined

  constructor(most: number, bytes: number, ttl: number) {
    this.#most = most
    this.#bytes = bytes
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
      this.#entries = new module.LRUCache({ max: this.#most, maxSize: this.#bytes, maxEntrySize: this.#bytes })
      return this.#entries
    })
    return this.#loading
  }
}

/** Letters of a text that has only Latin ones take one byte, others two; and an entry takes something by itself. */
const sizeOf = (key: string, value: string) => 200 + key.length + value.length * (latin.test(value) ? 1 : 2)
const latin = /^[\0-\xff]*$/
