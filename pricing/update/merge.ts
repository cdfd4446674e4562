import { cardAt } from '../rates.js'
import { partial, type Row } from '../schema.js'
import type { Shelf, Source } from './offer.js'
import { compact } from './offer.js'

/** Where sources say different things of one price. */
export interface Disagreement {
  model: string
  field: (typeof compared)[number]
  taken: number | undefined
  from: string
  others: Record<string, number>
  /** Two sources agree with one another and not with what was taken. */
  outvoted: boolean
}

/** Prices that are taken from one source together, or not at all. */
export const priceKeys = [
  'i',
  'o',
  'r',
  'w',
  'W',
  'n',
  'a',
  'A',
  'ra',
  'g',
  'G',
  'R',
  'q',
  'I',
  'P',
  'S',
  'T',
  'c',
  's',
  'sg',
  't',
  'z',
  'h',
] as const

/** Of these, what the first source lacks may come from another that agrees with it on input and output. */
const fillKeys = ['r', 'w', 'W', 'n', 'a', 'A', 'ra', 'g', 'G', 'q', 'I', 'S', 'T', 'c', 's', 'sg', 't'] as const

const compared = ['i', 'o', 'r', 'w', 'W', 'a', 'A'] as const

/**
 * One provider's models of all sources. Prices come from the first source that has one for the id; limits and abilities
 * from whichever knows them. `sources` in the order of trust for prices.
 */
export function mergeProvider(provider: string, sources: readonly Source[], at: number, found: Disagreement[]): Shelf {
  const merged: Shelf = new Map()
  const trusted = clouds.has(provider) ? [...sources].sort((one, other) => rounds(one) - rounds(other)) : sources
  for (const id of idsOf(provider, trusted)) {
    const offers = offersOf(provider, id, trusted, at)
    const priced = offers.filter(({ row }) => hasPrice(row))
    const [first, ...rest] = priced
    const row: Row = first ? pick(first.row, priceKeys) : {}
    for (const { row: other } of rest) if (first && agree(first.row, other, at)) fill(row, other)
    Object.assign(row, services(priced.map((offer) => offer.row)), facts(offers, kin(provider, id, sources)))
    merged.set(id, tidied(row, id))
    if (first) found.push(...disagreements(`${provider}/${id}`, first, rest, at))
  }
  return merged
}

/** The catalog has the clouds' printed prices, which are rounded to cents (0.13 for 0.125): there it comes last. */
const clouds = new Set(['azure', 'azure_ai', 'bedrock', 'bedrock_mantle', 'vertex_ai'])
const rounds = (source: Source): number => (source.name === 'pi-catalog' ? 1 : 0)

interface Offer {
  source: string
  row: Row
}

/** What the sources say of an id. What one says of the id without its date counts where it is the price that others have for the dated one. */
function offersOf(provider: string, id: string, sources: readonly Source[], at: number): Offer[] {
  const base = id.replace(/[-@](\d{8}|\d{4}-\d{2}-\d{2})$/, '')
  const exact = sources.flatMap((source) => {
    const row = rowIn(source, provider, id)
    return row && hasPrice(row) ? [row] : []
  })
  return sources.flatMap((source) => {
    const own = rowIn(source, provider, id)
    if (own) return [{ source: source.name, row: own }]
    const other = base === id ? undefined : (rowIn(source, provider, base) ?? rowIn(source, provider, `${base}-latest`))
    const stands = other && (!hasPrice(other) || exact.length === 0 || exact.some((row) => agree(row, other, at)))
    return stands ? [{ source: source.name, row: other }] : []
  })
}

function idsOf(provider: string, sources: readonly Source[]): string[] {
  const ids = new Set<string>()
  for (const source of sources) {
    for (const id of source.shelves.get(provider)?.keys() ?? []) ids.add(id)
    for (const alias of source.aliases.get(provider)?.keys() ?? []) ids.add(alias)
  }
  return [...ids].sort()
}

function rowIn(source: Source, provider: string, id: string): Row | undefined {
  const shelf = source.shelves.get(provider)
  const own = shelf?.get(id)
  if (own) return own
  const target = source.aliases.get(provider)?.get(id)
  return target === undefined ? undefined : shelf?.get(target)
}

export const hasPrice = (row: Row): boolean =>
  [row.i, row.o, row.R, row.q, row.I, row.P, row.S, row.T, row.c].some((price) => price !== undefined)

function pick(row: Row, keys: readonly (keyof Row)[]): Row {
  const made: Record<string, unknown> = {}
  for (const key of keys) if (row[key] !== undefined) made[key] = row[key]
  return made as Row
}

/** Whether two rows have the same price for input and output at a time. */
function agree(one: Row, other: Row, at: number): boolean {
  const [first, second] = [cardAt(one, at), cardAt(other, at)]
  return close(first.i, second.i) && close(first.o ?? 0, second.o ?? 0)
}

