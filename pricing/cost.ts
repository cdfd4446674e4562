import { BadRequestError } from '../src/errors.js'
import { type AppliedRates, Bill, clean, type SearchSize } from './bill.js'
import { cardAt, tokenRates } from './rates.js'
import { defaultRegistry, type ModelRegistry } from './registry.js'
import type { Found, Missed } from './resolve.js'
import { serviceOf } from './service.js'
import { asOf } from './table.generated.js'
import { type BillableUsage, type Buckets, buckets, reportedCost } from './usage.js'

/** Under what terms a call was served. */
export interface CostTerms {
  usage: BillableUsage | null | undefined
  /** As the provider says that it served the call (`response.service_tier`), not as it was asked. Unknown names cost the standard rate. */
  serviceTier?: string | null | undefined
  /** Anthropic's `speed`. */
  speed?: string | null | undefined
  /** Whether the call went through the batch API. */
  batch?: boolean | undefined
  /** True for an answer that came out of a cache of ours: it cost nothing, and `saved` what it would have. */
  cached?: boolean | undefined
  /** The model behind a name that says nothing, as of an Azure deployment: `azure/gpt-4.1`. Wins over the model's own name. */
  baseModel?: string | undefined
  /** Where the data stays: `eu`, `us`, a region; `global` for nowhere in particular. */
  dataResidency?: string | null | undefined
  /** The size of the search context, where the fee for a web search depends on it (Perplexity). @default 'low' */
  searchContextSize?: SearchSize | undefined
  /** When the call was made: prices have dates and hours. Milliseconds since 1970, ISO 8601 or a Date. @default now */
  at?: Date | number | string | undefined
}

/** A call to be priced. */
export interface CostRequest extends CostTerms {
  /** `provider/model`, or a known model's bare name. */
  model: string
}

/** A call to be priced, provider and model apart. */
export interface CostOfRequest extends CostTerms {
  /** The provider's prefix. */
  provider: string
  /** The model as it was asked of the provider. */
  model: string
  /** The model as the answer names it: looked up first, for it tells the snapshot. */
  answeredModel?: string | undefined
}

/** Why there is no price. */
export type NoPrice = 'unknown_model' | 'missing_usage'

/**
 * What a call cost, in US dollars. The parts are disjoint and add up to `total`; they are absent where the price is unknown
 * and where the provider told its own total.
 */
export interface CostBreakdown {
  /** Undefined where no price applies: `reason` says why. Never a guessed 0. */
  total: number | undefined
  /** Uncached text and images. */
  input?: number
  cacheRead?: number
  cacheWrite?: number
  /** Text and images, without reasoning and audio. */
  output?: number
  reasoning?: number
  /** Heard and spoken. */
  audio?: number
  /** Fees that are not for tokens: web searches, search units, requests, images, pages, seconds, characters. */
  tools?: number
  rates?: AppliedRates
  /** Who says so: the provider's answer, a registered model, or the price table. */
  source?: 'provider' | 'registry' | 'table'
  /** The row of the table: `openai/gpt-4o`. */
  row?: string
  /** The date of the price table: `2026-09-23`. */
  asOf?: string
  reason?: NoPrice
  /** What an answer out of a cache would have cost; absent where that is unknown. */
  saved?: number
  /** The ids most like the unknown one. */
  near?: readonly string[]
}

/**
 * What usage costs: for usage from elsewhere.
 * @throws {BadRequestError} where `at` is no time
 * @example
 * costPerToken({ model: 'openai/gpt-4o', usage: { prompt_tokens: 1000, completion_tokens: 100 } }).total // 0.0035
 */
export function costPerToken(request: CostRequest, registry: ModelRegistry = defaultRegistry()): CostBreakdown {
  const { baseModel, model } = request
  return settle(request, () => {
    const own = registry.registered(model)
    if (own) return own
    if (baseModel === undefined) return registry.find(model)
    return inRegionOf(registry.find(baseModel), registry.find(model))
  })
}

/** {@link costPerToken} for a call that llmux made, where provider and model are known apart. */
export function costOf(request: CostOfRequest, registry: ModelRegistry = defaultRegistry()): CostBreakdown {
  const { provider, model, answeredModel, baseModel } = request
  return settle(request, () => {
    const own = registry.registered(model, provider) ?? (answeredModel && registry.registered(answeredModel, provider))
    if (own) return own
    const asked = registry.find(model, provider)
    if (baseModel !== undefined) return inRegionOf(registry.find(baseModel), asked)
    if (answeredModel === undefined || answeredModel === model) return asked
    const answered = registry.find(answeredModel, provider)
    return answered.row ? inRegionOf(answered, asked) : asked
  })
}

