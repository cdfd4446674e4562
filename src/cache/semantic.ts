import { checkNames } from '../call/known-options.js'
import { BadRequestError } from '../errors.js'
import type { CacheStore, EmbedText, Neighbour, SemanticIndex, SemanticStore } from '../types/cache.js'
import { memoryCache } from './memory.js'
import { isStore } from './plan.js'
import { longestTime } from './redis-link.js'

/** Options of {@link semanticCache}. */
export interface SemanticCacheOptions {
  /**
   * What makes the vector of a question: an embedding model (`openai/text-embedding-3-small`), asked through the same client, or
   * a function of yours.
   */
  embed: string | EmbedText
  /** The least cosine that counts as the same question. Measure it with questions of yours: models differ. @default 0.95 */
  threshold?: number | undefined
  /** Where the answers are. @default memoryCache() */
  store?: CacheStore | undefined
  /** Where the vectors are: `redisIndex()`, or one of yours. @default in this process's memory */
  index?: SemanticIndex | undefined
  /** The most questions that the index in memory holds; the ones longest unused go first. @default 1_000 */
  maxEntries?: number | undefined
  /** The longest that a call waits for its vector, in milliseconds. @default 5_000 */
  embedTimeout?: number | undefined
}

/**
 * A cache that also answers a question that was asked before in other words: the text of the last user turn is like the one that
 * was answered, and everything else of the call is the same. It can be wrong: a `threshold` that is too low gives people the answers
 * to other questions.
 *
 * @throws {BadRequestError} where an option is wrong
 * @example
 * const client = createClient({ cache: semanticCache({ embed: 'openai/text-embedding-3-small', threshold: 0.93 }) })
 */
export function semanticCache(options: SemanticCacheOptions): SemanticStore {
  checkNames('semanticCache', options, known, 'cache')
  const { embed, threshold = 0.95, store = memoryCache(), maxEntries = 1_000, embedTimeout = 5_000 } = options
  if (typeof embed !== 'function' && (typeof embed !== 'string' || embed === '')) {
    throw wrong("'embed' of semanticCache() is an embedding model, or a function that gives a text's vector.")
  }
  if (!(typeof threshold === 'number' && threshold > 0 && threshold <= 1)) {
    throw wrong("'threshold' of semanticCache() is more than 0 and at most 1.")
  }
  if (!isStore(store))
    throw wrong("'store' of semanticCache() is memoryCache(), redisCache(), or an object with get and set.")
  if (options.index && !isIndex(options.index)) {
    throw wrong("'index' of semanticCache() is redisIndex(), or an object with nearest and add.")
  }
  if (!Number.isInteger(maxEntries) || maxEntries < 1) throw wrong("'maxEntries' of semanticCache() is 1 or more.")
  if (!Number.isInteger(embedTimeout) || embedTimeout < 1 || embedTimeout > longestTime) {
    throw wrong(`'embedTimeout' of semanticCache() is a whole number of milliseconds, from 1 to ${longestTime}.`)
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

const wrong = (message: string) => new BadRequestError(message, { param: 'cache' })

const isIndex = ({ nearest, add }: SemanticIndex): boolean => typeof nearest === 'function' && typeof add === 'function'

/** Vectors in memory, compared one by one: fast enough for thousands. */
class MemoryIndex implements SemanticIndex {
  readonly #most: number
  /** In the order of their use, the ones longest unused first. */
  readonly #order = new Map<string, { scope: string; key: string }>()
  readonly #scopes = new Map<string, Map<string, Float32Array>>()

  constructor(most: number) {
    this.#most = most
  }

  nearest(scope: string, vector: Float32Array): Neighbour | undefined {
    let best: { key: string; similarity: number } | undefined
    for (const [key, other] of this.#scopes.get(scope) ?? []) {
      // another model made it
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
    while (this.#order.size > this.#most) {
      const [oldest] = this.#order.values()
      if (oldest) this.remove(oldest.scope, oldest.key)
    }
  }

  remove(scope: string, key: string): void {
    this.#order.delete(`${scope} ${key}`)
    const vectors = this.#scopes.get(scope)
    vectors?.delete(key)
    if (vectors?.size === 0) this.#scopes.delete(scope)
  }

  #touch(scope: string, key: string): void {
    const name = `${scope} ${key}`
    this.#order.delete(name)
    this.#order.set(name, { scope, key })
  }
}
