import type { CallCost } from './meta.js'

/**
 * Where answers are kept, as text under a key: `memoryCache()`, `redisCache()`, or any object with these two functions (a `Map`,
 * a Keyv). What it throws, and what it gives back that is no entry of llmux, counts as a miss.
 */
export interface CacheStore {
  get(key: string): unknown
  /** @param ttl milliseconds; undefined leaves it to the store */
  set(key: string, value: string, ttl?: number): unknown
  /** The same for many keys, in their order. */
  getMany?(keys: readonly string[]): unknown
  setMany?(entries: readonly (readonly [key: string, value: string])[], ttl?: number): unknown
}

/**
 * A cache that also answers calls whose last user turn is only like one that was answered. Made by `semanticCache()`.
 */
export interface SemanticStore extends CacheStore {
  readonly semantic: SemanticSettings
}

/** Places of answers, found by the vectors of what was asked. */
export interface SemanticIndex {
  /** The nearest of one scope, and how like it is: 1 is the same direction. */
  nearest(scope: string, vector: Float32Array): Promise<Neighbour | undefined> | Neighbour | undefined
  add(scope: string, key: string, vector: Float32Array, ttl: number | undefined): unknown
  /** Why it can't look now, where that is known already: then nobody pays for a vector. */
  refusal?(): Error | undefined
  /** Its answer is gone. */
  remove?(scope: string, key: string): unknown
}

export interface Neighbour {
  readonly key: string
  /** Cosine. */
  readonly similarity: number
}

/** Makes the vector of a text. */
export type EmbedText = (text: string, signal: AbortSignal) => Promise<ArrayLike<number>>

export interface SemanticSettings {
  readonly embed: string | EmbedText
  readonly threshold: number
  readonly embedTimeout: number
  readonly index: SemanticIndex
}

/** Something that went wrong with a cache. The call went on without it. */
export interface CacheFailure {
  readonly operation: 'get' | 'set' | 'embed' | 'index'
  readonly error: Error
  /** The key that it was about; of many, the first. */
  readonly key: string
}

/** How a client, a Router or a call uses a cache. */
export interface CacheSettings {
  store: CacheStore
  /** How long answers are kept, in milliseconds. @default the store's own */
  ttl?: number | undefined
  /** The oldest answer to be taken, in milliseconds. 0 takes none, and keeps the new one. @default no limit */
  maxAge?: number | undefined
  /** Answers of one namespace are not seen in another. @default '' */
  namespace?: string | undefined
  /** Whether identical calls that are under way at the same time share one request. @default false */
  coalesce?: boolean | undefined
  /**
   * Whether calls with different credentials may have each other's answers. Only where all of them are yours: whoever knows a
   * question can then learn its answer without a key. @default false
   */
  shareAcrossKeys?: boolean | undefined
  /** Mixed into the fingerprint that keeps credentials apart. The same in every process that shares a store. */
  salt?: string | undefined
  /** The largest answer to be kept, in characters of its JSON. @default 1_048_576 */
  maxEntryBytes?: number | undefined
  /** Told of what goes wrong with the cache. The call goes on whatever happens. */
  onError?: ((failure: CacheFailure) => void) | undefined
}

/** What one call may say. */
export interface CacheCallOptions extends Partial<CacheSettings> {
  /** Take an answer that is there, and don't keep a new one. @default false */
  noStore?: boolean | undefined
}

/** What a client, a Router or a call takes for `cache`. */
export type CacheOption = CacheStore | CacheSettings

/** `meta.cache`. */
export interface CacheMeta {
  /** Whether the answer, all of it, came out of a cache, or from an identical call that was under way. */
  readonly hit: boolean
  /** The key of the answer, where a cache was asked; of a list of embeddings, the first one's. */
  readonly key?: string
  /** Why the cache could not be asked, such as a package that is missing. The call went on without it. */
  readonly error?: string
  /** How old the answer is, in milliseconds; of a list of embeddings, the oldest. */
  readonly ageMs?: number
  /** How like the question is to the one that was answered, where a semantic cache found it: a cosine. */
  readonly similarity?: number
  /** True where the answer was made by an identical call that was under way at the same time. */
  readonly coalesced?: true
  /** Of a list of embeddings: how many vectors were there, and how many had to be asked for. */
  readonly elements?: { readonly hits: number; readonly misses: number }
  /** What a semantic cache spent on the vector of the question. It is not part of `meta.cost`. */
  readonly embedding?: { readonly model: string; readonly tokens: number | undefined; readonly cost: CallCost }
}
