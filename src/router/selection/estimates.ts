import { costOf } from '../../../pricing/index.js'
import type { Deployment } from '../deployments/deployment.js'
import { providerFor } from '../deployments/model-groups.js'
import type { PriceEstimate, Requirements } from './requirements.js'
import type { SelectionContext } from './selection-context.js'

/** Tokens of prompt and answer, as far as they can be estimated before the call. */
export function estimateTokensFor(deployment: Deployment, requirements: Requirements): number {
  if (!requirements.generates) return requirements.promptTokens
  const output = requirements.maxTokens ?? deployment.outputTokens ?? 0
  return Math.ceil(requirements.promptTokens + output * requirements.choices)
}

/** The highest cost of a call whose answer has no limit: more than any budget, so that such calls run one at a time. */
const unlimited = 1_000_000

/** Cost of a call to this deployment; `undefined` if the price of its model is unknown. */
export function estimatePrice(selection: SelectionContext, deployment: Deployment): PriceEstimate | undefined {
  // deployments of one model cost the same
  const key = deployment.baseModel ?? selection.model(deployment)
  const { prices } = selection.requirements(deployment)
  const known = prices.get(key)
  if (known) return known
  const price = calculatePrice(selection, deployment)
  if (price) prices.set(key, price)
  return price
}

function calculatePrice(selection: SelectionContext, deployment: Deployment): PriceEstimate | undefined {
  const { group, now } = selection
  const requirements = selection.requirements(deployment)
  const { promptTokens, choices, maxTokens, generates } = requirements
  const model = selection.model(deployment)
  const limit = maxTokens ?? deployment.facts(model).info?.maxOutputTokens
  const mostOutput = generates ? (limit ?? Number.POSITIVE_INFINITY) * choices : 0
  const output = generates ? Math.min(mostOutput, (maxTokens ?? deployment.outputTokens ?? 500) * choices) : 0
  const cost = (prompt: number, completion: number) =>
    costOf(
      {
        provider: providerFor(deployment, group),
        model: model.slice(model.indexOf('/') + 1),
        baseModel: deployment.baseModel,
        usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
        at: now,
      },
      deployment.context.registry,
    ).total
  const estimate = cost(promptTokens, output)
  // the estimate of the prompt may be off by a quarter; no text has more tokens than bytes
  const mostPrompt = Math.max(promptTokens, Math.min(requirements.characters * 3, Math.ceil(promptTokens * 1.25)))
  const most = Number.isFinite(mostOutput) ? cost(mostPrompt, mostOutput) : unlimited
  return estimate === undefined || most === undefined ? undefined : { estimate, most: Math.max(estimate, most) }
}
