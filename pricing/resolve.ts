import { closestNames } from '../src/suggest.js'
import { regionOf, spellings } from './model-ids.js'
import { canonicalProvider, homeProvider, isReseller, makersRow, samePriceSellers } from './providers.js'
import type { PriceRow, RowDefaults } from './schema.js'
import { isProvider, providerRows, tableProviders } from './table.js'

/** A row of the table and how the model string led to it. */
export interface ResolvedModel {
  /** Id of the row: `provider/model`. */
  readonly id: string
  readonly row: PriceRow
  /** Canonical prefix of the requested provider. */
  readonly provider: string
  /** Region named by the id. */
  readonly region: string | undefined
  /** Defaults of the requested provider; they apply when the row belongs to another seller. */
  readonly defaults: RowDefaults | undefined
  readonly source: 'registry' | 'table'
}

export interface UnresolvedModel {
  readonly row: undefined
  /** Similar ids. */
  readonly near: readonly string[]
}

/** The two parts of a model string. `provider` is canonical, or undefined if unknown. */
export interface ModelParts {
  readonly provider: string | undefined
  readonly model: string
}

const isSeller = (provider: string): boolean => isProvider(provider) || isReseller(provider)

/** The text before the first `/` is the provider if there is one of that name. A bare id belongs to its maker's provider. */
export function splitModel(model: string, knows: (provider: string) => boolean = isSeller): ModelParts {
  const slash = model.indexOf('/')
  if (slash > 0) {
    const provider = canonicalProvider(model.slice(0, slash))
    if (knows(provider)) return { provider, model: model.slice(slash + 1) }
  }
  return { provider: homeProvider(model), model }
}

/**
 * Finds the row of a model: by the id as written, then by its other spellings, one step at a time; first in the provider's own
 * table, then in those of sellers with the same prices. A gateway that adds no margin has the price of the maker. Ids match completely
 * or not at all.
 */
export function findRow(provider: string, model: string): ResolvedModel | undefined {
  const requested = canonicalProvider(provider)
  const table = providerRows(requested)
  for (const seller of [requested, ...samePriceSellers(requested)]) {
    const rows = seller === requested ? table : providerRows(seller)
    if (!rows) continue
    for (const { id, region } of spellings(model, requested)) {
      const name = rows.find(id)
      const row = name === undefined ? undefined : rows.get(name)
      if (row) {
        return {
          id: `${seller}/${name}`,
          row,
          provider: requested,
          region: region ?? regionOf(model, requested),
          defaults: table?.defaults,
          source: 'table',
        }
      }
    }
  }
  const resold = makersRow(requested, model)
  const found = resold && findRow(resold.seller, resold.model)
  return found && { ...found, provider: requested }
}

/** Ids similar to one that was not found. */
export function nearIds({ provider, model }: ModelParts, registered: Iterable<string> = []): string[] {
  const ids: string[] = [...registered]
  const table = provider === undefined ? undefined : providerRows(canonicalProvider(provider))
  if (table) {
    for (const id of table.names()) ids.push(`${table.id}/${id}`)
    return closestNames(`${table.id}/${model}`, ids)
  }
  const rest = model.slice(model.indexOf('/') + 1)
  const home = providerRows(homeProvider(rest) ?? '')
  if (home) for (const id of closestNames(rest, home.names())) ids.push(`${home.id}/${id}`)
  const slash = model.indexOf('/')
  const prefixes = slash > 0 ? closestNames(model.slice(0, slash), tableProviders()) : []
  for (const id of prefixes) if (providerRows(id)?.find(rest) !== undefined) ids.push(`${id}/${rest}`)
  return closestNames(model, ids)
}
