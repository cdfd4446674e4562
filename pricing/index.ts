/** What calls cost and what models can do: the bundled price table, and the arithmetic on it. */
export { completionCost, type PricedAnswer } from './answer.js'
export type { AppliedRates } from './bill.js'
export {
  type CostBreakdown,
  type CostOfRequest,
  type CostRequest,
  type CostTerms,
  costOf,
  costPerToken,
  type NoPrice,
} from './cost.js'
export {
  type Capability,
  capabilities,
  type ModelInfo,
  maxTokens,
  modelInfo,
  type PricingInfo,
  pricingInfo,
  registerModel,
  supports,
} from './facts.js'
export type { ModelFacts, ModelPrices, TokenPrices } from './prices.js'
export { defaultRegistry, ModelRegistry } from './registry.js'
export type { Ability, Modality, ModelMode } from './schema.js'
export type { BillableUsage } from './usage.js'
