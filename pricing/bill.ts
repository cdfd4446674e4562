import type { PriceRow, RateCard, SearchFee } from './schema.js'
import type { UsageBuckets } from './usage.js'

/** The rates that were applied. Tokens: US dollars per million; fees: US dollars each. Only for units that were used. */
export interface AppliedRates {
  /** Uncached input, US dollars per million tokens. */
  input?: number
  /** Output, US dollars per million tokens. */
  output?: number
  /** Cache reads, US dollars per million tokens. */
  cacheRead?: number
  /** Cache writes of the shortest lifetime: 5 minutes at Anthropic, 30 minutes at OpenAI. */
  cacheWrite5m?: number
  /** Cache writes for 1 hour, US dollars per million tokens. */
  cacheWrite1h?: number
  /** Cache writes for 12 hours, US dollars per million tokens. */
  cacheWrite12h?: number
  /** Reasoning, US dollars per million tokens. */
  reasoning?: number
  /** Audio input, US dollars per million tokens. */
  audioInput?: number
  /** Audio output, US dollars per million tokens. */
  audioOutput?: number
  /** Image input, US dollars per million tokens. */
  imageInput?: number
  /** Image output, US dollars per million tokens. */
  imageOutput?: number
  /** US dollars per web search. */
  webSearch?: number
  /** US dollars per file search. */
  fileSearch?: number
  /** US dollars per search of Google Maps. */
  mapsSearch?: number
  /** US dollars per gigabyte of a container's memory. */
  containerGigabyte?: number
  /** US dollars per request. */
  request?: number
  /** US dollars per search unit. */
  searchUnit?: number
  /** US dollars per generated image. */
  image?: number
  /** US dollars per step of a generated image. */
  imageStep?: number
  /** US dollars per input image of an embedding. */
  inputImage?: number
  /** US dollars per page. */
  page?: number
  /** US dollars per second of input audio. */
  inputSecond?: number
  /** US dollars per second of output audio. */
  outputSecond?: number
  /** US dollars per million characters. */
  millionCharacters?: number
}

export type SearchSize = 'low' | 'medium' | 'high'

/** Adds up one call, item by item. */
export class Bill {
  readonly rates: AppliedRates = {}
  #priced = false
  #unknown = false
  #unbilled = false

  /** @param rate US dollars per million tokens */
  tokens(name: keyof AppliedRates, count: number, rate: number | undefined): number {
    if (count === 0) return 0
    if (rate === undefined) {
      this.#unknown = true
      return 0
    }
    this.#priced = true
    this.rates[name] = roundOff(rate)
    return (count * rate) / 1e6
  }

  /** Everything that is not billed by tokens. Images are input for an embedding model, output for others. */
  fees(row: PriceRow, card: RateCard, used: UsageBuckets, size: SearchSize | undefined): number {
    const { perSearchedAnswer } = card
    const billed = (count: number) => (perSearchedAnswer === undefined ? count : Math.min(1, count))
    const embedded = row.mode === 'embedding' ? used.inputImages + used.images : used.inputImages
    if (embedded > 0 && card.perInputImage === undefined) this.#unknown = true
    // a model that is billed by tokens, and whose usage counts something else
    if (
      (used.characters > 0 && card.perMillionCharacters === undefined) ||
      (used.images > 0 && row.mode !== 'embedding' && card.perImage === undefined) ||
      (used.inputSeconds > 0 && card.perInputSecond === undefined) ||
      (used.outputSeconds > 0 && card.perOutputSecond === undefined)
    ) {
      this.#unbilled = true
    }
    return (
      this.#each('webSearch', billed(used.webSearches), searchFee(perSearchedAnswer ?? card.perWebSearch, size)) +
      this.#each('fileSearch', used.fileSearches, card.perFileSearch) +
      this.#each('mapsSearch', billed(used.mapsSearches), card.perMapsSearch) +
      this.#each('containerGigabyte', used.containerGigabytes, card.perContainerGigabyte) +
      this.#each('request', 1, card.perRequest) +
      this.#each('searchUnit', used.searchUnits, card.perSearchUnit) +
      this.#each('image', used.images, card.perImage) +
      this.#each('imageStep', used.imageSteps, card.perImageStep) +
      this.#each('inputImage', embedded, card.perInputImage) +
      this.#each('page', used.pages, card.perPage) +
      this.#each('inputSecond', used.inputSeconds, card.perInputSecond) +
      this.#each('outputSecond', used.outputSeconds, card.perOutputSecond) +
      this.#each('millionCharacters', used.characters / 1e6, card.perMillionCharacters)
    )
  }

  /** The reason why there is no total, if so. A model that is billed by units needs no rates for tokens. */
  missing(card: RateCard): 'unknown_model' | 'missing_usage' | undefined {
    if (this.#priced) return this.#unknown && !isBilledByUnits(card) ? 'unknown_model' : undefined
    if (this.#unbilled) return 'missing_usage'
    if (card.input !== undefined || card.output !== undefined) return this.#unknown ? 'unknown_model' : undefined
    return isBilledByUnits(card) ? 'missing_usage' : 'unknown_model'
  }

  #each(name: keyof AppliedRates, count: number, price: number | undefined): number {
    if (count === 0 || price === undefined) return 0
    if (!additions.has(name)) this.#priced = true
    this.rates[name] = price
    return count * price
  }
}

/** Fees that come on top of another price. */
const additions: ReadonlySet<string> = new Set(['webSearch', 'fileSearch', 'mapsSearch', 'containerGigabyte'])

const unitFees = [
  'perRequest',
  'perSearchUnit',
  'perImage',
  'perImageStep',
  'perPage',
  'perInputSecond',
  'perOutputSecond',
  'perMillionCharacters',
] as const

const isBilledByUnits = (card: RateCard): boolean => unitFees.some((fee) => card[fee] !== undefined)

/** The fee for a size of the search context. An unknown size costs as much as `low`. */
export function searchFee(fee: SearchFee | undefined, size: SearchSize = 'low'): number | undefined {
  if (fee === undefined || typeof fee === 'number') return fee
  return fee[size === 'high' ? 2 : size === 'medium' ? 1 : 0]
}

/** Removes the noise of binary fractions: 0.0034999999999999996 becomes 0.0035. Much cheaper than `toPrecision`. */
export function roundOff(dollars: number): number {
  if (dollars < 1e-3) return Math.round(dollars * 1e18) / 1e18
  return dollars < 50 ? Math.round(dollars * 1e14) / 1e14 : dollars
}
