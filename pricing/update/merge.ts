import { cardAt } from '../rates.js'
import { fieldsOf, type PriceRow, partial, type RateCard, serviceTiers } from '../schema.js'
import { compact, type Rows, roundOff, type Source } from './source.js'

/** Sources that give different prices for a model. */
export interface Disagreement {
  model: string
  field: (typeof comparedFields)[number]
  taken: number | undefined
  from: string
  others: Record<string, number>
  /** Two other, independent sources agree with each other and not with the one that was taken. */
  outvoted: boolean
}

/** Prices that two or more sources have. */
export interface Comparison {
  models: number
  prices: number
  disagreements: Disagreement[]
}

export const emptyComparison = (): Comparison => ({ models: 0, prices: 0, disagreements: [] })

/** Sources that copy from the same place count as one. */
const origins: Readonly<Record<string, string>> = { 'model-prices': 'models.dev', 'pi-catalog': 'models.dev' }

/** Prices that are taken together from one source, or not at all. */
export const priceFields = fieldsOf('token', 'fee', 'search', 'nested')

/** Prices that a later source may add if it agrees with the first on input and output. */
const addableFields = priceFields.filter(
  (name) => !['input', 'output', 'perRequest', 'perPage', 'hours', 'earlier'].includes(name),
)

const comparedFields = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'audioInput',
  'audioOutput',
] as const

/**
 * Merges the models of one provider. Prices come from the first source that has any for the id; limits and abilities from
 * every source that has them. `sources` are in order of trust for prices.
 */
export function mergeProvider(provider: string, sources: readonly Source[], at: number, found: Comparison): Rows {
  const merged: Rows = new Map()
  const trusted = clouds.has(provider)
    ? [...sources].sort((one, other) => Number(roundsPrices(one)) - Number(roundsPrices(other)))
    : sources
  for (const id of collectIds(provider, trusted)) {
    const offers = collectOffers(provider, id, trusted, at)
    const priced = offers.filter(({ row }) => hasPrice(row))
    const [first, ...rest] = priced
    const row: PriceRow = first ? pick(first.row, priceFields) : {}
    for (const { row: other } of rest) if (first && agree(first.row, other, at)) addPrices(row, cardAt(other, at), at)
    Object.assign(
      row,
      mergeServices(priced.map((offer) => offer.row)),
      mergeFacts(offers, findKin(provider, id, sources)),
    )
    merged.set(id, normalize(row, id))
    if (first && rest.length > 0) compare(`${provider}/${id}`, first, rest, at, found)
  }
  return merged
}

/** The catalog has the prices that clouds print, rounded to cents (0.13 for 0.125), so it comes last there. */
const clouds = new Set(['azure', 'azure_ai', 'bedrock', 'bedrock_mantle', 'vertex_ai'])
const roundsPrices = (source: Source): boolean => source.name === 'pi-catalog'

/** What one source has for a model. */
interface Offer {
  source: string
  row: PriceRow
}

/** The row of an id in each source. An undated id counts for a dated one if its price equals another source's dated price. */
function collectOffers(provider: string, id: string, sources: readonly Source[], at: number): Offer[] {
  const undated = id.replace(/[-@](\d{8}|\d{4}-\d{2}-\d{2})$/, '')
  const exact = sources.flatMap((source) => {
    const row = findIn(source, provider, id)
    return row && hasPrice(row) ? [row] : []
  })
  return sources.flatMap((source) => {
    const own = findIn(source, provider, id)
    if (own) return [{ source: source.name, row: own }]
    if (undated === id) return []
    const other = findIn(source, provider, undated) ?? findIn(source, provider, `${undated}-latest`)
    const applies = other && (!hasPrice(other) || exact.length === 0 || exact.some((row) => agree(row, other, at)))
    return applies ? [{ source: source.name, row: other }] : []
  })
}

function collectIds(provider: string, sources: readonly Source[]): string[] {
  const ids = new Set<string>()
  for (const source of sources) {
    for (const id of source.providers.get(provider)?.keys() ?? []) ids.add(id)
    for (const alias of source.aliases.get(provider)?.keys() ?? []) ids.add(alias)
  }
  return [...ids].sort()
}

