import { within } from '../call/lifetime.js'
import type { CacheMeta, Neighbour, SemanticSettings } from '../types/cache.js'
import type { CallCost } from '../types/meta.js'
import type { Plan } from './plan.js'
import { asError, isThenable, tell } from './state.js'
import type { CacheCall } from './through.js'

/** What a call asks, for who looks for what is like it. */
export interface Asked {
  /** Everything but the text of the last user turn: where that differs, no two questions are alike. */
  readonly scope: string
  readonly text: string
}

/** Makes a vector with a model of the client's. */
export type Embedder = (
  model: string,
  text: string,
  signal: AbortSignal,
) => Promise<{ vector: ArrayLike<number>; tokens: number | undefined; cost: CallCost }>

/** One look for a question that was asked in other words. */
export class SemanticLookup {
  /** What the vector cost, where a model of the client's made it. */
  spent: CacheMeta['embedding']
  /** What went wrong. */
  error: string | undefined
  #vector: Float32Array | undefined
  readonly #plan: Plan
  readonly #settings: SemanticSettings
  readonly #asked: Asked
  readonly #embedder: Embedder
  readonly #call: CacheCall

  constructor(plan: Plan, settings: SemanticSettings, asked: Asked, embedder: Embedder, call: CacheCall) {
    this.#plan = plan
    this.#settings = settings
    this.#asked = asked
    this.#embedder = embedder
    this.#call = call
  }

  /** Whatever goes wrong is a miss. */
  async nearest(): Promise<Neighbour | undefined> {
    const vector = await this.#embed()
    if (!vector) return undefined
    try {
      const { index, threshold } = this.#settings
      const near = index.nearest(this.#asked.scope, vector)
      const found = isThenable(near) ? await within(this.#call.lifetime, Promise.resolve(near)) : near
      return found && found.similarity >= threshold ? found : undefined
    } catch (error) {
      if (this.#call.lifetime.ended) throw this.#call.lifetime.ended
      this.#tell('index', error)
      return undefined
    }
  }

  /** @param key of the answer that came in the end */
  add(key: string): unknown {
    return this.#vector && this.#settings.index.add(this.#asked.scope, key, this.#vector, this.#plan.ttl)
  }

  forget(key: string): void {
    try {
      const done = this.#settings.index.remove?.(this.#asked.scope, key)
      if (isThenable(done)) void done.then(undefined, (error) => this.#tell('index', error))
    } catch (error) {
      this.#tell('index', error)
    }
  }

  async #embed(): Promise<Float32Array | undefined> {
    const { embed, embedTimeout, index } = this.#settings
    const refusal = index.refusal?.()
    if (refusal) {
      this.#tell('index', refusal)
      return undefined
    }
    const { lifetime } = this.#call
    const stop = new AbortController()
    const late = AbortSignal.timeout(embedTimeout)
    lifetime.listen((error) => stop.abort(error))
    try {
      const signal = AbortSignal.any([stop.signal, late])
      const gone = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      )
      // nobody waits for it when the vector has come
      gone.catch(() => {})
      const made = await Promise.race([this.#made(embed, signal), gone])
      this.#vector = unit(made)
      return this.#vector
    } catch (error) {
      if (lifetime.ended) throw lifetime.ended
      this.#tell('embed', error)
      return undefined
    } finally {
      lifetime.listen(undefined)
    }
  }

  async #made(embed: SemanticSettings['embed'], signal: AbortSignal): Promise<ArrayLike<number>> {
    if (typeof embed === 'function') return embed(this.#asked.text, signal)
    const { vector, tokens, cost } = await this.#embedder(embed, this.#asked.text, signal)
    this.spent = { model: embed, tokens, cost }
    return vector
  }

  #tell(operation: 'embed' | 'index', error: unknown): void {
    this.error = tell(this.#plan, { operation, error: asError(error), key: this.#asked.scope })
  }
}

/** Of length 1, so that the cosine of two is their product. */
function unit(vector: ArrayLike<number>): Float32Array {
  if (typeof vector !== 'object' || vector === null)
    throw new Error("'embed' gave no vector, which is a list of numbers.")
  const copy = Float32Array.from(vector)
  let sum = 0
  for (const value of copy) sum += value * value
  const length = Math.sqrt(sum)
  if (!(length > 0) || !Number.isFinite(length)) throw new Error('The vector of the question has no direction.')
  for (let at = 0; at < copy.length; at++) copy[at] = (copy[at] ?? 0) / length
  return copy
}
