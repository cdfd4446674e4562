/** Prices and facts of models: the bundled table and the arithmetic on it. */
export type { AppliedRates } from './bill.js'
export { completionCost, type PricedAnswer } from './completion-cost.js'
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
  knownModels,
  type ModelInfo,
  maxTokens,
  modelInfo,
  type PricingInfo,
  pricingInfo,
  registerModel,
  supports,
} from './model-info.js'
export type { ModelFacts, ModelPrices, TokenPrices } from './prices.js'
export { defaultRegistry, ModelRegistry } from './registry.js'
export type { Ability, Modality, ModelMode } from './schema.js'
export type { AuxiliaryUsage, BillableUsage } from './usage.js'
