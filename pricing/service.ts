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
export function serviceOf(options: {
  provider: string
  serviceTier?: string | null | undefined
  speed?: string | null | undefined
  batch?: boolean | undefined
}): Terms['service'] {
  const { provider, serviceTier, speed, batch } = options
  if (batch === true) return 'batch'
  if (speed === 'fast') return 'fast'
  const name = serviceTier?.toLowerCase() ?? ''
  const service = Object.hasOwn(tiers, name) ? (tiers[name] ?? 'standard') : 'standard'
  // Anthropic's priority tier is capacity paid for beforehand: its tokens have no price of their own
  return service === 'priority' && provider === 'anthropic' ? 'standard' : service
}
