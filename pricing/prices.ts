import { BadRequestError, got } from '../src/errors.js'
import { searchFee } from './bill.js'
import {
  type Ability,
  abilities,
  type ContextTier,
  fieldsOf,
  type Modality,
  type ModelMode,
  modalities,
  modes,
  type PriceRow,
  type RateCard,
  serviceTiers,
  tokenRates,
} from './schema.js'

/** Rates in US dollars per million tokens. 0 is free; absent is unknown. */
export interface TokenPrices {
  /** Uncached input, US dollars per million tokens. */
  input?: number | undefined
  /** Output, US dollars per million tokens. */
  output?: number | undefined
  /** Read from the prompt cache. @default `input` */
  cacheRead?: number | undefined
  /** Written to the prompt cache with the shortest lifetime (5 minutes at Anthropic, 30 at OpenAI). @default `input` */
  cacheWrite?: number | undefined
  /** Written for 1 hour. @default `cacheWrite` */
  cacheWrite1h?: number | undefined
  /** Written for 12 hours. @default `cacheWrite1h` */
  cacheWrite12h?: number | undefined
  /** @default `output` */
  reasoning?: number | undefined
  /** @default `input` */
  audioInput?: number | undefined
  /** @default `output` */
  audioOutput?: number | undefined
  /** @default `input` */
  imageInput?: number | undefined
  /** @default `output` */
  imageOutput?: number | undefined
}

/** Prices of a model in US dollars. */
export interface ModelPrices extends TokenPrices {
  /** Rates for prompts of more than `above` tokens. They apply to the whole request. */
  tiers?: readonly (TokenPrices & { above: number })[] | undefined
  /** Multiple of every token rate: batch API, service tiers, Anthropic's fast mode, data residency. */
  batch?: number | undefined
  /** Multiple for the flex tier. */
  flex?: number | undefined
  /** Multiple for the priority tier. */
  priority?: number | undefined
  /** Multiple for the ultrafast tier. */
  ultrafast?: number | undefined
  /** Multiple for Anthropic's fast mode. */
  fast?: number | undefined
  /** Multiple for data residency. */
  residency?: number | undefined
  /** US dollars each: request, search unit of a reranker, generated image, image in an embedding's input, page, search. */
  perRequest?: number | undefined
  /** US dollars per search unit of a reranker. */
  perSearchUnit?: number | undefined
  /** US dollars per generated image. */
  perImage?: number | undefined
  /** US dollars per image in an embedding's input. */
  perInputImage?: number | undefined
  /** US dollars per page. */
  perPage?: number | undefined
  /** US dollars per web search. */
  perWebSearch?: number | undefined
  /** US dollars per file search. */
  perFileSearch?: number | undefined
  /** US dollars per search of Google Maps. */
  perMapsSearch?: number | undefined
  /** US dollars per gigabyte of memory of a container that a code interpreter starts. */
  perContainerGigabyte?: number | undefined
  /** US dollars per second of input audio and of generated audio. */
  perInputSecond?: number | undefined
  /** US dollars per second of generated audio. */
  perOutputSecond?: number | undefined
  /** US dollars per million characters. */
  perMillionCharacters?: number | undefined
}

/** Limits and abilities of a model. */
export interface ModelFacts {
  /** Kind of model, such as `chat` or `embedding`. */
  mode?: ModelMode | undefined
  /** Tokens of prompt and answer together. */
  contextWindow?: number | undefined
  /** Largest prompt, in tokens. */
  maxInputTokens?: number | undefined
  /** Longest answer, in tokens. */
  maxOutputTokens?: number | undefined
  /** Dimensions of an embedding. */
  dimensions?: number | undefined
  /** Accepted input types. */
  inputModalities?: readonly Modality[] | undefined
  /** Output types. */
  outputModalities?: readonly Modality[] | undefined
  /** Supported features. */
  abilities?: readonly Ability[] | undefined
  /** First day on which the provider no longer serves the model: `2026-12-31`. */
  deprecationDate?: string | undefined
}

/** `cacheReadAudio` is internal to the table. */
const publicTokenRates = tokenRates.filter((name) => name !== 'cacheReadAudio')
const multiples = [...serviceTiers, ...fieldsOf('multiple')] as const
const fees = [...fieldsOf('fee'), 'perWebSearch'] as const
const limits = fieldsOf('limit')

