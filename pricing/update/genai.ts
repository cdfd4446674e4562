/** @pydantic/genai-prices: dated prices and hours, checked row by row. The first source for prices. */
import type { Card, Hours, Row, Tier } from '../schema.js'
import { aliasesOf, compact, emptySource, isRecord, num, type Source, shelfOf, tidy } from './offer.js'

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
}

export function fromGenai(data: unknown): Source {
  const source = emptySource('genai-prices')
  for (const { id, models } of data as { id: string; models: Model[] }[]) {
    for (const provider of providers[id] ?? []) {
      for (const model of models) {
        if (provider === 'gemini' && model.id.startsWith('claude')) continue
        const row = rowOf(model, provider === 'xai')
        if (!row) continue
        shelfOf(source, provider).set(model.id, row)
        for (const alias of equals(model.match))
          if (alias !== model.id) aliasesOf(source, provider).set(alias, model.id)
      }
    }
  }
  return source
}

/** Only ids that are named in full: what a pattern catches may be another model. */
function equals(match: unknown): string[] {
  if (!isRecord(match)) return []
  if (typeof match.equals === 'string') return [match.equals]
  return Array.isArray(match.or) ? match.or.flatMap(equals) : []
}

function rowOf(model: Model, inclusive: boolean): Row | undefined {
  const list = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }]
  const cards: { from: string | undefined; card: Card }[] = []
  for (const { constraint, prices } of list as {
    constraint?: Record<string, string>
    prices: Record<string, unknown>
  }[]) {
    const card = cardOf(prices, inclusive)
    if (constraint?.type !== 'time_of_date') cards.push({ from: constraint?.start_date, card })
    else addHours(cards.at(-1)?.card, card, constraint)
  }
  const newest = cards.at(-1)
  if (!newest || Object.keys(newest.card).length === 0) return undefined
  const h = cards.slice(0, -1).map(({ card }, index) => [iso(cards[index + 1]?.from ?? ''), card] as const)
  return compact({ ...newest.card, h: h.length > 0 ? h : undefined, C: num(model.context_window) })
}

const iso = (date: string): string => (date.length === 10 ? `${date}T00:00:00Z` : date)

/** Hours at another price, which is a multiple of the card's. */
function addHours(
  card: Card | undefined,
  other: Card,
  { start_time = '', end_time = '' }: Record<string, string>,
): void {
  if (!card?.i || !other.i) return
  const x = tidy(other.i / card.i)
  // not one multiple of all rates: the hours can't be told, and the dearer price is the safe one
  if (card.o && other.o && Math.abs(other.o / card.o - x) > 0.02 * x) {
    if (x > 1) Object.assign(card, other)
    return
  }
  const span = [minute(start_time), minute(end_time)] as const
  const same = card.z?.find((hours) => hours.x === x)
  const rest = card.z?.filter((hours) => hours !== same) ?? []
  const hours: Hours = { u: [...(same?.u ?? []), span], x }
  card.z = [...rest, hours]
}

const minute = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

const tokens = {
  input_mtok: 'i',
  output_mtok: 'o',
  cache_read_mtok: 'r',
  cache_write_mtok: 'w',
  cache_write_1h_mtok: 'W',
  output_reasoning_mtok: 'n',
  input_audio_mtok: 'a',
  output_audio_mtok: 'A',
  cache_audio_read_mtok: 'ra',
  input_image_mtok: 'g',
  output_image_mtok: 'G',
} as const

function cardOf(prices: Record<string, unknown>, inclusive: boolean): Card {
  const card: Card = {}
  const tiers = new Map<number, Tier>()
  for (const [name, key] of Object.entries(tokens)) {
    const price = prices[name]
    if (isRecord(price)) {
      card[key] = Number(price.base)
      for (const { start, price: above } of price.tiers as { start: number; price: number }[]) {
        const threshold = !inclusive && start % 1000 === 999 ? start + 1 : start
        tiers.set(threshold, { ...tiers.get(threshold), [key]: above })
      }
    } else if (num(price) !== undefined) card[key] = Number(price)
  }
  if (tiers.size > 0) card.t = [...tiers].sort(([one], [other]) => one - other)
  const searches = num(prices.web_searches_kcount)
  if (searches !== undefined) card.s = tidy(searches / 1000)
  const requests = num(prices.requests_kcount)
  if (requests !== undefined) card.R = tidy(requests / 1000)
  const hours = num(prices.input_audio_hours)
  if (hours !== undefined) card.S = tidy(hours / 3600)
  return card
}
