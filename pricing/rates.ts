import type { ContextTier, HourlyRate, PriceRow, RateCard, ServiceRate, ServiceTier, TokenRate } from './schema.js'

/** Conditions that select the rates of a call. */
export interface RateTerms {
  /** All input tokens. They select the context tier. */
  readonly prompt: number
  /** Time of the call, in milliseconds since 1970. */
  readonly at: number
  readonly service: 'standard' | ServiceTier
  /** Multiple for the region; 1 for none. */
  readonly residency: number
}

/** Rates for a call, in US dollars per million tokens. Undefined: the table has none, and no other rate replaces it. */
export type EffectiveRates = Readonly<Record<TokenRate, number | undefined>>

/** The card that applies at a time. Fees of tools, which earlier cards may lack, come from the row. */
export function cardAt(row: PriceRow, at: number): RateCard {
  if (!row.earlier) return row
  for (const [until, card] of row.earlier) if (at < Date.parse(until)) return { ...toolFees(row, card), ...card }
  return row
}

function toolFees(row: PriceRow, { perWebSearch, perSearchedAnswer }: RateCard): RateCard {
  const ownSearch = perWebSearch !== undefined || perSearchedAnswer !== undefined
  return {
    ...(!ownSearch &&
      row.perSearchedAnswer === undefined &&
      row.perWebSearch !== undefined && { perWebSearch: row.perWebSearch }),
    ...(!ownSearch && row.perSearchedAnswer !== undefined && { perSearchedAnswer: row.perSearchedAnswer }),
    ...(row.perMapsSearch !== undefined && { perMapsSearch: row.perMapsSearch }),
    ...(row.perContainerGigabyte !== undefined && { perContainerGigabyte: row.perContainerGigabyte }),
  }
}

/** The rates of a card under the terms of a call. The context tier applies to the whole request, for every kind of token. */
export function effectiveRates(row: PriceRow, card: RateCard, terms: RateTerms): EffectiveRates {
  const tier = tierFor(card, terms.prompt)
  const service = serviceRate(row, terms.service, tier)
  const own = typeof service === 'object' && !isPair(service) ? service : undefined
  const ownTier = own && tierFor(own, terms.prompt)
  const rate = (name: TokenRate): number | undefined => ownTier?.[name] ?? own?.[name] ?? tier?.[name] ?? card[name]
  const base = (card.hours ? hourlyMultiple(card.hours, terms.at) : 1) * terms.residency
  const all = base * (typeof service === 'number' ? service : isPair(service) ? service[0] : 1)
  const read = isPair(service) ? base * service[1] : all

  const input = rate('input')
  const output = rate('output') ?? (hasNoOutput(row) ? 0 : undefined)
  const cached = rate('cacheRead')
  const write = rate('cacheWrite') ?? input
  const hour = rate('cacheWrite1h') ?? write
  const cacheRead = cached === undefined ? multiply(input, all) : multiply(cached, read)
  return {
    input: multiply(input, all),
    output: multiply(output, all),
    cacheRead,
    cacheReadAudio: multiply(rate('cacheReadAudio'), read) ?? cacheRead,
    cacheWrite: multiply(write, all),
    cacheWrite1h: multiply(hour, all),
    cacheWrite12h: multiply(rate('cacheWrite12h') ?? hour, all),
    reasoning: multiply(rate('reasoning') ?? output, all),
    audioInput: multiply(rate('audioInput') ?? input, all),
    audioOutput: multiply(rate('audioOutput') ?? output, all),
    imageInput: multiply(rate('imageInput') ?? input, all),
    imageOutput: multiply(rate('imageOutput') ?? output, all),
  }
}

/** Models whose output is not billed, whatever their usage reports. */
const hasNoOutput = ({ mode }: PriceRow): boolean => mode === 'embedding' || mode === 'rerank' || mode === 'moderation'

const multiply = (rate: number | undefined, by: number): number | undefined =>
  rate === undefined ? undefined : rate * by

const isPair = (rate: ServiceRate | undefined): rate is readonly [number, number] => Array.isArray(rate)

function tierFor({ tiers }: RateCard, prompt: number): ContextTier | undefined {
  let found: ContextTier | undefined
  if (tiers) for (const [above, tier] of tiers) if (prompt > above) found = tier
  return found
}

/** The price of a service tier. A tier that the model lacks costs the standard rate. */
function serviceRate(
  row: PriceRow,
  service: RateTerms['service'],
  tier: ContextTier | undefined,
): ServiceRate | undefined {
  return service === 'standard' ? undefined : (tier?.[service] ?? row[service])
}

function hourlyMultiple(hours: readonly HourlyRate[], at: number): number {
  const date = new Date(at)
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes()
  const day = date.getUTCDay() || 7
  for (const { minutes, days, multiple } of hours) {
    if (days && !days.includes(day)) continue
    if (minutes.some(([from, to]) => minute >= from && minute < to)) return multiple
  }
  return 1
}
