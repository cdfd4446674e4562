import { BadRequestError, got } from '../src/errors.js'
import { type ModelFacts, type ModelPrices, toRow } from './prices.js'
import { canonicalProvider, isReseller } from './providers.js'
import { findRow, type ModelParts, nearIds, type ResolvedModel, splitModel, type UnresolvedModel } from './resolve.js'
import type { PriceRow } from './schema.js'
import { isProvider } from './table.js'

/** Size of a registry's memo of model strings. */
const maxResolved = 1000

/**
 * The price table plus models registered by a client. Registries don't share registered models.
 * @example
 * const registry = new ModelRegistry()
 * registry.register('my/model', { input: 0.5, output: 1.5, contextWindow: 32_768 })
 * costPerToken({ model: 'my/model', usage }, registry).total
 */
export class ModelRegistry {
  readonly #rows = new Map<string, PriceRow>()
  readonly #resolved = new Map<string, ResolvedModel | UnresolvedModel>()

  /**
   * Adds a model, or changes one of the table.
   * @param id `provider/model`, or a bare model name, which then applies at every provider
   * @param given prices in US dollars per million tokens, and facts
   * @param options.inherit keep the table's values for fields that are not given. @default true
   * @throws {BadRequestError} if a price is not a number of 0 or more, or a field is unknown
   */
  register(id: string, given: ModelPrices & ModelFacts, options: { inherit?: boolean | undefined } = {}): void {
    if (typeof id !== 'string' || id.trim() === '') {
      throw new BadRequestError(`A model id must be 'provider/model' or a bare model name; ${got(id)}.`)
    }
    const own = toRow(given)
    const built = options.inherit === false ? undefined : this.#builtIn(splitModel(id))?.row
    this.#rows.set(key(id), Object.freeze(built ? override(built, own) : own))
    this.#resolved.clear()
  }

  /** Removes a registered model. Returns false if there is none. */
  unregister(id: string): boolean {
    this.#resolved.clear()
    return this.#rows.delete(key(id))
  }

  /**
   * Resolves a model string to a row: a registered one, else the table's.
   * @param provider the provider, if the model string has no prefix
   */
  find(model: string, provider?: string): ResolvedModel | UnresolvedModel {
    if (typeof model !== 'string') return { row: undefined, near: [] }
    const memo = provider === undefined ? model : `${provider}\n${model}`
    const known = this.#resolved.get(memo)
    if (known) return known
    const resolved = this.#search(model, provider)
    if (this.#resolved.size >= maxResolved) this.#resolved.clear()
    this.#resolved.set(memo, resolved)
    return resolved
  }

  #search(model: string, provider?: string): ResolvedModel | UnresolvedModel {
    const split = provider === undefined ? this.#split(model) : { provider, model }
    return (
      this.#registered(split, model) ??
      this.#builtIn(split) ?? { row: undefined, near: nearIds(split, this.#rows.keys()) }
    )
  }

  /** A registered row: by provider and model, then by the bare name. Only the exact spelling matches. */
  registered(model: string, provider?: string): ResolvedModel | undefined {
    if (this.#rows.size === 0 || typeof model !== 'string') return undefined
    return this.#registered(provider === undefined ? this.#split(model) : { provider, model }, model)
  }

  #registered({ provider, model }: ModelParts, written: string): ResolvedModel | undefined {
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

  #builtIn({ provider, model }: ModelParts): ResolvedModel | undefined {
    return provider === undefined ? undefined : findRow(provider, model)
  }

  #split(model: string): ModelParts {
    return splitModel(model, (provider) => isProvider(provider) || isReseller(provider) || this.#hasProvider(provider))
  }

  #hasProvider(provider: string): boolean {
    for (const id of this.#rows.keys()) if (id.startsWith(`${provider}/`)) return true
    return false
  }
}

/** Normalises the prefix, so that `together/x` and `together_ai/x` are one model. */
function key(id: string): string {
  const slash = id.indexOf('/')
  return slash > 0 ? `${canonicalProvider(id.slice(0, slash))}/${id.slice(slash + 1)}` : id
}

/** Registered prices apply at any time, so the table's earlier cards and hours are dropped with the prices they belong to. */
function override(built: PriceRow, own: PriceRow): PriceRow {
  const { earlier, hours, ...rest } = built
  const priced = own.input !== undefined || own.output !== undefined
  return priced ? { ...rest, ...own } : { ...built, ...own }
}

let shared: ModelRegistry | undefined

/** The registry of the top-level functions. */
export function defaultRegistry(): ModelRegistry {
  shared ??= new ModelRegistry()
  return shared
}
