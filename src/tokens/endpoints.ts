import type { CountEndpoint } from '../../providers/contract.js'
import type { TokenCount } from './types.js'

/** Converts the count of a provider's endpoint. */
export const providerCount = ({ exact }: CountEndpoint, tokens: number, family: string): TokenCount => ({
  tokens,
  exact,
  method: 'provider',
  family,
  expectedError: { median: 0, p95: exact ? 0 : 0.01, samples: 0 },
  reasons: exact ? [] : ['the provider calls its count an estimate'],
})
