import type { Card } from './schema.js'
import type { Buckets } from './usage.js'

/** The rates that were asked. Tokens: US dollars per million; the rest: US dollars each. Only what was used. */
export interface AppliedRates {
  input?: number
  output?: number
  cacheRead?: number
  cacheWrite5m?: number
  cacheWrite1h?: number
  reasoning?: number
  audioInput?: number
  audioOutput?: number
  imageInput?: number
  imageOutput?: number
  webSearch?: number
  request?: number
  searchUnit?: number
  image?: number
  page?: number
  inputSecond?: number
  outputSecond?: number
  millionCharacters?: number
}

/** What a call is asked for, item by item. */
export class Bill {
  readonly rates: AppliedRates = {}
  #priced = false
  #unknown = false

  /** @param rate US dollars per million tokens */
  tokens(name: keyof AppliedRates, count: number, rate: number | undefined): number {
    if (count === 0) return 0
    if (rate === undefined) {
      this.#unknown = true
      return 0
    }
    this.#priced = true
    this.rates[name] = clean(rate)
    return (count * rate) / 1e6
  }

  /** Everything that is not for tokens. */
  fees(card: Card, used: Buckets, size: SearchSize | undefined): number {
    const searches = card.sg === undefined ? used.webSearches : Math.min(1, used.webSearches)
    return (
      this.#each('webSearch', searches, searchFee(card.sg ?? card.s, size)) +
      this.#each('request', 1, card.R) +
      this.#each('searchUnit', used.searchUnits, card.q) +
      this.#each('image', used.images, card.I) +
      this.#each('page', used.pages, card.P) +
      this.#each('inputSecond', used.secondsIn, card.S) +
      this.#each('outputSecond', used.secondsOut, card.T) +
      this.#each('millionCharacters', used.characters / 1e6, card.c)
    )
  }

  /** Why the sum says nothing, where it does. A model that is billed by units needs no rate for its tokens. */
  unpriced(card: Card): 'unknown_model' | 'missing_usage' | undefined {
    if (this.#priced) return this.#unknown && !byUnits(card) ? 'unknown_model' : undefined
    if (card.i !== undefined || card.o !== undefined) return this.#unknown ? 'unknown_model' : undefined
    return byUnits(card) ? 'missing_usage' : 'unknown_model'
  }

  #each(name: keyof AppliedRates, count: number, price: number | undefined): number {
    if (count === 0 || price === undefined) return 0
    if (name !== 'webSearch') this.#priced = true
    this.rates[name] = price
    return count * price
  }
}

export type SearchSize = 'low' | 'medium' | 'high'

const byUnits = ({ R, q, I, P, S, T, c }: Card): boolean => [R, q, I, P, S, T, c].some((price) => price !== undefined)

function searchFee(fee: Card['s'], size: SearchSize = 'low'): number | undefined {
  if (fee === undefined || typeof fee === 'number') return fee
  return fee[size === 'high' ? 2 : size === 'medium' ? 1 : 0]
}

/** Takes off what binary fractions add: 0.0035 for 0.0034999999999999996. Cheaper than `toPrecision` by far. */
export function clean(dollars: number): number {
  if (dollars < 1e-3) return Math.round(dollars * 1e18) / 1e18
  return dollars < 50 ? Math.round(dollars * 1e14) / 1e14 : dollars
}
