import type { DeploymentView, StrategyContext } from '../../types.js'
import { lowest } from './lowest.js'

/** Assumed length of the answer in tokens. */
const expectedOutput = 500

/** Selects the cheapest deployment for this prompt and an answer of 500 tokens. Unknown prices come last. */
export function costBased(candidates: readonly DeploymentView[], context: StrategyContext): DeploymentView {
  const prompt = context.promptTokens
  const price = ({ inputCost, outputCost }: DeploymentView) =>
    inputCost === undefined || outputCost === undefined
      ? Number.POSITIVE_INFINITY
      : inputCost * prompt + outputCost * expectedOutput
  return lowest(candidates, price, context.random)
}
