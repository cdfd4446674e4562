import type { DeploymentView, StrategyContext } from '../../types.js'
import { lowest } from './lowest.js'

/** Selects the deployment with the fewest calls in flight. */
export const leastBusy = (candidates: readonly DeploymentView[], { random }: StrategyContext): DeploymentView =>
  lowest(candidates, (candidate) => candidate.inFlight, random)
