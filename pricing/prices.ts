import { BadRequestError } from '../src/errors.js'
import {
  type Ability,
  abilities,
  type Card,
  type Modality,
  type ModelMode,
  modalities,
  modes,
  type Row,
  type Tier,
} from './schema.js'

/** Rates in US dollars per million tokens. 0 is free; absent is not known. */
export interface TokenPrices {
  input?: number | undefined
  output?: number | undefined
  /** Read from the prompt cache. @default `input` */
  cacheRead?: number | undefined
  /** Written to the prompt cache for 5 minutes. @default `input` */
  cacheWrite?: number | undefined
  /** Written for 1 hour. @default `cacheWrite` */
  cacheWrite1h?: number | undefined
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

/** What a model costs, in US dollars. */
export interface ModelPrices extends TokenPrices {
  /** Rates for prompts of more than `above` tokens; the whole request moves to them. */
  tiers?: readonly (TokenPrices & { above: number })[] | undefined
  /** Multiple of every token rate: batch API, flex and priority tiers, fast mode, data kept in a region. */
  batch?: number | undefined
  flex?: number | undefined
  priority?: number | undefined
  fast?: number | undefined
  residency?: number | undefined
  /** US dollars for each of: request, search unit of a reranker, image made, page, web search. */
  perRequest?: number | undefined
  perSearchUnit?: number | undefined
  perImage?: number | undefined
  perPage?: number | undefined
  perWebSearch?: number | undefined
  /** US dollars per second of audio: heard, and made. */
  perInputSecond?: number | undefined
  perOutputSecond?: number | undefined
  perMillionCharacters?: number | undefined
}

/** What a model can do. */
export interface ModelFacts {
  mode?: ModelMode | undefined
  /** Tokens that prompt and answer may have together. */
  contextWindow?: number | undefined
  /** Tokens that the prompt may have. */
  maxInputTokens?: number | undefined
  /** Tokens that the answer may have. */
  maxOutputTokens?: number | undefined
  /** Dimensions of its vectors. */
  dimensions?: number | undefined
  inputModalities?: readonly Modality[] | undefined
  outputModalities?: readonly Modality[] | undefined
  abilities?: readonly Ability[] | undefined
  /** The day from which it is served no more: `2026-12-31`. */
  deprecationDate?: string | undefined
}

const tokenKeys = {
  input: 'i',
  output: 'o',
  cacheRead: 'r',
  cacheWrite: 'w',
  cacheWrite1h: 'W',
  reasoning: 'n',
  audioInput: 'a',
  audioOutput: 'A',
  imageInput: 'g',
  imageOutput: 'G',
} as const

const otherKeys = {
  batch: 'b',
  flex: 'f',
  priority: 'p',
  fast: 'F',
  residency: 'u',
  perRequest: 'R',
  perSearchUnit: 'q',
  perImage: 'I',
  perPage: 'P',
  perWebSearch: 's',
  perInputSecond: 'S',
  perOutputSecond: 'T',
  perMillionCharacters: 'c',
} as const

const limitKeys = { contextWindow: 'C', maxInputTokens: 'L', maxOutputTokens: 'M', dimensions: 'd' } as const

const numberKeys = { ...tokenKeys, ...otherKeys, ...limitKeys }

/**
 * A row of the table's form. Names that it doesn't know and values that are no numbers are refused.
 * @throws {BadRequestError} naming the field
 */
export function toRow(given: ModelPrices & ModelFacts): Row {
  const row: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (Object.hasOwn(numberKeys, name)) row[numberKeys[name as keyof typeof numberKeys]] = amount(name, value)
    else if (name === 'tiers') row.t = toTiers(value as NonNullable<ModelPrices['tiers']>)
    else if (name === 'mode') row.k = indexIn(modes, value as string, 'mode')
    else if (name === 'inputModalities') row.im = bits(modalities, value as string[], name)
    else if (name === 'outputModalities') row.om = bits(modalities, value as string[], name)
    else if (name === 'abilities') row.x = bits(abilities, value as string[], name)
    else if (name === 'deprecationDate') row.e = String(value)
    else throw bad(`'${name}' is no price and no fact of a model. Known: ${known.join(', ')}.`)
  }
  return row as Row
}

const known = [
  ...Object.keys(numberKeys),
  'tiers',
  'mode',
  'inputModalities',
  'outputModalities',
  'abilities',
  'deprecationDate',
]

function toTiers(tiers: readonly (TokenPrices & { above: number })[]): Row['t'] {
  const made = tiers.map(({ above, ...prices }): [number, Tier] => {
    for (const name of Object.keys(prices))
      if (!Object.hasOwn(tokenKeys, name)) throw bad(`'tiers' takes rates of tokens, not '${name}'.`)
    return [amount('tiers[].above', above), toRow(prices) as Tier]
  })
  return made.sort(([one], [other]) => one - other)
}

/** The rates of a card in words. */
export function fromCard(card: Card): ModelPrices {
  const prices: Record<string, unknown> = tokensOf(card)
  for (const [name, key] of Object.entries(otherKeys)) {
    const value = (card as Row)[key]
    if (typeof value === 'number') prices[name] = value
    else if (Array.isArray(value) && key !== 's') prices[name] = value[0]
  }
  if (card.t) prices.tiers = card.t.map(([above, tier]) => ({ above, ...tokensOf(tier) }))
  const search = card.sg ?? card.s
  if (search !== undefined) prices.perWebSearch = typeof search === 'number' ? search : search[0]
  return prices
}

function tokensOf(card: Card): Record<string, unknown> {
  const prices: Record<string, unknown> = {}
  for (const [name, key] of Object.entries(tokenKeys)) if (card[key] !== undefined) prices[name] = card[key]
  return prices
}

export const namesOf = <Name extends string>(names: readonly Name[], set: number): Name[] =>
  names.filter((_, bit) => (set & (1 << bit)) !== 0)

function bits(names: readonly string[], chosen: readonly string[], field: string): number {
  let set = 0
  for (const name of chosen) set |= 1 << indexIn(names, name, field)
  return set
}

function indexIn(names: readonly string[], name: string, field: string): number {
  const index = names.indexOf(name)
  if (index < 0) throw bad(`'${field}' can't be '${name}'. Known: ${names.join(', ')}.`)
  return index
}

function amount(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw bad(`'${name}' is a number of 0 or more, not ${String(value)}.`)
}

const bad = (message: string): BadRequestError => new BadRequestError(message, { param: 'prices' })
