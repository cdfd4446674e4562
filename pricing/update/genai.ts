/** genai-prices: prices with dates and hours, checked row by row. The first source for prices. */
import type { ContextTier, HourlyRate, PriceRow, RateCard, ServiceTier } from '../schema.js'
import { aliasesOf, compact, emptySource, isRecord, roundOff, rowsOf, type Source, toAmount } from './source.js'

const providers: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['anthropic'],
  arcee: ['arcee'],
  avian: ['avian'],
  aws: ['bedrock'],
  azure: ['azure'],
  baseten: ['baseten'],
  cerebras: ['cerebras'],
  cloudflare: ['cloudflare'],
  cohere: ['cohere'],
  deepseek: ['deepseek'],
  doubleword: ['doubleword'],
  fireworks: ['fireworks_ai'],
  google: ['gemini', 'vertex_ai'],
  groq: ['groq'],
  minimax: ['minimax'],
  mistral: ['mistral'],
  modal: ['modal'],
  moonshotai: ['moonshot'],
  novita: ['novita'],
  openai: ['openai'],
  ovhcloud: ['ovhcloud'],
  perplexity: ['perplexity'],
  quicksilverpro: ['quicksilverpro'],
  together: ['together_ai'],
  voyageai: ['voyage'],
  'x-ai': ['xai'],
  zai: ['zai'],
  zhipuai: ['zhipuai'],
}

interface Model {
  id: string
  match: unknown
  prices: unknown
  context_window?: number
  price_variants?: Variant[]
}

/** Prices of one service tier. */
interface Variant {
  when: Record<string, string>
  prices: Prices
}

type Prices = Record<string, unknown>

interface ConditionalPrice {
  constraint?: { is: string; start_date?: string; start_time?: string; end_time?: string } | null
  prices: Prices
}

export function fromGenai(data: unknown): Source {
  const source = emptySource('genai-prices')
  for (const { id, models } of data as { id: string; models: Model[] }[]) {
    for (const provider of providers[id] ?? []) {
      for (const model of models) {
        if (provider === 'gemini' && model.id.startsWith('claude')) continue
        const row = toRow(model, provider === 'xai')
        if (!row) continue
        rowsOf(source, provider).set(model.id, row)
        for (const alias of exactIds(model.match))
          if (alias !== model.id) aliasesOf(source, provider).set(alias, model.id)
      }
    }
  }
  return source
}

/** Only complete ids: a pattern may match other models as well. */
function exactIds(match: unknown): string[] {
  if (!isRecord(match)) return []
  if (typeof match.equals === 'string') return [match.equals]
  return Array.isArray(match.or_) ? match.or_.flatMap(exactIds) : []
}

function toRow(model: Model, inclusive: boolean): PriceRow | undefined {
  const list = (Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }]) as ConditionalPrice[]
  const cards: { from: string | undefined; card: RateCard }[] = []
  for (const { constraint, prices } of list) {
    const card = toCard(prices, inclusive)
    if (constraint?.is !== 'TimeOfDateConstraint') cards.push({ from: constraint?.start_date, card })
    else addHours(cards.at(-1)?.card, card, constraint)
  }
  const newest = cards.at(-1)
  if (!newest || Object.keys(newest.card).length === 0) return undefined
  const earlier = cards.slice(0, -1).map(({ card }, index) => [toUtc(cards[index + 1]?.from ?? ''), card] as const)
  return compact({
    ...newest.card,
    ...toServices(model.price_variants ?? [], newest.card, inclusive),
    earlier: earlier.length > 0 ? earlier : undefined,
    contextWindow: toAmount(model.context_window),
  })
}

/** Service tiers whose rates are one multiple of the standard rates. The other tiers are left to the sources after this one. */
function toServices(variants: readonly Variant[], card: RateCard, inclusive: boolean): PriceRow {
  const made: PriceRow = {}
  for (const { when, prices } of variants) {
    const service = serviceOf(when)
    const own = toCard(prices, inclusive)
    if (service === undefined || !own.input || !own.output || !card.input || !card.output) continue
    const multiple = roundOff(own.input / card.input)
    if (multiple !== 1 && Math.abs(own.output / card.output - multiple) < 0.001 * multiple) made[service] ??= multiple
  }
  return made
}

function serviceOf({ service_tier, speed, processing, ...rest }: Record<string, string>): ServiceTier | undefined {
  if (Object.keys(rest).length > 0) return undefined
  if (processing === 'batch') return 'batch'
  if (speed === 'fast') return 'fast'
  return service_tier === 'flex' || service_tier === 'priority' ? service_tier : undefined
}

const toUtc = (date: string): string => (date.length === 10 ? `${date}T00:00:00Z` : date)

/** Adds hours with other prices, as a multiple of the card's rates. */
function addHours(
  card: RateCard | undefined,
  other: RateCard,
  { start_time = '', end_time = '' }: { start_time?: string; end_time?: string },
): void {
  if (!card?.input || !other.input) return
  const multiple = roundOff(other.input / card.input)
  // without one multiple for all rates the hours can't be expressed: the higher price then applies all day
  if (card.output && other.output && Math.abs(other.output / card.output - multiple) > 0.02 * multiple) {
    if (multiple > 1) Object.assign(card, other)
    return
  }
  const span = [toMinute(start_time), toMinute(end_time)] as const
  const same = card.hours?.find((hours) => hours.multiple === multiple)
  const rest = card.hours?.filter((hours) => hours !== same) ?? []
  const hours: HourlyRate = { minutes: [...(same?.minutes ?? []), span], multiple }
  card.hours = [...rest, hours]
}

const toMinute = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

const tokenFields = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cacheRead',
  cache_write_mtok: 'cacheWrite',
  cache_write_1h_mtok: 'cacheWrite1h',
  output_reasoning_mtok: 'reasoning',
  input_audio_mtok: 'audioInput',
  output_audio_mtok: 'audioOutput',
  cache_audio_read_mtok: 'cacheReadAudio',
  input_image_mtok: 'imageInput',
  output_image_mtok: 'imageOutput',
} as const

/** Fees, with the number of units that the price is for. */
const unitFields = {
  web_searches_kcount: ['perWebSearch', 1000],
  storage_searches_kcount: ['perFileSearch', 1000],
  requests_kcount: ['perRequest', 1000],
  input_document_kpages: ['perPage', 1000],
  audio_hours: ['perInputSecond', 3600],
  input_audio_hours: ['perInputSecond', 3600],
  input_mchars: ['perMillionCharacters', 1],
} as const

function toCard(prices: Prices, inclusive: boolean): RateCard {
  const card: RateCard = {}
  const tiers = new Map<number, ContextTier>()
  for (const [name, field] of Object.entries(tokenFields)) {
    const price = prices[name]
    if (isRecord(price)) {
      card[field] = Number(price.base)
      for (const { start, price: above } of price.tiers as { start: number; price: number }[]) {
        const threshold = !inclusive && start % 1000 === 999 ? start + 1 : start
        tiers.set(threshold, { ...tiers.get(threshold), [field]: above })
      }
    } else if (toAmount(price) !== undefined) card[field] = Number(price)
  }
  if (tiers.size > 0) card.tiers = [...tiers].sort(([one], [other]) => one - other)
  for (const [name, [field, units]] of Object.entries(unitFields)) {
    const price = toAmount(prices[name])
    if (price !== undefined) card[field] = roundOff(price / units)
  }
  return card
}