function findIn(source: Source, provider: string, id: string): PriceRow | undefined {
  const rows = source.providers.get(provider)
  const own = rows?.get(id)
  if (own) return own
  const target = source.aliases.get(provider)?.get(id)
  return target === undefined ? undefined : rows?.get(target)
}

const basePrices = ['input', 'output', ...fieldsOf('fee')] as const
const additions: ReadonlySet<string> = new Set([
  'perFileSearch',
  'perMapsSearch',
  'perContainerGigabyte',
  'perInputImage',
])

export const hasPrice = (row: PriceRow): boolean =>
  basePrices.some((name) => !additions.has(name) && row[name] !== undefined)

function pick(row: PriceRow, names: readonly (keyof PriceRow)[]): PriceRow {
  const made: Record<string, unknown> = {}
  for (const name of names) if (row[name] !== undefined) made[name] = row[name]
  return made as PriceRow
}

/** Whether two rows have the same price for input and output at a time. */
function agree(one: PriceRow, other: PriceRow, at: number): boolean {
  const [first, second] = [cardAt(one, at), cardAt(other, at)]
  return isClose(first.input, second.input) && isClose(first.output ?? 0, second.output ?? 0)
}

const isClose = (one: number | undefined, other: number | undefined): boolean =>
  one === undefined || other === undefined ? one === other : Math.abs(one - other) <= 0.001 * Math.max(one, other)

/**
 * Adds the rates that only the other source has, to the card that applies at the time of the comparison: a source without dates
 * describes that one.
 */
function addPrices(row: PriceRow, other: RateCard, at: number): void {
  const index = row.earlier?.findIndex(([until]) => at < Date.parse(until)) ?? -1
  const entry = row.earlier?.[index]
  if (!row.earlier || !entry) return addRates(row, other, row.earlier !== undefined)
  const card = { ...entry[1] }
  addRates(card, other, true)
  row.earlier = row.earlier.map((one, position) => (position === index ? [entry[0], card] : one))
  for (const name of feeFields)
    if (row[name] === undefined && card[name] !== undefined) Object.assign(row, { [name]: card[name] })
}

const feeFields = fieldsOf('fee', 'search').filter((name) => (addableFields as readonly string[]).includes(name))

/** @param dated whether the price has changed: it is then unknown to which price the tiers belong */
function addRates(card: RateCard, other: RateCard, dated: boolean): void {
  for (const name of addableFields) {
    if (card[name as keyof RateCard] !== undefined || other[name as keyof RateCard] === undefined) continue
    if (name === 'perWebSearch' && card.perSearchedAnswer !== undefined) continue
    if (name === 'perSearchedAnswer' && card.perWebSearch !== undefined) continue
    if (name === 'tiers' && dated) continue
    Object.assign(card, { [name]: other[name as keyof RateCard] })
  }
  if (card.tiers && other.tiers) {
    card.tiers = card.tiers.map(
      ([above, tier]) => [above, { ...other.tiers?.find(([bound]) => bound === above)?.[1], ...tier }] as const,
    )
  }
}

const serviceFields = [...serviceTiers, 'residency'] as const

function mergeServices(rows: readonly PriceRow[]): PriceRow {
  const made: Record<string, unknown> = {}
  for (const name of serviceFields) {
    const row = rows.find((candidate) => candidate[name] !== undefined)
    if (row) made[name] = row[name]
  }
  return made as PriceRow
}

