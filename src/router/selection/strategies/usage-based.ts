import type { DeploymentView, StrategyContext } from '../../types.js'
import { lowest } from './lowest.js'

/**
 * Selects the deployment that has used the smallest part of its `tpm` or `rpm`, whichever is fuller. Without limits on all of them,
 * the one with the fewest tokens.
 */
export function usageBased(candidates: readonly DeploymentView[], { random }: StrategyContext): DeploymentView {
  const limited = candidates.every(({ rpm, tpm }) => rpm !== undefined || tpm !== undefined)
  return limited ? lowest(candidates, fullness, random) : lowest(candidates, used, random)
}

const used = ({ tokens, requests }: DeploymentView) => tokens + requests / 1_000_000

const fullness = ({ tokens, tpm, requests, rpm }: DeploymentView) =>
  Math.max(tpm === undefined ? 0 : tokens / tpm, rpm === undefined ? 0 : requests / rpm)
