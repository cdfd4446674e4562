import type { Card, ProviderTable, Row } from '../schema.js'
import { priceKeys } from './merge.js'
import type { Shelf } from './offer.js'

/** `pricing/overrides.json`. */
export interface Overrides {
  providers: Record<string, { defaults: NonNullable<ProviderTable['d']>; why: string }>
  /** Service tiers of models that are named. A rate may be written as a fraction, `5/3`. */
  services: { provider: string[]; key: 'b' | 'f' | 'p' | 'F'; rate: number | string; models: string[]; why: string }[]
  uplift: { models: string; multiple: number; why: string }
  /** For every model whose id fits; what a row has of its own stays, unless the rule `wins`. */
  patterns: { provider: string[]; models: string; card: Partial<Row>; wins?: boolean; why: string }[]
  /** Wins over every source. `whole`: nothing of the sources' prices stays. */
  rows: {
    provider: string
    models: string[]
    card: { [key in keyof Row]?: Row[key] | null }
    whole?: boolean
    why: string
  }[]
  /** Not taken from the sources at all. */
  drop: { provider: string; models: string[]; why: string }[]
  /** Where a price of 0 is a price: provider, then a pattern of ids. */
  free: Record<string, string>
}

/** Puts our own rows and rules on a merged provider. Gives the overrides that changed nothing. */
export function override(provider: string, shelf: Shelf, overrides: Overrides): string[] {
  const needless: string[] = []
  for (const { provider: p, models } of overrides.drop) if (p === provider) for (const id of models) shelf.delete(id)
  for (const { provider: p, models, card, whole } of overrides.rows) {
    if (p !== provider) continue
    const prices = new Map(models.map((id) => [id, shelf.get(id)]))
    const dated = [...shelf.keys()].filter(
      (id) => !models.includes(id) && samePrice(shelf.get(id), prices.get(undated(id, models))),
    )
    for (const id of [...models, ...dated]) {
      const before = shelf.get(id)
      const kept = whole && before ? without(before, priceKeys) : repriced(before, card as Partial<Row>)
      const after = clear({ ...kept, ...card })
      if (models.includes(id) && before && same(before, after)) needless.push(`${provider}/${id}`)
      shelf.set(id, after)
    }
  }
  for (const { provider: p, key, rate, models } of overrides.services) {
    if (!p.includes(provider)) continue
    for (const [id, row] of shelf)
      if (models.includes(undated(id, models))) shelf.set(id, { ...row, [key]: fraction(rate) })
  }
  for (const { provider: p, models, card, wins } of overrides.patterns) {
    if (!p.includes(provider)) continue
    const pattern = new RegExp(models)
    for (const [id, row] of shelf) {
      if (!pattern.test(id) || row.i === undefined) continue
      shelf.set(id, wins ? { ...without(row, ['s', 'sg']), ...card } : { ...card, ...row })
    }
  }
  return needless
}

/** `null` takes a rate away that the sources have. */
function clear(row: Record<string, unknown>): Row {
  for (const [key, value] of Object.entries(row)) if (value === null) delete row[key]
  return row as Row
}

/** A row whose price we state keeps none of what hung on another price: history, hours, tiers. */
function repriced(row: Row | undefined, card: Partial<Row>): Row {
  if (!row) return {}
  const moved = (card.i !== undefined && card.i !== row.i) || (card.o !== undefined && card.o !== row.o)
  return moved ? without(row, ['h', 'z', 't', 'r', 'w', 'W', 'n'] as const) : row
}

function without<Thing extends object>(thing: Thing, keys: readonly (keyof Thing | string)[]): Thing {
  const rest = { ...thing }
  for (const key of keys) delete rest[key as keyof Thing]
  return rest
}

/** The id without its date, where that is one of the models meant. */
export function undated(id: string, models: readonly string[]): string {
  if (models.includes(id)) return id
  return id.replace(/-\d{4}-\d{2}-\d{2}$|-\d{8}$/, '')
}

const samePrice = (one: Row | undefined, other: Row | undefined): boolean =>
  one !== undefined && other !== undefined && one.i !== undefined && one.i === other.i && one.o === other.o

const fraction = (rate: number | string): number => {
  if (typeof rate === 'number') return rate
  const [over, under] = rate.split('/')
  return Number(over) / Number(under)
}

const same = (one: Card, other: Card): boolean => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))

const sorted = (card: Card): unknown =>
  Object.fromEntries(Object.entries(card).sort(([one], [other]) => (one < other ? -1 : 1)))