/** The region stands in the id that was asked; the id that the price is found by may have lost it. */
function inRegionOf(found: Found | Missed, asked: Found | Missed): Found | Missed {
  if (!found.row || !asked.row || found.region !== undefined || asked.region === undefined) return found
  return { ...found, region: asked.region }
}

function settle(terms: CostTerms, find: () => Found | Missed): CostBreakdown {
  const cost = upstream(terms, find)
  if (!terms.cached) return cost
  const { rates, source, row, total: saved } = cost
  return {
    total: 0,
    ...(saved !== undefined && { saved }),
    ...(rates && { rates }),
    ...(source && { source }),
    ...(row !== undefined && { row }),
    asOf,
  }
}

/** What the provider asks. */
function upstream(terms: CostTerms, find: () => Found | Missed): CostBreakdown {
  const reported = reportedCost(terms.usage)
  if (reported !== undefined) return { total: reported, source: 'provider' }
  const used = buckets(terms.usage)
  if (!used) return { total: undefined, reason: 'missing_usage' }
  const found = find()
  if (!found.row) return { total: undefined, reason: 'unknown_model', near: found.near }
  return price(found, used, terms)
}

function price(found: Found, used: Buckets, terms: CostTerms): CostBreakdown {
  const { row } = found
  const at = time(terms.at)
  const card = cardAt(row, at)
  const rates = tokenRates(row, card, {
    prompt: used.prompt,
    at,
    service: serviceOf(found.provider, terms),
    region: uplift(found, terms.dataResidency),
  })
  const bill = new Bill()
  const tools = bill.fees(card, used, terms.searchContextSize)
  const input = bill.tokens('input', used.text, rates.input) + bill.tokens('imageInput', used.imageIn, rates.imageInput)
  const cacheRead =
    bill.tokens('cacheRead', used.cacheRead, rates.cacheRead) +
    bill.tokens('cacheRead', used.cacheReadAudio, rates.cacheReadAudio)
  const cacheWrite =
    bill.tokens('cacheWrite5m', used.cacheWrite5m, rates.cacheWrite5m) +
    bill.tokens('cacheWrite1h', used.cacheWrite1h, rates.cacheWrite1h)
  const output =
    bill.tokens('output', used.textOut, rates.output) + bill.tokens('imageOutput', used.imageOut, rates.imageOutput)
  const reasoning = bill.tokens('reasoning', used.reasoning, rates.reasoning)
  const audio =
    bill.tokens('audioInput', used.audioIn, rates.audioInput) +
    bill.tokens('audioOutput', used.audioOut, rates.audioOutput)
  const reason = bill.unpriced(card)
  if (reason) return { total: undefined, reason, row: found.id, asOf }
  return {
    total: clean(input + cacheRead + cacheWrite + output + reasoning + audio + tools),
    input: clean(input),
    cacheRead: clean(cacheRead),
    cacheWrite: clean(cacheWrite),
    output: clean(output),
    reasoning: clean(reasoning),
    audio: clean(audio),
    tools: clean(tools),
    rates: bill.rates,
    source: found.source,
    row: found.id,
    asOf,
  }
}

const nowhere = new Set(['', 'global', 'default'])

/** Bedrock serves an id without a geography in its own region, and asks the regional price for it. */
function uplift({ row, provider, region, defaults }: Found, asked: string | null | undefined): number {
  const multiple = row.u ?? defaults?.u
  if (multiple === undefined) return 1
  const where = region ?? asked ?? ''
  if (where === '' && provider.startsWith('bedrock')) return multiple
  return nowhere.has(where.toLowerCase()) ? 1 : multiple
}

function time(at: CostTerms['at']): number {
  if (at === undefined) return Date.now()
  const time = typeof at === 'number' ? at : at instanceof Date ? at.getTime() : Date.parse(at)
  if (Number.isFinite(time)) return time
  throw new BadRequestError(`'at' is a time (ISO 8601, a Date or milliseconds since 1970), not '${String(at)}'.`, {
    param: 'at',
  })
}
