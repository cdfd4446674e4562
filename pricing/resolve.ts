import { regionOf, spellings } from './names.js'
import { nearest } from './near.js'
import { canonicalProvider, homeOf, sameSellers } from './providers.js'
import type { ProviderTable, Row } from './schema.js'
import { isProvider, providerTable, tableProviders } from './table.js'

/** A row of the table, and how the model string led there. */
export interface Found {
  /** The row's own name: `provider/model`. */
  readonly id: string
  readonly row: Row
  /** The canonical prefix of the provider that was asked. */
  readonly provider: string
  /** Where the id says that the request is served. */
  readonly region: string | undefined
  /** What the asked provider's rows have where they don't say: of use where the row is another seller's. */
  readonly defaults: ProviderTable['d']
  readonly source: 'registry' | 'table'
}

/** No row. */
export interface Missed {
  readonly row: undefined
  /** The ids most like it. */
  readonly near: readonly string[]
}

/** A model string in its two parts; `provider` is canonical, or undefined where nothing tells. */
export interface Split {
  readonly provider: string | undefined
  readonly model: string
}

/** Text before the first `/` is the provider if there is one of that name; a bare id goes to the house it comes from. */
export function splitModel(model: string, knows: (provider: string) => boolean = isProvider): Split {
  const slash = model.indexOf('/')
  if (slash > 0) {
    const provider = canonicalProvider(model.slice(0, slash))
    if (knows(provider)) return { provider, model: model.slice(slash + 1) }
  }
  return { provider: homeOf(model), model }
}

/**
 * The row of a model at a provider: the id as written, then its other spellings, one step at a time, first in the provider's
 * own table and then in that of a seller with the same prices. An id is found whole or not at all.
 */
export function findRow(provider: string, model: string): Found | undefined {
  const asked = canonicalProvider(provider)
  const table = providerTable(asked)
  for (const seller of [asked, ...sameSellers(asked)]) {
    const shelf = seller === asked ? table : providerTable(seller)
    if (!shelf) continue
    for (const { id, region } of spellings(model, asked)) {
      const name = shelf.nameOf(id)
      const row = name === undefined ? undefined : shelf.row(name)
      if (row) {
        return {
          id: `${seller}/${name}`,
          row,
          provider: asked,
          region: region ?? regionOf(model, asked),
          defaults: table?.defaults,
          source: 'table',
        }
      }
    }
  }
  return undefined
}

/** Ids like one that was not found. */
export function nearIds({ provider, model }: Split, own: Iterable<string> = []): string[] {
  const ids: string[] = [...own]
  const table = provider === undefined ? undefined : providerTable(canonicalProvider(provider))
  if (table) {
    for (const id of table.names()) ids.push(`${table.id}/${id}`)
    return nearest(`${table.id}/${model}`, ids)
  }
  const rest = model.slice(model.indexOf('/') + 1)
  const home = providerTable(homeOf(rest) ?? '')
  if (home) for (const id of nearest(rest, home.names())) ids.push(`${home.id}/${id}`)
  const slash = model.indexOf('/')
  const prefixes = slash > 0 ? nearest(model.slice(0, slash), tableProviders()) : []
  for (const id of prefixes) if (providerTable(id)?.nameOf(rest) !== undefined) ids.push(`${id}/${rest}`)
  return nearest(model, ids)
}
