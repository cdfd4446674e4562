import type { CountEndpoint } from '../../providers/contract.js'
import type { TokenCount } from './types.js'

/** The number that a provider's endpoint gave, and what it is worth. */
export const providerCount = ({ exact }: CountEndpoint, tokens: number, family: string): TokenCount => ({
  tokens,
  exact,
  method: 'provider',
  family,
  expectedError: { median: 0, p95: exact ? 0 : 0.01, samples: 0 },
  reasons: exact ? [] : ['the provider calls its count an estimate'],
})
