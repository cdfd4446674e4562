/**
 * Bedrock and Azure list a model once per region. The table has the price of the global endpoint and a multiple for the others;
 * a region with a different price keeps a row of its own.
 */
import { type PriceRow, type RateCard, tokenRates } from '../schema.js'
import { type Rows, roundOff, type Source } from './source.js'

const geography = /^(us-gov|us|eu|apac|jp|au|ca|sa|uk|kr|in|global|regional)\./
const awsRegion = /^(us|eu|ap|ca|sa|me|af|il|mx|us-gov)-[a-z]+-\d\//

/** Models whose regional endpoints, including the bare id, cost more than the global one. */
export interface UpliftRule {
  models: RegExp
  multiple: number
}

export function foldBedrock(source: Source, rule: UpliftRule): void {
  for (const provider of ['bedrock', 'bedrock_mantle']) {
    const rows = source.providers.get(provider)
    if (rows)
      source.providers.set(
        provider,
        foldRows(rows, rule, (id) => listPrice(source, id)),
      )
    const aliases = source.aliases.get(provider)
    if (aliases) for (const [alias] of [...aliases]) if (geography.test(alias)) aliases.delete(alias)
  }
}

/** The price of a Bedrock model at its maker, in the same source. */
function listPrice(source: Source, id: string): PriceRow | undefined {
  const [, maker = '', model = ''] = /^(openai|anthropic)\.(.+?)(?:-v\d+(?::\d+)?)?$/.exec(id) ?? []
  return source.providers.get(maker)?.get(model)
}

type ListPrice = (id: string) => PriceRow | undefined

function foldRows(rows: Rows, rule: UpliftRule, listPriceOf: ListPrice): Rows {
  const models = new Map<string, Map<string, PriceRow>>()
  const regional: [string, PriceRow][] = []
  for (const [id, row] of rows) {
    if (awsRegion.test(id)) {
      regional.push([id, row])
      continue
    }
    const area = geography.exec(id)?.[1] ?? ''
    const base = withoutVersion(id.replace(geography, ''))
    const areas = models.get(base) ?? new Map<string, PriceRow>()
    models.set(base, areas.set(area, row))
  }
  const folded: Rows = new Map()
  for (const [base, areas] of models) foldModel(base, areas, rule, listPriceOf(base), folded)
  for (const [id, row] of regional) {
    const base = folded.get(withoutVersion(id.replace(awsRegion, '')))
    const ratio = priceRatio(base, row)
    if (ratio === undefined || Math.abs(ratio - (base?.residency ?? 1)) > 0.02) folded.set(id, row)
  }
  return folded
}

function foldModel(
  base: string,
  areas: ReadonlyMap<string, PriceRow>,
  rule: UpliftRule,
  list: PriceRow | undefined,
  folded: Rows,
): void {
  const uplifted = rule.models.test(base)
  const global = areas.get('global') ?? (uplifted ? undefined : areas.get('regional'))
  const regional = areas.get('us') ?? areas.get('regional') ?? areas.get('eu')
  let row = global ?? areas.get('') ?? regional ?? [...areas.values()][0]
  if (row === undefined) return
  if (uplifted && global === undefined) {
    // without a global price, the source may list the regional one, for the bare id too
    const isRegional = list
      ? priceRatio(list, row) === rule.multiple
      : regional !== undefined && (row === regional || priceRatio(regional, row) === 1)
    if (isRegional) row = scale(row, 1 / rule.multiple)
  }
  const hasUplift = uplifted || priceRatio(areas.get('global'), regional) === rule.multiple
  folded.set(base, hasUplift ? { ...row, residency: rule.multiple } : row)
  for (const [area, other] of areas) {
    if (area === '' || area === 'global' || area === 'regional') continue
    const expected = hasUplift ? rule.multiple : 1
    const ratio = priceRatio(row, other)
    if (ratio !== undefined && Math.abs(ratio - expected) > 0.02 && !(uplifted && Math.abs(ratio - 1) < 0.02))
      folded.set(`${area}.${base}`, other)
  }
}

/** Newer Claude ids appear with `-v1`, with `-v1:0` and without a version: all are the same model. */
const withoutVersion = (id: string): string =>
  id.replace(/^(anthropic\.claude-(?:opus|sonnet|haiku|fable)-.*?)-v1(?::0)?$/, '$1')

/** The second price as a multiple of the first, or NaN if input and output have different multiples. */
function priceRatio(one: PriceRow | undefined, other: PriceRow | undefined): number | undefined {
  if (!one?.input || other?.input === undefined) return undefined
  const input = other.input / one.input
  const output = one.output && other.output !== undefined ? other.output / one.output : input
  return Math.abs(input - output) <= 0.02 * input ? Math.round(input * 100) / 100 : Number.NaN
}

/** A row with its token rates multiplied. */
export function scale(row: PriceRow, by: number): PriceRow {
  const made: PriceRow = { ...row }
  for (const name of tokenRates) {
    const rate = row[name]
    if (rate !== undefined) made[name] = roundOff(rate * by)
  }
  if (row.tiers) made.tiers = row.tiers.map(([above, tier]) => [above, scale(tier as RateCard, by)] as const)
  if (row.earlier) made.earlier = row.earlier.map(([until, card]) => [until, scale(card, by)] as const)
  return made
}

const dataZone = /^(us|eu|global|global-standard)\//

/** Folds Azure's data zones. Their multiple belongs to the provider, so only exceptions keep a row. */
export function foldAzure(source: Source, multiple: number): void {
  for (const provider of ['azure', 'azure_ai']) {
    const rows = source.providers.get(provider)
    if (!rows) continue
    for (const [id, row] of [...rows]) {
      const zone = dataZone.exec(id)?.[1]
      if (zone === undefined) continue
      const base = id.slice(zone.length + 1)
      const isGlobal = zone.startsWith('global')
      const ratio = priceRatio(rows.get(base), row)
      if (!rows.has(base)) rows.set(base, isGlobal ? row : scale(row, 1 / multiple))
      else if (ratio !== undefined && !(Math.abs(ratio - (isGlobal ? 1 : multiple)) <= 0.03)) {
        // the row has the price of its zone already
        rows.set(id, { ...row, residency: 1 })
        continue
      }
      rows.delete(id)
    }
  }
}
