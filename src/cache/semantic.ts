import { checkNames } from '../call/validate.js'
import { BadRequestError, got } from '../errors.js'
import type { CacheStore, EmbedText, Neighbour, SemanticIndex, SemanticStore } from '../types/cache.js'
import { memoryCache } from './memory.js'
import { isStore } from './policy.js'
import { maxTimerMs } from './redis-link.js'

/** Options of {@link semanticCache}. */
export interface SemanticCacheOptions {
  /**
   * Embeds the text of a question: an embedding model (`openai/text-embedding-3-small`), called through the same client, or your own
   * function.
   */
  embed: string | EmbedText
  /** Minimum cosine similarity of a hit, from 0 to 1. It depends on the model: measure it with your own questions. @default 0.95 */
  threshold?: number | undefined
  /** Store of the answers. @default memoryCache() */
  store?: CacheStore | undefined
  /** Index of the vectors: `redisIndex()` or your own. @default an index in memory */
  index?: SemanticIndex | undefined
  /** Maximum number of questions in the memory index; the least recently used are evicted. @default 1_000 */
  maxEntries?: number | undefined
  /** Maximum time that a call waits for its vector, in milliseconds. @default 5_000 */
  embedTimeout?: number | undefined
}

/**
 * A cache that also recognises a rephrased question: the last user message is similar to an answered one and the rest of the request
 * is identical. Matches can be wrong: with a `threshold` that is too low, callers get answers to different questions.
 *
 * @throws {BadRequestError} if an option is invalid
 * @example
 * const client = createClient({ cache: semanticCache({ embed: 'openai/text-embedding-3-small', threshold: 0.93 }) })
 */
export function semanticCache(options: SemanticCacheOptions): SemanticStore {
  checkNames('semanticCache', options, known, 'cache')
  const { embed, threshold = 0.95, store = memoryCache(), maxEntries = 1_000, embedTimeout = 5_000 } = options
  if (typeof embed !== 'function' && (typeof embed !== 'string' || embed === '')) {
    throw invalid(
      `'embed' of semanticCache() must be an embedding model or a function that returns the vector of a text; ${got(embed)}.`,
    )
  }
  if (!(typeof threshold === 'number' && threshold > 0 && threshold <= 1)) {
    throw invalid(`'threshold' of semanticCache() must be a number greater than 0 and at most 1; ${got(threshold)}.`)
  }
  if (!isStore(store)) {
    throw invalid(
      `'store' of semanticCache() must be memoryCache(), redisCache() or an object with get() and set(); ${got(store)}.`,
    )
  }
  if (options.index && !isIndex(options.index)) {
    throw invalid(
      `'index' of semanticCache() must be redisIndex() or an object with nearest() and add(); ${got(options.index)}.`,
    )
  }
  if (!Number.isInteger(maxEntries) || maxEntries < 1) {
    throw invalid(`'maxEntries' of semanticCache() must be a positive integer; ${got(maxEntries)}.`)
  }
  if (!Number.isInteger(embedTimeout) || embedTimeout < 1 || embedTimeout > maxTimerMs) {
    throw invalid(
      `'embedTimeout' of semanticCache() must be an integer number of milliseconds from 1 to ${maxTimerMs}; ${got(embedTimeout)}.`,
    )
  }
  const { getMany, setMany } = store
  return {
    get: (key) => store.get(key),
    set: (key, value, ttl) => store.set(key, value, ttl),
    ...(getMany && { getMany: (keys) => getMany.call(store, keys) }),
    ...(setMany && { setMany: (entries, ttl) => setMany.call(store, entries, ttl) }),
    semantic: { embed, threshold, embedTimeout, index: options.index ?? new MemoryIndex(maxEntries) },
  }
}

const known = ['embed', 'threshold', 'store', 'index', 'maxEntries', 'embedTimeout']

const invalid = (message: string) => new BadRequestError(message, { param: 'cache' })

const isIndex = ({ nearest, add }: SemanticIndex): boolean => typeof nearest === 'function' && typeof add === 'function'

/** An index in memory that compares all vectors of a scope: fast enough for thousands. */
class MemoryIndex implements SemanticIndex {
  readonly #maxEntries: number
  /** Least recently used first. */
  readonly #usage = new Map<string, { scope: string; key: string }>()
  readonly #scopes = new Map<string, Map<string, Float32Array>>()

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  nearest(scope: string, vector: Float32Array): Neighbour | undefined {
    let best: { key: string; similarity: number } | undefined
    for (const [key, other] of this.#scopes.get(scope) ?? []) {
      // a vector of another model
      if (other.length !== vector.length) continue
      let similarity = 0
      for (let at = 0; at < vector.length; at++) similarity += (vector[at] ?? 0) * (other[at] ?? 0)
      if (!best || similarity > best.similarity) best = { key, similarity }
    }
    if (!best) return undefined
    this.#touch(scope, best.key)
    return { key: best.key, similarity: Math.min(1, best.similarity) }
  }

  add(scope: string, key: string, vector: Float32Array): void {
    let vectors = this.#scopes.get(scope)
    if (!vectors) {
      vectors = new Map()
      this.#scopes.set(scope, vectors)
    }
    vectors.set(key, vector)
    this.#touch(scope, key)
    while (this.#usage.size > this.#maxEntries) {
      const [oldest] = this.#usage.values()
      if (oldest) this.remove(oldest.scope, oldest.key)
    }
  }

  remove(scope: string, key: string): void {
    this.#usage.delete(`${scope} ${key}`)
    const vectors = this.#scopes.get(scope)
    vectors?.delete(key)
    if (vectors?.size === 0) this.#scopes.delete(scope)
  }

  #touch(scope: string, key: string): void {
    const name = `${scope} ${key}`
    this.#usage.delete(name)
    this.#usage.set(name, { scope, key })
  }
}
