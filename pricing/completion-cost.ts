import type { CallMeta } from '../src/types/meta.js'
import { type CostBreakdown, type CostTerms, costOf, costPerToken, guarded } from './cost.js'
import { defaultRegistry, type ModelRegistry } from './registry.js'
import type { BillableUsage } from './usage.js'

/** An answer from llmux, or any object with the shape of OpenAI's. */
export interface PricedAnswer {
  /** The answering model. */
  model?: string | undefined
  /** Usage of the answer. */
  usage?: BillableUsage | null | undefined
  /** Processing tier of the answer. */
  service_tier?: string | null | undefined
  /** `meta` of an answer of llmux. */
  readonly meta?: Pick<CallMeta, 'provider' | 'model' | 'cost' | 'usage'> | undefined
}

/**
 * Cost of an answer in US dollars; undefined if unknown, never a guessed 0. Never throws. `answer.meta.cost` has the parts and the reason.
 * @param terms terms that the answer lacks: `baseModel`, `batch`, …
 * @example
 * completionCost(await completion({ model: 'openai/gpt-4o', messages })) // 0.000123
 */
export function completionCost(
  answer: PricedAnswer,
  terms: Partial<CostTerms> = {},
  registry: ModelRegistry = defaultRegistry(),
): number | undefined {
  return guarded(() => {
    const settled = Object.keys(terms).length === 0 ? answer.meta?.cost.total : undefined
    return settled === undefined ? breakdown(answer, terms, registry) : { total: settled }
  }).total
}

function breakdown(answer: PricedAnswer, terms: Partial<CostTerms>, registry: ModelRegistry): CostBreakdown {
  const { meta, model } = answer
  const request: CostTerms = { usage: answer.usage ?? meta?.usage, serviceTier: answer.service_tier, ...terms }
  if (!meta) return costPerToken({ ...request, model: model ?? '' }, registry)
  return costOf({ ...request, provider: meta.provider, model: meta.model, answeredModel: model }, registry)
}
