import { BadRequestError } from '../src/errors.js'
import { type ModelFacts, type ModelPrices, toRow } from './prices.js'
import { canonicalProvider } from './providers.js'
import { type Found, findRow, type Missed, nearIds, type Split, splitModel } from './resolve.js'
import type { Row } from './schema.js'
import { isProvider } from './table.js'

/** How many answers a registry remembers of which row a model string means. */
const remembered = 1000

/**
 * The price table with a client's own models on top. What one registry is told, no other sees.
 * @example
 * const registry = new ModelRegistry()
 * registry.register('my/model', { input: 0.5, output: 1.5, contextWindow: 32_768 })
 * costPerToken({ model: 'my/model', usage }, registry).total
 */
export class ModelRegistry {
  readonly #rows = new Map<string, Row>()
  readonly #found = new Map<string, Found | Missed>()

  /**
   * Adds a model, or changes what the table says of one.
   * @param id `provider/model`; or a model's name alone, which then holds at every provider
   * @param given prices in US dollars per million tokens, and facts
   * @param options.inherit whether what is not given stays as the table has it. @default true
   * @throws {BadRequestError} where a price is not a number of 0 or more, or a field has no meaning
   */
  register(id: string, given: ModelPrices & ModelFacts, options: { inherit?: boolean | undefined } = {}): void {
    if (typeof id !== 'string' || id.trim() === '') throw new BadRequestError("A model's id is 'provider/model'.")
    const own = toRow(given)
    const built = options.inherit === false ? undefined : this.#builtIn(splitModel(id))?.row
    this.#rows.set(key(id), Object.freeze(built ? over(built, own) : own))
    this.#found.clear()
  }

  /** Forgets a model that was registered. False where there was none. */
  unregister(id: string): boolean {
    this.#found.clear()
    return this.#rows.delete(key(id))
  }

  /**
   * The row that a model string means: a registered one, else the table's.
   * @param provider where the model string has no prefix but the provider is known
   */
  find(model: string, provider?: string): Found | Missed {
    const memo = provider === undefined ? model : `${provider}\n${model}`
    const known = this.#found.get(memo)
    if (known) return known
    const found = this.#search(model, provider)
    if (this.#found.size >= remembered) this.#found.clear()
    this.#found.set(memo, found)
    return found
  }

  #search(model: string, provider?: string): Found | Missed {
    const split = provider === undefined ? this.#split(model) : { provider, model }
    return (
      this.#registered(split, model) ??
      this.#builtIn(split) ?? { row: undefined, near: nearIds(split, this.#rows.keys()) }
    )
  }

  /** A registered row: by provider and model, then by the model's name alone. Only as it is written. */
  registered(model: string, provider?: string): Found | undefined {
    if (this.#rows.size === 0) return undefined
    return this.#registered(provider === undefined ? this.#split(model) : { provider, model }, model)
  }

  #registered({ provider, model }: Split, written: string): Found | undefined {
    for (const id of [`${provider ?? ''}/${model}`, written, model]) {
      const row = this.#rows.get(key(id))
      if (row)
        return {
          id,
          row,
          provider: canonicalProvider(provider ?? ''),
          region: undefined,
          defaults: undefined,
          source: 'registry',
        }
    }
    return undefined
  }

  #builtIn({ provider, model }: Split): Found | undefined {
    return provider === undefined ? undefined : findRow(provider, model)
  }

  #split(model: string): Split {
    return splitModel(model, (provider) => isProvider(provider) || this.#hasProvider(provider))
  }

  #hasProvider(provider: string): boolean {
    for (const id of this.#rows.keys()) if (id.startsWith(`${provider}/`)) return true
    return false
  }
}

/** Prefixes are spelled in one way only, so that `together/x` and `together_ai/x` are one model. */
function key(id: string): string {
  const slash = id.indexOf('/')
  return slash > 0 ? `${canonicalProvider(id.slice(0, slash))}/${id.slice(slash + 1)}` : id
}

/** Own prices hold at any time of any day; the table's earlier ones and its hours don't apply to them. */
function over(built: Row, own: Row): Row {
  const { h, z, ...rest } = built
  const priced = own.i !== undefined || own.o !== undefined
  return priced ? { ...rest, ...own } : { ...built, ...own }
}

let shared: ModelRegistry | undefined

/** The registry of the top-level functions, made at its first use. */
export function defaultRegistry(): ModelRegistry {
  shared ??= new ModelRegistry()
  return shared
}