const numeric: ReadonlySet<string> = new Set([...publicTokenRates, ...multiples, ...fees, ...limits])
const knownFields: readonly string[] = [
  ...numeric,
  'tiers',
  'mode',
  'inputModalities',
  'outputModalities',
  'abilities',
  'deprecationDate',
]

/**
 * Converts prices and facts to a row of the table.
 * @throws {BadRequestError} naming the first field that is unknown or has a wrong value
 */
export function toRow(given: ModelPrices & ModelFacts): PriceRow {
  if (typeof given !== 'object' || given === null) throw invalid(`Prices must be an object; ${got(given)}.`)
  const row: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (numeric.has(name)) row[name] = toAmount(name, value)
    else if (name === 'tiers') row.tiers = toTiers(value)
    else if (name === 'mode') row.mode = modes[indexIn(modes, value, 'mode')]
    else if (name === 'inputModalities') row.inputBits = toBits(modalities, value, name)
    else if (name === 'outputModalities') row.outputBits = toBits(modalities, value, name)
    else if (name === 'abilities') row.abilityBits = toBits(abilities, value, name)
    else if (name === 'deprecationDate') row.deprecationDate = String(value)
    else throw invalid(`'${name}' is not a price or fact of a model. Known fields: ${knownFields.join(', ')}.`)
  }
  return row as PriceRow
}

function toTiers(tiers: unknown): NonNullable<PriceRow['tiers']> {
  if (!Array.isArray(tiers)) throw invalid(`'tiers' must be an array; ${got(tiers)}.`)
  const made = tiers.map((entry: unknown, index): [number, ContextTier] => {
    if (typeof entry !== 'object' || entry === null) {
      throw invalid(`'tiers[${index}]' must be an object with 'above' and token rates; ${got(entry)}.`)
    }
    const { above, ...prices } = entry as TokenPrices & { above: unknown }
    for (const name of Object.keys(prices)) {
      if (!(publicTokenRates as readonly string[]).includes(name)) {
        throw invalid(
          `'tiers[${index}]' must hold token rates; got '${name}'. Known rates: ${publicTokenRates.join(', ')}.`,
        )
      }
    }
    return [toAmount(`tiers[${index}].above`, above), toRow(prices) as ContextTier]
  })
  return made.sort(([one], [other]) => one - other)
}

/** The public form of a card. Prices with more than one value are given by their first. */
export function toPrices(row: PriceRow): ModelPrices {
  const prices: Record<string, unknown> = pickTokenRates(row)
  for (const name of [...multiples, ...fees]) {
    if (name === 'perWebSearch') continue
    const value = row[name]
    if (typeof value === 'number') prices[name] = value
    else if (Array.isArray(value)) prices[name] = value[0]
  }
  if (row.tiers) prices.tiers = row.tiers.map(([above, tier]) => ({ above, ...pickTokenRates(tier) }))
  const search = searchFee(row.perSearchedAnswer ?? row.perWebSearch)
  if (search !== undefined) prices.perWebSearch = search
  return prices
}

function pickTokenRates(card: RateCard): Record<string, unknown> {
  const prices: Record<string, unknown> = {}
  for (const name of publicTokenRates) if (card[name] !== undefined) prices[name] = card[name]
  return prices
}

/** The names whose bits are set. */
export const namesOf = <Name extends string>(names: readonly Name[], bits: number): Name[] =>
  names.filter((_, bit) => (bits & (1 << bit)) !== 0)

function toBits(names: readonly string[], chosen: unknown, field: string): number {
  if (!Array.isArray(chosen)) throw invalid(`'${field}' must be an array of strings; ${got(chosen)}.`)
  let bits = 0
  for (const name of chosen) bits |= 1 << indexIn(names, name, field)
  return bits
}

function indexIn(names: readonly string[], name: unknown, field: string): number {
  const index = names.indexOf(name as string)
  if (index < 0) throw invalid(`'${field}' must be one of ${names.join(', ')}; ${got(name)}.`)
  return index
}

function toAmount(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw invalid(`'${name}' must be a number of 0 or more; ${got(value)}.`)
}

const invalid = (message: string): BadRequestError => new BadRequestError(message, { param: 'prices' })
