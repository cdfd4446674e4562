import type { CallCost } from '../src/types/cost.js'
import { type AppliedRates, Bill, roundOff, type SearchSize } from './bill.js'
import { cardAt, effectiveRates } from './rates.js'
import { defaultRegistry, type ModelRegistry } from './registry.js'
import type { ResolvedModel, UnresolvedModel } from './resolve.js'
import { serviceTierOf } from './service-tier.js'
import { asOf } from './table.generated.js'
import { auxiliaryUsage, type BillableUsage, reportedCost, toBuckets, type UsageBuckets } from './usage.js'

/** Terms under which a call was served. */
export interface CostTerms {
  usage: BillableUsage | null | undefined
  /** The tier that the provider reports (`response.service_tier`), not the one requested. Unknown names cost the standard rate. */
  serviceTier?: string | null | undefined
  /** Anthropic's `speed`. */
  speed?: string | null | undefined
  /** True for the batch API. */
  batch?: boolean | undefined
  /** Window of a background response of OpenAI's: `2h` costs 30 % less, `8h` 40 %. */
  completionWindow?: string | null | undefined
  /** True for an answer from llmux's cache: `total` is 0 and `saved` is the price without the cache. */
  cached?: boolean | undefined
  /**
   * The model behind a name that doesn't identify one: an Azure deployment, an inference profile, an alias of a server.
   * For example `azure/gpt-4.1`. Takes precedence over the model's own name.
   */
  baseModel?: string | undefined
  /** Data residency: `eu`, `us` or a region; `global` for none. */
  dataResidency?: string | null | undefined
  /** Size of the search context, if the fee for a web search depends on it (Perplexity). @default 'low' */
  searchContextSize?: SearchSize | undefined
  /** Time of the call, as prices may change by date and by hour: milliseconds since 1970, ISO 8601 or a Date. @default now */
  at?: Date | number | string | undefined
}

/** A call to price. */
export interface CostRequest extends CostTerms {
  /** `provider/model`, or the bare name of a known model. */
  model: string
}

/** A call to price, with provider and model apart. */
export interface CostOfRequest extends CostTerms {
  /** Prefix of the provider. */
  provider: string
  /** The requested model. */
  model: string
  /** The model named by the answer. It is looked up first because it may name a snapshot. */
  answeredModel?: string | undefined
}

/**
 * Why there is no total: the table has no price for the model, the usage is unknown, or the arguments make no sense
 * (such as an `at` that is not a time).
 */
export type NoPrice = NonNullable<CallCost['reason']>

/** Cost of a call in US dollars, with the rates that were applied. */
export interface CostBreakdown extends CallCost {
  /** Rates that were applied. */
  rates?: AppliedRates
}

/**
 * Prices usage from any source: another client, a log, a batch file. Never throws; without a price `total` is undefined and
 * `reason` gives the cause.
 * @example
 * costPerToken({ model: 'openai/gpt-4o', usage: { prompt_tokens: 1000, completion_tokens: 100 } }).total // 0.0035
 */
export function costPerToken(request: CostRequest, registry: ModelRegistry = defaultRegistry()): CostBreakdown {
  return guarded(() => {
    const { baseModel, model } = request
    return priceCall(
      request,
      () => {
        const own = registry.registered(model)
        if (own) return own
        if (baseModel === undefined) return registry.find(model)
        return withRegionOf(registry.find(baseModel), registry.find(model))
      },
      registry,
    )
  })
}

/** {@link costPerToken} for a call of llmux, whose provider and model are known apart. */
export function costOf(request: CostOfRequest, registry: ModelRegistry = defaultRegistry()): CostBreakdown {
  return guarded(() => {
    const { provider, model, answeredModel, baseModel } = request
    return priceCall(
      request,
      () => {
        const own =
          registry.registered(model, provider) ?? (answeredModel && registry.registered(answeredModel, provider))
        if (own) return own
        const requested = registry.find(model, provider)
        if (baseModel !== undefined) return withRegionOf(registry.find(baseModel), requested)
        if (answeredModel === undefined || answeredModel === model) return requested
        const answered = registry.find(answeredModel, provider)
        return answered.row ? withRegionOf(answered, requested) : requested
      },
      registry,
    )
  })
}

/** Accounting runs after the answer, so a malformed usage or a throwing getter must not turn it into a failure. */
export function guarded(run: () => CostBreakdown): CostBreakdown {
  try {
    return run()
  } catch {
    return { total: undefined, reason: 'invalid_request' }
  }
}

type Find = () => ResolvedModel | UnresolvedModel

/** The requested id names the region; the id of the answer or of the base model may lack it. */
function withRegionOf(
  found: ResolvedModel | UnresolvedModel,
  requested: ResolvedModel | UnresolvedModel,
): ResolvedModel | UnresolvedModel {
  if (!found.row || !requested.row || found.region !== undefined || requested.region === undefined) return found
  return { ...found, region: requested.region }
}

