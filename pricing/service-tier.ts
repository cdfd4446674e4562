import type { RateTerms } from './rates.js'

/** Service tiers by the names that providers report. Any other name is the standard tier. */
const tiers: Readonly<Record<string, RateTerms['service']>> = Object.freeze({
  batch: 'batch',
  batches: 'batch',
  flex: 'flex',
  on_demand_flex: 'flex',
  flex_processing: 'flex',
  priority: 'priority',
  fast: 'priority',
  on_demand_priority: 'priority',
  ultrafast: 'ultrafast',
})

/** The service tier of a call: the batch API first, then Anthropic's fast mode, then the tier that the provider reported. */
export function serviceTierOf(
  provider: string,
  terms: { serviceTier?: string | null | undefined; speed?: string | null | undefined; batch?: boolean | undefined },
): RateTerms['service'] {
  if (terms.batch === true) return 'batch'
  if (terms.speed === 'fast') return 'fast'
  if (typeof terms.serviceTier !== 'string') return 'standard'
  const name = terms.serviceTier.toLowerCase()
  const service = Object.hasOwn(tiers, name) ? (tiers[name] ?? 'standard') : 'standard'
  // Anthropic's priority tier is capacity bought in advance; its tokens have no price of their own
  return service === 'priority' && provider === 'anthropic' ? 'standard' : service
}
