import type { PriceRow, RowDefaults, ServiceTier } from '../schema.js'
import { priceFields } from './merge.js'
import type { Rows } from './source.js'

/** `pricing/overrides.json`. */
export interface Overrides {
  providers: Record<string, { defaults: RowDefaults; why: string }>
  /** Service tiers of named models. A rate may be a fraction: `5/3`. */
  services: { provider: string[]; tier: ServiceTier; rate: number | string; models: string[]; why: string }[]
  uplift: { models: string; multiple: number; why: string }
  /** Applies to every model whose id matches. Values of the row take precedence unless `wins` is set. */
  patterns: { provider: string[]; models: string; card: Partial<PriceRow>; wins?: boolean; why: string }[]
  /** Takes precedence over every source. With `whole`, no price of the sources is kept. */
  rows: {
    provider: string
    models: string[]
    card: { [Name in keyof PriceRow]?: PriceRow[Name] | null }
    whole?: boolean
    why: string
  }[]
  /** Not taken from the sources. */
  drop: { provider: string; models: string[]; why: string }[]
  /** Models whose price of 0 is real: provider, then a pattern of ids. */
  free: Record<string, string>
  /** Prices kept although two sources agree against them. */
  kept: { models: string[]; why: string }[]
}

/** Applies the overrides to a merged provider. Returns the ids whose override changed nothing. */
export function override(provider: string, rows: Rows, overrides: Overrides): string[] {
  const needless: string[] = []
  for (const { provider: p, models } of overrides.drop) if (p === provider) for (const id of models) rows.delete(id)
  for (const entry of overrides.rows) if (entry.provider === provider) needless.push(...overrideRows(rows, entry))
  for (const { provider: p, tier, rate, models } of overrides.services) {
    if (!p.includes(provider)) continue
    for (const [id, row] of rows)
      if (models.includes(withoutDate(id, models))) rows.set(id, { ...row, [tier]: toNumber(rate) })
  }
  for (const { provider: p, models, card, wins } of overrides.patterns) {
    if (!p.includes(provider)) continue
    const pattern = new RegExp(models)
    for (const [id, row] of rows) {
      if (!pattern.test(id) || row.input === undefined) continue
      // the sources have one multiple for a batch, or rates that are mixed up (see build.ts)
      const own = card.batch !== undefined && !Array.isArray(row.batch) ? omit(row, ['batch']) : row
      rows.set(id, wins ? { ...omit(row, ['perWebSearch', 'perSearchedAnswer']), ...card } : { ...card, ...own })
    }
  }
  return needless
}

function overrideRows(rows: Rows, { provider, models, card, whole }: Overrides['rows'][number]): string[] {
  const needless: string[] = []
  const before = new Map(models.map((id) => [id, rows.get(id)]))
  const dated = [...rows.keys()].filter(
    (id) => !models.includes(id) && hasSamePrice(rows.get(id), before.get(withoutDate(id, models))),
  )
  for (const id of [...models, ...dated]) {
    const old = rows.get(id)
    const kept = whole && old ? omit(old, priceFields) : withoutStalePrices(old, card as Partial<PriceRow>)
    const row = removeNulls({ ...kept, ...card })
    if (models.includes(id) && old && isSame(old, row)) needless.push(`${provider}/${id}`)
    rows.set(id, row)
  }
  return needless
}

/** `null` removes a rate of the sources. */
function removeNulls(row: Record<string, unknown>): PriceRow {
  for (const [name, value] of Object.entries(row)) if (value === null) delete row[name]
  return row as PriceRow
}

/** Drops everything that depended on a price that the override replaces: history, hours, tiers and text rates. */
function withoutStalePrices(row: PriceRow | undefined, card: Partial<PriceRow>): PriceRow {
  if (!row) return {}
  const moved =
    (card.input !== undefined && card.input !== row.input) || (card.output !== undefined && card.output !== row.output)
  return moved ? omit(row, stalePrices) : row
}

const stalePrices = [
  'earlier',
  'hours',
  'tiers',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'cacheWrite12h',
  'reasoning',
] as const

function omit<Thing extends object>(thing: Thing, names: readonly (keyof Thing)[]): Thing {
  const rest = { ...thing }
  for (const name of names) delete rest[name]
  return rest
}

/** The id without its date, if that is one of the given models. */
function withoutDate(id: string, models: readonly string[]): string {
  if (models.includes(id)) return id
  return id.replace(/-\d{4}-\d{2}-\d{2}$|-\d{8}$/, '')
}

const hasSamePrice = (one: PriceRow | undefined, other: PriceRow | undefined): boolean =>
  one !== undefined &&
  other !== undefined &&
  one.input !== undefined &&
  one.input === other.input &&
  one.output === other.output

const toNumber = (rate: number | string): number => {
  if (typeof rate === 'number') return rate
  const [numerator, denominator] = rate.split('/')
  return Number(numerator) / Number(denominator)
}

const isSame = (one: PriceRow, other: PriceRow): boolean =>
  JSON.stringify(sortKeys(one)) === JSON.stringify(sortKeys(other))

const sortKeys = (row: PriceRow): unknown =>
  Object.fromEntries(Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1)))
