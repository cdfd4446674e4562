/** model-prices: the prices of models.dev with corrections, each with its source. A second opinion on prices of the makers. */
import type { ContextTier, PriceRow } from '../schema.js'
import { compact, emptySource, rowsOf, type Source, toAmount } from './source.js'

const providers: Readonly<Record<string, string>> = {
  ai21: 'ai21',
  alibaba: 'dashscope',
  anthropic: 'anthropic',
  arcee: 'arcee',
  cognition: 'cognition',
  cohere: 'cohere',
  deepseek: 'deepseek',
  google: 'gemini',
  inception: 'inception',
  meta: 'meta',
  minimax: 'minimax',
  mistral: 'mistral',
  moonshotai: 'moonshot',
  openai: 'openai',
  perplexity: 'perplexity',
  poolside: 'poolside',
  sakana: 'sakana',
  'stepfun-ai': 'stepfun',
  upstage: 'upstage',
  volcengine: 'volcengine',
  xai: 'xai',
  xiaomi: 'xiaomi_mimo',
  zai: 'zai',
}

interface Rates {
  input?: number
  output?: number
  cache_read?: number
  cache_write?: number
  tiers?: (Omit<Rates, 'tiers'> & { above: number })[]
}

interface Snapshot {
  /** Provider, model and mode of service. The newest rates come last. */
  prices: Record<string, Record<string, { standard?: { rates: Rates | null }[] }>>
}

export function fromModelsDev(data: unknown): Source {
  const source = emptySource('model-prices')
  for (const [name, models] of Object.entries((data as Snapshot).prices)) {
    const provider = providers[name]
    if (provider === undefined) continue
    for (const [id, { standard }] of Object.entries(models)) {
      const rates = standard?.at(-1)?.rates
      if (rates && (rates.input || rates.output)) rowsOf(source, provider).set(id, toRow(rates, provider === 'xai'))
    }
  }
  return source
}

/** @param inclusive whether context tiers include their threshold */
function toRow({ tiers, ...rates }: Rates, inclusive: boolean): PriceRow {
  const row: PriceRow = toRates(rates)
  if (tiers?.length) row.tiers = tiers.map((tier) => [inclusive ? tier.above - 1 : tier.above, toRates(tier)] as const)
  return row
}

const toRates = ({ input, output, cache_read, cache_write }: Rates): ContextTier =>
  compact({
    input: toAmount(input),
    output: toAmount(output),
    cacheRead: toAmount(cache_read) || undefined,
    cacheWrite: toAmount(cache_write) || undefined,
  })