const close = (one: number | undefined, other: number | undefined): boolean =>
  one === undefined || other === undefined ? one === other : Math.abs(one - other) <= 0.001 * Math.max(one, other)

function fill(row: Row, other: Row): void {
  for (const key of fillKeys) {
    if (row[key] !== undefined || other[key] === undefined) continue
    if ((key === 's' && row.sg !== undefined) || (key === 'sg' && row.s !== undefined)) continue
    // a model whose price has changed had tiers at its own time only
    if (key === 't' && row.h !== undefined) continue
    ;(row as Record<string, unknown>)[key] = other[key]
  }
  if (row.t && other.t)
    row.t = row.t.map(([above, tier]) => [above, { ...other.t?.find(([at]) => at === above)?.[1], ...tier }] as const)
}

function services(rows: readonly Row[]): Row {
  const made: Row = {}
  for (const key of ['b', 'f', 'p', 'F', 'u'] as const) {
    for (const row of rows)
      if (made[key] === undefined && row[key] !== undefined) (made as Record<string, unknown>)[key] = row[key]
  }
  return made
}

/** LiteLLM's row of the same model at another seller: what a model can do, it can do there too. */
function kin(provider: string, id: string, sources: readonly Source[]): Row | undefined {
  const litellm = sources.find(({ name }) => name === 'litellm')
  for (const [seller, name] of kinOf(provider, id)) {
    const row = litellm?.shelves.get(seller)?.get(name)
    if (row?.x !== undefined) return row
  }
  return undefined
}

function kinOf(provider: string, id: string): [string, string][] {
  if (provider === 'openai') return [['azure', id]]
  if (provider === 'gemini') return [['vertex_ai', id]]
  if (provider === 'vertex_ai') return [['gemini', id]]
  if (provider !== 'anthropic') return []
  const dated = id.replace(/-(\d{8})$/, '@$1')
  return [
    ['vertex_ai', dated],
    ['bedrock', `anthropic.${id}`],
  ]
}

function facts(offers: readonly Offer[], kin: Row | undefined): Row {
  const from = (name: string): Row => offers.find(({ source }) => source === name)?.row ?? {}
  const [catalog, genai, litellm] = [from('pi-catalog'), from('genai-prices'), from('litellm')]
  const told = litellm.x === undefined ? kin : litellm
  const most = litellm.L
  const window = catalog.C ?? genai.C ?? most
  const output = catalog.M ?? litellm.M ?? kin?.M
  return compact({
    C: window,
    L: most !== undefined && window !== undefined && most < window ? most : undefined,
    M: [output, litellm.M, kin?.M].find((size) => size !== undefined && (window === undefined || size <= window)),
    d: litellm.d,
    k: litellm.k ?? catalog.k,
    x: told?.x === undefined ? (catalog.x === undefined ? undefined : catalog.x | partial) : told.x | (catalog.x ?? 0),
    im: told?.im === undefined && catalog.im === undefined ? undefined : (told?.im ?? 0) | (catalog.im ?? 0),
    om: litellm.om ?? kin?.om,
    e: litellm.e,
  })
}

/** What says nothing of its own is left out; Claude's cache writes follow from its input price where no source has them. */
function tidied(row: Row, id: string): Row {
  if (row.i && /claude/.test(id)) {
    row.w ??= round(row.i * 1.25)
    row.W ??= round(row.i * 2)
    const { i: base, t } = row
    if (t)
      row.t = t.map(([above, tier]) => {
        const i = tier.i ?? base
        return [above, { ...tier, w: tier.w ?? round(i * 1.25), W: tier.W ?? round(i * 2) }] as const
      })
  }
  if (row.k === 3) delete row.o
  // what an image model puts out are images: the answer's usage doesn't say so
  if (row.k === 5 && row.G !== undefined && !row.o) row.o = row.G
  if (row.n !== undefined && row.n === row.o) delete row.n
  if (row.a !== undefined && row.a === row.i) delete row.a
  if (row.g !== undefined && row.g === row.i) delete row.g
  if (row.ra !== undefined && row.ra === row.r) delete row.ra
  if (row.G !== undefined && row.G === row.o) delete row.G
  if (row.A !== undefined && row.A === row.o) delete row.A
  return compact(row)
}

const round = (value: number): number => Number(value.toPrecision(12))

function disagreements(model: string, first: Offer, rest: readonly Offer[], at: number): Disagreement[] {
  return compared.flatMap((field) => {
    const taken = cardAt(first.row, at)[field]
    const others: Record<string, number> = {}
    for (const { source, row } of rest) {
      const value = cardAt(row, at)[field]
      if (value !== undefined && taken !== undefined && !close(value, taken)) others[source] = value
    }
    if (Object.keys(others).length === 0) return []
    const values = Object.values(others)
    const outvoted = values.some((value, index) => values.some((other, at) => at > index && close(value, other)))
    return [{ model, field, taken, from: first.source, others, outvoted }]
  })
}
