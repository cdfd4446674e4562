import type { Terms } from './rates.js'

/** What names of service tiers mean, as providers send them back. Everything else is the standard tier. */
const tiers: Readonly<Record<string, Terms['service']>> = Object.freeze({
  batch: 'batch',
  batches: 'batch',
  flex: 'flex',
  on_demand_flex: 'flex',
  flex_processing: 'flex',
  priority: 'priority',
  fast: 'priority',
  on_demand_priority: 'priority',
})

/** How a call was served. The batch API first, then Anthropic's fast mode, then the tier that the provider named. */
export function serviceOf(
  provider: string,
  terms: { serviceTier?: string | null | undefined; speed?: string | null | undefined; batch?: boolean | undefined },
): Terms['service'] {
  if (terms.batch === true) return 'batch'
  if (terms.speed === 'fast') return 'fast'
  const name = terms.serviceTier?.toLowerCase()
  if (name === undefined || !Object.hasOwn(tiers, name)) return 'standard'
  const service = tiers[name] ?? 'standard'
  // Anthropic's priority tier is capacity paid for beforehand: its tokens have no price of their own
  return service === 'priority' && provider === 'anthropic' ? 'standard' : service
}
