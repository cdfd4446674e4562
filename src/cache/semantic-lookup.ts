import { within } from '../call/lifetime.js'
import { got } from '../errors.js'
import type { CacheMeta, Neighbour, SemanticSettings } from '../types/cache.js'
import type { CallCost } from '../types/meta.js'
import type { CacheableCall } from './cacheable-call.js'
import type { CachePolicy } from './policy.js'
import { asError, isThenable, reportFailure } from './state.js'

/** The text to compare, within a scope. */
export interface SemanticQuery {
  /** Digest of the whole request except the text of the last user message. Only queries of one scope are compared. */
  readonly scope: string
  readonly text: string
}

/** Embeds a text with a model of the client. */
export type Embedder = (
  model: string,
  text: string,
  signal: AbortSignal,
) => Promise<{ vector: ArrayLike<number>; tokens: number | undefined; cost: CallCost }>

/** Searches a semantic index for an answered question similar to this one. */
export class SemanticLookup {
  /** Tokens and cost of the query's vector, if a model of the client made it. */
  embeddingSpend: CacheMeta['embedding']
  /** Message of the last failure. */
  error: string | undefined
  #vector: Float32Array | undefined
  readonly #policy: CachePolicy
  readonly #settings: SemanticSettings
  readonly #query: SemanticQuery
  readonly #embedder: Embedder
  readonly #call: CacheableCall

  constructor(
    policy: CachePolicy,
    settings: SemanticSettings,
    query: SemanticQuery,
    embedder: Embedder,
    call: CacheableCall,
  ) {
    this.#policy = policy
    this.#settings = settings
    this.#query = query
    this.#embedder = embedder
    this.#call = call
  }

  /** Returns the most similar entry above the threshold. Every failure counts as a miss. */
  async nearest(): Promise<Neighbour | undefined> {
    const vector = await this.#embed()
    if (!vector) return undefined
    try {
      const { index, threshold } = this.#settings
      const result = index.nearest(this.#query.scope, vector)
      const found = isThenable(result) ? await within(this.#call.lifetime, Promise.resolve(result)) : result
      return found && found.similarity >= threshold ? found : undefined
    } catch (error) {
      if (this.#call.lifetime.ended) throw this.#call.lifetime.ended
      this.#report('index', error)
      return undefined
    }
  }

  /** Adds the vector of this query. @param key the key of its answer */
  add(key: string): unknown {
    return this.#vector && this.#settings.index.add(this.#query.scope, key, this.#vector, this.#policy.ttl)
  }

  remove(key: string): void {
    try {
      const done = this.#settings.index.remove?.(this.#query.scope, key)
      if (isThenable(done)) void done.then(undefined, (error) => this.#report('index', error))
    } catch (error) {
      this.#report('index', error)
    }
  }

  async #embed(): Promise<Float32Array | undefined> {
    const { embed, embedTimeout, index } = this.#settings
    const unavailable = index.refusal?.()
    if (unavailable) {
      this.#report('index', unavailable)
      return undefined
    }
    const { lifetime } = this.#call
    const stop = new AbortController()
    const timeout = AbortSignal.timeout(embedTimeout)
    lifetime.listen((error) => stop.abort(error))
    try {
      const signal = AbortSignal.any([stop.signal, timeout])
      const aborted = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      )
      // unused once the vector has arrived
      aborted.catch(() => {})
      const vector = await Promise.race([this.#vectorOf(embed, signal), aborted])
      this.#vector = normalized(vector)
      return this.#vector
    } catch (error) {
      if (lifetime.ended) throw lifetime.ended
      this.#report('embed', error)
      return undefined
    } finally {
      lifetime.listen(undefined)
    }
  }

  async #vectorOf(embed: SemanticSettings['embed'], signal: AbortSignal): Promise<ArrayLike<number>> {
    if (typeof embed === 'function') return embed(this.#query.text, signal)
    const { vector, tokens, cost } = await this.#embedder(embed, this.#query.text, signal)
    this.embeddingSpend = { model: embed, tokens, cost }
    return vector
  }

  #report(operation: 'embed' | 'index', error: unknown): void {
    this.error = reportFailure(this.#policy, { operation, error: asError(error), key: this.#query.scope })
  }
}

/** Scales a vector to length 1, so that the dot product of two is their cosine. */
function normalized(vector: ArrayLike<number>): Float32Array {
  if (typeof vector !== 'object' || vector === null)
    throw new Error(`'embed' must return an array of numbers; ${got(vector)}.`)
  const copy = Float32Array.from(vector)
  let sum = 0
  for (const value of copy) sum += value * value
  const length = Math.sqrt(sum)
  if (!(length > 0) || !Number.isFinite(length))
    throw new Error("'embed' must return a vector of finite numbers that are not all 0.")
  for (let at = 0; at < copy.length; at++) copy[at] = (copy[at] ?? 0) / length
  return copy
}