function priceCall(terms: CostTerms, find: Find, registry: ModelRegistry): CostBreakdown {
  const cost = providerPrice(terms, find, registry)
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

/** The provider's price, without llmux's cache. */
function providerPrice(terms: CostTerms, find: Find, registry: ModelRegistry): CostBreakdown {
  const reported = reportedCost(terms.usage)
  if (reported !== undefined) return { total: reported, source: 'provider' }
  const used = toBuckets(terms.usage)
  if (!used) return { total: undefined, reason: 'missing_usage' }
  const found = find()
  if (!found.row) return { total: undefined, reason: 'unknown_model', near: found.near }
  const at = toTime(terms.at)
  if (at === undefined) return { total: undefined, reason: 'invalid_request', row: found.id, asOf }
  const cost = price(found, used, terms, at)
  const auxiliary = auxiliaryUsage(terms.usage)
  return auxiliary.length === 0 ? cost : withAuxiliary(cost, auxiliary, found.provider, terms, at, registry)
}

function price(found: ResolvedModel, used: UsageBuckets, terms: CostTerms, at: number): CostBreakdown {
  const { row } = found
  const card = cardAt(row, at)
  const rates = effectiveRates(row, card, {
    prompt: used.prompt,
    at,
    service: serviceTierOf(found.provider, terms),
    residency: residencyMultiple(found, terms.dataResidency) * windowMultiple(found, terms),
  })
  const bill = new Bill()
  const tools = bill.fees(row, card, used, terms.searchContextSize)
  const input =
    bill.tokens('input', used.textInput, rates.input) + bill.tokens('imageInput', used.imageInput, rates.imageInput)
  const cacheRead =
    bill.tokens('cacheRead', used.cacheRead, rates.cacheRead) +
    bill.tokens('cacheRead', used.cacheReadAudio, rates.cacheReadAudio)
  const cacheWrite =
    bill.tokens('cacheWrite5m', used.cacheWrite, rates.cacheWrite) +
    bill.tokens('cacheWrite1h', used.cacheWrite1h, rates.cacheWrite1h) +
    bill.tokens('cacheWrite12h', used.cacheWrite12h, rates.cacheWrite12h)
  const output =
    bill.tokens('output', used.textOutput, rates.output) +
    bill.tokens('imageOutput', used.imageOutput, rates.imageOutput)
  const reasoning = bill.tokens('reasoning', used.reasoning, rates.reasoning)
  const audio =
    bill.tokens('audioInput', used.audioInput, rates.audioInput) +
    bill.tokens('audioOutput', used.audioOutput, rates.audioOutput)
  const reason = bill.missing(card)
  if (reason) return { total: undefined, reason, row: found.id, asOf }
  const total = roundOff(input + cacheRead + cacheWrite + output + reasoning + audio + tools)
  // of counts or registered prices beyond all reason
  if (!Number.isFinite(total)) return { total: undefined, reason: 'invalid_request', row: found.id, asOf }
  return {
    total,
    input: roundOff(input),
    cacheRead: roundOff(cacheRead),
    cacheWrite: roundOff(cacheWrite),
    output: roundOff(output),
    reasoning: roundOff(reasoning),
    audio: roundOff(audio),
    tools: roundOff(tools),
    rates: bill.rates,
    source: found.source,
    row: found.id,
    asOf,
  }
}

/** Adds other models at their own rates. Without a price for one of them there is no total. */
function withAuxiliary(
  cost: CostBreakdown,
  auxiliary: readonly BillableUsage[],
  provider: string,
  terms: CostTerms,
  at: number,
  registry: ModelRegistry,
): CostBreakdown {
  if (cost.total === undefined) return cost
  let sum = 0
  for (const usage of auxiliary) {
    const { model } = usage as { model?: unknown }
    const used = toBuckets(usage)
    const found = registry.find(typeof model === 'string' ? model : '', provider)
    const part = used && found.row ? price(found, used, terms, at).total : undefined
    if (part === undefined) {
      const { row, asOf: date } = cost
      const reason = used ? 'unknown_model' : 'missing_usage'
      return { total: undefined, reason, ...(row && { row }), ...(date && { asOf: date }) }
    }
    sum += part
  }
  return { ...cost, total: roundOff(cost.total + sum), auxiliary: roundOff(sum) }
}

/** https://developers.openai.com/api/docs/guides/background: for the standard tier. */
const windows: Readonly<Record<string, number>> = Object.freeze({ '2h': 0.7, '8h': 0.6 })

function windowMultiple({ provider }: ResolvedModel, terms: CostTerms): number {
  const { completionWindow: window } = terms
  if (typeof window !== 'string' || provider !== 'openai') return 1
  const multiple = Object.hasOwn(windows, window) ? windows[window] : undefined
  return multiple !== undefined && serviceTierOf(provider, terms) === 'standard' ? multiple : 1
}

const noResidency = new Set(['', 'global', 'default'])

/** Bedrock serves an id without a geography in the caller's region, at the regional price. */
function residencyMultiple({ row, provider, region, defaults }: ResolvedModel, requested: unknown): number {
  const multiple = row.residency ?? defaults?.residency
  if (multiple === undefined) return 1
  const where = region ?? (typeof requested === 'string' ? requested : '')
  if (where === '' && provider.startsWith('bedrock')) return multiple
  return noResidency.has(where.toLowerCase()) ? 1 : multiple
}

function toTime(at: CostTerms['at']): number | undefined {
  if (at === undefined || at === null) return Date.now()
  const time = typeof at === 'number' ? at : at instanceof Date ? at.getTime() : Date.parse(at)
  return Number.isFinite(time) ? time : undefined
}
