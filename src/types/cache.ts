import type { CallCost } from './cost.js'

/**
 * A store of text entries: `memoryCache()`, `redisCache()`, or any object with `get` and `set`, such as a `Map` or a Keyv.
 * Exceptions and foreign values count as misses.
 */
export interface CacheStore {
  /** Returns the value of a key, or undefined. May be asynchronous. */
  get(key: string): unknown
  /** Stores a value. May be asynchronous. @param ttl milliseconds; undefined means the store's default */
  set(key: string, value: string, ttl?: number): unknown
  /** Returns the values of several keys, in their order. */
  getMany?(keys: readonly string[]): unknown
  /** Stores several values. */
  setMany?(entries: readonly (readonly [key: string, value: string])[], ttl?: number): unknown
}

/** A cache store that also finds answers to similar questions. Created by `semanticCache()`. */
export interface SemanticStore extends CacheStore {
  /** Settings of the similarity search. */
  readonly semantic: SemanticSettings
}

/** An index that finds cache keys by vectors. */
export interface SemanticIndex {
  /** Returns the most similar entry of a scope. A similarity of 1 means the same direction. */
  nearest(scope: string, vector: Float32Array): Promise<Neighbour | undefined> | Neighbour | undefined
  /** Adds the vector of a cached answer. @param ttl milliseconds; undefined means the index's default */
  add(scope: string, key: string, vector: Float32Array, ttl: number | undefined): unknown
  /** Returns the reason if the index is known to be unavailable, which saves computing a vector. */
  refusal?(): Error | undefined
  /** Removes a vector whose answer no longer exists. */
  remove?(scope: string, key: string): unknown
}

/** The most similar entry of an index. */
export interface Neighbour {
  /** Cache key of the answer. */
  readonly key: string
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number
}

/** Computes the vector of a text. */
export type EmbedText = (text: string, signal: AbortSignal) => Promise<ArrayLike<number>>

/** Validated options of `semanticCache()`. */
export interface SemanticSettings {
  /** Embedding model or function. */
  readonly embed: string | EmbedText
  /** Minimum cosine similarity of a hit. */
  readonly threshold: number
  /** Maximum time to compute a vector, in milliseconds. */
  readonly embedTimeout: number
  /** Index of the vectors. */
  readonly index: SemanticIndex
}

/** A failure of the cache. The call continues without it. */
export interface CacheFailure {
  /** The failed operation. */
  readonly operation: 'get' | 'set' | 'embed' | 'index'
  /** The error. */
  readonly error: Error
  /** The affected key; the first of several. */
  readonly key: string
}

/** Cache settings of a client, a Router or a call. */
export interface CacheSettings {
  /** Store of the answers. */
  store: CacheStore
  /** Time to live of new answers, in milliseconds. @default the store's */
  ttl?: number | undefined
  /** Maximum age of a returned answer, in milliseconds. 0 skips the lookup but stores the new answer. @default no limit */
  maxAge?: number | undefined
  /** Separates answers: one namespace never sees another's. @default '' */
  namespace?: string | undefined
  /** Let identical calls that run at the same time share one request. @default false */
  coalesce?: boolean | undefined
  /**
   * Share answers between calls with different credentials. Only safe if all keys are yours: anyone who knows a question could
   * get its answer without a valid key. @default false
   */
  shareAcrossKeys?: boolean | undefined
  /** Salt of the fingerprint that separates credentials. Must be the same in all processes that share a store. */
  salt?: string | undefined
  /** Maximum size of a stored answer, in characters of its JSON. @default 1_048_576 */
  maxEntryBytes?: number | undefined
  /** Called on cache failures. The call continues in any case. */
  onError?: ((failure: CacheFailure) => void) | undefined
}

/** Cache settings of a single call. */
export interface CacheCallOptions extends Partial<CacheSettings> {
  /** Use cached answers, but don't store the new one. @default false */
  noStore?: boolean | undefined
}

/** Value of the `cache` option of a client, a Router or a call. */
export type CacheOption = CacheStore | CacheSettings

/** Cache outcome of a call, `meta.cache`. */
export interface CacheMeta {
  /** True if the complete answer came from a cache or from an identical in-flight call. */
  readonly hit: boolean
  /** Key of the answer, if a cache was used; for a list of embeddings, the first one's. */
  readonly key?: string
  /** Reason why the cache failed, such as a missing package. The call continued without it. */
  readonly error?: string
  /** Age of the answer, in milliseconds; for a list of embeddings, of the oldest. */
  readonly ageMs?: number
  /** Cosine similarity to the answered question, for a semantic hit. */
  readonly similarity?: number
  /** True if an identical in-flight call produced the answer. */
  readonly coalesced?: true
  /** For a list of embeddings: number of cached vectors and of requested ones. */
  readonly elements?: { readonly hits: number; readonly misses: number }
  /** Cost of the question's vector in a semantic cache. Not part of `meta.cost`. */
  readonly embedding?: { readonly model: string; readonly tokens: number | undefined; readonly cost: CallCost }
}
