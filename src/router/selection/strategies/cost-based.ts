import type { DeploymentView, StrategyContext } from '../../types.js'
import { lowest } from './lowest.js'

/** Of an answer nobody has seen yet. */
const expectedOutput = 500

/** The cheapest for this prompt and an answer of 500 tokens. One whose price is not known comes last. */
export function costBased(candidates: readonly DeploymentView[], context: StrategyContext): DeploymentView {
  const prompt = context.promptTokens
  const price = ({ inputCost, outputCost }: DeploymentView) =>
    inputCost === undefined || outputCost === undefined
      ? Number.POSITIVE_INFINITY
      : inputCost * prompt + outputCost * expectedOutput
  return lowest(candidates, price, context.random)
}