/** LiteLLM's row of the same model at another seller. It has the same abilities. */
function findKin(provider: string, id: string, sources: readonly Source[]): PriceRow | undefined {
  const litellm = sources.find(({ name }) => name === 'litellm')
  for (const [seller, name] of kinOf(provider, id)) {
    const row = litellm?.providers.get(seller)?.get(name)
    if (row?.abilityBits !== undefined) return row
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

function mergeFacts(offers: readonly Offer[], kin: PriceRow | undefined): PriceRow {
  const from = (name: string): PriceRow => offers.find(({ source }) => source === name)?.row ?? {}
  const [catalog, genai, litellm] = [from('pi-catalog'), from('genai-prices'), from('litellm')]
  const flags = litellm.abilityBits === undefined ? kin : litellm
  const maxInput = litellm.maxInputTokens
  const window = catalog.contextWindow ?? genai.contextWindow ?? maxInput
  const maxOutput = [
    catalog.maxOutputTokens ?? litellm.maxOutputTokens ?? kin?.maxOutputTokens,
    litellm.maxOutputTokens,
    kin?.maxOutputTokens,
  ]
  return compact({
    contextWindow: window,
    maxInputTokens: maxInput !== undefined && window !== undefined && maxInput < window ? maxInput : undefined,
    maxOutputTokens: maxOutput.find((size) => size !== undefined && (window === undefined || size <= window)),
    dimensions: litellm.dimensions,
    mode: litellm.mode ?? catalog.mode,
    abilityBits: mergeAbilities(flags?.abilityBits, catalog.abilityBits),
    inputBits:
      flags?.inputBits === undefined && catalog.inputBits === undefined
        ? undefined
        : (flags?.inputBits ?? 0) | (catalog.inputBits ?? 0),
    outputBits: litellm.outputBits ?? kin?.outputBits,
    deprecationDate: litellm.deprecationDate,
  })
}

/** The catalog alone knows few abilities, which the bit `partial` records. */
function mergeAbilities(flags: number | undefined, catalog: number | undefined): number | undefined {
  if (flags !== undefined) return flags | (catalog ?? 0)
  return catalog === undefined ? undefined : catalog | partial
}

/** Removes rates that equal the one they default to, and derives Claude's cache writes from its input price if no source has them. */
function normalize(row: PriceRow, id: string): PriceRow {
  if (row.input && /claude/.test(id)) {
    const { input, tiers } = row
    row.cacheWrite ??= roundOff(input * 1.25)
    row.cacheWrite1h ??= roundOff(input * 2)
    if (tiers) {
      row.tiers = tiers.map(([above, tier]) => {
        const base = tier.input ?? input
        const writes = { cacheWrite: roundOff(base * 1.25), cacheWrite1h: roundOff(base * 2) }
        return [above, { ...writes, ...tier }] as const
      })
    }
  }
  if (row.mode === 'embedding') delete row.output
  // an image model generates images even if the usage reports plain output tokens
  if (row.mode === 'image' && row.imageOutput !== undefined && !row.output) row.output = row.imageOutput
  if (row.reasoning !== undefined && row.reasoning === row.output) delete row.reasoning
  if (row.audioInput !== undefined && row.audioInput === row.input) delete row.audioInput
  if (row.imageInput !== undefined && row.imageInput === row.input) delete row.imageInput
  if (row.cacheReadAudio !== undefined && row.cacheReadAudio === row.cacheRead) delete row.cacheReadAudio
  if (row.imageOutput !== undefined && row.imageOutput === row.output) delete row.imageOutput
  if (row.audioOutput !== undefined && row.audioOutput === row.output) delete row.audioOutput
  return compact(row)
}

function compare(model: string, first: Offer, rest: readonly Offer[], at: number, found: Comparison): void {
  found.models++
  for (const field of comparedFields) {
    const taken = cardAt(first.row, at)[field]
    if (taken === undefined) continue
    const values = rest.flatMap(({ source, row }) => {
      const value = cardAt(row, at)[field]
      return value === undefined ? [] : [{ source, value }]
    })
    if (values.length > 0) found.prices++
    const others = values.filter(({ value }) => !isClose(value, taken))
    if (others.length === 0) continue
    const outvoted = others.some(({ source, value }) =>
      others.some((other) => originOf(other.source) !== originOf(source) && isClose(value, other.value)),
    )
    const byName = Object.fromEntries(others.map(({ source, value }) => [source, value]))
    found.disagreements.push({ model, field, taken, from: first.source, others: byName, outvoted })
  }
}

const originOf = (source: string): string => origins[source] ?? source
