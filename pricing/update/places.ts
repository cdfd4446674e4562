/**
 * Bedrock and Azure list one model once for each place that serves it. The table has the price of the global endpoint and a
 * multiple for the others; a place that asks something else keeps a row of its own.
 */
import type { Row } from '../schema.js'
import type { Shelf, Source } from './offer.js'
import { tidy } from './offer.js'

const area = /^(us-gov|us|eu|apac|jp|au|ca|sa|uk|kr|in|global|regional)\./
const awsRegion = /^(us|eu|ap|ca|sa|me|af|il|mx|us-gov)-[a-z]+-\d\//

/** Models whose regional endpoints cost a tenth more than the global one, the bare id among them. */
export interface UpliftRule {
  models: RegExp
  multiple: number
}

export function foldBedrock(source: Source, rule: UpliftRule): void {
  for (const provider of ['bedrock', 'bedrock_mantle']) {
    const shelf = source.shelves.get(provider)
    if (shelf) source.shelves.set(provider, foldShelf(shelf, rule))
    const aliases = source.aliases.get(provider)
    if (aliases) for (const [alias] of [...aliases]) if (area.test(alias)) aliases.delete(alias)
  }
}

function foldShelf(shelf: Shelf, rule: UpliftRule): Shelf {
  const places = new Map<string, Map<string, Row>>()
  const own: [string, Row][] = []
  for (const [id, row] of shelf) {
    if (awsRegion.test(id)) {
      own.push([id, row])
      continue
    }
    const place = area.exec(id)?.[1] ?? ''
    const base = plain(id.replace(area, ''))
    const group = places.get(base) ?? new Map<string, Row>()
    places.set(base, group.set(place, row))
  }
  const folded: Shelf = new Map()
  for (const [base, group] of places) {
    const lifted = rule.models.test(base)
    const listed = group.get('global') ?? (lifted ? undefined : group.get('regional'))
    const regional = group.get('us') ?? group.get('regional') ?? group.get('eu')
    let row = listed ?? group.get('') ?? regional ?? [...group.values()][0]
    if (row === undefined) continue
    // a source that has only the regional price
    if (lifted && listed === undefined && regional && !group.has('')) row = scaled(regional, 1 / rule.multiple)
    const uplift = lifted || measured(group.get('global'), regional) === rule.multiple
    folded.set(base, uplift ? { ...row, u: rule.multiple } : row)
    for (const [place, other] of group) {
      if (place === '' || place === 'global' || place === 'regional') continue
      const expected = uplift ? rule.multiple : 1
      const ratio = measured(row, other)
      if (ratio !== undefined && Math.abs(ratio - expected) > 0.02 && !(lifted && Math.abs(ratio - 1) < 0.02))
        folded.set(`${place}.${base}`, other)
    }
  }
  for (const [id, row] of own) {
    const base = folded.get(plain(id.replace(awsRegion, '')))
    const ratio = measured(base, row)
    if (ratio === undefined || Math.abs(ratio - (base?.u ?? 1)) > 0.02) folded.set(id, row)
  }
  return folded
}

/** Claude's newer ids stand with `-v1`, `-v1:0` and without: one model. */
const plain = (id: string): string =>
  id.replace(/^(anthropic\.claude-(?:opus|sonnet|haiku|fable)-.*?)-v1(?::0)?$/, '$1')

/** How many times the first row's price the second's is, in input and output alike. */
function measured(one: Row | undefined, other: Row | undefined): number | undefined {
  if (!one?.i || other?.i === undefined) return undefined
  const input = other.i / one.i
  const output = one.o && other.o !== undefined ? other.o / one.o : input
  return Math.abs(input - output) <= 0.02 * input ? Math.round(input * 100) / 100 : Number.NaN
}

/** A row at a multiple of its token rates. */
export function scaled(row: Row, by: number): Row {
  const rates = ['i', 'o', 'r', 'w', 'W', 'n', 'a', 'A', 'ra', 'g', 'G'] as const
  const made: Row = { ...row }
  for (const key of rates) {
    const rate = row[key]
    if (rate !== undefined) made[key] = tidy(rate * by)
  }
  if (row.t) made.t = row.t.map(([above, tier]) => [above, scaled(tier as Row, by) as typeof tier] as const)
  if (row.h) made.h = row.h.map(([until, card]) => [until, scaled(card, by)] as const)
  return made
}

const zone = /^(us|eu|global|global-standard)\//

/** Azure's data zones: the multiple is the provider's, so only what differs from it keeps a row. */
export function foldAzure(source: Source, multiple: number): void {
  for (const provider of ['azure', 'azure_ai']) {
    const shelf = source.shelves.get(provider)
    if (!shelf) continue
    for (const [id, row] of [...shelf]) {
      const place = zone.exec(id)?.[1]
      if (place === undefined) continue
      const base = id.slice(place.length + 1)
      const ratio = measured(shelf.get(base), row)
      if (!shelf.has(base)) shelf.set(base, place.startsWith('global') ? row : scaled(row, 1 / multiple))
      else if (ratio !== undefined && !(Math.abs(ratio - (place.startsWith('global') ? 1 : multiple)) <= 0.03)) continue
      shelf.delete(id)
    }
  }
}
